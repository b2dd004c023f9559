"""What devices say on a local network, as payload bytes: the radio half of a drawn sweep.

Pure builders in the form that the standards fix (RFC 1035, 2131, 2326, 6762, UPnP 1.0, WS-Discovery
2005/04, PPPP as read in open-source clients).  Nobody is named by them but made-up devices.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address

BROADCAST = "255.255.255.255"
A, PTR, TXT, SRV = 1, 12, 16, 33
"""DNS record types."""


@dataclass(frozen=True, slots=True)
class Lease:
    """What a DHCP client tells about itself."""

    mac: str
    wants: str
    hostname: str
    vendor_class: str = ""
    asks_for: tuple[int, ...] = (1, 3, 6, 12, 15, 28, 42)
    """Option 55; the default is BusyBox udhcpc's, as most embedded Linux asks."""


def mac_bytes(mac: str) -> bytes:
    """Six bytes of `aa:bb:cc:dd:ee:ff`."""
    return bytes.fromhex(mac.replace(":", ""))


def _option(code: int, value: bytes) -> bytes:
    return bytes([code, len(value)]) + value if value else b""


def _bootp(kind: int, lease: Lease, offered: str, options: bytes) -> bytes:
    head = struct.pack("!BBBBIHH", kind, 1, 6, 0, 0x52530000 + mac_bytes(lease.mac)[5], 0, 0x8000)
    addresses = bytes(4) + IPv4Address(offered).packed + bytes(8)
    return head + addresses + mac_bytes(lease.mac) + bytes(202) + b"\x63\x82\x53\x63" + options + b"\xff"


def dhcp_ask(lease: Lease, message: int, server: str | None = None) -> bytes:
    """Client to server: DISCOVER (1), or REQUEST (3) of the address wanted."""
    options = _option(53, bytes([message])) + _option(61, b"\x01" + mac_bytes(lease.mac))
    if message == 3:
        options += _option(50, IPv4Address(lease.wants).packed)
        options += _option(54, IPv4Address(server).packed) if server else b""
    options += _option(12, lease.hostname.encode()) + _option(60, lease.vendor_class.encode())
    return _bootp(1, lease, "0.0.0.0", options + _option(55, bytes(lease.asks_for)))  # noqa: S104  # a field


def dhcp_answer(lease: Lease, message: int, server: str) -> bytes:
    """Server to client: OFFER (2) or ACK (5)."""
    own = IPv4Address(server).packed
    options = _option(53, bytes([message])) + _option(54, own) + _option(51, struct.pack("!I", 86400))
    options += _option(1, bytes([255, 255, 255, 0])) + _option(3, own) + _option(6, own)
    return _bootp(2, lease, lease.wants, options)


def udp_frame(source: tuple[str, str, int], target: tuple[str, str, int], payload: bytes) -> bytes:
    """Ethernet, IPv4 and UDP around a payload, from and to (MAC, IP, port).

    Only a device without an address needs it; others leave this to the kernel.  The UDP checksum is
    left out, which IPv4 allows (RFC 768).
    """
    udp = struct.pack("!HHHH", source[2], target[2], 8 + len(payload), 0) + payload
    ends = IPv4Address(source[1]).packed + IPv4Address(target[1]).packed
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0) + ends
    ip = ip[:10] + struct.pack("!H", _checksum(ip)) + ip[12:]
    return mac_bytes(target[0]) + mac_bytes(source[0]) + b"\x08\x00" + ip + udp


