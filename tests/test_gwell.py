"""Gwell's cameras: control frames, media frames and their checksum, and what resembles them.

No capture of one is at hand: frames are made here as a public client builds them, and are self-written evidence.
"""

from __future__ import annotations

import random

import pytest

from detector.model import Packet
from detector.network import services
from detector.network.gwell import gwell_facts
from detector.network.search import NetworkSearch
from detector.synthetic.talk import udp_frame
from tests.network_scenes import searched

CAM, PHONE = ("22:00:00:00:00:09", "10.0.0.9"), ("da:a1:19:3c:7e:52", "10.0.0.7")
TALKS, VIDEO = [("p2p", "Gwell talks")], [("p2p", "Gwell video")]


def control(rng, kind, size, encryption=1):
    return bytes((0x7F, kind)) + size.to_bytes(2, "little") + rng.randbytes(16) + (encryption << 16).to_bytes(4, "little") + rng.randbytes(size - 24)


def piece(conversation, number, data, command=81):
    head = conversation.to_bytes(4, "little") + bytes((command, 0)) + (128).to_bytes(2, "little") + bytes(4)
    return head + number.to_bytes(4, "little") + bytes(4) + len(data).to_bytes(4, "little") + data


def media(payload, relayed=b""):
    size = 6 + len(relayed) + len(payload)
    frame = bytearray(bytes((0xC0, 0x20 if relayed else 0x10, size & 7, size >> 3 & 0xFF)) + bytes(2) + relayed + payload)
    check = int.from_bytes(frame[2:4], "little")
    for place in range(12):
        word = frame[6 + 2 * place : 8 + 2 * place]
        if len(word) == 2:
            value = int.from_bytes(word, "little")
            check ^= (value << place | value >> (16 - place)) & 0xFFFF
    frame[4:6] = check.to_bytes(2, "little")
    return bytes(frame)


def pictures(rng, number, size=1000, conversation=0x12345678):
    return piece(conversation, number, bytes((4, 0)) + size.to_bytes(2, "little") + rng.randbytes(size - 4))


def test_both_ends_talk_to_their_servers():
    rng = random.Random(1)
    for kind, size in ((0x15, 40), (0x01, 68), (0x0C, 164), (0xA4, 128)):
        assert services.from_udp(control(rng, kind, size), 40000, 51701) == TALKS
    assert services.from_udp(media(piece(0x92345678, 0, bytes(76))), 40000, 6789) == TALKS


def test_video_is_heard_on_either_way():
    rng = random.Random(2)
    assert services.from_udp(media(pictures(rng, 1)), 40000, 6789) == VIDEO
    assert services.from_udp(media(pictures(rng, 1), relayed=rng.randbytes(8)), 40000, 6789) == VIDEO
    assert services.from_udp(media(b"\0\x01\x44\0" + bytes(64) + pictures(rng, 1)), 40000, 6789) == VIDEO
    assert services.from_udp(media(piece(0x12345678, 1, b"\2\0\x10\0" + bytes(12)) + pictures(rng, 2)), 40000, 6789) == VIDEO


def test_what_who_watches_sends_is_no_video():
    rng = random.Random(3)
    for payload in (pictures(rng, 1, 32), piece(0x12345678, 1, b"", command=82), pictures(rng, 1, 1000, 0x92345678), pictures(rng, 1, 400)):
        assert services.from_udp(media(payload), 40000, 6789) == TALKS


def test_what_only_looks_alike_is_nothing():
    rng = random.Random(4)
    whole = media(pictures(rng, 1))
    for wrong in (whole[:-1], whole + b"\0", b"\xc1" + whole[1:], whole[:9] + bytes((whole[9] ^ 1,)) + whole[10:], whole[:3]):
        assert gwell_facts(wrong) == []
    talk = control(rng, 0x15, 40)
    for wrong in (talk + b"\0", b"\x7d" + talk[1:], talk[:1] + b"\x33" + talk[2:], talk[:23] + b"\x80" + talk[24:], control(rng, 0x15, 40, 0)):
        assert gwell_facts(wrong) == []
    assert sum(bool(gwell_facts(bytes((first,)) + rng.randbytes(rng.randrange(1400)))) for first in (0x7E, 0x7F, 0xC0) for _ in range(20000)) == 0


def test_quic_is_not_taken_for_it():
    rng = random.Random(5)
    for _ in range(5000):
        assert gwell_facts(b"\xc0\0\0\0\1\x08" + rng.randbytes(1194)) == []


@pytest.mark.parametrize("known", [True, False], ids=["a maker's MAC", "made up"])
def test_who_only_talks_does_not_alarm(known):
    mac = "74:2f:68:00:00:01" if known else "da:a1:19:3c:7e:52"
    assert not any(found.alarm for found in searched(("p2p", "Gwell talks"), mac=mac).findings)


def test_a_camera_that_is_watched_alarms():
    rng, search = random.Random(6), NetworkSearch()
    for number in range(40):
        for frame in (
            udp_frame((*CAM, 40000), (*PHONE, 50000), media(pictures(rng, number))),
            udp_frame((*PHONE, 50000), (*CAM, 40000), media(piece(0x12345678, number, b"", command=82))),
        ):
            search.hear(Packet(frame, number / 20, 1, len(frame)))
    (found,) = [one for one in search.finish().findings if one.alarm]
    assert found.where.mac == CAM[0]
    assert "Gwell" in found.camera
