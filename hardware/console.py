"""The terminal: the report in colour, progress of what takes longer than a second.  Knows rich."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

PATIENCE_S = 1.0
"""What is over sooner needs no bar: it would only flicker."""

STYLES = {"LIKELY CAMERA": "bold red", "LOOK HERE": "bold yellow", "NOTHING SEEN": "bold cyan", "NOT CHECKED": "bold magenta"}
HEADINGS = ("What was not covered", "If you find a camera")


def show(report: str, stream: TextIO) -> None:
    """Print a report in plain text, with its words in colour where the stream is a terminal.

    Raises OSError where the stream does not take it.
    """
    console = Console(file=stream, highlight=False)
    if console.is_terminal:
        for line in report.splitlines():
            # Escape sequences cannot come from the report: detector/report/privacy.py took them out.
            console.print(_styled(line), soft_wrap=True)
    else:
        # Not by rich, which ends the program when a reader goes away.
        stream.write(report)
    stream.flush()


def remark(line: str) -> None:
    """One line on the error stream."""
    Console(stderr=True, highlight=False).print(Text(line), soft_wrap=True)


def _styled(line: str) -> Text:
    text = Text(line)
    for word, style in STYLES.items():
        text.highlight_regex(word, style)
    if line in HEADINGS:
        text.stylize("bold")
    return text


class Bars:
    """One progress bar per source on the error stream, if that is a terminal, from the first second on.

    `tell` is called from the threads of all sources, once an item.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._console = Console(file=stream or sys.stderr)
        self._begin_s = time.monotonic()
        self._lock = threading.Lock()
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._progress is not None:
            self._progress.stop()

    def tell(self, name: str, done: int, of: int | None) -> None:
        """One source's progress."""
        if not self._console.is_terminal or time.monotonic() - self._begin_s < PATIENCE_S:
            return
        with self._lock:
            progress = self._progress = self._progress or self._started()
            if name not in self._tasks:
                self._tasks[name] = progress.add_task(name, total=of)
            progress.update(self._tasks[name], completed=done, total=of)

    def _started(self) -> Progress:
        progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.completed:,.0f}"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
        )
        progress.start()
        return progress
