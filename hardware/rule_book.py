"""`roomsweep signatures`: the rules and the registry of makers, both searched by words or by MAC."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from detector.network import catalogue
from detector.network.signatures import packaged
from detector.network.vendors import Vendors
from hardware import vendor_table


def renewed(*, refresh: bool, from_file: Path | None) -> str:
    """Renews the registry where the user asked for it and says so; empty where nobody asked.

    Raises what `vendor_table.refresh` raises.
    """
    if not refresh and from_file is None:
        return ""
    count = vendor_table.refresh() if from_file is None else vendor_table.refresh_from_file(from_file)
    return f"{count} prefixes in {vendor_table.place()}\n"


def answer(words: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """What is known of MAC addresses, or of rules that hold the words: for people and for programs."""
    macs = [word for word in words if vendor_table.MAC.fullmatch(word)]
    rest = [word for word in words if word not in macs]
    owners = _owners(macs)
    rules = catalogue.found(packaged(), rest) if rest or not macs else []
    text = "".join(f"{one['mac']}  {_said(one)}\n" for one in owners)
    if rest or not macs:
        text += catalogue.as_text(rules)
    return text, {"makers": owners, "signatures": catalogue.as_dict(rules)}


def _owners(macs: Sequence[str]) -> list[dict[str, Any]]:
    table = Vendors(vendor_table.load())
    found = ((mac, table.owner(mac.lower().replace("-", ":"))) for mac in macs)
    return [{"mac": mac, "maker": owner.name, "chosen_by_device": owner.local} for mac, owner in found]


def _said(one: dict[str, Any]) -> str:
    chosen = "; chosen by the device itself, looked up with the local bit cleared" if one["chosen_by_device"] else ""
    return f"{one['maker'] or 'unknown vendor'}{chosen}"
