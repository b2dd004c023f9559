"""Recovery of injected lenses against that of drawn ones: `python -m tests.benchmarks.lens_completeness [FOLDER] [CLIPS]`.

Rooms are drawn with lenses of 1, 1.5 and 2 mm, torches 5 to 20 mm beside the camera and all else from
the ranges of `detector.synthetic.plan`, 2.5 s each, and written as H.264 into FOLDER (kept there for
the next time).  Of each drawn lens it is told whether the search shows it; beside it stands the chance
that injection into the same clip gives a lens of this aperture at this distance at this place, without
knowing that lens, that torch or that room.  Lenses nearer than 90 px to another are left out: no user's
room has five.  Intervals of the drawn share are Wilson's at 95 per cent.
"""

from __future__ import annotations

import itertools
import json
import math
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from detector.optics import recovery
from detector.optics import trials as tried
from detector.optics.bursts import BurstKeeper
from detector.optics.population import Assumed, draw_population
from detector.optics.search import LensSearch
from detector.optics.survey import Survey
from detector.synthetic import Room, draw_plan
from detector.synthetic.plan import Ranges
from hardware.codec import write_video
from hardware.pictures import read_lamp_states
from hardware.video import VideoFile

MODES = ("torch", "strobe", "three")
RANGES = Ranges(torch_offset_m=Assumed().torch_offset_m, facing=Assumed().facing)
APERTURES_MM = (1.0, 1.5, 2.0)
BINS_M = ((0.7, 1.5), (1.5, 2.5), (2.5, 3.7))
ALONE_PX, SAME_PX, FEWEST_FRAMES = 90, 6, 8


def drawn(folder, number):
    """The clip of this number, drawn unless it is there; its path and truth."""
    path = folder / f"c{number:03d}.mp4"
    if not path.with_suffix(".json").exists():
        plan = draw_plan(7000 + number, mode=MODES[number % 3], frames=75, lenses=5, ranges=RANGES)
        rng = np.random.default_rng([number, 7])
        plan = replace(plan, lenses=tuple(replace(one, aperture_mm=float(rng.choice(APERTURES_MM))) for one in plan.lenses))
        room = Room(plan)
        write_video(path, (frame.pixels for frame in room.frames()), plan.fps, 21)
        truth = room.truth()
        if plan.mode == "three":
            path.with_suffix(".lamp.json").write_text(json.dumps({"states": [entry["lamp"] for entry in truth["per_frame"]]}))
        path.with_suffix(".json").write_text(json.dumps(truth))
    return path, json.loads(path.with_suffix(".json").read_text())


class Keeper(Survey):
    """Keeps the frames that were searched, and leaves injection to this benchmark."""

    def __init__(self):
        super().__init__()
        self.bursts, self.states, self._count = BurstKeeper(), (), 0

    def add(self, number, view, motion, *, searched=True):
        self.bursts.add(self._count, number, view.luma, motion, searched=searched)
        self._count += 1

    def completed(self, result, states):
        self.states = states
        return result


def searched(path):
    """Findings as (alarm, points), the kept runs and the lamp's states of the searched frames."""
    lamp = path.with_suffix(".lamp.json")
    keeper = Keeper()
    search = LensSearch(survey=keeper)
    for frame in VideoFile(path, read_lamp_states(lamp) if lamp.exists() else None, threads=1).frames():
        search.add(frame)
    result = search.finish()
    return [(f.alarm, f.where.points) for f in result.findings], keeper.bursts.runs(), keeper.states


def places(truth, lens):
    return {entry["frame"]: q for entry in truth["per_frame"] for q in entry["lenses"] if q["id"] == lens["id"]}


def stands_alone(truth, number, at):
    others = [q for q in truth["per_frame"][number]["lenses"] if q["id"] != at["id"]]
    return all(math.hypot(q["x"] - at["x"], q["y"] - at["y"]) > ALONE_PX for q in others)


def is_shown(findings, at):
    for _, points in findings:
        near = [math.hypot(x - at[n]["x"], y - at[n]["y"]) < SAME_PX for n, x, y in points if n in at]
        if near and sum(near) > len(near) / 2:
            return True
    return False


