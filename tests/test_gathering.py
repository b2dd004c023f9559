"""Each fact from rows made by hand."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from detector.optics.gathering import FRESH_FRAMES, FRESH_PX, NEAR_LOOKALIKE_PX, gather, hue_of
from detector.optics.neighbours import ALONE
from detector.optics.outline import NONE
from detector.optics.rows import ROW

DEFAULTS = {
    "x": 50.0, "y": 40.0, "room_x": 50.0, "room_y": 40.0, "level": 100.0, "peak": 230.0, "flux": 800.0, "floor": 60.0, "ring": 62.0, "moat": -1.0,
    "far": 58.0, "width": 1.1, "long": 1.05, "core": 3.0, "rough": 4.0, "beside": ALONE, "around": 60.0, "drift": 0.1,
}  # fmt: skip


def looks(count, *, seen=True, **fields):
    """Rows of one glint in frames 0, 1, 2 ..., every field as usual or as told (a number or one a row)."""
    rows = np.zeros(count, ROW)
    rows["frame"] = np.arange(count)
    rows["seen"] = rows["measured"] = seen
    for name, value in (DEFAULTS | fields).items():
        rows[name] = value
    return rows


def steady(rows):
    return (None,) * (int(rows["frame"].max()) + 1)


def alternating(count, **dark):
    """Rows lit in even frames and dark in odd ones, and their states."""
    lit = np.arange(count) % 2 == 0
    fields = {name: np.where(lit, DEFAULTS.get(name, 0.0), value) for name, value in dark.items()}
    return looks(count, seen=lit, **fields), tuple("on-axis" if one else "dark" for one in lit)


def test_fewer_than_three_measured_looks_tell_nothing():
    rows = looks(9)
    rows["measured"][2:] = False
    assert gather(rows, steady(rows)) is None
    rows["measured"][2] = True
    assert gather(rows, steady(rows)) is not None


def test_measured_looks_in_the_dark_do_not_count():
    assert gather(looks(9), ("dark",) * 9) is None


def test_under_a_steady_torch_every_look_is_lit():
    rows = looks(10)
    rows["seen"][7:] = rows["measured"][7:] = False
    facts = gather(rows, steady(rows))
    assert (facts.lit, facts.seen, facts.dark, facts.off_axis) == (10, 7, 0, 0)
    assert facts.dark_level == facts.off_share == facts.dimming == 0.0


def test_looks_are_counted_by_the_light_they_were_made_in():
    states = ("on-axis", "off-axis", "dark") * 6
    level = np.array([120.0, 30.0, 5.0] * 6)
    around = np.array([80.0, 60.0, 20.0] * 6)
    flux = np.array([900.0, 700.0, 40.0] * 6)
    facts = gather(looks(18, level=level, around=around, flux=flux), states)
    assert (facts.lit, facts.seen, facts.off_axis, facts.dark) == (6, 6, 6, 6)
    assert facts.level == pytest.approx(120.0)
    assert facts.off_share == pytest.approx(7 / 9)
    assert facts.dark_level == pytest.approx(5.0)
    assert facts.dimming == pytest.approx(0.25)


def test_what_was_not_measured_from_aside_is_told_by_its_level():
    states = ("on-axis", "off-axis", "dark") * 6
    rows = looks(18, level=np.array([120.0, 30.0, 5.0] * 6))
    rows["seen"] = rows["measured"] = np.array([True, False, False] * 6)
    assert gather(rows, states).off_share == pytest.approx(0.25)


def test_a_saturated_lens_loses_flux_from_aside_before_it_loses_level():
    states = ("on-axis", "off-axis") * 9
    rows = looks(18, level=200.0, peak=255.0, flux=np.array([3000.0, 2400.0] * 9))
    assert gather(rows, states).off_share == pytest.approx(0.8)


def test_the_most_that_was_left_from_aside_is_told_against_the_level_just_then():
    lobe = np.repeat(np.geomspace(40.0, 160.0, 20), 2)
    lens, facet = lobe.copy(), lobe.copy()
    lens[1::2] *= 0.6
    facet[1::2] *= np.linspace(0.2, 1.6, 20)
    states = ("on-axis", "off-axis") * 20
    assert gather(looks(40, level=lens), states).off_most == pytest.approx(0.6, abs=0.05)
    assert gather(looks(40, level=facet), states).off_most == pytest.approx(1.5, abs=0.1)
    # a stronger lamp aside makes all shine more, and nothing more than usual
    lens[1::2] *= 2.0
    assert gather(looks(40, level=lens), states).off_most == pytest.approx(1.0, abs=0.05)
    assert gather(looks(40), (None,) * 40).off_most == 0.0


def test_one_look_that_shines_more_from_aside_is_chance():
    level = np.array([100.0, 60.0] * 10)
    level[9] = 180.0
    assert gather(looks(20, level=level), ("on-axis", "off-axis") * 10).off_most == pytest.approx(0.6)


@pytest.mark.parametrize(("pattern", "held"), [("1111111111", 1.0), ("1111000011", 4 / 5), ("1010101011", 0.2), ("0000111100", 0.75)])
def test_a_lens_out_of_its_angle_breaks_off_once_and_a_flicker_often(pattern, held):
    rows = looks(10)
    rows["seen"] = rows["measured"] = [one == "1" for one in pattern]
    told = gather(rows, steady(rows))
    assert told.held == pytest.approx(held, abs=0.01)


@pytest.mark.parametrize(("pattern", "lasted"), [("1111111111", 9), ("1111000011", 3), ("1011001111", 9), ("1100011111", 4), ("0100010111", 4)])
def test_a_glint_lasts_until_three_looks_fail(pattern, lasted):
    rows = looks(10)
    rows["seen"] = rows["measured"] = [one == "1" for one in pattern]
    assert gather(rows, steady(rows)).lasted == lasted


@pytest.mark.parametrize(("after", "lasted"), [(40.0, 5), (60.0, 19)])
def test_a_print_that_is_taken_for_it_while_it_is_gone_does_not_count(after, lasted):
    rows = looks(20, level=np.where(np.arange(20) < 6, 200.0, after))
    assert gather(rows, steady(rows)).lasted == lasted


def test_an_outline_counts_in_whatever_looks_it_was_told():
    """It is looked for now and then, which may never be when the glint stands out most."""
    outline = np.where(np.arange(20) % 5 == 0, 0.2, 0.0)
    rows = looks(20, outline=outline, level=np.where(outline > 0.0, 90.0, 100.0))
    assert gather(rows, steady(rows)).outline == pytest.approx(0.2)
    rows["measured"][outline > 0.0] = False
    assert gather(rows, steady(rows)).outline == 0.0


def test_an_outline_that_only_half_of_the_looks_tell_is_none():
    """A plate that comes into the picture is round as long as its corners are outside."""
    outline = np.where(np.arange(20) % 5 == 0, np.where(np.arange(20) < 10, 0.2, NONE), 0.0)
    rows = looks(20, outline=outline)
    assert gather(rows, steady(rows)).outline == pytest.approx(NONE)


def test_a_glint_that_is_gone_in_the_dark_lasts():
    rows, states = alternating(20, level=0.0)
    assert gather(rows, states).lasted == 18


def test_only_lit_looks_tell_whether_a_sighting_held():
    rows, states = alternating(20, level=0.0)
    assert gather(rows, states).held == 1.0


def test_one_or_two_looks_in_a_light_are_chance():
    states = ("on-axis",) * 8 + ("dark", "dark", "off-axis")
    facts = gather(looks(11), states)
    assert facts.dark == facts.off_axis == 0
    assert facts.dark_level == facts.off_share == 0.0


def test_the_level_is_that_of_the_strong_sightings():
    level = np.linspace(20, 120, 21)
    facts = gather(looks(21, level=level), (None,) * 21)
    assert 95 <= facts.level <= 115


def test_the_dark_level_is_the_usual_one_not_a_single_flash():
    rows, states = alternating(20, level=0.0)
    rows["level"][5] = 200.0
    assert gather(rows, states).dark_level == 0.0


@pytest.mark.parametrize("name", ["peak", "core", "width", "long", "floor", "ring", "far", "rough", "beside", "crowd", "drift"])
def test_medians_are_taken_of_the_stronger_half(name):
    strong = np.arange(12) >= 6
    rows = looks(12, level=np.where(strong, 100.0, 30.0), **{name: np.where(strong, 7.0, 1.0)})
    assert getattr(gather(rows, steady(rows)), name) == pytest.approx(7.0)


def test_swing_is_the_ratio_of_the_strong_to_the_weak_end_of_the_flux():
    steady_one, fading = looks(30), looks(30, flux=np.geomspace(100, 1000, 30))
    assert gather(steady_one, steady(steady_one)).swing == pytest.approx(1.0)
    assert 6.0 < gather(fading, steady(fading)).swing < 10.0


def test_what_only_walks_out_of_the_beam_does_not_swing():
    beam, rng = np.linspace(60, 120, 30), np.random.default_rng(1)
    flux = 800.0 * (beam / 90.0) * rng.uniform(0.98, 1.02, 30)
    beam_only, alone = looks(30, flux=flux, around=beam), looks(30, flux=flux)
    assert gather(alone, steady(alone)).swing > 1.7
    assert gather(beam_only, steady(beam_only)).swing < 1.1


def test_what_falls_much_faster_than_the_beam_swings_all_the_same():
    beam, lobe = np.linspace(60, 120, 30), np.geomspace(100, 1600, 30)
    rows = looks(30, flux=lobe, around=beam)
    assert gather(rows, steady(rows)).swing > 4.0


def test_what_grows_in_failing_light_or_does_not_follow_it_keeps_its_swing():
    flux, rng = np.geomspace(400, 1600, 30), np.random.default_rng(1)
    for around in (np.linspace(120, 60, 30), rng.permutation(np.linspace(60, 120, 30))):
        rows = looks(30, flux=flux, around=around)
        assert gather(rows, steady(rows)).swing == pytest.approx(gather(looks(30, flux=flux), (None,) * 30).swing)


def test_a_faint_one_beside_a_light_wall_swings_by_how_far_it_stands_out():
    bell = 15 + 45 * np.exp(-(((np.arange(40) - 20) / 8) ** 2))
    faint, bright = (gather(looks(40, level=bell, peak=peak), (None,) * 40) for peak in (139.0, 220.0))
    assert faint.swing > 2.5
    assert faint.smooth > 0.85
    assert bright.swing == pytest.approx(1.0)  # near saturation the level tells little
    assert faint.flux_swing == bright.flux_swing == pytest.approx(1.0)


def test_of_flux_and_level_the_one_that_changed_more_counts():
    rows = looks(40, flux=np.geomspace(100, 1000, 40), level=np.geomspace(30, 40, 40), peak=139.0)
    facts = gather(rows, steady(rows))
    assert facts.swing > 6.0


@pytest.mark.parametrize(("peak", "flashed"), [(200.0, 1.3), (250.0, 8.0)], ids=["below saturation", "saturated"])
def test_what_flashes_below_saturation_must_stand_out_by_more_and_less_too(peak, flashed):
    """A print beside something brighter has its flux from that."""
    rows = looks(40, flux=np.geomspace(100, 1000, 40), level=np.geomspace(30, 40, 40), peak=peak)
    assert gather(rows, steady(rows)).flux_swing == pytest.approx(flashed, rel=0.1)


def test_sightings_that_were_not_measured_tell_of_the_level():
    rows = looks(40, level=np.r_[np.full(30, 60.0), np.geomspace(60, 15, 10)], peak=139.0)
    rows["measured"][30:] = False
    assert gather(rows, steady(rows)).swing > 2.5


def test_a_steady_change_is_smooth_and_a_jumping_one_is_not():
    rng = np.random.default_rng(1)
    bell = 100 + 900 * np.exp(-(((np.arange(40) - 20) / 8) ** 2))
    facts = [gather(looks(40, flux=flux), (None,) * 40) for flux in (bell, rng.permutation(bell))]
    assert facts[0].smooth > 0.85
    assert facts[1].smooth < 0.4
    assert facts[0].swing == pytest.approx(facts[1].swing, rel=0.01)


def test_a_change_while_the_torch_was_off_is_no_jump():
    """Three looks in every twelve frames, as a strobe that beats with the frames leaves."""
    lit = np.arange(96) % 12 < 3
    rows = looks(int(lit.sum()), flux=100 + 900 * np.exp(-(((np.flatnonzero(lit) - 48) / 8) ** 2)))
    rows["frame"] = np.flatnonzero(lit)
    steady_torch, strobe = (None,) * 96, tuple("on-axis" if one else "dark" for one in lit)
    assert gather(rows, steady_torch).smooth < 0.9
    assert gather(rows, strobe).smooth > 0.97
    assert gather(rows, strobe).swing == gather(rows, steady_torch).swing


def test_what_does_not_change_is_not_called_smooth():
    assert gather(looks(20), (None,) * 20).smooth == 0.0


@pytest.mark.parametrize(("b", "g", "r", "share", "hue"), [(40, 40, 40, 0.0, "blue"), (10, 50, 10, 0.8, "green"), (0, 0, 60, 1.0, "red"), (50, 40, 40, 0.2, "blue")])
def test_tint_is_the_share_of_colour_in_the_halo(b, g, r, share, hue):
    rows = looks(10, blue=b, green=g, red=r)
    facts = gather(rows, steady(rows))
    assert facts.tint == pytest.approx(share, abs=1e-6)
    assert facts.hue == hue
    assert facts.tint_level == max(b, g, r)


def test_hue_is_the_strongest_channel():
    assert [hue_of(np.array(tint)) for tint in ([3.0, 1.0, 1.0], [1.0, 3.0, 1.0], [1.0, 1.0, 3.0])] == ["blue", "green", "red"]


# --- which misses are certain


def dark_looks(beside, seen_in_dark=()):
    rows, states = alternating(40, level=0.0, beside=beside)
    for frame in seen_in_dark:
        rows["seen"][frame] = True
    return gather(rows, states)


def test_a_miss_with_nothing_near_is_a_dark_look():
    assert dark_looks(ALONE).dark == 20
    assert dark_looks(NEAR_LOOKALIKE_PX + 1).dark == 20


def test_a_miss_close_to_a_like_spot_may_be_a_mistake_and_does_not_count():
    assert dark_looks(FRESH_PX - 1).dark == 0


def test_a_miss_right_after_a_sighting_is_certain_a_little_nearer():
    assert dark_looks(FRESH_PX + 1).dark == 20


def test_a_miss_long_after_the_last_sighting_is_not():
    rows = looks(30, beside=FRESH_PX + 2)
    rows["seen"][10:] = rows["measured"][10:] = False
    states = ("on-axis",) * 10 + ("dark",) * 20
    assert gather(rows, states).dark == FRESH_FRAMES


def test_a_spot_that_was_seen_in_the_dark_always_counts():
    assert dark_looks(2.0, seen_in_dark=(1, 3, 5, 7)).dark == 4


def test_dimming_in_an_unlit_black_room_is_next_to_nothing():
    rows, states = alternating(20, level=0.0, around=0.0)
    assert gather(rows, states).dimming == 0.0


def test_no_fact_is_ever_infinite_or_missing():
    rng = np.random.default_rng(9)
    for _ in range(50):
        rows = looks(int(rng.integers(3, 40)))
        for name in DEFAULTS:
            rows[name] = np.where(rng.random(len(rows)) < 0.3, 0.0, rng.uniform(0, 255, len(rows)))
        states = tuple(rng.choice(["on-axis", "dark", "off-axis"], len(rows)))
        facts = gather(rows, states)
        if facts is not None:
            assert all(math.isfinite(v) for v in dataclasses.astuple(facts) if isinstance(v, float))
            assert facts.seen <= len(rows)
            assert 0.0 <= facts.smooth <= 1.0


def test_a_frame_whose_light_is_unknown_tells_nothing_about_any_light():
    """Where a video was cut, its last frames carry no label while the others do."""
    rows, states = alternating(40, level=0.0)
    unknown = (*states[:20], *(None,) * 20)
    facts = gather(rows, unknown)
    assert facts.lit == 10


def test_how_long_and_how_far_it_was_looked_for_counts_the_lit_looks_only():
    x = 50.0 + 3.0 * np.arange(60)
    known = gather(looks(60, seen=np.arange(60) < 20, x=x), tuple("on-axis" if i < 50 else "dark" for i in range(60)))
    assert known.travel == pytest.approx(57)
    assert known.looked_px == pytest.approx(147)
    assert known.looked_frames == 49
