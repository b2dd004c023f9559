"""Replies, announcements and flows of devices as bytes -> facts about the device that sent them.

The same reading serves what was heard and what was asked for.  Every fact is about the *sender* of
the payload: a client's question gives away the client, never the device it asks.  Nothing here
raises on hostile bytes: what does not fit is no fact.  The words for fields are those of
`data/vocabulary.toml`.
"""

from __future__ import annotations

import re

from detector.network import (
    dhcp,
    gwell,
    hekai,
    kalay,
    messages,
    names,
    p2p,
    pprpc,
    recorders,
    reolink,
    sessions,
    tls,
    tuya,
)
from detector.network.discovery import discovery_facts
from detector.network.markup import ws_discovery_facts
from detector.network.text import tidy

Fact = tuple[str, str]
"""(field, value): one thing that a device gave away."""

MOST_FACTS = 60  # of one payload: a full ONVIF ProbeMatch has about 30, a hostile one any number

RTSP_PORTS = frozenset((554, 5554, 8554, 10554))
TFTP_PORT = 69
MQTT_PORT = 1883

_XML_STARTS = (b"<?xml", b"<SOAP", b"<s:En", b"<soap", b"<env:", b"<e:En")


def from_udp(payload: bytes, sport: int, dport: int) -> list[Fact]:
    """Facts that one datagram gives away about its sender, in the order found."""
    return _udp(payload, sport, dport)[:MOST_FACTS]


def _udp(payload: bytes, sport: int, dport: int) -> list[Fact]:
    if names.MDNS_PORT in (sport, dport) or sport == names.LLMNR_PORT:
        return names.dns_facts(payload, multicast=True)
    if payload[:2] == pprpc.BEGINS and (facts := pprpc.pprpc_facts(payload)):
        return facts
    if names.DNS_PORT in (sport, dport):
        return names.dns_facts(payload, multicast=False)
    if payload[:1] == b"\xf1" and p2p.is_pppp(payload):
        return p2p.pppp_facts(payload, sport)
    if sport in (dhcp.CLIENT_PORT, dhcp.SERVER_PORT):
        return dhcp.dhcp_facts(payload)
    if messages.is_ssdp(payload):
        return messages.ssdp_facts(payload)
    if messages.is_rtsp(payload):
        return messages.rtsp_facts(payload)
    return (
        discovery_facts(payload, sport, dport)
        or (ws_discovery_facts(payload) if payload.startswith(_XML_STARTS) else [])
        or reolink.reolink_facts(payload)
        or p2p.baichuan_facts(payload, sport)
        or p2p.naxclow_facts(payload, sport, dport)
        or kalay.kalay_facts(payload)
        or _rare_udp(payload, sport, dport)
    )


def _rare_udp(payload: bytes, sport: int, dport: int) -> list[Fact]:
    if names.NETBIOS_NAME_PORT in (sport, dport):
        return names.netbios_facts(payload)
    if dport == TFTP_PORT and payload[:2] in (b"\0\x01", b"\0\x02"):
        return [("tftp_file", tidy(payload[2:].split(b"\0")[0]))]
    if messages.is_sip(payload):
        return messages.sip_facts(payload)
    return (
        p2p.ilnk_facts(payload)
        or p2p.dahua_facts(payload)
        or p2p.hidden_facts(payload, sport)
        or p2p.iwfcam_facts(payload)
        or p2p.ezviz_facts(payload, sport)
        or tuya.video_facts(payload)
        or gwell.gwell_facts(payload)
        or hekai.hekai_facts(payload, sport, dport)
    )


def from_tcp(payload: bytes, sport: int, dport: int) -> list[Fact]:
    """Facts that one TCP segment gives away about its sender, in the order found."""
    return _tcp(payload, sport, dport)[:MOST_FACTS]


def _tcp(payload: bytes, sport: int, dport: int) -> list[Fact]:
    if payload[:1] == b"\x16":
        return tls.tls_facts(payload) if tls.is_tls(payload) else []
    if messages.is_rtsp(payload):
        return messages.rtsp_facts(payload)
    if messages.is_http(payload):
        return messages.http_facts(payload)
    if messages.is_body(payload):
        return messages.body_facts(payload)
    if sport in RTSP_PORTS and payload.startswith(sessions.BEGINS):
        return sessions.session_facts(payload)
    return (
        p2p.naxclow_facts(payload, sport, dport)
        or p2p.baichuan_facts(payload, sport)
        or p2p.private_facts(payload, sport)
        or recorders.recorder_facts(payload, sport)
        or tuya.negotiation_facts(payload, sport)
        or p2p.ezviz_facts(payload, sport)
        or _rare_tcp(payload, sport, dport)
    )


def _rare_tcp(payload: bytes, sport: int, dport: int) -> list[Fact]:
    """Greetings of FTP and telnet, topics that a client of a message broker writes to, SIP, a stream under way."""
    if sport == 21 and payload[:4] in (b"220 ", b"220-"):
        return [("ftp_banner", tidy(payload[4:]))]
    if sport == 23 and (text := tidy(re.sub(rb"\xff[\xfb-\xfe].", b"", payload[:300], flags=re.DOTALL))):
        return [("telnet_banner", text)]
    if dport == MQTT_PORT and payload[:1] in (b"\x10", b"\x82", b"0", b"2"):
        return [("mqtt_text", tidy(found)) for found in re.findall(rb"[\w./-]{6,120}", payload[2:400])[:6]]
    if messages.is_sip(payload):
        return messages.sip_facts(payload)
    return [("stream", "RTP within RTSP")] if sport in RTSP_PORTS and messages.is_interleaved(payload) else []
