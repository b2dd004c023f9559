"""A steady pace for everything that is sent: no bursts into somebody's network."""

from __future__ import annotations

import asyncio


class Pace:
    """At most so many turns a second, evenly spaced, whoever takes them."""

    def __init__(self, per_s: float) -> None:
        self._gap_s = 1.0 / per_s
        self._next_s = 0.0

    async def turn(self) -> None:
        """Waits for the next turn."""
        now_s = asyncio.get_running_loop().time()
        at_s = max(now_s, self._next_s)
        self._next_s = at_s + self._gap_s
        await asyncio.sleep(at_s - now_s)
