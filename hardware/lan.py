"""Asks the joined network who is there and what they say of themselves: a `SightingSource`.

Without authority it asks only by multicast, to which a device answers if it likes.  With authority
(the owner's, a guest's who may, an official duty) it also asks everybody in the languages of camera
makers, every address of the subnet for its presence, and tries a few TCP ports of those that are there.
It never leaves the joined subnet, never logs in, and sends nothing that
`detector/network/data/questions.toml` does not list.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from ipaddress import IPv4Network
from typing import Literal

from detector.model import Gap, Sighting
from hardware import interfaces
from hardware.asking import Asking
from hardware.interfaces import Joined
from hardware.limits import AskLimits

Authority = Literal["owner", "guest", "official"]


class Lan:
    """The joined network, asked.

    After iteration, however it ended, `gaps` holds what was not done, `coverage_limits` what this way of
    asking cannot show, `examined` how much was asked: all three belong into the sense's coverage.
    """

    def __init__(
        self,
        interface: str | None = None,
        authority: Authority | None = None,
        limits: AskLimits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = interface or "the joined network"
        self.gaps: list[Gap] = []
        self.coverage_limits: list[str] = ["A camera without network, or one that answers nothing, does not show on the network."]
        self.examined: dict[str, float | int | str] = {}
        self._interface = interface
        self._authority = authority
        self._limits = limits or AskLimits()
        self._clock = clock

    def sightings(self) -> Iterator[Sighting]:
        """Facts as they come in, until nothing more is to be expected or the time is over.

        Raises `SensorUnavailable` before the first when there is no network to ask.
        """
        joined = interfaces.joined(self._interface)
        self.name = f"{joined.name} {joined.network}"
        asking = Asking(joined, self._scope(joined), self._limits, self._clock)
        try:
            with asyncio.Runner() as runner:
                runner.run(asking.start())
                while (sighting := runner.run(asking.next())) is not None:
                    yield sighting
        finally:
            self.gaps += asking.gaps()
            self.examined = asking.examined()

    def _scope(self, joined: Joined) -> IPv4Network | None:
        """The addresses that may be asked one by one; None, with the gap, where none may be."""
        if self._authority is None:
            says = (
                "Nobody said that this network may be asked (--authority), so it was only listened to and asked by "
                "multicast: devices that keep silent then were not seen."
            )
            self.gaps.append(Gap("no authority", says))
            return None
        if not joined.private:
            says = f"{joined.network} is not a private network, so its addresses were not asked one by one."
            self.gaps.append(Gap("not private", says))
            return None
        if joined.network.prefixlen >= self._limits.widest:
            return joined.network
        near = IPv4Network((joined.address, self._limits.widest), strict=False)
        says = f"{joined.network} holds {joined.network.num_addresses} addresses: only {near} around our own was asked."
        self.gaps.append(Gap("subnet too wide", says))
        return near