def compared(number, folder):
    """(aperture, distance, energy, shown, chance) of each drawn lens of a clip, and the clip's trials."""
    path, truth = drawn(folder, number)
    findings, runs, states = searched(path)
    rng = np.random.default_rng(number)
    population = draw_population(Assumed(), rng)
    trials = tried.try_lenses(runs, states, population, rng)
    model = recovery.fit(trials)
    lit = [i for i, state in enumerate(states) if state in {None, "on-axis"}]
    shots = [shot for run in runs for shot in run]
    cells = {shot.index: tried.cells_of(shot.luma()) for shot in shots}
    numbers = {shot.index: shot.number for shot in shots}
    dark = [cells[i].mean() for i, state in enumerate(states) if state == "dark"]
    share = 1.0 - min(1.0, np.mean(dark) / np.mean([cells[i].mean() for i in lit])) if dark else 1.0
    speed = np.median([shot.motion.speed_px for shot in shots]) / truth["width"]
    rows = []
    for lens in truth["lenses"]:
        at = places(truth, lens)
        frames = [i for i in lit if numbers.get(i) in at]
        if len(frames) < FEWEST_FRAMES or not stands_alone(truth, numbers[frames[len(frames) // 2]], at[numbers[frames[len(frames) // 2]]]):
            continue
        middle = at[numbers[frames[len(frames) // 2]]]
        levels = cells[frames[len(frames) // 2]]
        h, w = levels.shape
        row, column = min(int(middle["y"] / truth["height"] * h), h - 1), min(int(middle["x"] / truth["width"] * w), w - 1)
        light = tried.torch_level(levels)[row, column] * share
        focal_px = Assumed().focal * truth["width"]
        place = recovery.Places(*(np.array([n], np.float64) for n in (light, levels[row, column], len(frames), speed, 0.0)))
        gains = population.gains(lens["aperture_mm"], middle["r"], focal_px) * population.kept
        chance = recovery.recovered(model, gains, place)[0]
        energy = float(np.median([at[numbers[i]]["peak"] for i in frames]))
        rows.append((lens["aperture_mm"], middle["r"], energy, is_shown(findings, at), float(chance), truth["mode"], truth["ambient"], float(light)))
    return rows, trials


def wilson(found, of):
    """Share and its 95 per cent interval."""
    if not of:
        return float("nan"), 0.0, 1.0
    z, p = 1.96, found / of
    middle = (p + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    return p, middle - half, middle + half


def line(name, rows):
    if not rows:
        return
    found, low, high = wilson(sum(row[3] for row in rows), len(rows))
    chance = float(np.mean([row[4] for row in rows]))
    print(f"{name:26} {len(rows):4}   {100 * found:5.0f} % ({100 * low:3.0f} to {100 * high:3.0f})   {100 * chance:5.0f} %   {100 * (chance - found):+5.0f}")


def table(rows):
    print(f"{'lenses':26} {'n':>4}   {'drawn, shown':21}   {'injected':7}   difference in points")
    for aperture in APERTURES_MM:
        for low, high in BINS_M:
            line(f"{aperture:g} mm at {low:g} to {high:g} m", [r for r in rows if r[0] == aperture and low <= r[1] < high])
    for aperture in APERTURES_MM:
        line(f"{aperture:g} mm", [r for r in rows if r[0] == aperture])
    for low, high in BINS_M:
        line(f"{low:g} to {high:g} m", [r for r in rows if low <= r[1] < high])
    for mode in MODES:
        line(f"light: {mode}", [r for r in rows if r[5] == mode])
    for ambient in ("dark", "dim", "lit"):
        line(f"room: {ambient}", [r for r in rows if r[6] == ambient])
    line("all", rows)


def by_energy(rows, trials):
    """The same without the physics of lens and wall: at equal energy, drawn against injected."""
    edges = [0.25, 1, 2, 4, 8, 16, 32, 64, 400]
    print("\nenergy in saturated px     drawn, shown (n)        injected, shown (n)")
    energy, found = (np.concatenate([getattr(t, name) for t in trials]) for name in ("energy", "found"))
    for low, high in itertools.pairwise(edges):
        own = [r for r in rows if low <= r[2] < high]
        put = (energy >= low) & (energy < high)
        share, least, most = wilson(sum(r[3] for r in own), len(own))
        print(f"{low:6g} to {high:<6g}        {100 * share:5.0f} % ({100 * least:3.0f} to {100 * most:3.0f}; {len(own):3})      {100 * np.count_nonzero(found[put]) / max(put.sum(), 1):5.0f} % ({put.sum()})")


def main():
    cv2.setNumThreads(1)
    clips = int(sys.argv[2]) if len(sys.argv) > 2 else 36
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else temporary)
        folder.mkdir(parents=True, exist_ok=True)
        rows, trials, began_s = [], [], time.monotonic()
        for number in range(clips):
            own, put = compared(number, folder)
            rows += own
            trials.append(put)
            if sys.stderr.isatty():
                print(f"\r{number + 1} of {clips} clips, {time.monotonic() - began_s:.0f} s", end="", file=sys.stderr)
        table(rows)
        by_energy(rows, trials)


if __name__ == "__main__":
    main()
