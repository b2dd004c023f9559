"""Bytes of devices say the right facts about their sender, and hostile bytes say nothing and break nothing."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from detector.network import services
from detector.network.signatures import vocabulary

ROOT = Path(__file__).parent.parent
REPLIES = ROOT.parent / "shared/data/discovery_replies"
needs_replies = pytest.mark.skipif(not REPLIES.is_dir(), reason="the shared discovery replies are not here")

FIELDS = set(vocabulary()["fields"])


def udp(payload, sport=40000, dport=40001):
    return services.from_udp(payload, sport, dport)


def tcp(payload, sport=40000, dport=40001):
    return services.from_tcp(payload, sport, dport)


# --- vendors' discovery: one real-format reply each ------------------------------------------------

EXPECTED = {
    "360Vision": (3600, {("discovery", "360 Vision"), ("said_model", "IPDOME")}),
    "Advantech": (5048, {("discovery", "Advantech")}),
    "Arecont": (5353, {("mdns_type", "_arec._tcp")}),
    "Axis": (5353, {("mdns_type", "_axis-video._tcp"), ("mdns_name", "AXIS M5014 - ACCC8E3C0419 H.264")}),
    "Bosch.bin": (1757, {("discovery", "Bosch"), ("said_mac", "00:11:22:33:44:55")}),
    "Bosch.xml": (1757, {("discovery", "Bosch"), ("said_name", "Virtual (XML)")}),
    "Dahua1": (5050, {("discovery", "Dahua discovery"), ("said_model", "Virtual"), ("said_mac", "00:11:22:33:44:55")}),
    "Eaton": (4679, {("discovery", "power supply")}),
    "Foscam": (10000, {("discovery", "Foscam"), ("said_name", "Virtual device")}),
    "Foscam_cipher": (10000, {("discovery", "Foscam"), ("said_name", "*Virtual device*")}),
    "GigEVision": (3956, {("discovery", "GigE Vision"), ("said_mac", "00:11:22:33:44:55")}),
    "Hanwha": (7701, {("discovery", "Hanwha"), ("said_model", "Virtual"), ("said_mac", "00:11:22:33:44:55")}),
    "Hikvision": (37020, {("discovery", "Hikvision SADP"), ("said_model", "Virtual"), ("said_mac", "00:11:22:33:44:55")}),
    "Lantronix": (30718, {("discovery", "Lantronix")}),
    "MSSQL": (1434, {("discovery", "database server")}),
    "NiceVision": (2007, {("discovery", "NICE Vision"), ("said_mac", "00:11:22:33:44:55")}),
    "Panasonic": (10669, {("discovery", "Panasonic"), ("said_mac", "00:11:22:33:44:55")}),
    "SSDP": (1900, {("ssdp_server", "Universal Scanner/0.0, Virtual/1.0")}),
    "Sony": (2380, {("discovery", "Sony"), ("said_model", "Virtual"), ("said_mac", "aa:bb:cc:dd:ee:ff")}),
    "Ubiquiti": (10001, {("discovery", "Ubiquiti"), ("said_model", "VIRTUAL"), ("said_name", "UBNT")}),
    "Vivotek": (10000, {("discovery", "Vivotek"), ("said_model", "Virtual-Virtual-1"), ("said_mac", "00:11:22:33:44:55")}),
    "Vstarcam": (8600, {("discovery", "VStarcam"), ("said_name", "Virtual Camera")}),
    "Wsdiscovery": (3702, {("wsd_type", "onvif:Device"), ("wsd_address", "http://240.0.2.0/")}),
    "GoogleCast": (5353, {("mdns_type", "_googlecast._tcp"), ("mdns_txt", "_googlecast._tcp md=Google Virtual")}),
}


@needs_replies
@pytest.mark.parametrize("name", EXPECTED)
def test_a_reply_of_each_protocol_is_understood(name):
    port, facts = EXPECTED[name]
    assert facts <= set(udp((REPLIES / f"{name}.selftest").read_bytes(), sport=port))


@needs_replies
@pytest.mark.parametrize("name", sorted(path.name for path in REPLIES.glob("*.selftest")) or ["none"])
def test_a_changed_reply_never_breaks_a_reader(name):
    whole = (REPLIES / name).read_bytes()
    ports = [EXPECTED.get(name.removesuffix(".selftest"), (37810, None))[0], 40000]
    rng = random.Random(name)
    for at in range(min(len(whole), 600)):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << rng.randrange(8)
        damaged[rng.randrange(len(whole))] = 0xFF
        for port in ports:
            for field, value in udp(bytes(damaged), sport=port) + udp(whole[:at], sport=port):
                assert field in FIELDS
                assert len(value) <= 1000
                assert value.isprintable()


def test_a_dahua_reply_is_read_from_its_json():
    body = b'{"mac":"38:af:29:00:00:01","method":"client.notifyDevInfo","params":{"deviceInfo":{"DeviceType":"IPC-K22"}}}'
    head = struct.pack("<I4s8xQQ", 0x20, b"DHIP", len(body), len(body))
    facts = [("discovery", "Dahua DHIP"), ("camera_model", "IPC-K22"), ("said_model", "IPC-K22"), ("said_mac", "38:af:29:00:00:01")]
    assert udp(head + body, sport=37810) == facts


def test_a_xiongmai_reply_is_read():
    body = b'{"NetWork.NetCommon":{"MAC":"00:12:16:00:00:01","HostName":"LocalHost"}}'
    head = struct.pack("<BBxxIIxxHI", 0xFF, 1, 0, 0, 1531, len(body))
    assert ("discovery", "Xiongmai DVRIP") in udp(head + body, sport=34569)


def kasa(text):
    key, out = 0xAB, bytearray()
    for byte in text.encode():
        key ^= byte
        out.append(key)
    return bytes(out)


def test_a_kasa_camera_is_told_from_a_plug():
    camera = kasa('{"system":{"get_sysinfo":{"type":"IOT.IPCAMERA","model":"KC100","mac":"50:c7:bf:00:00:01"}}}')
    plug = kasa('{"system":{"get_sysinfo":{"mic_type":"IOT.SMARTPLUGSWITCH","model":"HS110(EU)"}}}')
    assert ("tp_link_type", "IOT.IPCAMERA") in udp(camera, sport=9999)
    assert ("tp_link_type", "IOT.SMARTPLUGSWITCH") in udp(plug, sport=9999)


def test_a_tapo_doorbell_is_read():
    body = b'{"result":{"device_type":"SMART.TAPODOORBELL","device_model":"D230","mac":"AA-BB-CC-00-00-01"}}'
    assert ("tp_link_type", "SMART.TAPODOORBELL") in udp(b"\x02" + b"\0" * 15 + body, sport=20002)


QUESTIONS = {
    37020: b'<?xml version="1.0" encoding="utf-8"?><Probe><Uuid>1</Uuid><Types>inquiry</Types></Probe>',
    37810: bytes.fromhex("2000000044484950000000000000000033") + b"\0" * 15 + b'{"method":"DHDiscover.search","params":{"mac":"","uni":1}}',
    5050: bytes.fromhex("a3010001") + b"\0" * 28,
    34569: bytes.fromhex("ff00000000000000000000000000fa0500000000"),
    23456: bytes.fromhex("4d48454408000100 0100".replace(" ", "")) + b"\0" * 130,
    10000: bytes.fromhex("4d4f5f490000000000000000000000040000000000000000000001"),
    8600: bytes.fromhex("44480101"),
    7701: b"\x01" + b"\0" * 261,
    2380: b"\x02ENQ:allinfo\xff\x03",
    1757: bytes.fromhex("9939a42712345678ff0006de"),
    3600: b"DISCOVER\n",
    10001: bytes.fromhex("01000000"),
    32108: bytes.fromhex("f1300000"),
    10008: b"NVDEVSEARCH^100",
    8002: b"SEARCH * HDS/1.0\r\nCSeq:1\r\n\r\n",
    54321: bytes.fromhex("21310020") + b"\xff" * 28,
    3702: b'<?xml version="1.0"?><s:Envelope xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></s:Envelope>',
}


@pytest.mark.parametrize("port", QUESTIONS)
def test_who_only_asks_gives_nothing_away(port):
    assert udp(QUESTIONS[port], sport=50000, dport=port) == []


@pytest.mark.parametrize("wanted", ["urn:axis-com:service:BasicService:1", "urn:dial-multiscreen-org:service:dial:1", "ssdp:all"])
def test_who_searches_by_ssdp_tells_what_it_looks_for_and_nothing_of_itself(wanted):
    search = f'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nSERVER: camera\r\nST: {wanted}\r\n\r\n'
    assert udp(search.encode(), sport=50000, dport=1900) == [("ssdp_asks", wanted)]


# --- messages ---------------------------------------------------------------------------------------


def test_an_rtsp_answer_names_its_server_and_realm():
    answer = b'RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\nServer: Rtsp Server/3.0\r\nWWW-Authenticate: Digest realm="Login to 4J0123", nonce="1"\r\n\r\n'
    assert tcp(answer, sport=554) == [("rtsp_reply", "401"), ("rtsp_server", "Rtsp Server/3.0"), ("rtsp_realm", "Login to 4J0123")]


def test_an_rtsp_description_names_its_stream():
    answer = b"RTSP/1.0 200 OK\r\nContent-Base: rtsp://10.0.0.9/unicast/c1/s0/live\r\n\r\nv=0\r\ns=Media Presentation\r\na=tool:LIVE555\r\nm=video 0 RTP/AVP 96\r\n"
    assert {("rtsp_base", "rtsp://10.0.0.9/unicast/c1/s0/live"), ("sdp_media", "video"), ("sdp_tool", "LIVE555")} <= set(tcp(answer))


def test_an_rtsp_client_is_no_server():
    question = b"DESCRIBE rtsp://10.0.0.9/live RTSP/1.0\r\nCSeq: 2\r\nUser-Agent: LibVLC/3.0\r\n\r\n"
    assert tcp(question, dport=554) == [("rtsp_agent", "LibVLC/3.0")]


def test_an_http_answer_names_server_title_and_realm():
    answer = b'HTTP/1.1 401 No\r\nServer: alphapd/2.1.8\r\nWWW-Authenticate: Basic realm="DCS-930L"\r\n\r\n<html><TITLE>Wireless &amp; Camera</TITLE>'
    assert tcp(answer, sport=80) == [("http_server", "alphapd/2.1.8"), ("http_realm", "DCS-930L"), ("http_title", "Wireless & Camera")]


def test_an_http_client_tells_host_and_path_without_its_secrets():
    question = b"POST /app/api/x?token=SECRET HTTP/1.1\r\nHost: cloud.example\r\nUser-Agent: cam/1\r\n\r\n"
    facts = tcp(question, dport=80)
    assert ("http_path", "/app/api/x") in facts
    assert ("http_host", "cloud.example") in facts
    assert "SECRET" not in str(facts)


def test_motion_jpeg_is_noticed():
    assert ("http_type", "multipart/x-mixed-replace;boundary=x") in tcp(b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=x\r\n\r\n")


def test_a_device_description_is_read():
    answer = b"HTTP/1.1 200 OK\r\n\r\n<root><device><deviceType>urn:schemas-upnp-org:device:Basic:1</deviceType><manufacturer>AXIS</manufacturer><modelName>M3045</modelName></device></root>"
    assert {("upnp_manufacturer", "AXIS"), ("upnp_model", "M3045")} <= set(tcp(answer))


def test_an_onvif_answer_names_maker_and_model():
    answer = b"HTTP/1.1 200 OK\r\n\r\n<s:Envelope><tds:GetDeviceInformationResponse><tds:Manufacturer>Acme &lt;1&gt;</tds:Manufacturer><tds:Model>C1</tds:Model></tds:GetDeviceInformationResponse>"
    assert {("onvif_manufacturer", "Acme <1>"), ("onvif_model", "C1")} <= set(tcp(answer))


def test_an_answer_whose_head_came_in_a_segment_before_it_is_read_all_the_same():
    """gSOAP, which most cameras run, sends the head and the body of an answer apart."""
    answer = b'<?xml version="1.0"?><s:Envelope xmlns:trt="http://www.onvif.org/ver10/media/wsdl"><s:Body><trt:GetStreamUriResponse><trt:MediaUri>'
    assert tcp(answer, sport=80) == [("onvif", "GetStreamUri")]
    assert tcp(b"<html><head><title>Network Camera</title>", sport=80) == [("http_title", "Network Camera")]
    assert tcp(b"v=0\r\ns=RTSP session\r\nm=video 0 RTP/AVP 96\r\n", sport=554) == [("sdp_session", "RTSP session"), ("sdp_media", "video")]


@pytest.mark.parametrize("call", ["GetCapabilities", "GetServices", "GetProfiles", "GetSnapshotUri", "GetSystemDateAndTime", "PullMessages"])
def test_each_answer_of_an_onvif_device_tells_that_it_is_one(call):
    space = b' xmlns:x="http://www.onvif.org/ver10/device/wsdl"'
    answer = b"HTTP/1.1 200 OK\r\n\r\n<s:Envelope" + space + b"><x:" + call.encode() + b"Response>"
    assert tcp(answer, sport=80) == [("onvif", call)]
    assert tcp(answer.replace(space, b""), sport=80) == []
    assert tcp(answer.replace(b"Response>", b">"), sport=80) == [], "a question says nothing of who asks"


@pytest.mark.parametrize("payload", [b"v=0\r\nm=video 0 RTP/AVP 96\r\n", b"<?xml version='1.0'?><rss><title/></rss>", b"<p>Camera</p>"])
def test_other_bodies_tell_nothing(payload):
    assert tcp(payload, sport=50000, dport=80) == []


def test_a_windows_computer_is_not_an_onvif_device():
    hello = b'<?xml version="1.0"?><soap:Envelope xmlns:wsdp="http://schemas.xmlsoap.org/ws/2006/02/devprof" xmlns:pub="http://schemas.microsoft.com/windows/pub/2005/07"><wsd:ProbeMatches><wsd:Types>wsdp:Device pub:Computer</wsd:Types></wsd:ProbeMatches>'
    assert udp(hello, sport=3702) == [("wsd_type", "wsdp:Device"), ("wsd_type", "pub:Computer")]


# --- names ------------------------------------------------------------------------------------------


def label(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


def record(name, kind, data):
    return label(name) + struct.pack(">HHIH", kind, 1, 60, len(data)) + data


def test_a_lookup_is_the_askers_and_an_answer_makes_a_server():
    question = struct.pack(">6H", 1, 0x0100, 1, 0, 0, 0) + label("API.eu.xiaoyi.com") + b"\0\1\0\1"
    assert udp(question, dport=53) == [("dns_query", "api.eu.xiaoyi.com")]
    assert udp(b"\0\1\x81\x80" + question[4:], sport=53) == [("role", "dns server")]


def test_mdns_answers_are_own_and_known_answers_of_a_question_are_not():
    txt = record("cam._dhnap._tcp.local", 16, b"\x15model_number=DCS-935L")
    answer = struct.pack(">6H", 0, 0x8400, 0, 1, 0, 0) + txt
    asked = struct.pack(">6H", 0, 0, 1, 1, 0, 0) + label("_dhnap._tcp.local") + b"\0\x0c\0\1" + txt
    assert udp(answer, sport=5353) == [("mdns_txt", "_dhnap._tcp model_number=DCS-935L")]
    assert udp(asked, sport=5353) == [("mdns_asks", "_dhnap._tcp")]


def asks(name, kind=12):
    """A question by mDNS of one name."""
    return udp(struct.pack(">6H", 0, 0, 1, 0, 0, 0) + label(name) + struct.pack(">2H", kind, 1), sport=5353)


@pytest.mark.parametrize("name", ["_googlecast._tcp.local", "_805741C9._sub._googlecast._tcp.local", "_GoogleCast._TCP.local"])
def test_who_asks_all_for_a_service_looks_for_it(name):
    assert asks(name) == [("mdns_asks", "_googlecast._tcp")]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("cam._googlecast._tcp.local", 12), ("_googlecast._tcp.local", 255), ("cam.local", 1), ("9.0.0.10.in-addr.arpa", 12), ("_services._dns-sd._udp.local", 12)],
    ids=["one device", "its own type, about to be claimed", "an address", "who has an address", "any service"],
)
def test_other_questions_tell_nothing_of_who_asks(name, kind):
    assert asks(name, kind) == []


def test_names_that_a_host_is_about_to_claim_are_its_own():
    claim = struct.pack(">6H", 0, 0, 1, 0, 1, 0) + label("cam.local") + b"\0\xff\0\1" + record("cam.local", 1, b"\x0a\0\0\x09")
    assert udp(claim, sport=5353) == [("mdns_host", "cam")]


def test_a_loop_of_pointers_ends():
    assert udp(struct.pack(">6H", 0, 0x8400, 0, 1, 0, 0) + b"\xc0\x0c" * 20, sport=5353) == []


def dhcp(options, op=1):
    head = struct.pack(">BBBBIHH4s4s4s4s6s10x64x128x4s", op, 1, 6, 0, 1, 0, 0, b"", b"", b"", b"", bytes.fromhex("aabbcc000001"), b"\x63\x82\x53\x63")
    return head + b"".join(bytes([code, len(value)]) + value for code, value in options) + b"\xff"


def test_a_dhcp_client_tells_name_class_and_wishes():
    message = dhcp([(53, b"\1"), (12, b"DCS-935L"), (60, b"udhcp 1.22.1"), (55, bytes([1, 3, 6]))])
    assert udp(message, 68, 67) == [("dhcp_name", "DCS-935L"), ("dhcp_class", "udhcp 1.22.1"), ("dhcp_wishes", "1,3,6")]
    assert udp(dhcp([(53, b"\5")], op=2), 67, 68) == [("role", "dhcp server")]


def client_hello(name):
    host = name.encode()
    extension = struct.pack(">HHHBH", 0, len(host) + 5, len(host) + 3, 0, len(host)) + host
    body = b"\3\3" + b"r" * 32 + b"\0" + b"\0\2\x13\1" + b"\1\0" + struct.pack(">H", len(extension)) + extension
    return b"\x16\3\1" + struct.pack(">H", len(body) + 4) + b"\1" + len(body).to_bytes(3, "big") + body


def test_a_tls_client_tells_the_name_it_wants():
    assert tcp(client_hello("Nexus.Dropcam.com"), dport=443) == [("tls_name", "nexus.dropcam.com")]


def test_a_tls_server_tells_its_certificates_names():
    names = b"\x06\x03\x55\x04\x0a\x0c\x09HIKVISION" + b"\x06\x03\x55\x04\x03\x0c\x03abc"
    assert tcp(b"\x16\3\3\0\x40\x0b\0\0\x3c" + names, sport=443) == [("tls_subject", "O=HIKVISION"), ("tls_subject", "CN=abc")]


# --- peer to peer -----------------------------------------------------------------------------------

ANNOUNCEMENT = bytes.fromhex("f1310014") + b"TNPUSAF\0" + struct.pack(">I", 123456) + b"ABCDE\0\0\0"


def test_a_yi_camera_announces_itself_and_its_id_is_not_kept():
    facts = udp(ANNOUNCEMENT, dport=32108)
    assert facts == [("p2p", "PPPP announces itself"), ("p2p_prefix", "TNPUSAF")]


def test_only_the_answer_from_the_search_port_is_a_cameras():
    answer = bytes.fromhex("f1410014") + b"BATD\0\0\0\0" + struct.pack(">I", 156362) + b"WONJM\0\0\0"
    assert ("p2p", "PPPP answers a search") in udp(answer, sport=32108)
    assert udp(answer, sport=41000) == []


def test_dvrip_is_known_in_the_dialect_that_answers_without_json_too():
    """As a published inspection of a camera tells: 20 bytes of head, then bytes, whose length the head states."""
    body = bytes(range(48))
    head = b"\xff\1\0\0" + b"\0" * 10 + (1452).to_bytes(2, "little") + len(body).to_bytes(4, "little")
    assert tcp(head + body, 34567, 40000) == [("p2p", "DVRIP")]
    for payload in (head, head + body[:-1], head + body + b"x", b"\xfe" + head[1:] + body, head[:14] + b"\1\0" + head[16:] + body):
        assert tcp(payload, 34567, 40000) == []
    assert tcp(head + body, 40000, 34567) == []


def test_the_length_law_must_hold():
    assert udp(ANNOUNCEMENT + b"x", dport=32108) == []


def test_naxclow_tells_the_camera_from_its_server():
    camera = b"\x57" + b"\0" * 19 + b'{"code": 100, "uid": "0800c0012345", "token": "91edf41f"}'
    server = b"\x1c" + b"\0" * 19 + b'{"code": 101, "status": 200}'
    assert tcp(camera, 64000, 6123) == [("p2p", "Naxclow")]
    assert tcp(server, 6123, 64000) == []


def test_baichuan_accuses_the_server_not_the_client():
    segment = bytes.fromhex("f0debc0a0100000091000000")
    assert tcp(segment, 9000, 61024) == [("p2p", "Baichuan")]
    assert tcp(segment, 61024, 9000) == []


@pytest.mark.parametrize(
    ("port", "data", "says"),
    [(34567, b"\xff\1" + b"\0" * 18 + b'{"Ret":100}', "DVRIP"), (37777, b"\xb0" + b"\0" * 31, "Dahua private")],
)
def test_private_protocols_accuse_the_server_not_the_client(port, data, says):
    assert tcp(data, port, 50000) == [("p2p", says)]
    assert tcp(data, 50000, port) == []


# --- hostile bytes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_noise_never_raises(seed):
    rng = random.Random(seed)
    starts = [b"", b"\xf1", b"HTTP/1.1 200", b"RTSP/1.0 ", b"\x16\3\1", b"<?xml ", b"NOTIFY * ", b"\xff\xff", b"MO_I\1\0\1", b"\0\0\x84\0"]
    for start in starts:
        noise = start + rng.randbytes(rng.choice([0, 1, 5, 40, 300, 1400]))
        for port in (53, 67, 137, 5353, 1900, 3702, 37020, 37810, 34569, 10000, 10670, 20002, 9999, 32108, 62976, 40000):
            udp(noise, port, 40000)
            udp(noise, 40000, port)
        for port in (21, 23, 80, 443, 554, 1883, 6123, 9000):
            tcp(noise, port, 40000)
            tcp(noise, 40000, port)


def test_a_flood_of_facts_is_bounded():
    flood = b"<?xml ?><d:ProbeMatch><d:Types>" + b"a:b " * 5000 + b"</d:Types></d:ProbeMatch>"
    assert len(udp(flood, sport=3702)) <= services.MOST_FACTS


@pytest.mark.parametrize("text", [b"<title>" * 3000, b"<" * 8000, b"HTTP/1.1 200\r\n\r\n" + b"<device deviceType " * 400, b"HTTP/1.1 200\r\n" + b"a: b\r\n" * 3000])
def test_markup_that_never_closes_is_read_in_time(text):
    tcp(b"HTTP/1.1 200 OK\r\n\r\n" + text)
    udp(b"<?xml " + text + b"ProbeMatch", sport=3702)
