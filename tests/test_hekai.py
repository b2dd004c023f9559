"""HeKai's cameras, and Dahua's when they call a server by themselves: the camera's end, the client's, and what resembles them.

Made from what public clients and a printed capture state: self-written evidence.
"""

from __future__ import annotations

import random

import pytest

from detector.network import services
from tests.network_scenes import searched

HEAD = b"\x32\x0c\x1d\x80\0\0\0\0\0"
ANNOUNCED = b"MainCmd=LocalData;bootproto=static;dns0=192.168.1.1;dns1=;netmask=255.255.255.0;netwet=192.168.1.1;userType=312;status=2;ver=833;"
SEARCH = b"TIME=3600;endTime=1700003600;MainCmd=LocalData;userType=hkclient;status=1;Prot=5000;MacIP=x;"
PINGS = bytes.fromhex("0000d000820c000900d1070000"), bytes.fromhex("0000d000a20c400900d1070000")
ANSWER = bytes.fromhex("0000d000920b400900d1070000")
NUMBER = b"7J0A123PAZ00042"
REGISTERS = bytes.fromhex("b400007840000000 0700000000000000") + bytes(16) + NUMBER + bytes(64 - len(NUMBER))


def test_the_camera_is_heard():
    for payload in (ANNOUNCED, HEAD + ANNOUNCED, b"\0\0\xe0\x08" + HEAD + ANNOUNCED):
        assert services.from_udp(payload, 5000, 5000) == [("p2p", "HeKai announces itself")]
        assert services.from_udp(payload, 2627, 40000) == [("p2p", "HeKai announces itself")]
    assert services.from_udp(ANSWER, 5000, 40000) == [("p2p", "HeKai answers")]


def test_neither_its_client_nor_a_stranger_is_heard():
    assert services.from_udp(b"\0\0\x50\x06" + HEAD + SEARCH, 40000, 2627) == []
    assert not [ping for ping in PINGS if services.from_udp(ping, 40000, 5000) or services.from_udp(ping, 5000, 5000)]
    assert services.from_udp(ANNOUNCED, 40000, 40001) == []
    assert services.from_udp(ANSWER, 40000, 5000) == []
    assert services.from_udp(ANSWER + b"\0", 5000, 40000) == []


def test_a_device_that_registers_with_a_server_is_heard():
    assert services.from_tcp(REGISTERS, 40000, 9500) == [("p2p", "Dahua registers")]


def test_what_is_not_quite_a_registration_is_not():
    rng = random.Random(5)
    for wrong in (REGISTERS[:-1], REGISTERS + b"\0", b"\xb0" + REGISTERS[1:], REGISTERS[:20] + b"\1" + REGISTERS[21:], REGISTERS[:32], b"\xb4"):
        assert services.from_tcp(wrong, 40000, 9500) == []
    assert not any(services.from_tcp(b"\xb4\0\0" + rng.randbytes(rng.randrange(200)), 40000, 9500) for _ in range(5000))


@pytest.mark.parametrize("says", ["HeKai announces itself", "HeKai answers", "Dahua registers"])
def test_it_alarms(says):
    (found,) = searched(("p2p", says)).findings
    assert found.alarm
