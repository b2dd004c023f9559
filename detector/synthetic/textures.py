"""Surfaces as pictures of their reflectance, drawn by arithmetic: (h, w, 3) BGR, 255 reflects all."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Texture = NDArray[np.uint8]
Colour = tuple[float, float, float]
"""Reflectance in blue, green and red, 0 to 1."""
PX_PER_M = 520.0
"""About one texture pixel per picture pixel at 2 m, so that warping neither blurs nor aliases much."""


def finish(reflectance: NDArray[np.float32]) -> Texture:
    """Reflectances as floats to a texture."""
    return np.asarray(cv2.convertScaleAbs(reflectance, alpha=255.0), np.uint8)


def pixels(metres: float) -> int:
    """Side of a texture for an edge of so many metres."""
    return max(8, round(metres * PX_PER_M))


def cloud(rng: np.random.Generator, size: tuple[int, int], coarse: int = 6) -> NDArray[np.float32]:
    """(h, w) uneven shade about 1: a few octaves of smooth noise."""
    height, width = size
    side = coarse << 4
    shade = np.zeros((side, side), np.float32)
    for octave in range(5):
        grid = rng.standard_normal((coarse << octave, coarse << octave)).astype(np.float32)
        shade += cv2.resize(grid, (side, side), interpolation=cv2.INTER_CUBIC) * 0.6**octave
    return 1.0 + 0.03 * np.asarray(
        cv2.resize(shade, (width, height), interpolation=cv2.INTER_CUBIC), np.float32
    )


def tinted(shade: NDArray[np.float32], colour: Colour) -> NDArray[np.float32]:
    """A shade (h, w) in a colour, as floats (h, w, 3)."""
    return shade[..., None] * np.array(colour, np.float32)


def plain(rng: np.random.Generator, size: tuple[int, int], colour: Colour) -> Texture:
    """Painted plaster: uneven, with a fine grain."""
    grain = rng.standard_normal(size, dtype=np.float32)
    return finish(tinted(cloud(rng, size) + 0.015 * grain, colour))


def dotted(rng: np.random.Generator, size: tuple[int, int], colour: Colour) -> Texture:
    """Wallpaper with small bright dots: what a naive finder takes for glints."""
    picture = plain(rng, size, colour)
    step, radius = int(rng.integers(24, 60)), int(rng.integers(1, 3))
    bright = tuple(float(c) for c in np.clip(255.0 * np.array(colour) * rng.uniform(1.4, 2.2), 0.0, 245.0))
    for row, y in enumerate(range(step // 2, size[0], step)):
        for x in range(step // 2 + (row % 2) * step // 2, size[1], step):
            cv2.circle(picture, (x, y), radius, bright, -1, cv2.LINE_AA)
    return picture


def striped(rng: np.random.Generator, size: tuple[int, int], colour: Colour) -> Texture:
    """Wallpaper or cloth with upright stripes."""
    period = rng.uniform(20.0, 90.0)
    wave = 1.0 + 0.12 * np.sign(np.sin(np.arange(size[1]) * 2.0 * np.pi / period))
    return finish(tinted(cloud(rng, size) * wave[None, :].astype(np.float32), colour))


def _courses(
    rng: np.random.Generator, size: tuple[int, int], cell: tuple[int, int], shift: float
) -> NDArray[np.float32]:
    rows, columns = size[0] // cell[0] + 2, size[1] // cell[1] + 3
    shades = rng.normal(1.0, 0.10, (rows, columns)).astype(np.float32)
    y, x = np.mgrid[0 : size[0], 0 : size[1]]
    row = y // cell[0]
    column = (x + (row % 2) * shift * cell[1]).astype(int) // cell[1]
    picked: NDArray[np.float32] = shades[row, column]
    return picked


def _joints(size: tuple[int, int], cell: tuple[int, int], shift: float, width: int) -> NDArray[np.bool_]:
    y, x = np.mgrid[0 : size[0], 0 : size[1]]
    row = y // cell[0]
    across = (x + (row % 2) * shift * cell[1]).astype(int) % cell[1]
    joint: NDArray[np.bool_] = (y % cell[0] < width) | (across < width)
    return joint


def brick(rng: np.random.Generator, size: tuple[int, int], colour: Colour) -> Texture:
    """Brickwork in running bond with pale joints."""
    cell = (int(rng.integers(30, 42)), int(rng.integers(95, 130)))
    picture = tinted(_courses(rng, size, cell, 0.5) * cloud(rng, size, 24), colour)
    picture[_joints(size, cell, 0.5, 5)] = 0.55
    return finish(picture)


def tiles(rng: np.random.Generator, size: tuple[int, int], colour: Colour) -> Texture:
    """Square wall tiles with grey joints."""
    side = int(rng.integers(50, 110))
    shade = 1.0 + 0.25 * (_courses(rng, size, (side, side), 0.0) - 1.0)
    picture = tinted(shade * cloud(rng, size), colour)
    picture[_joints(size, (side, side), 0.0, 2)] = 0.22
    return finish(picture)


def terrazzo(rng: np.random.Generator, size: tuple[int, int], colour: Colour) -> Texture:
    """Stone chips, pale and dark, in cement."""
    picture = plain(rng, size, colour)
    for _ in range(size[0] * size[1] // 260):
        at = (int(rng.integers(size[1])), int(rng.integers(size[0])))
        axes = (int(rng.integers(1, 6)), int(rng.integers(1, 4)))
        shade = 255.0 * float(rng.choice([0.12, 0.3, 0.75, 0.92]))
        cv2.ellipse(picture, at, axes, float(rng.uniform(0, 180)), 0, 360, (shade, shade, shade * 0.95), -1)
    return picture


def wood(rng: np.random.Generator, size: tuple[int, int], colour: Colour) -> Texture:
    """Boards with grain along x."""
    y = np.arange(size[0], dtype=np.float32)[:, None]
    bend = 24.0 * cloud(rng, size, 3)
    rings = 1.0 + 0.10 * np.sin(y * 0.35 + 9.0 * bend) + 0.05 * np.sin(y * 1.3 + 21.0 * bend)
    picture = tinted(rings.astype(np.float32), colour)
    picture[:: max(12, pixels(0.14))] *= 0.4
    return finish(picture)


def cloth(rng: np.random.Generator, size: tuple[int, int], colour: Colour) -> Texture:
    """Woven cloth with a weave just above the resolution."""
    y, x = np.mgrid[0 : size[0], 0 : size[1]]
    weave = 1.0 + 0.10 * np.sin(x * 1.1) * np.sin(y * 1.1)
    return finish(tinted((weave * cloud(rng, size, 10)).astype(np.float32), colour))


def abstract(rng: np.random.Generator, size: tuple[int, int], _colour: Colour) -> Texture:
    """A poster: coloured discs, bars and lines."""
    picture = np.full((*size, 3), 255.0 * rng.uniform(0.1, 0.8), np.uint8)
    for _ in range(int(rng.integers(8, 30))):
        colour = tuple(float(c) for c in rng.uniform(5, 230, 3))
        at, to = rng.integers(0, size[1], 2), rng.integers(0, size[0], 2)
        if rng.random() < 0.5:
            cv2.circle(
                picture, (int(at[0]), int(to[0])), int(rng.integers(3, max(4, size[0] // 4))), colour, -1
            )
        else:
            cv2.line(
                picture, (int(at[0]), int(to[0])), (int(at[1]), int(to[1])), colour, int(rng.integers(1, 12))
            )
    return picture


def starry(rng: np.random.Generator, size: tuple[int, int], _colour: Colour) -> Texture:
    """A night sky: hundreds of bright points on black, none of which is a glint."""
    picture = np.full((*size, 3), 8, np.uint8)
    for _ in range(size[0] * size[1] // 220):
        shade = float(rng.uniform(60, 250))
        at = (int(rng.integers(size[1])), int(rng.integers(size[0])))
        cv2.circle(picture, at, int(rng.random() < 0.1), (shade, shade * 0.95, shade * 0.9), -1)
    return picture


TEXTURES: dict[str, Callable[[np.random.Generator, tuple[int, int], Colour], Texture]] = {
    "plain": plain, "dotted": dotted, "striped": striped, "brick": brick, "tiles": tiles,
    "terrazzo": terrazzo, "wood": wood, "cloth": cloth, "abstract": abstract, "starry": starry,
}  # fmt: skip


def surface(rng: np.random.Generator, name: str, width_m: float, height_m: float, colour: Colour) -> Texture:
    """The named texture for a surface of so many metres."""
    return TEXTURES[name](rng, (pixels(height_m), pixels(width_m)), colour)
