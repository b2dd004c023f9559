"""Finds lens glints in flash-lit frames: `glint` -> `motion` -> `track` -> `lens`, run by `search`."""
