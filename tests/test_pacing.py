"""Frames are let by only while nothing changes, and nothing is lost by it."""

from __future__ import annotations

import numpy as np
import pytest

from detector.model import Frame
from detector.optics.motion import Motion
from detector.optics.pacing import PaceLimits, Pacer
from detector.optics.search import LensSearch
from detector.planes import Matrix, Planes
from tests.optics_scenes import Thing, every_other, film, lens

STILL = Motion(np.eye(3), np.eye(3), np.zeros((1, 1, 3), np.float32), 1.0, True)
QUICK = Motion(np.eye(3), np.eye(3), np.zeros((1, 1, 3), np.float32), 90.0, True)
SETTLE = PaceLimits().settle_frames


def picture(index, level=100, fps=30.0, lamp=None):
    return Frame(np.full((90, 160), level, np.uint8), index, index / fps, lamp)


def searched(frames, motion=STILL):
    """Indices of the frames that were searched, the light's change being what the frames show."""
    pacer, kept, before = Pacer(), [], None
    for frame in frames:
        if pacer.lets_by(frame):
            continue
        level = float(np.asarray(frame.pixels).mean()) + 1.0
        pacer.searched(frame, 0.0 if before is None else float(np.log(level / before)), motion, 1280)
        kept.append(frame.index)
        before = level
    return kept


def test_steady_light_is_looked_at_in_every_second_frame_once_it_is_known_to_be_steady():
    kept = searched(picture(i) for i in range(60))
    assert kept[:SETTLE] == list(range(SETTLE))
    assert set(np.diff(kept[SETTLE:])) == {2}


@pytest.mark.parametrize("fps", [12.0, 25.0])
def test_a_slow_video_is_looked_at_whole(fps):
    assert len(searched(picture(i, fps=fps) for i in range(60))) == 60


def test_a_quick_video_is_looked_at_often_enough():
    kept = searched(picture(i, fps=120.0) for i in range(480))
    assert max(np.diff(kept)) / 120.0 <= 1 / 20


@pytest.mark.parametrize("half", [1, 2, 3, 5, 15])
def test_every_switch_of_the_torch_is_looked_at(half):
    frames = [picture(i, 100 if (i // half) % 2 else 50) for i in range(120)]
    kept = set(searched(frames))
    assert {i for i in range(half, 120) if i % half == 0} <= kept


def test_a_switch_after_long_steadiness_is_looked_at_and_so_is_what_follows():
    kept = searched(picture(i, 100 if i < 61 else 60) for i in range(90))
    assert list(range(61, 61 + SETTLE)) == [i for i in kept if 61 <= i < 61 + SETTLE]


def test_a_fast_camera_is_followed_through_every_frame():
    assert len(searched((picture(i) for i in range(60)), QUICK)) == 60


def test_nothing_is_let_by_where_the_lamp_is_known():
    assert len(searched(picture(i, lamp="on-axis") for i in range(60))) == 60


def test_planes_are_looked_at_as_pictures_are():
    def planes(i, level):
        y = np.full((90, 160), level, np.uint8)
        half = np.full((45, 80), 128, np.uint8)
        return Frame(Planes(y, half, half, Matrix()), i, i / 30.0)

    kept = searched(planes(i, 100 if i != 41 else 60) for i in range(60))
    assert 41 in kept
    assert len(kept) < 50


def test_a_lens_in_steady_light_is_still_found_where_it_stands():
    frames = list(film([Thing(250, 180, lens(width=20.0, middle=35.0))], 75, size=(640, 360)))
    search = LensSearch()
    for frame in frames:
        search.add(frame)
    result = search.finish()
    assert result.coverage.examined["frames"] == 75
    assert result.coverage.examined["frames let by in steady light"] > 15
    assert [finding.alarm for finding in result.findings] == [True]


def test_a_switched_torch_is_searched_whole():
    search = LensSearch()
    for frame in film([Thing(250, 180, lens(width=60.0, middle=30.0))], 60, lamp=every_other, size=(640, 360)):
        search.add(frame)
    assert search.finish().coverage.examined["frames let by in steady light"] == 0
