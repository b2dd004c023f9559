"""Makers' discovery replies in text, XML or JSON: one reader a protocol, facts or nothing.

Devices send half a JSON and XML with bare ampersands, so values are found by their names and nothing
is parsed as a whole.
"""

from __future__ import annotations

import re

from detector.network.binary_replies import xiongmai_head
from detector.network.markup import tag_texts
from detector.network.said import Fact, said
from detector.network.text import mac_of_text, tidy

_MOST_TEXT = 8192  # bytes of one reply; real ones are below 2,000
_CAMERA_PARTS = re.compile(r"(?i)(?<![a-z])(?:(?:ip_?)?camera|doorbell|doorstation|nvr|dvr)(?![a-z])")
_CAMERA_KINDS = re.compile(r"^(?:IOT\.IPCAMERA|SMART\.IPCAMERA|SMART\.TAPO(?:DOORBELL|CAMERA))")


def _one(body: bytes, tag: str) -> str:
    return tidy(next(iter(tag_texts(body, tag)), ""))


def _value(body: bytes, key: str) -> str:
    """The text of the first such key of a JSON, whole or broken; empty where there is none."""
    found = re.search(rb'"' + key.encode() + rb'"\s*:\s*"((?:[^"\\]|\\.){0,400})"', body[:_MOST_TEXT])
    return tidy(re.sub(rb"\\(.)", rb"\1", found[1])) if found else ""


def hikvision(data: bytes) -> list[Fact]:
    """SADP.  WS-Discovery has a ProbeMatch as well, with name spaces."""
    if b"<probematch" not in data[:400].lower() or b"schemas" in data[:400]:
        return []
    return said(
        "Hikvision SADP", model=_one(data, "DeviceDescription"), mac=mac_of_text(_one(data, "MAC")),
        firmware=_one(data, "SoftwareVersion"), serial=_one(data, "DeviceSN"),
    )  # fmt: skip


def dahua_dhip(data: bytes) -> list[Fact]:
    """Dahua and its many brands, which name themselves as vendor; `General` is nobody."""
    if data[4:8] != b"DHIP" or _value(data, "method") != "client.notifyDevInfo":
        return []
    return said(
        "Dahua DHIP", make=_value(data, "Vendor"), model=_value(data, "DeviceType"), name=_value(data, "MachineName"),
        mac=mac_of_text(_value(data, "mac")), firmware=_value(data, "Version"), serial=_value(data, "SerialNo"),
    )  # fmt: skip


def xiongmai(data: bytes) -> list[Fact]:
    """Xiongmai (XMeye) by the search of DVRIP."""
    if not xiongmai_head(data):
        return []
    return said("Xiongmai DVRIP", name=_value(data, "HostName"), mac=mac_of_text(_value(data, "MAC")), serial=_value(data, "SN"))


def sony(data: bytes) -> list[Fact]:
    """Sony: KEY:value between bytes FF."""
    if data[:1] != b"\x02" or b"MODEL:" not in data:
        return []
    fields = dict(part.split(b":", 1) for part in data.strip(b"\x02\x03").split(b"\xff")[:40] if b":" in part)

    def text(key: bytes) -> str:
        return tidy(fields.get(key, b""))

    return said("Sony", model=text(b"MODEL"), mac=mac_of_text(text(b"MAC")), firmware=text(b"SOFTVERSION"), serial=text(b"SERIAL"))


def bosch(data: bytes) -> list[Fact]:
    """Bosch's longer form."""
    if b"OEMExt00" not in data[:400]:
        return []
    mac = mac_of_text(_one(data, "physAddress"))
    return said("Bosch", name=_one(data, "friendlyName"), mac=mac, serial=_one(data, "serialNumber"))


def vision_360(data: bytes) -> list[Fact]:
    """360 Vision: DISCOVER TYPE=... KEY='MAC' ID=..."""
    if not data.startswith(b"DISCOVER TYPE="):
        return []
    key = re.search(rb"KEY='([0-9A-Fa-f:]{17})'", data[:200])
    return said("360 Vision", model=tidy(data[14:].split(b" ")[0]), mac=mac_of_text(key[1].decode()) if key else None)


