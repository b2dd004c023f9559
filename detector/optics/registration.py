"""Lays the unlit picture of a pair over the lit one, part by part: what is near moved otherwise than what is far."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.model import Pixels
from detector.optics.flow import FloatArray, Matrix, at_nodes, corners_of, flow
from detector.optics.motion import MotionEstimator, without_lighting
from detector.optics.view import TINY_SHARE, look, shrunk

CORNERS = 6000
FAINTEST_CORNER = 0.00002
"""A lawn is texture enough; what noise made up is not found again."""
BACK_PX = 0.5
"""A corner counts where, followed back from where it was found, it comes back to within so much;"""
PARALLAX_PX = 30.0
"""one that leaves the similarity by more is a wrong match: twice what remains of a step aside before a near twig."""
NODE_PX = 32
NEIGHBOURS = 9
"""Twigs and what is seen between them move differently: most of so many corners count."""


@dataclass(frozen=True, slots=True)
class Registration:
    """`step` takes pixels of the lit picture to the unlit one's; `shift` (h, w, 2) is what is added before, in px of the
    lit picture, for the parts of which it has so many.
    """

    step: Matrix
    shift: FloatArray

    def laid_over(self, unlit: Pixels, shrink: float, shape: tuple[int, ...]) -> Pixels:
        """An unlit picture that was made smaller so many times, as seen from where the lit one of this shape was taken; white
        where it shows nothing.
        """
        h, w = shape[:2]
        scale = np.diag([shrink, shrink, 1.0])
        step = (np.linalg.inv(scale) @ self.step @ scale)[:2]
        there = cv2.resize(self.shift, (w, h), interpolation=cv2.INTER_LINEAR) / np.float32(shrink)
        there += np.stack(np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32)), axis=-1)
        x, y = cv2.split(cv2.transform(there, step))
        return np.asarray(cv2.remap(unlit, x, y, cv2.INTER_LINEAR, borderValue=(255, 255, 255)), np.uint8)


def register(lit: Pixels, unlit: Pixels, shrink: int) -> Registration | None:
    """How two pictures of one size lie; parallax is found in pictures so many times smaller.  None where nothing holds on."""
    views = [look(picture) for picture in (lit, unlit)]
    estimator = MotionEstimator()
    motion = [estimator.add(view) for view in views][-1]
    if not motion.measured:
        return None
    small, other = (shrunk(view.luma, shrink) for view in views)
    alike = Registration(motion.step, np.zeros((1, 1, 2), np.float32)).laid_over(other, shrink, small.shape)
    return Registration(motion.step, _shift(_reflectance(small), _reflectance(alike)) * np.float32(shrink))


def _reflectance(luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return without_lighting(luma, shrunk(luma, TINY_SHARE))


def _shift(lit: NDArray[np.uint8], unlit: NDArray[np.uint8]) -> FloatArray:
    """Where what a part of `lit` shows is in `unlit`, both (h, w) and nearly alike: (h, w, 2) px."""
    corners = corners_of(lit, CORNERS, FAINTEST_CORNER)
    there, found = flow(lit, unlit, corners, corners)
    back, again = flow(unlit, lit, there, corners)
    sure = found & again & (np.abs(back - corners).max(axis=1, initial=0.0) < BACK_PX)
    residual = there - corners
    sure &= np.abs(residual).max(axis=1, initial=0.0) < PARALLAX_PX
    told = at_nodes(corners[sure], residual[sure], lit.shape, NODE_PX, NEIGHBOURS)[..., :2]
    rows, columns = told.shape[:2]
    h, w = lit.shape
    return np.asarray(cv2.resize(told, (NODE_PX * columns, NODE_PX * rows), interpolation=cv2.INTER_LINEAR)[:h, :w], np.float32)
