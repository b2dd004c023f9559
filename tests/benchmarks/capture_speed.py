"""How fast captures are read, beside others that read them: `python tests/benchmarks/capture_speed.py`.

Draws two captures of a million packets (`--packets N` for fewer): what a house says in some hours, and
one long upload; `--mix FILE` takes a pcap of yours for the first.  Each program reads them in a process
of its own, on one thread, in turns; the smallest time of each stands in the table.  Whole commands are
timed from start to end, with all facts found: `roomsweep network --capture`, `tshark -T fields` with
MACs, addresses, ports and length.  scapy and tshark read only the beginning of a capture (`--slow N`)
and are counted by its packets.  `reading only` is our reader without the search; start-up, which every
run of the command pays once, is what it costs on one packet.

Needs tshark; dpkt, which nothing else here needs, where it is installed: `pip install dpkt`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from tests.benchmarks import tshark_fields  # noqa: E402
from tests.benchmarks.capture_inputs import bulk, mixed, write  # noqa: E402

OURS = """
import sys
sys.path.insert(0, sys.argv[1])
from hardware.cli import main
sys.argv = ["roomsweep", "network", "--capture", sys.argv[2]]
main()
"""
SEARCH_ONLY = """
import sys, time
sys.path.insert(0, sys.argv[1])
from detector.network.search import NetworkSearch
from hardware.capture import CaptureFile
search = NetworkSearch()
began = time.process_time()
for batch in CaptureFile(sys.argv[2]).batches():
    search.hear_all(batch)
search._traffic.finish()
print(time.process_time() - began)
"""
READING_ONLY = """
import sys
sys.path.insert(0, sys.argv[1])
from hardware.capture import CaptureFile
for batch in CaptureFile(sys.argv[2]).batches():
    pass
"""
SCAPY = """
import sys
from scapy.layers import all
from scapy.utils import PcapReader
for packet in PcapReader(sys.argv[2]):
    pass
"""
DPKT = """
import sys
import dpkt
with open(sys.argv[2], "rb") as file:
    for at_s, frame in dpkt.pcap.Reader(file):
        pass
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took: seconds by the clock and of the processor, and its largest memory."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def cost(words: Sequence[str]) -> Cost:
    began = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{words[0]} ended with {process.returncode}: its time would say nothing.")
    return Cost(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def python(code: str, path: Path) -> list[str]:
    return [sys.executable, "-c", code, str(ROOT), str(path)]


def least(costs: Sequence[Cost]) -> Cost:
    return Cost(*(min(getattr(one, name) for one in costs) for name in ("wall_s", "cpu_s")), max(one.peak_mb for one in costs))


def shortened(path: Path, packets: int) -> tuple[Path, int, int]:
    """The first packets of a pcap file as a file beside it; how many there are in it, and in the whole."""
    short = path.with_name(f"{packets}-{path.name}")
    count = few = 0
    with path.open("rb") as file, short.open("wb") as out:
        out.write(file.read(24))
        while head := file.read(16):
            frame = file.read(int.from_bytes(head[8:12], sys.byteorder))
            count += 1
            if count <= packets:
                out.write(head + frame)
                few = count
    return short, few, count


def start_up(path: Path, rounds: int) -> Cost:
    """What the command costs on the first packet of a capture alone."""
    one, _, _ = shortened(path, 1)
    return least([cost(python(OURS, one)) for _ in range(rounds)])


def compare(name: str, path: Path, slow: int, rounds: int) -> Path:
    """Prints the table of one capture; returns the file with its first packets."""
    short, few, whole = shortened(path, slow)
    programs = {
        "roomsweep network --capture": (python(OURS, path), whole),
        "  the search in it": (python(SEARCH_ONLY, path), whole),
        "  reading only": (python(READING_ONLY, path), whole),
        "tshark -T fields": (tshark_fields.command(short), few),
        "scapy PcapReader": (python(SCAPY, short), few),
    }
    if find_spec("dpkt"):
        programs["dpkt, bare records"] = (python(DPKT, path), whole)
    costs: dict[str, list[Cost]] = {program: [] for program in programs}
    for number in range(rounds):
        for program, (words, _) in programs.items():
            if number == 0 or "scapy" not in program:
                costs[program].append(cost(words))
    ours = least(costs["roomsweep network --capture"])
    print(f"\n{name}: {whole} packets, {path.stat().st_size / 1e6:.0f} MB; tshark and scapy on the first {few}")
    print(f"{'':30}{'packets/s':>12}{'of the CPU':>12}{'peak MB':>9}{'ours is, times':>16}{'by CPU':>8}")
    for program, (_, packets) in programs.items():
        took = least(costs[program])
        times, by_cpu = (getattr(took, unit) / packets / (getattr(ours, unit) / whole) for unit in ("wall_s", "cpu_s"))
        print(f"{program:30}{packets / took.wall_s:12.0f}{packets / took.cpu_s:12.0f}{took.peak_mb:9.0f}{times:16.1f}{by_cpu:8.1f}", flush=True)
    begins = start_up(path, rounds)
    print(f"of our {ours.cpu_s:.2f} s of the CPU {begins.cpu_s:.2f} s are start-up; behind it {whole / max(ours.cpu_s - begins.cpu_s, 0.01):.0f} packets/s")
    return short


def main() -> None:
    """Draws the captures and prints the tables."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--packets", type=int, default=1_000_000)
    words.add_argument("--slow", type=int, default=100_000)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--mix", type=Path)
    chosen = words.parse_args()
    if shutil.which("tshark") is None:
        sys.exit("tshark is not installed.")
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as folder:
        shorts = []
        for name, drawn in (("a house", mixed), ("one upload", bulk)):
            path = Path(folder) / f"{drawn.__name__}.pcap"
            if drawn is mixed and chosen.mix is not None:
                shutil.copy(chosen.mix, path)
            else:
                write(path, drawn(chosen.packets))
            shorts.append(compare(name, path, chosen.slow, chosen.rounds))
        for short in shorts:  # at the end: a process begins with its parent's memory as its own largest
            checked, differing = tshark_fields.unlike(short)
            print(f"\n{short.name}: headers equal to tshark's in {checked - len(differing)} of {checked} packets")
    print(f"\nload after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
