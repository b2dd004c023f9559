"""Runs the network sense over captures.

`network_captures.py CAPTURE OUT.json` writes the findings of one capture in the public form, so that
an outside scorer can judge them; `network_captures.py --summary FOLDER` runs over every capture of a
labelled folder in one process and prints what it would show, with the time per packet.
"""

from __future__ import annotations

import csv
import json
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from detector.model import SenseResult  # noqa: E402
from detector.network.search import NetworkSearch  # noqa: E402
from hardware.capture import CaptureFile  # noqa: E402
from hardware.sensor import InputUnreadable, SensorUnavailable  # noqa: E402


def searched(path: Path) -> SenseResult:
    search = NetworkSearch()
    try:
        for batch in CaptureFile(path).batches():
            search.hear_all(batch)
    except SensorUnavailable as stopped:
        print(stopped, file=sys.stderr)
    return search.finish()


def as_json(result: SenseResult) -> dict:
    findings = [
        {
            "kind": "device", "alarm": f.alarm, "probability": f.probability, "mac": f.where.mac,
            "addresses": list(f.where.addresses), "vendor": f.where.vendor, "camera": f.camera, "next": f.next,
            "reasons": [{"kind": r.kind, "says": r.says, "measured": r.measured, "weight": r.weight} for r in f.reasons],
        }
        for f in result.findings
    ]
    return {"findings": findings, "examined": dict(result.coverage.examined)}


def summary(folder: Path) -> None:
    """Findings by file; how many devices were shown and alarmed where no camera is known."""
    count: Counter[str] = Counter()
    began = time.perf_counter()
    for row in csv.DictReader((folder / "labels.csv").read_text(encoding="utf-8").splitlines()):
        try:
            result = searched(folder / row["file"])
        except InputUnreadable as error:
            print(error)
            continue
        cameras = set(row["camera_macs"].split())
        count["packets"] += int(result.coverage.examined["packets"])
        count["devices"] += int(result.coverage.examined["devices"])
        for finding in result.findings:
            known = finding.where.mac in cameras
            count[f"{'camera' if known else 'other'} {'alarm' if finding.alarm else 'look'}"] += 1
            if not known and cameras != {"?"}:
                why = [f"{r.kind} {r.weight:+} {r.measured}" for r in finding.reasons]
                print(f"{'ALARM' if finding.alarm else 'look '} {row['file']} {finding.where.mac} {finding.where.addresses} {finding.where.vendor} {why}")
        missed = cameras - {f.where.mac for f in result.findings if f.alarm or row["expect"] == "look"} - {"?"}
        for mac in missed:
            print("MISSED", row["file"], mac, row["make"])
    print(dict(count), f"{time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    if sys.argv[1] == "--summary":
        summary(Path(sys.argv[2]))
    else:
        Path(sys.argv[2]).write_text(json.dumps(as_json(searched(Path(sys.argv[1])))), encoding="utf-8")
