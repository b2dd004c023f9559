"""Peer-to-peer protocols of cheap cameras: the camera's end is told from the one that watches, also in disguise.

No real capture of Kalay or of disguised PPPP is at hand: their datagrams here are made from the laws that public
clients state, and are self-written evidence.
"""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from detector.model import Packet
from detector.network import kalay, services
from detector.network.judge import judge
from detector.network.kalay import disguised, is_kalay, undisguised
from detector.network.p2p import hidden_facts, ilnk_facts, pppp_facts
from detector.network.search import NetworkSearch
from detector.network.signatures import Signatures
from detector.synthetic.talk import udp_frame

FROM_DEVICE, FROM_CLIENT = b"\x12\0", b"\x21\0"


def said(payload, sport=40000, dport=40001):
    return services.from_udp(payload, sport, dport)


def speech(kind, direction, body=72):
    """A datagram of Kalay as go2rtc states it: opening, version, length, kind, direction, then the body."""
    head = b"\x04\x02\x1a\x02" + body.to_bytes(2, "little") + b"\0\0" + kind.to_bytes(2, "little") + direction + b"\0" * 4
    return disguised(head) + random.Random(kind).randbytes(body)


# --- Kalay ---------------------------------------------------------------------------------------


def test_a_disguise_undone_is_the_head_again():
    rng = random.Random(1)
    for _ in range(200):
        head = rng.randbytes(16)
        assert undisguised(disguised(head)) == head
        assert disguised(head) != head


def test_an_empty_head_shows_the_phrase_that_lies_over_it():
    """What a published inspection of a robot with a camera saw: nothing but the phrase, changed about."""
    assert sorted(undisguised(bytes(16))) != [0] * 16
    turned = disguised(bytes(16))
    assert sum(byte.bit_count() for byte in turned) == sum(byte.bit_count() for byte in b"Charlie is the d")


@pytest.mark.parametrize("kind", [0x0602, 0x0404, 0x0408, 0x0428])
def test_the_devices_end_is_heard_on_any_port(kind):
    assert said(speech(kind, FROM_DEVICE)) == [("p2p", "Kalay from the device")]


@pytest.mark.parametrize("kind", [0x0601, 0x0402, 0x0407, 0x0427])
def test_who_watches_says_nothing_of_a_camera(kind):
    assert is_kalay(speech(kind, FROM_CLIENT))
    assert said(speech(kind, FROM_CLIENT)) == []


@pytest.mark.parametrize("change", [lambda d: d + b"x", lambda d: d[:-1], lambda d: d[:15], lambda d: bytes(byte ^ 0xFF for byte in d[:16]) + d[16:]])
def test_a_length_or_an_opening_that_does_not_fit_is_a_stranger(change):
    assert not is_kalay(change(speech(0x0602, FROM_DEVICE)))


def test_chance_does_not_speak_kalay():
    rng = random.Random(2)
    assert not any(is_kalay(rng.randbytes(rng.randrange(120))) for _ in range(20_000))


def test_the_two_numbers_hold_just_the_bits_of_the_opening():
    assert kalay._PLACES.bit_count() == 16
    wrong = bytearray(undisguised(speech(0x0602, FROM_DEVICE)[:16]))
    for place in range(2):
        for bit in range(8):
            other = bytearray(wrong)
            other[place] ^= 1 << bit
            assert not is_kalay(disguised(bytes(other)) + bytes(72))


def plain(kind, answer, size=52):
    return b"\x51\xcc\0\0" + kind.to_bytes(2, "little") + b"\x28\0" + answer + bytes(size - 10)


def test_the_newer_form_without_disguise():
    assert said(plain(0x1002, b"\xff\xff")) == [("p2p", "Kalay from the device")]
    assert said(plain(0x1002, b"\0\0")) == []
    assert said(plain(0x1003, b"\xff\xff")) == []
    assert said(plain(0x1002, b"\xff\xff", size=40)) == []


# --- PPPP in its dialects ------------------------------------------------------------------------


# Heads as a public table of the disguise makes them of F1 10 00 28, F1 12 00 2C and F1 41 00 14, by the search
# of their key; the first two searches are wire vectors of public clients.
KEYS = {
    "2cba5f5d": ("2c9a54c5", "2c989cf2", "2ccb6293"),
    "49b573d5": ("4995ddb6", "4997e01c", "49c4ea36"),
    "9fa1eeb9": ("9f81b5fd", "9f832422", "9fd030f8"),
}


@pytest.mark.parametrize("search", KEYS)
def test_the_heads_of_a_key_obey_its_law(search):
    first, over = bytes.fromhex(search)[0], bytes.fromhex(search)[1] ^ 0x30
    heads = [bytes.fromhex(head) for head in KEYS[search]]
    assert [head[0] for head in heads] == [first] * 3
    assert [head[1] ^ over for head in heads] == [0x10, 0x12, 0x41]


@pytest.mark.parametrize("search", KEYS)
def test_a_disguised_camera_logs_in_at_its_server(search):
    for head in KEYS[search][:2]:
        assert said(bytes.fromhex(head) + bytes(44)) == [("p2p", "PPPP logs in, hidden")]
        assert said(bytes.fromhex(head)[:3] + bytes(45)) == []


