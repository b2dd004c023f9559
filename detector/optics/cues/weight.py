"""What the cues share: a weight that follows a number, and what the numbers of the lamp's switching are worth."""

from __future__ import annotations

from detector.optics.facts import Facts

PHYSICS = "physics of retro-reflection; confounders as in Sami et al., LAPD, SenSys 2021"
NOTHING_SAID = 0.1
"""A weight this small is not told."""


def ramp(value: float, low: float, high: float, at_low: float, at_high: float) -> float:
    """Linear from `at_low` at `low` to `at_high` at `high`, flat beyond."""
    share = min(1.0, max(0.0, (value - low) / (high - low)))
    return at_low + share * (at_high - at_low)


def missing(facts: Facts) -> float:
    """How far the dark level falls short of what a matt mark would show, in units of its noise.

    A mark of the same shape in print would keep its contrast in proportion to its surroundings.
    """
    return (facts.level * facts.dimming - facts.dark_level) / 8.0 if facts.dark else 0.0


def no_mark(facts: Facts) -> float:
    """0 to 1: how surely something else than its strength has told it from a matt mark, which keeps its contrast in the dark
    and is as bright from every side.
    """
    if missing(facts) > 2.0:
        return 1.0
    # who looks for long sees a lens bright at some time
    turned = (1.0 - long_look(facts)) * ramp(facts.swing, *TURNED, 0.0, 1.0) * ramp(facts.smooth, *STEADILY, 0.0, 1.0)
    return turned * ramp(facts.seen, *OFTEN_ENOUGH, 0.0, 1.0) * dependable(facts)


TURNED = (1.6, 2.2)
"""Ratio of strong to weak: of what changed so, steadily, and was no brighter than 190 of 255, 13 of 13 lenses and two of 18 others
were alone and without a dark ring."""
STEADILY = (0.6, 0.8)
OFTEN_ENOUGH = (8.0, 15.0)
"""Sightings from which a ratio can be told."""


def dependable(facts: Facts) -> float:
    """What flickers while lit (foil, a mark that is followed badly) says little by missing in other light."""
    return ramp(facts.held, *FLICKERS, 0.2, 1.0)


FLICKERS = (0.5, 0.85)
"""Share of sightings that the next lit look confirms: below the first a flicker, above the second a steady point."""


def long_look(facts: Facts) -> float:
    """0 to 1: whether the look was long, and from here and there rather than from one place."""
    return ramp(facts.looked_frames, *LONG_LOOK, 0.0, 1.0) * ramp(facts.looked_px, *LOOKED_ABOUT_PX, 0.0, 1.0)


LONG_LOOK = (110.0, 150.0)
"""Frames between the first and the last look.  In clips of three seconds one lens of fifteen shines as briefly as facets do."""
LOOKED_ABOUT_PX = (150.0, 250.0)
LONG_SWING = 0.4
"""By so much more do things change that are looked at for five seconds and more: the distance and the beam of the torch change as
well.  Of 36 lenses in drawn sweeps 29 changed by 1.8 times and more, of steady things 15 of 16 by 1.75 at most."""
