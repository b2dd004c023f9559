"""Who made a network interface, by the registry of MAC prefixes (24, 28 and 36 bits).

The table is one sorted text, a line a prefix: `prefix<TAB>owner`, prefixes in hex.  It is searched by
halves as it stands, never parsed, so that loading costs one read even on a small computer.
`compact` makes it from Wireshark's `manuf` text, which is how the packaged snapshot was made and
how a user's refresh is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

LEAST_ROWS = 20_000  # prefixes; the registry holds 58,000: a shorter table is a broken download

_LINE = re.compile(r"^([0-9A-Fa-f:]{8,17})(?:/(\d+))?\s*\t+\s*([^\t#]+)(?:\t+([^\t#]+))?")
_DIGITS = (6, 7, 9)  # hex digits of a prefix: blocks that are cut into smaller ones have no row of their own


class VendorTableError(ValueError):
    """A text is no table of MAC prefixes, or too short to be a whole one."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who owns a MAC's prefix.  `local` is true where the MAC is one that its device chose itself:
    then `name` is the owner of the prefix with the local bit cleared, or None.
    """

    name: str | None
    local: bool


class Vendors:
    """The table, ready for lookups."""

    def __init__(self, table: bytes | None = None) -> None:
        self._table = packaged() if table is None else table
        self._known: dict[str, str | None] = {}

    def owner(self, mac: str) -> Owner:
        """Owner of a MAC in our form.  A locally administered one is looked up again with the local
        bit cleared: many cameras with two interfaces derive the second address that way.
        """
        digits = mac.replace(":", "").lower()
        local = bool(int(digits[:2], 16) & 2)
        if local:
            digits = f"{int(digits[:2], 16) & 0xFD:02x}{digits[2:]}"
        return Owner(self._name(digits), local)

    def _name(self, digits: str) -> str | None:
        found = (self._remembered(digits[:count]) for count in _DIGITS)
        return next((name for name in found if name is not None), None)

    def _remembered(self, prefix: str) -> str | None:
        if prefix not in self._known:
            self._known[prefix] = self._line(prefix)
        return self._known[prefix]

    def _line(self, prefix: str) -> str | None:
        table, key = self._table, prefix.encode() + b"\t"
        low, high = 0, len(table)
        while low < high:
            middle = (low + high) // 2
            start = table.rfind(b"\n", low, middle) + 1 or low
            end = table.find(b"\n", middle)
            if table.startswith(key, start):
                return table[start + len(key) : end].decode("utf-8", "replace")
            if table[start : start + len(key)] < key:
                low = end + 1
            else:
                high = start
        return None


@cache
def packaged() -> bytes:
    """The snapshot that ships."""
    return (resources.files("detector.network") / "data" / "vendors.tsv").read_bytes()


def compact(manuf: str) -> str:
    """Our table from the text of Wireshark's `manuf` file.

    Raises `VendorTableError` where the text is something else or holds too few prefixes.
    """
    owners: dict[str, str] = {}
    for line in manuf.splitlines():
        if found := _LINE.match(line):
            prefix = _prefix(found[1], found[2])
            name = " ".join((found[4] or found[3]).split())
            if prefix and name:
                owners[prefix] = name
    if len(owners) < LEAST_ROWS:
        raise VendorTableError(f"only {len(owners)} MAC prefixes found, a whole table has more than {LEAST_ROWS}")
    return "".join(sorted(f"{prefix}\t{name}\n" for prefix, name in owners.items()))


def _prefix(text: str, bits: str | None) -> str | None:
    digits = text.replace(":", "").lower()
    length = int(bits) if bits else len(digits) * 4
    return digits[: length // 4] if length in (24, 28, 36) else None
