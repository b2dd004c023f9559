"""How well a MAC alone ranks cameras above other devices, on labelled addresses.

`mac_ranking.py DEVICE_MACS.csv` prints the area under the curve (the chance that a camera drawn at
random stands above another device drawn at random, ties counted half), by data set as well, how many
would be shown and how many would alarm.  The tiers were written in sight of part of these labels.
"""

from __future__ import annotations

import csv
import random
import sys
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from detector.model import Device, Finding, Sighting  # noqa: E402
from detector.network.devices import Devices  # noqa: E402
from detector.network.judge import LIMITS, judge  # noqa: E402
from detector.network.signatures import Signatures  # noqa: E402
from detector.network.vendors import Vendors  # noqa: E402

DRAWS = 1000  # of the labels, with replacement, for the interval


def device_of(mac: str, vendors: Vendors) -> Device:
    """A device of which nothing is known but its MAC."""
    devices = Devices(vendors)
    devices.note(Sighting("address", "link", 0.0, mac))
    return devices.finish()[0]


def scored(mac: str, vendors: Vendors, signatures: Signatures) -> tuple[float, Finding | None]:
    device = device_of(mac, vendors)
    every = judge(device, signatures, replace(LIMITS, look=0.0))
    return (every.probability if every else 0.0), judge(device, signatures)


def area(scores: list[tuple[float, bool]]) -> float:
    """Area under the curve by ranks; half where either side is empty."""
    cameras = [score for score, camera in scores if camera]
    others = [score for score, camera in scores if not camera]
    if not cameras or not others:
        return 0.5
    won = sum((camera > other) + 0.5 * (camera == other) for camera in cameras for other in others)
    return won / (len(cameras) * len(others))


def main(path: Path) -> None:
    vendors, signatures = Vendors(), Signatures()
    rows = [(row, *scored(row["mac"], vendors, signatures)) for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())]
    scores = [(score, row["is_camera"] == "1") for row, score, _ in rows]
    rng = random.Random(1)
    drawn = sorted(area(rng.choices(scores, k=len(scores))) for _ in range(DRAWS))
    print(f"all: {len(rows)} devices, {sum(camera for _, camera in scores)} cameras, area {area(scores):.3f}", end=" ")
    print(f"(95 % of draws {drawn[DRAWS // 40]:.3f} to {drawn[-DRAWS // 40]:.3f})")
    sets = defaultdict(list)
    for (row, _, _), one in zip(rows, scores, strict=True):
        sets[row["dataset"]].append(one)
    for name, part in sets.items():
        if 0 < sum(camera for _, camera in part) < len(part):
            print(f"    {name}: {sum(camera for _, camera in part)} of {len(part)}, area {area(part):.3f}")
    for shown in sorted({round(score, 4) for score, _ in scores}, reverse=True):
        tally = Counter(camera for score, camera in scores if round(score, 4) == shown)
        print(f"    probability {shown:.3f}: {tally[True]} cameras, {tally[False]} others")
    print(f"shown: {sum(finding is not None for _, _, finding in rows)}, alarms: {sum(bool(finding and finding.alarm) for _, _, finding in rows)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
