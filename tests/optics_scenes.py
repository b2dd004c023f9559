"""Small drawings with known truth: points of light, textured walls, hand-held films of both.

Everything is drawn in linear light (1.0 saturates), seeded, and turned to 8-bit pictures at the end,
so that a test can say what the optics ought to find.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from detector.model import Frame, LampState
from detector.planes import Matrix, Planes

SIZE = (360, 240)
"""Width and height of the small films."""
MARGIN = 60
"""How much larger than the picture a wall is on each side."""
GAMMA = 2.2


def levels(linear):
    """Linear light -> grey levels 0 to 255, as a display gamma has it."""
    return np.rint(255.0 * np.clip(linear, 0.0, 1.0) ** (1.0 / GAMMA)).astype(np.uint8)


def linear(level):
    """Grey level -> linear light."""
    return (np.asarray(level, np.float32) / 255.0) ** GAMMA


def _covered(start, centre, sigma):
    """Share of a Gaussian that falls on each pixel along one axis, pixel centres at whole numbers."""
    edges = (start - 0.5 - centre) / (sigma * math.sqrt(2.0))
    return 0.5 * np.diff([math.erf(edge) for edge in edges])


def add_point(picture, x, y, energy, sigma):
    """Adds a Gaussian point of so many saturated pixels' light, each pixel the mean over its area.

    `picture`: (h, w) or (h, w, 3) float; `energy` a number, or one a channel.
    """
    reach = math.ceil(5 * sigma) + 1
    column, row = round(x), round(y)
    x0, x1 = max(column - reach, 0), min(column + reach + 1, picture.shape[1])
    y0, y1 = max(row - reach, 0), min(row + reach + 1, picture.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    spread = np.outer(_covered(np.arange(y0, y1 + 1), y, sigma), _covered(np.arange(x0, x1 + 1), x, sigma))
    patch = picture[y0:y1, x0:x1]
    patch += (spread if picture.ndim == 2 else spread[..., None] * np.asarray(energy)) * (energy if picture.ndim == 2 else 1.0)


def grey_point(x, y, sigma, *, height=120.0, floor=40.0, size=(64, 64)):
    """A (h, w) picture of one Gaussian whose middle stands `height` grey levels above `floor`."""
    rows, columns = np.mgrid[0 : size[1], 0 : size[0]]
    shape = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2))
    return np.clip(np.rint(floor + height * shape), 0, 255).astype(np.uint8)


def starry(size=(640, 360), stars=4000, seed=3):
    """More bright points than any room has."""
    rng = np.random.default_rng(seed)
    picture = np.full(size[::-1], 30, np.uint8)
    picture[rng.integers(0, size[1], stars), rng.integers(0, size[0], stars)] = rng.integers(120, 255, stars)
    return cv2.GaussianBlur(picture, (3, 3), 0)


def wall(size=SIZE, seed=1, mean=0.10, contrast=0.8):
    """A wall larger than the picture by `MARGIN`, linear (h, w): plaster, and hung with flat things."""
    rng = np.random.default_rng(seed)
    w, h = size[0] + 2 * MARGIN, size[1] + 2 * MARGIN
    fine, coarse = (cv2.GaussianBlur(rng.standard_normal((h, w)).astype(np.float32), (0, 0), s) for s in (2.0, 9.0))
    picture = mean * (1.0 + 0.15 * contrast * (fine / fine.std() + coarse / coarse.std()))
    for _ in range(round(60 * w * h / 172_800)):
        x, y = rng.integers(0, w - 40), rng.integers(0, h - 40)
        width, height = rng.integers(16, 60, 2)
        picture[y : y + height, x : x + width] *= 1.0 + contrast * rng.choice([-0.7, -0.4, 0.5, 0.9])
    return np.maximum(cv2.GaussianBlur(picture, (0, 0), 0.8), 0.005).astype(np.float32)


def similarity(dx=0.0, dy=0.0, degrees=0.0, scale=1.0, size=SIZE):
    """3x3 transform of pixels: turn and scale about the middle, then shift."""
    turn = cv2.getRotationMatrix2D((size[0] / 2, size[1] / 2), degrees, scale)
    turn[:, 2] += dx, dy
    return np.vstack([turn, [0.0, 0.0, 1.0]])


def seen_wall(surface, room_to_picture, size=SIZE):
    """The part of a wall that the camera sees; room pixel (0, 0) is the wall's (MARGIN, MARGIN)."""
    shift = np.array([[1.0, 0.0, -MARGIN], [0.0, 1.0, -MARGIN], [0.0, 0.0, 1.0]])
    return cv2.warpAffine(surface, (room_to_picture @ shift)[:2], size, borderMode=cv2.BORDER_REFLECT)


def placed(room_to_picture, x, y):
    """Where a place of the room is in the picture."""
    u, v, _ = room_to_picture @ np.array([x, y, 1.0])
    return float(u), float(v)


