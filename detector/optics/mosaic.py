"""The sweep laid out flat: what was in the picture, for how long, how bright, how fast.

Frames are laid by their motion into tiles.  A tile is flat and holds a few picture widths; where the
pan goes on beyond, the scale has changed too much, or nobody knows how the camera moved, another one is
begun.  All is bounded whatever the extent of the sweep.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.model import LampState
from detector.optics.flow import Matrix
from detector.optics.light import LINEAR
from detector.optics.logbook import Entry, Logbook
from detector.optics.trials import CELL_SHARE

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MosaicLimits:
    """Bounds of the layout."""

    widest: float = 5.0
    """Sides of a tile over the longer side of the picture: a third of a full turn on either side, beyond
    which a flat layout stretches things too much."""
    scales: tuple[float, float] = (0.5, 2.0)
    """Walking up to things changes how large they are laid out."""
    most_tiles: int = 12
    too_fast: float = 0.025
    """Of the picture's width in a frame: a point is drawn out to several pixels and tracks are lost."""
    burnt: float = 0.9
    """Of saturation: a glint cannot stand out any more."""


@dataclass(slots=True)
class Tile:
    """One flat piece.  `base` takes cells of the tile to pixels of the first frame; `places` are the
    frames laid into it, each with its transform to the tile's cells.
    """

    part: int
    base: Matrix
    low: Floats
    high: Floats
    places: list[tuple[Entry, Matrix]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Layout:
    """One tile with what is known of each of its cells, all (h, w): `looks` lit frames that showed it,
    `level` its mean light in these (1 is saturation), `fast` the share of them that moved too fast,
    `speed` their mean motion in picture widths a frame.  `tile` holds the frames, `origin` the
    cell at the top left.
    """

    tile: Tile
    origin: Floats
    looks: Floats
    level: Floats
    fast: Floats
    speed: Floats

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Cells that any lit frame showed."""
        return self.looks > 0


def lay_out(log: Logbook, states: Sequence[LampState | None], limits: MosaicLimits | None = None) -> list[Layout]:
    """The layouts of a sweep, largest first."""
    limits = limits or MosaicLimits()
    tiles: list[Tile] = []
    lit = [entry for entry in log.entries() if states[entry.index] in {None, "on-axis"}]
    for entry in lit:
        _place(entry, tiles, limits)
    layouts = [_layout(tile, log, limits) for tile in tiles]
    return sorted(layouts, key=lambda layout: -int(layout.seen.sum()))


def _place(entry: Entry, tiles: list[Tile], limits: MosaicLimits) -> None:
    """Puts a frame into the tile that must grow least for it, else into a new one."""
    best: tuple[float, Tile] | None = None
    for tile in tiles:
        to_tile, low, high = _in(tile, entry)
        scale = math.sqrt(abs(float(np.linalg.det(to_tile[:2, :2])))) * _native(entry)
        size = np.maximum(high, tile.high) - np.minimum(low, tile.low)
        growth = float(size.prod() - (tile.high - tile.low).prod())
        fits = entry.part == tile.part and limits.scales[0] <= scale <= limits.scales[1] and (size <= limits.widest * CELL_SHARE).all()
        if fits and (best is None or growth < best[0]):
            best = growth, tile
    if best is not None:
        tile = best[1]
        to_tile, low, high = _in(tile, entry)
        tile.low, tile.high = np.minimum(low, tile.low), np.maximum(high, tile.high)
        tile.places.append((entry, to_tile))
        return
    if len(tiles) == limits.most_tiles:
        return
    native = _native(entry)
    base = entry.to_room @ np.diag([native, native, 1.0])
    to_tile = np.linalg.inv(base) @ entry.to_room
    tiles.append(Tile(entry.part, base, *_box(to_tile, entry.tiny.shape), [(entry, to_tile)]))


def _in(tile: Tile, entry: Entry) -> tuple[Matrix, Floats, Floats]:
    """A frame's transform to the cells of a tile, and its box there."""
    to_tile = np.linalg.inv(tile.base) @ entry.to_room
    return (to_tile, *_box(to_tile, entry.tiny.shape))


def _native(entry: Entry) -> float:
    """Pixels of `tiny` a cell, in the frame's own scale."""
    return float(max(entry.tiny.shape)) / CELL_SHARE


def _box(matrix: Matrix, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    corners = np.array([(x, y, 1.0) for x in (0, shape[1]) for y in (0, shape[0])])
    places = (corners @ matrix.T)[:, :2]
    return np.floor(places.min(axis=0)), np.ceil(places.max(axis=0))


def _layout(tile: Tile, log: Logbook, limits: MosaicLimits) -> Layout:
    w, h = (int(n) for n in tile.high - tile.low)
    shift = np.array([[1.0, 0.0, -tile.low[0]], [0.0, 1.0, -tile.low[1]], [0.0, 0.0, 1.0]])
    looks, level, fast, speed = (np.zeros((max(h, 1), max(w, 1)), np.float64) for _ in range(4))
    for entry, to_tile in tile.places:
        x, y, shown, light = _laid(entry, shift @ to_tile, looks.shape)
        window = np.s_[y : y + shown.shape[0], x : x + shown.shape[1]]
        quick = entry.speed_px / log.size[0]
        looks[window] += shown
        level[window] += shown * light
        fast[window] += shown * (quick > limits.too_fast)
        speed[window] += shown * quick
    count = np.maximum(looks, 1e-6)
    return Layout(tile, tile.low, looks * log.frames_per_entry, level / count, fast / count, speed / count)


def _laid(entry: Entry, matrix: Matrix, shape: tuple[int, ...]) -> tuple[int, int, Floats, Floats]:
    """Where a frame lies in its tile: left and top cell, which cells of that window it covers, their light."""
    low, high = _box(matrix, entry.tiny.shape)
    x, y = (int(np.clip(n, 0, limit - 1)) for n, limit in zip(low, shape[::-1], strict=True))
    size = (max(1, int(min(high[0], shape[1]) - x)), max(1, int(min(high[1], shape[0]) - y)))
    here = np.array([[1.0, 0.0, -x], [0.0, 1.0, -y], [0.0, 0.0, 1.0]]) @ matrix
    light = cv2.warpAffine(LINEAR[entry.tiny].astype(np.float32), here[:2], size, flags=cv2.INTER_AREA, borderValue=-9.0)
    covered = np.asarray(light) > -0.01
    return x, y, covered.astype(np.float64), np.maximum(np.asarray(light, np.float64), 0.0)
