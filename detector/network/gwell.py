"""Gwell's cameras (Yoosee, IoTVideo, newer ones of Wyze): frames to their meeting servers, and video from the camera to who watches.

Control frames begin with 7F or 7E and state their own length; camera and app both send them.  Media go in frames
that begin with C0 and state their length and a checksum of the first 24 bytes behind; inside are pieces by KCP, and
a long piece of kind 4 in the conversation for data is video, which only the camera sends.
"""

from __future__ import annotations

Fact = tuple[str, str]

_CONTROL = (0x7E, 0x7F)
_KINDS = frozenset((0x01, 0x0C, 0x0D, 0x15, 0x17, 0xA0, 0xA2, 0xA3, 0xA4, 0xA6, 0xAA, 0xB0, 0xB1, 0xB9, 0xC3, 0xCA, 0xCB))
_CONTROL_HEAD = 24

_MEDIA, _MEDIA_HEAD, _RELAYED_HEAD = 0xC0, 6, 14
_CHECKED = 12  # words of two bytes
_COMMANDS = frozenset((0x01, 0x02, 0x04, 0x06, 0x21, 0x24, 0x25))  # may stand before the pieces
_PIECE_HEAD, _PUSH, _PICTURES, _LEAST_VIDEO = 24, 81, 4, 600


def gwell_facts(data: bytes) -> list[Fact]:
    """`p2p` for a datagram of either kind."""
    if len(data) < _CONTROL_HEAD:
        return []
    if data[0] in _CONTROL:
        fits = data[1] in _KINDS and int.from_bytes(data[2:4], "little") == len(data) and data[23] < 2 and data[22] & 3
        return [("p2p", "Gwell talks")] if fits else []
    if data[0] != _MEDIA or data[2] != len(data) & 7 or data[3] != len(data) >> 3 & 0xFF or not _checks(data):
        return []
    return [("p2p", "Gwell video" if _is_video(data) else "Gwell talks")]


def _checks(data: bytes) -> bool:
    """The checksum turns each word by its place and lays all of them and the length over each other."""
    found = int.from_bytes(data[2:4], "little")
    for place in range(min(_CHECKED, (len(data) - _MEDIA_HEAD) // 2)):
        word = int.from_bytes(data[_MEDIA_HEAD + 2 * place : _MEDIA_HEAD + 2 * place + 2], "little")
        found ^= (word << place | word >> (16 - place)) & 0xFFFF
    return found == int.from_bytes(data[4:6], "little")


def _is_video(data: bytes) -> bool:
    """Whether a piece of the conversation for data is long and of the kind for pictures and sound."""
    at = _RELAYED_HEAD if data[1] & 0x60 else _MEDIA_HEAD
    if data[at : at + 1] == b"\0" and data[at + 1 : at + 2] and data[at + 1] in _COMMANDS:
        at += int.from_bytes(data[at + 2 : at + 4], "little")
    while at + _PIECE_HEAD < len(data):
        size = int.from_bytes(data[at + 20 : at + 24], "little")
        if size >= _LEAST_VIDEO and data[at + 4] == _PUSH and data[at + 3] < 0x80 and data[at + _PIECE_HEAD] == _PICTURES:
            return at + _PIECE_HEAD + size <= len(data)
        at += _PIECE_HEAD + size
    return False
