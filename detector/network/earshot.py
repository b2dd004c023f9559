"""Access points in earshot -> sightings: cameras open networks of their own, some without a name.

A network without a name says nothing of its owner, but its strength tells how far that is.  Routers
open such networks too, for their satellites and guests, from the same radio as a named one: those are
told apart by their addresses.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

from detector.model import Sighting
from detector.network.text import tidy

LONGEST_NAME = 32  # bytes, IEEE 802.11-2020 9.4.2.2
MOST_NETWORKS = 10_000  # remembered: a flood of made-up beacons must not fill the memory


@dataclass(frozen=True, slots=True)
class AirLimits:
    """When a network without a name may be in the room, with the reason."""

    near_dbm: float = -45.0
    """A small camera's radio sends some 15 dBm; free space takes 40 dB on the first metre at 2.4 GHz and
    20 dB on each tenfold way, the receiver's antenna some 5 dB: -45 dBm is 3 to 6 m in the open, and an
    inner wall takes 5 to 10 dB more.  The same figure stands in the network notes, section 8."""


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """One network as a receiver hears it.

    bssid: the MAC of its radio, in lower case.  name: raw bytes of the SSID; empty, or nothing but
    zeros, where it is hidden.  signal_dbm: None where the receiver does not say.  security: `open`,
    `WEP`, `WPA`, `WPA2`, `WPA3`, `OWE` or `802.1X`.  channel: None where unknown.
    """

    bssid: str
    name: bytes
    signal_dbm: float | None
    channel: int | None
    security: str

    @property
    def hidden(self) -> bool:
        """True where it does not tell its name."""
        return not any(self.name)


def facts(points: Iterable[AccessPoint], at_s: float, limits: AirLimits = AirLimits()) -> Iterator[Sighting]:
    """What one look at the air says of each access point; all of one look belong into one call."""
    look = list(points)
    named = {radio_of(point.bssid) for point in look if not point.hidden}
    for point in look:
        name = ("hidden_ssid", _place(point.bssid, point.signal_dbm, named, limits)) if point.hidden else ("ssid", _name(point))
        for field, value in (name, ("wifi_security", point.security), ("wifi_channel", str(point.channel or ""))):
            if value:
                yield Sighting(field, value, at_s, point.bssid, rssi_dbm=point.signal_dbm)


def _name(point: AccessPoint) -> str:
    return tidy(point.name[:LONGEST_NAME].decode("utf-8", "replace"))


def _place(bssid: str, signal_dbm: float | None, named: Container[str], limits: AirLimits) -> str:
    """How near a network without a name is; named: the radios that open one with a name."""
    if radio_of(bssid) in named:
        return "beside a named network of the same radio"
    return "near" if signal_dbm is not None and signal_dbm >= limits.near_dbm else "far"


def radio_of(bssid: str) -> str:
    """What the MACs of one radio's networks have in common: they differ in the first byte, where chosen
    ones carry their mark, and in the last, which counts the networks.
    """
    return bssid[2:15]


class Beacons:
    """Networks of a capture, whose beacons come one by one: what those without a name are, at the end."""

    def __init__(self, limits: AirLimits = AirLimits()) -> None:
        self._limits = limits
        self._named: set[str] = set()
        self._strongest: dict[str, int | None] = {}

    def hear(self, bssid: str, signal_dbm: int | None, *, named: bool) -> None:
        """One beacon, or an answer to somebody who knows the name."""
        if named:
            if len(self._named) < MOST_NETWORKS:
                self._named.add(bssid)
        elif bssid in self._strongest or len(self._strongest) < MOST_NETWORKS:
            measured = [one for one in (self._strongest.get(bssid), signal_dbm) if one is not None]
            self._strongest[bssid] = max(measured, default=None)

    def finish(self) -> Iterator[tuple[str, str, int | None]]:
        """Each network that never told its name: its MAC, how near it is, and how strong it was at most."""
        radios = {radio_of(bssid) for bssid in self._named}
        for bssid, signal_dbm in self._strongest.items():
            if bssid not in self._named:
                yield bssid, _place(bssid, signal_dbm, radios, self._limits), signal_dbm


def channel_at(frequency_mhz: float) -> int | None:
    """The channel with this centre frequency (IEEE 802.11-2020 annex E); None outside the three bands."""
    mhz = round(frequency_mhz)
    if mhz == 2484:
        return 14
    for first, last, base in ((2412, 2472, 2407), (5160, 5885, 5000), (5955, 7115, 5950)):
        if first <= mhz <= last and (mhz - base) % 5 == 0:
            return (mhz - base) // 5
    return None
