"""What is broader than the pupil of a lens: tape, lamps, screens.

Retro-reflective tape sends the lamp's light back as strongly as a lens does, and over more than 40
degrees: beyond what a sweep of seconds goes through, so that in films too only its extent tells it from one.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.model import Pixels
from detector.optics.facts import Facts

TAPE = "tape or another broad surface"
TAPE_OR_LAMP = "tape, a lamp or another broad surface"
"""Why what is broader than a pupil is refused; darkness has shown that it is no lamp."""
BROAD_CORE = 12.0
"""Saturated px of a film, four across: in drawn and shared films tape of 3 mm and more has 15 to 50, burnt out as it is, and of
what else is refused for its size most are burnt-out kettles and screens.  Lenses that come so near or so bright are not
refused for their size."""

GONE = 0.4
"""Of the lit level: more is left of a lamp that the torch only helped."""


def broad_kind(against: str, known: Facts) -> str:
    """What a glint of a film is called that was refused: that for which it was, `against`, but a broad surface by its name."""
    if against != "size" or known.core < BROAD_CORE:
        return against
    return TAPE if known.dark and known.dark_level < GONE * known.level else TAPE_OR_LAMP


@dataclass(frozen=True, slots=True)
class BroadLimits:
    """What counts as broad, and as a dark exposure."""

    share: float = 0.015
    """Of the picture's width: a pupil of 2 mm covers a tenth of it at 1 m, and the bloom of markers
    burnt out by a flash measures 0.5 % at most.  What is longer is a surface."""
    least_px: float = 3.0
    half_level: float = 0.6
    """Of the way from the ground to the peak, in grey levels: a third of the light."""
    shines: int = 128
    """Grey levels: a fifth of the light of saturation, where a dark exposure leaves a white wall a fiftieth."""
    dark_mean: float = 32.0
    """Grey levels: a picture exposed below shows only what shines or sends the lamp's light back,
    and the lamp may have a colour."""


_NEAR = 2
"""A spot's brightest pixel lies within two of its place."""


def brightness(pixels: Pixels, limits: BroadLimits | None = None) -> NDArray[np.uint8]:
    """(h, w) levels: the least channel, for what sends a white flash straight back is white, where
    leaves and indicators are not; in a dark exposure the greatest.
    """
    limits = limits or BroadLimits()
    if pixels.ndim == 2:
        return pixels
    return np.asarray(pixels.max(axis=2) if float(pixels.mean()) < limits.dark_mean else pixels.min(axis=2), np.uint8)


def is_broad(plane: NDArray[np.uint8], peak: NDArray[np.intp], limits: BroadLimits | None = None) -> bool:
    """Whether what shines at `peak` (x, y whole pixels) of (h, w) levels goes on for longer than the
    bloom of a point could.
    """
    limits = limits or BroadLimits()
    least = max(limits.share * plane.shape[1], limits.least_px)
    reach = int(least) + 3
    near, patch = _about(plane, peak, _NEAR), _about(plane, peak, reach)
    floor, high = float(np.percentile(patch, 10)), float(near.max())
    shining = (patch >= floor + limits.half_level * (high - floor)).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(shining, connectivity=8)
    x, y = (min(int(n), reach) for n in peak)
    own = _about(np.asarray(labels, np.int32), np.array([x, y]), _NEAR).reshape(-1)[int(near.argmax())]
    return bool(max(stats[own, cv2.CC_STAT_WIDTH], stats[own, cv2.CC_STAT_HEIGHT]) > least)


def _about(plane: NDArray[np.uint8] | NDArray[np.int32], place: NDArray[np.intp], reach: int) -> NDArray[np.uint8] | NDArray[np.int32]:
    """The part within `reach` of a place, as far as there is a picture."""
    x, y = (int(n) for n in place)
    return plane[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1]


def surfaces(pixels: Pixels, least_px: int, limits: BroadLimits | None = None) -> list[tuple[float, float]]:
    """Middles (x, y) of what shines over `least_px` both ways in a dark exposure; nothing in another.

    No wall shines there, and whoever looks at the picture wants to know why such a thing is not told of.
    """
    limits = limits or BroadLimits()
    if float(pixels.mean()) >= limits.dark_mean:
        return []
    shining = (brightness(pixels, limits) >= limits.shines).astype(np.uint8)
    _, _, stats, middles = cv2.connectedComponentsWithStats(shining, connectivity=8)
    sides = np.minimum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    # the first is the ground
    return [(float(x), float(y)) for x, y in middles[1:][sides[1:] >= least_px]]
