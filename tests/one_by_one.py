"""The packet-by-packet reading that the batches replaced, kept as what they are measured against.

Slow and plain: one packet, one function after another.  `detector.network.traffic` must tell the very
same sightings in the same order.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address

from detector.model import Packet, Sighting
from detector.network import dhcp, frames, p2p, services
from detector.network.disguise import Disguises
from detector.network.flows import LIMITS, WATCHES
from detector.network.push import push_of
from detector.network.rendezvous import LEAST_SERVERS, MEETS
from detector.network.senders import private
from detector.network.text import mac_text, tidy

Fact = tuple[str, str]

ETHERNET, RAW_IP, WIFI, COOKED, WIFI_PRISM, WIFI_RADIOTAP, WIFI_AVS, PPI, COOKED_2 = 1, 101, 105, 113, 119, 127, 163, 192, 276
_RAW_LINKS = frozenset({RAW_IP, 12, 14, 228, 229})
_NULL_LINKS = frozenset({0, 108})  # BSD loopback: four bytes of address family in front
_VLAN_TAGS = frozenset({0x8100, 0x88A8, 0x9100})

IPV4, IPV6, ARP = 0x0800, 0x86DD, 0x0806


@dataclass(frozen=True, slots=True)
class Head:
    """What the link layer says: addresses as six bytes (None where the link has none), the type of
    what follows, and where that starts (`at`).
    """

    sender: bytes | None
    receiver: bytes | None
    ether_type: int
    at: int


def head(data: bytes, link: int) -> Head | None:
    """The link header of a frame of any wired or cooked link; None where there is none to read."""
    if link == ETHERNET:
        return _ethernet(data)
    if link == COOKED and len(data) >= 16:
        return _cooked(data, data[6:12] if data[5] == 6 else None, struct.unpack_from(">H", data, 14)[0], 16, data[1])
    if link == COOKED_2 and len(data) >= 20:
        return _cooked(data, data[12:18] if data[11] == 6 else None, struct.unpack_from(">H", data, 0)[0], 20, data[10])
    if link in _RAW_LINKS or link in _NULL_LINKS:
        return _raw(data, 4 if link in _NULL_LINKS else 0)
    return None


def _ethernet(data: bytes) -> Head | None:
    if len(data) < 14:
        return None
    kind, at = data[12] << 8 | data[13], 14
    while kind in _VLAN_TAGS and at + 4 <= len(data):
        kind, at = data[at + 2] << 8 | data[at + 3], at + 4
    return Head(data[6:12], data[0:6], kind, at)


def _cooked(data: bytes, sender: bytes | None, kind: int, at: int, direction: int) -> Head:
    """Cooked captures keep only the sender; direction 1 and 2 are broadcast and multicast."""
    if kind in _VLAN_TAGS and at + 4 <= len(data):
        kind, at = data[at + 2] << 8 | data[at + 3], at + 4
    return Head(sender, b"\xff" * 6 if direction in (1, 2) else None, kind, at)


def _raw(data: bytes, at: int) -> Head | None:
    if len(data) <= at:
        return None
    version = data[at] >> 4
    kind = {4: IPV4, 6: IPV6}.get(version)
    return Head(None, None, kind, at) if kind else None


@dataclass(slots=True)
class Flow:
    """One direction between two ends, as sums."""

    first_s: float
    last_s: float
    packets: int = 0
    size: int = 0
    largest: int = 0
    full: int = 0
    looked: int = 0
    second: int = -1
    second_size: int = 0
    seconds: int = 0
    sum_squares: float = 0.0
    pppp_data: int = 0
    pppp_size: int = 0
    video: str = ""
    video_packets: int = 0
    pictures: int = 0

    def add(self, size: int, at_s: float) -> None:
        """One more packet of `size` bytes at `at_s`."""
        self.packets += 1
        self.size += size
        self.last_s = at_s
        if size > self.largest:
            self.largest, self.full = size, 0
        if size * 10 >= self.largest * 9:
            self.full += 1
        now = int(at_s)
        if now != self.second:
            self._close_second()
            self.second, self.second_size = now, 0
        self.second_size += size

    def _close_second(self) -> None:
        if self.second_size:
            self.seconds += 1
            self.sum_squares += float(self.second_size) ** 2

    def is_live_video(self, back: int, limits=LIMITS) -> bool:
        """True where size, evenness and direction are those of live video; `back` bytes came back."""
        lasted = self.last_s - self.first_s
        if self.packets < limits.least_packets or lasted < limits.least_seconds:
            return False
        rate, share = self.size / lasted, self.full / self.packets
        return (
            limits.least_rate <= rate <= limits.most_rate
            and self.size >= limits.one_way * back
            and limits.full_share[0] <= share <= limits.full_share[1]
            and self._is_even(limits)
        )

    def _is_even(self, limits) -> bool:
        """Judged by the whole seconds: the last one is still open."""
        if not self.seconds:
            return False
        mean = (self.size - self.second_size) / self.seconds
        spread = math.sqrt(max(0.0, self.sum_squares / self.seconds - mean * mean))
        passed = int(self.last_s) - int(self.first_s)
        return self.seconds >= limits.busy_share * passed and spread <= limits.most_uneven * mean


class Flows:
    """All flows of a sweep by their ends; `key` and `back` are any names of the two directions."""

    def __init__(self, limits=LIMITS) -> None:
        self._limits = limits
        self._flows: dict[Hashable, tuple[Flow, Hashable, Hashable]] = {}

    def add(self, key: Hashable, back: Hashable, owner: Hashable, size: int, at_s: float) -> Flow:
        """Counts one packet; `owner` is who sends it."""
        entry = self._flows.get(key)
        if entry is None:
            entry = self._flows[key] = (Flow(at_s, at_s), back, owner)
        entry[0].add(size, at_s)
        return entry[0]

    def overfull(self) -> Iterator[tuple[Hashable, Fact]]:
        """Judges and lets go of the oldest flows where there are too many."""
        while len(self._flows) > self._limits.most_flows:
            yield from self._judge(next(iter(self._flows)))

    def finish(self) -> Iterator[tuple[Hashable, Fact]]:
        """What all flows say of their senders."""
        for key in list(self._flows):
            yield from self._judge(key, keep=True)
        called: dict[tuple[Hashable, int], set[bytes]] = {}
        for key, (_, _, owner) in self._flows.items():
            meets = owner is not None and len(key) == 5 and key[4] == 17 and key[3] in LEAST_SERVERS and len(key[2]) == 4
            if meets and not private(key[2]) and key[2][0] < 224:
                called.setdefault((owner, key[3]), set()).add(key[2])
        for owner in dict.fromkeys(owner for (owner, port), servers in called.items() if len(servers) >= LEAST_SERVERS[port]):
            yield owner, MEETS
        for key, (_, _, owner) in self._flows.items():
            if owner is not None and len(key) == 5 and key[4] == 6 and (fact := push_of(key[2], key[3])):
                yield owner, fact

    def _judge(self, key: Hashable, *, keep: bool = False) -> Iterator[tuple[Hashable, Fact]]:
        flow, back, owner = self._flows[key]
        other = self._flows[back][0] if back in self._flows else None
        if not keep:
            del self._flows[key]
        if owner is not None:
            for fact in self._facts(flow, other):
                yield owner, fact
        elif other and (watcher := self._flows[back][2]) is not None and flow.is_live_video(other.size, self._limits):
            yield watcher, WATCHES

    def _facts(self, flow: Flow, other: Flow | None) -> Iterator[Fact]:
        limits = self._limits
        if flow.is_live_video(other.size if other else 0, limits):
            yield "stream", "steady video out"
        back = other.pppp_size if other else 0
        if flow.pppp_data >= limits.pppp_packets and flow.pppp_size >= limits.pppp_one_way * back:
            yield "p2p", "PPPP sends video"
        if flow.video_packets >= max(limits.rtp_packets, limits.rtp_share * flow.packets):
            yield "rtp_video", flow.video
            if flow.video_packets >= limits.pppp_one_way * (other.video_packets if other else 0):
                yield "stream", "RTP video one way"
        if flow.pictures >= max(limits.pictures, limits.pppp_one_way * (other.pictures if other else 0)):
            yield "stream", "pictures by UDP"


def look_inside(flow: Flow, payload: bytes) -> None:
    """Counts what only many datagrams of a flow together show: PPPP data, RTP video in the clear."""
    if len(payload) >= 200 and any(payload[at : at + 3] == b"\xff\xd8\xff" and payload[at + 3] >= 0xC0 for at in range(0, 36, 4)):
        flow.pictures += 1
    if payload[:1] == b"\xf1":
        if p2p.is_pppp(payload) and payload[1] == p2p.DATA:
            flow.pppp_data += 1
            flow.pppp_size += len(payload)
    elif payload and payload[0] & 0xC0 == 0x80 and len(payload) > 20:
        video = _rtp_format(payload)
        if video:
            flow.video_packets += video == (flow.video or video)
            flow.video = flow.video or video


def _rtp_format(payload: bytes) -> str:
    """Which video an RTP datagram holds, judged by its first bytes: a fragment of a picture."""
    kind = payload[1] & 0x7F
    at = 12 + 4 * (payload[0] & 0x0F)
    if kind == 26:
        return "JPEG"
    if kind < 96 or at + 2 > len(payload) or payload[0] & 0x10:
        return ""
    first, second = payload[at], payload[at + 1]
    if first & 0x9F == 28 and second & 0x1F in (1, 5) and first & 0x60:  # FU-A of a slice, RFC 6184
        return "H.264"
    if first >> 1 == 49 and second == 1:  # FU of layer 0, RFC 7798
        return "H.265"
    return ""


FACTS_OF_ONE = 400  # of one address: names asked for make up nearly all; a hostile host sends any number
MOST_SENDERS = 50_000  # addresses remembered: a flood of made-up ones must not fill the memory
TCP_LOOKS, UDP_LOOKS = 40, 200  # payloads of one flow that are read: banners stand at its start

# Ports that say something where a host accepts a connection on them, even if nothing is read of it.
_TELLING_PORTS = frozenset({554, 8554, 10554, 37777, 37778, 34567, 6123, 8899})

_START_TTLS = frozenset({64, 128, 255})
_UNSPECIFIED = (b"\0" * 4, b"\0" * 16)
_AIR_LINKS = frozenset({frames.WIFI, frames.WIFI_RADIOTAP, frames.PPI, frames.WIFI_PRISM, frames.WIFI_AVS})
_TCP, _UDP, _ICMP6 = 6, 17, 58
_V6_EXTENSIONS = frozenset({0, 43, 60})


@dataclass(slots=True)
class _Sender:
    """One pair of MAC and address, and what is known already."""

    key: tuple[bytes | None, bytes]
    mac: str | None
    ip: str | None
    facts: set[Fact] = field(default_factory=set)


@dataclass(slots=True)
class Heard:
    """What was examined, for the coverage."""

    packets: int = 0
    size: int = 0
    unread: int = 0
    first_s: float = 0.0
    last_s: float = 0.0


class OneByOne:
    """Reads packets one by one and hands each new sighting to `note`."""

    def __init__(self, note: Callable[[Sighting], None]) -> None:
        self._note = note
        self._disguises = Disguises()
        self._senders: dict[tuple[bytes | None, bytes], _Sender | None] = {}
        self._claims: dict[bytes, bytes] = {}
        self._flows = Flows()
        self.heard = Heard()

    def hear(self, packet: Packet) -> None:
        """One packet; what cannot be read is counted and left."""
        heard = self.heard
        if not heard.packets:
            heard.first_s = packet.at_s
        heard.packets += 1
        heard.size += packet.length
        heard.last_s = packet.at_s
        data = packet.data if isinstance(packet.data, bytes) else bytes(packet.data)
        if packet.link in _AIR_LINKS:
            self._air(data, packet)
            return
        found = head(data, packet.link)
        if found is None:
            heard.unread += 1
            return
        self._network(data, found, packet)

    def finish(self) -> None:
        """Judges the flows; call once after the last packet."""
        for owner, fact in self._flows.finish():
            self._flow_fact(owner, fact)

    # --- the link layer -------------------------------------------------------------------------

    def _network(self, data: bytes, head: Head, packet: Packet) -> None:
        if head.sender is not None and not head.sender[0] & 1:
            self._sender(head.sender, b"", packet.at_s)
        if head.ether_type == IPV4:
            self._ipv4(data, head, packet)
        elif head.ether_type == IPV6:
            self._ipv6(data, head, packet)
        elif head.ether_type == ARP:
            self._arp(data, head, packet.at_s)

    def _air(self, data: bytes, packet: Packet) -> None:
        frame = frames.air_frame(data, packet.link)
        if frame is None or frame.sender[0] & 1 or len(frame.sender) < 6:
            return
        sender = self._sender(frame.sender, b"", packet.at_s)
        if sender is None:
            return
        if frame.sort != "data":
            name = frames.network_name(data, frame)
            if name:
                word = "probe_ssid" if frame.sort == "probe request" else "ssid"
                self._tell(sender, (word, tidy(name)), packet.at_s, frame.signal_dbm)
            return
        if frame.up and frame.network:
            key, back = (frame.sender, frame.network), (frame.network, frame.sender)
            self._count(key, back, (frame.sender, b""), packet)
        elif frame.network:
            key, back = (frame.network, frame.receiver), (frame.receiver, frame.network)
            self._count(key, back, None, packet)
        inside = None if frame.protected else frames.carried(data, frame.body)
        if inside:
            self._network(data, Head(frame.sender, frame.receiver, *inside), packet)

    def _arp(self, data: bytes, head: Head, at_s: float) -> None:
        """A host that asks or answers claims its own address."""
        body = data[head.at : head.at + 28]
        if len(body) < 28 or body[:6] != b"\0\x01\x08\0\x06\x04":
            return
        mac, ip = body[8:14], body[14:18]
        if head.sender in (None, mac) and not mac[0] & 1 and any(ip):
            self._claim(mac, ip, "arp", at_s)

    # --- the network layer ----------------------------------------------------------------------

    def _ipv4(self, data: bytes, head: Head, packet: Packet) -> None:
        at = head.at
        if at + 20 > len(data) or data[at] >> 4 != 4:
            return
        length = (data[at] & 0x0F) * 4
        total = data[at + 2] << 8 | data[at + 3]
        if (data[at + 6] & 0x1F) << 8 | data[at + 7]:
            return  # a later fragment has no ports
        end = min(len(data), at + total) if total else len(data)
        ends = data[at + 12 : at + 16], data[at + 16 : at + 20]
        sender = self._local(ends, data[at + 8], head, packet.at_s)
        self._transport(data[at + length : end], data[at + 9], ends, sender, packet)

    def _ipv6(self, data: bytes, head: Head, packet: Packet) -> None:
        at = head.at
        if at + 40 > len(data) or data[at] >> 4 != 6:
            return
        following, body = data[at + 6], at + 40
        for _ in range(6):  # extension headers: real chains have one or two
            if following not in _V6_EXTENSIONS or body + 8 > len(data):
                break
            following, body = data[body], body + 8 + data[body + 1] * 8
        source = data[at + 8 : at + 24]
        if following == _ICMP6:
            self._neighbour(data[body : body + 24], source, head, packet.at_s)
        ends = source, data[at + 24 : at + 40]
        self._transport(data[body:], following, ends, self._local(ends, data[at + 7], head, packet.at_s), packet)

    def _neighbour(self, body: bytes, source: bytes, head: Head, at_s: float) -> None:
        """An advertisement claims its target address, a solicitation its sender's."""
        if head.sender is None or len(body) < 24 or body[0] not in (135, 136):
            return
        claimed = body[8:24] if body[0] == 136 else source
        if any(claimed):
            self._claim(head.sender, claimed, "ndp", at_s)

    # --- the transport layer --------------------------------------------------------------------

    def _transport(
        self, segment: bytes, kind: int, ends: tuple[bytes, bytes], sender: _Sender | None, packet: Packet
    ) -> None:
        if kind == _UDP and len(segment) >= 8:
            start, looks = 8, UDP_LOOKS
        elif kind == _TCP and len(segment) >= 20:
            start, looks = (segment[12] >> 4) * 4, TCP_LOOKS
        else:
            return
        sport, dport = segment[0] << 8 | segment[1], segment[2] << 8 | segment[3]
        source, target = ends
        key, back = (source, sport, target, dport, kind), (target, dport, source, sport, kind)
        flow = self._flows.add(key, back, sender.key if sender else None, packet.length, packet.at_s)
        self._trim()
        if sender is None:
            return
        if kind == _TCP and sport in _TELLING_PORTS and segment[13] & 0x12 == 0x12:
            self._tell(sender, ("open_port", str(sport)), packet.at_s)
        if len(segment) <= start:
            return
        payload = segment[start:]
        if kind == _UDP:
            look_inside(flow, payload)
        flow.looked += 1
        if flow.looked <= looks:
            self._payload(payload, kind, (sport, dport), sender, packet.at_s)

    def _payload(self, payload: bytes, kind: int, ports: tuple[int, int], sender: _Sender, at_s: float) -> None:
        if kind == _TCP:
            facts = services.from_tcp(payload, *ports)
        else:
            if ports[0] in (dhcp.CLIENT_PORT, dhcp.SERVER_PORT):
                sender = self._dhcp(payload, sender, at_s)
            facts = services.from_udp(payload, *ports) or list(self._disguises.hear(sender.key, *ports, payload))
        for fact in facts:
            self._tell(sender, fact, at_s)

    def _dhcp(self, payload: bytes, sender: _Sender, at_s: float) -> _Sender:
        """Notes a lease; facts of a client's message are the client's even where a relay passes it on."""
        if lease := dhcp.lease(payload):
            self._claim(bytes.fromhex(lease.mac.replace(":", "")), IPv4Address(lease.ip).packed, "dhcp", at_s)
        if client := dhcp.client_mac(payload):
            return self._sender(bytes.fromhex(client.replace(":", "")), b"", at_s) or sender
        return sender

    # --- who it is ------------------------------------------------------------------------------

    def _local(self, ends: tuple[bytes, bytes], ttl: int, head: Head, at_s: float) -> _Sender | None:
        """The sender as a host of this network, or None."""
        mac, (source, target) = head.sender, ends
        if source in _UNSPECIFIED:
            return self._sender(mac, b"", at_s) if mac else None
        if self._claims.get(source) != (mac or b""):
            group = head.receiver is not None and bool(head.receiver[0] & 1)
            if group or (ttl in _START_TTLS and target[0] < 0xE0):
                self._claim(mac or b"", source, "group" if group else "link", at_s)
            elif not _private(source):
                return None
        return self._sender(mac, source, at_s)

    def _claim(self, mac: bytes, ip: bytes, how: str, at_s: float) -> None:
        """Notes that an address is held by a MAC on this very link."""
        if self._claims.get(ip) == mac or len(self._claims) >= MOST_SENDERS:
            return
        self._claims[ip] = mac
        if sender := self._sender(mac or None, ip, at_s):
            self._tell(sender, ("address", how), at_s)

    def _sender(self, mac: bytes | None, ip: bytes, at_s: float) -> _Sender | None:
        """The record of a pair of MAC and address; None where there is no room or no device behind it."""
        key = (mac, ip)
        if key in self._senders:
            return self._senders[key]
        if len(self._senders) >= MOST_SENDERS:
            return None
        text = mac_text(mac) if mac else None
        address = _address(ip)
        sender = _Sender(key, text, address) if text or address else None
        self._senders[key] = sender
        if sender and text and not ip:
            self._tell(sender, ("address", "link"), at_s)
        return sender

    def _tell(self, sender: _Sender, fact: Fact, at_s: float, rssi_dbm: int | None = None) -> None:
        if fact in sender.facts or len(sender.facts) >= FACTS_OF_ONE or not fact[1]:
            return
        sender.facts.add(fact)
        self._note(Sighting(fact[0], fact[1], at_s, sender.mac, sender.ip, rssi_dbm))

    # --- flows ----------------------------------------------------------------------------------

    def _count(self, key: Hashable, back: Hashable, owner: Hashable, packet: Packet) -> None:
        self._flows.add(key, back, owner, packet.length, packet.at_s)
        self._trim()

    def _trim(self) -> None:
        for owner, fact in self._flows.overfull():
            self._flow_fact(owner, fact)

    def _flow_fact(self, owner: Hashable, fact: Fact) -> None:
        sender = self._senders.get(owner) if isinstance(owner, tuple) else None
        if sender is not None:
            self._tell(sender, fact, self.heard.last_s)


def _private(ip: bytes) -> bool:
    """True for addresses that no host of the internet has: private, link-local, shared, unique local."""
    if len(ip) == 4:
        first, second = ip[0], ip[1]
        return (
            first == 10 or (first == 172 and 16 <= second < 32) or (first == 192 and second == 168)
            or (first == 169 and second == 254) or (first == 100 and 64 <= second < 128)
        )
    return (ip[0] == 0xFE and ip[1] & 0xC0 == 0x80) or ip[0] & 0xFE == 0xFC


def _address(ip: bytes) -> str | None:
    if len(ip) == 4:
        return str(IPv4Address(ip))
    return str(IPv6Address(ip)) if len(ip) == 16 else None
