"""The sweep laid out flat, drawn for people: the room in grey, what would have been found in colour."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.optics import completeness as told
from detector.optics.completeness import Chart
from detector.optics.stills import encode

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class ChartLimits:
    """Sizes of the picture in px."""

    widest: int = 2000
    """Both sides, whatever the extent of the sweep."""
    narrowest: int = 760
    """The legend wants this much."""
    cell: int = 16
    """As fine as the small pictures that were kept."""
    gap: int = 12
    legend: int = 26
    opacity: float = 0.38


COLOURS: dict[int, tuple[int, int, int]] = {
    told.SHOWS: (110, 170, 30), told.MAY_MISS: (40, 170, 245), told.TOO_DARK: (190, 90, 30), told.TOO_FAST: (170, 60, 170), told.BURNT: (60, 60, 230),
}  # fmt: skip
"""B, G, R; apart for colour-blind eyes by lightness too."""
NAMES: dict[int, str] = {
    told.SHOWS: "a lens would have shown", told.MAY_MISS: "may have been missed", told.TOO_DARK: "too dark", told.TOO_FAST: "too quick or too short",
    told.BURNT: "over-exposed",
}  # fmt: skip
PAPER = 28
FONT = 0  # cv2.FONT_HERSHEY_SIMPLEX, by number as in `detector.picture`


def draw(charts: Sequence[Chart], title: str = "", limits: ChartLimits | None = None) -> bytes | None:
    """All tiles, largest first, with a legend, as JPEG; None where there is none."""
    limits = limits or ChartLimits()
    if not charts:
        return None
    cell, places, size = _packed([chart.kind.shape for chart in charts], limits)
    lines = _legend_lines({int(kind) for chart in charts for kind in np.unique(chart.kind)}, size[0], limits)
    titles = textwrap.wrap(title, max(20, (size[0] - 2 * limits.gap) // 9))
    room = limits.legend * (len(lines) + len(titles)) + limits.gap
    canvas = np.full((size[1] + room, size[0], 3), PAPER, np.uint8)
    gain = _gain(charts)
    for chart, (x, y) in zip(charts, places, strict=True):
        tile = _tile(chart, cell, gain, limits)
        canvas[room + y : room + y + tile.shape[0], x : x + tile.shape[1]] = tile
    _legend(canvas, lines, titles, limits)
    return encode(canvas)


def _packed(shapes: Sequence[tuple[int, ...]], limits: ChartLimits) -> tuple[int, list[tuple[int, int]], tuple[int, int]]:
    """Pixels a cell, where each tile begins, and width and height in all: shelves, as large as fits."""
    for cell in range(limits.cell, 0, -1):
        x, y, shelf, widest, places = limits.gap, 0, 0, limits.narrowest, []
        for h, w in shapes:
            if x > limits.gap and x + w * cell + limits.gap > limits.widest:
                x, y, shelf = limits.gap, y + shelf + limits.gap, 0
            places.append((x, y))
            shelf, x = max(shelf, h * cell), x + w * cell + limits.gap
            widest = max(widest, x)
        height = y + shelf + limits.gap
        if widest <= limits.widest and height <= limits.widest - 6 * limits.legend:
            break
    return cell, places, (widest, height)


def _gain(charts: Sequence[Chart]) -> float:
    """Rooms swept in the dark are shown lighter than they were."""
    levels = np.concatenate([255 * np.sqrt(chart.layout.level[chart.layout.seen]) for chart in charts])
    return float(np.clip(190 / max(float(np.percentile(levels, 95)), 1.0), 1.0, 4.0)) if len(levels) else 1.0


def _tile(chart: Chart, cell: int, gain: float, limits: ChartLimits) -> Picture:
    """One tile: its frames laid over each other, its cells tinted."""
    size = (chart.kind.shape[1] * cell, chart.kind.shape[0] * cell)
    grey = np.asarray(cv2.cvtColor(_laid(chart, cell, gain, size), cv2.COLOR_GRAY2BGR), np.float32)
    tint = np.zeros((*chart.kind.shape, 3), np.float32)
    alpha = np.zeros(chart.kind.shape, np.float32)
    for kind, colour in COLOURS.items():
        tint[chart.kind == kind], alpha[chart.kind == kind] = colour, limits.opacity
    over, share = (np.asarray(cv2.resize(a, size, interpolation=cv2.INTER_NEAREST), np.float32) for a in (tint, alpha))
    return np.asarray(np.clip(grey * (1 - share[..., None]) + over * share[..., None], 0, 255), np.uint8)


def _laid(chart: Chart, cell: int, gain: float, size: tuple[int, int]) -> Picture:
    """The kept pictures in their places, each part from the picture whose middle is nearest; where no
    picture was kept, the levels of the cells.
    """
    levels = np.where(chart.layout.seen, 255 * np.sqrt(chart.layout.level), PAPER / gain)
    ground = np.asarray(cv2.resize(levels.astype(np.float32), size, interpolation=cv2.INTER_LINEAR))
    nearest = np.zeros(ground.shape, np.float32)
    shift = np.diag([cell, cell, 1.0]) @ np.array([[1, 0, -chart.layout.origin[0]], [0, 1, -chart.layout.origin[1]], [0, 0, 1.0]])
    for entry, to_tile in chart.layout.tile.places:
        if entry.jpeg is None:
            continue
        small = np.asarray(cv2.imdecode(np.frombuffer(entry.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE), np.uint8)
        shrink = entry.tiny.shape[1] / small.shape[1]
        matrix = (shift @ to_tile @ np.diag([shrink, shrink, 1.0]))[:2]
        weight = np.asarray(cv2.warpAffine(_middle(small.shape), matrix, size))
        picture = np.asarray(cv2.warpAffine(small, matrix, size, flags=cv2.INTER_AREA), np.float32)
        better = weight > nearest
        ground[better], nearest[better] = picture[better], weight[better]
    return np.asarray(np.clip(ground * gain, 0, 255), np.uint8)


def _middle(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Closeness to the middle of a picture, from just above 0 at the border to 1."""
    y, x = (1.0 - np.abs(np.linspace(-1, 1, n)) + 1e-3 for n in shape)
    return np.minimum(y[:, None], x[None, :]).astype(np.float32)


def _legend_lines(kinds: set[int], width: int, limits: ChartLimits) -> list[list[tuple[int, int]]]:
    """Which kinds stand in which line of the legend, each with where it begins."""
    lines: list[list[tuple[int, int]]] = [[]]
    x = limits.gap
    for kind in (kind for kind in COLOURS if kind in kinds):
        long = 40 + cv2.getTextSize(NAMES[kind], FONT, 0.5, 1)[0][0]
        if lines[-1] and x + long > width:
            lines.append([])
            x = limits.gap
        lines[-1].append((kind, x))
        x += long
    return lines


def _legend(canvas: Picture, lines: Sequence[Sequence[tuple[int, int]]], titles: Sequence[str], limits: ChartLimits) -> None:
    bottom = limits.legend - 8
    for title in titles:
        cv2.putText(canvas, title, (limits.gap, bottom), FONT, 0.5, (235, 235, 235), 1, cv2.LINE_AA)
        bottom += limits.legend
    for line in lines:
        for kind, x in line:
            cv2.rectangle(canvas, (x, bottom - 12), (x + 16, bottom + 2), COLOURS[kind], cv2.FILLED)
            cv2.putText(canvas, NAMES[kind], (x + 22, bottom), FONT, 0.5, (225, 225, 225), 1, cv2.LINE_AA)
        bottom += limits.legend
