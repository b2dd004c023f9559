"""A chain of lengths walked in many lanes at once.

Where a record begins only the record before it tells, so that a file is a chain to be walked link by
link.  Here a stretch is cut into lanes: in each a place is guessed at which a record may begin, and all
lanes are walked together, a step of every lane in one turn of numpy.  A guess is never trusted: what a
lane found counts only if the lane before it, itself counted, came to lie exactly where it began.  From
the first lane where that fails the chain is walked link by link, so the result is always that of the
plain walk.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

LANE = 1 << 15  # bytes: a window has some hundred lanes, and a lane some tens of records
REACH = 1 << 12  # bytes at the head of a lane in which a record is looked for: two full Ethernet frames
LEAST_LANES = 8  # fewer are walked link by link in the same time
TURNS = 8  # between two looks at how many lanes are under way

Places = NDArray[np.int64]
Plain = Callable[[int, int], tuple[list[int], int]]
"""The walk link by link: from a place, to records that begin before another; where they begin, and where
the first stands that was not looked at."""


class Form(Protocol):
    """What records look like in one stretch of bytes."""

    def sizes(self, at: Places) -> Places:
        """Bytes from the beginning of each record to the next one's; 0 where the plain walk has to look."""

    def guesses(self, begins: range) -> list[int]:
        """Where a record may begin, at most `REACH` behind each of some places; -1 for none."""


@dataclass(frozen=True, slots=True)
class _Lanes:
    """Lanes that begin at `starts` and are over at `stops`, each the start of the next."""

    starts: Places
    stops: Places


@dataclass(frozen=True, slots=True)
class _Walked:
    """What was found in lanes.  found: where records begin, lane after lane.  number: how many in each
    lane.  ends: where each lane came to lie.
    """

    lanes: _Lanes
    found: Places
    number: Places
    ends: Places


def walk(at: int, stop: int, form: Form, plain: Plain) -> tuple[Places, int]:
    """Where the records begin that begin from `at` on, before `stop`; and the place that follows them.

    The bytes up to `stop` must be there, and behind it as many as a record's head has.
    """
    known = form.sizes(np.array([at]))[0] > 0
    guesses = [one for one in form.guesses(range(at + LANE, stop - REACH, LANE)) if one >= 0] if known else []
    if len(guesses) < LEAST_LANES:
        found, at = plain(at, stop)
        return np.array(found, np.int64), at
    lanes = _Lanes(np.array([at, *guesses]), np.array([*guesses, stop]))
    return _joined(_stepped(lanes, form, plain), form, plain)


def first_match(pattern: re.Pattern[bytes], data: memoryview, begins: range, offset: int) -> list[int]:
    """Where a pattern first matches behind each of some places, or -1; it tells what stands `offset` bytes on."""
    search = pattern.search
    shifted = range(begins.start + offset, begins.stop + offset, begins.step)
    return [-1 if (found := search(data, begin, begin + REACH)) is None else found.start() - offset for begin in shifted]


def numbers(data: NDArray[np.uint8], order: str, offset: int) -> NDArray[np.uint32]:
    """The number of four bytes that stands `offset` behind each place of a buffer, however unaligned."""
    return np.ndarray((data.size - offset - 3,), order + "u4", data, offset, (1,))


def _stepped(lanes: _Lanes, form: Form, plain: Plain) -> _Walked:
    """All lanes walked to their ends."""
    stop, rows = lanes.stops[-1], [lanes.starts]
    under_way = True
    while under_way:
        for _ in range(TURNS):
            rows.append(np.minimum(rows[-1] + form.sizes(rows[-1]), stop))
        under_way = int(np.count_nonzero((rows[-1] < lanes.stops) & (rows[-1] > rows[-2]))) >= LEAST_LANES
    places = np.array(rows).T
    counts = (places[:, :-1] < lanes.stops[:, None]) & (places[:, 1:] > places[:, :-1])
    number = np.count_nonzero(counts, axis=1)
    return _ended(_Walked(lanes, places[:, :-1][counts], number, places[np.arange(number.size), number]), plain)


def _ended(walked: _Walked, plain: Plain) -> _Walked:
    """The few lanes that are still under way, for their records are short, walked link by link to their ends."""
    at, stops = walked.ends, walked.lanes.stops
    late = np.flatnonzero(at < stops)
    rest = [plain(*ends) for ends in zip(at[late].tolist(), stops[late].tolist(), strict=True)]
    more = np.zeros(at.size, np.int64)
    more[late] = [len(places) for places, _ in rest]
    at[late] = [place for _, place in rest]
    behind = np.repeat(np.cumsum(walked.number), more)
    found = np.insert(walked.found, behind, [place for places, _ in rest for place in places])
    return _Walked(walked.lanes, found, walked.number + more, at)


def _joined(walked: _Walked, form: Form, plain: Plain) -> tuple[Places, int]:
    """What counts of the records found: those of the lanes up to the first that does not end where the
    next begins.
    """
    found, stops = walked.found, walked.lanes.stops
    apart, at = np.flatnonzero(walked.ends[:-1] != stops[:-1]), int(walked.ends[-1])
    if apart.size:
        first = int(apart[0])
        rest, at = plain(int(walked.ends[first]), int(stops[-1]))
        found = np.concatenate([found[: int(walked.number[: first + 1].sum())], np.array(rest, np.int64)])
    # Turns end at the last stop, also where a record reaches beyond it.
    return found, max(at, int(found[-1] + form.sizes(found[-1:])[0]))
