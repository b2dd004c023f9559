"""The lens search on drawn rooms: `python -m tests.benchmarks.lens_drawn FOLDER [WIDTHxHEIGHT] [SEED | FIRST-LAST ...]`.

A room of a seed that FOLDER does not hold yet is drawn first (90 frames of 1280x720 unless another size is told, about 15 s of
processor time) and kept there as .mp4, .json and, for three-state light, .lamp.json.  Without seeds every clip in
FOLDER that has its truth beside it is searched, whoever drew it.

A third of the clips has the torch on, a third switches or strobes it, a third has three-state light; every
third clip of each holds three lenses, the others as many as the seed says, often none.  The rules of scoring are those of
`clip_truth`.  A track is "judged" when it had enough sightings, shown or not.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # numpy reads it once, when it is imported

import json
import math
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest import mock

import cv2

from detector.model import Finding, Frame, Track, probability_of
from detector.optics import conclude, facts, lens
from detector.optics.rows import Rows
from detector.optics.search import LensSearch
from detector.synthetic import Mode, Room, RoomPlan, draw_plan
from hardware.codec import write_video
from hardware.pictures import read_lamp_states
from hardware.sparing import AtEase
from hardware.video import VideoFile
from tests.benchmarks.clip_truth import ClipTruth, Points, Score
from tests.benchmarks.reliability import brier, calibration_error, poisson, reliability_table, wilson

MODES: tuple[Mode, ...] = ("torch", "strobe", "three")
FRAMES = 90
QUALITY = 21
Size = tuple[int, int]
"""Width and height in px."""
USUAL_SIZE = (1280, 720)
STRENGTHS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, math.inf)
"""Energy of a lens, if all of it fell into one pixel, over that which saturates a pixel."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One track that was judged, shown or not."""

    points: Points
    known: facts.Facts

    @property
    def weights(self) -> dict[str, float]:
        """Weight of each kind of evidence."""
        return {reason.kind: reason.weight for reason in lens.judge(self.known).reasons}

    @property
    def probability(self) -> float:
        """That it is a lens, as the search has it."""
        return probability_of(lens.PRIOR, self.weights)

    @property
    def fate(self) -> str:
        """Why it is no alarm."""
        if self.probability >= lens.SHOW_AT:
            return "shown, no alarm"
        return f"refused, most of all for {lens.judge(self.known).against}"

    def __str__(self) -> str:
        strongest = sorted(self.weights.items(), key=lambda kind: -abs(kind[1]))[:5]
        seen = f"p {self.probability:.2f}, seen {self.known.seen} of {self.known.lit}, peak {self.known.peak:.0f}, level {self.known.level:.0f}, swing {self.known.swing:.2f}"
        return seen + "; " + ", ".join(f"{kind} {weight:+.1f}" for kind, weight in strongest)


