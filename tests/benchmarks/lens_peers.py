"""Rules of others on the same clips, by the same judge: `python -m tests.benchmarks.lens_peers [CLIP ...]`.

Reimplemented from the published descriptions, for they run on a telephone or want a depth camera:

* Te-River (Hidden-Camera-Detector, Android, torch): luma >= 220, connected blobs of 6 px to a quarter
  of the frame, the 16 largest.
* LAPD (Sami et al., SenSys 2021), its rules of shape and sighting on visible light: saturated
  (>= 250) 4-connected blobs of at most 9 px, width and height alike to 1 px; at least 6 sightings
  from distinct places.  Its network and its limit of the angle want depth and are left out, which
  loses false alarms they would have refused.
* retrodetect (PyPI, where it is installed: see `retro`): peaks of a lit frame less the unlit one nearest
  to it, of whose states it is told the truth; so only on clips that have both.

None says what a sighting over time is in a hand-held video, so all get our motion: a blob is the
one of before if it lies within 6 px of where the room moved it, unseen for at most a second.  A
track in >= 6 frames is one alarm; LAPD's sightings count when the picture moved by >= 2 px since the
last that counted.  Ours is `LensSearch` as it stands.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from detector.optics.motion import MotionEstimator
from detector.optics.view import look
from tests.benchmarks import retro
from tests.benchmarks.lens_clips import SHARED, VALIDATION, Table, in_process, scorer, source

GATE_PX = 6.0
PATIENCE = 30
FEWEST = 6
APART_PX = 2.0


def te_river(luma, _index):
    count, _, stats, centres = cv2.connectedComponentsWithStats(cv2.compare(luma, 220, cv2.CMP_GE), connectivity=8)
    area = stats[:, cv2.CC_STAT_AREA]
    kept = [i for i in range(1, count) if 6 <= area[i] <= luma.size / 4]
    return centres[sorted(kept, key=lambda i: -area[i])[:16]]


def lapd(luma, _index):
    count, _, stats, centres = cv2.connectedComponentsWithStats(cv2.compare(luma, 250, cv2.CMP_GE), connectivity=4)
    area, width, height = (stats[:, name] for name in (cv2.CC_STAT_AREA, cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT))
    kept = (np.arange(count) > 0) & (area <= 9) & (np.abs(width - height) <= 1)
    return centres[kept]


@dataclass
class Blob:
    """A blob followed through the frames."""

    at: np.ndarray
    unseen: int = 0
    walked: float = APART_PX
    sightings: int = 0
    points: list = field(default_factory=list)


class Linker:
    """Nearest first, one blob a track and frame."""

    def __init__(self, rule, *, apart_px):
        self.rule, self.apart_px = rule, apart_px
        self.live, self.done = [], []

    def add(self, index, view, motion):
        blobs = self.rule(view.luma, index)
        for track in self.live:
            track.at = motion.carry(track.at[None].astype(np.float32))[0]
            track.walked += motion.speed_px
            track.unseen += 1
        free = set(range(len(blobs)))
        for _far, track, i in sorted(self._near(blobs), key=lambda pair: pair[0]):
            if i in free and track.unseen:
                free.discard(i)
                self._see(track, index, blobs[i])
        for i in free:
            track = Blob(blobs[i])
            self._see(track, index, blobs[i])
            self.live.append(track)
        self.done += [track for track in self.live if track.unseen > PATIENCE]
        self.live = [track for track in self.live if track.unseen <= PATIENCE]

    def _near(self, blobs):
        for track in self.live:
            far = np.hypot(*(blobs - track.at).T) if len(blobs) else np.zeros(0)
            yield from ((far[i], track, i) for i in np.flatnonzero(far <= GATE_PX))

    def _see(self, track, index, at):
        track.at, track.unseen = at, 0
        track.points.append((index, float(at[0]), float(at[1])))
        if track.walked >= self.apart_px:
            track.sightings += 1
            track.walked = 0.0

    def alarms(self):
        """In the form that the scorer takes."""
        seen = [track for track in self.done + self.live if track.sightings >= FEWEST]
        return [{"kind": "lens", "alarm": True, "track": track.points} for track in seen]


NEAREST_PAIR = 3
"""Frames between a lit frame and the unlit one that it is paired with."""


def flash_pairs(path):
    """Each frame lit from beside the camera and the unlit one nearest to it, by the truth."""
    entries = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["per_frame"]
    dark = [entry["frame"] for entry in entries if not entry["flash"]]
    lit = [entry["frame"] for entry in entries if entry["flash"] and entry.get("lamp", "on-axis") == "on-axis"]
    nearest = {frame: min(dark, key=lambda other, frame=frame: abs(other - frame), default=None) for frame in lit}
    return {frame: other for frame, other in nearest.items() if other is not None and abs(other - frame) <= NEAREST_PAIR}


def by_retrodetect(path):
    """None where the clip has no pair."""
    pairs = flash_pairs(path)
    if not pairs:
        return None
    grey = [look(frame.pixels).luma for frame in source(path).frames()]

    def rule(luma, index):
        return retro.peaks(luma, grey[pairs[index]], retro.VIDEO)[:, :2] if index in pairs else np.zeros((0, 2))

    return by_rule(rule, 0.0)(path)


def by_rule(rule, apart_px):
    def search(path):
        linker, estimator, began_s, frames = Linker(rule, apart_px=apart_px), MotionEstimator(), time.process_time(), 0
        for frame in source(path).frames():
            view = look(frame.pixels)
            linker.add(frames, view, estimator.add(view))
            frames += 1
        return linker.alarms(), frames, 1000 * (time.process_time() - began_s) / frames

    return search


RULES = {"Te-River": by_rule(te_river, 0.0), "LAPD shape and sightings": by_rule(lapd, APART_PX)}
RULES |= {"retrodetect": by_retrodetect} if retro.INSTALLED else {}
RULES["roomsweep"] = in_process


def main():
    cv2.setNumThreads(1)
    clips = [Path(argument) for argument in sys.argv[1:]] or sorted((SHARED / "data/clips").glob("*.mp4"))
    tables, paired = {}, (Table(scorer()), Table(scorer()))
    for name, search in RULES.items():
        print(name)
        tables[name] = Table(scorer()), Table(scorer())
        for path in clips:
            truth = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
            told = search(path)
            if told is None:
                continue
            findings, _, cost_ms = told
            tables[name][path.stem in VALIDATION].add(path.stem, truth, findings, cost_ms)
            if name == "roomsweep" and flash_pairs(path):
                paired[path.stem in VALIDATION].add(path.stem, truth, findings, cost_ms)
    tables["roomsweep, clips with pairs"] = paired
    print()
    for name, (development, validation) in tables.items():
        for kind, table in (("development", development), ("validation", validation)):
            if table.clips:
                false = f"{table.false} false alarms in {table.clips} clips ({table.false / table.clips:.1f} a clip)"
                print(f"{name:28} {kind:12} found {table.found} of {table.sight} lenses, {false}, {sum(table.costs) / table.clips:.1f} ms a frame")


if __name__ == "__main__":
    main()
