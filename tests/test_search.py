"""Whole searches over small drawn films: a lens alarms, a lamp and a dome do not, bad input is told."""

from __future__ import annotations

import dataclasses
import math
from functools import cache

import cv2
import numpy as np
import pytest

from detector.model import Frame, SenseResult
from detector.optics import lens as judgement
from detector.optics.search import LIMITS_OF_THE_METHOD, LensSearch, SearchLimits, light_words
from detector.planes import Planes
from tests.optics_scenes import (
    SIZE,
    Thing,
    as_planes,
    dome,
    every_other,
    film,
    led,
    lens,
    steady,
    three_states,
    wall,
)

LENS = Thing(100, 90, lens())
LED = Thing(250, 150, led())
DOME = Thing(225, 60, dome())
FILMS = {"steady": (steady, False, 40), "switched": (every_other, False, 40), "three states": (three_states, True, 60)}
ALL = pytest.mark.parametrize("light", FILMS)


def run(frames, limits=None):
    search = LensSearch(limits)
    for frame in frames:
        search.add(frame)
    return search.finish()


@cache
def searched(light):
    lamp, told, frames = FILMS[light]
    return run(film([LENS, LED, DOME], frames, lamp=lamp, told=told))


def on(track, thing, within=3.0):
    return all(math.dist((x, y), thing.in_frame(frame)) < within for frame, x, y in track.points)


def findings_on(result, thing):
    return [finding for finding in result.findings if on(finding.where, thing)]


# --- what is found


@ALL
def test_the_lens_is_one_alarm(light):
    (finding,) = findings_on(searched(light), LENS)
    assert finding.alarm
    assert finding.probability >= judgement.ALARM_AT


@ALL
def test_the_lens_is_the_most_probable_of_all(light):
    result = searched(light)
    assert on(result.findings[0].where, LENS)
    assert [f.probability for f in result.findings] == sorted((f.probability for f in result.findings), reverse=True)


@ALL
def test_its_track_follows_it_to_half_a_pixel(light):
    (finding,) = findings_on(searched(light), LENS)
    points = finding.where.points
    errors = [math.dist((x, y), LENS.in_frame(frame)) for frame, x, y in points]
    assert len(points) >= 10
    assert np.median(errors) < 0.5
    assert [frame for frame, _, _ in points] == sorted({frame for frame, _, _ in points})
    lamp = FILMS[light][0]
    assert all(lamp(frame) == "on-axis" for frame, _, _ in points)


@ALL
def test_the_indicator_light_never_alarms_and_is_refused_with_a_reason(light):
    result = searched(light)
    assert not findings_on(result, LED)
    assert [kind for kind, track in result.refused.examples if on(track, LED)]


def test_in_the_dark_the_indicator_gives_itself_away():
    kinds = [kind for kind, track in searched("switched").refused.examples if on(track, LED)]
    assert kinds == ["shines by itself"]


def test_light_from_aside_tells_the_dome_from_the_lens():
    result = searched("three states")
    assert not findings_on(result, DOME)
    assert [kind for kind, track in result.refused.examples if on(track, DOME)] == ["light from aside"]
    (finding,) = findings_on(result, LENS)
    assert next(r.weight for r in finding.reasons if r.kind == "light from aside") > 0


@ALL
def test_the_dome_is_never_more_probable_than_the_lens(light):
    (of_lens,) = findings_on(searched(light), LENS)
    assert all(of_dome.probability < of_lens.probability for of_dome in findings_on(searched(light), DOME))


def test_a_lens_seen_by_a_grey_camera_is_found():
    result = run(film([LENS, LED], 40, lamp=every_other, grey=True))
    assert [f.alarm for f in findings_on(result, LENS)] == [True]
    assert not findings_on(result, LED)


def test_a_larger_picture_tells_places_in_its_own_pixels():
    size = (1280, 720)
    thing = Thing(500, 300, lens(width=8.0, middle=12.0))
    result = run(film([thing], 24, lamp=every_other, size=size))
    best = result.findings[0]
    assert all(math.dist((x, y), thing.in_frame(frame, size)) < 3 for frame, x, y in best.where.points)


def test_a_room_with_nothing_in_it_has_no_findings():
    for lamp in (steady, every_other):
        assert run(film([], 30, lamp=lamp)).findings == ()


# --- what is told about it


def test_a_film_too_small_to_show_a_lens_was_not_checked():
    coverage = run(film([], 20, size=(160, 120))).coverage
    assert [gap.reason for gap in coverage.gaps] == ["too small"]
    assert not coverage.checked


