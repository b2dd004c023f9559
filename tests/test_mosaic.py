"""The sweep laid out flat: in place, bounded, torn where nobody knows better."""

from __future__ import annotations

import numpy as np
import pytest

from detector.optics.logbook import Logbook, LogLimits
from detector.optics.mosaic import MosaicLimits, lay_out
from detector.optics.motion import Motion
from detector.optics.view import look


def moved(x=0.0, y=0.0, scale=1.0, speed=2.0, *, measured=True):
    to_room = np.array([[scale, 0, x], [0, scale, y], [0, 0, 1.0]])
    return Motion(to_room, np.eye(3), np.zeros((8, 14, 3), np.float32), speed, measured=measured)


def log_of(motions, grey=120, pictures=None):
    log = Logbook(LogLimits(lost_frames=5))
    for index, motion in enumerate(motions):
        log.add(look(np.full((360, 640), grey, np.uint8) if pictures is None else pictures[index]), motion)
    return log


def laid(motions, states=None, **more):
    log = log_of(motions, **more)
    return lay_out(log, states or [None] * log.frames)


def test_one_picture_held_still_fills_one_tile_of_its_own_size():
    (layout,) = laid([moved()] * 20)
    assert layout.seen.sum() == pytest.approx(40 * 22.5, rel=0.08)
    assert layout.looks.max() == 20
    assert layout.level[layout.seen] == pytest.approx((120 / 255) ** 2.2, abs=0.01)


def test_a_pan_is_laid_side_by_side():
    (layout,) = laid([moved(x=640 * i / 20) for i in range(41)])
    assert layout.seen.any(axis=0).sum() == pytest.approx(120, abs=3)
    middle = layout.looks[10]
    assert middle[60] > middle[2]


def test_things_stay_where_they_are():
    """A bright stripe of the room that moves through the picture is one stripe of the layout."""
    pictures = []
    for i in range(11):
        picture = np.full((360, 640), 30, np.uint8)
        picture[:, 400 - 16 * i : 440 - 16 * i] = 230
        pictures.append(picture)
    (layout,) = laid([moved(x=16 * i) for i in range(11)], pictures=pictures)
    row = np.where(layout.seen[10], layout.level[10], 0)
    bright = np.flatnonzero(row > 0.3)
    assert bright.mean() + layout.origin[0] == pytest.approx(420 / 16 - 0.5, abs=0.6)
    assert len(bright) <= 4


@pytest.mark.parametrize("round_trip", [False, True])
def test_a_pan_wider_than_a_flat_tile_goes_on_in_another_and_comes_back_to_the_first(round_trip):
    xs = np.arange(0, 640 * 9, 64.0)
    xs = np.r_[xs, xs[::-1]] if round_trip else xs
    layouts = laid([moved(x=x) for x in xs])
    assert len(layouts) in {2, 3}
    assert all(layout.looks.shape[1] <= MosaicLimits().widest * 40 + 1 for layout in layouts)
    assert sum(layout.seen.sum() for layout in layouts) < 1.35 * 10 * 40 * 22.5


def test_walking_up_to_things_begins_another_tile():
    assert len(laid([moved(scale=s) for s in np.geomspace(1.0, 0.3, 30)])) == 2


def test_where_motion_was_lost_another_tile_begins():
    assert len(laid([moved()] * 10 + [moved(measured=False)] * 6 + [moved()] * 10)) == 2


def test_the_number_of_tiles_is_bounded():
    jumps = [moved(x=10_000.0 * i) for i in range(40)]
    assert len(laid(jumps)) == MosaicLimits().most_tiles


def test_only_lit_frames_count():
    states = ["on-axis", "dark"] * 10
    (layout,) = laid([moved()] * 20, states)
    assert layout.looks.max() == 10
    assert laid([moved()] * 4, ["dark"] * 4) == []


def test_quick_frames_are_counted_as_such():
    (layout,) = laid([moved(speed=2.0)] * 5 + [moved(speed=40.0)] * 15)
    assert layout.fast.max() == pytest.approx(0.75)
    assert layout.speed.max() == pytest.approx((5 * 2 + 15 * 40) / 20 / 640)
