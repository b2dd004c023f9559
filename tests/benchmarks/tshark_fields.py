"""What tshark makes of a capture's headers, beside our columns: times, MACs, addresses, ports, lengths.

Ours are taken by the way that the search takes: packets whose heads are alike are taken apart once.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

from detector.network import columns
from detector.network.batch import Batch
from detector.network.parts import part, whole
from hardware.capture import CaptureFile
from hardware.sensor import SensorUnavailable

FIELDS = (
    "frame.len", "eth.src", "eth.dst", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst",
    "tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport", "ip.frag_offset",
)
# The first of each field: the outer headers where one packet holds another.  Fragments stay apart.
OPTIONS = ("-n", "-o", "ip.defragment:FALSE", "-T", "fields", "-E", "occurrence=f", *(word for field in FIELDS for word in ("-e", field)))

Row = tuple[str, str, str, str, str, str, str, float]
"""Length, sender's and receiver's MAC (of Ethernet), sender's and receiver's address, ports with their protocol, seconds."""

SAME_TIME_S = 1e-6  # what a float of these days' seconds holds


def command(path: Path) -> list[str]:
    return ["tshark", "-r", str(path), *OPTIONS]


def theirs(path: Path) -> list[list[str]]:
    done = subprocess.run([*command(path), "-e", "frame.time_epoch"], capture_output=True, text=True, check=False)
    return [line.split("\t") for line in done.stdout.splitlines()]


def mac(word: int) -> str:
    raw = columns.mac_bytes(word)
    return raw.hex(":") if raw else ""


def ours(path: Path) -> Iterator[Row]:
    """A row a packet, as far as the file can be read."""
    try:
        for batch in CaptureFile(path).batches():
            yield from rows(columns.padded(batch))
    except SensorUnavailable:
        return


def rows(batch: Batch) -> Iterator[Row]:
    heads = columns.links(batch)
    some = part(whole(batch, heads), 0, len(batch))
    ip, entry_of = some.whole.ip, dict(zip(some.row.tolist(), some.entry.tolist(), strict=True))
    of_frames = (batch.starts, batch.lengths, heads.mac, heads.known, batch.at_s)
    for row, (start, length, sender, known, at_s) in enumerate(zip(*(column.tolist() for column in of_frames), strict=True)):
        wired = known and batch.links[row] == columns.ETHERNET
        receiver = batch.data[start : start + 6].tobytes().hex(":") if wired else ""
        entry = entry_of.get(row)
        source = target = sport = dport = ""
        if entry is not None:
            words, six = ip.key[entry].tolist(), bool(ip.six[entry])
            source, target = (str(ip_address(columns.address_bytes(*words[at : at + 2], six=six))) for at in (0, 2))
            if ip.carried[entry]:
                kind = "udp" if ip.kind[entry] == columns.UDP else "tcp"
                sport, dport = f"{kind} {ip.sport[entry]}", f"{kind} {ip.dport[entry]}"
        yield str(length), mac(sender) if wired else "", receiver, source, target, sport, dport, at_s


def unlike(path: Path) -> tuple[int, list[str]]:
    """How many packets were compared, and those that differ, each with what differs."""
    found, count = [], 0
    told = theirs(path)
    for number, (own, other) in enumerate(zip(ours(path), told, strict=False)):
        count += 1
        length, sender, receiver, source4, target4, source6, target6, *ports, offset, at_s = other
        six = ":" in own[3]
        wanted = [length, sender, receiver]
        if own[3]:  # where we see no IP, or a later fragment, there is nothing to compare further
            wanted += [source6, target6] if six else [source4, target4]
        if own[5]:
            wanted += [f"tcp {port}" for port in ports[:2]] if own[5].startswith("tcp") else [f"udp {port}" for port in ports[2:]]
        elif not own[3] and (source4 and offset == "0"):
            found.append(f"{number}: tshark sees {source4}, we see no IP")
        if list(own[: len(wanted)]) != wanted or abs(own[7] - float(at_s)) > SAME_TIME_S:
            found.append(f"{number}: {own} against {wanted} at {at_s}")
    if count != len(told):
        found.append(f"{count} packets against {len(told)}")
    return count, found
