"""Tracks become findings or refusals; one glint is one finding."""

from __future__ import annotations

import re

import numpy as np
import pytest

from detector.model import Device, Finding, Reason, Track
from detector.optics import lens
from detector.optics.conclude import MOST_POINTS, NEXT_ALARM, NEXT_LOOK, SAME_PX, conclude, sort_out
from detector.optics.neighbours import ALONE
from detector.optics.rows import ROW

FORBIDDEN = re.compile(r"\b(safe|clean)\b", re.IGNORECASE)


def track(frames=60, seen=None, **fields):
    """Rows of a strong white point; `seen` tells in which frames."""
    rows = np.zeros(frames, ROW)
    rows["frame"] = np.arange(frames)
    rows["seen"] = rows["measured"] = True if seen is None else [seen(i) for i in range(frames)]
    usual = {
        "x": 50 + 0.1 * np.arange(frames), "y": 40.0, "room_x": 50.0, "room_y": 40.0, "level": 140.0, "peak": 255.0, "flux": 800.0,
        "floor": 60.0, "ring": 62.0, "moat": -1.0, "far": 60.0, "width": 1.1, "long": 1.0, "core": 3.0, "rough": 3.0, "beside": ALONE,
        "around": 60.0, "blue": 40.0, "green": 40.0, "red": 40.0,
    }  # fmt: skip
    for name, value in (usual | fields).items():
        rows[name] = value
    return rows


def on_off(frames=60):
    return tuple("on-axis" if i % 2 == 0 else "dark" for i in range(frames))


def a_lens(frames=60, **more):
    bell = np.exp(-(((np.arange(frames) - frames / 2) / (frames / 4)) ** 2))
    lit = np.arange(frames) % 2 == 0
    fields = {"flux": 100 + 2000 * bell * lit, "level": np.where(lit, 60 + 120 * bell, 0), "around": np.where(lit, 60.0, 25.0)}
    return track(frames, lambda i: i % 2 == 0, **fields | more)


def a_lamp(frames=60, **more):
    return track(frames, **more)


def only(rows, states):
    (result,) = conclude([rows], states, range(len(states)))
    return result


def finding(points, probability=0.9):
    return Finding(Track(tuple(points)), True, probability, (Reason("level", "It is bright enough to be seen.", 1.0, "of saturation", 1.0),), "Look.")


def test_a_lens_becomes_an_alarm_with_its_reasons_and_what_to_do():
    result = only(a_lens(), on_off())
    assert isinstance(result, Finding)
    assert result.alarm
    assert result.kind == "lens"
    assert result.probability >= lens.ALARM_AT
    assert result.next == NEXT_ALARM
    weights = [abs(reason.weight) for reason in result.reasons]
    assert weights == sorted(weights, reverse=True)


def test_a_lamp_is_refused_and_its_reason_is_named():
    kind, where = only(a_lamp(), on_off())
    assert kind == "shines by itself"
    assert len(where.points) == 30


def test_too_few_sightings_are_refused_whatever_they_look_like():
    kind, where = only(a_lens(2 * (lens.FEWEST_SIGHTINGS - 1)), on_off())
    assert kind == "too little seen"
    assert len(where.points) == lens.FEWEST_SIGHTINGS - 1


def test_what_was_hardly_measured_is_refused():
    rows = a_lens()
    rows["measured"][4:] = False
    assert only(rows, on_off())[0] == "too little seen"


def moved(rows, by):
    rows["x"] += by
    rows["room_x"] += by
    return rows


def test_a_lens_that_was_followed_badly_for_a_while_is_one_finding():
    rows = a_lens()
    early, late = rows[:30].copy(), moved(rows[30:].copy(), 32.0)
    (found,) = [result for result in conclude([early, late], on_off(), range(60)) if isinstance(result, Finding)]
    assert {frame for frame, _, _ in found.where.points} == {int(f) for f in rows["frame"][rows["seen"]]}
    apart = conclude([rows[:30].copy(), moved(rows[30:].copy(), 60.0)], on_off(), range(60))
    assert sum(isinstance(result, Finding) for result in apart) == 2


def test_a_lens_in_pieces_that_do_not_fit_slides_no_more_than_the_better_piece():
    """Joined, the end of a lens that was lost beside a near thing would take its alarm away."""
    whole, end = a_lens(track=1), a_lens(track=2, room_x=100.0, drift=4.0, flux=500.0)
    end["frame"] += 70
    states = on_off(140)
    alone = conclude([whole], states, range(140))
    both = conclude([whole, end], states, range(140))
    assert isinstance(conclude([end], states, range(140))[0], Finding)
    (joined,) = (one for one in both if isinstance(one, Finding))
    assert joined.probability == alone[0].probability
    assert "sliding" not in {reason.kind for reason in joined.reasons}


