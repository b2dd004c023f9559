"""The records of a pcap file: a head of times and lengths, then the frame, one after another."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.network.batch import Batch
from detector.network.columns import pieces
from hardware import lanes
from hardware.lanes import Places, numbers
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
    at, more = FILE_HEAD, True
    while more:
        starts, at = walk(window, at, order, head)
        if starts.size:
            heads = pieces(window.data, starts, form)
            at_s = heads["seconds"] + heads["ticks"] * tick
            yield Batch.over(window.data, starts + head, heads["kept"], at_s, link=link, lengths=heads["length"])
        elif at + head <= window.size and kept_at(window.data.data, at)[0] > LONGEST_RECORD:
            raise NoRecordError
        else:
            more, at = window.advance(at), 0
    if window.size:
        raise NoRecordError


def walk(window: Window, at: int, order: str, head: int) -> tuple[Places, int]:
    """Where whole records begin, and where the first one begins that is not whole, or not looked at."""
    stop = window.reach(at, head) + 1
    plain = partial(plain_native if _is_native(order) else plain_walk, window.data, head=head, order=order)
    return window.only_whole(*lanes.walk(at, stop, Heads(window.data, at, order, head), plain))


def _is_native(order: str) -> bool:
    return struct.pack(order + "H", 1) == struct.pack("=H", 1)


class Heads:
    """The heads of records in a stretch of bytes, for lanes; a record begins at `at`."""

    def __init__(self, data: NDArray[np.uint8], at: int, order: str, size: int) -> None:
        self._data, self._size = data.data, np.int64(size)
        self._kept = numbers(data, order, _KEPT)
        self._high = 2 if order == "<" else 0  # where the upper half of a number stands
        # A time within half a day of the first record's, and behind it two lengths from 1 to 65535.
        time = re.escape(data[at + self._high : at + self._high + 2].tobytes()) + b"." * (2 - self._high)
        short = rb"(?!\0\0)..\0\0" if order == "<" else rb"\0\0(?!\0\0).."
        self._likely = re.compile(time + b"...." + short * 2, re.DOTALL)

    def sizes(self, at: Places) -> Places:
        """Bytes of the records that begin at some places."""
        sizes: Places = self._kept[at] + self._size
        return sizes

    def guesses(self, begins: range) -> list[int]:
        """See `lanes.Form`."""
        return lanes.first_match(self._likely, self._data, begins, self._high)


def plain_walk(data: NDArray[np.uint8], at: int, stop: int, *, head: int, order: str) -> tuple[list[int], int]:
    """The walk link by link; see `lanes.Plain`."""
    kept_at: Callable[..., tuple[Any, ...]] = struct.Struct(order + "8xI").unpack_from
    view, found = data.data, []
    while at < stop:
        found.append(at)
        at += head + kept_at(view, at)[0]
    return found, at


def plain_native(data: NDArray[np.uint8], at: int, stop: int, *, head: int, order: str) -> tuple[list[int], int]:  # noqa: ARG001
    """The same for numbers in the order of this machine, in two thirds of the time: bytes seen as numbers
    four times, one for each place where a number may begin.
    """
    views = [data.data[shift : data.size // 4 * 4 - 4 + shift].cast("I") for shift in range(4)]
    at, stop = at + _KEPT, stop + _KEPT
    found: list[int] = []
    add = found.append
    while at < stop:
        add(at - _KEPT)
        at += views[at & 3][at >> 2] + head
    return found, at - _KEPT
