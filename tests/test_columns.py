"""The columns of headers are what tshark reads, on real captures and on written ones."""

from __future__ import annotations

import random
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest

from detector.model import Packet
from detector.network import columns
from detector.network.batch import Batch
from hardware.lanes import LANE
from tests.benchmarks.capture_inputs import bulk, ethernet, ipv4, ipv6, mixed, tcp, udp, write
from tests.benchmarks.tshark_fields import ours, unlike
from tests.test_capture import block, enhanced, interface, section

ROOT = Path(__file__).parent.parent
CAPTURES = ROOT.parent / "shared/data/captures"
needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
needs_captures = pytest.mark.skipif(not (CAPTURES / "labels.csv").is_file(), reason="the shared captures are not here")

CAM, PHONE = b"\2\0\0\0\0\x0a", b"\4\0\0\0\0\x0b"
HERE, THERE = b"\x0a\0\0\x09", b"\x0a\0\0\x02"
HERE6, THERE6 = bytes.fromhex("fe80" + "00" * 13 + "09"), bytes.fromhex("fe80" + "00" * 13 + "02")
SEGMENT, DATAGRAM = tcp(554, 40000, 1, b"abcdef"), udp(5353, 5353, b"abc")


@needs_tshark
@needs_captures
@pytest.mark.parametrize(
    "name",
    [
        "intl-iot/yi_camera_sample.pcap", "a9-v720/docs_fake-server-cap.pcapng", "own_peers/peers.pcap",
        "neolink/EncryptionProtocol02_login.pcapng", "iot_sentinel/D-LinkCam/Setup-A-1-STA.pcap",
        "iot_sentinel/EdnetCam1/Setup-A-1-STA.pcap", "zeek/testing__btest__Traces__http__206_example_b.pcap",
        "zeek/testing__btest__Traces__irc-dcc-send.pcapng", "ndpi/tests__cfgs__default__pcap__vxlan.pcap",
        "zeek/testing__btest__Traces__tunnels__gtp__gtp1_gn_normal_incl_fragmentation.pcap",
        "ndpi/tests__cfgs__default__pcap__opera-vpn.pcapng",
    ],
)
def test_headers_of_real_captures_are_tsharks(name):
    count, differing = unlike(CAPTURES / name)
    assert count > 0
    assert differing == []


@needs_tshark
@pytest.mark.parametrize(("drawn", "packets"), [(mixed, 8000), (bulk, 1500)], ids=["mixed", "bulk"])
def test_headers_of_drawn_captures_are_tsharks(tmp_path, drawn, packets):
    write(tmp_path / "drawn.pcap", drawn(packets))
    count, differing = unlike(tmp_path / "drawn.pcap")
    assert (count, differing) == (packets, [])


def as_pcap(frames, order, *, nanoseconds):
    magic, ticks = (0xA1B23C4D, 1_000_000_000) if nanoseconds else (0xA1B2C3D4, 1_000_000)
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, 1)]
    for at_s, frame in frames:
        out += [struct.pack(order + "IIII", int(at_s), int(at_s % 1 * ticks), len(frame), len(frame)), frame]
    return b"".join(out)


def as_pcapng(frames, order):
    """Three Ethernet interfaces whose clocks count microseconds, nanoseconds, and parts of a 1024th since 1990."""
    then = 631_152_000
    out = [section(order), interface(order, 1), interface(order, 1, 9), interface(order, 1, 0x80 | 20, then)]
    for number, (at_s, frame) in enumerate(frames):
        ticks = (int(at_s * 1e6), int(at_s * 1e9), int((at_s - then) * (1 << 20)))[number % 3]
        out.append(enhanced(order, number % 3, ticks, frame))
        if number % 500 == 0:
            out.append(block(order, 5, bytes(16)))
    return b"".join(out)


