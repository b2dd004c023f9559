"""How a drawn camera moved is recovered from the wall alone, whatever the torch does."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from detector.optics.flow import transform
from detector.optics.motion import CELL_PX, NODE_PX, Motion, MotionEstimator, MotionLimits
from detector.optics.view import look
from tests.optics_scenes import (
    MARGIN,
    SIZE,
    Thing,
    film,
    hand,
    led,
    levels,
    placed,
    seen_wall,
    similarity,
    wall,
)

CORNERS = np.array([[20, 20], [SIZE[0] - 20, 20], [20, SIZE[1] - 20], [SIZE[0] - 20, SIZE[1] - 20]], np.float32)


def follow(views, brightness=None, size=SIZE, surface=None, noise=1.0):
    """The motions over a wall seen through a list of room -> picture transforms."""
    surface = wall(size) if surface is None else surface
    rng = np.random.default_rng(8)
    estimator = MotionEstimator()
    motions = []
    for index, view in enumerate(views):
        light = 1.0 if brightness is None else brightness[index]
        pixels = levels(light * seen_wall(surface, view, size)) + rng.standard_normal(size[::-1]) * noise
        motions.append(estimator.add(look(np.clip(pixels, 0, 255).astype(np.uint8))))
    return motions


def error(matrix, truth, points=CORNERS):
    return float(np.hypot(*(transform(matrix, points) - transform(truth, points)).T).max())


def test_the_first_frame_is_the_room_itself():
    (motion,) = follow([similarity()])
    assert motion.measured
    assert motion.speed_px == 0.0
    assert np.array_equal(motion.to_room, np.eye(3))
    assert np.array_equal(motion.carry(CORNERS), CORNERS)


@pytest.mark.parametrize(
    "step",
    [similarity(3.3, -1.7), similarity(-9.0, 6.0), similarity(degrees=2.0), similarity(scale=1.02), similarity(4.0, 2.0, -1.0, 0.99)],
    ids=["shift", "long shift", "turn", "scale", "all three"],
)
def test_a_step_is_recovered(step):
    motion = follow([similarity(), step])[1]
    assert motion.measured
    assert error(motion.step, step) < 0.35
    assert error(motion.to_room, np.linalg.inv(step)) < 0.35


def test_speed_is_how_far_the_middle_moved():
    motion = follow([similarity(), similarity(3.0, 4.0)])[1]
    assert motion.speed_px == pytest.approx(5.0, abs=0.3)


def test_a_hand_held_film_leads_back_to_the_room_after_forty_frames():
    motions = follow([hand(i) for i in range(40)])
    assert all(motion.measured for motion in motions)
    assert error(motions[-1].to_room, np.linalg.inv(hand(39))) < 2.0


def test_points_are_carried_to_where_they_are_next():
    views = [hand(i) for i in range(12)]
    motions = follow(views)
    places = [(60.0, 50.0), (180.0, 120.0), (300.0, 200.0)]
    for before, after, motion in zip(views, views[1:], motions[1:], strict=False):
        carried = motion.carry(np.array([placed(before, *p) for p in places], np.float32))
        assert np.allclose(carried, [placed(after, *p) for p in places], atol=0.5)


RHYTHMS = pytest.mark.parametrize("rhythm", [(1.0, 0.3), (1.0, 1.0, 0.3, 0.3), (1.0, 0.15)])


@RHYTHMS
def test_a_torch_switched_on_and_off_is_followed_through(rhythm):
    motions = follow([hand(i) for i in range(24)], [rhythm[i % len(rhythm)] for i in range(24)])
    assert all(motion.measured for motion in motions)
    for before, motion in zip(range(23), motions[1:], strict=True):
        assert error(motion.step, hand(before + 1) @ np.linalg.inv(hand(before))) < 3.0


@RHYTHMS
def test_a_torch_switched_on_and_off_does_not_let_the_room_drift(rhythm):
    motions = follow([hand(i) for i in range(24)], [rhythm[i % len(rhythm)] for i in range(24)])
    assert error(motions[-1].to_room, np.linalg.inv(hand(23))) < 1.0


def test_slow_exposure_control_does_not_disturb():
    light = np.linspace(0.4, 1.4, 24)
    motions = follow([hand(i) for i in range(24)], light)
    assert error(motions[-1].to_room, np.linalg.inv(hand(23))) < 2.0


def test_a_pan_that_stops_at_once_is_followed_on():
    """The last speed alone would have it go on for good, farther away with every frame."""
    size, still = (640, 360), 400.0
    broad = cv2.resize(wall(size), None, fx=2.0, fy=1.0)

    def seen(left):
        return levels(np.roll(broad, -round(left), axis=1)[: size[1], : size[0]]) + 0.0

    def through(lefts):
        estimator = MotionEstimator()
        return [estimator.add(look(np.clip(seen(left), 0, 255).astype(np.uint8))) for left in lefts]

    pan = [0.0, 8.0, 24.0, 56.0, 106.0, 166.0, 226.0]
    motions = through([*pan, *[still + i for i in range(12)]])
    assert all(motion.measured for motion in motions[: len(pan)])
    assert motions[len(pan) - 1].speed_px == pytest.approx(60.0, abs=1.0)
    assert not motions[len(pan)].measured
    assert all(motion.measured for motion in motions[len(pan) + 1 :])
    assert motions[-1].speed_px == pytest.approx(1.0, abs=0.3)


def test_the_picture_that_is_followed_can_be_had_without_its_lighting():
    estimator = MotionEstimator()
    assert estimator.picture.size == 0
    even, half_dark = (levels(light * seen_wall(wall(), similarity())) for light in (1.0, np.linspace(0.5, 1.0, SIZE[0])))
    pictures = []
    for pixels in (even, half_dark):
        estimator.add(look(pixels))
        pictures.append(estimator.picture.astype(np.float32)[20:-20, 20:-20])
    assert np.corrcoef(pictures[0].ravel(), pictures[1].ravel())[0, 1] > 0.95


def test_a_large_picture_is_followed_in_pixels_of_its_own():
    """The estimator works on a smaller copy; steps are told in pixels of the picture as shown."""
    size = (1280, 720)
    step = similarity(8.0, -5.0, 0.4, size=size)
    motion = follow([similarity(size=size), step], size=size)[1]
    far = np.array([[100, 100], [1180, 620]], np.float32)
    assert error(motion.step, step, far) < 0.7
    assert motion.speed_px == pytest.approx(math.hypot(8, 5), abs=0.5)


def test_without_texture_the_motion_is_a_guess():
    motions = follow([similarity()] * 4, surface=np.full((SIZE[1] + 2 * MARGIN, SIZE[0] + 2 * MARGIN), 0.1, np.float32), noise=0.0)
    assert not any(motion.measured for motion in motions[1:])
    assert all(motion.speed_px < 1.0 for motion in motions)


def test_when_the_texture_is_gone_the_last_speed_is_kept():
    grey = np.full(SIZE[::-1], 90, np.uint8)
    estimator = MotionEstimator()
    for i in range(4):
        moving = estimator.add(look(levels(seen_wall(wall(), similarity(3.0 * i)))))
    guess = estimator.add(look(grey))
    assert moving.measured
    assert not guess.measured
    assert guess.speed_px == pytest.approx(moving.speed_px, abs=0.2)


def test_it_finds_its_way_again_after_a_covered_lens():
    estimator = MotionEstimator()
    pictures = [levels(seen_wall(wall(), hand(i))) for i in range(10)]
    pictures[4] = np.zeros_like(pictures[4])
    measured = [estimator.add(look(picture)).measured for picture in pictures]
    assert not measured[4]
    assert all(measured[6:])


def test_a_cut_to_another_room_is_not_taken_for_motion_for_long():
    estimator = MotionEstimator()
    for i in range(5):
        estimator.add(look(levels(seen_wall(wall(seed=1), hand(i)))))
    after = [estimator.add(look(levels(seen_wall(wall(seed=2), hand(i))))) for i in range(5, 12)]
    assert all(motion.measured and motion.speed_px < 10.0 for motion in after[2:])


def other_light(index, dark_seed=7, lit_seed=1, mean=0.02, period=6):
    """A hand-held look at a wall of which the torch shows other things than the room's own light."""
    lit = index // period % 2 == 0
    return levels(seen_wall(wall(seed=lit_seed) if lit else wall(seed=dark_seed, mean=mean), hand(index)))


