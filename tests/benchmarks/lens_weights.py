"""How much each cue's stated weight should count: `python -m tests.benchmarks.lens_weights [--sides] FOLDER ...`.

Every judged track of the clips in the folders (of `lens_drawn`, or any with truth beside them) is
one case: on a lens in sight, or on something else.  Tracks on lenses that are not in sight are left
out, and so are those that lie within the bloom of one, which a finding swallows.  The case's
numbers are the weights that the cues of `lens.CUES` state for it times `lens.TOGETHER`, as the program
judges by them, 0 where a cue is silent.  With `--sides` what a cue says for a lens and what it says
against get a multiplier each.

A logistic regression then multiplies each cue's weight by one number.  The multipliers are shrunk
towards 1 (the stated weight), as if so many cases had said so; the intercept, whose stated value is
the prior, is free.  The penalty is the one that foretells best what happens in clips left out.
Standard errors are of the sandwich form, room by room: the tracks of one room are no independent
cases, nor are those of clips that `lens_moved` made of it.  Under a strong penalty they are small because
the multipliers are held, not because the clips say much.  "Crosswise" is the calibration in rooms that the
multipliers were not learnt from.  Given
several folders it also learns from all but one what that one shows: clips of another renderer tell
what is a matter of how the rooms were drawn.

Nothing is changed: whoever reads the table decides, and edits `lens.py`.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # numpy reads it once, when it is imported

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.model import probability_of
from detector.optics import facts, lens
from tests.benchmarks.clip_truth import ClipTruth, Points
from tests.benchmarks.lens_drawn import Judged, clips_of, search
from tests.benchmarks.reliability import brier, calibration_error, reliability_table

Floats = NDArray[np.float64]

CUES = tuple(cue.__name__ for cue in lens.CUES)
STATED_PRIOR = math.log(lens.PRIOR / (1.0 - lens.PRIOR))
PENALTIES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
FOLDS = 10
BLOOM_PX = 10.0
"""As `conclude.SAME_PX`: what keeps this near a more probable finding is part of it."""


@dataclass(frozen=True, slots=True)
class Cases:
    """(n, cues + 1) stated weights and a column of ones; (n,) whether on a lens; (n,) number of the
    clip; (n,) the lens of the clip, -1 for other things; (n,) as how many cases each counts; the room of
    every clip; how many lenses in sight there were in all; the names of the cues.
    """

    weights: Floats
    lens: NDArray[np.bool_]
    clip: NDArray[np.int64]
    which: NDArray[np.int64]
    counts: Floats
    rooms: tuple[str, ...]
    in_sight: int
    names: tuple[str, ...] = CUES

    @property
    def clips(self) -> int:
        """How many were searched, those without a case too."""
        return len(self.rooms)

    @property
    def room(self) -> NDArray[np.int64]:
        """(n,) number of the room."""
        return np.unique(self.rooms, return_inverse=True)[1][self.clip]

    @property
    def stated(self) -> Floats:
        """The multipliers as the cues stand, and the prior."""
        return np.append(np.ones(len(self.names)), STATED_PRIOR)

    def part(self, chosen: NDArray[np.bool_]) -> Cases:
        """Some of the cases."""
        return replace(self, **{name: getattr(self, name)[chosen] for name in ("weights", "lens", "clip", "which", "counts")})

    def in_sides(self) -> Cases:
        """Every cue as two: what it says for a lens, and what against."""
        cues, one = self.weights[:, :-1], self.weights[:, -1:]
        sides = np.hstack([np.maximum(cues, 0.0), np.minimum(cues, 0.0), one])
        return replace(self, weights=sides, names=(*(f"{name} +" for name in self.names), *(f"{name} -" for name in self.names)))


def stated(known: facts.Facts) -> list[float]:
    """The weight of every cue as the program counts it, 0 where it is silent, and 1 for the intercept."""
    reasons = [cue(known) for cue in lens.CUES]
    return [0.0 if reason is None else lens.TOGETHER * reason.weight for reason in reasons] + [1.0]


def case_of(truth: ClipTruth, one: Judged) -> int | None:
    """The lens in sight that a track is on, -1 for something else, None where it is to be left out."""
    number = truth.lens_of(one.points)
    if number is None:
        return None if any(_in_bloom(place.near, one.points) for place in truth.lenses.values()) else -1
    return number if number in truth.in_sight else None


def _in_bloom(near: Callable[[int], tuple[float, float] | None], points: Points) -> bool:
    close = sum(math.dist(at, (x, y)) <= BLOOM_PX for frame, x, y in points if (at := near(frame)))
    return close > len(points) / 2


def together(parts: Sequence[Cases]) -> Cases:
    """The cases of several folders, their clips numbered on."""
    firsts = np.cumsum([0] + [part.clips for part in parts])
    return Cases(
        weights=np.vstack([part.weights for part in parts]),
        lens=np.concatenate([part.lens for part in parts]),
        clip=np.concatenate([part.clip + first for part, first in zip(parts, firsts[:-1], strict=True)]),
        which=np.concatenate([part.which for part in parts]),
        counts=np.concatenate([part.counts for part in parts]),
        rooms=tuple(room for part in parts for room in part.rooms),
        in_sight=sum(part.in_sight for part in parts),
        names=parts[0].names,
    )


def collect(clips: Sequence[Path]) -> Cases:
    """Searches every clip once.  What stands before a hyphen in its name is its room, as `lens_moved` names them."""
    weights, clip_of, which, in_sight = list[list[float]](), list[int](), list[int](), 0
    for number, clip in enumerate(clips):
        truth = ClipTruth.beside(clip)
        in_sight += len(truth.in_sight)
        for one in search(clip)[1]:
            if (case := case_of(truth, one)) is not None:
                weights.append(stated(one.known))
                clip_of.append(number)
                which.append(case)
    rooms = tuple(clip.stem.split("-")[0] for clip in clips)
    table = np.array(weights).reshape(-1, len(CUES) + 1)
    return Cases(table, np.array(which, np.int64) >= 0, np.array(clip_of, np.int64), np.array(which, np.int64), np.ones(len(which)), rooms, in_sight)


def chance(cases: Cases, multipliers: Floats) -> Floats:
    """The probability of each case."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(cases.weights @ multipliers, -60.0, 60.0))))


