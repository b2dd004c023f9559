"""The bulk of live listening: a packet socket of Linux, filtered and buffered by the kernel itself.

The kernel writes what passes its filter into a ring of blocks that it shares with us (TPACKET_V3 of
Documentation/networking/packet_mmap.rst), so that there is one system call for hundreds of packets.
Nothing is ever sent through here, and the interface stays as it is unless promiscuous mode is asked for.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from mmap import mmap
from typing import Protocol

import numpy as np

from detector.model import Gap, Packet
from detector.network.batch import MARGIN, Batch
from hardware import interfaces, packet_filter
from hardware.packet_filter import Program
from hardware.sensor import SensorUnavailable, Unavailable

REMEDY = "Raw frames need a privilege: run as root, or give the Python program CAP_NET_RAW."

# ARPHRD number of the kernel -> pcap link type, of the links whose frames are read here.
LINK_TYPES = {1: 1, 772: 1, 65534: 101}

# linux/socket.h, linux/if_packet.h, linux/if_ether.h.
_SOL_PACKET, _ADD_MEMBERSHIP, _STATISTICS, _RX_RING, _VERSION = 263, 1, 6, 5, 10
_TPACKET_V3, _MR_PROMISC, _ATTACH_FILTER, _ALL_PROTOCOLS = 2, 1, 26, 0x0003
_OURS = 1  # TP_STATUS_USER: the kernel has finished with the block
_BLOCK = struct.Struct("=III")  # at 8 of a block: status, packets, where the first stands
# Each packet's head (struct tpacket3_hdr) is of words: distance to the next head, seconds, nanoseconds,
# bytes kept, bytes on the wire, status; then, as half a word, the distance from the head to the frame.


@dataclass(frozen=True, slots=True)
class RingLimits:
    """How much the kernel keeps while we are busy."""

    block: int = 1 << 18  # bytes; some hundred packets a block, so that a block costs little each
    blocks: int = 128  # 32 MB: 0.4 s of 50,000 whole frames a second, 2 s of those cut by the filter
    retire_ms: int = 50  # a block is handed over after this even if it is not full
    late_s: float = 1.0  # after the time is over, what is still waiting is read for so long at most
    bearable: float = 0.01  # share of packets lost that hides no device: each speaks many times


class Account(Protocol):
    """What a listener tells of itself after iteration."""

    name: str
    gaps: list[Gap]
    coverage_limits: list[str]
    examined: dict[str, float | int | str]


class PacketSocket:
    """Everything that one interface receives, live, for a while: a `PacketSource`.

    interface: an Ethernet-like one or a tunnel (`LINK_TYPES`).  seconds: how long.  clock: seconds
    of the sweep, which becomes each packet's `at_s`.  promiscuous: also frames to others, which shows
    more at a mirror port only.

    Frames that this machine sends are left out.  Long frames of streams are cut to their heads (see
    `packet_filter`); `length` stays that on the wire.  What the kernel had to drop because we were too
    slow is a gap, to be read after iteration.
    """

    replay = False

    def __init__(
        self,
        interface: str,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        *,
        promiscuous: bool = False,
        limits: RingLimits = RingLimits(),
    ) -> None:
        self.name = interface
        self.seconds = seconds
        self.gaps: list[Gap] = []
        self.coverage_limits: list[str] = []
        self.examined: dict[str, float | int | str] = {}
        self._clock, self._promiscuous, self._limits = clock, promiscuous, limits

    def packets(self) -> Iterator[Packet]:
        """Packets one by one; else as `batches`."""
        for batch in self.batches():
            yield from batch.packets()

    def batches(self) -> Iterator[Batch]:
        """Packets as they come, many at once where there are many, until the time is over.

        Raises `SensorUnavailable`: NO_DEVICE, NO_PERMISSION or NOT_SUPPORTED before the first packet,
        LOST when the interface goes down.
        """
        link = LINK_TYPES.get(interfaces.hardware_type(self.name), 1)
        for block, shift_s in self._blocks(packet_filter.facts_whole(link)):
            yield batch_of(block, link, shift_s)

    def _blocks(self, program: Program) -> Iterator[tuple[bytes, float]]:
        """Blocks of packets, each with what turns the kernel's time of day into ours."""
        limits = self._limits
        with closing(self._open(program)) as sock, _ring(sock, limits) as ring:
            self._bind(sock)
            try:
                yield from self._turn(sock, ring)
            finally:
                whole, dropped = struct.unpack("=II", sock.getsockopt(_SOL_PACKET, _STATISTICS, 12)[:8])
                tell_losses(self, whole, dropped, limits.bearable)

    def _turn(self, sock: socket.socket, ring: mmap) -> Iterator[tuple[bytes, float]]:
        blocks = itertools.cycle(range(0, len(ring), self._limits.block))
        waiting = select.poll()
        waiting.register(sock, select.POLLIN | select.POLLERR)
        end = time.monotonic() + self.seconds
        for at in blocks:
            while not _filled(ring, at):
                if (left := end - time.monotonic()) <= 0:
                    return
                self._wait(sock, waiting, left)
            yield self._taken(ring, at)
            if time.monotonic() > end + self._limits.late_s:
                return

    def _taken(self, ring: mmap, at: int) -> tuple[bytes, float]:
        """A copy of one block, which the kernel gets back at once."""
        used = struct.unpack_from("=I", ring, at + 20)[0]
        block = ring[at : at + used + MARGIN]
        struct.pack_into("=I", ring, at + 8, 0)
        return block, self._clock() - time.time()

    def _wait(self, sock: socket.socket, waiting: select.poll, seconds: float) -> None:
        waiting.poll(1000.0 * seconds)
        if fault := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise SensorUnavailable(Unavailable.LOST, f"The interface {self.name} stopped: {os.strerror(fault)}.")

    def _open(self, program: Program) -> socket.socket:
        """A socket that hears nothing yet: everything is set before the first packet comes."""
        try:
            sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        except PermissionError as error:
            raise SensorUnavailable(Unavailable.NO_PERMISSION, REMEDY) from error
        except OSError as error:
            says = f"This system has no packet sockets: {error.strerror}."
            raise SensorUnavailable(Unavailable.NOT_SUPPORTED, says) from error
        attach(sock, program)
        return sock

    def _bind(self, sock: socket.socket) -> None:
        try:
            sock.bind((self.name, _ALL_PROTOCOLS))
            if self._promiscuous:
                wish = struct.pack("=IHH8s", socket.if_nametoindex(self.name), _MR_PROMISC, 0, b"")
                sock.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, wish)
        except OSError as error:
            says = f"The network interface {self.name} cannot be opened: {error.strerror}."
            raise SensorUnavailable(Unavailable.NO_DEVICE, says) from error


