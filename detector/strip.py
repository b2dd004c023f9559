"""One finding in pictures: its surroundings lit and unlit side by side, the path of the glint, and the frames of a short clip.

Arithmetic on arrays only; whoever wants files or videos makes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from detector.model import Pixels, Track
from detector.picture import ALARM_BGR, EDGE_BGR, FONT, LOOK_BGR, place_at


@dataclass(frozen=True, slots=True)
class StripLimits:
    """Sizes in px, each with its reason."""

    crop_px: int = 56  # as the crops of the report
    shown_px: int = 300  # three panels fit a desk's screen and can be told apart on a phone
    caption_px: int = 24
    clip_px: int = 960  # wide; plays on anything and stays below a megabyte for two seconds
    inset_px: int = 40  # of the frame, five times enlarged in the clip's corner
    inset_times: int = 5
    quality: int = 88
    kept_quality: int = 95  # of frames that wait to be filmed: they are encoded once more


@dataclass(frozen=True, slots=True)
class Small:
    """A whole frame no wider than a clip, as JPEG, and its width over that of the frame."""

    jpeg: bytes
    shrink: float


@dataclass(frozen=True, slots=True)
class Moment:
    """What is kept of one frame to show one finding in it: the frame's number in its source, its picture made small,
    the square about the glint in the frame's own pixels, the brightest of the few pixels where it stands (0 where
    that is unknown), and the mean level of the whole frame.
    """

    frame: int
    small: Small
    cut: Pixels
    level: float
    mean: float


def small_of(pixels: Pixels, limits: StripLimits | None = None) -> Small:
    """A whole frame, BGR or grey, as it is kept for the clips of all findings that it shows."""
    limits = limits or StripLimits()
    shrink = min(1.0, limits.clip_px / pixels.shape[1])
    size = tuple(2 * max(1, round(n * shrink / 2)) for n in pixels.shape[1::-1])  # video wants even sides
    picture = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return Small(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, limits.kept_quality])[1].tobytes(), shrink)


def moment_of(frame: int, pixels: Pixels, small: Small, track: Track, limits: StripLimits | None = None) -> Moment:
    """What a frame, BGR or grey, shows of one finding."""
    limits = limits or StripLimits()
    place = place_at(track, frame)
    x, y = (max(0, round(n) - 3) for n in place or (0, 0))
    level = 0.0 if place is None else float(pixels[y : y + 7, x : x + 7].max(initial=0))
    cut = _cut(pixels, place or track.points[0][1:], limits.crop_px)
    return Moment(frame, small, cut, level, float(pixels.mean()))


def strip(lit: Moment, unlit: Moment | None, track: Track, limits: StripLimits | None = None) -> bytes | None:
    """Lit crop, unlit crop if there is one, and the path through the picture, as one JPEG."""
    limits = limits or StripLimits()
    panels = [_captioned(_crop(lit, limits), "light on" if unlit else "enlarged", limits)]
    if unlit is not None:
        panels.append(_captioned(_crop(unlit, limits), "light off", limits))
    panels.append(_captioned(_path(lit, track, limits), "its path through the picture", limits))
    return _encoded(np.hstack(panels), limits)


def clip_frame(moment: Moment, track: Track, number: int, *, alarm: bool, limits: StripLimits | None = None) -> Pixels:
    """One frame of a finding's clip: the whole picture with a ring round the glint and an enlarged inset."""
    limits = limits or StripLimits()
    shown, shrink = _decoded(moment.small), moment.small.shrink
    place = place_at(track, moment.frame)
    if place is None:
        return shown
    colour = ALARM_BGR if alarm else LOOK_BGR
    at = (round(place[0] * shrink), round(place[1] * shrink))
    for tint, width in ((EDGE_BGR, 4), (colour, 2)):
        cv2.circle(shown, at, 18, tint, width, cv2.LINE_AA)
        cv2.putText(shown, str(number), (at[0] + 22, at[1] + 6), FONT, 0.7, tint, width, cv2.LINE_AA)
    border = (limits.crop_px - limits.inset_px) // 2
    _inset(shown, _colour(moment.cut)[border:-border, border:-border], at, colour, limits)
    return shown


