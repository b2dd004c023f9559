"""How the scanner moved from frame to frame, from the texture of the room itself.

Corners are followed by Lucas-Kanade flow in a shrunken picture from which the lighting has been
divided out, so that a frame with the torch on can be compared with one without.  A similarity
(shift, turn, scale) fitted by RANSAC carries the whole picture; what single corners move beyond it
is parallax, and is lent to the glints near them.  Where the room has no texture the last speed is
kept and said to be a guess.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
"""3x3 homogeneous transform of pixel positions (x, y, 1)."""
FloatArray = NDArray[np.float32]

NEIGHBOURS = 5
"""Corners whose median parallax a glint borrows: one or two wrong matches do not count."""


@dataclass(frozen=True, slots=True)
class MotionLimits:
    """Sizes in px of the shrunken picture unless said."""

    work_width_px: int = 640
    """At 640 px a hand-held step stays inside the reach of three pyramid levels."""
    corners: int = 160
    renew_below: int = 90
    fewest_inliers: int = 10
    """Fewer matches fit a similarity by chance."""
    ransac_px: float = 1.5
    parallax_px: float = 12.0
    """A corner that leaves the similarity by more is a wrong match rather than parallax."""


@dataclass(frozen=True, slots=True)
class Motion:
    """Motion of one frame against the frame before.

    `to_room` takes pixels of this frame to pixels of the first one; `step` pixels of the frame
    before to this one; `corners` (n, 2) are followed corners of the frame before and `parallax`
    (n, 2) what each moved beyond `step`, in px; `speed_px` is how far the middle of the picture
    moved; `measured` false means a guess.
    """

    to_room: Matrix
    step: Matrix
    corners: FloatArray
    parallax: FloatArray
    speed_px: float
    measured: bool

    def carry(self, points: FloatArray, neighbours: int = NEIGHBOURS) -> FloatArray:
        """Where (n, 2) points of the frame before should now be, parallax of their surroundings included."""
        moved = transform(self.step, points)
        if len(self.corners) < neighbours or not len(points):
            return moved
        far = ((points[:, None, :] - self.corners[None]) ** 2).sum(axis=2)
        near = np.argpartition(far, neighbours - 1, axis=1)[:, :neighbours]
        return np.asarray(moved + np.median(self.parallax[near], axis=1), np.float32)


class MotionEstimator:
    """Follows the camera through the frames that it is handed, one after another."""

    def __init__(self, limits: MotionLimits | None = None) -> None:
        self._limits = limits or MotionLimits()
        self._before: NDArray[np.uint8] | None = None
        self._corners: FloatArray = np.zeros((0, 2), np.float32)
        self._to_room: Matrix = np.eye(3)
        self._step: Matrix = np.eye(3)

    def add(self, luma: NDArray[np.uint8]) -> Motion:
        """The motion up to this frame, given as (h, w) grey levels."""
        scale = min(1.0, self._limits.work_width_px / luma.shape[1])
        now = _without_lighting(cv2.resize(luma, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
        old, new = self._follow(now)
        step, inliers = self._fit(old, new)
        measured = step is not None or self._before is None
        self._step = self._step if step is None else step
        self._to_room = self._to_room @ np.linalg.inv(self._step)
        residual = new - transform(self._step, old)
        near = np.abs(residual).max(axis=1, initial=0.0) < self._limits.parallax_px
        self._before, self._corners = now, new[inliers | near]
        grow = np.diag([1 / scale, 1 / scale, 1.0])
        shrink = np.diag([scale, scale, 1.0])
        return Motion(
            to_room=grow @ self._to_room @ shrink,
            step=grow @ self._step @ shrink,
            corners=(old[near] / scale).astype(np.float32),
            parallax=(residual[near] / scale).astype(np.float32),
            speed_px=_centre_shift(self._step, now.shape) / scale,
            measured=measured,
        )

    def _follow(self, now: NDArray[np.uint8]) -> tuple[FloatArray, FloatArray]:
        """Corners of the picture before and where they are now, both (n, 2)."""
        nothing = np.zeros((0, 2), np.float32)
        if self._before is None:
            return nothing, nothing
        if len(self._corners) < self._limits.renew_below:
            fresh = cv2.goodFeaturesToTrack(self._before, self._limits.corners, 0.02, 12)
            self._corners = nothing if fresh is None else np.asarray(fresh, np.float32).reshape(-1, 2)
        if not len(self._corners):
            return nothing, nothing
        guess = transform(self._step, self._corners).reshape(-1, 1, 2)
        new, found, _ = cv2.calcOpticalFlowPyrLK(
            self._before, now, self._corners.reshape(-1, 1, 2), guess, winSize=(15, 15), maxLevel=3,
            flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
        )
        kept = np.asarray(found).reshape(-1) == 1
        return self._corners[kept], np.asarray(new, np.float32).reshape(-1, 2)[kept]

    def _fit(self, old: FloatArray, new: FloatArray) -> tuple[Matrix | None, NDArray[np.bool_]]:
        none = np.zeros(len(old), np.bool_)
        if len(old) < self._limits.fewest_inliers:
            return None, none
        fit, inliers = cv2.estimateAffinePartial2D(old, new, ransacReprojThreshold=self._limits.ransac_px)
        if fit is None or np.asarray(inliers).sum() < self._limits.fewest_inliers:
            return None, none
        return np.vstack([np.asarray(fit, np.float64), [0.0, 0.0, 1.0]]), np.asarray(inliers).reshape(-1) == 1


def _centre_shift(step: Matrix, shape: tuple[int, ...]) -> float:
    centre = np.array([[shape[1] / 2, shape[0] / 2]], np.float32)
    return float(np.hypot(*(transform(step, centre) - centre)[0]))


def _without_lighting(small: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Local contrast against the mean of 31 px around, as grey levels about 128: a reflectance picture."""
    level = small.astype(np.float32)
    mean = cv2.blur(level, (31, 31))
    # 12 grey levels keep the noise of dark surroundings from being blown up to texture
    return np.asarray(cv2.convertScaleAbs((level - mean) / (mean + 12.0), alpha=160.0, beta=128.0), np.uint8)


def transform(matrix: Matrix, points: FloatArray) -> FloatArray:
    """(n, 2) positions taken through a transform."""
    return np.asarray(points @ matrix[:2, :2].T + matrix[:2, 2], np.float32)
