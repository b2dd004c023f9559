"""Kalay (ThroughTek's TUTK), the peer-to-peer service of Wyze and many other makes, told by its bytes on any port.

A datagram's first 16 bytes are a head in a fixed disguise: words turned, bytes changed about, and one
constant phrase laid over it (AlexxIT/go2rtc pkg/tutk states the steps).  Undone, the head begins
04 02, holds how many bytes follow it, what is said, and which end says it.  Each bit of the head
stands at one place of the disguise, so that two numbers tell nearly all strangers without undoing it.
Newer Wyze cameras speak a form without disguise, which begins 51 CC.
"""

from __future__ import annotations

import struct

Fact = tuple[str, str]

HEAD = 16
MEETING_PORT = 10240  # of the service's servers

_PHRASE = b"Charlie is the d"
_ORDER = (11, 9, 8, 15, 13, 10, 12, 14, 2, 1, 5, 0, 6, 4, 7, 3)
_WORDS = struct.Struct("<4I")
_OPENING = b"\x04\x02"
_FROM_DEVICE = b"\x12\0"
_DEVICE_SAYS = {0x0602, 0x0408}  # answers a search, sends data
_PLAIN, _PLAIN_KINDS, _PLAIN_ANSWER = b"\x51\xcc", (0x1002, 0x1202, 0x1502), b"\xff\xff"
_LEAST_PLAIN = 48  # bytes of the shortest of them, which only keeps a way open


def _turned(block: bytes, steps: tuple[int, int, int, int]) -> bytes:
    """Each of four words turned left by its number of bits."""
    words = _WORDS.unpack(block)
    return _WORDS.pack(*((word << step | word >> 32 - step) & 0xFFFFFFFF for word, step in zip(words, steps, strict=True)))


def undisguised(block: bytes) -> bytes:
    """The head that 16 bytes of a datagram hide."""
    turned = _turned(block, (3, 7, 11, 15))
    return _turned(bytes(turned[place] ^ over for place, over in zip(_ORDER, _PHRASE, strict=True)), (1, 5, 9, 13))


def disguised(head: bytes) -> bytes:
    """What a head of 16 bytes is sent as."""
    turned = _turned(head, (31, 27, 23, 19))
    mixed = bytearray(HEAD)
    for place, byte, over in zip(_ORDER, turned, _PHRASE, strict=True):
        mixed[place] = byte ^ over
    return _turned(bytes(mixed), (29, 25, 21, 17))


def _number(head: bytes) -> int:
    return int.from_bytes(disguised(head.ljust(HEAD, b"\0")), "little")


_BLANK = _number(b"")
_PLACES = _number(b"\xff\xff") ^ _BLANK  # where the bits of the opening stand
_THERE = _number(_OPENING) & _PLACES  # and what they are


def is_kalay(data: bytes) -> bool:
    """The disguised head: its opening, and as many bytes behind it as it says."""
    if len(data) < HEAD or int.from_bytes(data[:HEAD], "little") & _PLACES != _THERE:
        return False
    return int.from_bytes(undisguised(data[:HEAD])[4:6], "little") == len(data) - HEAD


def kalay_facts(data: bytes) -> list[Fact]:
    """Whose end speaks: the telephone that watches says nothing of a camera by it."""
    if data[:2] == _PLAIN and len(data) >= _LEAST_PLAIN and int.from_bytes(data[4:6], "little") in _PLAIN_KINDS:
        return [("p2p", "Kalay from the device")] if data[8:10] == _PLAIN_ANSWER else []
    if not is_kalay(data):
        return []
    head = undisguised(data[:HEAD])
    if head[10:12] == _FROM_DEVICE or int.from_bytes(head[8:10], "little") in _DEVICE_SAYS:
        return [("p2p", "Kalay from the device")]
    return []
