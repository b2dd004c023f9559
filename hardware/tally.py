"""Whether a recording came whole: what came of it against what its container promised."""

from __future__ import annotations

from dataclasses import dataclass

_SLACK_S = 0.2
"""A container's duration may exceed the end of its last packet by this much and be whole: some
writers give the last picture of a slow video no duration."""


@dataclass(frozen=True, slots=True)
class Promise:
    """Number of pictures (0: untold) and seconds that the container's own tables promise."""

    pictures: int
    duration_s: float


@dataclass(slots=True)
class Tally:
    """What came out of a file so far."""

    decoded: int = 0
    left_out: int = 0
    spared: int = 0
    """Left undecoded, since nobody needed them."""
    discarded: int = 0
    """Cut away by an edit, though the tables count them."""
    torn: bool = False
    until_s: float = 0.0

    def keeps(self, promise: Promise) -> bool:
        """Whether all that was promised came, undamaged."""
        return (
            not (self.left_out or self.torn)
            and self.decoded + self.spared >= promise.pictures - self.discarded
            and self.until_s >= promise.duration_s - _SLACK_S
        )

    def says(self, name: str, promise: Promise) -> str:
        """How much of a damaged file could be read, in one line."""
        came = self.decoded + self.spared - self.left_out
        of = max(promise.pictures - self.discarded, self.decoded + self.spared)
        many = f"{came} of {of} frames" if of > came else f"{came} frames"
        reach = f", {self.until_s:.1f} of {promise.duration_s:.1f} s" if promise.duration_s else ""
        return f"{name} is damaged or cut short: {many} could be read{reach}."
