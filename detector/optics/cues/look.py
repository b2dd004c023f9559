"""How a glint looks in a picture: its level, size, surroundings and colour."""

from __future__ import annotations

import numpy as np

from detector.model import Reason
from detector.optics.cues.weight import LONG_SWING, NOTHING_SAID, PHYSICS, long_look, no_mark, ramp
from detector.optics.facts import Facts


def brightness(facts: Facts) -> Reason | None:
    """A retro-reflection outshines every matt surface; a printed dot cannot."""
    # where a pattern has been told from a glint already the level adds little
    weight = max(float(np.interp(facts.peak, *LEVEL_WEIGHTS)), -3.0 + 2.3 * no_mark(facts))
    says = "It is brighter than a matt surface could be." if weight > 0 else "It is no brighter than a white mark would be."
    return Reason("level", says, round(facts.peak / 255.0, 2), "of saturation", weight, PHYSICS)


LEVEL_WEIGHTS = ((130.0, 150.0, 175.0, 235.0), (-3.0, -1.5, 0.0, 0.8))
"""Of what else looks like a lens and reaches 175 of 255, nearly nothing is a matt mark: a white one reaches that only
where the walls are as light."""


def contrast(facts: Facts) -> Reason | None:
    """How far it stands above what surrounds it, or how much of the room that a light wall leaves below saturation."""
    least = -2.0 + 1.3 * no_mark(facts)
    filled = facts.level / max(255.0 - facts.floor, 1.0) if facts.peak >= CLIPPED else 0.0
    weight = max(float(np.interp(facts.level, *CONTRAST_WEIGHTS)), ramp(filled, *FILLED, least, 0.0))
    return Reason("contrast", f"It stands {facts.level:.0f} grey levels above its surroundings.", round(facts.level), "grey levels", weight, PHYSICS)


CONTRAST_WEIGHTS = ((25.0, 50.0, 70.0, 110.0), (-1.5, -0.3, 0.2, 0.7))
"""Highlights of curved gloss stand in their own shading and exceed it less than a lens its dark hole."""
CLIPPED = 245.0
FILLED = (0.35, 0.6)
"""A saturated point keeps two thirds of its height in the smoothed picture: on a wall of 220 a lens can stand out by 25 only."""


def size(facts: Facts) -> Reason | None:
    """A pupil of 1 to 2 mm is a point, which only its own strength broadens; a broad highlight is a
    curved or flat surface.
    """
    weight = size_weight(facts.core, facts.width)
    says = "It is as small as a point can be." if weight > 0 else "It is broader than the pupil of a small lens."
    return Reason("size", says, round(facts.core), "saturated pixels", weight, PHYSICS)


def size_weight(core: float, width: float) -> float:
    """What so many saturated px and a width in px are worth."""
    broader = width - float(np.interp(core, *POINT_WIDTHS))
    return min(ramp(core, 8.0, 22.0, 0.3, -3.5), float(np.interp(broader, *BROADER_WEIGHTS)), ramp(width, 0.4, 0.65, -1.5, 0.3))


POINT_WIDTHS = ((0.0, 1.0, 2.0, 4.0, 6.0, 10.0, 16.0), (0.9, 1.13, 1.3, 1.48, 1.57, 1.67, 1.8))
"""Saturated px of a point of light, and how wide it then looks in px, in the rendered clips of two makers
(blur of a phone's lens, Bayer filter, sharpening)."""
BROADER_WEIGHTS = ((0.15, 0.3, 0.45, 0.7), (0.3, 0.2, -1.2, -3.5))
"""Px beyond that: nine of ten lenses stay below 0.3, half of the other glints exceed 0.5."""


