"""Facts out of XML and HTML that nobody guarantees to be well-formed: found by tag, never parsed.

Devices send half pages, bare ampersands and wrong name spaces; a parser would refuse them, and
entity tricks have no way in here.
"""

from __future__ import annotations

import re

from detector.network.text import MESSAGE_HEAD, tidy

Fact = tuple[str, str]

MOST_OF_ONE_TAG = 12  # facts taken of one tag: a bridge describes a few devices, a hostile page thousands

_TITLE = re.compile(rb"<title[^>]{0,80}>([^<]{1,400})", re.IGNORECASE)
_WSD_SPEAKERS = (b":Hello", b"<Hello", b"ProbeMatch", b"ResolveMatch")
_UPNP_TAGS = {
    "deviceType": "upnp_type", "manufacturer": "upnp_manufacturer", "friendlyName": "upnp_name",
    "modelName": "upnp_model", "modelDescription": "upnp_description", "modelNumber": "upnp_model",
}
_SPACES = {"onvif.org": "onvif", "devprof": "wsdp", "wdp/print": "wprt", "wdp/scan": "wscn", "pub/2005": "pub"}
# Answers of an ONVIF device about itself, its services and its streams, and of its events.
_ONVIF_ANSWER = re.compile(
    rb"<(?:[\w.-]{1,40}:)?(Get(?:SystemDateAndTime|Capabilities|Services|Scopes|NetworkInterfaces|Profiles?|StreamUri|SnapshotUri"
    rb"|VideoSources|VideoEncoderConfigurations?|ServiceCapabilities)|PullMessages|CreatePullPointSubscription)Response[\s>]"
)
_ONVIF_TAGS = {"Manufacturer": "onvif_manufacturer", "Model": "onvif_model", "FirmwareVersion": "onvif_firmware"}


def _unescaped(text: bytes) -> str:
    """A text with its entities resolved.  Their table takes 8 ms to load, and few texts hold any."""
    plain = text.decode("utf-8", "replace")
    if "&" not in plain:
        return plain
    import html  # noqa: PLC0415

    return html.unescape(plain)


def tag_texts(body: bytes, tag: str) -> list[str]:
    """The texts of an element by its local name, any prefix, any case, unescaped and tidied."""
    pattern = rb"<(?:[\w.-]{1,40}:)?" + tag.encode() + rb"(?:\s[^>]{0,400})?>([^<]{0,2000})"
    found = re.findall(pattern, body[:MESSAGE_HEAD], re.IGNORECASE)[:MOST_OF_ONE_TAG]
    texts = (tidy(_unescaped(one), 1000) for one in found)
    return [text for text in texts if text]


def page_facts(body: bytes) -> list[Fact]:
    """The title of a page."""
    found = _TITLE.search(body)
    title = tidy(_unescaped(found[1])) if found else ""
    return [("http_title", title)] if title else []


def description_facts(body: bytes) -> list[Fact]:
    """A UPnP device description: type, maker, model, name."""
    if b"<device" not in body or b"deviceType" not in body:
        return []
    return [(field, tidy(text)) for tag, field in _UPNP_TAGS.items() for text in tag_texts(body, tag)]


def soap_facts(body: bytes) -> list[Fact]:
    """An ONVIF answer: what the device says of itself where it names itself, else which call it answers."""
    if b"GetDeviceInformationResponse" in body:
        return [(field, tidy(text)) for tag, field in _ONVIF_TAGS.items() for text in tag_texts(body, tag)]
    found = _ONVIF_ANSWER.search(body[:MESSAGE_HEAD]) if b"onvif.org" in body else None
    return [("onvif", tidy(found[1]))] if found else []


def ws_discovery_facts(body: bytes) -> list[Fact]:
    """A WS-Discovery Hello or match: one fact for each type, scope and address.

    A Probe or Resolve is a question: the asker gives nothing away.
    """
    if not any(speaker in body for speaker in _WSD_SPEAKERS):
        return []
    types = [_type_with_space(word, body) for text in tag_texts(body, "Types") for word in text.split()]
    scopes = [word for text in tag_texts(body, "Scopes") for word in text.split()]
    addresses = [word for text in tag_texts(body, "XAddrs") for word in text.split()]
    facts = [("wsd_type", word) for word in types[:MOST_OF_ONE_TAG]]
    facts += [("wsd_scope", tidy(word)) for word in scopes[:30]]
    return facts + [("wsd_address", tidy(word)) for word in addresses[:4]]


def _type_with_space(word: str, body: bytes) -> str:
    """A type as `space:Name`: `Device` alone may be a Windows computer's or an ONVIF camera's."""
    prefix, _, name = word.rpartition(":")
    declared = re.search(rb"xmlns:" + re.escape(prefix.encode()) + rb"\s*=\s*[\"']([^\"']{1,200})", body) if prefix else None
    space = declared[1].decode("utf-8", "replace") if declared else ""
    known = next((short for mark, short in _SPACES.items() if mark in space), prefix)
    return tidy(f"{known}:{name}")
