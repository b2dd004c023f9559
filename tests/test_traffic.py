"""Who a fact is about: the host that said it, never its router, its listener or its relay."""

from __future__ import annotations

import random
import struct

import numpy as np
import pytest

from detector.model import Packet
from detector.network.flows import FlowLimits, Flows
from detector.network.groups import grouped
from detector.network.senders import FACTS_OF_ONE
from detector.network.traffic import Traffic

CAM, PHONE, ROUTER = "02:00:00:00:00:0a", "04:00:00:00:00:0b", "08:00:00:00:00:0c"
ALL = "ff:ff:ff:ff:ff:ff"
ANSWER = b"RTSP/1.0 200 OK\r\nServer: Hipcam RealServer/V1.0\r\n\r\n"


def raw(mac):
    return bytes.fromhex(mac.replace(":", ""))


def counted(packets, limits):
    """Flows of (key, owner, time, size), whose other direction is the key turned round, added at once."""
    names = sorted({key for key, *_ in packets})
    flows = Flows(lambda key: key[::-1], limits)
    groups = grouped(np.array([[names.index(key)] for key, *_ in packets], np.uint64))
    first = [packets[row] for row in groups.first]
    owners, first_s = (np.array([one[column] for one in first]) for column in (1, 2))
    slots = flows.slots([one[0] for one in first], owners, first_s, np.arange(len(first)))
    at_s, size = (np.array([packets[row][column] for row in groups.rows]) for column in (2, 3))
    flows.add(slots, groups, size, at_s)
    return flows


def ip4(text):
    return bytes(int(part) for part in text.split("."))


def ipv4(source, target, kind, body, *, ttl=64, fragment=0):
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 0, fragment, ttl, kind, 0) + ip4(source) + ip4(target) + body


def udp(sport, dport, payload):
    return struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload


def tcp(sport, dport, payload):
    return struct.pack(">HHIIBBHHH", sport, dport, 0, 0, 0x50, 0x18, 0, 0, 0) + payload


def ethernet(sender, receiver, body, kind=0x0800, tags=b""):
    return raw(receiver) + raw(sender) + tags + struct.pack(">H", kind) + body


def arp(mac, ip, receiver=ALL):
    return ethernet(mac, receiver, b"\0\x01\x08\0\x06\x04\0\x01" + raw(mac) + ip4(ip) + b"\0" * 6 + ip4("10.0.0.1"), 0x0806)


def heard(*frames, link=1, step_s=0.1):
    """All sightings of some frames, without the notes that a MAC was seen at all."""
    found = []
    traffic = Traffic(found.append)
    for number, frame in enumerate(frames):
        traffic.hear(Packet(frame, number * step_s, link, len(frame)))
    traffic.finish()
    return [s for s in found if (s.field, s.value) != ("address", "link") or s.ip]


def said(sightings, field):
    return [(s.mac, s.ip, s.value) for s in sightings if s.field == field]


def test_a_servers_answer_is_about_the_server():
    frame = ethernet(CAM, PHONE, ipv4("10.0.0.9", "10.0.0.2", 6, tcp(554, 40000, ANSWER)))
    assert said(heard(frame), "rtsp_server") == [(CAM, "10.0.0.9", "Hipcam RealServer/V1.0")]


def test_an_internet_server_is_not_about_the_router():
    frame = ethernet(ROUTER, PHONE, ipv4("93.184.216.34", "10.0.0.2", 6, tcp(554, 40000, ANSWER), ttl=51))
    assert heard(frame) == []


def test_a_public_address_that_came_without_a_hop_is_of_this_network():
    frame = ethernet(CAM, PHONE, ipv4("130.1.2.3", "130.1.2.4", 6, tcp(554, 40000, ANSWER), ttl=64))
    assert said(heard(frame), "rtsp_server") == [(CAM, "130.1.2.3", "Hipcam RealServer/V1.0")]


def test_a_public_address_claimed_by_arp_is_of_this_network():
    frames = [arp(CAM, "130.1.2.3"), ethernet(CAM, PHONE, ipv4("130.1.2.3", "130.1.2.4", 6, tcp(554, 40000, ANSWER), ttl=60))]
    assert said(heard(*frames), "rtsp_server") == [(CAM, "130.1.2.3", "Hipcam RealServer/V1.0")]
    assert said(heard(*frames), "address") == [(CAM, "130.1.2.3", "arp")]


