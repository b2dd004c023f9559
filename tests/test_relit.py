"""A picture from before the light changed tells the way to one after it changed back, as far as it may."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from detector.optics.flow import transform
from detector.optics.relit import LightMemory, Past, RelitLimits
from tests.optics_scenes import SIZE, levels, seen_wall, similarity, wall

LIT, DIM = math.log(90.0), math.log(20.0)
STILL = np.eye(3)
MIDDLE = np.float32([[SIZE[0] / 2, SIZE[1] / 2]])


def seen(x=0.0, y=0.0, seed=1):
    return levels(seen_wall(wall(seed=seed), similarity(x, y)))


def remembering(*pasts, limits=None):
    memory = LightMemory(limits)
    for past in pasts:
        memory.remember(past)
    return memory


BEFORE = Past(seen(), STILL, LIT, 10)
OFF = Past(seen(seed=7), similarity(-4.0, 0.0), DIM, 15)


def test_the_way_back_is_told_with_the_pace_of_the_time_between():
    back = remembering(BEFORE).back(OFF, seen(9.0, 3.0), LIT, 16, similarity(6.0, 0.0))
    assert np.hypot(*(transform(back.to_room, MIDDLE) - transform(similarity(-9.0, -3.0), MIDDLE))[0]) < 0.3
    assert transform(back.pace, MIDDLE)[0] - MIDDLE[0] == pytest.approx([1.5, 0.5], abs=0.1)
    assert len(back.corners) > 20


@pytest.mark.parametrize(
    ("pasts", "picture", "level", "number"),
    [
        ((), seen(), LIT, 16),
        ((OFF,), seen(), LIT, 16),
        ((BEFORE,), seen(seed=3), LIT, 16),
        ((BEFORE,), seen(), LIT, 56),
        ((BEFORE,), seen(), DIM, 16),
        ((dataclasses.replace(BEFORE, level=math.log(5.0)),), seen(), math.log(5.0), 16),
        ((BEFORE,), np.full(SIZE[::-1], 110, np.uint8), LIT, 16),
    ],
    ids=["nothing remembered", "in other light", "another room", "too long ago", "no change", "black", "no texture"],
)
def test_where_it_cannot_be_told_nothing_is(pasts, picture, level, number):
    assert remembering(*pasts).back(OFF, picture, level, number, STILL) is None


def test_the_latest_picture_in_a_like_light_is_compared():
    older = dataclasses.replace(BEFORE, picture=seen(seed=3), number=2)
    assert remembering(older, OFF, BEFORE).back(OFF, seen(), LIT, 16, STILL) is not None
    assert remembering(BEFORE, OFF, dataclasses.replace(older, number=12)).back(OFF, seen(), LIT, 16, STILL) is None


def test_no_more_is_remembered_than_is_worth_it():
    later = [dataclasses.replace(OFF, number=number) for number in (11, 12, 13)]
    assert remembering(BEFORE, *later).back(OFF, seen(), LIT, 16, STILL) is None
    assert remembering(BEFORE, *later, limits=RelitLimits(remembered=4)).back(OFF, seen(), LIT, 16, STILL) is not None
