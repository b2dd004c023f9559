"""PPRPC, the protocol of cheap cameras under the app Linklemo (A9 and others), by UDP on any port, also those of
DNS and the web.

Such a camera asks for no name: it calls addresses that are built in.  Every datagram begins with 51 70; then come
the kind (with 8 in the lower half), how many bytes follow, and for a question its number, its command, and flags.
What is asked and sent lies under a cipher, but not these heads.
"""

from __future__ import annotations

Fact = tuple[str, str]

BEGINS = b"\x51\x70"
_COMMAND, _MEDIA = 0x48, 0x68
_SERVERS_BY_DEVICE = 601  # what a camera asks first: which servers serve it
_VIDEO = (1, 2, 3, 4)  # H.264, H.265, MPEG, MJPEG; sound has 21 and more, and who watches speaks it too
_MOST_CIPHER = 6


def pprpc_facts(data: bytes) -> list[Fact]:
    """`p2p` where only a camera's end would say this."""
    if data[:2] != BEGINS or len(data) < 8 or data[2] not in (_COMMAND, _MEDIA):
        return []
    size, at = _number(data, 3)
    if size != len(data) - at:
        return []
    return _command(data, at) if data[2] == _COMMAND else _media(data, at)


def _command(data: bytes, at: int) -> list[Fact]:
    _, at = _number(data, at)
    command, at = _number(data, at)
    flags = data[at] if at < len(data) else 0xFF
    asks = flags & 3 == 0 and flags >> 2 <= _MOST_CIPHER
    return [("p2p", "PPRPC asks for its servers")] if asks and command == _SERVERS_BY_DEVICE else []


def _media(data: bytes, at: int) -> list[Fact]:
    """The kind of picture (with a mark for a whole one), the cipher, channel, number, time, bytes under the cipher."""
    form, cipher = data[at : at + 1], data[at + 1 : at + 2]
    if not cipher or form[0] & 0x7F not in _VIDEO or cipher[0] > _MOST_CIPHER:
        return []
    at += 2
    for most in (4, 4, 9):
        _, at = _number(data, at, most)
    hidden, at = _number(data, at)
    return [("p2p", "PPRPC sends video")] if 0 <= hidden <= len(data) - at and at < len(data) else []


def _number(data: bytes, at: int, most: int = 4) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where the next field begins; -1 where it does not end."""
    value = 0
    for place, byte in enumerate(data[at : at + most]):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, at + place + 1
    return -1, len(data)
