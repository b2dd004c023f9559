"""Lenses tried in a drawn room, and the light that they are held against."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from detector.optics import trials as tried
from detector.optics.bursts import BurstKeeper
from detector.optics.lighting import LightMeter
from detector.optics.motion import MotionEstimator
from detector.optics.population import Assumed, draw_population
from detector.optics.search import LensSearch
from detector.optics.survey import Survey
from detector.optics.view import look
from detector.synthetic import Room, draw_plan
from hardware.video import VideoFile

ROOT = Path(__file__).parent.parent
POPULATION = draw_population(Assumed(), np.random.default_rng(1))


def swept(frames=36, **changes):
    """Runs and lamp states of a drawn room without lenses, its torch switched every frame."""
    plan = draw_plan(11, kind="bedroom", mode="strobe", ambient="dark", motion="walk", lenses=0, frames=frames, size=(640, 360))
    room = Room(replace(plan, torch_level=0.25, rhythm=(1, 1), strobe_hz=None, **changes))
    keeper, motion, light = BurstKeeper(), MotionEstimator(), LightMeter()
    for frame in room.frames():
        view = look(frame.pixels)
        moved = motion.add(view)
        light.add(view, moved)
        keeper.add(frame.index, frame.index, view.luma, moved)
    return keeper.runs(), light.states()


MANY = replace(tried.TrialLimits(), enough=1000)


@pytest.fixture(scope="module")
def sweep():
    return swept()


@pytest.fixture(scope="module")
def trials(sweep):
    return tried.try_lenses(*sweep, POPULATION, np.random.default_rng(1), MANY)


def test_a_light_wall_tells_the_torch_and_a_dark_sofa_does_not():
    level = np.full((30, 40), 0.2)
    level[10:16, 10:20] = 0.01
    assert tried.torch_level(level)[13, 15] == pytest.approx(0.2, rel=0.01)
    assert tried.torch_level(np.full((30, 40), 0.2))[0, 0] == pytest.approx(0.2, rel=0.01)


def test_cells_that_were_never_seen_have_no_say():
    level, known = np.full((30, 40), 0.9), np.zeros((30, 40), bool)
    level[:, :20], known[:, :20] = 0.1, True
    assert tried.torch_level(level, known)[15, 18] == pytest.approx(0.1, rel=0.01)


@pytest.mark.parametrize("size", [(720, 1280), (1280, 720), (60, 80), (1, 1)])
def test_cells_hold_the_mean_light_of_pictures_of_any_size(size):
    cells = tried.cells_of(np.full(size, 128, np.uint8))
    assert max(cells.shape) <= 46
    assert cells == pytest.approx(0.2159, abs=0.002)


def test_the_lamps_share_is_what_the_dark_leaves():
    assert tried.lamp_shares(["on-axis", "dark", None, "off-axis"], 0.2) == pytest.approx([0.8, 0.0, 0.4, 0.0])


def test_light_that_never_switched_is_all_taken_for_the_torchs():
    assert tried.lamp_shares([None, None], 0.0).tolist() == [1.0, 1.0]


def test_every_pass_tries_lenses_of_all_brightness_within_the_bounds(trials):
    limits = tried.TrialLimits()
    assert 100 <= len(trials) <= limits.passes * limits.injection.per_pass
    assert limits.injection.faintest <= trials.energy.min() < 1.0
    assert 100.0 < trials.energy.max() <= limits.injection.brightest
    assert set(np.unique(trials.found)) <= {0, 1, 2}


def test_bright_lenses_are_found_and_faint_ones_are_not(trials):
    bright = trials.found[(trials.energy > 8) & (trials.energy < 60)] > 0
    faint = trials.found[trials.energy < 0.5] > 0
    assert bright.mean() > faint.mean() + 0.1
    assert faint.mean() < 0.1


def test_looks_count_the_lit_frames_only(trials):
    assert trials.looks.max() <= 18
    assert (trials.looks >= 2).all()


def test_four_seconds_in_one_piece_are_enough_to_tell_what_would_have_shown():
    looking = LensSearch(survey=Survey())
    for frame in VideoFile(ROOT / "samples/hotel-lens-no-radio/room.mp4", threads=1).frames():
        looking.add(frame)
    assert "of what you swept" in looking.finish().coverage.completeness.says


@pytest.mark.parametrize(("frames", "pieces"), [(30, [30]), (90, [90]), (91, [45, 46]), (120, [60, 60]), (200, [66, 67, 67])])
def test_a_long_run_is_tried_in_like_parts(frames, pieces):
    run = list(range(frames))
    parts = tried._pieces(run, 90)
    assert [len(part) for part in parts] == pieces
    assert [shot for part in parts for shot in part] == run


def test_the_work_is_bounded_by_pixels(sweep):
    few = tried.try_lenses(*sweep, POPULATION, np.random.default_rng(1), replace(tried.TrialLimits(), pixels=72 * 640 * 360))
    assert len(few) <= 2 * tried.InjectionLimits().per_pass


def test_no_more_are_tried_than_are_enough(sweep, trials):
    some = tried.try_lenses(*sweep, POPULATION, np.random.default_rng(1), replace(tried.TrialLimits(), enough=30))
    assert 30 <= len(some) < 30 + tried.InjectionLimits().per_pass
    assert len(some) < len(trials)


def test_the_same_sweep_gives_the_same_answer(sweep, trials):
    again = tried.try_lenses(*sweep, POPULATION, np.random.default_rng(1), MANY)
    assert (again.found == trials.found).all()
    assert (again.energy == trials.energy).all()


def test_a_run_too_short_to_judge_is_left_out(sweep):
    runs, states = sweep
    assert len(tried.try_lenses([runs[0][:5]], states, POPULATION, np.random.default_rng(1))) == 0
    assert len(tried.try_lenses([], states, POPULATION, np.random.default_rng(1))) == 0
