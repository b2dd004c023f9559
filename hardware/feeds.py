"""The nouns of a sweep: what is read, by which search, and what a source tells of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from detector.model import Frame, Gap, SenseName, SenseResult
from hardware.clock import SweepClock

Tell = Callable[[str, int, int | None], None]
"""Progress of one source: its name, how far it is, and how far it will go where that is known."""


class Named(Protocol):
    """What every source has."""

    name: str


@runtime_checkable
class Accountable(Protocol):
    """A source that itself knows what it did not do; read after iteration, however it ended."""

    gaps: list[Gap]
    coverage_limits: list[str]
    examined: Mapping[str, float | int | str]


@dataclass(frozen=True, slots=True)
class Feed:
    """One source of a sense.

    begin: opens the source; returns it and its items.  A live source gives times by the clock that
    it is handed, a recording its own.  take: hands one item to the search.  Both run in a thread of
    the feed's own; `take` never at the same time as that of the sense's others.  count: how many an
    item stands for, where it is a batch of many.
    """

    name: str
    replay: bool
    begin: Callable[[SweepClock], tuple[Named, Iterator[Any]]]
    take: Callable[[Any], None]
    count: Callable[[Any], int] = lambda _: 1


@dataclass(frozen=True, slots=True)
class Sense:
    """One requested sense: what feeds it, and how it ends.

    gaps and limits: what is known before it begins of what it will not do.  hint: what the person
    does meanwhile.
    """

    name: SenseName
    feeds: tuple[Feed, ...]
    finish: Callable[[], SenseResult]
    gaps: tuple[Gap, ...] = ()
    limits: tuple[str, ...] = ()
    hint: str = ""
    again: Callable[[], Iterator[Frame]] | None = None
    """Reads a recording's frames once more, for the pictures of the report."""
