"""Lenses found and false alarms on clips with known truth: `python -m tests.benchmarks.lens_clips [--command] [CLIP ...]`.

Judged by ../shared/tools/score_clips.py, which states its rules.  Without CLIP: all shared clips,
first those used for development, then the six kept for validation.  Without `--command` the search
runs in this process on one thread, which tells its time from that of starting Python; with it,
every clip goes through `roomsweep lens` as a user would have it.
"""

from __future__ import annotations

import importlib.util
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2

from detector.optics.search import LensSearch
from hardware.pictures import read_lamp_states
from hardware.video import VideoFile

SHARED = Path(__file__).parent.parent.parent.parent / "shared"
VALIDATION = frozenset({"dev03", "dev06", "dev08", "dev11", "dev14", "dev17"})


def scorer():
    spec = importlib.util.spec_from_file_location("score_clips", SHARED / "tools/score_clips.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def source(path, at_ease=None):
    lamp = path.with_suffix(".lamp.json")
    return VideoFile(path, read_lamp_states(lamp) if lamp.exists() else None, 1, at_ease)


def as_scored(findings):
    """Findings in the form that the scorer takes."""
    return [{"kind": f.kind, "alarm": f.alarm, "probability": f.probability, "track": f.where.points} for f in findings]


def in_process(path):
    """Findings, frames, and milliseconds of processor time a frame, decoding included."""
    search, frames, began_s = LensSearch(), 0, time.process_time()
    for frame in source(path, lambda: search.at_ease).frames():
        search.add(frame)
        frames += 1 + frame.spared
    result = search.finish()
    return as_scored(result.findings), frames, 1000 * (time.process_time() - began_s) / frames


def by_command(path):
    lamp = path.with_suffix(".lamp.json")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "lens.json"
        told = ["--lamp", str(lamp)] if lamp.exists() else []
        run = [sys.executable, "-c", "from hardware.cli import main; main()", "lens", str(path), *told, "--json", str(out)]
        began_s = time.monotonic()
        subprocess.run(run, capture_output=True, check=False)
        spent_s = time.monotonic() - began_s
        report = json.loads(out.read_text(encoding="utf-8"))
    frames = report["coverage"]["lens"]["examined"]["frames"] if "lens" in report["coverage"] else 1
    return report["findings"], frames, 1000 * spent_s / frames


class Table:
    """Sums over the clips of one set."""

    def __init__(self, score):
        self.score = score
        self.found = self.sight = self.false = self.pointed = self.wrong = self.clips = 0
        self.errors, self.chances, self.costs, self.causes = [], [], [], {}

    def add(self, name, truth, findings, cost_ms):
        sight, found, pointed, false, shown, errors, chances = self.score.judge(truth, findings)
        causes = [self.score.blame(truth, finding) for finding in false]
        for cause in causes:
            self.causes[cause] = self.causes.get(cause, 0) + 1
        self.clips += 1
        self.found += len(found & sight)
        self.sight += len(sight)
        self.pointed += len(pointed & sight)
        self.false += len(false)
        self.wrong += shown
        self.errors += errors
        self.chances += chances
        self.costs.append(cost_ms)
        lenses = f"{len(found & sight)}/{len(sight)}"
        print(f"{name:9} {truth['mode']:7} lenses {lenses:4} shown {len(pointed & sight)}  false {len(false)} {causes}  wrongly shown {shown}  {cost_ms:5.1f} ms a frame")

    def total(self, name):
        brier = statistics.fmean((p - hit) ** 2 for p, hit in self.chances) if self.chances else float("nan")
        error = statistics.median(self.errors) if self.errors else float("nan")
        print(
            f"{name}: found {self.found} of {self.sight} lenses in sight, alarmed or shown {self.pointed}, false alarms {self.false} "
            f"in {self.clips} clips {self.causes}, wrongly shown {self.wrong}, position error {error:.2f} px, Brier {brier:.3f}, "
            f"{statistics.fmean(self.costs):.1f} ms a frame\n"
        )


def score_set(name, paths, search):
    table = Table(scorer())
    for path in paths:
        truth = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        findings, _, cost_ms = search(path)
        table.add(path.stem, truth, findings, cost_ms)
    if paths:
        table.total(name)


def main():
    cv2.setNumThreads(1)
    given = [Path(argument) for argument in sys.argv[1:] if not argument.startswith("--")]
    search = by_command if "--command" in sys.argv else in_process
    if given:
        score_set("given", given, search)
        return
    clips = sorted((SHARED / "data/clips").glob("*.mp4"))
    score_set("development", [path for path in clips if path.stem not in VALIDATION], search)
    score_set("validation", [path for path in clips if path.stem in VALIDATION], search)


if __name__ == "__main__":
    main()
