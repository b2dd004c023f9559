"""A picture as a video decoder leaves it: grey levels whole, colour at half the size.

The search works on grey levels and asks for colour at a few hundred places only, so the costly way to
B, G, R is gone for those alone.  A few whole pictures are converted for the report.

OpenCV is imported where it is used: every report knows these nouns, and one of the network has no use for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
IntArray = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Shares of red and blue in luma, and whether levels run from 0 to 255 or from 16 to 235 (240 for
    colour).  ITU-R BT.601-7 2.5.1, BT.709-6 3.2, BT.2020-2 table 4.
    """

    red: float = 0.299
    blue: float = 0.114
    full: bool = False

    def to_bgr(self) -> NDArray[np.float32]:
        """(3, 4): B, G, R from 0 to 255 of (y, cb, cr, 1)."""
        low, grey, colour = (0.0, 1.0, 1.0) if self.full else (16.0, 255 / 219, 255 / 224)
        by_cb, by_cr = colour * (2 - 2 * self.blue), colour * (2 - 2 * self.red)
        green = 1 - self.red - self.blue
        rows = np.array([[grey, by_cb, 0.0], [grey, -by_cb * self.blue / green, -by_cr * self.red / green], [grey, 0.0, by_cr]])
        return np.hstack([rows, -rows @ [[low], [128.0], [128.0]]]).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Planes:
    """`y` (h, w), `cb` and `cr` (h / 2, w / 2, rounded up), 8 bits a sample, as shown."""

    y: Plane
    cb: Plane
    cr: Plane
    matrix: Matrix

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.y.shape[0], self.y.shape[1]

    def luma(self, into: Plane | None = None) -> Plane:
        """(h, w) grey levels from 0 to 255, written `into` a picture of that size where given."""
        if self.matrix.full:
            return self.y
        import cv2  # noqa: PLC0415

        # levels below black turn up as a few grey steps: nothing looks for anything that dark
        return np.asarray(cv2.convertScaleAbs(self.y, dst=into, alpha=255 / 219, beta=-16 * 255 / 219), np.uint8)

    def bgr(self) -> NDArray[np.uint8]:
        """The whole picture, (h, w, 3)."""
        import cv2  # noqa: PLC0415

        h, w = self.shape
        cb, cr = (cv2.resize(plane, (w, h), interpolation=cv2.INTER_LINEAR) for plane in (self.cb, self.cr))
        return np.asarray(cv2.transform(cv2.merge([self.y, np.asarray(cb), np.asarray(cr)]), self.matrix.to_bgr()), np.uint8)

    def samples(self, x: IntArray, y: IntArray) -> NDArray[np.uint8]:
        """Y, Cb and Cr (3, ...) at whole pixels of any shape, for `colours` to make colours of."""
        half_x, half_y = x >> 1, y >> 1
        return np.stack([self.y[y, x], self.cb[half_y, half_x], self.cr[half_y, half_x]])


def colours(samples: NDArray[np.uint8], to_bgr: NDArray[np.float32]) -> NDArray[np.float32]:
    """B, G, R (3, ...) from 0 to 255 of samples (3, ...) that `to_bgr` (3, 4) is for."""
    there = (to_bgr[:, :3] @ samples.reshape(3, -1).astype(np.float32) + to_bgr[:, 3:]).reshape(samples.shape)
    return np.asarray(np.clip(there, 0.0, 255.0), np.float32)
