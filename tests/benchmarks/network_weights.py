"""How much each kind of evidence weighs, counted over labelled captures, and how far the rules reach.

    network_weights.py collect CAPTURES FACTS.jsonl   reads every capture of a labelled folder once
    network_weights.py weigh FACTS.jsonl              ratios by kind, and how the probability comes true
    network_weights.py unseen FACTS.jsonl             each camera without the rules that its capture gave
    network_weights.py unnamed FACTS.jsonl            ... and without any rule that knows its make by name

A device counts once however many files it is in: what it shows in a third of them counts a third.
Counted ratios are shrunk towards the stated ones as if these had been counted on 20 cameras more.
"""

from __future__ import annotations

import csv
import json
import math
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from detector.model import Device, Sighting, probability_of  # noqa: E402
from detector.network.devices import facts_of  # noqa: E402
from detector.network.judge import LIMITS, judge  # noqa: E402
from detector.network.search import NetworkSearch  # noqa: E402
from detector.network.signatures import Signature, Signatures, packaged  # noqa: E402
from hardware.capture import CaptureFile  # noqa: E402
from hardware.sensor import InputUnreadable, SensorUnavailable  # noqa: E402

STATED_COUNTS_AS = 20.0  # cameras
BINS = (0.0, 0.05, 0.25, 0.5, 0.9, 0.99, 1.0)
SILENT = {"address", "mac_vendor"}
COMMON = {"virtual", "e1"}  # words of labels that are no make

# The words in a rule's source that say it was written with that capture in hand.
WRITTEN_FROM = {
    "A9 / V720 (Naxclow)": ("a9-v720",),
    "Yi": ("intl-iot", "mudproject", "IoTrim"),
    "D-Link DCS-935L": ("IoT Sentinel",),
    "Ednet": ("IoT Sentinel",),
    "Reolink E1": ("neolink",),
    "ipycam (virtual)": ("ipycam", "tested"),
    "Dahua": ("2ic80",),
}


@dataclass(frozen=True)
class Row:
    """One device in one file."""

    source: str
    device: Device
    camera: bool
    make: str


def devices_of(path: Path) -> list[Device]:
    search = NetworkSearch()
    try:
        for packet in CaptureFile(path).packets():
            search.hear(packet)
    except SensorUnavailable as stopped:
        print(stopped, file=sys.stderr)
    result = search.finish()
    return [*(finding.where for finding in result.findings), *result.others]


def collect(folder: Path, to: Path) -> None:
    with to.open("w") as out:
        for row in csv.DictReader((folder / "labels.csv").read_text(encoding="utf-8").splitlines()):
            cameras = set(row["camera_macs"].split())
            if cameras == {"?"}:
                continue
            try:
                found = devices_of(folder / row["file"])
            except InputUnreadable as error:
                print(error, file=sys.stderr)
                continue
            for device in found:
                one = {
                    "file": row["file"], "mac": device.mac, "addresses": device.addresses, "note": device.note, "vendor": device.vendor,
                    "camera": device.mac in cameras, "make": row["make"] if device.mac in cameras else "", "facts": list(facts_of(device)),
                }
                out.write(json.dumps(one) + "\n")


def read(path: Path) -> list[Row]:
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        facts = tuple(Sighting(field, value, 0.0, one["mac"]) for field, value in one["facts"] if field != "mac_vendor")
        device = Device(one["mac"], tuple(one["addresses"]), one["vendor"], facts, one["note"])
        rows.append(Row(one["file"].split("/")[0], device, one["camera"], one["make"]))
    return rows


def weights_of(row: Row, signatures: Signatures) -> dict[str, float]:
    """The device's weight by kind, as the judge counts them; a limit of nothing shows every device."""
    finding = judge(row.device, signatures, replace(LIMITS, look=0.0))
    return {reason.kind: reason.weight for reason in finding.reasons} if finding else {}


Counted = list[tuple[Row, dict[str, float], float]]


def counted(rows: Iterable[Row]) -> Counted:
    """Rows of devices that said anything, each with its weights and its share of one device."""
    spoke = [row for row in rows if any(fact.field not in SILENT for fact in row.device.sightings)]
    files = defaultdict(int)
    for row in spoke:
        files[row.source, row.device.mac or row.device.addresses] += 1
    signatures = Signatures()
    return [(row, weights_of(row, signatures), 1.0 / files[row.source, row.device.mac or row.device.addresses]) for row in spoke]


@dataclass(frozen=True)
class Ratio:
    kind: str
    cameras: float
    others: float
    ratio: float
    stated: float
    shrunk: float


