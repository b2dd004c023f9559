"""Listening through the kernel's ring: on the loopback and on a veth that is made for the test."""

from __future__ import annotations

import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from detector.model import Packet
from hardware import packet_socket, privilege
from hardware.feeds import Accountable
from hardware.packet_filter import HEADS
from hardware.packet_socket import PacketSocket, RingLimits, batch_of, tell_losses
from hardware.sensor import SensorUnavailable, Unavailable
from tests.peers.bed import can_make_namespaces, ip, veth

if sys.platform != "linux":
    pytest.skip("packet sockets are of Linux", allow_module_level=True)

ROOT = pytest.mark.skipif(not privilege.may_listen(), reason="needs root or CAP_NET_RAW for a packet socket")
SPACES = pytest.mark.skipif(not can_make_namespaces(), reason="needs the right to make network namespaces (root) and iproute2")
PATIENT = 20.0  # seconds; every test closes its listener long before
SAYS = b"roomsweep listens"


@pytest.fixture
def speaker():
    """A UDP socket of the loopback that sends to itself."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock


def hear(packets, sock, payload=SAYS):
    """The first packet with that payload; a thread repeats it, since the socket opens at the first `next`."""
    over = threading.Event()

    def say():
        while not over.wait(0.02):
            sock.sendto(payload, sock.getsockname())

    thread = threading.Thread(target=say)
    thread.start()
    try:
        return next(packet for packet in packets if payload[:60] in bytes(packet.data))
    finally:
        over.set()
        thread.join()


def test_it_keeps_an_account_as_every_source_does():
    listener = PacketSocket("lo", 1.0)
    assert isinstance(listener, Accountable)
    assert (listener.name, listener.replay) == ("lo", False)


def test_an_interface_that_is_not_there():
    with pytest.raises(SensorUnavailable, match="no network interface nothere0") as caught:
        next(PacketSocket("nothere0", 0.1).packets())
    assert caught.value.reason is Unavailable.NO_DEVICE


@pytest.mark.parametrize(
    ("error", "reason", "says"),
    [
        (PermissionError(1, "Operation not permitted"), Unavailable.NO_PERMISSION, "run as root"),
        (OSError(97, "Address family not supported by protocol"), Unavailable.NOT_SUPPORTED, "no packet sockets"),
    ],
)
def test_what_the_system_refuses_is_one_line(monkeypatch, error, reason, says):
    def refuse(*_):
        raise error

    monkeypatch.setattr(packet_socket.socket, "socket", refuse)
    monkeypatch.setattr(packet_socket.interfaces, "hardware_type", lambda _: 1)
    with pytest.raises(SensorUnavailable, match=says) as caught:
        next(PacketSocket("eth0", 0.1).packets())
    assert caught.value.reason is reason
    assert "\n" not in caught.value.says


@ROOT
def test_frames_come_as_they_were_sent_with_the_time_of_the_sweep(speaker):
    packets = PacketSocket("lo", PATIENT, clock=lambda: 3.25).packets()
    first = hear(packets, speaker)
    packets.close()
    assert (first.link, first.length) == (1, len(first.data))
    assert first.data.endswith(SAYS)
    assert first.data[12:14] == b"\x08\x00"
    assert 3.25 - PATIENT < first.at_s <= 3.25


@ROOT
def test_times_are_those_of_arrival_not_of_reading(speaker):
    packets = PacketSocket("lo", PATIENT, limits=RingLimits(retire_ms=1)).packets()
    hear(packets, speaker)
    sent = []
    for n in range(50):
        began = time.monotonic()
        speaker.sendto(b"number %02d" % n, speaker.getsockname())
        sent.append((began, time.monotonic()))
    for n, (began, ended) in enumerate(sent):
        at_s = next(packet.at_s for packet in packets if packet.data.endswith(b"number %02d" % n))
        assert began - 0.002 < at_s < ended + 0.002  # the two clocks are read one after the other
    packets.close()


@ROOT
def test_our_own_frames_are_heard_once_on_the_loopback_and_not_as_sent(speaker):
    packets = PacketSocket("lo", PATIENT).packets()
    hear(packets, speaker)
    speaker.sendto(b"only once", speaker.getsockname())
    speaker.sendto(b"the end", speaker.getsockname())
    heard = []
    for packet in packets:
        heard.append(bytes(packet.data))
        if b"the end" in packet.data:
            break
    packets.close()
    assert sum(b"only once" in data for data in heard) == 1


@ROOT
def test_long_noise_comes_as_its_head_with_the_length_of_the_wire(speaker):
    packets = PacketSocket("lo", PATIENT).packets()
    noise = b"\x80\x60" + bytes(range(128, 256)) * 9
    found = hear(packets, speaker, noise)
    packets.close()
    assert len(found.data) == HEADS
    assert found.length == 14 + 20 + 8 + len(noise)


@ROOT
def test_more_blocks_than_the_ring_has_come_round_without_loss(speaker):
    limits = RingLimits(block=1 << 14, blocks=4, retire_ms=1)
    listener = PacketSocket("lo", PATIENT, limits=limits)
    packets = listener.packets()
    hear(packets, speaker)
    for n in range(300):
        speaker.sendto(b"number %d " % n + b"x" * 900, speaker.getsockname())
        if n % 10 == 9:
            met = [next(p for p in packets if b"number %d " % m in p.data) for m in range(n - 9, n + 1)]
            assert len(met) == 10
    packets.close()
    assert listener.gaps == []
    assert "packets lost" not in listener.examined


@ROOT
def test_packets_that_came_too_fast_are_a_gap_and_counted(speaker):
    listener = PacketSocket("lo", PATIENT, limits=RingLimits(block=1 << 14, blocks=2))
    packets = listener.packets()
    hear(packets, speaker)
    for _ in range(400):  # nobody reads meanwhile
        speaker.sendto(b"x" * 900, speaker.getsockname())
    packets.close()
    assert [gap.reason for gap in listener.gaps] == [Unavailable.LOST]
    assert listener.examined["packets lost"] > 300
    assert str(listener.examined["packets lost"]) in listener.gaps[0].says
    assert not listener.gaps[0].fatal


@ROOT
def test_it_ends_when_the_time_is_over_and_lets_go_of_the_socket():
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert list(PacketSocket("lo", 0.0).packets()) == []
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@ROOT
def test_a_ring_that_the_kernel_refuses_is_told():
    with pytest.raises(SensorUnavailable, match="no buffer") as caught:
        next(PacketSocket("lo", 1.0, limits=RingLimits(block=1000)).packets())
    assert caught.value.reason is Unavailable.NOT_SUPPORTED


@pytest.mark.parametrize(("whole", "dropped", "gaps", "limits"), [(1000, 0, 0, 0), (1000, 10, 0, 1), (1000, 11, 1, 0), (0, 0, 0, 0)])
def test_a_few_lost_packets_are_said_and_many_are_a_gap(whole, dropped, gaps, limits):
    listener = PacketSocket("lo", 1.0)
    tell_losses(listener, whole, dropped)
    assert (len(listener.gaps), len(listener.coverage_limits)) == (gaps, limits)
    assert listener.examined.get("packets lost", 0) == dropped


@ROOT
def test_what_waited_together_comes_as_one_batch(speaker):
    batches = PacketSocket("lo", PATIENT, limits=RingLimits(retire_ms=200)).batches()
    hear((packet for batch in batches for packet in batch.packets()), speaker)
    for n in range(100):
        speaker.sendto(b"number %02d" % n, speaker.getsockname())
    found, sizes = [], []
    while len(found) < 100:
        batch = next(batches)
        sizes.append(len(batch))
        found += [bytes(packet.data[-9:]) for packet in batch.packets() if b"number" in packet.data]
    batches.close()
    assert found == [b"number %02d" % n for n in range(100)]
    assert max(sizes) >= 50


def test_a_block_is_walked_by_its_own_distances():
    heads = [(96, 5, b"first"), (0, 900, b"the second is cut")]
    block, at = bytearray(48), 48
    struct.pack_into("=III", block, 8, 1, len(heads), 48)
    for after, length, data in heads:
        block += struct.pack("=IIIIIIHH", after, 100, 500_000_000, len(data), length, 1, 66, 80).ljust(66, b"\0") + data
        at += after or 0
        block += bytes(max(0, at - len(block)))
    assert list(batch_of(bytes(block), 1, -98.0).packets()) == [Packet(b"first", 2.5, 1, 5), Packet(b"the second is cut", 2.5, 1, 900)]


@pytest.fixture(name="veth")
def plugged():
    """The namespace in which eth0 is one end, and that in which it is the other."""
    with veth() as names:
        yield names


LISTEN = """
import sys
from hardware.packet_socket import PacketSocket
from hardware.sensor import SensorUnavailable
packets = PacketSocket("eth0", 20.0, promiscuous=sys.argv[1] == "promiscuous").packets()
print(sum(1 for _ in PacketSocket("eth0", 0.0).packets()), flush=True)
try:
    for packet in packets:
        print(bytes(packet.data[:12]).hex(), flush=True)
