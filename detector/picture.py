"""The pictures of a report: where each finding stands, and an enlarged crop of it.

Arithmetic on arrays only; pictures come in and go out as JPEG bytes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from detector.model import Pixels, Still, Track


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """How pictures are made, each number with its reason."""

    widest_px: int = 1600  # sharp on a desk's screen, a few hundred kB inline in the HTML
    crop_px: int = 56  # a lens of 1.5 mm at 1 m and the hand's width around it, on a phone's video
    crop_shown_px: int = 336  # six times enlarged; single pixels become visible
    carry_frames: int = 5  # a hand moves a place by less than a ring's radius in a sixth of a second
    quality: int = 88  # above it JPEG grows without showing more of a point of light


LIMITS = PictureLimits()
FONT = 0  # cv2.FONT_HERSHEY_SIMPLEX, by number so that a broken OpenCV does not stop the report in words
ALARM_BGR, LOOK_BGR, REFUSED_BGR, EDGE_BGR = (60, 60, 235), (30, 170, 250), (175, 175, 175), (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Mark:
    """One ring to draw: where, in which colour's meaning, and the number in the report beside it.

    A refused candidate has no number.
    """

    x: float
    y: float
    number: int | None
    alarm: bool


def place_at(track: Track, frame: int, limits: PictureLimits = LIMITS) -> tuple[float, float] | None:
    """Where a track stands in a frame (pixels), between its points by interpolation.

    None where the track is unknown: further than `carry_frames` outside of its own frames.
    """
    frames = [point[0] for point in track.points]
    if not frames or frame < frames[0] - limits.carry_frames or frame > frames[-1] + limits.carry_frames:
        return None
    after = bisect_left(frames, frame)
    first, last = track.points[max(after - 1, 0)], track.points[min(after, len(frames) - 1)]
    span = last[0] - first[0]
    part = min(max((frame - first[0]) / span, 0.0), 1.0) if span else 0.0
    return first[1] + part * (last[1] - first[1]), first[2] + part * (last[2] - first[2])


def best_still(stills: Sequence[Still], track: Track) -> Still | None:
    """The still that shows the track best: one of its own frames if there is one."""
    shown = [still for still in stills if place_at(track, still.frame) is not None]
    own = {point[0] for point in track.points}
    return min(shown, key=lambda still: (still.frame not in own, still.frame), default=None)


def annotate(still: Still, marks: Sequence[Mark], limits: PictureLimits = LIMITS) -> bytes | None:
    """The whole picture with a numbered ring round each mark, as JPEG; None if it cannot be read."""
    pixels = _decoded(still)
    if pixels is None:
        return None
    shrink = min(1.0, limits.widest_px / pixels.shape[1])
    pixels = np.asarray(cv2.resize(pixels, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.uint8)
    # Numbered rings last, so that no refused candidate covers a finding.
    for mark in sorted(marks, key=lambda mark: mark.number is not None):
        _ring(pixels, mark, shrink)
    return _encoded(pixels, limits)


def crop(still: Still, x: float, y: float, limits: PictureLimits = LIMITS) -> bytes | None:
    """The square round a place, enlarged, as JPEG; beyond the picture's edge it is black."""
    pixels = _decoded(still)
    if pixels is None:
        return None
    half = limits.crop_px // 2
    padded = cv2.copyMakeBorder(pixels, half, half, half, half, cv2.BORDER_CONSTANT, value=(0, 0, 0))
    left = int(np.clip(round(x), 0, pixels.shape[1] - 1))
    top = int(np.clip(round(y), 0, pixels.shape[0] - 1))
    cut = padded[top : top + limits.crop_px, left : left + limits.crop_px]
    size = (limits.crop_shown_px, limits.crop_shown_px)
    return _encoded(np.asarray(cv2.resize(cut, size, interpolation=cv2.INTER_CUBIC), np.uint8), limits)


def _ring(pixels: Pixels, mark: Mark, shrink: float) -> None:
    scale = max(pixels.shape[1] / 1280, 0.4)  # so that rings and numbers look alike in every size
    centre = (round(mark.x * shrink), round(mark.y * shrink))
    if mark.number is None:
        cv2.circle(pixels, centre, round(9 * scale), REFUSED_BGR, 1, cv2.LINE_AA)
        return
    colour, radius, width = ALARM_BGR if mark.alarm else LOOK_BGR, round(24 * scale), max(round(3 * scale), 1)
    left, bottom = _beside(pixels, centre, radius, str(mark.number), scale)
    for tint, extra in ((EDGE_BGR, 2), (colour, 0)):
        cv2.circle(pixels, centre, radius, tint, width + extra, cv2.LINE_AA)
        cv2.putText(pixels, str(mark.number), (left, bottom), FONT, 0.9 * scale, tint, width + extra, cv2.LINE_AA)


def _beside(pixels: Pixels, centre: tuple[int, int], radius: int, text: str, scale: float) -> tuple[int, int]:
    """Where a number begins: right of its ring, or left of it where the picture ends."""
    (width, height), _ = cv2.getTextSize(text, FONT, 0.9 * scale, max(round(3 * scale), 1))
    away = radius + round(6 * scale)
    left = centre[0] + away if centre[0] + away + width < pixels.shape[1] else centre[0] - away - width
    return left, int(np.clip(centre[1] + height // 2, height + 1, pixels.shape[0] - 2))


def _decoded(still: Still) -> Pixels | None:
    raw = np.frombuffer(still.jpeg, np.uint8)
    pixels = cv2.imdecode(raw, cv2.IMREAD_COLOR) if raw.size else None
    return None if pixels is None else np.asarray(pixels, np.uint8)


def _encoded(pixels: Pixels, limits: PictureLimits) -> bytes:
    _, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, limits.quality])
    return jpeg.tobytes()
