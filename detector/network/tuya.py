"""Cameras of the many makes that build on Tuya: how they negotiate a stream on the network, and their video itself.

Plugs and lamps reach the same servers and speak the same protocol; two things are a camera's alone.  Over TCP
port 6668 it answers an offer of a stream in frames of a kind of their own (`IPC_LAN_302`), whose head is in
clear.  Its video goes by KCP over UDP: heads in clear, each piece encrypted behind its own start value, and an
HMAC-SHA1 of 20 bytes at the end of the datagram; conversation 1 is the video, which only the camera sends.
"""

from __future__ import annotations

Fact = tuple[str, str]

PORT = 6668
_NEGOTIATES = 0x20
_MOST_FRAMES = 4  # of one segment: an acknowledgement stands before the answer

_VIDEO_BEGINS = b"\x01\0\0\0\x51"  # conversation 1, a push
_HEAD, _MAC, _BLOCK = 24, 20, 16


def negotiation_facts(data: bytes, sport: int) -> list[Fact]:
    """`p2p` where the serving end takes part in the negotiation of a stream."""
    if sport != PORT:
        return []
    at = 0
    for _ in range(_MOST_FRAMES):
        begins = data[at : at + 4]
        if begins == b"\0\0\x55\xaa":  # protocols up to 3.4: number, command and length, then as many bytes
            command, size, rest = data[at + 8 : at + 12], data[at + 12 : at + 16], at + 16
        elif begins == b"\0\0\x66\x99":  # 3.5: two bytes more before them, and a mark behind
            command, size, rest = data[at + 10 : at + 14], data[at + 14 : at + 18], at + 22
        else:
            return []
        if len(size) == 4 and int.from_bytes(command, "big") == _NEGOTIATES:
            return [("p2p", "Tuya negotiates a stream")]
        at = rest + int.from_bytes(size, "big")
    return []


def video_facts(data: bytes) -> list[Fact]:
    """`p2p` for a datagram of pieces of video, whose lengths must fill it but for the HMAC."""
    at = 0
    while data[at : at + 5] == _VIDEO_BEGINS:
        size = int.from_bytes(data[at + 20 : at + 24], "little")
        if size < 2 * _BLOCK or size % _BLOCK:
            return []
        at += _HEAD + size
    return [("p2p", "Tuya video")] if at and len(data) - at == _MAC else []
