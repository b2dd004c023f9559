"""A live sweep beside nmap and arp-scan, between namespaces: `python tests/benchmarks/live_network.py`.

Needs what tests/test_live_network.py needs; nmap and arp-scan are asked where they are installed.  Each
tool is read generously: whatever of its output about a host smells of a camera counts as found, or, of a
host that is none, as accused.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from detector.network import questions  # noqa: E402
from tests.peers import bed, neighbours, sweeps  # noqa: E402
from tests.peers.bed import Host  # noqa: E402
from tests.peers.neighbours import NEIGHBOURS, Neighbour  # noqa: E402

ORIGINS = ("others", "sample", "ours")
THREE = (("10.77.0.11", "00:1b:21:4d:05:01"), ("10.77.0.77", "00:1b:21:4d:05:02"), ("10.77.0.200", "00:1b:21:4d:05:03"))
ROUNDS = 3

# What nmap or a table of makers says of a camera; no word for software that other devices run as well.
SMELLS = re.compile(
    r"webcam|ip.?cam|network.?camera|virtual camera|onvif|NetworkVideoTransmitter|hikvision|dahua|axis comm|vivotek|foscam|hanwha|"
    r"rtsp-methods|\brtsp\b|Device type: .*(?:camera|video)|\bci=1[78]\b|title(?:: |>)Motion\b",
    re.IGNORECASE,
)
# Without these two nmap does not come back: a script reads Motion's endless stream of pictures.
PATIENCE = ("--script-timeout", "30s", "--host-timeout", "180s")
CAMERA_SCRIPTS = "rtsp-methods,http-title,upnp-info,broadcast-wsdd-discover,broadcast-upnp-info,broadcast-dns-service-discovery"


@dataclass(frozen=True)
class Judged:
    """What one tool made of the bed: the hosts that it calls cameras, and how long it took."""

    tool: str
    named: frozenset[str]
    seconds: float

    def found(self, origin: str) -> str:
        """Cameras of one origin that were named, of how many."""
        cameras = [one for one in NEIGHBOURS if one.verdict and one.origin == origin]
        return f"{sum(one.name in self.named for one in cameras)}/{len(cameras)}"

    @property
    def accused(self) -> str:
        """Others that were named, of how many."""
        others = [one for one in NEIGHBOURS if not one.verdict]
        return f"{sum(one.name in self.named for one in others)}/{len(others)}"


def timed(host: Host, *words: str) -> tuple[float, str]:
    """Seconds and output of a command on this host."""
    began = time.monotonic()
    done = subprocess.run(host.command(*words), cwd=ROOT, capture_output=True, text=True, timeout=900, check=True)
    return time.monotonic() - began, done.stdout


def ours(host: Host) -> Judged:
    """The command as a person runs it."""
    swept = sweeps.sweep(host, "--authority", "owner", "--seconds", "4")
    return Judged("roomsweep network", frozenset(one.name for one in NEIGHBOURS if swept.finding(one.mac)), swept.seconds)


def ours_alarms(host: Host) -> Judged:
    """The same, counting alarms only."""
    swept = sweeps.sweep(host, "--authority", "owner", "--seconds", "4")
    alarms = {one.name for one in NEIGHBOURS if (swept.finding(one.mac) or {}).get("alarm")}
    return Judged("roomsweep network, alarms alone", frozenset(alarms), swept.seconds)


def nmap(host: Host) -> Judged:
    """nmap with its version probes and camera scripts, on the ports that we try."""
    ports = ",".join(str(port.number) for port in questions.load().ports)
    seconds, output = timed(host, "nmap", "-n", "-sV", "-p", ports, *PATIENCE, "--script", CAMERA_SCRIPTS, bed.SUBNET)
    return Judged(f"nmap -sV -p (our {ports.count(',') + 1} ports), 6 scripts", named_in(output), seconds)


def nmap_usual(host: Host) -> Judged:
    """nmap as people run it: its own 1,000 ports."""
    seconds, output = timed(host, "nmap", "-n", "-sV", *PATIENCE, "--script", CAMERA_SCRIPTS, bed.SUBNET)
    return Judged("nmap -sV (its 1,000 ports), 6 scripts", named_in(output), seconds)


def arp_scan(host: Host) -> Judged:
    """arp-scan: a table of makers."""
    seconds, output = timed(host, "arp-scan", "-I", "eth0", bed.SUBNET)
    lines = {line.split()[0]: line for line in output.splitlines() if line.startswith("10.77.")}
    return Judged("arp-scan, by maker", frozenset(one.name for one in NEIGHBOURS if SMELLS.search(lines.get(one.address, ""))), seconds)


def named_in(output: str) -> frozenset[str]:
    """Hosts about which nmap's output smells of a camera: the text from an address to the next."""
    about: dict[str, str] = {}
    address = ""
    for line in output.splitlines():
        if found := re.search(r"\b10\.77\.0\.\d+\b", line):
            address = found[0]
        if re.search(r"/tcp +(?:closed|filtered) ", line):  # it names such a port after what usually serves there
            continue
        about[address] = about.get(address, "") + line + "\n"
    return frozenset(one.name for one in NEIGHBOURS if SMELLS.search(about.get(one.address, "")))


