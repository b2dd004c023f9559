"""The torch's rhythm is found out from the level of the room alone."""

from __future__ import annotations

import math

import numpy as np
import pytest

from detector.optics.lighting import LightingLimits, LightMeter, classify
from detector.optics.motion import MotionEstimator
from detector.optics.rolling import HalfLit
from detector.optics.view import look
from tests.optics_scenes import every_other, film, hand, levels, seen_wall, steady, wall

RNG = np.random.default_rng(21)


def changes_of(lit, dark_share=0.5, noise=0.004, drift=None):
    """Log changes of the level of a room that is lit in these frames."""
    level = np.where(lit, 1.0, dark_share) * (1.0 if drift is None else drift)
    return [0.0, *(np.diff(np.log(level)) + RNG.standard_normal(len(level) - 1) * noise)]


def words(lit):
    return tuple("on-axis" if one else "dark" for one in lit)


def rhythm(pattern, frames=60):
    return [pattern[i % len(pattern)] == "1" for i in range(frames)]


@pytest.mark.parametrize("pattern", ["10", "01", "1100", "1101", "1110", "1000", "111110", "100000", "0110"])
@pytest.mark.parametrize("dark_share", [0.85, 0.5, 0.1])
def test_any_regular_rhythm_is_told(pattern, dark_share):
    lit = rhythm(pattern)
    assert classify(changes_of(lit, dark_share)) == words(lit)


def test_a_hand_that_switches_when_it_likes_is_told():
    lit = [i in range(20, 71) or i in range(90, 160) or i >= 200 for i in range(230)]
    assert classify(changes_of(lit)) == words(lit)


def test_a_torch_that_is_on_once_in_between_is_told():
    lit = [30 <= i < 60 for i in range(90)]
    assert classify(changes_of(lit)) == words(lit)


def test_a_steady_torch_has_no_states():
    assert classify(changes_of([True] * 90)) == (None,) * 90


def test_exposure_drift_is_no_switching():
    drift = np.exp(np.concatenate([np.linspace(0, 0.8, 60), np.linspace(0.8, 0.2, 60)]))
    assert classify(changes_of([True] * 120, drift=drift)) == (None,) * 120


def test_exposure_drift_beside_switching_is_told_apart():
    lit = rhythm("11110000", 96)
    drift = np.exp(0.3 * np.sin(np.arange(96) / 15.0))
    assert classify(changes_of(lit, drift=drift)) == words(lit)


def test_somebody_passing_the_lamp_beside_a_strong_torch_is_no_switching():
    lit = rhythm("10", 60)
    changes = changes_of(lit, 0.2)
    doubled = [change + (0.08 if i == 30 else -0.08 if i == 33 else 0.0) for i, change in enumerate(changes)]
    assert classify(doubled) == words(lit)


def test_a_torch_that_adds_little_to_a_lit_room_is_told_although_a_dark_one_is_filmed_next():
    lit = ([True] * 3 + [False] * 3) * 12
    lit_room, dark_room = changes_of(lit, 0.9), changes_of(lit, 0.05)
    assert abs(lit_room[3]) < 0.4 * abs(dark_room[3])
    assert classify([*lit_room, 0.7, *dark_room[1:]]) == (*words(lit), *words(lit))
    assert classify([*dark_room, 0.7, *lit_room[1:]]) == (*words(lit), *words(lit))


def test_a_single_step_is_not_enough_to_call_it_a_torch():
    """One change may be anything: the light of the room, a door."""
    lit = [i >= 40 for i in range(80)]
    assert classify(changes_of(lit)) == (None,) * 80


def test_two_lit_levels_in_a_row_stay_lit():
    states = classify([0.0, 0.5, 0.3, -0.8, 0.8, -0.8])
    assert states == ("dark", "on-axis", "on-axis", "dark", "on-axis", "dark")


@pytest.mark.parametrize("changes", [[], [0.0], [0.0, 0.5]])
def test_too_few_frames_tell_nothing(changes):
    assert classify(changes) == (None,) * len(changes)


@pytest.mark.parametrize(
    "limits", [LightingLimits(least_jump=2.0), LightingLimits(share_of_jumps=1.5), LightingLimits(fewest_jumps=99)]
)
def test_every_limit_matters(limits):
    changes = changes_of(rhythm("1100"))
    assert classify(changes, limits) != classify(changes)


# --- measured from pictures


def metered(frames):
    motion, meter = MotionEstimator(), LightMeter()
    for frame in frames:
        view = look(frame.pixels)
        meter.add(view, motion.add(view))
    return meter.states()


