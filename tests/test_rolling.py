"""Half-lit frames of a rolling shutter: which rows were lit, found out from the pictures."""

from __future__ import annotations

import numpy as np
import pytest

from detector.optics.gathering import gather
from detector.optics.lighting import LightMeter
from detector.optics.motion import MotionEstimator
from detector.optics.rolling import BANDS, DARK, LIT, HalfLit, RollingLimits, band_changes, half_lit, lamp_at
from detector.optics.rows import ROW
from detector.optics.search import LensSearch
from detector.optics.view import look
from tests.optics_scenes import SIZE, Thing, every_other, film, free_strobe, led, lens, steady, wall

HEIGHT = SIZE[1]
MIDDLES = (np.arange(BANDS) + 0.5) / BANDS


def rows_lit(strobe, frames):
    """(frames, BANDS) share of the exposure in which each band was lit."""
    return np.stack([strobe(i, BANDS) for i in range(frames)])


def changes_of(lit, dark=0.35, noise=0.004, seed=1):
    """What a meter would say of bands lit to these shares."""
    level = np.log(dark + (1.0 - dark) * lit) / 2.2
    change = np.diff(level, axis=0, prepend=level[:1])
    return list((change + np.random.default_rng(seed).standard_normal(change.shape) * noise).astype(np.float32))


def told(states, frames):
    """(frames, BANDS) of 1 lit, -1 dark, 0 neither."""
    code = {"on-axis": LIT, "dark": DARK, None: 0}
    y = MIDDLES * HEIGHT
    return np.array([[code[one] for one in states.at(np.full(BANDS, i), y)] for i in range(frames)])


def metered(frames):
    motion, meter = MotionEstimator(), LightMeter()
    for frame in frames:
        view = look(frame.pixels)
        meter.add(view, motion.add(view))
    return meter.states()


def agrees(states, lit):
    """Bands told lit were lit for a third of their exposure, bands told dark not at all; one in a
    hundred of these may have been lit a little, which the level of a room cannot tell.
    """
    bands = told(states, len(lit))
    lit_in_the_dark = lit[bands == DARK]
    return bool((lit[bands == LIT] > 0.33).all() and (lit_in_the_dark >= 0.02).mean() < 0.02 and lit_in_the_dark.max() < 0.34)


# --- from changes


@pytest.mark.parametrize("hertz", [2.3, 3.1, 7.0, 9.3, 12.0, 14.0, 15.0])
@pytest.mark.parametrize("dark", [0.05, 0.35, 0.7])
def test_rows_of_any_strobe_slower_than_the_shutter_are_told(hertz, dark):
    lit = rows_lit(free_strobe(hertz), 120)
    states = half_lit(changes_of(lit, dark), HEIGHT)
    assert isinstance(states, HalfLit)
    assert agrees(states, lit)
    assert (told(states, 120) != 0).mean() > 0.6


def test_how_many_frames_were_half_lit_is_counted():
    lit = rows_lit(free_strobe(7.0), 120)
    plainly = ((lit > 0.9).sum(axis=1) > 2) & ((lit < 0.1).sum(axis=1) > 2)
    states = half_lit(changes_of(lit), HEIGHT)
    assert abs(states.half_lit - plainly.sum()) <= 0.25 * plainly.sum()


def test_whole_frames_have_a_state_and_half_lit_ones_none():
    lit = rows_lit(free_strobe(3.1), 120)
    states = half_lit(changes_of(lit), HEIGHT)
    for state, rows in zip(states, lit, strict=True):
        if rows.min() > 0.99:
            assert state in {"on-axis", None}
        elif rows.max() < 0.01:
            assert state in {"dark", None}
        elif 2 < (rows > 0.5).sum() < BANDS - 2:
            assert state is None
    assert states.count("on-axis") > 20
    assert states.count("dark") > 20


def test_walls_on_which_the_torch_adds_less_are_told_as_well_as_those_before():
    """Somebody walks up to a wall and away again: the steps grow and shrink by half."""
    lit = rows_lit(free_strobe(2.5), 400)
    dark = np.interp(np.arange(400), [0, 150, 250, 400], [0.4, 0.4, 0.75, 0.75])[:, None]
    level = np.log(dark + (1.0 - dark) * lit) - np.log(dark) * 0.5  # walked so slowly that dark itself changes little
    change = np.diff(level, axis=0, prepend=level[:1]) / 1.5
    states = half_lit(list(change.astype(np.float32)), HEIGHT)
    assert agrees(states, lit)
    bands = told(states, 400)
    assert (bands[:150] != 0).mean() > 0.9
    assert (bands[250:] != 0).mean() > 0.9
    near_sighted = half_lit(list(change.astype(np.float32)), HEIGHT, RollingLimits(steps_near=10_000))
    assert near_sighted is None or (told(near_sighted, 400)[250:] != 0).mean() < 0.9


def test_where_no_frame_is_whole_each_has_the_state_of_most_of_its_rows():
    lit = np.tile(np.stack([MIDDLES < 0.6, MIDDLES > 0.6]).astype(float), (20, 1))
    states = half_lit(changes_of(lit), HEIGHT)
    assert list(states)[5:9] == ["dark", "on-axis", "dark", "on-axis"]
    assert states[2:4] == ["on-axis", "dark"]
    assert len(states) == 40


