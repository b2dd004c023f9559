"""Tracks and their judgements -> findings and refusals, one of each glint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from detector.model import Finding, LampState, Track, probability_of
from detector.optics import gathering, lens
from detector.optics.broad import broad_kind
from detector.optics.companions import with_company
from detector.optics.facts import Facts
from detector.optics.join import JoinLimits, join
from detector.optics.off_axis import USUAL_RINGS, Rings
from detector.optics.rolling import lamp_at
from detector.optics.rows import Rows

MOST_POINTS = 600
"""Points kept of one track in the report."""
TURNS = JoinLimits(together_px=16.0, apart_px=45.0, apart_growth_px=4.0, apart_most_px=110.0, shared_frames=0.1)
"""Things that look like lenses are rare: two of them within this of each other that were never seen
at once are one, where two marks of a wallpaper would be two.  Beside a near thing the motion is off by
some px a frame while it is out of sight."""
SAME_PX = 10.0
"""Two findings this near in most frames are one glint and its bloom."""

NEXT_ALARM = (
    "Go up to this point and look at it from 20 to 50 cm with the light beside your eye. If a small round glass sits "
    "behind a hole, do not touch it: take pictures from afar and near, and call the police."
)
NEXT_LOOK = (
    "Look at this point again from one step to the left, to the right and nearer, switching the light on and off. "
    "A lens flashes over a narrow angle only; cover it and compare."
)

Refusal = tuple[str, Track]


def not_worth_judging(rows: Rows) -> str | None:
    """Why a track that ended needs no judgement; None where it does."""
    if rows["measured"].sum() < gathering.FEWEST_LOOKS or rows["level"].max() < lens.FAINTEST:
        return "faint"
    return "level" if rows["peak"].max() < lens.DULLEST else None


def conclude(
    tracks: Sequence[Rows], states: Sequence[LampState | None], numbers: Sequence[int], rings: Rings = USUAL_RINGS, beside: Sequence[Rows] = ()
) -> list[Finding | Refusal]:
    """Each track as a finding, or as the reason that it was refused for; those `beside` them are company and not judged.

    Rows count the frames that were handed in; `numbers` gives each the number that its source has
    for it, which differ where the source left damaged frames out; `rings` are the lamps of three-state light.  Findings that take turns at
    about one place are one lens, followed badly for a while.
    """
    gathered, others = ([(rows, gathering.gather(rows, states, rings)) for rows in some] for some in (tracks, beside))
    results = _each(gathered, states, numbers, others)
    found = [(rows, result) for rows, result in results if isinstance(result, Finding)]
    whole = join([rows for rows, _ in found], TURNS)
    if len(whole) < len(found):
        known = {id(rows): told for rows, told in gathered}
        refused = [(rows, result) for rows, result in results if not isinstance(result, Finding)]
        again = [(rows, known[id(rows)] if id(rows) in known else gathering.gather(rows, states, rings)) for rows in whole]
        others += [(rows, known[id(rows)]) for rows, _ in refused]
        results = [*refused, *_each([(rows, _as_still(rows, told, known, found)) for rows, told in again], states, numbers, others)]
    return [result for _, result in results]


def _as_still(rows: Rows, told: Facts | None, known: dict[int, Facts | None], found: Sequence[tuple[Rows, Finding]]) -> Facts | None:
    """The facts of joined pieces, which slide no more than the piece that slid least: where they do not quite fit they seem to."""
    numbers = set(rows["track"].tolist())
    parts = [known[id(part)] for part, _ in found if numbers.issuperset(part["track"].tolist())]
    return told and replace(told, drift=min([told.drift, *(part.drift for part in parts if part)]))


Gathered = tuple[Rows, Facts | None]


def _each(
    gathered: Sequence[Gathered], states: Sequence[LampState | None], numbers: Sequence[int], beside: Sequence[Gathered] = ()
) -> list[tuple[Rows, Finding | Refusal]]:
    """Each track judged among all, and among those `beside` them."""
    known, others = ([(rows, told) for rows, told in some if told is not None and told.seen >= lens.FEWEST_SIGHTINGS] for some in (gathered, beside))
    unknown = [rows for rows, told in gathered if told is None or told.seen < lens.FEWEST_SIGHTINGS]
    results: list[tuple[Rows, Finding | Refusal]] = [(rows, ("too little seen", _track(rows, states, numbers))) for rows in unknown]
    for (rows, _), told in zip(known, with_company(known, others), strict=True):
        results.append((rows, _judged(told, _track(rows, states, numbers))))
    return results


def _judged(known: Facts, where: Track) -> Finding | Refusal:
    verdict = lens.judge(known)
    probability = probability_of(lens.PRIOR, {reason.kind: reason.weight for reason in verdict.reasons})
    if probability < lens.SHOW_AT:
        return broad_kind(verdict.against, known), where
    alarm = probability >= lens.ALARM_AT
    return Finding(
        where=where,
        alarm=alarm,
        probability=round(probability, 3),
        reasons=tuple(sorted(verdict.reasons, key=lambda reason: -abs(reason.weight))),
        next=NEXT_ALARM if alarm else NEXT_LOOK,
    )


def sort_out(results: Sequence[Finding | Refusal]) -> tuple[tuple[Finding, ...], tuple[Refusal, ...]]:
    """Findings, most probable first and each glint once; refusals beside them."""
    findings: list[Finding] = []
    refusals = [result for result in results if isinstance(result, tuple)]
    for finding in sorted((r for r in results if isinstance(r, Finding)), key=lambda f: -f.probability):
        if any(_same(finding, other) for other in findings):
            refusals.append(("part of another glint", _where(finding)))
        else:
            findings.append(finding)
    return tuple(findings), tuple(refusals)


def _where(finding: Finding) -> Track:
    if not isinstance(finding.where, Track):
        raise TypeError("the lens sense finds tracks only")
    return finding.where


def _same(a: Finding, b: Finding) -> bool:
    at_a, at_b = ({frame: (x, y) for frame, x, y in _where(f).points} for f in (a, b))
    both = at_a.keys() & at_b.keys()
    near = sum(np.hypot(at_a[f][0] - at_b[f][0], at_a[f][1] - at_b[f][1]) <= SAME_PX for f in both)
    return bool(both) and near > len(both) / 2


def _track(rows: Rows, states: Sequence[LampState | None], numbers: Sequence[int]) -> Track:
    shining = ("on-axis",) if any(states) else (None,)
    lit = np.array([state in shining for state in lamp_at(states, rows["frame"], rows["y"])])
    seen = rows[rows["seen"] & lit] if (rows["seen"] & lit).any() else rows[rows["seen"]]
    seen = seen[:: 1 + len(seen) // MOST_POINTS]
    x, y = (seen[name].astype(np.float64).round(2).tolist() for name in ("x", "y"))
    return Track(tuple(zip([numbers[frame] for frame in seen["frame"].tolist()], x, y, strict=True)))
