"""A drawn sweep of a whole room of two minutes: `python -m tests.benchmarks.lens_sweep FOLDER [SEED [SECONDS [torch]]]`.

Somebody walks from corner to corner of a home, eight of them, and looks about each for a quarter of a minute
with a phone whose torch an app switches two and a half times a second, out of step with the rolling
shutter, or leaves on (`torch`); on the way the phone points at the floor, too near and too dark to show anything.  One camera,
one torch; rooms, things and seven hidden lenses are drawn by SEED (90000) from the ranges of
`detector.synthetic`.  Told is how many of the lenses in sight (as `clip_truth` has it) ended as exactly one
finding, alarmed or shown; and how many findings stood on anything else.  The film is kept in FOLDER
with its truth beside it and is drawn only where it is not there: some ten minutes.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # numpy reads it once, when it is imported

import json
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from detector.optics.search import LensSearch
from detector.synthetic import Room, draw_plan
from hardware.codec import write_video
from hardware.video import VideoFile
from tests.benchmarks.clip_truth import ClipTruth

HIDDEN = (2, 0, 1, 1, 0, 2, 0, 1)
"""Lenses in each corner."""
STROBE_HZ = 2.5
FPS = 24
"""What phones fall to indoors at night."""
LOWERED = 10
"""Frames from one corner to the next."""
CAMERA = (
    "focal_px", "torch_offset_m", "torch_level", "exposure_s", "readout_s", "full_well_e", "read_noise_e", "sharpening",
    "psf_px", "bloom", "mains_hz", "ambient_level", "ambient", "ripple", "drift_stops",
)  # fmt: skip
"""What stays the same from corner to corner."""


def corners(seed, seconds, light="strobe"):
    """The plans, all of one camera, torch and hour of the day."""
    frames = round(seconds * FPS / len(HIDDEN))
    plans = [draw_plan(seed + i, mode=light, motion="sweep", ambient="dim", lenses=count, frames=frames) for i, count in enumerate(HIDDEN)]
    same = {name: getattr(plans[0], name) for name in CAMERA}
    return [replace(plan, strobe_hz=STROBE_HZ, **same) for plan in plans]


def lowered(plan, rng):
    """A dark floor out of focus."""
    dark = rng.normal(6.0, 2.0, (plan.height, plan.width, 3))
    return np.clip(np.rint(dark), 0, 255).astype(np.uint8)


def film(rooms, seed):
    rng = np.random.default_rng(seed)
    for i, room in enumerate(rooms):
        began_s = time.monotonic()
        yield from (frame.pixels for frame in room.frames())
        yield from (lowered(room.plan, rng) for _ in range(LOWERED))
        print(f"corner {i + 1} of {len(rooms)} ({room.plan.kind}) drawn in {time.monotonic() - began_s:.0f} s", flush=True)


def joined(truths):
    """One truth of all corners: frames counted through, lenses numbered apart."""
    whole = {**truths[0], "frames": 0, "lenses": [], "per_frame": []}
    for corner, truth in enumerate(truths):
        whole["lenses"] += [{**lens, "id": 100 * corner + lens["id"]} for lens in truth["lenses"]]
        for entry in truth["per_frame"]:
            lenses = [{**lens, "id": 100 * corner + lens["id"]} for lens in entry["lenses"]]
            whole["per_frame"].append({**entry, "frame": whole["frames"] + entry["frame"], "lenses": lenses})
        whole["frames"] += truth["frames"] + LOWERED
    return whole


def drawn(folder, seed, seconds, light="strobe"):
    clip = folder / f"sweep{seed}_{seconds:g}s{'' if light == 'strobe' else f'_{light}'}.mp4"
    if not clip.with_suffix(".json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        rooms = [Room(plan) for plan in corners(seed, seconds, light)]
        write_video(clip, film(rooms, seed), FPS, 21)
        clip.with_suffix(".json").write_text(json.dumps(joined([room.truth() for room in rooms])), encoding="utf-8")
    return clip


def confounders(truth):
    """Bright things that are no lens, by name, each counted once a corner."""
    frames = truth.told["per_frame"]
    corner = round(len(frames) / len(HIDDEN))
    return Counter(name for _, name in {(i // corner, thing["name"]) for i, entry in enumerate(frames) for thing in entry["confounders"]})


def main():
    cv2.setNumThreads(1)
    seed, seconds = (int(sys.argv[2]) if len(sys.argv) > 2 else 90_000), (float(sys.argv[3]) if len(sys.argv) > 3 else 120.0)
    clip = drawn(Path(sys.argv[1]), seed, seconds, *sys.argv[4:5])
    truth = ClipTruth.beside(clip)
    looking, began_s = LensSearch(), time.process_time()
    for frame in VideoFile(clip, threads=1, at_ease=lambda: looking.at_ease).frames():
        looking.add(frame)
    result = looking.finish()
    spent_s = time.process_time() - began_s
    on = {number: [] for number in truth.lenses}
    others = []
    for finding in result.findings:
        number = truth.lens_of(finding.where.points)
        if number is None:
            others.append(finding)
        else:
            on[number].append(finding)
    print(f"{clip.name}: {dict(result.coverage.examined)}")
    print(f"brighter than half a pixel and no lens, by corners: {dict(confounders(truth).most_common())}")
    for number in sorted(truth.lenses):
        place, plan = truth.lenses[number], next(lens for lens in truth.told["lenses"] if lens["id"] == number)
        told = ", ".join(f"{'alarm' if f.alarm else 'shown'} {f.probability:.2f}" for f in on[number]) or "not found"
        sight = "in sight" if number in truth.in_sight else "not in sight"
        print(f"  lens {number} in {plan['host']}, {plan['aperture_mm']:.1f} mm, {sight}, shines in {len(place.shining)} frames with {place.energy:.1f} saturated pixels: {told}")
    for finding in others:
        print(f"  {'FALSE ALARM' if finding.alarm else 'wrongly shown'} {finding.probability:.2f} on {truth.thing_under(finding.where.points)}, {len(finding.where.points)} points")
    sighted = [on[number] for number in truth.in_sight]
    print(
        f"{len(truth.in_sight)} lenses in sight: {sum(len(f) == 1 for f in sighted)} exactly one finding, {sum(len(f) > 1 for f in sighted)} several, "
        f"{sum(not f for f in sighted)} none; alarmed {sum(any(one.alarm for one in f) for f in sighted)}; false alarms {sum(f.alarm for f in others)}, "
        f"wrongly shown {sum(not f.alarm for f in others)}; {1000 * spent_s / max(truth.told['frames'], 1):.1f} ms a frame, decoding included"
    )


if __name__ == "__main__":
    main()