@ALL
def test_coverage_says_what_was_examined(light):
    coverage = searched(light).coverage
    frames = FILMS[light][2]
    assert coverage.sense == "lens"
    assert coverage.completed
    assert coverage.examined["frames"] == frames
    assert coverage.examined["seconds"] == pytest.approx((frames - 1) / 30, abs=0.01)
    assert coverage.examined["picture"] == f"{SIZE[0]} x {SIZE[1]} px"
    assert coverage.limits == LIMITS_OF_THE_METHOD
    assert "10 mm aside of the camera's lens: 0.8 m" in coverage.limits[0]


def test_the_light_is_told_in_words():
    assert searched("steady").coverage.examined["light"] == "steady"
    assert searched("switched").coverage.examined["light"] == "switched: 20 frames lit, 11 dark"
    assert searched("three states").coverage.examined["light"] == "switched: 20 frames lit, 20 from aside, 20 dark"
    assert light_words([]) == "steady"


@ALL
def test_what_was_refused_is_counted_and_some_of_it_placed(light):
    refused = searched(light).refused
    assert refused.counts
    assert all(count > 0 for count in refused.counts.values())
    for kind, track in refused.examples:
        assert refused.counts[kind] >= 1
        assert track.points
        assert all(0 <= x < SIZE[0] and 0 <= y < SIZE[1] for _, x, y in track.points)


