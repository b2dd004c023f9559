"""IP packets whose heads say the same of who talks to whom: one of them is taken apart for all.

A house sends ten thousand packets in some hundred conversations.  What of a head stays the same within
one is compared here by columns, with its sender's MAC and its time to live; lengths, numbers and checksums
are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.network.columns import IPV4, IPV6, TCP, UDP, Links, pieces
from detector.network.groups import alike_keys

Rows = NDArray[np.int64]
Words = NDArray[np.uint64]

_GROUP = np.uint64(1 << 49)
_LEAST = {TCP: 20, UDP: 8}  # bytes of a whole transport head


@dataclass(frozen=True, slots=True)
class _Form:
    """Heads of one version as they nearly always are: without options or extensions.

    words: how many of eight bytes are looked at.  same: which bytes of each stay the same within a
    conversation, as (first word, mask).  regular: what the first bytes of the first word must be.  kind:
    where the protocol stands.  size: of the head, where the ports follow.
    """

    version: int
    same: tuple[tuple[int, int], ...]
    regular: tuple[int, int]
    kind: int
    size: int

    @property
    def layout(self) -> np.dtype[np.void]:
        """The head with its first ports."""
        words = self.same[-1][0] + 1
        names, offsets = [f"word{number}" for number in range(words)], [8 * number for number in range(words)]
        return np.dtype({"names": [*names, "total", "kind"], "formats": ["<u8"] * words + [">u2", "u1"], "offsets": [*offsets, 2, self.kind], "itemsize": 8 * words})


def _bytes(*places: int) -> int:
    """A mask of some bytes of a word."""
    return sum(0xFF << 8 * place for place in places)


_FORMS = (
    # Twenty bytes, no later fragment.  Time to live, protocol and sender; receiver and ports.
    _Form(IPV4, ((1, _bytes(0, 1, 4, 5, 6, 7)), (2, _bytes(*range(8)))), (_bytes(0, 7) | 0x1F << 48, 0x45), 9, 20),
    # Next head and hops; both addresses; ports.
    _Form(IPV6, ((0, _bytes(6, 7)), *((word, _bytes(*range(8))) for word in range(1, 5)), (5, _bytes(*range(4)))), (0xF0, 0x60), 6, 40),
)


def alike(data: NDArray[np.uint8], heads: Links) -> tuple[Rows, Rows]:
    """The rows of all IP packets, in order, and for each the place among them of one whose head says the same.

    Packets of any other form than the usual ones stand for themselves.
    """
    rows = np.flatnonzero(heads.known & ((heads.kind == IPV4) | (heads.kind == IPV6)))
    same, kind = np.arange(rows.size), heads.kind[rows]
    for form in _FORMS:
        places = np.flatnonzero(kind == form.version)
        if places.size:
            regular, keys = _keys(data, heads, rows[places], form)
            places = places[regular]
            same[places] = places[alike_keys([key[regular] for key in keys])]
    return rows, same


def _keys(data: NDArray[np.uint8], heads: Links, rows: Rows, form: _Form) -> tuple[Rows, Sequence[Words]]:
    """Which packets of a version are of its usual form, and what makes these alike, in columns."""
    at, end = heads.at[rows], heads.end[rows]
    head = pieces(data, at, form.layout)
    mask, wanted = (np.uint64(word) for word in form.regular)
    if form.version == IPV4:
        total = head["total"].astype(np.int64)
        end = np.where(total == 0, end, np.minimum(end, at + total))
    kind, room = head["kind"], end - at - form.size
    regular = (head["word0"] & mask == wanted) & (((kind == TCP) & (room >= _LEAST[TCP])) | ((kind == UDP) & (room >= _LEAST[UDP])))
    keys = [head[f"word{word}"] & np.uint64(same) for word, same in form.same]
    return np.flatnonzero(regular), [*keys, heads.mac[rows] | heads.group[rows] * _GROUP]
