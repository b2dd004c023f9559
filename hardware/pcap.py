"""The records of a pcap file: a head of times and lengths, then the frame, one after another."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from detector.network.batch import Batch
from detector.network.columns import pieces
from hardware.window import LONGEST_RECORD, NoRecordError, Window

FILE_HEAD = 24  # bytes
_KEPT = 8  # where in a record's head its length stands

_ORDERS = {
    # magic: byte order, length of a record's head, seconds per tick
    b"\xd4\xc3\xb2\xa1": ("<", 16, 1e-6),
    b"\xa1\xb2\xc3\xd4": (">", 16, 1e-6),
    b"\x4d\x3c\xb2\xa1": ("<", 16, 1e-9),
    b"\xa1\xb2\x3c\x4d": (">", 16, 1e-9),
    b"\x34\xcd\xb2\xa1": ("<", 24, 1e-6),  # the patched pcap of old Linux systems: a longer head
    b"\xa1\xb2\xcd\x34": (">", 24, 1e-6),
}
MAGICS = frozenset(_ORDERS)


def batches(window: Window, magic: bytes) -> Iterator[Batch]:
    """All frames of a file that begins with one of `MAGICS`; errors as in `records`."""
    order, head, tick = _ORDERS[magic]
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
    data, last = window.data.data, window.reach(at, head)
    found: list[int] = []
    while at <= last:
        found.append(at)
        at += head + kept_at(data, at)[0]
    return window.only_whole(found, at)


def _walk_native(window: Window, at: int, head: int) -> tuple[list[int], int]:
    """The same for numbers in the order of this machine, in two thirds of the time: a window seen as
    numbers four times, one for each place where a number may begin.
    """
    last = window.reach(at, head) + _KEPT
    views = [window.data.data[shift : window.data.size // 4 * 4 - 4 + shift].cast("I") for shift in range(4)]
    at += _KEPT
    found: list[int] = []
    add = found.append
    while at <= last:
        add(at - _KEPT)
        at += views[at & 3][at >> 2] + head
    return window.only_whole(found, at - _KEPT)
