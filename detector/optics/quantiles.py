"""The median and other quantiles of few numbers, many times over: numpy spends more on its checks than on these few."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def middle(levels: NDArray[np.number]) -> NDArray[np.float32]:
    """Median along the last axis, which is not empty."""
    n = levels.shape[-1]
    ordered = np.sort(levels, axis=-1)
    return np.asarray((ordered[..., (n - 1) // 2] + ordered[..., n // 2]) / 2, np.float32)


def quantile(levels: NDArray[np.floating], share: float) -> float:
    """Of one row of numbers, which is not empty: the one that this share (0 to 1) of them lies below, linear between two."""
    ordered = np.sort(levels)
    place = share * (len(ordered) - 1)
    below = int(place)
    low, high = ordered[below], ordered[min(below + 1, len(ordered) - 1)]
    return float(low + (place - below) * (high - low))