def test_a_phone_that_watches_a_camera_is_not_taken_for_it():
    question = b"DESCRIBE rtsp://10.0.0.9/live RTSP/1.0\r\nUser-Agent: app\r\n\r\n"
    search = bytes.fromhex("f1300000")
    frames = [
        ethernet(PHONE, CAM, ipv4("10.0.0.2", "10.0.0.9", 6, tcp(40000, 554, question))),
        ethernet(PHONE, ALL, ipv4("10.0.0.2", "255.255.255.255", 17, udp(40000, 32108, search))),
    ]
    assert {s.field for s in heard(*frames)} == {"address", "rtsp_agent"}


def test_arp_is_believed_only_of_who_sends_it():
    forged = ethernet(PHONE, ALL, b"\0\x01\x08\0\x06\x04\0\x01" + raw(CAM) + ip4("10.0.0.9") + b"\0" * 10, 0x0806)
    assert said(heard(forged), "address") == []


@pytest.mark.parametrize("tags", [b"", b"\x81\0\0\x05", b"\x88\xa8\0\x05\x81\0\0\x06"], ids=["none", "one", "two"])
def test_vlan_tags_are_passed_over(tags):
    frame = ethernet(CAM, PHONE, ipv4("10.0.0.9", "10.0.0.2", 6, tcp(554, 1, ANSWER)), tags=tags)
    assert len(said(heard(frame), "rtsp_server")) == 1


@pytest.mark.parametrize(
    ("link", "head", "mac"),
    [
        (113, struct.pack(">HHH", 0, 1, 6) + raw(CAM) + b"\0\0\x08\0", CAM),
        (276, struct.pack(">HHIHBB", 0x0800, 0, 1, 1, 0, 6) + raw(CAM) + b"\0\0", CAM),
        (101, b"", None), (228, b"", None), (12, b"", None), (0, struct.pack("<I", 2), None),
    ],
)
def test_other_links_carry_the_same_facts(link, head, mac):
    frame = head + ipv4("10.0.0.9", "10.0.0.2", 6, tcp(554, 1, ANSWER))
    assert said(heard(frame, link=link), "rtsp_server") == [(mac, "10.0.0.9", "Hipcam RealServer/V1.0")]


def test_ipv6_with_extension_headers():
    body = b"\x06\0" + b"\0" * 6 + tcp(554, 1, ANSWER)
    source = bytes.fromhex("fe80000000000000" + "0000000000000009")
    frame = ethernet(CAM, PHONE, struct.pack(">IHBB", 6 << 28, len(body), 0, 64) + source + source + body, 0x86DD)
    assert said(heard(frame), "rtsp_server") == [(CAM, "fe80::9", "Hipcam RealServer/V1.0")]


def test_later_fragments_have_no_ports():
    assert said(heard(ethernet(CAM, PHONE, ipv4("10.0.0.9", "10.0.0.2", 6, tcp(554, 1, ANSWER), fragment=100))), "rtsp_server") == []


def dhcp(mac, op=1, yours="0.0.0.0", options=()):
    body = struct.pack(">BBBBIHH", op, 1, 6, 0, 1, 0, 0) + b"\0" * 4 + ip4(yours) + b"\0" * 8 + raw(mac) + b"\0" * 202
    return body + b"\x63\x82\x53\x63" + b"".join(bytes([code, len(value)]) + value for code, value in options) + b"\xff"


def test_a_relayed_dhcp_request_is_the_clients():
    message = dhcp(CAM, options=[(53, b"\1"), (12, b"ipcam")])
    frame = ethernet(ROUTER, ALL, ipv4("10.0.0.1", "255.255.255.255", 17, udp(67, 67, message)))
    assert said(heard(frame), "dhcp_name") == [(CAM, None, "ipcam")]


