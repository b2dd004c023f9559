"""Sightings -> devices: one MAC is one device however many addresses it has.

An address that only came through a MAC, without a claim to it, is behind that MAC (a router) and
stands alone.  An address without a MAC joins the MAC that claims it, or that it is made from.  Where
several devices behind one MAC name MACs of their own, the MAC is a repeater's and their word counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from detector.model import Device, Sighting
from detector.network.identity import is_mac, joined
from detector.network.vendors import Owner, Vendors

MOST_DEVICES = 50_000  # keys remembered; a flood of made-up addresses must not fill the memory
MOST_FACTS = 800  # of one device

_LINK_LOCAL = ("fe80:", "169.254.")


class Devices:
    """Collects sightings and groups them at the end."""

    def __init__(self, vendors: Vendors) -> None:
        self._vendors = vendors
        self._by_key: dict[tuple[str | None, str | None], list[Sighting]] = {}
        self._holders: dict[str, str] = {}

    def note(self, sighting: Sighting) -> None:
        """One more fact; without MAC and address it is nobody's and is dropped."""
        key = (sighting.mac, sighting.ip)
        if key == (None, None) or (key not in self._by_key and len(self._by_key) >= MOST_DEVICES):
            return
        facts = self._by_key.setdefault(key, [])
        if len(facts) < MOST_FACTS:
            facts.append(sighting)
        if sighting.field == "address" and sighting.mac and sighting.ip:
            self._holders[sighting.ip] = sighting.mac

    def finish(self) -> list[Device]:
        """The devices, in the order in which they were first met."""
        groups: dict[str, list[Sighting]] = {}
        addresses: dict[str, list[str]] = {}
        lone, shared = self._alone(), self._shared()
        for (mac, ip), facts in self._by_key.items():
            name = self._told(mac, ip, shared) or self._identity(mac, ip, lone)
            groups.setdefault(name, []).extend(facts)
            if ip:
                addresses.setdefault(name, []).append(ip)
        for name, main in joined(groups).items():
            groups.setdefault(main, []).extend(groups.pop(name))
            addresses.setdefault(main, []).extend(addresses.pop(name, []))
        return [self._device(name, facts, addresses.get(name, [])) for name, facts in groups.items()]

    def _shared(self) -> set[str]:
        """MACs behind which several devices name different MACs of their own: a repeater's, or a router's."""
        said: dict[str, set[str]] = {}
        for (mac, ip), facts in self._by_key.items():
            if mac and ip:
                said.setdefault(mac, set()).update(fact.value for fact in facts if fact.field == "said_mac")
        return {mac for mac, named in said.items() if len(named - {mac}) > 1}

    def _told(self, mac: str | None, ip: str | None, shared: set[str]) -> str | None:
        """The MAC that a device behind a repeater names."""
        return self._said(mac, ip) if mac in shared else None

    def _alone(self) -> set[tuple[str | None, str | None]]:
        """Pairs whose address is behind the MAC, not its own."""
        claimed: dict[str, int] = {}
        unclaimed: dict[str, list[str]] = {}
        for mac, ip in self._by_key:
            if mac and ip and not ip.startswith(_LINK_LOCAL):
                if self._holders.get(ip) == mac:
                    claimed[mac] = claimed.get(mac, 0) + (":" not in ip)
                else:
                    unclaimed.setdefault(mac, []).append(ip)
        return {
            (mac, ip)
            for mac, ips in unclaimed.items()
            if claimed.get(mac, 0) or len(ips) > 1
            for ip in ips
        }

    def _identity(self, mac: str | None, ip: str | None, alone: set[tuple[str | None, str | None]]) -> str:
        if mac and (mac, ip) not in alone:
            return mac
        return self._holders.get(ip or "") or (None if mac else self._said(mac, ip)) or ip or ""

    def _said(self, mac: str | None, ip: str | None) -> str | None:
        """The MAC that a device named in its own reply."""
        said = (sighting.value for sighting in self._by_key[mac, ip] if sighting.field == "said_mac")
        return next(said, None)

    def _device(self, name: str, facts: list[Sighting], addresses: Iterable[str]) -> Device:
        mac = name if is_mac(name) else None
        owner = self._vendors.owner(mac) if mac else Owner(None, local=False)
        unique = {(fact.field, fact.value): fact for fact in reversed(facts)}
        sightings = tuple(reversed(unique.values()))
        return Device(mac, tuple(dict.fromkeys(addresses)), owner.name, sightings, _note(owner))


def _note(owner: Owner) -> str:
    if not owner.local:
        return ""
    if owner.name:
        return f"The device chose this MAC itself; without its local bit it would be one of {owner.name}."
    return "The device chose this MAC itself, as telephones do and some cameras too: it tells no maker."


def facts_of(device: Device) -> Iterator[tuple[str, str]]:
    """A device's facts as (field, value), its MAC's owner first."""
    if device.vendor:
        yield "mac_vendor", device.vendor
    for sighting in device.sightings:
        yield sighting.field, sighting.value
