"""A finding in pictures: crops with and without light, its path, the frames of its clip."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from detector.model import Track
from detector.strip import StripLimits, clip_frame, moment_of, small_of, strip

LIMITS = StripLimits()
TRACK = Track(((10, 300.0, 200.0), (12, 304.0, 200.0), (20, 320.0, 200.0)))


def whole(*, lit=True, grey=False, at=(300, 200), size=(640, 360)):
    pixels = np.full((size[1], size[0], 3), 70 if lit else 10, np.uint8)
    if lit:
        cv2.circle(pixels, at, 2, (255, 255, 255), -1)
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY) if grey else pixels


def moment(frame=10, track=TRACK, **how):
    pixels = whole(**how)
    return moment_of(frame, pixels, small_of(pixels), track)


def shown(jpeg):
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)


def test_brightness_is_that_of_the_few_pixels_at_the_place():
    assert moment().level == 255
    assert moment(lit=False).level == 10
    assert moment(at=(100, 100)).level == 70
    assert moment(frame=500).level == 0
    assert moment(lit=False).mean == 10


def test_what_waits_to_be_filmed_is_small():
    pixels = np.random.default_rng(1).integers(0, 255, (1080, 1920, 3), np.uint8)
    kept = moment_of(10, pixels, small_of(pixels), TRACK)
    assert len(kept.small.jpeg) + kept.cut.nbytes < pixels.nbytes / 5
    assert shown(kept.small.jpeg).shape == (540, 960, 3)
    assert (kept.cut == pixels[200 - 28 : 200 + 28, 300 - 28 : 300 + 28]).all(), "the glint keeps its own pixels"


@pytest.mark.parametrize("grey", [False, True])
def test_lit_and_unlit_stand_side_by_side_with_the_path_beside_them(grey):
    picture = shown(strip(moment(grey=grey), moment(frame=11, lit=False, grey=grey), TRACK))
    panel = LIMITS.shown_px + 4
    middle = LIMITS.caption_px + LIMITS.shown_px // 2
    assert picture.shape[1] > 3 * panel
    assert picture[middle, panel // 2].min() > 200, "the glint in the middle of the lit crop"
    assert picture[middle, panel + panel // 2].max() < 40, "and not in the unlit one"


def test_without_an_unlit_frame_there_are_two_panels():
    assert shown(strip(moment(), None, TRACK)).shape[1] < shown(strip(moment(), moment(lit=False), TRACK)).shape[1]


def test_the_caption_fits_above_the_path_of_an_upright_film():
    upright, across = (shown(strip(moment(size=size), None, TRACK)) for size in ((360, 640), (640, 360)))
    words = np.argwhere(upright[: LIMITS.caption_px].max(axis=(0, 2)) > 150)
    assert words.max() < upright.shape[1] - 4, "it ends before the border"
    letters = [np.count_nonzero(picture[: LIMITS.caption_px, LIMITS.shown_px + 4 :].max(axis=2) > 150) for picture in (upright, across)]
    assert letters[0] == letters[1]


def test_the_path_is_drawn_where_the_glint_went():
    picture = shown(strip(moment(), None, TRACK)).astype(int)
    left, shrink = LIMITS.shown_px + 6, LIMITS.shown_px / 360
    y = LIMITS.caption_px + round(200 * shrink)
    path = picture[y - 3 : y + 4, left + round(310 * shrink) : left + round(318 * shrink)]
    assert (path[..., 2] - path[..., 0]).max() > 60, "amber"


@pytest.mark.parametrize("place", [(0.0, 0.0), (639.0, 359.0)])
def test_a_glint_at_the_border_is_shown_as_well(place):
    track = Track(((10, *place),))
    assert strip(moment(track=track), None, track) is not None
    assert clip_frame(moment(track=track), track, 1, alarm=True).shape == (360, 640, 3)


@pytest.mark.parametrize(("size", "expected"), [((1280, 720), (540, 960)), ((641, 359), (360, 640)), ((1080, 1920), (1708, 960)), ((64, 48), (48, 64))])
def test_frames_of_a_clip_have_even_sides_and_are_no_wider_than_needed(size, expected):
    frame = clip_frame(moment(size=size, at=(30, 20)), Track(((10, 30.0, 20.0),)), 1, alarm=False)
    assert np.abs(np.array(frame.shape[:2]) - expected).max() <= 2
    assert frame.shape[0] % 2 == frame.shape[1] % 2 == 0


def test_the_ring_is_red_for_an_alarm_and_amber_for_a_look_and_the_inset_is_away_from_it():
    alarm, look = (clip_frame(moment(), TRACK, 3, alarm=flag).astype(int) for flag in (True, False))
    ring = alarm[200, 300 + 18]
    assert ring[2] > 150 > ring[1] + 40
    assert look[200, 318][1] > alarm[200, 318][1] + 60
    assert alarm[110, 640 - 110].max() > 200, "the enlarged glint on the right, since the place is in the left half"


def test_where_the_place_is_unknown_nothing_is_drawn():
    drawn = clip_frame(moment(frame=400), TRACK, 1, alarm=True).astype(int)
    assert np.abs(drawn - whole()).max() < 40, "no ring, only what JPEG makes of a white dot"
    assert np.abs(drawn[:150] - whole()[:150]).max() <= 2
