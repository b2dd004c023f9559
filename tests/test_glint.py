"""Drawn points are found where they are; edges, lines and wide things are not points."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from detector.optics import glint
from detector.optics.glint import GlintLimits, find, measure, standout
from detector.optics.view import look
from tests.optics_scenes import add_point, grey_point, levels, linear, starry

LIMITS = GlintLimits()
RNG = np.random.default_rng(11)
PHASES = RNG.uniform(-0.5, 0.5, (24, 2))


def near(spots, x, y, reach=2.0):
    return np.flatnonzero(np.hypot(spots.x - x, spots.y - y) <= reach)


def measured(pixels):
    view = look(pixels)
    spots = find(view.luma, LIMITS)
    return spots, measure(view, spots.peaks)


@pytest.mark.parametrize("sigma", [0.6, 0.8, 1.0, 1.25, 1.5])
def test_a_point_is_found_to_a_fifth_of_a_pixel_at_any_phase(sigma):
    for dx, dy in PHASES:
        spots = find(grey_point(32 + dx, 30 + dy, sigma), LIMITS)
        best = int(np.argmax(spots.level))
        assert np.hypot(spots.x[best] - 32 - dx, spots.y[best] - 30 - dy) < 0.2, (sigma, dx, dy)


@pytest.mark.parametrize("sigma", [0.6, 1.0, 1.5])
def test_a_point_is_one_spot_or_its_twins_lie_within_a_pixel(sigma):
    for dx, dy in [*PHASES, (0.5, 0.0), (0.0, 0.5), (0.5, 0.5)]:
        spots = find(grey_point(32 + dx, 30 + dy, sigma), LIMITS)
        assert 1 <= len(spots) <= 4
        assert len(near(spots, 32 + dx, 30 + dy, 1.0)) == len(spots)


def test_noise_moves_a_point_by_less_than_a_third_of_a_pixel():
    rng = np.random.default_rng(5)
    errors = []
    for dx, dy in PHASES:
        noisy = grey_point(32 + dx, 30 + dy, 0.9) + rng.standard_normal((64, 64)) * 2.5
        spots = find(np.clip(noisy, 0, 255).astype(np.uint8), LIMITS)
        best = int(np.argmax(spots.level))
        errors.append(np.hypot(spots.x[best] - 32 - dx, spots.y[best] - 30 - dy))
    assert np.median(errors) < 0.15
    assert max(errors) < 0.33


@pytest.mark.parametrize(("dx", "dy"), [(0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.3, -0.2)])
def test_a_lens_a_third_of_a_pixel_wide_is_found(dx, dy):
    """1.5 mm at 3 m in 720p: all of its light on one to four pixels."""
    picture = np.full((64, 64), linear(40))
    add_point(picture, 32 + dx, 30 + dy, 1.0, 0.15)
    spots = find(levels(picture), LIMITS)
    assert len(near(spots, 32 + dx, 30 + dy, 0.8))


def test_nothing_on_an_even_or_gently_shaded_wall():
    shade = np.tile(np.linspace(20, 200, 128), (128, 1)).astype(np.uint8)
    assert len(find(np.full((128, 128), 90, np.uint8), LIMITS)) == 0
    assert len(find(shade, LIMITS)) == 0


@pytest.mark.parametrize("side", [17, 24, 40])
def test_bright_things_wider_than_a_glint_are_not_found(side):
    picture = np.full((128, 128), 40, np.uint8)
    picture[50 : 50 + side, 50 : 50 + side] = 220
    assert len(find(picture, LIMITS)) == 0


def test_edges_and_ruled_lines_are_not_found():
    picture = np.full((128, 128), 40, np.uint8)
    picture[:, 60:] = 160
    picture[20::16, :] = 230
    picture[:, 10::20] = 230
    assert len(find(picture, LIMITS)) == 0


def test_a_point_on_a_ruled_line_is_still_found():
    picture = grey_point(40, 40, 0.9, height=150, size=(96, 96))
    picture[40, :] = np.maximum(picture[40, :], 90)
    assert len(near(find(picture, LIMITS), 40, 40))


def test_a_point_as_wide_as_bloom_makes_it_is_still_found():
    picture = np.full((96, 96), linear(40))
    add_point(picture, 48.0, 47.0, 400.0, 1.6)
    spots, glints = measured(levels(picture))
    best = int(np.argmax(spots.level))
    assert np.hypot(spots.x[best] - 48, spots.y[best] - 47) <= 1.5
    assert glints.core[best] >= 20
    assert glints.peak[best] == 255


def test_a_brighter_point_has_more_saturated_pixels():
    cores = []
    for energy in (2.0, 20.0, 200.0):
        picture = np.full((64, 64), linear(40))
        add_point(picture, 32.2, 31.7, energy, 0.9)
        spots, glints = measured(levels(picture))
        cores.append(float(glints.core[int(np.argmax(spots.level))]))
    assert cores == sorted(cores)
    assert cores[0] < cores[2]


def test_faint_satellites_of_a_strong_point_belong_to_it():
    picture = grey_point(32, 32, 0.9, height=200)
    for dx, dy in ((5, 0), (-5, 0), (0, 5), (0, -5)):
        picture = cv2.max(picture, grey_point(32 + dx, 32 + dy, 0.7, height=45))
    spots = find(picture, LIMITS)
    assert len(near(spots, 32, 32, 1.0)) == len(spots) >= 1


def test_the_same_satellites_alone_are_points():
    picture = grey_point(12, 32, 0.7, height=45)
    for x in (27, 42):
        picture = cv2.max(picture, grey_point(x, 32, 0.7, height=45))
    assert len(find(picture, LIMITS)) == 3


def test_two_equal_points_nine_pixels_apart_are_two():
    picture = cv2.max(grey_point(28, 32, 0.9), grey_point(37, 32, 0.9))
    spots = find(picture, LIMITS)
    assert len(near(spots, 28, 32))
    assert len(near(spots, 37, 32))


def test_what_is_fainter_than_the_least_contrast_is_not_found():
    def faint(height):
        return len(find(grey_point(32, 32, 1.0, height=height), LIMITS))

    assert faint(6) == 0
    assert faint(60) == 1


def test_a_starry_picture_costs_no_more_than_so_many_spots_a_tile():
    picture = starry()
    spots = find(picture, LIMITS)
    tiles = np.ceil(np.array(picture.shape) / LIMITS.tile_px).prod()
    assert tiles < len(spots) <= LIMITS.per_tile * tiles
    _, per_tile = np.unique(spots.peaks // LIMITS.tile_px, axis=0, return_counts=True)
    assert per_tile.max() <= LIMITS.per_tile


def test_the_strongest_of_a_tile_are_kept():
    picture = starry()
    picture[100, 100] = 255
    picture[99:102, 99:102] = 255
    assert len(near(find(picture, LIMITS), 100, 100, 1.5))


def test_stand_out_is_flat_on_a_wall_and_as_high_as_a_point():
    top = standout(grey_point(32, 32, 1.4, height=120), LIMITS)
    assert top[5, 5] == 0
    assert 60 < top[32, 32] <= 120


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (5, 5), (14, 14), (15, 40), (41, 17), (333, 77)])
def test_any_size_of_picture_is_taken(size):
    rng = np.random.default_rng(0)
    spots = find(rng.integers(0, 256, size[::-1], np.uint8), LIMITS)
    assert np.all(spots.x >= glint.RADIUS - 1)
    assert np.all(spots.x <= size[0] - glint.RADIUS)


def test_black_and_white_pictures_hold_nothing():
    for level in (0, 255):
        assert len(find(np.full((80, 120), level, np.uint8), LIMITS)) == 0


def points_of_all_sorts():
    """Wide and narrow, strong and faint, near and far, on a wall with a little noise."""
    picture = np.full((256, 256), 40.0)
    for x, y, sigma, height in ((30, 30, 1.0, 200), (40, 30, 0.9, 100), (30, 52, 0.9, 100), (50, 52, 0.9, 80),
                                (100, 30, 1.0, 150), (106, 30, 0.9, 90), (112, 38, 0.9, 50), (200, 60, 1.0, 40)):  # fmt: skip
        picture += grey_point(x, y, sigma, height=height, floor=0, size=(256, 256))
    picture[160:184, 160:184] += 150
    picture = cv2.GaussianBlur(picture, (5, 5), 0.5)
    picture += np.random.default_rng(3).standard_normal(picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("name", "value", "more"),
    [("opening_px", 61, True), ("least_contrast", 40.0, False), ("tile_px", 16, True), ("per_tile", 1, False),
     ("satellite_px", 35, False), ("satellite_share", 0.95, False)],
)  # fmt: skip
def test_every_limit_moves_the_count(name, value, more):
    picture = points_of_all_sorts()
    usual, other = len(find(picture, GlintLimits())), len(find(picture, GlintLimits(**{name: value})))
    assert (other > usual) if more else (other < usual)


def test_smoothing_lets_a_point_win_over_single_noisy_pixels():
    picture = grey_point(32, 32, 1.0, height=60)
    picture[20, 20] = 90
    (x0, x2) = (find(picture, GlintLimits(smoothings=n)).x for n in (0, 2))
    assert sorted(np.rint(x0)) == [20, 32]
    assert list(np.rint(x2)) == [32]


# --- what is measured of them


def test_floor_ring_far_and_peak_are_levels_of_the_picture():
    picture = grey_point(40, 40, 1.0, height=150, floor=50, size=(80, 80))
    spots, glints = measured(picture)
    best = int(np.argmax(spots.level))
    assert glints.peak[best] == 200
    assert glints.floor[best] == pytest.approx(50, abs=1)
    assert glints.ring[best] == pytest.approx(50, abs=2)
    assert glints.far[best] == pytest.approx(50, abs=1)
    assert glints.rough[best] < 1


def test_flux_is_the_light_above_the_floor():
    picture = grey_point(40, 40, 1.0, height=150, floor=50, size=(80, 80))
    spots, glints = measured(picture)
    whole = float(picture.astype(float).sum() - 50 * picture.size)
    assert glints.flux[int(np.argmax(spots.level))] == pytest.approx(whole, rel=0.03)


def test_a_wider_point_is_wider_and_a_drawn_out_one_longer():
    def of(picture):
        spots, glints = measured(picture)
        best = int(np.argmax(spots.level))
        return float(glints.width[best]), float(glints.long[best])

    narrow, wide = of(grey_point(40, 40, 0.7, size=(80, 80))), of(grey_point(40, 40, 1.6, size=(80, 80)))
    drawn_out = of(cv2.max(grey_point(40, 40, 0.8, size=(80, 80)), grey_point(42, 40, 0.8, size=(80, 80))))
    assert narrow[0] < wide[0]
    assert narrow[1] == pytest.approx(1.0, abs=0.15)
    assert drawn_out[1] > 1.4 * narrow[1]


def test_a_dark_ring_lowers_the_ring_and_a_glow_raises_it():
    rows, columns = np.mgrid[0:80, 0:80]
    far = np.hypot(columns - 40, rows - 40)
    point = grey_point(40, 40, 0.9, floor=80, size=(80, 80)).astype(np.float64)
    dark, glow = (np.clip(point + change * np.exp(-(((far - 5) / 1.0) ** 2)), 0, 255).astype(np.uint8) for change in (-60, 40))
    rings = []
    for picture in (dark, point.astype(np.uint8), glow):
        spots, glints = measured(picture)
        rings.append(float(glints.ring[near(spots, 40, 40)[0]]))
    assert rings[0] < rings[1] - 20 < rings[1] + 10 < rings[2]


def tint_of(base, added):
    picture = np.empty((64, 64, 3))
    picture[:] = base
    add_point(picture, 32.0, 32.0, added, 1.1)
    spots, glints = measured(levels(picture))
    tint = glints.tint[int(np.argmax(spots.level))]
    return tint, (tint.max() - tint.min()) / tint.max()


def test_white_light_on_a_green_bottle_has_no_tint():
    """In grey levels the bottle's own colour would show; in linear light only what was added counts."""
    _, share = tint_of((0.01, 0.10, 0.01), (2.0, 2.0, 2.0))
    assert share < 0.15


