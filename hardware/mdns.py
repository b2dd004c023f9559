"""Multicast DNS as zeroconf writes and reads it: the only file that knows zeroconf.

zeroconf's own engine forgets who sent a record; we judge devices by what they say themselves, so
the sockets stay in `multicast.py` and zeroconf serves as the codec.
"""

from __future__ import annotations

from collections.abc import Iterable

# Exported by name, but without the mark that mypy wants.
from zeroconf import DNSIncoming, DNSOutgoing, DNSPointer, DNSQuestion  # type: ignore[attr-defined]
from zeroconf.const import _CLASS_IN, _FLAGS_QR_QUERY, _TYPE_PTR, _TYPE_SRV, _TYPE_TXT

from detector.network import questions

EVERY_TYPE = "_services._dns-sd._udp.local."

# Asked by name at once: responders of cameras are often too simple for the question above.
CAMERA_TYPES = (
    "_rtsp._tcp.local.", "_onvif._tcp.local.", "_axis-video._tcp.local.", "_dhnap._tcp.local.", "_psia._tcp.local.",
    "_hap._tcp.local.", "_miio._udp.local.", "_amba-cam._udp.local.", "_ipcamera._tcp.local.", "_http._tcp.local.",
    "_arec._tcp.local.", "_CGI._tcp.local.", "_hap._udp.local.",
)  # fmt: skip

MOST_NAMES = 64  # of one reply: a full printer offers about ten services, a hostile reply any number
_AT_ONCE = 20  # questions in a message: with names of the greatest length still one frame
_ASKABLE = 120  # characters: a name may have 255 bytes; the list of questions allows one half a kilobyte of hex


def browse(types: Iterable[str]) -> list[bytes]:
    """Questions for all instances of service types, packed into as few messages as they need."""
    return _messages([(name, _TYPE_PTR) for name in types])


def details(instances: Iterable[str]) -> list[bytes]:
    """Questions for host, port and properties of service instances."""
    return _messages([(name, kind) for name in instances for kind in (_TYPE_SRV, _TYPE_TXT)])


def pointers(reply: bytes) -> list[tuple[str, str]]:
    """(type, what it points to) of a reply; nothing of a question or of broken bytes."""
    message = DNSIncoming(reply)
    if not message.valid or not message.is_response():
        return []
    found = [(one.name, one.alias) for one in message.answers() if isinstance(one, DNSPointer)]
    return found[:MOST_NAMES]


def _messages(asked: list[tuple[str, int]]) -> list[bytes]:
    askable = [one for one in asked if len(one[0]) <= _ASKABLE]
    messages = [_message(askable[at : at + _AT_ONCE]) for at in range(0, len(askable), _AT_ONCE)]
    allowed = questions.load()["mdns"]
    return [message for message in messages if allowed.matches(message)]


def _message(asked: list[tuple[str, int]]) -> bytes:
    out = DNSOutgoing(_FLAGS_QR_QUERY)
    for name, kind in asked:
        out.add_question(DNSQuestion(name, kind, _CLASS_IN))
    return out.packets()[0]