@pytest.mark.parametrize("pattern", ["10", "1100", "1101", "11111100000"])
def test_the_rhythm_is_found_in_a_hand_held_film(pattern):
    lit = rhythm(pattern, 30)
    states = metered(film(frames=30, lamp=lambda i: "on-axis" if lit[i] else "dark", dark=0.6))
    assert states == words(lit)


def test_a_steady_film_has_no_states_however_the_camera_moves():
    assert metered(film(frames=30, lamp=steady)) == (None,) * 30


def test_panning_over_dark_and_bright_things_is_no_switching():
    surface = wall(mean=0.08)
    surface[:, 200:320] *= 3.0
    pan = film(frames=30, surface=surface, camera=lambda i, size: hand(0, size) + np.array([[0, 0, 3.0 * i - 45], [0, 0, 0], [0, 0, 0]]))
    assert metered(pan) == (None,) * 30


def test_grey_films_are_metered_alike():
    lit = tuple("on-axis" if every_other(i) == "on-axis" else "dark" for i in range(16))
    assert metered(film(frames=16, lamp=every_other, grey=True)) == lit


def test_the_dark_frames_of_a_dark_room_are_told_although_nothing_can_be_followed_in_them():
    states = metered(film(frames=24, lamp=every_other, dark=0.002, noise=0.8))
    assert states == tuple(every_other(i) for i in range(24))


def test_one_state_a_frame_even_where_pictures_do_not_overlap():
    meter, motion = LightMeter(), MotionEstimator()
    for i in range(6):
        view = look(levels(seen_wall(wall(seed=i), hand(i))))
        meter.add(view, motion.add(view))
    assert len(meter.states()) == 6


def test_no_frames_no_states():
    assert LightMeter().states() == ()


def test_levels_are_compared_as_logarithms():
    assert classify([0.0, math.log(2), math.log(0.5)]) == ("dark", "on-axis", "dark")


def test_changes_in_one_direction_only_are_exposure_control_and_no_torch():
    for sign in (1.0, -1.0):
        changes = np.zeros(90)
        changes[[11, 13, 46, 48, 49]] = 0.026 * sign
        assert set(classify(changes)) == {None}
    changes[20] = 0.026
    assert set(classify(changes)) != {None}


# --- films of several places


def met(levels_of, elsewhere):
    """States told of a room of this level in each frame, seen by a camera at rest."""
    surface, meter, motion = wall(), LightMeter(), MotionEstimator()
    for level in levels_of:
        pixels = np.clip(levels(level * seen_wall(surface, hand(0))) + RNG.standard_normal((240, 360)), 0, 255).astype(np.uint8)
        view = look(pixels)
        meter.add(view, motion.add(view))
    return meter.states(elsewhere)


STROBED = [1.0 if i % 4 < 2 else 0.4 for i in range(24)]


def test_two_rooms_of_other_brightness_are_no_switched_torch():
    film_of = [1.0] * 20 + [0.5] * 20 + [0.9] * 20
    assert set(met(film_of, [])) == {"on-axis", "dark"}
    assert met(film_of, [20, 40]) == (None,) * 60


def test_a_torch_left_on_in_one_room_and_switched_in_another_is_on_all_the_while_in_the_first():
    states = met([0.3] * 20 + STROBED, [20])
    assert states[:20] == ("on-axis",) * 20
    assert states[21:] == words([level == 1.0 for level in STROBED])[1:]


def test_each_room_has_a_rhythm_of_its_own():
    slow = [0.2 if i % 8 < 4 else 0.12 for i in range(24)]
    states = met([*STROBED, *slow], [24])
    assert states == words([level == 1.0 for level in STROBED] + [level == 0.2 for level in slow])


def test_a_cut_is_no_frame_lit_in_part():
    """Two rooms, each brighter in another half: the bands of the frames at the cuts change against each other."""
    surface, meter, motion = wall(), LightMeter(), MotionEstimator()
    upper = np.where(np.arange(240) < 120, 1.0, 0.3)[:, None]
    for index in range(80):
        shade = upper if index // 10 % 2 else upper[::-1]
        view = look(np.clip(levels(shade * seen_wall(surface, hand(0))) + RNG.standard_normal((240, 360)), 0, 255).astype(np.uint8))
        meter.add(view, motion.add(view))
    assert isinstance(meter.states(), HalfLit)
    assert meter.states(range(10, 80, 10)) == (None,) * 80
