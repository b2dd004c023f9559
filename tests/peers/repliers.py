"""Hosts of the bed that answer one maker's discovery each, with a real sample or with words of our own."""

from __future__ import annotations

import json
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.peers.bed import Host

HERE = Path(__file__).parent
SAMPLES = HERE.parent.parent.parent / "shared/data/discovery_replies"


@dataclass(frozen=True)
class Replier:
    """`sample` names a real reply with anonymised values; without one `reply` is written by ourselves."""

    name: str
    protocol: str
    verdict: str
    sample: str = ""
    reply: bytes = b""

    @property
    def real(self) -> bool:
        """True when the bytes of the reply are a device's."""
        return bool(self.sample)

    @property
    def bytes(self) -> bytes:
        """The reply itself."""
        return (SAMPLES / f"{self.sample}.selftest").read_bytes() if self.sample else self.reply

    def start(self, host: Host) -> None:
        """Runs on its host until the bed is torn down."""
        written = host.folder / "reply.hex"
        written.write_text(self.bytes.hex())
        host.start("sh", "-c", f"exec {sys.executable} -S -E {HERE}/replier.py {self.protocol} < {written}")


def _hidden(tree: object) -> bytes:
    """JSON as Kasa hides it."""
    out, key = bytearray(), 0xAB
    for byte in json.dumps(tree).encode():
        key ^= byte
        out.append(key)
    return bytes(out)


def _dvrip(tree: object) -> bytes:
    text = json.dumps(tree).encode() + b"\n\0"
    return struct.pack("<BBHIIHHI", 0xFF, 1, 0, 0, 0, 0, 1531, len(text)) + text


def _tapo(kind: str, model: str) -> bytes:
    text = json.dumps({"result": {"device_type": kind, "device_model": model, "mac": "00-1B-21-00-00-01", "ip": "10.77.0.1"}}).encode()
    return bytes.fromhex("02000002") + b"\0" * 12 + text


REAL = (
    Replier("hikvision", "sadp", "alarm", "Hikvision"),
    Replier("dahua", "dhip", "alarm", "Dahua2"),
    Replier("dahua-old", "dahua-first", "alarm", "Dahua1"),
    Replier("foscam", "foscam", "alarm", "Foscam"),
    Replier("foscam-key", "foscam", "alarm", "Foscam_cipher"),
    Replier("vivotek", "vivotek", "alarm", "Vivotek"),
    Replier("vstarcam", "vstarcam", "alarm", "Vstarcam"),
    Replier("hanwha", "hanwha", "alarm", "Hanwha"),
    Replier("sony", "sony", "alarm", "Sony"),
    Replier("panasonic", "panasonic", "alarm", "Panasonic"),
    Replier("bosch", "bosch", "alarm", "Bosch.bin"),
    Replier("vision360", "360-vision", "alarm", "360Vision"),
    Replier("nice", "nice", "alarm", "NiceVision"),
    Replier("ubiquiti", "ubiquiti", "", "Ubiquiti"),  # an access point: only a model UVC-... is a camera
)

OUR_OWN = (
    # The form of an answer of an A9 camera as DavidVentura/cam-reverse publishes it, its number changed.
    Replier("pppp", "pppp", "alarm", reply=bytes.fromhex("f1410014 4241544400000000 00000001 574f4e4a4d000000")),
    # The same head under the key that HDWiFiCamPro and 365Cam share; what follows is hidden and not read.
    Replier("pppp-hidden", "pppp-hidden", "alarm", reply=bytes.fromhex("2ccb6293") + b"\x5a" * 20),
    Replier("xiongmai", "xiongmai", "alarm", reply=_dvrip({"NetWork.NetCommon": {"MAC": "00:12:17:00:00:01", "HostName": "LocalHost", "TCPPort": 34567, "SN": "0"}, "Ret": 100})),
    Replier("tvt", "tvt", "alarm", reply=b"MHED" + b"\0" * 236),
    Replier("v380", "v380", "alarm", reply=b"NVDEVRESULT^300^00-1b-21-00-00-02^10.77.0.1^255.255.255.0^10.77.0.254^1^1^1^1^1^8800^1^1^1^1"),
    Replier("hichip", "hichip", "alarm", reply=b"HDS/1.0 200 OK\r\nCSeq:1\r\n\r\nDevice-ID=0\r\nDevice-Name=IPCAM\r\nIP=10.77.0.1\r\nMAC=00:1B:21:00:00:03\r\n"),
    Replier("kasa-cam", "kasa", "alarm", reply=_hidden({"system": {"get_sysinfo": {"type": "IOT.IPCAMERA", "model": "KC100(EU)"}}})),
    Replier("kasa-plug", "kasa", "", reply=_hidden({"system": {"get_sysinfo": {"mic_type": "IOT.SMARTPLUGSWITCH", "model": "HS110(EU)", "alias": "Camera plug"}}})),
    Replier("tapo-cam", "tapo", "alarm", reply=_tapo("SMART.IPCAMERA", "C200")),
    Replier("tapo-plug", "tapo", "", reply=_tapo("SMART.TAPOPLUG", "P110")),
    Replier("xiaomi", "miio", "", reply=bytes.fromhex("21310020 00000000 00000001 00000001") + b"\0" * 16),
)


def available() -> tuple[Replier, ...]:
    """Those that can answer here: real samples only where they are at hand."""
    return (*(REAL if SAMPLES.is_dir() else ()), *OUR_OWN)