def test_when_the_light_changes_back_the_motion_is_told_across_the_dark():
    estimator = MotionEstimator()
    motions = [estimator.add(look(other_light(i))) for i in range(36)]
    changes = range(12, 36, 6)
    assert all(motions[i].measured for i in range(12, 36))
    assert not motions[6].measured
    assert all(error(motions[i].step, hand(i) @ np.linalg.inv(hand(i - 1))) < 3.0 for i in changes)
    assert error(motions[30].to_room @ hand(30), motions[24].to_room @ hand(24)) < 1.5


def test_another_room_in_the_light_of_before_is_not_told_across_the_dark():
    estimator = MotionEstimator()
    pictures = [*(other_light(i) for i in range(12)), other_light(12, lit_seed=3)]
    assert not [estimator.add(look(picture)) for picture in pictures][-1].measured


def test_black_pictures_are_compared_with_none():
    """Their noise, copied from picture to picture, stands still while the camera moves."""
    black = np.clip(np.random.default_rng(4).normal(3.0, 1.5, SIZE[::-1]), 0, 255).astype(np.uint8)
    estimator = MotionEstimator()
    motions = [estimator.add(look(other_light(i) if i % 12 < 6 else black)) for i in range(30)]
    assert not motions[6].measured
    assert not motions[18].measured
    assert motions[12].measured
    assert motions[24].measured


