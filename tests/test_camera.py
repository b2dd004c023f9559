"""Webcams behind the calls of cv2.VideoCapture: a rolling shutter that stands in, and none at all."""

from __future__ import annotations

import os
import subprocess
import sys
import types
from pathlib import Path

import cv2
import numpy as np
import pytest

sys.path.append(str(Path(__file__).parent / "fakes"))

from world import World, WorldWebcam

from hardware.camera import Camera, CameraLimits, opencv_fault
from hardware.sensor import SensorUnavailable, Unavailable

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells the reasons apart")


@pytest.fixture
def world():
    return World()


@pytest.fixture
def devices(tmp_path):
    (tmp_path / "video0").touch()
    return tmp_path


def camera(world, devices, webcam, **kw):
    return Camera(0, opened=lambda index: webcam, clock=world.now, devices=devices, **kw)


def test_frames_are_numbered_and_timed_by_the_kernels_stamps(world, devices):
    webcam = WorldWebcam(world)
    source = camera(world, devices, webcam, seconds=1.0)
    frames = list(source.frames())
    assert [f.index for f in frames] == list(range(len(frames)))
    assert source.expected_frames == 30
    assert 29 <= len(frames) <= 31
    assert np.allclose(np.diff([f.at_s for f in frames]), 1 / 30)
    assert frames[0].pixels.shape == (24, 32, 3)
    assert frames[0].lamp is None
    assert not source.replay
    assert webcam.released


def test_the_pictures_of_a_camera_that_still_settles_are_not_used(world, devices):
    first = next(camera(world, devices, WorldWebcam(world)).exposures())
    assert first.frame.index == 0
    assert first.frame.at_s > 100 + CameraLimits().settling_frames / 30


@pytest.mark.parametrize("stamps", ["end", "start", "other", None])
@pytest.mark.parametrize("queue", [1, 4])
def test_the_time_of_exposure_holds_every_row(world, devices, stamps, queue):
    """Whatever the driver stamps, and however slowly its pictures are fetched."""
    webcam = WorldWebcam(world, stamps=stamps, queue=queue)
    for number, exposed in enumerate(camera(world, devices, webcam, seconds=3).exposures()):
        ended_s = webcam.stamp_s
        assert exposed.begins_s < ended_s - webcam.frame_s
        assert ended_s < exposed.ends_s <= world.now_s
        world.now_s += 0.05 * (number % 3)


def test_a_stamp_of_another_clock_is_not_believed(world, devices):
    frames = list(camera(world, devices, WorldWebcam(world, stamps="other"), seconds=0.5).frames())
    assert all(100 < f.at_s < 102 for f in frames)


def test_exposure_gain_and_white_balance_are_held_where_they_had_settled(world, devices):
    webcam = WorldWebcam(world)
    source = camera(world, devices, webcam, seconds=0.1, size=(640, 480))
    list(source.frames())
    assert source.notes == ()
    assert webcam.props[cv2.CAP_PROP_EXPOSURE] == 156.0
    assert webcam.props[cv2.CAP_PROP_AUTO_WB] == 0.0
    assert webcam.props[cv2.CAP_PROP_AUTO_EXPOSURE] == (1.0 if sys.platform.startswith("linux") else 0.25)
    assert (webcam.props[cv2.CAP_PROP_FRAME_WIDTH], webcam.props[cv2.CAP_PROP_FRAME_HEIGHT]) == (640, 480)


def test_an_exposure_can_be_asked_for(world, devices):
    webcam = WorldWebcam(world)
    list(camera(world, devices, webcam, seconds=0.1, exposure=20.0).frames())
    assert webcam.props[cv2.CAP_PROP_EXPOSURE] == 20.0


@pytest.mark.parametrize(
    ("refused", "named"),
    [(cv2.CAP_PROP_AUTO_EXPOSURE, "exposure"), (cv2.CAP_PROP_EXPOSURE, "exposure"), (cv2.CAP_PROP_GAIN, "gain"), (cv2.CAP_PROP_AUTO_WB, "white balance"), (cv2.CAP_PROP_WB_TEMPERATURE, "white balance")],
)  # fmt: skip
def test_what_the_driver_does_not_lock_is_said(world, devices, refused, named):
    source = camera(world, devices, WorldWebcam(world, refuses=(refused,)), seconds=0.1)
    list(source.frames())
    (note,) = source.notes
    assert f"The camera's {named} could not be locked" in note


