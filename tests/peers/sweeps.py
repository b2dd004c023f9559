"""Runs roomsweep itself on the bed, and reads what it sent."""

from __future__ import annotations

import json
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any

from detector.network import questions
from tests.peers.bed import Host, wait_until

ROOT = Path(__file__).parent.parent.parent
PROGRAM = (sys.executable, "-c", "from hardware.cli import main; main()")
# Takes the right to raw frames away for good, even from root.
UNPRIVILEGED = ("setpriv", "--bounding-set", "-net_raw,-net_admin", "--inh-caps", "-net_raw,-net_admin")
DEADLINE_S = 60.0


@dataclass(frozen=True)
class Payload:
    """What one frame of ours carried: `protocol` udp, tcp, arp or ip6; for arp and ip6 the whole frame."""

    protocol: str
    to: str
    port: int
    data: bytes

    @property
    def to_everybody(self) -> bool:
        """True when it went to a multicast group, or to all on the link."""
        return self.to == questions.EVERYBODY or ip_address(self.to).is_multicast


@dataclass(frozen=True)
class Swept:
    """One sweep: its report, its exit code, how long it took, and all that it sent."""

    report: dict[str, Any]
    code: int
    seconds: float
    sent: list[Payload]
    said: str

    @property
    def devices(self) -> list[dict[str, Any]]:
        """Every device of the report, found or not."""
        return [*self.report["findings"], *self.report["devices"]]

    @property
    def addresses(self) -> set[str]:
        """The addresses of all of them."""
        return {address for device in self.devices for address in device["addresses"]}

    def finding(self, mac: str) -> dict[str, Any] | None:
        """The finding about a device, or None."""
        return next((one for one in self.report["findings"] if one.get("mac") == mac), None)


def can_drop_privileges() -> bool:
    """True when util-linux is there."""
    return shutil.which(UNPRIVILEGED[0]) is not None


def sweep(host: Host, *words: str, before: tuple[str, ...] = ()) -> Swept:
    """`roomsweep network` on this host's network, watched by a tap of ours on its interface."""
    report, capture = host.folder / "report.json", host.folder / "sent.pcap"
    with tapped(host, capture):
        began = time.monotonic()
        done = subprocess.run(
            host.command(*before, *PROGRAM, "network", "--interface", "eth0", "--json", str(report), *words),
            cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE_S, check=False,
        )  # fmt: skip
        seconds = time.monotonic() - began
    said = done.stdout + done.stderr
    if not report.exists():
        raise AssertionError(f"no report, exit code {done.returncode}: {said}")
    swept = Swept(json.loads(report.read_text()), done.returncode, seconds, sent(capture), said)
    report.unlink()
    return swept


@contextmanager
def tapped(host: Host, capture: Path) -> Iterator[None]:
    """Everything that leaves the host is written to `capture` meanwhile."""
    capture.unlink(missing_ok=True)
    tap = host.start(sys.executable, str(Path(__file__).parent / "tap.py"), "eth0", str(capture))
    try:
        wait_until(lambda: capture.exists() and capture.stat().st_size, 10, "the tap writes its head")
        yield
    finally:
        tap.send_signal(signal.SIGTERM)
        tap.wait()
        host.running.remove(tap)


def sent(capture: Path) -> list[Payload]:
    """The payloads of a pcap file of Ethernet frames; frames without payload are left out."""
    found = (_payload(frame) for frame in _frames(capture.read_bytes()))
    return [payload for payload in found if payload is not None]


def _frames(data: bytes) -> Iterator[bytes]:
    at = 24
    while at + 16 <= len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        yield data[at + 16 : at + 16 + length]
        at += 16 + length


def _payload(frame: bytes) -> Payload | None:
    kind = frame[12:14]
    if kind == b"\x08\x06":
        return Payload("arp", str(IPv4Address(frame[38:42])), 0, frame)
    if kind == b"\x86\xdd":
        return None if _of_the_kernel(frame) else Payload("ip6", str(IPv6Address(frame[38:54])), 0, frame)
    if kind != b"\x08\x00":
        return None
    ip = frame[14:]
    head, total, to = (ip[0] & 15) * 4, int.from_bytes(ip[2:4]), str(IPv4Address(ip[16:20]))
    body, port = ip[head:total], int.from_bytes(ip[head + 2 : head + 4])
    if ip[9] == 17:
        return Payload("udp", to, port, body[8:])
    data = body[(body[12] >> 4) * 4 :] if ip[9] == 6 else b""
    return Payload("tcp", to, port, data) if data else None


def _of_the_kernel(frame: bytes) -> bool:
    """True for what every kernel says by itself over IPv6: neighbour and router discovery, group reports."""
    hop_by_hop = frame[20] == 0
    kind = frame[62] if hop_by_hop else frame[54]
    return (hop_by_hop or frame[20] == 58) and kind in {131, 132, 133, 135, 136, 143}