@pytest.mark.parametrize(("colour", "strongest"), [((3.0, 0.1, 0.1), 0), ((0.1, 3.0, 0.1), 1), ((0.1, 0.1, 3.0), 2)])
def test_the_colour_of_an_indicator_shows_on_any_wall(colour, strongest):
    for base in ((0.05, 0.05, 0.05), (0.01, 0.10, 0.01)):
        tint, share = tint_of(base, colour)
        assert int(np.argmax(tint)) == strongest
        assert share > 0.7


def test_the_colour_of_a_saturated_indicator_is_read_from_its_halo():
    tint, share = tint_of((0.05, 0.05, 0.05), (2.0, 60.0, 2.0))
    assert int(np.argmax(tint)) == 1
    assert share > 0.5


def test_a_grey_picture_has_no_tint():
    picture = grey_point(32, 32, 1.0)
    _, glints = measured(picture)
    assert glints.tint.shape == (1, 3)
    assert not glints.tint.any()


def test_nothing_found_measures_to_nothing():
    view = look(np.zeros((48, 64, 3), np.uint8))
    glints = measure(view, np.zeros((0, 2), np.intp))
    assert len(glints.peak) == len(glints.width) == 0
    assert glints.tint.shape == (0, 3)


def test_points_at_the_border_are_left_out_and_just_inside_are_measured():
    inside, outside = grey_point(9, 9, 1.0), grey_point(3, 30, 1.0)
    spots, glints = measured(inside)
    assert len(spots) == 1
    assert np.isfinite(glints.far).all()
    assert len(find(outside, LIMITS)) == 0


def test_the_same_picture_gives_the_same_spots():
    one, two = find(starry(), LIMITS), find(starry(), LIMITS)
    assert np.array_equal(one.x, two.x)
    assert np.array_equal(one.level, two.level)
