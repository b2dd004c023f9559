"""Raw frames, in and out: the only file that knows scapy.

scapy opens sockets and writes a cache when it is imported, so that happens inside the functions and
only in a sweep that needs it.  Nothing but ARP requests and one IPv6 echo request leaves through here.
"""

from __future__ import annotations

import secrets
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address
from select import select
from typing import Any

from detector.model import Gap, Packet, Sighting
from detector.network import questions
from detector.network.batch import Batch
from hardware import interfaces
from hardware.interfaces import Joined
from hardware.packet_socket import REMEDY, tell_losses
from hardware.sensor import SensorUnavailable, Unavailable

_ETH_P_ALL, _ETH_P_ARP, _ETH_P_IPV6 = 0x0003, 0x0806, 0x86DD
_ALL_NODES, _ALL_NODES_MAC = "ff02::1", "33:33:00:00:00:01"  # RFC 4291 section 2.7.1, RFC 2464 section 7
_ARP_REPLY = 2
_ETHERNET = 1  # ARPHRD; joined Wi-Fi looks like it too

# ARPHRD number of the kernel -> pcap link type.
_LINK_TYPES = {1: 1, 772: 1, 801: 105, 803: 127, 65534: 101}

# linux/socket.h and linux/if_packet.h: packets since the socket opened, and those dropped of them.
_SOL_PACKET, _PACKET_STATISTICS = 263, 6
_BUFFER = 4 << 20  # bytes, some 40 ms of a full gigabit; the kernel gives less where it allows less


@dataclass(frozen=True, slots=True)
class ArpLimits:
    """How fast and how long ARP asks."""

    per_s: float = 400.0  # 42 bytes each: 135 kbit/s, half of what arp-scan allows itself
    rounds: int = 2  # Wi-Fi loses a broadcast now and then; arp-scan asks the silent ones twice too
    patience_s: float = 0.6  # after the last question: phones asleep answer within some 500 ms


def arp_sweep(
    interface: Joined,
    network: IPv4Network,
    limits: ArpLimits | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Sighting]:
    """Asks who has each address of `network`: one `address` sighting for each that answers.

    Raises `SensorUnavailable` before the first question when raw frames are not allowed, and later
    when the interface goes away.
    """
    limits = limits or ArpLimits()
    if interface.mac is None or interface.hardware != _ETHERNET:
        raise SensorUnavailable(Unavailable.NOT_SUPPORTED, f"{interface.name} is no Ethernet or Wi-Fi: ARP does not run there.")
    met: set[str] = set()
    with closing(_socket(interface.name, _ETH_P_ARP)) as sock:
        for _ in range(limits.rounds):
            silent = [address for address in network.hosts() if str(address) not in met and address != interface.address]
            yield from _fresh(_ask_each(sock, interface, silent, limits), network, met, clock)
        yield from _fresh(_listen(sock, limits.patience_s), network, met, clock)


def _ask_each(sock: Any, interface: Joined, addresses: Iterable[IPv4Address], limits: ArpLimits) -> Iterator[Any]:
    """Sends one request an address at an even pace and yields what comes in between."""
    due = time.monotonic()
    for address in addresses:
        _send(sock, _request(interface, address))
        due += 1.0 / limits.per_s
        yield from _listen(sock, due - time.monotonic())


def _request(interface: Joined, address: IPv4Address) -> Any:
    """One ARP request as scapy builds it, and as the list of questions allows it."""
    from scapy.layers.l2 import ARP, Ether  # noqa: PLC0415 -- see the head of this file

    source = str(interface.address)
    frame = Ether(src=interface.mac, dst="ff:ff:ff:ff:ff:ff") / ARP(hwsrc=interface.mac, psrc=source, pdst=str(address))
    if not questions.load()["arp"].matches(bytes(frame)):
        raise ValueError(f"not an ARP request of ours: {bytes(frame).hex()}")
    return frame


def ask_all_nodes(
    interface: Joined, source: IPv6Address, seconds: float, clock: Callable[[], float] = time.monotonic
) -> Iterator[Sighting]:
    """Asks who speaks IPv6 on this link: one `address` sighting for each link-local address heard within a time.

    `source` is our own link-local address.  Raises `SensorUnavailable` as `arp_sweep` does.
    """
    from scapy.layers.inet6 import IPv6  # noqa: PLC0415 -- see the head of this file

    met = {str(source)}
    with closing(_socket(interface.name, _ETH_P_IPV6)) as sock:
        _send(sock, _echo_request(interface, source))
        for frame in _listen(sock, seconds, IPv6):
            address, mac = str(frame.src), str(frame.underlayer.src).lower()
            if address not in met and IPv6Address(address).is_link_local:
                met.add(address)
                yield Sighting("address", "ndp", clock(), mac, address, via="asked")


