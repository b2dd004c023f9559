"""Facts about one glint -> how like a lens it is, with reasons.

Every cue is one function from the facts to a reason, or None where it cannot speak.  A reason's
weight is the logarithm of a likelihood ratio (how much more often lenses show this than the other
things that shine in a room), bounded so that no single cue decides alone.  The weights are
estimates from the physics and from looking at clips.  Weights fitted to drawn rooms (see
`tests.benchmarks.lens_weights`) are better calibrated there and worse on other people's clips, so
they are not used; the README says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from detector.model import Reason
from detector.optics import off_axis as light_from_aside
from detector.optics.facts import Facts

PRIOR = 0.0125
"""About one candidate in eighty that come this far is a lens in a room that may have one."""
ALARM_AT = 0.54
SHOW_AT = 0.26
TOGETHER = 1.4
"""The weights below were estimated one at a time and bounded each; what all of them say together was too timid.
This factor and the prior make the probabilities those found among the judged tracks of 160 moved, drawn and shared
clips, lenses counted as often as the shared clips have them.  `python -m tests.benchmarks.lens_prior FOLDER ...`
repeats the fit, with its bounds: from all tracks that had 5 % or more, which are those a user may be shown."""
FEWEST_SIGHTINGS = 5
"""Fewer sightings than this are a flicker."""

FAINTEST = 20.0
"""Grey levels above the surroundings that a glint must reach once to be judged."""

DULLEST = 130.0
"""Brightest pixel (of 255) below which a spot is a mark: a quarter of the light of saturation."""

PHYSICS = "physics of retro-reflection; confounders as in Sami et al., LAPD, SenSys 2021"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The reasons for and against one glint; `against` is the kind of the strongest against."""

    reasons: tuple[Reason, ...]
    against: str


def judge(facts: Facts) -> Judgement:
    """Weighs every cue that can speak."""
    reasons = tuple(replace(reason, weight=TOGETHER * reason.weight) for cue in CUES if (reason := cue(facts)) is not None)
    worst = min(reasons, key=lambda reason: reason.weight, default=None)
    return Judgement(reasons, worst.kind if worst is not None and worst.weight < 0 else "too little seen")


def _ramp(value: float, low: float, high: float, at_low: float, at_high: float) -> float:
    """Linear from `at_low` at `low` to `at_high` at `high`, flat beyond."""
    share = min(1.0, max(0.0, (value - low) / (high - low)))
    return at_low + share * (at_high - at_low)


def _missing(facts: Facts) -> float:
    """How far the dark level falls short of what a matt mark would show, in units of its noise.

    A mark of the same shape in print would keep its contrast in proportion to its surroundings.
    """
    return (facts.level * facts.dimming - facts.dark_level) / 8.0 if facts.dark else 0.0


def _dependable(facts: Facts) -> float:
    """What flickers while lit (foil, a mark that is followed badly) says little by missing in other light."""
    return _ramp(facts.held, *FLICKERS, 0.2, 1.0)


FLICKERS = (0.5, 0.85)
"""Share of sightings that the next lit look confirms: below the first a flicker, above the second a steady point."""


def switching(facts: Facts) -> Reason | None:
    """A lens only sends the torch's own light back; a lamp or an indicator shines by itself."""
    if not facts.dark:
        return None
    share = round(facts.dark_level / max(facts.level, 1.0), 2)
    if share > 0.6:
        return Reason("shines by itself", "It shines as brightly when the torch is off: a lamp or indicator, not a reflection.", share, "of the lit level", -5.0, PHYSICS)
    if _missing(facts) > 0.5:
        # domes and foil go out with the torch as well: this only rules out lamps and patterns
        weight = _ramp(_missing(facts), 0.5, 3.5, 0.0, 1.5) * _dependable(facts)
        return Reason("torch on and off", "It is there when the torch is on and gone when it is off.", share, "of the lit level", weight, PHYSICS)
    weight = _ramp(share, 0.15, 0.5, 0.0, -2.5)
    return Reason("torch on and off", "It fades with the torch only as far as its surroundings do, as a bright pattern does.", share, "of the lit level", weight, PHYSICS)