def test_a_lease_joins_mac_and_address_before_the_client_uses_it():
    message = dhcp(CAM, op=2, yours="10.0.0.9", options=[(53, b"\5")])
    frame = ethernet(ROUTER, CAM, ipv4("10.0.0.1", "10.0.0.9", 17, udp(67, 68, message)))
    assert (CAM, "10.0.0.9", "dhcp") in said(heard(frame), "address")


def test_a_connection_accepted_on_a_telling_port_is_noticed_and_a_try_is_not():
    def handshake(sender, source, target, ports, flags):
        segment = bytearray(tcp(*ports, b""))
        segment[13] = flags
        return ethernet(sender, ROUTER, ipv4(source, target, 6, bytes(segment)))

    tried = handshake(PHONE, "10.0.0.2", "10.0.0.9", (40000, 37777), 0x02)
    accepted = handshake(CAM, "10.0.0.9", "10.0.0.2", (37777, 40000), 0x12)
    refused = handshake(CAM, "10.0.0.9", "10.0.0.2", (554, 40000), 0x14)
    assert said(heard(tried, accepted, refused), "open_port") == [(CAM, "10.0.0.9", "37777")]


def test_each_fact_is_told_once():
    frame = ethernet(CAM, PHONE, ipv4("10.0.0.9", "10.0.0.2", 6, tcp(554, 40000, ANSWER)))
    assert len(said(heard(*[frame] * 5), "rtsp_server")) == 1


def test_the_facts_of_one_host_are_bounded():
    def lookup(number):
        name = f"h{number}".encode()
        question = struct.pack(">6H", 1, 0x100, 1, 0, 0, 0) + bytes([len(name)]) + name + b"\3com\0\0\1\0\1"
        return ethernet(CAM, ROUTER, ipv4("10.0.0.9", "10.0.0.1", 17, udp(1024 + number, 53, question)))

    assert len(heard(*map(lookup, range(3 * FACTS_OF_ONE)))) == FACTS_OF_ONE


# --- the air --------------------------------------------------------------------------------------


def air(control, flags, addresses, body=b""):
    return bytes([control, flags, 0, 0]) + b"".join(map(raw, addresses)) + b"\0\0" + body


def radiotap(frame, signal=-42):
    return struct.pack("<BBHIBb", 0, 0, 10, 0b100010, 0, signal) + frame


BEACON = air(0x80, 0, (ALL, CAM, CAM), b"\0" * 12 + b"\0\x0aNax_000012")


def test_a_beacon_names_the_network_of_its_sender():
    assert said(heard(BEACON, link=105), "ssid") == [(CAM, None, "Nax_000012")]


def test_a_beacons_strength_comes_from_radiotap():
    (sighting,) = (s for s in heard(radiotap(BEACON), link=127) if s.field == "ssid")
    assert sighting.rssi_dbm == -42


def test_a_hidden_network_has_no_name():
    assert said(heard(air(0x80, 0, (ALL, CAM, CAM), b"\0" * 12 + b"\0\x04\0\0\0\0"), link=105), "ssid") == []


def test_a_probe_request_names_what_is_looked_for():
    assert said(heard(air(0x40, 0, (ALL, CAM, ALL), b"\0\7NAXCLOW"), link=105), "probe_ssid") == [(CAM, None, "NAXCLOW")]


@pytest.mark.parametrize(("flags", "addresses"), [(1, (ROUTER, CAM, PHONE)), (2, (PHONE, ROUTER, CAM)), (0, (PHONE, CAM, ROUTER))])
def test_open_data_frames_are_read_as_their_stations(flags, addresses):
    body = b"\xaa\xaa\x03\0\0\0\x08\0" + ipv4("10.0.0.9", "10.0.0.2", 6, tcp(554, 1, ANSWER))
    assert said(heard(air(0x08, flags, addresses, body), link=105), "rtsp_server") == [(CAM, "10.0.0.9", "Hipcam RealServer/V1.0")]


def test_protected_frames_are_not_read():
    body = b"\xaa\xaa\x03\0\0\0\x08\0" + ipv4("10.0.0.9", "10.0.0.2", 6, tcp(554, 1, ANSWER))
    assert said(heard(air(0x08, 0x41, (ROUTER, CAM, PHONE), body), link=105), "rtsp_server") == []


# --- flows ----------------------------------------------------------------------------------------


