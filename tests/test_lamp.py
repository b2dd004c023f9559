"""The lamp on gpiozero's mock pins: what light comes out, how often, and that it goes out."""

from __future__ import annotations

import itertools
import os
import random
import subprocess
import sys
import types
from pathlib import Path
from typing import ClassVar

import pytest

from hardware.lamp import FLASH_EVERY_S, GpioLamp, NoLamp
from hardware.sensor import SensorUnavailable, Unavailable

gpiozero = pytest.importorskip("gpiozero", reason="gpiozero is not installed")
from gpiozero.pins.mock import MockFactory, MockPin  # noqa: E402

ON, OFF = 17, 27


class Clock:
    def __init__(self):
        self.now_s = 50.0

    def __call__(self):
        return self.now_s


class SeenPin(MockPin):
    """A mock pin that writes down every edge with the time of the test's clock."""

    clock = None
    edges: ClassVar = []

    def _change_state(self, value):
        changed = super()._change_state(value)
        if changed:
            SeenPin.edges.append((SeenPin.clock(), self.info.name, bool(value)))
        return changed


@pytest.fixture
def clock(monkeypatch):
    SeenPin.clock, SeenPin.edges = Clock(), []
    factory = MockFactory(pin_class=SeenPin)
    monkeypatch.setattr(gpiozero.Device, "pin_factory", factory)
    yield SeenPin.clock
    factory.reset()


def lit():
    """Which pins are high."""
    factory = gpiozero.Device.pin_factory
    return {number for number in (ON, OFF) if factory.pin(number).function == "output" and factory.pin(number).state}


def flashes():
    """When light came on."""
    return [at_s for at_s, _, high in SeenPin.edges if high]


def test_each_state_lights_its_own_ring(clock):
    with GpioLamp(ON, OFF, infrared=True, clock=clock) as lamp:
        assert lamp.states == ("on-axis", "off-axis", "dark")
        assert lit() == set()
        assert lamp.set("on-axis") == "on-axis"
        assert lit() == {ON}
        assert lamp.set("off-axis") == "off-axis"
        assert lit() == {OFF}
        assert lamp.set("dark") == "dark"
        assert lit() == set()


def test_both_rings_are_never_on_together(clock):
    with GpioLamp(ON, OFF, infrared=True, clock=clock) as lamp:
        for state in ("on-axis", "off-axis", "on-axis", "dark", "off-axis"):
            lamp.set(state)
    high = set()
    for _, pin, is_high in SeenPin.edges:
        high = high | {pin} if is_high else high - {pin}
        assert len(high) <= 1


def test_a_lamp_with_one_ring_has_no_off_axis_state(clock):
    with GpioLamp(ON, None, infrared=True, clock=clock) as lamp:
        assert lamp.states == ("on-axis", "dark")
        assert lamp.set("off-axis") == "dark"
        assert SeenPin.edges == []


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("pause_s", [0.0, 0.01, 0.1, 0.3])
def test_visible_light_never_flashes_more_than_three_times_a_second(clock, seed, pause_s):
    rng = random.Random(seed)
    with GpioLamp(ON, OFF, infrared=False, clock=clock) as lamp:
        while clock.now_s < 60:
            doing = lamp.set(rng.choice(lamp.states))
            assert lit() == {"on-axis": {ON}, "off-axis": {OFF}, "dark": set()}[doing]
            clock.now_s += 0.001 + rng.random() * pause_s
    came_on = flashes()
    assert len(came_on) >= 10, "the lamp is used"
    for first_s in came_on:
        assert sum(first_s <= at_s < first_s + 1.0 for at_s in came_on) <= 3
    assert min(b - a for a, b in itertools.pairwise(came_on)) >= FLASH_EVERY_S


def test_visible_light_can_always_go_out(clock):
    with GpioLamp(ON, OFF, infrared=False, clock=clock) as lamp:
        lamp.set("on-axis")
        clock.now_s += 0.001
        assert lamp.set("dark") == "dark"
        assert lit() == set()
        assert lamp.set("on-axis") == "dark", "but not on again at once"
        clock.now_s += FLASH_EVERY_S
        assert lamp.set("on-axis") == "on-axis"


def test_what_is_held_back_leaves_the_light_as_it_was(clock):
    with GpioLamp(ON, OFF, infrared=False, clock=clock) as lamp:
        lamp.set("on-axis")
        clock.now_s += 0.1
        assert lamp.set("off-axis") == "on-axis"
        assert lit() == {ON}
        assert len(SeenPin.edges) == 1


def test_asking_for_the_same_again_is_no_flash(clock):
    with GpioLamp(ON, OFF, infrared=False, clock=clock) as lamp:
        for _ in range(100):
            lamp.set("on-axis")
            clock.now_s += 0.5
        assert len(flashes()) == 1


def test_infrared_may_switch_at_any_rate(clock):
    with GpioLamp(ON, OFF, infrared=True, clock=clock) as lamp:
        for _ in range(300):
            clock.now_s += 1 / 300
            lamp.set("on-axis")
            lamp.set("dark")
    assert len(flashes()) == 300


