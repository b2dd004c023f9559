"""Points of light drawn into pictures: light that adds up, stands where it should, glows, and tells its blur."""

from __future__ import annotations

import numpy as np
import pytest

from detector.optics import glint
from detector.optics.light import LINEAR, shown
from detector.optics.points import Halo, Points, draw, sharpness
from detector.optics.view import look

HALO = Halo()
GREY = np.full((80, 100), 60, np.uint8)


def point(x=50.0, y=40.0, energy=1.0, tint=(1.0, 1.0, 1.0), way=(0.0, 0.0)):
    return Points(np.array([[x, y]]), energy * np.array([tint]), np.array([way]))


def added(points, sigma=1.0, luma=GREY):
    return LINEAR[draw(luma, points, sigma, HALO)] - LINEAR[luma][..., None]


@pytest.mark.parametrize("energy", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("way", [(0.0, 0.0), (5.0, -3.0)])
def test_a_faint_point_adds_its_energy_wherever_it_lies_between_pixels(energy, way):
    for shift in (0.0, 0.3, 0.5):
        assert added(point(50 + shift, energy=energy, way=way)).sum(axis=(0, 1)) == pytest.approx(energy, rel=0.08)


def test_the_middle_of_the_light_is_the_place():
    light = added(point(50.3, 39.6))[..., 0]
    rows, columns = np.mgrid[0:80, 0:100]
    assert (light * columns).sum() / light.sum() == pytest.approx(50.3, abs=0.05)
    assert (light * rows).sum() / light.sum() == pytest.approx(39.6, abs=0.05)


def test_a_strong_point_saturates_and_glows():
    picture = draw(GREY, point(energy=300.0), 1.0, HALO)
    assert (picture >= 250).all(axis=2).sum() >= 9
    assert picture[40, 60].min() > GREY[0, 0], "ten pixels off there is glare"


def test_a_tint_stays_where_nothing_saturates():
    light = added(point(energy=2.0, tint=(1.0, 0.7, 0.6))).sum(axis=(0, 1))
    assert light / light[0] == pytest.approx([1.0, 0.7, 0.6], abs=0.06)


def test_motion_draws_a_point_out():
    still, moved = (added(point(energy=2.0, way=way))[40, :, 0] for way in ((0.0, 0.0), (8.0, 0.0)))
    assert (moved > 0.02).sum() > (still > 0.02).sum() + 3
    assert moved.max() < 0.6 * still.max()


def test_however_long_the_way_it_shows_no_beads():
    along = added(point(energy=8.0, way=(40.0, 0.0)), sigma=0.8)[40, 36:65, 0]
    assert along.min() > 0.9 * along.max() > 0.0


@pytest.mark.parametrize("place", [(np.nan, np.nan), (50.0, 40.0)])
def test_nothing_is_drawn_where_there_is_no_light_or_no_place(place):
    none = point(*place, energy=0.0 if place[0] == place[0] else 5.0)
    assert (draw(GREY, none, 1.0, HALO) == GREY[..., None]).all()


def test_points_at_the_border_are_cut_and_nothing_else():
    assert added(point(1.0, 1.0, energy=2.0)).sum() > 1.0
    assert added(point(99.0, 79.0, energy=2.0)).sum() > 1.0


@pytest.mark.parametrize("sigma", [0.85, 1.0, 1.15])
def test_sharpness_is_read_off_the_points_in_the_picture(sigma):
    rng = np.random.default_rng(1)
    picture = np.full((400, 400), 60, np.uint8)
    for x, y in np.stack(np.meshgrid(np.arange(20, 390, 30), np.arange(20, 390, 30)), -1).reshape(-1, 2) + rng.uniform(-3, 3, (169, 2)):
        picture = draw(picture, Points(np.array([[x, y]]), np.full((1, 3), 1.0), np.zeros((1, 2))), sigma, HALO)[..., 0]
    view = look(picture)
    assert sharpness([(view, glint.find(picture, glint.GlintLimits()))]) == pytest.approx(sigma, abs=0.15)


def test_without_points_the_usual_sharpness_is_taken():
    view = look(GREY)
    assert sharpness([(view, glint.find(GREY, glint.GlintLimits()))], otherwise=0.77) == 0.77


def test_every_grey_level_comes_back_from_its_light():
    assert np.array_equal(shown(LINEAR.astype(np.float32)), np.arange(256))


def test_more_light_than_the_sensor_takes_is_white():
    assert shown(np.array([1.0, 1.5, 400.0], np.float32)).tolist() == [255, 255, 255]


def test_only_a_strong_point_glows():
    assert HALO.reach_px(0.5) == 0.0
    assert 0.0 < HALO.reach_px(30.0) < HALO.reach_px(300.0) < 60.0
