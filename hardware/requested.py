"""What the words of a command ask for -> senses; words that mean nothing are `Misuse`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hardware import inputs
from hardware.faults import Misuse
from hardware.feeds import Sense
from hardware.inputs import Authority, LampPins
from hardware.sensor import InputUnreadable

Requested = tuple[list[Sense], str | None]
"""The senses, and by which right the network is asked."""


def recorded(name: str, authority: str | None, *, pictures: bool) -> Requested:
    """Everything that a recorded sweep holds.  pictures: whether the report will show any."""
    from hardware import replay  # noqa: PLC0415 -- most sweeps are none

    try:
        found = replay.read(name)
    except InputUnreadable as error:
        raise Misuse(str(error)) from error
    return inputs.replayed(found, pictures=pictures), authority or found.authority


def lens(
    named: Sequence[str] | None, lamp: Path | None, seconds: float, distances_m: Sequence[float], pins: LampPins | None = None, *, pictures: bool
) -> Sense:  # fmt: skip
    """The lens search over what was named; where nothing was, with a camera of this machine and the lamp on these pins."""
    if named is None:
        return inputs.lens_live(None, seconds, pins, distances_m, pictures=pictures)
    try:
        return inputs.lens_from(named, lamp, seconds, distances_m, pictures=pictures)
    except ValueError as error:
        raise Misuse(str(error)) from error


def network(capture: Path | None, interface: str | None, authority: Authority | None, seconds: float, *, promiscuous: bool = False) -> Sense:
    """The network search over a capture where there is one, else on the joined network."""
    if capture is None:
        return inputs.network_live(interface, authority, seconds, promiscuous=promiscuous)
    if interface is not None or promiscuous:
        raise Misuse("--capture goes without --interface and --promiscuous.")
    return inputs.network_from(capture)


def pins(named: str | None, *, infrared: bool) -> LampPins | None:
    """`17,27` or `17`: the ring round the lens, and the light aside where there is one."""
    if named is None:
        return None
    numbers = named.split(",")
    if len(numbers) > 2 or len(set(numbers)) < len(numbers) or not all(number.isdecimal() for number in numbers):
        raise Misuse("--lamp-pins takes one or two different pin numbers, such as 17,27.")
    return LampPins(int(numbers[0]), int(numbers[1]) if len(numbers) > 1 else None, infrared)
