"""Facts about one glint -> how like a lens it is, with reasons.

Every cue is one function from the facts to a reason, or None where it cannot speak.  A reason's
weight is the logarithm of a likelihood ratio (how much more often lenses show this than the other
things that shine in a room), bounded so that no single cue decides alone.  The weights are
estimates from the physics and from looking at clips.  Weights fitted to drawn rooms (see
`tests.benchmarks.lens_weights`) are better calibrated there and worse on other people's clips, so
they are not used; the README says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from detector.model import Reason
from detector.optics.cues import company, course, lamp, look
from detector.optics.facts import Facts

PRIOR = 0.0125
"""About one candidate in eighty that come this far is a lens in a room that may have one."""
ALARM_AT = 0.55
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


@dataclass(frozen=True, slots=True)
class Judgement:
    """The reasons for and against one glint; `against` is the kind of the strongest against."""

    reasons: tuple[Reason, ...]
    against: str


def judge(facts: Facts) -> Judgement:
    """Weighs every cue that can speak."""
    reasons = tuple(_as_one_of_many(reason) for cue in CUES if (reason := cue(facts)) is not None)
    worst = min(reasons, key=lambda reason: reason.weight, default=None)
    return Judgement(reasons, worst.kind if worst is not None and worst.weight < 0 else "too little seen")


def _as_one_of_many(reason: Reason) -> Reason:
    # `replace` takes four times as long, and a film has ten thousand reasons
    return Reason(reason.kind, reason.says, reason.measured, reason.unit, TOGETHER * reason.weight, reason.source)


CUES: tuple[Callable[[Facts], Reason | None], ...] = (
    lamp.switching, lamp.off_axis, look.brightness, look.contrast, look.size, look.surroundings, look.outline, company.company, company.flashing,
    company.mirrored, course.swing, course.brief, look.colour, course.staying, course.persistence,
)  # fmt: skip
