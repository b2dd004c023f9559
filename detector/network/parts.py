"""A stretch of a batch whose senders stay what they are: its flows, and where its packets come from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.network.alike import alike
from detector.network.batch import Batch
from detector.network.columns import TCP, Addressed, Links, address_bytes, addressed, mac_bytes, pieces
from detector.network.groups import Groups, by_number, grouped
from detector.network.senders import NOBODY, Origin

Rows = NDArray[np.int64]

_GROUP, _STARTING, _IS_SIX = np.uint64(1 << 49), np.uint64(1 << 50), np.uint64(1 << 51)
_TOTAL = np.dtype({"names": ["total"], "formats": [">u2"], "offsets": [2], "itemsize": 4})
_TCP_REST = np.dtype([("offset", "u1"), ("flags", "u1")])
_REST_AT = 12  # where these stand in a TCP head


@dataclass(frozen=True, slots=True)
class Whole:
    """A batch with its columns.

    row: of each packet that is IP and no later fragment.  entry: which of `ip` holds what its head says;
    packets of one conversation share one.  skip: bytes of each entry's network head.  flow: by number,
    which flow each entry is of.  flows: how many there are; entries without ports have that number.
    origins: words that name where each entry comes from, (n, 3).
    """

    batch: Batch
    heads: Links
    row: Rows
    entry: Rows
    ip: Addressed
    skip: Rows
    flow: Rows
    flows: int
    origins: NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Spans:
    """Where the transport heads of some packets begin, where what they carry begins, and where both end."""

    begin: Rows
    payload: Rows
    end: Rows

    def part(self, some: Rows) -> Spans:
        """Some of them."""
        return Spans(self.begin[some], self.payload[some], self.end[some])


@dataclass(slots=True)
class Part:
    """The rows from `lo` to `hi` of a batch.

    row, entry: those of `Whole` in this part.  groups: places in these, of packets with ports, by flow.
    leaders: the entries that occur.  sender: of each entry, by number, once it is told by `resolved`.
    """

    whole: Whole
    lo: int
    hi: int
    row: Rows
    entry: Rows
    groups: Groups
    leaders: Rows
    sender: Rows

    @property
    def names(self) -> list[bytes]:
        """The name of each leader's origin."""
        return _as_bytes(self.whole.origins[self.leaders])

    @property
    def keys(self) -> list[bytes]:
        """The key of each group's flow."""
        return _as_bytes(self.whole.ip.key[self.entry[self.groups.first]])

    def at_s(self, row: int) -> float:
        """When a row was heard."""
        return float(self.whole.batch.at_s[row])

    def of_entries(self, marked: NDArray[np.bool_]) -> Rows:
        """The places of all packets of the marked entries."""
        return np.flatnonzero(marked[self.entry]) if marked.any() else np.zeros(0, np.int64)

    def spans(self, places: Rows) -> Spans:
        """Where packets at some places, whose entries have ports, carry what."""
        data, ip, heads = self.whole.batch.data, self.whole.ip, self.whole.heads
        row, entry = self.row[places], self.entry[places]
        at, end = heads.at[row], heads.end[row]
        total = pieces(data, at, _TOTAL)["total"].astype(np.int64)
        end = np.where(ip.six[entry] | (total == 0), end, np.minimum(end, at + total))
        begin = at + self.whole.skip[entry]
        offset = pieces(data, begin + _REST_AT, _TCP_REST)["offset"] >> 4
        head = np.where(ip.kind[entry] == TCP, offset.astype(np.int64) * 4, 8)
        return Spans(begin, np.minimum(begin + head, end), end)

    def flags(self, places: Rows) -> NDArray[np.uint8]:
        """The flags of TCP packets."""
        begin = self.whole.heads.at[self.row[places]] + self.whole.skip[self.entry[places]]
        found: NDArray[np.uint8] = pieces(self.whole.batch.data, begin + _REST_AT, _TCP_REST)["flags"]
        return found

    def origin(self, entry: int, name: bytes) -> Origin:
        """Where an entry comes from."""
        word = int.from_bytes(name[:8], "little")
        six = bool(word & int(_IS_SIX))
        high, low = int(self.whole.ip.key[entry, 0]), int(self.whole.ip.key[entry, 1])
        mac = mac_bytes(word & (1 << 49) - 1)
        return Origin(name, mac, address_bytes(high, low, six=six), bool(word & int(_GROUP)), bool(word & int(_STARTING)))

    def from_addresses(self, addresses: AbstractSet[bytes]) -> list[Origin]:
        """The origins that hold one of some addresses, in no order."""
        wanted = {int.from_bytes(ip[-8:], "big") for ip in addresses}
        leaders = self.leaders[np.isin(self.whole.ip.key[self.leaders, 1], np.array(list(wanted), np.uint64))]
        found = dict(zip(_as_bytes(self.whole.origins[leaders]), leaders.tolist(), strict=True))
        return [origin for name, entry in found.items() if (origin := self.origin(entry, name)).ip in addresses]

    def rows_of(self, origins: Iterable[Origin]) -> dict[bytes, list[int]]:
        """The rows of some origins, by their names."""
        found: dict[bytes, list[int]] = {origin.name: [] for origin in origins}
        wanted = {int.from_bytes(name[16:24], "little") for name in found}
        places = self.of_entries(np.isin(self.whole.origins[:, 2], np.array(list(wanted), np.uint64)))
        names = _as_bytes(self.whole.origins[self.entry[places]])
        for name, row in zip(names, self.row[places].tolist(), strict=True):
            if name in found:
                found[name].append(row)
        return found

    def resolved(self, numbers: Sequence[int | None]) -> None:
        """Takes the sender of each leader, none of them None."""
        self.sender[self.leaders] = np.array(numbers, np.int64)


