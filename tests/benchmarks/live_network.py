"""How long a live sweep takes, between namespaces: `python tests/benchmarks/live_network.py`.

Needs what tests/test_live_network.py needs; arp-scan and nmap stand beside it where they are installed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from tests.peers import bed, neighbours, sweeps  # noqa: E402
from tests.peers.bed import Host  # noqa: E402

NETWORKS = ("10.77.0.0/24", "10.77.0.0/22")


def timed(host: Host, *words: str) -> tuple[float, str]:
    """Seconds and output of a command on this host."""
    began = time.monotonic()
    done = subprocess.run(host.command(*words), cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    return time.monotonic() - began, done.stdout


def row(what: str, seconds: float, says: str = "") -> None:
    print(f"{what:52} {seconds:7.2f} s  {says}", flush=True)


def asking(host: Host, *authority: str) -> None:
    """When the first fact came, when every neighbour was known, and when it was over."""
    name = f"asking, {authority[0] if authority else 'no authority'}"
    whole, output = timed(host, sys.executable, "-m", "tests.peers.ask", "eth0", *authority)
    facts = [json.loads(line) for line in output.splitlines()]
    first = {ip: at for at, ip, *_ in reversed(facts)}
    row(f"{name}: first fact", facts[0][0])
    row(f"{name}: last neighbour met", max(first.values()), f"{len(first)} of {len(neighbours.NEIGHBOURS)} neighbours")
    row(f"{name}: last fact", facts[-1][0], f"{len(facts)} facts")
    row(f"{name}: program from start to end", whole)


def presence(host: Host, network: str) -> None:
    """Who is there, by us and by the tools that people use for it."""
    whole, output = timed(host, sys.executable, "-m", "tests.peers.ask", "eth0", "arp", network)
    facts = [json.loads(line) for line in output.splitlines()]
    row(f"presence {network}: roomsweep's ARP", whole, f"{len(facts)} hosts, the first after {facts[0][0]:.2f} s, the last {facts[-1][0]:.2f} s")
    for tool, *words in (("arp-scan", "-I", "eth0", network), ("nmap", "-sn", "-n", network)):
        if shutil.which(tool):
            whole, output = timed(host, tool, *words)
            row(f"presence {network}: {tool}", whole, f"{sum(one.address in output for one in neighbours.NEIGHBOURS)} hosts")


def whole_sweep(host: Host, *words: str) -> None:
    """The command as a person runs it, and what it made of each neighbour."""
    swept = sweeps.sweep(host, *words)
    row(f"roomsweep network {' '.join(words)}", swept.seconds, f"{swept.report['verdict']}, {len(swept.sent)} payloads sent")
    for one in neighbours.NEIGHBOURS:
        finding = swept.finding(one.mac)
        judged = "-" if finding is None else f"{'alarm' if finding['alarm'] else 'look'} {finding['probability']:.2f}"
        print(f"    {one.name:10} {one.address:12} {judged:12} wanted: {one.verdict or '-'}")


def main() -> None:
    """Prints the table."""
    if lacks := neighbours.missing():
        sys.exit(f"This machine lacks {', '.join(lacks)}.")
    with tempfile.TemporaryDirectory() as folder, bed.made(Path(folder)) as made:
        began = time.monotonic()
        host = neighbours.populate(made)
        row("neighbours started and serving", time.monotonic() - began)
        whole_sweep(host, "--authority", "owner", "--seconds", "4")
        whole_sweep(host, "--seconds", "4")
        asking(host, "owner")
        asking(host)
        for network in NETWORKS:
            presence(host, network)


if __name__ == "__main__":
    main()
