"""Two captures drawn for measuring: what a house says in an hour, and one long stream.

Nothing in them is recorded: addresses, names and payloads are made up, sizes and shares are those of a
home network with some thirty devices.  Seeded: the same file every time.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from pathlib import Path

DEVICES = 30
SLICE = 20_000  # packets that are drawn and put in order of time together
ROUTER = b"\x08\x00\x00\x00\x00\x0c"
PREFIX6 = bytes.fromhex("20010db800000001")

Timed = tuple[float, bytes]


def checksum(data: bytes) -> int:
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF


def ethernet(sender: bytes, receiver: bytes, body: bytes, kind: int = 0x0800, tag: bytes = b"") -> bytes:
    return receiver + sender + tag + struct.pack(">H", kind) + body


def ipv4(source: bytes, target: bytes, kind: int, body: bytes, ttl: int = 64) -> bytes:
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 7, 0x4000, ttl, kind, 0, source, target)
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + body


def ipv6(source: bytes, target: bytes, kind: int, body: bytes, hops: int = 64) -> bytes:
    return struct.pack(">IHBB16s16s", 6 << 28, len(body), kind, hops, source, target) + body


def udp(sport: int, dport: int, payload: bytes) -> bytes:
    return struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload


def tcp(sport: int, dport: int, at: int, payload: bytes, flags: int = 0x18, *, ack: int = 1) -> bytes:
    return struct.pack(">HHIIBBHHH", sport, dport, at & 0xFFFFFFFF, ack & 0xFFFFFFFF, 0x50, flags, 4096, 0, 0) + payload


def name(*labels: str) -> bytes:
    return b"".join(bytes([len(one)]) + one.encode() for one in labels) + b"\0"


class House:
    """Some devices behind a router, and what each of them does in a while."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.noise = self.rng.randbytes(1 << 16)
        self.hosts = [f"api{number}" for number in range(120)]

    def mac(self, device: int) -> bytes:
        return b"\x02\x00\x00\x00\x10" + bytes([device])

    def ends(self, device: int, server: int) -> tuple[bytes, bytes]:
        return bytes([10, 0, 0, 10 + device]), bytes([52, 20 + server % 7, server, 9])

    def bytes_of(self, size: int) -> bytes:
        at = self.rng.randrange(len(self.noise) - size)
        return self.noise[at : at + size]

    def pair(self, device: int, server: int, kind: int, six: bool) -> tuple:  # noqa: FBT001
        """Two functions that wrap what goes out to a server and what comes back."""
        mac, (own, far) = self.mac(device), self.ends(device, server)
        if six:
            own6, far6 = PREFIX6 + b"\0" * 7 + bytes([device]), bytes.fromhex("2a00145040010800") + b"\0" * 7 + bytes([server])
            return (
                lambda body: ethernet(mac, ROUTER, ipv6(own6, far6, kind, body), 0x86DD),
                lambda body: ethernet(ROUTER, mac, ipv6(far6, own6, kind, body, 55), 0x86DD),
            )
        return (
            lambda body: ethernet(mac, ROUTER, ipv4(own, far, kind, body)),
            lambda body: ethernet(ROUTER, mac, ipv4(far, own, kind, body, 51)),
        )

    def lookup(self, device: int) -> Iterator[bytes]:
        mac, (own, _) = self.mac(device), self.ends(device, 0)
        ident, port = self.rng.randrange(65536), self.rng.randrange(32768, 61000)
        asked = name(self.hosts[device * 4 % 120 + self.rng.randrange(4) - 4], "example", "com") + b"\0\1\0\1"
        yield ethernet(mac, ROUTER, ipv4(own, b"\x0a\0\0\1", 17, udp(port, 53, struct.pack(">6H", ident, 0x100, 1, 0, 0, 0) + asked)))
        told = struct.pack(">6H", ident, 0x8180, 1, 1, 0, 0) + asked + b"\xc0\x0c\0\1\0\1" + struct.pack(">IH", self.rng.randrange(300), 4) + b"\x34\1\2\3"
        yield ethernet(ROUTER, mac, ipv4(b"\x0a\0\0\1", own, 17, udp(53, port, told)))

    def transfer(self, device: int, greeting: bytes, answer: bytes, record: bytes, port: int) -> Iterator[bytes]:
        """A TCP connection: a handshake, a question, an answer, then data, most of it coming in."""
        rng = self.rng
        out, back = self.pair(device, rng.randrange(60), 6, rng.random() < 0.2)
        own, sent, came = rng.randrange(32768, 61000), 1, 1
        yield out(tcp(own, port, 0, b"", 0x02))
        yield back(tcp(port, own, 0, b"", 0x12))
        yield out(tcp(own, port, sent, greeting, ack=came))
        sent += len(greeting)
        yield back(tcp(port, own, came, answer, ack=sent))
        came += len(answer)
        for _ in range(rng.choice((4, 10, 20, 60, 150))):
            if rng.random() < 0.6:
                size = rng.choice((200, 900, 1395, 1395))
                body = record + struct.pack(">H", size) + self.bytes_of(size) if record else self.bytes_of(size)
                yield back(tcp(port, own, came, body, ack=sent))
                came += len(body)
            elif rng.random() < 0.5:
                yield out(tcp(own, port, sent, b"", 0x10, ack=came))
            else:
                body = record + struct.pack(">H", 120) + self.bytes_of(120) if record else self.bytes_of(120)
                yield out(tcp(own, port, sent, body, ack=came))
                sent += len(body)

    def tls(self, device: int) -> Iterator[bytes]:
        host = (self.hosts[device * 4 % 120] + ".example.com").encode()
        listed = struct.pack(">HBH", len(host) + 3, 0, len(host)) + host
        extension = struct.pack(">HH", 0, len(listed)) + listed
        hello = b"\3\3" + self.bytes_of(32) + b"\0" + b"\0\2\x13\1" + b"\1\0" + struct.pack(">H", len(extension)) + extension
        handshake = b"\1" + len(hello).to_bytes(3, "big") + hello
        reply = b"\2\0\0\x28\3\3" + self.bytes_of(32) + b"\0\x13\1\0\0\0"
        wrap = b"\x16\3\1"
        return self.transfer(
            device, wrap + struct.pack(">H", len(handshake)) + handshake, wrap + struct.pack(">H", len(reply)) + reply, b"\x17\3\3", 443,
        )

    def web(self, device: int) -> Iterator[bytes]:
        asks = b"GET /status HTTP/1.1\r\nHost: plain%d.example.com\r\nUser-Agent: appliance/%d\r\n\r\n" % (device, device)
        tells = b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: application/octet-stream\r\nContent-Length: 99999999\r\n\r\n"
        return self.transfer(device, asks, tells, b"", 80)

    def quic(self, device: int) -> Iterator[bytes]:
        rng = self.rng
        out, back = self.pair(device, rng.randrange(60), 17, rng.random() < 0.5)
        own = rng.randrange(32768, 61000)
        yield out(udp(own, 443, b"\xc3\0\0\0\1\x08" + self.bytes_of(1194)))
        for _ in range(rng.choice((10, 30, 100, 300))):
            if rng.random() < 0.7:
                yield back(udp(443, own, bytes([0x40 | rng.randrange(64)]) + self.bytes_of(1249)))
            else:
                yield out(udp(own, 443, bytes([0x40 | rng.randrange(64)]) + self.bytes_of(rng.choice((35, 90)))))

    def announce(self, device: int) -> Iterator[bytes]:
        mac, (own, _) = self.mac(device), self.ends(device, 0)
        kind = name("_http", "_tcp", "local")
        instance = bytes([8]) + b"dev%05d" % device + b"\xc0\x0c"
        said = struct.pack(">6H", 0, 0x8400, 0, 2, 0, 0) + kind + b"\0\x0c\0\1\0\0\0\x78" + struct.pack(">H", len(instance)) + instance
        said += instance + b"\0\x10\x80\1\0\0\0\x78\0\x0e\x0dmodel=plug %02d" % device
        yield ethernet(mac, b"\1\0\x5e\0\0\xfb", ipv4(own, b"\xe0\0\0\xfb", 17, udp(5353, 5353, said), 255))

    def notify(self, device: int) -> Iterator[bytes]:
        mac, (own, _) = self.mac(device), self.ends(device, 0)
        for kind in ("upnp:rootdevice", f"uuid:0000-{device}", "urn:schemas-upnp-org:device:Basic:1"):
            text = f"NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNT: {kind}\r\nNTS: ssdp:alive\r\nSERVER: Linux UPnP/1.0 thing/{device}\r\n\r\n"
            yield ethernet(mac, b"\1\0\x5e\x7f\xff\xfa", ipv4(own, b"\xef\xff\xff\xfa", 17, udp(50000 + device, 1900, text.encode()), 4))

    def arp(self, device: int) -> Iterator[bytes]:
        mac, (own, _) = self.mac(device), self.ends(device, 0)
        yield ethernet(mac, b"\xff" * 6, b"\0\1\x08\0\6\4\0\1" + mac + own + b"\0" * 6 + b"\x0a\0\0\1" + b"\0" * 18, 0x0806)
        yield ethernet(ROUTER, mac, b"\0\1\x08\0\6\4\0\2" + ROUTER + b"\x0a\0\0\1" + mac + own + b"\0" * 18, 0x0806)

    def video(self, device: int) -> Iterator[bytes]:
        """RTP of one of three cameras to a recorder in the house, on a tagged network."""
        device %= 3
        mac, (own, _) = self.mac(device), self.ends(device, 0)
        begin = self.rng.randrange(1 << 15)
        for number in range(begin, begin + 200):
            head = struct.pack(">BBHII", 0x80, 96, number & 0xFFFF, number // 5 * 3000, device) + b"\x7c\x05"
            body = ipv4(own, b"\x0a\0\0\x05", 17, udp(20000 + 2 * device, 30000, head + self.bytes_of(self.rng.choice((700, 1386, 1386, 1386)))))
            yield ethernet(mac, b"\x08\0\0\0\0\x05", body, tag=b"\x81\0\0\x14")

    def small(self, device: int) -> Iterator[bytes]:
        """Ping, time and neighbour discovery."""
        mac, (own, far) = self.mac(device), self.ends(device, 3)
        yield ethernet(mac, ROUTER, ipv4(own, far, 1, b"\x08\0\0\0\0\1\0\1" + self.bytes_of(48)))
        yield ethernet(mac, ROUTER, ipv4(own, far, 17, udp(123, 123, b"\x23" + b"\0" * 39 + self.bytes_of(8))))
        own6 = bytes.fromhex("fe80000000000000") + b"\0" * 7 + bytes([device])
        asks = b"\x87\0\0\0\0\0\0\0" + own6[:15] + b"\1\1\1" + mac
        yield ethernet(mac, b"\x33\x33\xff\0\0\1", ipv6(own6, bytes.fromhex("ff0200000000000000000001ff000001"), 58, asks, 255), 0x86DD)


# How often each is begun, of a hundred beginnings: with their lengths, TLS and QUIC make up most packets.
WHAT_HAPPENS = (("lookup", 34), ("tls", 18), ("quic", 6), ("web", 3), ("announce", 9), ("notify", 5), ("arp", 12), ("video", 1), ("small", 12))


def mixed(packets: int, seed: int = 1) -> Iterator[Timed]:
    """What a house of devices says, in order of time."""
    house, now = House(seed), 1_700_000_000.0
    rng, left = house.rng, packets
    names, shares = zip(*WHAT_HAPPENS, strict=True)
    while left > 0:
        drawn: list[Timed] = []
        while len(drawn) < min(SLICE, left):
            at_s = now + rng.random() * 30
            for frame in getattr(house, rng.choices(names, shares)[0])(rng.randrange(DEVICES)):
                drawn.append((at_s, frame))
                at_s += rng.random() * 0.05
        drawn = sorted(drawn, key=lambda one: one[0])[: min(SLICE, left)]
        yield from drawn
        now, left = drawn[-1][0], left - len(drawn)


def bulk(packets: int, seed: int = 2) -> Iterator[Timed]:
    """One upload: full segments out, an acknowledgement for every second one."""
    house = House(seed)
    out, back = house.pair(1, 3, 6, six=False)
    sent = 1
    for number in range(packets):
        at_s = 1_700_000_000 + number * 0.0001
        if number % 3 == 2:
            yield at_s, back(tcp(443, 40000, 1, b"", 0x10, ack=sent))
        else:
            yield at_s, out(tcp(40000, 443, sent, b"\x17\3\3\5\x74" + house.bytes_of(1395), 0x10))
            sent += 1400


def write(path: Path, frames: Iterator[Timed]) -> int:
    """A pcap file of some frames; tells its size in bytes."""
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for at_s, frame in frames:
            file.write(struct.pack("<IIII", int(at_s), int(at_s % 1 * 1e6), len(frame), len(frame)))
            file.write(frame)
    return path.stat().st_size