def attach(sock: socket.socket, program: Program) -> None:
    """Lets the kernel run a filter program on what this socket receives, from the next packet on."""
    code = ctypes.create_string_buffer(packet_filter.packed(program))
    sock.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("@HP", len(program), ctypes.addressof(code)))


def _filled(ring: mmap, at: int) -> bool:
    return bool(_BLOCK.unpack_from(ring, at + 8)[0] & _OURS)


@contextmanager
def _ring(sock: socket.socket, limits: RingLimits) -> Iterator[mmap]:
    """The blocks that the kernel fills, as memory shared with it."""
    size = limits.block * limits.blocks
    frame = 2048  # of no meaning in this version but checked: blocks hold packets end to end
    try:
        sock.setsockopt(_SOL_PACKET, _VERSION, struct.pack("=i", _TPACKET_V3))
        wish = struct.pack("=7I", limits.block, limits.blocks, frame, size // frame, limits.retire_ms, 0, 0)
        sock.setsockopt(_SOL_PACKET, _RX_RING, wish)
        ring = mmap(sock.fileno(), size)
    except OSError as error:
        says = f"The kernel gives no buffer for listening: {error.strerror}."
        raise SensorUnavailable(Unavailable.NOT_SUPPORTED, says) from error
    with closing(ring):
        yield ring


def batch_of(block: bytes, link: int, shift_s: float) -> Batch:
    """The packets of one block in order; shift_s: our clock minus the time of day."""
    _, count, at = _BLOCK.unpack_from(block, 8)
    heads, after = [], struct.Struct("=I").unpack_from
    for _ in range(count):
        heads.append(at)
        at += after(block, at)[0]
    begins = np.array(heads, np.int64)
    words, halves = np.frombuffer(block, np.uint32, len(block) // 4), np.frombuffer(block, np.uint16, len(block) // 2)
    seconds, nanoseconds, kept, lengths = (words[begins // 4 + field] for field in (1, 2, 3, 4))
    starts = begins + halves[begins // 2 + 12]
    return Batch.over(block, starts, kept, seconds + nanoseconds * 1e-9 + shift_s, link=link, lengths=lengths)


def tell_losses(source: Account, whole: int, dropped: int, bearable: float = RingLimits().bearable) -> None:
    """Notes how many packets the kernel could not give us: many are a gap, few are said."""
    if not dropped:
        return
    source.examined["packets lost"] = dropped
    says = f"{dropped} of {whole} packets on {source.name} came faster than they could be read and were not examined."
    if dropped > whole * bearable:
        source.gaps.append(Gap(Unavailable.LOST, says))
    else:
        source.coverage_limits.append(says)