def plan_of(seed: int, size: Size = USUAL_SIZE) -> RoomPlan:
    """The room of a seed, as this benchmark draws it."""
    return draw_plan(seed, mode=MODES[seed // 3 % len(MODES)], frames=FRAMES, lenses=3 if seed % 3 == 2 else None, size=size)


def drawn(folder: Path, seed: int, size: Size = USUAL_SIZE) -> Path:
    """The clip of a seed, drawn where the folder does not hold it; the truth last, as a sign that all is there."""
    clip = folder / f"room{seed:05d}.mp4"
    if clip.with_suffix(".json").exists():
        return clip
    folder.mkdir(parents=True, exist_ok=True)
    room = Room(plan_of(seed, size))
    write_video(clip, (frame.pixels for frame in room.frames()), room.plan.fps, QUALITY)
    truth = room.truth()
    if room.plan.mode == "three":
        states = {"states": [entry["lamp"] for entry in truth["per_frame"]]}
        clip.with_suffix(".lamp.json").write_text(json.dumps(states), encoding="utf-8")
    clip.with_suffix(".json").write_text(json.dumps(truth), encoding="utf-8")
    return clip


def clips_of(folder: Path, seeds: Sequence[int], size: Size = USUAL_SIZE) -> Iterator[Path]:
    """The clips of the seeds, or all that have their truth beside them."""
    if seeds:
        yield from (drawn(folder, seed, size) for seed in seeds)
    else:
        yield from (clip for clip in sorted(folder.glob("*.mp4")) if clip.with_suffix(".json").exists())


def frames_of(clip: Path, at_ease: AtEase | None = None) -> Iterator[Frame]:
    lamp = clip.with_suffix(".lamp.json")
    yield from VideoFile(clip, read_lamp_states(lamp) if lamp.exists() else None, 1, at_ease).frames()


def search(clip: Path) -> tuple[Sequence[Finding], list[Judged]]:
    """What the search shows of a clip, and every track that it judged."""
    looking = LensSearch()
    for frame in frames_of(clip, lambda: looking.at_ease):
        looking.add(frame)
    with listening() as judged:
        return looking.finish().findings, judged


@contextmanager
def listening() -> Iterator[list[Judged]]:
    """Every track that is judged meanwhile, listened to where the search concludes: the last time, where it
    judges once more what belongs together.
    """
    judged: list[Judged] = []
    every, one = conclude._each, conclude._judged

    def each(tracks: Sequence[conclude.Gathered], *more: Any) -> list[tuple[Rows, Finding | conclude.Refusal]]:
        judged[:] = [one for one in judged if one.probability < lens.SHOW_AT]
        return every(tracks, *more)

    def judge(known: facts.Facts, where: Track) -> Finding | conclude.Refusal:
        judged.append(Judged(where.points, known))
        return one(known, where)

    with mock.patch.object(conclude, "_each", each), mock.patch.object(conclude, "_judged", judge):
        yield judged


class Table:
    """Scores by mode and in all; what went wrong is printed as it comes."""

    def __init__(self) -> None:
        self.scores: dict[str, Score] = {}
        self.missed: Counter[str] = Counter()
        self.strengths: list[tuple[float, bool]] = []
        self.judged: list[tuple[float, bool]] = []

    def add(self, name: str, truth: ClipTruth, findings: Iterable[Finding], judged: Sequence[Judged]) -> None:
        shown = [(f.where.points, f.probability, f.alarm) for f in findings if isinstance(f.where, Track)]
        total = self.scores.setdefault("in all", Score())
        falsely = len(total.false)
        missed = total.add(truth, shown)
        self.scores.setdefault(truth.mode, Score()).add(truth, shown)
        self.judged += [(one.probability, truth.lens_of(one.points) is not None) for one in judged]
        print(f"{name:10} {truth.mode:7}{truth.told['ambient']:6} lenses {len(truth.in_sight) - len(missed)} of {len(truth.in_sight)}  false {len(total.false) - falsely}  findings {len(shown)}", flush=True)
        taken = set[int]()
        for points, _, alarm in shown:
            lens_under = truth.lens_of(points)
            if lens_under is None or (alarm and lens_under in taken):
                one = next((one for one in judged if one.points == points), "a piece of a track that says more than the whole")
                print(f"    {'false alarm' if alarm else 'wrongly shown'} on {truth.thing_under(points)}: {one}")
            elif alarm:
                taken.add(lens_under)
        self.strengths += [(truth.lenses[number].energy, number not in missed) for number in sorted(truth.in_sight)]
        for number in sorted(missed):
            self._say_missed(truth, number, judged)

    def _say_missed(self, truth: ClipTruth, number: int, judged: Sequence[Judged]) -> None:
        on = [one for one in judged if truth.lens_of(one.points) == number]
        best = max(on, key=lambda one: one.probability, default=None)
        self.missed["no track on it was judged" if best is None else best.fate] += 1
        plan, place = next(lens for lens in truth.told["lenses"] if lens["id"] == number), truth.lenses[number]
        print(
            f"    missed lens in {plan['host']}, {plan['aperture_mm']:.2f} mm, lobe {plan['lobe_mrad']:.0f} mrad, shines in {len(place.shining)} frames "
            f"with {place.energy:.1f} saturated pixels: {best or 'no track on it was judged'}"
        )

    def show(self) -> None:
        """Prints the tables."""
        print(f"\n{'light':8}{'clips':>6}{'lenses':>8}{'found':>7}{'share (95 %)':>24}{'shown':>7}{'share (95 %)':>24}{'false alarms per clip (95 %)':>35}{'wrongly shown':>15}{'Brier':>7}")
        for mode in sorted(self.scores, key=lambda mode: (mode == "in all", mode)):
            print(_line(mode, self.scores[mode]))
        total = self.scores["in all"]
        print("False alarms by what they stood on:", dict(Counter(total.false).most_common()))
        print("Missed lenses:", dict(self.missed.most_common()))
        print("Found by energy in saturated pixels:", ", ".join(self._by_strength()))
        for name, chances in (("Findings", total.chances), ("All judged tracks, shown or not", self.judged)):
            print(f"\n{name}: expected calibration error {calibration_error(chances):.3f}, Brier {brier(chances):.3f}")
            print(reliability_table(chances))

    def _by_strength(self) -> Iterator[str]:
        for low, high in pairwise(STRENGTHS):
            found = [was for energy, was in self.strengths if low <= energy < high]
            yield f"{low:g} to {high:g}: {sum(found)} of {len(found)}"


def _line(mode: str, score: Score) -> str:
    low, high = (bound / score.clips for bound in poisson(len(score.false)))
    alarms = f"{len(score.false)} = {len(score.false) / score.clips:.3f} ({low:.3f} to {high:.3f})"
    shares = "".join(f"{hits:7}{_share(hits, score.sight):>24}" for hits in (score.found, score.pointed))
    return f"{mode:8}{score.clips:6}{score.sight:8}{shares}{alarms:>35}{score.wrongly_shown:6} = {score.wrongly_shown / score.clips:.3f}{brier(score.chances):8.3f}"


def _share(hits: int, of: int) -> str:
    low, high = wilson(hits, of)
    return f"{hits / max(of, 1):.3f} ({low:.3f} to {high:.3f})"


def seeds_in(words: Iterable[str]) -> list[int]:
    """"7" and "3-6" -> seeds."""
    spans = [(int(word.split("-")[0]), int(word.split("-")[-1])) for word in words]
    return [seed for first, last in spans for seed in range(first, last + 1)]


def size_in(words: Iterable[str]) -> Size:
    """The last "1920x1080" among them -> (1920, 1080)."""
    sizes = [word.split("x") for word in words if "x" in word]
    return (int(sizes[-1][0]), int(sizes[-1][1])) if sizes else USUAL_SIZE


def main() -> None:
    cv2.setNumThreads(1)
    table, began_s = Table(), time.monotonic()
    seeds = seeds_in(word for word in sys.argv[2:] if "x" not in word)
    for clip in clips_of(Path(sys.argv[1]), seeds, size_in(sys.argv[2:])):
        findings, judged = search(clip)
        table.add(clip.stem, ClipTruth.beside(clip), findings, judged)
    table.show()
    print(f"\n{time.monotonic() - began_s:.0f} s")


if __name__ == "__main__":
    main()
