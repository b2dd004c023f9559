"""Which payloads are worth reading: those that can hold a fact and were not read before.

Reading one costs as much as all other work on a hundred frames, and hosts say the same again and
again.  Left out is only what `services` would make nothing new of: the same bytes from the same host,
a resolver's further answers, and the encrypted middle of TLS and QUIC on their own ports.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from detector.network.columns import UDP, pieces
from detector.network.names import DNS_PORT, LLMNR_PORT, MDNS_PORT

MOST_REMEMBERED = 100_000  # payloads by their hash: about 10 MB; a house says some thousand different ones

_TLS_PORTS = (443, 8443)
_EPHEMERAL = 32768  # Linux; other systems begin higher: the client's end of a connection
_PPPP = 0xF1  # has QUIC's fixed bit too
_QUIC_BIT = 0x40
_ID = 2  # bytes of a DNS message that differ between equal questions
_QUESTION, _ANSWER = 1 << 40, 1 << 41  # stand for the ports where these say no more than "DNS"

_START = np.dtype([("bytes", "u1", (4,)), ("next", "S4")])


@dataclass(slots=True)
class Payloads:
    """Payloads in a (padded) buffer, one entry each: who sends it, protocol and ports, from where to where."""

    sender: NDArray[np.int64]
    kind: NDArray[np.uint8]
    sport: NDArray[np.uint16]
    dport: NDArray[np.uint16]
    begin: NDArray[np.int64]
    end: NDArray[np.int64]

    def part(self, rows: NDArray[np.int64]) -> Payloads:
        """Some of them."""
        return Payloads(self.sender[rows], self.kind[rows], self.sport[rows], self.dport[rows], self.begin[rows], self.end[rows])


@dataclass(slots=True)
class Reader:
    """Remembers what was read."""

    _read: set[int] = field(default_factory=set)

    def worth(self, data: NDArray[np.uint8], offered: Payloads) -> list[int]:
        """Which of the payloads offered should be read; they count as read from now on."""
        rows = np.flatnonzero(~_encrypted(data, offered))
        names, begin, end = _named(data, offered.part(rows))
        if len(self._read) > MOST_REMEMBERED:
            self._read.clear()
        whole, read = data.data, self._read
        found = []
        for row, name, start, stop in zip(rows.tolist(), names, begin, end, strict=True):
            mark = hash((name, whole[start:stop].tobytes()))
            if mark not in read:
                read.add(mark)
                found.append(row)
        return found


def _encrypted(data: NDArray[np.uint8], offered: Payloads) -> NDArray[np.bool_]:
    """TLS records other than a handshake and QUIC packets, between a TLS port and a client's port."""
    low, high = np.minimum(offered.sport, offered.dport), np.maximum(offered.sport, offered.dport)
    found: NDArray[np.bool_] = ((low == _TLS_PORTS[0]) | (low == _TLS_PORTS[1])) & (high >= _EPHEMERAL)
    if not found.any():
        return found
    rows = np.flatnonzero(found)
    start = pieces(data, offered.begin[rows], _START)
    first = start["bytes"][:, 0]
    tls = ((first == 0x14) | (first == 0x15) | (first == 0x17)) & (start["bytes"][:, 1] == 3) & (start["bytes"][:, 2] <= 4)
    text = ((start["bytes"] >= 0x20) & (start["bytes"] < 0x7F)).all(axis=1)
    quic = (first & _QUIC_BIT != 0) & (first != _PPPP) & ~text & (start["next"] != b"DHIP")
    found[rows] = np.where(offered.kind[rows] == UDP, quic, tls)
    return found


def _named(data: NDArray[np.uint8], offered: Payloads) -> tuple[list[int], list[int], list[int]]:
    """A number for each sender with its ports, and from where to where its payload tells anything new."""
    sport, dport = offered.sport, offered.dport
    udp = offered.kind == UDP
    ports = sport.astype(np.int64) | dport.astype(np.int64) << 16 | udp.astype(np.int64) << 32
    unicast = udp & (sport != MDNS_PORT) & (dport != MDNS_PORT) & (sport != LLMNR_PORT)
    dns = unicast & ((sport == DNS_PORT) | (dport == DNS_PORT)) & (offered.end - offered.begin >= 12)
    answer = dns & (data[offered.begin + _ID] & 0x80 != 0)
    ports = np.select([answer, dns], [_ANSWER, _QUESTION], ports)
    begin = offered.begin + np.where(dns, _ID, 0)
    names = offered.sender << 42 ^ ports
    return names.tolist(), begin.tolist(), np.where(answer, begin, offered.end).tolist()
