"""Frames of the air, 802.11 with or without radiotap, PPI or Prism in front -> who sent what to whom.

Only header bytes are read; a frame too short for its header is None.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

WIFI, WIFI_PRISM, WIFI_RADIOTAP, WIFI_AVS, PPI = 105, 119, 127, 163, 192
_SNAP = b"\xaa\xaa\x03\x00\x00\x00"


@dataclass(frozen=True, slots=True)
class AirFrame:
    """One 802.11 frame: who sent it in which network, what sort it is, and what it carries.

    `body` is where the body starts; `protected` when it is encrypted; `network` the BSSID, `up` true
    from a station to its access point.
    """

    sort: str
    sender: bytes
    receiver: bytes
    network: bytes | None
    up: bool
    protected: bool
    body: int
    signal_dbm: int | None


_SORTS = {0x40: "probe request", 0x50: "probe response", 0x80: "beacon"}


def air_frame(data: bytes, link: int) -> AirFrame | None:
    """An 802.11 frame out of any of the links that carry one; None where it is too short or control."""
    start, signal = _air_start(data, link)
    if start < 0 or start + 24 > len(data):
        return None
    control, flags = data[start], data[start + 1]
    kind = control & 0x0C
    first, second, third = (data[start + at : start + at + 6] for at in (4, 10, 16))
    if kind == 0 and control in _SORTS:
        return AirFrame(_SORTS[control], second, first, third, False, False, start + 24, signal)
    if kind != 8 or control & 0x40:  # data frames with data in them
        return None
    up, down = bool(flags & 1), bool(flags & 2)
    body = start + 24 + (6 if up and down else 0) + (2 if control & 0x80 else 0) + (4 if control & 0x80 and flags & 0x80 else 0)
    protected = bool(flags & 0x40)
    if up and down:
        return AirFrame("data", data[start + 24 : start + 30], third, None, False, protected, body, signal)
    if up:
        return AirFrame("data", second, third, first, True, protected, body, signal)
    if down:
        return AirFrame("data", third, first, second, False, protected, body, signal)
    return AirFrame("data", second, first, third, True, protected, body, signal)


def _air_start(data: bytes, link: int) -> tuple[int, int | None]:
    """Where the 802.11 header starts and how strong the signal was, where the capture says."""
    if link == WIFI:
        return 0, None
    if len(data) < 8:
        return -1, None
    if link == WIFI_RADIOTAP:
        length = struct.unpack_from("<H", data, 2)[0]
        return length, _radiotap_signal(data, length)
    if link == PPI:
        length, inner = struct.unpack_from("<HI", data, 2)
        return (length, None) if inner == WIFI else (-1, None)
    if link == WIFI_PRISM:
        return struct.unpack_from("<I", data, 4)[0], None
    if link == WIFI_AVS:
        return struct.unpack_from(">I", data, 4)[0], None
    return -1, None


# Sizes and alignments of the radiotap fields that stand before the antenna signal (bit 5).
_BEFORE_SIGNAL = ((8, 8), (1, 1), (1, 1), (4, 2), (2, 1))


def _radiotap_signal(data: bytes, length: int) -> int | None:
    if length > len(data) or length < 9:
        return None
    present, at = struct.unpack_from("<I", data, 4)[0], 8
    if not present & 0x20:
        return None
    more = present
    while more & 0x80000000 and at + 4 <= length:
        more, at = struct.unpack_from("<I", data, at)[0], at + 4
    for bit, (size, alignment) in enumerate(_BEFORE_SIGNAL):
        if present & 1 << bit:
            at += -at % alignment + size
    return int(struct.unpack_from("<b", data, at)[0]) if at < length else None


def carried(data: bytes, body: int) -> tuple[int, int] | None:
    """Type and start of what an unprotected data frame carries behind its LLC/SNAP header."""
    if data[body : body + 6] != _SNAP or len(data) < body + 8:
        return None
    return data[body + 6] << 8 | data[body + 7], body + 8


def network_name(data: bytes, frame: AirFrame) -> str | None:
    """The SSID of a beacon, probe request or response; empty where it is hidden."""
    at = frame.body + (0 if frame.sort == "probe request" else 12)
    while at + 2 <= len(data):
        number, size = data[at], data[at + 1]
        if number == 0:
            raw = data[at + 2 : at + 2 + size]
            return raw.decode("utf-8", "replace") if size <= 32 and any(raw) else ""
        at += 2 + size
    return None
