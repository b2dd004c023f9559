"""What stays when more tracks end than are kept: the likely, what stands around them, what may go on yet."""

from __future__ import annotations

from detector.optics.shortlist import OPEN_FRAMES, shortlisted
from tests.test_conclude import a_lamp, a_lens, on_off

LONG = 1200
"""Frames of the film so far."""


def numbered(rows, number, at=0, x=50.0):
    rows = rows.copy()
    rows["track"] = number
    rows["frame"] += at
    rows["room_x"] = x
    return rows


def lamps(count, first=100, at=0, x=2000.0):
    """Lamps that shine by themselves, brighter than a lens, far from it and from each other."""
    return [numbered(a_lamp(level=200.0), first + i, at, x + 500.0 * i) for i in range(count)]


def kept(pieces, most, frames=LONG):
    rows, refused = shortlisted(pieces, pieces, on_off(frames), most)
    return [int(each["track"][0]) for each in rows], refused


def test_a_lens_stays_among_brighter_lamps():
    numbers, refused = kept([*lamps(30), numbered(a_lens(), 1), *lamps(30, 200, x=90_000.0)], 10)
    assert 1 in numbers
    assert len(numbers) == 10
    assert refused == {"shines by itself": 51}


def test_the_order_given_is_kept():
    numbers, _ = kept([numbered(a_lens(), 9), *lamps(3), numbered(a_lens(), 4, x=900.0)], 2)
    assert numbers == [9, 4]


def test_what_stands_around_a_likely_one_goes_before_the_rest():
    """It may be foil, which only its company tells."""
    beside = numbered(a_lamp(level=30.0), 2, x=150.0)
    numbers, _ = kept([*lamps(20), numbered(a_lens(), 1), beside], 2)
    assert numbers == [1, 2]


def test_what_stood_there_much_earlier_is_no_company():
    beside = numbered(a_lamp(level=30.0), 2, x=150.0)
    numbers, _ = kept([beside, *lamps(1), numbered(a_lens(), 1, at=600)], 2)
    assert numbers == [100, 1]


def test_what_has_just_ended_may_go_on():
    """Three sightings are no flicker yet where the rest is still to come."""
    young = numbered(a_lens(6), 1, at=LONG - OPEN_FRAMES)
    numbers, _ = kept([*lamps(20), young], 3)
    assert 1 in numbers


def test_pieces_of_one_lens_are_judged_together():
    """Each of them has too few sightings by itself."""
    pieces = [numbered(a_lens(), 1 + i)[10 * i : 10 * i + 8] for i in range(6)]
    assert all(piece["seen"].sum() == 4 for piece in pieces)
    numbers, refused = kept([*lamps(20), *pieces], 8)
    assert set(numbers) >= set(range(1, 7))
    assert "too little seen" not in refused


def test_never_more_than_asked_for():
    """Or the list would be gone through again with every frame."""
    pieces = [numbered(a_lens(), 1 + i)[10 * i : 10 * i + 8] for i in range(6)]
    numbers, refused = kept([*pieces, *lamps(4)], 5)
    assert len(numbers) == 4
    assert set(numbers).isdisjoint(range(1, 7))
    assert sum(refused.values()) == 1


def test_what_was_seen_too_seldom_says_so():
    _, refused = kept([numbered(a_lens(), 1), numbered(a_lamp(4), 2, x=9000.0)], 1)
    assert refused == {"too little seen": 1}


def test_what_is_broad_is_refused_for_its_size_without_a_further_look():
    broad, unmeasured = numbered(a_lens(width=4.0), 2, x=9000.0), numbered(a_lens(measured=False), 3, x=15_000.0)
    numbers, refused = kept([numbered(a_lens(), 1), broad, unmeasured], 1)
    assert numbers == [1]
    assert refused == {"size": 1, "too little seen": 1}
