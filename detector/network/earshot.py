"""Access points in earshot -> sightings: cameras open networks of their own, some without a name.

A network without a name says nothing of its owner, but its strength tells how far that is.  Routers
open such networks too, for their satellites and guests, from the same radio as a named one: those are
told apart by their addresses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from detector.model import Sighting
from detector.network.text import tidy

LONGEST_NAME = 32  # bytes, IEEE 802.11-2020 9.4.2.2


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
    named = [point for point in look if not point.hidden]
    for point in look:
        for field, value in (_name_of(point, named, limits), ("wifi_security", point.security), _channel_of(point)):
            if value:
                yield Sighting(field, value, at_s, point.bssid, rssi_dbm=point.signal_dbm)


def _name_of(point: AccessPoint, named: Iterable[AccessPoint], limits: AirLimits) -> tuple[str, str]:
    if not point.hidden:
        return "ssid", tidy(point.name[:LONGEST_NAME].decode("utf-8", "replace"))
    if any(of_one_radio(point.bssid, other.bssid) for other in named):
        return "hidden_ssid", "beside a named network of the same radio"
    near = point.signal_dbm is not None and point.signal_dbm >= limits.near_dbm
    return "hidden_ssid", "near" if near else "far"


def _channel_of(point: AccessPoint) -> tuple[str, str]:
    return "wifi_channel", str(point.channel or "")


def of_one_radio(one: str, other: str) -> bool:
    """True where two MACs differ as those of one radio's networks do: in the first byte, where chosen
    ones carry their mark, and in the last, which counts the networks.
    """
    return one != other and one[2:15] == other[2:15]


def channel_at(frequency_mhz: float) -> int | None:
    """The channel with this centre frequency (IEEE 802.11-2020 annex E); None outside the three bands."""
    mhz = round(frequency_mhz)
    if mhz == 2484:
        return 14
    for first, last, base in ((2412, 2472, 2407), (5160, 5885, 5000), (5955, 7115, 5950)):
        if first <= mhz <= last and (mhz - base) % 5 == 0:
            return (mhz - base) // 5
    return None
