"""What makers' own web interfaces answer: who serves them, and which model it is, found by marks that only answers bear.

A recorder asks its cameras so every few seconds, a telephone whenever it is opened; the asker's own
texts name the same schemas, so that only what an answer says counts.

The words are those of public clients and their tests, for ISAPI, Dahua, Reolink and ONVIF.
"""

from __future__ import annotations

import re

from detector.network.markup import tag_texts
from detector.network.text import tidy

Fact = tuple[str, str]

_MOST = 4096  # bytes looked at: an answer about a device is shorter
_HIKVISION_SPACES = (b"hikvision.com/ver", b"isapi.org/ver", b"std-cgi.com/ver")
_HIKVISION_ANSWER = re.compile(rb"<(DeviceInfo|DeviceStatus|ResponseStatus|EventNotificationAlert)[\s>]")
_DAHUA_MODEL = re.compile(rb"(?m)^deviceType=([\w./-]{3,40})\r?$")
_DAHUA_CHALLENGE = re.compile(rb'"realm"\s*:\s*"(Login to [0-9A-Za-z]{6,40})"')
_REOLINK_MODEL = re.compile(rb'"DevInfo"\s*:\s*\{[^}]{0,2000}?"model"\s*:\s*"([\w .-]{2,40})"')
_ONVIF_ERROR = b"www.onvif.org/ver10/error"


def web_answer_facts(body: bytes) -> list[Fact]:
    """Facts about who sent this body of an HTTP answer."""
    body = body[:_MOST]
    return _hikvision(body) + _onvif_fault(body) + _dahua(body) + _reolink(body)


def _hikvision(body: bytes) -> list[Fact]:
    """ISAPI, of Hikvision's cameras and of those sold under other names."""
    found = _HIKVISION_ANSWER.search(body) if any(space in body for space in _HIKVISION_SPACES) else None
    if not found:
        return []
    models = tag_texts(body, "model")[:1] if found[1] == b"DeviceInfo" else []
    return [("http_api", "Hikvision ISAPI"), *(("camera_model", tidy(model)) for model in models)]


def _onvif_fault(body: bytes) -> list[Fact]:
    """An ONVIF device that refuses, as most do where nobody logged in."""
    return [("onvif", "Fault")] if _ONVIF_ERROR in body and b"Fault" in body else []


def _dahua(body: bytes) -> list[Fact]:
    """Dahua's plain texts, and the challenge of its pages."""
    facts = [("http_realm", tidy(found[1]))] if (found := _DAHUA_CHALLENGE.search(body)) else []
    model = _DAHUA_MODEL.search(body)
    return [*facts, ("said_model", tidy(model[1]))] if model else facts


def _reolink(body: bytes) -> list[Fact]:
    found = _REOLINK_MODEL.search(body)
    return [("http_api", "Reolink"), ("camera_model", tidy(found[1]))] if found else []
