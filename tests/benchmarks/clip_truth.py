"""What stands where in a clip with known truth, and what a track was on, by the rules of `score_clips.py`.

The truth is the form that `detector.synthetic.Room.truth` gives and that the shared clips have.

* A lens is in sight when it shines (`peak` above one saturated pixel) in at least 8 frames of a
  strobed clip, 15 of one with a torch always on, 6 of one with three-state light.
* A track is on a lens when at least 80 % of its points lie within 6 px of it and at least three of
  them (or all, where it shines in fewer) are in frames in which it shines.
* The first alarm on a lens finds it, the most probable first; further ones, and alarms on anything
  else, are false.  A lens not in sight costs nothing, found or not.
"""

from __future__ import annotations

import bisect
import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

NEAR_PX = 6.0
NAMED_PX = 12.0
"""A false alarm farther from every known thing than this stood on nothing known."""
SHARE_NEAR = 0.8
FEWEST_LIT = 3
INTERPOLATED_FRAMES = 3
SHINES = 1.0
FEWEST_SHINING = {"strobe": 8, "torch": 15, "three": 6}

Points = Sequence[tuple[int, float, float]]


@dataclass(slots=True)
class Place:
    """Where one lens is, frame by frame, and its energy there in saturated pixels."""

    at: dict[int, tuple[float, float]] = field(default_factory=dict)
    peaks: dict[int, float] = field(default_factory=dict)

    @property
    def shining(self) -> set[int]:
        """Frames in which it shines."""
        return {frame for frame, peak in self.peaks.items() if peak > SHINES}

    @property
    def energy(self) -> float:
        """Median over the frames in which it shines, in saturated pixels."""
        return median([peak for peak in self.peaks.values() if peak > SHINES] or [0.0])

    def near(self, frame: int) -> tuple[float, float] | None:
        """Its place in a frame, between two known ones where need be."""
        if frame in self.at:
            return self.at[frame]
        frames = list(self.at)
        i = bisect.bisect(frames, frame)
        close = [f for f in frames[max(0, i - 1) : i + 1] if abs(f - frame) <= INTERPOLATED_FRAMES]
        if len(close) < 2:
            return self.at[close[0]] if close else None
        (ax, ay), (bx, by) = self.at[close[0]], self.at[close[1]]
        share = (frame - close[0]) / (close[1] - close[0])
        return ax + share * (bx - ax), ay + share * (by - ay)

    def distance_px(self, points: Points) -> float | None:
        """Mean distance of a track's near points; None where the track is not on this lens."""
        far = [math.dist(place, (x, y)) for frame, x, y in points if (place := self.near(frame))]
        near = [distance for distance in far if distance <= NEAR_PX]
        if not near or len(near) < SHARE_NEAR * len(points):
            return None
        shining = self.shining
        if sum(frame in shining for frame, _, _ in points) < min(FEWEST_LIT, len(shining)):
            return None
        return sum(near) / len(near)


class ClipTruth:
    """The truth of one clip."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.told = told
        self.mode: str = told["mode"]
        self.lenses: dict[int, Place] = {}
        for entry in told["per_frame"]:
            for lens in entry["lenses"]:
                place = self.lenses.setdefault(lens["id"], Place())
                place.at[entry["frame"]] = (lens["x"], lens["y"])
                place.peaks[entry["frame"]] = lens["peak"]
        need = FEWEST_SHINING[self.mode]
        self.in_sight = {number for number, place in self.lenses.items() if len(place.shining) >= need}

    @classmethod
    def beside(cls, clip: Path) -> ClipTruth:
        """The truth in the .json file of the clip's name."""
        return cls(json.loads(clip.with_suffix(".json").read_text(encoding="utf-8")))

    def lens_of(self, points: Points) -> int | None:
        """The lens that a track is on."""
        far = {number: far for number, place in self.lenses.items() if (far := place.distance_px(points)) is not None}
        return min(far, key=lambda number: far[number]) if far else None

    def thing_under(self, points: Points) -> str:
        """Name of what a track stood on in most of its frames."""
        known = {entry["frame"]: entry["confounders"] + entry["lenses"] for entry in self.told["per_frame"]}
        names = Counter(_nearest(known.get(frame, []), x, y) for frame, x, y in points)
        return names.most_common(1)[0][0] if names else "no track"


def _nearest(things: Iterable[dict[str, Any]], x: float, y: float) -> str:
    far = [(math.dist((x, y), (thing["x"], thing["y"])), str(thing["name"])) for thing in things]
    distance, name = min(far, default=(math.inf, ""))
    return name if distance <= NAMED_PX else "nothing known"


@dataclass(slots=True)
class Score:
    """Sums over clips; lists hold what `score_clips.py` prints as one number."""

    clips: int = 0
    sight: int = 0
    found: int = 0
    pointed: int = 0
    wrongly_shown: int = 0
    false: list[str] = field(default_factory=list)
    chances: list[tuple[float, bool]] = field(default_factory=list)
    """Probability of every finding, and whether it was on a lens."""

    def add(self, truth: ClipTruth, findings: Iterable[tuple[Points, float, bool]]) -> set[int]:
        """Takes in a clip's findings (points, probability, alarm); the lenses in sight not found."""
        found, pointed = set[int](), set[int]()
        for points, probability, alarm in sorted(findings, key=lambda finding: -finding[1]):
            lens = truth.lens_of(points)
            self.chances.append((probability, lens is not None))
            if not alarm:
                self.wrongly_shown += lens is None
            elif lens is None or lens in found:
                self.false.append(truth.thing_under(points) + (" once more" if lens is not None else ""))
            else:
                found.add(lens)
            if lens is not None:
                pointed.add(lens)
        self.clips += 1
        self.sight += len(truth.in_sight)
        self.found += len(found & truth.in_sight)
        self.pointed += len(pointed & truth.in_sight)
        return truth.in_sight - found
