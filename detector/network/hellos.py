"""Where the ClientHellos of TLS name the server that they look for, in many segments at once.

The same walk as `tls` makes for one, and nothing but that: each hello is full of random numbers, so that
only the name tells whether the whole of it can say anything new.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detector.network.columns import pieces

Places = NDArray[np.int64]

_SESSION_AT = 43  # behind the heads of record and handshake (9), the version (2) and the random (32)
_MOST_EXTENSIONS = 32  # passed over; browsers send up to 20
_HEAD = np.dtype([("record", "u1"), ("version", "u1"), ("between", "V3"), ("message", "u1")])
_CLIENT_HELLO = (0x16, 3, 1)
_LEAST = 10  # bytes
_EXTENSION = np.dtype([("kind", ">u2"), ("size", ">u2")])
_LENGTH = np.dtype(">u2")


def client_hellos(data: NDArray[np.uint8], begin: Places, end: Places) -> NDArray[np.bool_]:
    """Which segments in a (padded) buffer begin with a ClientHello."""
    head = pieces(data, begin, _HEAD)
    record, version, message = _CLIENT_HELLO
    found: NDArray[np.bool_] = (head["record"] == record) & (head["version"] == version) & (head["message"] == message)
    return found & (end - begin >= _LEAST)


def name_spans(data: NDArray[np.uint8], begin: Places, end: Places) -> tuple[Places, Places, NDArray[np.bool_]]:
    """From where to where the names of some ClientHellos stand: nowhere, as an empty stretch at `begin`,
    for one that has none or is cut before it.  Last, which of them were walked to their end.
    """
    first, stop, known = begin.copy(), begin.copy(), np.ones(begin.size, bool)
    rows, at, last = _extensions(data, begin, end)
    for _ in range(_MOST_EXTENSIONS):
        there = at + 4 <= last
        rows, at, last = rows[there], at[there], last[there]
        if not rows.size:
            return first, stop, known
        head = pieces(data, at, _EXTENSION)
        size = head["size"].astype(np.int64)
        named = (head["kind"] == 0) & (size > 5)
        those = rows[named]
        # A head of five bytes stands before the name; both may be cut.
        stop[those] = np.minimum(at[named] + 4 + size[named], end[those])
        first[those] = np.minimum(at[named] + 9, stop[those])
        rows, at, last = rows[~named], (at + 4 + size)[~named], last[~named]
    known[rows] = False
    return first, stop, known


def _extensions(data: NDArray[np.uint8], begin: Places, end: Places) -> tuple[Places, Places, Places]:
    """Those hellos, by number, that reach to their extensions; where these begin and end."""
    rows, at = np.arange(begin.size), begin + _SESSION_AT
    for size in (1, 2, 1):  # of the length of session, ciphers, compressions
        there = at + size <= end[rows]
        rows, at = rows[there], at[there]
        at = at + size + (data[at] if size == 1 else pieces(data, at, _LENGTH)).astype(np.int64)
    there = at + 2 <= end[rows]
    rows, at = rows[there], at[there]
    return rows, at + 2, np.minimum(end[rows], at + 2 + pieces(data, at, _LENGTH).astype(np.int64))
