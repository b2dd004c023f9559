"""HTTP, RTSP and SSDP: one shape of message (a first line, headers, a body), three meanings."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from detector.network.markup import description_facts, page_facts, soap_facts, tag_texts
from detector.network.sessions import session_facts
from detector.network.text import MESSAGE_HEAD, tidy
from detector.network.web_answers import web_answer_facts

Fact = tuple[str, str]

MOST_HEADERS = 40  # more than any device sends; the rest of a hostile message is not read

_RTSP_METHODS = (b"OPTIONS ", b"DESCRIBE ", b"ANNOUNCE ", b"SETUP ", b"RECORD ", b"PLAY ")
_HTTP_METHODS = (b"GET ", b"POST ", b"PUT ", b"HEAD ", b"SUBSCRIBE ", b"OPTIONS ")
_STREAM_TYPES = ("multipart/x-mixed-replace", "application/x-rtsp-tunnelled")
_BODY_STARTS = (b"<?xml", b"<html", b"<HTML", b"<!DOC", b"<!doc", b"<SOAP", b"<s:En", b"<soap", b"<env:", b"<root")
_SIP_REQUESTS = (b"REGISTER sip:", b"OPTIONS sip:", b"INVITE sip:", b"MESSAGE sip:", b"SUBSCRIBE sip:", b"NOTIFY sip:")
_SIP_METHODS = (*_SIP_REQUESTS, b"SIP/2.0 ")
# GB/T 28181, by which cameras in China join a video platform: who sends has an id of 20 digits, of which the
# eleventh to thirteenth say what it is.
_PLATFORM_ID = re.compile(r"<?sips?:\d{10}(\d{3})\d{7}@")
_PLATFORM_KINDS = {
    "111": "recorder", "112": "encoder", "113": "encoder", "118": "recorder", "130": "recorder", "131": "camera", "132": "camera",
}  # fmt: skip
_LEAST_INTERLEAVED, _MOST_CHANNEL = 16, 7  # bytes: a head of 4 and one of RTP's, of 12; two channels for each of a few tracks
_FIRST_DYNAMIC, _MOTION_JPEG = 96, 26
_REALM = re.compile(r'realm\s*=\s*"?([^",]{1,200})', re.IGNORECASE)
_SCRIPT_LOCATION = re.compile(rb"""location(?:\.href|\.replace)?\s*(?:=|\()\s*["']([^"']{1,200})["']""")


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its first line, headers with lower-case names, and what is there of the body."""

    first: str
    headers: Mapping[str, str]
    body: bytes


def split(payload: bytes) -> Message:
    """A message out of bytes that may end anywhere."""
    head, _, body = payload[:MESSAGE_HEAD].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n", MOST_HEADERS + 1)[: MOST_HEADERS + 1]
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        if colon:
            headers.setdefault(tidy(name, 40).lower(), tidy(value))
    return Message(tidy(lines[0]), headers, body)


def named(message: Message, **fields: str) -> list[Fact]:
    """The facts of those headers that are there: `named(m, rtsp_server="server")`."""
    found = ((field, message.headers.get(header, "")) for field, header in fields.items())
    return [(field, value) for field, value in found if value]


def _realm(message: Message, field: str) -> list[Fact]:
    found = _REALM.search(message.headers.get("www-authenticate", ""))
    return [(field, found[1].strip())] if found else []


def rtsp_facts(payload: bytes) -> list[Fact]:
    """What an RTSP server's answer gives away, or a client that pushes its own stream.

    A client that only asks gives its player's name away (`rtsp_agent`) and nothing of a camera.
    """
    message = split(payload)
    if payload.startswith(b"RTSP/1."):
        facts = [("rtsp_reply", " ".join(message.first.split()[1:2])[:3])]
        facts += named(message, rtsp_server="server", rtsp_public="public", rtsp_base="content-base")
        return facts + _realm(message, "rtsp_realm") + session_facts(message.body)
    if payload.startswith((b"ANNOUNCE ", b"RECORD ")):
        return [("rtsp_push", message.first.split(" ", 1)[0]), *named(message, rtsp_agent="user-agent")]
    return named(message, rtsp_agent="user-agent")


def http_facts(payload: bytes) -> list[Fact]:
    """What an HTTP message gives away of who sent it: a server's banners, a client's errand."""
    message = split(payload)
    if payload.startswith(b"HTTP/"):
        facts = named(message, http_server="server", http_location="location") + _realm(message, "http_realm")
        facts += _script_location(message)
        kind = message.headers.get("content-type", "")
        if kind.lower().startswith(_STREAM_TYPES):
            facts.append(("http_type", kind))
        return facts + body_facts(message.body)
    words = message.first.split(" ")
    path = [("http_path", tidy(words[1].split("?", 1)[0]))] if len(words) > 1 else []
    texts = tag_texts(message.body, "NewPortMappingDescription") if b"PortMapping" in message.body else []
    wanted = [("upnp_mapping", text) for text in texts[:1]]
    return path + named(message, http_agent="user-agent", http_host="host") + wanted


def is_body(payload: bytes) -> bool:
    """True for the start of a page, a description or an answer whose HTTP head came in a segment before it."""
    return payload.startswith(_BODY_STARTS)


def body_facts(body: bytes) -> list[Fact]:
    """What the body of an HTTP answer says of who sent it."""
    return page_facts(body) + description_facts(body) + soap_facts(body) + web_answer_facts(body)


def icon_facts(payload: bytes) -> list[Fact]:
    """The MD5 of a whole icon, which is what recog and nmap know icons by; nothing of a page or an error."""
    head, _, body = payload.partition(b"\r\n\r\n")
    message = split(head + b"\r\n\r\n")
    stated = message.headers.get("content-length", str(len(body)))
    whole = body and stated == str(len(body)) and " 200" in message.first[:13]
    if not whole or message.headers.get("content-type", "").lower().startswith("text/"):
        return []
    return [("favicon_md5", hashlib.md5(body, usedforsecurity=False).hexdigest())]


def _script_location(message: Message) -> list[Fact]:
    """Where a page sends its visitor by a script, as the first pages of many cameras do."""
    found = _SCRIPT_LOCATION.search(message.body)
    return [("http_location", tidy(found[1]))] if found and tidy(found[1]) else []


def ssdp_facts(payload: bytes) -> list[Fact]:
    """What a NOTIFY or the reply to a search says; of who searches, only what it looks for."""
    message = split(payload)
    if payload.startswith(b"M-SEARCH"):
        return named(message, ssdp_asks="st")
    facts = named(message, ssdp_server="server", ssdp_location="location", ssdp_usn="usn")
    facts += named(message, ssdp_type="nt") or named(message, ssdp_type="st")
    return facts + named(message, ssdp_model="x-modelname", ssdp_name="x-friendly-name")


def sip_facts(payload: bytes) -> list[Fact]:
    """The name that a telephone, a door station or a camera gives itself, and what it is by its id on a video platform."""
    message = split(payload)
    facts = named(message, sip_agent="user-agent") or named(message, sip_agent="server")
    sender = _PLATFORM_ID.search(message.headers.get("from", "")) if payload.startswith(_SIP_REQUESTS) else None
    if sender and sender[1] in _PLATFORM_KINDS:
        facts.append(("platform_id", _PLATFORM_KINDS[sender[1]]))
    return facts


def is_sip(payload: bytes) -> bool:
    """True for the start of a SIP message of either side."""
    return payload.startswith(_SIP_METHODS)


def is_rtsp(payload: bytes) -> bool:
    """True for the start of an RTSP message of either side."""
    if payload.startswith(b"RTSP/1."):
        return True
    return payload.startswith(_RTSP_METHODS) and b" RTSP/1." in payload[:400]


def is_interleaved(payload: bytes) -> bool:
    """True for a packet of RTP between the messages of an RTSP connection: `$`, a channel, a length, then version 2
    and one of the formats that are agreed on as the talk begins, or motion JPEG.
    """
    if len(payload) < _LEAST_INTERLEAVED or payload[0] != ord("$") or payload[1] > _MOST_CHANNEL:
        return False
    size, form = payload[2] << 8 | payload[3], payload[5] & 0x7F
    return size >= _LEAST_INTERLEAVED - 4 and payload[4] >> 6 == 2 and (form >= _FIRST_DYNAMIC or form == _MOTION_JPEG)


def is_http(payload: bytes) -> bool:
    """True for the start of an HTTP message of either side."""
    if payload.startswith(b"HTTP/1."):
        return True
    return payload.startswith(_HTTP_METHODS) and b" HTTP/1." in payload[:2000]


def is_ssdp(payload: bytes) -> bool:
    """True for a NOTIFY, a search or the reply to one."""
    return payload.startswith((b"NOTIFY * ", b"M-SEARCH *", b"HTTP/1.1 200", b"HTTP/1.0 200"))