def ratios(data: Counted) -> dict[str, Ratio]:
    """By kind: how many cameras and others show it, and what that is as a logarithm of a likelihood ratio."""
    all_cameras = sum(share for row, _, share in data if row.camera)
    all_others = sum(share for row, _, share in data if not row.camera)
    out = {}
    for kind in sorted({kind for _, weights, _ in data for kind in weights}):
        having = [(row.camera, weights[kind], share) for row, weights, share in data if kind in weights]
        cameras = sum(share for camera, _, share in having if camera)
        others = sum(share for camera, _, share in having if not camera)
        ratio = math.log((cameras + 0.5) / (all_cameras + 1.0)) - math.log((others + 0.5) / (all_others + 1.0))
        # "other" is stated by those that show it, every other kind by the cameras that do where there are any.
        telling = [one for one in having if one[0]] or having
        told = having if kind == "other" else telling
        stated = sum(weight * share for _, weight, share in told) / sum(share for _, _, share in told)
        weigh = others if kind == "other" else cameras
        shrunk = (weigh * ratio + STATED_COUNTS_AS * stated) / (weigh + STATED_COUNTS_AS)
        out[kind] = Ratio(kind, cameras, others, ratio, stated, shrunk)
    return out


def show_ratios(data: Counted) -> None:
    cameras = sum(share for row, _, share in data if row.camera)
    others = sum(share for row, _, share in data if not row.camera)
    print(f"{cameras:.0f} cameras and {others:.0f} other devices that said anything; natural logarithms")
    print(f"{'kind':<10}{'cameras':>9}{'others':>9}{'counted':>9}{'stated':>9}{'shrunk':>9}")
    for one in ratios(data).values():
        print(f"{one.kind:<10}{one.cameras:9.1f}{one.others:9.1f}{one.ratio:9.1f}{one.stated:9.1f}{one.shrunk:9.1f}")


def probability(weights: Mapping[str, float], table: Mapping[str, Ratio]) -> float:
    """The posterior with each kind's weight scaled as counting shrank it."""
    scaled = {kind: weight * _scale(table.get(kind)) for kind, weight in weights.items()}
    return probability_of(LIMITS.prior, scaled)


def _scale(ratio: Ratio | None) -> float:
    return min(2.0, max(0.0, ratio.shrunk / ratio.stated)) if ratio else 1.0


def show_calibration(data: Counted) -> None:
    """By bins: what was foretold and how many were cameras, as shipped, and as learnt without the data set at hand."""
    learnt = {source: ratios([one for one in data if one[0].source != source]) for source in {row.source for row, _, _ in data}}
    shipped = [(probability(weights, {}), row.camera, share) for row, weights, share in data]
    crossed = [(probability(weights, learnt[row.source]), row.camera, share) for row, weights, share in data]
    print(f"\n{'probability':<16}{'as shipped: devices':>20}{'foretold':>10}{'cameras':>9}   {'crosswise: devices':>19}{'foretold':>10}{'cameras':>9}")
    for low, high in pairwise(BINS):
        print(f"{low:.2f} to {high:.2f}    " + "   ".join(_bin(told, low, high) for told in (shipped, crossed)))


def _bin(told: list[tuple[float, bool, float]], low: float, high: float) -> str:
    inside = [one for one in told if low <= one[0] < high or (high == 1.0 == one[0])]
    devices = sum(share for _, _, share in inside)
    mean = sum(p * share for p, _, share in inside) / devices if devices else 0.0
    return f"{devices:20.1f}{mean:10.3f}{sum(share for _, camera, share in inside if camera):9.1f}"


def names(rule: Signature, make: str) -> bool:
    """True where a rule knows the make: by what it tells, its pattern, its domains or its examples."""
    words = [word.lower() for word in re.findall(r"[A-Za-z0-9-]{2,}", make) if word.lower() not in COMMON]
    text = "\n".join((rule.make, rule.pattern, *rule.domains, *rule.makes.values(), *rule.examples)).lower()
    return any(re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", text) for word in words)


def show_unseen(rows: list[Row], *, unnamed: bool = False) -> None:
    """Each labelled camera, judged without the rules whose source names its capture, and if `unnamed`
    without those that know its make.
    """
    of_make: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.camera:
            of_make[row.make].append(row)
    for make, seen in of_make.items():
        marks = WRITTEN_FROM.get(make, ())
        left = [
            rule for rule in packaged()
            if not any(mark in rule.source for mark in marks) and not (unnamed and names(rule, make))
        ]  # fmt: skip
        words = defaultdict(int)
        for row in seen:
            finding = judge(row.device, Signatures(left))
            kinds = "+".join(reason.kind for reason in finding.reasons if reason.weight > 0) if finding else ""
            words[("alarm" if finding.alarm else "look") if finding else "nothing", kinds, finding.camera if finding else None] += 1
        print(f"{make} without {len(packaged()) - len(left)} rules ({', '.join(marks)}):")
        for (word, kinds, camera), count in sorted(words.items()):
            print(f"    {count:3} files: {word:<8} {kinds or '-'}, called {camera}")


VERBS: dict[str, Callable[[list[Row]], None]] = {
    "weigh": lambda rows: (show_ratios(counted(rows)), show_calibration(counted(rows)))[0],
    "unseen": show_unseen,
    "unnamed": lambda rows: show_unseen(rows, unnamed=True),
}

if __name__ == "__main__":
    if sys.argv[1] == "collect":
        collect(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        VERBS[sys.argv[1]](read(Path(sys.argv[2])))
