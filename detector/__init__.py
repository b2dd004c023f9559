"""The thinking half of roomsweep: it judges what it is handed.

Two laws hold for every file below this folder, and `tests/test_architecture.py` asserts both:
nothing here opens a camera, a socket or a clock (it is handed frames, packets and times), and
nothing here imports `hardware`.  The one file access allowed is reading the packaged data tables.
"""
