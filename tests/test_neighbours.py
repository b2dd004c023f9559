"""What stands near what: the quick ways tell what trying everything would."""

from __future__ import annotations

import math

import numpy as np
import pytest

from detector.optics import glint, neighbours
from detector.optics.neighbours import ALONE, CROWD_PX
from tests.optics_scenes import add_point, levels

RNG = np.random.default_rng(5)
SPOTS = [(40.0, 60.0, 30.0), (70.0, 62.0, 30.0), (150.0, 40.0, 3.0), (158.0, 46.0, 30.0), (250.0, 150.0, 30.0)]
"""x, y and energy: two of a kind 30 px apart, a faint one beside a strong one, and one alone."""


def picture(spots):
    light = np.full((200, 320, 3), 0.02)
    for x, y, energy in spots:
        add_point(light, x, y, np.full(3, energy), 1.0)
    return levels(light)[..., 1].copy()


@pytest.fixture(scope="module")
def found():
    luma = picture(SPOTS)
    spots = glint.find(luma, glint.GlintLimits())
    return spots, glint.brightest(luma, spots.peaks)


def at(spots, x, y):
    """The row of the spot at a place."""
    return int(np.argmin(np.hypot(spots.x - x, spots.y - y)))


def test_the_first_of_each_key_comes_in_order_of_place():
    assert neighbours.first_of(np.array([2, 0, 2, 5, 0]), 6).tolist() == [0, 1, 3]
    assert neighbours.first_of(np.zeros(0, np.intp), 4).tolist() == []


def test_pairs_are_all_that_lie_within_the_gate(found):
    spots, _ = found
    places = RNG.uniform((0, 0), (320, 200), (200, 2)).astype(np.float32)
    gate = RNG.uniform(5, 60, 200).astype(np.float32)
    track, spot, far = neighbours.pairs_within(places, spots, gate)
    told = {(int(i), int(j)): float(d) for i, j, d in zip(track, spot, far, strict=True)}
    tried = {(i, j): math.dist(places[i], (spots.x[j], spots.y[j])) for i in range(200) for j in range(len(spots))}
    within = {pair: d for pair, d in tried.items() if d <= gate[pair[0]]}
    assert len(within) > 50
    assert told.keys() == within.keys()
    assert all(told[pair] == pytest.approx(d, abs=1e-3) for pair, d in within.items())


def test_like_spots_are_company_and_faint_ones_are_none(found):
    spots, peak = found
    beside, crowd = neighbours.company(spots, np.arange(len(spots)), np.arange(len(spots)), peak)
    pair, strong, alone = (at(spots, *SPOTS[i][:2]) for i in (0, 3, 4))
    assert beside[pair] == pytest.approx(30.1, abs=0.5)
    assert crowd[pair] == 1
    assert beside[strong] > CROWD_PX
    assert crowd[alone] == 0


def test_a_spot_of_half_the_level_is_like_another(found):
    spots, _ = found
    place, level = np.array([[45.0, 60.0]], np.float32), np.array([spots.level.max()])
    assert neighbours.nearest_like(place, level, spots) == pytest.approx(5.0, abs=0.5)
    assert neighbours.nearest_like(place, 3 * level, spots) == ALONE


def test_what_stands_out_about_a_place_tells_the_same_without_looking_for_spots(found):
    spots, _ = found
    places = np.array([[46.0, 60.0], [255.0, 154.0], [200.0, 100.0]], np.float32)
    level = np.full(3, float(spots.level.max()))
    like, near = neighbours.nearest_like(places, level, spots), neighbours.nearest_place(places, level, spots.standout)
    assert near[:2] == pytest.approx(like[:2], abs=2.5)
    assert near[2] == pytest.approx(12.0)  # nothing within its reach
