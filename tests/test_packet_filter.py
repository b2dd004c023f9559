"""The kernel itself runs the filter here: on one end of a socket pair, which needs no privilege."""

from __future__ import annotations

import itertools
import os
import socket
import struct
import sys
from pathlib import Path

import pytest

from detector.model import Packet
from detector.network.search import NetworkSearch
from detector.synthetic import talk
from hardware.capture import CaptureFile
from hardware.packet_filter import HEADS, LONG, WHOLE, assembled, facts_whole, packed
from hardware.sensor import SensorUnavailable

if sys.platform != "linux":
    pytest.skip("the filter is one of Linux", allow_module_level=True)

from hardware.packet_socket import attach

SHARED = Path(__file__).parent.parent.parent / "shared"
NOISE = bytes(range(128, 256)) * 12
MACS = bytes.fromhex("02000000000244 19b6000005".replace(" ", ""))


@pytest.fixture
def kept():
    """A frame -> how many bytes of it the kernel hands over; 0 where it drops it."""
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    near.setblocking(False)
    attach(near, facts_whole(1))

    def of(frame):
        far.send(frame)
        try:
            return len(near.recv(65536))
        except BlockingIOError:
            return 0

    with near, far:
        yield of


def ipv4(kind, transport, options=b"", fragment=0):
    head = struct.pack("!BBHHHBBH", 0x45 + len(options) // 4, 0, 20 + len(options) + len(transport), 0, fragment, 64, kind, 0)
    return MACS + b"\x08\x00" + head + bytes([10, 0, 0, 5, 10, 0, 0, 1]) + options + transport


def ipv6(kind, transport):
    return MACS + b"\x86\xdd" + struct.pack("!IHBB", 6 << 28, len(transport), kind, 64) + bytes(32) + transport


def tcp(payload, options=b""):
    return struct.pack("!HHIIBBHHH", 554, 40000, 1, 1, (5 + len(options) // 4) << 4, 0x18, 8192, 0, 0) + options + payload


def udp(payload):
    return struct.pack("!HHHH", 40000, 50000, 8 + len(payload), 0) + payload


CARRIERS = {
    "IPv4 TCP": lambda payload: ipv4(6, tcp(payload)),
    "IPv4 TCP with options": lambda payload: ipv4(6, tcp(payload, bytes(12))),
    "IPv4 with options": lambda payload: ipv4(6, tcp(payload, bytes(40)), options=bytes(40)),
    "IPv6 TCP": lambda payload: ipv6(6, tcp(payload, bytes(12))),
    "IPv4 UDP": lambda payload: ipv4(17, udp(payload)),
    "IPv6 UDP": lambda payload: ipv6(17, udp(payload)),
}
TEXT = b"HTTP/1.1 200 OK\r\nServer: Hipcam RealServer/V1.0\r\n".ljust(1400, b".")


@pytest.mark.parametrize("carrier", CARRIERS)
def test_text_comes_whole_and_noise_comes_as_its_head(kept, carrier):
    frame = CARRIERS[carrier](TEXT)
    assert kept(frame) == len(frame)
    assert kept(CARRIERS[carrier](NOISE[:1400])) == HEADS


@pytest.mark.parametrize(
    ("begins", "by_tcp", "by_udp"),
    [
        (b"\x16\x03\x01\x06\x20", True, True),  # a TLS handshake, and by UDP a binary question
        (b"\x17\x03\x03\x05\x70", False, True),  # what TLS then carries
        (b"\xf1\xd0\x04\x00", False, True),  # PPPP, whose length law needs all of it
        (b"\xc3\x00\x00\x00\x01", False, True),  # QUIC with its handshake, where the server's name stands
        (b"\x47\x9a\x33\xd8", False, False),  # QUIC after it
        (b"\x80\x60\x00\x01", False, False),  # RTP
        (b"\xff\xd8\xff\xe0", False, True),  # the middle of a JPEG
        (b"<?xml version=", True, True),
        (b"M-SEARCH * HTTP/1.1", True, True),
        (b"--boundary\r\n", True, True),
        (b"\x00\x00\x01\x67", False, True),
    ],
)
def test_long_frames_by_how_their_payload_begins(kept, begins, by_tcp, by_udp):
    payload = begins.ljust(1300, b"\x05")
    for frame, whole in ((ipv4(6, tcp(payload)), by_tcp), (ipv4(17, udp(payload)), by_udp)):
        assert kept(frame) == (len(frame) if whole else HEADS)


@pytest.mark.parametrize("carrier", CARRIERS)
def test_shorter_frames_come_whole_whatever_they_hold(kept, carrier):
    rest = len(CARRIERS[carrier](b""))
    assert kept(CARRIERS[carrier](NOISE[: LONG - 1 - rest])) == LONG - 1
    assert kept(CARRIERS[carrier](NOISE[: LONG - rest])) == HEADS


def test_what_is_no_tcp_or_udp_comes_whole_up_to_the_longest(kept):
    for frame in (ipv4(47, NOISE[:1400]), ipv6(58, NOISE[:1400]), MACS + b"\x08\x06" + NOISE, MACS + b"\x88\xe1" + NOISE):
        assert kept(frame) == len(frame)
    assert kept(MACS + b"\x08\x06" + bytes(9000)) == WHOLE
    assert kept(ipv4(6, tcp(b"GET /" + b"a" * 9000))) == WHOLE


def test_later_fragments_come_as_heads_and_the_first_by_what_it_holds(kept):
    assert kept(ipv4(17, TEXT, fragment=185)) == HEADS
    assert kept(ipv4(17, udp(TEXT), fragment=0x2000)) == len(ipv4(17, udp(TEXT)))


def test_a_head_shows_the_first_bytes_of_rtp_behind_the_longest_heads(kept):
    rtp_head = 12 + 4 * 15 + 2
    assert kept(ipv4(17, udp(talk.rtp_packet(1, 1, 7, NOISE[:1300], last=False)))) >= 14 + 60 + 8 + rtp_head
    assert 14 + 60 + 60 + rtp_head <= HEADS


def test_broken_lengths_lose_no_frame_and_crash_nothing(kept):
    for first in (0x40, 0x4F, 0x00):
        frame = bytearray(ipv4(6, tcp(NOISE[:1400])))
        frame[14] = first
        assert kept(bytes(frame)) in (HEADS, len(frame))
    for offset in (0x00, 0xF0):
        frame = bytearray(ipv6(6, tcp(NOISE[:1400])))
        frame[14 + 40 + 12] = offset
        assert kept(bytes(frame)) in (HEADS, len(frame))
    for _ in range(300):
        noise = os.urandom(LONG) if _ % 2 else MACS + b"\x08\x00" + os.urandom(LONG)
        assert kept(noise) in (HEADS, len(noise))


def test_every_link_has_a_program_that_the_kernel_takes():
    for link in (1, 101):
        program = facts_whole(link)
        assert len(packed(program)) == 8 * len(program)
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        with near, far:
            attach(near, program)


def test_labels_become_distances_and_an_unknown_one_is_an_error():
    assert assembled(((0x15, 7, "end", ""), (0x06, 1), "end", (0x06, 0))) == ((0x15, 1, 0, 7), (0x06, 0, 0, 1), (0x06, 0, 0, 0))
    with pytest.raises(KeyError):
        assembled(((0x15, 7, "nowhere", ""),))


def _captures():
    """The largest: those with streams in them."""
    folder = SHARED / "data" / "captures"
    return sorted(folder.rglob("*.pcap*"), key=lambda path: -path.stat().st_size)[:60]


@pytest.mark.skipif(not _captures(), reason="needs the captures beside the clone (../shared/data/captures)")
def test_what_the_filter_cuts_away_from_real_captures_held_no_fact(kept):
    cut = 0
    for path in _captures():
        whole, headed = NetworkSearch(), NetworkSearch()
        try:
            for packet in itertools.takewhile(lambda packet: packet.link == 1, CaptureFile(path).packets()):
                size = kept(bytes(packet.data)) if len(packet.data) == packet.length else len(packet.data)
                cut += size < len(packet.data)
                whole.hear(packet)
                headed.hear(Packet(packet.data[:size], packet.at_s, packet.link, packet.length))
        except SensorUnavailable:
            pass  # a capture cut short: both heard the same
        assert _told(whole) == _told(headed), path.name
    assert cut > 1000


def _told(search):
    result = search.finish()
    devices = [finding.where for finding in result.findings] + list(result.others)
    verdicts = [(finding.where.mac, finding.alarm, finding.camera) for finding in result.findings]
    return verdicts, {(device.mac, s.field, s.value) for device in devices for s in device.sightings}
