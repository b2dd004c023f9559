"""Cameras on Tuya's platform: the negotiation of a stream and the video, and the plugs, lamps and games that resemble them.

No capture of one is at hand: frames and datagrams are made here as public clients state them, and are self-written evidence.
"""

from __future__ import annotations

import random
import struct

import pytest

from detector.model import Packet
from detector.network import services, tuya
from detector.network.search import NetworkSearch
from detector.synthetic.talk import udp_frame

CAM = ("28:f3:66:00:00:09", "10.0.0.9")
PHONE = ("da:a1:19:3c:7e:52", "10.0.0.7")
PLUG = ("10:d5:61:00:00:10", "10.0.0.10")


def frame(command, size=28):
    """A frame of protocols 3.1 to 3.4."""
    return b"\0\0\x55\xaa" + bytes(4) + command.to_bytes(4, "big") + (size + 8).to_bytes(4, "big") + b"\x5a" * size + b"\1\2\3\4\0\0\xaa\x55"


def frame_35(command, size=28):
    return b"\0\0\x66\x99\0\0" + bytes(4) + command.to_bytes(4, "big") + size.to_bytes(4, "big") + b"\x5a" * size + b"\0\0\x99\x66"


def pushed(rng, conversation, sizes, mac=20, command=0x51):
    """A datagram of KCP."""
    out = b""
    for number, size in enumerate(sizes):
        head = conversation.to_bytes(4, "little") + bytes((command, 0)) + (512).to_bytes(2, "little")
        out += head + rng.randbytes(4) + number.to_bytes(4, "little") + bytes(4) + size.to_bytes(4, "little") + rng.randbytes(size)
    return out + rng.randbytes(mac)


@pytest.mark.parametrize("made", [frame, frame_35])
def test_the_end_that_serves_a_stream_is_heard(made):
    heard = [("p2p", "Tuya negotiates a stream")]
    assert services.from_tcp(made(0x20), 6668, 50000) == heard
    assert services.from_tcp(made(10) + made(0x20, 1246), 6668, 50000) == heard
    assert services.from_tcp(made(0x20, 1246)[:500], 6668, 50000) == heard, "the rest of a long answer comes in another segment"


@pytest.mark.parametrize("made", [frame, frame_35])
def test_neither_the_app_nor_a_plug_is_heard(made):
    assert services.from_tcp(made(0x20), 50000, 6668) == []
    assert all(services.from_tcp(made(command), 6668, 50000) == [] for command in range(0x50) if command != 0x20)
    assert services.from_tcp(made(9) * 6, 6668, 50000) == []


def test_what_is_cut_off_is_no_fact():
    for whole in (frame(0x20), frame_35(0x20)):
        assert not [size for size in range(16) if services.from_tcp(whole[:size], 6668, 50000)]
    video = pushed(random.Random(1), 1, [1232])
    assert not [size for size in range(len(video)) if tuya.video_facts(video[:size])]


def test_video_is_heard():
    rng = random.Random(2)
    for sizes in ([1232], [48], [320, 480], [32, 64, 1120]):
        assert services.from_udp(pushed(rng, 1, sizes), 40000, 50000) == [("p2p", "Tuya video")]


def test_what_only_looks_like_video_is_not():
    rng = random.Random(3)
    others = (
        pushed(rng, 1, [1232], mac=0),  # a game over plain KCP
        pushed(rng, 1, [1233]), pushed(rng, 1, [100, 200]), pushed(rng, 1, [16]), pushed(rng, 1, [0]),
        pushed(rng, 0, [48]), pushed(rng, 2, [336]),  # control and sound, which both ends send
        pushed(rng, 1, [0], command=0x52), pushed(rng, 1, [48], command=0x52),  # what the app acknowledges
        pushed(rng, 1, [320]) + b"\0",
    )
    assert not any(services.from_udp(other, 40000, 50000) for other in others)
    assert not any(tuya.video_facts(rng.randbytes(rng.randrange(1400))) for _ in range(20000))
    assert not any(tuya.video_facts(b"\1\0\0\0\x51" + rng.randbytes(rng.randrange(1400))) for _ in range(20000))


def by_udp(sender, sport, receiver, dport, payload):
    return udp_frame((*sender, sport), (*receiver, dport), payload)


def by_tcp(sender, sport, receiver, dport, payload):
    whole = bytearray(by_udp(sender, sport, receiver, dport, payload))
    whole[23] = 6
    size = int.from_bytes(whole[16:18], "big") + 12
    whole[16:18] = size.to_bytes(2, "big")
    return bytes(whole[:34]) + struct.pack(">HHIIBBHHH", sport, dport, 1, 1, 0x50, 0x18, 512, 0, 0) + payload


def searched(packets):
    search = NetworkSearch()
    for number, data in enumerate(packets):
        search.hear(Packet(data, number / 100, 1, len(data)))
    return search.finish()


@pytest.mark.parametrize("part", [slice(0, 2), slice(2, None), slice(None)], ids=["negotiation", "video", "both"])
def test_a_camera_that_is_watched_alarms_and_its_app_does_not(part):
    rng = random.Random(4)
    talk = [
        by_tcp(PHONE, 50000, CAM, 6668, frame(0x20, 1600)),
        by_tcp(CAM, 6668, PHONE, 50000, frame(0x20) + frame(0x20, 1200)),
        *(by_udp(CAM, 40000, PHONE, 50000, pushed(rng, 1, [1232])) for _ in range(50)),
        *(by_udp(PHONE, 50000, CAM, 40000, pushed(rng, 1, [0], command=0x52)) for _ in range(50)),
    ]
    (found,) = searched(talk[part]).findings
    assert found.alarm
    assert found.where.mac == CAM[0]
    assert "Tuya" in found.camera


def test_a_plug_that_is_switched_is_no_camera():
    talk = [
        by_tcp(PHONE, 50000, PLUG, 6668, frame(7)),
        by_tcp(PLUG, 6668, PHONE, 50000, frame(7) + frame(8, 80)),
    ]
    assert not searched(talk).findings
