"""Planes of a decoder: grey levels, colour at places and whole pictures agree with the standards' arithmetic."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest

from detector.planes import Matrix, Planes, colours

SHARES = {"BT.601": (0.299, 0.114), "BT.709": (0.2126, 0.0722), "BT.2020": (0.2627, 0.0593)}
MATRICES = pytest.mark.parametrize(
    "matrix", [Matrix(*shares, full=full) for shares in SHARES.values() for full in (False, True)],
    ids=[f"{name} {levels}" for name in SHARES for levels in ("limited", "full")],
)  # fmt: skip
COLOURS = np.array(
    [(0, 0, 0), (255, 255, 255), (128, 128, 128), (255, 0, 0), (0, 255, 0), (0, 0, 255), (20, 200, 120), (90, 30, 240)], np.float64
)
"""B, G, R."""


def colours_at(planes, x, y):
    return colours(planes.samples(x, y), planes.matrix.to_bgr())


def encoded(bgr, matrix):
    """Y, Cb, Cr of B, G, R by the definition: luma is the weighted sum, colour the scaled differences from it."""
    blue, green, red = np.moveaxis(np.asarray(bgr, np.float64) / 255.0, -1, 0)
    y = matrix.red * red + (1 - matrix.red - matrix.blue) * green + matrix.blue * blue
    cb, cr = (blue - y) / (2 - 2 * matrix.blue), (red - y) / (2 - 2 * matrix.red)
    if matrix.full:
        return 255 * y, 128 + 255 * cb, 128 + 255 * cr
    return 16 + 219 * y, 128 + 224 * cb, 128 + 224 * cr


def even(bgr, matrix, size=(8, 6)):
    """Planes of one colour all over; `size` is width and height."""
    y, cb, cr = (int(np.clip(np.rint(value), 0, 255)) for value in encoded(bgr, matrix))
    w, h = size
    half = (h + 1) // 2, (w + 1) // 2
    return Planes(np.full((h, w), y, np.uint8), np.full(half, cb, np.uint8), np.full(half, cr, np.uint8), matrix)


def patchwork(matrix, size=(32, 24), seed=1):
    """Planes of 2 x 2 blocks of random colours, and the picture that they are of."""
    w, h = size
    blocks = np.random.default_rng(seed).integers(0, 256, ((h + 1) // 2, (w + 1) // 2, 3))
    bgr = np.kron(blocks, np.ones((2, 2, 1), np.int64))[:h, :w]
    y = np.rint(encoded(bgr, matrix)[0])
    cb, cr = (np.clip(np.rint(value), 0, 255) for value in encoded(blocks, matrix)[1:])
    return Planes(y.astype(np.uint8), cb.astype(np.uint8), cr.astype(np.uint8), matrix), bgr


@MATRICES
def test_the_matrix_undoes_the_definition(matrix):
    stacked = np.stack([*encoded(COLOURS, matrix), np.ones(len(COLOURS))])
    assert np.allclose(matrix.to_bgr() @ stacked, COLOURS.T, atol=0.01)


@MATRICES
@pytest.mark.parametrize("colour", COLOURS, ids=str)
def test_one_colour_comes_back_however_it_is_asked_for(matrix, colour):
    planes = even(colour, matrix)
    assert np.abs(planes.bgr().astype(int) - colour).max() <= 2
    at = np.array([0, 3, 7]), np.array([0, 2, 5])
    assert np.abs(colours_at(planes, *at).T - colour).max() <= 2


@MATRICES
def test_luma_is_the_weighted_sum_over_all_256_levels(matrix):
    for colour in COLOURS:
        told = even(colour, matrix).luma()
        assert told.shape == (6, 8)
        assert np.abs(told - float(np.dot(colour, [matrix.blue, 1 - matrix.red - matrix.blue, matrix.red]))).max() <= 1.1


def test_the_whole_range_of_limited_levels_is_spread_out_and_what_lies_beyond_stays_in_bounds():
    y = np.array([[16, 235, 126, 254, 255, 0]], np.uint8).repeat(2, axis=0)
    half = np.full((1, 3), 128, np.uint8)
    told = Planes(y, half, half, Matrix()).luma()
    assert told[0, :3].tolist() == [0, 255, 128]
    assert told[0, 3:5].tolist() == [255, 255]
    assert told[0, 5] < 20
    full = Planes(y, half, half, Matrix(full=True)).luma()
    assert np.array_equal(full, y)


@MATRICES
def test_colours_at_places_are_those_of_the_picture_there(matrix):
    planes, bgr = patchwork(matrix)
    x, y = np.meshgrid(np.arange(32), np.arange(24))
    assert np.abs(np.moveaxis(colours_at(planes, x, y), 0, -1) - bgr).max() <= 2.5


def test_colours_keep_the_shape_of_the_places():
    planes, _ = patchwork(Matrix())
    places = np.zeros((5, 7), np.intp)
    assert colours_at(planes, places, places).shape == (3, 5, 7)
    assert colours_at(planes, places, places).dtype == np.float32
    assert colours_at(planes, places[0], places[0]).shape == (3, 7)
    assert colours_at(planes, places[:0], places[:0]).shape == (3, 0, 7)


def test_colours_no_display_could_show_stay_between_0_and_255():
    half = np.full((2, 2), 255, np.uint8)
    planes = Planes(np.full((4, 4), 250, np.uint8), half, half, Matrix())
    told = colours_at(planes, np.array([1]), np.array([1]))
    assert told.max() == 255.0
    assert told.min() >= 0.0
    dark = Planes(np.zeros((4, 4), np.uint8), np.zeros((2, 2), np.uint8), half, Matrix())
    assert colours_at(dark, np.array([1]), np.array([1])).min() == 0.0
    assert dark.bgr().min() == 0


@MATRICES
def test_the_whole_picture_is_that_of_its_places_but_for_softer_edges_of_colour(matrix):
    planes, _ = patchwork(matrix)
    x, y = np.meshgrid(np.arange(32), np.arange(24))
    sharp = np.moveaxis(colours_at(planes, x, y), 0, -1)
    assert planes.bgr().shape == (24, 32, 3)
    grey = dataclasses.replace(planes, cb=np.full_like(planes.cb, 128), cr=np.full_like(planes.cr, 128))
    assert np.abs(grey.bgr().astype(int) - np.moveaxis(colours_at(grey, x, y), 0, -1)).max() <= 1
    assert np.abs(planes.bgr() - sharp).mean() < 45  # random blocks: the hardest edges there are


@pytest.mark.parametrize("size", [(9, 7), (8, 7), (9, 6), (1, 1), (2, 1)])
def test_odd_sizes_have_colour_up_to_their_last_row_and_column(size):
    colour = np.array([40.0, 90.0, 200.0])
    planes = even(colour, Matrix(), size)
    w, h = size
    assert planes.shape == (h, w)
    assert planes.bgr().shape == (h, w, 3)
    assert np.abs(planes.bgr() - colour).max() <= 2
    assert np.abs(colours_at(planes, np.array([w - 1]), np.array([h - 1]))[:, 0] - colour).max() <= 2


@MATRICES
def test_luma_is_written_where_it_is_asked_to_and_nowhere_else(matrix):
    planes, _ = patchwork(matrix)
    for plane in (planes.y, planes.cb, planes.cr):
        plane.setflags(write=False)
    before = [plane.copy() for plane in (planes.y, planes.cb, planes.cr)]
    into = np.full((24, 32), 77, np.uint8)
    told = planes.luma(into)
    assert np.array_equal(told, planes.luma())
    assert np.shares_memory(told, planes.y if matrix.full else into)
    planes.bgr()
    colours_at(planes, np.array([1]), np.array([1]))
    for plane, was in zip((planes.y, planes.cb, planes.cr), before, strict=True):
        assert np.array_equal(plane, was)


def test_a_buffer_of_another_size_is_left_alone():
    planes, _ = patchwork(Matrix())
    into = np.full((10, 10), 77, np.uint8)
    assert planes.luma(into).shape == (24, 32)
    assert (into == 77).all()


def test_planes_inside_wider_rows_of_memory_are_taken_as_they_are():
    """Decoders pad each row; the padding is no part of the picture."""
    planes, _ = patchwork(Matrix())
    padded = []
    for plane in (planes.y, planes.cb, planes.cr):
        memory = np.full((plane.shape[0], plane.shape[1] + 13), 255, np.uint8)
        memory[:, : plane.shape[1]] = plane
        padded.append(memory[:, : plane.shape[1]])
    other = Planes(*padded, planes.matrix)
    assert np.array_equal(other.luma(), planes.luma())
    assert np.array_equal(other.bgr(), planes.bgr())
    x, y = np.meshgrid(np.arange(32), np.arange(24))
    assert np.array_equal(colours_at(other, x, y), colours_at(planes, x, y))


def test_full_range_601_agrees_with_opencv():
    planes, _ = patchwork(Matrix(full=True))
    smooth = [cv2.GaussianBlur(plane, (0, 0), 4) for plane in (planes.y, planes.cb, planes.cr)]
    planes = Planes(*smooth, planes.matrix)
    cb, cr = (cv2.resize(plane, (32, 24), interpolation=cv2.INTER_LINEAR) for plane in smooth[1:])
    theirs = cv2.cvtColor(cv2.merge([smooth[0], cr, cb]), cv2.COLOR_YCrCb2BGR)
    assert np.abs(planes.bgr().astype(int) - theirs).max() <= 2