def test_two_that_were_seen_at_once_stay_two():
    flux = np.linspace(1000.0, 1600.0, 60)  # by more they would be facets
    both = conclude([a_lens(flux=flux), moved(a_lens(flux=flux), 16.0)], on_off(), range(60))
    assert sum(isinstance(result, Finding) for result in both) == 2


def test_one_result_for_every_track_in_whatever_light():
    tracks = [moved(rows, 100.0 * i) for i, rows in enumerate([a_lens(), a_lamp(), a_lens(6), a_lamp(20)])]
    assert len(conclude(tracks, on_off(), range(60))) == 4
    assert len(conclude(tracks, (None,) * 60, range(60))) == 4
    assert conclude([], on_off(), range(60)) == []


def test_the_track_holds_the_lit_sightings_only_one_a_frame_in_order():
    points = only(a_lens(), on_off()).where.points
    frames = [frame for frame, _, _ in points]
    assert frames == list(range(0, 60, 2))
    assert all(x == pytest.approx(50 + 0.1 * frame, abs=0.01) for frame, x, _ in points)


def test_what_was_only_seen_in_the_dark_still_has_a_place():
    _, where = only(track(60, lambda i: i % 2 == 1), on_off())
    assert [frame for frame, _, _ in where.points] == list(range(1, 60, 2))


def test_points_of_a_long_video_are_bounded_and_reach_from_end_to_end():
    frames = 5000
    points = only(a_lens(frames), on_off(frames)).where.points
    assert 200 < len(points) <= MOST_POINTS
    assert points[0][0] < 50
    assert points[-1][0] > frames - 50


def test_frames_are_told_by_the_numbers_of_their_source():
    numbers = [i if i < 20 else i + 7 for i in range(60)]
    (result,) = conclude([a_lens()], on_off(), numbers)
    assert [frame for frame, _, _ in result.where.points] == numbers[::2]


def test_frames_whose_light_is_unknown_are_no_sightings_under_the_torch():
    states = (*on_off(40), *(None,) * 20)
    assert max(frame for frame, _, _ in only(a_lens(), states).where.points) < 40


def test_points_are_plain_numbers_for_json():
    frame, x, y = only(a_lens(), on_off()).where.points[0]
    assert (type(frame), type(x), type(y)) == (int, float, float)


def test_the_most_probable_comes_first():
    far = [finding([(i, 100.0 * n, 50.0) for i in range(9)], p) for n, p in enumerate((0.3, 0.9, 0.6))]
    findings, refusals = sort_out(far)
    assert [f.probability for f in findings] == [0.9, 0.6, 0.3]
    assert refusals == ()


def test_one_glint_and_its_bloom_are_one_finding_the_more_probable():
    main, bloom = finding([(i, 100.0, 50.0) for i in range(9)], 0.9), finding([(i, 105.0, 50.0) for i in range(9)], 0.7)
    findings, refusals = sort_out([bloom, main])
    assert findings == (main,)
    assert refusals == (("part of another glint", bloom.where),)


def test_two_that_are_farther_apart_than_a_glint_are_two():
    pair = [finding([(i, x, 50.0) for i in range(9)]) for x in (100.0, 100.0 + SAME_PX + 2)]
    assert len(sort_out(pair)[0]) == 2


def test_two_that_only_cross_are_two():
    still, crossing = finding([(i, 100.0, 50.0) for i in range(30)]), finding([(i, 10.0 + 6 * i, 50.0) for i in range(30)], 0.5)
    assert len(sort_out([still, crossing])[0]) == 2


def test_two_at_one_place_at_different_times_are_not_told_to_be_one():
    early, late = finding([(i, 100.0, 50.0) for i in range(9)]), finding([(i, 100.0, 50.0) for i in range(20, 29)], 0.5)
    assert len(sort_out([early, late])[0]) == 2


def test_refusals_are_handed_through():
    refusal = ("shines by itself", Track(((1, 2.0, 3.0),)))
    findings, refusals = sort_out([refusal])
    assert findings == ()
    assert refusals == (refusal,)
    assert sort_out([]) == ((), ())


def test_a_device_among_the_lenses_is_a_fault_of_ours():
    with pytest.raises(TypeError):
        sort_out([Finding(Device("aa:bb:cc:dd:ee:ff"), False, 0.5, (), "Look."), finding([(1, 2.0, 3.0)])])


def test_what_to_do_next_is_told_in_full_sentences_without_a_promise():
    for text in (NEXT_ALARM, NEXT_LOOK):
        assert text.endswith(".")
        assert len(text.split()) > 10
        assert not FORBIDDEN.search(text)
