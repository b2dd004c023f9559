"""Retro-reflective tape in real ring-light pictures: `python -m tests.benchmarks.tape_recall [FOLDER]`.

FOLDER holds the 44 pictures of 2019 that WPILib took (shared/data/pictures by default); where the tape
is stands in data/ring_light_tape.csv.  Told is how many strips have a candidate on them, shown or
refused, how many were refused as tape, and what was shown elsewhere; no picture may alarm.  A strip
counts as called tape when nothing on it was shown and something was refused as tape.  From one picture
tape cannot be told from a lamp, so that the reason names both.
"""

from __future__ import annotations

import csv
import sys
import time
from collections import defaultdict
from pathlib import Path

import cv2

from detector.optics.broad import TAPE, TAPE_OR_LAMP
from detector.optics.pictures import judge_pictures
from hardware.pictures import read_picture

HERE = Path(__file__).parent
PICTURES = HERE.parent.parent.parent / "shared/data/pictures/PhotonVision_photonvision/2019/WPI"
ASIDE = 0.0125
"""Of the picture's width: a spot at the edge of a strip is on it."""


def truth():
    """Boxes (x, y, width, height) of every picture."""
    with (HERE / "data/ring_light_tape.csv").open(encoding="utf-8") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        boxes = defaultdict(list)
        for row in rows:
            boxes[row["picture"]].append(tuple(int(row[name]) for name in ("x", "y", "width", "height")))
    return boxes


def fates(result):
    """(x, y, what became of it) of every candidate."""
    shown = [(*finding.where.points[0][1:], "shown") for finding in result.findings]
    return shown + [(*track.points[0][1:], kind) for kind, track in result.refused.examples]


def on(box, x, y, aside):
    left, top, width, height = box
    return left - aside <= x <= left + width + aside and top - aside <= y <= top + height + aside


def main():
    cv2.setNumThreads(1)
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES
    strips = candidates = called = shown = elsewhere = broad_elsewhere = alarms = 0
    missed, began_s = [], time.process_time()
    boxes = truth()
    for name, own in boxes.items():
        frame = read_picture(folder / name)
        result, aside = judge_pictures(frame), ASIDE * frame.pixels.shape[1]
        alarms += sum(finding.alarm for finding in result.findings)
        found = fates(result)
        for box in own:
            kinds = {kind for x, y, kind in found if on(box, x, y, aside)}
            strips, candidates, shown = strips + 1, candidates + bool(kinds), shown + ("shown" in kinds)
            called += "shown" not in kinds and bool(kinds & {TAPE, TAPE_OR_LAMP})
            missed += [] if kinds else [f"{name} at {box}"]
        rest = [kind for x, y, kind in found if not any(on(box, x, y, aside) for box in own)]
        elsewhere += rest.count("shown")
        broad_elsewhere += sum(kind in {TAPE, TAPE_OR_LAMP} for kind in rest)
    print(f"{strips} strips of tape in {len(boxes)} pictures: {candidates} have a candidate, {called} are called tape, {shown} are shown")
    print(f"elsewhere: {elsewhere} shown, {broad_elsewhere} refused as tape, lamp or other broad surface; alarms: {alarms}")
    print(f"without a candidate: {'; '.join(missed) or 'none'}")
    print(f"{(time.process_time() - began_s) / len(boxes):.2f} s a picture, reading it included")


if __name__ == "__main__":
    main()
