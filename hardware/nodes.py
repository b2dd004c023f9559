"""Finds out who speaks IPv6 on this link: by an echo to all nodes, and from the kernel's own table.

Devices that hide behind another IPv4 address, or have none, show here with the MAC that tells who they
are.  They are not asked further: everything else that we ask goes over IPv4.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from ipaddress import IPv6Address

from detector.model import Sighting
from detector.network import questions
from hardware import interfaces, radio
from hardware.interfaces import Joined
from hardware.limits import AskLimits
from hardware.sensor import SensorUnavailable

Meet = Callable[[Sighting], None]
Clock = Callable[[], float]

# linux/rtnetlink.h and linux/neighbour.h: a dump of the neighbour table, and its states and attributes.
_NEW_NEIGHBOUR, _GET_NEIGHBOUR, _DUMP_REQUEST = 28, 30, 0x301
_DESTINATION, _LINK_ADDRESS = 1, 2
_KNOWN = 0x02 | 0x04 | 0x08 | 0x10 | 0x80  # reachable, stale, delay, probe, permanent
_HEAD, _NEIGHBOUR, _ATTRIBUTE = struct.Struct("=IHHII"), struct.Struct("=BxxxiHBB"), struct.Struct("=HH")
_IPV6_AUTOFLOWLABEL = 70  # linux/in6.h: without a label the packet is the one that the list of questions shows
_REPLY_BYTES = 1 << 18  # some thousand neighbours; the kernel sends them in pieces anyway


async def ask(joined: Joined, limits: AskLimits, *, meet: Meet, clock: Clock) -> None:
    """Meets each link-local address that answers, or that the kernel knows.

    Where neither a raw frame nor an unprivileged echo is allowed, the kernel's table alone tells; that
    is no gap, because every device that can be asked further was looked for over IPv4.
    """
    source = interfaces.link_local(joined.name)
    if source is None:
        return
    loop = asyncio.get_running_loop()

    def listen() -> None:
        for sighting in radio.ask_all_nodes(joined, source, limits.nodes_s, clock):
            loop.call_soon_threadsafe(meet, sighting)

    try:
        await asyncio.to_thread(listen)
    except SensorUnavailable:
        with suppress(OSError):  # the kernel may forbid this, too: net.ipv4.ping_group_range
            _echo(joined)
        await asyncio.sleep(limits.nodes_s)
    for sighting in known(joined, clock):
        meet(sighting)


def _echo(joined: Joined) -> None:
    """An echo request to all nodes that the kernel heads; its number tells us from others, no more is said."""
    to = questions.load()["ipv6-echo"].to
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM, socket.IPPROTO_ICMPV6) as sock:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_AUTOFLOWLABEL, 0)
        sock.sendto(b"\x80\0\0\0\0\0\0\1", (str(to), 0, 0, socket.if_nametoindex(joined.name)))


def known(joined: Joined, clock: Clock) -> list[Sighting]:
    """Link-local addresses on this interface whose MAC the kernel knows."""
    index = socket.if_nametoindex(joined.name)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as sock:
        body = _NEIGHBOUR.pack(socket.AF_INET6, index, 0, 0, 0)
        sock.send(_HEAD.pack(_HEAD.size + len(body), _GET_NEIGHBOUR, _DUMP_REQUEST, 1, 0) + body)
        met = dict(_neighbours(sock, index))
    return [Sighting("address", "ndp", clock(), mac, ip) for ip, mac in met.items() if IPv6Address(ip).is_link_local]


def _neighbours(sock: socket.socket, index: int) -> Iterator[tuple[str, str]]:
    """(address, MAC) of each entry of the answer that has both."""
    while True:
        reply, at = sock.recv(_REPLY_BYTES), 0
        while at + _HEAD.size <= len(reply):
            size, kind, *_ = _HEAD.unpack_from(reply, at)
            if kind != _NEW_NEIGHBOUR:  # the end, or an error: then there is nothing to be had
                return
            yield from _entry(reply[at + _HEAD.size : at + size], index)
            at += (size + 3) & ~3


def _entry(message: bytes, index: int) -> Iterator[tuple[str, str]]:
    _, interface, state, _, _ = _NEIGHBOUR.unpack_from(message)
    attributes, at = dict[int, bytes](), _NEIGHBOUR.size
    while at + _ATTRIBUTE.size <= len(message):
        size, kind = _ATTRIBUTE.unpack_from(message, at)
        if size < _ATTRIBUTE.size:
            break
        attributes[kind] = message[at + _ATTRIBUTE.size : at + size]
        at += (size + 3) & ~3
    address, mac = attributes.get(_DESTINATION, b""), attributes.get(_LINK_ADDRESS, b"")
    if interface == index and state & _KNOWN and len(address) == 16 and len(mac) == 6:
        yield str(IPv6Address(address)), mac.hex(":")