def _echo_request(interface: Joined, source: IPv6Address) -> Any:
    """One echo request to all nodes as scapy builds it, and as the list of questions allows it."""
    from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6  # noqa: PLC0415
    from scapy.layers.l2 import Ether  # noqa: PLC0415

    ip = IPv6(src=str(source), dst=_ALL_NODES, hlim=255)
    frame = Ether(src=interface.mac, dst=_ALL_NODES_MAC) / ip / ICMPv6EchoRequest(id=secrets.randbits(16), seq=1)
    if not questions.load()["ipv6-echo"].matches(bytes(frame)):
        raise ValueError(f"not an echo request of ours: {bytes(frame).hex()}")
    return frame


def _send(sock: Any, frame: Any) -> None:
    try:
        sock.send(frame)
    except OSError as error:
        raise SensorUnavailable(Unavailable.LOST, f"The network interface stopped: {error.strerror}.") from error


def _listen(sock: Any, seconds: float, layer: Any = None) -> Iterator[Any]:
    """Packets of one layer, ARP unless said, that come in within a time; at least those that are waiting already."""
    from scapy.layers.l2 import ARP  # noqa: PLC0415

    end = time.monotonic() + max(0.0, seconds)
    while select([sock], [], [], max(0.0, end - time.monotonic()))[0]:
        frame = _receive(sock, layer or ARP)
        if frame is not None:
            yield frame


def _receive(sock: Any, layer: Any) -> Any:
    """One such layer, or None for a frame of our own or one that has none as a whole."""
    try:
        frame = sock.recv()
    except OSError as error:
        raise SensorUnavailable(Unavailable.LOST, f"The network interface stopped: {error.strerror}.") from error
    return frame[layer] if frame is not None and layer in frame else None


def _fresh(frames: Iterable[Any], network: IPv4Network, met: set[str], clock: Callable[[], float]) -> Iterator[Sighting]:
    """Replies of addresses within the network that were not met before.

    A request of somebody else's shows its sender just as well as a reply does.
    """
    for frame in frames:
        address = str(frame.psrc)
        if address not in met and IPv4Address(address) in network:
            met.add(address)
            mac = str(frame.hwsrc).lower()
            yield Sighting("address", "arp", clock(), mac, address, via="asked" if frame.op == _ARP_REPLY else "heard")


def _socket(interface: str, kind: int) -> Any:
    """A packet socket of scapy on one interface; the kernel hands over only frames of `kind`."""
    from scapy.layers.l2 import Ether  # noqa: F401, I001, PLC0415 -- first: the socket then knows Ethernet
    from scapy.arch.linux import L2Socket  # noqa: PLC0415

    try:
        return L2Socket(iface=interface, type=kind, promisc=False)
    except PermissionError as error:
        raise SensorUnavailable(Unavailable.NO_PERMISSION, REMEDY) from error
    except OSError as error:
        says = f"The network interface {interface} cannot be opened: {error.strerror}."
        raise SensorUnavailable(Unavailable.NO_DEVICE, says) from error


class Listener:
    """Everything that one interface hears, live, for a while: a `PacketSource` for the odd links.

    802.11 with or without radiotap from an interface that the user put into monitor mode; what a
    network is made of is heard by `packet_socket`, many times as fast.  Frames that this machine sends
    are left out.  What the kernel had to drop because we were too slow is a gap, to be read after
    iteration.
    """

    replay = False

    def __init__(self, interface: str, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = interface
        self.seconds = seconds
        self.gaps: list[Gap] = []
        self.coverage_limits: list[str] = []
        self.examined: dict[str, float | int | str] = {}
        self._clock = clock

    def batches(self) -> Iterator[Batch]:
        """Packets as they come, each a batch of its own."""
        for packet in self.packets():
            yield Batch.of([packet])

    def packets(self) -> Iterator[Packet]:
        """Packets as they come, until the time is over; `SensorUnavailable` as in `arp_sweep`."""
        link = _LINK_TYPES.get(interfaces.hardware_type(self.name), 1)
        with closing(_socket(self.name, _ETH_P_ALL)) as sock:
            sock.ins.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
            end = time.monotonic() + self.seconds
            try:
                while (left := end - time.monotonic()) > 0:
                    if select([sock], [], [], left)[0]:
                        yield from self._packet(sock, link)
            finally:
                self._account(sock.ins)

    def _account(self, sock: socket.socket) -> None:
        """How many packets the kernel could not give us."""
        tell_losses(self, *struct.unpack("=II", sock.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)))

    def _packet(self, sock: Any, link: int) -> Iterator[Packet]:
        """One packet, or none for a frame of our own."""
        try:
            _, data, _ = sock.recv_raw()
        except OSError as error:
            raise SensorUnavailable(Unavailable.LOST, f"The interface {self.name} stopped: {error.strerror}.") from error
        if data is not None:
            yield Packet(data, self._clock(), link, len(data))