def off_axis(facts: Facts) -> Reason | None:
    """A lens keeps of light from aside what the law of its lobe leaves; a dome keeps all.  Silent where the law is."""
    if not facts.off_axis:
        return None
    law = light_from_aside.weight(facts.off_share, facts.rings)
    weight = min(ASIDE_MOST, max(-ASIDE_MOST, law)) * (_dependable(facts) if law > 0 else 1.0)
    if abs(weight) < NOTHING_SAID:
        return None
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


ASIDE_MOST = 4.0
"""No cue decides alone: this says fifty times, and two hundred and seventy with `TOGETHER`."""
NOTHING_SAID = 0.1
HARDLY_ANY = 0.02


def brightness(facts: Facts) -> Reason | None:
    """A retro-reflection outshines every matt surface; a printed dot cannot."""
    # in a lit room the switching has already told a pattern from a glint: the level then adds little
    weight = max(float(np.interp(facts.peak, *LEVEL_WEIGHTS)), -0.7 if _missing(facts) > 2.0 else -3.0)
    says = "It is brighter than a matt surface could be." if weight > 0 else "It is no brighter than a white mark would be."
    return Reason("level", says, round(facts.peak / 255.0, 2), "of saturation", weight, PHYSICS)


LEVEL_WEIGHTS = ((130.0, 150.0, 175.0, 235.0), (-3.0, -1.5, 0.0, 0.8))
"""Of what else looks like a lens and reaches 175 of 255, nearly nothing is a matt mark: a white one reaches that only
where the walls are as light."""


def contrast(facts: Facts) -> Reason | None:
    """How far it stands above what surrounds it."""
    weight = max(float(np.interp(facts.level, *CONTRAST_WEIGHTS)), -0.7 if _missing(facts) > 2.0 else -2.0)
    return Reason("contrast", f"It stands {facts.level:.0f} grey levels above its surroundings.", round(facts.level), "grey levels", weight, PHYSICS)


CONTRAST_WEIGHTS = ((25.0, 50.0, 70.0, 110.0), (-1.5, -0.3, 0.2, 0.7))
"""Highlights of curved gloss stand in their own shading and exceed it less than a lens its dark hole."""


def size(facts: Facts) -> Reason | None:
    """A pupil of 1 to 2 mm is a point, which only its own strength broadens; a broad highlight is a
    curved or flat surface.
    """
    broader = facts.width - float(np.interp(facts.core, *POINT_WIDTHS))
    weight = min(_ramp(facts.core, 8.0, 22.0, 0.3, -3.5), float(np.interp(broader, *BROADER_WEIGHTS)), _ramp(facts.width, 0.4, 0.65, -1.5, 0.3))
    says = "It is as small as a point can be." if weight > 0 else "It is broader than the pupil of a small lens."
    return Reason("size", says, round(facts.core), "saturated pixels", weight, PHYSICS)


POINT_WIDTHS = ((0.0, 1.0, 2.0, 4.0, 6.0, 10.0, 16.0), (0.9, 1.13, 1.3, 1.48, 1.57, 1.67, 1.8))
"""Saturated px of a point of light, and how wide it then looks in px, in the rendered clips of two makers
(blur of a phone's lens, Bayer filter, sharpening)."""
BROADER_WEIGHTS = ((0.15, 0.3, 0.45, 0.7), (0.3, 0.2, -1.2, -3.5))
"""Px beyond that: nine of ten lenses stay below 0.3, half of the other glints exceed 0.5."""


