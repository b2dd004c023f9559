"""The names in an X.509 certificate: a walk through DER that stops at the first thing out of place.

Only what tells a device is read: subject, issuer, further names.  No signature is checked; nothing is
trusted on the strength of a certificate here.
"""

from __future__ import annotations

from collections.abc import Iterator

from detector.network.text import tidy

Fact = tuple[str, str]

_SEQUENCE, _OID, _OCTETS, _VERSION, _EXTENSIONS = 0x30, 0x06, 0x04, 0xA0, 0xA3
_DNS_NAME = 0x82
_PARTS = {b"\x55\x04\x03": "CN", b"\x55\x04\x0a": "O", b"\x55\x04\x0b": "OU"}
_ALTERNATIVE_NAMES = b"\x55\x1d\x11"
_MOST_NAMES = 8  # further names of one certificate; a device has one or two


class _Broken(ValueError):
    """The bytes are no DER, or end too soon."""


def certificate_facts(der: bytes) -> list[Fact]:
    """Facts of one whole certificate; none of broken bytes."""
    try:
        return _facts(der)
    except _Broken:
        return []


def _facts(der: bytes) -> list[Fact]:
    fields = [field for field in _elements(_only(_only(der, _SEQUENCE), _SEQUENCE)) if field[0] != _VERSION]
    if len(fields) < 5:  # serial number, algorithm, issuer, validity, subject
        raise _Broken
    issuer, subject = fields[2][1], fields[4][1]
    facts = [("tls_subject", part) for part in _name(subject)] + [("tls_issuer", part) for part in _name(issuer)]
    if issuer == subject:
        facts.append(("tls_signed", "self"))
    extensions = next((value for kind, value in fields[5:] if kind == _EXTENSIONS), b"")
    return facts + [("tls_san", name) for name in _further_names(extensions)]


def _elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """(tag, content) one after the other."""
    at = 0
    while at < len(der):
        if at + 2 > len(der):
            raise _Broken
        tag, size, at = der[at], der[at + 1], at + 2
        if size == 0x80:  # without an end that is stated: not allowed in DER
            raise _Broken
        if size > 0x80:
            octets = size & 0x7F
            size, at = int.from_bytes(der[at : at + octets]), at + octets
        if at + size > len(der):
            raise _Broken
        yield tag, der[at : at + size]
        at += size


def _only(der: bytes, tag: int) -> bytes:
    """The content of the first element, which must have this tag."""
    for found, content in _elements(der):
        if found == tag:
            return content
        break
    raise _Broken


def _name(der: bytes) -> list[str]:
    """The parts of a distinguished name that tell something, as CN=, O= or OU=."""
    parts = []
    for _, one in _elements(der):
        pair = list(_elements(_only(one, _SEQUENCE)))
        if len(pair) == 2 and pair[0][1] in _PARTS and (text := tidy(pair[1][1])):
            parts.append(f"{_PARTS[pair[0][1]]}={text}")
    return parts


def _further_names(der: bytes) -> list[str]:
    for _, extension in _elements(_only(der, _SEQUENCE) if der else b""):
        parts = list(_elements(extension))
        if parts and parts[0] == (_OID, _ALTERNATIVE_NAMES) and parts[-1][0] == _OCTETS:
            names = (tidy(value).lower() for kind, value in _elements(_only(parts[-1][1], _SEQUENCE)) if kind == _DNS_NAME)
            return [name for name in names if name][:_MOST_NAMES]
    return []
