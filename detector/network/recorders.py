"""Protocols by which recorders and some cameras serve their makers' own programs, over TCP: what the serving end says.

Each has a head of its own with a length or a size that must fit; ports tell the serving end where both say the same.
"""

from __future__ import annotations

Fact = tuple[str, str]

# HiEasy (N_Eye): commands and video, each behind 36 bytes with a number of the protocol and of its version.
_HIEASY, _HIEASY_PORTS = (b"\x05\x01\x11\x54\0\0\x10\x01", b"\x05\x01\x11\x50\0\0\x10\x01"), (5050, 6050)
_HIEASY_HEAD = 36

# TVT, Zosi, Uniden: whoever calls is greeted with 64 bytes, before a word is said.
_TVT_GREETING, _TVT_SIZE, _TVT_ZEROS = b"head", 64, 8

# NetViewer and OWSP (Xinshijia and others): Tq, a command, a size.
_NETVIEWER, _NETVIEWER_PORT = b"Tq", 9000
_NETVIEWER_SAYS = frozenset((0x0201, 0x0901, 0xCC03, 0xEE01, *range(0x6200, 0x6210)))  # answers, and video by channel

# Topsee (Seetong): a mark, a size, then XML.
_TOPSEE, _TOPSEE_PORT = b"\x58\x91\x58\x51", 8091

# Zmodo: a camera repeats the head of a command before its answer; who asks for the key to its video, or for how its
# sound is made, sends the head alone.
_ZMODO, _ZMODO_HEAD, _ZMODO_SAYS = b"\x55\x55\xaa\xaa", 12, (b"\x36\x96", b"\x60\x90")

# Tapo and VIGI: each part of a stream begins so on the camera's side; the app's side says `client`.
_TAPO = b"----device-stream-boundary--"


def recorder_facts(data: bytes, sport: int) -> list[Fact]:
    """`p2p` with the protocol that a recorder or camera serves."""
    if data[:8] in _HIEASY:
        return [("p2p", "HiEasy serves")] if sport in _HIEASY_PORTS and len(data) >= _HIEASY_HEAD else []
    if data[:4] == _TVT_GREETING and len(data) == _TVT_SIZE:
        return [("p2p", "TVT greets")] if data.count(0) >= _TVT_ZEROS else []
    if data[:2] == _NETVIEWER and sport == _NETVIEWER_PORT and len(data) >= 8:
        return [("p2p", "NetViewer serves")] if int.from_bytes(data[2:4], "big") in _NETVIEWER_SAYS else []
    if data[:4] == _ZMODO and data[10:12] in _ZMODO_SAYS:
        return [("p2p", "Zmodo answers")] if 0 < int.from_bytes(data[4:6], "little") == len(data) - _ZMODO_HEAD else []
    if data.startswith(_TAPO):
        return [("p2p", "Tapo streams")]
    if data[:4] == _TOPSEE and sport == _TOPSEE_PORT:
        return [("p2p", "Topsee serves")] if data[8:13] == b"<?xml" else []
    return []
