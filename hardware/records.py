"""The records of pcap and pcapng: where each frame lies in a stretch of the file, and when it was heard.

A file is read through one window of some megabytes that moves along it.  Batches lie in that window:
they are to be used before the next one is asked for.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from detector.model import Packet
from detector.network.batch import MARGIN, Batch
from detector.network.columns import pieces
from hardware.unpacking import DamagedError

WINDOW = 1 << 23  # bytes: ten thousand frames at a time, and little beside the memory of a Pi
LONGEST_RECORD = 1 << 24  # bytes; a record said to be longer is damage, not a packet
MOST_RARE = 1 << 12  # packets of the rare kinds that are handed on together
MOST_INTERFACES = 4096  # of one section; a real capture has some tens

SECTION, INTERFACE, OLD_PACKET, SIMPLE_PACKET, PACKET = 0x0A0D0D0A, 1, 2, 3, 6

PCAPNG = b"\x0a\x0d\x0d\x0a"
_PCAP_ORDERS = {
    # magic: byte order, length of a record's head, seconds per tick
    b"\xd4\xc3\xb2\xa1": ("<", 16, 1e-6),
    b"\xa1\xb2\xc3\xd4": (">", 16, 1e-6),
    b"\x4d\x3c\xb2\xa1": ("<", 16, 1e-9),
    b"\xa1\xb2\x3c\x4d": (">", 16, 1e-9),
    b"\x34\xcd\xb2\xa1": ("<", 24, 1e-6),  # the patched pcap of old Linux systems: a longer head
    b"\xa1\xb2\xcd\x34": (">", 24, 1e-6),
}
MAGICS = frozenset({*_PCAP_ORDERS, PCAPNG})
FILE_HEAD = 24  # bytes that every capture has

ReadInto = Callable[[memoryview], int]


class NoRecordError(Exception):
    """The bytes that follow are no record; what came before stands."""


class Window:
    """A stretch of a stream: `data` up to `size`, with `MARGIN` bytes of room behind."""

    def __init__(self, read_into: ReadInto) -> None:
        self._read_into = read_into
        self._trouble: DamagedError | OSError | None = None
        self.data = np.zeros(WINDOW + MARGIN, np.uint8)
        self.size = 0

    def advance(self, used: int) -> bool:
        """Drops the first `used` bytes and reads on; False at the end of the stream.

        A record that fills the window makes it grow.  Raises what `read_into` raises, only when all
        that came before it was handed out.
        """
        left = self.size - used
        if left == self.data.size - MARGIN:
            self.data = np.concatenate([self.data, np.zeros(self.data.size - MARGIN, np.uint8)])
        elif used:
            self.data[:left] = self.data[used : self.size].copy()
        self.size = left
        space, most = self.data.data, self.data.size - MARGIN
        while self.size < most and self._trouble is None:
            try:
                came = self._read_into(space[self.size : most])
            except (DamagedError, OSError) as error:
                self._trouble = error
                break
            if not came:
                break
            self.size += came
        if self._trouble is not None and self.size == left:
            raise self._trouble
        return self.size > left


def batches(window: Window) -> Iterator[Batch]:
    """All frames in the order of the file.  Raises `NoRecordError` after the last whole one of a file
    that ends, or turns to nonsense, in the middle.
    """
    if not window.advance(0):
        raise NoRecordError
    magic = window.data[:4].tobytes()
    yield from _pcapng(window) if magic == PCAPNG else _pcap(window, magic)


def _pcap(window: Window, magic: bytes) -> Iterator[Batch]:
    order, head, tick = _PCAP_ORDERS[magic]
    link = struct.unpack_from(order + "I", window.data.data, 20)[0] & 0xFFFF
    form = np.dtype([("seconds", order + "u4"), ("ticks", order + "u4"), ("kept", order + "u4"), ("length", order + "u4")])
    kept_at = struct.Struct(order + "8xI").unpack_from
    walk = _walk_native if struct.pack(order + "H", 1) == struct.pack("=H", 1) else partial(_walk, kept_at=kept_at)
    at, more = FILE_HEAD, True
    while more:
        found, at = walk(window, at, head)
        if found:
            starts = np.array(found, np.int64)
            heads = pieces(window.data, starts, form)
            at_s = heads["seconds"] + heads["ticks"] * tick
            yield Batch.over(window.data, starts + head, heads["kept"], at_s, link=link, lengths=heads["length"])
        elif at + head <= window.size and kept_at(window.data.data, at)[0] > LONGEST_RECORD:
            raise NoRecordError
        else:
            more, at = window.advance(at), 0
    if window.size:
        raise NoRecordError


def _walk(window: Window, at: int, head: int, kept_at: Callable[..., tuple[int, ...]]) -> tuple[list[int], int]:
    """Where whole records begin, and where the first one begins that is not whole, or not looked at."""
    data, last = window.data.data, _last(window, at, head)
    found: list[int] = []
    while at <= last:
        found.append(at)
        at += head + kept_at(data, at)[0]
    return _only_whole(window, found, at)


def _walk_native(window: Window, at: int, head: int) -> tuple[list[int], int]:
    """The same for numbers in the order of this machine, in two thirds of the time: a window seen as
    numbers four times, one for each place where a number may begin.
    """
    last = _last(window, at, head) + _KEPT
    views = [window.data.data[shift : window.data.size // 4 * 4 - 4 + shift].cast("I") for shift in range(4)]
    at += _KEPT
    found: list[int] = []
    add = found.append
    while at <= last:
        add(at - _KEPT)
        at += views[at & 3][at >> 2] + head
    return _only_whole(window, found, at - _KEPT)


_KEPT = 8  # where in a record's head its length stands


def _last(window: Window, at: int, head: int) -> int:
    """Up to where a record may begin: no more than `WINDOW` bytes on, which bounds the frames of a batch."""
    return min(window.size - head, at + WINDOW)


def _only_whole(window: Window, found: list[int], at: int) -> tuple[list[int], int]:
    if at > window.size:
        at = found.pop()
    return found, at


@dataclass(frozen=True, slots=True)
class _Interface:
    link: int
    snap: int
    tick: float = 1e-6
    offset: int = 0


class _Section:
    """What a section of a pcapng file says of itself: its byte order and interfaces."""

    def __init__(self, order: str) -> None:
        self.order = order
        self.block = struct.Struct(order + "II").unpack_from
        self.form = np.dtype([(name, order + "u4") for name in ("kind", "size", "which", "high", "low", "kept", "length")])
        self.interfaces: list[_Interface] = []

    def add(self, body: bytes) -> None:
        """Takes an interface description."""
        if len(self.interfaces) >= MOST_INTERFACES:
            raise NoRecordError
        self.interfaces.append(_interface(body, self.order))


def _pcapng(window: Window) -> Iterator[Batch]:
    section, at, more = _Section("<"), 0, True
    while more:
        found, at = _walk_pcapng(window, at, section)
        heads = pieces(window.data, np.array(found, np.int64), section.form)
        whole = _whole(heads, len(section.interfaces))
        if whole:
            yield _enhanced(window.data, np.array(found[:whole], np.int64), heads[:whole], section)
        if whole < len(found):
            raise NoRecordError
        kind, size = _block(window, at, section)
        if kind == SECTION and size:
            section = _Section(_order(window.data, at))
        elif kind == INTERFACE and size:
            section.add(window.data[at + 8 : at + size - 4].tobytes())
        elif kind in _RARE and size:
            packets, size = _rare_packets(window, at, section)
            yield Batch.of(packets)
        at += size
        if not size and not found:
            more, at = window.advance(at), 0
    if window.size:
        raise NoRecordError


_RARE = (SIMPLE_PACKET, OLD_PACKET)
_STOPS = frozenset({SECTION, INTERFACE, *_RARE})


def _walk_pcapng(window: Window, at: int, section: _Section) -> tuple[list[int], int]:
    """Where packet blocks begin, up to the first block that has to be read before them, or is not whole.

    Blocks of any other kind are passed over.
    """
    data, size, block, last = window.data.data, window.size, section.block, _last(window, at, 12)
    found: list[int] = []
    while at <= last:
        kind, length = block(data, at)
        if kind == PACKET:
            found.append(at)
        elif kind in _STOPS or at + length > size:
            break
        if length < 12:
            break
        at += length
    return _only_whole(window, found, at)


def _block(window: Window, at: int, section: _Section) -> tuple[int, int]:
    """Kind and size of the block at a place; the size is 0 where it is not there as a whole."""
    if at + 12 > window.size:
        return 0, 0
    kind, size = section.block(window.data.data, at)
    if kind == SECTION:
        size = struct.unpack_from(_order(window.data, at) + "I", window.data.data, at + 4)[0]
    if size < 12 or size % 4 or size > LONGEST_RECORD:
        raise NoRecordError
    return (kind, size) if at + size <= window.size and kind != PACKET else (kind, 0)


def _order(data: NDArray[np.uint8], at: int) -> str:
    mark = data[at + 8 : at + 12].tobytes()
    if mark not in (b"\x4d\x3c\x2b\x1a", b"\x1a\x2b\x3c\x4d"):
        raise NoRecordError
    return "<" if mark == b"\x4d\x3c\x2b\x1a" else ">"


def _interface(body: bytes, order: str) -> _Interface:
    """An interface description: link type, snap length, and how its clock counts."""
    if len(body) < 8:
        raise NoRecordError
    link, _, snap = struct.unpack_from(order + "HHI", body, 0)
    tick, offset, at = 1e-6, 0, 8
    while at + 4 <= len(body):
        code, size = struct.unpack_from(order + "HH", body, at)
        value = body[at + 4 : at + 4 + size]
        if code == 9 and value:  # if_tsresol: a power of ten, or of two with the top bit set
            tick = 2.0 ** -(value[0] & 0x7F) if value[0] & 0x80 else 10.0 ** -value[0]
        elif code == 14 and len(value) == 8:  # if_tsoffset, seconds
            offset = struct.unpack(order + "q", value)[0]
        at += 4 + size + (-size) % 4
    return _Interface(link, snap, tick, offset)


def _whole(heads: NDArray[np.void], interfaces: int) -> int:
    """How many packet blocks stand before the first one that cannot be."""
    size, kept = heads["size"].astype(np.int64), heads["kept"].astype(np.int64)
    bad = (size < 32) | (size % 4 != 0) | (size > LONGEST_RECORD) | (heads["which"] >= interfaces) | (kept > size - 32)
    return int(bad.argmax()) if bad.any() else len(bad)


def _enhanced(data: NDArray[np.uint8], starts: NDArray[np.int64], heads: NDArray[np.void], section: _Section) -> Batch:
    which = heads["which"].astype(np.int64)
    links, tick, offset = (np.array([getattr(one, name) for one in section.interfaces])[which] for name in ("link", "tick", "offset"))
    at_s = (heads["high"].astype(np.uint64) << np.uint64(32) | heads["low"]) * tick + offset
    return Batch.over(data, starts + 28, heads["kept"], at_s, link=links, lengths=heads["length"])


def _rare_packets(window: Window, at: int, section: _Section) -> tuple[list[Packet], int]:
    """Packets of the rare kinds that stand one after another, and how many bytes they take."""
    found: list[Packet] = []
    begin = at
    while len(found) < MOST_RARE:
        kind, size = _block(window, at, section)
        if kind not in _RARE or not size:
            break
        try:
            found.append(_rare_packet(kind, window.data[at : at + size].tobytes(), section))
        except NoRecordError:
            if not found:
                raise
            break  # what came before is handed out first
        at += size
    return found, at - begin


def _rare_packet(kind: int, block: bytes, section: _Section) -> Packet:
    """A simple packet (no time, first interface) or one of the form that pcapng gave up."""
    order, interfaces = section.order, section.interfaces
    if not interfaces or len(block) < 16:
        raise NoRecordError
    if kind == SIMPLE_PACKET:
        wire = struct.unpack_from(order + "I", block, 8)[0]
        kept = min(wire, len(block) - 16, interfaces[0].snap or wire)
        return Packet(block[12 : 12 + kept], 0.0, interfaces[0].link, wire)
    if len(block) < 32:
        raise NoRecordError
    which, _, high, low, kept, wire = struct.unpack_from(order + "HHIIII", block, 8)
    if which >= len(interfaces) or kept > len(block) - 32:
        raise NoRecordError
    there = interfaces[which]
    return Packet(block[28 : 28 + kept], ((high << 32) | low) * there.tick + there.offset, there.link, wire)
