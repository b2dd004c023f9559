"""Multicast over the loopback, with real sockets: what is said to everybody, and what comes back."""

from __future__ import annotations

import asyncio
import socket
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from detector.network import questions
from hardware.interfaces import Joined
from hardware.multicast import Multicast

LOOPBACK = Joined("lo", IPv4Address("127.0.0.1"), IPv4Network("127.0.0.0/8"), None, 772)
HERE = LOOPBACK.address.packed
GROUP = "239.255.255.250"


@contextmanager
def device(port):
    """Another program on the same group, as a device would be."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, HERE)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP) + HERE)
        sock.bind(("", port))
        sock.settimeout(5)
        yield sock


@pytest.fixture
def port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def question(port):
    return replace(questions.load()["ssdp-root"], ports=(port,))


async def heard_of(port, act):
    """Opens the group, runs `act(multicast)` beside the loop, and gives the first datagram heard."""
    heard = asyncio.Queue()
    everybody = Multicast(LOOPBACK, lambda *datagram: heard.put_nowait(datagram), heard.put_nowait)
    await everybody.open(question(port))
    try:
        act(everybody)
        return await asyncio.wait_for(heard.get(), 5)
    finally:
        everybody.close()


def test_what_a_device_announces_is_heard_with_its_address(port):
    with device(port) as other:
        found = asyncio.run(heard_of(port, lambda _: other.sendto(b"NOTIFY * HTTP/1.1\r\n\r\n", (GROUP, port))))
    assert found == (b"NOTIFY * HTTP/1.1\r\n\r\n", "127.0.0.1", port, False)


def test_a_reply_to_our_port_counts_as_asked_for(port):
    def answer(everybody):
        ours = everybody._asking[port, None].get_extra_info("sockname")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.sendto(b"HTTP/1.1 200 OK\r\n\r\n", ours)

    assert asyncio.run(heard_of(port, answer)) == (b"HTTP/1.1 200 OK\r\n\r\n", "127.0.0.1", port, True)


def test_groups_of_other_programs_are_not_heard(port):
    """A socket that somebody else joined to another group must not leak into ours."""
    with device(port) as other:
        other.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("239.1.2.3") + HERE)

        def say(_):
            other.sendto(b"not for us", ("239.1.2.3", port))
            other.sendto(b"for us", (GROUP, port))

        assert asyncio.run(heard_of(port, say))[0] == b"for us"


def test_the_group_port_is_shared_and_unicast_to_it_is_not_taken_away(port):
    with device(port) as service:

        def ask(everybody):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.sendto(b"for the service", ("127.0.0.1", port))
            assert service.recv(100) == b"for the service"
            service.sendto(b"done", (GROUP, port))

        assert asyncio.run(heard_of(port, ask))[0] == b"done"


def test_a_port_held_by_another_program_alone_raises_and_leaves_nothing_open(port):
    async def open_twice():
        everybody = Multicast(LOOPBACK, print, print)
        try:
            with pytest.raises(OSError, match="in use"):
                await everybody.open(question(port))
            assert everybody.ask(question(port), b"still asked")
        finally:
            everybody.close()

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as alone:
        alone.bind(("", port))
        asyncio.run(open_twice())


def test_a_question_with_a_port_of_its_own_hears_answers_there_and_in_its_group(port):
    async def ask():
        heard = asyncio.Queue()
        everybody = Multicast(LOOPBACK, lambda *datagram: heard.put_nowait(datagram), heard.put_nowait)
        await everybody.open(replace(questions.load()["sadp"], ports=(port,), own_port=port))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, HERE)
            other.sendto(b"to the group", (GROUP, port))
            other.sendto(b"to the port", ("127.0.0.1", port))
            found = [await asyncio.wait_for(heard.get(), 5) for _ in range(2)]
        everybody.close()
        return [(payload, asked) for payload, _, _, asked in found]

    assert asyncio.run(ask()) == [(b"to the group", True), (b"to the port", True)]


def test_two_makers_on_one_port_keep_their_own_sockets(port):
    async def ask():
        everybody = Multicast(LOOPBACK, print, print)
        table = questions.load()
        for name in ("foscam", "vivotek"):
            await everybody.open(replace(table[name], ports=(port,), own_port=port if name == "foscam" else None))
        keys = list(everybody._asking)
        everybody.close()
        return keys

    assert asyncio.run(ask()) == [(port, port), (port, None)]


def test_a_question_is_put_to_one_host_when_asked_so(port):
    async def ask():
        everybody = Multicast(LOOPBACK, print, print)
        await everybody.open(question(port))
        assert everybody.ask(question(port), b"you alone?", to="127.0.0.1")
        everybody.close()

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as host:
        host.settimeout(5)
        host.bind(("127.0.0.1", port))
        asyncio.run(ask())
        assert host.recv(100) == b"you alone?"


def test_what_is_said_to_all_is_heard_and_the_port_stays_free_for_others(port):
    async def hear():
        heard = asyncio.Queue()
        everybody = Multicast(LOOPBACK, lambda *datagram: heard.put_nowait(datagram), heard.put_nowait)
        await everybody.hear("255.255.255.255", port)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as service, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            service.settimeout(5)
            service.bind(("127.0.0.1", port))
            other.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            other.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
            other.sendto(b"to all", ("255.255.255.255", port))
            found = await asyncio.wait_for(heard.get(), 5)
            other.sendto(b"to the service", ("127.0.0.1", port))
            assert service.recv(100) == b"to the service"
        everybody.close()
        return found[0], found[2], found[3]

    assert asyncio.run(hear()) == (b"to all", port, False)


def test_after_closing_nothing_more_is_sent(port):
    async def ask():
        everybody = Multicast(LOOPBACK, print, print)
        await everybody.open(question(port))
        everybody.close()
        return everybody.ask(question(port), b"too late")

    assert asyncio.run(ask()) is False


def test_a_group_that_was_never_opened_is_not_asked(port):
    assert Multicast(LOOPBACK, print, print).ask(question(port), b"") is False


def test_an_error_of_sending_is_handed_on(port):
    def fail(everybody):
        everybody._asking[port, None].get_protocol().error_received(OSError(100, "Network is down"))

    assert asyncio.run(heard_of(port, fail)).strerror == "Network is down"
