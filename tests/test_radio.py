"""Raw frames: ARP as a transcript over a socket that we hold, listening over a real loopback."""

from __future__ import annotations

import socket
import sys
from ipaddress import IPv4Address, IPv4Network, IPv6Address

import pytest
from scapy.layers.inet6 import ICMPv6EchoReply, IPv6
from scapy.layers.l2 import ARP, Ether

from detector.network import questions
from hardware import privilege, radio
from hardware.feeds import Accountable
from hardware.interfaces import Joined
from hardware.radio import ArpLimits, Listener
from hardware.sensor import SensorUnavailable, Unavailable

OURS = Joined("test0", IPv4Address("10.9.8.2"), IPv4Network("10.9.8.0/28"), "02:00:00:00:00:02", 1)
QUICK = ArpLimits(per_s=5000, rounds=2, patience_s=0.05)
CAMERA = ("10.9.8.5", "44:19:b6:00:00:05")
ROOT = pytest.mark.skipif(not privilege.may_listen(), reason="needs root or CAP_NET_RAW for a packet socket")


class Wire:
    """Stands where scapy's socket stands: answers ARP requests for the hosts that it plays."""

    def __init__(self, hosts, deaf_for=0, then=None):
        self.near, self.far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.hosts = dict(hosts) if all(isinstance(host, tuple) for host in hosts) else hosts
        self.deaf_for, self.then, self.sent, self.closed = deaf_for, then, [], False

    def fileno(self):
        return self.near.fileno()

    def send(self, frame):
        self.sent.append(bytes(frame))
        if ARP not in frame:
            for host in self.hosts:
                self.say(host)
            return
        if self.then is not None and len(self.sent) > self.then:
            raise OSError(100, "Network is down")
        asked = frame[ARP].pdst
        if self.sent.count(bytes(frame)) > self.deaf_for and asked in self.hosts:
            mac = self.hosts[asked]
            self.say(Ether(src=mac, dst=frame.src) / ARP(op=2, hwsrc=mac, psrc=asked, hwdst=frame.src, pdst=frame[ARP].psrc))

    def say(self, frame):
        self.far.send(bytes(frame))

    def recv(self):
        return Ether(self.near.recv(2000))

    def close(self):
        self.closed = True
        self.near.close()
        self.far.close()


@pytest.fixture
def wire(monkeypatch):
    made = []

    def make(*hosts, **how):
        made.append(Wire(hosts, **how))
        monkeypatch.setattr(radio, "_socket", lambda *_, **__: made[-1])
        return made[-1]

    yield make
    for one in made:
        one.close()


def sweep(network="10.9.8.0/28", limits=QUICK):
    return list(radio.arp_sweep(OURS, IPv4Network(network), limits, clock=lambda: 7.5))


def test_a_host_that_answers_is_sighted_once_with_address_mac_and_time(wire):
    wire(CAMERA)
    (only,) = sweep()
    assert (only.field, only.value, only.ip, only.mac, only.at_s, only.via) == ("address", "arp", *CAMERA, 7.5, "asked")


def test_each_address_but_our_own_is_asked_and_silent_ones_again(wire):
    one = wire(CAMERA)
    sweep()
    asked = [ARP(frame[14:]).pdst for frame in one.sent]
    assert len(asked) == 13 + 12
    assert asked.count(CAMERA[0]) == 1
    assert "10.9.8.2" not in asked


def test_every_frame_sent_is_the_listed_question(wire):
    one = wire(CAMERA)
    sweep()
    assert all(questions.load()["arp"].matches(frame) for frame in one.sent)
    assert all(frame[6:12].hex(":") == OURS.mac for frame in one.sent)


def test_a_host_that_misses_the_first_question_answers_the_second(wire):
    wire(CAMERA, deaf_for=1)
    assert [one.ip for one in sweep()] == [CAMERA[0]]
    wire(CAMERA, deaf_for=1)
    assert sweep(limits=ArpLimits(per_s=5000, rounds=1, patience_s=0.05)) == []


def test_somebody_elses_request_shows_its_sender_too(wire):
    one = wire()
    one.say(Ether() / ARP(op=1, hwsrc="AA:BB:CC:00:00:09", psrc="10.9.8.9", pdst="10.9.8.1"))
    (seen,) = sweep()
    assert (seen.ip, seen.mac, seen.via) == ("10.9.8.9", "aa:bb:cc:00:00:09", "heard")


def test_answers_from_outside_the_subnet_are_left_out(wire):
    one = wire()
    one.say(Ether() / ARP(op=2, hwsrc="aa:bb:cc:00:00:09", psrc="192.168.1.1", pdst="10.9.8.2"))
    one.say(Ether() / ARP(op=1, hwsrc="aa:bb:cc:00:00:0a", psrc="0.0.0.0", pdst="10.9.8.9"))  # an address probe
    assert sweep() == []


def test_frames_that_are_no_whole_arp_are_passed_over(wire):
    one = wire(CAMERA)
    for broken in (b"\xff" * 14 + b"\x08\x06", b"\xff" * 12 + b"\x08\x06\x00\x01", b"\x00" * 60):
        one.far.send(broken)
    assert [seen.ip for seen in sweep()] == [CAMERA[0]]


def test_an_interface_that_goes_down_ends_the_sweep_with_a_reason(wire):
    one = wire(CAMERA, then=4)
    found = radio.arp_sweep(OURS, IPv4Network("10.9.8.0/28"), QUICK)
    assert next(found).ip == CAMERA[0]
    with pytest.raises(SensorUnavailable, match="Network is down") as caught:
        list(found)
    assert caught.value.reason is Unavailable.LOST
    assert one.closed


