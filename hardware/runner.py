"""Senses in, report out: the one place where what a sensor cannot do becomes a gap in coverage.

Every source is read in a thread of its own, so that a live sweep looks and listens at the same
time, while the main thread waits and can be interrupted.  Only three things are caught here:
`SensorUnavailable`, `InputUnreadable` and Ctrl-C.  Anything else is a fault of ours and ends the
program without a verdict.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from typing import Any

from detector import verdict
from detector.model import Coverage, Gap, SenseName, SenseResult
from detector.report import Report, Source
from hardware.clock import SweepClock
from hardware.feeds import Accountable, Feed, Named, Sense, Tell
from hardware.sensor import InputUnreadable, SensorUnavailable

UNREADABLE, STOPPED, NOTHING_CAME = "unreadable", "stopped", "nothing came"

STOPPING_S = 2.0
"""How long a source that was told to stop may take.  Cameras come back within a frame, but a silent
network can keep its listener waiting for as long as it was to listen."""


@dataclass(slots=True)
class _Account:
    """What came of one feed.  `lock` is that of its sense: items of one sense are taken one by one."""

    feed: Feed
    lock: threading.Lock
    source: Named | None = None
    taken: int = 0
    gaps: list[Gap] = field(default_factory=list)
    abandoned: bool = False

    def take(self, item: object) -> bool:
        """Hand one item to the search; False when nobody waits for it any more."""
        with self.lock:
            if self.abandoned:
                return False
            self.feed.take(item)
            self.taken += self.feed.count(item)
        return True

    def abandon(self) -> None:
        """Wait no longer for a source that does not come back; what it gave until now stands."""
        with self.lock:
            self.abandoned = True
            self.gaps.append(self.stopped())

    def stopped(self) -> Gap:
        """The gap that a stop leaves."""
        return Gap(STOPPED, f"The user stopped the sweep; {self.feed.name} was examined until then.")


def sweep(senses: Sequence[Sense], authority: str | None = None, tell: Tell | None = None) -> Report:
    """Run every sense to its end, or to Ctrl-C, and report what was gathered.

    Raises only what is a fault of ours, and what the signal's handler
    before raises (KeyboardInterrupt) when Ctrl-C comes a second time.
    """
    clock = SweepClock()
    started = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    stop = threading.Event()
    with _stoppable(stop):
        accounts = _gather(senses, clock, tell or _silent, stop)
        results = tuple(_result(sense, accounts[sense.name]) for sense in senses)
    sources = tuple(_source(sense, account) for sense in senses for account in accounts[sense.name])
    judged = verdict.judge(results, [sense.name for sense in senses])
    return Report(tool_version(), started, judged, results, sources, authority)


def tool_version() -> str:
    """The version of the program, as its package says."""
    try:
        return installed_version("roomsweep")
    except PackageNotFoundError:
        return "not installed"


def _silent(name: str, done: int, of: int | None) -> None:
    """Progress that nobody watches."""


def _gather(senses: Sequence[Sense], clock: SweepClock, tell: Tell, stop: threading.Event) -> dict[SenseName, list[_Account]]:
    """Read every feed of every sense, all at the same time, until all have ended or one is at fault."""
    accounts: dict[SenseName, list[_Account]] = {}
    jobs: dict[Future[None], _Account] = {}
    for sense in senses:
        lock = threading.Lock()
        accounts[sense.name] = [_Account(feed, lock) for feed in sense.feeds]
        jobs |= {_start(account, clock, stop, tell): account for account in accounts[sense.name]}
    done = _wait(jobs, stop)
    stop.set()
    for job, account in jobs.items():
        if job not in done:
            account.abandon()
    for job in done:
        job.result()
    return accounts


def _start(account: _Account, clock: SweepClock, stop: threading.Event, tell: Tell) -> Future[None]:
    """A thread that does not keep the program from ending, and what became of it."""
    job: Future[None] = Future()

    def run() -> None:
        try:
            _pump(account, clock, stop, tell)
        except BaseException as error:  # noqa: BLE001 -- carried to the main thread, which raises it
            job.set_exception(error)
        else:
            job.set_result(None)

    threading.Thread(target=run, name=account.feed.name, daemon=True).start()
    return job


def _wait(jobs: Collection[Future[None]], stop: threading.Event) -> set[Future[None]]:
    """Those that have ended, once all have, or one is at fault, or those told to stop had their time.

    In short turns: Windows, and a signal that reaches another thread, do not end a wait on a lock.
    """
    deadline_s = math.inf
    while True:
        done, running = wait(jobs, timeout=0.2, return_when=FIRST_EXCEPTION)
        if any(job.exception() for job in done):
            stop.set()
        if stop.is_set() and deadline_s == math.inf:
            deadline_s = time.monotonic() + STOPPING_S
        if not running or time.monotonic() > deadline_s:
            return done


@contextmanager
def _stoppable(stop: threading.Event) -> Iterator[None]:
    """The first Ctrl-C (or SIGTERM) only asks the sources to stop, whatever runs just then; the second
    one ends the program.  Signals belong to the main thread: from another nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def ask(_number: int, _frame: object) -> None:
        stop.set()
        restore()

    for number in before:
        signal.signal(number, ask)
    try:
        yield
    finally:
        restore()


