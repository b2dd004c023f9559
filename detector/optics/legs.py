"""Stretches of a film through which the motion could be followed, and which of them show the same place.

Where the motion is lost, by a cut or by a pan too fast to be followed, the film may go on in another room or come
back to where it was.  Pictures from before and after tell which (see `recognition`); nothing seen in one place is
taken for anything seen in another.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from detector.optics.flow import Matrix, transform
from detector.optics.recognition import Sight, recognised
from detector.optics.rows import Rows

APART_PX = 50_000.0
"""Between places in the room picture: a full turn of a phone covers some seven thousand."""


@dataclass(frozen=True, slots=True)
class LegLimits:
    """When a stretch counts, and what is kept to return to."""

    known_frames: int = 10
    """Fewer frames of known motion between two losses are a torch that goes on and off in the dark, or a glance on the way:
    they go on with the stretch before, as the last speed has it."""
    view_every: int = 30
    most_views: int = 8
    """Of 750 kB each: what was seen more than five seconds ago is joined with nothing (`JoinLimits.longest_gap`)."""
    just_left: int = 3
    """With so many of them the first picture after the loss is compared too: it may show more of what was left."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A stretch from frame `first` on, in the order of the search: the `place` that it shows, and what takes pixels of its
    room picture to those of the first stretch there.
    """

    first: int
    place: int
    to_place: Matrix


class Wayfinder:
    """Told of every frame that was searched; `legs` are the stretches so far, in order."""

    def __init__(self, limits: LegLimits | None = None) -> None:
        self._limits = limits or LegLimits()
        self._views: deque[tuple[int, Sight]] = deque(maxlen=self._limits.most_views)
        self._first = self._known = 0
        self._start: Sight | None = None
        self._newest: Sight | None = None
        self.legs: list[Leg] = []

    def add(self, index: int, sight: Sight, *, measured: bool) -> None:
        """Takes in frame `index`, and whether its motion was measured against the frame before."""
        if self._start is None or not measured:
            self._lose(index, sight)
        self._known += 1
        self._newest = sight
        if self._known == self._limits.known_frames:
            self.legs.append(self._placed(sight))
        elif self._known > self._limits.known_frames and self._known % self._limits.view_every == 0:
            self._keep(sight)

    def _lose(self, index: int, sight: Sight) -> None:
        if self._newest is not None and self._known >= self._limits.known_frames:
            self._keep(self._newest)
        self._first, self._known, self._start = index, 0, sight

    def _keep(self, sight: Sight) -> None:
        leg = self.legs[-1]
        self._views.append((leg.place, Sight(sight.picture, leg.to_place @ sight.to_room)))

    def _placed(self, newest: Sight) -> Leg:
        """The stretch that has just become long enough: a place seen before, or a new one."""
        start = self._start or newest
        for age, (place, before) in enumerate(reversed(self._views)):
            for now in (newest, start) if age < self._limits.just_left else (newest,):
                back = recognised(before, now)
                if back is not None:
                    return Leg(self._first, place, before.to_room @ back @ np.linalg.inv(now.to_room))
        return Leg(self._first, 1 + max((leg.place for leg in self.legs), default=-1), np.eye(3))


def elsewhere(legs: Sequence[Leg]) -> list[int]:
    """The frames at which another place comes into the picture."""
    return [after.first for before, after in pairwise(legs) if after.place != before.place]


def set_apart(pieces: Sequence[Rows], legs: Sequence[Leg]) -> list[Rows]:
    """Pieces of track, cut where the film goes on in another place, in one room picture in which the places lie far apart.
    The rows given are not changed.
    """
    if len(legs) <= 1:
        return list(pieces)
    firsts = np.array([leg.first for leg in legs[1:]])
    return [part for rows in pieces for part in _parts(rows, np.searchsorted(firsts, rows["frame"], side="right"), legs)]


def _parts(rows: Rows, leg: NDArray[np.intp], legs: Sequence[Leg]) -> list[Rows]:
    """A piece, of which each row was seen in that `leg`, place by place."""
    parts: dict[int, list[Rows]] = {}
    for number in np.unique(leg).tolist():
        parts.setdefault(legs[number].place, []).append(_put(rows[leg == number], legs[number]))
    wholes = (some[0] if len(some) == 1 else np.concatenate(some) for _, some in sorted(parts.items()))
    return [whole for whole in wholes if whole["seen"].any()]


def _put(rows: Rows, leg: Leg) -> Rows:
    """Rows of one stretch, changed so that they lie where its place does."""
    at = transform(leg.to_place, np.stack([rows["room_x"], rows["room_y"]], axis=1))
    rows["room_x"], rows["room_y"] = at[:, 0] + np.float32(APART_PX * leg.place), at[:, 1]
    return rows
