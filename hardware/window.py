"""The stretch of a capture that is being read: some megabytes that move along the file.

Batches lie in the window: they are to be used before the next one is asked for.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from detector.network.batch import MARGIN
from hardware.unpacking import DamagedError

WINDOW = 3 << 22  # bytes: fifteen thousand frames at a time, and little beside the memory of a Pi
KEPT_FREE = 1 << 22  # bytes: what the columns of a batch take together, about
LONGEST_RECORD = 1 << 24  # bytes; a record said to be longer is damage, not a packet

ReadInto = Callable[[memoryview], int]


class NoRecordError(Exception):
    """The bytes that follow are no record; what came before stands."""


class Window:
    """A stretch of a stream: `data` up to `size`, with `MARGIN` bytes of room behind."""

    def __init__(self, read_into: ReadInto) -> None:
        self._read_into = read_into
        self._trouble: DamagedError | OSError | None = None
        # The C library of Linux keeps freed memory for the next of its size, up to the largest block freed
        # so far; without one, every column of every batch is memory fetched anew from the system.
        np.empty(KEPT_FREE, np.uint8)
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

    def reach(self, at: int, head: int) -> int:
        """Up to where a record may begin: no more than `WINDOW` bytes on, which bounds the frames of a batch."""
        return min(self.size - head, at + WINDOW)

    def only_whole(self, found: NDArray[np.int64], at: int) -> tuple[NDArray[np.int64], int]:
        """Without the last of some records where it reaches beyond the window; and where the next begins."""
        return (found[:-1], int(found[-1])) if at > self.size else (found, at)