def nearer_half(shift):
    """A picture whose right half is nearer and so moves by twice as much."""
    far, near = (seen_wall(wall(seed=5), similarity(shift * share)) for share in (1.0, 2.0))
    return levels(np.where(np.arange(SIZE[0]) < SIZE[0] * 0.62, far, near).astype(np.float32))


def test_what_moves_beyond_the_rest_lends_its_parallax_to_the_points_near_it():
    estimator = MotionEstimator()
    estimator.add(look(nearer_half(0.0)))
    motion = estimator.add(look(nearer_half(3.0)))
    left, right = motion.carry(np.array([[80.0, 120.0], [310.0, 120.0]], np.float32)) - [[80.0, 120.0], [310.0, 120.0]]
    assert left[0] == pytest.approx(3.0, abs=0.6)
    assert right[0] == pytest.approx(6.0, abs=1.0)
    finer = NODE_PX // CELL_PX
    assert motion.parallax.shape == (finer * (SIZE[1] // NODE_PX + 1), finer * (SIZE[0] // NODE_PX + 1), 3)


@pytest.mark.parametrize("seed", [5, 9, 11])
def test_what_only_the_torch_showed_lends_no_parallax(seed):
    """Corners of a table that is dark without the torch end on whatever is there instead."""

    def usual(limits):
        estimator = MotionEstimator(limits)
        above = np.arange(SIZE[1])[:, None] < SIZE[1] * 0.5
        for lower, light in ((seed, 1.0), (seed + 1, 0.2)):
            lit = np.where(above, seen_wall(wall(seed=4), similarity()), seen_wall(wall(seed=lower), similarity()))
            motion = estimator.add(look(levels(light * lit)))
        assert motion.measured
        return float(np.abs(motion.parallax[..., :2]).mean())

    assert usual(MotionLimits()) < 0.6
    assert usual(MotionLimits(many_leave=0.0)) > 1.0


def test_a_patterned_table_does_not_speak_for_the_plain_wall_behind_it():
    """All of the strongest corners lie on the table, which is nearer and moves otherwise."""
    size, edge = (1280, 720), 540
    surface = wall(size)

    def room(shift):
        far, near = (seen_wall(surface, similarity(shift * share, size=size), size) for share in (1.0, 2.0))
        plain = far.mean() + 0.1 * (far - far.mean())
        return levels(np.where(np.arange(size[1])[:, None] < edge, plain, near).astype(np.float32))

    estimator = MotionEstimator()
    estimator.add(look(room(0.0)))
    strongest = cv2.goodFeaturesToTrack(estimator.picture, 120, 0.0002, 12)
    assert (strongest[..., 1] > edge / 2).mean() > 0.95
    motion = estimator.add(look(room(8.0)))
    on_wall = np.array([[x, y] for x in (200, 640, 1080) for y in (100, 300)], np.float32)
    assert np.abs(motion.carry(on_wall) - on_wall - [8.0, 0.0]).max() < 1.0
    assert motion.speed_px == pytest.approx(8.0, abs=1.0)


def test_on_a_flat_wall_there_is_next_to_no_parallax():
    motion = follow([similarity(), similarity(4.0, -3.0)])[1]
    assert np.abs(motion.parallax).max() < 0.4


def test_points_far_outside_the_picture_are_carried_without_complaint():
    motion = follow([similarity(), similarity(4.0, -3.0)])[1]
    outside = np.array([[-500.0, -80.0], [5000.0, 900.0]], np.float32)
    assert np.allclose(motion.carry(outside), outside + np.array([4.0, -3.0]), atol=30.0)
    assert motion.carry(np.zeros((0, 2), np.float32)).shape == (0, 2)


@pytest.mark.parametrize("size", [(8, 6), (33, 17), (353, 241)])
def test_small_and_odd_pictures_are_taken(size):
    rng = np.random.default_rng(1)
    estimator = MotionEstimator()
    for _ in range(3):
        motion = estimator.add(look(rng.integers(0, 255, (size[1], size[0], 3), np.uint8)))
    assert np.isfinite(motion.to_room).all()


@pytest.mark.parametrize(
    ("limits", "what"),
    [(MotionLimits(fewest_inliers=500), "measured"), (MotionLimits(corners=12), "step"), (MotionLimits(ransac_px=8.0), "step"),
     (MotionLimits(parallax_px=0.05), "parallax"), (MotionLimits(renew_every=1), "step"), (MotionLimits(renew_below=1.1), "step"),
     (MotionLimits(faintest_corner=0.3), "step")],
    ids=["fewest_inliers", "corners", "ransac_px", "parallax_px", "renew_every", "renew_below", "faintest_corner"],
)  # fmt: skip
def test_every_limit_matters(limits, what):
    def last(chosen):
        estimator = MotionEstimator(chosen)
        return [estimator.add(look(nearer_half(1.5 * i))) for i in range(4)][-1]

    assert not np.array_equal(getattr(last(MotionLimits()), what), getattr(last(limits), what))


def test_the_same_film_gives_the_same_motion():
    def last():
        estimator = MotionEstimator()
        return [estimator.add(look(frame.pixels)) for frame in film(frames=8)][-1]

    assert np.array_equal(last().to_room, last().to_room)


def test_a_transform_takes_points_as_matrices_do():
    turn = similarity(5.0, 1.0, 30.0, 2.0)
    expected = cv2.perspectiveTransform(CORNERS.reshape(1, -1, 2), turn)[0]
    assert np.allclose(transform(turn, CORNERS), expected, atol=1e-3)


@pytest.mark.parametrize("noise", [0.8, 3.0])
def test_a_few_strong_glints_do_not_blind_it_to_a_faint_wallpaper(noise):
    faint = wall(contrast=0.12)
    things = [Thing(100, 90, led(9, 9, 9)), Thing(250, 150, led(9, 9, 9)), Thing(200, 60, led(9, 9, 9))]
    estimator = MotionEstimator()
    motions = [estimator.add(look(frame.pixels)) for frame in film(things, 10, surface=faint, noise=noise)]
    assert all(motion.measured for motion in motions)
    assert error(motions[-1].to_room, np.linalg.inv(hand(9))) < 2.5


# --- parallax by cells


def test_cells_cover_the_whole_picture_and_a_flat_wall_agrees_with_itself():
    for size in [(1280, 720), SIZE, (33, 17)]:
        motion = follow([similarity(size=size), similarity(4.0, -3.0, size=size)], size=size)[1]
        rows, columns, _ = motion.parallax.shape
        assert rows * CELL_PX > size[1] >= rows * CELL_PX - NODE_PX
        assert columns * CELL_PX > size[0] >= columns * CELL_PX - NODE_PX
    motion = follow([similarity(), similarity(4.0, -3.0)])[1]
    assert motion.spread(CORNERS).max() < 0.5


def test_each_point_gets_the_parallax_and_the_spread_of_its_own_cell():
    parallax = np.zeros((3, 5, 3), np.float32)
    parallax[1, 3] = 2.0, -1.0, 0.75
    motion = Motion(np.eye(3), similarity(10.0, 0.0), parallax, 10.0, measured=True)
    inside = [[3 * CELL_PX, CELL_PX], [4 * CELL_PX - 0.1, 2 * CELL_PX - 0.1]]
    outside = [[3 * CELL_PX - 0.1, CELL_PX], [3 * CELL_PX, 2 * CELL_PX], [4 * CELL_PX, CELL_PX]]
    points = np.array(inside + outside, np.float32)
    assert motion.spread(points).tolist() == [0.75, 0.75, 0.0, 0.0, 0.0]
    assert np.allclose(motion.carry(points) - points, [[12.0, -1.0]] * 2 + [[10.0, 0.0]] * 3, atol=1e-3)


def test_where_near_and_far_things_mix_the_surroundings_disagree():
    """Leaves before a wall: a glint between them may go with either, so that its gate must be wider."""

    def mixed(shift):
        layers = [seen_wall(wall(seed=5), similarity(shift * share)) for share in (1.0, 1.8, 2.6)]
        depth = np.where(np.arange(SIZE[0]) < 180, 0, np.arange(SIZE[0]) // 16 % 3)
        return levels(np.choose(depth, layers).astype(np.float32))

    estimator = MotionEstimator()
    estimator.add(look(mixed(0.0)))
    motion = estimator.add(look(mixed(3.0)))
    left, right = motion.spread(np.array([[40.0, 120.0], [280.0, 120.0]], np.float32))
    assert left < 0.08
    assert right > 2 * left


def test_too_few_corners_lend_no_parallax():
    motion = MotionEstimator().add(look(levels(seen_wall(wall(), similarity()))))
    assert not motion.parallax.any()
    assert not motion.spread(CORNERS).any()


# --- motion over several frames


@pytest.mark.parametrize("steps", [[1], [1, 1], [1, 1, 1, 1], [2, 1], [3]])
def test_motion_shared_out_adds_up_to_what_it_was(steps):
    _, motion = follow([similarity(), similarity(9.0, -4.0, 1.5, 1.01)])
    parts = motion.shared_out(steps)
    points = CORNERS
    for part in parts:
        points = part.carry(points)
    assert len(parts) == len(steps)
    assert points == pytest.approx(motion.carry(CORNERS), abs=0.1)
    assert parts[-1].to_room == pytest.approx(motion.to_room)
    assert sum(part.speed_px for part in parts) == pytest.approx(motion.speed_px)


def test_on_the_way_the_room_is_where_the_shared_motion_says():
    whole = similarity(8.0, 6.0)
    _, motion = follow([similarity(), whole])
    for steps, way in (([1, 1], similarity(4.0, 3.0)), ([1, 3], similarity(2.0, 1.5)), ([3, 1], similarity(6.0, 4.5))):
        first, last = motion.shared_out(steps)
        assert error(first.step, way) < 0.3
        assert error(np.linalg.inv(first.to_room), way) < 0.3
        assert first.speed_px / last.speed_px == pytest.approx(steps[0] / steps[1])


def test_a_guess_over_more_frames_goes_farther():
    """Where nothing can be followed the last speed is kept, and twice as long is twice as far."""
    surface, estimator = wall(SIZE), MotionEstimator()
    for shift in (0.0, 3.0):
        estimator.add(look(levels(seen_wall(surface, similarity(shift, 0.0), SIZE))))
    blank = np.full(SIZE[::-1], 90, np.uint8)
    guess = estimator.add(look(blank), 2)
    assert not guess.measured
    assert guess.step[0, 2] == pytest.approx(6.0, abs=0.5)
    assert estimator.add(look(blank)).step[0, 2] == pytest.approx(3.0, abs=0.3)
