"""Grey levels and the light that they stand for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def _linear(grey: Floats) -> Floats:
    return np.where(grey <= 10.0, grey / 255 / 12.92, ((grey / 255 + 0.055) / 1.055) ** 2.4)


LINEAR = _linear(np.arange(256.0))
"""Grey level to light, 1 being saturation: the sRGB curve (IEC 61966-2-1), which video follows nearly."""


def shown(level: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Light to grey levels, the inverse of `LINEAR`."""
    return np.asarray(_GREY.take((np.sqrt(np.minimum(level, 1.0)) * (_STEPS - 1)).astype(np.intp)))


_STEPS = 1 << 14
"""Square roots of light are told apart so finely that no grey level is missed by more than a fiftieth."""
_GREY = np.searchsorted(_linear(np.arange(0.5, 255.0)), ((np.arange(_STEPS) + 0.5) / (_STEPS - 1)) ** 2).astype(np.uint8)
