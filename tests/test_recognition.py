"""Whether two pictures show the same place: votes of features, confirmed all over the picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from detector.optics.flow import transform
from detector.optics.motion import MotionEstimator
from detector.optics.recognition import RecognitionLimits, Sight, recognised
from detector.optics.view import look
from tests.optics_scenes import levels, seen_wall, similarity, wall

SIZE = (640, 360)
POINTS = np.array([[100, 80], [500, 90], [320, 180], [120, 300], [520, 280]], np.float32)
HOME = similarity(size=SIZE)


def sight(surface, view=HOME, *, light=1.0, noise=1.0, seed=0):
    """What a camera sees of a wall."""
    pixels = levels(light * seen_wall(surface, view, SIZE)) + np.random.default_rng(seed).standard_normal(SIZE[::-1]) * noise
    estimator = MotionEstimator()
    estimator.add(look(np.clip(pixels, 0, 255).astype(np.uint8)))
    return Sight(estimator.picture, np.eye(3))


def off(found, view):
    """How far in px the way back is wrong."""
    return float(np.hypot(*(transform(found, transform(view, POINTS)) - POINTS).T).max())


WALL, OTHER = wall(SIZE, 1), wall(SIZE, 2)
VIEWS = {
    "the same": HOME,
    "aside": similarity(55.0, -30.0, size=SIZE),
    "turned": similarity(10.0, 5.0, 9.0, size=SIZE),
    "nearer": similarity(-12.0, 8.0, 0.0, 1.2, size=SIZE),
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=list(VIEWS))
def test_a_place_is_recognised_and_how_it_lies_now(view):
    found = recognised(sight(WALL), sight(WALL, view, seed=1))
    assert found is not None
    assert off(found, view) < 1.0


@pytest.mark.parametrize("light", [0.4, 2.0])
def test_a_place_is_recognised_in_other_light(light):
    view = VIEWS["aside"]
    found = recognised(sight(WALL), sight(WALL, view, light=light, seed=1))
    assert found is not None
    assert off(found, view) < 1.5


@pytest.mark.parametrize("seed", range(2, 8))
def test_another_wall_of_the_same_kind_is_another_place(seed):
    assert recognised(sight(WALL), sight(wall(SIZE, seed), seed=1)) is None


def hung(surface, at, picture):
    """A wall with a picture hung on it."""
    surface = surface.copy()
    x, y = at
    surface[y : y + picture.shape[0], x : x + picture.shape[1]] = picture
    return surface


def test_the_same_picture_in_two_rooms_does_not_make_them_one():
    """Its features agree well enough on one shift: what is all around them does not."""
    rng = np.random.default_rng(4)
    picture = cv2.GaussianBlur(cv2.resize(rng.uniform(0.02, 0.3, (9, 12)), (120, 90), interpolation=cv2.INTER_NEAREST), (0, 0), 1.0)
    here, there = sight(hung(WALL, (300, 220), picture)), sight(hung(OTHER, (330, 200), picture), seed=1)
    assert recognised(here, there, RecognitionLimits(least_home=0.0)) is not None
    assert recognised(here, there) is None


@pytest.mark.parametrize("level", [0, 6, 255])
def test_darkness_and_a_burnt_out_picture_are_no_place(level):
    pixels = np.clip(np.random.default_rng(3).normal(level, 2.0, SIZE[::-1]), 0, 255).astype(np.uint8)
    estimator = MotionEstimator()
    estimator.add(look(pixels))
    nowhere = Sight(estimator.picture, np.eye(3))
    assert recognised(nowhere, sight(WALL)) is None
    assert recognised(sight(WALL), nowhere) is None


def test_even_pictures_have_no_features():
    assert len(Sight(np.full((360, 640), 110, np.uint8), np.eye(3)).features[0]) == 0


@pytest.mark.parametrize(
    "limits",
    [RecognitionLimits(fewest_votes=490), RecognitionLimits(vote_px=0.02), RecognitionLimits(scales=(0.5, 1.1)), RecognitionLimits(home_px=0.001),
     RecognitionLimits(parallax_px=0.001), RecognitionLimits(least_home=1.01), RecognitionLimits(fewest_home=120)],
    ids=["fewest_votes", "vote_px", "scales", "home_px", "parallax_px", "least_home", "fewest_home"],
)  # fmt: skip
def test_every_limit_matters(limits):
    before, now = sight(WALL), sight(WALL, VIEWS["nearer"], seed=1)
    assert recognised(before, now) is not None
    assert recognised(before, now, limits) is None
