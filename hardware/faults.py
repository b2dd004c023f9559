"""What ends a command without a result: words that mean nothing, and what nobody foresaw."""

from __future__ import annotations

import errno
import os
import sys
import traceback

from hardware import exits

_FULL = {errno.ENOSPC, errno.EDQUOT}
"""A disk that is full is nobody's fault, wherever it shows."""


class Misuse(Exception):
    """Words that mean nothing, alone or together; the message is one line."""


def told(error: Exception) -> int:
    """Say in plain words, and without a verdict, what nobody foresaw; gives the exit code."""
    if isinstance(error, OSError) and error.errno in _FULL:
        from hardware.delivery import complain  # noqa: PLC0415 -- `--help` has no use for it

        complain([f"{error.filename or 'The answer'} cannot be written: {error.strerror}."])
        return exits.USAGE
    if os.environ.get("ROOMSWEEP_DEBUG") == "1":
        traceback.print_exception(error)
    sys.stderr.write(
        f"This is a fault of ours ({type(error).__name__}: {str(error)[:200]!r}), not a result: nothing is said about the room.\n"
        "Please report it where you got roomsweep from, with what it prints when ROOMSWEEP_DEBUG=1 is set.\n"
    )
    return exits.FAULT
