"""Packets a second that a live listener takes without loss: `python tests/benchmarks/listener_speed.py`.

One veth pair, its ends in two network namespaces made for this; a raw socket sends a mix of streams,
acknowledgements and announcements at an even pace, ours and scapy's `sniff` listen, one after the other.
Lost is what was sent and not told by the listener.  Needs root; the sender takes one core for itself.
"""

from __future__ import annotations

import argparse
import json
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from detector.synthetic import talk  # noqa: E402
from tests.peers.bed import can_make_namespaces, veth  # noqa: E402

RATES = (5_000, 10_000, 25_000, 50_000, 75_000, 100_000)
SECONDS = 4.0
SETTLE_S = 1.0  # a listener starts before the first packet and stops after the last

CAMERA = ("a0:9f:10:52:00:c1", "10.77.0.41")
PHONE = ("02:00:00:52:00:02", "10.77.0.42")
GROUP = ("01:00:5e:00:00:fb", "224.0.0.251")


def tcp_frame(source: tuple[str, str, int], target: tuple[str, str, int], payload: bytes) -> bytes:
    """An Ethernet frame with a TCP segment; checksums are left out, since nobody checks them here."""
    head = talk.mac_bytes(target[0]) + talk.mac_bytes(source[0]) + b"\x08\x00"
    network = struct.pack("!BBHIBBH", 0x45, 0, 40 + len(payload), 0, 64, 6, 0) + socket.inet_aton(source[1]) + socket.inet_aton(target[1])
    return head + network + struct.pack("!HHIIBBHHH", source[2], target[2], 1, 1, 0x50, 0x18, 8192, 0, 0) + payload


def mix() -> list[bytes]:
    """A hundred frames such as a home has: 55 of streams, 30 acknowledgements, 15 that say something."""
    noise = bytes(range(128, 256)) * 12
    stream = [tcp_frame((*CAMERA, 40000 + n), ("02:00:00:52:00:01", "203.0.113.7", 443), noise[n : n + 1448]) for n in range(40)]
    rtp = [talk.udp_frame((*CAMERA, 50000), (*PHONE, 50002), talk.rtp_packet(n, n, 7, noise[:1200], last=False)) for n in range(15)]
    acks = [tcp_frame(("02:00:00:52:00:01", "203.0.113.7", 443), (*CAMERA, 40000 + n), b"") for n in range(30)]
    said = [
        talk.udp_frame((*PHONE, 5353), (*GROUP, 5353), talk.mdns_announcement(talk.Service("_http._tcp", f"thing-{n}", f"thing-{n}", PHONE[1], 80)))
        for n in range(5)
    ]
    said += [talk.udp_frame((*PHONE, 40000 + n), ("02:00:00:52:00:01", "10.77.0.1", 53), talk.dns_query([(f"host{n}.example.org", 1)])) for n in range(5)]
    said += [tcp_frame((*PHONE, 41000 + n), ("02:00:00:52:00:01", "203.0.113.9", 443), talk.tls_hello(f"site{n}.example.org")) for n in range(5)]
    frames = stream + rtp + acks + said
    return [frames[37 * n % 100] for n in range(100)]


def send(interface: str, rate: int, seconds: float) -> int:
    """The mix at an even pace, in turns of a millisecond, until the time is over; how many went out."""
    frames, sent = mix() * 1000, 0
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
        sock.bind((interface, 0))
        began = time.monotonic()
        while (passed := time.monotonic() - began) < seconds:
            due = round(rate * passed)
            for frame in frames[sent % 100 : sent % 100 + min(due - sent, 5000)]:
                sock.send(frame)
                sent += 1
            time.sleep(0.0005)
    return sent


def ours(seconds: float) -> tuple[int, int]:
    """Our listener, its packets only counted; how many, and how many the kernel says it dropped."""
    from hardware.packet_socket import PacketSocket  # noqa: PLC0415

    ready()
    listener = PacketSocket("eth0", seconds)
    got = sum(map(len, listener.batches()))
    return got, int(listener.examined.get("packets lost", 0))