def video_sizes(seconds, seed=1):
    """20 pictures a second: a few full frames and a rest each, a larger one every second."""
    rng = random.Random(seed)
    for picture in range(20 * seconds):
        size = rng.randrange(9000, 11000) if picture % 20 == 0 else rng.randrange(1500, 4000)
        while size > 0:
            yield picture / 20, min(size, 1400)
            size -= 1400


def stream_frames(seconds, sender=CAM, receiver=ROUTER):
    for at_s, size in video_sizes(seconds):
        yield at_s, ethernet(sender, receiver, ipv4("10.0.0.9", "52.1.2.3", 17, udp(5000, 6000, b"\x40" * size)))


def streams(timed, back=()):
    found = []
    traffic = Traffic(found.append)
    for at_s, frame in sorted([*timed, *back]):
        traffic.hear(Packet(frame, at_s, 1, len(frame)))
    traffic.finish()
    return said(found, "stream")


def test_steady_video_out_is_noticed():
    assert streams(stream_frames(8)) == [(CAM, "10.0.0.9", "steady video out")]


def test_a_call_is_not_video_out():
    back = [(at_s, ethernet(ROUTER, CAM, ipv4("52.1.2.3", "10.0.0.9", 17, udp(6000, 5000, b"\x40" * 600), ttl=50))) for at_s, _ in stream_frames(8)]
    assert streams(stream_frames(8), back) == []


def test_a_download_is_not_the_routers_video():
    assert streams((at_s, ethernet(ROUTER, PHONE, ipv4("52.1.2.3", "10.0.0.2", 17, udp(443, 5000, b"\x40" * 1200), ttl=50))) for at_s, _ in stream_frames(8)) == []


def watched(back, source="52.1.2.3", size=None):
    """What is told of a telephone into which video flows, and which sends back `back` bytes for each packet of it."""
    found = []
    traffic = Traffic(found.append)
    for at_s, length in video_sizes(8):
        sent = ethernet(ROUTER, PHONE, ipv4(source, "10.0.0.2", 17, udp(6000, 5000, b"\x40" * (size or length)), ttl=50))
        answer = ethernet(PHONE, ROUTER, ipv4("10.0.0.2", source, 17, udp(5000, 6000, b"\x40" * back)))
        for frame in (sent, answer) if back else (sent,):
            traffic.hear(Packet(frame, at_s, 1, len(frame)))
    traffic.finish()
    return said(found, "watches")


def test_who_takes_in_live_video_watches():
    assert watched(20) == [(PHONE, "10.0.0.2", "steady video in")]


def test_a_call_a_download_and_what_nobody_answers_are_not_watched():
    assert watched(600) == []
    assert watched(20, size=1400) == []
    assert watched(0) == []


def test_video_from_a_host_of_this_network_is_told_of_its_sender_alone():
    """A recorder takes in the video of cameras: that says nothing against a camera behind it."""
    assert watched(20, source="10.0.0.9") == []


def test_a_bulk_upload_of_full_frames_only_is_not_video():
    assert streams((at_s, ethernet(CAM, ROUTER, ipv4("10.0.0.9", "52.1.2.3", 6, tcp(5000, 443, b"\x40" * 1400)))) for at_s, _ in stream_frames(8)) == []


@pytest.mark.parametrize(
    ("limit", "value"),
    [
        ("least_packets", 10_000), ("least_seconds", 9.0), ("least_rate", 1e6), ("most_rate", 1e3), ("one_way", 1e9),
        ("full_share", (0.9, 0.97)), ("busy_share", 1.5), ("most_uneven", 0.0),
    ],
)
def test_every_limit_of_a_stream_matters(limit, value):
    def judged(limits):
        sizes = list(video_sizes(8))
        packets = [(b"out", 7, at_s, size) for at_s, size in sizes] + [(b"tuo", 8, 1.0, 1000)]
        return [fact for owner, fact in counted(packets, limits).finish() if owner == 7]

    assert judged(FlowLimits()) == [("stream", "steady video out")]
    assert judged(FlowLimits(**{limit: value})) == []


def pppp(kind, size):
    return bytes([0xF1, kind]) + struct.pack(">H", size) + b"\xd1" * size


