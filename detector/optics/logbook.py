"""Where the camera looked and how bright it was there: a few numbers a frame, thinned as the sweep goes on."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.optics.flow import Matrix
from detector.optics.motion import Motion
from detector.optics.view import View


@dataclass(frozen=True, slots=True)
class LogLimits:
    """Bounds of the logbook."""

    entries: int = 900
    """Half a minute of frames; a longer sweep keeps some of them by lot.  About 4 MB."""
    pictures: float = 0.1
    """Share of the entries with a picture for the mosaic; 90 of about 25 kB."""
    quality: int = 80
    lost_frames: int = 15
    """After so many frames without measured motion nobody knows where the camera points."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One frame: its place in the sweep, the part of the sweep through which motion could be
    followed, `tiny` (h, w) levels, the transform from pixels of `tiny` to pixels of the first frame,
    how far the picture moved in px, and sometimes a small grey picture as JPEG.
    """

    index: int
    part: int
    tiny: NDArray[np.uint8]
    to_room: Matrix
    speed_px: float
    jpeg: bytes | None


class Logbook:
    """A log of bounded length."""

    def __init__(self, limits: LogLimits | None = None) -> None:
        self._limits = limits or LogLimits()
        self._lots = np.random.default_rng(1)
        self._share = 1.0
        self._kept: list[tuple[float, Entry]] = []
        self._unmeasured = 0
        self._part = 0
        self.frames = 0
        self.size = (0, 0)
        """Width and height of the frames in px."""

    def add(self, view: View, motion: Motion) -> None:
        """Takes in the next frame."""
        self._follow(motion)
        # by lot and not by every second frame, which may be the rhythm of the torch
        lot, index = float(self._lots.random()), self.frames
        self.frames += 1
        self.size = (view.luma.shape[1], view.luma.shape[0])
        if lot >= self._share:
            return
        grow = np.diag([1 / view.tiny_scale, 1 / view.tiny_scale, 1.0])
        jpeg = self._picture(view) if lot < self._share * self._limits.pictures else None
        self._kept.append((lot, Entry(index, self._part, view.tiny, motion.to_room @ grow, motion.speed_px, jpeg)))
        if len(self._kept) > self._limits.entries:
            self._share /= 2
            self._kept = [self._thinned(lot, entry) for lot, entry in self._kept if lot < self._share]

    def entries(self) -> list[Entry]:
        """The frames kept, in order."""
        return [entry for _, entry in self._kept]

    @property
    def frames_per_entry(self) -> float:
        """How many frames each entry stands for."""
        return self.frames / max(len(self._kept), 1)

    def _follow(self, motion: Motion) -> None:
        self._unmeasured = 0 if motion.measured else self._unmeasured + 1
        if self._unmeasured == self._limits.lost_frames:
            self._part += 1

    def _picture(self, view: View) -> bytes:
        return cv2.imencode(".jpg", view.small, [cv2.IMWRITE_JPEG_QUALITY, self._limits.quality])[1].tobytes()

    def _thinned(self, lot: float, entry: Entry) -> tuple[float, Entry]:
        if entry.jpeg is None or lot < self._share * self._limits.pictures:
            return lot, entry
        return lot, Entry(entry.index, entry.part, entry.tiny, entry.to_room, entry.speed_px, None)