def whole(seconds: float) -> tuple[int, int]:
    """Our listener as a live sweep runs it: in its thread, with the whole network search behind it."""
    from detector.network.search import NetworkSearch  # noqa: PLC0415
    from hardware.feeds import Feed, Sense  # noqa: PLC0415
    from hardware.packet_socket import PacketSocket  # noqa: PLC0415
    from hardware.runner import sweep  # noqa: PLC0415

    ready()
    search, listener = NetworkSearch(), PacketSocket("eth0", seconds)
    feed = Feed("eth0", False, lambda _: (listener, listener.batches()), search.hear_all, len)
    examined = sweep([Sense("network", (feed,), search.finish)]).results[0].coverage.examined
    return int(examined.get("packets", 0)), int(examined.get("packets lost", 0))


def scapy_sniff(seconds: float) -> tuple[int, int]:
    """scapy as its manual shows it, each packet counted and thrown away."""
    from scapy.sendrecv import sniff  # noqa: I001, PLC0415
    import scapy.layers.all  # noqa: F401, PLC0415

    got = 0

    def count(_: object) -> None:
        nonlocal got
        got += 1

    sniff(iface="eth0", store=False, prn=count, timeout=seconds, started_callback=ready)
    return got, -1


LISTENERS: dict[str, Callable[[float], tuple[int, int]]] = {"packet socket": ours, "a whole sweep": whole, "scapy sniff": scapy_sniff}


def start(namespace: str, *words: str) -> subprocess.Popen[str]:
    """This file again, in a namespace."""
    return subprocess.Popen(
        ["ip", "netns", "exec", namespace, sys.executable, str(Path(__file__)), *words], stdout=subprocess.PIPE, text=True
    )


def answer(process: subprocess.Popen[str]) -> dict[str, float]:
    """What it printed at its end."""
    output, _ = process.communicate(timeout=60)
    return dict(json.loads(output.splitlines()[-1]))


def measure(names: tuple[str, str], listener: str, rate: int, seconds: float) -> str:
    """One row of the table."""
    listening = start(names[1], "--listen", listener, "--seconds", str(seconds + 3 * SETTLE_S))
    assert listening.stdout is not None
    before = json.loads(listening.stdout.readline())
    time.sleep(SETTLE_S)
    sent = answer(start(names[0], "--send", str(rate), "--seconds", str(seconds)))
    heard = answer(listening)
    lost = sent["packets"] - heard["packets"]
    dropped = "unknown" if heard["dropped"] < 0 else f"{heard['dropped']:.0f}"
    return (
        f"{listener:16} {rate:8} {sent['packets'] / sent['seconds']:9.0f} {sent['packets']:8.0f} {heard['packets']:8.0f} "
        f"{100 * lost / sent['packets']:7.2f} %  {dropped:>9} {(heard['cpu'] - before['cpu']) / sent['seconds']:6.2f}"
    )


def ready() -> None:
    """Everything is imported, and the socket is open or opens within milliseconds."""
    print(json.dumps({"cpu": time.process_time()}), flush=True)


def listen(name: str, seconds: float) -> None:
    """Listens, says what came of it and how much of a core it took since it was ready."""
    got, dropped = LISTENERS[name](seconds)
    print(json.dumps({"packets": got, "dropped": dropped, "cpu": time.process_time()}))


def main() -> None:
    """Prints the table, or is one of the two ends."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--listen", choices=LISTENERS)
    words.add_argument("--send", type=int)
    words.add_argument("--seconds", type=float, default=SECONDS)
    words.add_argument("--rates", type=int, nargs="+", default=RATES)
    chosen = words.parse_args()
    if chosen.listen:
        listen(chosen.listen, chosen.seconds)
    elif chosen.send:
        began = time.monotonic()
        sent = send("eth0", chosen.send, chosen.seconds)
        print(json.dumps({"packets": sent, "seconds": time.monotonic() - began}))
    elif not can_make_namespaces():
        sys.exit("This needs root and iproute2: it makes two network namespaces.")
    else:
        print(f"{'listener':16} {'wanted/s':>8} {'sent/s':>9} {'sent':>8} {'heard':>8} {'lost':>9}  {'kernel says':>9} {'cores':>5}")
        with veth() as names:
            for rate in chosen.rates:
                for name in LISTENERS:
                    print(measure(names, name, rate, chosen.seconds), flush=True)


if __name__ == "__main__":
    main()
