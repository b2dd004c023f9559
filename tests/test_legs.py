"""A cut is told from a return, and what was seen in one place is never taken for anything in another."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from detector.model import Frame
from detector.optics.flow import transform
from detector.optics.join import join
from detector.optics.legs import APART_PX, Leg, LegLimits, Wayfinder, elsewhere, set_apart
from detector.optics.motion import MotionEstimator
from detector.optics.recognition import Sight
from detector.optics.rows import ROW
from detector.optics.search import LensSearch
from detector.optics.view import look
from hardware.video import VideoFile
from tests.optics_scenes import Thing, film, hand, lens, levels, placed, seen_wall, similarity, wall

SIZE = (640, 360)
SHARED = Path(__file__).parent.parent.parent / "shared/data/clips"
shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared clips are not beside this clone")

ROOMS = [wall(SIZE, seed) for seed in (1, 2, 3)]
RNG = np.random.default_rng(12)


def view_of(room, index):
    return levels(seen_wall(ROOMS[room], hand(index, SIZE), SIZE)) + RNG.standard_normal(SIZE[::-1])


def pan(index):
    """A look away too fast to be followed."""
    return cv2.blur(np.roll(view_of(2, 0), 190 * index + 130, axis=1), (141, 1)) + 20.0 * (index % 2)


def darkness(_):
    return RNG.normal(6.0, 2.0, SIZE[::-1])


def way(*stretches, limits=None):
    """The legs of a film of (picture of an index, indices)."""
    finder, motion, count = Wayfinder(limits), MotionEstimator(), 0
    for picture, indices in stretches:
        for index in indices:
            view = look(np.clip(picture(index), 0, 255).astype(np.uint8))
            moved = motion.add(view)
            finder.add(count, Sight(motion.picture, moved.to_room @ np.diag([1 / view.scale, 1 / view.scale, 1.0])), measured=moved.measured)
            count += 1
    return finder.legs


def room(number):
    return lambda index: view_of(number, index)


# --- where stretches begin, and what they show


def test_a_film_of_one_room_is_one_stretch():
    (leg,) = way((room(0), range(40)))
    assert (leg.first, leg.place) == (0, 0)
    assert np.array_equal(leg.to_place, np.eye(3))


@pytest.mark.parametrize("between", [[], [(darkness, range(12))], [(pan, range(8))]], ids=["cut", "darkness", "pan"])
def test_another_room_is_another_place(between):
    legs = way((room(0), range(20)), *between, (room(1), range(20)))
    assert [leg.place for leg in legs] == [0, 1]
    assert elsewhere(legs) == [legs[1].first]
    assert abs(legs[1].first - 20 - sum(len(frames) for _, frames in between)) <= 1


@pytest.mark.parametrize("away", [(darkness, range(12)), (pan, range(8)), (room(1), range(20))], ids=["darkness", "pan", "another room"])
def test_whoever_comes_back_is_where_he_was(away):
    legs = way((room(0), range(20)), away, (room(0), range(24, 44)))
    assert legs[-1].place == 0
    assert legs[-1].first >= 20 + len(away[1]) - 1
    assert len(elsewhere(legs)) == (2 if len(legs) == 3 else 0)


def test_the_rooms_of_a_film_are_numbered_as_they_come_and_known_again():
    legs = way((room(0), range(15)), (room(1), range(15)), (room(2), range(15)), (room(1), range(20, 35)), (room(0), range(20, 35)))
    assert [leg.place for leg in legs] == [0, 1, 2, 1, 0]
    assert elsewhere(legs) == [15, 30, 45, 60]


def test_places_after_a_return_are_those_of_before():
    finder, motion = Wayfinder(), MotionEstimator()
    frames = [(view_of(0, i), hand(i, SIZE)) for i in range(20)] + [(darkness(i), None) for i in range(8)] + [(view_of(0, i), hand(i, SIZE)) for i in range(50, 65)]
    for count, (picture, _) in enumerate(frames):
        moved = motion.add(look(np.clip(picture, 0, 255).astype(np.uint8)))
        finder.add(count, Sight(motion.picture, moved.to_room), measured=moved.measured)
    at = transform(finder.legs[-1].to_place @ moved.to_room, np.array([placed(frames[-1][1], 300.0, 150.0)], np.float32))
    assert at[0] == pytest.approx(placed(frames[0][1], 300.0, 150.0), abs=2.0)


def test_a_torch_that_blinks_in_a_dark_room_begins_no_stretch():
    def blinking(index):
        return view_of(0, index) if index % 6 < 3 else darkness(index)

    assert len(way((room(0), range(12)), (blinking, range(12, 60)))) == 1


def test_a_glance_is_no_stretch_and_the_limit_says_how_long_one_is():
    film_of = [(room(0), range(20)), (room(1), range(6)), (room(0), range(24, 44))]
    assert [leg.place for leg in way(*film_of)] == [0, 0]
    assert [leg.place for leg in way(*film_of, limits=LegLimits(known_frames=4))] == [0, 1, 0]


@pytest.mark.parametrize("limits", [LegLimits(known_frames=30), LegLimits(most_views=1), LegLimits(view_every=4, most_views=3)], ids=["known_frames", "most_views", "view_every"])
def test_every_limit_matters(limits):
    film_of = [(room(0), range(20)), (room(1), range(20)), (room(0), range(24, 44))]
    assert [leg.place for leg in way(*film_of)] == [0, 1, 0]
    assert [leg.place for leg in way(*film_of, limits=limits)] != [0, 1, 0]


# --- rows


def piece(frames, x, y=80.0):
    rows = np.zeros(len(frames), ROW)
    rows["frame"], rows["seen"], rows["measured"], rows["level"] = frames, True, True, 100.0
    rows["x"] = rows["room_x"] = x
    rows["y"] = rows["room_y"] = y
    return rows


CUT = [Leg(0, 0, np.eye(3)), Leg(40, 1, np.eye(3))]


def test_one_place_is_left_as_it_is():
    pieces = [piece(range(20), 5.0), piece(range(30, 50), 7.0)]
    for legs in ([], CUT[:1]):
        assert [rows.tolist() for rows in set_apart(pieces, legs)] == [rows.tolist() for rows in pieces]


def test_a_track_that_went_on_over_a_cut_is_two():
    before, after = set_apart([piece(range(30, 60), 100.0)], CUT)
    assert before["frame"].tolist() == list(range(30, 40))
    assert after["frame"].tolist() == list(range(40, 60))
    assert (after["room_x"] == 100.0 + APART_PX).all()
    assert (after["x"] == 100.0).all()


def test_pieces_of_two_places_are_joined_with_nothing_and_those_of_one_are():
    pieces = [piece(range(20), 100.0), piece(range(24, 38), 101.0), piece(range(42, 60), 100.0)]
    assert len(join(pieces)) == 1
    assert sorted(len(rows) for rows in join(set_apart(pieces, CUT))) == [18, 34]


def test_after_a_return_pieces_are_joined_where_they_are():
    moved = similarity(60.0, -25.0, size=SIZE)
    (x, y), back = placed(moved, 100.0, 80.0), [*CUT, Leg(80, 0, np.linalg.inv(moved))]
    pieces = [piece(range(20, 40), 100.0), piece(range(42, 78), 100.0), piece(range(82, 99), x, y), piece(range(82, 99), 100.0)]
    assert sorted(len(rows) for rows in join(set_apart(pieces, back))) == [17, 36, 37]


def test_what_was_only_missed_in_a_place_leaves_no_piece_there():
    rows = piece(range(30, 60), 100.0)
    rows["seen"][10:] = False
    (part,) = set_apart([rows], CUT)
    assert part["frame"][-1] == 39


def test_the_rows_given_are_not_changed():
    rows = piece(range(30, 60), 100.0)
    before = rows.copy()
    set_apart([rows], CUT)
    assert np.array_equal(rows, before)


# --- whole searches


def searched(frames):
    search = LensSearch()
    for index, frame in enumerate(frames):
        search.add(Frame(frame.picture, index, index / 30.0, None))
    return search.finish()


def test_a_lens_in_each_of_two_rooms_at_one_place_of_the_picture_are_two():
    def still(_, size=SIZE):
        return similarity(size=size)

    things = [Thing(300, 150, lens())]
    films = [list(film(things, 40, size=SIZE, surface=surface, camera=still, seed=seed)) for seed, surface in enumerate(ROOMS[:2])]
    alarms = [finding for finding in searched([*films[0], *films[1]]).findings if finding.alarm]
    assert sorted(finding.where.points[0][0] // 40 for finding in alarms) == [0, 1]
    assert all({frame // 40 for frame, _, _ in finding.where.points} in ({0}, {1}) for finding in alarms)


def clip(name, frames=slice(None)):
    return list(VideoFile(SHARED / f"{name}.mp4", threads=1).frames())[frames]


def truth(name, offset):
    """Places of each lens of a clip, frame by frame of a film in which it begins at `offset`."""
    entries = json.loads((SHARED / f"{name}.json").read_text(encoding="utf-8"))["per_frame"]
    return {entry["frame"] + offset: (lens["x"], lens["y"]) for entry in entries for lens in entry["lenses"]}


def alarms_on(result, places):
    return [f for f in result.findings if f.alarm and all(math.dist((x, y), places.get(frame, (-99, -99))) < 6 for frame, x, y in f.where.points)]


@shared
def test_clips_of_four_rooms_cut_together_find_the_lens_of_each():
    names = ("dev01", "dev14", "dev15", "dev05")
    result = searched([frame for name in names for frame in clip(name)])
    assert [len(alarms_on(result, truth(name, 90 * i))) for i, name in enumerate(names)] == [1, 1, 1, 1]
    assert sum(finding.alarm for finding in result.findings) == 4


def swept_past(frame, index):
    return Frame(np.roll(cv2.blur(np.roll(frame.pixels, 170 * index + 400, axis=1), (171, 1)), 13 * index, axis=0), 0, 0.0, None)


@shared
@pytest.mark.parametrize("name", ["dev01", "dev05", "dev14"])
def test_a_lens_seen_before_and_after_a_fast_pan_is_one(name):
    frames, elsewhere_then = clip(name), clip("dev10", slice(1))[0]
    result = searched([*frames[:45], *(swept_past(elsewhere_then, i) for i in range(8)), *frames[45:]])
    before, places = truth(name, 0), truth(name, 8)
    (alarm,) = alarms_on(result, {frame: (before if frame < 45 else places)[frame] for frame in [*range(45), *range(53, 98)]})
    numbers = [frame for frame, _, _ in alarm.where.points]
    assert min(numbers) < 45
    assert max(numbers) >= 53
    assert all(a < b for a, b in pairwise(numbers))