def test_where_as_many_rows_are_lit_as_are_dark_frames_have_a_state_all_the_same():
    even = np.array([[LIT] * 7 + [0] + [DARK] * 7, [DARK] * 7 + [0] + [LIT] * 7], np.int8)
    assert list(HalfLit(np.tile(even, (10, 1)), HEIGHT))[:4] == ["on-axis", "dark", "on-axis", "dark"]


@pytest.mark.parametrize("phase", [0.1, 0.225, 0.35, 0.475, 0.6, 0.85])
def test_a_search_ends_whatever_the_phase_of_a_strobe_of_half_the_frame_rate(phase):
    search = LensSearch()
    for frame in film([Thing(80, 60, lens(middle=15, width=16, energy=50))], 40, rolling=free_strobe(15.0, phase=phase)):
        search.add(frame)
    result = search.finish()
    assert result.coverage.examined["light"] != "steady"


def test_a_strobe_in_step_leaves_no_half_lit_frames():
    lit = np.repeat(np.tile([1.0, 1.0, 0.0], 20)[:, None], BANDS, axis=1)
    assert half_lit(changes_of(lit), HEIGHT) is None


def test_steady_light_is_not_half_lit():
    assert half_lit(changes_of(np.ones((90, BANDS)), noise=0.02), HEIGHT) is None


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_too_few_frames_tell_nothing(frames):
    assert half_lit(changes_of(rows_lit(free_strobe(7.0), 3))[:frames], HEIGHT) is None


@pytest.mark.parametrize(("mains", "readout"), [(100.0, 0.025), (100.0, 0.012), (120.0, 0.02), (100.0, 0.03), (100.0, 0.008)])
def test_flicker_of_mains_light_is_no_torch(mains, readout):
    """Several bright and dark bands in a frame, rolling through the picture; with a quick shutter one or none."""
    at = np.arange(90)[:, None] / 29.97 + readout * MIDDLES
    lit = 0.5 + 0.5 * np.sin(2 * np.pi * mains * at)
    assert half_lit(changes_of(lit, 0.5), HEIGHT) is None


def test_something_dark_that_passes_in_the_lower_half_is_no_torch():
    lit = np.ones((90, BANDS))
    lit[30:50, 8:] = 0.0
    assert half_lit(changes_of(lit), HEIGHT) is None


def test_a_light_that_moves_with_the_camera_is_no_torch():
    """The torch's own uneven light: smooth over the rows and over time."""
    sway = np.sin(np.arange(90) / 9.0)[:, None] * (MIDDLES - 0.5)
    change = np.diff(sway, axis=0, prepend=sway[:1]) * 0.6
    assert half_lit(list(change.astype(np.float32)), HEIGHT) is None


def test_one_band_that_went_wrong_follows_its_neighbours():
    lit = rows_lit(free_strobe(7.0), 90)
    changes = changes_of(lit)
    for change in changes[40:60:3]:
        change[7] += 0.4
    states = half_lit(changes, HEIGHT)
    assert agrees(states, lit)


def test_a_black_band_switches_as_the_two_beside_it_do():
    lit = rows_lit(free_strobe(7.0), 90)
    changes = changes_of(lit)
    for change in changes:
        change[8] = 0.0
    bands = told(half_lit(changes, HEIGHT), 90)
    assert (bands[:, 8] != 0).mean() > 0.5
    assert (lit[:, 8][bands[:, 8] == LIT] > 0.3).all()


@pytest.mark.parametrize(
    "limits",
    [
        RollingLimits(least_step=2.0), RollingLimits(fewest_half_lit=1000), RollingLimits(turns=1.1),
        RollingLimits(well_formed=30.0), RollingLimits(share_of_steps=3.0), RollingLimits(least_told=0.95),
    ],
)  # fmt: skip
def test_limits_that_nothing_meets_leave_nothing(limits):
    changes = changes_of(rows_lit(free_strobe(7.0), 90))
    assert half_lit(changes, HEIGHT) is not None
    assert half_lit(changes, HEIGHT, limits) is None


@pytest.mark.parametrize(
    ("limits", "hertz"),
    [(RollingLimits(least_ramp=0.3), 14.0), (RollingLimits(whole_step=0.1), 14.0), (RollingLimits(fair_step=0.0), 15.0)],
)
def test_limits_of_what_is_between_matter(limits, hertz):
    changes = changes_of(rows_lit(free_strobe(hertz), 90))
    assert (told(half_lit(changes, HEIGHT, limits), 90) != told(half_lit(changes, HEIGHT), 90)).any()


# --- from pictures


def test_changes_are_told_band_by_band():
    before = np.full((45, 80), 60.0, np.float32)
    now = before.copy()
    now[30:] *= 2.0
    change = band_changes(before, now, np.ones((45, 80), np.bool_))
    assert np.allclose(change[:10], 0.0, atol=1e-6)
    assert np.allclose(change[10:], np.log(121 / 61), atol=1e-6)


