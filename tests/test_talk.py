"""What drawn devices say is what real readers understand."""

from __future__ import annotations

import struct

import pytest

from detector.network import services
from detector.synthetic import talk

LEASE = talk.Lease("a0:9f:10:52:00:c1", "10.77.0.41", "ipcam", "udhcp 1.22.1")


def values(payload, sport, dport):
    return {value for _, value in services.from_udp(payload, sport, dport)}


def ones_complement_sum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


@pytest.mark.parametrize("message", [1, 3])
def test_a_client_without_an_address_tells_its_name_and_kind(message):
    assert {"ipcam", "udhcp 1.22.1"} <= values(talk.dhcp_ask(LEASE, message, "10.77.0.1"), 68, 67)


def test_a_lease_runs_from_discover_to_ack_with_the_address_wanted():
    offer = talk.dhcp_answer(LEASE, 2, "10.77.0.1")
    assert offer[0] == 2
    assert offer[16:20] == bytes([10, 77, 0, 41])
    assert offer[28:34] == talk.mac_bytes(LEASE.mac)
    assert b"\x35\x01\x02" in offer
    assert talk.dhcp_ask(LEASE, 1)[4:8] == offer[4:8]  # the same transaction
    assert b"\x32\x04" not in talk.dhcp_ask(LEASE, 1)
    assert b"\x32\x04" + bytes([10, 77, 0, 41]) in talk.dhcp_ask(LEASE, 3, "10.77.0.1")


def test_a_frame_of_its_own_has_right_lengths_and_checksum():
    frame = talk.udp_frame(
        ("a0:9f:10:52:00:c1", "10.77.0.41", 68), ("ff:ff:ff:ff:ff:ff", "255.255.255.255", 67), b"abcde"
    )
    assert frame[:6] == b"\xff" * 6
    assert frame[6:14] == bytes.fromhex("a09f105200c10800")
    assert ones_complement_sum(frame[14:34]) == 0xFFFF
    assert struct.unpack("!HHHH", frame[34:42]) == (68, 67, 13, 0)
    assert struct.unpack("!H", frame[16:18])[0] == len(frame) - 14


def test_a_printer_is_heard_by_its_service_name_and_text():
    facts = {"ty": "HP OfficeJet 5200"}
    service = talk.Service(
        "HP OfficeJet 5200 [41EF17]", "_ipp._tcp.local", "HP41EF17.local", "10.77.0.31", 631, facts
    )
    heard = " ".join(values(talk.mdns_announcement(service), 5353, 5353))
    assert "_ipp._tcp" in heard
    assert "HP OfficeJet 5200" in heard


def test_names_asked_and_answered_carry_the_same_number():
    question, answer = (
        talk.dns_query([("p2p.example.net", talk.A)], 77),
        talk.dns_answer("p2p.example.net", "203.0.113.10", 77),
    )
    assert question[:2] == answer[:2] == b"\0M"
    assert b"\x03p2p\x07example\x03net\0" in question
    assert answer.endswith(bytes([203, 0, 113, 10]))
    assert any("p2p.example.net" in value for value in values(question, 40000, 53))


def test_a_camera_says_hello_as_a_network_video_transmitter():
    scopes = talk.onvif_scopes("IPCAM", "IPC-C6F0")
    hello = talk.ws_hello(
        "5f5a", "dn:NetworkVideoTransmitter", scopes, "http://10.77.0.41:8080/onvif/device_service"
    )
    heard = " ".join(values(hello, 3702, 3702))
    assert "NetworkVideoTransmitter" in heard
    assert "IPC-C6F0" in heard


def test_a_computer_says_hello_and_is_no_camera():
    heard = " ".join(
        values(talk.ws_hello("3d0c", "wsdp:Device pub:Computer", "", "http://10.77.0.21:5357/"), 40000, 3702)
    )
    assert "Computer" in heard
    assert "NetworkVideo" not in heard


def test_a_television_names_itself_over_ssdp():
    kind = "urn:schemas-upnp-org:device:MediaRenderer:1"
    alive = talk.ssdp_alive("http://10.77.0.32:9197/dmr", "SHP, UPnP/1.0, Samsung UPnP SDK/1.0", kind, "0e9f")
    heard = " ".join(values(alive, 1900, 1900))
    assert "Samsung UPnP SDK" in heard
    assert "MediaRenderer" in heard


def test_an_rtsp_server_offers_and_refuses():
    for reply in (
        talk.rtsp_options("Hipcam RealServer/V1.0", 1),
        talk.rtsp_refusal("Hipcam RealServer/V1.0", "IP Camera", 2),
    ):
        facts = services.from_tcp(reply, 554, 40000)
        assert any("Hipcam RealServer/V1.0" in value for _, value in facts)
    assert any(
        "IP Camera" in value
        for _, value in services.from_tcp(talk.rtsp_refusal("x", "IP Camera", 2), 554, 40000)
    )


def test_questions_carry_no_credentials():
    for method in ("OPTIONS", "DESCRIBE"):
        asked = talk.rtsp_request(method, "rtsp://10.77.0.41:554/11", 1)
        assert asked.startswith(method.encode())
        assert b"Authorization" not in asked


def test_a_peer_to_peer_camera_calls_out_its_name():
    notify = talk.pppp(0x31, talk.pppp_uid("TNPUSAF", 218704, "KXWBQ"))
    assert notify[:4] == b"\xf1\x31\x00\x14"
    assert len(notify) == 24
    assert any("TNPUSAF" in value for value in values(notify, 32108, 32108))


def test_video_packets_follow_each_other():
    one, two = (talk.rtp_packet(n, 6000, 7, b"x" * 20, last=n == 2) for n in (65535, 65536))
    assert struct.unpack("!BBHII", one[:12]) == (0x80, 96, 65535, 6000, 7)
    assert struct.unpack("!H", two[2:4])[0] == 0
    assert talk.rtp_packet(2, 0, 7, b"", last=True)[1] == 96 | 0x80


def test_a_tls_client_shows_where_it_goes():
    hello = talk.tls_hello("www.example.org")
    assert struct.unpack("!H", hello[3:5])[0] == len(hello) - 5
    assert any("www.example.org" in value for _, value in services.from_tcp(hello, 40000, 443))


def test_a_video_call_starts_with_stun():
    assert talk.stun_binding(3)[:8] == bytes.fromhex("000100002112a442")
    assert len(talk.stun_binding(3)) == 20
