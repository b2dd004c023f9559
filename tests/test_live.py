from __future__ import annotations

import time
from ipaddress import IPv4Address, IPv4Network

import pytest

from detector.model import Frame
from hardware import live
from hardware.clock import SweepClock
from hardware.interfaces import Joined
from hardware.live import LiveEye, ear
from hardware.packet_socket import PacketSocket
from hardware.radio import Listener
from hardware.sensor import Exposed, SensorUnavailable, Unavailable

GONE = SensorUnavailable(Unavailable.NO_DEVICE, "There is no camera.")
ABSENT = SensorUnavailable(Unavailable.NOT_SUPPORTED, "picamera2 is not installed.")
BUSY = SensorUnavailable(Unavailable.BUSY, "Another program uses it.")
LOST = SensorUnavailable(Unavailable.LOST, "It stopped.")


class Camera:
    """A camera that gives so many frames, a tenth of a second apart, and then fails as told."""

    replay = False

    def __init__(self, name, frames=0, error=None, notes=()):
        self.name, self.expected_frames, self.notes = name, frames, notes
        self._frames, self._error = frames, error

    def exposures(self):
        for n in range(self._frames):
            yield Exposed(Frame(None, n, n / 10), n / 10, n / 10 + 0.01)
        if self._error:
            raise self._error


class Light:
    """Nothing to switch; remembers that it was let go of."""

    states = ()

    def __init__(self):
        self.closed = False

    def set(self, state):
        return None

    def close(self):
        self.closed = True


def eye(*cameras, **more):
    light = Light()
    return LiveEye(cameras, lambda: light, **more), light


def test_the_only_camera_gives_its_frames_and_the_lamp_is_let_go_of():
    source, light = eye(Camera("camera 0", 5))
    assert [frame.index for frame in source.frames()] == [0, 1, 2, 3, 4]
    assert (source.name, light.closed, source.replay) == ("camera 0", True, False)


@pytest.mark.parametrize("error", [GONE, ABSENT])
def test_a_camera_that_is_not_there_gives_way_to_the_next_which_is_named(error):
    source, _ = eye(Camera("Raspberry Pi camera 0", error=error), Camera("camera 0", 3))
    assert len(list(source.frames())) == 3
    assert source.name == "camera 0"


def test_the_first_that_is_there_is_used_alone():
    source, _ = eye(Camera("Raspberry Pi camera 0", 2), Camera("camera 0", 3))
    assert len(list(source.frames())) == 2
    assert source.name == "Raspberry Pi camera 0"


@pytest.mark.parametrize("error", [BUSY, SensorUnavailable(Unavailable.NO_PERMISSION, "No.")])
def test_a_camera_that_is_there_and_refuses_is_not_passed_over(error):
    source, light = eye(Camera("Raspberry Pi camera 0", error=error), Camera("camera 0", 3))
    with pytest.raises(SensorUnavailable) as raised:
        list(source.frames())
    assert raised.value.reason is error.reason
    assert light.closed


def test_a_camera_lost_in_the_middle_is_not_replaced_by_another():
    source, _ = eye(Camera("Raspberry Pi camera 0", 4, LOST), Camera("camera 0", 3))
    frames = source.frames()
    assert [next(frames).index for _ in range(4)] == [0, 1, 2, 3]
    with pytest.raises(SensorUnavailable, match="stopped"):
        next(frames)


def test_when_none_is_there_the_last_one_says_so():
    source, _ = eye(Camera("Raspberry Pi camera 0", error=ABSENT), Camera("camera 0", error=GONE))
    with pytest.raises(SensorUnavailable, match="There is no camera"):
        list(source.frames())


def test_what_the_camera_could_not_lock_is_told_even_when_stopped_early():
    source, light = eye(Camera("camera 0", 50, notes=("Gain could not be locked.",)))
    frames = source.frames()
    next(frames)
    frames.close()
    assert source.coverage_limits == ["Gain could not be locked."]
    assert light.closed


def test_a_lamp_that_cannot_be_used_is_told_before_a_camera_is_opened():
    def no_lamp():
        raise SensorUnavailable(Unavailable.NO_DEVICE, "This machine has no pins.")

    with pytest.raises(SensorUnavailable, match="no pins"):
        list(LiveEye([Camera("camera 0", 5)], no_lamp).frames())


def test_frames_count_from_the_start_of_the_sweep_though_the_camera_stamps_by_the_clock_of_the_kernel():
    source, _ = eye(Camera("camera 0", 4), began_s=-100.0)
    assert [round(frame.at_s, 6) for frame in source.frames()] == [100.0, 100.1, 100.2, 100.3]


def test_the_clock_of_a_sweep_begins_at_nothing_and_knows_its_beginning():
    before_s = time.monotonic()
    clock = SweepClock()
    assert before_s <= clock.began_s <= time.monotonic()
    assert 0 <= clock() <= time.monotonic() - before_s
    assert SweepClock(before_s - 50.0)() >= 50.0


@pytest.mark.parametrize(("hardware", "kind"), [(1, PacketSocket), (772, PacketSocket), (65534, PacketSocket), (801, Listener), (803, Listener)])
def test_odd_links_are_left_to_scapy_and_all_others_to_the_kernel(monkeypatch, hardware, kind):
    joined = Joined("wlan7", IPv4Address("10.0.0.2"), IPv4Network("10.0.0.0/24"), None, hardware)
    monkeypatch.setattr(live.interfaces, "joined", lambda _: joined)
    source = ear(None, 3.0, SweepClock())
    assert isinstance(source, kind)
    assert (source.name, source.replay, source.seconds) == ("wlan7", False, 3.0)


@pytest.mark.parametrize("promiscuous", [True, False])
def test_the_ear_is_promiscuous_only_when_asked(monkeypatch, promiscuous):
    joined = Joined("eth7", IPv4Address("10.0.0.2"), IPv4Network("10.0.0.0/24"), None, 1)
    monkeypatch.setattr(live.interfaces, "joined", lambda _: joined)
    assert ear(None, 3.0, SweepClock())._promiscuous is False
    assert ear(None, 3.0, SweepClock(), promiscuous=promiscuous)._promiscuous is promiscuous


def test_without_an_interface_there_is_no_ear():
    with pytest.raises(SensorUnavailable, match="no network interface nothere0"):
        ear("nothere0", 1.0, SweepClock())
