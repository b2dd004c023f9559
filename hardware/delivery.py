"""The report to everywhere it was asked for.

What one place does not take is told in a line and keeps nothing from the others; the terminal comes
first.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from hardware import store
from hardware.console import Bars, remark, show

if TYPE_CHECKING:
    from detector.model import Frame
    from detector.report import Report
    from hardware.clips import Film

STANDARD_OUTPUT = "-"


@dataclass(slots=True)
class Delivery:
    """Where one report goes.

    out: a folder.  json_file: a file, or `-` for standard output, where the text then gives way to
    the error stream.  `refusals` holds a line for each place that did not take it.
    """

    out: Path | None = None
    json_file: str | None = None
    refusals: list[str] = field(default_factory=list)

    def prepare(self) -> None:
        """Before the sweep: should it fail, no verdict of an earlier one may lie where its own would."""
        if self._file is not None:
            self._try(self._file, lambda file: store.prepare_file(Path(file)))
        if self.out is not None:
            self._try(str(self.out), lambda out: store.prepare_folder(Path(out)))

    def deliver(self, report: Report, again: Callable[[], Iterator[Frame]] | None = None) -> None:
        """After the sweep: show it, then write it.

        Every form is made before the first is shown, so that a fault in any of them ends the
        program before a verdict was told.  again: reads the recording once more, for its clips.
        """
        # Here, since commands that make no report write by this file too.
        from detector.report import as_json, as_text  # noqa: PLC0415

        text, data = as_text(report), as_json(report)
        files = store.files_of(report, self._film(report, again)) if self.out is not None else {}
        self._try("The report", lambda _: show(text, text_stream(self.json_file)))
        if self.json_file == STANDARD_OUTPUT:
            self._try("The report", lambda _: write_out(data))
        if self._file is not None:
            self._try(self._file, lambda file: store.write_json(Path(file), data))
        if self.out is not None:
            self._try(str(self.out), lambda out: store.write_folder(Path(out), files))

    def _film(self, report: Report, again: Callable[[], Iterator[Frame]] | None) -> Film | None:
        """Clips of the lenses found, None where there is nothing to film or no room for it."""
        from detector.model import Track  # noqa: PLC0415

        if not any(isinstance(finding.where, Track) for finding in report.findings):
            return None
        from hardware.clips import film  # noqa: PLC0415 -- a sweep of the network needs no video library

        films: list[Film] = []
        try:
            with Bars() as bars:
                self._try("The clips of the findings", lambda _: films.append(film(report, again, bars.tell)))
        except KeyboardInterrupt:
            remark("The clips of the findings were left out, since you asked to stop.")
        return films[0] if films else None

    @property
    def _file(self) -> str | None:
        return None if self.json_file == STANDARD_OUTPUT else self.json_file

    def _try(self, where: str, act: Callable[[str], None]) -> None:
        try:
            act(where)
        except OSError as error:
            line = f"{where} cannot be written: {error.strerror or error}."
            if line not in self.refusals:
                self.refusals.append(line)


def text_stream(json_file: str | None) -> TextIO:
    """Where words for people go: not between the JSON."""
    return sys.stderr if json_file == STANDARD_OUTPUT else sys.stdout


def write_out(text: str) -> None:
    """Text to standard output, all of it or an OSError; in UTF-8, as a program that reads it expects."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8"))
    sys.stdout.buffer.flush()


def complain(refusals: Sequence[str]) -> None:
    """Tell what was not taken, and where, a line for each."""
    for line in refusals:
        remark(line)
    if refusals:
        _abandon_output()


def _abandon_output() -> None:
    """Throw away what standard output did not take: Python would try again at its end, and fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
