"""Knows cameras by what they say and send on a network."""
