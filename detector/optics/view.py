"""One frame in the sizes that the stages work at, made once."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.model import Pixels
from detector.planes import Planes

GreyLevels = NDArray[np.uint8]

SMALL_WIDTH_PX = 640
"""Motion is followed at about this width: a hand-held step stays inside the reach of the flow."""
TINY_HALVINGS = 3
TINY_SHARE = 1 << TINY_HALVINGS
"""The level of the room is compared in a picture this much smaller again."""


@dataclass(frozen=True, slots=True)
class View:
    """`luma` (h, w) grey levels; `small` the same about 640 px wide, `tiny` an eighth of that;
    `scale` is the width of `small` over that of `luma`.
    """

    picture: Pixels | Planes
    luma: GreyLevels
    small: GreyLevels
    tiny: GreyLevels
    scale: float

    @property
    def tiny_scale(self) -> float:
        """The width of `tiny` over that of `luma`."""
        return self.scale / TINY_SHARE

    def samples(self, x: NDArray[np.intp], y: NDArray[np.intp]) -> NDArray[np.uint8] | None:
        """What the picture has of colour at whole pixels, (3, ...), for `to_bgr`; None where it has none."""
        if isinstance(self.picture, Planes):
            return self.picture.samples(x, y)
        return None if self.picture.ndim == 2 else np.moveaxis(self.picture[y, x], -1, 0)

    @property
    def to_bgr(self) -> NDArray[np.float32]:
        """(3, 4): what makes B, G, R of samples; see `detector.planes.colours`."""
        return self.picture.matrix.to_bgr() if isinstance(self.picture, Planes) else np.eye(3, 4, dtype=np.float32)


def look(picture: Pixels | Planes, buffer: GreyLevels | None = None) -> View:
    """The view of a picture: (h, w, 3) BGR, (h, w) grey, or planes.

    `buffer` (h, w), where given, is overwritten with the grey levels of planes: fresh memory for
    every frame costs more than filling it.
    """
    if isinstance(picture, Planes):
        luma = picture.luma(buffer)
    else:
        luma = picture if picture.ndim == 2 else np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
    # decoders pad rows and turned pictures are views: looking up single pixels would copy them each time
    luma = np.ascontiguousarray(luma)
    shrink = max(1, round(luma.shape[1] / SMALL_WIDTH_PX))
    small = shrunk(luma, shrink)
    tiny = small
    for _ in range(TINY_HALVINGS):  # four times as quick as at one go
        tiny = shrunk(tiny, 2)
    return View(picture, luma, small, tiny, 1.0 / shrink)


def shrunk(luma: GreyLevels, times: int) -> GreyLevels:
    """Means of blocks; a rest at the right and bottom edge is left out so that scales stay whole."""
    if times == 1:
        return luma
    h, w = (max(1, n // times) for n in luma.shape)
    return np.asarray(cv2.resize(luma[: h * times, : w * times], (w, h), interpolation=cv2.INTER_AREA), np.uint8)
