"""Pages and their icons: where a page sends its visitor, and the hash of an icon that came as a whole."""

from __future__ import annotations

import hashlib

import pytest

from detector.network import services
from detector.network.messages import http_facts, icon_facts
from detector.network.signatures import Signatures

ICON = bytes(range(256)) * 4
MD5 = hashlib.md5(ICON).hexdigest()


def answer(body=ICON, *, status="200 OK", kind="image/x-icon", length=None):
    stated = "" if length == "" else f"Content-Length: {len(body) if length is None else length}\r\n"
    return f"HTTP/1.1 {status}\r\nServer: x\r\nContent-Type: {kind}\r\n{stated}\r\n".encode() + body


@pytest.mark.parametrize("kind", ["image/x-icon", "image/vnd.microsoft.icon", "image/png", "application/octet-stream", ""])
@pytest.mark.parametrize("length", [None, ""])
def test_an_icon_is_known_by_its_md5(kind, length):
    assert icon_facts(answer(kind=kind, length=length)) == [("favicon_md5", MD5)]


@pytest.mark.parametrize(
    "payload",
    [
        answer(length=2000), answer(length=10), answer(b""), answer(status="404 Not Found"), answer(status="401 Unauthorized"),
        answer(b"<html>Sign in</html>", kind="text/html; charset=utf-8"), answer(status="302 Found"), b"", b"\xff" * 40, ICON,
        b"RTSP/1.0 400 Bad Request\r\n\r\n",
    ],
)  # fmt: skip
def test_half_an_icon_an_error_or_a_page_is_none(payload):
    assert icon_facts(payload) == []


def test_an_icon_cut_anywhere_is_none_or_states_no_length():
    whole = answer()
    assert {fact for cut in range(len(whole)) for fact in icon_facts(whole[:cut])} == set()


def test_an_icon_larger_than_a_messages_head_is_hashed_whole():
    body = ICON * 40
    assert icon_facts(answer(body)) == [("favicon_md5", hashlib.md5(body).hexdigest())]


def test_the_rules_know_icons_by_the_same_hash():
    match = Signatures().match("favicon_md5", "89b932fcc47cf4ca3faadb0cfdef89cf")
    assert match is not None
    assert match.rule.weight > 0


@pytest.mark.parametrize(
    ("page", "where"),
    [
        (b"HTTP/1.1 302 Found\r\nLocation: /doc/page/login.asp\r\n\r\n", "/doc/page/login.asp"),
        (b'HTTP/1.1 200 OK\r\n\r\n<script>window.location.href = "/doc/page/login.asp?_7";</script>', "/doc/page/login.asp?_7"),
        (b"HTTP/1.1 200 OK\r\n\r\n<script>location.replace('/control/userimage.html')</script>", "/control/userimage.html"),
        (b"HTTP/1.1 200 OK\r\n\r\n<script>location='/index2.html'</script>", "/index2.html"),
    ],
)
def test_where_a_page_sends_its_visitor_is_told(page, where):
    assert dict(http_facts(page))["http_location"] == where
    match = Signatures().match("http_location", where)
    assert (match is not None) == ("login.asp" in where or "userimage" in where)


@pytest.mark.parametrize("page", [b"HTTP/1.1 200 OK\r\n\r\n<p>our location is Lund</p>", b"HTTP/1.1 200 OK\r\n\r\nlocation=''", b'HTTP/1.1 200 OK\r\n\r\nlocation="\x01"'])
def test_a_page_that_sends_nobody_anywhere_tells_nothing(page):
    assert "http_location" not in dict(http_facts(page))


# --- further words of clients ------------------------------------------------------------------------


def test_what_a_port_is_wanted_for_is_told_with_the_request():
    body = b"<s:Envelope><s:Body><u:AddPortMapping><NewPortMappingDescription>IPCAM HTTP</NewPortMappingDescription></u:AddPortMapping>"
    facts = http_facts(b"POST /ctl/IPConn HTTP/1.1\r\nHOST: 10.0.0.1:5000\r\n\r\n" + body)
    assert ("upnp_mapping", "IPCAM HTTP") in facts
    assert not any(field == "upnp_mapping" for field, _ in http_facts(b"POST / HTTP/1.1\r\nHOST: a\r\n\r\n<x>IPCAM</x>"))


