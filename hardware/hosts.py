"""Asks single hosts over TCP: a short list of ports, and pages that a host itself has named."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Address
from urllib.parse import SplitResult, urlsplit

from detector.network import messages, questions, services
from detector.network.services import Fact
from hardware.dialogue import converse
from hardware.hello import client_hello
from hardware.limits import AskLimits
from hardware.pace import Pace

Tell = Callable[[str, Iterable[Fact]], None]
"""(address of the host, what it gave away)."""

_HELLO = "tls-hello"
_ICON = "http-icon"
_ONVIF = ("onvif-time", "onvif-information")
_ONVIF_SPOKEN = b"GetSystemDateAndTimeResponse"
_ONVIF_PATH = "/onvif/device_service"  # where nearly all serve it; those elsewhere say so by WS-Discovery


class Hosts:
    """Asks hosts at the pace of everything, and few things of one host at once."""

    def __init__(self, source: IPv4Address, limits: AskLimits, pace: Pace, tell: Tell) -> None:
        self.tried = 0
        self.open = 0
        self._source, self._limits, self._pace, self._tell = source, limits, pace, tell
        self._table = questions.load()
        self._hello = client_hello()  # one for all, a millisecond each: nothing is ever agreed with it
        self._room = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(limits.per_host))
        self._doors = asyncio.Semaphore(limits.most_open)
        self._pages: Counter[str] = Counter()
        self._fetched: set[tuple[str, int, str, str]] = set()

    async def ask(self, ip: str) -> None:
        """Tries every port of the list."""
        async with asyncio.TaskGroup() as tasks:
            for port in self._table.ports:
                tasks.create_task(self._try(ip, port))

    async def _try(self, ip: str, port: questions.Port) -> None:
        self.tried += 1
        asked = [self._hello if name == _HELLO else self._table[name].fill(host=ip, port=port.number) for name in port.ask]
        replies = await self._converse(ip, port.number, asked)
        if replies is None:
            return
        self.open += 1
        self._tell(ip, [("open_port", str(port.number))])
        if any(reply.startswith(b"HTTP/") for reply in replies):
            await self._ask_further(ip, port)

    async def _ask_further(self, ip: str, port: questions.Port) -> None:
        """What a web server is asked besides its first page: its icon, and whether it speaks ONVIF."""
        if _ICON in port.then:
            asked = self._table[_ICON].fill(host=ip, port=port.number)
            for reply in await self._converse(ip, port.number, [asked], icon=True) or ():
                self._tell(ip, messages.icon_facts(reply))
        for name in port.then:
            if name in _ONVIF and not await self._ask_page(ip, port.number, _ONVIF_PATH, name):
                break

    async def _converse(self, ip: str, port: int, asked: Sequence[bytes], *, icon: bool = False) -> list[bytes] | None:
        """Talks to one port and tells the facts of each reply; None when it is closed."""
        async with self._doors:
            await self._pace.turn()
            replies = await converse(self._source, ip, port, asked, self._limits.dialogue, room=self._room[ip], icon=icon)
        for reply in replies or ():
            self._tell(ip, services.from_tcp(reply, port, 0))
        return replies

    async def follow(self, ip: str, facts: Sequence[Fact]) -> None:
        """Asks what a host's announcement pointed to, if that is the host itself."""
        for field, value in facts:
            if field == "ssdp_location":
                await self._fetch(ip, value, "ssdp-description")
            elif field == "wsd_address" and _speaks_onvif(facts):
                for name in _ONVIF:
                    await self._fetch(ip, value, name)

    async def _fetch(self, ip: str, url: str, name: str) -> None:
        """One page; nothing for an address elsewhere, or a path that the list of questions forbids."""
        target = _own_page(ip, url)
        if target is None or self._pages[ip] >= self._limits.most_pages:
            return
        try:
            self._table[name].fill(host=ip, port=target[0], path=target[1])
        except ValueError:
            return
        self._pages[ip] += (ip, *target, name) not in self._fetched
        await self._ask_page(ip, *target, name)

    async def _ask_page(self, ip: str, port: int, path: str, name: str) -> bool:
        """Asks for a page once; whether ONVIF was spoken there, as far as one can know: True when asked before."""
        key = (ip, port, path, name)
        if key in self._fetched:
            return True
        self._fetched.add(key)
        replies = await self._converse(ip, port, [self._table[name].fill(host=ip, port=port, path=path)])
        return any(_ONVIF_SPOKEN in reply for reply in replies or ())


def _speaks_onvif(facts: Iterable[Fact]) -> bool:
    return any("NetworkVideoTransmitter" in value or value.startswith("onvif://") for _, value in facts)


def _own_page(ip: str, url: str) -> tuple[int, str] | None:
    """(port, path) of a page on this very host, over plain HTTP and without a login in it."""
    try:
        parts = urlsplit(url)
        port = parts.port or 80
    except ValueError:  # what a hostile device calls an address
        return None
    if parts.scheme != "http" or parts.hostname != ip or parts.username is not None:
        return None
    return port, _path(parts)


def _path(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
