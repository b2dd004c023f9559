"""Points of light drawn into a picture, and how blurred the points of a picture are.

Radiometry as in `detector.synthetic.radiometry`; what a lens of the camera scatters is its halo.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.optics import glint, photometry
from detector.optics.light import LINEAR, shown
from detector.optics.view import View, look

Floats = NDArray[np.float64]

FAINT = 0.003
"""Energy in saturated pixels below which nothing changes by a grey step."""
HALF_A_STEP = 0.00015
"""Light that makes half a grey step in the dark, where steps are finest."""

_LINEAR = LINEAR.astype(np.float32)


@dataclass(frozen=True, slots=True)
class Halo:
    """Light scattered in the lens of a phone, 1 to 4 per cent (as in `detector.synthetic.plan`)."""

    share: float = 0.02
    sigma_px: float = 6.0

    def reach_px(self, energy: float) -> float:
        """How far from a point of this energy it shows, 0 where it does not."""
        shows = energy * self.share / (2 * math.pi * self.sigma_px**2) / HALF_A_STEP
        return self.sigma_px * math.sqrt(2 * math.log(shows)) if shows > 1.0 else 0.0


@dataclass(frozen=True, slots=True)
class Points:
    """Points of light in one frame: `at` (n, 2) px, NaN where out of the picture; `energy` (n, 3) in
    saturated pixels of B, G, R; `way` (n, 2) px along which each is drawn out by the motion.
    """

    at: Floats
    energy: Floats
    way: Floats


def draw(luma: NDArray[np.uint8], points: Points, sigma_px: float, halo: Halo) -> NDArray[np.uint8]:
    """The frame as (h, w, 3) BGR with points of light added.

    Light adds in linear levels; what was grey stays grey, only the points have a tint.
    """
    picture = np.asarray(cv2.cvtColor(luma, cv2.COLOR_GRAY2BGR), np.uint8)
    for place, energy, way in zip(points.at, points.energy, points.way, strict=True):
        if energy.max() > FAINT and not np.isnan(place).any():
            glow_px = halo.reach_px(float(energy.max()))
            reach = math.ceil(max(4 * sigma_px + 0.5 * math.hypot(*way), glow_px)) + 1
            left, top, right, bottom = (max(0, round(float(n)) + k) for k in (-reach, reach + 1) for n in place)
            patch = picture[top:bottom, left:right]
            x, y = np.arange(left, left + patch.shape[1]) - place[0], np.arange(top, top + patch.shape[0]) - place[1]
            point = _streak(x, y, way, sigma_px)
            if glow_px:
                point = (1 - halo.share) * point + halo.share * _gaussian(x, y, halo.sigma_px)
            _add(patch, point[..., None].astype(np.float32) * energy.astype(np.float32))
    return picture


def _streak(x: Floats, y: Floats, way: Floats, sigma_px: float) -> Floats:
    """A point at (0, 0) drawn out along a way, at the places of rows `y` and columns `x`; its sum is 1."""
    steps = max(1, math.ceil(math.hypot(*way)))
    shares = ((np.arange(steps) + 0.5) / steps - 0.5)[:, None]
    return _gaussian(x - shares * way[0], y - shares * way[1], _optics(sigma_px)) / steps


def _add(patch: NDArray[np.uint8], light: NDArray[np.float32]) -> None:
    """Adds light (h, w, 3) to a piece of a picture, in place."""
    before = _LINEAR[patch]
    # the sensor saturates first; its colour filter is filled in from the neighbours afterwards
    gained = np.minimum(light, 1.0 - before)
    patch[:] = shown(before + np.asarray(cv2.sepFilter2D(gained, -1, FILLED_IN, FILLED_IN)))


FILLED_IN = np.array([0.175, 0.65, 0.175])
"""What filling in the colours between the filters of a Bayer sensor does to a point's luma: a variance of 0.35 px²."""
OPTICS_LEAST_PX = 0.4


def _optics(sigma_px: float) -> float:
    """The blur of the lens alone where the picture shows `sigma_px` in all."""
    return math.sqrt(max(sigma_px**2 - 0.35, OPTICS_LEAST_PX**2))


def _gaussian(x: Floats, y: Floats, sigma_px: float) -> Floats:
    """(h, w) of (w,) and (h,), or the sum over rows of (n, w) and (n, h)."""
    along, down = (np.atleast_2d(np.exp(-0.5 * (n / sigma_px) ** 2)) for n in (x, y))
    return np.asarray(down.T @ along / (2 * math.pi * sigma_px**2))


def sharpness(shots: Sequence[tuple[View, glint.Spots]], otherwise: float = 0.95) -> float:
    """The blur of a point in these frames as the sigma of a Gaussian in px.

    The narrowest unsaturated spots are points; their measured width is compared with that of drawn
    ones.  `otherwise` where there are too few: the middle of drawn phones' video.
    """
    widths = []
    for view, spots in shots:
        glints = photometry.measure(photometry.cut(view, spots.peaks[(spots.level >= 20) & (spots.level < 150)]))
        widths += glints.width[(glints.core == 0) & (glints.long < 1.6) & (glints.width > 0)].tolist()
    if len(widths) < 20:
        return otherwise
    sigmas = np.arange(0.6, 1.61, 0.1)
    drawn = [_drawn_width(sigma) for sigma in sigmas.tolist()]
    return float(np.clip(np.interp(np.percentile(widths, 10), drawn, sigmas), *SHARPEST_PX))


SHARPEST_PX = (0.8, 1.2)
"""What cameras in focus make of a point; wider spots are texture, narrower ones noise."""


@cache
def _drawn_width(sigma_px: float) -> float:
    """The width that `photometry.measure` tells of drawn points of this blur."""
    around = np.full((41, 41), 60, np.uint8)
    widths = []
    for shift in (0.0, 0.25, 0.5):
        point = Points(np.full((1, 2), 20 + shift), np.full((1, 3), 1.2), np.zeros((1, 2)))
        picture = draw(around, point, sigma_px, Halo())
        widths += photometry.measure(photometry.cut(look(picture), np.array([[20, 20]]))).width.tolist()
    return float(np.mean(widths))
