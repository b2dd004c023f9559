"""Answers one maker's discovery question: `python replier.py NAME`, the reply on standard input in hex.

What counts as the question is written here from the makers' protocols, not read from our own list of
questions, so that a question of ours that no device would understand gets no answer.
"""

from __future__ import annotations

import json
import socket
import struct
import sys

EVERYBODY = "255.255.255.255"


def dhip(data: bytes) -> bool:
    """A whole call of DHDiscover.search behind a head with its length, twice."""
    if data[:8] != b"\x20\0\0\0DHIP" or struct.unpack_from("<I", data, 16) != struct.unpack_from("<I", data, 24):
        return False
    (length,) = struct.unpack_from("<I", data, 16)
    return len(data) == 32 + length and json.loads(data[32:])["method"] == "DHDiscover.search"


def kasa(data: bytes) -> bool:
    """JSON hidden by exclusive-or of each byte with the one before, asking for get_sysinfo."""
    plain = bytes(byte ^ before for byte, before in zip(data, b"\xab" + data, strict=False))
    return plain.startswith(b"{") and "get_sysinfo" in json.loads(plain)["system"]


# name: (port, group or None, is it the question, where the answer goes: None the asker, else (address or None, port))
PROTOCOLS = {
    "sadp": (37020, "239.255.255.250", lambda d: b"<Probe>" in d and b"<Types>inquiry</Types>" in d and b"\r" not in d, ("239.255.255.250", 37020)),
    "dhip": (37810, "239.255.255.251", dhip, None),
    "dahua-first": (5050, None, lambda d: d[:1] == b"\xa3" and len(d) == 32, (EVERYBODY, 5050)),
    "xiongmai": (34569, None, lambda d: d[:1] == b"\xff" and struct.unpack_from("<H", d, 14) == (1530,), (EVERYBODY, 34569)),
    "tvt": (23456, "234.55.55.55", lambda d: d[:4] == b"MHED" and len(d) == 140, ("234.55.55.56", 23456)),
    "foscam": (10000, None, lambda d: d[:6] == b"MO_I\0\0" and len(d) == 27 and d[15] == 4, (EVERYBODY, 10000)),
    "vivotek": (10000, None, lambda d: d[1:] == b"\x4a\x5d\x8f\x1c", None),
    "vstarcam": (8600, None, lambda d: d == b"DH\x01\x01", (EVERYBODY, 8600)),
    "hanwha": (7701, None, lambda d: d[:1] == b"\x01" and len(d) == 262, (None, 7711)),
    "sony": (2380, None, lambda d: d == b"\x02ENQ:allinfo\xff\x03", None),
    "panasonic": (10670, None, lambda d: d[:8] == b"\0\x01\0\0\0\x0d\0\0" and len(d) == 52, (None, 10669)),
    "bosch": (1757, None, lambda d: d[:4] == b"\x99\x39\xa4\x27" and d[8:] == b"\xff\x00\x06\xde", (None, 1758)),
    "360-vision": (3600, None, lambda d: d == b"DISCOVER\n", None),
    "nice": (2007, None, lambda d: d[:4] == b"NICE" and len(d) == 12, (None, 2007)),
    "ubiquiti": (10001, None, lambda d: d == b"\x01\0\0\0", None),
    "pppp": (32108, None, lambda d: d in {b"\xf1\x30\0\0", b"\xf1\x32\0\0"}, None),
    "pppp-hidden": (32108, None, lambda d: d == b"\x2c\xba\x5f\x5d", None),
    "pppp-vstarcam": (32108, None, lambda d: d == b"\x49\xb5\x73\xd5", None),
    "v380": (10008, None, lambda d: d.startswith(b"NVDEVSEARCH^100"), (None, 10009)),
    "hichip": (8002, "239.255.255.250", lambda d: d.startswith(b"SEARCH * HDS/1.0\r\nCSeq:"), None),
    "kasa": (9999, None, kasa, None),
    "tapo": (20002, None, lambda d: d[:2] == b"\x02\0" and len(d) >= 16, None),
    "miio": (54321, None, lambda d: d == b"\x21\x31\0\x20" + b"\xff" * 28, None),
}


def main() -> None:
    """Answers until it is ended."""
    port, group, is_asked, answer_to = PROTOCOLS[sys.argv[1]]
    reply = bytes.fromhex(sys.stdin.read())
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    sock.bind(("", port))
    if group:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton("0.0.0.0"))
    while True:
        data, asker = sock.recvfrom(65535)
        if is_asked(data):
            address, at = answer_to or (None, asker[1])
            sock.sendto(reply, (address or asker[0], at))


if __name__ == "__main__":
    main()
