"""How the scanner moved from frame to frame, from the texture of the room itself.

Corners are followed by Lucas-Kanade flow in a shrunken picture from which the lighting has been
divided out, so that a frame with the torch on can be compared with one without.  A similarity
(shift, turn, scale) fitted by RANSAC carries the whole picture; what single corners move beyond it
is parallax, and is lent to the glints near them.  Where the room has no texture the last speed is
kept and said to be a guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.optics.flow import FloatArray, Matrix, at_nodes, corners_of, flow, similarity, transform
from detector.optics.relit import Back, LightMemory, Past
from detector.optics.view import View

NEIGHBOURS = 5
"""Corners whose median parallax a glint borrows: one or two wrong matches do not count."""
NOISE_SHARE = 0.2
"""Of the mean level of a picture: see `without_lighting`."""
NODE_PX = 96
"""Parallax is found for nodes so far apart, so that its cost does not grow with the glints,"""
CELL_PX = 24
"""and told for cells of this size, evenly from node to node: a table's grows from its far edge to the near one."""


@dataclass(frozen=True, slots=True)
class MotionLimits:
    """Sizes in px of the shrunken picture unless said."""

    corners: int = 120
    faintest_corner: float = 0.0002
    """Of the strongest corner's response, which grows with the square of contrast: a glint 150 levels
    high must not hide a wallpaper of two.  Noise comes in only where texture leaves room for it."""
    renew_below: float = 0.6
    """Corners are chosen anew when this share of them is left,"""
    renew_every: int = 30
    """and at the latest after this many frames, so that new parts of the room get theirs."""
    fewest_inliers: int = 10
    """Fewer matches fit a similarity by chance."""
    ransac_px: float = 1.5
    sudden_px: float = 4.0
    """Who moved faster and cannot be followed further may have stopped: half the flow's window.  With the last speed as the
    only guess a pan that ends at once would be lost for good."""
    parallax_px: float = 12.0
    """A corner that leaves the similarity by more is a wrong match rather than parallax."""
    many_leave: float = 0.7
    """Where fewer follow the similarity, and the light changed, corners that leave it may be what only the torch showed: they are
    followed back, and count where they come back to within"""
    back_px: float = 1.0


@dataclass(frozen=True, slots=True)
class Motion:
    """Motion of one frame against the frame before.

    `to_room` takes pixels of this frame to pixels of the first one; `step` pixels of the frame
    before to this one; `parallax` (rows, columns, 3) is what things moved beyond `step` in x and y,
    and how far they disagree about it, in px, for cells of `CELL_PX`; `speed_px` is how far the middle of
    the picture moved; `measured` false means a guess.
    """

    to_room: Matrix
    step: Matrix
    parallax: FloatArray
    speed_px: float
    measured: bool

    def carry(self, points: FloatArray) -> FloatArray:
        """Where (n, 2) points of the frame before should now be, parallax of their surroundings included."""
        moved = transform(self.step, points)
        return np.asarray(moved + self._cells(points)[:, :2], np.float32)

    def spread(self, points: FloatArray) -> FloatArray:
        """How far the surroundings of (n, 2) points disagree about their parallax, in px."""
        return self._cells(points)[:, 2]

    def shared_out(self, steps: Sequence[int]) -> list[Motion]:
        """The motion over several frames, taken to be even, as that over each of the `steps`, in frames, which it was made of."""
        if len(steps) == 1:
            return [self]
        start = self.to_room @ self.step
        shares = [step / sum(steps) for step in steps]
        here = [np.eye(3) + (self.step - np.eye(3)) * share for share in accumulate(shares, initial=0.0)]
        return [
            Motion(start @ np.linalg.inv(now), now @ np.linalg.inv(before), self.parallax * np.float32(share), self.speed_px * share, self.measured)
            for (before, now), share in zip(pairwise(here), shares, strict=True)
        ]

    def _cells(self, points: FloatArray) -> FloatArray:
        rows, columns = self.parallax.shape[:2]
        cell = np.maximum((points * np.float32(1 / CELL_PX)).astype(np.intp), 0)
        column, row = (np.minimum(cell[:, i], n - 1) for i, n in enumerate((columns, rows)))
        return np.asarray(self.parallax[row, column])


