"""Sockets that ask everybody on one subnet, and hear what is said to everybody there."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from ipaddress import IPv4Address
from typing import cast

from detector.network.questions import Question
from hardware.interfaces import Joined

Heard = Callable[[bytes, str, int, bool], None]
"""(payload, the sender's address, port of the protocol, whether it was asked for)."""

Failed = Callable[[OSError], None]
"""Why something could not be sent."""

_HERE_ONLY = 1  # time to live: no router passes it on
_MDNS_TTL = 255  # RFC 6762 section 11: old responders drop anything less
_MDNS_PORT = 5353
# linux/in.h; without it a socket hears groups that any other program joined on any interface.
_IP_MULTICAST_ALL = 49


class Multicast:
    """For each question a socket that asks and hears replies; for each group one that hears it.

    A hearing socket is bound to the group's own address (or to that of the broadcast), so that it never
    takes a datagram away from another program of this machine that serves the same port.  A question
    with a port of its own takes that port alone: `OSError` where another program has it.
    """

    def __init__(self, joined: Joined, heard: Heard, failed: Failed) -> None:
        self._joined, self._heard, self._failed = joined, heard, failed
        self._asking: dict[tuple[int, int | None], asyncio.DatagramTransport] = {}
        self._hearing: dict[tuple[str, int], asyncio.DatagramTransport] = {}

    async def open(self, question: Question) -> None:
        """Opens what one question needs and no other opened; `OSError` when another program holds its port."""
        port, key, group = question.ports[0], _key(question), str(question.to)
        if key not in self._asking:
            self._asking[key] = await self._listen(_asking_socket(self._joined, question), port, asked=True)
        if _is_group(group) and question.own_port is None:
            await self.hear(group, port)

    async def hear(self, to: str, port: int) -> None:
        """Opens a socket for what is said to a group or to everybody; `OSError` as in `open`."""
        if (to, port) not in self._hearing:
            self._hearing[to, port] = await self._listen(_hearing_socket(self._joined, to, port), port, asked=port == _MDNS_PORT)

    def ask(self, question: Question, payload: bytes, *, to: str | None = None, from_its_port: bool = False) -> bool:
        """Sends one question to its group, or to the one host `to`: from a port of our own, so that
        replies come to us alone, or from the group's port, so that everybody gets the reply (multicast DNS).
        False when that socket is not open, or not any more.
        """
        port, transport = question.ports[0], self._asking.get(_key(question))
        if from_its_port:
            transport = self._hearing.get((str(question.to), port), transport)
        if transport is None or transport.is_closing():
            return False
        transport.sendto(payload, (to or question.to, port))
        return True

    def close(self) -> None:
        """Closes every socket."""
        for transport in (*self._asking.values(), *self._hearing.values()):
            transport.close()

    async def _listen(self, sock: socket.socket, port: int, *, asked: bool) -> asyncio.DatagramTransport:
        def ear() -> _Ear:
            return _Ear(lambda payload, sender: self._heard(payload, sender, port, asked), self._failed)

        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(ear, sock=sock)
        return transport


class _Ear(asyncio.DatagramProtocol):
    """Hands each datagram on, and each error of sending."""

    def __init__(self, heard: Callable[[bytes, str], None], failed: Failed) -> None:
        self._heard, self._failed = heard, failed

    def error_received(self, exc: Exception) -> None:
        if isinstance(exc, OSError):
            self._failed(exc)

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        self._heard(data, cast("str", addr[0]))


def _key(question: Question) -> tuple[int, int | None]:
    return question.ports[0], question.own_port


def _is_group(to: str) -> bool:
    return IPv4Address(to).is_multicast


def _asking_socket(joined: Joined, question: Question) -> socket.socket:
    """Bound to every address of this interface alone: some devices answer to everybody."""
    sock = _socket(joined, _HERE_ONLY)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, joined.name.encode())
        sock.bind(("", question.own_port or 0))
        if question.own_port == question.ports[0] and _is_group(str(question.to)):
            _join(sock, joined, str(question.to))
    except OSError:
        sock.close()
        raise
    return sock


def _hearing_socket(joined: Joined, to: str, port: int) -> socket.socket:
    sock = _socket(joined, _MDNS_TTL if port == _MDNS_PORT else _HERE_ONLY)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind((to, port))
        if _is_group(to):
            _join(sock, joined, to)
    except OSError:
        sock.close()
        raise
    return sock


def _join(sock: socket.socket, joined: Joined, group: str) -> None:
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + joined.address.packed)


def _socket(joined: Joined, ttl: int) -> socket.socket:
    """A UDP socket whose multicast leaves by this interface and does not come back to this machine."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_IP, _IP_MULTICAST_ALL, 0)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, joined.address.packed)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, ttl)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
    return sock
