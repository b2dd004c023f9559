"""The discovery protocols of makers: which reply is whose, and what it says of the device.

One reader a protocol.  A reader is called with a datagram of its port or its first bytes and hands
back facts, or nothing where the datagram is a question, or another protocol on the same port.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable
from typing import Final

from detector.network.markup import tag_texts
from detector.network.text import mac_of_text, mac_text, tidy, until_nul

Fact = tuple[str, str]
Reader = Callable[[bytes], list[Fact]]

_MOST_JSON = 8192  # bytes of one reply; real ones are below 2,000


def _said(protocol: str, *, model: str = "", name: str = "", mac: str | None = None) -> list[Fact]:
    facts = [("discovery", protocol), ("said_model", model), ("said_name", name), ("said_mac", mac or "")]
    return [fact for fact in facts if fact[1]]


def _one(body: bytes, tag: str) -> str:
    return tidy(next(iter(tag_texts(body, tag)), ""))


def _hikvision(data: bytes) -> list[Fact]:
    if b"<probematch" not in data[:400].lower() or b"schemas" in data[:400]:
        return []
    mac = mac_of_text(_one(data, "MAC"))
    return _said("Hikvision SADP", model=_one(data, "DeviceDescription"), mac=mac)


def _json(data: bytes) -> dict[str, object]:
    """The first JSON object of a datagram, or an empty one."""
    start = data.find(b"{")
    if start < 0 or len(data) > _MOST_JSON:
        return {}
    try:
        found = json.JSONDecoder().raw_decode(data[start:].decode("utf-8", "replace"))[0]
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(tree: object, *path: str) -> str:
    """A text at a path of a JSON object, empty where there is none."""
    for key in path:
        if not isinstance(tree, dict):
            return ""
        tree = tree.get(key)
    return tidy(tree) if isinstance(tree, str) else ""


def _dahua_dhip(data: bytes) -> list[Fact]:
    if data[4:8] != b"DHIP":
        return []
    tree = _json(data)
    if _text(tree, "method") != "client.notifyDevInfo":
        return []
    info = ("params", "deviceInfo")
    return _said(
        "Dahua DHIP", model=_text(tree, *info, "DeviceType"), name=_text(tree, *info, "MachineName"),
        mac=mac_of_text(_text(tree, "mac")),
    )


def _dahua_first(data: bytes) -> list[Fact]:
    if data[:1] != b"\xb3" or len(data) < 0x78:
        return []
    return _said("Dahua discovery", model=until_nul(data[0x28:0x38]), mac=mac_of_text(tidy(data[0x78:0x89])))


def _xiongmai(data: bytes) -> list[Fact]:
    if len(data) < 20 or data[0] != 0xFF or struct.unpack_from("<H", data, 14)[0] != 1531:
        return []
    common = ("NetWork.NetCommon",)
    tree = _json(data)
    mac, name = _text(tree, *common, "MAC"), _text(tree, *common, "HostName")
    return _said("Xiongmai DVRIP", name=name, mac=mac_of_text(mac))


def _tvt(data: bytes) -> list[Fact]:
    return _said("TVT") if data[:4] == b"MHED" and len(data) >= 200 else []  # the question has 140 bytes


def _foscam(data: bytes) -> list[Fact]:
    """The body may be hidden by exclusive-or with the eight bytes that stand before it."""
    if data[:4] != b"MO_I" or data[4:5] != b"\x01" or len(data) < 0x39:
        return []
    if data[6]:
        key = data[7:15]
        data = data[:15] + bytes(byte ^ key[index % 8] for index, byte in enumerate(data[15:]))
    return _said("Foscam", name=until_nul(data[0x24:0x39]), mac=mac_of_text(until_nul(data[0x17:0x24])))


def _vstarcam(data: bytes) -> list[Fact]:
    if data[:4] != b"DH\x01\x08" or len(data) < 0x5C:
        return []
    return _said("VStarcam", name=until_nul(data[0x7C:0x9C]), mac=mac_text(data[0x54:0x5A]))


def _vivotek(data: bytes) -> list[Fact]:
    if data[1:5] != b"\x4a\x5d\x8f\x1c" or len(data) < 12:
        return []
    fields = _type_length_values(data, 5, ">BB")
    model = until_nul(fields.get(1, b"") or fields.get(9, b""))
    return _said("Vivotek", model=model, mac=mac_text(fields.get(2, b"")))


def _type_length_values(data: bytes, at: int, form: str) -> dict[int, bytes]:
    head = struct.calcsize(form)
    found: dict[int, bytes] = {}
    while at + head <= len(data):
        kind, size = struct.unpack_from(form, data, at)
        found.setdefault(kind, data[at + head : at + head + size])
        at += head + size
    return found


def _hanwha(data: bytes) -> list[Fact]:
    mac = mac_of_text(tidy(data[0x13:0x24])) if data[:1] == b"\x0b" and len(data) > 0x80 else None
    return _said("Hanwha", model=until_nul(data[0x6D:0x7D]), mac=mac) if mac else []


def _sony(data: bytes) -> list[Fact]:
    if data[:1] != b"\x02" or b"MODEL:" not in data:
        return []
    fields = dict(part.split(b":", 1) for part in data.strip(b"\x02\x03").split(b"\xff")[:40] if b":" in part)
    return _said("Sony", model=tidy(fields.get(b"MODEL", b"")), mac=mac_of_text(tidy(fields.get(b"MAC", b""))))


def _panasonic(data: bytes) -> list[Fact]:
    """An answer holds address fields by type; a question ends where they would begin."""
    if data[:2] != b"\x00\x01" or len(data) < 0x80:
        return []
    fields = _type_length_values(data, 0x3A, ">HH")
    model = until_nul(fields.get(0xA8, b"") or fields.get(0xA7, b""))
    return _said("Panasonic", model=model, mac=mac_text(data[6:12])) if 0x20 in fields else []


def _bosch(data: bytes) -> list[Fact]:
    if data[:4] == b"\x99\x39\xa4\x27" and len(data) >= 24:
        return _said("Bosch", mac=mac_text(data[8:14]))
    if b"OEMExt00" in data[:400]:
        return _said("Bosch", name=_one(data, "friendlyName"))
    return []


def _360_vision(data: bytes) -> list[Fact]:
    if not data.startswith(b"DISCOVER TYPE="):
        return []
    return _said("360 Vision", model=tidy(data[14:].split(b" ")[0]))


def _nice(data: bytes) -> list[Fact]:
    return _said("NICE Vision", mac=mac_text(data[10:16])) if data[:4] == b"NICE" and len(data) > 60 else []


def _gige(data: bytes) -> list[Fact]:
    if data[:4] != b"\x00\x00\x00\x03" or len(data) < 0x98:
        return []
    model = " ".join(filter(None, (until_nul(data[0x50:0x70]), until_nul(data[0x70:0x90]))))
    return _said("GigE Vision", model=model, mac=mac_text(data[0x12:0x18]))


def _ubiquiti(data: bytes) -> list[Fact]:
    """The same protocol serves access points; only the model tells a camera (UVC-...)."""
    if data[:2] not in (b"\x01\x00", b"\x02\x06") or len(data) < 12:
        return []
    fields = _type_length_values(data, 4, ">BH")
    model, name = fields.get(0x0C) or fields.get(0x15) or b"", fields.get(0x0B, b"")
    return _said("Ubiquiti", model=tidy(model), name=tidy(name)) if model or name else []


def _dlink(data: bytes) -> list[Fact]:
    if data[:2] != b"\xff\xff" or len(data) < 40:
        return []
    text = re.search(rb"[ -~]{8,60}", data[18:])
    return _said("D-Link 62976", name=tidy(text[0]) if text else "", mac=mac_text(data[6:12]))


def _edimax(data: bytes) -> list[Fact]:
    return _said("Edimax") if data.startswith(b"<param><code value=") else []


def _v380(data: bytes) -> list[Fact]:
    parts = data.split(b"^", 5)
    return _said("V380", mac=mac_of_text(tidy(parts[2]))) if parts[0] == b"NVDEVRESULT" and len(parts) > 3 else []


def _hichip(data: bytes) -> list[Fact]:
    if not data.startswith(b"HDS/1.0 200"):
        return []
    found = re.search(rb"MAC=([0-9A-Fa-f:-]{12,17})", data)
    return _said("HiChip HDS", mac=mac_of_text(found[1].decode()) if found else None)


def _kasa(data: bytes) -> list[Fact]:
    """The older TP-Link protocol hides JSON by exclusive-or of each byte with the one before."""
    key, plain = 0xAB, bytearray()
    for byte in data[:_MOST_JSON]:
        plain.append(key ^ byte)
        key = byte
    if plain[:9] != b'{"system"':
        return []
    info = ("system", "get_sysinfo")
    tree = _json(bytes(plain))
    kind = _text(tree, *info, "type") or _text(tree, *info, "mic_type")
    return _tp_link(kind, _text(tree, *info, "model"), _text(tree, *info, "mac"))


def _tapo(data: bytes) -> list[Fact]:
    tree = _json(data[16:])
    return _tp_link(_text(tree, "result", "device_type"), _text(tree, "result", "device_model"), _text(tree, "result", "mac"))


def _tp_link(kind: str, model: str, mac: str) -> list[Fact]:
    return [("tp_link_type", kind), *_said("TP-Link", model=model, mac=mac_of_text(mac))] if kind else []


def _tuya(data: bytes) -> list[Fact]:
    return _said("Tuya") if data[:4] in (b"\0\0\x55\xaa", b"\0\0\x66\x99") else []


def _miio(data: bytes) -> list[Fact]:
    return _said("Xiaomi miIO") if data[:2] == b"\x21\x31" and len(data) == 32 and data[4:12] != b"\xff" * 8 else []


def _other_makers(data: bytes) -> list[Fact]:
    """Appliances, power supplies, serial converters and databases: known so as not to be taken for cameras."""
    if data[:4] == b"MADA":
        return _said("Advantech", mac=mac_text(data[14:20]))
    if data[:4] == b"\0\0\0\xf7" and len(data) >= 30:
        return _said("Lantronix", mac=mac_text(data[24:30]))
    if data.startswith((b'<FILE url="upsprop', b"BOX|<root>")):
        return _said("power supply" if data[:1] == b"<" else "Eden box")
    if data[:1] == b"\x05" and data[3:14] == b"ServerName;":
        return _said("database server")
    return []


_BY_PORT: Final[dict[int, tuple[Reader, ...]]] = {
    37020: (_hikvision,), 37810: (_dahua_dhip,), 5050: (_dahua_first,), 34569: (_xiongmai,),
    23456: (_tvt,), 10000: (_foscam, _vivotek), 8600: (_vstarcam,), 7701: (_hanwha,), 7711: (_hanwha,),
    2380: (_sony,), 10669: (_panasonic,), 10670: (_panasonic,), 1757: (_bosch,), 1758: (_bosch,),
    3600: (_360_vision,), 2007: (_nice,), 3956: (_gige,), 10001: (_ubiquiti,), 62976: (_dlink,),
    10008: (_v380,), 10009: (_v380,), 8002: (_hichip,), 9999: (_kasa,), 20002: (_tapo,), 20004: (_tapo,),
    6666: (_tuya,), 6667: (_tuya,), 7000: (_tuya,), 54321: (_miio,), 5048: (_other_makers,),
    30718: (_other_makers,), 4679: (_other_makers,), 4680: (_other_makers,), 1434: (_other_makers,), 1460: (_other_makers,),
}
# First bytes that no other protocol has, heard on whatever port the device took.
_BY_FIRST_BYTES: Final[tuple[tuple[bytes, Reader], ...]] = (
    (b"MO_I", _foscam), (b"MHED", _tvt), (b"DH\x01\x08", _vstarcam), (b"NVDEVRESULT", _v380), (b"HDS/1.0", _hichip),
    (b"<param>", _edimax), (b"DISCOVER TYPE", _360_vision), (b"\x99\x39\xa4\x27", _bosch), (b"BOX|", _other_makers),
)


def discovery_facts(data: bytes, sport: int, dport: int) -> list[Fact]:
    """Facts of a maker's discovery reply or announcement; nothing for a question or a stranger."""
    for reader in _BY_PORT.get(sport, ()) or _BY_PORT.get(dport, ()):
        if facts := reader(data):
            return facts
    for start, reader in _BY_FIRST_BYTES:
        if data.startswith(start):
            return reader(data)
    if data[4:8] == b"DHIP":
        return _dahua_dhip(data)
    return _hikvision(data) if data.startswith(b"<?xml") and b"DeviceSN" in data else []