def _inset(shown: Pixels, cut: Pixels, at: tuple[int, int], colour: tuple[int, int, int], limits: StripLimits) -> None:
    """The enlarged surroundings in the upper corner away from the glint."""
    side = limits.inset_px * limits.inset_times
    if side + 20 > min(shown.shape[:2]):
        return
    left = 10 if at[0] > shown.shape[1] / 2 else shown.shape[1] - side - 10
    big = cv2.resize(cut, (side, side), interpolation=cv2.INTER_NEAREST)
    shown[10 : 10 + side, left : left + side] = big
    cv2.rectangle(shown, (left, 10), (left + side, 10 + side), colour, 2)


def _crop(moment: Moment, limits: StripLimits) -> Pixels:
    return np.asarray(cv2.resize(_colour(moment.cut), (limits.shown_px, limits.shown_px), interpolation=cv2.INTER_NEAREST), np.uint8)


def _cut(pixels: Pixels, place: Sequence[float], side: int) -> Pixels:
    """The square round a place; beyond the picture's edge it is black."""
    x, y = (round(min(max(n, 0), limit - 1)) for n, limit in zip(place, pixels.shape[1::-1], strict=True))
    top, left = y - side // 2, x - side // 2
    inside = pixels[max(0, top) : top + side, max(0, left) : left + side]
    above, before = max(0, -top), max(0, -left)
    below, after = side - above - inside.shape[0], side - before - inside.shape[1]
    # a copy, since a view would keep the whole picture in memory
    return np.asarray(cv2.copyMakeBorder(inside, above, below, before, after, cv2.BORDER_CONSTANT, value=(0, 0, 0)), np.uint8)


def _path(moment: Moment, track: Track, limits: StripLimits) -> Pixels:
    """The whole picture, small, with the way of the glint through it and where it stands now."""
    whole = _decoded(moment.small)
    smaller = limits.shown_px / whole.shape[0]
    shrink = moment.small.shrink * smaller
    small = np.asarray(cv2.resize(whole, None, fx=smaller, fy=smaller, interpolation=cv2.INTER_AREA), np.uint8)
    way = np.rint(np.array([point[1:] for point in track.points]) * shrink).astype(np.int32).reshape(-1, 1, 2)
    for tint, width in ((EDGE_BGR, 4), (LOOK_BGR, 2)):
        cv2.polylines(small, [way], isClosed=False, color=tint, thickness=width, lineType=cv2.LINE_AA)
    here = place_at(track, moment.frame) or track.points[0][1:]
    cv2.circle(small, (round(here[0] * shrink), round(here[1] * shrink)), 7, ALARM_BGR, 2, cv2.LINE_AA)
    return small


def _captioned(panel: Pixels, words: str, limits: StripLimits) -> Pixels:
    (width, _), _ = cv2.getTextSize(words, FONT, 0.5, 1)
    right = max(2, width + 12 - panel.shape[1] - 2)  # the path of an upright film is narrower than its caption
    framed = cv2.copyMakeBorder(panel, limits.caption_px, 2, 2, right, cv2.BORDER_CONSTANT, value=(28, 28, 28))
    cv2.putText(framed, words, (6, limits.caption_px - 7), FONT, 0.5, (235, 235, 235), 1, cv2.LINE_AA)
    return np.asarray(framed, np.uint8)


def _decoded(small: Small) -> Pixels:
    """B, G, R, whatever it was made of."""
    return np.asarray(cv2.imdecode(np.frombuffer(small.jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def _colour(pixels: Pixels) -> Pixels:
    return pixels if pixels.ndim == 3 else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR), np.uint8)


def _encoded(pixels: Pixels, limits: StripLimits) -> bytes | None:
    return bytes(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, limits.quality])[1])
