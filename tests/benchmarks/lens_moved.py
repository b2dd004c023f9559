"""Lenses of other people's clips at other places of them: `python -m tests.benchmarks.lens_moved FOLDER FIRST-LAST`.

The shared clips hold thirteen lenses, all of which we know.  Here up to two more are put into each clip: at a
place chosen by a seed, moving as the fixed thing (a screw, a stud, an indicator) beside it does by
the clip's own truth, and with the brightness that one of the thirteen had over time, up to 1.6 times weaker or stronger, in
either direction of time.  So the rooms, the camera, the confounders and the brightness are not of our making
and the places have not been seen.  Each is drawn as the clips' own lenses look (fitted to their
width, peak and flux).  Clips are kept in FOLDER with their truth and scored as by `lens_drawn`.

It flatters where a lens depends on what it sits in, since the places have no hole or host around them.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # numpy reads it once, when it is imported

import json
import math
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.optics.flow import transform
from detector.optics.light import LINEAR
from detector.optics.motion import Motion, MotionEstimator
from detector.optics.view import look
from hardware.codec import write_video
from hardware.video import VideoFile
from tests.benchmarks.clip_truth import ClipTruth
from tests.benchmarks.lens_drawn import Table, search, seeds_in

CLIPS = Path(__file__).parent.parent.parent.parent / "shared/data/clips"
QUALITY = 18
MOVED = 2
"""Lenses put into each clip."""
FIXED = ("screw", "brass stud", "chrome knob", "tweeter", "led")
"""Confounders that stay where they are; the highlights of larger curved things slide."""
LINK_PX = 14.0
FEWEST_FRAMES = 60
BESIDE_PX = (45.0, 160.0)
"""From the fixed thing: off its own shine, and near enough to move as it does."""
LENS_PX, THINGS_PX, MOVED_PX = 130.0, 40.0, 160.0
"""Least distances from the clip's lenses, from its fixed things and from each other: flashes count as company up to 90 px."""
SIGMA_PX, ENERGY, HALO, HALO_PX, SHARPENING = 0.75, 0.5, 0.01, 6.0, 0.4
"""How the clips' own lenses look: of all that was tried, nearest in width, peak and flux over energies from 2 to 250."""
ASIDE = 0.02
"""What light from 50 mm aside leaves of a lens."""

Floats = NDArray[np.float64]
Truth = dict[str, Any]


def courses() -> list[tuple[str, Floats]]:
    """Name and brightness over time, from 0 to 1, of every shared lens that shines."""
    found = []
    for path in sorted(CLIPS.glob("*.json")):
        truth = json.loads(path.read_text(encoding="utf-8"))
        if "per_frame" not in truth:
            continue
        for lens in truth["lenses"]:
            lit = [entry for entry in truth["per_frame"] if entry["flash"] and entry.get("lamp", "on-axis") == "on-axis"]
            peaks = np.array([one["peak"] for entry in lit for one in entry["lenses"] if one["id"] == lens["id"]])
            if len(peaks) >= 10 and peaks.max() > 1.0:
                found.append((f"{path.stem} {lens['host']}", peaks))
    return found


def motions(frames: Sequence[NDArray[np.uint8]]) -> list[Motion]:
    estimator = MotionEstimator()
    return [estimator.add(look(frame)) for frame in frames]


def fixed_things(truth: Truth, moves: Sequence[Motion]) -> list[dict[int, tuple[float, float]]]:
    """Places by frame of everything that stays put and is known in most frames, the lenses first."""
    lenses: dict[int, dict[int, tuple[float, float]]] = {}
    things: list[tuple[str, dict[int, tuple[float, float]]]] = []
    for entry, move in zip(truth["per_frame"], moves, strict=True):
        frame = entry["frame"]
        for one in entry["lenses"]:
            lenses.setdefault(one["id"], {})[frame] = (one["x"] - 0.5, one["y"] - 0.5)
        for one in (one for one in entry["confounders"] if one["name"] in FIXED):
            here = (one["x"] - 0.5, one["y"] - 0.5)
            known = next((places for name, places in things if name == one["name"] and _goes_on(places, here, frame, move)), None)
            if known is None:
                known = {}
                things.append((one["name"], known))
            known[frame] = here
    return [*lenses.values(), *(places for _, places in things if len(places) >= FEWEST_FRAMES)]


