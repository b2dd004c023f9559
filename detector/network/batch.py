"""Many captured frames at once, as they lie in one buffer: what a capture file or a live ring hands over.

A frame is a stretch of `data`; nothing is copied or decoded.  Whoever fills a buffer may use it again
after the search has taken the batch: nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from detector.model import Packet

MARGIN = 64
"""Bytes that should follow the last frame in the buffer: headers are read in pieces of up to this
size, also where a frame is shorter.  A buffer without them is copied once."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Frames in the order in which they were heard, one row each; all arrays have one entry a frame.

    data: the buffer, one-dimensional bytes.  starts: where each frame begins in it.  kept: bytes of it
    that are there.  lengths: bytes it had on the wire, more than `kept` where it was snapped.  at_s:
    seconds.  links: pcap link types.  Frames may lie in any order, with anything between them.
    """

    data: NDArray[np.uint8]
    starts: NDArray[np.int64]
    kept: NDArray[np.int64]
    lengths: NDArray[np.int64]
    at_s: NDArray[np.float64]
    links: NDArray[np.int32]

    @classmethod
    def over(
        cls, data: bytes | bytearray | memoryview | NDArray[np.uint8], starts: ArrayLike, kept: ArrayLike,
        at_s: ArrayLike, *, link: ArrayLike = 1, lengths: ArrayLike | None = None,
    ) -> Self:
        """A batch over any buffer and any sequences; `link` is one number for all, or one a frame.

        Raises ValueError where the sequences differ in length or a frame reaches beyond the buffer.
        """
        buffer = data if isinstance(data, np.ndarray) else np.frombuffer(data, np.uint8)
        begin, there = np.asarray(starts, np.int64), np.asarray(kept, np.int64)
        wire = there if lengths is None else np.asarray(lengths, np.int64)
        when, links = np.asarray(at_s, np.float64), np.broadcast_to(np.asarray(link, np.int32), begin.shape)
        if not begin.shape == there.shape == wire.shape == when.shape:
            raise ValueError("a batch needs one start, length and time for each frame")
        if begin.size and (begin.min() < 0 or there.min() < 0 or (begin + there).max() > buffer.size):
            raise ValueError("a frame reaches beyond its buffer")
        return cls(buffer, begin, there, wire, when, links)

    @classmethod
    def of(cls, packets: Sequence[Packet]) -> Self:
        """A batch of single packets, copied together."""
        kept = [len(packet.data) for packet in packets]
        data = np.frombuffer(b"".join([*(packet.data for packet in packets), bytes(MARGIN)]), np.uint8)
        starts = np.cumsum([0, *kept])[:-1]
        at_s, links = [packet.at_s for packet in packets], [packet.link for packet in packets]
        return cls.over(data, starts, kept, at_s, link=links, lengths=[packet.length for packet in packets])

    def __len__(self) -> int:
        return self.starts.size

    def part(self, rows: slice) -> Self:
        """Some of the frames, over the same buffer."""
        return type(self)(
            self.data, self.starts[rows], self.kept[rows], self.lengths[rows], self.at_s[rows], self.links[rows]
        )

    def packets(self) -> Iterator[Packet]:
        """The frames one by one, each with a copy of its bytes."""
        rows: Iterable[tuple[int, int, int, float, int]] = zip(
            self.starts.tolist(), self.kept.tolist(), self.lengths.tolist(), self.at_s.tolist(), self.links.tolist(),
            strict=True,
        )
        whole = self.data.data
        for start, kept, length, at_s, link in rows:
            yield Packet(bytes(whole[start : start + kept]), at_s, link, length)
