"""A file's bytes as they were before it was packed: plain, gzip or zstd, told by its first bytes."""

from __future__ import annotations

import gzip
import importlib
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Any

from hardware.sensor import InputUnreadable

PIECE = 1 << 18  # bytes unpacked at a time: all that came before damage is kept, up to this much

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


class DamagedError(Exception):
    """The packed stream ends in the middle, or turns to nonsense; what came before stands.

    Its text names how the stream is packed.
    """


class Unpacked:
    """The unpacked bytes of an open file, and how far the file itself was read."""

    def __init__(self, raw: FileIO, stream: Any = None, damage: tuple[type[Exception], ...] = (), how: str = "") -> None:
        self._raw, self._stream, self._damage, self._how = raw, stream, damage, how

    def read_into(self, space: memoryview) -> int:
        """Fills some of a space and tells how much; 0 at the end.  Raises `DamagedError`, OSError."""
        if self._stream is None:
            return self._raw.readinto(space) or 0
        try:
            piece = self._stream.read1(min(len(space), PIECE))
        except self._damage as error:
            raise DamagedError(self._how) from error
        space[: len(piece)] = piece
        return len(piece)

    def tell(self) -> int:
        """Bytes of the file, as it lies on the disk, that were read."""
        return self._raw.tell()


@contextmanager
def unpacked(path: Path) -> Iterator[Unpacked]:
    """Opens a file for reading; raises OSError, and `InputUnreadable` where nothing here unpacks it."""
    with path.open("rb", buffering=0) as raw:
        start = raw.read(4)
        raw.seek(0)
        if start.startswith(_GZIP):
            with gzip.GzipFile(fileobj=raw) as stream:
                yield Unpacked(raw, stream, (EOFError, zlib.error, gzip.BadGzipFile), "gzip")
        elif start == _ZSTD:
            reader, damage = _zstd(raw, path.name)
            yield Unpacked(raw, reader, (EOFError, damage), "zstd")
        else:
            yield Unpacked(raw)


def _zstd(raw: FileIO, name: str) -> tuple[Any, type[Exception]]:
    """A reader of zstd, and what it raises on damage: Python's own from 3.14 on, else `zstandard`."""
    try:
        if sys.version_info >= (3, 14):
            own = importlib.import_module("compression.zstd")
            return own.ZstdFile(raw), own.ZstdError
        other = importlib.import_module("zstandard")
    except ImportError as error:
        says = f"{name} is packed with zstd, which needs Python 3.14 or the package zstandard: unzstd unpacks it too."
        raise InputUnreadable(says) from error
    return other.ZstdDecompressor().stream_reader(raw, read_across_frames=True), other.ZstdError
