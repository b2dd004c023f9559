"""PPRPC: the camera's end is told from its servers and from the one that watches.

Only the head of SERVERS_ANSWER is of a real datagram, as a published inspection gives it; the others are made from
the public implementation of the protocol, and are self-written evidence.
"""

from __future__ import annotations

import random

import pytest

from detector.network import services
from detector.network.pprpc import pprpc_facts
from tests.network_scenes import searched

SERVERS_ANSWER = bytes.fromhex("517048d50100d9040d00") + bytes(208)
TIME = 1_700_000_000_000


def number(value):
    found = b""
    while value > 0x7F:
        found, value = found + bytes([value & 0x7F | 0x80]), value >> 7
    return found + bytes([value])


def datagram(kind, body):
    return b"\x51\x70" + bytes([kind]) + number(len(body)) + body


def command(which, flags=0x0C, size=64):
    return datagram(0x48, number(3) + number(which) + bytes([flags]) + bytes(size))


def media(form, size=1100, hidden=256, time=TIME, cipher=3):
    return datagram(0x68, bytes([form, cipher]) + number(0) + number(4711) + number(time) + number(hidden) + bytes(size))


def test_the_published_head_obeys_the_law_of_lengths():
    assert datagram(0x48, SERVERS_ANSWER[5:]) == SERVERS_ANSWER
    assert SERVERS_ANSWER[6:8] == number(601)


@pytest.mark.parametrize("ports", [(40000, 8000), (40000, 53), (40001, 80), (53, 40000)])
def test_a_camera_that_asks_for_its_servers(ports):
    assert services.from_udp(command(601), *ports) == [("p2p", "PPRPC asks for its servers")]


@pytest.mark.parametrize("form", [1, 2, 4, 0x81, 0x82])
@pytest.mark.parametrize("time", [0, 40, TIME])
def test_a_camera_that_sends_video(form, time):
    for ports in ((40000, 53), (40000, 51000)):
        assert services.from_udp(media(form, time=time), *ports) == [("p2p", "PPRPC sends video")]


@pytest.mark.parametrize(
    "payload",
    [
        SERVERS_ANSWER,
        command(601, flags=0x0D), command(601, flags=0x3C), command(600), command(1),
        media(21), media(61), media(0x80 | 101), media(0), media(1, cipher=7), media(1, size=0, hidden=0), media(1, hidden=1101),
        b"\x51\x70\x38\x00", b"\x51\x70\x38\x00" + bytes(8), b"\x51\x70", b"", command(601)[2:],
    ],
)  # fmt: skip
def test_servers_sound_and_signs_of_life_say_nothing_of_a_camera(payload):
    assert services.from_udp(payload, 40000, 8000) == []


@pytest.mark.parametrize("whole", [command(601), media(1)])
def test_what_is_cut_or_longer_is_nothing(whole):
    assert {fact for cut in range(len(whole)) for fact in pprpc_facts(whole[:cut])} == set()
    assert pprpc_facts(whole + b"\0") == []


def test_noise_is_nothing():
    rng = random.Random(7)
    for _ in range(3000):
        assert pprpc_facts(b"\x51\x70" + rng.choice((b"\x48", b"\x68")) + rng.randbytes(60)) == []


def test_a_name_is_still_looked_up_under_the_same_number():
    question = bytes.fromhex("517001000001000000000000") + b"\x04www1\x07example\x03com\x00\x00\x01\x00\x01"
    assert services.from_udp(question, 40000, 53) == [("dns_query", "www1.example.com")]


@pytest.mark.parametrize("payload", [command(601), media(1)])
def test_such_a_camera_alarms_without_any_name(payload):
    (found,) = searched(*services.from_udp(payload, 40000, 53)).findings
    assert found.alarm
    assert found.camera == "A9 (Linklemo)"
