"""The standard streams as every command needs them, whatever the program was started with."""

from __future__ import annotations

import io
import os
import sys


def make_ready() -> None:
    """Open what the caller closed, and let no character end the program.

    A closed stream's number would otherwise go to the next file that is opened, and whatever a library
    prints would go into that.  A name in Chinese on a terminal or in a pipe that knows only Latin
    letters (Windows pipes do) shows as question marks.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdin = sys.stdin or _opened(0, "r")
    sys.stdout, sys.stderr = sys.stdout or _opened(1, "w"), sys.stderr or _opened(2, "w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _opened(number: int, mode: str) -> io.TextIOWrapper:
    stream = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115 -- a number, for as long as the program runs
    assert isinstance(stream, io.TextIOWrapper)  # noqa: S101
    return stream
