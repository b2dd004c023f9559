"""Which frames were lit by the torch, found out from the frames.

Each frame is compared with the one before, moved into place, so that panning over dark and bright
things does not count.  A torch changes the whole picture within a frame; exposure control takes
many.  A jump up therefore says "lit from here", a jump down "dark from here".  Where rows of one
frame differ, `rolling` tells them apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.model import LampState
from detector.optics.motion import Motion
from detector.optics.rolling import BANDS, Bands, HalfLit, RollingLimits, band_changes, half_lit
from detector.optics.view import View


@dataclass(frozen=True, slots=True)
class LightingLimits:
    """Changes of level from one frame to the next, as natural logarithms."""

    least_jump: float = 0.025
    """Steady rooms under a hand-held camera stay below 0.01."""
    share_of_jumps: float = 0.4
    """A change well below the usual jump is exposure control or somebody passing."""
    about: int = 8
    """Jumps before or after that show what is usual: a torch adds less to a lit room than to the dark one that is
    filmed next."""
    fewest_jumps: int = 2


class LightMeter:
    """Records how the level of the room changes from frame to frame."""

    def __init__(self, limits: LightingLimits | None = None) -> None:
        self._limits = limits or LightingLimits()
        self._before: NDArray[np.float32] | None = None
        self._changes: list[float] = []
        self._bands: list[Bands] = []
        self._height_px = 0

    def add(self, view: View, motion: Motion) -> None:
        """Takes in the next frame with its motion."""
        now = view.tiny.astype(np.float32)
        change, bands = _NO_CHANGE if self._before is None else _change(self._before, now, motion, view.tiny_scale)
        self._changes.append(change)
        self._bands.append(bands)
        self._before, self._height_px = now, view.luma.shape[0]

    @property
    def change(self) -> float:
        """Log change of level at the newest frame."""
        return self._changes[-1] if self._changes else 0.0

    def states(self, elsewhere: Sequence[int] = ()) -> Sequence[LampState | None]:
        """One state a frame: all None when the lighting never switched, `HalfLit` where it switched
        while frames were taken.  At the frames `elsewhere` (rising) another place comes into the picture, whose light
        has nothing to do with that before.
        """
        rolling = self._half_lit_somewhere(elsewhere)
        bounds = [slice(first, end) for first, end in pairwise([0, *elsewhere, len(self._changes)]) if end > first]
        return self._together([self._part(frames, rolling=rolling) for frames in bounds])

    def _half_lit_somewhere(self, elsewhere: Sequence[int]) -> bool:
        """Whether the torch was switched while frames were taken; one place alone may show too few such frames to tell."""
        bands = list(self._bands)
        for frame in elsewhere:
            bands[frame] = _NO_CHANGE[1]
        return half_lit(bands, self._height_px) is not None

    def _part(self, frames: slice, *, rolling: bool) -> Sequence[LampState | None]:
        told = half_lit(self._bands[frames], self._height_px, _EVEN_NONE) if rolling else None
        return told or classify([0.0, *self._changes[frames][1:]], self._limits)

    def _together(self, parts: Sequence[Sequence[LampState | None]]) -> Sequence[LampState | None]:
        """The states of all parts, one after another: steady light among switched light is that of a torch left on."""
        if len(parts) == 1:
            return parts[0]
        left_on: LampState = "on-axis"
        switched = any(any(part) for part in parts)
        sure: list[Sequence[LampState | None]] = [(left_on,) * len(part) if switched and not any(part) else part for part in parts]
        return HalfLit.joined(sure, self._height_px) if any(isinstance(part, HalfLit) for part in sure) else tuple(chain(*sure))


_EVEN_NONE = RollingLimits(fewest_half_lit=0)
_NO_CHANGE = 0.0, np.zeros(BANDS, np.float32)


def _change(before: NDArray[np.float32], now: NDArray[np.float32], motion: Motion, scale: float) -> tuple[float, Bands]:
    """Log change of level of what both pictures show, over the whole and for each band of rows; so
    small pictures forgive errors of the motion.
    """
    step = motion.step[:2] * (1.0, 1.0, scale)
    # so far below that no pixel made of a known and an unknown one passes for a dark one
    moved = np.asarray(cv2.warpAffine(before, step, (now.shape[1], now.shape[0]), borderValue=-1e6), np.float32)
    both = moved >= 0.0
    count = np.count_nonzero(both)
    if count < both.size // 8:
        return _NO_CHANGE
    seen = both.astype(np.float32)
    was, is_now = (float(np.vdot(level, seen)) / count for level in (moved, now))
    return math.log((is_now + 1.0) / (was + 1.0)), band_changes(moved, now, both)


def classify(changes: Sequence[float], limits: LightingLimits | None = None) -> tuple[LampState | None, ...]:
    """Lamp states from the log change of level at each frame (the first is ignored)."""
    limits = limits or LightingLimits()
    change = np.asarray(changes, np.float64)
    jumps = np.abs(change) > limits.least_jump
    sizes = np.abs(change[jumps])
    jumps[jumps] = sizes > limits.share_of_jumps * _usual(sizes, limits.about)
    places = np.flatnonzero(jumps)
    # a switched torch goes both ways; exposure control under a slow pan goes on in one
    if len(places) < limits.fewest_jumps or (change[places] > 0).all() or (change[places] < 0).all():
        return (None,) * len(change)
    states: list[LampState | None] = []
    state: LampState = "dark" if change[places[0]] > 0 else "on-axis"
    for here, jump in zip(change, jumps, strict=True):
        if jump:
            state = "on-axis" if here > 0 else "dark"
        states.append(state)
    return tuple(states)


def _usual(sizes: NDArray[np.float64], about: int) -> NDArray[np.float64]:
    """For each jump the median size of itself and those before it, or after it where these are smaller."""
    if len(sizes) < 2 * about:
        return np.full(len(sizes), np.median(sizes) if len(sizes) else 0.0)
    medians = np.median(np.lib.stride_tricks.sliding_window_view(sizes, about), axis=1)
    unknown = np.full(about - 1, np.inf)
    return np.asarray(np.minimum(np.concatenate([unknown, medians]), np.concatenate([medians, unknown])), np.float64)
