"""Which payloads are worth reading: those that can hold a fact and were not read before.

Reading one costs as much as all other work on a hundred frames, and hosts say the same again and
again.  Left out is only what `services` would make nothing new of: the same bytes from the same host,
a resolver's further answers, the time, another hello to a server named before, and on the ports of the
web what is neither text nor a handshake.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from detector.network import hellos, p2p
from detector.network.columns import TCP, UDP, pieces
from detector.network.names import DNS_PORT, LLMNR_PORT, MDNS_PORT

MOST_REMEMBERED = 100_000  # payloads by their hash: about 10 MB; a house says some thousand different ones

_TIME_PORT, _TIME_SIZE = 123, 48
_HANDSHAKE = 0x16  # the record of TLS that says names
_IS_WEB = np.zeros(1 << 16, bool)
_IS_WEB[[80, 443, 8080, 8443]] = True
_EPHEMERAL = 32768  # Linux; other systems begin higher: the client's end of a connection
_PPPP = 0xF1  # has QUIC's fixed bit too, as has VStarcam's `DH`
_VSTARCAM = b"DH\x01\x08"
_HALF_TEXT = (b"MO_I", b"MHED")  # makers' protocols that begin with four letters, then bytes
_LEAST_TEXT = 7  # bytes: no text protocol has a shorter word at its beginning
_ID = 2  # bytes of a DNS message that differ between equal questions
_QUESTION, _ANSWER, _HELLO = 1 << 40, 1 << 41, 3 << 40  # stand for the ports where these say no more than that

_START = np.dtype({"names": ["bytes", "begin", "next"], "formats": [("u1", (_LEAST_TEXT,)), "S4", "S4"], "offsets": [0, 0, 4], "itemsize": 8})
_SHORT = 64  # bytes: what is no longer is compared many at a time
_KEY = np.dtype([("name", "i8"), ("size", "i8"), ("words", "u8", (_SHORT // 8,))])
_BYTES = np.dtype(("u1", (_SHORT,)))
# For each size, ones where the bytes of a short payload are, zeros behind it.
_MASKS = (np.arange(_SHORT) < np.arange(_SHORT + 1)[:, None]).astype(np.uint8) * np.uint8(255)


Payload = tuple[int, int, int, int, int, int]
"""Sender, protocol, source and destination port, and from where to where it stands in a buffer."""


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

    def each(self) -> Iterator[Payload]:
        """Them one by one."""
        columns = (self.sender, self.kind, self.sport, self.dport, self.begin, self.end)
        return zip(*(column.tolist() for column in columns), strict=True)


@dataclass(slots=True)
class Reader:
    """Remembers what was read."""

    _read: set[int] = field(default_factory=set)

    def worth(self, data: NDArray[np.uint8], offered: Payloads) -> NDArray[np.int64]:
        """Which of the payloads offered should be read; they count as read from now on."""
        web = _of_the_web(offered)
        rows = np.flatnonzero(~_dull(data, offered, web))
        names, begin, end = _named(data, offered.part(rows), web[rows])
        if len(self._read) > MOST_REMEMBERED:
            self._read.clear()
        marks = _marks(data, names, begin, end)
        new = set(marks).difference(self._read)
        self._read |= new
        if not new:
            return rows[:0]
        first = {mark: number for number, mark in zip(range(rows.size - 1, -1, -1), reversed(marks), strict=True) if mark in new}
        return rows[sorted(first.values())]


def _marks(data: NDArray[np.uint8], names: NDArray[np.int64], begin: NDArray[np.int64], end: NDArray[np.int64]) -> list[int]:
    """For each payload a number that stands for all that it says."""
    size = end - begin
    marks = np.empty(size.size, np.int64)
    short, long = np.flatnonzero(size <= _SHORT), np.flatnonzero(size > _SHORT)
    keys = np.empty(short.size, _KEY)
    keys["name"], keys["size"] = names[short], size[short]
    keys["words"] = (pieces(data, begin[short], _BYTES) & _MASKS[size[short]]).view(np.uint64)
    marks[short] = np.fromiter(map(hash, keys.view(f"V{_KEY.itemsize}").tolist()), np.int64, short.size)
    places, whole = zip(names[long].tolist(), begin[long].tolist(), end[long].tolist(), strict=True), data.data
    marks[long] = [hash((name, whole[start:stop].tobytes())) for name, start, stop in places]
    found: list[int] = marks.tolist()
    return found


def _of_the_web(offered: Payloads) -> NDArray[np.bool_]:
    """What goes between a port of the web and a client's port that no camera serves on."""
    low, high = np.minimum(offered.sport, offered.dport), np.maximum(offered.sport, offered.dport)
    client = (high >= _EPHEMERAL) & (high != p2p.XIONGMAI_PORT) & (high != p2p.DAHUA_PORT)
    found: NDArray[np.bool_] = _IS_WEB[low] & client
    return found


