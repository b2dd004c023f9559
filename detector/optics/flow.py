"""Corners of one picture, where they are in another, the similarity that most of them agree on, and what is beyond it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
"""3x3 homogeneous transform of pixel positions (x, y, 1)."""
FloatArray = NDArray[np.float32]

LEAST_APART_PX = 6
TILE_PX = 60
"""Of the picture at half size, which has some eighteen tiles: with half or twice as large ones the places of lenses are foretold as well."""


def corners_of(picture: NDArray[np.uint8], most: int, faintest: float) -> FloatArray:
    """(n, 2) corners, at most so many, of at least that share of the strongest one's response, from all over the picture: the
    strongest are often all on one patterned table, and a plain wall behind it moves otherwise.  Found at half size: the same in
    a third of the time, and the flow needs no finer start.
    """
    h, w = (max(1, n // 2) for n in picture.shape)
    half = cv2.resize(picture, (w, h), interpolation=cv2.INTER_AREA)
    fresh = cv2.goodFeaturesToTrack(half, 0, faintest, LEAST_APART_PX)
    if fresh is None:
        return np.zeros((0, 2), np.float32)
    found = np.asarray(fresh, np.float32).reshape(-1, 2)
    return np.asarray(2 * found[_tile_by_tile(found)[:most]] + 0.5, np.float32)


def _tile_by_tile(corners: FloatArray) -> NDArray[np.intp]:
    """The order in which the first of every tile comes first, then the second of every tile, and so on."""
    _, tile, count = np.unique((corners // TILE_PX).astype(np.intp), axis=0, return_inverse=True, return_counts=True)
    by_tile = np.argsort(tile.reshape(-1), kind="stable")
    rank = np.empty(len(corners), np.intp)
    rank[by_tile] = np.arange(len(corners)) - np.repeat(np.cumsum(count) - count, count)
    return np.argsort(rank, kind="stable")


def flow(before: NDArray[np.uint8], now: NDArray[np.uint8], corners: FloatArray, guess: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Where (n, 2) corners have gone, beginning with a guess, and which were found."""
    if not len(corners):
        return np.zeros((0, 2), np.float32), np.zeros(0, np.bool_)
    new, found, _ = cv2.calcOpticalFlowPyrLK(
        before, now, corners.reshape(-1, 1, 2), guess.reshape(-1, 1, 2).copy(), winSize=(11, 11), maxLevel=3,
        criteria=(cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 8, 0.05), flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
    )  # fmt: skip
    return np.asarray(new, np.float32).reshape(-1, 2), np.asarray(found).reshape(-1) == 1


def similarity(old: FloatArray, new: FloatArray, within_px: float, fewest: int) -> tuple[Matrix | None, NDArray[np.bool_]]:
    """What takes most of (n, 2) old places to the new ones within so many px, and which it takes; None where they are too few."""
    if len(old) >= fewest:
        fit, agree = cv2.estimateAffinePartial2D(old, new, ransacReprojThreshold=within_px)
        if fit is not None and np.count_nonzero(agree) >= fewest:
            return np.vstack([np.asarray(fit, np.float64), [0.0, 0.0, 1.0]]), np.asarray(agree).reshape(-1) == 1
    return None, np.zeros(len(old), np.bool_)


def transform(matrix: Matrix, points: FloatArray) -> FloatArray:
    """(n, 2) positions taken through a transform."""
    turn = matrix[:2].astype(np.float32)
    return points @ turn[:, :2].T + turn[:, 2]


def at_nodes(corners: FloatArray, residual: FloatArray, shape: tuple[int, ...], apart_px: int, neighbours: int) -> FloatArray:
    """(rows, columns, 3): for nodes so far apart over a picture of this shape, beginning half as far inside it, the median
    (n, 2) residual of so many corners nearest to each, x and y, and the median distance of theirs from it; noughts where
    there are fewer.
    """
    rows, columns = shape[0] // apart_px + 1, shape[1] // apart_px + 1
    if len(corners) < neighbours:
        return np.zeros((rows, columns, 3), np.float32)
    y, x = ((np.arange(n, dtype=np.float32) + 0.5) * apart_px for n in (rows, columns))
    far = (((y[:, None] - corners[:, 1]) ** 2)[:, None] + (x[:, None] - corners[:, 0]) ** 2).reshape(rows * columns, -1)
    near = residual[np.argpartition(far, neighbours - 1, axis=1)[:, :neighbours]]
    middle = np.sort(near, axis=1)[:, neighbours // 2]
    apart = np.abs(near - middle[:, None])
    spread = np.sort(np.maximum(apart[..., 0], apart[..., 1]), axis=1)[:, neighbours // 2]
    return np.concatenate([middle, spread[:, None]], axis=1, dtype=np.float32).reshape(rows, columns, 3)
