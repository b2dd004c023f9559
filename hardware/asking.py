"""One round of asking, everything at once: what the event loop does while `Lan` is iterated."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from ipaddress import IPv4Address, IPv4Network
from typing import Any, Literal

from detector.model import Gap, Sighting
from detector.network import services
from detector.network.services import Fact
from hardware import interfaces, nodes, presence
from hardware.groups import Groups
from hardware.hosts import Hosts
from hardware.interfaces import Joined
from hardware.limits import AskLimits
from hardware.pace import Pace


class Asking:
    """Asks one subnet; `scope` holds the addresses that may be asked one by one, None for none."""

    def __init__(self, joined: Joined, scope: IPv4Network | None, limits: AskLimits, clock: Callable[[], float]) -> None:
        self._joined, self._scope, self._limits, self._clock = joined, scope, limits, clock
        self._gaps: list[Gap] = []
        self._ours = interfaces.ours()
        self._found: asyncio.Queue[Sighting | None] = asyncio.Queue()
        self._macs: dict[str, str] = {}
        self._met: set[tuple[str, str]] = set()
        self._asked: set[str] = set()
        self._facts: Counter[str] = Counter()
        self._told: set[tuple[str, str, str]] = set()
        self._pace = Pace(limits.per_s)
        self._groups = Groups(joined, limits, Pace(limits.datagrams_per_s), leave=scope is not None, heard=self._hear, do=self._do)
        self._hosts = Hosts(joined.address, limits, self._pace, self._tell)

    async def start(self) -> None:
        """Begins; `next` then gives the facts."""
        self._whole = asyncio.create_task(self._ask_everything())

    async def next(self) -> Sighting | None:
        """The next fact, or None at the end."""
        sighting = await self._found.get()
        if sighting is None:
            await self._whole  # raises what went wrong, if anything did
        return sighting

    def gaps(self) -> list[Gap]:
        """What could not be done so far."""
        return [*self._gaps, *self._groups.gaps]

    def examined(self) -> dict[str, float | int | str]:
        """What was asked, for the report."""
        return {
            "network": str(self._joined.network),
            "addresses asked": sum(1 for _ in self._scope.hosts()) if self._scope else 0,
            "hosts met": len(set(self._macs.values())),
            "questions to everybody": self._groups.sent,
            "TCP ports tried": self._hosts.tried,
            "TCP ports open": self._hosts.open,
        }

    async def _ask_everything(self) -> None:
        try:
            async with asyncio.timeout(self._limits.deadline_s), asyncio.TaskGroup() as self._tasks:
                all_met = asyncio.Event()
                self._do(self._ask_groups(all_met))
                if self._scope is None:
                    all_met.set()
                else:
                    self._do(self._ask_presence(self._scope, all_met))
                    self._do(nodes.ask(self._joined, self._limits, meet=self._meet, clock=self._clock))
        except TimeoutError:
            says = f"Asking was stopped after {self._limits.deadline_s:.0f} s; some hosts were not asked everything."
            self._gaps.append(Gap("out of time", says))
        finally:
            self._found.put_nowait(None)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs something beside everything else; the round ends when all of it has ended."""
        try:
            self._tasks.create_task(work)
        except RuntimeError:  # the round is being ended just now
            work.close()

    async def _ask_groups(self, all_met: asyncio.Event) -> None:
        await self._groups.ask(all_met)
        self._meet_known()

    async def _ask_presence(self, scope: IPv4Network, all_met: asyncio.Event) -> None:
        self._gaps += await presence.ask(self._joined, scope, self._limits, self._pace, meet=self._meet, clock=self._clock)
        self._meet_known()
        all_met.set()

    def _meet_known(self) -> None:
        for sighting in presence.known(self._joined, self._clock):
            self._meet(sighting)

    def _meet(self, sighting: Sighting) -> None:
        """Notes who has an address and, where that is allowed, asks them."""
        ip, mac = sighting.ip, sighting.mac
        if ip is None or mac is None or ip in self._ours or (ip, mac) in self._met:
            return
        self._met.add((ip, mac))
        self._macs[ip] = mac
        self._found.put_nowait(sighting)
        self._ask_host(ip)

    def _ask_host(self, ip: str) -> None:
        if ip not in self._asked and self._may_ask(ip):
            self._asked.add(ip)
            self._do(self._hosts.ask(ip))
            self._do(self._groups.ask_one(ip))

    def _may_ask(self, ip: str) -> bool:
        return self._scope is not None and ":" not in ip and IPv4Address(ip) in self._scope

    def _hear(self, payload: bytes, ip: str, port: int, asked: bool) -> None:  # noqa: FBT001 -- the shape of `Heard`
        """A datagram of somebody on this subnet: its facts, and what to ask after it."""
        facts = services.from_udp(payload, port, port)
        self._tell(ip, facts, "asked" if asked else "heard")
        if self._may_ask(ip):
            self._ask_host(ip)
            self._do(self._hosts.follow(ip, facts))

    def _tell(self, ip: str, facts: Iterable[Fact], via: Literal["heard", "asked"] = "asked") -> None:
        """Queues facts of a host, each once, with its MAC: who has answered us has been met by the kernel."""
        if ip not in self._macs:
            self._meet_known()
        at_s, mac = self._clock(), self._macs.get(ip)
        for field, value in facts:
            if (ip, field, value) not in self._told and self._facts[ip] < self._limits.most_facts:
                self._facts[ip] += 1
                self._told.add((ip, field, value))
                self._found.put_nowait(Sighting(field, value, at_s, mac, ip, via=via))