def test_a_driver_that_says_yes_and_does_no_is_found_out(world, devices):
    class Deaf(WorldWebcam):
        def set(self, prop, value):
            return super().set(prop, 99.0 if prop == cv2.CAP_PROP_GAIN else value)

    source = camera(world, devices, Deaf(world), seconds=0.1)
    list(source.frames())
    assert ["gain" in note for note in source.notes] == [True]


# --- when it cannot be used ----------------------------------------------------------------------


def complaint(source):
    with pytest.raises(SensorUnavailable) as unavailable:
        list(source.frames())
    assert "\n" not in unavailable.value.says
    return unavailable.value


@LINUX
def test_no_device_names_what_to_do(world, tmp_path):
    said = complaint(camera(world, tmp_path, WorldWebcam(world)))
    assert said.reason is Unavailable.NO_DEVICE
    assert "plug one in" in said.says


@LINUX
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may use every device")
def test_no_permission_names_the_group(world, devices):
    (devices / "video0").chmod(0)
    said = complaint(camera(world, devices, WorldWebcam(world)))
    assert said.reason is Unavailable.NO_PERMISSION
    assert "usermod -aG video" in said.says


@LINUX
def test_permission_is_asked_of_the_system(world, devices, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: not (str(path).endswith("video0") and mode == os.R_OK | os.W_OK))
    assert complaint(camera(world, devices, WorldWebcam(world))).reason is Unavailable.NO_PERMISSION


def test_a_device_that_does_not_open_is_busy_and_let_go(world, devices):
    webcam = WorldWebcam(world, is_open=False)
    said = complaint(camera(world, devices, webcam))
    assert said.reason is (Unavailable.BUSY if sys.platform.startswith("linux") else Unavailable.NO_DEVICE)
    assert webcam.released


@pytest.mark.parametrize("stops_after", [0, 3, 5])
def test_a_device_that_opens_and_gives_nothing_is_busy(world, devices, stops_after):
    webcam = WorldWebcam(world, stops_after=stops_after)
    assert complaint(camera(world, devices, webcam)).reason is Unavailable.BUSY
    assert webcam.released


def test_a_stream_that_stops_is_lost_and_its_frames_are_kept(world, devices):
    webcam, frames = WorldWebcam(world, stops_after=12), []
    with pytest.raises(SensorUnavailable, match="stopped after 7 frames") as lost:
        frames.extend(camera(world, devices, webcam).frames())
    assert lost.value.reason is Unavailable.LOST
    assert webcam.released


@LINUX
@pytest.mark.skipif(Path("/dev/video9").exists(), reason="this machine has ten cameras")
def test_a_real_camera_that_is_not_there(capfd):
    assert complaint(Camera(9)).reason is Unavailable.NO_DEVICE
    assert capfd.readouterr() == ("", "")


@LINUX
@pytest.mark.skipif(Path("/dev/video9").exists(), reason="this machine has ten cameras")
def test_opencv_itself_keeps_quiet_about_a_device_that_is_none(tmp_path, capfd):
    (tmp_path / "video9").touch()
    assert complaint(Camera(9, devices=tmp_path)).reason is Unavailable.BUSY
    assert "VIDEOIO" not in capfd.readouterr().err


# --- an OpenCV with nothing in it ----------------------------------------------------------------


def test_an_opencv_that_is_whole_is_no_fault():
    assert opencv_fault() is None


def test_an_opencv_whose_other_package_was_removed_is_told(tmp_path, monkeypatch):
    """What is left on disk then is a folder without an __init__: a namespace that imports."""
    (tmp_path / "cv2").mkdir()
    hollow = types.ModuleType("cv2")
    hollow.__path__ = [str(tmp_path / "cv2")]
    said = opencv_fault(hollow)
    assert "pip install opencv-python-headless" in said
    assert "\n" not in said


def test_the_check_itself_works_with_an_empty_opencv():
    """doctor must be able to import what tells it."""
    script = "import sys, types; sys.modules['cv2'] = types.ModuleType('cv2'); import hardware.camera as c; print(c.opencv_fault())"
    run = [sys.executable, "-c", script]
    told = subprocess.run(run, capture_output=True, text=True, cwd=Path(__file__).parent.parent, check=False)
    assert told.stdout.startswith("OpenCV is installed but empty")
    assert told.stderr == ""
