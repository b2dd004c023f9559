"""Which network this machine has joined, by which interface, as whom, and whom it has met there.

Read from the Linux kernel itself (ioctl, /proc): no outside program, no library.  Elsewhere every
question raises `SensorUnavailable`, because guessing an interface would mean asking the wrong
network.
"""

from __future__ import annotations

import socket
import struct
import sys
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address
from pathlib import Path

from hardware.sensor import SensorUnavailable, Unavailable

if sys.platform == "linux":
    from fcntl import ioctl

# From linux/sockios.h and linux/if.h.
_SIOCGIFFLAGS, _SIOCGIFADDR, _SIOCGIFNETMASK, _SIOCGIFHWADDR = 0x8913, 0x8915, 0x891B, 0x8927
_IFF_UP, _IFF_LOOPBACK = 0x1, 0x8
_SCOPE_LINK = "20"  # IPV6_ADDR_LINKLOCAL of linux/ipv6.h, as /proc/net/if_inet6 writes it
_COMPLETE = 0x2  # ATF_COM of linux/if_arp.h: the table knows the MAC
_REQUEST = struct.Struct("16s24s")  # struct ifreq: a name of at most 15 characters, then a union

_PROC = Path("/proc/net")

# RFC 1918 and RFC 3927: addresses that cannot be somebody's on the far side of the internet.
PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16")))


@dataclass(frozen=True, slots=True)
class Joined:
    """One interface of ours on one IPv4 subnet.  `hardware` is the kernel's ARPHRD number
    (1 Ethernet, 801 802.11, 803 802.11 with radiotap), `mac` None where there is none.
    """

    name: str
    address: IPv4Address
    network: IPv4Network
    mac: str | None
    hardware: int

    @property
    def private(self) -> bool:
        """True when the whole subnet lies within a private range."""
        return any(self.network.subnet_of(block) for block in PRIVATE)


def joined(name: str | None = None) -> Joined:
    """The named interface, or the one that the default route or the only subnet points to.

    Raises `SensorUnavailable` when there is none, it is down, or several could be meant.
    """
    _require_linux()
    if name is not None:
        return _named(name)
    known = {one.name: one for one in _all_joined()}
    default = _default_route()
    if default in known:
        return known[default]
    if len(known) > 1:
        names = ", ".join(sorted(known))
        raise SensorUnavailable(Unavailable.NO_NETWORK, f"This machine is on several networks ({names}): name one with --interface.")
    if not known:
        raise SensorUnavailable(Unavailable.NO_NETWORK, "This machine has joined no network: connect it first.")
    return next(iter(known.values()))


def ours() -> frozenset[str]:
    """Every MAC and IP address of this machine, so that it never accuses itself; empty where unknown."""
    if sys.platform != "linux":
        return frozenset()
    found = {str(one.address) for one in _all_joined()} | set(_ipv6_addresses())
    macs = (_mac(name) for _, name in socket.if_nameindex())
    return frozenset(found | {mac for mac in macs if mac})


def neighbours(name: str) -> dict[str, str]:
    """IP -> MAC of those on this interface that the kernel has met."""
    _require_linux()
    met: dict[str, str] = {}
    for line in _lines("arp")[1:]:
        address, _, flags, mac, _, device = line.split()[:6]
        if device == name and int(flags, 16) & _COMPLETE and mac != "00:00:00:00:00:00":
            met[address] = mac.lower()
    return met


def link_local(name: str) -> IPv6Address | None:
    """Our own IPv6 address that is valid on this interface's link only, or None where there is none."""
    rows = [line.split() for line in _lines("if_inet6")]
    found = [row[0] for row in rows if row[5] == name and row[3] == _SCOPE_LINK]
    return IPv6Address(bytes.fromhex(found[0])) if found else None


def hardware_type(name: str) -> int:
    """The kernel's ARPHRD number of an interface; `SensorUnavailable` when there is no such one."""
    _require_linux()
    return _hardware(name)[0]


def _require_linux() -> None:
    if sys.platform != "linux":
        says = "Asking the network live needs Linux for now: record a capture with another program and use --capture."
        raise SensorUnavailable(Unavailable.NOT_SUPPORTED, says)


def _named(name: str) -> Joined:
    if name not in {known for _, known in socket.if_nameindex()}:
        raise SensorUnavailable(Unavailable.NO_DEVICE, f"There is no network interface {name}.")
    found = _joined(name)
    if found is None:
        raise SensorUnavailable(Unavailable.NO_NETWORK, f"The interface {name} is down or has no IPv4 address.")
    return found


def _all_joined() -> list[Joined]:
    """Every interface that is up and has an address, without the loopback."""
    found = [_joined(name) for _, name in socket.if_nameindex() if not _flags(name) & _IFF_LOOPBACK]
    return [one for one in found if one is not None]


def _joined(name: str) -> Joined | None:
    if not _flags(name) & _IFF_UP:
        return None
    try:
        address, mask = _address(name, _SIOCGIFADDR), _address(name, _SIOCGIFNETMASK)
    except OSError:  # EADDRNOTAVAIL: up, without an address
        return None
    network = IPv4Interface(f"{address}/{mask}").network
    return Joined(name, IPv4Address(address), network, _mac(name), _hardware(name)[0])


def _ask(name: str, request: int) -> bytes:
    """The union of struct ifreq after one ioctl about an interface."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        answer: bytes = ioctl(sock, request, _REQUEST.pack(name.encode()[:15], b""))
    return answer[16:]


def _flags(name: str) -> int:
    try:
        return int.from_bytes(_ask(name, _SIOCGIFFLAGS)[:2], sys.byteorder)
    except OSError:  # gone since it was listed
        return 0


def _address(name: str, request: int) -> str:
    return socket.inet_ntoa(_ask(name, request)[4:8])


def _hardware(name: str) -> tuple[int, bytes]:
    """ARPHRD number and hardware address."""
    try:
        answer = _ask(name, _SIOCGIFHWADDR)
    except OSError as error:
        raise SensorUnavailable(Unavailable.NO_DEVICE, f"There is no network interface {name}.") from error
    return int.from_bytes(answer[:2], sys.byteorder), answer[2:8]


def _mac(name: str) -> str | None:
    _, mac = _hardware(name)
    return mac.hex(":") if any(mac) else None


def _default_route() -> str | None:
    """The interface of the default route with the best metric."""
    rows = [line.split() for line in _lines("route")[1:]]
    default = [(int(row[6]), row[0]) for row in rows if row[1] == row[7] == "00000000"]
    return min(default)[1] if default else None


def _ipv6_addresses() -> list[str]:
    packed = (line.split()[0] for line in _lines("if_inet6"))
    return [socket.inet_ntop(socket.AF_INET6, bytes.fromhex(one)) for one in packed]


def _lines(table: str) -> list[str]:
    """Lines of a table of the kernel; none where this kernel was built without it."""
    path = _PROC / table
    return path.read_text(encoding="ascii").splitlines() if path.exists() else []
