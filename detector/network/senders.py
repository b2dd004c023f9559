"""Who a fact is about: pairs of MAC and address, and which address is held by which MAC of this link.

A host is of this network where it holds a private address, claims its address by ARP, DHCP or
neighbour discovery, sends to a group, or its packets came without a hop (their time to live still has
one of the values that systems start with).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address

from detector.model import Sighting
from detector.network.text import mac_text

Fact = tuple[str, str]

FACTS_OF_ONE = 400  # of one address: names asked for make up nearly all; a hostile host sends any number
MOST_SENDERS = 50_000  # addresses remembered: a flood of made-up ones must not fill the memory
MOST_ORIGINS = 200_000  # answers kept so as not to be worked out again; about 30 MB at worst

UNSPECIFIED = (b"\0" * 4, b"\0" * 16)
NOBODY = -1  # the number of a sender that is no host of this network


@dataclass(frozen=True, slots=True)
class Origin:
    """What the heads of a packet say of where it comes from.

    name: any bytes that name this origin.  group: it went to a group.  starting: it came without a hop
    to a single receiver.
    """

    name: bytes
    mac: bytes | None
    ip: bytes
    group: bool
    starting: bool

    @property
    def claims(self) -> bool:
        """True where the packet itself shows that its sender holds its address on this link."""
        return (self.group or self.starting) and self.ip not in UNSPECIFIED


@dataclass(slots=True)
class _Sender:
    mac: str | None
    ip: str | None
    facts: set[Fact] = field(default_factory=set)


class Senders:
    """All that have sent something, by number; tells each of their facts once to `note`."""

    def __init__(self, note: Callable[[Sighting], None]) -> None:
        self._note = note
        self._numbers: dict[tuple[bytes | None, bytes], int] = {}
        self._senders: list[_Sender] = []
        self._claims: dict[bytes, bytes] = {}
        self._settled: dict[bytes, int] = {}
        self._settled_of: dict[bytes, list[bytes]] = {}

    def number(self, mac: bytes | None, ip: bytes) -> int:
        """The number of a pair; `NOBODY` where there is no room or no device behind it."""
        key = (mac, ip)
        if key in self._numbers:
            return self._numbers[key]
        if len(self._numbers) >= MOST_SENDERS:
            return NOBODY
        text = mac_text(mac) if mac else None
        address = _address(ip)
        self._numbers[key] = len(self._senders) if text or address else NOBODY
        if text or address:
            self._senders.append(_Sender(text, address))
        return self._numbers[key]

    def link(self, mac: bytes, at_s: float) -> int:
        """Notes that a MAC was seen."""
        number = self.number(mac, b"")
        if number != NOBODY:
            self.tell(number, ("address", "link"), at_s)
        return number

    def tell(self, number: int, fact: Fact, at_s: float, rssi_dbm: int | None = None) -> None:
        """One fact about a sender, handed on if it is new."""
        sender = self._senders[number]
        if fact in sender.facts or len(sender.facts) >= FACTS_OF_ONE or not fact[1]:
            return
        sender.facts.add(fact)
        self._note(Sighting(fact[0], fact[1], at_s, sender.mac, sender.ip, rssi_dbm))

    def holder(self, ip: bytes) -> bytes | None:
        """The MAC that holds an address: empty for a link without MACs, None where nobody claimed it."""
        return self._claims.get(ip)

    def claim(self, mac: bytes, ip: bytes, how: str, at_s: float) -> None:
        """Notes that an address is held by a MAC on this very link."""
        if self._claims.get(ip) == mac or len(self._claims) >= MOST_SENDERS:
            return
        self._claims[ip] = mac
        for origin in self._settled_of.pop(ip, ()):
            self._settled.pop(origin, None)
        number = self.number(mac or None, ip)
        if number != NOBODY:
            self.tell(number, ("address", how), at_s)

    def settled(self, origins: Sequence[bytes]) -> list[int | None]:
        """The sender of each origin (any bytes that name one), None where it was not settled yet."""
        return list(map(self._settled.get, origins))

    def settle(self, origin: Origin) -> None:
        """Works out the sender of an origin; it stays as long as its address does not change hands."""
        if len(self._settled) >= MOST_ORIGINS:
            self._settled.clear()
            self._settled_of.clear()
        self._settled[origin.name] = self._resolve(origin)
        self._settled_of.setdefault(origin.ip, []).append(origin.name)

    def _resolve(self, origin: Origin) -> int:
        mac, ip = origin.mac, origin.ip
        if ip in UNSPECIFIED:
            return self.number(mac, b"") if mac else NOBODY
        if origin.claims or private(ip) or self._claims.get(ip) == (mac or b""):
            return self.number(mac, ip)
        return NOBODY


def private(ip: bytes) -> bool:
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
