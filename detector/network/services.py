"""Replies, announcements and flows of devices as bytes -> facts about the device that sent them.

The same reading serves what was heard and what was asked for.  Every fact is about the *sender* of
the payload: a client's question gives away the client, never the device it asks.  Nothing here
raises on hostile bytes: what does not fit is no fact.  The words for fields are those of
`data/vocabulary.toml`.
"""

from __future__ import annotations

from detector.network import messages
from detector.network.markup import ws_discovery_facts

Fact = tuple[str, str]
"""(field, value): one thing that a device gave away."""

MOST_FACTS = 60  # of one payload: a full ONVIF ProbeMatch has about 30, a hostile one any number

SSDP_PORT = 1900
WS_DISCOVERY_PORT = 3702


def from_udp(payload: bytes, sport: int, dport: int) -> list[Fact]:
    """Facts that one datagram gives away about its sender, in the order found."""
    if messages.is_ssdp(payload):
        return messages.ssdp_facts(payload)[:MOST_FACTS]
    if WS_DISCOVERY_PORT in (sport, dport) or payload[:6] in (b"<?xml ", b"<SOAP-", b"<s:Env", b"<soap:"):
        return ws_discovery_facts(payload)[:MOST_FACTS]
    return []


def from_tcp(payload: bytes, sport: int, dport: int) -> list[Fact]:  # noqa: ARG001 -- one shape with from_udp
    """Facts that one TCP segment gives away about its sender, in the order found."""
    if messages.is_rtsp(payload):
        return messages.rtsp_facts(payload)[:MOST_FACTS]
    if messages.is_http(payload):
        return messages.http_facts(payload)[:MOST_FACTS]
    return []
