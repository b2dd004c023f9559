"""Asks everybody at once, and follows up by multicast what multicast DNS gives away."""

from __future__ import annotations

import asyncio
import secrets
import uuid
from collections.abc import Callable, Coroutine
from ipaddress import IPv4Address
from typing import Any

from detector.model import Gap
from detector.network import questions
from detector.network.questions import Question
from hardware import interfaces, mdns
from hardware.interfaces import Joined
from hardware.limits import AskLimits
from hardware.multicast import Heard, Multicast
from hardware.pace import Pace
from hardware.sensor import Unavailable

_MDNS_PORT = 5353

Do = Callable[[Coroutine[Any, Any, None]], None]
"""Runs something beside everything else."""


class Groups:
    """Every question to everybody twice; each datagram of somebody on this subnet goes to `heard`.

    `leave` says that this network may be asked: then makers' own discovery protocols are put as well.
    """

    def __init__(self, joined: Joined, limits: AskLimits, pace: Pace, *, leave: bool, heard: Heard, do: Do) -> None:
        self.gaps: list[Gap] = []
        self.sent = 0
        self._joined, self._limits, self._pace, self._heard, self._do = joined, limits, pace, heard, do
        self._ours = interfaces.ours()
        self._names: set[str] = {mdns.EVERY_TYPE, *mdns.CAMERA_TYPES}
        self._questions = questions.load().to_everybody(leave=leave)
        self._everybody = Multicast(joined, self._hear, self._fail)

    async def ask(self, all_met: asyncio.Event) -> None:
        """Puts each question twice and hears answers for the time that the limits give; longer where hosts are
        still being met then, who are yet to be asked by `ask_one`.
        """
        try:
            await self._open()
            await self._put_each(from_its_port=True)
            await asyncio.sleep(self._limits.again_s)
            await self._put_each(from_its_port=False)
            await asyncio.sleep(self._limits.listen_s - self._limits.again_s)
            if not all_met.is_set():
                await all_met.wait()
                await asyncio.sleep(self._limits.last_s)
        finally:
            self._everybody.close()

    async def ask_one(self, ip: str) -> None:
        """Puts to one host what it may have missed, because its access point keeps back what goes to all."""
        for question in questions.load().to_each():
            await self._put(question, question.fill(**self._holes()), to=ip)

    async def _open(self) -> None:
        for question in self._questions:
            try:
                await self._everybody.open(question)
            except OSError as error:
                self._deaf(question.own_port or question.ports[0], error)
        for ear in questions.load().ears:
            for port in ear.ports:
                try:
                    await self._everybody.hear(ear.to, port)
                except OSError as error:
                    self._deaf(port, error)

    def _deaf(self, port: int, error: OSError) -> None:
        gap = Gap(Unavailable.BUSY, f"What is said on UDP port {port} could not be heard: {error.strerror}.")
        if gap not in self.gaps:
            self.gaps.append(gap)

    async def _put_each(self, *, from_its_port: bool) -> None:
        """Once every question; multicast DNS from its own port, or as a simple responder likes it."""
        for question in self._questions:
            if question.name == "mdns":
                for payload in mdns.browse([mdns.EVERY_TYPE, *mdns.CAMERA_TYPES]):
                    await self._put(question, payload, from_its_port=from_its_port)
            else:
                await self._put(question, question.fill(**self._holes()))

    async def _put(self, question: Question, payload: bytes, *, to: str | None = None, from_its_port: bool = False) -> None:
        await self._pace.turn()
        self.sent += self._everybody.ask(question, payload, to=to, from_its_port=from_its_port)

    def _holes(self) -> dict[str, str]:
        """Fresh fillings: who asks, and what tells this question from the last."""
        return {
            "uuid": str(uuid.uuid4()),
            "loud_uuid": str(uuid.uuid4()).upper(),
            "session": secrets.token_hex(1),
            "transaction": secrets.token_hex(4),
            "address": self._joined.address.packed.hex(),
        }

    def _hear(self, payload: bytes, ip: str, port: int, asked: bool) -> None:  # noqa: FBT001 -- the shape of `Heard`
        if ip in self._ours or IPv4Address(ip) not in self._joined.network:
            return
        self._heard(payload, ip, port, asked)
        if port == _MDNS_PORT:
            self._do(self._ask_names(mdns.pointers(payload)))

    def _fail(self, error: OSError) -> None:
        gap = Gap(Unavailable.LOST, f"Questions to everybody could not be sent: {error.strerror}.")
        if gap not in self.gaps:
            self.gaps.append(gap)

    async def _ask_names(self, pointers: list[tuple[str, str]]) -> None:
        """Asks for the instances of types, and the details of instances, not heard of before."""
        fresh = {name: kind for kind, name in pointers if name not in self._names}
        room = max(0, self._limits.most_names - len(self._names))
        fresh = dict(list(fresh.items())[:room])
        self._names |= fresh.keys()
        types = [name for name, kind in fresh.items() if kind == mdns.EVERY_TYPE]
        instances = [name for name, kind in fresh.items() if kind != mdns.EVERY_TYPE]
        for payload in (*mdns.browse(types), *mdns.details(instances)):
            await self._put(questions.load()["mdns"], payload, from_its_port=True)
