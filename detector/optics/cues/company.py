"""What else shines around a glint: a hidden lens is alone."""

from __future__ import annotations

import numpy as np

from detector.model import Reason
from detector.optics.cues.weight import NOTHING_SAID, PHYSICS, long_look, ramp
from detector.optics.facts import Facts


def company(facts: Facts) -> Reason | None:
    """A hidden lens is alone; curved gloss shows the torch and a lamp side by side, patterns, foil and
    rows of indicators shine in many places at once.
    """
    long = long_look(facts)
    weight = (1.0 - long) * ramp(facts.neighbours, *BUSY) + long * float(np.interp(facts.neighbours, *BUSY_IN_TIME))
    if facts.beside < 12.0:
        says = "A second glint keeps close beside it: a glossy curve mirrors the torch and a lamp."
        if weight < 0.0:
            says = f"A second glint keeps close beside it and {facts.neighbours} in all were seen around it: foil, stones or a pattern."
        return Reason("double highlight", says, round(facts.beside, 1), "px", max(-3.0 + min(0.0, weight), -5.0), PHYSICS)
    if facts.crowd >= 2:
        return Reason("crowd", f"{facts.crowd:.0f} like glints stand around it: foil, a row of lights or a pattern.", round(facts.crowd), "within 40 px", ramp(facts.crowd, 2.0, 6.0, -1.3, -2.5) + 0.5 * min(0.0, weight), PHYSICS)
    if weight < 0.0:
        return Reason("busy place", f"{facts.neighbours} other glints were seen around it, nearly as strong, if not at once: foil, stones or a pattern.", facts.neighbours, "within 60 px", weight, PHYSICS)
    if facts.crowd < 0.5 and not facts.flashers:
        return Reason("alone", "Nothing like it shines around it.", 0, "within 40 px", weight, PHYSICS)
    return None


BUSY = (5.0, 9.0, 0.7, -1.8)
"""Others around a glint over the whole recording: up to five are chance and pieces of badly followed
tracks, from nine a patterned surface.
"""
BUSY_IN_TIME = ((0.0, 1.0, 2.0, 5.0, 7.0), (0.9, 0.0, -0.8, -1.6, -2.2))
"""Whoever looks about for long gives all else around it the time to shine: a lens is then alone, three times of four."""


def flashing(facts: Facts) -> Reason | None:
    """Foil and jewels flash facet after facet as the camera moves; a lens is alone."""
    if not facts.flashers:
        return None
    others = "Another glint" if facts.flashers == 1 else f"{facts.flashers} other glints"
    says = f"{others} near it came and went too, as those of foil or jewels do."
    weight = ramp(facts.flashers, 1.0, 2.0, -3.5, -4.6)
    return Reason("other flashes", says, facts.flashers, "within 110 px", weight, PHYSICS)


def mirrored(facts: Facts) -> Reason | None:
    """Curved gloss mirrors the room's lamp beside the torch; it stays in the dark, and slides as the camera moves."""
    weight = ramp(facts.lamp_slide, *SLID_PX, -1.6, -2.5) * ramp(facts.lamp_px, *BESIDE_LAMP_PX)
    if weight > -NOTHING_SAID:
        return None
    says = "A light stands beside it that stays when the torch goes out: a glossy curve mirrors the torch and a lamp."
    return Reason("mirrored lamp", says, round(facts.lamp_px), "px away", weight, PHYSICS)


BESIDE_LAMP_PX = (30.0, 50.0, 1.0, 0.0)
SLID_PX = (1.0, 3.0)
"""An indicator on the same thing keeps its distance, a mirrored lamp does not.  In drawn and shared clips and sweeps none of
101 lenses under a switched torch had such a light that near, and seven of 38 other glints that were nearly taken for one."""