def surroundings(facts: Facts) -> Reason | None:
    """A lens sits in a plain surface; a dome has its dark mirror image or its own shading around it."""
    scale = max(facts.floor, facts.far, 25.0)
    dip = max(facts.floor - facts.ring, HOLE_SHARE * (facts.far - facts.ring))
    # sharpening digs a moat of a few per cent of its height round any point
    if dip > max(0.06 * scale, 0.12 * facts.level):
        weight = _ramp(dip / scale, 0.06, 0.25, -0.8, -4.5)
        return Reason("dark ring", "A dark ring around it is the room mirrored in a small dome.", round(dip / scale, 2), "of the surroundings", weight, PHYSICS)
    # both steps must rise: an edge of the host further out is no shading
    glow = min(3.0 * (facts.ring - facts.floor), facts.ring - facts.far) / scale
    uneven = _ramp(facts.rough / scale, 0.15, 0.5, 1.0, 0.3)  # an edge beside it makes the cue unsure
    bloom = _ramp(facts.core, 1.0, 4.0, 1.0, 0.4)  # a saturated point glows by itself
    weight = _ramp(glow, 0.06, 0.25, 0.4, -3.0) * uneven * bloom
    says = "What surrounds it is evenly lit." if weight > 0 else "The surface brightens towards it, as a curved glossy one does."
    return Reason("surroundings", says, round(glow, 2), "of the surroundings", weight, PHYSICS)


HOLE_SHARE = 0.5
"""Of a step that only shows farther out: small domes are dark against what adjoins them, 7 px out, while the dark hole or
cloth that a lens sits in is wider."""


def company(facts: Facts) -> Reason | None:
    """A hidden lens is alone; curved gloss shows the torch and a lamp side by side, patterns, foil and
    rows of indicators shine in many places at once.
    """
    weight = _ramp(facts.neighbours, *BUSY)
    if facts.beside < 12.0:
        says = "A second glint keeps close beside it: a glossy curve mirrors the torch and a lamp."
        if weight < 0.0:
            says = f"A second glint keeps close beside it and {facts.neighbours} more were seen around it: foil, stones or a pattern."
        return Reason("double highlight", says, round(facts.beside, 1), "px", max(-3.0 + min(0.0, weight), -5.0), PHYSICS)
    if facts.crowd >= 2:
        return Reason("crowd", f"{facts.crowd:.0f} like glints stand around it: foil, a row of lights or a pattern.", round(facts.crowd), "within 40 px", _ramp(facts.crowd, 2.0, 6.0, -1.3, -2.5), PHYSICS)
    if weight < 0.0:
        return Reason("busy place", f"{facts.neighbours} glints nearly as strong were seen around it, if not at once: foil, stones or a pattern.", facts.neighbours, "within 60 px", weight, PHYSICS)
    if facts.crowd < 0.5:
        return Reason("alone", "Nothing like it shines around it.", 0, "within 40 px", weight, PHYSICS)
    return None


BUSY = (4.0, 7.0, 0.7, -2.2)
"""Others around a glint over the whole recording: up to four are chance and pieces of badly followed
tracks, from seven a sheet of foil or a patterned surface.
"""


def flashing(facts: Facts) -> Reason | None:
    """Foil and jewels flash facet after facet as the camera moves; a lens is alone."""
    if not facts.flashers:
        return None
    others = "Another glint" if facts.flashers == 1 else f"{facts.flashers} other glints"
    says = f"{others} near it came and went too, as those of foil or jewels do."
    weight = min(_ramp(facts.flashers, 1.0, 2.0, -1.8, -3.5), _ramp(facts.neighbours, *SHEET))
    return Reason("other flashes", says, facts.flashers, "within 90 px", weight, PHYSICS)


SHEET = (2.0, 5.0, -1.8, -4.0)
"""One other flash may be chance; one among several glints is foil of which the other facets lit up at other times:
with three or more around it that was so nine times of ten."""


