"""How Reolink's cameras and recorders meet those who watch: short texts by UDP, in a fixed disguise, on any port.

A head of five numbers (little-endian: a word that begins it, how many bytes follow, 1, the number of this
talk, a check sum), then XML under eight words of a key, to each of which the number of the talk is
added.  Its first mark says who speaks to whom: D is the device, C a client, M and R are servers.  A camera
asks the first server where to register (D2M_Q), registers (D2R_R) and says every few seconds that it is
there (D2R_HB), whether anybody watches or not.
"""

from __future__ import annotations

import re
import struct
from itertools import chain, cycle

Fact = tuple[str, str]

_HEAD = struct.Struct("<5I")
_BEGINS = b"\x3a\xcf\x87\x2a"
_KEY = (0x1F2D3C4B, 0x5A6C7F8D, 0x38172E4B, 0x8271635A, 0x863F1A2B, 0xA5C6F7D8, 0x8371E1B4, 0x17F2D3A5)
_MOST = 120  # bytes undone: the mark stands within the first 60
_FROM_DEVICE = re.compile(rb"<P2P>\s*<D2[A-Z]_")


def undisguised(talk: int, text: bytes) -> bytes:
    """The text of a talk with this number; the disguise put on is the disguise taken off."""
    key = chain.from_iterable((word + talk & 0xFFFFFFFF).to_bytes(4, "little") for word in cycle(_KEY))
    return bytes(byte ^ over for byte, over in zip(text, key, strict=False))


def reolink_facts(data: bytes) -> list[Fact]:
    """`p2p` where the device's end speaks; what clients and servers say is nobody's sign of a camera."""
    if data[:4] != _BEGINS or len(data) <= _HEAD.size:
        return []
    _, size, _, talk, _ = _HEAD.unpack_from(data)
    if size != len(data) - _HEAD.size:
        return []
    text = undisguised(talk, data[_HEAD.size : _HEAD.size + _MOST])
    return [("p2p", "Baichuan from the device")] if _FROM_DEVICE.search(text) else []
