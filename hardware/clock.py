"""The one clock of a sweep, so that what both senses notice can be joined in time."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SweepClock:
    """Seconds since the sweep began, as recordings count them; never goes back.

    began_s: the monotonic clock at that moment, for what comes with stamps of that clock.
    """

    began_s: float = field(default_factory=time.monotonic)

    def __call__(self) -> float:
        """The time now."""
        return time.monotonic() - self.began_s
