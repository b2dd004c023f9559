"""One frame in the sizes that the stages work at, made once."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.model import Pixels

SMALL_WIDTH_PX = 640
"""Motion is followed at about this width: a hand-held step stays inside the reach of the flow."""
TINY_SHARE = 8
"""The level of the room is compared in a picture this much smaller again."""


@dataclass(frozen=True, slots=True)
class View:
    """`luma` (h, w) grey levels; `small` the same about 640 px wide, `tiny` an eighth of that;
    `scale` is the width of `small` over that of `luma`.
    """

    pixels: Pixels
    luma: NDArray[np.uint8]
    small: NDArray[np.uint8]
    tiny: NDArray[np.uint8]
    scale: float

    @property
    def tiny_scale(self) -> float:
        """The width of `tiny` over that of `luma`."""
        return self.scale / TINY_SHARE


def look(pixels: Pixels) -> View:
    """The view of a (h, w, 3) BGR or (h, w) grey picture."""
    luma = pixels if pixels.ndim == 2 else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), np.uint8)
    shrink = max(1, round(luma.shape[1] / SMALL_WIDTH_PX))
    small = _shrunk(luma, shrink)
    return View(pixels, luma, small, _shrunk(small, TINY_SHARE), 1.0 / shrink)


def _shrunk(luma: NDArray[np.uint8], times: int) -> NDArray[np.uint8]:
    """Means of blocks; a rest at the right and bottom edge is left out so that scales stay whole."""
    h, w = (max(1, n // times) for n in luma.shape)
    return np.asarray(cv2.resize(luma[: h * times, : w * times], (w, h), interpolation=cv2.INTER_AREA), np.uint8)
