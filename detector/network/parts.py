"""A stretch of a batch whose senders stay what they are: its flows, and where its packets come from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.network.batch import Batch
from detector.network.columns import Addressed, Links, address_bytes, mac_bytes
from detector.network.groups import Groups, grouped
from detector.network.senders import NOBODY, Origin

Rows = NDArray[np.int64]

_GROUP, _STARTING, _IS_SIX = np.uint64(1 << 49), np.uint64(1 << 50), np.uint64(1 << 51)
_ORIGIN_SIZE, _KEY_SIZE = 24, 40


@dataclass(frozen=True, slots=True)
class Whole:
    """A batch with its columns; `origins` as in `Part`."""

    batch: Batch
    heads: Links
    ip: Addressed
    origins: NDArray[np.uint64]


@dataclass(slots=True)
class Part:
    """The rows from `lo` to `hi` of a batch.

    ip: the entries of these rows.  origins: words that name where each of them comes from, (n, 3).
    groups: entries with ports, by flow.  leaders: one entry, at least, for each origin there is.
    sender: of each entry, by number, once it is told by `resolved`.
    """

    batch: Batch
    heads: Links
    ip: Addressed
    origins: NDArray[np.uint64]
    lo: int
    hi: int
    groups: Groups
    leaders: Rows
    sender: Rows

    @property
    def names(self) -> list[bytes]:
        """The name of each leader's origin."""
        return _as_bytes(self.origins[self.leaders])

    @property
    def keys(self) -> list[bytes]:
        """The key of each group's flow."""
        return _as_bytes(self.ip.key[self.groups.first])

    def at_s(self, row: int) -> float:
        """When a row was heard."""
        return float(self.batch.at_s[row])

    def origin(self, entry: int, name: bytes) -> Origin:
        """Where an entry comes from."""
        word = int.from_bytes(name[:8], "little")
        six = bool(word & int(_IS_SIX))
        high, low = int(self.ip.key[entry, 0]), int(self.ip.key[entry, 1])
        mac = mac_bytes(word & (1 << 49) - 1)
        return Origin(name, mac, address_bytes(high, low, six=six), bool(word & int(_GROUP)), bool(word & int(_STARTING)))

    def from_addresses(self, addresses: AbstractSet[bytes]) -> list[Origin]:
        """The origins that hold one of some addresses, in no order."""
        wanted = {int.from_bytes(ip[-8:], "big") for ip in addresses}
        leaders = self.leaders[np.isin(self.ip.key[self.leaders, 1], np.array(list(wanted), np.uint64))]
        found = dict(zip(_as_bytes(self.origins[leaders]), leaders.tolist(), strict=True))
        return [origin for name, entry in found.items() if (origin := self.origin(entry, name)).ip in addresses]

    def rows_of(self, origins: Iterable[Origin]) -> dict[bytes, list[int]]:
        """The rows of some origins, by their names."""
        found: dict[bytes, list[int]] = {origin.name: [] for origin in origins}
        wanted = {int.from_bytes(name[16:24], "little") for name in found}
        entries = np.flatnonzero(np.isin(self.origins[:, 2], np.array(list(wanted), np.uint64)))
        for name, row in zip(_as_bytes(self.origins[entries]), self.ip.row[entries].tolist(), strict=True):
            if name in found:
                found[name].append(row)
        return found

    def resolved(self, numbers: Sequence[int | None]) -> None:
        """Takes the sender of each leader, none of them None, and gives it to all entries that it leads."""
        told = np.array(numbers, np.int64)
        groups = len(self.groups.begins)
        self.sender[self.groups.rows] = told[:groups][self.groups.which]
        self.sender[self.leaders[groups:]] = told[groups:]


def origins(heads: Links, ip: Addressed) -> NDArray[np.uint64]:
    """Words that name where each entry comes from: MAC and what `Origin` holds, then its address."""
    found = np.empty((ip.row.size, 3), np.uint64)
    found[:, 0] = heads.mac[ip.row] | heads.group[ip.row] * _GROUP | ip.starting * _STARTING | ip.six * _IS_SIX
    found[:, 1:] = ip.key[:, :2]
    return found


def part(whole: Whole, lo: int, hi: int) -> Part:
    """The rows from `lo` to `hi` of a batch."""
    batch, ip, words = whole.batch, whole.ip, whole.origins
    if lo > 0 or hi < len(batch):
        begin, end = np.searchsorted(ip.row, [lo, hi]).tolist()
        ip, words = ip.part(slice(begin, end)), words[begin:end]
    carried = ip.carried
    with_ports = np.flatnonzero(carried)
    groups = grouped(ip.key[with_ports])
    groups = Groups(with_ports[groups.rows], groups.begins, groups.which)
    leaders = np.concatenate([groups.first, _of_mixed_flows(words, groups), np.flatnonzero(~carried)])
    return Part(batch, whole.heads, ip, words, lo, hi, groups, leaders, np.full(ip.row.size, NOBODY))


def _of_mixed_flows(words: NDArray[np.uint64], groups: Groups) -> Rows:
    """All entries of flows that came by more than one way: another MAC, another time to live."""
    ordered, which = words[groups.rows, 0], groups.which
    changes = (ordered[1:] != ordered[:-1]) & (which[1:] == which[:-1])
    if not changes.any():
        return np.zeros(0, np.int64)
    mixed = np.zeros(len(groups.begins), bool)
    mixed[which[1:][changes]] = True
    return groups.rows[mixed[which]]


def _as_bytes(words: NDArray[np.uint64]) -> list[bytes]:
    """Each row of words as bytes."""
    found: list[bytes] = np.ascontiguousarray(words).view(f"V{8 * words.shape[1]}").ravel().tolist()
    return found