def _pump(account: _Account, clock: SweepClock, stop: threading.Event, tell: Tell) -> None:
    """Everything from one source into its search, until it ends, fails or is told to stop."""
    try:
        account.source, items = account.feed.begin(clock)
        for item in items:
            if not account.take(item):
                return
            tell(account.feed.name, *_far(account.source, account.taken))
            if stop.is_set():
                account.gaps.append(account.stopped())
                break
        _close(items)
    except SensorUnavailable as error:
        account.gaps.append(Gap(error.reason.value, error.says))
    except InputUnreadable as error:
        account.gaps.append(Gap(UNREADABLE, str(error)))


def _close(items: Iterator[Any]) -> None:
    """Release the sensor now; an iterator that is no generator has nothing to release."""
    close = getattr(items, "close", None)
    if close is not None:
        close()


def _far(source: object, taken: int) -> tuple[int, int | None]:
    """How far a source is: in bytes where it knows its size, else in items."""
    size: int | None = getattr(source, "size_bytes", None)
    if size is not None:
        return getattr(source, "done_bytes", 0), size
    return taken, getattr(source, "expected_frames", None)


def _result(sense: Sense, accounts: Sequence[_Account]) -> SenseResult:
    """What the sense holds, its coverage completed by what its sources could not do.

    A sense to which nothing came at all has checked nothing, whatever its search would say of it.
    """
    nothing = not any(account.taken for account in accounts)
    result = SenseResult(Coverage(sense.name)) if nothing else sense.finish()
    kept = _accountable([account.source for account in accounts])
    gaps = [gap for account in accounts for gap in account.gaps]
    gaps += [gap for source in kept for gap in source.gaps]
    gaps += sense.gaps
    if nothing:
        gaps = [replace(gap, fatal=True) for gap in gaps] or [_nothing_came(sense)]
    coverage = result.coverage
    completed = replace(
        coverage,
        examined=dict(coverage.examined) | {name: value for source in kept for name, value in source.examined.items()},
        gaps=tuple(dict.fromkeys([*coverage.gaps, *gaps])),
        limits=tuple(dict.fromkeys([*coverage.limits, *sense.limits, *(t for source in kept for t in source.coverage_limits)])),
    )
    return replace(result, coverage=completed)


def _accountable(sources: Sequence[object]) -> list[Accountable]:
    return [source for source in sources if isinstance(source, Accountable)]


def _nothing_came(sense: Sense) -> Gap:
    names = " and ".join(feed.name for feed in sense.feeds) or "any sensor"
    return Gap(NOTHING_CAME, f"Nothing came from {names}: there was nothing to examine.", fatal=True)


def _source(sense: Sense, account: _Account) -> Source:
    """The source as it called itself at the end: some learn their full name only when opened."""
    name = account.feed.name if account.source is None else account.source.name
    return Source(sense.name, name, account.feed.replay)
