"""Short bursts of whole frames, kept while the sweep goes on, so that it can be looked at once more.

A live sweep cannot be read twice, and a recorded one should not be.  The sweep is cut into blocks of
about a second; of these every n-th is kept as grey JPEG pictures with the motion of each frame, and
n doubles whenever the store is full.  The store is therefore spread evenly over the sweep and does
not grow with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.model import Still
from detector.optics.motion import Motion

Luma = NDArray[np.uint8]
"""(h, w) grey levels."""


@dataclass(frozen=True, slots=True)
class BurstLimits:
    """Bounds of the store."""

    frames: int = 30
    """A second of video: six times the sightings that a judgement asks for at least."""
    bursts: int = 4
    """120 frames are 12 MB as JPEG at 720p and 27 MB at 1080p."""
    quality: int = 90
    """Changes a level by half a step on average, less than a video's own compression."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One kept frame: its place in the sweep (counted from 0), its number in its source, the grey
    picture as JPEG, how the camera had moved, and whether it was searched or only glanced at in the dark.
    """

    index: int
    number: int
    jpeg: bytes
    motion: Motion
    searched: bool = True

    def luma(self) -> Luma:
        """The picture, (h, w) grey levels."""
        return np.asarray(cv2.imdecode(np.frombuffer(self.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE), np.uint8)


class Reel(Sequence[Luma]):
    """The pictures of a run.  As many of the first as fit are decoded once, the others whenever they are
    asked for: a run of 120 whole frames would fill 250 MB at 1080p.
    """

    def __init__(self, shots: Sequence[Shot], most_bytes: int = 30_000_000) -> None:
        # 30 MB hold a burst at 720p and half of one at 1080p
        self._shots, self._room = shots, most_bytes
        self._decoded: dict[int, Luma] = {}

    def __len__(self) -> int:
        return len(self._shots)

    @overload
    def __getitem__(self, index: int) -> Luma: ...
    @overload
    def __getitem__(self, index: slice) -> Reel: ...
    def __getitem__(self, index: int | slice) -> Luma | Reel:
        if isinstance(index, slice):
            return Reel(self._shots[index], self._room)
        picture = self._decoded.get(index)
        if picture is None:
            picture = self._shots[index].luma()
            if picture.size <= self._room:
                self._decoded[index] = picture
                self._room -= picture.size
        return picture


class BurstKeeper:
    """A store of bounded size."""

    def __init__(self, limits: BurstLimits | None = None) -> None:
        self._limits = limits or BurstLimits()
        self._every = 1
        self._shots: list[Shot] = []

    def expect(self, frames: int) -> None:
        """Told how many frames will come, the store makes no pictures that it would let go later."""
        while frames / (self._limits.frames * self._every) > self._limits.bursts:
            self._every *= 2

    def add(self, index: int, number: int, luma: Luma, motion: Motion, *, searched: bool = True) -> None:
        """Takes in frame `index` of the sweep, which its source numbers `number`."""
        if not self._wanted(index):
            return
        if len(self._shots) >= self._limits.frames * self._limits.bursts:
            self._every *= 2
            self._shots = [shot for shot in self._shots if self._wanted(shot.index)]
            if not self._wanted(index):
                return
        _, jpeg = cv2.imencode(".jpg", luma, [cv2.IMWRITE_JPEG_QUALITY, self._limits.quality])
        self._shots.append(Shot(index, number, jpeg.tobytes(), motion, searched))

    def runs(self) -> list[list[Shot]]:
        """The kept frames as runs of consecutive ones; neighbouring bursts are one run."""
        runs: list[list[Shot]] = []
        for shot in self._shots:
            if runs and shot.index == runs[-1][-1].index + 1:
                runs[-1].append(shot)
            else:
                runs.append([shot])
        return runs

    def stills(self, numbers: Sequence[int], reach: int) -> tuple[Still, ...]:
        """Kept frames no farther than `reach` frames from any of these numbers of the source."""
        wanted = np.array(sorted(numbers))
        return tuple(
            Still(shot.number, shot.jpeg)
            for shot in self._shots
            if len(wanted) and int(np.abs(wanted - shot.number).min()) <= reach
        )

    def _wanted(self, index: int) -> bool:
        return (index // self._limits.frames) % self._every == 0
