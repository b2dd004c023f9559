"""The one connection that telephones, tablets and computers keep open day and night: to their maker's service for messages.

It is told by where it goes, without a name asked for: names are often looked up before anybody listens, or under a
cipher.  Google's service answers on three ports of its own; Apple's on one that others use too, within its own network.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from detector.network.columns import KEY_BYTES, TCP, receiver_of
from detector.network.senders import private

Fact = tuple[str, str]

GOOGLE_PORTS, APPLE_PORT = range(5228, 5231), 5223
_APPLE_NETWORK = 17  # 17.0.0.0/8


def push_of(server: bytes, port: int) -> Fact | None:
    """Whose service a connection to this address, of 4 or 16 bytes, and TCP port is."""
    if port in GOOGLE_PORTS and not private(server):
        return "push", "Google"
    return ("push", "Apple") if port == APPLE_PORT and len(server) == 4 and server[0] == _APPLE_NETWORK else None


def pushes(ends: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, Fact]]:
    """Who keeps such a connection: `ends` are owners of flows with the flows' keys, as `columns` makes them."""
    told: dict[tuple[int, Fact], None] = {}
    for owner, key in ends:
        if owner < 0 or len(key) != KEY_BYTES:
            continue
        server, port, protocol = receiver_of(key)
        if protocol == TCP and (fact := push_of(server, port)):
            told[owner, fact] = None
    yield from told
