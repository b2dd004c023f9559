"""A frame in its working sizes: same levels, known scales, whatever the shape."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from detector.optics.view import SMALL_WIDTH_PX, TINY_SHARE, look, shrunk
from detector.planes import Matrix, Planes, colours
from tests.optics_scenes import seen_wall, similarity, wall


def colours_at(view, x, y):
    return colours(view.samples(x, y), view.to_bgr)


def picture(width, height, seed=4):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def test_levels_are_those_of_the_usual_grey():
    pixels = picture(64, 48)
    assert np.array_equal(look(pixels).luma, cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY))


def test_a_grey_picture_is_its_own_luma_and_is_not_copied():
    pixels = picture(64, 48)[..., 0].copy()
    assert look(pixels).luma is pixels


@pytest.mark.parametrize("width", [320, 640, 1280, 1920, 3840])
def test_the_small_picture_is_about_640_wide_and_its_scale_is_exact(width):
    view = look(picture(width, width // 2))
    assert min(width, SMALL_WIDTH_PX / 1.6) <= view.small.shape[1] <= 1.6 * SMALL_WIDTH_PX
    assert view.small.shape[1] == round(width * view.scale)
    assert 1.0 / view.scale == round(1.0 / view.scale)


def test_a_small_picture_is_never_enlarged():
    view = look(picture(200, 100))
    assert view.scale == 1.0
    assert view.small.shape == (100, 200)


def test_tiny_is_an_eighth_of_small():
    view = look(picture(1280, 720))
    assert view.tiny.shape == (view.small.shape[0] // TINY_SHARE, view.small.shape[1] // TINY_SHARE)
    assert view.tiny_scale == view.scale / 8


def test_means_of_blocks_keep_the_level_of_the_room():
    view = look(picture(1280, 720))
    assert view.small.mean() == pytest.approx(view.luma.mean(), abs=0.6)
    assert view.tiny.mean() == pytest.approx(view.luma.mean(), abs=1.0)


@pytest.mark.parametrize(("width", "height"), [(1283, 717), (641, 359), (97, 1201), (7, 5), (1, 1)])
def test_odd_sizes_lose_at_most_a_rest_at_the_edge(width, height):
    view = look(picture(width, height))
    assert view.luma.shape == (height, width)
    assert all(n >= 1 for n in view.small.shape + view.tiny.shape)
    block = round(1 / view.scale)
    assert view.small.shape[1] == max(1, width // block)


def test_a_place_of_the_picture_is_found_again_in_small_by_the_scale():
    pixels = np.zeros((720, 1280), np.uint8)
    pixels[400:402, 900:902] = 255
    view = look(pixels)
    row, column = np.unravel_index(np.argmax(view.small), view.small.shape)
    assert (column, row) == (round(900 * view.scale), round(400 * view.scale))


def test_a_picture_that_is_not_one_block_of_memory_is_taken():
    pixels = picture(640, 480)[::2, ::2]
    assert np.array_equal(look(pixels).luma, look(pixels.copy()).luma)


def test_the_same_wall_seen_twice_gives_the_same_view():
    surface = (255 * seen_wall(wall(), similarity())).astype(np.uint8)
    assert np.array_equal(look(surface).tiny, look(surface.copy()).tiny)


# --- planes


def planes(width=64, height=48, *, full=False, seed=4):
    rng = np.random.default_rng(seed)
    y = rng.integers(16, 236, (height, width), np.uint8)
    cb, cr = rng.integers(40, 200, (2, height // 2, width // 2), np.uint8)
    return Planes(y, cb, cr, Matrix(full=full))


@pytest.mark.parametrize("full", [False, True])
def test_grey_levels_of_planes_are_those_of_the_picture_that_they_show(full):
    rng = np.random.default_rng(1)
    bgr = np.kron(rng.integers(30, 220, (24, 32, 3), np.uint8), np.ones((2, 2, 1), np.uint8))
    y, cr, cb = cv2.split(cv2.cvtColor(bgr, cv2.COLOR_BGR2YCrCb))
    if not full:
        y, cb, cr = np.rint(16 + y.astype(float) * 219 / 255), *(np.rint(128 + (c.astype(float) - 128) * 224 / 255) for c in (cb, cr))
    picture = Planes(y.astype(np.uint8), cb[::2, ::2].astype(np.uint8), cr[::2, ::2].astype(np.uint8), Matrix(full=full))
    assert np.abs(look(picture).luma.astype(int) - look(bgr).luma).max() <= 1
    x, y = np.meshgrid(np.arange(64), np.arange(48))
    assert np.abs(colours_at(look(picture), x, y) - colours_at(look(bgr), x, y)).max() <= 3


def test_the_buffer_is_filled_and_its_contents_before_do_not_matter():
    picture = planes()
    buffer = np.full((48, 64), 99, np.uint8)
    view = look(picture, buffer)
    assert view.luma is buffer or np.shares_memory(view.luma, buffer)
    assert np.array_equal(view.luma, look(picture).luma)


def test_a_buffer_of_another_size_is_not_used():
    buffer = np.full((10, 12), 99, np.uint8)
    assert look(planes(), buffer).luma.shape == (48, 64)
    assert (buffer == 99).all()


@pytest.mark.parametrize("picture", [picture(64, 48), picture(64, 48)[..., 0].copy(), planes(full=True)], ids=["colour", "grey", "full range"])
def test_a_picture_that_needs_no_filling_leaves_the_buffer_alone(picture):
    buffer = np.full((48, 64), 99, np.uint8)
    look(picture, buffer)
    assert (buffer == 99).all()


def test_what_is_kept_of_a_view_outlives_the_buffer():
    """The next frame overwrites the grey levels; motion and light remember only the small pictures."""
    buffer = np.empty((720, 1280), np.uint8)
    view = look(planes(1280, 720), buffer)
    small, tiny = view.small.copy(), view.tiny.copy()
    look(planes(1280, 720, seed=5), buffer)
    assert np.array_equal(view.small, small)
    assert np.array_equal(view.tiny, tiny)


def test_colours_are_told_at_places_of_any_shape_as_blue_green_red():
    pixels = picture(64, 48)
    x, y = np.array([[3, 60], [0, 5]]), np.array([[4, 40], [0, 47]])
    told = colours_at(look(pixels), x, y)
    assert told.shape == (3, 2, 2)
    assert told.dtype == np.float32
    assert told[:, 0, 1].tolist() == pixels[40, 60].tolist()
    assert look(pixels[..., 0]).samples(x, y) is None
    assert colours_at(look(planes()), x, y).shape == (3, 2, 2)


def test_no_view_writes_to_the_picture_it_is_of():
    for each in (picture(64, 48), planes(), planes(full=True)):
        for memory in (each.y, each.cb, each.cr) if isinstance(each, Planes) else (each,):
            memory.setflags(write=False)
        colours_at(look(each, np.empty((48, 64), np.uint8)), np.array([1]), np.array([1]))


def test_a_shrunk_picture_is_the_means_of_whole_blocks():
    grey = picture(13, 9)[..., 0].copy()
    means = grey[:8, :12].reshape(2, 4, 3, 4).mean(axis=(1, 3))
    assert np.abs(shrunk(grey, 4) - means).max() <= 0.5
    assert shrunk(grey, 1) is grey
    assert shrunk(grey, 50).shape == (1, 1)


def test_luma_of_padded_rows_and_turned_pictures_is_one_piece_of_memory():
    wide = np.random.default_rng(1).integers(0, 256, (48, 80), np.uint8)
    for picture_of in (wide[:, :64], np.rot90(wide)):
        luma = look(picture_of).luma
        assert luma.flags["C_CONTIGUOUS"]
        assert np.array_equal(luma, picture_of)
