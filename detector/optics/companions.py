"""What else shone around each glint over the whole recording: a hidden lens is alone.

Foil, jewels and crumpled film flash facet after facet as the camera moves.  Curved gloss (bottles, vases, knobs) mirrors
the torch, and beside it whatever else lights the room, which stays when the torch goes out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from detector.optics.facts import Facts
from detector.optics.glint import ALIKE_PEAK
from detector.optics.median import middle
from detector.optics.neighbours import ALONE
from detector.optics.rows import Rows

FLASH_SWING = 1.5
FLASH_SHARE = 0.6
"""A glint that changed by half, or was there in fewer than 6 of 10 lit frames, comes and goes."""
FLASH_PEAK = 200.0
"""Facets are mirrors; a matt screw that darkens as one walks past is none."""
FLASH_FLUX = 0.25
"""Facets that stand at other angles return far less than the one that flashes."""
FLASH_SELF_PX = 6.0
FLASH_NEAR_PX = 90.0
"""Nearer is the glint itself, farther is another thing."""
FLASH_REACH_PX = 225.0
"""How far apart in the room's own pixels what is so near in a picture can be: parallax shifts those."""
FLASH_HELD = 0.6
"""What was seen in few lit frames has flashed if it stayed while it was there; else it is a faint light that is often lost."""
BUSY_NEAR_PX = 60.0
BUSY_FRAMES = 150
"""What was seen more than five seconds before or after may have stood in another corner of the room."""
BUSY_FLUX = 0.5
"""What returns less is a mark of the surface beside a strong glint."""
FLASH_TOGETHER = 3
"""Frames in which both were seen.  What only takes turns with it may be the same lens, lost and found
again a little farther on: facets that flash in turn are seldom alone enough never to meet.
"""
LAMP_SHARE = 0.7
"""Of its lit level that a light which the torch does not light keeps in the dark, at the least: mirrored lamps stand out even more then."""
LAMP_LOOKS = 4
LAMP_TINT = 0.35
"""Share of colour: from here on it is an indicator rather than a lamp."""
LAMP_NEAR_PX = (6.0, 50.0)
SLIDE_PARTS = 5
"""Parts of the time over which the places are averaged, so that their noise is not taken for motion."""


def with_company(tracks: Sequence[tuple[Rows, Facts]]) -> list[Facts]:
    """The facts of all tracks, each told what stood near it: others of its kind, those that came and went as well, and
    a lamp's mirror image.
    """
    seen = [rows[rows["seen"]] for rows, _ in tracks]
    places = np.array([[middle(rows[c]) for c in ("room_x", "room_y")] for rows in seen]).reshape(-1, 2)
    flux, peak = (np.array([getattr(known, name) for _, known in tracks]) for name in ("flux", "peak"))
    flashes, lamps = (np.array([is_one(known) for _, known in tracks], np.bool_) for is_one in (_comes_and_goes, _shines_by_itself))
    spans = np.array([rows["frame"][[0, -1]] for rows in seen]).reshape(-1, 2)
    result = []
    for i, (_, known) in enumerate(tracks):
        far = np.hypot(*(places - places[i]).T)
        wait = np.maximum(spans[:, 0] - spans[i, 1], spans[i, 0] - spans[:, 1])
        meets = (far < FLASH_REACH_PX) & (wait <= 0)
        alike = flashes & meets & (flux > FLASH_FLUX * flux[i]) & (peak > peak[i] - ALIKE_PEAK)
        flashing = [px for j in np.flatnonzero(alike) if j != i and FLASH_SELF_PX < (px := _apart(seen[i], seen[j])[0]) < FLASH_NEAR_PX]
        near = int(((far > FLASH_SELF_PX) & (far < BUSY_NEAR_PX) & (flux > BUSY_FLUX * flux[i]) & (wait <= BUSY_FRAMES)).sum())
        lamp = min((_apart(seen[i], seen[j]) for j in np.flatnonzero(lamps & meets) if j != i), key=_likeness, default=(ALONE, 0.0))
        lamp = lamp if LAMP_NEAR_PX[0] < lamp[0] < LAMP_NEAR_PX[1] else (ALONE, 0.0)
        result.append(
            replace(known, flashers=len(flashing), flash_px=min(flashing, default=ALONE), neighbours=near, lamp_px=lamp[0], lamp_slide=lamp[1])
        )
    return result


def _likeness(lamp: tuple[float, float]) -> tuple[bool, float]:
    """Order of lamps: those near enough first, of these the one that slid most."""
    return not LAMP_NEAR_PX[0] < lamp[0] < LAMP_NEAR_PX[1], -lamp[1]


def _apart(one: Rows, other: Rows) -> tuple[float, float]:
    """How far apart in px two glints were in the pictures that show both, and how far they moved against each other;
    infinitely far with too few such pictures.
    """
    after = np.minimum(np.searchsorted(other["frame"], one["frame"]), len(other) - 1)
    both = np.flatnonzero(other["frame"][after] == one["frame"])
    if len(both) < FLASH_TOGETHER:
        return math.inf, 0.0
    between = np.array([one[axis][both] - other[axis][after[both]] for axis in ("x", "y")])
    part = max(1, len(both) // SLIDE_PARTS)
    steps = middle(between[:, : len(both) // part * part].reshape(2, -1, part))
    return float(middle(np.hypot(*between))), float(np.hypot(*np.ptp(steps, axis=1)))


def _comes_and_goes(known: Facts) -> bool:
    seldom = known.seen < FLASH_SHARE * known.lit and known.held > FLASH_HELD
    return known.peak >= FLASH_PEAK and (known.swing > FLASH_SWING or seldom)


def _shines_by_itself(known: Facts) -> bool:
    return known.dark >= LAMP_LOOKS and known.dark_level >= LAMP_SHARE * known.level and known.tint < LAMP_TINT
