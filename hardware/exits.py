"""What the program's exit code says.  The README's table and the help text come from here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from detector.report import Report

DONE: Final = 0
USAGE: Final = 2
NOT_CHECKED: Final = 3
FOUND: Final = 10
FAULT: Final = 70

SAYS: Final = {
    DONE: "the sweep was completed, whatever it found (a live sensor that failed while another checked is named in the headline)",
    USAGE: "wrong usage, a recording that cannot be read (what could be read is reported), or a file that cannot be written",
    NOT_CHECKED: "nothing could be checked",
    FOUND: "LIKELY CAMERA or LOOK HERE (only with --exit-code)",
    FAULT: "a fault of the program, which says nothing about the room",
}


def exit_of(report: Report, *, unwritten: bool, exit_code: bool) -> int:
    """The exit code of a sweep that ended with a report.

    unwritten: a file that was asked for could not be written, which a script must learn before all
    else.  A live sensor that failed does not count as long as something was checked: the verdict
    names it.
    """
    # Here and not at the top, since `--help` shows the table and has no use for what these bring.
    from detector.model import VerdictWord  # noqa: PLC0415
    from hardware.runner import UNREADABLE  # noqa: PLC0415
    from hardware.sensor import Unavailable  # noqa: PLC0415

    if unwritten:
        return USAGE
    if exit_code and report.verdict.word in {VerdictWord.LIKELY_CAMERA, VerdictWord.LOOK_HERE}:
        return FOUND
    unread = {UNREADABLE, Unavailable.CUT_SHORT.value}
    if any(gap.reason in unread for result in report.results for gap in result.coverage.gaps):
        return USAGE
    return DONE if any(result.coverage.checked for result in report.results) else NOT_CHECKED


def table_in_markdown() -> str:
    """The table as the README shows it."""
    rows = [f"| {code} | {says} |" for code, says in SAYS.items()]
    return "\n".join(["| exit code | means |", "|---|---|", *rows]) + "\n"
