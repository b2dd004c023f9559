"""What else shone around each glint over the whole recording: a hidden lens is alone.

Foil, jewels and crumpled film flash facet after facet as the camera moves.  Curved gloss (bottles, vases, knobs) mirrors
the torch, and beside it whatever else lights the room, which stays when the torch goes out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from operator import itemgetter

import numpy as np

from detector.optics.facts import Facts
from detector.optics.neighbours import ALONE
from detector.optics.quantiles import middle
from detector.optics.rows import Rows

SURE_SHARE, NEAR_SHARE = 0.8, 0.5
"""Of its sightings that were measured, for what flashes or shines and for what stands near: what was seldom among the brightest
of the picture is a mark of a pattern."""
FLASH_SEEN, FLASH_HELD = 8, 0.6
"""Sightings, and how many of them the next look confirmed, of what is followed well enough to be said to flash."""
FLASH_SWING, FLASH_MUCH = 1.8, 2.5
"""Times brighter than at another time: the first tells where it changed steadily, the second anyhow."""
FLASH_SMOOTH, FLASH_STEADY = 0.55, 0.75
"""What changed steadily, and stayed while it was there; what only jumps may be a mark that is followed badly."""
FLASH_SLIDES_PX = (3.0, 4.5, 29.0)
"""Facets of one thing keep their distance, what else changes at the edge of a clip or beside a leaf creeps.  Of 13 facets that
were nearly taken for a lens all had such a one within 110 px, and of 439 lenses three.  The last is for the near: a
track that goes over from facet to facet creeps against all others."""
FLASH_CREEPS_PX = 70.0
FLASH_FLUX = 0.3
"""Facets that stand at other angles return far less than the one that flashes."""
FLASH_TINT = 0.5
"""Share of colour: foil and jewels mirror the torch, which is white, and leaves have 0.3 to 0.4; what has more is a mark in print that is covered
or badly followed, or an indicator that blinks."""
FLASH_NEAR_PX = (6.0, 110.0)
"""Nearer is the glint itself, farther is another thing."""
FLASH_REACH_PX = 225.0
"""How far apart in the room's own pixels what is so near in a picture can be: parallax shifts those."""
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
INDICATOR_TINT = 0.3
"""Share of colour: from here on it is an indicator or a coloured print rather than a lamp.  What stood within a dozen px
of seven lenses all had 0.32 to 0.82, and beside highlights of curved gloss 0.28 at most, mostly below 0.1."""
ASIDE_PX = 14.0
"""How far off in the pictures is what stood beside a glint, or a little farther: nothing else may."""
ASIDE_REACH_PX = 30.0
LAMP_NEAR_PX = (6.0, 50.0)
SLIDE_PARTS = 5
"""Parts of the time over which the places are averaged, so that their noise is not taken for motion."""


def with_company(told: Sequence[tuple[Rows, Facts]], beside: Sequence[tuple[Rows, Facts]] = ()) -> list[Facts]:
    """The facts of each track, told what stood near it, among them and those `beside` them: others of its kind, those that
    came and went as well, and a lamp's mirror image.
    """
    tracks = [*told, *beside]
    seen = [rows[rows["seen"]] for rows, _ in tracks]
    places = np.array([[middle(rows[c]) for c in ("room_x", "room_y")] for rows in seen]).reshape(-1, 2)
    flux = np.array([known.flux for _, known in tracks])
    flashes, lamps = (np.array([is_one(known) for _, known in tracks], np.bool_) for is_one in (_flashes, _shines_by_itself))
    share = np.array([np.count_nonzero(rows["measured"]) / np.count_nonzero(rows["seen"]) for rows, _ in tracks])
    sure, known = share > SURE_SHARE, share > NEAR_SHARE
    spans = np.array([rows["frame"][[0, -1]] for rows in seen]).reshape(-1, 2)
    result = []
    for i, (_, facts) in enumerate(told):
        far = np.hypot(*(places - places[i]).T)
        wait = np.maximum(spans[:, 0] - spans[i, 1], spans[i, 0] - spans[:, 1])
        meets = sure & (far < FLASH_REACH_PX) & (wait <= 0) & (np.arange(len(tracks)) != i)
        near = known & (far > FLASH_NEAR_PX[0]) & (far < BUSY_NEAR_PX) & (flux > BUSY_FLUX * flux[i]) & (wait <= BUSY_FRAMES)
        bright = np.flatnonzero(flashes & meets & (flux > FLASH_FLUX * flux[i])).tolist()
        flashing = sum(_belongs(*_apart(seen[i], seen[j]), tracks[j][1]) for j in bright)
        lamp = _lamp(_apart(seen[i], seen[j]) for j in np.flatnonzero(lamps & meets).tolist())
        aside = (j for j in np.flatnonzero(known & (far < ASIDE_REACH_PX) & (wait <= 0)).tolist() if j != i)
        near_px = _beside(facts, ((_apart(seen[i], seen[j])[0], tracks[j][1]) for j in aside))
        company = replace(facts, beside=near_px, flashers=flashing, lamp_px=lamp[0], lamp_slide=lamp[1])
        result.append(replace(company, neighbours=int(near.sum())))
    return result


def _belongs(px: float, slide: float, other: Facts) -> bool:
    """Whether another glint that flashed so far off, and crept by so much, is of one thing with a glint."""
    if not _within(px, FLASH_NEAR_PX):
        return False
    still, nearly_still, creeping = FLASH_SLIDES_PX
    much, steadily = other.flux_swing > FLASH_MUCH, other.flux_smooth >= FLASH_SMOOTH and other.held > FLASH_STEADY
    return (much and slide < still) or (steadily and (slide < nearly_still or (much and px < FLASH_CREEPS_PX and slide < creeping)))


def _beside(facts: Facts, others: Iterable[tuple[float, Facts]]) -> float:
    """Distance of the nearest like glint, as single looks tell it, unless all that stands there is an indicator: a charger has one
    beside its hole, the curve that mirrors torch and lamp side by side none.
    """
    if facts.beside >= ASIDE_PX:
        return facts.beside
    tints = [other.tint for px, other in others if px < ASIDE_PX]
    return ALONE if tints and min(tints) >= INDICATOR_TINT else facts.beside


def _within(px: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] < px < bounds[1]


def _lamp(lamps: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """Of lamps, each with its distance and slide, the one near by that slid most."""
    return max((lamp for lamp in lamps if _within(lamp[0], LAMP_NEAR_PX)), key=itemgetter(1), default=(ALONE, 0.0))


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


def _flashes(known: Facts) -> bool:
    return known.seen >= FLASH_SEEN and known.flux_swing > FLASH_SWING and known.held > FLASH_HELD and known.tint < FLASH_TINT


def _shines_by_itself(known: Facts) -> bool:
    return known.dark >= LAMP_LOOKS and known.dark_level >= LAMP_SHARE * known.level and known.tint < INDICATOR_TINT
