"""What a maker's discovery reply says of its device, as facts in the order in which they speak."""

from __future__ import annotations

import struct

Fact = tuple[str, str]

_SHOWN = 3  # last characters of a serial number: enough to know one's own label again
_WORTH_MASKING = 6  # shorter ones are counters, not handles


def said(
    protocol: str,
    *,
    make: str = "",
    model: str = "",
    name: str = "",
    mac: str | None = None,
    firmware: str = "",
    serial: str = "",
    only_cameras: bool = True,
) -> list[Fact]:
    """Facts of one reply.  `only_cameras` tells that nothing but cameras and their recorders speaks the
    protocol, so that its model is a camera's.  A serial number opens remote access to some makers'
    devices, so only its end is kept.
    """
    facts = [
        ("said_make", make),
        ("discovery", protocol),
        ("camera_model", model if only_cameras else ""),
        ("said_model", model),
        ("said_name", name),
        ("said_mac", mac or ""),
        ("said_firmware", firmware),
        ("said_serial", f"\N{HORIZONTAL ELLIPSIS}{serial[-_SHOWN:]}" if len(serial) >= _WORTH_MASKING else ""),
    ]
    return [fact for fact in facts if fact[1]]


def type_length_values(data: bytes, at: int, form: str) -> dict[int, bytes]:
    """Fields of a reply by their type, the first of each; `form` is the struct of type and length."""
    head = struct.calcsize(form)
    found: dict[int, bytes] = {}
    while at + head <= len(data):
        kind, size = struct.unpack_from(form, data, at)
        found.setdefault(kind, data[at + head : at + head + size])
        at += head + size
    return found