class MotionEstimator:
    """Follows the camera through the frames that it is handed, one after another."""

    def __init__(self, limits: MotionLimits | None = None) -> None:
        self._limits = limits or MotionLimits()
        self._before: NDArray[np.uint8] | None = None
        self._corners: FloatArray = np.zeros((0, 2), np.float32)
        self._level = 0.0
        self._chosen = 0
        self._age = 0
        self._to_room: Matrix = np.eye(3)
        self._step: Matrix = np.eye(3)
        self._frames = 1
        self._number = 0
        self._memory = LightMemory()

    def add(self, view: View, frames: int = 1) -> Motion:
        """The motion up to this frame, so many `frames` after the one before."""
        now = without_lighting(view.small, view.tiny)
        level = float(np.log(cv2.mean(view.tiny)[0] + 1.0))
        self._number += frames
        self._step, self._frames = np.eye(3) + (self._step - np.eye(3)) * (frames / self._frames), frames
        if self._before is not None:
            self._renew(self._before)
        old, new = self._follow(now, self._step)
        step, inliers = similarity(old, new, self._limits.ransac_px, self._limits.fewest_inliers)
        if step is None and _centre_shift(self._step, now.shape) > self._limits.sudden_px:
            old, new = self._follow(now, np.eye(3))
            step, inliers = similarity(old, new, self._limits.ransac_px, self._limits.fewest_inliers)
        back = self._across(now, level, lost=step is None)
        if step is None:
            old, new, inliers = old[:0], new[:0], inliers[:0]
        if back is not None:
            step = np.linalg.inv(back.to_room) @ self._to_room
        measured = step is not None or self._before is None
        self._step = self._step if step is None else step
        self._to_room = self._to_room @ np.linalg.inv(self._step)
        residual = new - transform(self._step, old)
        near = np.abs(residual).max(axis=1, initial=0.0) < self._limits.parallax_px
        if inliers.sum() < self._limits.many_leave * len(old) and self._memory.changed(self._level, level):
            near[near & ~inliers] = self._come_back(now, *(corners[near & ~inliers] for corners in (old, new)))
        self._before, self._level, self._corners = now, level, new[inliers | near] if back is None else back.corners
        grow = np.diag([1 / view.scale, 1 / view.scale, 1.0])
        shrink = np.diag([view.scale, view.scale, 1.0])
        motion = Motion(
            to_room=grow @ self._to_room @ shrink,
            step=grow @ self._step @ shrink,
            parallax=_parallax(old[near] / view.scale, residual[near] / view.scale, view.luma.shape),
            speed_px=_centre_shift(self._step, now.shape) / view.scale,
            measured=measured,
        )
        if back is not None:
            # the step mends what was guessed since, and is no speed
            self._step = np.eye(3) + (back.pace - np.eye(3)) * frames
        return motion

    @property
    def picture(self) -> NDArray[np.uint8]:
        """The newest frame as it is followed: shrunken, grey, the lighting divided out; empty before the first."""
        return np.zeros((0, 0), np.uint8) if self._before is None else self._before

    def _across(self, now: NDArray[np.uint8], level: float, *, lost: bool) -> Back | None:
        """Where the light has changed, remembers what it showed before; and the way back, if the motion was `lost` by it."""
        if self._before is None or not self._memory.changed(self._level, level):
            return None
        last = Past(self._before, self._to_room, self._level, self._number - self._frames)
        back = self._memory.back(last, now, level, self._number, self._step @ np.linalg.inv(self._to_room)) if lost else None
        self._memory.remember(last)
        return back

    def _come_back(self, now: NDArray[np.uint8], old: FloatArray, new: FloatArray) -> NDArray[np.bool_]:
        """Which of (n, 2) corners are found where they were, when they are followed back from where they are now."""
        if self._before is None or not len(old):
            return np.zeros(len(old), np.bool_)
        guess = transform(np.asarray(np.linalg.inv(self._step), np.float64), new)
        back, found = flow(now, self._before, new, guess)
        return np.asarray(found & (np.abs(back - old).max(axis=1) < self._limits.back_px))

    def _follow(self, now: NDArray[np.uint8], foretold: Matrix) -> tuple[FloatArray, FloatArray]:
        """Corners of the picture before and where they are now, both (n, 2)."""
        if self._before is None or not len(self._corners):
            nothing = np.zeros((0, 2), np.float32)
            return nothing, nothing
        new, kept = flow(self._before, now, self._corners, transform(foretold, self._corners))
        return self._corners[kept], new[kept]

    def _renew(self, picture: NDArray[np.uint8]) -> None:
        self._age += self._frames
        if len(self._corners) > self._limits.renew_below * self._chosen and self._age < self._limits.renew_every:
            return
        self._corners = corners_of(picture, self._limits.corners, self._limits.faintest_corner)
        self._chosen, self._age = len(self._corners), 0


def _parallax(corners: FloatArray, residual: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """What `at_nodes` says, for every cell, (rows, columns, 3)."""
    told = at_nodes(corners, residual, shape, NODE_PX, NEIGHBOURS)
    rows, columns = told.shape[:2]
    finer = NODE_PX // CELL_PX
    return np.asarray(cv2.resize(told, (finer * columns, finer * rows), interpolation=cv2.INTER_LINEAR), np.float32)


def _centre_shift(step: Matrix, shape: tuple[int, ...]) -> float:
    centre = np.array([[shape[1] / 2, shape[0] / 2]], np.float32)
    return float(np.hypot(*(transform(step, centre) - centre)[0]))


def without_lighting(small: NDArray[np.uint8], tiny: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Level over the mean of some 24 px around, as grey levels about 110: a reflectance picture.

    So wide a mean is as good from `tiny`, the picture at an eighth of the size.
    """
    h, w = small.shape
    # A share of the picture's own level keeps the noise of its dark parts from being blown up to
    # texture, and leaves the same picture however bright the torch is.
    mean = cv2.add(cv2.blur(tiny, (3, 3)), np.full((), NOISE_SHARE * cv2.mean(tiny)[0] + 1.0))
    return np.asarray(cv2.divide(small, cv2.resize(mean, (w, h), interpolation=cv2.INTER_LINEAR), scale=120.0), np.uint8)
