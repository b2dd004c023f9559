"""How often make and model are said rightly, of every labelled device whose traffic says them.

    make_model.py SHARED_DATA      the folder with captures, labels and discovery_replies

The traffic says a make or a model where a frame that the device itself sent (its MAC is the source) holds
one of the words below as bytes, in any case: in a banner, a name that it asks for, a certificate.  A
protocol that only one maker's devices speak says the make as well; its first bytes then stand among the
words.  The owner of the MAC says nothing here: the words are looked for behind the addresses.  A reply of
`discovery_replies` says its make by its protocol, and the model that stands in it.

right: what is called holds the true name.  wrong: it names something else.  unsaid: it names nothing.
A device counts once, as what it is in most of the files in which its traffic says it; ties count as worse.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from detector.model import Device, Sighting  # noqa: E402
from detector.network import services  # noqa: E402
from detector.network.judge import judge  # noqa: E402
from detector.network.naming import Name, named  # noqa: E402
from detector.network.search import NetworkSearch  # noqa: E402
from detector.network.signatures import Signatures  # noqa: E402
from hardware.capture import CaptureFile  # noqa: E402
from hardware.sensor import InputUnreadable, SensorUnavailable  # noqa: E402

SIGNATURES = Signatures()
ADDRESSES = 14  # bytes at the start of a frame that hold MACs and no word


@dataclass(frozen=True)
class Truth:
    """What a device is, as patterns that a right name must hold, and the words by which its traffic says so."""

    make: str
    make_words: tuple[bytes, ...]
    model: str = ""
    model_words: tuple[bytes, ...] = ()


# By the label of the captures, or the folder of a device that is no camera.
DEVICES = {
    "A9 / V720 (Naxclow)": Truth("naxclow", (b"naxclow",), "a9|v720", (b"v720", b"a9conf")),
    "D-Link DCS-935L": Truth("d-link", (b"d-link", b"dlink", b"dcs-9"), "dcs-935l", (b"dcs-935l",)),
    "Ednet": Truth("ednet", (b"ednet",)),
    "Reolink E1": Truth("reolink", (b"reolink", b"\xf0\xde\xbc\x0a"), r"\be1\b", (b"reolink e1",)),
    "Yi": Truth(r"\byi\b", (b"xiaoyi", b"tnpus", b"tnpch")),
    "Dahua": Truth("dahua", (b"dahua",)),
    "EdnetGateway": Truth("ednet|hi-flying", (b"ednet", b"hf-lpb"), "hf-lpb100", (b"hf-lpb100",)),
    "HomeMaticPlug": Truth("homematic|eq-3", (b"homematic", b"eq-3")),
    "HueBridge": Truth("philips|hue", (b"philips", b"meethue", b"bsb00"), "bsb002|bridge", (b"bsb002", b"ipbridge")),
    "Lightify": Truth("osram|lightify", (b"osram", b"lightify"), "lightify", (b"lightify",)),
    "TP-LinkPlugHS110": Truth("tp-?link", (b"tp-link", b"tplink", b"hs110"), "hs110", (b"hs110",)),
    "WeMoSwitch2": Truth("belkin|wemo", (b"belkin", b"wemo"), "wemo|controllee|socket", (b"wemo", b"controllee", b"socket-1_0")),
}
NOT_COUNTED = {"ipycam (virtual)": "the label is a program; one MAC served it, GStreamer, Avahi and a media server at once"}

# By the file of a discovery reply: its port, its make, and the model that stands in it.
REPLIES = {
    "360Vision": (3600, "360 vision", "ipdome"), "Arecont": (5353, "arecont", ""), "Axis": (5353, "axis", "m5014"), "Bosch.bin": (1757, "bosch", ""),
    "Bosch.xml": (1757, "bosch", ""), "Dahua1": (5050, "dahua", "virtual"), "Dahua2": (37810, "dahua", "virtual"), "Foscam": (10000, "foscam", ""),
    "Foscam_cipher": (10000, "foscam", ""), "GigEVision": (3956, "gige", "virtual"), "GoogleCast": (5353, "google", "google virtual|virtual"),
    "Hanwha": (7701, "hanwha", "virtual"), "Hikvision": (37020, "hikvision", "virtual"), "NiceVision": (2007, "nice", "virtual"),
    "Panasonic": (10669, "panasonic", "virtual"), "Sony": (2380, "sony", "virtual"), "Ubiquiti": (10001, "ubiquiti", "virtual"),
    "Vivotek": (10000, "vivotek", "virtual"), "Vstarcam": (8600, "vstarcam", ""), "Wsdiscovery": (3702, "", ""),
}  # fmt: skip

Outcome = tuple[str, str]
"""(make or model, right or wrong or unsaid)."""


def outcome(pattern: str, told: str) -> str:
    """Whether a told name is the true one."""
    if not told:
        return "unsaid"
    return "right" if re.search(pattern, told, re.IGNORECASE) else "wrong"


def parts_of(device: Device) -> Name:
    matches = [match for sighting in device.sightings if (match := SIGNATURES.match(sighting.field, sighting.value))]
    if device.vendor and judge(device, SIGNATURES) and (match := SIGNATURES.match("mac_vendor", device.vendor)):
        matches.append(match)
    return named(device, matches)


def said(path: Path, mac: str, words: tuple[bytes, ...]) -> bool:
    source = bytes.fromhex(mac.replace(":", ""))
    sent = (bytes(packet.data).lower() for packet in packets(path) if bytes(packet.data[6:12]) == source)
    return any(word in data[ADDRESSES:] for data in sent for word in words)


def packets(path: Path) -> Iterator:
    try:
        yield from CaptureFile(path).packets()
    except SensorUnavailable as stopped:
        print(stopped, file=sys.stderr)


def device_in(path: Path, mac: str) -> Device | None:
    search = NetworkSearch()
    for packet in packets(path):
        search.hear(packet)
    result = search.finish()
    every = [*(finding.where for finding in result.findings), *result.others]
    return next((device for device in every if isinstance(device, Device) and device.mac == mac), None)


def labelled(shared: Path) -> Iterator[tuple[str, str, Path]]:
    """(what it is, its MAC, a file that it is in)."""
    captures = shared / "captures"
    macs = {row["device"]: row["mac"] for row in csv.DictReader((shared / "labels/device_macs.csv").read_text(encoding="utf-8").splitlines())}
    for row in csv.DictReader((captures / "labels.csv").read_text(encoding="utf-8").splitlines()):
        path, folder = captures / row["file"], row["file"].split("/")[1]
        for mac in row["camera_macs"].split():
            if mac != "?" and row["make"] in DEVICES:
                yield row["make"], mac, path
        if not row["camera_macs"] and folder in DEVICES:
            mac = macs.get(folder) or next((m for name, m in macs.items() if name.startswith(folder.rstrip("0123456789"))), "")
            yield folder, sources(path, mac[:8]), path


def sources(path: Path, prefix: str) -> str:
    """The MAC of that maker in a file: the labels hold another unit of some kinds."""
    return next((mac for packet in packets(path) if (mac := bytes(packet.data[6:12]).hex(":")).startswith(prefix)), "")


def captures(shared: Path) -> dict[tuple[str, str, str], Counter[str]]:
    """Outcomes by (what it is, its MAC, make or model), one for each file."""
    found: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for label, mac, path in labelled(shared):
        truth = DEVICES[label]
        try:
            device = device_in(path, mac)
        except InputUnreadable as error:
            print(error, file=sys.stderr)
            continue
        name = parts_of(device) if device else Name()
        for what, pattern, words, told in (("make", truth.make, truth.make_words, name.make), ("model", truth.model, truth.model_words, str(name))):
            if words:
                by_traffic = said(path, mac, words)
                tells = what == "make" or name.model or re.search(pattern, told, re.IGNORECASE)
                found[label, mac, what if by_traffic else f"{what}, not in the traffic"][outcome(pattern, told if tells else "")] += 1
    return found


def replies(shared: Path) -> dict[tuple[str, str, str], Counter[str]]:
    found: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for file, (port, make, model) in REPLIES.items():
        facts = services.from_udp((shared / f"discovery_replies/{file}.selftest").read_bytes(), port, port)
        name = parts_of(Device(None, ("10.0.0.9",), None, tuple(Sighting(field, value, 0.0) for field, value in facts)))
        for what, pattern, told in (("make", make, name.make), ("model", model, name.model)):
            if pattern:
                found[f"reply {file}", "-", what][outcome(pattern, told)] += 1
    return found


def worst(counts: Counter[str]) -> str:
    """What a device is in most of its files; of a tie the worse."""
    return max(("wrong", "unsaid", "right"), key=lambda word: counts[word])


def show(title: str, found: dict[tuple[str, str, str], Counter[str]]) -> None:
    print(title)
    for (label, mac, what), counts in found.items():
        print(f"    {label:<22} {mac:<18} {what:<26} {dict(counts)}")
    for what in ("make", "model", "make, not in the traffic", "model, not in the traffic"):
        tally = Counter(worst(counts) for (_, _, word), counts in found.items() if word == what)
        if tally:
            print(f"  {what}: {tally['right']} right, {tally['wrong']} wrong, {tally['unsaid']} unsaid of {tally.total()}")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for label, why in NOT_COUNTED.items():
        print(f"not counted: {label}: {why}")
    show("captures", captures(folder))
    show("discovery replies", replies(folder))
