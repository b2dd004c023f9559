"""What a sweep says of itself: shares, places, the sentence and the chart."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from detector.model import Coverage, Finding, Frame, SenseResult, Track
from detector.optics import charts
from detector.optics import completeness as told
from detector.optics.completeness import Chart
from detector.optics.mosaic import lay_out
from detector.optics.population import Assumed
from detector.optics.search import LensSearch
from detector.optics.survey import STEADY, TOO_SHORT, Survey
from detector.optics.view import look
from detector.synthetic import Room, draw_plan
from tests.test_mosaic import log_of, moved


def swept(frames=40, *, assumed=None, blacken=False, pictures=True, **changes):
    """The result of a search over a drawn room with one lens, its torch switched every frame."""
    plan = draw_plan(11, kind="bedroom", mode="strobe", ambient="dark", motion="walk", lenses=1, frames=frames, size=(640, 360))
    room = Room(replace(plan, **{"torch_level": 0.3, "rhythm": (1, 1), "strobe_hz": None, **changes}))
    survey = Survey(assumed, pictures=pictures)
    search = LensSearch(survey=survey, pictures=pictures)
    survey.expect(frames)
    for frame in room.frames():
        pixels = (frame.pixels // 12).astype(np.uint8) if blacken else frame.pixels
        search.add(Frame(pixels, frame.index, frame.at_s))
    return search.finish()


@pytest.fixture(scope="module")
def result():
    return swept()


def test_shares_are_told_for_every_aperture_and_distance(result):
    rows = result.coverage.completeness.recovered
    assert {(row.aperture_mm, row.distance_m) for row in rows} == {(a, d) for a in (1.0, 1.5, 2.0) for d in (1.0, 2.0, 3.0)}
    assert all(0.0 <= row.share <= 1.0 and 0.0 < row.margin < 0.5 for row in rows)


def test_a_wider_lens_shows_over_no_less(result):
    share = {(row.aperture_mm, row.distance_m): row.share for row in result.coverage.completeness.recovered}
    for distance in (1.0, 2.0, 3.0):
        assert share[1.0, distance] <= share[1.5, distance] + 0.02
        assert share[1.5, distance] <= share[2.0, distance] + 0.02


def test_the_sentence_tells_the_middle_of_what_is_assumed(result):
    completeness = result.coverage.completeness
    middle = next(row for row in completeness.recovered if (row.aperture_mm, row.distance_m) == (1.5, 2.0))
    assert completeness.says.startswith(f"Over {round(100 * middle.share)} % of what you swept, a 1.5 mm lens 2 m away that faces you would have shown")
    assert completeness.says.endswith("whatever was never in the picture.")
    assert completeness.injected >= 40


def test_the_users_distances_replace_ours():
    completeness = swept(24, assumed=Assumed(distances_m=(0.7,))).coverage.completeness
    assert {row.distance_m for row in completeness.recovered} == {0.7}
    assert "1.5 mm lens 0.7 m away" in completeness.says


def test_less_light_is_less_found_and_said_to_be_too_dark(result):
    dark = swept(blacken=True)
    middle = [next(r.share for r in one.coverage.completeness.recovered if (r.aperture_mm, r.distance_m) == (2.0, 2.0)) for one in (result, dark)]
    assert middle[1] < middle[0]
    assert middle[1] < 0.1


def test_the_mosaic_is_a_picture_of_bounded_size(result):
    picture = cv2.imdecode(np.frombuffer(result.mosaic, np.uint8), cv2.IMREAD_COLOR)
    assert 200 < min(picture.shape[:2]) <= max(picture.shape[:2]) <= charts.ChartLimits().widest


def test_without_a_report_that_shows_pictures_all_is_told_and_nothing_drawn(result):
    told_only = swept(pictures=False)
    assert (told_only.findings, told_only.refused, told_only.coverage) == (result.findings, result.refused, result.coverage)
    assert (told_only.stills, told_only.footage, told_only.mosaic) == ((), (), None)
    assert result.stills
    assert result.mosaic is not None


def test_switched_light_needs_no_warning_and_steady_light_does(result):
    assert STEADY not in result.coverage.limits
    survey = Survey()
    steady = survey.completed(result, [None])
    assert STEADY in steady.coverage.limits or TOO_SHORT in steady.coverage.limits


def test_a_sweep_too_short_says_so_and_nothing_else():
    result = swept(6)
    assert result.coverage.completeness is None
    assert TOO_SHORT in result.coverage.limits
    assert result.mosaic is None


def test_a_search_without_a_survey_says_nothing_of_it():
    search = LensSearch()
    search.add(Frame(np.zeros((90, 160, 3), np.uint8), 0, 0.0))
    result = search.finish()
    assert result.coverage.completeness is None
    assert result.footage == ()


def test_frames_are_kept_round_what_was_found():
    survey, motion = Survey(), moved()
    for index in range(120):
        survey.add(index, look(np.full((90, 160), 90, np.uint8)), motion)
    where = Track(tuple((frame, 50.0, 50.0) for frame in range(60, 81)))
    found = SenseResult(Coverage("lens"), (Finding(where, True, 0.9, (), "Look."),))
    frames = [still.frame for still in survey.completed(found, [None] * 120).footage]
    assert frames == list(range(40, 101))


def chart(shape=(22, 40), kinds=(told.SHOWS,)):
    (layout,) = lay_out(log_of([moved()] * 20), [None] * 20)
    layout = replace(layout, looks=np.ones(shape), level=np.full(shape, 0.2), fast=np.zeros(shape), speed=np.zeros(shape))
    kind = np.resize(np.array(kinds, np.int8), shape)
    return Chart(layout, np.full(shape, 0.7), kind)


@pytest.mark.parametrize("shapes", [[(22, 40)], [(200, 200)], [(22, 200)] * 12, [(200, 200)] * 12, [(1, 1)]])
def test_charts_never_exceed_2000_px_however_wide_the_sweep(shapes):
    picture = cv2.imdecode(np.frombuffer(charts.draw([chart(shape) for shape in shapes], "A sentence " * 30), np.uint8), cv2.IMREAD_COLOR)
    assert max(picture.shape[:2]) <= 2000


def test_every_kind_of_place_has_its_colour_and_its_word():
    assert set(charts.COLOURS) == set(charts.NAMES) == {told.SHOWS, told.MAY_MISS, told.TOO_DARK, told.TOO_FAST, told.BURNT}
    one, other = (
        cv2.imdecode(np.frombuffer(charts.draw([chart(kinds=(kind,))]), np.uint8), cv2.IMREAD_COLOR)[-150, 300].astype(int)
        for kind in (told.SHOWS, told.BURNT)
    )
    assert one[1] > one[2] + 20
    assert other[2] > other[1] + 20


def test_without_any_layout_there_is_no_chart():
    assert charts.draw([]) is None
