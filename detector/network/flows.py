"""Flows: how many bytes go which way, how evenly, in which sizes, and whether that is live video.

Bounded memory: a fixed number of flows, the oldest judged and let go when there are more.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from detector.network import p2p

Fact = tuple[str, str]


@dataclass(frozen=True, slots=True)
class FlowLimits:
    """What makes a flow live video, each with its reason."""

    most_flows: int = 20_000  # about 6 MB; a house has some hundred at a time
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
    rtp_share: float = 0.5  # of a flow's datagrams that must look like the format


LIMITS = FlowLimits()


@dataclass(slots=True)
class Flow:
    """One direction between two ends, as sums."""

    first_s: float
    last_s: float
    packets: int = 0
    size: int = 0
    largest: int = 0
    full: int = 0
    looked: int = 0
    second: int = -1
    second_size: int = 0
    seconds: int = 0
    sum_squares: float = 0.0
    pppp_data: int = 0
    pppp_size: int = 0
    video: str = ""
    video_packets: int = 0

    def add(self, size: int, at_s: float) -> None:
        """One more packet of `size` bytes at `at_s`."""
        self.packets += 1
        self.size += size
        self.last_s = at_s
        if size > self.largest:
            self.largest, self.full = size, 0
        if size * 10 >= self.largest * 9:
            self.full += 1
        now = int(at_s)
        if now != self.second:
            self._close_second()
            self.second, self.second_size = now, 0
        self.second_size += size

    def _close_second(self) -> None:
        if self.second_size:
            self.seconds += 1
            self.sum_squares += float(self.second_size) ** 2

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


class Flows:
    """All flows of a sweep by their ends; `key` and `back` are any names of the two directions."""

    def __init__(self, limits: FlowLimits = LIMITS) -> None:
        self._limits = limits
        self._flows: dict[Hashable, tuple[Flow, Hashable, Hashable]] = {}

    def add(self, key: Hashable, back: Hashable, owner: Hashable, size: int, at_s: float) -> Flow:
        """Counts one packet; `owner` is who sends it."""
        entry = self._flows.get(key)
        if entry is None:
            entry = self._flows[key] = (Flow(at_s, at_s), back, owner)
        entry[0].add(size, at_s)
        return entry[0]

    def overfull(self) -> Iterator[tuple[Hashable, Fact]]:
        """Judges and lets go of the oldest flows where there are too many."""
        while len(self._flows) > self._limits.most_flows:
            yield from self._judge(next(iter(self._flows)))

    def finish(self) -> Iterator[tuple[Hashable, Fact]]:
        """What all flows say of their senders."""
        for key in list(self._flows):
            yield from self._judge(key, keep=True)

    def _judge(self, key: Hashable, *, keep: bool = False) -> Iterator[tuple[Hashable, Fact]]:
        flow, back, owner = self._flows[key]
        other = self._flows[back][0] if back in self._flows else None
        if not keep:
            del self._flows[key]
        for fact in self._facts(flow, other):
            yield owner, fact

    def _facts(self, flow: Flow, other: Flow | None) -> Iterator[Fact]:
        limits = self._limits
        if flow.is_live_video(other.size if other else 0, limits):
            yield "stream", "steady video out"
        back = other.pppp_size if other else 0
        if flow.pppp_data >= limits.pppp_packets and flow.pppp_size >= limits.pppp_one_way * back:
            yield "p2p", "PPPP sends video"
        if flow.video_packets >= max(limits.rtp_packets, limits.rtp_share * flow.packets):
            yield "rtp_video", flow.video


def look_inside(flow: Flow, payload: bytes) -> None:
    """Counts what only many datagrams of a flow together show: PPPP data, RTP video in the clear."""
    if payload[:1] == b"\xf1":
        if p2p.is_pppp(payload) and payload[1] == p2p.DATA:
            flow.pppp_data += 1
            flow.pppp_size += len(payload)
    elif payload and payload[0] & 0xC0 == 0x80 and len(payload) > 20:
        video = _rtp_format(payload)
        if video:
            flow.video_packets += video == (flow.video or video)
            flow.video = flow.video or video


def _rtp_format(payload: bytes) -> str:
    """Which video an RTP datagram holds, judged by its first bytes: a fragment of a picture."""
    kind = payload[1] & 0x7F
    at = 12 + 4 * (payload[0] & 0x0F)
    if kind == 26:
        return "JPEG"
    if kind < 96 or at + 2 > len(payload) or payload[0] & 0x10:
        return ""
    first, second = payload[at], payload[at + 1]
    if first & 0x9F == 28 and second & 0x1F in (1, 5) and first & 0x60:  # FU-A of a slice, RFC 6184
        return "H.264"
    if first >> 1 == 49 and second == 1:  # FU of layer 0, RFC 7798
        return "H.265"
    return ""
