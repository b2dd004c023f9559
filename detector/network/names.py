"""DNS, mDNS, LLMNR and NetBIOS: the names that devices ask for and the names they give themselves."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from detector.network.text import tidy

Fact = tuple[str, str]

DNS_PORT, MDNS_PORT, LLMNR_PORT, NETBIOS_NAME_PORT = 53, 5353, 5355, 137

MOST_RECORDS = 60  # of one message: a full mDNS announcement has about 30
MOST_LABELS = 30  # of one name, pointers included: a loop of pointers ends here
MOST_TXT = 20  # strings of one TXT record

_A, _PTR, _TXT, _AAAA, _SRV = 1, 12, 16, 28, 33
_POINTER = b"\x0c"  # PTR, as the lower byte of a question's kind


class _ShortError(Exception):
    """The message ends before the record does."""


@dataclass(frozen=True, slots=True)
class _Record:
    name: str
    kind: int
    start: int
    end: int
    own: bool
    """The sender states it of itself: an answer, or a name it is about to claim."""


def _name(data: bytes, at: int) -> tuple[str, int]:
    """A possibly compressed name and where the bytes after it start."""
    labels: list[str] = []
    after = -1
    for _ in range(MOST_LABELS):
        if at >= len(data):
            raise _ShortError
        size = data[at]
        if size == 0:
            return ".".join(labels), after if after >= 0 else at + 1
        if size >= 0xC0:
            if at + 1 >= len(data):
                raise _ShortError
            after = at + 2 if after < 0 else after
            at = (size & 0x3F) << 8 | data[at + 1]
            continue
        labels.append(tidy(data[at + 1 : at + 1 + size], 63))
        at += 1 + size
    raise _ShortError


def _records(data: bytes, at: int, counts: tuple[int, int, int], *, answer: bool) -> Iterator[_Record]:
    """Resource records as far as they are whole.  In a question, only the authority section holds
    the sender's own names: its answers are what others told it.
    """
    answers, authority, extra = counts
    total = min(answers + authority + extra, MOST_RECORDS)
    for index in range(total):
        name, at = _name(data, at)
        if at + 10 > len(data):
            raise _ShortError
        kind, _, _, size = struct.unpack_from(">HHIH", data, at)
        start, at = at + 10, at + 10 + size
        if at > len(data):
            raise _ShortError
        yield _Record(name, kind, start, at, answer or answers <= index < answers + authority)


def dns_facts(data: bytes, *, multicast: bool) -> list[Fact]:
    """What a DNS message gives away about its sender.

    Unicast: the names a client asks for (`dns_query`), and that a resolver answers (`role`).
    Multicast: the services, names and TXT strings that a device announces as its own, and the services that it looks
    for.
    """
    if len(data) < 12:
        return []
    _, flags, questions, *counts = struct.unpack_from(">6H", data, 0)
    answer = bool(flags & 0x8000)
    if answer and not multicast:
        return [("role", "dns server")]
    facts: list[Fact] = []
    try:
        at = 12
        for _ in range(min(questions, MOST_RECORDS)):
            name, at = _name(data, at)
            kind, at = data[at + 1 : at + 2], at + 4
            if name and not multicast:
                facts.append(("dns_query", name.lower()))
            elif name and not answer and kind == _POINTER:
                facts += _looked_for(name)
        if multicast:
            for record in _records(data, at, (counts[0], counts[1], counts[2]), answer=answer):
                if record.own:
                    facts += _announced(data, record)
    except _ShortError:
        pass  # what was whole is kept
    return facts


def _announced(data: bytes, record: _Record) -> list[Fact]:
    """The facts of one record that a device states of itself."""
    if record.kind == _PTR:
        return _service(record.name, _name(data, record.start)[0])
    if record.kind == _SRV and record.end - record.start > 6:
        instance, _, kind = record.name.partition("._")
        host = _name(data, record.start + 6)[0].removesuffix(".local")
        return [*_typed(kind), ("mdns_name", instance), ("mdns_host", host)]
    if record.kind == _TXT:
        return _strings(data, record)
    if record.kind in (_A, _AAAA) and not record.name.startswith("_"):
        return [("mdns_host", record.name.removesuffix(".local"))]
    return []


def _looked_for(name: str) -> list[Fact]:
    """The type of service that somebody looks for among all devices; not a name that it asks after."""
    kind = name.lower().rpartition("._sub.")[2].removesuffix(".local")
    return [("mdns_asks", kind)] if kind.startswith("_") and kind.count(".") == 1 else []


def _typed(kind: str) -> list[Fact]:
    bare = kind.removesuffix(".local")
    return [("mdns_type", "_" + bare)] if bare.endswith(("._tcp", "._udp")) else []


def _service(name: str, target: str) -> list[Fact]:
    """A pointer from a service type to an instance of it; reverse pointers say a host name."""
    if name.endswith(".arpa"):
        return [("mdns_host", target.removesuffix(".local"))]
    if name.startswith("_services._dns-sd"):
        return _typed(target.removeprefix("_"))
    facts = _typed(name.rpartition("._sub.")[2].removeprefix("_"))
    instance = target.partition("._")[0]
    return [*facts, ("mdns_name", instance)] if facts and instance else facts


def _strings(data: bytes, record: _Record) -> list[Fact]:
    """TXT strings, each with its service type in front, because `ci=17` means a camera only in HAP."""
    kind = "_" + record.name.partition("._")[2].removesuffix(".local")
    facts: list[Fact] = []
    at = record.start
    while at < record.end and len(facts) < MOST_TXT:
        size = data[at]
        text = tidy(data[at + 1 : min(at + 1 + size, record.end)])
        if text:
            facts.append(("mdns_txt", f"{kind} {text}"))
        at += 1 + size
    return facts


def netbios_facts(data: bytes) -> list[Fact]:
    """The name that a NetBIOS host registers or answers to; a mere question gives nothing."""
    if len(data) < 50 or data[12] != 0x20:
        return []
    registers = (data[2] & 0x78) >> 3 in (5, 6, 8)
    if not registers and not data[2] & 0x80:
        return []
    coded = data[13:45]
    if not all(0x41 <= byte <= 0x50 for byte in coded):
        return []
    plain = bytes((coded[i] - 0x41) << 4 | (coded[i + 1] - 0x41) for i in range(0, 32, 2))
    name = tidy(plain[:15])
    return [("netbios_name", name)] if name and not name.startswith("*") else []
