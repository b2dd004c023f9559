"""A small network of our own: namespaces on one bridge, made for a test and always torn down.

Nothing here touches a network of the machine: the bridge lives in a namespace too, and no namespace
has a way out.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

SUBNET = "10.77.0.0/24"
PREFIX = 24
TERMINATE_S = 3.0  # avahi and minidlna say goodbye first


class BedError(RuntimeError):
    """A peer died or did not come up in time."""


def ip(*words: str) -> None:
    """One `ip` command of iproute2 that must succeed."""
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


def can_make_namespaces() -> bool:
    """True when this user may, and the tools are there: tries it once."""
    name = f"rs{os.getpid()}try"
    try:
        ip("netns", "add", name)
        ip("netns", "del", name)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def wait_until(true: Callable[[], object], deadline_s: float, what: str) -> None:
    """Polls until something is true; `BedError` naming it when the deadline passes."""
    end = time.monotonic() + deadline_s
    while not true():
        if time.monotonic() > end:
            raise BedError(f"not within {deadline_s} s: {what}")
        time.sleep(0.02)


@dataclass
class Host:
    """One namespace with one interface `eth0`, and the programs that run in it."""

    namespace: str
    address: str
    mac: str
    folder: Path
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def command(self, *words: str) -> list[str]:
        """A command line that runs within this namespace."""
        return ["ip", "netns", "exec", self.namespace, *words]

    def start(self, *words: str, **environment: str) -> subprocess.Popen[bytes]:
        """A program in the background, its output in this host's folder, ended with the bed."""
        with (self.folder / f"{len(self.running)}.log").open("wb") as log:
            process = subprocess.Popen(
                self.command(*words), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, **environment}, start_new_session=True,
            )  # fmt: skip
        self.running.append(process)
        return process

    def log(self) -> str:
        """What its programs have said."""
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))

    def serves(self, kind: str, port: int) -> bool:
        """True when some program here has that port open; `BedError` when one has died."""
        for process in self.running:
            if process.poll() is not None:
                raise BedError(f"{self.namespace} died with {process.returncode}: {self.log()[-2000:]}")
        tables = (f"/proc/{self.running[0].pid}/net/{kind}", f"/proc/{self.running[0].pid}/net/{kind}6")
        return any(port in _open_ports(Path(table)) for table in tables)

    def stop(self) -> None:
        """Ends its programs, gently, then not."""
        for process in self.running:
            _signal(process, signal.SIGTERM)
        end = time.monotonic() + TERMINATE_S
        for process in self.running:
            try:
                process.wait(max(0.01, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)
                process.wait()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    """To the whole group that a peer started, if it still lives."""
    if process.poll() is None:
        os.killpg(process.pid, number)


def _open_ports(table: Path) -> set[int]:
    """Ports of a table of the kernel: TCP ones that listen, UDP ones that are bound."""
    if not table.exists():
        return set()
    rows = [line.split() for line in table.read_text().splitlines()[1:]]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if row[3] in {"0A", "07"}}


@dataclass
class Bed:
    """The bridge and its hosts."""

    folder: Path
    prefix: int = PREFIX
    name: str = field(default_factory=lambda: f"rs{os.getpid()}")
    hosts: dict[str, Host] = field(default_factory=dict)

    @property
    def switch(self) -> str:
        """The namespace of the bridge."""
        return f"{self.name}-switch"

    def build(self) -> None:
        """Makes the bridge."""
        ip("netns", "add", self.switch)
        # Without snooping and spanning tree every frame is passed on at once, as by a home router.
        ip("-n", self.switch, "link", "add", "br0", "type", "bridge", "stp_state", "0", "mcast_snooping", "0")
        self._plug("br0")

    def _plug(self, port: str, *words: str) -> None:
        """A switch that says nothing itself: without an IPv6 address it is no neighbour."""
        ip("-n", self.switch, "link", "set", port, "addrgenmode", "none")
        ip("-n", self.switch, "link", "set", port, *words, "up")

    def host(self, name: str, address: str, mac: str) -> Host:
        """A new host on the bridge."""
        namespace, folder = f"{self.name}-{name}", self.folder / name
        folder.mkdir()
        ip("netns", "add", namespace)
        host = self.hosts[name] = Host(namespace, address, mac, folder)
        ip("-n", self.switch, "link", "add", name, "type", "veth", "peer", "name", "eth0", "address", mac, "netns", namespace)
        self._plug(name, "master", "br0")
        ip("-n", namespace, "link", "set", "lo", "up")
        ip("-n", namespace, "address", "add", f"{address}/{self.prefix}", "dev", "eth0")
        ip("-n", namespace, "link", "set", "eth0", "up")
        # Peers send their multicast without naming an interface.
        ip("-n", namespace, "route", "add", "default", "dev", "eth0")
        return host

    def tear_down(self) -> None:
        """Ends every program and removes every namespace."""
        for host in self.hosts.values():
            host.stop()
        for namespace in (*(host.namespace for host in self.hosts.values()), self.switch):
            subprocess.run(["ip", "netns", "del", namespace], check=False, capture_output=True)


@contextmanager
def made(folder: Path, prefix: int = PREFIX) -> Iterator[Bed]:
    """A bed that is torn down whatever happens."""
    bed = Bed(folder, prefix)
    try:
        bed.build()
        yield bed
    finally:
        bed.tear_down()


@contextmanager
def veth() -> Iterator[tuple[str, str]]:
    """Two namespaces, eth0 of one plugged into eth0 of the other, silent but for what we send."""
    names = f"rs{os.getpid()}-far", f"rs{os.getpid()}-near"
    try:
        for name in names:
            ip("netns", "add", name)
        ip("-n", names[0], "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", names[1])
        for name in names:
            ip("-n", name, "link", "set", "eth0", "addrgenmode", "none")
            ip("-n", name, "link", "set", "eth0", "up")
        yield names
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)
