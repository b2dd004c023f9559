"""What only many datagrams of a flow together show: PPPP data, RTP video in the clear, pictures that begin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.network import p2p
from detector.network.columns import pieces

VIDEO_NAMES = ("", "JPEG", "H.264", "H.265")
_JPEG, _H264, _H265 = 1, 2, 3
_JPEG_PAYLOAD, _FIRST_DYNAMIC = 26, 96  # RFC 3551
_LEAST_RTP = 20  # bytes: a head of 12 and something behind it

# Toys, endoscopes and cheap doorbells send one JPEG after another, each datagram behind a short head of their own.
PICTURE_PLACES = range(0, 36, 4)
LEAST_PICTURE = 200  # bytes of the datagram in which a picture begins
_PICTURE, _FIRST_MARK = 0xFFD8FF00, 0xFFD8FFC0  # start of image, then a marker

_START = np.dtype([("first", "u1"), ("second", "u1"), ("length", ">u2")])
_MARK = np.dtype([("mark", ">u4")])


@dataclass(frozen=True, slots=True)
class Inside:
    """One entry a datagram: is it PPPP data, how long is it, which of `VIDEO_NAMES` is it, does a JPEG begin in it."""

    pppp: NDArray[np.bool_]
    size: NDArray[np.int64]
    video: NDArray[np.uint8]
    picture: NDArray[np.bool_]


def look_inside(data: NDArray[np.uint8], begin: NDArray[np.int64], end: NDArray[np.int64]) -> Inside:
    """Looks at the first bytes of datagrams that stand in a (padded) buffer."""
    start, size = pieces(data, begin, _START), end - begin
    pppp = (start["first"] == 0xF1) & (start["second"] == p2p.DATA) & (start["length"] == size - 4)
    video = np.zeros(begin.size, np.uint8)
    rtp = np.flatnonzero((start["first"] & 0xC0 == 0x80) & (size > _LEAST_RTP))
    if rtp.size:
        video[rtp] = _rtp_video(data, begin[rtp], end[rtp], start[rtp])
    picture = np.zeros(begin.size, np.bool_)
    large = np.flatnonzero(size >= LEAST_PICTURE)
    if large.size:
        picture[large] = _begins_picture(data, begin[large])
    return Inside(pppp, size, video, picture)


def _begins_picture(data: NDArray[np.uint8], begin: NDArray[np.int64]) -> NDArray[np.bool_]:
    """In which datagrams a JPEG begins near their first byte."""
    found = np.zeros(begin.size, np.bool_)
    for place in PICTURE_PLACES:
        mark = pieces(data, begin + place, _MARK)["mark"]
        found |= (mark >= _FIRST_MARK) & (mark & 0xFFFFFF00 == _PICTURE)
    return found


def _rtp_video(data: NDArray[np.uint8], begin: NDArray[np.int64], end: NDArray[np.int64], start: NDArray[np.void]) -> NDArray[np.uint8]:
    """Which video RTP datagrams hold, judged by their first bytes: a fragment of a picture."""
    kind = start["second"] & 0x7F
    at = begin + 12 + 4 * (start["first"] & 0x0F).astype(np.int64)
    fits = (kind >= _FIRST_DYNAMIC) & (at + 2 <= end) & (start["first"] & 0x10 == 0)
    at = np.where(fits, at, begin)
    first, second = data[at], data[at + 1]
    # FU-A of a slice, RFC 6184; FU of layer 0, RFC 7798.
    slices = (second & 0x1F == 1) | (second & 0x1F == 5)
    h264 = fits & (first & 0x9F == 28) & slices & (first & 0x60 != 0)
    h265 = fits & (first >> 1 == 49) & (second == 1)
    return np.select([kind == _JPEG_PAYLOAD, h264, h265], [_JPEG, _H264, _H265], 0).astype(np.uint8)
