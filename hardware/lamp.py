"""The only file that knows gpiozero: a ring of light around the lens, and one beside it."""

from __future__ import annotations

import math
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from detector.model import LampState
from hardware.sensor import SensorUnavailable, Unavailable

FLASH_EVERY_S = 0.34
"""Visible light comes on at most once in this time: three flashes a second at the most, as WCAG
2.3.1 sets the bound against seizures, evenly spaced, and a little less."""


class Lamp(Protocol):
    """Light that can be switched.  `states` is empty where there is nothing to switch."""

    states: tuple[LampState, ...]

    def set(self, state: LampState) -> LampState | None:
        """Ask for a state; what the lamp does from now on, None where nobody knows."""
        ...

    def close(self) -> None:
        """Go dark and let go of the pins."""
        ...


class NoLamp:
    """Nothing to switch: no light at all, or a person who holds a torch."""

    states: tuple[LampState, ...] = ()

    def set(self, state: LampState) -> None:  # the protocol's
        """Nothing happens, and nobody knows what the person's torch does."""

    def close(self) -> None:
        """Nothing to let go of."""


class GpioLamp:
    """Two channels of LEDs behind switches on GPIO pins (BCM numbers), steady, never dimmed:
    pulse-width modulation would draw bands across a rolling shutter.

    on_axis_pin: the ring around the lens.  off_axis_pin: light well aside, None where there is
    none.  infrared: light that nobody sees may switch at any rate; visible light is held back to
    one flash in `FLASH_EVERY_S` by this class itself, whoever asks.  Going dark is never held back.

    Raises `SensorUnavailable` where there are no such pins.  A context manager; dark on leaving it.
    """

    def __init__(
        self,
        on_axis_pin: int,
        off_axis_pin: int | None,
        *,
        infrared: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        pins: dict[LampState, int | None] = {"on-axis": on_axis_pin, "off-axis": off_axis_pin}
        self._channels: dict[LampState, Any] = {}
        self._infrared, self._clock = infrared, clock
        self._state: LampState = "dark"
        self._came_on_s = -math.inf
        try:
            for state, pin in pins.items():
                if pin is not None:
                    self._channels[state] = _output(pin)
        except SensorUnavailable:
            self.close()
            raise
        self.states: tuple[LampState, ...] = (*self._channels, "dark")

    def set(self, state: LampState) -> LampState:
        """Do `state`, unless it would make visible light flash too fast; returns what is done."""
        if state == self._state or (state != "dark" and not self._may_come_on(state)):
            return self._state
        # First off, then on: never both at once, which would double the current.
        self._all_off()
        if state != "dark":
            self._came_on_s = self._clock()
            self._channels[state].on()
        self._state = state
        return state

    def close(self) -> None:
        """Go dark and let go of the pins; may be called twice."""
        try:
            self._all_off()
        finally:
            for channel in self._channels.values():
                channel.close()
            self._channels = {}
            self.states = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _may_come_on(self, state: LampState) -> bool:
        waited_s = self._clock() - self._came_on_s
        return state in self._channels and (self._infrared or waited_s >= FLASH_EVERY_S)

    def _all_off(self) -> None:
        self._state = "dark"
        for channel in self._channels.values():
            channel.off()


def _output(pin: int) -> Any:
    """One pin as an output that is off, with gpiozero's own reasons told apart."""
    try:
        import gpiozero  # noqa: PLC0415  # optional: only a machine with a lamp has it
        from gpiozero.exc import BadPinFactory, GPIOPinInUse, GPIOZeroError, PinFactoryFallback  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise SensorUnavailable(
            Unavailable.NOT_SUPPORTED,
            "The lamp needs gpiozero: `sudo apt install python3-gpiozero python3-lgpio` and a venv with --system-site-packages.",
        ) from error
    try:
        with warnings.catch_warnings():
            # gpiozero tells of every driver that it tried before the one that works.
            warnings.simplefilter("ignore", PinFactoryFallback)
            return gpiozero.DigitalOutputDevice(pin, initial_value=False)
    except BadPinFactory as error:
        raise _no_pins() from error
    except GPIOPinInUse as error:
        raise SensorUnavailable(Unavailable.BUSY, f"GPIO {pin} is already in use: please name another pin.") from error
    except (GPIOZeroError, OSError, _driver_error()) as error:
        raise SensorUnavailable(Unavailable.NOT_SUPPORTED, f"GPIO {pin} cannot switch a lamp: {error}.") from error


def _no_pins() -> SensorUnavailable:
    """The library gives the same reason for no pins and for pins that one may not use."""
    chips = list(Path("/dev").glob("gpiochip*"))
    if chips and not any(os.access(chip, os.R_OK | os.W_OK) for chip in chips):
        says = "You may not use the GPIO pins: run `sudo usermod -aG gpio $USER` and log in again."
        return SensorUnavailable(Unavailable.NO_PERMISSION, says)
    says = "This machine has no GPIO pins that gpiozero can drive: on a Raspberry Pi run `sudo apt install python3-lgpio`."
    return SensorUnavailable(Unavailable.NO_DEVICE, says)


def _driver_error() -> type[Exception]:
    """What gpiozero's driver on a Pi 5 raises, of no family of its own and not wrapped by gpiozero;
    the driver is there only if gpiozero found it.
    """
    error: type[Exception] = getattr(sys.modules.get("lgpio"), "error", OSError)
    return error