def _goes_on(places: dict[int, tuple[float, float]], here: tuple[float, float], frame: int, move: Motion) -> bool:
    last = max(places)
    if not frame - 3 <= last < frame:
        return False
    carried = move.carry(np.array([places[last]], np.float32))[0]
    return math.dist(carried, here) < LINK_PX


def paths(truth: Truth, moves: Sequence[Motion], rng: np.random.Generator) -> list[Floats]:
    """Where the new lenses go, (frames, 2) px each, NaN where that is not known."""
    things, count = fixed_things(truth, moves), len(moves)
    lenses = {one["id"] for entry in truth["per_frame"] for one in entry["lenses"]}
    known = [_filled(places, count) for places in things]
    chosen: list[Floats] = []
    for _ in range(3000 if len(known) > len(lenses) else 0):
        host = known[int(rng.integers(len(lenses), len(known)))]
        away, far = rng.uniform(0, 2 * math.pi), rng.uniform(*BESIDE_PX)
        path = _beside(host, far * np.array([math.cos(away), math.sin(away)]), moves)
        inside = np.all((path > 8) & (path < np.array([truth["width"], truth["height"]]) - 8.0), axis=1)
        near = [_nearest(path, other) for other in known]
        apart = min(near[: len(lenses)], default=math.inf) > LENS_PX and min(near) > THINGS_PX
        if inside.mean() >= 0.6 and apart and all(_nearest(path, other) > MOVED_PX for other in chosen):
            chosen.append(path)
        if len(chosen) == MOVED:
            break
    return chosen


def _filled(places: dict[int, tuple[float, float]], count: int) -> Floats:
    """Places of all frames from the first known one to the last, (count, 2); NaN outside."""
    frames = sorted(places)
    columns = [np.interp(np.arange(count), frames, [places[f][c] for f in frames], left=np.nan, right=np.nan) for c in (0, 1)]
    return np.stack(columns, axis=1)


