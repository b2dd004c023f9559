"""Peer-to-peer cameras call all servers of their service alike; whoever calls several on its port speaks its protocol.

That holds under any key and in any dialect: W. Palant's overview of PPPP tells of three servers that get the
same message, captures published of Ubia's and Wyze's cameras of three to eight.  The app that watches
calls them as well, so that this asks for a look and no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from detector.network import kalay, p2p
from detector.network.columns import KEY_BYTES, UDP, receiver_of
from detector.network.senders import private

Fact = tuple[str, str]

MEETS: Fact = ("p2p", "meets at several servers")

# Servers of one port that somebody must call.  Few programs but PPPP's use the first; the second lies where
# file sharers' ports may lie by chance, so three are asked for.
LEAST_SERVERS = {p2p.MEETING_PORT: 2, kalay.MEETING_PORT: 3}

_IPV4, _GROUPS = 4, 224  # bytes of an address; first byte from which addresses are groups' and everybody's


def meetings(ends: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, Fact]]:
    """Who calls how many servers: `ends` are owners of flows with the flows' keys, as `columns` makes them."""
    called: dict[tuple[int, int], set[bytes]] = {}
    for owner, key in ends:
        if owner < 0 or len(key) != KEY_BYTES:
            continue
        server, port, protocol = receiver_of(key)
        if protocol == UDP and port in LEAST_SERVERS and len(server) == _IPV4 and not private(server) and server[0] < _GROUPS:
            called.setdefault((owner, port), set()).add(server)
    for owner in dict.fromkeys(owner for (owner, port), servers in called.items() if len(servers) >= LEAST_SERVERS[port]):
        yield owner, MEETS
