"""Makers' discovery replies in binary forms: one reader a protocol, facts or nothing.

A reader gets a datagram of its port or with its first bytes, and knows a question from a reply.
"""

from __future__ import annotations

import re
import struct

from detector.network.said import Fact, said, type_length_values
from detector.network.text import mac_of_text, mac_text, tidy, until_nul


def dahua_first(data: bytes) -> list[Fact]:
    """Dahua's older form: fixed fields, then the MAC and lines of Key:value."""
    if data[:1] != b"\xb3" or len(data) < 0x78:
        return []
    lines = dict(re.findall(rb"(\w{2,20}):([^\r\n]{1,80})\r\n", data[0x78:]))
    return said(
        "Dahua discovery", model=tidy(lines.get(b"Device", b"")) or until_nul(data[0x28:0x38]),
        mac=mac_of_text(tidy(data[0x78:0x89])), serial=tidy(lines.get(b"SerialNo", b"")),
    )  # fmt: skip


def tvt(data: bytes) -> list[Fact]:
    """TVT: its length tells it from the question, which has 140 bytes."""
    return said("TVT") if data[:4] == b"MHED" and len(data) >= 200 else []


def foscam(data: bytes) -> list[Fact]:
    """The body may be hidden by exclusive-or with the eight bytes that stand before it."""
    if data[:4] != b"MO_I" or data[4:5] != b"\x01" or len(data) < 0x39:
        return []
    if data[6]:
        # The key runs from the start of the body, behind a head of 23 bytes.
        data = data[:0x17] + bytes(byte ^ data[7 + index % 8] for index, byte in enumerate(data[0x17:]))
    identity = until_nul(data[0x17:0x24])
    return said("Foscam", name=until_nul(data[0x24:0x39]), mac=mac_of_text(identity), serial=identity)


def vstarcam(data: bytes) -> list[Fact]:
    """VStarcam (EYE4)."""
    if data[:4] != b"DH\x01\x08" or len(data) < 0x5C:
        return []
    return said(
        "VStarcam", name=until_nul(data[0x7C:0x9C]), mac=mac_text(data[0x54:0x5A]),
        firmware=until_nul(data[0xCC:0xEC]), serial=until_nul(data[0x5C:0x7C]),
    )  # fmt: skip


def vivotek(data: bytes) -> list[Fact]:
    """Vivotek: the magic number behind a byte of the asker's, then types, lengths and values."""
    if data[1:5] != b"\x4a\x5d\x8f\x1c" or len(data) < 12:
        return []
    fields = type_length_values(data, 5, ">BB")
    model = until_nul(fields.get(1, b"") or fields.get(9, b""))
    return said("Vivotek", model=model, mac=mac_text(fields.get(2, b"")))


def hanwha(data: bytes) -> list[Fact]:
    """Hanwha (Samsung Techwin)."""
    mac = mac_of_text(tidy(data[0x13:0x24])) if data[:1] == b"\x0b" and len(data) > 0x80 else None
    return said("Hanwha", model=until_nul(data[0x6D:0x7D]), mac=mac) if mac else []


def panasonic(data: bytes) -> list[Fact]:
    """An answer holds address fields by type; a question ends where they would begin."""
    if data[:2] != b"\x00\x01" or len(data) < 0x80:
        return []
    fields = type_length_values(data, 0x3A, ">HH")
    if 0x20 not in fields:
        return []
    model = until_nul(fields.get(0xA8, b"") or fields.get(0xA7, b""))
    return said("Panasonic", model=model, mac=mac_text(data[6:12]), firmware=until_nul(fields.get(0xA9, b"")))


def bosch(data: bytes) -> list[Fact]:
    """Bosch's short form; the longer one is XML."""
    return said("Bosch", mac=mac_text(data[8:14])) if data[:4] == b"\x99\x39\xa4\x27" and len(data) >= 24 else []


def nice(data: bytes) -> list[Fact]:
    """NICE Vision encoders."""
    if data[:4] != b"NICE" or len(data) <= 60:
        return []
    return said("NICE Vision", model=until_nul(data[0x4A:0x5A]), mac=mac_text(data[10:16]))


def gige(data: bytes) -> list[Fact]:
    """GigE Vision: industrial cameras."""
    if data[:4] != b"\x00\x00\x00\x03" or len(data) < 0x98:
        return []
    model = " ".join(filter(None, (until_nul(data[0x50:0x70]), until_nul(data[0x70:0x90]))))
    return said("GigE Vision", model=model, mac=mac_text(data[0x12:0x18]), only_cameras=False)


def ubiquiti(data: bytes) -> list[Fact]:
    """The same protocol serves access points; only the model tells a camera (UVC-...)."""
    if data[:2] not in (b"\x01\x00", b"\x02\x06") or len(data) < 12:
        return []
    fields = type_length_values(data, 4, ">BH")
    model, name = tidy(fields.get(0x0C) or fields.get(0x15) or b""), tidy(fields.get(0x0B, b""))
    mac = mac_text((fields.get(1) or fields.get(2) or b"")[:6])
    return said("Ubiquiti", model=model, name=name, mac=mac, firmware=tidy(fields.get(3, b"")), only_cameras=False) if model or name else []


def dlink(data: bytes) -> list[Fact]:
    """D-Link's announcement on port 62976."""
    if data[:2] != b"\xff\xff" or len(data) < 40:
        return []
    text = re.search(rb"[ -~]{8,60}", data[18:])
    return said("D-Link 62976", name=tidy(text[0]) if text else "", mac=mac_text(data[6:12]), only_cameras=False)


def dlink_finder(data: bytes) -> list[Fact]:
    """The call of older D-Link cameras for a set-up program on port 12345."""
    return said("D-Link finder") if data.startswith(b"\x10\x60\xaf\x2a\xff\xff") and len(data) == 128 else []


def doorbird(data: bytes) -> list[Fact]:
    """DoorBird calls out that somebody rang or moved, under a cipher; its signs of life are not read."""
    return said("DoorBird") if data[:4] == b"\xde\xad\xbe\x02" and len(data) == 46 else []


def tuya(data: bytes) -> list[Fact]:
    """A Tuya device of any kind; what it is stands encrypted."""
    return said("Tuya") if data[:4] in (b"\0\0\x55\xaa", b"\0\0\x66\x99") else []


def miio(data: bytes) -> list[Fact]:
    """A Xiaomi device of any kind.  The last half may be its key, so it is not looked at."""
    if data[:2] != b"\x21\x31" or len(data) != 32 or data[4:12] == b"\xff" * 8:
        return []
    return said("Xiaomi miIO")


def xiongmai_head(data: bytes) -> bool:
    """True for an answer (message 1531) of DVRIP's search, whose body is JSON."""
    return len(data) >= 20 and data[0] == 0xFF and bool(struct.unpack_from("<H", data, 14)[0] == 1531)


def other_makers(data: bytes) -> list[Fact]:
    """Appliances, power supplies, serial converters and databases: known so as not to be taken for cameras."""
    if data[:4] == b"MADA":
        return said("Advantech", mac=mac_text(data[14:20]))
    if data[:4] == b"\0\0\0\xf7" and len(data) >= 30:
        return said("Lantronix", mac=mac_text(data[24:30]))
    if data.startswith((b'<FILE url="upsprop', b"BOX|<root>")):
        return said("power supply" if data[:1] == b"<" else "Eden box")
    if data[:1] == b"\x05" and data[3:14] == b"ServerName;":
        return said("database server")
    return []
