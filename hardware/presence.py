"""Finds out which addresses of a subnet are taken: by ARP, or through the kernel without privilege."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network

from detector.model import Gap, Sighting
from detector.network import questions
from hardware import interfaces, radio
from hardware.interfaces import Joined
from hardware.limits import AskLimits
from hardware.pace import Pace
from hardware.sensor import SensorUnavailable, Unavailable

# Why ARP cannot be sent where the kernel can still be made to send it.
_HELPED = {Unavailable.NO_PERMISSION, Unavailable.NOT_SUPPORTED}

Meet = Callable[[Sighting], None]
Clock = Callable[[], float]


async def ask(joined: Joined, scope: IPv4Network, limits: AskLimits, pace: Pace, *, meet: Meet, clock: Clock) -> list[Gap]:
    """Asks each address of `scope` and meets those that answer; the gaps of what could not be done."""
    loop = asyncio.get_running_loop()

    def sweep() -> None:
        for sighting in radio.arp_sweep(joined, scope, limits.arp, clock):
            loop.call_soon_threadsafe(meet, sighting)

    try:
        await asyncio.to_thread(sweep)
    except SensorUnavailable as missing:
        if missing.reason not in _HELPED:
            return [Gap(missing.reason, missing.says)]
        await _nudge_each(joined, scope, pace)
        await asyncio.sleep(limits.arp.patience_s)
        says = f"{missing.says} Instead the kernel was made to look for each address, which finds the same hosts more slowly."
        return [Gap(missing.reason, says)]
    return []


async def _nudge_each(joined: Joined, scope: IPv4Network, pace: Pace) -> None:
    """An empty datagram to each address: before it can leave, the kernel asks by ARP who has it."""
    nudge = questions.load()["nudge"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.bind((str(joined.address), 0))
        for address in scope.hosts():
            if address != joined.address:
                await pace.turn()
                with suppress(OSError):  # the kernel has just found out that nobody has this address
                    sock.sendto(nudge.fill(), (str(address), nudge.ports[0]))


def known(joined: Joined, clock: Clock) -> list[Sighting]:
    """Those on this subnet whom the kernel has met, whoever wanted to know."""
    met = interfaces.neighbours(joined.name).items()
    return [Sighting("address", "arp", clock(), mac, ip) for ip, mac in met if IPv4Address(ip) in joined.network]
