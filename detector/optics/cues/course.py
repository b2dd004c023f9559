"""How a glint went over the film: with the angle of view, along its way, in the room."""

from __future__ import annotations

import math

import numpy as np

from detector.model import Reason
from detector.optics.cues.weight import FLICKERS, LONG_SWING, NOTHING_SAID, PHYSICS, long_look, ramp
from detector.optics.facts import Facts


def swing(facts: Facts) -> Reason | None:
    """A lens shines over 5 to 31 degrees in all and falls at the edges; a lamp or dome hardly changes."""
    if facts.seen < 8:
        return None
    long = long_look(facts)
    weight = float(np.interp(facts.swing - LONG_SWING * long, *SWING_WEIGHTS))
    if weight <= 0.0:
        return _angle(facts, "Its brightness hardly changed with the angle of view.", weight * ramp(facts.travel, 0.0, MOVED_PX, 0.5, 1.0))
    # what flickers, and what changes while the picture stands still, does not change with the angle
    steadily = ramp(facts.smooth, 0.3, 0.75, 0.0, 1.0)
    weight *= steadily * ramp(facts.held, *FLICKERS, 0.3, 1.0) * ramp(facts.travel, *STOOD_STILL_PX, 0.3, 1.0)
    weight -= JAGGED * long * (1.0 - steadily)
    if weight < 0.0:
        return _angle(facts, "Its brightness jumped, but did not grow and fade with the angle of view.", weight)
    return _angle(facts, "It grew and faded smoothly with the angle of view, as a lens does.", weight)


def _angle(facts: Facts, says: str, weight: float) -> Reason:
    return Reason("angle", says, round(facts.swing, 2), "times", weight, PHYSICS)


SWING_WEIGHTS = ((1.1, 1.3, 1.4, 1.6, 1.8), (-1.5, -0.7, 0.3, 1.8, 2.7))
"""By the ratio of strong to weak: compression and the grid of pixels alone make a steady glint seem to change by a fifth."""
JAGGED = 1.0
"""Against what changed in so long a look, but at random: its angle of view changed as well."""
STOOD_STILL_PX = (20.0, 70.0)
"""A glint that wandered less than this over the picture was hardly seen from another side: what changed
then went out by itself, was covered, or was badly measured.
"""
MOVED_PX = 150.0
"""Who holds still sees nothing change: steady light counts against a lens only as far as it wandered
over the picture."""


def brief(facts: Facts) -> Reason | None:
    """A facet or a jewel flashes over a degree or two; who looks about for five seconds and more sees a lens over a good
    part of them, and for a second or two.
    """
    share = facts.travel / max(facts.looked_px, 1.0)
    long = long_look(facts)
    way = BRIEF * long * min(ramp(share, *SMALL_PART, 1.0, 0.0), ramp(facts.travel, *SHORT_WAY_PX, 1.0, 0.0))
    time = SHORT * max(ramp(facts.lasted, *BLINK, 1.0, 0.0), long * ramp(facts.lasted, *FLASH, 1.0, 0.0))
    if min(way, time) > -NOTHING_SAID:
        return None
    if time <= way:
        says = f"It never shone for longer than {facts.lasted:.0f} pictures at a time: facets and jewels flash so briefly, lenses seldom."
        return Reason("brief flash", says, round(facts.lasted), "pictures", time, PHYSICS)
    says = f"It shone over {100 * share:.0f} % of the way on which it was looked for: facets and jewels flash so briefly, lenses seldom."
    return Reason("brief flash", says, round(share, 2), "of the way", way, PHYSICS)


BRIEF = -1.6
SMALL_PART = (0.3, 0.45)
SHORT_WAY_PX = (150.0, 220.0)
"""Of the way over the picture: in drawn sweeps of a quarter of a minute facets shone over 50 to 200 px, lenses over 270 and more."""
SHORT = -2.5
BLINK, FLASH = (5.0, 8.0), (20.0, 40.0)
"""Frames: ten of twelve facets in drawn sweeps never shone for longer than 17 at a time, four of them for 5, and 33 lenses there for
44 and more.  In clips of three seconds, filmed faster, three of 185 lenses shone for less than 15, and one of 570 for less than 8."""


def staying(facts: Facts) -> Reason | None:
    """A lens stays on its object; a mirror image and the highlight of a flat thing slide."""
    if math.isnan(facts.drift):
        return None
    if facts.drift < STAYS_PX:
        return Reason("fixed", "It stays put in the room.", round(facts.drift, 2), "px per frame", 0.2, PHYSICS)
    return Reason("sliding", "It slides over the room as the camera moves, as a mirror image does.", round(facts.drift, 2), "px per frame", ramp(facts.drift, STAYS_PX, 3.0, 0.0, -1.5), PHYSICS)


STAYS_PX = 0.7
"""Px a frame beyond the surroundings: the error of following a fixed point stays below."""


def persistence(facts: Facts) -> Reason | None:
    """The more often it was there when looked for, the less it is noise."""
    weight = ramp(facts.seen, *OFTEN, -0.7, 0.8)
    return Reason("persistence", f"It was seen in {facts.seen} of {max(facts.lit, facts.seen)} lit pictures.", facts.seen, "pictures", weight, PHYSICS)


OFTEN = (5.0, 15.0)
"""Sightings: fewer than the first are a flicker, from the second on more say nothing more."""
