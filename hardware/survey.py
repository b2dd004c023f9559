"""What one look at the air gives, whichever way it was taken."""

from __future__ import annotations

from dataclasses import dataclass

from detector.network.earshot import AccessPoint

FRESH_S = 120.0
"""Heard longer ago than this, an access point may be gone; systems forget them after two or three minutes."""

STALE_S = 60.0
"""A receiver that last looked longer ago than this misses a camera that was brought or switched on since."""


@dataclass(frozen=True, slots=True)
class Survey:
    """The access points that were heard, and how many seconds ago the receiver last looked for them
    (None where nobody knows).
    """

    points: tuple[AccessPoint, ...]
    age_s: float | None
