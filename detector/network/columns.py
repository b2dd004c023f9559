"""The headers of many frames at once, as columns: one array a field, one entry a frame.

Ethernet with VLAN tags, Linux cooked (both versions), raw IP and BSD loopback; frames of the air are
taken apart by `frames` and laid into the same columns.  Only header bytes are read.  A length that
reaches beyond a frame ends at the frame, so nothing that a frame says can lead outside the buffer.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from detector.network.batch import MARGIN, Batch

Whole = NDArray[np.int64]
Words = NDArray[np.uint64]
Marks = NDArray[np.bool_]

ETHERNET, COOKED, COOKED_2 = 1, 113, 276
RAW_LINKS, NULL_LINKS = (101, 12, 14, 228, 229), (0, 108)  # BSD loopback: four bytes of family in front
IPV4, IPV6, ARP = 0x0800, 0x86DD, 0x0806
TCP, UDP, ICMP6 = 6, 17, 58
NO_MAC = np.uint64(1 << 48)

_VLAN_TAGS = (0x8100, 0x88A8, 0x9100)
_MOST_TAGS = 8  # one after another; a real frame has one or two
_V6_EXTENSIONS = (0, 43, 60)
_MOST_EXTENSIONS = 6  # real chains have one or two

_ETHERNET_HEAD = np.dtype({"names": ["to", "from", "kind"], "formats": ["u1", ">u8", ">u2"], "offsets": [0, 4, 12], "itemsize": 14})
_MAC_BITS = np.uint64((1 << 48) - 1)
_COOKED_HEADS = {
    COOKED: np.dtype({"names": ["way", "size", "high", "low", "kind"], "formats": ["u1", "u1", ">u4", ">u2", ">u2"], "offsets": [1, 5, 6, 10, 14], "itemsize": 16}),
    COOKED_2: np.dtype({"names": ["way", "size", "high", "low", "kind"], "formats": ["u1", "u1", ">u4", ">u2", ">u2"], "offsets": [10, 11, 12, 16, 0], "itemsize": 20}),
}
_TAG = np.dtype({"names": ["kind"], "formats": [">u2"], "offsets": [2], "itemsize": 4})
_IP_HEAD = np.dtype({
    "names": ["first", "total", "fragment", "ttl", "kind", "from4", "to4", "next", "hops", "from6", "from6low", "to6", "to6low"],
    "formats": ["u1", ">u2", ">u2", "u1", "u1", ">u4", ">u4", "u1", "u1", ">u8", ">u8", ">u8", ">u8"],
    "offsets": [0, 2, 6, 8, 9, 12, 16, 6, 7, 8, 16, 24, 32], "itemsize": 40,
})
_TRANSPORT = np.dtype({"names": ["from", "to", "offset", "flags"], "formats": [">u2", ">u2", "u1", "u1"], "offsets": [0, 2, 12, 13], "itemsize": 14})


def pieces(data: NDArray[np.uint8], at: Whole, form: np.dtype[Any]) -> NDArray[Any]:
    """A record of the layout `form` read at each place of a buffer, however unaligned."""
    size = form.itemsize
    window = np.ndarray((data.size - size + 1,), dtype=f"V{size}", buffer=data, strides=(1,))
    return window[at].view(form)


def padded(batch: Batch) -> Batch:
    """The batch itself where `MARGIN` bytes follow its last frame, else one over a longer copy."""
    end = int((batch.starts + batch.kept).max(initial=0))
    if batch.data.size >= end + MARGIN and batch.data.flags.c_contiguous:
        return batch
    data = np.concatenate([batch.data[:end], np.zeros(MARGIN, np.uint8)])
    return Batch(data, batch.starts, batch.kept, batch.lengths, batch.at_s, batch.links)


@dataclass(slots=True)
class Links:
    """The link layer.  known: the head could be read.  mac: of the sender, 48 bits, or `NO_MAC`.
    group: sent to a group of receivers.  kind: the type of what follows, which begins at `at` in the
    buffer and ends before `end`.
    """

    known: Marks
    mac: Words
    group: Marks
    kind: NDArray[np.int32]
    at: Whole
    end: Whole

    def part(self, rows: Whole) -> Self:
        """Some of the frames."""
        return type(self)(*(getattr(self, one.name)[rows] for one in fields(self)))


def links(batch: Batch) -> Links:
    """The link heads of a (padded) batch; frames of links that are not read here stay unknown."""
    count, end = len(batch), batch.starts + batch.kept
    if count and (batch.links == ETHERNET).all():
        return _untagged(batch.data, _all_ethernet(batch, end))
    found = Links(
        np.zeros(count, bool), np.full(count, NO_MAC), np.zeros(count, bool), np.zeros(count, np.int32), batch.starts.copy(), end,
    )
    for link in np.unique(batch.links).tolist():
        rows = np.flatnonzero(batch.links == link)
        if link == ETHERNET:
            _ethernet(batch, found, rows)
        elif link in _COOKED_HEADS:
            _cooked(batch.data, found, rows, _COOKED_HEADS[link])
        elif link in RAW_LINKS or link in NULL_LINKS:
            _raw(batch.data, found, rows, 4 if link in NULL_LINKS else 0)
    return found


def _all_ethernet(batch: Batch, end: Whole) -> Links:
    """The heads of Ethernet frames, before their tags."""
    head = pieces(batch.data, batch.starts, _ETHERNET_HEAD)
    return Links(batch.kept >= 14, head["from"] & _MAC_BITS, head["to"] & 1 != 0, head["kind"].astype(np.int32), batch.starts + 14, end)


def _ethernet(batch: Batch, found: Links, rows: Whole) -> None:
    """Enters those frames of a mixed batch that are of Ethernet."""
    some = Batch(batch.data, batch.starts[rows], batch.kept[rows], batch.lengths[rows], batch.at_s[rows], batch.links[rows])
    heads = _untagged(batch.data, _all_ethernet(some, found.end[rows]))
    for one in fields(Links):
        getattr(found, one.name)[rows] = getattr(heads, one.name)


def _untagged(data: NDArray[np.uint8], heads: Links) -> Links:
    _untag(data, heads, np.arange(heads.kind.size), _MOST_TAGS)
    return heads


def _cooked(data: NDArray[np.uint8], found: Links, rows: Whole, form: np.dtype[Any]) -> None:
    """Cooked captures keep only the sender; direction 1 and 2 are broadcast and multicast."""
    at = found.at[rows]
    head = pieces(data, at, form)
    found.known[rows] = found.end[rows] - at >= form.itemsize
    mac = head["high"].astype(np.uint64) << np.uint64(16) | head["low"]
    found.mac[rows] = np.where(head["size"] == 6, mac, NO_MAC)
    found.group[rows] = (head["way"] == 1) | (head["way"] == 2)
    found.kind[rows] = head["kind"]
    found.at[rows] = at + form.itemsize
    _untag(data, found, rows, 1)


def _untag(data: NDArray[np.uint8], found: Links, every: Whole, most: int) -> None:
    """Passes over VLAN tags of some frames."""
    for _ in range(most):
        kind = found.kind[every]
        tagged = (kind == _VLAN_TAGS[0]) | (kind == _VLAN_TAGS[1]) | (kind == _VLAN_TAGS[2])
        every = every[tagged & found.known[every] & (found.at[every] + 4 <= found.end[every])]
        if not every.size:
            return
        found.kind[every] = pieces(data, found.at[every], _TAG)["kind"]
        found.at[every] += 4


def _raw(data: NDArray[np.uint8], found: Links, rows: Whole, skip: int) -> None:
    at = found.at[rows] + skip
    there = at < found.end[rows]
    version = data[np.where(there, at, 0)] >> 4
    found.known[rows] = there & ((version == 4) | (version == 6))
    found.kind[rows] = np.where(version == 4, IPV4, IPV6)
    found.at[rows] = at


@dataclass(slots=True)
class Addressed:
    """IP packets that are no later fragments, one entry each.

    row: of the batch.  key: (n, 5) words: sender's and receiver's address (two words each) and
    ports | protocol << 32 | version 6 << 40, which together name a flow; see `back_bytes`.  starting:
    the packet came without a hop to a single receiver, as its time to live tells.  six: it is of IP
    version 6.  kind: the protocol above IP.  begin, end: where the transport layer stands.  carried: a
    whole UDP or TCP header is there; else the ports are 0.  payload: where what the transport carries
    begins, at `end` where it carries nothing.  flags: of TCP.
    """

    row: Whole
    key: Words
    starting: Marks
    six: Marks
    kind: NDArray[np.uint8]
    begin: Whole
    end: Whole
    carried: Marks
    sport: NDArray[np.uint16]
    dport: NDArray[np.uint16]
    payload: Whole
    flags: NDArray[np.uint8]


SIX = np.uint64(1 << 40)


def addressed(data: NDArray[np.uint8], heads: Links) -> Addressed:
    """Network and transport headers of all frames that hold IP."""
    row = np.flatnonzero(heads.known & ((heads.kind == IPV4) | (heads.kind == IPV6)))
    at, end, six = heads.at[row], heads.end[row], heads.kind[row] == IPV6
    ip = pieces(data, np.minimum(at, end), _IP_HEAD)
    there = (at + np.where(six, 40, 20) <= end) & (ip["first"] >> 4 == np.where(six, 6, 4))
    there &= six | (ip["fragment"] & 0x1FFF == 0)
    if not there.all():
        row, at, end, six, ip = row[there], at[there], end[there], six[there], ip[there]
    total = ip["total"].astype(np.int64)
    begin = at + (ip["first"] & 0x0F).astype(np.int64) * 4
    end = np.where(six | (total == 0), end, np.minimum(end, at + total))
    key, ttl = np.zeros((row.size, 5), np.uint64), ip["ttl"]
    key[:, 1], key[:, 3], kind = ip["from4"], ip["to4"], ip["kind"].copy()
    far = ip["to4"] >> 24
    those = np.flatnonzero(six)
    if those.size:
        ip6, ttl, far = ip[those], ttl.copy(), far.copy()
        for word, name in enumerate(("from6", "from6low", "to6", "to6low")):
            key[those, word] = ip6[name]
        ttl[those], far[those] = ip6["hops"], ip6["to6"] >> 56
        kind[those], begin[those] = _extensions(data, ip6["next"], at[those] + 40, end[those])
    starting = ((ttl == 64) | (ttl == 128) | (ttl == 255)) & (far < 0xE0)
    return _transport(data, Addressed(row, key, starting, six, kind, begin, end, *_NO_PORTS))


_NO_PORTS: Any = (np.zeros(0),) * 5


def _extensions(data: NDArray[np.uint8], following: NDArray[np.uint8], body: Whole, end: Whole) -> tuple[NDArray[np.uint8], Whole]:
    """Passes over the extension headers of IPv6: what follows them, and where."""
    kind, begin = following.copy(), body.copy()
    rows = np.arange(kind.size)
    for _ in range(_MOST_EXTENSIONS):
        more = (kind[rows] == _V6_EXTENSIONS[0]) | (kind[rows] == _V6_EXTENSIONS[1]) | (kind[rows] == _V6_EXTENSIONS[2])
        rows = rows[more & (begin[rows] + 8 <= end[rows])]
        if not rows.size:
            break
        kind[rows], begin[rows] = data[begin[rows]], begin[rows] + 8 + data[begin[rows] + 1].astype(np.int64) * 8
    return kind, begin


def _transport(data: NDArray[np.uint8], found: Addressed) -> Addressed:
    """Enters ports, flags and payloads."""
    kind, size = found.kind, found.end - found.begin
    head = pieces(data, np.minimum(found.begin, found.end), _TRANSPORT)
    tcp = (kind == TCP) & (size >= 20)
    found.carried = tcp | ((kind == UDP) & (size >= 8))
    skip = np.where(tcp, (head["offset"] >> 4).astype(np.int64) * 4, 8)
    found.payload = np.where(found.carried, np.minimum(found.begin + skip, found.end), found.end)
    found.flags = head["flags"] * tcp
    found.sport, found.dport = (head[name].astype(np.uint16) * found.carried for name in ("from", "to"))
    word = found.sport.astype(np.uint64) | found.dport.astype(np.uint64) << np.uint64(16)
    found.key[:, 4] = word | kind.astype(np.uint64) << np.uint64(32) | found.six * SIX
    return found


def address_bytes(high: int, low: int, *, six: bool) -> bytes:
    """An address out of its two words, four or sixteen bytes long."""
    return high.to_bytes(8, "big") + low.to_bytes(8, "big") if six else low.to_bytes(4, "big")


def mac_bytes(mac: int) -> bytes | None:
    """Six bytes out of a column, or None for `NO_MAC`."""
    return None if mac >> 48 else mac.to_bytes(6, "big")


KEY_BYTES = 40
"""Length of a flow's key as bytes: its five words.  Flows of the air have shorter ones."""


def receiver_of(key: bytes) -> tuple[bytes, int, int]:
    """Whom a flow goes to, by its key as bytes: address (4 or 16 bytes), port, protocol above IP."""
    low = key[24:32][::-1]
    address = key[16:24][::-1] + low if key[37] else low[4:]
    return address, int.from_bytes(key[34:36], "little"), key[36]


def back_bytes(key: bytes) -> bytes:
    """The key of the flow in the other direction, of a key as bytes."""
    word = int.from_bytes(key[32:], "little")
    turned = word >> 32 << 32 | (word & 0xFFFF) << 16 | word >> 16 & 0xFFFF
    return key[16:32] + key[:16] + turned.to_bytes(8, "little")
