"""The frames of a capture, whichever its form, in batches."""

from __future__ import annotations

from collections.abc import Iterator

from detector.network.batch import Batch
from hardware import pcap, pcapng
from hardware.window import NoRecordError, Window

FILE_HEAD = pcap.FILE_HEAD  # bytes; no pcapng file is shorter
MAGICS = pcap.MAGICS | {pcapng.MAGIC}


def batches(window: Window) -> Iterator[Batch]:
    """All frames in the order of the file.

    Raises `NoRecordError` after the last whole one of a file that ends, or turns to nonsense, in the
    middle; `DamagedError` and OSError where reading on does.
    """
    if not window.advance(0):
        raise NoRecordError
    magic = window.data[:4].tobytes()
    yield from pcapng.batches(window) if magic == pcapng.MAGIC else pcap.batches(window, magic)