@pytest.mark.parametrize("search", KEYS)
def test_a_disguised_camera_answers_a_search(search):
    answer = bytes.fromhex(KEYS[search][2]) + bytes(20)
    assert said(answer, sport=32108, dport=50000) == [("p2p", "PPPP answers a search, hidden")]
    assert said(answer, sport=50000, dport=20000) == []  # both ends say it once they have met


@pytest.mark.parametrize("search", ["2cba5f5d", "49b573d5", "49b7ed6c"])
def test_a_disguised_search_gives_its_asker_away_to_nobody(search):
    assert hidden_facts(bytes.fromhex(search), 32108) == []


def test_ilnk_cameras_tell_their_server_that_they_live():
    assert ilnk_facts(b"\xa1\x00\0\x14" + bytes(20)) == [("p2p", "PPPP logs in")]
    assert said(b"\xa1\x01\0\x14" + bytes(20)) == [("p2p", "PPPP logs in")]
    assert said(b"\xa1\x02\0\x14" + bytes(20)) == []  # somebody asks how a device fares
    assert said(b"\xa1\x00\0\x14" + bytes(21)) == []


def test_an_extended_answer_and_a_prefix_with_digits():
    facts = pppp_facts(b"\xf1\x33\0\x34" + b"CAM888\0\0" + bytes(44), 20000)
    assert facts == [("p2p", "PPPP answers a search"), ("p2p_prefix", "CAM888")]


@pytest.mark.parametrize(
    ("prefix", "make"),
    [
        ("TUYASA", "Tuya camera"), ("DGOA", "365Cam / HDWiFiCamPro"), ("SSAA", "HiChip (CamHi)"), ("VSTJ", "VStarcam"),
        ("FTYC", "A9 / X5"), ("FTZW", "A9 / X5 (FtyCamPro)"), ("TNPCHNA", "Yi"), ("GHBB", "LookCam"), ("XMSYSGB", "Xiaomi"), ("ZZZQ", ""),
    ],
)
def test_the_prefix_of_an_id_tells_the_family(prefix, make):
    match = Signatures().match("p2p_prefix", prefix)
    assert match
    assert match.make == make


# --- calls to meeting servers ----------------------------------------------------------------------

CAM, ROUTER = "28:f3:66:00:00:09", "00:11:22:33:44:55"
SERVERS = ["47.91.88.40", "119.23.131.217", "139.9.5.224"]


def heard(*calls):
    """What a device of this network that calls (server, port) is known for."""
    search = NetworkSearch()
    for number, (server, port) in enumerate(calls):
        data = udp_frame((CAM, "10.0.0.9", 20000), (ROUTER, server, port), bytes.fromhex("0102030405060708"))
        search.hear(Packet(data, number / 10, 1, len(data)))
    result = search.finish()
    devices = [*(finding.where for finding in result.findings), *result.others]
    return next(device for device in devices if device.mac == CAM)


def meets(device):
    return ("p2p", "meets at several servers") in {(fact.field, fact.value) for fact in device.sightings}


def test_who_calls_several_meeting_servers_speaks_peer_to_peer_under_any_key():
    device = heard(*[(server, 32100) for server in SERVERS])
    assert meets(device)
    finding = judge(device, Signatures())
    assert finding
    assert finding.alarm  # with the MAC of a module maker: Shenzhen Bilian
    assert not judge(replace(device, vendor=None), Signatures()).alarm


@pytest.mark.parametrize(
    "calls",
    [
        [(SERVERS[0], 32100)] * 3,
        [(server, 3478) for server in SERVERS],
        [(server, 10240) for server in SERVERS[:2]],
        [("10.0.0.7", 32100), ("192.168.1.9", 32100), ("255.255.255.255", 32100)],
    ],
    ids=["one server", "another port", "too few", "none of the internet"],
)
def test_other_calls_are_no_meeting(calls):
    assert not meets(heard(*calls))


def test_the_servers_of_kalay_and_ubia_are_three_at_least():
    assert meets(heard(*[(server, 10240) for server in SERVERS]))


# --- small tokens of single makers ---------------------------------------------------------------


def test_lefun_greets_over_tcp():
    assert services.from_tcp(b"\x01\0mrmt_hello\0\0", 8080, 50000) == [("p2p", "mrmt")]


def foscam(letters, operation, body=b"\0\0"):
    return letters + operation.to_bytes(2, "little") + bytes(9) + len(body).to_bytes(4, "little") + bytes(4) + body


@pytest.mark.parametrize(("letters", "operation"), [(b"MO_O", 1), (b"MO_O", 3), (b"MO_O", 5), (b"MO_V", 1), (b"MO_V", 2)])
def test_foscams_older_cameras_answer_and_send_video(letters, operation):
    assert services.from_tcp(foscam(letters, operation), 80, 50000) == [("p2p", "Foscam serves")]