def shrinkage(cases: Cases, penalty: float) -> Floats:
    """The penalty of each multiplier; that of the intercept only keeps Newton's matrix sound."""
    return np.append(np.full(len(cases.names), penalty), 1e-3)


def curvature(cases: Cases, multipliers: Floats, penalty: float) -> Floats:
    p = chance(cases, multipliers)
    return np.asarray((cases.weights * (cases.counts * p * (1 - p))[:, None]).T @ cases.weights + np.diag(shrinkage(cases, penalty)))


def loss(cases: Cases, multipliers: Floats, penalty: float) -> float:
    """Negative log likelihood and half the penalty: what is made small."""
    logit = cases.weights @ multipliers
    drawn_to = shrinkage(cases, penalty) @ (multipliers - cases.stated) ** 2
    return float(cases.counts @ (np.logaddexp(0.0, logit) - logit * cases.lens) + drawn_to / 2)


def fit(cases: Cases, penalty: float) -> Floats:
    """Newton's method from the stated weights; a step that does not lower the loss is halved."""
    at = cases.stated
    for _ in range(100):
        slope = cases.weights.T @ (cases.counts * (chance(cases, at) - cases.lens)) + shrinkage(cases, penalty) * (at - cases.stated)
        step, before = np.linalg.solve(curvature(cases, at, penalty), slope), loss(cases, at, penalty)
        while loss(cases, at - step, penalty) > before and np.abs(step).max() > 1e-9:
            step /= 2
        at = at - step
        if np.abs(step).max() < 1e-7:
            break
    return at


def standard_errors(cases: Cases, at: Floats, penalty: float) -> Floats:
    """Of the shrunk multipliers, with the rooms as what was drawn by chance (Liang and Zeger 1986)."""
    slopes = cases.weights * (cases.counts * (cases.lens - chance(cases, at)))[:, None]
    by_room = np.zeros((cases.clips, slopes.shape[1]))
    np.add.at(by_room, cases.room, slopes)
    bread = np.linalg.inv(curvature(cases, at, penalty))
    return np.asarray(np.sqrt(np.diag(bread @ (by_room.T @ by_room) @ bread)))


def crosswise(cases: Cases, penalty: float) -> Floats:
    """The probability of each case by multipliers learnt without its room; the rooms are dealt by lot."""
    lots = np.random.default_rng(1).permutation(len(set(cases.rooms))) % FOLDS
    fold, foretold = lots[cases.room], np.zeros(len(cases.lens))
    for out in range(FOLDS):
        left_out = fold == out
        foretold[left_out] = chance(cases.part(left_out), fit(cases.part(~left_out), penalty))
    return foretold


def log_loss(p: Floats, truth: NDArray[np.bool_], counts: Floats | None = None) -> float:
    """Mean over the cases, each counted once unless it is told how often."""
    return float(np.average(-np.log(np.clip(np.where(truth, p, 1 - p), 1e-12, 1.0)), weights=counts))


