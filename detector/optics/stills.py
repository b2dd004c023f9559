"""Keeps a few of the frames for the report, however long the video: the best lit of each stretch."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from detector.model import Frame, Pixels, Still, Track

MOST_KEPT = 150
"""About 30 MB of JPEG at 1080p; two minutes of video keep one frame in 24."""
FIRST_STRETCH = 24
"""Frames among which the brightest is kept at first; doubled whenever the store is full."""
MOST_SHOWN = 8
QUALITY = 88


class StillKeeper:
    """A store of bounded size that thins itself as the video goes on."""

    def __init__(self) -> None:
        self._kept: list[Still] = []
        self._stretch = FIRST_STRETCH
        self._best: tuple[float, Frame] | None = None

    def add(self, frame: Frame, level: float) -> None:
        """Takes in a frame, whose mean level decides whether it stands for its stretch."""
        if self._best is not None and frame.index // self._stretch != self._best[1].index // self._stretch:
            self._close()
        if self._best is None or level > self._best[0]:
            self._best = (level, frame)

    def kept(self, tracks: Sequence[Track]) -> tuple[Still, ...]:
        """Stills that show the tracks, the most important first, each on the still nearest to one of its sightings; without
        any track, one still of the room.
        """
        self._close()
        if not self._kept:
            return ()
        if not tracks:
            return (self._kept[len(self._kept) // 2],)
        chosen: dict[int, Still] = {}
        for track in tracks:
            still = self._nearest(track)
            if len(chosen) < MOST_SHOWN:
                chosen[still.frame] = still
        return tuple(chosen[frame] for frame in sorted(chosen))

    def _nearest(self, track: Track) -> Still:
        frames = np.array([frame for frame, _, _ in track.points])
        return min(self._kept, key=lambda still: int(np.abs(frames - still.frame).min()))

    def _close(self) -> None:
        if self._best is None:
            return
        _, frame = self._best
        self._best = None
        self._kept.append(Still(frame.index, encode(frame.pixels)))
        if len(self._kept) > MOST_KEPT:
            self._kept = self._kept[::2]
            self._stretch *= 2


def encode(pixels: Pixels) -> bytes:
    """The picture as JPEG."""
    return bytes(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1])
