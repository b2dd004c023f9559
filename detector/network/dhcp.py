"""DHCP: what a client calls itself when it joins, and which address goes with which MAC."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from detector.network.text import mac_text, tidy

Fact = tuple[str, str]

SERVER_PORT, CLIENT_PORT = 67, 68
_COOKIE = b"\x63\x82\x53\x63"
_NAME, _ASKED_ADDRESS, _KIND, _WISHES, _CLASS, _FQDN = 12, 50, 53, 55, 60, 81


@dataclass(frozen=True, slots=True)
class Lease:
    """An address that goes with a MAC, as a server confirmed it or a client holds it."""

    mac: str
    ip: str


def is_dhcp(data: bytes) -> bool:
    """True for a message of either side."""
    return len(data) >= 240 and data[236:240] == _COOKIE


def _options(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 240
    while at + 1 < len(data) and data[at] != 255:
        if data[at] == 0:
            at += 1
            continue
        size = data[at + 1]
        found.setdefault(data[at], data[at + 2 : at + 2 + size])
        at += 2 + size
    return found


def dhcp_facts(data: bytes) -> list[Fact]:
    """A client's host name, vendor class and wishes; of a server, only that it is one."""
    if not is_dhcp(data):
        return []
    if data[0] != 1:
        return [("role", "dhcp server")]
    options = _options(data)
    facts = [
        ("dhcp_name", tidy(options.get(_NAME, b"").rstrip(b"\0"))),
        ("dhcp_name", tidy(options.get(_FQDN, b"")[3:].rstrip(b"\0"))),
        ("dhcp_class", tidy(options.get(_CLASS, b"").rstrip(b"\0"))),
        ("dhcp_wishes", ",".join(str(code) for code in options.get(_WISHES, b"")[:40])),
    ]
    return [fact for fact in facts if fact[1]]


def lease(data: bytes) -> Lease | None:
    """The MAC and address of a confirmed lease (ACK), or of a client that renews its own."""
    if not is_dhcp(data):
        return None
    mac = mac_text(data[28:34])
    kind = _options(data).get(_KIND)
    raw = data[16:20] if data[0] == 2 and kind == b"\x05" else data[12:16]
    return Lease(mac, str(IPv4Address(raw))) if mac and any(raw) else None


def client_mac(data: bytes) -> str | None:
    """Whose message it is: a relay passes on those of others."""
    return mac_text(data[28:34]) if is_dhcp(data) and data[0] == 1 else None
