"""What else shone around a glint, from rows made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from detector.optics.companions import FLASH_NEAR_PX, LAMP_NEAR_PX, with_company
from detector.optics.gathering import gather
from detector.optics.neighbours import ALONE
from tests.test_gathering import alternating, looks, steady


def company(*tracks):
    return with_company([(rows, gather(rows, steady(rows))) for rows in tracks])


def at(rows, x):
    rows["x"] = rows["room_x"] = x
    return rows


def flash(first, last, x, times=4.0, count=40):
    """A glint that was there from one frame to another, and grew so many times brighter."""
    rows = at(looks(count, flux=800.0), x)
    rows["seen"] = rows["measured"] = there = (rows["frame"] >= first) & (rows["frame"] < last)
    rows["flux"][there] = np.geomspace(800.0, 800.0 * times, there.sum())
    rows["peak"] = 255.0
    return rows


def mirrored(x, slide=0.0, dark=120.0, **fields):
    """A light that stays in the dark, its states, and how far it moves meanwhile."""
    rows, states = alternating(40, level=dark, **fields)
    rows["seen"] = rows["measured"] = True
    rows = at(rows, x)
    rows["x"] += np.linspace(0.0, slide, 40)
    return rows, states


def lamps(*others):
    glint, states = alternating(40, level=0.0)
    return with_company([(rows, gather(rows, states)) for rows in (glint, *others)])[0]


# --- flashes


def test_what_flashed_beside_a_glint_is_counted_and_what_took_turns_with_it_is_not():
    assert [one.flashers for one in company(flash(0, 16, 50), flash(8, 20, 70))] == [1, 1]
    assert [one.flashers for one in company(flash(0, 16, 50), flash(20, 36, 70))] == [0, 0]
    assert [one.flashers for one in company(flash(0, 16, 50), flash(14, 30, 70))] == [0, 0]  # two frames are chance


def test_flashes_are_no_company_from_afar_or_at_the_same_place():
    assert [one.flashers for one in company(flash(0, 16, 50), flash(0, 16, 53))] == [0, 0]
    assert [one.flashers for one in company(flash(0, 16, 50), flash(0, 16, 52 + FLASH_NEAR_PX[1]))] == [0, 0]


def test_how_far_apart_flashes_are_is_told_by_the_pictures_that_show_both():
    near, far = flash(0, 16, 50), flash(0, 16, 70)
    far["room_x"] = 200  # nearer than the wall, and so it crept over the room's picture
    assert [one.flashers for one in company(near, far)] == [1, 1]
    apart = flash(0, 16, 70)
    apart["x"] = 200
    assert [one.flashers for one in company(near, apart)] == [0, 0]


def test_what_hardly_changed_is_no_flash():
    steady_one = at(looks(40, flux=800.0), 50)
    assert [company(steady_one, flash(0, 16, 70, times))[0].flashers for times in (1.5, 2.4, 4.0)] == [0, 1, 1]


def test_facets_of_one_thing_keep_their_distance():
    steady_one, creeping = at(looks(40, flux=800.0), 50), flash(0, 16, 70)
    creeping["x"] += np.linspace(0.0, 12.0, 40)
    assert company(steady_one, creeping)[0].flashers == 1
    creeping["x"][:16] += np.linspace(0.0, 12.0, 16)
    assert company(steady_one, creeping)[0].flashers == 1  # it changed too much for anything else so near
    creeping["flux"][:16] = np.geomspace(800.0, 1900.0, 16)
    assert company(steady_one, creeping)[0].flashers == 0
    farther = flash(0, 16, 130)
    assert company(steady_one, farther)[0].flashers == 1
    farther["x"][:16] += np.linspace(0.0, 20.0, 16)
    assert company(steady_one, farther)[0].flashers == 0


def jumping(times, slide=0.0):
    rows = flash(0, 16, 70)
    rows["flux"][:16] = np.where(np.arange(16) % 2, 800.0, 800.0 * times)
    rows["x"][:16] += np.linspace(0.0, slide, 16)
    return rows


def test_what_jumps_is_a_flash_only_where_it_jumps_far_and_does_not_creep():
    steady_one = at(looks(40, flux=800.0), 50)
    assert company(steady_one, jumping(6.0))[0].flashers == 1
    assert company(steady_one, jumping(2.2))[0].flashers == 0
    assert company(steady_one, jumping(6.0, slide=5.0))[0].flashers == 0


def test_what_is_often_lost_or_was_seldom_seen_is_no_flash():
    steady_one, lost = at(looks(40, flux=800.0), 50), flash(0, 40, 70)
    lost["seen"] = lost["measured"] = lost["frame"] % 3 == 0
    assert company(steady_one, lost)[0].flashers == 0
    assert company(steady_one, flash(0, 7, 70))[0].flashers == 0


def test_a_faint_flash_is_none_to_a_strong_glint():
    strong = at(looks(40, flux=30_000.0), 50)
    assert company(strong, flash(0, 16, 70))[0].flashers == 0


def test_what_was_seldom_measured_is_no_company():
    steady_one, seldom = at(looks(40, flux=800.0), 50), flash(0, 16, 70)
    seldom["measured"][:16] = np.arange(16) % 2 == 0
    known = company(steady_one, seldom)[0]
    assert known.flashers == known.neighbours == 0


# --- whatever is nearly as strong


def test_neighbours_are_counted_at_whatever_time_if_they_are_nearly_as_strong():
    sheet = company(*(flash(4 * i, 4 * i + 6, 50 + 9 * i, times=1.0) for i in range(6)))
    assert [one.neighbours for one in sheet] == [5] * 6
    weak = looks(40, flux=200.0, room_x=70.0)
    assert company(looks(40), weak)[0].neighbours == 0
    assert company(looks(40), weak)[1].neighbours == 1
    assert company(looks(40), at(looks(40), 120.0))[0].neighbours == 0


def test_what_was_seen_long_before_or_after_is_no_neighbour():
    def after(wait):
        other = flash(0, 16, 70)
        other["frame"] += 16 + wait
        return company(flash(0, 16, 50), other)[0].neighbours

    assert after(100) == 1
    assert after(200) == 0


def test_a_mark_that_only_stands_out_more_and_less_is_no_flash():
    faint = flash(0, 40, 40.0, times=1.0)
    faint["level"], faint["peak"] = np.geomspace(15.0, 60.0, len(faint)), 139.0
    assert gather(faint, steady(faint)).swing > 3.0
    assert company(looks(40), faint)[0].flashers == 0


def test_what_flashes_in_a_colour_is_no_facet():
    marks = flash(0, 16, 70)
    assert company(flash(0, 16, 50), marks)[0].flashers == 1
    assert company(flash(0, 16, 50), green(marks))[0].flashers == 0


def green(rows):
    rows["blue"], rows["green"], rows["red"] = 5.0, 60.0, 5.0
    return rows


# --- what stands close beside


def test_an_indicator_beside_a_hole_is_no_second_highlight():
    hole = at(looks(40, beside=9.0), 50)
    assert company(hole, green(at(looks(40), 59)))[0].beside == ALONE
    assert company(hole, at(looks(40), 59))[0].beside == pytest.approx(9.0)


def test_of_several_close_by_one_that_is_white_is_enough():
    hole = at(looks(40, beside=9.0), 50)
    assert company(hole, green(at(looks(40), 59)), at(looks(40), 41))[0].beside == pytest.approx(9.0)


def test_what_is_close_beside_in_single_looks_only_counts_as_before():
    hole = at(looks(40, beside=9.0), 50)
    far, later = green(at(looks(40), 75)), green(at(looks(40), 59))
    later["frame"] += 100
    assert company(hole)[0].beside == company(hole, far)[0].beside == pytest.approx(9.0)
    tracks = [(rows, gather(rows, (None,) * 140)) for rows in (hole, later)]
    assert with_company(tracks)[0].beside == pytest.approx(9.0)


# --- a lamp in the same gloss


def test_a_light_that_stays_in_the_dark_beside_a_glint_is_told_with_its_slide():
    beside, _ = mirrored(70.0, slide=10.0)
    known = lamps(beside)
    assert known.lamp_px == pytest.approx(25, abs=2)
    assert known.lamp_slide == pytest.approx(8, abs=2)
    still = lamps(mirrored(70.0)[0])
    assert still.lamp_px == pytest.approx(20)
    assert still.lamp_slide == pytest.approx(0.0, abs=0.1)


def test_what_goes_out_with_the_torch_is_no_lamp():
    assert lamps(mirrored(70.0, dark=20.0)[0]).lamp_px == ALONE


def test_a_coloured_light_is_an_indicator():
    assert lamps(green(mirrored(70.0)[0])).lamp_px == ALONE


def test_lamps_too_far_or_in_the_same_place_are_none():
    assert lamps(mirrored(50.0 + LAMP_NEAR_PX[1] + 5)[0]).lamp_px == ALONE
    assert lamps(mirrored(53.0)[0]).lamp_px == ALONE
    assert lamps().lamp_px == ALONE


def test_of_several_the_one_that_slid_most_is_told():
    known = lamps(mirrored(64.0)[0], mirrored(80.0, slide=6.0)[0], mirrored(200.0, slide=50.0)[0])
    assert known.lamp_px == pytest.approx(33, abs=2)


def test_under_a_steady_torch_nobody_knows_what_a_lamp_is():
    assert company(at(looks(40), 50), at(looks(40), 70))[0].lamp_px == ALONE