def test_light_is_steady_never_pulsed(clock):
    """The plain mock pin refuses pulse-width modulation, and no edge comes without being asked."""
    with GpioLamp(ON, OFF, infrared=True, clock=clock) as lamp:
        lamp.set("on-axis")
        clock.now_s += 10
        assert len(SeenPin.edges) == 1
        assert type(lamp._channels["on-axis"]) is gpiozero.DigitalOutputDevice


def test_the_lamp_is_dark_after_an_exception(clock):
    def breaks():
        with GpioLamp(ON, OFF, infrared=False, clock=clock) as lamp:
            lamp.set("on-axis")
            assert lit() == {ON}
            raise KeyError("something else broke")

    with pytest.raises(KeyError):
        breaks()
    assert [high for _, _, high in SeenPin.edges] == [True, False]
    assert lit() == set()


def test_closing_twice_and_asking_a_closed_lamp_do_no_harm(clock):
    lamp = GpioLamp(ON, OFF, infrared=True, clock=clock)
    lamp.set("off-axis")
    lamp.close()
    lamp.close()
    assert lamp.states == ()
    assert lamp.set("on-axis") == "dark"
    assert lit() == set()


def test_pins_are_free_again_after_closing(clock):
    GpioLamp(ON, OFF, infrared=True, clock=clock).close()
    with GpioLamp(ON, OFF, infrared=True, clock=clock) as lamp:
        assert lamp.set("on-axis") == "on-axis"


# --- when there is no lamp -----------------------------------------------------------------------


def test_no_lamp_has_nothing_to_switch_and_claims_nothing():
    lamp = NoLamp()
    assert lamp.states == ()
    assert lamp.set("on-axis") is None
    lamp.close()


def test_a_pin_in_use_is_busy_and_leaves_no_pin_taken(clock):
    other = gpiozero.DigitalOutputDevice(OFF)
    with pytest.raises(SensorUnavailable, match="already in use") as busy:
        GpioLamp(ON, OFF, infrared=True, clock=clock)
    assert busy.value.reason is Unavailable.BUSY
    other.close()
    GpioLamp(ON, OFF, infrared=True, clock=clock).close()


def test_a_pin_that_does_not_exist_is_told(clock):
    with pytest.raises(SensorUnavailable, match="GPIO 99 cannot switch a lamp"):
        GpioLamp(99, None, infrared=True, clock=clock)


@pytest.mark.skipif(Path("/dev/gpiochip0").exists(), reason="this machine has GPIO pins")
def test_a_machine_without_pins_says_so(monkeypatch):
    monkeypatch.setattr(gpiozero.Device, "pin_factory", None)
    monkeypatch.delenv("GPIOZERO_PIN_FACTORY", raising=False)
    with pytest.raises(SensorUnavailable, match="no GPIO pins") as absent:
        GpioLamp(ON, OFF, infrared=True)
    assert absent.value.reason is Unavailable.NO_DEVICE
    assert "\n" not in absent.value.says


def test_pins_that_one_may_not_use_name_the_group(monkeypatch):
    monkeypatch.setattr(gpiozero.Device, "pin_factory", None)
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "no such driver")
    monkeypatch.setattr(Path, "glob", lambda self, pattern: iter([Path("/dev/gpiochip0")]))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(SensorUnavailable, match="usermod -aG gpio") as refused:
        GpioLamp(ON, OFF, infrared=True)
    assert refused.value.reason is Unavailable.NO_PERMISSION


def test_a_pin_that_the_kernel_holds_for_another_is_told(clock, monkeypatch):
    """lgpio raises its own error for it, which is of no family that could be caught."""
    lgpio = types.ModuleType("lgpio")
    lgpio.error = type("error", (Exception,), {})
    monkeypatch.setitem(sys.modules, "lgpio", lgpio)

    def claimed(*_, **__):
        raise lgpio.error("GPIO busy")

    monkeypatch.setattr(gpiozero, "DigitalOutputDevice", claimed)
    with pytest.raises(SensorUnavailable, match="cannot switch a lamp: GPIO busy"):
        GpioLamp(ON, OFF, infrared=True)


def test_without_gpiozero_the_remedy_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "gpiozero", None)
    with pytest.raises(SensorUnavailable, match="apt install python3-gpiozero") as absent:
        GpioLamp(ON, OFF, infrared=True)
    assert absent.value.reason is Unavailable.NOT_SUPPORTED


def test_gpiozero_is_not_imported_until_a_lamp_is_used():
    script = "import hardware.lamp, sys; hardware.lamp.NoLamp().set('dark'); print('gpiozero' in sys.modules)"
    run = [sys.executable, "-c", script]
    said = subprocess.run(run, capture_output=True, text=True, cwd=Path(__file__).parent.parent, check=True).stdout
    assert said == "False\n"
