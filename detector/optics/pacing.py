"""Which frames are worth a search: in steady light every second one of a usual video tells nothing new.

A lens shines for a third of a second or longer as one walks past, a torch is switched within a
frame.  So all frames are searched while the light changes, and fifteen or more a second while it does not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from detector.model import Frame
from detector.optics.motion import Motion
from detector.planes import Planes


@dataclass(frozen=True, slots=True)
class PaceLimits:
    """When a frame may be let by."""

    settle_frames: int = 12
    """Searched frames without a change of light before the light counts as steady."""
    least_change: float = 0.02
    """Change of the level, as a natural logarithm, at which the light may have been switched; steady
    rooms under a hand-held camera stay below 0.01."""
    interval_s: float = 0.035
    """Frames nearer in time to the last searched one may be let by: every second one at 30 a second."""
    fast_share: float = 0.015
    """Of the picture's width: a camera that moves faster from frame to frame needs every frame to be followed."""


_STEP_PX = 16
"""The level of a frame that may be let by is looked at on a grid, which a switched torch cannot miss."""


class Pacer:
    """Decides frame by frame; told of every frame that was searched."""

    def __init__(self, limits: PaceLimits | None = None) -> None:
        self._limits = limits or PaceLimits()
        self._searched_s = -math.inf
        self._level = 0.0
        self._calm = 0
        self._slow = False
        self.let_by = 0

    def lets_by(self, frame: Frame) -> bool:
        """Whether `frame` need not be searched; never where the lamp's state is known."""
        before, self._level = self._level, _level(frame)
        changed = abs(math.log((self._level + 1.0) / (before + 1.0))) > self._limits.least_change
        steady = self._calm >= self._limits.settle_frames and not changed
        by = frame.lamp is None and steady and self._slow and frame.at_s - self._searched_s < self._limits.interval_s
        self.let_by += by
        return by

    def searched(self, frame: Frame, change: float, motion: Motion, width: int) -> None:
        """`change` is the log change of the room's level against the frame searched before."""
        self._calm = self._calm + 1 if abs(change) < self._limits.least_change else 0
        self._slow = motion.speed_px < self._limits.fast_share * width
        self._searched_s = frame.at_s


def _level(frame: Frame) -> float:
    pixels = frame.picture.y if isinstance(frame.picture, Planes) else frame.picture
    return float(pixels[::_STEP_PX, ::_STEP_PX].mean())