def hand(index, size=SIZE):
    """A hand-held camera: where frame `index` has the room, some 20 px about, slightly turned."""
    return similarity(
        14.0 * math.sin(index / 11.0), 9.0 * math.sin(index / 7.0 + 0.5) - 9.0 * math.sin(0.5),
        1.2 * math.sin(index / 17.0), 1.0 + 0.01 * math.sin(index / 13.0), size,
    )  # fmt: skip


Shine = Callable[[int, LampState], "float | tuple[float, float, float]"]
"""Frame and what the lamp does -> light in saturated pixels, or one a channel (B, G, R)."""


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that shines at room pixel (x, y)."""

    x: float
    y: float
    shine: Shine
    sigma: float = 0.9

    def in_frame(self, index, size=SIZE, camera=hand):
        """Where it stands in the picture of a frame."""
        return placed(camera(index, size), self.x, self.y)


def lens(middle=20.0, width=11.0, energy=40.0):
    """Sends the lamp's light back to the lamp only, over a narrow range of the sweep."""
    return lambda index, lamp: energy * math.exp(-(((index - middle) / width) ** 2)) if lamp == "on-axis" else 0.0


def led(b=0.0, g=12.0, r=0.0):
    """Shines by itself, always alike, in one colour."""
    return lambda index, lamp: (b, g, r)


def dome(energy=14.0):
    """A small mirror ball: light from anywhere comes back, always alike."""
    return lambda index, lamp: 0.0 if lamp == "dark" else energy


def steady(index: int) -> LampState:
    """A torch that is never switched."""
    return "on-axis"


def every_other(index: int) -> LampState:
    """A torch switched every two frames."""
    return "on-axis" if index // 2 % 2 == 0 else "dark"


def three_states(index: int) -> LampState:
    """A lamp with a ring near the camera and one aside."""
    states: tuple[LampState, ...] = ("on-axis", "off-axis", "dark")
    return states[index % 3]


def free_strobe(hertz, readout_s=0.02, exposure_s=0.006, *, phase=0.3, on=0.5, fps=30.0):
    """A torch that blinks as it likes under a rolling shutter: frame -> share of each row's exposure
    (of the first to the last row) in which it was lit.  `on` is the lit share of its period."""

    def lit_until(time_s):
        turns = time_s * hertz + phase
        return (np.floor(turns) * on + np.minimum(turns % 1.0, on)) / hertz

    def rows(index, height):
        starts = index / fps + readout_s * np.arange(height) / height
        return np.clip((lit_until(starts + exposure_s) - lit_until(starts)) / exposure_s, 0.0, 1.0)

    return rows


def film(
    things: Sequence[Thing] = (), frames=40, *, lamp=steady, camera=hand, size=SIZE, seed=1, told=False,
    dark=0.35, noise=1.2, grey=False, surface=None, rolling=None,
) -> Iterator[Frame]:  # fmt: skip
    """Frames of a wall with things on it.  `dark` is the room's own light as a share of the lit one;
    `told` labels the frames with the lamp's state; `rolling` is a `free_strobe` in place of `lamp`."""
    rng = np.random.default_rng(seed)
    surface = wall(size, seed) if surface is None else surface
    for index in range(frames):
        state = lamp(index)
        view = camera(index, size)
        rows = np.full(size[1], 0.0 if state == "dark" else 1.0) if rolling is None else rolling(index, size[1])
        lit = seen_wall(surface, view, size) * (dark + (1.0 - dark) * rows)[:, None]
        picture = np.repeat(lit[..., None], 3, axis=2)
        for thing in things:
            energy = thing.shine(index, state)
            if rolling is not None:
                share = rows[int(np.clip(placed(view, thing.x, thing.y)[1], 0, size[1] - 1))]
                both = (np.broadcast_to(thing.shine(index, state), 3) for state in ("on-axis", "dark"))
                energy = sum(part * light for part, light in zip((share, 1.0 - share), both, strict=True))
            add_point(picture, *placed(view, thing.x, thing.y), np.broadcast_to(energy, 3), thing.sigma)
        pixels = levels(picture).astype(np.float32) + rng.standard_normal(picture.shape) * noise
        pixels = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
        yield Frame(pixels[..., 1].copy() if grey else pixels, index, index / 30.0, state if told else None)


def as_planes(frame: Frame) -> Frame:
    """The frame as a decoder of phone video would have handed it on: colour at half the size."""
    y, cr, cb = cv2.split(cv2.cvtColor(frame.pixels, cv2.COLOR_BGR2YCrCb))
    half = [cv2.resize(np.asarray(plane), (y.shape[1] // 2, y.shape[0] // 2), interpolation=cv2.INTER_AREA) for plane in (cb, cr)]
    low, high, grey = 128.0 - 128.0 * 224 / 255, 224 / 255, 219 / 255
    y, cb, cr = (np.rint(plane * scale + start).astype(np.uint8) for plane, scale, start in ((y, grey, 16.0), *((c, high, low) for c in half)))
    return Frame(Planes(y, cb, cr, Matrix()), frame.index, frame.at_s, frame.lamp)