@pytest.mark.parametrize(
    "payload",
    [
        foscam(b"MO_O", 0), foscam(b"MO_O", 2), foscam(b"MO_O", 4), foscam(b"MO_V", 3),  # who watches asks so
        foscam(b"MO_O", 255),  # both ends say that they live
        foscam(b"MO_O", 1)[:22], foscam(b"MO_X", 1), b"MO_O\x01\0 and so on, a text", foscam(b"MO_O", 1).replace(bytes(9), b"\1" * 9),
    ],
)  # fmt: skip
def test_who_watches_foscams_cameras_gives_nothing_away(payload):
    assert services.from_tcp(payload, 50000, 80) == []


def test_a_camera_that_speaks_foscams_protocol_alarms():
    rule = Signatures().match("p2p", "Foscam serves")
    assert rule is not None
    assert rule.make == "Foscam"
    assert rule.rule.weight > 5.2


def test_dahua_asks_its_meeting_server_in_the_form_of_http():
    assert said(b"DHGET /probe/p2psrv HTTP/1.1\r\nCSeq: 1\r\n\r\n", dport=8800) == [("p2p", "Dahua P2P")]


def test_older_dlink_cameras_look_for_their_set_up_program():
    call = bytes.fromhex("1060af2affff0000").ljust(128, b"\0")
    assert ("discovery", "D-Link finder") in said(call, dport=12345)
    assert said(call[:100], dport=12345) == []


def teg(kind, body, letter=b"2"):
    """A datagram of the IWFCam app's cameras, made from what a public client states."""
    return letter + b"TEG" + kind.to_bytes(2, "little") + len(body).to_bytes(2, "little") + body


def media(size, part=0, more=0, sound=0):
    """A part of a picture, or of sound, behind a head of 24 bytes and `more`."""
    marks = bytes(6) + bytes((sound, 0, 5, 0)) + part.to_bytes(2, "little")
    return teg(3, marks + size.to_bytes(4, "little") + bytes(more + size))


def test_cameras_of_the_iwfcam_app_send_video_from_any_port():
    for datagram in (media(1200), media(1000, part=3), media(700, more=4)):
        assert said(datagram, sport=17900) == [("p2p", "IWFCam sends video")]


def test_cameras_of_the_iwfcam_app_answer_a_search():
    for size, sport in ((68, 10104), (28, 40000)):
        assert said(teg(12, bytes(size), b"1"), sport=sport) == [("p2p", "IWFCam answers a search")]


@pytest.mark.parametrize(
    "payload",
    [
        teg(11, b"\1" + bytes(11), b"1"), teg(11, b"\1" + bytes(67), b"1"), teg(13, bytes(40), b"1"),  # a search, and what follows
        teg(0, bytes(24)), teg(1, bytes(20)), teg(1, bytes(28)), teg(4, bytes(16)),  # who watches says so
        media(516, more=4), media(1000, sound=1),  # sound: whether who watches may speak so is not known
        media(1200)[:-1], media(1200) + b"\0", teg(3, bytes(1200)), b"2TEG", b"",
    ],
)  # fmt: skip
def test_who_watches_by_the_iwfcam_app_gives_nothing_away(payload):
    assert said(payload, sport=10104, dport=10104) == []


def lewei(number, order="little"):
    return b"lewei_cmd\0" + number.to_bytes(4, order) + bytes(32)


def test_toy_drones_and_endoscopes_serve_video():
    assert services.from_tcp(lewei(257) + b"\xff\xd8", 40000, 50000) == [("p2p", "Lewei serves")]
    assert services.from_tcp(lewei(1), 7060, 50000) == [("p2p", "Lewei serves")]
    assert services.from_tcp(lewei(4, "big"), 8060, 50000) == [("p2p", "Lewei serves")]


@pytest.mark.parametrize("payload", [lewei(1), lewei(2), lewei(9), lewei(18), b"lewei_cmd", b"lewei_cmd\0"])
def test_who_flies_a_toy_drone_gives_nothing_away(payload):
    assert services.from_tcp(payload, 50000, 7060) == []


EZVIZ = bytes.fromhex("9ebaace901000000000000010000000000003004ffffffff0000007000000000")


def test_ezviz_is_told_from_who_watches_it_by_the_port_it_serves_on():
    """The head as public clients print it; no capture of ours."""
    for port in (9010, 9020):
        assert services.from_tcp(EZVIZ + bytes(112) + b"0" * 32, port, 50000) == [("p2p", "EZVIZ serves")]
        assert services.from_tcp(EZVIZ + bytes(112) + b"0" * 32, 50000, port) == [("p2p", "EZVIZ talks")]
    assert services.from_udp(EZVIZ + bytes(112), 50000, 6002) == [("p2p", "EZVIZ talks")]


def test_what_only_begins_like_ezviz_is_nothing():
    for wrong in (EZVIZ[:31], EZVIZ[:12] + b"\1" + EZVIZ[13:], EZVIZ[:24] + b"\xff" + EZVIZ[25:], b"\x9e\xba\xac\xe9\2" + EZVIZ[5:]):
        assert services.from_tcp(wrong, 9010, 50000) == []
