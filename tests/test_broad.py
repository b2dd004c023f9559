"""What is broader than a pupil, in one picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from detector.optics.broad import BroadLimits, brightness, is_broad, surfaces
from tests.optics_scenes import add_point, grey_point, levels

SIZE = (640, 480)


def strip(x, y, width, height, *, ground=20, level=230, size=SIZE):
    picture = np.full(size[::-1], ground, np.uint8)
    picture[y : y + height, x : x + width] = level
    return cv2.GaussianBlur(picture, (3, 3), 0)


@pytest.mark.parametrize("at", [(300, 200), (0, 0), (620, 200), (300, 459)])
def test_a_strip_is_broad_wherever_it_stands_and_wherever_one_looks_at_it(at):
    picture = strip(*at, 20, 21)
    for x, y in ((at[0] + 10, at[1] + 10), (at[0] + 2, at[1] + 2), (at[0] + 17, at[1] + 18)):
        assert is_broad(picture, np.array([x, y]))


def test_a_thin_line_is_broad_along_itself():
    assert is_broad(strip(300, 200, 30, 2), np.array([315, 201]))


@pytest.mark.parametrize("sigma", [0.6, 1.0, 1.8])
@pytest.mark.parametrize("ground", [10.0, 120.0])
def test_a_point_is_not_broad(sigma, ground):
    assert not is_broad(grey_point(320.3, 240.4, sigma, height=120.0, floor=ground, size=SIZE), np.array([320, 240]))


def test_a_burnt_out_point_is_not_broad():
    light = np.full(SIZE[::-1], 0.02)
    add_point(light, 320.0, 240.0, 500.0, 1.0)
    assert not is_broad(levels(light), np.array([320, 240]))


def test_what_is_broad_grows_with_the_picture():
    assert is_broad(strip(300, 200, 8, 12), np.array([304, 206]))
    assert not is_broad(strip(300, 200, 8, 12, size=(2304, 480)), np.array([304, 206]))


def test_a_point_beside_a_strip_is_a_point():
    picture = strip(300, 200, 20, 40)
    picture[215:218, 330:333] = 230
    assert not is_broad(picture, np.array([331, 216]))
    assert is_broad(picture, np.array([310, 216]))


def test_what_is_white_counts_in_daylight_and_every_colour_in_a_dark_exposure():
    bright = np.full((48, 64, 3), (90, 140, 60), np.uint8)
    assert (brightness(bright) == 60).all()
    dark = np.zeros((48, 64, 3), np.uint8)
    dark[10:14, 10:14] = (120, 230, 4)
    assert brightness(dark)[11, 11] == 230
    grey = np.full((48, 64), 70, np.uint8)
    assert (brightness(grey) == 70).all()


def test_surfaces_of_a_dark_exposure_are_told_in_their_middle():
    (place,) = surfaces(strip(300, 200, 40, 60), 15)
    assert place == pytest.approx((319.5, 229.5), abs=0.5)


def test_spots_and_thin_lines_are_no_surfaces():
    assert surfaces(strip(300, 200, 8, 60), 15) == []


def test_nothing_is_told_of_the_walls_of_a_lit_picture():
    assert surfaces(strip(300, 200, 40, 60, ground=90), 15) == []


@pytest.mark.parametrize("picture", [np.zeros((48, 64), np.uint8), np.full((48, 64), 255, np.uint8)])
def test_even_pictures_have_no_surfaces(picture):
    assert surfaces(picture, 15) == []


@pytest.mark.parametrize("limits", [BroadLimits(share=0.05), BroadLimits(least_px=40.0), BroadLimits(half_level=1.0)])
def test_every_limit_of_breadth_matters(limits):
    picture = strip(300, 200, 20, 21)
    picture[210, 310] = 240
    assert is_broad(picture, np.array([310, 210]))
    assert not is_broad(picture, np.array([310, 210]), limits)


@pytest.mark.parametrize("limits", [BroadLimits(shines=250), BroadLimits(dark_mean=5.0)])
def test_every_limit_of_surfaces_matters(limits):
    assert surfaces(strip(300, 200, 40, 60), 15)
    assert not surfaces(strip(300, 200, 40, 60), 15, limits)
