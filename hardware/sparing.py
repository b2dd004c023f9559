"""Which pictures of a film need not be decoded: nobody waits for them, and no other is made from them.

In steady light a search takes every second picture.  Of those let by a film often has some that only show
(encoders call them disposable); leaving them undecoded saves a third of the time of decoding.
"""

from __future__ import annotations

from collections.abc import Callable

AtEase = Callable[[], bool]
"""Whether every second picture is enough just now."""
LOOKED_AT = 5
"""Every fifth that could go is decoded all the same: a torch that begins to switch in step with what is left out
shows within half a second."""
APART = 1.5
"""Of the time between two pictures: of two that follow each other one stays."""


class Sparing:
    """Chooses by time stamps, in units of the file's own, and keeps count of what was left out."""

    def __init__(self, at_ease: AtEase) -> None:
        self._at_ease = at_ease
        self._could = 0
        self._recent: list[int] = []
        self._waiting: list[int] = []

    def may_go(self, stamp: int, step: int) -> bool:
        """Whether the picture of this stamp is not needed, if no other is made from it; `step` is how long it is shown."""
        return self._at_ease() and step > 0 and all(abs(stamp - other) >= APART * step for other in self._recent)

    def goes(self, stamp: int) -> bool:
        """Told of each that may go and that no other is made from: whether it goes."""
        self._could += 1
        if self._could % LOOKED_AT == 0:
            return False
        # pictures are decoded in another order than they are shown in, but never far from it
        self._recent = [*self._recent[-7:], stamp]
        self._waiting.append(stamp)
        return True

    def before(self, stamp: int | None) -> int:
        """How many of those left out come before this picture and were not told of yet; None: before the end."""
        waiting = [other for other in self._waiting if stamp is not None and other >= stamp]
        passed = len(self._waiting) - len(waiting)
        self._waiting = waiting
        return passed
