"""What the kernel hands over of each frame, as a program of the classic Berkeley Packet Filter.

A frame that can hold a fact comes whole.  Of streams, which make up nearly all bytes, only the heads
come, since their rhythm needs no more: long TCP segments that begin neither with text nor with a TLS
handshake, and long UDP datagrams that begin like RTP or like QUIC after its handshake.  The program
knows no flows, so it decides by each frame alone.  Instructions: Documentation/networking/filter.rst.
"""

from __future__ import annotations

import struct

from detector.network.text import MESSAGE_HEAD

Instruction = tuple[int, int, int, int]
"""Code, how far to jump where true, where false, operand."""

Program = tuple[Instruction, ...]

HEADS = 256
"""Bytes of a stream's frame: Ethernet, the longest IP and TCP heads, and 122 of the payload, of which
RTP's own head can be 76."""

WHOLE = HEADS + MESSAGE_HEAD
"""Bytes of a frame with facts: no message is read further.  Frames are longer than the 1.5 kB of the wire
where the network card has joined several segments of a flow into one, as most do."""

LONG = 1000
"""Frames shorter than this come whole whatever they hold: streams are made of longer ones."""

# Codes of linux/bpf_common.h that are used here: load, jump, count, return.
_LOAD, _LOAD_HALF, _LOAD_BYTE, _LOAD_LENGTH = 0x20, 0x28, 0x30, 0x80
_LOAD_HALF_AT_X, _LOAD_BYTE_AT_X, _LOAD_X_HEAD, _LOAD_X = 0x48, 0x50, 0xB1, 0x01
_EQUAL, _AT_LEAST, _ANY_BIT = 0x15, 0x35, 0x45
_AND, _SHIFT_RIGHT, _ADD_X, _ADD, _TO_X, _TO_A, _RETURN = 0x54, 0x74, 0x0C, 0x04, 0x07, 0x87, 0x06

_PACKET_TYPE = 0xFFFFF004  # SKF_AD_OFF + SKF_AD_PKTTYPE: not in the frame, the kernel knows it
_OUTGOING = 4
_ETHERNET = 1

Line = tuple[int, int] | tuple[int, int, str, str] | str
"""A code and its operand, with the labels to go to where it tests; or a label.  "" is the next line."""

_NOT_OURS: tuple[Line, ...] = (
    (_LOAD, _PACKET_TYPE),
    (_EQUAL, _OUTGOING, "drop", ""),
)  # fmt: skip

_ENDS: tuple[Line, ...] = (
    "whole", (_RETURN, WHOLE),
    "heads", (_RETURN, HEADS),
    "drop", (_RETURN, 0),
)  # fmt: skip

_ETHERNET_LINES: tuple[Line, ...] = (
    *_NOT_OURS,
    (_LOAD_LENGTH, 0),
    (_AT_LEAST, LONG, "", "whole"),
    (_LOAD_HALF, 12),
    (_EQUAL, 0x86DD, "ipv6", ""),
    (_EQUAL, 0x0800, "", "whole"),
    (_LOAD_HALF, 20),
    (_ANY_BIT, 0x1FFF, "heads", ""),  # a later fragment has no ports and no beginning of a payload
    (_LOAD_X_HEAD, 14),
    (_LOAD_BYTE, 23),
    (_EQUAL, 6, "tcp", ""),
    (_EQUAL, 17, "udp", "whole"),
    "ipv6",
    (_LOAD_X, 40),
    (_LOAD_BYTE, 20),
    (_EQUAL, 6, "tcp", ""),
    (_EQUAL, 17, "udp", "whole"),
    "tcp",  # X holds the length of the IP head, from here on also that of TCP's
    (_LOAD_BYTE_AT_X, 14 + 12),
    (_AND, 0xF0),
    (_SHIFT_RIGHT, 2),
    (_ADD_X, 0),
    (_TO_X, 0),
    (_LOAD_HALF_AT_X, 14),
    (_EQUAL, 0x1603, "whole", ""),
    (_AT_LEAST, 0x7F00, "heads", ""),
    (_AT_LEAST, 0x2000, "text", "heads"),
    "udp",
    (_TO_A, 0),
    (_ADD, 8),
    (_TO_X, 0),
    (_LOAD_HALF_AT_X, 14),
    (_AT_LEAST, 0xC000, "whole", ""),  # QUIC with its handshake, PPPP
    (_AT_LEAST, 0x8000, "heads", ""),  # RTP
    (_AT_LEAST, 0x4000, "", "whole"),  # QUIC after its handshake, or text
    "text",  # the first byte may be text; the second as well?
    (_AND, 0xFF),
    (_AT_LEAST, 0x7F, "heads", ""),
    (_AT_LEAST, 0x0A, "whole", "heads"),
    *_ENDS,
)  # fmt: skip


def facts_whole(link: int) -> Program:
    """The filter for a pcap link type; other links than Ethernet are left as they are."""
    return assembled(_ETHERNET_LINES if link == _ETHERNET else (*_NOT_OURS, *_ENDS))


def assembled(lines: tuple[Line, ...]) -> Program:
    """Labels -> distances, which the kernel wants forwards and below 256."""
    places: dict[str, int] = {}
    bare: list[tuple[int, int] | tuple[int, int, str, str]] = []
    for line in lines:
        if isinstance(line, str):
            places[line] = len(bare)
        else:
            bare.append(line)
    return tuple(_instruction(at, line, places) for at, line in enumerate(bare))


def _instruction(at: int, line: tuple[int, int] | tuple[int, int, str, str], places: dict[str, int]) -> Instruction:
    if len(line) == 2:
        return line[0], 0, 0, line[1]
    code, operand, true, false = line
    return code, *(places[label] - at - 1 if label else 0 for label in (true, false)), operand  # type: ignore[return-value]


def packed(program: Program) -> bytes:
    """The program as the kernel reads it: an array of struct sock_filter."""
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
