"""What a report may say of others, and how the words of strangers are made harmless.

MAC addresses are personal data.  A finding keeps its own, since whoever follows it up needs it; of
every other device only the vendor's half is told, and the same for whatever else repeats the MAC:
IPv6 addresses made from it and names that end on its digits.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata

HIDDEN = "xx"
LONGEST = 240  # characters of one name or banner that anyone reads


def plain(text: str) -> str:
    """Text from outside, fit to be shown: no control, direction or half characters, not too long.

    Printed raw, a device's name could move the cursor, recolour the verdict or turn the line round.
    """
    kept = "".join(c if c.isprintable() else (" " if c in "\t\r\n" else "\N{REPLACEMENT CHARACTER}") for c in text)
    kept = unicodedata.normalize("NFC", kept)
    return kept if len(kept) <= LONGEST else f"{kept[: LONGEST - 1]}…"


def redact_mac(mac: str | None) -> str | None:
    """The vendor's half of a MAC: `aa:bb:cc:xx:xx:xx`."""
    return None if mac is None else ":".join([*mac.split(":")[:3], HIDDEN, HIDDEN, HIDDEN])


def redact_address(address: str) -> str:
    """An IP address without the part that says which device; the network part stays."""
    parsed = _parsed(address)
    if parsed is None:
        return HIDDEN
    if parsed.version == 4:
        return ".".join([*str(parsed).split(".")[:3], HIDDEN])
    return ":".join([*parsed.exploded.split(":")[:4], HIDDEN])


def without_mac(text: str, mac: str | None) -> str:
    """Text in which every spelling of a MAC's last three bytes is hidden."""
    if mac is None:
        return text
    tail = mac.split(":")[3:]
    return re.sub("[-:._ ]?".join(map(re.escape, tail)), HIDDEN * 3, text, flags=re.IGNORECASE)


def address_for_report(address: str) -> str:
    """An address of another device in the full report: kept, unless it spells the device's MAC."""
    parsed = _parsed(address)
    if parsed is None:
        return plain(address)
    # Modified EUI-64 (RFC 4291, appendix A) puts ff:fe between the two halves of the MAC.
    from_mac = parsed.version == 6 and parsed.packed[11:13] == b"\xff\xfe"
    return redact_address(address) if from_mac else plain(address)


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
