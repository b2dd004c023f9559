"""The Raspberry Pi camera against a stand-in with the same calls, and its absence."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parent / "fakes"))

import fake_picamera2
from world import LEVEL, World

from hardware.picamera import PiCamera, PiLimits
from hardware.sensor import SensorUnavailable, Unavailable

HAS_PICAMERA2 = importlib.util.find_spec("picamera2") is not None


@pytest.fixture
def world(monkeypatch):
    """A new world in which picamera2 is installed and one camera is connected."""
    world = World()
    for name, value in {"world": world, "opened": [], "busy": False, "stops_after": None, "cameras": [{"Num": 0}]}.items():
        monkeypatch.setattr(fake_picamera2.Picamera2, name, value)
    monkeypatch.setitem(sys.modules, "picamera2", fake_picamera2)
    return world


def complaint(source):
    with pytest.raises(SensorUnavailable) as unavailable:
        list(source.frames())
    assert "\n" not in unavailable.value.says
    return unavailable.value


def test_frames_are_the_grey_plane_without_padding_or_colour(world):
    world.light("off-axis")
    frames = list(PiCamera(seconds=0.5, size=(200, 120), clock=world.now).frames())
    assert [f.index for f in frames] == list(range(len(frames)))
    assert 13 <= len(frames) <= 17
    for frame in frames:
        assert frame.pixels.shape == (120, 200)
        assert frame.pixels.dtype == np.uint8
        assert frame.pixels.flags.c_contiguous
        assert set(np.unique(frame.pixels)) == {LEVEL["off-axis"]}


def test_times_are_the_sensors(world):
    frames = list(PiCamera(seconds=1, size=(64, 48), clock=world.now).frames())
    assert np.allclose(np.diff([f.at_s for f in frames]), 0.033333, atol=1e-6)


def test_everything_that_adapts_is_locked_before_the_first_frame(world):
    source = PiCamera(seconds=0.1, limits=PiLimits(exposure_us=1500, gain=2.0, frame_us=20_000), clock=world.now)
    list(source.frames())
    (camera,) = fake_picamera2.Picamera2.opened
    assert camera.configuration["controls"] == {
        "AeEnable": False, "AwbEnable": False, "ExposureTime": 1500, "AnalogueGain": 2.0, "FrameDurationLimits": (20_000, 20_000),
    }  # fmt: skip
    assert camera.configuration["main"]["format"] == "YUV420"
    assert source.notes == ()
    assert camera.closed


def test_a_camera_without_colour_has_no_white_balance_and_none_is_missed(world, monkeypatch):
    monkeypatch.setattr(fake_picamera2.Picamera2, "listed", ("AeEnable", "ExposureTime", "AnalogueGain", "FrameDurationLimits"))
    source = PiCamera(seconds=0.1, clock=world.now)
    assert list(source.frames())
    assert source.notes == ()


def test_a_control_that_the_camera_does_not_have_is_said(world, monkeypatch):
    monkeypatch.setattr(fake_picamera2.Picamera2, "listed", ("AeEnable", "AwbEnable", "ExposureTime", "FrameDurationLimits"))
    source = PiCamera(seconds=0.1, clock=world.now)
    assert list(source.frames())
    assert "AnalogueGain" in source.notes[0]


def test_frames_from_before_the_controls_hold_are_not_used(world):
    first = next(iter(PiCamera(clock=world.now).frames()))
    assert first.at_s >= 100 + PiLimits().settling_frames * 0.0333


@pytest.mark.parametrize("stamp", ["end of the first row", "start of the first row", "another clock"])
@pytest.mark.parametrize("exposure_us", [200, 2000, 30_000])
def test_the_time_of_exposure_holds_every_row_whatever_the_stamp_means(world, monkeypatch, stamp, exposure_us):
    monkeypatch.setattr(fake_picamera2.Picamera2, "stamp", stamp)
    limits = PiLimits(exposure_us=exposure_us)
    for number, exposed in enumerate(PiCamera(seconds=1, size=(64, 48), limits=limits, clock=world.now).exposures()):
        camera = fake_picamera2.Picamera2.opened[0]
        first_row_ends_s = camera.started_s + camera.taken * limits.frame_us / 1e6
        assert exposed.begins_s < first_row_ends_s - exposure_us / 1e6
        assert first_row_ends_s + 0.7 * limits.frame_us / 1e6 < exposed.ends_s <= world.now_s
        world.now_s += 0.02 * (number % 4)


def test_the_camera_is_closed_when_the_caller_stops(world):
    frames = PiCamera(clock=world.now).frames()
    next(frames)
    frames.close()
    assert fake_picamera2.Picamera2.opened[0].closed
    assert fake_picamera2.Picamera2.opened[0].held == 0


# --- when it cannot be used ----------------------------------------------------------------------


def test_no_camera_on_the_ribbon(world, monkeypatch):
    monkeypatch.setattr(fake_picamera2.Picamera2, "cameras", [])
    said = complaint(PiCamera(clock=world.now))
    assert said.reason is Unavailable.NO_DEVICE
    assert "ribbon" in said.says


def test_a_second_camera_that_is_not_there(world):
    assert complaint(PiCamera(1, clock=world.now)).reason is Unavailable.NO_DEVICE


def test_a_camera_that_another_program_holds(world, monkeypatch):
    monkeypatch.setattr(fake_picamera2.Picamera2, "busy", True)
    said = complaint(PiCamera(clock=world.now))
    assert said.reason is Unavailable.BUSY
    assert "close that one" in said.says


def test_a_camera_that_gives_nothing_at_all(world, monkeypatch):
    monkeypatch.setattr(fake_picamera2.Picamera2, "stops_after", 3)
    assert complaint(PiCamera(clock=world.now)).reason is Unavailable.BUSY
    assert fake_picamera2.Picamera2.opened[0].closed


def test_a_ribbon_that_comes_loose_keeps_the_frames_before(world, monkeypatch):
    monkeypatch.setattr(fake_picamera2.Picamera2, "stops_after", PiLimits().settling_frames + 6)
    frames = []
    with pytest.raises(SensorUnavailable, match="stopped after 6 frames") as lost:
        frames.extend(PiCamera(clock=world.now).frames())
    assert lost.value.reason is Unavailable.LOST
    assert fake_picamera2.Picamera2.opened[0].closed


@pytest.mark.skipif(HAS_PICAMERA2, reason="Picamera2 is installed here")
def test_without_picamera2_the_remedy_is_told():
    said = complaint(PiCamera())
    assert said.reason is Unavailable.NOT_SUPPORTED
    assert "apt install python3-picamera2 --no-install-recommends" in said.says
    assert "--system-site-packages" in said.says


def test_a_picamera2_without_libcamera_names_libcamera(monkeypatch):
    """What pip's picamera2 does in a Python that is not the system's."""
    class Absent:
        def __getattr__(self, name):
            raise ModuleNotFoundError("No module named 'libcamera'", name="libcamera")

    monkeypatch.setitem(sys.modules, "picamera2", Absent())
    said = complaint(PiCamera())
    assert said.reason is Unavailable.NOT_SUPPORTED
    assert "needs libcamera" in said.says


def test_a_picamera2_built_for_another_numpy_names_the_cure(monkeypatch):
    def import_module(name):
        raise ValueError("numpy.dtype size changed, may indicate binary incompatibility")

    monkeypatch.setattr("hardware.picamera.importlib", SimpleNamespace(import_module=import_module))
    assert "--force-reinstall simplejpeg" in complaint(PiCamera()).says


def test_picamera2_is_not_imported_until_frames_are_asked_for():
    script = "import hardware.picamera as p, sys; p.PiCamera(); print({'picamera2', 'libcamera'} & set(sys.modules))"
    run = [sys.executable, "-c", script]
    said = subprocess.run(run, capture_output=True, text=True, cwd=Path(__file__).parent.parent, check=True).stdout
    assert said == "set()\n"
