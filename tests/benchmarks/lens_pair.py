"""Real flash pairs: `python -m tests.benchmarks.lens_pair`.

Sheffield's lawn with 20 hand-labelled retro-reflective markers (tape on sticks, no lens): how many of
them lie within 35 px of a candidate, finding or refused, each candidate taken for one marker only; and
how many candidates are no marker.  Then indoor flash pairs and single flash pictures without any
known camera: candidates shown, and whether one alarms (none may).  The package retrodetect, where it is
installed (see `retro`), is asked for as many peaks as ours has candidates.
"""

from __future__ import annotations

import csv
import math
import time
from pathlib import Path

import cv2

from detector.optics.pictures import judge_pictures
from hardware.pictures import read_picture
from tests.benchmarks import retro

PICTURES = Path(__file__).parent.parent.parent.parent / "shared/data/pictures"
SHEFFIELD = PICTURES / "SheffieldMLtracking_retrodetect"
REACH_PX = 35.0


def candidates(result):
    """(x, y, shown) of every candidate, the most probable first, the refused last."""
    shown = [(*finding.where.points[0][1:], True) for finding in result.findings]
    return shown + [(*track.points[0][1:], False) for _, track in result.refused.examples]


def markers():
    with (SHEFFIELD / "GT_retroreflectors_by_hand.csv").open(encoding="utf-8") as file:
        return [(float(row["x"]), float(row["y"])) for row in csv.DictReader(file)]


def matched(found, truth):
    """How many markers have a candidate of their own within reach: nearest pairs first."""
    pairs = sorted((math.dist(c[:2], m), i, j) for i, c in enumerate(found) for j, m in enumerate(truth))
    used, hit = set(), set()
    for far, i, j in pairs:
        if far <= REACH_PX and i not in used and j not in hit:
            used.add(i)
            hit.add(j)
    return len(hit)


def near_any(found, truth):
    """Markers with any candidate in reach, and candidates with no marker in reach."""
    reached = sum(any(math.dist(c[:2], m) <= REACH_PX for c in found) for m in truth)
    return reached, sum(all(math.dist(c[:2], m) > REACH_PX for m in truth) for c in found)


def pairs():
    for flash in sorted(PICTURES.glob("*/*flash*.*")):
        if "noflash" not in flash.name and "SheffieldMLtracking" not in flash.parent.name:
            yield flash, flash.with_name(flash.name.replace("flash", "ambient"))


def timed(*paths):
    began_s = time.process_time()
    result = judge_pictures(*(read_picture(path, i) for i, path in enumerate(paths)))
    return result, time.process_time() - began_s


def beside(truth, count):
    """retrodetect's strongest peaks on the Sheffield pair, run twice, for the first loads what it needs."""
    for _ in range(2):
        began_s = time.process_time()
        grey = [cv2.cvtColor(read_picture(SHEFFIELD / name).pixels, cv2.COLOR_BGR2GRAY) for name in ("flash1.jpg", "noflash1.jpg")]
        found = retro.peaks(*grey, retro.LARGE, most=count)[:, :2]
        cost_s = time.process_time() - began_s
    reached, others = near_any(found, truth)
    print(f"Sheffield, pair, retrodetect: {reached} of {len(truth)} markers ({matched(found, truth)} with one of their own), {others} of {len(found)} peaks are no marker; {cost_s:.1f} s")


def main():
    cv2.setNumThreads(1)
    truth = markers()
    for name, paths in {"pair": ("flash1.jpg", "noflash1.jpg"), "flash picture alone": ("flash1.jpg",)}.items():
        result, cost_s = timed(*(SHEFFIELD / path for path in paths))
        found = candidates(result)
        shown = [candidate for candidate in found if candidate[2]]
        if name == "pair" and retro.INSTALLED:
            beside(truth, len(found))
        reached, others = near_any(found, truth)
        print(
            f"Sheffield, {name}: {reached} of {len(truth)} markers within {REACH_PX:.0f} px of a candidate "
            f"({matched(found, truth)} with one of their own), {others} of {len(found)} candidates are no marker; shown alone: "
            f"{near_any(shown, truth)[0]} markers, {near_any(shown, truth)[1]} others; alarms {sum(f.alarm for f in result.findings)}; {cost_s:.1f} s"
        )
    for flash, ambient in pairs():
        for paths in ((flash, ambient), (flash,)):
            result, cost_s = timed(*paths)
            gaps = ", ".join(gap.reason for gap in result.coverage.gaps) or "none"
            print(
                f"{flash.name:24} {'pair' if len(paths) == 2 else 'alone':5} shown {len(result.findings):2}, refused {len(result.refused.examples):2}, "
                f"alarms {sum(f.alarm for f in result.findings)}, gaps {gaps}, {cost_s:.1f} s"
            )


if __name__ == "__main__":
    main()
