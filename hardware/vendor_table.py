"""The user's own copy of the MAC registry: made from a file or fetched when the user asks, never else."""

from __future__ import annotations

import re
from pathlib import Path

from detector.network.vendors import VendorTableError, compact

SOURCE = "https://www.wireshark.org/download/automated/data/manuf.gz"
"""Rebuilt once a week by Wireshark, which asks not to be downloaded more often."""

MAC = re.compile(r"[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}")
"""An address as people write it."""

LONGEST = 64 << 20  # bytes unpacked; the table has 3 MB, and a hostile one must not fill the memory
PATIENCE_S = 60.0


def place() -> Path:
    """Where the refreshed table lies."""
    return Path.home() / ".local" / "share" / "roomsweep" / "vendors.tsv"


def load(at: Path | None = None) -> bytes | None:
    """The user's table, or None where there is none and the packaged one serves."""
    path = at or place()
    return path.read_bytes() if path.is_file() else None


def refresh_from_file(source: Path, to: Path | None = None) -> int:
    """Makes the table from a `manuf` file, plain or gzip; returns how many prefixes it holds."""
    return _store(source.read_bytes(), to or place())


def refresh(url: str = SOURCE, to: Path | None = None) -> int:
    """Fetches the registry and makes the table; returns how many prefixes it holds.

    Raises `OSError` where it cannot be fetched or written, `VendorTableError` where it is no registry;
    the old table then stays.
    """
    # Here, since every sweep of the network reads the table and next to none fetches it.
    import urllib.request  # noqa: PLC0415

    with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:  # noqa: S310 -- the user named it
        return _store(answer.read(LONGEST), to or place())


def _store(raw: bytes, to: Path) -> int:
    table = compact(_unpacked(raw).decode("utf-8", "replace"))
    to.parent.mkdir(parents=True, exist_ok=True)
    part = to.with_suffix(".part")
    part.write_text(table, encoding="utf-8")
    part.replace(to)
    return table.count("\n")


def _unpacked(raw: bytes) -> bytes:
    if raw[:2] != b"\x1f\x8b":
        return raw
    import gzip  # noqa: PLC0415

    try:
        return gzip.decompress(raw)[:LONGEST]
    except (EOFError, OSError) as error:
        raise VendorTableError("a damaged gzip file") from error
