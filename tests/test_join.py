"""Pieces of one place become one track; two things that shine at once never do."""

from __future__ import annotations

import numpy as np
import pytest

from detector.optics.join import JoinLimits, join
from detector.optics.rows import ROW


def piece(frames, x=100.0, y=80.0, *, seen=True, level=100.0, track=0):
    """Rows of one track that stays at a place of the room."""
    frames = np.asarray(list(frames))
    rows = np.zeros(len(frames), ROW)
    rows["track"], rows["frame"], rows["seen"], rows["measured"] = track, frames, seen, seen
    rows["x"] = rows["room_x"] = x
    rows["y"] = rows["room_y"] = y
    rows["level"] = np.where(rows["seen"], level, 0.0)
    return rows


def blinking(frames, lit, x=100.0, y=80.0, **more):
    frames = list(frames)
    return piece(frames, x, y, seen=np.array([lit(f) for f in frames]), **more)


def test_a_lens_that_faded_and_came_back_is_one():
    (rows,) = join([piece(range(20)), piece(range(40, 60), 102.0)])
    assert rows["seen"].sum() == 40
    assert (np.diff(rows["frame"]) > 0).all()


def test_three_pieces_in_any_order_are_one():
    pieces = [piece(range(40, 50)), piece(range(20)), piece(range(80, 99), 101.0)]
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        assert len(join([pieces[i] for i in order])) == 1


def test_far_away_is_another_thing():
    assert len(join([piece(range(20)), piece(range(30, 50), 140.0)])) == 2


def test_the_longer_it_was_away_the_farther_it_may_have_moved():
    def joined(gap):
        return len(join([piece(range(20)), piece(range(20 + gap, 40 + gap), 115.0)])) == 1

    assert not joined(2)
    assert joined(120)


def test_however_long_it_was_away_there_is_a_limit():
    assert len(join([piece(range(20)), piece(range(2000, 2020), 130.0)])) == 2


def test_after_five_seconds_something_else_may_stand_in_its_place():
    assert len(join([piece(range(20)), piece(range(169, 189))])) == 1
    assert len(join([piece(range(20)), piece(range(170, 190))])) == 2


def parting(frames, x, share=0.25):
    """A piece that is at x and, for a share of its frames, ten pixels aside."""
    rows = piece(frames, x)
    aside = np.arange(len(rows)) < share * len(rows)
    rows["x"] += 10 * aside
    rows["room_x"] += 10 * aside
    return rows


def test_two_that_were_seen_apart_in_the_same_frames_are_two():
    assert len(join([piece(range(20)), piece(range(20), 106.0)])) == 2
    assert len(join([piece(range(40)), parting(range(40), 101.0)])) == 2


def test_two_peaks_of_one_spot_are_one_with_one_row_a_frame():
    (rows,) = join([piece(range(30)), piece(range(30), 102.0, level=60.0)])
    assert rows["frame"].tolist() == list(range(30))
    assert (rows["level"] == 100.0).all()


def test_a_lamp_that_one_track_held_lit_and_another_dark_is_one():
    lit = blinking(range(40), lambda f: f % 4 < 2)
    dark = blinking(range(2, 40), lambda f: f % 4 >= 2, x=101.5)
    (rows,) = join([lit, dark])
    assert rows["seen"].all()


def test_turn_about_but_apart_is_two():
    lit = blinking(range(40), lambda f: f % 4 < 2)
    dark = blinking(range(2, 40), lambda f: f % 4 >= 2, x=112.0)
    assert len(join([lit, dark])) == 2


def test_a_piece_inside_the_gap_of_a_moving_one_is_compared_where_that_was_then():
    """Seen from the room a near thing wanders; the place in between is interpolated."""
    wander = piece([*range(10), *range(30, 40)])
    wander["room_x"] = 100 + wander["frame"] * 1.0
    inside, outside = piece(range(14, 26), 120.0), piece(range(14, 26), 103.0)
    inside["room_x"] = 100 + inside["frame"]
    assert len(join([wander, inside])) == 1
    assert len(join([wander, outside])) == 2


def test_a_sighting_outweighs_a_miss_and_the_brighter_one_of_two():
    watched = blinking(range(30), lambda f: f < 10, level=50.0)
    seen = piece(range(12, 30), level=120.0)
    (rows,) = join([watched, seen])
    assert rows["frame"].tolist() == list(range(30))
    assert rows["seen"].sum() == 28
    assert rows["level"][15] == 120.0


def test_misses_between_are_kept():
    (rows,) = join([blinking(range(20), lambda f: f < 12), piece(range(25, 40))])
    assert (~rows["seen"]).sum() == 8


def test_the_nearer_in_time_of_two_homes_is_taken():
    early, late = piece(range(20), 96.0), piece(range(60, 80), 104.0)
    stray = piece(range(84, 90), 102.0)
    result = join([early, late, stray], JoinLimits(apart_growth_px=0.0))
    home = [rows for rows in result if 85 in rows["frame"]]
    assert len(home) == 1
    assert 70 in home[0]["frame"]


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_to_join_is_handed_back(count):
    pieces = [piece(range(9))] * count
    assert [rows.tolist() for rows in join(pieces)] == [rows.tolist() for rows in pieces]


def test_no_row_is_lost_where_frames_differ():
    pieces = [piece(range(i * 15, i * 15 + 10), 100 + 60 * (i % 3)) for i in range(9)]
    assert sum(len(rows) for rows in join(pieces)) == 90


def test_the_pieces_given_are_not_changed():
    one, two = piece(range(20)), piece(range(30, 40))
    before = one.copy()
    join([one, two])
    assert np.array_equal(one, before)


@pytest.mark.parametrize(
    "limits",
    [JoinLimits(apart_px=0.0, apart_growth_px=0.0), JoinLimits(together_px=0.1), JoinLimits(apart_most_px=1.0), JoinLimits(shared_frames=0.5),
     JoinLimits(apart_growth_px=2.0), JoinLimits(longest_gap=1)],
    ids=["apart_px", "together_px", "apart_most_px", "shared_frames", "apart_growth_px", "longest_gap"],
)  # fmt: skip
def test_every_limit_matters(limits):
    pieces = [
        piece(range(20)), piece(range(22, 40), 103.0),
        blinking(range(40), lambda f: f % 4 < 2, x=200.0), blinking(range(2, 40), lambda f: f % 4 >= 2, x=201.0),
        piece(range(20), 300.0), piece(range(26, 40), 312.0),
        piece(range(40), 400.0), parting(range(40), 401.0),
    ]  # fmt: skip
    assert len(join(pieces, limits)) != len(join(pieces))
