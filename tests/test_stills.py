"""A few pictures for the report, however long the video."""

from __future__ import annotations

import cv2
import numpy as np

from detector.model import Frame, Track
from detector.optics.stills import FIRST_STRETCH, MOST_KEPT, MOST_SHOWN, StillKeeper, encode
from detector.planes import Matrix, Planes


def picture(level=90):
    return np.full((24, 32, 3), level, np.uint8)


def keeper(frames, level=lambda i: 50.0):
    store = StillKeeper()
    for i in range(frames):
        store.add(Frame(picture(i % 250), i, i / 30), level(i))
    return store


def at(*frames):
    return Track(tuple((frame, 10.0, 10.0) for frame in frames))


def test_a_picture_comes_back_as_it_was():
    rng = np.random.default_rng(1)
    pixels = cv2.GaussianBlur(rng.integers(0, 256, (48, 64, 3), np.uint8), (0, 0), 3)
    back = cv2.imdecode(np.frombuffer(encode(pixels), np.uint8), cv2.IMREAD_COLOR)
    assert back.shape == pixels.shape
    assert np.abs(back.astype(int) - pixels).mean() < 4


def test_grey_pictures_are_kept_too():
    store = StillKeeper()
    store.add(Frame(picture()[..., 0], 0, 0.0), 90.0)
    (still,) = store.kept([])
    assert still.jpeg.startswith(b"\xff\xd8")


def test_nothing_added_nothing_kept():
    assert StillKeeper().kept([at(3)]) == ()
    assert StillKeeper().kept([]) == ()


def test_without_a_track_one_picture_of_the_room():
    assert len(keeper(200).kept([])) == 1


def test_the_best_lit_of_each_stretch_is_kept():
    store = keeper(64, lambda i: 100.0 if i % FIRST_STRETCH == 5 else 20.0)
    kept = store.kept([at(i) for i in range(64)][:MOST_SHOWN])
    assert {still.frame % FIRST_STRETCH for still in kept} == {5}


def test_the_still_shows_a_track_near_one_of_its_sightings():
    for frame in (3, 60, 118):
        (still,) = keeper(120).kept([at(frame)])
        assert abs(still.frame - frame) <= FIRST_STRETCH


def test_the_pixels_belong_to_the_frame():
    (still,) = keeper(120).kept([at(61)])
    back = cv2.imdecode(np.frombuffer(still.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert abs(int(back.mean()) - still.frame) <= 2


def test_a_video_shorter_than_a_stretch_still_has_one():
    assert [still.frame for still in keeper(3, float).kept([at(0)])] == [2]


def test_however_long_the_video_the_store_is_bounded_and_spans_it():
    store = keeper(20_000)
    assert len(store._kept) <= MOST_KEPT
    frames = [still.frame for still in store._kept]
    assert frames == sorted(frames)
    assert frames[0] < 2000
    assert frames[-1] > 17_000


def test_however_many_tracks_the_report_shows_a_few_pictures_in_order():
    kept = keeper(400).kept([at(i) for i in range(0, 400, 10)])
    frames = [still.frame for still in kept]
    assert 1 < len(kept) <= MOST_SHOWN
    assert frames == sorted(set(frames))


def test_the_first_track_is_always_shown():
    """Findings come most probable first, however late in the video the best one is."""
    kept = keeper(190).kept([at(185), *(at(8 * i) for i in range(15))])
    assert any(abs(still.frame - 185) <= FIRST_STRETCH for still in kept)


def test_asking_twice_gives_the_same():
    store = keeper(50)
    assert store.kept([at(20)]) == store.kept([at(20)])


def test_planes_are_turned_to_colour_only_for_what_is_kept(monkeypatch):
    """Converting is what planes save; one frame of each stretch is worth it."""
    converted = []
    usual = Planes.bgr
    monkeypatch.setattr(Planes, "bgr", lambda planes: converted.append(planes) or usual(planes))
    store, half = StillKeeper(), np.full((12, 16), 128, np.uint8)
    for i in range(2 * FIRST_STRETCH):
        store.add(Frame(Planes(np.full((24, 32), 100 + i, np.uint8), half, half, Matrix(full=True)), i, i / 30), 50.0 + i % 20)
    kept = store.kept([at(19), at(FIRST_STRETCH + 15)])
    assert [still.frame for still in kept] == [19, 39]
    assert len(converted) == 2
    back = cv2.imdecode(np.frombuffer(kept[0].jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert np.abs(back.astype(int) - 119).max() <= 2


def test_frames_that_the_decoder_left_out_leave_every_picture_in_its_place():
    store = StillKeeper()
    for i in range(200):
        if i % FIRST_STRETCH != FIRST_STRETCH - 1:
            store.add(Frame(picture(i), i, i / 30), 50.0)
    assert len(store._kept) > 4
