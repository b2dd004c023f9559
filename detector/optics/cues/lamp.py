"""What the lamp tells: a lens only sends the torch's own light back, and only to where the torch is."""

from __future__ import annotations

from detector.model import Reason
from detector.optics import off_axis as light_from_aside
from detector.optics.cues.weight import NOTHING_SAID, PHYSICS, dependable, missing, ramp
from detector.optics.facts import Facts


def switching(facts: Facts) -> Reason | None:
    """A lens only sends the torch's own light back; a lamp or an indicator shines by itself."""
    if not facts.dark:
        return None
    share = round(facts.dark_level / max(facts.level, 1.0), 2)
    if share > 0.6:
        return Reason("shines by itself", "It shines as brightly when the torch is off: a lamp or indicator, not a reflection.", share, "of the lit level", -5.0, PHYSICS)
    stays = ramp((facts.dark_level - DARK_NOISE) / max(facts.level, 1.0), *STAYS, 0.0, 1.0)
    if missing(facts) > 0.5:
        # domes and foil go out with the torch as well: this only rules out lamps and patterns
        weight = (1.0 - stays) * ramp(missing(facts), 0.5, 3.5, 0.0, 1.5) * dependable(facts) - LEFT_OVER * stays
        says = "Part of it stays when the torch is off: a glossy curve mirrors a lamp in nearly the same place." if stays > 0.5 else "It is there when the torch is on and gone when it is off."
    else:
        weight = min(ramp(share, 0.15, 0.5, 0.0, -2.5), -LEFT_OVER * stays)
        says = "It fades with the torch only as far as its surroundings do, as a bright pattern does."
    return Reason("torch on and off", says, share, "of the lit level", weight, PHYSICS)


LEFT_OVER = 2.5
"""How much what stays speaks against a lens: as much in a lit room, where a pattern keeps no less, as in a dark one."""
DARK_NOISE = 5.0
"""Grey levels that compression and noise leave anywhere."""
STAYS = (0.12, 0.22)
"""Of the lit level, beyond that noise: none of 105 lenses under a switched torch kept more than the first, and 11 of 45 other
glints that were nearly taken for one more than the second."""


def off_axis(facts: Facts) -> Reason | None:
    """A lens keeps of light from aside what the law of its lobe leaves; a dome keeps all.  Silent where the law is."""
    if not facts.off_axis:
        return None
    law = light_from_aside.weight(facts.off_share, facts.rings)
    weight = min(ASIDE_MOST, max(-ASIDE_MOST, law)) * (dependable(facts) if law > 0 else 1.0)
    turned = ramp(facts.off_most, *STRONGER, 0.0, 1.0) * (1.0 - light_from_aside.keeping(NEARLY_ALL, facts.rings))
    weight += turned * (-ASIDE_MOST - weight)
    if abs(weight) < NOTHING_SAID:
        return None
    if turned > 0.5:
        return Reason("light from aside", "At times light from aside made it shine more: a facet is turned to one lamp and then to the other, a lens never.", round(facts.off_most, 2), "of the level", weight, PHYSICS)
    left = light_from_aside.light_left(facts.off_share)
    return Reason("light from aside", _aside_words(left, facts.rings, weight > 0), round(left, 2), "of the on-axis light", weight, PHYSICS)


def _aside_words(left: float, rings: light_from_aside.Rings, like_a_lens: bool) -> str:  # noqa: FBT001
    says = f"Light from {rings.words} aside leaves {f'{100 * left:.0f} %' if left >= HARDLY_ANY else 'hardly any'} of it:"
    lenses = f"of lenses {rings.distances_m[0]:.1f} to {rings.distances_m[1]:.1f} m away"
    if not like_a_lens:
        return f"{says} {lenses} {100 * light_from_aside.keeping(left, rings):.0f} % keep as much, a dome, a screw or a drop keeps all."
    if left < 0.5:
        return f"{says} {lenses} {100 - 100 * light_from_aside.keeping(0.5, rings):.0f} % keep less than half, a dome, a screw or a drop keeps all."
    return f"{says} a lens farther away than {rings.half_within_m:.1f} m may keep so much, a dome, a screw or a drop keeps all."


STRONGER = (1.0, 1.15)
"""Of the level in light along the axis: of 165 lenses three came near the first, for which the law says little, and six of ten
facets that were nearly taken for one had 1.06 to 1.6."""
NEARLY_ALL = 0.9
"""Of the light: where the law leaves a lens so much, noise makes it shine more from aside now and then."""
ASIDE_MOST = 4.0
"""No cue decides alone: this says fifty times, and two hundred and seventy with `TOGETHER`."""
HARDLY_ANY = 0.02
