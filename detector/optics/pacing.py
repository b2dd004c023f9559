"""Which frames are worth a search: in steady light every second one of a usual video tells nothing new,
and between lit frames a dark one tells only what shines by itself.

A lens shines for a third of a second or longer as one walks past, a torch is switched within a
frame.  So all lit frames are searched while the light changes, and fifteen or more a second while it does not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.model import Frame
from detector.optics.motion import Motion
from detector.planes import Planes

Bands = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PaceLimits:
    """When a frame may be let by.  Changes of level are natural logarithms."""

    settle_frames: int = 12
    """Searched frames without a change of light before the light counts as steady."""
    least_change: float = 0.02
    """Change of the level at which the light may have been switched; steady rooms under a hand-held
    camera stay below 0.01."""
    interval_s: float = 0.035
    """Frames nearer in time to the last searched one may be let by: every second one at 30 a second."""
    fast_share: float = 0.015
    """Of the picture's width: a camera that moves faster from frame to frame needs every frame to be followed."""
    darker: float = 0.04
    """By how much every band of rows must be darker than in the frame searched last: hand-held cameras in
    steady light stay below 0.03, mains flicker and a half-lit frame leave one band as it was."""
    back: float = 0.5
    """Of what was lost: light that comes back by less fades in and out."""
    most_dark: int = 3
    """Frames of darkness over which the room can be followed from light to light: 5 Hz at 30 a second."""
    dark_interval_s: float = 0.09
    """Dark frames nearer in time to the last one that was glanced at are let by: three tell whether a thing shines by itself."""


_BANDS = 5
_GRID = (160, 9 * _BANDS)
"""Columns and rows of the grid on which the level of a frame is looked at: a switched torch cannot miss it."""


@dataclass(frozen=True, slots=True)
class Due:
    """A frame that is due to be searched, and dark ones that came before it and are worth a glance; `steps` says how
    many frames each of these came after the one before, `frame` as the last.
    """

    frame: Frame
    dark: Sequence[Frame] = ()
    steps: Sequence[int] = (1,)


class Pacer:
    """Decides frame by frame; told of every frame that was searched.

    `let_by` counts the frames that were let by, `dark` those that are only glanced at between lit ones.
    """

    def __init__(self, limits: PaceLimits | None = None) -> None:
        self._limits = limits or PaceLimits()
        self._searched_s = -math.inf
        self._level = 0.0
        self._calm = 0
        self._slow = False
        self._even = 0
        self._step_s = math.inf
        self._came_s = -math.inf
        self._lit: Bands | None = None
        self._newest: Bands = np.zeros(_BANDS)
        self._held: list[Frame] = []
        self._glanced_s = -math.inf
        self._loss = 0.0
        self.let_by = 0
        self.dark = 0

    def due(self, frame: Frame) -> list[Due]:
        """What is to be searched now that `frame` has come: nothing where it is let by or may be dark."""
        self._newest = _levels(frame)
        self._step_s, self._came_s = (frame.at_s - self._came_s) / (1 + frame.spared), frame.at_s
        self.let_by += frame.spared
        if self._lets_by(frame):
            return []
        if frame.lamp is None and self._lit is not None:
            lost = self._lit - self._newest
            if lost.min() > self._limits.darker and len(self._held) < self._limits.most_dark:
                self._held.append(frame)
                self._loss = float(lost.mean())
                return []
            if self._held and lost.mean() < (1.0 - self._limits.back) * self._loss:
                return [self._glances(frame)]
        return [*self.rest(), Due(frame)]

    @property
    def at_ease(self) -> bool:
        """Whether frames come so often, so evenly lit and from so quiet a hand that every second one is let by unseen."""
        return self._step_s < self._limits.interval_s and self._slow and min(self._calm, self._even) >= self._limits.settle_frames

    def _glances(self, frame: Frame) -> Due:
        """A lit frame, and those of the dark ones before it that are worth a glance."""
        dark, steps = [], [1]
        for held in self._held:
            if held.at_s - self._glanced_s >= self._limits.dark_interval_s:
                self._glanced_s = held.at_s
                dark.append(held)
                steps.append(1)
            else:
                steps[-1] += 1
        self.dark += len(dark)
        self.let_by += len(self._held) - len(dark)
        self._held = []
        return Due(frame, dark, steps)

    def rest(self) -> list[Due]:
        """Frames held back, which are to be searched as they are."""
        held, self._held = self._held, []
        return [Due(frame) for frame in held]

    def _lets_by(self, frame: Frame) -> bool:
        """Whether `frame` need not be searched; never where the lamp's state is known."""
        before, self._level = self._level, float(np.exp(self._newest).mean())
        changed = abs(math.log(self._level / max(before, 1.0))) > self._limits.least_change
        self._even = 0 if changed or frame.lamp is not None else self._even + 1
        steady = self._calm >= self._limits.settle_frames and not changed
        by = frame.lamp is None and steady and self._slow and frame.at_s - self._searched_s < self._limits.interval_s
        self.let_by += by
        return by

    def searched(self, frame: Frame, change: float, motion: Motion, width: int) -> None:
        """`change` is the log change of the room's level against the frame searched before."""
        self._calm = self._calm + 1 if abs(change) < self._limits.least_change else 0
        self._slow = motion.speed_px < self._limits.fast_share * width
        self._searched_s = frame.at_s
        self._lit = self._newest


def _levels(frame: Frame) -> Bands:
    """Logarithm of the level of each band of rows, one grey step added."""
    pixels = frame.picture.y if isinstance(frame.picture, Planes) else frame.picture
    grid = np.asarray(cv2.resize(pixels, _GRID, interpolation=cv2.INTER_NEAREST))
    return np.asarray(np.log(grid.reshape(_BANDS, -1).mean(axis=1) + 1.0))
