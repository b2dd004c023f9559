"""The blocks of a pcapng file: sections, interfaces and packets; all others are passed over."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.model import Packet
from detector.network.batch import Batch
from detector.network.columns import pieces
from hardware import lanes
from hardware.lanes import Places
from hardware.window import LONGEST_RECORD, NoRecordError, Window

MAGIC = b"\x0a\x0d\x0d\x0a"
MOST_RARE = 1 << 12  # packets of the rare kinds that are handed on together
MOST_INTERFACES = 4096  # of one section; a real capture has some tens

SECTION, INTERFACE, OLD_PACKET, SIMPLE_PACKET, PACKET = 0x0A0D0D0A, 1, 2, 3, 6


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


def batches(window: Window) -> Iterator[Batch]:
    """All frames of a file that begins with `MAGIC`; errors as in `records`."""
    section, at, more, in_lanes = _Section("<"), 0, True, True
    while more:
        found, at = walk(window, at, section, in_lanes=in_lanes)
        if found.size:
            in_lanes = False  # what lies behind the first other block is walked block by block: it will have more of them
            whole = yield from _packets(window.data, found, section)
            if not whole:
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
        if not size and not found.size:
            more, at, in_lanes = window.advance(at), 0, True
    if window.size:
        raise NoRecordError


_RARE = (SIMPLE_PACKET, OLD_PACKET)
_STOPS = frozenset({SECTION, INTERFACE, *_RARE})


def walk(window: Window, at: int, section: _Section, *, in_lanes: bool) -> tuple[Places, int]:
    """Where packet blocks begin, up to the first block that has to be read before them, or is not whole.

    Blocks of any other kind are passed over.
    """
    stop = window.reach(at, 12) + 1
    plain = partial(plain_walk, window.data, end=window.size, block=section.block)
    if in_lanes:
        return window.only_whole(*lanes.walk(at, stop, Heads(window.data, section.order), plain))
    found, at = plain(at, stop)
    return window.only_whole(np.array(found, np.int64), at)


def plain_walk(data: NDArray[np.uint8], at: int, stop: int, *, end: int, block: Callable[..., tuple[Any, ...]]) -> tuple[list[int], int]:
    """The walk block by block; see `lanes.Plain`.  `end`: of the bytes that are there."""
    view = data.data
    found: list[int] = []
    while at < stop:
        kind, length = block(view, at)
        if kind == PACKET:
            found.append(at)
        elif kind in _STOPS or at + length > end:
            break
        if length < 12:
            break
        at += length
    return found, at


class Heads:
    """The heads of packet blocks in a stretch of bytes, for lanes."""

    def __init__(self, data: NDArray[np.uint8], order: str) -> None:
        self._data = data.data
        self._kind, self._length = lanes.numbers(data, order, 0), lanes.numbers(data, order, 4)
        # A packet, of an interface of a small number, and two lengths from 1 to 65535.
        short, some = (rb"..\0\0", rb"(?!\0\0)..\0\0") if order == "<" else (rb"\0\0..", rb"\0\0(?!\0\0)..")
        self._likely = re.compile(struct.pack(order + "I", PACKET) + some + short + b"." * 8 + some * 2, re.DOTALL)

    def sizes(self, at: Places) -> Places:
        """Bytes of packet blocks that begin at some places; 0 for all others."""
        length = self._length[at]
        sizes: Places = length.astype(np.int64) * ((self._kind[at] == PACKET) & (length >= 12))
        return sizes

    def guesses(self, begins: range) -> list[int]:
        """See `lanes.Form`."""
        return lanes.first_match(self._likely, self._data, begins, 0)


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


def _packets(data: NDArray[np.uint8], starts: Places, section: _Section) -> Generator[Batch, None, bool]:
    """The frames of packet blocks; tells at the end whether all of them can be."""
    heads = pieces(data, starts, section.form)
    whole = _whole(heads, len(section.interfaces))
    if whole:
        yield _enhanced(data, starts[:whole], heads[:whole], section)
    return whole == starts.size


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
