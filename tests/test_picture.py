from __future__ import annotations

import cv2
import numpy as np
import pytest

from detector.model import Still, Track
from detector.picture import ALARM_BGR, LIMITS, LOOK_BGR, Mark, annotate, best_still, crop, place_at


def still(width=640, height=360, frame=7, dot=None):
    pixels = np.full((height, width, 3), 90, np.uint8)
    if dot:
        cv2.circle(pixels, dot, 1, (255, 255, 255), -1)
    return Still(frame, cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes())


def decoded(jpeg):
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).astype(int)


def how_many(pixels, colour, tolerance=60):
    return int((np.abs(pixels - np.array(colour)).sum(axis=2) < tolerance).sum())


TRACK = Track(((10, 100.0, 50.0), (12, 104.0, 54.0), (20, 120.0, 54.0)))


@pytest.mark.parametrize(
    ("frame", "place"),
    [(10, (100, 50)), (11, (102, 52)), (16, (112, 54)), (20, (120, 54)), (5, (100, 50)), (25, (120, 54)), (4, None), (26, None)],
)
def test_a_track_is_placed_between_its_points_and_not_far_beyond(frame, place):
    assert place_at(TRACK, frame) == place


def test_a_track_of_one_point_stands_there():
    assert place_at(Track(((3, 8.0, 9.0),)), 3) == (8.0, 9.0)
    assert place_at(Track(()), 3) is None


def test_the_best_still_is_one_of_the_tracks_own_frames():
    stills = [still(frame=8), still(frame=15), still(frame=20), still(frame=400)]
    assert best_still(stills, TRACK).frame == 20
    assert best_still(stills[:2], TRACK).frame == 8
    assert best_still(stills[3:], TRACK) is None
    assert best_still([], TRACK) is None


def test_a_ring_goes_round_the_place_and_leaves_it_to_be_seen():
    dot = (200, 150)
    out = decoded(annotate(still(dot=dot), [Mark(*dot, 1, alarm=True)]))
    ring = np.hypot(*np.meshgrid(np.arange(640) - dot[0], np.arange(360) - dot[1]))
    assert how_many(out[(ring > 9) & (ring < 16)][None], ALARM_BGR) > 30
    assert how_many(out[ring < 6][None], ALARM_BGR) == 0
    assert out[dot[1], dot[0]].min() > 180, "the point of light is still there"


def test_an_alarm_and_a_look_differ_in_colour_and_a_refused_place_is_neither():
    marks = [Mark(100, 100, 1, alarm=True), Mark(300, 100, 2, alarm=False), Mark(500, 100, None, alarm=False)]
    out = decoded(annotate(still(), marks))
    assert how_many(out[:, :200], ALARM_BGR) > 30
    assert how_many(out[:, 200:400], LOOK_BGR) > 30
    assert how_many(out[:, 400:], ALARM_BGR) == how_many(out[:, 400:], LOOK_BGR) == 0
    assert out[:, 400:].max() > 130


@pytest.mark.parametrize("corner", [(0, 0), (639, 0), (0, 359), (639, 359), (-4, 5), (641, 370)])
def test_a_mark_at_the_very_edge_is_drawn_as_far_as_there_is_picture(corner):
    out = decoded(annotate(still(), [Mark(*corner, 12, alarm=True)]))
    assert out.shape == (360, 640, 3)
    assert how_many(out, ALARM_BGR) > 10


def test_a_large_picture_is_made_smaller_and_its_marks_go_along():
    out = decoded(annotate(still(width=3840, height=2160), [Mark(1920, 1080, 1, alarm=True)]))
    assert out.shape == (900, LIMITS.widest_px, 3)
    rows, columns = np.nonzero(np.abs(out - np.array(ALARM_BGR)).sum(axis=2) < 60)
    assert abs(np.median(rows) - 450) < 20
    assert columns.min() > 750


def test_a_crop_is_centred_and_enlarged():
    out = decoded(crop(still(dot=(200, 150)), 200, 150))
    middle = LIMITS.crop_shown_px // 2
    assert out.shape == (LIMITS.crop_shown_px, LIMITS.crop_shown_px, 3)
    assert out[middle - 2 : middle + 8, middle - 2 : middle + 8].max() > 200
    assert out[:100].max() < 130


@pytest.mark.parametrize("place", [(0, 0), (639, 359), (-50, 1000)])
def test_a_crop_at_the_edge_keeps_its_size_and_is_black_outside(place):
    out = decoded(crop(still(), *place))
    assert out.shape == (LIMITS.crop_shown_px, LIMITS.crop_shown_px, 3)
    assert (out.max(axis=2) < 20).mean() > 0.4


@pytest.mark.parametrize("jpeg", [b"", b"not a picture", b"\xff\xd8\xff\xe0 cut short"])
def test_bytes_that_are_no_picture_give_none(jpeg):
    assert annotate(Still(0, jpeg), []) is None
    assert crop(Still(0, jpeg), 1, 1) is None
