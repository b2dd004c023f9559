"""The touching half of roomsweep: every door to the outside world has exactly one file here."""