def whole(batch: Batch, heads: Links) -> Whole:
    """A batch with its columns; packets whose heads are alike are taken apart once."""
    row, same = alike(batch.data, heads)
    first = np.flatnonzero(same == np.arange(row.size))
    ip = addressed(batch.data, heads.part(row[first]))
    number = np.full(row.size, -1)
    number[first[ip.row]] = np.arange(ip.row.size)
    ip.row, entry = row[first[ip.row]], number[same]
    if ip.row.size < first.size:
        row, entry = row[entry >= 0], entry[entry >= 0]
    with_ports = np.flatnonzero(ip.carried)
    flows = grouped(ip.key[with_ports])
    flow = np.full(ip.row.size, flows.begins.size)
    flow[with_ports[flows.rows]] = flows.which
    return Whole(batch, heads, row, entry, ip, ip.begin - heads.at[ip.row], flow, flows.begins.size, _origins(heads, ip))


def _origins(heads: Links, ip: Addressed) -> NDArray[np.uint64]:
    """Words that name where each entry comes from: MAC and what `Origin` holds, then its address."""
    found = np.empty((ip.row.size, 3), np.uint64)
    found[:, 0] = heads.mac[ip.row] | heads.group[ip.row] * _GROUP | ip.starting * _STARTING | ip.six * _IS_SIX
    found[:, 1:] = ip.key[:, :2]
    return found


def part(some: Whole, lo: int, hi: int) -> Part:
    """The rows from `lo` to `hi` of a batch."""
    row, entry, leaders = some.row, some.entry, np.arange(some.ip.row.size)
    if lo > 0 or hi < len(some.batch):
        begin, end = np.searchsorted(row, [lo, hi]).tolist()
        row, entry = row[begin:end], entry[begin:end]
        leaders = np.unique(entry)
    groups = by_number(some.flow[entry], some.flows)
    return Part(some, lo, hi, row, entry, groups, leaders, np.full(some.ip.row.size, NOBODY))


def _as_bytes(words: NDArray[np.uint64]) -> list[bytes]:
    """Each row of words as bytes."""
    found: list[bytes] = np.ascontiguousarray(words).view(f"V{8 * words.shape[1]}").ravel().tolist()
    return found
