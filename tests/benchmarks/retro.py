"""The PyPI package retrodetect on a pair of pictures, where it is installed.

It is licensed for one user (Fair Source 0.9) and so is run beside ours, never depended on:
`pip install retrodetect` into the environment of the benchmark.  Used as its README and its own
`detectcontact` use it: `detect` aligns the pair by one shift, takes away the dilated unlit picture, and
the peaks of what is left are looked at one after another, the strongest first.  The further
thresholds of `detectcontact` ask that the flash adds less than 0.75 grey levels around a peak, as it does
over a lawn; in a room lit by the torch they refuse everything, so that they are left out.
"""

from __future__ import annotations

import importlib.util

import numpy as np

INSTALLED = importlib.util.find_spec("retrodetect") is not None
LEAST_PEAK = 9.0
"""The first threshold of its `detectcontact`,"""
PATCHES = 20
"""and how many peaks it looks at,"""
BLANK_PX = 15
"""each blanking so much around it."""
VIDEO = {"blocksize": 10, "margin": 30}
"""As `detectcontact` calls `detect` with pictures of its own camera (3 megapixels); the margin exceeds the search box."""
LARGE = {"blocksize": 20, "offset": 10, "searchbox": 20, "step": 4, "margin": 100}
"""As the README calls it with pictures of 14 megapixels."""


def peaks(lit, unlit, settings, *, most=PATCHES, blank_px=BLANK_PX):
    """(n, 3) x, y and height of the peaks of a pair of grey pictures, strongest first."""
    from retrodetect import detect  # noqa: PLC0415

    left = detect(lit.astype(float), unlit.astype(float), **settings).copy()
    found = []
    for _ in range(most):
        y, x = np.unravel_index(left.argmax(), left.shape)
        if left[y, x] <= LEAST_PEAK:
            break
        found.append((x + settings["margin"], y + settings["margin"], left[y, x]))
        left[max(0, y - blank_px) : y + blank_px, max(0, x - blank_px) : x + blank_px] = 0.0
    return np.array(found, np.float64).reshape(-1, 3)
