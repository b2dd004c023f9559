"""TLS in the clear: the name that a client asks for, the names in a server's certificate."""

from __future__ import annotations

import re
import struct

from detector.network.certificates import certificate_facts
from detector.network.text import tidy

Fact = tuple[str, str]

_HANDSHAKE = 0x16
_CLIENT_HELLO, _SERVER_HELLO, _CERTIFICATE, _SERVER_NAME = 1, 2, 11, 0
# Common name, organisation and unit in a distinguished name: their OID, a string type, a length.
_NAME_PART = re.compile(rb"\x06\x03\x55\x04([\x03\x0a\x0b])[\x0c\x13\x14\x16]([\x01-\x7f])", re.DOTALL)
_PART_WORDS = {b"\x03": "CN", b"\x0a": "O", b"\x0b": "OU"}
_MOST_PARTS = 6  # issuer and subject of the first certificate; the chain above is no device's


def is_tls(data: bytes) -> bool:
    """True for a segment that starts with a handshake record."""
    return len(data) > 9 and data[0] == _HANDSHAKE and data[1] == 3 and data[5] in (_CLIENT_HELLO, _SERVER_HELLO, _CERTIFICATE)


def tls_facts(data: bytes) -> list[Fact]:
    """`tls_name` of a ClientHello, names of a certificate that starts in this segment.

    A certificate that is here as a whole is read properly; of one that is cut the parts of names are
    taken as they come, without telling whose they are.
    """
    if data[5] == _CLIENT_HELLO:
        name = _server_name(data)
        return [("tls_name", name)] if name else []
    return certificate_facts(_first_certificate(data)) or _parts_of_names(data)


def _first_certificate(data: bytes) -> bytes:
    """The first certificate among the handshake messages of these records; empty where it is cut."""
    messages = _handshake(data)
    at = 0
    while at + 4 <= len(messages):
        size = int.from_bytes(messages[at + 1 : at + 4])
        if messages[at] == _CERTIFICATE:
            whole = int.from_bytes(messages[at + 7 : at + 10])
            found = messages[at + 10 : at + 10 + whole]
            return found if len(found) == whole else b""
        at += 4 + size
    return b""


def _handshake(data: bytes) -> bytes:
    """The content of the handshake records at the start of a segment, put together."""
    at, content = 0, b""
    while at + 5 <= len(data) and data[at] == _HANDSHAKE:
        size = int.from_bytes(data[at + 3 : at + 5])
        content += data[at + 5 : at + 5 + size]
        at += 5 + size
    return content


def _parts_of_names(data: bytes) -> list[Fact]:
    facts: list[Fact] = []
    for found in list(_NAME_PART.finditer(data[:4096]))[:_MOST_PARTS]:
        text = tidy(data[found.end() : found.end() + found[2][0]])
        facts.append(("tls_subject", f"{_PART_WORDS[found[1]]}={text}"))
    return facts


def _server_name(data: bytes) -> str:
    """Walks a ClientHello to its server_name extension; empty where there is none or it is cut."""
    try:
        at = 43  # record head 5, handshake head 4, version 2, random 32
        at += 1 + data[at]
        at += 2 + struct.unpack_from(">H", data, at)[0]
        at += 1 + data[at]
        end = min(len(data), at + 2 + struct.unpack_from(">H", data, at)[0])
        at += 2
        while at + 4 <= end:
            kind, size = struct.unpack_from(">HH", data, at)
            if kind == _SERVER_NAME and size > 5:
                return tidy(data[at + 9 : at + 4 + size]).lower()
            at += 4 + size
    except (IndexError, struct.error):
        return ""
    return ""