def swing(facts: Facts) -> Reason | None:
    """A lens shines over 5 to 31 degrees in all and falls at the edges; a lamp or dome hardly changes."""
    if facts.seen < 8:
        return None
    change = facts.swing
    weight = float(np.interp(change, *SWING_WEIGHTS))
    if weight <= 0.0:
        moved = _ramp(facts.travel, 0.0, MOVED_PX, 0.5, 1.0)
        return Reason("angle", "Its brightness hardly changed with the angle of view.", round(change, 2), "times", weight * moved, PHYSICS)
    # what flickers, and what changes while the picture stands still, does not change with the angle
    weight *= _ramp(facts.smooth, 0.3, 0.75, 0.0, 1.0) * _ramp(facts.held, *FLICKERS, 0.3, 1.0) * _ramp(facts.travel, *STOOD_STILL_PX, 0.3, 1.0)
    return Reason("angle", "It grew and faded smoothly with the angle of view, as a lens does.", round(change, 2), "times", weight, PHYSICS)


SWING_WEIGHTS = ((1.1, 1.3, 1.4, 1.6, 1.8), (-1.5, -0.7, 0.3, 1.8, 2.7))
"""By the ratio of strong to weak: compression and the grid of pixels alone make a steady glint seem to change by a fifth."""
STOOD_STILL_PX = (20.0, 70.0)
"""A glint that wandered less than this over the picture was hardly seen from another side: what changed
then went out by itself, was covered, or was badly measured.
"""
MOVED_PX = 150.0
"""Who holds still sees nothing change: steady light counts against a lens only as far as it wandered
over the picture."""


def colour(facts: Facts) -> Reason | None:
    """Indicators glow in one pure colour; a lens returns the torch's white, at most tinted.

    Where darkness has shown that the glint does not shine by itself, only strong colour still says
    something: brass and coloured gloss.
    """
    if facts.dark and facts.dark_level < 0.4 * facts.level:
        if facts.tint < 0.4:
            return None
        return Reason("colour", f"It returns {facts.hue} light, as metal or coloured gloss does.", round(facts.tint, 2), "share of colour", _ramp(facts.tint, 0.4, 0.7, 0.0, -4.0), PHYSICS)
    strength = _ramp(facts.tint_level, 15.0, 40.0, 0.2, 1.0)  # a faint halo has a colour by chance
    weight = float(np.interp(facts.tint, *COLOUR_WEIGHTS)) * strength
    says = "Its halo is nearly white, as the torch is." if weight > 0 else f"Its halo is {facts.hue}, as an indicator light or coloured gloss is."
    return Reason("colour", says, round(facts.tint, 2), "share of colour", weight, PHYSICS)


COLOUR_WEIGHTS = ((0.22, 0.45, 0.7), (0.5, -3.0, -4.5))
"""Share of colour: coatings leave up to a quarter, indicators begin at a third."""


def staying(facts: Facts) -> Reason | None:
    """A lens stays on its object; a mirror image and the highlight of a flat thing slide."""
    if math.isnan(facts.drift):
        return None
    if facts.drift < STAYS_PX:
        return Reason("fixed", "It stays put in the room.", round(facts.drift, 2), "px per frame", 0.2, PHYSICS)
    return Reason("sliding", "It slides over the room as the camera moves, as a mirror image does.", round(facts.drift, 2), "px per frame", _ramp(facts.drift, STAYS_PX, 3.0, 0.0, -1.5), PHYSICS)


STAYS_PX = 0.7
"""Px a frame beyond the surroundings: the error of following a fixed point stays below."""


def persistence(facts: Facts) -> Reason | None:
    """The more often it was there when looked for, the less it is noise."""
    weight = _ramp(facts.seen, FEWEST_SIGHTINGS, 15.0, -0.7, 0.8)
    return Reason("persistence", f"It was seen in {facts.seen} of {max(facts.lit, facts.seen)} lit pictures.", facts.seen, "pictures", weight, PHYSICS)


CUES: tuple[Callable[[Facts], Reason | None], ...] = (
    switching, off_axis, brightness, contrast, size, surroundings, company, flashing, swing, colour, staying, persistence,
)  # fmt: skip