def show_calibration(title: str, cases: Cases, p: Floats) -> None:
    chances = list(zip(p.tolist(), cases.lens.tolist(), strict=True))
    shown = [one for one in chances if one[0] >= lens.SHOW_AT]
    print(f"\n{title}: log loss {log_loss(p, cases.lens):.4f}, Brier {brier(chances):.4f}, calibration error {calibration_error(chances):.3f}, among those shown (p >= {lens.SHOW_AT}) {calibration_error(shown):.3f}")
    print(reliability_table(chances))


def show_reach(cases: Cases, named: dict[str, Floats]) -> None:
    """Lenses found and other things accused at each level of alarm; a lens once, however many tracks."""
    print(f"\nlenses found of {cases.in_sight} in sight / other things accused in {cases.clips} clips")
    print(f"{'alarm at':>10}" + "".join(f"{name:>16}" for name in named))
    for level in sorted({0.25, 0.4, lens.ALARM_AT, 0.6, 0.7, 0.8, 0.9}):
        print(f"{level:10.2f}" + "".join(f"{_reach(cases, p, level):>16}" for p in named.values()))


def _reach(cases: Cases, p: Floats, level: float) -> str:
    over = p >= level
    found = set(zip(cases.clip[over & cases.lens].tolist(), cases.which[over & cases.lens].tolist(), strict=True))
    return f"{len(found)} / {int((over & ~cases.lens).sum())}"


def show_multipliers(cases: Cases, at: Floats, errors: Floats) -> None:
    print(f"\n{'cue':<16}{'multiplier':>11}{'std. error':>11}{'lenses: speaks':>16}{'mean':>7}{'others: speaks':>16}{'mean':>7}")
    for i, name in enumerate(cases.names):
        sides = ""
        for side in (cases.lens, ~cases.lens):
            spoken = cases.weights[side, i][cases.weights[side, i] != 0]
            sides += f"{len(spoken):16}{spoken.mean() if len(spoken) else 0.0:+7.2f}"
        far = "  *" if abs(at[i] - 1.0) > 2 * errors[i] else ""
        print(f"{name:<16}{at[i]:11.2f}{errors[i]:11.2f}{sides}{far}")
    prior, fitted = (probability_of(0.5, {"intercept": float(value)}) for value in (STATED_PRIOR, at[-1]))
    print(f"{'intercept':<16}{at[-1]:11.2f}{errors[-1]:11.2f}  a prior of {fitted:.4f}; stated {STATED_PRIOR:.2f}, {prior:.4f}")
    print("* farther from the stated weight than two standard errors")


def report(cases: Cases) -> float:
    """Prints everything of the cases taken together; the penalty that foretold best."""
    lenses = set(zip(cases.clip[cases.lens].tolist(), cases.which[cases.lens].tolist(), strict=True))
    print(f"{len(cases.lens)} judged tracks: {int(cases.lens.sum())} on {len(lenses)} of {cases.in_sight} lenses in sight, {int((~cases.lens).sum())} on something else")
    foretold = {penalty: crosswise(cases, penalty) for penalty in PENALTIES}
    losses = {penalty: log_loss(p, cases.lens) for penalty, p in foretold.items()}
    print("log loss crosswise by penalty: " + ", ".join(f"{penalty:g}: {value:.4f}" for penalty, value in losses.items()))
    best = min(losses, key=lambda penalty: losses[penalty])
    at = fit(cases, best)
    print(f"penalty {best:g}")
    show_multipliers(cases, at, standard_errors(cases, at, best))
    before = chance(cases, cases.stated)
    show_calibration("As stated", cases, before)
    show_calibration("Crosswise", cases, foretold[best])
    show_reach(cases, {"as stated": before, "crosswise": foretold[best]})
    return best


def show_elsewhere(folders: Sequence[Path], parts: Sequence[Cases], penalty: float) -> None:
    """What the multipliers learnt from all other folders do in each."""
    for folder, part in zip(folders, parts, strict=True):
        learnt = chance(part, fit(together([other for other in parts if other is not part]), penalty))
        before = chance(part, part.stated)
        print(f"\n{folder.name}, learnt from the others: log loss as stated {log_loss(before, part.lens):.4f}, learnt {log_loss(learnt, part.lens):.4f}", end="")
        show_reach(part, {"as stated": before, "learnt": learnt})


def main() -> None:
    cv2.setNumThreads(1)
    folders = [Path(word) for word in sys.argv[1:] if word != "--sides"]
    parts = [collect(list(clips_of(folder, []))) for folder in folders]
    if "--sides" in sys.argv:
        parts = [part.in_sides() for part in parts]
    penalty = report(together(parts))
    if len(parts) > 1:
        show_elsewhere(folders, parts, penalty)


if __name__ == "__main__":
    main()
