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


def paced(frames, motion=STILL):
    """Indices of the frames that were searched and of those that were glanced at in the dark, the light's
    change being what the frames show.
    """
    pacer, kept, dark, before = Pacer(), [], [], None

    def search(due):
        nonlocal before
        for frame in (*due.dark, due.frame):
            level = float(np.asarray(frame.pixels).mean()) + 1.0
            change, before = 0.0 if before is None else float(np.log(level / before)), level
        pacer.searched(due.frame, change, motion, 1280)
        kept.append(due.frame.index)
        dark.extend(frame.index for frame in due.dark)

    for frame in frames:
        for due in pacer.due(frame):
            search(due)
    for due in pacer.rest():
        search(due)
    assert pacer.dark == len(dark)
    return kept, dark


def searched(frames, motion=STILL):
    return paced(frames, motion)[0]


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
    kept, dark = paced(frames)
    assert len(dark) + len(kept) >= 60
    assert {i for i in range(half, 120) if i % half == 0 and (i // half) % 2} <= set(kept)


@pytest.mark.parametrize("half", [1, 2, 3])
def test_short_darkness_between_lit_frames_is_only_glanced_at(half):
    kept, dark = paced(picture(i, 100 if (i // half) % 2 == 0 else 70) for i in range(72))
    assert all((i // half) % 2 for i in dark)
    assert kept == [i for i in range(72) if (i // half) % 2 == 0 or i >= 72 - half]
    assert {1: 4, 2: 4, 3: 6}[half] == np.diff(dark).max() == np.diff(dark).min()  # three or more in half a second


def test_a_long_spell_of_darkness_is_searched_whole_and_in_order():
    kept, dark = paced(picture(i, 100 if i < 20 or i >= 30 else 60) for i in range(50))
    assert dark == []
    assert list(range(20, 31)) == [i for i in kept if 20 <= i <= 30]


def test_what_is_held_back_at_the_end_is_searched():
    kept, dark = paced(picture(i, 60 if i in {28, 29} else 100) for i in range(30))
    assert kept[-2:] == [28, 29]
    assert not dark


def test_light_that_fades_and_does_not_come_back_is_searched_whole():
    kept, dark = paced(picture(i, round(200 * 0.9**i)) for i in range(24))
    assert dark == []
    assert kept == list(range(24))


def test_a_frame_of_which_some_rows_are_lit_is_searched():
    half = np.full((90, 160), 100, np.uint8)
    half[30:] = 50
    frames = [picture(i) if i % 2 == 0 else Frame(half, i, i / 30.0) for i in range(30)]
    kept, dark = paced(frames)
    assert not dark
    assert kept == list(range(30))


def test_where_the_lamp_is_told_every_frame_is_searched():
    kept, dark = paced(picture(i, 60 if i % 2 else 100, lamp="dark" if i % 2 else "on-axis") for i in range(30))
    assert (kept, dark) == (list(range(30)), [])


def test_a_torch_that_hardly_adds_to_the_room_is_searched_as_steady_light_is_not():
    kept, dark = paced(picture(i, 97 if i % 2 else 100) for i in range(40))
    assert (kept, dark) == (list(range(40)), [])


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

    kept, dark = paced(planes(i, 100 if i != 41 else 60) for i in range(60))
    assert dark == [41]
    assert {42, 43, 44} <= {*kept}
    assert len(kept) < 50


def test_a_lens_in_steady_light_is_still_found_where_it_stands():
    frames = list(film([Thing(250, 180, lens(width=20.0, middle=35.0))], 75, size=(640, 360)))
    search = LensSearch()
    for frame in frames:
        search.add(frame)
    result = search.finish()
    assert result.coverage.examined["frames"] == 75
    assert result.coverage.examined["frames let by"] > 15
    assert [finding.alarm for finding in result.findings] == [True]


def test_of_a_switched_torch_all_that_is_lit_is_searched():
    search = LensSearch()
    for frame in film([Thing(250, 180, lens(width=60.0, middle=30.0))], 60, lamp=every_other, size=(640, 360)):
        search.add(frame)
    examined = search.finish().coverage.examined
    assert examined["frames"] == 60
    assert examined["frames let by"] == 14
    assert examined["dark frames only glanced at"] == 14
