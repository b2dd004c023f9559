"""What a searched frame costs as pictures and bright points grow: `python -m tests.benchmarks.lens_scaling [FRAMES]`.

A hand-held wall is drawn with bright points on it, first 100 of them at six sizes of picture, then 10 to
10,000 of them at 1280 x 720 (a starry poster, terrazzo, glitter).  Every frame is searched, as while
the torch is being switched.  Told is the least processor time over ROUNDS of the mean of FRAMES frames
on one thread, drawing excluded.  The exponent of the cost is the slope of a least-squares line through
the logarithms; for pixels a straight line is told as well, since a fixed part stands beside them.
Work beyond that of reading the pixels is bounded by limits of the code: so many spots a frame, so
many of them measured, so many live tracks.  That each keeps to its limit is checked at every row.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # numpy reads it once, when it is imported

import math
import sys
import time
from dataclasses import dataclass

import cv2
import numpy as np

from detector.model import Frame
from detector.optics.glint import GlintLimits
from detector.optics.live_tracks import TrackLimits
from detector.optics.search import LensSearch

SIZES = ((640, 360), (960, 540), (1280, 720), (1920, 1080), (2560, 1440), (3840, 2160))
COUNTS = (10, 30, 100, 300, 1000, 3000, 10_000)
USUAL_SIZE, USUAL_COUNT = (1280, 720), 100
WARM_UP = 6
ROUNDS = 3
MARGIN = 40


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a searched frame: milliseconds, and the largest numbers of spots, measured spots and live tracks."""

    ms: float
    spots: int
    measured: int
    live: int


def wall(size, count, seed=5):
    """(h, w) grey levels of a papered wall with bright points, larger than the picture on all sides."""
    rng = np.random.default_rng(seed)
    w, h = size[0] + 2 * MARGIN, size[1] + 2 * MARGIN
    coarse = rng.standard_normal((h // 24, w // 24)).astype(np.float32)
    paper = 80 + 25 * cv2.resize(coarse, (w, h), interpolation=cv2.INTER_CUBIC)
    points = np.zeros((h, w), np.float32)
    points[rng.integers(0, h, count), rng.integers(0, w, count)] = rng.uniform(300, 1600, count)
    return np.clip(paper + cv2.GaussianBlur(points, (0, 0), 0.8), 0, 255).astype(np.uint8)


def frames(size, count, number):
    """A hand-held camera's frames of the wall, noise and all; drawn beforehand, for only the search is timed."""
    rng, surface = np.random.default_rng(2), wall(size, count)
    noise = rng.integers(0, 5, (size[1], size[0]), np.uint8)
    for i in range(number):
        shift = np.array([[1, 0, -MARGIN + 12 * math.sin(i / 5)], [0, 1, -MARGIN + 8 * math.sin(i / 4 + 1)]])
        picture = cv2.add(cv2.warpAffine(surface, shift, size), np.roll(noise, 37 * i, axis=1))
        yield Frame(picture, i, i / 30.0, "on-axis")


def searched(pictures):
    """The cost of one pass; the first frames, with nothing to follow yet, are not counted."""
    search, spent_s, spots, measured, live = LensSearch(), 0.0, 0, 0, 0
    listening = Listening(search)
    for i, frame in enumerate(pictures):
        began_s = time.process_time()
        search.add(frame)
        spent_s += time.process_time() - began_s if i >= WARM_UP else 0.0
        spots, measured, live = max(spots, listening.spots), max(measured, listening.measured), max(live, listening.live)
    return Cost(1000 * spent_s / max(len(pictures) - WARM_UP, 1), spots, measured, live)


class Listening:
    """Stands in for the finder of a search, to count what it hands on."""

    def __init__(self, search):
        self._finder, self._tracker = search._finder, search._tracker
        self.spots = 0
        search._finder = self

    def find(self, *pictures):
        found = self._finder.find(*pictures)
        self.spots = len(found)
        return found

    @property
    def live(self):
        return len(self._tracker._live)

    @property
    def measured(self):
        looks = self._tracker._log._looks
        return len(looks[-1].measured) if looks else 0


def cost(size, count, number):
    pictures = list(frames(size, count, number))
    rounds = [searched(pictures) for _ in range(ROUNDS)]
    return min(rounds, key=lambda one: one.ms)


def exponent(x, y):
    """Slope of the least-squares line through the logarithms."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


MEASURED = TrackLimits().measured_per_frame + TrackLimits().also_measured


def keeps_to(one):
    """Whether the bounds held."""
    return one.spots <= GlintLimits().most and one.measured <= MEASURED and one.live <= TrackLimits().most_live


def line(name, one, unit_ns):
    print(f"{name:>14} {one.ms:9.2f} {unit_ns:12.1f} {one.spots:7} {one.measured:9} {one.live:6}   {'kept' if keeps_to(one) else 'BROKEN'}", flush=True)


def main():
    cv2.setNumThreads(1)
    number = WARM_UP + (int(sys.argv[1]) if len(sys.argv) > 1 else 20)
    most = f"{GlintLimits().most} spots, {MEASURED} measured, {TrackLimits().most_live} live tracks"
    print(f"bounds of the work of a frame: {most}")
    print(f"{'picture':>14} {'ms a frame':>9} {'ns a pixel':>12} {'spots':>7} {'measured':>9} {'live':>6}   bounds")
    by_size = [cost(size, USUAL_COUNT, number) for size in SIZES]
    pixels = [w * h for w, h in SIZES]
    for (w, h), one in zip(SIZES, by_size, strict=True):
        line(f"{w} x {h}", one, 1e6 * one.ms / (w * h))
    slope, fixed = np.polyfit(pixels, [one.ms for one in by_size], 1)
    print(f"cost ~ pixels ^ {exponent(pixels, [one.ms for one in by_size]):.2f}; as a straight line {fixed:.1f} ms + {1e6 * slope:.1f} ms a megapixel\n")
    print(f"{'points':>14} {'ms a frame':>9} {'us a point':>12} {'spots':>7} {'measured':>9} {'live':>6}   bounds")
    by_count = [cost(USUAL_SIZE, count, number) for count in COUNTS]
    for count, one in zip(COUNTS, by_count, strict=True):
        line(f"{count}", one, 1e3 * one.ms / count)
    print(f"cost ~ points ^ {exponent(COUNTS, [one.ms for one in by_count]):.2f}; the dearest is {max(one.ms for one in by_count) / by_count[0].ms:.1f} times that of {COUNTS[0]} points")
    if not all(keeps_to(one) for one in by_size + by_count):
        raise SystemExit("A bound was broken.")


if __name__ == "__main__":
    main()
