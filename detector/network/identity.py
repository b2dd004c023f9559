"""Which names are one device: MACs that differ in the local bit, addresses that hold a MAC, hosts of one name.

A name is a MAC or, where none is known, an address.  Nothing is joined on a likeness that two devices
may share by chance: a host name joins only where exactly one MAC claims it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import AddressValueError, IPv6Address

from detector.model import Sighting

_EUI64_MIDDLE = b"\xff\xfe"
_GENERIC_HOSTS = frozenset({"localhost", "android", "linux", "espressif", "openwrt", "iphone", "ipad", "unknown", "none"})


def is_mac(name: str) -> bool:
    """True for a name that is a MAC in our form."""
    return len(name) == 17 and name.count(":") == 5


def is_made_up(mac: str) -> bool:
    """True for a MAC that its device drew at random, as telephones do: it has the local bit, and no byte of it is zero.

    Firmware that numbers itself, and virtual machines, leave bytes zero (22:00:00 of A9 cameras, 02:42 of containers).
    """
    octets = bytes.fromhex(mac.replace(":", ""))
    return octets[0] & 3 == 2 and 0 not in octets


def mac_within(address: str) -> str | None:
    """The MAC that an IPv6 address was made from (RFC 4291, appendix A), or None."""
    try:
        tail = IPv6Address(address).packed[8:]
    except AddressValueError:
        return None
    if tail[3:5] != _EUI64_MIDDLE:
        return None
    return bytes((tail[0] ^ 2, *tail[1:3], *tail[5:])).hex(":")


def joined(groups: Mapping[str, Iterable[Sighting]]) -> dict[str, str]:
    """For each name that is another name of a device, the name that the device goes by."""
    hosts = _hosts(groups)
    found = {name: main for name in groups if (main := _main(name, groups, hosts)) and main != name}
    return {name: found.get(main, main) for name, main in found.items()}


def _main(name: str, groups: Mapping[str, Iterable[Sighting]], hosts: Mapping[str, set[str]]) -> str | None:
    if is_mac(name):
        twin = f"{int(name[:2], 16) & 0xFD:02x}{name[2:]}"
        return twin if twin in groups else None
    if mac := mac_within(name):
        return mac
    holders = [holder for host in _said_hosts(groups[name]) for holder in hosts[host] if is_mac(holder)]
    return holders[0] if len(set(holders)) == 1 else None


def _hosts(groups: Mapping[str, Iterable[Sighting]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, facts in groups.items():
        for host in _said_hosts(facts):
            found.setdefault(host, set()).add(name)
    return found


def _said_hosts(facts: Iterable[Sighting]) -> set[str]:
    """Host names that a device claims by mDNS, which no two devices of a network may share."""
    hosts = {fact.value.lower() for fact in facts if fact.field == "mdns_host"}
    return {host for host in hosts if len(host) > 2 and host not in _GENERIC_HOSTS}
