"""The discovery protocols of makers: which reply is whose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from detector.network import binary_replies as binary
from detector.network import text_replies as text
from detector.network.said import Fact

Reader = Callable[[bytes], list[Fact]]

_BY_PORT: Final[dict[int, tuple[Reader, ...]]] = {
    37020: (text.hikvision,), 37810: (text.dahua_dhip,), 5050: (binary.dahua_first,), 34569: (text.xiongmai,),
    23456: (binary.tvt,), 10000: (binary.foscam, binary.vivotek), 8600: (binary.vstarcam,),
    7701: (binary.hanwha,), 7711: (binary.hanwha,), 2380: (text.sony,), 10669: (binary.panasonic,), 10670: (binary.panasonic,),
    1757: (binary.bosch, text.bosch), 1758: (binary.bosch, text.bosch), 3600: (text.vision_360,), 2007: (binary.nice,),
    3956: (binary.gige,), 10001: (binary.ubiquiti,), 62976: (binary.dlink,), 12345: (binary.dlink_finder,), 10008: (text.v380,), 10009: (text.v380,),
    8002: (text.hichip,), 3001: (text.topsee,), 1902: (text.sddp,),
    6524: (binary.doorbird,), 35344: (binary.doorbird,), 9999: (text.kasa,), 20002: (text.tapo,), 20004: (text.tapo,),
    6666: (binary.tuya,), 6667: (binary.tuya,), 7000: (binary.tuya,), 54321: (binary.miio,),
    5048: (binary.other_makers,), 30718: (binary.other_makers,), 4679: (binary.other_makers,), 4680: (binary.other_makers,),
    1434: (binary.other_makers,), 1460: (binary.other_makers,),
}  # fmt: skip
# First bytes that no other protocol has, heard on whatever port the device took.
_BY_FIRST_BYTES: Final[tuple[tuple[bytes, Reader], ...]] = (
    (b"MO_I", binary.foscam), (b"MHED", binary.tvt), (b"DH\x01\x08", binary.vstarcam), (b"NVDEVRESULT", text.v380),
    (b"HDS/1.0", text.hichip), (b"<param>", text.edimax), (b"DISCOVER TYPE", text.vision_360),
    (b"\x99\x39\xa4\x27", binary.bosch), (b"BOX|", binary.other_makers),
)  # fmt: skip


def discovery_facts(data: bytes, sport: int, dport: int) -> list[Fact]:
    """Facts of a maker's discovery reply or announcement; nothing for a question or a stranger."""
    for reader in _BY_PORT.get(sport, ()) or _BY_PORT.get(dport, ()):
        if facts := reader(data):
            return facts
    for start, reader in _BY_FIRST_BYTES:
        if data.startswith(start):
            return reader(data)
    if data[4:8] == b"DHIP":
        return text.dahua_dhip(data)
    return text.hikvision(data) if data.startswith(b"<?xml") and b"DeviceSN" in data else []
