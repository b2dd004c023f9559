"""Which addresses change hands within a batch, and at which frames.

Nearly always none does.  Where one does, the frames that claim it are told in their order; and where
a frame's sender depends on who holds the address just then, the batch has to be read in two parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.network import dhcp
from detector.network.columns import ARP, ICMP6, NO_MAC, UDP, address_bytes, mac_bytes, pieces
from detector.network.groups import firsts
from detector.network.parts import Part
from detector.network.senders import Origin, private

Holder = Callable[[bytes], bytes | None]

_ARP_BODY = np.dtype([("form", "V6"), ("asks", "V2"), ("mac", "V6"), ("ip", "V4")])
_ARP_FORM = b"\0\x01\x08\0\x06\x04"
_ARP_SIZE = 28
_NEIGHBOUR = np.dtype([("body", "V24")])
_NEIGHBOUR_SIZE, _SOLICITS, _ADVERTISES = 24, 135, 136
_BY_NEIGHBOUR, _BY_PACKET, _BY_LEASE = 1, 2, 4


class Claim(NamedTuple):
    """A frame says that an address is held by a MAC.  step: its order within the frame."""

    row: int
    step: int
    mac: bytes
    ip: bytes
    how: str


@dataclass(slots=True)
class Claims:
    """The claims of one part of a batch.

    said: what ARP and neighbour discovery say, every time.  perhaps: what DHCP would say if it is
    believed.
    """

    said: list[Claim] = field(default_factory=list)
    perhaps: list[Claim] = field(default_factory=list)

    def moving(self, fresh: Iterable[Origin], holder: Holder) -> set[bytes]:
        """Addresses that somebody claims who does not hold them yet; `fresh` are origins not met before."""
        claimed = {one.ip for one in (*self.said, *self.perhaps) if holder(one.ip) != one.mac}
        return claimed | {origin.ip for origin in fresh if origin.claims and holder(origin.ip) != (origin.mac or b"")}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be claimed, in order, and the row before which the part has to end (None: its end)."""

    claims: Sequence[Claim] = ()
    cut: int | None = None


def plan(part: Part, fresh: Iterable[Origin], holder: Holder) -> Plan:
    """Who claims which address in a part; `fresh` are its origins that were not met before."""
    if not heard(part, each=False).moving(fresh, holder):
        return Plan()
    claims = heard(part, each=True)
    moving = claims.moving(fresh, holder)
    origins = part.from_addresses(moving)
    rows = part.rows_of(origins)
    found = [one for one in claims.said if one.ip in moving]
    disputed = _disputed([*found, *claims.perhaps], origins) | {one.ip for one in claims.perhaps}
    for origin in origins:
        if origin.claims:
            found += [_by(origin, row) for row in (rows[origin.name] if origin.ip in disputed else rows[origin.name][:1])]
    found = list(_changing(sorted(found), {one.ip for one in claims.perhaps}, holder))
    return Plan(found, _cut([*found, *claims.perhaps], origins, rows, holder))


def _disputed(said: Iterable[Claim], origins: Iterable[Origin]) -> set[bytes]:
    """Addresses that several MACs claim."""
    first: dict[bytes, bytes] = {}
    claimed = [(one.ip, one.mac) for one in said] + [(origin.ip, origin.mac or b"") for origin in origins if origin.claims]
    return {ip for ip, mac in claimed if first.setdefault(ip, mac) != mac}


def _changing(found: Iterable[Claim], unsure: AbstractSet[bytes], holder: Holder) -> Iterator[Claim]:
    """Those claims, in order, after which another MAC holds an address, as far as that is sure."""
    held: dict[bytes, bytes | None] = {}
    for one in found:
        if one.ip in unsure:
            yield one
        elif held.setdefault(one.ip, holder(one.ip)) != one.mac:
            held[one.ip] = one.mac
            yield one


def _by(origin: Origin, row: int) -> Claim:
    return Claim(row, _BY_PACKET, origin.mac or b"", origin.ip, "group" if origin.group else "link")