def table(host: Host) -> None:
    """Found, accused and time of each tool on the same hosts."""
    tools: list[tuple[str, Callable[[Host], Judged]]] = [
        ("python", ours), ("python", ours_alarms), ("nmap", nmap), ("nmap", nmap_usual), ("arp-scan", arp_scan),
    ]  # fmt: skip
    print(f"{'':44} cameras found, by whose bytes they answer with      others")
    print(f"{'':44} {'programs of others':>18} {'real samples':>14} {'our own':>9} {'accused':>9} {'seconds':>9}")
    for tool, run in tools:
        if tool == "python" or shutil.which(tool):
            judged = run(host)
            cells = [judged.found(origin) for origin in ORIGINS]
            print(f"{judged.tool:44} {cells[0]:>18} {cells[1]:>14} {cells[2]:>9} {judged.accused:>9} {judged.seconds:9.1f}", flush=True)
            tell(judged)


def tell(judged: Judged) -> None:
    """Which were missed and which accused."""
    missed = [one.name for one in NEIGHBOURS if one.verdict and one.name not in judged.named]
    accused = [one.name for one in NEIGHBOURS if not one.verdict and one.name in judged.named]
    if missed or accused:
        print(f"    missed: {', '.join(missed) or '-'}; accused: {', '.join(accused) or '-'}")


def asking(host: Host, network: str, up: int, *authority: str) -> None:
    """When the first fact came, when every host was known, when the last fact came, and when it was over."""
    whole, output = timed(host, sys.executable, "-m", "tests.peers.ask", "eth0", *authority)
    facts = [json.loads(line) for line in output.splitlines()]
    met: dict[str, float] = {}
    for at, ip, *_ in facts:
        met.setdefault(ip, at)
    name = f"asking {network}, {authority[0] if authority else 'no authority'}, {up} hosts up"
    first, all_met = (f"{facts[0][0]:.2f}", f"{max(met.values()):.2f}") if facts else ("-", "-")
    last = f"{facts[-1][0]:.2f}" if facts else "-"
    print(f"{name:52} first fact {first} s, all met {all_met} s, last fact {last} s, over {whole:.1f} s, {len(facts)} facts")


def presence(prefix: int) -> None:
    """Three hosts up, the smallest of several runs in turn: ours, arp-scan, nmap."""
    network = f"10.77.0.0/{prefix}"
    with tempfile.TemporaryDirectory() as folder, bed.made(Path(folder), prefix) as made:
        for at, (address, mac) in enumerate(THREE):
            made.host(f"three{at}", address, mac)
        host = made.host("sweeper", *neighbours.SWEEPER)
        best: dict[str, float] = {}
        for _ in range(ROUNDS):
            for name, words in tools_for_presence(network).items():
                seconds, output = timed(host, *words)
                if not all(address in output for address, _ in THREE):
                    sys.exit(f"{name} did not find all three: {output}")
                best[name] = min(seconds, best.get(name, seconds))
        scale = best.get("arp-scan", best["roomsweep's ARP"])
        for name, seconds in best.items():
            print(f"presence {network}, 3 hosts up: {name:18} {seconds:6.2f} s  {seconds / scale:.2f} times arp-scan")
        asking(host, network, 3, "owner")


def tools_for_presence(network: str) -> dict[str, tuple[str, ...]]:
    """Command lines by name, of those that are installed."""
    known = {
        "roomsweep's ARP": (sys.executable, "-m", "tests.peers.ask", "eth0", "arp", network),
        "arp-scan": ("arp-scan", "-I", "eth0", network),
        "nmap -sn": ("nmap", "-sn", "-n", network),
    }
    return {name: words for name, words in known.items() if shutil.which(words[0])}


def each(host: Host) -> None:
    """What the sweep made of every neighbour."""
    swept = sweeps.sweep(host, "--authority", "owner", "--seconds", "4")
    print(f"\n{swept.report['verdict']} after {swept.seconds:.1f} s, {len(swept.sent)} payloads sent")
    for one in NEIGHBOURS:
        print(f"    {line_about(one, swept)}")


def line_about(one: Neighbour, swept: sweeps.Swept) -> str:
    """One neighbour, how it was judged and named, and what was wanted."""
    finding = swept.finding(one.mac)
    judged = "-" if finding is None else f"{'alarm' if finding['alarm'] else 'look'} {finding['probability']:.2f}"
    named = (finding or {}).get("camera") or ""
    return f"{one.name:12} {one.origin:7} {one.address:12} {judged:12} wanted: {one.verdict or '-':6} {named}"


def main() -> None:
    """Prints the tables."""
    if lacks := neighbours.missing():
        sys.exit(f"This machine lacks {', '.join(lacks)}.")
    with tempfile.TemporaryDirectory() as folder, bed.made(Path(folder)) as made:
        host = neighbours.populate(made)
        table(host)
        each(host)
        asking(host, bed.SUBNET, len(NEIGHBOURS), "owner")
        asking(host, bed.SUBNET, len(NEIGHBOURS))
    for prefix in (24, 22):
        presence(prefix)


if __name__ == "__main__":
    main()
