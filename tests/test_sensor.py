"""One contract for every source of frames: recorded, stood in for, and real where there is one."""

from __future__ import annotations

import gc
import importlib.util
import itertools
import os
import sys
from contextlib import closing
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import pytest

sys.path.append(str(Path(__file__).parent / "fakes"))

import fake_picamera2
from world import World, WorldLamp, WorldWebcam

from detector.model import LampState
from hardware.camera import Camera
from hardware.codec import write_video
from hardware.cycle import Cycle
from hardware.lamp import NoLamp
from hardware.picamera import PiCamera
from hardware.pictures import PictureFolder
from hardware.sensor import InputUnreadable, SensorUnavailable, named_file
from hardware.video import VideoFile


def scene(index):
    return np.random.default_rng(index).integers(0, 80, (48, 64, 3), np.uint8)


def video(tmp_path, world, monkeypatch):
    write_video(tmp_path / "v.mp4", (scene(i) for i in range(20)), 30)
    return VideoFile(tmp_path / "v.mp4")


def video_with_lamp(tmp_path, world, monkeypatch):
    write_video(tmp_path / "v.mkv", (scene(i) for i in range(21)), 30)
    return VideoFile(tmp_path / "v.mkv", ["on-axis", "off-axis", "dark"] * 7)


def cut_video(tmp_path, world, monkeypatch):
    write_video(tmp_path / "v.mkv", (scene(i) for i in range(60)), 30)
    data = (tmp_path / "v.mkv").read_bytes()
    (tmp_path / "v.mkv").write_bytes(data[: len(data) // 2])
    return VideoFile(tmp_path / "v.mkv")


def folder(tmp_path, world, monkeypatch):
    for index in range(12):
        (tmp_path / f"{index}.png").write_bytes(cv2.imencode(".png", scene(index))[1].tobytes())
    return PictureFolder(tmp_path)


def broken_folder(tmp_path, world, monkeypatch):
    source = folder(tmp_path, world, monkeypatch)
    (tmp_path / "5.png").write_bytes(b"spilt coffee")
    return source


def webcam(tmp_path, world, monkeypatch, **kw):
    (tmp_path / "video0").touch()
    return Camera(0, 1.0, opened=lambda index: WorldWebcam(world, **kw), clock=world.now, devices=tmp_path)


def stopping_webcam(tmp_path, world, monkeypatch):
    return webcam(tmp_path, world, monkeypatch, stops_after=20)


def pi(tmp_path, world, monkeypatch):
    monkeypatch.setattr(fake_picamera2.Picamera2, "world", world)
    monkeypatch.setitem(sys.modules, "picamera2", fake_picamera2)
    return PiCamera(seconds=1.0, size=(64, 48), clock=world.now)


def cycled_webcam(tmp_path, world, monkeypatch):
    return Cycle(webcam(tmp_path, world, monkeypatch), WorldLamp(world), world.now)


def cycled_pi(tmp_path, world, monkeypatch):
    return Cycle(pi(tmp_path, world, monkeypatch), WorldLamp(world), world.now)


def pi_with_a_torch(tmp_path, world, monkeypatch):
    return Cycle(pi(tmp_path, world, monkeypatch), NoLamp(), world.now)


def real_webcam(tmp_path, world, monkeypatch):
    if not (Path("/dev/video0").exists() and os.access("/dev/video0", os.R_OK | os.W_OK)):
        pytest.skip("no webcam here that we may use")
    return Camera(0, 1.0)


def real_pi(tmp_path, world, monkeypatch):
    if importlib.util.find_spec("picamera2") is None:
        pytest.skip("no Picamera2 here")
    return PiCamera(seconds=1.0)


WHOLE = [video, video_with_lamp, folder, webcam, pi, cycled_webcam, cycled_pi, pi_with_a_torch, real_webcam, real_pi]
STOPPING = [cut_video, broken_folder, stopping_webcam]


@pytest.fixture(params=WHOLE + STOPPING, ids=lambda make: make.__name__)
def source(request, tmp_path, monkeypatch):
    return request.param(tmp_path, World(), monkeypatch)


def drain(source):
    frames, unavailable = [], None
    try:
        frames.extend(source.frames())
    except SensorUnavailable as error:
        unavailable = error
    return frames, unavailable


def test_it_tells_what_it_is(source):
    assert source.name
    assert "\n" not in source.name
    assert source.replay is isinstance(source, VideoFile | PictureFolder)
    assert source.expected_frames is None or source.expected_frames > 0


def test_its_frames_are_pictures_of_one_size_in_8_bits(source):
    frames, _ = drain(source)
    assert len(frames) >= 5
    assert {(f.pixels.dtype, f.pixels.shape) for f in frames} == {(np.dtype(np.uint8), frames[0].pixels.shape)}
    assert frames[0].pixels.ndim in {2, 3}
    assert frames[0].pixels.shape[2:] in {(), (3,)}
    assert all(f.pixels.flags.c_contiguous for f in frames)


def test_its_frames_are_numbered_and_timed_upwards(source):
    frames, _ = drain(source)
    assert all(a.index < b.index and a.at_s < b.at_s for a, b in itertools.pairwise(frames))
    assert all(f.index >= 0 and f.at_s >= 0 for f in frames)
    if source.replay:
        assert (frames[0].index, frames[0].at_s) == (0, 0.0)


def test_its_frames_stay_as_they_are_when_later_ones_come(source):
    stream = source.frames()
    first = next(stream)
    kept = first.pixels.copy()
    for _ in range(3):
        next(stream)
    stream.close()
    assert np.array_equal(first.pixels, kept)


def test_its_lamp_states_are_words_of_the_model_or_none(source):
    frames, _ = drain(source)
    assert {f.lamp for f in frames} <= {None, *get_args(LampState)}


def test_it_can_be_left_early_and_used_again(source):
    """Leaving lets the sensor go, or the second time would find it busy."""
    for _ in range(2):
        with closing(source.frames()) as stream:
            assert next(stream).pixels.size
    gc.collect()


@pytest.mark.parametrize("make", WHOLE, ids=lambda make: make.__name__)
def test_a_whole_source_ends_without_complaint(make, tmp_path, monkeypatch):
    source = make(tmp_path, World(), monkeypatch)
    frames, unavailable = drain(source)
    assert unavailable is None
    if source.expected_frames:
        assert len(frames) == pytest.approx(source.expected_frames, abs=1)


@pytest.mark.parametrize("make", STOPPING, ids=lambda make: make.__name__)
def test_a_source_that_stops_says_so_in_one_sentence_after_its_last_frame(make, tmp_path, monkeypatch):
    frames, unavailable = drain(make(tmp_path, World(), monkeypatch))
    assert len(frames) >= 5
    assert unavailable is not None
    assert unavailable.says.endswith(".")
    assert "\n" not in unavailable.says
    assert str(unavailable) == unavailable.says


# --- a file that a person named ------------------------------------------------------------------


def test_a_file_with_something_in_it_is_handed_back(tmp_path):
    (tmp_path / "a").write_bytes(b"x")
    assert named_file(tmp_path / "a") == tmp_path / "a"


def test_each_thing_that_is_no_such_file_is_told_in_one_line(tmp_path):
    (tmp_path / "empty").touch()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    cases = {"": "is a folder", "absent": "no file", "empty": "is empty", "pipe": "not a file", "loop": "no file|cannot be read", "n" * 300: "cannot be read|no file", "empty/below": "no file"}
    for name, says in cases.items():
        with pytest.raises(InputUnreadable, match=says) as refused:
            named_file(tmp_path / name)
        assert "\n" not in str(refused.value)
