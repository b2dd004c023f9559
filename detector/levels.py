"""Code values of a video's samples -> the 8 bits that everything here is made for.

Telephones record ten bits, and many of them high dynamic range by default: white paper is then stored
at three quarters of the scale or below, and a glint that a standard film would clip stays under the
levels that mean "saturated".  What is brighter than reference white is therefore clipped, as the same
telephone's standard film does.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Transfer = Literal["standard", "hlg", "pq"]
"""Hybrid log-gamma and perceptual quantiser: ITU-R BT.2100-2, tables 5 and 4."""

CODES = 1024
"""Of ten bits."""

_WHITE_NITS = 203.0
"""Reference white, where HLG stores 75 % and PQ 58 %: ITU-R BT.2408-7, table 1."""
_PEAK_NITS, _SYSTEM_GAMMA = 1000.0, 1.2
"""Of the display for which HLG is made."""
_DISPLAY_GAMMA = 2.4
"""Of a standard display: ITU-R BT.1886."""
_WHITE_AT = {"standard": 1.0, "hlg": 0.75, "pq": 0.58}

Table = NDArray[np.uint8]


@cache
def luma_table(transfer: Transfer, full: bool) -> Table:  # noqa: FBT001 -- a cache wants it plain
    """(1024,): the 8-bit luma, in the range it came in, of every 10-bit one.

    full: levels fill the scale; else black is at 64 and white at 940, which become 16 and 235.
    """
    low, span, low_8, span_8 = (0, 1023, 0, 255) if full else (64, 876, 16, 219)
    signal = (np.arange(CODES) - low) / span
    if transfer != "standard":
        nits = _hlg_nits(signal) if transfer == "hlg" else _pq_nits(signal)
        signal = np.minimum(nits / _WHITE_NITS, 1.0) ** (1 / _DISPLAY_GAMMA)
    return _rounded(low_8 + span_8 * signal)


@cache
def chroma_table(transfer: Transfer, full: bool) -> Table:  # noqa: FBT001
    """(1024,): the same for colour, which grows about its middle as reference white does."""
    steps = 255 / 1023 if full else 1 / 4
    return _rounded(128 + (np.arange(CODES) - 512) * steps / _WHITE_AT[transfer])


def _hlg_nits(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    held = np.clip(signal, 0.0, 1.0)
    scene = np.where(held <= 0.5, held**2 / 3, (np.exp((held - c) / a) + b) / 12)
    return np.asarray(_PEAK_NITS * scene**_SYSTEM_GAMMA, np.float64)


def _pq_nits(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    m1, m2 = 2610 / 16384, 2523 / 32
    c1, c2, c3 = 3424 / 4096, 2413 / 128, 2392 / 128
    root = np.clip(signal, 0.0, 1.0) ** (1 / m2)
    return np.asarray(10_000.0 * (np.maximum(root - c1, 0.0) / (c2 - c3 * root)) ** (1 / m1), np.float64)


def _rounded(levels: NDArray[np.floating]) -> Table:
    return np.asarray(np.clip(np.rint(levels), 0, 255), np.uint8)