except SensorUnavailable as error:
    print(error.reason.value, error.says, flush=True)
"""
SAY = """
import socket, time
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
    sock.bind(("eth0", 0))
    while True:
        sock.send(bytes.fromhex("ffffffffffff02000000000588b5") + bytes(50))
        time.sleep(0.02)
"""


def started(namespace, program, *words):
    command = ["ip", "netns", "exec", namespace, sys.executable, "-c", program, *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=packet_socket.__file__.rsplit("/", 2)[0])


def promiscuity(namespace):
    shown = subprocess.run(["ip", "-n", namespace, "-d", "link", "show", "eth0"], check=True, capture_output=True, text=True)
    return int(shown.stdout.split("promiscuity ")[1].split()[0])


@SPACES
@pytest.mark.parametrize(("word", "expected"), [("plain", 0), ("promiscuous", 1)])
def test_promiscuous_only_when_asked_and_an_interface_that_goes_down_is_lost(veth, word, expected):
    listening, saying = started(veth[1], LISTEN, word), started(veth[0], SAY)
    try:
        assert listening.stdout.readline() == "0\n"
        assert listening.stdout.readline() == "ffffffffffff020000000005\n"
        assert promiscuity(veth[1]) == expected
        ip("-n", veth[1], "link", "set", "eth0", "down")
        (lost,) = [line for line in listening.stdout if line.startswith("lost")]
        assert "eth0 stopped" in lost
        listening.wait(10)
    finally:
        for process in (saying, listening):
            process.kill()
            process.wait()
            process.stdout.close()
