"""The blocks of a pcapng file: sections, interfaces and packets; all others are passed over."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.model import Packet
from detector.network.batch import Batch
from detector.network.columns import pieces
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
    data, size, block, last = window.data.data, window.size, section.block, window.reach(at, 12)
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
    return window.only_whole(found, at)


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
