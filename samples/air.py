"""A network of our own, made of Linux namespaces, and a recorder of what is said on it.

Needs root and iproute2.  All hosts hang on one bridge that lives in a namespace too, so that nothing
reaches a network of this machine.  Sockets stay in the namespace in which they were opened, which is
why one plain program can speak for every host.
"""

from __future__ import annotations

import ctypes
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PREFIX = "rsdraw-"
AIR = f"{PREFIX}air"
INTERNET = "203.0.113.10"
"""Stands for all hosts of the internet: an address for documentation (RFC 5737), at the router."""
KEPT_OF_MEDIA = 96
"""Bytes kept of long datagrams (video), as long captures do; their true length is recorded."""
LONG_DATAGRAM = 1150
_CLONE_NEWNET = 0x40000000
_PACKET_ADD_MEMBERSHIP, _PACKET_MR_PROMISC, _SOL_PACKET = 1, 1, 263
_ALL_PROTOCOLS = 3


def run(*words: str) -> None:
    """One command that must succeed."""
    subprocess.run(words, check=True, capture_output=True)  # noqa: S603  # our own fixed words


@contextmanager
def inside(namespace: str) -> Iterator[None]:
    """Sockets opened within belong to the named namespace."""
    with (
        Path("/proc/thread-self/ns/net").open("rb") as home,
        Path(f"/run/netns/{namespace}").open("rb") as there,
    ):
        _enter(there.fileno())
        try:
            yield
        finally:
            _enter(home.fileno())


def _enter(descriptor: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


@dataclass(frozen=True, slots=True)
class Host:
    """One device of the drawn network.  Its MAC is made up behind a real maker's prefix."""

    name: str
    mac: str
    address: str

    @property
    def namespace(self) -> str:
        """Where its sockets live."""
        return f"{PREFIX}{self.name}"

    def udp(self, port: int = 0) -> socket.socket:
        """A datagram socket bound to a port, allowed to broadcast and multicast."""
        with inside(self.namespace):
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.settimeout(2.0)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0\0")
        made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 4)
        made.bind(("", port))
        return made

    def listener(self, port: int, address: str = "") -> socket.socket:
        """A listening stream socket."""
        with inside(self.namespace):
            made = socket.create_server((address, port))
        made.settimeout(2.0)
        return made

    def connect(self, address: str, port: int) -> socket.socket:
        """A stream to somebody."""
        with inside(self.namespace):
            return socket.create_connection((address, port), timeout=2.0)

    def raw(self) -> socket.socket:
        """A socket for whole Ethernet frames."""
        with inside(self.namespace):
            made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        made.bind(("eth0", 0))
        return made


@contextmanager
def network(hosts: list[Host]) -> Iterator[None]:
    """Namespaces and a bridge for the hosts, the first being the router; torn down in any case."""
    made: list[str] = []
    try:
        _make(AIR, made)
        run("ip", "-n", AIR, "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
        run("ip", "-n", AIR, "link", "set", "br0", "up")
        for host in hosts:
            _make(host.namespace, made)
            _plug(host)
            if host is not hosts[0]:
                run("ip", "-n", host.namespace, "route", "add", "default", "via", hosts[0].address)
        run("ip", "-n", hosts[0].namespace, "address", "add", f"{INTERNET}/32", "dev", "lo")
        yield
    finally:
        for namespace in reversed(made):
            run("ip", "netns", "del", namespace)


def _make(namespace: str, made: list[str]) -> None:
    run("ip", "netns", "add", namespace)
    made.append(namespace)
    run("ip", "netns", "exec", namespace, "sysctl", "-q", "-w", "net.ipv6.conf.all.disable_ipv6=1")
    run("ip", "-n", namespace, "link", "set", "lo", "up")


def _plug(host: Host) -> None:
    port = f"p-{host.name}"[:15]
    here, air = ("netns", host.namespace), ("netns", AIR)
    run("ip", "link", "add", "eth0", *here, "address", host.mac, "type", "veth", "peer", "name", port, *air)
    run("ip", "-n", AIR, "link", "set", port, "master", "br0", "up")
    run("ip", "-n", host.namespace, "address", "add", f"{host.address}/24", "broadcast", "+", "dev", "eth0")
    run("ip", "-n", host.namespace, "link", "set", "eth0", "up")


@dataclass(slots=True)
class Recorder:
    """Hears one interface and writes a pcap file (LINKTYPE_ETHERNET, microseconds)."""

    namespace: str
    interface: str
    heard: list[tuple[float, int, bytes]] = field(default_factory=list)
    _done: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Records while the block runs."""
        with inside(self.namespace):
            ear = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL_PROTOCOLS))
        ear.bind((self.interface, _ALL_PROTOCOLS))
        member = struct.pack(
            "iHH8s", socket_index(self.namespace, self.interface), _PACKET_MR_PROMISC, 0, b""
        )
        ear.setsockopt(_SOL_PACKET, _PACKET_ADD_MEMBERSHIP, member)
        ear.settimeout(0.2)
        thread = threading.Thread(target=self._hear, args=(ear,))
        thread.start()
        try:
            yield
        finally:
            self._done.set()
            thread.join()
            ear.close()

    def _hear(self, ear: socket.socket) -> None:
        while not self._done.is_set():
            try:
                frame = ear.recv(4096)
            except TimeoutError:
                continue
            kept = frame[:KEPT_OF_MEDIA] if len(frame) > LONG_DATAGRAM else frame
            self.heard.append((time.time(), len(frame), kept))

    def write(self, path: Path) -> None:
        """The pcap file."""
        parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)]
        for at_s, length, kept in self.heard:
            seconds, rest = divmod(round(at_s * 1e6), 1_000_000)
            parts += [struct.pack("<IIII", seconds, rest, len(kept), length), kept]
        path.write_bytes(b"".join(parts))


def socket_index(namespace: str, interface: str) -> int:
    """The number of an interface in its namespace."""
    with inside(namespace):
        return socket.if_nametoindex(interface)