def test_an_object_is_no_change_of_its_band():
    before = np.full((45, 80), 60.0, np.float32)
    now = before.copy()
    now[:, 22:38] = 200.0
    assert np.allclose(band_changes(before, now, np.ones((45, 80), np.bool_)), 0.0, atol=1e-6)


def test_a_band_that_left_the_picture_changes_as_its_neighbour():
    before = np.full((45, 80), 60.0, np.float32)
    both = np.ones((45, 80), np.bool_)
    both[:6] = False
    change = band_changes(before, 2 * before, both)
    assert np.allclose(change, np.log(121 / 61), atol=1e-6)
    assert not band_changes(before, 2 * before, np.zeros((45, 80), np.bool_)).any()


@pytest.mark.parametrize("hertz", [2.3, 7.0, 14.0])
def test_rows_are_told_in_a_hand_held_film(hertz):
    strobe = free_strobe(hertz)
    states = metered(film(frames=90, rolling=strobe))
    assert isinstance(states, HalfLit)
    assert agrees(states, rows_lit(strobe, 90))


def test_films_in_step_and_steady_films_have_whole_frames_only():
    assert isinstance(metered(film(frames=60, lamp=every_other)), tuple)
    assert metered(film(frames=60, lamp=steady)) == (None,) * 60


def test_panning_over_dark_and_bright_things_is_not_half_lit():
    surface = wall(mean=0.08)
    surface[150:260] *= 4.0
    nods = film(frames=60, surface=surface, camera=lambda i, size: np.array([[1, 0, 0], [0, 1, 20 * np.sin(i / 5.0)], [0, 0, 1.0]]))
    assert metered(nods) == (None,) * 60


# --- what it is used for


def looks_at(seen, y, level=200.0):
    """Looks at one place of every frame, seen with a glint or not."""
    rows = np.zeros(len(seen), ROW)
    rows["frame"], rows["seen"], rows["measured"], rows["y"] = np.arange(len(seen)), seen, seen, y
    for name in ("level", "peak", "flux"):
        rows[name] = np.where(seen, level, 0.0)
    rows["beside"] = 999.0
    return rows


def test_a_glint_that_shines_with_its_own_row_goes_out_in_the_dark():
    lit = rows_lit(free_strobe(12.0), 90)
    states = half_lit(changes_of(lit), HEIGHT)
    known = gather(looks_at(lit[:, 12] > 0.02, MIDDLES[12] * HEIGHT), states)
    assert known.dark >= 10
    assert known.dark_level == 0.0
    assert known.seen >= 20


def test_an_indicator_shines_in_dark_rows_too():
    lit = rows_lit(free_strobe(12.0), 90)
    states = half_lit(changes_of(lit), HEIGHT)
    known = gather(looks_at(np.ones(90, bool), MIDDLES[3] * HEIGHT), states)
    assert known.dark >= 10
    assert known.dark_level == 200.0


def test_the_state_of_whole_frames_does_not_ask_for_the_row():
    rows = looks_at(np.ones(3, bool), 17.0)
    assert lamp_at(("on-axis", None, "dark"), rows["frame"], rows["y"]) == ["on-axis", None, "dark"]


@pytest.mark.parametrize(("hertz", "readout_s"), [(2.5, 0.02), (7.0, 0.02), (9.3, 0.03), (15.0, 0.02)])
def test_a_lens_is_found_under_a_free_strobe_and_an_indicator_is_not(hertz, readout_s):
    hidden, indicators = Thing(80, 60, lens(middle=35, width=16, energy=50)), [Thing(290, 70, led(12, 12, 12)), Thing(70, 190, led())]
    search = LensSearch()
    for frame in film([hidden, *indicators], 90, rolling=free_strobe(hertz, readout_s)):
        search.add(frame)
    result = search.finish()
    assert result.coverage.examined["half-lit frames"] >= 4
    (finding,) = [finding for finding in result.findings if finding.alarm]
    for frame, x, y in finding.where.points:
        assert np.hypot(*(np.array(hidden.in_frame(frame)) - (x, y))) < 3.0


def test_no_half_lit_frames_are_told_of_where_there_were_none():
    search = LensSearch()
    for frame in film(frames=30, lamp=every_other):
        search.add(frame)
    assert "half-lit frames" not in search.finish().coverage.examined


def test_parts_told_by_rows_and_by_frames_make_one_film():
    bands = np.full((4, BANDS), LIT, np.int8)
    bands[1, BANDS // 2 :] = DARK
    rows = HalfLit(bands, HEIGHT)
    states = HalfLit.joined([("on-axis", "dark"), rows, (None, "on-axis")], HEIGHT)
    assert list(states) == ["on-axis", "dark", "on-axis", None, "on-axis", "on-axis", None, "on-axis"]
    assert states.half_lit == 1
    top, bottom = (states.at(np.arange(8), np.full(8, y)) for y in (1.0, HEIGHT - 1.0))
    assert top == ["on-axis", "dark", "on-axis", "on-axis", "on-axis", "on-axis", None, "on-axis"]
    assert bottom == ["on-axis", "dark", "on-axis", "dark", "on-axis", "on-axis", None, "on-axis"]
