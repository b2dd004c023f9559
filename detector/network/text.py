"""Text out of hostile bytes: short, printable, bounded."""

from __future__ import annotations

import re

LONGEST_VALUE = 200  # characters: a model name or a banner fits, a page does not
MESSAGE_HEAD = 8192  # bytes of one message that are looked at: headers, title and a device description

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def tidy(raw: bytes | str, longest: int = LONGEST_VALUE) -> str:
    """Printable text of at most `longest` characters; control characters become one space."""
    text = raw if isinstance(raw, str) else raw[: 4 * longest].decode("utf-8", "replace")
    return _UNPRINTABLE.sub(" ", text[: 2 * longest]).strip()[:longest]


def until_nul(raw: bytes) -> str:
    """The text of a NUL-padded field."""
    return tidy(raw.split(b"\0", 1)[0])


def mac_text(raw: bytes) -> str | None:
    """`aa:bb:cc:dd:ee:ff` of six bytes, or None where they are no device's address."""
    if len(raw) != 6 or raw[0] & 1 or not any(raw):
        return None
    return raw.hex(":")


def mac_of_text(text: str) -> str | None:
    """A MAC written with colons, dashes or nothing between, in our form; None for anything else."""
    digits = re.sub(r"[-:.\s]", "", text)
    return mac_text(bytes.fromhex(digits)) if re.fullmatch(r"[0-9a-fA-F]{12}", digits) else None