def surroundings(facts: Facts) -> Reason | None:
    """A lens sits in a plain surface; a dome has its dark mirror image or its own shading around it."""
    scale = max(facts.floor, facts.far, 25.0)
    shaded = ramp((facts.ring - facts.floor) / scale, *SHADED, 0.0, HOLE_SHARE)
    dip = max(facts.floor - facts.ring, shaded * (facts.far - facts.ring))
    # sharpening digs a moat of a few per cent of its height round any point
    wide = tight = 0.0
    if dip > max(0.06 * scale, 0.12 * facts.level):
        wide = ramp(dip / scale, 0.06, 0.25, -0.8, -4.5) * ramp((facts.through - facts.ring) / scale, *BAR, 0.0, 1.0)
    if facts.moat > 0.2 * facts.level:
        tight = ramp(facts.moat / scale, *TIGHT, 0.0, -2.0)
    if min(wide, tight) < -NOTHING_SAID:
        dip = dip if wide <= tight else facts.moat
        return Reason("dark ring", "A dark ring around it is the room mirrored in a small dome.", round(dip / scale, 2), "of the surroundings", min(wide, tight), PHYSICS)
    if dip > max(0.06 * scale, 0.12 * facts.level):
        return None
    # both steps must rise: an edge of the host further out is no shading
    glow = min(3.0 * (facts.ring - facts.floor), facts.ring - facts.far) / scale
    bloom = ramp(facts.core, 1.0, 4.0, 1.0, 0.4)  # a saturated point glows by itself
    weight = ramp(glow, 0.06, 0.25, 0.4, -3.0) * bloom
    if weight > 0.0:
        weight *= ramp(facts.rough / scale, 0.15, 0.5, 1.0, 0.3)  # an edge beside it makes the cue unsure
    else:
        # a dome is shaded alike on all sides, a small thing that holds a lens ends on some before others
        weight *= ramp((facts.rough - ROUGH_NOISE) / max(facts.ring, 25.0), *UNEVEN, 1.0, 0.0)
    if abs(weight) < NOTHING_SAID:
        return None
    says = "What surrounds it is evenly lit." if weight > 0 else "The surface brightens towards it, as a curved glossy one does."
    return Reason("surroundings", says, round(glow, 2), "of the surroundings", weight, PHYSICS)


TIGHT = (0.12, 0.3)
"""Of the surroundings, by which it is darker 3 to 4 px out than 7 px out on all sides: of 264 lenses none came to the first, small studs exceed
the second.  That says less than a wider ring, since a camera a step away has a black rim that large."""
BAR = (0.0, 0.06)
"""Of the surroundings, by which even the darkest way through the glint gets lighter: the ring of a dome ends on all sides, the
frame, the bar or the channel that a lens sits in goes on on two."""
UNEVEN = (0.08, 0.11)
"""Deviation 7 px out as a share of the level nearer by: the domes and tweeters that only their shading told from a lens stay below the
first, and the incense holders (20 x 14 px, lighter than what is behind) in which it spoke against a lens lie above 0.1."""
ROUGH_NOISE = 4.0
"""Grey levels of it that noise and compression make."""
HOLE_SHARE = 0.5
"""Of a step that only shows farther out: small domes are dark against what adjoins them, 7 px out, while the dark hole,
cloth or narrow black box that a lens sits in is wider,"""
SHADED = (0.0, 0.06)
"""and evenly dark, where a knob brightens towards its highlight by so much of the surroundings."""


def outline(facts: Facts) -> Reason | None:
    """The highlight of a ball, a knob or a kettle stands in the middle of its outline, and is as bright from every side."""
    weight = ramp(facts.outline, *OUTLINED, 0.0, -2.5) * ramp(facts.swing - LONG_SWING * long_look(facts), *ANY_SIDE, 1.0, 0.0)
    if not weight:
        return None
    says = "It stands in the middle of something round and plain, where a ball or a knob mirrors the torch."
    return Reason("outline", says, round(facts.outline, 2), "of the level", weight, PHYSICS)


OUTLINED = (0.02, 0.06)
"""Share of the level: seven of 390 lenses in moved, shared and drawn clips come to the first, and 25 of some 80 other glints
that were nearly taken for one."""
ANY_SIDE = (1.6, 2.0)
"""Ratio of strong to weak: 23 of those 25 stayed below the first, four of the seven lenses reached the second."""


def colour(facts: Facts) -> Reason | None:
    """Indicators glow in one pure colour; a lens returns the torch's white, at most tinted.

    Where darkness has shown that the glint does not shine by itself, only strong colour still says
    something: brass and coloured gloss.
    """
    if facts.dark and facts.dark_level < 0.4 * facts.level:
        if facts.tint < 0.4:
            return None
        return Reason("colour", f"It returns {facts.hue} light, as metal or coloured gloss does.", round(facts.tint, 2), "share of colour", ramp(facts.tint, 0.4, 0.7, 0.0, -4.0), PHYSICS)
    strength = ramp(facts.tint_level, 15.0, 40.0, 0.2, 1.0)  # a faint halo has a colour by chance
    weight = float(np.interp(facts.tint, *COLOUR_WEIGHTS)) * strength
    says = "Its halo is nearly white, as the torch is." if weight > 0 else f"Its halo is {facts.hue}, as an indicator light or coloured gloss is."
    return Reason("colour", says, round(facts.tint, 2), "share of colour", weight, PHYSICS)


COLOUR_WEIGHTS = ((0.22, 0.45, 0.7), (0.5, -3.0, -4.5))
"""Share of colour: coatings leave up to a quarter, indicators begin at a third."""
