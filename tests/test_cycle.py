"""Lamp and camera together, on sensors whose every row is exposed by what the lamp really did."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parent / "fakes"))

import fake_picamera2
from world import LEVEL, World, WorldLamp, WorldWebcam

from hardware.camera import Camera
from hardware.cycle import FRAMES_A_STATE, Cycle, LampLog
from hardware.lamp import FLASH_EVERY_S, GpioLamp, NoLamp
from hardware.picamera import PiCamera, PiLimits
from hardware.sensor import SensorUnavailable, Unavailable


@pytest.fixture
def world(monkeypatch):
    world = World()
    for name, value in {"world": world, "opened": [], "stops_after": None, "stamp": "end of the first row"}.items():
        monkeypatch.setattr(fake_picamera2.Picamera2, name, value)
    monkeypatch.setitem(sys.modules, "picamera2", fake_picamera2)
    return world


def pi(world, exposure_us=2000, seconds=3.0, **kw):
    return PiCamera(seconds=seconds, size=(64, 48), limits=PiLimits(exposure_us=exposure_us), clock=world.now, **kw)


def webcam(world, tmp_path, seconds=3.0, **kw):
    (tmp_path / "video0").touch()
    return Camera(0, seconds, opened=lambda index: WorldWebcam(world, **kw), clock=world.now, devices=tmp_path)


def truly_lit_by(frame):
    """The one state whose light the whole picture shows, or None for a mixture."""
    low, high = int(frame.pixels.min()), int(frame.pixels.max())
    return next((state for state, level in LEVEL.items() if low == high == level), None)


def assert_honest_and_useful(frames):
    assert all(frame.lamp == truly_lit_by(frame) for frame in frames)
    assert [f.index for f in frames] == list(range(len(frames)))
    runs = [(state, len(list(group))) for state, group in itertools.groupby(f.lamp for f in frames)]
    order = [state for state, _ in runs]
    assert order[:7] == ["on-axis", "off-axis", "dark"] * 2 + ["on-axis"]
    assert all(count >= FRAMES_A_STATE for _, count in runs[:-1])


@pytest.mark.parametrize("stamp", ["end of the first row", "start of the first row", "another clock"])
@pytest.mark.parametrize("exposure_us", [200, 2000, 30_000])
def test_the_pi_camera_gets_true_labels(world, monkeypatch, stamp, exposure_us):
    monkeypatch.setattr(fake_picamera2.Picamera2, "stamp", stamp)
    source = Cycle(pi(world, exposure_us), WorldLamp(world), world.now)
    assert_honest_and_useful(list(source.frames()))
    assert source.dropped > 0


@pytest.mark.parametrize("stamps", ["end", "start", "other", None])
@pytest.mark.parametrize("queue", [1, 4])
def test_a_webcam_gets_true_labels(world, tmp_path, stamps, queue):
    source = Cycle(webcam(world, tmp_path, seconds=6.0, stamps=stamps, queue=queue), WorldLamp(world), world.now)
    assert_honest_and_useful(list(source.frames()))


@pytest.mark.parametrize("pause_s", [0.005, 0.05, 0.4])
def test_a_slow_reader_only_makes_the_cycle_slower(world, tmp_path, pause_s):
    source = Cycle(webcam(world, tmp_path, seconds=30.0, queue=4, stamps=None), WorldLamp(world), world.now)
    frames = []
    for frame in source.frames():
        frames.append(frame)
        world.now_s += pause_s
    assert_honest_and_useful(frames)


def test_frames_over_a_switch_would_have_been_mixtures(world):
    """The world is hard enough: without dropping, some pictures are lit by two states."""
    lamp, seen = WorldLamp(world), []
    for number, exposed in enumerate(pi(world, 20_000).exposures()):
        seen.append(truly_lit_by(exposed.frame))
        lamp.set(lamp.states[number % 3])
    assert seen.count(None) > 10


def test_the_pi_camera_loses_fewer_frames_than_a_webcam_that_tells_nothing(world, tmp_path):
    precise, vague = Cycle(pi(world), WorldLamp(world), world.now), Cycle(webcam(world, tmp_path, stamps=None), WorldLamp(world), world.now)
    kept = [len(list(source.frames())) / 3.0 for source in (precise, vague)]
    assert kept[0] > 1.3 * kept[1]


def test_a_ring_alone_alternates_with_dark(world):
    frames = list(Cycle(pi(world), WorldLamp(world, ("on-axis", "dark")), world.now).frames())
    assert {f.lamp for f in frames} == {"on-axis", "dark"}
    assert all(f.lamp == truly_lit_by(f) for f in frames)


def test_without_a_lamp_every_frame_comes_and_none_is_labelled(world):
    source = Cycle(pi(world, seconds=1.0), NoLamp(), world.now)
    frames = list(source.frames())
    assert source.expected_frames == 30
    assert len(frames) >= 29
    assert {f.lamp for f in frames} == {None}
    assert source.dropped == 0


def test_visible_light_keeps_its_bound_and_its_labels(world, monkeypatch):
    gpiozero = pytest.importorskip("gpiozero", reason="gpiozero is not installed")
    mock = pytest.importorskip("gpiozero.pins.mock")
    came_on, ring = [], {"GPIO17": "on-axis", "GPIO27": "off-axis"}

    class Pin(mock.MockPin):
        def _change_state(self, value):
            changed = super()._change_state(value)
            if changed and value:
                came_on.append(world.now_s)
            if changed:
                world.light(ring[self.info.name] if value else "dark")
            return changed

    factory = mock.MockFactory(pin_class=Pin)
    monkeypatch.setattr(gpiozero.Device, "pin_factory", factory)
    with GpioLamp(17, 27, infrared=False, clock=world.now) as lamp:
        frames = list(Cycle(pi(world, seconds=6.0), lamp, world.now).frames())
    factory.reset()
    assert_honest_and_useful(frames)
    assert len(came_on) >= 8
    assert min(np.diff(came_on)) >= FLASH_EVERY_S
    assert all(sum(first <= at_s < first + 1.0 for at_s in came_on) <= 3 for first in came_on)


@pytest.mark.parametrize("ends", ["exhausted", "closed", "lost", "never opened"])
def test_the_lamp_is_dark_however_it_ends(world, monkeypatch, ends):
    lamp = WorldLamp(world)
    if ends == "lost":
        monkeypatch.setattr(fake_picamera2.Picamera2, "stops_after", 30)
    if ends == "never opened":
        monkeypatch.setattr(fake_picamera2.Picamera2, "cameras", [])
    stream = Cycle(pi(world), lamp, world.now).frames()
    if ends == "closed":
        assert next(frame for frame in stream if frame.lamp == "off-axis")
        stream.close()
    elif ends == "exhausted":
        assert list(stream)
    else:
        with pytest.raises(SensorUnavailable) as unavailable:
            list(stream)
        assert unavailable.value.reason is (Unavailable.LOST if ends == "lost" else Unavailable.NO_DEVICE)
    assert lamp.state == "dark"
    assert all(camera.closed for camera in fake_picamera2.Picamera2.opened)


# --- the log alone -------------------------------------------------------------------------------


def test_a_state_holds_only_between_the_changes():
    did = LampLog()
    did.changed(1.0, 1.1, "on-axis")
    did.changed(2.0, 2.1, "dark")
    assert did.throughout(1.1, 2.0) == "on-axis"
    assert did.throughout(2.1, 99.0) == "dark"
    assert did.throughout(1.05, 1.5) is None, "while it was being switched nobody knows"
    assert did.throughout(1.9, 2.01) is None
    assert did.throughout(2.05, 2.2) is None
    assert did.throughout(0.0, 0.5) is None, "before the first change nobody knows"


def test_asking_again_for_the_same_state_is_no_change():
    did = LampLog()
    did.changed(1.0, 1.0, "dark")
    did.changed(5.0, 6.0, "dark")
    assert did.throughout(2.0, 9.0) == "dark"


def test_a_light_that_nobody_knows_has_no_state():
    did = LampLog()
    did.changed(1.0, 1.0, None)
    assert did.throughout(2.0, 3.0) is None


def test_the_log_does_not_grow():
    did = LampLog()
    for number in range(1000):
        did.changed(number, number, ("dark", "on-axis")[number % 2])
    assert len(did._spans) < 20
    assert did.throughout(999.5, 999.6) == "on-axis"
