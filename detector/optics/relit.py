"""The way across a change of light, by the picture from before the light last changed.

A torch that goes on or off shows other corners than those that were followed, but the same as before it went off or on.  Each
change of a torch that is switched by hand would break the camera's motion else.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.optics.flow import FloatArray, Matrix, corners_of, flow, similarity, transform


@dataclass(frozen=True, slots=True)
class RelitLimits:
    """What is remembered, and what must agree; levels are mean grey levels."""

    remembered: int = 3
    """Pictures from before a change."""
    frames: int = 45
    """In which the light must change back."""
    change: float = 0.1
    """Of the logarithm of the level."""
    darkest: float = 8.0
    """Noise that a codec copies from one black picture to the next seems to stand still."""
    least_alike: float = 0.15
    """Share of the corners that must agree: a fifth to a third do after a quarter of a second."""
    within_px: float = 1.5
    fewest: int = 10
    corners: int = 120
    faintest_corner: float = 0.0002
    """As in `MotionLimits`."""


@dataclass(frozen=True, slots=True)
class Past:
    """A picture with the lighting divided out, what takes its pixels to the room picture, the logarithm of its level, and the number
    of its frame.
    """

    picture: NDArray[np.uint8]
    to_room: Matrix
    level: float
    number: int


@dataclass(frozen=True, slots=True)
class Back:
    """What a picture from before the light changed tells of a new one: what takes its pixels `to_room`, the `pace` since then as the
    step of a frame, and its (n, 2) corners in the new one.
    """

    to_room: Matrix
    pace: Matrix
    corners: FloatArray


class LightMemory:
    """Remembers what was seen before the light changed."""

    def __init__(self, limits: RelitLimits | None = None) -> None:
        self._limits = limits or RelitLimits()
        self._past: deque[Past] = deque(maxlen=self._limits.remembered)

    def changed(self, before: float, now: float) -> bool:
        """Whether the light changed from one logarithm of a level to another."""
        return abs(now - before) > self._limits.change

    def remember(self, last: Past) -> None:
        """Takes in the last picture before a change."""
        if last.level > math.log(self._limits.darkest):
            self._past.append(last)

    def back(self, last: Past, now: NDArray[np.uint8], level: float, number: int, guess: Matrix) -> Back | None:
        """The way from an earlier picture to frame `number`, whose light differs from that of the last one; None where there is no
        such picture, or it does not fit.  `guess` takes pixels of the room picture to those of the new one.
        """
        limits, change = self._limits, abs(last.level - level)
        alike = [past for past in self._past if abs(past.level - level) < change / 2 and number - past.number <= limits.frames]
        if not alike or not self.changed(last.level, level) or level < math.log(limits.darkest):
            return None
        past = alike[-1]
        corners = corners_of(past.picture, limits.corners, limits.faintest_corner)
        new, found = flow(past.picture, now, corners, transform(guess @ past.to_room, corners))
        step, agree = similarity(corners[found], new[found], limits.within_px, limits.fewest)
        if step is None or agree.sum() < limits.least_alike * len(corners):
            return None
        pace = np.eye(3) + (step - np.eye(3)) / (number - past.number)
        return Back(past.to_room @ np.linalg.inv(step), pace, new[found][agree])