def test_the_bulk_of_a_pppp_session_is_the_cameras():
    out = [ethernet(CAM, PHONE, ipv4("10.0.0.9", "10.0.0.2", 17, udp(20000, 30000, pppp(0xD0, 1028)))) for _ in range(40)]
    back = [ethernet(PHONE, CAM, ipv4("10.0.0.2", "10.0.0.9", 17, udp(30000, 20000, pppp(0xD0, 20)))) for _ in range(40)]
    assert said(heard(*out, *back), "p2p") == [(CAM, "10.0.0.9", "PPPP sends video")]


def rtp(first_bytes, sender=(CAM, "10.0.0.9", 20000), receiver=(PHONE, "10.0.0.2", 30000), count=60):
    return [
        ethernet(sender[0], receiver[0], ipv4(sender[1], receiver[1], 17, udp(sender[2], receiver[2], struct.pack(">BBHII", 0x80, 96, n, n, 7) + first_bytes(n) + b"\x11" * 900)))
        for n in range(count)
    ]


def h264(n):
    return b"\x7c\x85" if n % 9 == 0 else b"\x7c\x05"


def test_clear_rtp_video_is_noticed_and_encrypted_is_not():
    rng = random.Random(3)
    assert said(heard(*rtp(h264)), "rtp_video") == [(CAM, "10.0.0.9", "H.264")]
    assert said(heard(*rtp(lambda _: rng.randbytes(2))), "rtp_video") == []


@pytest.mark.parametrize(("back", "one_way"), [(0, True), (10, True), (40, False), (60, False)])
def test_a_camera_sends_pictures_one_way_and_a_call_both_ways(back, one_way):
    seen = heard(*rtp(h264), *rtp(h264, (PHONE, "10.0.0.2", 30000), (CAM, "10.0.0.9", 20000), back))
    assert ((CAM, "10.0.0.9", "RTP video one way") in said(seen, "stream")) == one_way


@pytest.mark.parametrize("head", [0, 4, 8, 20, 32])
def test_pictures_one_after_another_by_udp_are_noticed(head):
    def pictures(count, start=b"\xff\xd8\xff\xe0", size=900, ends=(CAM, PHONE, "10.0.0.9", "10.0.0.2", 7180, 30000)):
        sender, receiver, ip, other, sport, dport = ends
        return [
            ethernet(sender, receiver, ipv4(ip, other, 17, udp(sport, dport, b"\x01" * head + (start if n % 5 == 0 else b"\x22" * 4) + b"\x11" * size)))
            for n in range(5 * count)
        ]

    noticed = [(CAM, "10.0.0.9", "pictures by UDP")]
    assert said(heard(*pictures(30)), "stream") == noticed
    assert said(heard(*pictures(30, b"\xff\xd8\xff\xdb")), "stream") == noticed
    assert said(heard(*pictures(20)), "stream") == []  # a file or two
    assert said(heard(*pictures(30, b"\xff\xd8\xff\x11")), "stream") == []
    assert said(heard(*pictures(30, size=100)), "stream") == []
    back = pictures(30, ends=(PHONE, CAM, "10.0.0.2", "10.0.0.9", 30000, 7180))
    assert said(heard(*pictures(30), *back), "stream") == []  # both send them: a call


# --- hostile frames -------------------------------------------------------------------------------


@pytest.mark.parametrize("link", [0, 1, 12, 101, 105, 113, 119, 127, 163, 192, 276, 147])
def test_cut_and_noisy_frames_are_passed_over(link):
    rng = random.Random(link)
    whole = ethernet(CAM, PHONE, ipv4("10.0.0.9", "10.0.0.2", 6, tcp(554, 1, ANSWER)))
    frames = [whole[:size] for size in range(len(whole))] + [rng.randbytes(rng.randrange(120)) for _ in range(600)]
    frames += [radiotap(BEACON)[:size] for size in range(60)]
    heard(*frames, link=link)


def test_a_memoryview_serves_as_well_as_bytes():
    frame = ethernet(CAM, PHONE, ipv4("10.0.0.9", "10.0.0.2", 6, tcp(554, 40000, ANSWER)))
    assert said(heard(memoryview(frame)), "rtsp_server")