@ALL
def test_stills_show_the_findings(light):
    result = searched(light)
    assert result.stills
    for still in result.stills:
        pixels = cv2.imdecode(np.frombuffer(still.jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert pixels.shape[:2] == SIZE[::-1]
        assert 0 <= still.frame < FILMS[light][2]


def test_the_lamp_as_told_goes_before_what_the_pictures_say():
    """Told that the lamp never went out, the dark frames are lit ones in which it was not there."""
    frames = [dataclasses.replace(frame, lamp="on-axis") for frame in film([LED], 20, lamp=every_other)]
    assert run(frames).coverage.examined["light"] == "switched: 20 frames lit, 0 dark"


def test_examples_are_bounded_while_counts_are_whole():
    result = run(film([LENS, LED, DOME], 40), SearchLimits(most_examples=1))
    assert len(result.refused.examples) == 1
    assert sum(result.refused.counts.values()) > 1


def test_kept_tracks_are_bounded_and_each_refusal_has_its_reason():
    rng = np.random.default_rng(5)
    things = [Thing(float(x), float(y), led(4, 4, 4)) for x, y in rng.uniform([20, 20], [340, 220], (40, 2))]
    few = run(film(things, 20), SearchLimits(most_kept=5))
    assert len(few.findings) <= 10
    assert sum(few.refused.counts.values()) >= 25


def test_a_pattern_filmed_afterwards_does_not_cost_the_lens():
    """The film goes on with a wall of bright dots, many more than tracks are kept."""
    rng = np.random.default_rng(6)
    dots = [Thing(float(x), float(y), led(30, 30, 30)) for x, y in rng.uniform([20, 20], [340, 220], (60, 2))]
    both = [*film([Thing(100, 90, lens(3.0))], 60, lamp=every_other), *film(dots, 40, lamp=every_other, seed=9)]
    frames = [dataclasses.replace(frame, index=i, at_s=i / 30) for i, frame in enumerate(both)]
    for most_kept in (5, 250):
        result = run(frames, SearchLimits(most_kept=most_kept))
        assert any(finding.alarm and finding.where.points[0][0] < 60 for finding in result.findings), most_kept


# --- input that is not a film


def test_no_frames_at_all_is_not_nothing_seen():
    result = LensSearch().finish()
    assert isinstance(result, SenseResult)
    assert not result.coverage.checked
    (gap,) = result.coverage.gaps
    assert gap.fatal
    assert gap.says.endswith(".")
    assert result.findings == ()
    assert result.stills == ()


@pytest.mark.parametrize("count", [1, 2, 9])
def test_too_few_frames_are_a_gap_but_were_looked_at(count):
    result = run(film([LENS], count))
    assert [gap.reason for gap in result.coverage.gaps] == ["too short"]
    assert result.coverage.checked
    assert not result.coverage.completed
    assert str(count) in result.coverage.gaps[0].says


@pytest.mark.parametrize("count", [1, 2, 4])
def test_fewer_sightings_than_a_judgement_asks_for_are_no_finding(count):
    assert run(film([LENS], count)).findings == ()


def test_ten_frames_are_enough_to_try():
    assert run(film([LENS], 10)).coverage.completed


def still_frames(pixels, count=12):
    return (Frame(pixels, i, i / 30.0) for i in range(count))


@pytest.mark.parametrize("level", [0, 120, 255])
def test_a_covered_or_blinded_camera_is_not_taken_for_an_examined_room(level):
    result = run(still_frames(np.full((*SIZE[::-1], 3), level, np.uint8)))
    assert [gap.reason for gap in result.coverage.gaps] == ["no motion"]
    assert result.findings == ()


@pytest.mark.parametrize("shape", [(1, 3, 3), (7, 5, 3), (17, 23, 3), (241, 353, 3), (241, 353), (2000, 30, 3)])
def test_pictures_of_any_shape_are_taken(shape):
    rng = np.random.default_rng(3)
    frames = [Frame(rng.integers(0, 256, shape, np.uint8), i, i / 30.0) for i in range(12)]
    result = run(frames)
    assert result.coverage.examined["frames"] == 12
    assert not any(finding.alarm for finding in result.findings)


def test_pure_noise_never_alarms():
    rng = np.random.default_rng(3)
    frames = (Frame(rng.integers(0, 256, (*SIZE[::-1], 3), np.uint8), i, i / 30.0) for i in range(30))
    assert not any(finding.alarm for finding in run(frames).findings)


def test_frames_are_not_written_to():
    frames = list(film([LENS], 12))
    before = [frame.pixels.copy() for frame in frames]
    for frame in frames:
        frame.pixels.flags.writeable = False
    run(frames)
    assert all(np.array_equal(a, frame.pixels) for a, frame in zip(before, frames, strict=True))


def test_a_room_full_of_tinsel_alarms_at_next_to_nothing():
    rng = np.random.default_rng(8)
    places = rng.uniform([20, 20], [340, 220], (120, 2))
    energy = rng.uniform(1, 40, (120, 40)) * (rng.random((120, 40)) < 0.4)
    things = [Thing(float(x), float(y), lambda i, lamp, e=e: float(e[i])) for (x, y), e in zip(places, energy, strict=True)]
    assert sum(finding.alarm for finding in run(film(things, 40)).findings) <= 2


def test_the_same_frames_give_the_same_result():
    first, second = (run(film([LENS, LED, DOME], 24, lamp=every_other)) for _ in range(2))
    assert first == second


def test_a_frame_that_the_decoder_left_out_does_not_shift_the_numbers_after_it():
    frames = [frame for frame in film([LENS], 40) if frame.index not in range(3, 13)]
    (finding,) = [f for f in run(frames).findings if f.where.points]
    assert all(math.dist((x, y), LENS.in_frame(frame)) < 3 for frame, x, y in finding.where.points[5:])


# --- planes instead of pixels


@ALL
def test_a_film_of_planes_gives_the_findings_of_its_pixels(light):
    lamp, told, frames = FILMS[light]
    result = run(map(as_planes, film([LENS, LED, DOME], frames, lamp=lamp, told=told)))
    for thing in (LENS, LED, DOME):
        ours, theirs = ([(f.alarm, f.probability) for f in findings_on(each, thing)] for each in (result, searched(light)))
        assert [alarm for alarm, _ in ours] == [alarm for alarm, _ in theirs]
        assert np.allclose([p for _, p in ours], [p for _, p in theirs], atol=0.02)
    assert findings_on(result, LENS)
    assert result.coverage == searched(light).coverage


def test_frames_are_not_written_to_and_may_be_used_again():
    """The grey levels go into one buffer of the search; the pictures of the source stay as they are."""
    frames = [as_planes(frame) for frame in film([LENS, LED], 24)]
    before = [(frame.picture.y.copy(), frame.picture.cb.copy(), frame.picture.cr.copy()) for frame in frames]
    for frame in frames:
        for plane in (frame.picture.y, frame.picture.cb, frame.picture.cr):
            plane.setflags(write=False)
    first, second = run(frames), run(frames)
    assert first == second
    for frame, planes in zip(frames, before, strict=True):
        assert all(map(np.array_equal, (frame.picture.y, frame.picture.cb, frame.picture.cr), planes))


def test_whole_pictures_are_converted_for_the_report_only(monkeypatch):
    converted = []
    usual = Planes.bgr
    monkeypatch.setattr(Planes, "bgr", lambda planes: converted.append(planes) or usual(planes))
    result = run(map(as_planes, film([LENS], 48)))
    assert result.stills
    assert len(converted) <= 3


def test_pixels_and_planes_may_come_by_turns():
    """The buffer for the one must not spoil the other."""
    frames = [as_planes(frame) if frame.index % 2 else frame for frame in film([LENS], 40)]
    (finding,) = findings_on(run(frames), LENS)
    assert finding.alarm


def test_marks_that_never_were_bright_are_counted_with_the_dull():
    marks = [Thing(60 + 60 * i, 60 + 40 * k, led(0.5, 0.5, 0.5)) for i in range(4) for k in range(4)]
    many, none = (run(film(things, 30, surface=wall(mean=0.01, contrast=0.3))) for things in (marks, []))
    assert many.refused.counts["level"] >= none.refused.counts.get("level", 0) + 14
    assert not many.findings