def test_rtsp_in_http_is_a_stream():
    answer = b"HTTP/1.0 200 OK\r\nContent-Type: application/x-rtsp-tunnelled\r\n\r\n"
    assert ("http_type", "application/x-rtsp-tunnelled") in http_facts(answer)


@pytest.mark.parametrize("first", [b"REGISTER sip:10.0.0.2 SIP/2.0", b"SIP/2.0 200 OK"])
def test_a_door_station_names_itself_in_sip(first):
    payload = first + b"\r\nVia: SIP/2.0/UDP 10.0.0.9\r\nUser-Agent: AXIS A8105-E Network Video Door Station\r\n\r\n"
    assert services.from_udp(payload, 5060, 5060) == [("sip_agent", "AXIS A8105-E Network Video Door Station")]
    assert services.from_udp(payload[:30], 5060, 5060) == []


def told(sender, first="MESSAGE sip:34020000002000000001@3402000000 SIP/2.0", agent="IP Camera"):
    """A camera's sign of life to a video platform, as a published log has it."""
    return (
        f"{first}\r\nVia: SIP/2.0/UDP 192.168.1.64:5060;rport;branch=z9hG4bK1\r\nFrom: <sip:{sender}@3402000000>;tag=19\r\n"
        f"To: <sip:34020000002000000001@3402000000>\r\nCall-ID: 1\r\nCSeq: 20 MESSAGE\r\n"
        f"Content-Type: Application/MANSCDP+xml\r\nUser-Agent: {agent}\r\n\r\n<Notify><CmdType>Keepalive</CmdType></Notify>"
    ).encode()


@pytest.mark.parametrize("read", [services.from_udp, services.from_tcp])
@pytest.mark.parametrize(("code", "kind"), [("132", "camera"), ("131", "camera"), ("118", "recorder"), ("111", "recorder")])
def test_a_camera_tells_a_video_platform_what_it_is(read, code, kind):
    sender = f"3402000000{code}0000003"
    for first in ("MESSAGE sip:x@y SIP/2.0", "REGISTER sip:34020000002000000001@3402000000 SIP/2.0"):
        assert ("platform_id", kind) in read(told(sender, first), 5060, 5060)
    assert sender not in str(read(told(sender), 5060, 5060))


@pytest.mark.parametrize(
    ("sender", "first"),
    [
        ("34020000002000000001", "MESSAGE sip:34020000001320000003@3402000000 SIP/2.0"), ("1001", "REGISTER sip:10.0.0.2 SIP/2.0"),
        ("34020000001320000003", "SIP/2.0 200 OK"), ("3402000000132", "REGISTER sip:10.0.0.2 SIP/2.0"),
    ],
)  # fmt: skip
def test_a_platform_a_telephone_or_an_answer_is_no_camera(sender, first):
    assert services.from_udp(told(sender, first, "Phone"), 5060, 5060) == [("sip_agent", "Phone")]


def interleaved(form=96, *, channel=0, version=2, size=None, sign=b"$"):
    packet = bytes([version << 6, form]) + bytes(range(10)) + b"\x7c\x85" + b"x" * 40
    return sign + bytes([channel]) + (len(packet) if size is None else size).to_bytes(2, "big") + packet


def test_a_stream_that_is_under_way_is_noticed_from_the_side_that_serves_it():
    for payload in (interleaved(), interleaved(0xE0), interleaved(26), interleaved(97, channel=2), interleaved(size=1400)):
        assert services.from_tcp(payload, 554, 40000) == [("stream", "RTP within RTSP")]
        assert services.from_tcp(payload, 40000, 554) == []
        assert services.from_tcp(payload, 5000, 40000) == []


@pytest.mark.parametrize(
    "payload",
    [interleaved(8), interleaved(version=1), interleaved(channel=9), interleaved(size=4), interleaved(sign=b"#"), interleaved()[:15], b"$", b""],
)
def test_what_is_no_video_within_rtsp_is_none(payload):
    assert services.from_tcp(payload, 554, 40000) == []