def _cut(found: Iterable[Claim], origins: Iterable[Origin], rows: Mapping[bytes, Sequence[int]], holder: Holder) -> int | None:
    """After the first claim that changes an address of the internet whose later frames depend on it."""
    changed: dict[bytes, int] = {}
    for one in sorted(found):
        if holder(one.ip) != one.mac:
            changed.setdefault(one.ip, one.row)
    cuts = [
        changed[origin.ip] + 1
        for origin in origins
        if origin.ip in changed and not origin.claims and not private(origin.ip) and rows[origin.name][-1] > changed[origin.ip]
    ]
    return min(cuts, default=None)


def heard(part: Part, *, each: bool) -> Claims:
    """What the frames of a part say of addresses, apart from using them: all of it in `each` frame, or
    at least once.
    """
    return Claims([*_arp(part, each=each), *_neighbours(part, each=each)], list(_leases(part)))


def _arp(part: Part, *, each: bool) -> Iterator[Claim]:
    """A host that asks or answers claims its own address."""
    heads = part.whole.heads
    rows = part.lo + np.flatnonzero((heads.kind[part.lo : part.hi] == ARP) & heads.known[part.lo : part.hi])
    rows = rows[heads.end[rows] - heads.at[rows] >= _ARP_SIZE]
    if not rows.size:
        return
    told = _told(heads.mac[rows], np.zeros(2, np.uint64), pieces(part.whole.batch.data, heads.at[rows], _ARP_BODY))
    for row, (sender, _, _, (form, _, mac, ip)) in zip(*_some(rows, told, each=each), strict=True):
        if form == _ARP_FORM and mac_bytes(sender) in (None, mac) and not mac[0] & 1 and any(ip):
            yield Claim(row, _BY_PACKET, mac, ip, "arp")


def _neighbours(part: Part, *, each: bool) -> Iterator[Claim]:
    """An advertisement claims its target address, a solicitation its sender's."""
    ip = part.whole.ip
    entries = np.flatnonzero(ip.six & (ip.kind == ICMP6) & (ip.end - ip.begin >= _NEIGHBOUR_SIZE))
    entries = entries[(ip.row[entries] >= part.lo) & (ip.row[entries] < part.hi)]
    if not entries.size:
        return
    rows = ip.row[entries]
    told = _told(part.whole.heads.mac[rows], ip.key[entries, :2], pieces(part.whole.batch.data, ip.begin[entries], _NEIGHBOUR))
    for row, (mac, high, low, (body,)) in zip(*_some(rows, told, each=each), strict=True):
        if body[0] in (_SOLICITS, _ADVERTISES) and mac != NO_MAC:
            claimed = body[8:] if body[0] == _ADVERTISES else address_bytes(high, low, six=True)
            if any(claimed):
                yield Claim(row, _BY_NEIGHBOUR, mac_bytes(mac) or b"", claimed, "ndp")


def _told(macs: NDArray[np.uint64], sources: NDArray[np.uint64], bodies: NDArray[np.void]) -> NDArray[np.void]:
    """Records of who said something: its MAC, its address in two words, and what was said."""
    told = np.empty(macs.size, [("mac", "u8"), ("high", "u8"), ("low", "u8"), ("body", bodies.dtype)])
    told["mac"], told["high"], told["low"], told["body"] = macs, sources[..., 0], sources[..., 1], bodies
    return told


def _some(rows: NDArray[np.int64], told: NDArray[np.void], *, each: bool) -> tuple[list[int], list[Any]]:
    """All that was told, or each different thing once: rows and records."""
    some = slice(None) if each else firsts(told)
    return rows[some].tolist(), told[some].tolist()


def _leases(part: Part) -> Iterator[Claim]:
    ip = part.whole.ip
    places = part.of_entries(((ip.sport == dhcp.CLIENT_PORT) | (ip.sport == dhcp.SERVER_PORT)) & (ip.kind == UDP))
    spans, data = part.spans(places), part.whole.batch.data
    for row, begin, end in zip(part.row[places].tolist(), spans.payload.tolist(), spans.end.tolist(), strict=True):
        lease = dhcp.lease(data[begin:end].tobytes())
        if lease:
            mac, address = bytes.fromhex(lease.mac.replace(":", "")), IPv4Address(lease.ip).packed
            yield Claim(row, _BY_LEASE, mac, address, "dhcp")
