"""Drawn points are found where they are; edges, lines and wide things are not points."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from detector.optics import glint
from detector.optics.glint import RADIUS, GlintLimits, brightest, find
from detector.optics.photometry import cut, measure
from detector.optics.view import look
from detector.planes import Matrix, Planes
from tests.optics_scenes import add_point, grey_point, levels, linear, seen_wall, similarity, starry, wall

LIMITS = GlintLimits()
RNG = np.random.default_rng(11)
PHASES = RNG.uniform(-0.5, 0.5, (24, 2))


def as_is(picture):
    """Narrower than `halved_from_px`: searched at full size."""
    return picture


def widened(picture):
    """The same picture with its right edge drawn out to 960 px: searched at half size."""
    w = max(0, 960 - picture.shape[1])
    return np.pad(picture, ((0, 0), (0, w)) + ((0, 0),) * (picture.ndim - 2), mode="edge")


both_ways = pytest.mark.parametrize("put", [as_is, widened], ids=["full size", "half size"])
BLOCK = [(0, 0), (1, 0), (0, 1), (1, 1)]
"""Where in a 2 x 2 block, which becomes one pixel at half size, a point may stand."""


def near(spots, x, y, reach=2.0):
    return np.flatnonzero(np.hypot(spots.x - x, spots.y - y) <= reach)


def measured(pixels, put=as_is):
    view = look(put(pixels))
    spots = find(view.luma, LIMITS)
    return spots, measure(cut(view, spots.peaks))


@both_ways
@pytest.mark.parametrize("sigma", [0.6, 0.8, 1.0, 1.25, 1.5])
def test_a_point_is_found_to_a_tenth_of_a_pixel_at_any_phase(put, sigma):
    for dx, dy in PHASES:
        spots = find(put(grey_point(32 + dx, 30 + dy, sigma)), LIMITS)
        best = int(np.argmax(spots.level))
        assert np.hypot(spots.x[best] - 32 - dx, spots.y[best] - 30 - dy) < 0.1, (sigma, dx, dy)


@both_ways
@pytest.mark.parametrize("sigma", [0.6, 1.0, 1.5])
def test_a_point_is_one_spot_at_any_phase(put, sigma):
    for dx, dy in [*PHASES, (0.5, 0.0), (0.0, 0.5), (0.5, 0.5)]:
        for right, down in BLOCK:
            spots = find(put(grey_point(32 + right + dx, 30 + down + dy, sigma)), LIMITS)
            assert len(spots) == len(near(spots, 32 + right + dx, 30 + down + dy, 0.2)) == 1


@both_ways
@pytest.mark.parametrize(("sigma", "height"), [(0.5, 78), (0.7, 42), (0.9, 30), (1.2, 22), (1.8, 16)])
def test_how_faint_a_point_may_be_does_not_hang_on_where_it_falls_between_pixels(put, sigma, height):
    """At half size a point on the corner of four blocks keeps least of its height; it is found all the same."""
    for right, down in BLOCK:
        for dx, dy in [(x, y) for x in (0.0, 0.25, 0.5) for y in (0.0, 0.25, 0.5)]:
            spots = find(put(grey_point(32 + right + dx, 30 + down + dy, sigma, height=height)), LIMITS)
            assert len(near(spots, 32 + right + dx, 30 + down + dy, 0.5)) == 1, (right, down, dx, dy)


@pytest.mark.parametrize("sigma", [0.6, 0.9, 1.2, 1.6, 2.2])
def test_both_ways_agree_on_place_and_level(sigma):
    for dx, dy in PHASES:
        for right, down in BLOCK:
            picture = grey_point(32 + right + dx, 30 + down + dy, sigma)
            full, half = find(picture, LIMITS), find(widened(picture), LIMITS)
            assert len(full) == len(half) == 1
            assert half.level[0] == pytest.approx(full.level[0], abs=3.0)
            assert half.x[0] == pytest.approx(full.x[0], abs=0.02)
            assert half.y[0] == pytest.approx(full.y[0], abs=0.02)


def test_both_ways_agree_on_a_textured_wall_with_points():
    rng = np.random.default_rng(2)
    places = [(40 + 60 * i + rng.uniform(0, 20), 40 + 50 * k + rng.uniform(0, 12)) for i in range(8) for k in range(4)]
    picture = seen_wall(wall(size=(600, 240), contrast=0.3), similarity(size=(600, 240)), (600, 240))
    for x, y in places:
        add_point(picture, x, y, 2.0, 0.9)
    full, half = find(levels(picture), LIMITS), find(widened(levels(picture)), LIMITS)
    for x, y in places:
        (one,), (other,) = near(full, x, y, 0.5), near(half, x, y, 0.5)
        assert half.level[other] == pytest.approx(full.level[one], abs=4.0)


@both_ways
@pytest.mark.parametrize("energy", [2.0, 20.0, 100.0, 400.0])
def test_a_saturated_plateau_is_one_spot_at_its_middle(put, energy):
    for right, down in [(0, 0), (0.25, 0.5), (0.5, 0.5), (1, 0.75), (1.5, 1.25)]:
        picture = np.full((96, 96), linear(40))
        add_point(picture, 48 + right, 47 + down, energy, 1.2)
        spots = find(put(levels(picture)), LIMITS)
        assert len(spots) == len(near(spots, 48 + right, 47 + down, 0.5)) == 1


@both_ways
@pytest.mark.parametrize("energy", [40.0, 400.0, 1000.0])
def test_a_point_beside_a_saturated_one_keeps_its_place_among_the_few_of_a_tile(put, energy):
    for right, down in [(0, 0), (0.25, 0.5), (0.5, 0.5), (1, 0.75), (1.5, 1.25)]:
        picture = np.full((64, 64), linear(40))
        add_point(picture, 28 + right, 30 + down, energy, 1.6)
        both = cv2.max(levels(picture), grey_point(50 + right, 30 + down, 0.9, height=110))
        assert len(near(find(put(both), LIMITS), 50 + right, 30 + down, 1.0)) == 1


@both_ways
@pytest.mark.parametrize("shape", [(2, 1), (1, 2), (2, 2), (3, 3), (4, 4)])
def test_equal_neighbours_are_one_spot_between_them(put, shape):
    for right, down in BLOCK:
        picture = np.full((64, 64), 40, np.uint8)
        picture[30 + down : 30 + down + shape[0], 30 + right : 30 + right + shape[1]] = 255
        spots = find(put(picture), LIMITS)
        middle = 30 + right + (shape[1] - 1) / 2, 30 + down + (shape[0] - 1) / 2
        assert len(spots) == len(near(spots, *middle, 0.3)) == 1


@both_ways
@pytest.mark.parametrize("apart", [5, 6, 7, 8])
def test_two_equal_points_need_only_a_few_pixels_between_them(put, apart):
    for right, down in BLOCK:
        for x, y in ((apart, 0), (0, apart)):
            one, other = (28 + right, 28 + down), (28 + right + x, 28 + down + y)
            spots = find(put(cv2.max(grey_point(*one, 0.9), grey_point(*other, 0.9))), LIMITS)
            assert len(near(spots, *one, 0.6)) == len(near(spots, *other, 0.6)) == 1


@both_ways
def test_noise_moves_a_point_by_less_than_a_third_of_a_pixel(put):
    rng = np.random.default_rng(5)
    errors = []
    for dx, dy in PHASES:
        noisy = grey_point(32 + dx, 30 + dy, 0.9) + rng.standard_normal((64, 64)) * 2.5
        spots = find(put(np.clip(noisy, 0, 255).astype(np.uint8)), LIMITS)
        best = int(np.argmax(spots.level))
        errors.append(np.hypot(spots.x[best] - 32 - dx, spots.y[best] - 30 - dy))
    assert np.median(errors) < 0.15
    assert max(errors) < 0.33


@both_ways
@pytest.mark.parametrize(("dx", "dy"), [(0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.3, -0.2)])
def test_a_lens_a_third_of_a_pixel_wide_is_found(put, dx, dy):
    """1.5 mm at 3 m in 720p: all of its light on one to four pixels."""
    picture = np.full((64, 64), linear(40))
    add_point(picture, 32 + dx, 30 + dy, 1.0, 0.15)
    spots = find(put(levels(picture)), LIMITS)
    assert len(near(spots, 32 + dx, 30 + dy, 0.8))


@both_ways
def test_nothing_on_an_even_or_gently_shaded_wall(put):
    shade = np.tile(np.linspace(20, 200, 128), (128, 1)).astype(np.uint8)
    assert len(find(put(np.full((128, 128), 90, np.uint8)), LIMITS)) == 0
    assert len(find(put(shade), LIMITS)) == 0


@both_ways
@pytest.mark.parametrize("side", [17, 24, 40])
def test_bright_things_wider_than_a_glint_are_not_found(put, side):
    picture = np.full((128, 128), 40, np.uint8)
    picture[50 : 50 + side, 50 : 50 + side] = 220
    assert len(find(put(picture), LIMITS)) == 0


@both_ways
def test_edges_and_ruled_lines_are_not_found(put):
    picture = np.full((128, 128), 40, np.uint8)
    picture[:, 60:] = 160
    picture[20::16, :] = 230
    picture[:, 10::20] = 230
    assert len(find(put(picture), LIMITS)) == 0


@both_ways
def test_a_point_on_a_ruled_line_is_still_found(put):
    picture = grey_point(40, 40, 0.9, height=150, size=(96, 96))
    picture[40, :] = np.maximum(picture[40, :], 90)
    assert len(near(find(put(picture), LIMITS), 40, 40))


@both_ways
def test_a_point_as_wide_as_bloom_makes_it_is_still_found(put):
    picture = np.full((96, 96), linear(40))
    add_point(picture, 48.0, 47.0, 400.0, 1.6)
    spots, glints = measured(levels(picture), put)
    best = int(np.argmax(spots.level))
    assert np.hypot(spots.x[best] - 48, spots.y[best] - 47) <= 1.5
    assert glints.core[best] >= 20
    assert glints.peak[best] == 255


@both_ways
def test_a_brighter_point_has_more_saturated_pixels(put):
    cores = []
    for energy in (2.0, 20.0, 200.0):
        picture = np.full((64, 64), linear(40))
        add_point(picture, 32.2, 31.7, energy, 0.9)
        spots, glints = measured(levels(picture), put)
        cores.append(float(glints.core[int(np.argmax(spots.level))]))
    assert cores == sorted(cores)
    assert cores[0] < cores[2]


@both_ways
def test_faint_satellites_of_a_strong_point_belong_to_it(put):
    picture = grey_point(32, 32, 0.9, height=200)
    for dx, dy in ((5, 0), (-5, 0), (0, 5), (0, -5)):
        picture = cv2.max(picture, grey_point(32 + dx, 32 + dy, 0.7, height=45))
    spots = find(put(picture), LIMITS)
    assert len(near(spots, 32, 32, 1.0)) == len(spots) >= 1


@both_ways
def test_the_same_satellites_alone_are_points(put):
    picture = grey_point(12, 32, 0.7, height=45)
    for x in (27, 42):
        picture = cv2.max(picture, grey_point(x, 32, 0.7, height=45))
    assert len(find(put(picture), LIMITS)) == 3


@both_ways
def test_two_equal_points_nine_pixels_apart_are_two(put):
    picture = cv2.max(grey_point(28, 32, 0.9), grey_point(37, 32, 0.9))
    spots = find(put(picture), LIMITS)
    assert len(near(spots, 28, 32))
    assert len(near(spots, 37, 32))


@both_ways
def test_what_is_fainter_than_the_least_contrast_is_not_found(put):
    def faint(height):
        return len(find(put(grey_point(32, 32, 1.0, height=height)), LIMITS))

    assert faint(6) == 0
    assert faint(60) == 1


@pytest.mark.parametrize("size", [(640, 360), (960, 240)])
def test_a_starry_picture_costs_no_more_than_so_many_spots_a_tile(size):
    picture = starry(size)
    spots = find(picture, LIMITS)
    tiles = np.ceil(np.array(picture.shape) / LIMITS.tile_px).prod()
    assert tiles < len(spots) <= LIMITS.per_tile * tiles
    _, per_tile = np.unique(spots.peaks // LIMITS.tile_px, axis=0, return_counts=True)
    assert per_tile.max() <= LIMITS.per_tile


@both_ways
def test_the_strongest_of_a_tile_are_kept(put):
    picture = starry()
    picture[100, 100] = 255
    picture[99:102, 99:102] = 255
    assert len(near(find(put(picture), LIMITS), 100, 100, 1.5))


@both_ways
def test_stand_out_is_flat_on_a_wall_and_as_high_as_a_point_and_as_its_spot(put):
    spots = find(put(grey_point(32, 32, 1.4, height=120)), LIMITS)
    ((flat,), (high, beside)) = (
        spots.standout.levels(np.array([place]), np.array(offsets)).tolist()[0]
        for place, offsets in (((12, 12), [(0, 0)]), ((31, 32), [(1, 0), (2, 0)]))
    )
    assert flat == 0
    assert 60 < high <= 120
    assert beside < high
    assert high == pytest.approx(spots.level[0])


@both_ways
def test_stand_out_may_be_asked_for_no_place_at_all(put):
    spots = find(put(grey_point(32, 32, 1.4)), LIMITS)
    assert spots.standout.levels(np.zeros((0, 2), np.intp), np.array([(0, 0), (2, 2)])).shape == (0, 2)


def test_an_edge_stands_out_nowhere():
    picture = np.full((64, 64), 40, np.uint8)
    picture[:, 32:] = 220
    places = np.array([(x, 30) for x in range(20, 45)])
    standout = find(picture, LIMITS).standout
    assert standout.levels(places, np.array([(0, 0)])).max() < 75  # half of the edge's height, by the smoothing alone
    assert len(find(picture, LIMITS)) == 0


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (5, 5), (14, 14), (15, 40), (41, 17), (333, 77)])
def test_any_size_of_picture_is_taken(size):
    rng = np.random.default_rng(0)
    spots = find(rng.integers(0, 256, size[::-1], np.uint8), LIMITS)
    assert np.all(spots.x >= glint.RADIUS - 1)
    assert np.all(spots.x <= size[0] - glint.RADIUS)


@both_ways
def test_black_and_white_pictures_hold_nothing(put):
    for level in (0, 255):
        assert len(find(put(np.full((80, 120), level, np.uint8)), LIMITS)) == 0


def points_of_all_sorts():
    """Wide and narrow, strong and faint, near and far, on a wall with a little noise."""
    picture = np.full((256, 256), 40.0)
    for x, y, sigma, height in ((30, 30, 1.0, 200), (40, 30, 0.9, 100), (30, 52, 0.9, 100), (50, 52, 0.9, 80), (14, 14, 0.9, 90),
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
    picture[20, 20] = 40 + 60
    spots = find(picture, GlintLimits(least_contrast=0.0))
    single, point = (spots.level[near(spots, at, at, 1.0)] for at in (20, 32))
    assert single.max(initial=0.0) < 0.4 * point.max()
    assert list(np.rint(find(picture, LIMITS).x)) == [32]


# --- what is measured of them


@both_ways
def test_floor_ring_far_and_peak_are_levels_of_the_picture(put):
    picture = grey_point(40, 40, 1.0, height=150, floor=50, size=(80, 80))
    spots, glints = measured(picture, put)
    best = int(np.argmax(spots.level))
    assert glints.peak[best] == 200
    assert glints.floor[best] == pytest.approx(50, abs=1)
    assert glints.ring[best] == pytest.approx(50, abs=2)
    assert glints.far[best] == pytest.approx(50, abs=1)
    assert glints.rough[best] < 1


@pytest.mark.parametrize(("dark", "darkest"), [(np.s_[:, 34:47], 20.0), (np.s_[34:47, :], 20.0), (np.s_[40:, 34:47], 90.0), (np.s_[33:48, 33:48], 90.0)])
def test_a_bar_is_dark_on_both_sides_and_a_hole_or_a_post_is_not(dark, darkest):
    picture = np.full((80, 80), 90, np.uint8)
    picture[dark] = 20
    picture = np.maximum(picture, grey_point(40, 40, 1.0, height=220, floor=0, size=(80, 80)))
    spots, glints = measured(picture)
    assert glints.through[near(spots, 40, 40)] == pytest.approx([darkest], abs=2)


@both_ways
def test_flux_is_the_light_above_the_floor(put):
    picture = grey_point(40, 40, 1.0, height=150, floor=50, size=(80, 80))
    spots, glints = measured(picture, put)
    whole = float(picture.astype(float).sum() - 50 * picture.size)
    assert glints.flux[int(np.argmax(spots.level))] == pytest.approx(whole, rel=0.03)


@both_ways
def test_a_wider_point_is_wider_and_a_drawn_out_one_longer(put):
    def of(picture):
        spots, glints = measured(picture, put)
        best = int(np.argmax(spots.level))
        return float(glints.width[best]), float(glints.long[best])

    narrow, wide = of(grey_point(40, 40, 0.7, size=(80, 80))), of(grey_point(40, 40, 1.6, size=(80, 80)))
    drawn_out = of(cv2.max(grey_point(40, 40, 0.8, size=(80, 80)), grey_point(42, 40, 0.8, size=(80, 80))))
    assert narrow[0] < wide[0]
    assert narrow[1] == pytest.approx(1.0, abs=0.15)
    assert drawn_out[1] > 1.4 * narrow[1]


@both_ways
def test_a_dark_ring_lowers_the_ring_and_a_glow_raises_it(put):
    rows, columns = np.mgrid[0:80, 0:80]
    far = np.hypot(columns - 40, rows - 40)
    point = grey_point(40, 40, 0.9, floor=80, size=(80, 80)).astype(np.float64)
    dark, glow = (np.clip(point + change * np.exp(-(((far - 5) / 1.0) ** 2)), 0, 255).astype(np.uint8) for change in (-60, 40))
    rings = []
    for picture in (dark, point.astype(np.uint8), glow):
        spots, glints = measured(picture, put)
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
    glints = measure(cut(view, np.zeros((0, 2), np.intp)))
    assert len(glints.peak) == len(glints.width) == 0
    assert glints.tint.shape == (0, 3)


@both_ways
@pytest.mark.parametrize("far", range(4, 12))
def test_points_at_the_border_are_left_out_and_just_inside_are_measured(put, far):
    for x, y in ((far, 30), (30, far), (30, 63 - far)):
        spots, glints = measured(grey_point(x, y, 1.0), put)
        assert len(spots) == (1 if far >= RADIUS else 0)
        assert np.isfinite(glints.far).all()
    right = np.fliplr(put(grey_point(far, 30, 1.0))).copy()
    assert len(find(right, LIMITS)) == (1 if far >= RADIUS else 0)


@both_ways
def test_what_glitters_on_the_border_takes_no_room_from_a_point_inside(put):
    picture = grey_point(20, 20, 1.0, height=60)
    picture[1::9, 2] = picture[2, 1::9] = 255
    assert len(near(find(put(picture), LIMITS), 20, 20, 0.5)) == 1


@pytest.mark.parametrize("size", [(900, 300), (901, 301), (1023, 77), (1280, 25), (2001, 31)])
def test_at_half_size_any_size_of_picture_is_taken(size):
    rng = np.random.default_rng(0)
    spots = find(rng.integers(0, 256, size[::-1], np.uint8), LIMITS)
    assert len(spots)
    assert spots.shape == size[::-1]
    for column, length in zip(spots.peaks.T, size, strict=True):
        assert column.min() >= RADIUS
        assert column.max() < length - RADIUS


def test_the_odd_row_and_column_that_half_size_leaves_out_do_not_shift_the_rest():
    for w, h in ((960, 64), (961, 64), (960, 65), (961, 65)):
        picture = np.full((h, w), 40, np.uint8)
        picture[:64, -64:] = grey_point(40.3, 30.4, 0.9)
        (spot,) = near(find(picture, LIMITS), w - 64 + 40.3, 30.4, 0.1)
        assert spot == 0


def test_the_width_decides_which_way_is_gone():
    """`coarse_share` has a say at half size only."""
    picture, strict = starry((960, 400)), {"coarse_share": 20.0}

    def gone_by_half(pixels, **limits):
        return len(find(pixels, GlintLimits(**limits))) != len(find(pixels, GlintLimits(**limits, **strict)))

    assert gone_by_half(picture)
    assert gone_by_half(picture[:, : LIMITS.halved_from_px])
    assert not gone_by_half(picture[:, : LIMITS.halved_from_px - 1])
    assert not gone_by_half(picture, halved_from_px=961)


def test_a_coarse_share_too_high_loses_points_between_pixels():
    """Why half size asks for less: a point on the corner of four blocks has lost half its height there."""
    corner = widened(grey_point(32.5, 30.5, 0.7, height=45))
    assert len(find(corner, LIMITS)) == 1
    assert len(find(corner, GlintLimits(coarse_share=1.0))) == 0


def test_only_so_many_spots_of_a_picture_are_kept_the_strongest():
    spots, few = find(starry((1280, 720)), LIMITS), find(starry((1280, 720)), GlintLimits(most=50))
    assert 0.75 * LIMITS.most < len(spots) <= LIMITS.most
    assert 40 <= len(few) <= 50
    assert few.level.min() > spots.level.min() + 2


def test_a_point_among_hundreds_of_broader_marks_keeps_its_place():
    """Made small it loses more of its height than they do: on a patterned wall it would be the last of them."""
    x, y = np.arange(1280), np.arange(720)
    marks = (np.exp(-0.5 * (((n + 12) % 24 - 12) / 2.0) ** 2) for n in (y, x))
    point = (np.exp(-0.5 * ((n - at) / 0.8) ** 2) for n, at in ((y, 372.5), (x, 636.5)))
    picture = np.rint(50 + 34 * np.outer(*marks) + 65 * np.outer(*point)).astype(np.uint8)
    spots = find(picture, LIMITS)
    assert len(spots) == LIMITS.most
    assert len(near(spots, 636.5, 372.5, 0.3)) == 1


def test_spots_come_strongest_first():
    assert (np.diff(find(starry(), LIMITS).level) <= 0).all()


def test_the_brightest_pixel_about_a_peak_is_told():
    picture = np.full((40, 60), 50, np.uint8)
    picture[20, 32], picture[20, 33], picture[12, 9] = 120, 250, 200
    at = np.array([(30, 20), (31, 20), (9, 12), (50, 30)])
    assert brightest(picture, at).tolist() == [120.0, 250.0, 200.0, 50.0]
    assert brightest(picture, np.zeros((0, 2), np.intp)).shape == (0,)


@both_ways
def test_no_picture_is_written_to(put):
    picture = put(starry())
    picture.setflags(write=False)
    view = look(picture)
    measure(cut(view, find(view.luma, LIMITS).peaks))


def test_colour_is_read_from_planes_as_from_pixels():
    base = np.empty((64, 64, 3))
    base[:] = 0.05
    add_point(base, 32.0, 32.0, (0.1, 3.0, 0.1), 2.0)
    pixels = levels(base)
    y, cr, cb = cv2.split(cv2.cvtColor(pixels, cv2.COLOR_BGR2YCrCb))
    planes = Planes(y, *(cv2.resize(plane, (32, 32), interpolation=cv2.INTER_AREA) for plane in (cb, cr)), Matrix(full=True))
    at = np.array([(32, 32)])
    ours, theirs = (measure(cut(look(picture), at)).tint[0] for picture in (planes, pixels))
    assert int(np.argmax(ours)) == 1
    assert (ours.max() - ours.min()) / ours.max() == pytest.approx((theirs.max() - theirs.min()) / theirs.max(), abs=0.15)


def test_the_same_picture_gives_the_same_spots():
    one, two = find(starry(), LIMITS), find(starry(), LIMITS)
    assert np.array_equal(one.x, two.x)
    assert np.array_equal(one.level, two.level)


@pytest.mark.parametrize(("dark", "deep"), [(np.hypot(*np.mgrid[-40:40, -40:40]) <= 4.5, True), (np.hypot(*np.mgrid[-40:40, -40:40]) <= 12, False), (np.abs(np.mgrid[-40:40, -40:40][1]) <= 4, False)])
def test_a_small_stud_has_a_moat_all_round_and_a_hole_or_a_frame_has_none(dark, deep):
    picture = np.where(dark, 30, 150).astype(np.uint8)
    picture = np.maximum(picture, grey_point(40, 40, 1.0, height=220, floor=0, size=(80, 80)))
    spots, glints = measured(picture)
    (moat,) = glints.moat[near(spots, 40, 40)]
    assert (moat > 60) if deep else (moat < 5)