def _dull(data: NDArray[np.uint8], offered: Payloads, web: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of the web what is neither text nor a handshake; questions and answers about the time."""
    time = (offered.dport == _TIME_PORT) & (offered.end - offered.begin == _TIME_SIZE)
    found: NDArray[np.bool_] = np.logical_or(web, time)
    rows = np.flatnonzero(found)
    if rows.size:
        start, udp = pieces(data, offered.begin[rows], _START), offered.kind[rows] == UDP
        dull_web = np.where(udp, _is_quic(start, offered.end[rows] - offered.begin[rows]), _is_amid_stream(start))
        found[rows] = np.where(web[rows], dull_web, udp & _is_time(start))
    return found


def _is_quic(start: NDArray[np.void], size: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Has QUIC's fixed bit, and begins like no maker's protocol that is known on any port."""
    first = start["bytes"][:, 0]
    maker = (first == _PPPP) | (start["next"] == b"DHIP") | (start["begin"] == _VSTARCAM)
    found: NDArray[np.bool_] = (first & 0x40 != 0) & ~_is_text_datagram(start, size) & ~maker
    return found


def _is_text_datagram(start: NDArray[np.void], size: NDArray[np.int64]) -> NDArray[np.bool_]:
    """One in twenty packets of QUIC begins with four bytes that might be letters; of texts the next three
    are so too, or white space.
    """
    found = _is_text(start)
    rows = np.flatnonzero(found)
    some, following = start[rows], start["bytes"][rows, 4:]
    letters = ((following >= 0x20) & (following < 0x7F) | (following >= 0x09) & (following <= 0x0D)).all(axis=1)
    markup = some["bytes"][:, 0] == ord("<")
    found[rows] = letters | markup | np.isin(some["begin"], _HALF_TEXT) | (size[rows] < _LEAST_TEXT)
    return found


def _is_amid_stream(start: NDArray[np.void]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (start["bytes"][:, 0] != _HANDSHAKE) & ~_is_text(start)
    return found


def _is_time(start: NDArray[np.void]) -> NDArray[np.bool_]:
    """NTP, version 3 or 4, a client or a server."""
    version, mode = start["bytes"][:, 0] >> 3 & 7, start["bytes"][:, 0] & 7
    found: NDArray[np.bool_] = ((version == 3) | (version == 4)) & ((mode == 3) | (mode == 4))
    return found


def _is_text(start: NDArray[np.void]) -> NDArray[np.bool_]:
    """Begins with four printable characters, as every text protocol does."""
    found = (start["bytes"] >= 0x20) & (start["bytes"] < 0x7F)
    return found[:, 0] & found[:, 1] & found[:, 2] & found[:, 3]


def _named(data: NDArray[np.uint8], offered: Payloads, web: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """A number for each sender with its ports, and from where to where its payload tells anything new.

    The client's port of the web and of a DNS question is another one each time, and says nothing.
    """
    sport, dport = offered.sport, offered.dport
    udp = offered.kind == UDP
    asks, answers = web & (sport > dport), web & (sport < dport)
    ports = np.where(asks, 0, sport).astype(np.int64) | np.where(answers, 0, dport).astype(np.int64) << 16 | udp.astype(np.int64) << 32
    unicast = udp & (sport != MDNS_PORT) & (dport != MDNS_PORT) & (sport != LLMNR_PORT)
    dns = unicast & ((sport == DNS_PORT) | (dport == DNS_PORT)) & (offered.end - offered.begin >= 12)
    answer = dns & (data[offered.begin + _ID] & 0x80 != 0)
    ports = np.select([answer, dns], [_ANSWER, _QUESTION], ports)
    begin = offered.begin + np.where(dns, _ID, 0)
    end = np.where(answer, begin, offered.end)
    _only_names(data, offered, ports, begin, end)
    return offered.sender << 42 ^ ports, begin, end


def _only_names(data: NDArray[np.uint8], offered: Payloads, ports: NDArray[np.int64], begin: NDArray[np.int64], end: NDArray[np.int64]) -> None:
    """Enters, for the ClientHellos among payloads, where the name stands that they ask for."""
    rows = np.flatnonzero(offered.kind == TCP)
    rows = rows[hellos.client_hellos(data, begin[rows], end[rows])]
    if rows.size:
        first, stop, known = hellos.name_spans(data, begin[rows], end[rows])
        rows = rows[known]
        ports[rows], begin[rows], end[rows] = _HELLO, first[known], stop[known]
