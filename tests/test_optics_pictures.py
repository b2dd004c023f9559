"""One lit picture or a lit and an unlit one: candidates, never an alarm, and what was not known."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from detector.model import Frame
from detector.optics.broad import TAPE, TAPE_OR_LAMP
from detector.optics.pictures import (
    LIMITS_OF_ONE,
    LIMITS_OF_PAIR,
    PictureLimits,
    judge_pictures,
)
from tests.optics_scenes import add_point, as_planes, levels, placed, seen_wall, similarity, wall

SIZE = (640, 480)
RETRO = [(120.0, 100.0), (400.0, 90.0), (510.0, 360.0)]
LAMPS = [(250.0, 300.0), (80.0, 400.0)]


def shot(*, retro=30.0, lamp=20.0, light=1.0, view=None, size=SIZE, colour=(1, 1, 1), seed=1, index=0):
    """A picture of a wall with retro-reflectors and lamps."""
    view = similarity(size=size) if view is None else view
    picture = np.repeat(light * seen_wall(wall(size), view, size)[..., None], 3, axis=2)
    for x, y in RETRO:
        add_point(picture, *placed(view, x, y), np.full(3, retro), 1.0)
    for x, y in LAMPS:
        add_point(picture, *placed(view, x, y), lamp * np.array(colour, float), 1.0)
    pixels = levels(picture) + np.random.default_rng(seed).standard_normal(picture.shape) * 1.5
    return Frame(np.clip(pixels, 0, 255).astype(np.uint8), index, float(index))


def places(result, *, refused=False):
    tracks = [finding.where for finding in result.findings]
    tracks += [track for _, track in result.refused.examples] if refused else []
    return [point[1:] for track in tracks for point in track.points]


def near(points, place, within=3.0):
    return [point for point in points if math.dist(point, place) <= within]


def pair(shift=None):
    return judge_pictures(shot(), shot(retro=0.0, light=0.5, view=shift, seed=2, index=1))


def test_a_pair_shows_the_reflectors_and_not_the_lamps():
    points = places(pair())
    assert all(len(near(points, place)) == 1 for place in RETRO)
    assert not any(near(points, place) for place in LAMPS)


def test_a_pair_in_the_wrong_order_is_no_result():
    result = judge_pictures(shot(retro=0.0, light=0.5, seed=2), shot(index=1))
    assert [(gap.reason, gap.fatal) for gap in result.coverage.gaps] == [("wrong order", True)]


def test_one_picture_twice_is_no_pair():
    result = judge_pictures(shot(), shot())
    assert [(gap.reason, gap.fatal) for gap in result.coverage.gaps] == [("one picture twice", True)]


@pytest.mark.parametrize("shift", [similarity(4.0, -3.0), similarity(-5.0, 2.0, 0.4)], ids=["shifted", "shifted and turned"])
def test_a_hand_held_pair_is_laid_over_itself(shift):
    result = pair(shift)
    assert result.coverage.completed
    assert all(len(near(places(result), place)) == 1 for place in RETRO)
    assert not any(near(places(result), place) for place in LAMPS)


def test_places_are_those_of_the_lit_picture():
    result = pair(similarity(6.0, 5.0))
    for place in RETRO:
        (point,) = near(places(result), place)
        assert math.dist(point, place) < 1.0
    assert {f.where.points[0][0] for f in result.findings} == {0}


def test_no_picture_ever_alarms():
    for result in (pair(), judge_pictures(shot()), judge_pictures(shot(retro=500.0, lamp=0.0))):
        assert not any(finding.alarm for finding in result.findings)
        assert all(finding.probability < 0.5 for finding in result.findings)


def test_one_picture_cannot_tell_a_reflector_from_a_lamp_and_says_so():
    result = judge_pictures(shot())
    points = places(result, refused=True)
    assert all(near(points, place) for place in RETRO + LAMPS)
    assert result.coverage.limits == (LIMITS_OF_ONE,)
    assert result.coverage.examined["pictures"] == 1
    assert result.coverage.completed


def test_a_pair_says_what_it_cannot_tell():
    coverage = pair().coverage
    assert coverage.limits == (LIMITS_OF_PAIR,)
    assert coverage.examined["pictures"] == 2
    assert coverage.examined["picture"] == "640 x 480 px"


def test_a_coloured_lamp_is_less_probable_than_a_white_glint():
    result = judge_pictures(shot(lamp=20.0, colour=(0, 1, 0)))
    assert not any(near(places(result), place) for place in LAMPS)


def test_every_finding_has_reasons_and_a_next_action():
    for finding in pair().findings:
        assert finding.kind == "lens"
        assert finding.reasons
        assert finding.next.endswith(".")
        assert len(finding.where.points) == 1


def test_what_was_refused_is_counted_as_it_is_placed():
    refused = pair().refused
    assert sum(refused.counts.values()) == len(refused.examples)
    assert set(refused.counts) == {kind for kind, _ in refused.examples}


def test_the_lit_picture_is_kept_for_the_report():
    (still,) = pair().stills
    assert still.frame == 0
    assert cv2.imdecode(np.frombuffer(still.jpeg, np.uint8), cv2.IMREAD_COLOR).shape == (480, 640, 3)


def test_an_unlit_picture_of_another_size_is_left_out_and_said_to_be():
    result = judge_pictures(shot(), shot(retro=0.0, size=(320, 240)))
    assert [gap.reason for gap in result.coverage.gaps] == ["not aligned"]
    assert not result.coverage.gaps[0].fatal
    assert result.coverage.examined["pictures"] == 1


def test_an_unlit_picture_without_anything_to_hold_on_to_is_left_out_and_said_to_be():
    black = Frame(np.zeros((480, 640, 3), np.uint8), 1, 1.0)
    result = judge_pictures(shot(), black)
    assert [gap.reason for gap in result.coverage.gaps] == ["not aligned"]
    assert result.coverage.limits == (LIMITS_OF_ONE,)


def test_the_same_picture_twice_shows_no_reflection():
    lit = shot()
    assert not places(judge_pictures(lit, Frame(lit.pixels.copy(), 1, 1.0)))


@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_even_picture_has_no_candidates(level):
    result = judge_pictures(Frame(np.full((240, 320, 3), level, np.uint8), 0, 0.0))
    assert result.findings == ()
    assert result.refused.examples == ()
    assert result.coverage.checked


def test_grey_pictures_are_judged_too():
    grey = [Frame(cv2.cvtColor(f.pixels, cv2.COLOR_BGR2GRAY), f.index, f.at_s) for f in (shot(), shot(retro=0.0, light=0.5, index=1))]
    assert all(near(places(judge_pictures(*grey)), place) for place in RETRO)


@pytest.mark.parametrize("size", [(4, 4), (16, 16), (31, 17), (641, 479)])
def test_any_size_is_taken(size):
    rng = np.random.default_rng(2)
    lit, unlit = (Frame(rng.integers(0, 256, (size[1], size[0], 3), np.uint8), i, 0.0) for i in (0, 1))
    assert judge_pictures(lit).coverage.checked
    assert judge_pictures(lit, unlit).coverage.checked


def test_candidates_are_bounded():
    rng = np.random.default_rng(4)
    pixels = np.full((480, 640, 3), 20, np.uint8)
    pixels[rng.integers(10, 470, 3000), rng.integers(10, 630, 3000)] = 255
    result = judge_pictures(Frame(pixels, 0, 0.0), limits=PictureLimits(least_score=0.0, most=15))
    assert len(places(result, refused=True)) == 15


def test_a_large_picture_is_worked_on_smaller_and_told_in_its_own_pixels():
    big = cv2.resize(shot().pixels, None, fx=8, fy=8, interpolation=cv2.INTER_LINEAR)
    points = places(judge_pictures(Frame(big, 0, 0.0)), refused=True)
    assert all(near(points, (8 * x + 3.5, 8 * y + 3.5), 24.0) for x, y in RETRO)


def test_judging_twice_gives_the_same():
    assert pair() == pair()


def test_planes_are_judged_as_their_pixels():
    """A frame taken out of a video comes as planes."""
    lit, unlit = as_planes(shot()), as_planes(shot(retro=0.0, light=0.5, seed=2, index=1))
    points = places(judge_pictures(lit, unlit))
    assert all(len(near(points, place)) == 1 for place in RETRO)
    assert not any(near(points, place) for place in LAMPS)


def test_one_picture_is_searched_at_full_size_however_wide_it_is():
    """There is time for it: a point too faint at half size is still a candidate."""
    size = (1400, 320)
    picture = np.repeat(seen_wall(wall(size, contrast=0.05), similarity(size=size), size)[..., None], 3, axis=2)
    add_point(picture, 700.5, 160.5, np.full(3, 1.0), 0.6)
    frame = Frame(levels(picture), 0, 0.0)
    assert len(near(places(judge_pictures(frame), refused=True), (700.5, 160.5))) == 1
    narrow = Frame(np.ascontiguousarray(frame.pixels[:, 300:1100]), 0, 0.0)
    (one,), (other,) = (near(places(judge_pictures(f), refused=True), place) for f, place in ((frame, (700.5, 160.5)), (narrow, (400.5, 160.5))))
    assert one[0] - 300 == pytest.approx(other[0], abs=0.05)


def leaves(rng, size=SIZE, count=1500, sway_px=0.0):
    """Bright dots and short strokes all over: light (h, w) that a lawn or a tree has by itself; each in the right part is
    blown by up to so much.
    """
    light = np.full(size[::-1], 0.06, np.float32)
    wind = np.random.default_rng(9)
    for x, y, turn, level in zip(rng.uniform(0, size[0], count), rng.uniform(0, size[1], count), rng.uniform(0, 6.3, count), rng.uniform(0.05, 0.3, count), strict=True):
        at = (x, y) + (x > 400) * wind.uniform(-sway_px, sway_px, 2)
        end = at + 4 * np.array([np.cos(turn), np.sin(turn)])
        cv2.line(light, at.astype(int).tolist(), end.astype(int).tolist(), float(level), 1)
    return cv2.GaussianBlur(light, (0, 0), 0.7)


def developed(light, index, seed):
    picture = np.repeat(light[..., None], 3, axis=2)
    pixels = levels(picture) + np.random.default_rng(seed).standard_normal(picture.shape) * 1.5
    return Frame(np.clip(pixels, 0, 255).astype(np.uint8), index, float(index))


def test_faint_reflectors_close_together_among_leaves_are_candidates_and_the_leaves_are_not():
    """Every leaf stands out, and many stand nearer to each other than the limits of a tile allow;
    what both pictures show is gone from their difference.
    """
    background = leaves(np.random.default_rng(8))
    row = [(296.0 + 14 * i, 215.0 + 9 * (i % 2)) for i in range(6)]
    lit = background.copy()
    for x, y in row:
        add_point(lit, x, y, 3.0, 1.0)
    turned = cv2.warpAffine(background, similarity(5.0, -4.0, 0.3, size=SIZE)[:2], SIZE, borderMode=cv2.BORDER_REFLECT)
    result = judge_pictures(developed(lit, 0, 3), developed(turned, 1, 4))
    assert result.coverage.completed
    points = places(result, refused=True)
    assert all(near(points, place) for place in row)
    assert all(any(math.dist(point, place) <= 4.0 for place in row) for point in points)


def test_leaves_that_move_between_the_pictures_raise_what_is_asked_of_a_reflector():
    lit, windy = (leaves(np.random.default_rng(8), sway_px=px) for px in (0.0, 6.0))
    place = (160.0, 240.0)
    add_point(lit, *place, 3.0, 1.0)
    result = judge_pictures(developed(lit, 0, 3), developed(windy, 1, 4))
    points = places(result, refused=True)
    assert near(points, place)
    assert sum(x > 410 for x, _ in points) <= 2
    eager = judge_pictures(developed(lit, 0, 3), developed(windy, 1, 4), PictureLimits(gain_clutter=0.0))
    assert sum(x > 410 for x, _ in places(eager, refused=True)) > 5


@pytest.mark.parametrize(
    "limits", [PictureLimits(gain_score=100.0), PictureLimits(gain_noise=100.0), PictureLimits(gain_px=5), PictureLimits(gain_clutter=200.0)]
)
def test_every_limit_of_a_pair_matters(limits):
    lit, unlit = shot(retro=4.0), shot(retro=0.0, light=0.5, seed=2, index=1)
    assert len(places(judge_pictures(lit, unlit, limits), refused=True)) < len(places(judge_pictures(lit, unlit), refused=True))


# --- what is broader than a pupil


def ring_light(*, strips=(), points=(), colour=(0.5, 1.0, 0.02), size=(320, 240), seed=1):
    """A picture exposed so low that only what sends a coloured ring light back shows."""
    light = np.full((*size[::-1], 3), 0.002, np.float32)
    for x, y, width, height in strips:
        light[y : y + height, x : x + width] = 0.8 * np.array(colour)
    for x, y in points:
        add_point(light, x, y, 20.0 * np.array(colour), 0.7)
    pixels = levels(cv2.GaussianBlur(light, (3, 3), 0)) + np.random.default_rng(seed).standard_normal(light.shape) * 1.5
    return Frame(np.clip(pixels, 0, 255).astype(np.uint8), 0, 0.0)


def refused_at(result, place, within):
    return {kind for kind, track in result.refused.examples if math.dist(track.points[0][1:], place) <= within}


@pytest.mark.parametrize("strip", [(100, 80, 9, 20), (100, 80, 30, 60), (100, 80, 60, 100), (0, 80, 40, 70)])
def test_tape_under_a_coloured_ring_light_is_refused_as_tape_whatever_its_size(strip):
    result = judge_pictures(ring_light(strips=[strip]))
    x, y, width, height = strip
    assert TAPE_OR_LAMP in refused_at(result, (x + width / 2, y + height / 2), math.hypot(width, height) / 2 + 2)
    assert not result.findings


def test_a_point_under_a_coloured_ring_light_is_a_candidate_and_no_tape():
    result = judge_pictures(ring_light(points=[(160.3, 120.6)]))
    assert near(places(result, refused=True), (160.3, 120.6))
    assert TAPE_OR_LAMP not in refused_at(result, (160, 120), 4)


def test_a_burnt_out_point_is_not_broad():
    light = 0.4 * seen_wall(wall(SIZE), similarity(size=SIZE), SIZE)
    add_point(light, 320.0, 240.0, 500.0, 1.0)
    result = judge_pictures(developed(light, 0, 2))
    assert near(places(result, refused=True), (320, 240))
    assert TAPE_OR_LAMP not in refused_at(result, (320, 240), 4)


def test_an_unlit_picture_shows_that_a_broad_surface_is_no_lamp():
    scene = seen_wall(wall(SIZE), similarity(size=SIZE), SIZE)
    lit = scene.copy()
    lit[214:226, 299:311] = 0.9
    result = judge_pictures(developed(cv2.GaussianBlur(lit, (0, 0), 0.8), 0, 3), developed(0.5 * scene, 1, 4))
    assert TAPE in refused_at(result, (305, 220), 25)
    assert not result.findings


def test_white_walls_of_a_lit_picture_are_not_told_one_by_one():
    bright = np.full((240, 320, 3), 90, np.uint8)
    bright[50:150, 80:200] = 220
    assert not judge_pictures(Frame(bright, 0, 0.0)).refused.examples
