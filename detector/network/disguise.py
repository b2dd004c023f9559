"""PPPP under a key that nobody here knows, told by what the datagrams of one socket have in common.

CS2's cameras may lay bytes of a table over the whole datagram.  Which byte of the table is laid over a byte
depends on the byte sent before it and on one of four small numbers, chosen by the last two bits of that byte; the
key makes the four numbers.  A datagram begins F1, the kind, its length: so each one tells, of known plain bytes and
of sent ones, which numbers must have made it.  All of a socket must agree; by chance two do so once in 256 times.
The table and the law stand in public clients of such cameras (fbertone/lib32100, issue 7).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

from detector.network import p2p

Fact = tuple[str, str]

# The table as CS2's library has it: each byte once.
_TABLE = bytes.fromhex(
    "7c9ce84a13dedcb22f2123e4307b3d8cbc0b270c3cf79ae7087196009785efc11fc4dba1c2ebd901faba3b05b81587832872d18b5ad6da9358feaacc6e1bf0a3"
    "88ab43c00db545384f502266207f075b14981d9ba72ab9a8cbf1fc4947063eb10e043a945eee541134dd4df9ecc7c9e3781a6f706ba4bda95dd5f8e5bb26af42"
    "37d8e1020aae5f1cc573094e6924906d12b319ad748a2940f52dbea559e0f479d24bce8982488425c6912ba2fb8fe9a6b09e3f65f603312eac0f952c5ced39b7"
    "336c567eb4a0fd7a815351868d9f77ff6a80dfe2bf10d775645776f355cdd0c818e6364162cf99f2324c67606192cad3ea637d16b68ed46835c3529d46441e17"
)
_PLACE = bytes(_TABLE.index(byte) for byte in range(256))

_BEGINS, _HEAD, _MARK = 0xF1, 4, 16  # with its number, by which one datagram of pictures is told from the next
_KINDS = frozenset((
    *range(0x04), *range(0x10, 0x1C), *range(0x20, 0x2C), *range(0x30, 0x34), *range(0x40, 0x44), *range(0x60, 0x6C), *range(0x70, 0x7A),
    *range(0x80, 0x8C), *range(0x90, 0x96), p2p.DATA, 0xD1, 0xD8, 0xE0, 0xE1, *range(0xF0, 0xFA),
))  # fmt: skip
_LOGINS, _ANNOUNCES, _ANSWERS, _MEETS = (0x10, 0x12, 0x14, 0x16), (0x31,), (0x33,), 0x41

LEAST_AGREEING = 3  # lengths that fit beyond those that the four numbers are taken from: by chance once in 16 million
LEAST_AT_MEETINGS = 1  # on the port of its servers, which hardly anything else calls
LEAST_PICTURE, LEAST_PICTURES = 600, 30  # bytes of a datagram, and how many: sound that is talked back comes in smaller ones
MOST_SOCKETS = 4000  # remembered; a house has some hundred, a file sharer any number
MOST_SEEN = 400  # of one socket: what agreed so often need not be asked again

# Ports of protocols that everybody speaks: not worth a guess.
_OTHERS = frozenset((53, 67, 68, 69, 123, 137, 138, 161, 443, 500, 1900, 3478, 3702, 4500, 5060, 5353, 5355))


@dataclass(slots=True)
class _Socket:
    """What one socket has sent.

    first: the byte that F1 goes out as.  numbers: the four, as far as known.  agreeing: how often a length fitted.
    seen: byte before, plain and sent byte.  kinds: second bytes.  pictures: beginnings of large datagrams of data.
    """

    first: int
    numbers: list[int | None]
    agreeing: int = 0
    dead: bool = False
    seen: set[tuple[int, int, int]] = field(default_factory=set)
    kinds: set[int] = field(default_factory=set)
    pictures: set[bytes] = field(default_factory=set)


@dataclass(slots=True)
class Disguises:
    """Hears the datagrams of many sockets, and tells of each once what it is."""

    _sockets: dict[tuple[Hashable, int], _Socket] = field(default_factory=dict)

    def hear(self, sender: Hashable, sport: int, dport: int, data: bytes) -> Iterator[Fact]:
        """Facts of a datagram's sender, where it and those before it obey the law."""
        if len(data) < _HEAD or len(data) > 0xFFFF or sport in _OTHERS or dport in _OTHERS or data[0] == _BEGINS:
            return
        socket = self._socket(sender, sport, data[0])
        if socket.dead:
            return
        if not _agrees(socket, data):
            socket.dead = True
            return
        least = LEAST_AT_MEETINGS if p2p.MEETING_PORT in (sport, dport) else LEAST_AGREEING
        if socket.agreeing >= least:
            yield from _told(socket, sport, data)

    def _socket(self, sender: Hashable, sport: int, first: int) -> _Socket:
        key = (sender, sport)
        if key not in self._sockets:
            if len(self._sockets) >= MOST_SOCKETS:
                self._sockets.pop(next(iter(self._sockets)))
            number = _PLACE[first ^ _BEGINS]
            self._sockets[key] = _Socket(first, [number, -number & 0xFF, None, None])
        return self._sockets[key]


def _agrees(socket: _Socket, data: bytes) -> bool:
    """False where a datagram cannot have been made with the numbers that are known; learns those that are not."""
    if data[0] != socket.first:
        return False
    length = len(data) - _HEAD
    for triple in ((data[1], length >> 8, data[2]), (data[2], length & 0xFF, data[3])):
        if triple in socket.seen:
            continue
        before, plain, sent = triple
        number, place = (_PLACE[plain ^ sent] - before) & 0xFF, before & 3
        if socket.numbers[place] is None:
            socket.numbers[place] = number
        elif socket.numbers[place] != number:
            return False
        else:
            socket.agreeing += 1
        if len(socket.seen) < MOST_SEEN:
            socket.seen.add(triple)
    socket.kinds.add(data[1])
    return True


def _told(socket: _Socket, sport: int, data: bytes) -> Iterator[Fact]:
    """What the kinds of a socket's datagrams say, once its disguise is seen through."""
    number = socket.numbers[socket.first & 3]
    if number is None:
        return
    over = _TABLE[(socket.first + number) & 0xFF]
    kinds = {kind ^ over for kind in socket.kinds}
    if not kinds <= _KINDS:
        socket.dead = True
        return
    yield "p2p", "PPPP, hidden"
    if kinds.intersection(_LOGINS):
        yield "p2p", "PPPP logs in, hidden"
    if kinds.intersection(_ANNOUNCES):
        yield "p2p", "PPPP announces itself, hidden"
    if kinds.intersection(_ANSWERS) or (_MEETS in kinds and sport == p2p.SEARCH_PORT):
        yield "p2p", "PPPP answers a search, hidden"
    if data[1] ^ over == p2p.DATA and len(data) >= LEAST_PICTURE:
        if len(socket.pictures) < LEAST_PICTURES:
            socket.pictures.add(data[:_MARK])
        if len(socket.pictures) >= LEAST_PICTURES:
            yield "p2p", "PPPP sends video, hidden"
