"""Flows: how many bytes go which way, how evenly, in which sizes, and whether that is live video.

Sums are kept in columns, a row a flow, and many packets are added at once.  Bounded memory: a fixed
number of flows, the oldest judged and let go when there are more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, repeat

import numpy as np
from numpy.typing import NDArray

from detector.network.groups import Groups
from detector.network.inside import VIDEO_NAMES, Inside

Fact = tuple[str, str]

WATCHES: Fact = ("watches", "steady video in")


@dataclass(frozen=True, slots=True)
class FlowLimits:
    """What makes a flow live video, each with its reason."""

    most_flows: int = 20_000  # about 8 MB; a house has some hundred at a time
    least_packets: int = 100  # fewer do not show a rhythm
    least_seconds: float = 3.0  # DeWiCam decides in 2.7 s
    least_rate: float = 15_000.0  # bytes/s: 120 kbit/s, the least that shows a picture
    most_rate: float = 1_500_000.0  # bytes/s: 12 Mbit/s; above it is a copy of files
    one_way: float = 8.0  # out against in: a call sends and receives alike, TCP acknowledges with 3 %
    full_share: tuple[float, float] = (0.25, 0.97)  # of full-size frames: video fills most but ends each picture with a rest
    busy_share: float = 0.9  # of the seconds in which something was sent: live video does not pause
    most_uneven: float = 1.0  # standard deviation of the bytes per second against their mean: a moving scene sends
    # bursts (a captured Yi camera 0.7), chat and browsing are far above
    pppp_packets: int = 30  # data datagrams out before a PPPP session counts as video
    pppp_one_way: float = 5.0  # data bytes out against in: talk-back is little
    rtp_packets: int = 30  # a second of video
    pictures: int = 25  # JPEGs that begin within the datagrams of a flow: a second or two of moving pictures
    rtp_share: float = 0.5  # of a flow's datagrams that must look like the format


LIMITS = FlowLimits()


@dataclass(frozen=True, slots=True)
class Flow:
    """One direction between two ends, as sums of bytes, packets and whole seconds.

    full: packets of nearly the size of the largest.  second_size: bytes of the second that is still
    open.  seconds, sum_squares: over the bytes of those that are over.
    """

    first_s: float
    last_s: float
    packets: int
    size: int
    full: int
    second_size: int
    seconds: int
    sum_squares: float

    def is_live_video(self, back: int, limits: FlowLimits = LIMITS) -> bool:
        """True where size, evenness and direction are those of live video; `back` bytes came back."""
        lasted = self.last_s - self.first_s
        if self.packets < limits.least_packets or lasted < limits.least_seconds:
            return False
        rate, share = self.size / lasted, self.full / self.packets
        return (
            limits.least_rate <= rate <= limits.most_rate
            and self.size >= limits.one_way * back
            and limits.full_share[0] <= share <= limits.full_share[1]
            and self._is_even(limits)
        )

    def _is_even(self, limits: FlowLimits) -> bool:
        """Judged by the whole seconds: the last one is still open."""
        if not self.seconds:
            return False
        mean = (self.size - self.second_size) / self.seconds
        spread = math.sqrt(max(0.0, self.sum_squares / self.seconds - mean * mean))
        passed = int(self.last_s) - int(self.first_s)
        return self.seconds >= limits.busy_share * passed and spread <= limits.most_uneven * mean


_NONE = -1.0  # a second that never is
_COLUMNS = np.dtype([
    ("first_s", "f8"), ("last_s", "f8"), ("packets", "i8"), ("size", "i8"), ("largest", "i8"), ("full", "i8"), ("looked", "i8"),
    ("second", "f8"), ("second_size", "i8"), ("seconds", "i8"), ("sum_squares", "f8"), ("pppp_data", "i8"), ("pppp_size", "i8"),
    ("video", "i8"), ("video_packets", "i8"), ("pictures", "i8"), ("owner", "i8"),
])


class Flows:
    """All flows of a sweep by their keys, which are bytes; `back` makes the key of the other direction.

    An owner is the number of who sends the flow, -1 where nobody of this network does.
    """

    def __init__(self, back: Callable[[bytes], bytes], limits: FlowLimits = LIMITS) -> None:
        self._limits, self._back = limits, back
        self._slots: dict[bytes, int] = {}
        self._free: list[int] = []
        self._used = 0
        self._sums = np.zeros(1024, _COLUMNS)

    def __len__(self) -> int:
        return len(self._slots)

    def slots(self, keys: Sequence[bytes], owners: NDArray[np.int64], first_s: NDArray[np.float64], order: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where the sums of each of some flows stand; new ones begin at `first_s`, are `owners`', and
        count as begun in this order.
        """
        found = np.fromiter(map(self._slots.get, keys, repeat(-1)), np.int64, len(keys))
        new = order[found[order] < 0]
        if new.size:
            found[new] = self._begin([keys[number] for number in new.tolist()], owners[new], first_s[new])
        return found

    def _begin(self, keys: Sequence[bytes], owners: NDArray[np.int64], first_s: NDArray[np.float64]) -> list[int]:
        reused = self._free[len(self._free) - min(len(keys), len(self._free)) :]
        del self._free[len(self._free) - len(reused) :]
        slots = [*reused, *range(self._used, self._used + len(keys) - len(reused))]
        self._used += len(keys) - len(reused)
        if self._used > self._sums.size:
            self._sums = np.concatenate([self._sums, np.zeros(max(self._used, self._sums.size), _COLUMNS)])
        self._slots.update(zip(keys, slots, strict=True))
        sums = np.zeros(len(keys), _COLUMNS)
        sums["first_s"], sums["second"], sums["owner"] = first_s, _NONE, owners
        self._sums[slots] = sums
        return slots

    def add(self, slots: NDArray[np.int64], groups: Groups, size: NDArray[np.int64], at_s: NDArray[np.float64]) -> None:
        """Counts packets: those of group g belong to the flow at `slots[g]`; `size` and `at_s` stand in
        the order of `groups.rows`.
        """
        sums, begins = self._sums, groups.begins
        sums["packets"][slots] += groups.ends - begins
        sums["size"][slots] += np.add.reduceat(size, begins)
        sums["last_s"][slots] = at_s[groups.ends - 1]
        self._largest(slots, groups, size)
        self._seconds(slots, groups, size, np.trunc(at_s))

    def _largest(self, slots: NDArray[np.int64], groups: Groups, size: NDArray[np.int64]) -> None:
        """The largest packet, and how many nearly as large have come since it first came."""
        sums, begins, which = self._sums, groups.begins, groups.which
        before = sums["largest"][slots]
        largest = np.maximum(before, np.maximum.reduceat(size, begins))
        counts, rose = size * 10 >= (largest * 9)[which], largest > before
        if rose.any():
            at = np.flatnonzero((size == largest[which]) & rose[which])
            new = np.ones(at.size, bool)
            new[1:] = which[at[1:]] != which[at[:-1]]
            since = begins.copy()
            since[which[at[new]]] = at[new]
            counts &= np.arange(size.size) >= since[which]
        full = np.add.reduceat(counts.astype(np.int64), begins)
        sums["largest"][slots] = largest
        sums["full"][slots] = np.where(rose, full, sums["full"][slots] + full)

    def _seconds(self, slots: NDArray[np.int64], groups: Groups, size: NDArray[np.int64], second: NDArray[np.float64]) -> None:
        """Bytes of each whole second: a second is over when a packet of another one comes."""
        sums, begins = self._sums, groups.begins
        new = np.ones(size.size, bool)
        new[1:] = second[1:] != second[:-1]
        new[begins] = True
        runs = np.flatnonzero(new)
        first = np.searchsorted(runs, begins)
        last = np.append(first[1:], runs.size) - 1
        total = np.add.reduceat(size, runs)
        goes_on = sums["second"][slots] == second[begins]
        kept = sums["second_size"][slots]
        total[first] += np.where(goes_on, kept, 0)
        over = total.astype(np.float64)
        over[last] = 0.0
        ended = np.where(goes_on, 0, kept)
        sums["seconds"][slots] += np.add.reduceat((over > 0).astype(np.int64), first) + (ended > 0)
        sums["sum_squares"][slots] += np.add.reduceat(over * over, first) + ended.astype(np.float64) ** 2
        sums["second"][slots] = second[runs[last]]
        sums["second_size"][slots] = total[last]

    def looked(self, slots: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many payloads of each flow were offered to be read until now."""
        return self._sums["looked"][slots]

    def offered(self, slots: NDArray[np.int64], more: NDArray[np.int64]) -> None:
        """Counts payloads that were offered to be read."""
        self._sums["looked"][slots] += more

    def add_inside(self, slots: NDArray[np.int64], inside: Inside) -> None:
        """Counts what datagrams looked like; `slots` has one entry a datagram, a flow's in their order."""
        sums = self._sums
        np.add.at(sums["pppp_data"], slots[inside.pppp], 1)
        np.add.at(sums["pppp_size"], slots[inside.pppp], inside.size[inside.pppp])
        np.add.at(sums["pictures"], slots[inside.picture], 1)
        seen = np.flatnonzero(inside.video)
        if seen.size:
            flows, video = slots[seen], inside.video[seen].astype(np.int64)
            named, at = np.unique(flows, return_index=True)
            sums["video"][named] = np.where(sums["video"][named] == 0, video[at], sums["video"][named])
            np.add.at(sums["video_packets"], flows, video == sums["video"][flows])

    def overfull(self) -> Iterator[tuple[int, Fact]]:
        """Judges and lets go of the oldest flows where there are too many."""
        surplus = len(self._slots) - self._limits.most_flows
        if surplus > 0:
            oldest = list(islice(self._slots, surplus))
            yield from self._judged(oldest)
            self._free += [self._slots.pop(key) for key in oldest]

    def ends(self) -> Iterator[tuple[int, bytes]]:
        """Owner and key of every flow that is remembered and has one."""
        slots = np.fromiter(self._slots.values(), np.int64, len(self._slots))
        owners = self._sums["owner"][slots].tolist()
        return ((owner, key) for owner, key in zip(owners, self._slots, strict=True) if owner >= 0)

    def finish(self) -> Iterator[tuple[int, Fact]]:
        """What all flows say of their senders."""
        yield from self._judged(list(self._slots))

    def _judged(self, keys: Sequence[bytes]) -> Iterator[tuple[int, Fact]]:
        slots = np.fromiter(map(self._slots.__getitem__, keys), np.int64, len(keys))
        for number in np.flatnonzero(self._promising(self._sums[slots])).tolist():
            flow, slot = self._sums[slots[number]], self._slots.get(self._back(keys[number]))
            other = None if slot is None else self._sums[slot]
            if flow["owner"] >= 0:
                yield from ((int(flow["owner"]), fact) for fact in self._facts(flow, other))
            elif other is not None and other["owner"] >= 0 and self._is_live_video(flow, other):
                yield int(other["owner"]), WATCHES

    def _promising(self, sums: NDArray[np.void]) -> NDArray[np.bool_]:
        """Which flows are worth a closer look: those of some length and rate, or with something known inside."""
        limits = self._limits
        lasted = sums["last_s"] - sums["first_s"]
        found: NDArray[np.bool_] = (
            ((sums["packets"] >= limits.least_packets) & (lasted >= limits.least_seconds) & (sums["size"] >= limits.least_rate * lasted))
            | (sums["pppp_data"] >= limits.pppp_packets) | (sums["video_packets"] >= limits.rtp_packets)
            | (sums["pictures"] >= limits.pictures)
        )
        return found

    def _facts(self, flow: np.void, other: np.void | None) -> Iterator[Fact]:
        limits = self._limits
        if self._is_live_video(flow, other):
            yield "stream", "steady video out"
        back = 0 if other is None else int(other["pppp_size"])
        if flow["pppp_data"] >= limits.pppp_packets and flow["pppp_size"] >= limits.pppp_one_way * back:
            yield "p2p", "PPPP sends video"
        yield from self._in_the_clear(flow, other)

    def _is_live_video(self, flow: np.void, other: np.void | None) -> bool:
        """Whether one direction, by its sums, is live video; `other` is the way back."""
        fields = ("first_s", "last_s", "packets", "size", "full", "second_size", "seconds", "sum_squares")
        return Flow(*(flow[name].item() for name in fields)).is_live_video(0 if other is None else int(other["size"]), self._limits)

    def _in_the_clear(self, flow: np.void, other: np.void | None) -> Iterator[Fact]:
        """Pictures that anybody may see: by RTP, and whether as many come back, or one JPEG after another."""
        limits = self._limits
        back, pictures_back = (0, 0) if other is None else (int(other["video_packets"]), int(other["pictures"]))
        if flow["video_packets"] >= max(limits.rtp_packets, limits.rtp_share * int(flow["packets"])):
            yield "rtp_video", VIDEO_NAMES[int(flow["video"])]
            if flow["video_packets"] >= limits.pppp_one_way * back:
                yield "stream", "RTP video one way"
        if flow["pictures"] >= max(limits.pictures, limits.pppp_one_way * pictures_back):
            yield "stream", "pictures by UDP"
