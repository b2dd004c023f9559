"""A host of the network that gives facts away, and what the search makes of it."""

from __future__ import annotations

from detector.model import Sighting
from detector.network.search import NetworkSearch

NOBODY = "22:00:00:00:00:01"
"""A MAC that a device chose itself: it tells of no maker."""


def searched(*facts, mac=NOBODY, ip="10.0.0.9"):
    """The result of a search that met one host, and then these facts (field, value) of it."""
    search = NetworkSearch()
    search.note(Sighting("address", "arp", 0.0, mac, ip))
    for field, value in facts:
        search.note(Sighting(field, value, 1.0, mac, ip))
    return search.finish()


def judged(*facts, mac=NOBODY):
    """The word for that host, and what it is called."""
    findings = searched(*facts, mac=mac).findings
    if not findings:
        return "nothing", ""
    return "alarm" if findings[0].alarm else "look", findings[0].camera or ""