def edimax(data: bytes) -> list[Fact]:
    """The call of Edimax' cloud service, or the answer to it: of cameras, of plugs, and of the app that looks for them."""
    return said("Edimax", only_cameras=False) if data.startswith(b"<param><code value=") else []


def v380(data: bytes) -> list[Fact]:
    """V380: the MAC stands third; the rest is a handle for remote access."""
    parts = data.split(b"^", 5)
    return said("V380", mac=mac_of_text(tidy(parts[2]))) if parts[0] == b"NVDEVRESULT" and len(parts) > 3 else []


def hichip(data: bytes) -> list[Fact]:
    """HiChip (CamHi): its Device-ID is a handle for remote access and is not read."""
    if not data.startswith(b"HDS/1.0 200"):
        return []
    lines = dict(re.findall(rb"(?m)^(MAC|Device-Name)=([^\r\n]{1,80})", data[:1000]))
    return said("HiChip HDS", name=tidy(lines.get(b"Device-Name", b"")), mac=mac_of_text(tidy(lines.get(b"MAC", b""))))


def topsee(data: bytes) -> list[Fact]:
    """Topsee (Seetong): a search and its answer differ by a code; accounts that stand in the answer are not read."""
    if b"<XML_TOPSEE>" not in data[:200] or not re.search(rb'Msg_code="3"', data[:400]):
        return []

    def value(key: bytes) -> str:
        found = re.search(rb"\s" + key + rb'="([^"]{1,80})"', data[:_MOST_TEXT])
        return tidy(found[1]) if found else ""

    return said(
        "Topsee", model=value(b"DeviceModule"), mac=mac_of_text(value(b"MacAddress")), firmware=value(b"FileSystemVersion"),
        serial=value(b"SerialNumber"),
    )  # fmt: skip


def sddp(data: bytes) -> list[Fact]:
    """Control4's SDDP: devices of every kind announce themselves, and say which kind of part they play."""
    if not data.startswith((b"NOTIFY ALIVE SDDP/1.", b"NOTIFY IDENTIFY SDDP/1.", b"SDDP/1.0 200")):
        return []
    fields = {key.lower(): tidy(value) for key, value in re.findall(rb'(?m)^([\w-]{1,20}): ?"([^"\r\n]{1,120})"', data[:_MOST_TEXT])}
    parts = f"{fields.get(b'primary-proxy', '')},{fields.get(b'proxies', '')},{fields.get(b'type', '')}"
    camera = bool(_CAMERA_PARTS.search(parts))
    make = [("upnp_manufacturer", fields[b"manufacturer"])] if fields.get(b"manufacturer") else []  # `said_make` is of Dahua's brands
    return make + said(
        "SDDP camera" if camera else "SDDP", model=fields.get(b"model", ""), name=fields.get(b"host", ""), only_cameras=camera
    )  # fmt: skip


def kasa(data: bytes) -> list[Fact]:
    """The older TP-Link protocol hides JSON by exclusive-or of each byte with the one before."""
    hidden = data[:_MOST_TEXT]
    plain = bytes(byte ^ before for byte, before in zip(hidden, b"\xab" + hidden, strict=False))
    if not plain.startswith(b'{"system"'):
        return []
    return _tp_link(_value(plain, "type") or _value(plain, "mic_type"), plain, "model", "sw_ver")


def tapo(data: bytes) -> list[Fact]:
    """The newer TP-Link protocol: JSON behind a head of 16 bytes."""
    return _tp_link(_value(data[16:], "device_type"), data[16:], "device_model", "fw_ver")


def _tp_link(kind: str, body: bytes, model: str, firmware: str) -> list[Fact]:
    """The name that its owner gave it is nobody's business here."""
    if not kind:
        return []
    facts = said(
        "TP-Link", model=_value(body, model), mac=mac_of_text(_value(body, "mac")), firmware=_value(body, firmware),
        only_cameras=bool(_CAMERA_KINDS.match(kind)),
    )  # fmt: skip
    return [("tp_link_type", kind), *facts]
