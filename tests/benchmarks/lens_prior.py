"""What `lens.PRIOR` and `lens.TOGETHER` should be: `python -m tests.benchmarks.lens_prior FOLDER ...`.

The cases are those of `lens_weights`: every judged track of the clips in the folders (of `lens_moved`, of
`lens_drawn`, or any with truth beside them).  A logistic regression of whether a track lies on a lens in sight
learns two numbers from them: how much all that the cues say together should count, and the prior.  No penalty
holds them.  It is told everything in the units of today's program, so that 1 times today's factor and today's prior
are where it starts.

How many lenses there are in a clip is the drawer's choice, and the prior goes by it.  So every folder's lenses
are counted as if it had as many in sight a clip as the FIRST folder named: name first the clips that stand for
the world.  What shines beside the lenses is left as it is.

The intervals are of the sandwich form, room by room: clips that `lens_moved` made of one clip are one room,
and so is that clip itself.  "Crosswise" is by numbers learnt without the rooms that they are tried on.  Then what
comes out without each folder, and what that does in the folder left out.

Nothing is changed: whoever reads the table decides, and edits `lens.py`.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # numpy reads it once, when it is imported

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from detector.model import probability_of
from detector.optics import lens
from tests.benchmarks.lens_drawn import clips_of
from tests.benchmarks.lens_weights import (
    Cases,
    Floats,
    chance,
    collect,
    crosswise,
    fit,
    log_loss,
    standard_errors,
    together,
)
from tests.benchmarks.reliability import BINS, Z

HARDLY_ANY = 0.01
"""Penalty, in cases: it only keeps a handful of clips that can be told apart without a mistake from asking for a factor without end."""
WORTH_A_LOOK = 0.05
"""Far more tracks are below than above: that they fit must not be bought with those that may be shown."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """What the two numbers should be, and the bounds of 95 % of each."""

    factor: float
    factor_bounds: tuple[float, float]
    prior: float
    prior_bounds: tuple[float, float]

    def __str__(self) -> str:
        (low, high), (least, most) = self.factor_bounds, self.prior_bounds
        return f"{self.factor:8.2f} ({low:.2f} to {high:.2f}){self.prior:10.4f} ({least:.4f} to {most:.4f})"


def in_all(cases: Cases) -> Cases:
    """All cues as one: the sum of what they say."""
    said = cases.weights[:, :-1].sum(axis=1)
    return replace(cases, weights=np.stack([said, np.ones(len(said))], axis=1), names=("all cues",))


def evened(parts: Sequence[Cases]) -> list[Cases]:
    """Each folder's lenses counted as if it had as many in sight a clip as the first one."""
    usual = parts[0].in_sight / parts[0].clips
    return [replace(part, counts=np.where(part.lens, usual * part.clips / max(part.in_sight, 1), 1.0)) for part in parts]


def fitted(cases: Cases) -> Fitted:
    """The factor and the prior that these cases ask for."""
    at = fit(cases, HARDLY_ANY)
    far = Z * standard_errors(cases, at, HARDLY_ANY)
    (low, least), (high, most) = at - far, at + far
    return Fitted(
        factor=lens.TOGETHER * float(at[0]),
        factor_bounds=(lens.TOGETHER * float(low), lens.TOGETHER * float(high)),
        prior=_share(at[1]),
        prior_bounds=(_share(least), _share(most)),
    )


def _share(logit: float) -> float:
    return probability_of(0.5, {"intercept": float(logit)})


def worth_a_look(cases: Cases) -> Cases:
    """Those whose probability is not negligible today.  What is learnt from them is not biased: they are chosen by what they were told, not by what they are."""
    return cases.part(chance(cases, cases.stated) >= WORTH_A_LOOK)


def show_fits(named: dict[str, Cases]) -> None:
    print(f"\n{'learnt from':<40}{'TOGETHER (95 %)':>24}{'PRIOR (95 %)':>30}")
    print(f"{'(as they stand)':<40}{lens.TOGETHER:8.2f}{lens.PRIOR:26.4f}")
    for name, cases in named.items():
        print(f"{name:<40}{fitted(cases)}")


def show_calibration(title: str, cases: Cases, p: Floats) -> None:
    """Every case counted as often as it was learnt from."""
    far, lines, sum_of = 0.0, list[str](), cases.counts.sum()
    for low, high in pairwise(BINS):
        inside = (p >= low) & ((p < high) | (high == BINS[-1]))
        many = cases.counts[inside].sum()
        said, true = (float(cases.counts[inside] @ x[inside]) / max(many, 1e-9) for x in (p, cases.lens))
        far += many * abs(said - true) / sum_of
        lines.append(f"{low:6.2f} - {high:.2f}{many:10.1f}{said:11.3f}{true:9.3f}")
    print(f"\n{title}: log loss {log_loss(p, cases.lens, cases.counts):.4f}, calibration error {far:.4f}")
    print(f"{'said':>13}{'number':>10}{'mean said':>11}{'true':>9}")
    print("\n".join(lines))


def show_left_out(names: Sequence[str], parts: Sequence[Cases]) -> None:
    """What is learnt without each folder's rooms, in that folder."""
    for name, part in zip(names, parts, strict=True):
        rooms = set(part.rooms)
        others = [_without(other, rooms) for other in parts if other is not part]
        learnt = fit(together(others), HARDLY_ANY)
        before, after = (log_loss(chance(part, at), part.lens, part.counts) for at in (part.stated, learnt))
        print(f"{name}, learnt from what is of other rooms: log loss {before:.4f} as they stand, {after:.4f} learnt")


def _without(cases: Cases, rooms: set[str]) -> Cases:
    kept = np.array([room not in rooms for room in cases.rooms])
    return cases.part(kept[cases.clip])


def report(names: Sequence[str], parts: Sequence[Cases]) -> None:
    """Prints everything; the first folder's share of lenses is the world's."""
    parts = evened([in_all(part) for part in parts])
    cases = together(parts)
    rooms, tracks = len(set(cases.rooms)), int(cases.lens.sum())
    print(f"{cases.clips} clips of {rooms} rooms, {len(cases.lens)} judged tracks: {tracks} on a lens in sight, {len(cases.lens) - tracks} on something else")
    shares = ", ".join(f"{name} {part.in_sight / part.clips:.2f}" for name, part in zip(names, parts, strict=True))
    print(f"lenses in sight a clip: {shares}; all counted as if they had those of {names[0]}")
    named = {"all": cases, f"tracks of {WORTH_A_LOOK:.0%} or more as they stand": worth_a_look(cases)}
    if len(parts) > 1:
        named |= {f"all but {name}": together([other for other in parts if other is not part]) for name, part in zip(names, parts, strict=True)}
        named |= {f"{name} alone": part for name, part in zip(names, parts, strict=True)}
    show_fits(named)
    show_calibration("As they stand", cases, chance(cases, cases.stated))
    show_calibration("Refitted, crosswise", cases, crosswise(cases, HARDLY_ANY))
    if len(parts) > 1:
        print()
        show_left_out(names, parts)


def main() -> None:
    cv2.setNumThreads(1)
    folders = [Path(word) for word in sys.argv[1:]]
    report([folder.name for folder in folders], [collect(list(clips_of(folder, []))) for folder in folders])


if __name__ == "__main__":
    main()
