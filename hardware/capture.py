"""Recorded packets, read in one pass with constant memory: pcap and pcapng, plain or gzip.

Nothing is decoded here beyond the record heads of the file: a `Packet` is the frame as bytes, when
it was heard and on which kind of link.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from detector.model import Packet
from hardware.sensor import InputUnreadable, SensorUnavailable, Unavailable

CHUNK = 1 << 18  # bytes read at a time: large against a record, small against a Pi's memory
LONGEST_RECORD = 1 << 24  # bytes; a record said to be longer is damage, not a packet

SECTION, INTERFACE, OLD_PACKET, SIMPLE_PACKET, PACKET = 0x0A0D0D0A, 1, 2, 3, 6

_PCAP_ORDERS = {
    # magic: byte order, length of a record's head, seconds per tick
    b"\xd4\xc3\xb2\xa1": ("<", 16, 1e-6),
    b"\xa1\xb2\xc3\xd4": (">", 16, 1e-6),
    b"\x4d\x3c\xb2\xa1": ("<", 16, 1e-9),
    b"\xa1\xb2\x3c\x4d": (">", 16, 1e-9),
    b"\x34\xcd\xb2\xa1": ("<", 24, 1e-6),  # the patched pcap of old Linux systems: a longer head
    b"\xa1\xb2\xcd\x34": (">", 24, 1e-6),
}
_PCAPNG = b"\x0a\x0d\x0d\x0a"


class _DamagedError(Exception):
    """The bytes that follow are no record; what came before stands."""


class CaptureFile:
    """A capture as a `PacketSource`.

    Raises `InputUnreadable` at once where the file is missing, empty or no capture.  Iterating
    raises `SensorUnavailable(CUT_SHORT)` after the last whole packet of a file that ends, or turns
    to nonsense, in the middle.  `done_bytes` of `size_bytes` tells how far reading has come.
    """

    replay = True

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)
        self.name = self._path.name
        self.done_bytes = 0
        try:
            self.size_bytes = self._path.stat().st_size
            with self._open() as stream:
                head = stream.read(24)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InputUnreadable(f"{self._path}: a damaged gzip file") from error
        except OSError as error:
            raise InputUnreadable(f"{self._path}: {error.strerror or 'cannot be read'}") from error
        if not head:
            raise InputUnreadable(f"{self._path}: the file is empty")
        if len(head) < 24 or (head[:4] not in _PCAP_ORDERS and head[:4] != _PCAPNG):
            raise InputUnreadable(f"{self._path}: neither pcap nor pcapng")
        self._magic = head[:4]

    def packets(self) -> Iterator[Packet]:
        """Packets in the order of the file."""
        whole = 0
        try:
            with self._open() as stream:
                records = _pcapng(self._chunks(stream)) if self._magic == _PCAPNG else _pcap(self._chunks(stream))
                for packet in records:
                    whole += 1
                    yield packet
        except (_DamagedError, EOFError, zlib.error, gzip.BadGzipFile) as error:
            says = f"{self.name} ends in the middle of a packet or is damaged there; the {whole} packets before it were read"
            raise SensorUnavailable(Unavailable.CUT_SHORT, says) from error
        except OSError as error:
            raise SensorUnavailable(Unavailable.LOST, f"{self.name}: {error.strerror}") from error

    def _open(self) -> BinaryIO:
        with self._path.open("rb") as probe:
            packed = probe.read(2) == b"\x1f\x8b"
        return cast("BinaryIO", gzip.open(self._path, "rb")) if packed else self._path.open("rb")

    def _chunks(self, stream: BinaryIO) -> Iterator[bytes]:
        raw = getattr(stream, "fileobj", None) or stream
        while chunk := stream.read(CHUNK):
            self.done_bytes = raw.tell()
            yield chunk


def _pcap(chunks: Iterator[bytes]) -> Iterator[Packet]:
    buffer = next(chunks, b"")
    order, head, tick = _PCAP_ORDERS[buffer[:4]]
    link = struct.unpack_from(order + "I", buffer, 20)[0] & 0xFFFF
    unpack = struct.Struct(order + "IIII").unpack_from
    at = 24
    while True:
        size = len(buffer)
        while at + head <= size:
            seconds, ticks, kept, length = unpack(buffer, at)
            if kept > LONGEST_RECORD:
                raise _DamagedError
            start = at + head
            if start + kept > size:
                break
            at = start + kept
            yield Packet(buffer[start:at], seconds + ticks * tick, link, length)
        more = next(chunks, b"")
        if not more:
            break
        buffer, at = buffer[at:] + more, 0
    if at < len(buffer):
        raise _DamagedError


@dataclass(slots=True)
class _Interface:
    link: int
    snap: int
    tick: float = 1e-6
    offset: int = 0


def _pcapng(chunks: Iterator[bytes]) -> Iterator[Packet]:
    buffer, at, order = next(chunks, b""), 0, "<"
    interfaces: list[_Interface] = []
    while True:
        size = len(buffer)
        while at + 12 <= size:
            kind, length = struct.unpack_from(order + "II", buffer, at)
            if kind == SECTION:
                order = _order(buffer, at)
                length = struct.unpack_from(order + "I", buffer, at + 4)[0]
                interfaces = []
            if length < 12 or length % 4 or length > LONGEST_RECORD:
                raise _DamagedError
            if at + length > size:
                break
            if kind == PACKET:
                yield _packet(buffer, at, length, order, interfaces)
            elif kind == INTERFACE:
                interfaces.append(_interface(buffer[at + 8 : at + length - 4], order))
            elif kind in (SIMPLE_PACKET, OLD_PACKET):
                yield _rare_packet(kind, buffer[at : at + length], order, interfaces)
            at += length
        more = next(chunks, b"")
        if not more:
            break
        buffer, at = buffer[at:] + more, 0
    if at < len(buffer):
        raise _DamagedError


def _order(buffer: bytes, at: int) -> str:
    mark = buffer[at + 8 : at + 12]
    if mark not in (b"\x4d\x3c\x2b\x1a", b"\x1a\x2b\x3c\x4d"):
        raise _DamagedError
    return "<" if mark == b"\x4d\x3c\x2b\x1a" else ">"


def _interface(body: bytes, order: str) -> _Interface:
    """An interface description: link type, snap length, and how its clock counts."""
    if len(body) < 8:
        raise _DamagedError
    link, _, snap = struct.unpack_from(order + "HHI", body, 0)
    found, at = _Interface(link, snap), 8
    while at + 4 <= len(body):
        code, size = struct.unpack_from(order + "HH", body, at)
        value = body[at + 4 : at + 4 + size]
        if code == 9 and value:  # if_tsresol: a power of ten, or of two with the top bit set
            found.tick = 2.0 ** -(value[0] & 0x7F) if value[0] & 0x80 else 10.0 ** -value[0]
        elif code == 14 and len(value) == 8:  # if_tsoffset, seconds
            found.offset = struct.unpack(order + "q", value)[0]
        at += 4 + size + (-size) % 4
    return found


def _packet(buffer: bytes, at: int, length: int, order: str, interfaces: list[_Interface]) -> Packet:
    if length < 32:
        raise _DamagedError
    which, high, low, kept, wire = struct.unpack_from(order + "IIIII", buffer, at + 8)
    if which >= len(interfaces) or kept > length - 32:
        raise _DamagedError
    there = interfaces[which]
    at_s = ((high << 32) | low) * there.tick + there.offset
    return Packet(buffer[at + 28 : at + 28 + kept], at_s, there.link, wire)


def _rare_packet(kind: int, block: bytes, order: str, interfaces: list[_Interface]) -> Packet:
    """A simple packet (no time, first interface) or one of the form that pcapng gave up."""
    if not interfaces or len(block) < 16:
        raise _DamagedError
    if kind == SIMPLE_PACKET:
        wire = struct.unpack_from(order + "I", block, 8)[0]
        kept = min(wire, len(block) - 16, interfaces[0].snap or wire)
        return Packet(block[12 : 12 + kept], 0.0, interfaces[0].link, wire)
    if len(block) < 32:
        raise _DamagedError
    which, _, high, low, kept, wire = struct.unpack_from(order + "HHIIII", block, 8)
    if which >= len(interfaces) or kept > len(block) - 32:
        raise _DamagedError
    there = interfaces[which]
    return Packet(block[28 : 28 + kept], ((high << 32) | low) * there.tick + there.offset, there.link, wire)