@needs_tshark
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("form", ["microseconds", "nanoseconds", "interfaces"])
def test_captures_of_every_form_are_tsharks_also_when_they_are_cut(tmp_path, order, form):
    frames = list(mixed(2500, seed=4))
    data = as_pcapng(frames, order) if form == "interfaces" else as_pcap(frames, order, nanoseconds=form == "nanoseconds")
    assert len(data) > 12 * LANE  # so that it is read in lanes
    path, rng = tmp_path / "written", random.Random(form + order)
    path.write_bytes(data)
    assert unlike(path) == (len(frames), [])
    for _ in range(3):
        path.write_bytes(data[: rng.randrange(len(data) // 2, len(data))])
        count, differing = unlike(path)
        assert differing == []
        assert len(frames) // 3 < count < len(frames)


@needs_tshark
@pytest.mark.parametrize("tag", [b"", b"\x81\0\0\5", b"\x88\xa8\0\5\x81\0\0\6", b"\x91\0\0\5\x81\0\0\6"], ids=["none", "one", "two", "old two"])
def test_headers_of_written_frames_are_tsharks(tmp_path, tag):
    chain = b"\x2b\0" + bytes(6) + b"\x06\0" + bytes(6) + SEGMENT  # hop-by-hop options, then a routing header
    options = struct.pack(">BBHHHBBH", 0x46, 0, 24 + len(DATAGRAM), 0, 0, 64, 17, 0) + HERE + THERE + b"\1\1\1\1" + DATAGRAM
    fragment = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(DATAGRAM), 0, 5, 64, 17, 0) + HERE + THERE + DATAGRAM
    bodies = [
        (0x0800, ipv4(HERE, THERE, 6, SEGMENT)), (0x0800, ipv4(HERE, THERE, 17, DATAGRAM) + b"trailer"), (0x0800, options),
        (0x0800, fragment), (0x0800, ipv4(HERE, THERE, 1, b"\x08\0" + bytes(30))), (0x86DD, ipv6(HERE6, THERE6, 6, SEGMENT)),
        (0x86DD, ipv6(HERE6, THERE6, 0, chain)), (0x0806, bytes(28)), (0x0026, bytes(60)),
    ]
    write(tmp_path / "written.pcap", ((1.0, ethernet(CAM, PHONE, body, kind, tag)) for kind, body in bodies))
    count, differing = unlike(tmp_path / "written.pcap")
    assert (count, differing) == (len(bodies), [])
    ports = [row[5] for row in ours(tmp_path / "written.pcap")]
    assert ports == ["tcp 554", "udp 5353", "udp 5353", "", "", "tcp 554", "tcp 554", "", ""]


def addressed(*frames, link=1):
    batch = Batch.of([Packet(frame, 0.0, link, len(frame)) for frame in frames])
    return columns.addressed(batch.data, columns.links(batch))


def test_a_payload_ends_with_its_packet_not_with_the_frame():
    ip = addressed(ethernet(CAM, PHONE, ipv4(HERE, THERE, 17, DATAGRAM) + b"padding of Ethernet"))
    assert (ip.end - ip.payload).tolist() == [3]


@pytest.mark.parametrize("cut", range(14, 60))
def test_a_frame_cut_anywhere_claims_nothing_beyond_its_end(cut):
    frame = ethernet(CAM, PHONE, ipv4(HERE, THERE, 6, SEGMENT))
    ip = addressed(frame[:cut], frame)
    ends = [cut] * (cut >= 34) + [cut + len(frame)]
    assert len(ip.row) == len(ends)
    assert (ip.end <= np.array(ends)).all()
    assert (ip.payload <= ip.end).all()
    assert ip.carried.tolist() == [cut >= 54] * (cut >= 34) + [True]


def test_a_header_that_says_too_much_ends_with_its_frame():
    wrong = bytearray(ethernet(CAM, PHONE, ipv4(HERE, THERE, 6, SEGMENT)))
    wrong[16:18], wrong[46] = b"\xff\xff", 0xF0
    ip = addressed(bytes(wrong))
    assert (ip.payload, ip.end) == (len(wrong), len(wrong))


def test_extension_headers_that_never_end_are_left():
    chain = b"\0\0" + bytes(6)
    ip = addressed(ethernet(CAM, PHONE, ipv6(HERE6, THERE6, 0, chain * 40 + SEGMENT), 0x86DD))
    assert ip.carried.tolist() == [False]


def test_tags_that_never_end_are_left():
    assert addressed(ethernet(CAM, PHONE, b"\x81\0\0\1" * 40 + ipv4(HERE, THERE, 6, SEGMENT), 0x8100)).row.size == 0


@pytest.mark.parametrize(("ttl", "target", "starting"), [(64, THERE, True), (63, THERE, False), (255, b"\xe0\0\0\1", False), (128, THERE, True)])
def test_a_packet_that_came_without_a_hop_is_known_by_its_time_to_live(ttl, target, starting):
    assert addressed(ethernet(CAM, PHONE, ipv4(HERE, target, 6, SEGMENT, ttl))).starting.tolist() == [starting]


def test_the_key_of_the_way_back_is_that_of_the_answer():
    out = addressed(ethernet(CAM, PHONE, ipv4(HERE, THERE, 6, tcp(554, 40000, 1, b""))))
    back = addressed(ethernet(PHONE, CAM, ipv4(THERE, HERE, 6, tcp(40000, 554, 1, b""))))
    assert columns.back_bytes(out.key[0].tobytes()) == back.key[0].tobytes() != out.key[0].tobytes()
    assert columns.back_bytes(columns.back_bytes(out.key[0].tobytes())) == out.key[0].tobytes()


@pytest.mark.parametrize(
    ("frame", "receiver"),
    [
        (ethernet(CAM, PHONE, ipv4(HERE, THERE, 6, SEGMENT)), (THERE, 40000, 6)),
        (ethernet(CAM, PHONE, ipv4(HERE, THERE, 17, DATAGRAM)), (THERE, 5353, 17)),
        (ethernet(CAM, PHONE, ipv6(HERE6, THERE6, 6, SEGMENT), 0x86DD), (THERE6, 40000, 6)),
    ],
    ids=["TCP", "UDP", "IPv6"],
)
def test_a_key_tells_whom_its_flow_goes_to(frame, receiver):
    key = addressed(frame).key[0].tobytes()
    assert len(key) == columns.KEY_BYTES
    assert columns.receiver_of(key) == receiver


@pytest.mark.parametrize("word", [0, 0x02000000000A, (1 << 48) - 1])
def test_a_mac_goes_into_a_word_and_comes_out_again(word):
    assert columns.mac_bytes(word) == word.to_bytes(6, "big")
    assert columns.mac_bytes(int(columns.NO_MAC)) is None
