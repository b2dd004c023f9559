"""The terminal: the report in colour, progress of what takes longer than a second.  Knows rich.

It is imported where a terminal is there to show it: loading it takes a tenth of what a short sweep costs.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID
    from rich.text import Text

PATIENCE_S = 1.0
"""What is over sooner needs no bar: it would only flicker."""

STYLES = {"LIKELY CAMERA": "bold red", "LOOK HERE": "bold yellow", "NOTHING SEEN": "bold cyan", "NOT CHECKED": "bold magenta"}
SAID_TO_BE_TERMINAL = {"FORCE_COLOR", "TTY_COMPATIBLE"}
"""The environment variables by which rich takes a pipe for a terminal."""

HEADINGS = ("What was not covered", "If you find a camera")


def show(report: str, stream: TextIO) -> None:
    """Print a report in plain text, with its words in colour where the stream is a terminal.

    Raises OSError where the stream does not take it.
    """
    console = _terminal(stream)
    if console is not None:
        for line in report.splitlines():
            # Escape sequences cannot come from the report: detector/report/privacy.py took them out.
            console.print(_styled(line), soft_wrap=True)
    else:
        # Not by rich, which ends the program when a reader goes away.
        stream.write(report)
    stream.flush()


def remark(line: str) -> None:
    """One line on the error stream."""
    from rich.console import Console  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    Console(stderr=True, highlight=False).print(Text(line), soft_wrap=True)


def _terminal(stream: TextIO) -> Console | None:
    """A console where the stream is a terminal, or where the user's environment says to take it for one."""
    if not stream.isatty() and not SAID_TO_BE_TERMINAL & os.environ.keys():
        return None
    from rich.console import Console  # noqa: PLC0415

    console = Console(file=stream, highlight=False)
    return console if console.is_terminal else None


def _styled(line: str) -> Text:
    from rich.text import Text  # noqa: PLC0415

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
        self._stream = stream or sys.stderr
        self._begin_s = time.monotonic()
        self._lock = threading.Lock()
        self._progress: Progress | None = None
        self._useless = False
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._progress is not None:
            self._progress.stop()

    def tell(self, name: str, done: int, of: int | None) -> None:
        """One source's progress."""
        if self._useless or time.monotonic() - self._begin_s < PATIENCE_S:
            return
        with self._lock:
            progress = self._progress = self._progress or self._started()
            if progress is None:
                self._useless = True
                return
            if name not in self._tasks:
                self._tasks[name] = progress.add_task(name, total=of)
            progress.update(self._tasks[name], completed=done, total=of)

    def _started(self) -> Progress | None:
        """The bars, None where nobody sees them."""
        console = _terminal(self._stream)
        if console is None:
            return None
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

        progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.completed:,.0f}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        progress.start()
        return progress
