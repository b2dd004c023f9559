"""Which addresses change hands within a batch, and at which frames.

Nearly always none does.  Where one does, the frames that claim it are told in their order; and where
a frame's sender depends on who holds the address just then, the batch has to be read in two parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address

import numpy as np

from detector.network import dhcp
from detector.network.columns import ARP, ICMP6, NO_MAC, UDP, address_bytes, mac_bytes, pieces
from detector.network.parts import Part
from detector.network.senders import Origin, private

Holder = Callable[[bytes], bytes | None]

_ARP_BODY = np.dtype([("form", "V6"), ("asks", "V2"), ("mac", "V6"), ("ip", "V4")])
_ARP_FORM = b"\0\x01\x08\0\x06\x04"
_ARP_SIZE = 28
_NEIGHBOUR = np.dtype([("body", "V24")])
_NEIGHBOUR_SIZE, _SOLICITS, _ADVERTISES = 24, 135, 136
_BY_NEIGHBOUR, _BY_PACKET, _BY_LEASE = 1, 2, 4


@dataclass(frozen=True, slots=True, order=True)
class Claim:
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
    believed.  seen: origins that were met, each with the row where it was met first.
    """

    said: list[Claim] = field(default_factory=list)
    perhaps: list[Claim] = field(default_factory=list)
    seen: list[tuple[int, Origin]] = field(default_factory=list)

    def moving(self, holder: Holder) -> set[bytes]:
        """Addresses that somebody claims who does not hold them yet."""
        claimed = {one.ip for one in (*self.said, *self.perhaps) if holder(one.ip) != one.mac}
        return claimed | {origin.ip for _, origin in self.seen if origin.claims and holder(origin.ip) != (origin.mac or b"")}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be claimed, in order, and the row before which the part has to end (None: its end)."""

    claims: tuple[Claim, ...]
    cut: int | None


def plan(claims: Claims, moving: set[bytes], rows_of: Callable[[Origin], Iterable[int]], holder: Holder) -> Plan:
    """The claims to addresses that move.

    rows_of: all rows of an origin, asked only for addresses that several MACs claim.
    """
    found = [one for one in claims.said if one.ip in moving]
    macs: dict[bytes, set[bytes]] = {}
    for one in (*found, *claims.perhaps):
        macs.setdefault(one.ip, set()).add(one.mac)
    for _, origin in claims.seen:
        if origin.claims and origin.ip in moving:
            macs.setdefault(origin.ip, set()).add(origin.mac or b"")
    unsure = {one.ip for one in claims.perhaps}
    for row, origin in claims.seen:
        if origin.claims and origin.ip in moving:
            disputed = len(macs[origin.ip]) > 1 or origin.ip in unsure
            found += [_by(origin, at) for at in (rows_of(origin) if disputed else (row,))]
    found.sort()
    return Plan(tuple(found), _cut(claims, moving, [*found, *claims.perhaps], rows_of, holder))


def _by(origin: Origin, row: int) -> Claim:
    return Claim(row, _BY_PACKET, origin.mac or b"", origin.ip, "group" if origin.group else "link")


def _cut(
    claims: Claims, moving: set[bytes], found: list[Claim], rows_of: Callable[[Origin], Iterable[int]], holder: Holder
) -> int | None:
    """After the first claim that changes an address of the internet whose later frames depend on it."""
    changed: dict[bytes, int] = {}
    for one in sorted(found):
        if one.ip not in changed and holder(one.ip) != one.mac:
            changed[one.ip] = one.row
    cuts = [
        changed[origin.ip] + 1
        for _, origin in claims.seen
        if origin.ip in changed and origin.ip in moving and not origin.claims and not private(origin.ip)
        and max(rows_of(origin)) > changed[origin.ip]
    ]
    return min(cuts, default=None)


def heard(part: Part) -> Claims:
    """What the frames of a part say of addresses, apart from using them."""
    return Claims([*_arp(part), *_neighbours(part)], list(_leases(part)))


def _arp(part: Part) -> Iterator[Claim]:
    """A host that asks or answers claims its own address."""
    heads = part.heads
    rows = part.lo + np.flatnonzero((heads.kind[part.lo : part.hi] == ARP) & heads.known[part.lo : part.hi])
    rows = rows[heads.end[rows] - heads.at[rows] >= _ARP_SIZE]
    if not rows.size:
        return
    body = pieces(part.batch.data, heads.at[rows], _ARP_BODY)
    macs = heads.mac[rows].tolist()
    for row, sender, form, mac, ip in zip(rows.tolist(), macs, body["form"].tolist(), body["mac"].tolist(), body["ip"].tolist(), strict=True):
        if form == _ARP_FORM and mac_bytes(sender) in (None, mac) and not mac[0] & 1 and any(ip):
            yield Claim(row, _BY_PACKET, mac, ip, "arp")


def _neighbours(part: Part) -> Iterator[Claim]:
    """An advertisement claims its target address, a solicitation its sender's."""
    ip = part.ip
    entries = np.flatnonzero(ip.six & (ip.kind == ICMP6) & (ip.end - ip.begin >= _NEIGHBOUR_SIZE))
    if not entries.size:
        return
    rows, sources = ip.row[entries], ip.key[entries, :2].tolist()
    macs, bodies = part.heads.mac[rows].tolist(), pieces(part.batch.data, ip.begin[entries], _NEIGHBOUR)["body"].tolist()
    for row, mac, source, body in zip(rows.tolist(), macs, sources, bodies, strict=True):
        if body[0] in (_SOLICITS, _ADVERTISES) and mac != NO_MAC:
            claimed = body[8:] if body[0] == _ADVERTISES else address_bytes(*source, six=True)
            if any(claimed):
                yield Claim(row, _BY_NEIGHBOUR, mac_bytes(mac) or b"", claimed, "ndp")


def _leases(part: Part) -> Iterator[Claim]:
    ip = part.ip
    sport = ip.sport
    ours = ((sport == dhcp.CLIENT_PORT) | (sport == dhcp.SERVER_PORT)) & (ip.kind == UDP) & (ip.payload < ip.end)
    for entry in np.flatnonzero(ours).tolist():
        lease = dhcp.lease(part.batch.data[ip.payload[entry] : ip.end[entry]].tobytes())
        if lease:
            mac, address = bytes.fromhex(lease.mac.replace(":", "")), IPv4Address(lease.ip).packed
            yield Claim(int(ip.row[entry]), _BY_LEASE, mac, address, "dhcp")