def test_an_interface_without_ethernet_addresses_is_refused():
    tunnel = Joined("tun0", OURS.address, OURS.network, None, 65534)
    with pytest.raises(SensorUnavailable, match="no Ethernet") as caught:
        list(radio.arp_sweep(tunnel, OURS.network))
    assert caught.value.reason is Unavailable.NOT_SUPPORTED


def test_without_the_privilege_the_remedy_is_said(monkeypatch):
    def forbidden(**_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("scapy.arch.linux.L2Socket", forbidden)
    for use in (radio.arp_sweep(OURS, OURS.network), Listener("lo", 0.1).packets()):
        with pytest.raises(SensorUnavailable, match="run as root") as caught:
            next(use)
        assert caught.value.reason is Unavailable.NO_PERMISSION


def test_the_listener_keeps_an_account():
    assert isinstance(Listener("lo", 1.0), Accountable)


def test_listening_on_an_interface_that_is_not_there():
    with pytest.raises(SensorUnavailable, match="no network interface nothere0") as caught:
        next(Listener("nothere0", 0.1).packets())
    assert caught.value.reason is Unavailable.NO_DEVICE


@ROOT
def test_listening_hears_whole_frames_as_they_come():
    listener = Listener("lo", 2.0, clock=lambda: 3.25)
    packets = listener.packets()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        first = _hear_one(packets, sock, b"roomsweep listens")
    packets.close()
    assert (first.at_s, first.link, first.length) == (3.25, 1, len(first.data))
    assert first.data[12:14] == b"\x08\x00"
    assert listener.gaps == []
    assert listener.coverage_limits == []


@ROOT
def test_what_is_heard_one_by_one_is_handed_over_as_batches():
    batches = Listener("lo", 2.0, clock=lambda: 3.25).batches()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        first = _hear_one((packet for batch in batches for packet in batch.packets()), sock, b"roomsweep listens")
    batches.close()
    assert (first.at_s, first.link, first.length) == (3.25, 1, len(first.data))


@ROOT
def test_packets_that_came_too_fast_are_a_gap(monkeypatch):
    monkeypatch.setattr(radio, "_BUFFER", 2048)
    listener = Listener("lo", 5.0)
    packets = listener.packets()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        _hear_one(packets, sock, b"roomsweep listens")
        for _ in range(400):  # nobody reads meanwhile
            sock.sendto(b"x" * 1000, sock.getsockname())
    packets.close()
    assert [gap.reason for gap in listener.gaps] == [Unavailable.LOST]
    assert "not examined" in listener.gaps[0].says
    assert not listener.gaps[0].fatal


@pytest.mark.parametrize(("whole", "dropped", "gaps", "limits"), [(1000, 0, 0, 0), (1000, 10, 0, 1), (1000, 11, 1, 0), (0, 0, 0, 0)])
def test_a_few_lost_packets_are_said_and_many_are_a_gap(whole, dropped, gaps, limits):
    class Counted:
        def getsockopt(self, *_):
            return whole.to_bytes(4, sys.byteorder) + dropped.to_bytes(4, sys.byteorder)

    listener = Listener("lo", 1.0)
    listener._account(Counted())
    assert (len(listener.gaps), len(listener.coverage_limits)) == (gaps, limits)


@ROOT
def test_listening_ends_when_the_time_is_over():
    assert list(Listener("lo", 0.0).packets()) == []


def _hear_one(packets, sock, payload):
    """The packet socket opens at the first `next`, so another thread keeps sending until it hears."""
    import threading  # noqa: PLC0415

    over = threading.Event()

    def send():
        while not over.wait(0.02):
            sock.sendto(payload, sock.getsockname())

    thread = threading.Thread(target=send)
    thread.start()
    try:
        return next(packet for packet in packets if bytes(packet.data).endswith(payload))
    finally:
        over.set()
        thread.join()


# --- who speaks IPv6 --------------------------------------------------------------------------

SOURCE = IPv6Address("fe80::2")


def echo_reply(address, mac):
    return Ether(src=mac, dst=OURS.mac) / IPv6(src=address, dst=str(SOURCE)) / ICMPv6EchoReply()


def nodes(seconds=0.05):
    return list(radio.ask_all_nodes(OURS, SOURCE, seconds, clock=lambda: 3.5))


def test_all_nodes_are_asked_once_as_the_list_says_and_each_is_met_once(wire):
    one = wire(echo_reply("fe80::5", "44:19:B6:00:00:05"), echo_reply("fe80::5", "44:19:b6:00:00:05"), echo_reply("fe80::6", "aa:bb:cc:00:00:06"))
    found = nodes()
    assert [(x.field, x.value, x.ip, x.mac, x.at_s, x.via) for x in found] == [
        ("address", "ndp", "fe80::5", "44:19:b6:00:00:05", 3.5, "asked"), ("address", "ndp", "fe80::6", "aa:bb:cc:00:00:06", 3.5, "asked"),
    ]  # fmt: skip
    (sent,) = one.sent
    assert questions.load().recognise(sent, "ip6").name == "ipv6-echo"
    assert one.closed


def test_our_own_address_addresses_from_afar_and_other_frames_are_nobody(wire):
    wire(echo_reply(str(SOURCE), OURS.mac), echo_reply("2001:db8::9", "aa:bb:cc:00:00:09"), Ether(src="aa:bb:cc:00:00:08") / ARP())
    assert nodes() == []


def test_without_privilege_ipv6_is_not_asked_and_says_why(monkeypatch):
    def forbidden(*_, **__):
        raise SensorUnavailable(Unavailable.NO_PERMISSION, "Raw frames need a privilege.")

    monkeypatch.setattr(radio, "_socket", forbidden)
    with pytest.raises(SensorUnavailable, match="privilege"):
        nodes()
