"""A linear picture and its points of light to 8 bits, as a phone's camera would make of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.model import Pixels
from detector.synthetic.plan import RoomPlan
from detector.synthetic.radiometry import Floats
from detector.synthetic.raster import Linear

FULL_SCALE = 4095
"""A 12-bit converter, the usual depth of phone sensors."""
WHITE_BALANCE = np.array([1.7, 1.0, 1.9])
"""Gains that undo the filters' unequal transmission; blue and red are the noisier for it."""


@dataclass(frozen=True, slots=True)
class Streak:
    """A point of light in the picture: its energy in B, G, R and where it went during the exposure."""

    energy: Floats
    start: Floats
    end: Floats
    spread_px: float = 0.0


def defocus(picture: Linear, psf_px: float) -> Linear:
    """The painted surfaces as soft as the lens draws them; without it edges would shine in false colours."""
    return np.asarray(cv2.GaussianBlur(picture, (5, 5), psf_px), np.float32)


def smear(picture: Linear, shift: Floats) -> Linear:
    """The picture blurred along the way (x, y) in pixels that it moved during the exposure."""
    length = math.hypot(*shift)
    if length < 0.4:
        return picture
    half = min(int(length / 2.0) + 1, 12)
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    for share in np.linspace(-0.5, 0.5, 4 * half + 1):
        _splat(kernel, half + share * shift[0], half + share * shift[1])
    return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), np.float32)


def _splat(kernel: NDArray[np.float32], x: float, y: float) -> None:
    left, top = math.floor(x), math.floor(y)
    for row, down in ((top, 1.0 - (y - top)), (top + 1, y - top)):
        for column, right in ((left, 1.0 - (x - left)), (left + 1, x - left)):
            if 0 <= row < kernel.shape[0] and 0 <= column < kernel.shape[1]:
                kernel[row, column] += down * right


def add_streak(picture: Linear, streak: Streak, psf_px: float) -> None:
    """Adds a point of light, spread by the lens and drawn out by the motion; total energy is kept."""
    steps = max(1, math.ceil(float(np.linalg.norm(streak.end - streak.start))))
    share = (np.arange(steps)[:, None] + 0.5) / steps
    path = streak.start + share * (streak.end - streak.start)
    sigma = math.hypot(psf_px, streak.spread_px)
    reach = math.ceil(4.0 * sigma) + 1
    height, width = picture.shape[:2]
    left, top = np.maximum(np.rint(path.min(axis=0)).astype(int) - reach, 0)
    right, bottom = np.minimum(np.rint(path.max(axis=0)).astype(int) + reach + 1, [width, height])
    if left >= right or top >= bottom:
        return
    across = _cells(np.arange(left, right) - path[:, :1], sigma)
    down = _cells(np.arange(top, bottom) - path[:, 1:], sigma)
    point = (down.T @ across)[..., None] * (streak.energy / steps)
    picture[top:bottom, left:right] += point.astype(np.float32)


_WITHIN = np.array([-1.0 / 3.0, 0.0, 1.0 / 3.0])


def _cells(offsets: Floats, sigma: float) -> Floats:
    """Share of a Gaussian that falls into each pixel, by three samples of the pixel's width."""
    samples = np.exp(-0.5 * ((offsets[..., None] + _WITHIN) / sigma) ** 2)
    return np.asarray(samples.mean(axis=-1) / (sigma * math.sqrt(2.0 * math.pi)))


def bloom(picture: Linear, share: float) -> Linear:
    """Light scattered in the lens: a halo about whatever is bright, narrow and wide together."""
    small = cv2.resize(picture, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    halo = 0.6 * cv2.GaussianBlur(small, (0, 0), 1.5) + 0.4 * cv2.GaussianBlur(small, (0, 0), 7.0)
    size = (picture.shape[1], picture.shape[0])
    spread = cv2.resize(halo, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.addWeighted(picture, 1.0 - share, spread, share, 0.0), np.float32)


def develop(linear: Linear, plan: RoomPlan, rng: np.random.Generator) -> Pixels:
    """Bayer mosaic, noise, clipping, demosaicing, white balance, tone curve and sharpening."""
    raw = _noisy(_mosaic(linear), plan, rng)
    bayer = np.clip(raw * FULL_SCALE, 0, FULL_SCALE).astype(np.uint16)
    colour = cv2.cvtColor(bayer, cv2.COLOR_BayerRGGB2BGR)
    shown = tone_curve()[colour]
    if plan.sharpening:
        soft = cv2.GaussianBlur(shown, (0, 0), 1.0)
        shown = cv2.addWeighted(shown, 1.0 + plan.sharpening, soft, -plan.sharpening, 0.0)
    return np.asarray(shown, np.uint8)


def _mosaic(linear: Linear) -> Linear:
    """(h, w) red, green / green, blue: each pixel keeps one colour, as the sensor's filters do."""
    raw = linear[:, :, 1].copy()
    raw[0::2, 0::2] = linear[0::2, 0::2, 2]
    raw[1::2, 1::2] = linear[1::2, 1::2, 0]
    return raw


@lru_cache(maxsize=4)
def _gains(height: int, width: int) -> Linear:
    gains = np.full((height, width), WHITE_BALANCE[1], np.float32)
    gains[0::2, 0::2], gains[1::2, 1::2] = WHITE_BALANCE[2], WHITE_BALANCE[0]
    return gains


def _noisy(raw: Linear, plan: RoomPlan, rng: np.random.Generator) -> Linear:
    """Shot and read noise; a colour behind a denser filter counts fewer electrons for its level."""
    gains = _gains(*raw.shape)
    spread = np.sqrt(
        (np.maximum(raw, 0.0) + plan.read_noise_e**2 / plan.full_well_e) * gains / plan.full_well_e
    )
    return np.asarray(raw + spread * rng.standard_normal(raw.shape, dtype=np.float32), np.float32)


@lru_cache(maxsize=1)
def tone_curve() -> Pixels:
    """(4096,) linear level to 8 bits by the sRGB curve (IEC 61966-2-1)."""
    level = np.arange(FULL_SCALE + 1) / FULL_SCALE
    curve = np.where(level <= 0.0031308, 12.92 * level, 1.055 * level ** (1.0 / 2.4) - 0.055)
    return np.rint(curve * 255.0).astype(np.uint8)
