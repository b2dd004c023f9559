"""A frame in its working sizes: same levels, known scales, whatever the shape."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from detector.optics.view import SMALL_WIDTH_PX, TINY_SHARE, look
from tests.optics_scenes import seen_wall, similarity, wall


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