def _beside(host: Floats, away: Floats, moves: Sequence[Motion]) -> Floats:
    """The path of a point beside the host, turned as the picture turns."""
    middle = moves[len(moves) // 2].to_room
    ends = np.array([[0.0, 0.0], away], np.float32)
    turned = [transform(np.linalg.inv(move.to_room) @ middle, ends) for move in moves]
    return host + np.array([to - start for start, to in turned])


def _nearest(one: Floats, other: Floats) -> float:
    return float(np.nanmin(np.append(np.hypot(*(one - other).T), math.inf)))


def energies(course: Floats, truth: Truth, rng: np.random.Generator) -> Floats:
    """Energy in every frame in saturated pixels, as the truth counts it."""
    frames = truth["per_frame"]
    stretched = np.interp(np.linspace(0, len(course) - 1, len(frames)), np.arange(len(course)), course)
    left = [entry["flash"] * (1.0 if entry.get("lamp", "on-axis") == "on-axis" else ASIDE) for entry in frames]
    return np.asarray(stretched[:: rng.choice((-1, 1))] * left * math.exp(rng.uniform(-1, 1) * math.log(1.6)))


def shine(picture: NDArray[np.uint8], at: Floats, energy: Floats, way: Floats) -> None:
    """Adds a point of light to a BGR picture, in place: `energy` (3) in saturated pixels, drawn out along `way` px."""
    reach = math.ceil(18 + np.hypot(*way))
    left, top, right, bottom = (max(0, round(float(n)) + k) for k in (-reach, reach + 1) for n in at)
    patch = picture[top:bottom, left:right]
    x, y = np.arange(patch.shape[1]) + left - at[0], np.arange(patch.shape[0]) + top - at[1]
    steps = max(1, min(15, math.ceil(np.hypot(*way))))
    shares = (np.arange(steps) + 0.5) / steps - 0.5
    point = (1 - HALO) * sum(_bell(x - s * way[0], y - s * way[1], SIGMA_PX) for s in shares) / steps + HALO * _bell(x, y, HALO_PX)
    before = patch.astype(np.float32)
    light = np.minimum(LINEAR[patch] + ENERGY * point[..., None] * energy, 1.0) - LINEAR[patch]
    bayer = np.array([0.175, 0.65, 0.175])
    gained = _shown(LINEAR[patch] + cv2.sepFilter2D(light, -1, bayer, bayer)) - before
    patch[:] = np.clip(np.rint(before + gained + SHARPENING * (gained - cv2.GaussianBlur(gained, (0, 0), 1.2))), 0, 255)


def _bell(x: Floats, y: Floats, sigma: float) -> Floats:
    return np.asarray(np.outer(np.exp(-0.5 * (y / sigma) ** 2), np.exp(-0.5 * (x / sigma) ** 2)) / (2 * math.pi * sigma**2))


def _shown(light: Floats) -> NDArray[np.float32]:
    return np.interp(np.clip(light, 0.0, 1.0), LINEAR, np.arange(256)).astype(np.float32)


def furnished(name: str, seed: int, folder: Path) -> Path | None:
    """The clip with lenses added; None where it has no fixed thing to put one beside."""
    out = folder / f"{name}-{seed}.mp4"
    if out.with_suffix(".json").exists():
        return out
    rng = np.random.default_rng([seed, int(name[-2:])])
    truth = json.loads((CLIPS / f"{name}.json").read_text(encoding="utf-8"))
    frames = [frame.pixels.copy() for frame in VideoFile(CLIPS / f"{name}.mp4", threads=1).frames()]
    chosen, donors = paths(truth, motions(frames), rng), courses()
    for number, path in enumerate(chosen):
        donor, course = donors[int(rng.integers(len(donors)))]
        energy, tint = energies(course, truth, rng), rng.uniform(0.88, 1.12, 3)
        truth["lenses"].append({"id": 100 + number, "host": f"as {donor}", "aperture_mm": 0.0, "lobe_mrad": 0.0, "accept_deg": 0.0})
        ways = np.nan_to_num(np.diff(path, axis=0, prepend=path[:1])) * truth["exposure_s"] * truth["fps"]
        for i, (at, way) in enumerate(zip(path, ways, strict=True)):
            if np.isnan(at).any() or not (0 <= at[0] < truth["width"] and 0 <= at[1] < truth["height"]):
                continue
            place = {"x": round(at[0] + 0.5, 2), "y": round(at[1] + 0.5, 2), "peak": round(energy[i], 3), "name": "lens", "id": 100 + number}
            truth["per_frame"][i]["lenses"].append(place)
            if energy[i] > 0.003:
                shine(frames[i], at, energy[i] * tint, way)
    return _written(out, truth, frames) if chosen else None


def _written(out: Path, truth: Truth, frames: Sequence[NDArray[np.uint8]]) -> Path:
    out.parent.mkdir(parents=True, exist_ok=True)
    write_video(out, frames, truth["fps"], QUALITY)
    lamp = (CLIPS / out.stem.split("-")[0]).with_suffix(".lamp.json")
    if lamp.exists():
        shutil.copy(lamp, out.with_suffix(".lamp.json"))
    out.with_suffix(".json").write_text(json.dumps(truth), encoding="utf-8")
    return out


def clips(folder: Path, seeds: Sequence[int]) -> Iterator[Path]:
    names = sorted(path.stem for path in CLIPS.glob("*.mp4"))
    yield from (clip for seed in seeds for name in names if (clip := furnished(name, seed, folder)) is not None)


def main() -> None:
    cv2.setNumThreads(1)
    table = Table()
    for clip in clips(Path(sys.argv[1]), seeds_in(sys.argv[2:])):
        findings, judged = search(clip)
        table.add(clip.stem, ClipTruth.beside(clip), findings, judged)
    table.show()


if __name__ == "__main__":
    main()
