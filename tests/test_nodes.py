"""Who speaks IPv6: the kernel's answers byte by byte, and what is done where something is forbidden."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
import struct
from ipaddress import IPv4Address, IPv4Network, IPv6Address

import pytest

from detector.model import Sighting
from hardware import nodes
from hardware.interfaces import Joined
from hardware.limits import AskLimits
from hardware.sensor import SensorUnavailable, Unavailable

LO = Joined("lo", IPv4Address("127.0.0.1"), IPv4Network("127.0.0.0/8"), None, 772)
QUICK = dataclasses.replace(AskLimits(), nodes_s=0.0)
MAC = "44:19:b6:00:00:05"


def entry(address="fe80::5", mac=MAC, state=0x04, index=1, kind=28):
    attributes = struct.pack("=HH", 20, 1) + IPv6Address(address).packed
    if mac:
        attributes += struct.pack("=HH", 10, 2) + bytes.fromhex(mac.replace(":", "")) + b"\0\0"
    body = struct.pack("=BxxxiHBB", socket.AF_INET6, index, state, 0, 0) + attributes
    return struct.pack("=IHHII", 16 + len(body), kind, 2, 1, 0) + body


END = struct.pack("=IHHIIi", 20, 3, 2, 1, 0, 0)


@pytest.fixture
def kernel(monkeypatch):
    """`kernel(replies)` answers the next dump with them; keeps what it was asked."""

    class Netlink:
        def __init__(self, *_):
            self.asked = []

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def send(self, data):
            self.asked.append(data)

        def recv(self, _):
            return self.replies.pop(0)

    def answers(*replies):
        one = Netlink()
        one.replies = list(replies)
        monkeypatch.setattr(nodes.socket, "socket", lambda *_: one)
        return one

    return answers


def known():
    return [(one.field, one.value, one.ip, one.mac) for one in nodes.known(LO, lambda: 1.0)]


def test_neighbours_of_this_interface_with_a_mac_are_told(kernel):
    one = kernel(entry() + entry("fe80::6", "aa:bb:cc:00:00:06"), entry("fe80::7", "aa:bb:cc:00:00:07") + END)
    assert known() == [("address", "ndp", f"fe80::{n}", mac) for n, mac in ((5, MAC), (6, "aa:bb:cc:00:00:06"), (7, "aa:bb:cc:00:00:07"))]
    assert len(one.asked) == 1
    assert struct.unpack_from("=IHH", one.asked[0]) == (len(one.asked[0]), 30, 0x301)


@pytest.mark.parametrize(
    "odd", [entry(state=0x20), entry(state=0x01), entry(mac=""), entry(index=2), entry("2001:db8::5"), entry(mac="aa:bb"), entry("ff02::1", state=0x40)]
)
def test_failed_foreign_and_far_neighbours_are_not(kernel, odd):
    kernel(odd + END)
    assert known() == []


def test_an_error_of_the_kernel_is_no_neighbour(kernel):
    kernel(struct.pack("=IHHIIi", 20, 2, 0, 1, 0, -1))
    assert known() == []


def test_the_real_kernel_understands_the_question():
    assert all(IPv6Address(one.ip).is_link_local for one in nodes.known(LO, lambda: 1.0))


@pytest.fixture
def world(monkeypatch):
    """A link on which `fe80::5` answers and the kernel knows `fe80::6`."""

    class World:
        echoes, fault = 0, None

    world = World()

    def ask_all_nodes(interface, source, seconds, clock):
        if world.fault:
            raise world.fault
        yield Sighting("address", "ndp", clock(), MAC, "fe80::5", via="asked")

    def echo(_):
        world.echoes += 1
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(nodes.interfaces, "link_local", lambda _: IPv6Address("fe80::2"))
    monkeypatch.setattr(nodes.radio, "ask_all_nodes", ask_all_nodes)
    monkeypatch.setattr(nodes, "_echo", echo)
    monkeypatch.setattr(nodes, "known", lambda *_: [Sighting("address", "ndp", 2.0, "aa:bb:cc:00:00:06", "fe80::6")])
    return world


def met():
    found = []
    asyncio.run(_ask(found))
    return [one.ip for one in found]


async def _ask(found):
    await nodes.ask(LO, QUICK, meet=found.append, clock=lambda: 2.0)
    await asyncio.sleep(0)


def test_who_answers_and_whom_the_kernel_knows_are_met(world):
    assert sorted(met()) == ["fe80::5", "fe80::6"]
    assert world.echoes == 0


def test_without_privilege_the_kernel_is_asked_to_ask_and_a_refusal_is_no_fault(world):
    world.fault = SensorUnavailable(Unavailable.NO_PERMISSION, "Raw frames need a privilege.")
    assert met() == ["fe80::6"]
    assert world.echoes == 1


def test_without_ipv6_nothing_is_asked(world, monkeypatch):
    monkeypatch.setattr(nodes.interfaces, "link_local", lambda _: None)
    assert met() == []
