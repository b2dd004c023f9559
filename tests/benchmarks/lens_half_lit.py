"""Strobes that run free of a rolling shutter: `python -m tests.benchmarks.lens_half_lit FOLDER [SEED ...]`.

Rooms with two lenses each are drawn into FOLDER (seeds 92000 to 92011, or those given, as "7" or "3-6"), where
they are not there yet, at 2.5, 7, 10 and 14 flashes a second in turn.  Each is searched once and judged
twice: with one lamp state a frame, as before half-lit frames were known, and with one a band of rows.
Told is how many frames were half-lit by the plan and by the search, how many bands were called lit
or dark and how many of these rightly (lit: more than half of the exposure; dark: less than 2 % of it),
and by `clip_truth` what each way of judging found and accused.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # numpy reads it once, when it is imported

import json
import sys
from dataclasses import replace
from pathlib import Path
from unittest import mock

import cv2
import numpy as np

from detector.optics import conclude
from detector.optics.lighting import classify
from detector.optics.rolling import BANDS, HalfLit
from detector.optics.search import LensSearch
from detector.synthetic import Room, draw_plan
from detector.synthetic.light import lit_rows
from hardware.codec import write_video
from tests.benchmarks.clip_truth import ClipTruth, Score
from tests.benchmarks.lens_drawn import frames_of, seeds_in

RATES_HZ = (2.5, 7.0, 10.0, 14.0)
SEEDS = range(92_000, 92_012)
PLAINLY = 0.5
"""Between the rows lit most and least of a frame that is half-lit."""


def plan_of(seed):
    return replace(draw_plan(seed, mode="strobe", motion="sweep", lenses=2), strobe_hz=RATES_HZ[seed % len(RATES_HZ)])


def drawn(folder, seed):
    clip = folder / f"half{seed}.mp4"
    if not clip.with_suffix(".json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        room = Room(plan_of(seed))
        write_video(clip, (frame.pixels for frame in room.frames()), room.plan.fps, 21)
        clip.with_suffix(".json").write_text(json.dumps(room.truth()), encoding="utf-8")
    return clip


def searched(clip):
    """The search after its last frame, and its findings by the state of whole frames and of rows."""
    looking, ways = LensSearch(), {}
    for frame in frames_of(clip):
        looking.add(frame)

    def both_ways(tracks, states, numbers, rings):
        ways["frames"] = conclude.conclude(tracks, classify(looking._light._changes), numbers, rings)
        ways["rows"] = conclude.conclude(tracks, states, numbers, rings)
        return ways["rows"]

    with mock.patch("detector.optics.search.conclude", both_ways):
        looking.finish()
    return looking, {name: conclude.sort_out(results)[0] for name, results in ways.items()}


def of_bands(plan, looking):
    """Share of the exposure in which each band of each searched frame was lit."""
    middles = ((np.arange(BANDS) + 0.5) * plan.height / BANDS).astype(int)
    return np.stack([lit_rows(plan, number)[middles] for number in looking._numbers])


def bands_told(plan, looking, lit):
    """Half-lit frames told of, bands told of, and how many of those rightly."""
    states = looking._states()
    if not isinstance(states, HalfLit):
        return 0, 0, 0
    middles = (np.arange(BANDS) + 0.5) * plan.height / BANDS
    told = np.array([states.at(np.full(BANDS, i), middles) for i in range(len(lit))])
    right = ((told == "on-axis") & (lit > PLAINLY)) | ((told == "dark") & (lit < 0.02))
    return states.half_lit, int((told != None).sum()), int(right.sum())  # noqa: E711 (an array is compared)


def main():
    cv2.setNumThreads(1)
    seeds = seeds_in(sys.argv[2:]) or SEEDS
    scores = {(rate, name): Score() for rate in RATES_HZ for name in ("frames", "rows")}
    all_bands = all_told = all_right = 0
    for seed in seeds:
        plan, clip = plan_of(seed), drawn(Path(sys.argv[1]), seed)
        looking, ways = searched(clip)
        truth, lit = ClipTruth.beside(clip), of_bands(plan, looking)
        half, told, right = bands_told(plan, looking, lit)
        all_bands, all_told, all_right = all_bands + lit.size, all_told + told, all_right + right
        for name, findings in ways.items():
            scores[plan.strobe_hz, name].add(truth, [(f.where.points, f.probability, f.alarm) for f in findings])
        truly = int((np.ptp(lit, axis=1) > PLAINLY).sum())
        print(f"{clip.stem} {plan.strobe_hz:4g} Hz {plan.ambient:4} half-lit frames {truly} drawn, {half} told; bands told {told / lit.size:.2f}, rightly {right / max(told, 1):.3f}", flush=True)
    print(f"\nbands told {all_told / max(all_bands, 1):.2f}, rightly {all_right / max(all_told, 1):.3f}")
    for (rate, name), score in scores.items():
        if score.clips:
            print(f"{rate:4g} Hz, a state for each of the {name:6}: found {score.found} of {score.sight}, shown or found {score.pointed}, false alarms {len(score.false)}, wrongly shown {score.wrongly_shown}, {score.clips} clips")


if __name__ == "__main__":
    main()