def _checksum(header: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(header) // 2}H", header))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def _name(name: str) -> bytes:
    labels = [label.encode() for label in name.rstrip(".").split(".")]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def dns_query(names: Sequence[tuple[str, int]], number: int = 0) -> bytes:
    """A question for (name, record type) each; number 0 is multicast DNS."""
    head = struct.pack("!6H", number, 0x0100 if number else 0, len(names), 0, 0, 0)
    return head + b"".join(_name(name) + struct.pack("!HH", kind, 1) for name, kind in names)


def dns_answer(name: str, address: str, number: int) -> bytes:
    """The address of a name, as a resolver says it."""
    head = struct.pack("!6H", number, 0x8180, 1, 1, 0, 0) + _name(name) + struct.pack("!HH", A, 1)
    return head + _name(name) + struct.pack("!HHIH", A, 1, 300, 4) + IPv4Address(address).packed


@dataclass(frozen=True, slots=True)
class Service:
    """A service announced by multicast DNS."""

    instance: str
    kind: str
    host: str
    address: str
    port: int
    facts: dict[str, str] = field(default_factory=dict)


def mdns_announcement(service: Service) -> bytes:
    """Pointer, place, text and address of a service in one answer (RFC 6762, 8.3)."""
    label = service.instance.encode()
    full = bytes([len(label)]) + label + _name(service.kind)  # one label, dots and spaces and all
    texts = [f"{key}={value}".encode() for key, value in service.facts.items()] or [b""]
    text = b"".join(bytes([len(t)]) + t for t in texts)
    place = struct.pack("!HHH", 0, 0, service.port) + _name(service.host)
    records = [
        _record(_name(service.kind), PTR, 0x0001, full),
        _record(full, SRV, 0x8001, place),
        _record(full, TXT, 0x8001, text),
        _record(_name(service.host), A, 0x8001, IPv4Address(service.address).packed),
    ]
    return struct.pack("!6H", 0, 0x8400, 0, len(records), 0, 0) + b"".join(records)


def _record(owner: bytes, kind: int, clas: int, value: bytes) -> bytes:
    return owner + struct.pack("!HHIH", kind, clas, 120, len(value)) + value


def ssdp_alive(place: str, server: str, kind: str, uuid: str) -> bytes:
    """NOTIFY by which a UPnP device says that it is there."""
    lines = [
        "NOTIFY * HTTP/1.1", "HOST: 239.255.255.250:1900", "CACHE-CONTROL: max-age=1800",
        f"LOCATION: {place}", f"NT: {kind}", "NTS: ssdp:alive", f"SERVER: {server}", f"USN: uuid:{uuid}::{kind}",
    ]  # fmt: skip
    return "\r\n".join([*lines, "", ""]).encode()


_ENVELOPE = """<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" \
xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" \
xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" \
xmlns:dn="http://www.onvif.org/ver10/network/wsdl" \
xmlns:wsdp="http://schemas.xmlsoap.org/ws/2006/02/devprof" \
xmlns:pub="http://schemas.microsoft.com/windows/pub/2005/07">\
<s:Header><a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/{action}</a:Action>\
<a:MessageID>uuid:{uuid}</a:MessageID><a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header>\
<s:Body>{body}</s:Body></s:Envelope>"""


def ws_hello(uuid: str, types: str, scopes: str, addresses: str) -> bytes:
    """WS-Discovery Hello: a network video transmitter or a computer that has just started."""
    inner = f"<d:Types>{types}</d:Types><d:Scopes>{scopes}</d:Scopes><d:XAddrs>{addresses}</d:XAddrs>"
    reference = f"<a:EndpointReference><a:Address>urn:uuid:{uuid}</a:Address></a:EndpointReference>"
    body = f"<d:Hello>{reference}{inner}<d:MetadataVersion>1</d:MetadataVersion></d:Hello>"
    return _ENVELOPE.format(action="Hello", uuid=uuid, body=body).encode()


def onvif_scopes(name: str, hardware: str) -> str:
    """The scopes that an ONVIF camera must have."""
    words = ("type/video_encoder", "Profile/Streaming", f"name/{name}", f"hardware/{hardware}")
    return " ".join(f"onvif://www.onvif.org/{word}" for word in words)


def rtsp_request(method: str, url: str, number: int) -> bytes:
    """OPTIONS or DESCRIBE without credentials."""
    return f"{method} {url} RTSP/1.0\r\nCSeq: {number}\r\nUser-Agent: player\r\n\r\n".encode()


def rtsp_options(server: str, number: int) -> bytes:
    """What a camera's RTSP server allows."""
    allowed = "OPTIONS, DESCRIBE, SETUP, TEARDOWN, PLAY, SET_PARAMETER, GET_PARAMETER"
    return f"RTSP/1.0 200 OK\r\nServer: {server}\r\nCSeq: {number}\r\nPublic: {allowed}\r\n\r\n".encode()


def rtsp_refusal(server: str, realm: str, number: int) -> bytes:
    """A camera's answer to DESCRIBE from somebody who has not said the password."""
    challenge = f'Digest realm="{realm}", nonce="7d2f0c41a9b6e853"'
    head = f"RTSP/1.0 401 Unauthorized\r\nServer: {server}\r\nCSeq: {number}\r\n"
    return f"{head}WWW-Authenticate: {challenge}\r\n\r\n".encode()


def rtp_packet(number: int, stamp: int, source: int, payload: bytes, *, last: bool, kind: int = 96) -> bytes:
    """A packet of a video (RFC 3550); `last` marks the end of a picture."""
    marked = kind | (0x80 if last else 0)
    return struct.pack("!BBHII", 0x80, marked, number & 0xFFFF, stamp & 0xFFFFFFFF, source) + payload


def pppp(kind: int, body: bytes = b"") -> bytes:
    """A message of the peer-to-peer protocol of many small cameras: f1, type, length, body."""
    return struct.pack("!BBH", 0xF1, kind, len(body)) + body


def pppp_uid(prefix: str, serial: int, check: str) -> bytes:
    """A camera's peer-to-peer name as its messages hold it, 20 bytes."""
    return prefix.encode().ljust(8, b"\0") + struct.pack("!I", serial) + check.encode().ljust(8, b"\0")


def tls_hello(server: str) -> bytes:
    """A TLS client's first message with the server's name in it (RFC 8446, RFC 6066)."""
    name = server.encode()
    entry = struct.pack("!HBH", len(name) + 3, 0, len(name)) + name
    extensions = struct.pack("!HH", 0, len(entry)) + entry
    ciphers = struct.pack("!HHH", 4, 0x1301, 0xC02F)
    body = (
        b"\x03\x03"
        + bytes(range(32))
        + b"\0"
        + ciphers
        + b"\x01\0"
        + struct.pack("!H", len(extensions))
        + extensions
    )
    shake = b"\x01" + struct.pack("!I", len(body))[1:] + body
    return b"\x16\x03\x01" + struct.pack("!H", len(shake)) + shake


def stun_binding(number: int) -> bytes:
    """The first word of a video call: a STUN binding request (RFC 8489)."""
    return struct.pack("!HHI", 1, 0, 0x2112A442) + number.to_bytes(12, "big")
