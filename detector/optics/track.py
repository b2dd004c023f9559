"""Glints over time -> tracks that stay put in the room.

Every live track is carried along by the motion of its surroundings, matched with the nearest spot
and, where none is there, looked at all the same: that a glint is missing while the torch is off is
evidence too.  Rows are kept as one flat table, a row a track and frame, and thinned, so that memory
does not grow with the length of the video.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.optics import glint
from detector.optics.motion import Motion, transform
from detector.optics.view import View

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.intp]

ROW = np.dtype([
    ("track", np.int32), ("frame", np.int32), ("seen", np.bool_), ("measured", np.bool_),
    *((name, np.float32) for name in (
        "x", "y", "level", "peak", "floor", "ring", "flux", "width", "long", "core", "rough", "far",
        "blue", "green", "red", "beside", "crowd", "drift", "around", "room_x", "room_y")),
])  # fmt: skip
"""One look at one track: `seen` with a spot there, `measured` with its glint measured (else those
fields are 0).  `beside` is the distance in px to the nearest other spot of at least a third of its
level, `crowd` how many such spots lie within 40 px, `drift` how far it moves per frame beyond its
surroundings, `around` the mean level of the picture about it (some 50 px wide), `room_x, room_y` the place in pixels of the first frame."""

Rows = np.ndarray

ALONE = 999.0
"""Distance in px that stands for "nothing near"."""
MOST_COMPARED = 150
"""Strongest spots of a frame that others are compared with: bounds the work on terrazzo."""


@dataclass(frozen=True, slots=True)
class TrackLimits:
    """Distances in px, ages in frames."""

    gate_px: float = 2.5
    young_gate_px: float = 4.0
    """Prediction errors on hand-held clips: 95 % below 2.5 px once the drift of a spot is known."""
    gate_speed: float = 0.06
    """More for every pixel that the picture moved: the flow errs in proportion."""
    gate_growth_px: float = 0.4
    gate_most_px: float = 9.0
    level_cost_px: float = 0.7
    """How far, per factor e of brightness, another spot must be nearer to be preferred to one alike:
    a display segment beside a lens must not take over its track when the torch goes off."""
    measured_per_frame: int = 90
    """The strongest spots of each frame are measured; in the shared clips every lens was among them."""
    birth_level: float = 15.0
    """A fainter spot goes on with a track but begins none: most are noise and texture."""
    patience: int = 12
    """A spot of no promise is dropped after this long unseen."""
    long_patience: int = 150
    """A promising one is waited for: five seconds, as long as a person leaves a torch off."""
    missed_level: float = 24.0
    """Of tracks that were this bright it is told where they are missing."""
    promise_level: float = 40.0
    promise_seen: int = 4
    fewest_seen: int = 1
    """Tracks that end with fewer sightings are only counted, as `flickers`."""
    most_live: int = 2500
    thin_above: int = 240
    """Rows kept of one track before half of them are let go."""
    sweep_every: int = 60


@dataclass(slots=True)
class _Live:
    """The live tracks as parallel arrays."""

    number: IntArray
    at: FloatArray
    drift: FloatArray
    unseen: IntArray
    seen: IntArray
    best: FloatArray
    last: FloatArray

    @classmethod
    def none(cls) -> _Live:
        whole, pair = np.zeros(0, np.intp), np.zeros((0, 2), np.float32)
        return cls(whole, pair, pair.copy(), whole.copy(), whole.copy(), pair[:, 0], pair[:, 0])

    def select(self, kept: NDArray[np.bool_] | IntArray) -> _Live:
        return _Live(*(getattr(self, name)[kept] for name in self.__slots__))

    def join(self, other: _Live) -> _Live:
        return _Live(*(np.concatenate([getattr(self, name), getattr(other, name)]) for name in self.__slots__))


class Tracker:
    """Links the spots of frame after frame; `retired()` hands out tracks that have ended."""

    def __init__(self, limits: TrackLimits | None = None) -> None:
        self._limits = limits or TrackLimits()
        self._live = _Live.none()
        self.flickers = 0
        self._count = 0
        self._frames = 0
        self._table: list[Rows] = []
        self._retired: list[Rows] = []

    def add(self, index: int, view: View, spots: glint.Spots, motion: Motion) -> None:
        """Takes the spots of frame `index` in."""
        live = self._live
        expected = motion.carry(live.at) + live.drift
        of_track, of_spot = self._match(expected, spots, motion.speed_px)
        unseen = np.setdiff1d(np.arange(len(live.number)), of_track)
        self._log_missing(index, expected, unseen, spots)
        self._update(expected, of_track, of_spot, unseen, spots)
        born = np.setdiff1d(np.flatnonzero(spots.level >= self._limits.birth_level), of_spot)
        number = np.full(len(spots), -1, np.intp)
        number[of_spot] = live.number[of_track]
        number[born] = self._count + np.arange(len(born))
        followed = np.flatnonzero(number >= 0)
        self._bear(born, spots)
        self._log_seen(index, number[followed], spots.pick(followed), view)
        self._place(motion, view)
        self._retire(view.luma.shape)
        self._frames += 1
        if self._frames % self._limits.sweep_every == 0:
            self._sweep()

    def retired(self) -> Iterator[Rows]:
        """Rows of each track that ended since the last call, in frame order."""
        done, self._retired = self._retired, []
        yield from done

    def finish(self) -> Iterator[Rows]:
        """Rows of every track not handed out before; the tracker is then empty."""
        self._live = self._live.select(np.zeros(len(self._live.number), np.bool_))
        self._sweep()
        yield from self.retired()

    def _match(self, expected: FloatArray, spots: glint.Spots, speed_px: float) -> tuple[IntArray, IntArray]:
        """Mutually nearest pairs (track rows, spot rows) inside the gate."""
        nothing = np.zeros(0, np.intp)
        if not len(expected) or not len(spots):
            return nothing, nothing
        live, limits = self._live, self._limits
        gate = np.where(live.seen >= 3, limits.gate_px, limits.young_gate_px) + limits.gate_growth_px * live.unseen
        gate = np.minimum(gate + limits.gate_speed * speed_px, limits.gate_most_px)
        track, spot, far = _pairs_within(expected, spots, gate.astype(np.float32))
        # an old track keeps its spot against one that was born on noise beside it
        unlike = limits.level_cost_px * np.abs(np.log(spots.level[spot] / live.last[track]))
        order = np.argsort(far + unlike - 0.05 * np.minimum(live.seen[track], 20), kind="stable")
        track, spot = track[order], spot[order]
        _, first_of_track = np.unique(track, return_index=True)
        track, spot = track[np.sort(first_of_track)], spot[np.sort(first_of_track)]
        _, first_of_spot = np.unique(spot, return_index=True)
        return track[first_of_spot], spot[first_of_spot]

    def _update(self, expected: FloatArray, of_track: IntArray, of_spot: IntArray, unseen: IntArray, spots: glint.Spots) -> None:
        live = self._live
        at = np.stack([spots.x[of_spot], spots.y[of_spot]], axis=1)
        error = at - expected[of_track]
        live.drift[of_track] += 0.4 * error / (1.0 + live.unseen[of_track])[:, None]
        live.drift[unseen] *= 0.9
        live.at = expected
        live.at[of_track] = at
        live.unseen[of_track] = 0
        live.unseen[unseen] += 1
        live.seen[of_track] += 1
        live.last[of_track] = spots.level[of_spot]
        live.best[of_track] = np.maximum(live.best[of_track], spots.level[of_spot])

    def _bear(self, born: IntArray, spots: glint.Spots) -> None:
        n = len(born)
        young = _Live(
            number=self._count + np.arange(n), at=np.stack([spots.x[born], spots.y[born]], axis=1),
            drift=np.zeros((n, 2), np.float32), unseen=np.zeros(n, np.intp), seen=np.ones(n, np.intp),
            best=spots.level[born], last=spots.level[born],
        )  # fmt: skip
        self._count += n
        self._live = self._live.join(young)

    def _retire(self, shape: tuple[int, ...]) -> None:
        live, limits = self._live, self._limits
        promising = (live.best >= limits.promise_level) & (live.seen >= limits.promise_seen)
        patience = np.where(promising, limits.long_patience, np.minimum(limits.patience, 2 + live.seen))
        margin = 0.25 * shape[1]
        low, high = -margin, np.array([shape[1], shape[0]]) + margin
        near = np.all((live.at > low) & (live.at < high), axis=1)
        kept = (live.unseen <= patience) & near
        if kept.sum() > limits.most_live:
            worth = np.where(kept, live.best + 5.0 * promising - live.unseen, -np.inf)
            kept &= worth >= np.partition(worth, -limits.most_live)[-limits.most_live]
        self._live = live.select(kept)

    def _log_missing(self, index: int, expected: FloatArray, unseen: IntArray, spots: glint.Spots) -> None:
        """Looks where a spot should be and is not; left out where a like spot stands so near that
        the track may only have been confused with it.
        """
        at = np.rint(expected[unseen]).astype(np.intp)
        h, w = spots.picture.shape
        inside = np.all((at >= glint.RADIUS) & (at < np.array([w, h]) - glint.RADIUS), axis=1)
        inside &= self._live.best[unseen] >= self._limits.missed_level
        unseen, at = unseen[inside], at[inside]
        rows = np.zeros(len(unseen), ROW)
        rows["track"], rows["frame"] = self._live.number[unseen], index
        rows["x"], rows["y"] = expected[unseen].T
        around = [(dx, dy) for dx in (-2, 0, 2) for dy in (-2, 0, 2)]
        rows["level"] = np.max([spots.picture[at[:, 1] + dy, at[:, 0] + dx] for dx, dy in around], axis=0, initial=0)
        rows["beside"] = _nearest_like(expected[unseen], self._live.last[unseen], spots)
        self._table.append(rows)

    def _log_seen(self, index: int, number: IntArray, spots: glint.Spots, view: View) -> None:
        rows = np.zeros(len(spots), ROW)
        rows["track"], rows["frame"], rows["seen"] = number, index, True
        rows["x"], rows["y"], rows["level"] = spots.x, spots.y, spots.level
        best = np.argsort(-spots.level, kind="stable")[: self._limits.measured_per_frame]
        glints = glint.measure(view, spots.peaks[best])
        for name in ("peak", "floor", "ring", "flux", "width", "long", "core", "rough", "far"):
            rows[name][best] = getattr(glints, name)
        rows["blue"][best], rows["green"][best], rows["red"][best] = glints.tint.T
        rows["beside"][best], rows["crowd"][best] = _company(spots, best)
        rows["measured"][best] = True
        self._table.append(rows)

    def _place(self, motion: Motion, view: View) -> None:
        """Room coordinates, drift and surroundings for the rows of the newest frame."""
        coarse = np.asarray(cv2.blur(view.tiny, (3, 3)), np.uint8)
        drift = np.hypot(*self._live.drift.T)
        for rows in self._table[-2:]:
            rows["room_x"], rows["room_y"] = transform(motion.to_room, np.stack([rows["x"], rows["y"]], axis=1)).T
            row, column = (np.clip(rows[c] * view.tiny_scale, 0, n - 1) for c, n in zip("yx", coarse.shape, strict=True))
            rows["around"] = coarse[row.astype(np.intp), column.astype(np.intp)]
            rows["drift"] = drift[np.searchsorted(self._live.number, rows["track"])]  # numbers only grow

    def _sweep(self) -> None:
        """Hands ended tracks over and thins the table of the live ones."""
        if not self._table:
            return
        table = np.concatenate(self._table)
        alive = self._is_live(table["track"])
        ended = self._without_flickers(table[~alive])
        ended = ended[np.argsort(ended["track"], kind="stable")]
        cuts = np.flatnonzero(np.diff(ended["track"])) + 1
        # copies: a view would keep the whole table in memory for as long as one track is of interest
        self._retired += [rows.copy() for rows in np.split(ended, cuts) if len(rows)]
        self._table = [self._thinned(table[alive])]

    def _without_flickers(self, ended: Rows) -> Rows:
        if not len(ended):
            return ended
        number = ended["track"] - ended["track"].min()
        seen = np.bincount(number[ended["seen"]], minlength=int(number.max()) + 1)
        self.flickers += int(((seen > 0) & (seen < self._limits.fewest_seen)).sum())
        return np.asarray(ended[seen[number] >= self._limits.fewest_seen])

    def _is_live(self, number: NDArray[np.int32]) -> NDArray[np.bool_]:
        live = self._live.number  # in rising order: numbers are given once and never again
        if not len(live):
            return np.zeros(len(number), np.bool_)
        return np.asarray(live[np.clip(np.searchsorted(live, number), 0, len(live) - 1)] == number)

    def _thinned(self, table: Rows) -> Rows:
        if not len(table):
            return table
        number = table["track"] - table["track"].min()
        long = np.bincount(number)[number] > self._limits.thin_above
        # by lot and not by parity, which may be the rhythm of the torch; by whole frames, so that
        # what was seen together stays together; another lot each time
        lots = np.random.default_rng(self._frames).random(int(table["frame"].max()) + 1) < 0.5
        return table[~long | lots[table["frame"]]] if long.any() else table


def _pairs_within(expected: FloatArray, spots: glint.Spots, gate: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """All (track, spot, distance) closer than the track's gate, found through a map of 4 px cells."""
    cell, reach = 4, int(np.ceil(float(gate.max()) / 4))
    h, w = spots.picture.shape
    grid = np.full((h // cell + 2 * reach + 3, w // cell + 2 * reach + 3), -1, np.intp)
    order = np.argsort(spots.level, kind="stable")
    grid[(spots.y[order] // cell).astype(np.intp) + reach + 1, (spots.x[order] // cell).astype(np.intp) + reach + 1] = order
    inside = np.flatnonzero(np.all((expected > -cell) & (expected < np.array([w, h]) + cell), axis=1))
    column = np.clip(expected[inside, 0] // cell, -1, w // cell + 1).astype(np.intp) + reach + 1
    row = np.clip(expected[inside, 1] // cell, -1, h // cell + 1).astype(np.intp) + reach + 1
    steps = np.arange(-reach, reach + 1)
    found = grid[(row[:, None, None] + steps[None, :, None]), (column[:, None, None] + steps[None, None, :])].reshape(len(inside), -1)
    which, place = np.nonzero(found >= 0)
    track, spot = inside[which], found[which, place]
    far = np.hypot(spots.x[spot] - expected[track, 0], spots.y[spot] - expected[track, 1]).astype(np.float32)
    near = far <= gate[track]
    return track[near], spot[near], far[near]


def _company(spots: glint.Spots, which: IntArray) -> tuple[FloatArray, FloatArray]:
    """For each of `which`: distance of the nearest comparable spot, and how many within 40 px."""
    bright = np.argsort(-spots.level, kind="stable")[:MOST_COMPARED]
    far = np.hypot(spots.x[which, None] - spots.x[None, bright], spots.y[which, None] - spots.y[None, bright])
    far[(spots.level[None, bright] < spots.level[which, None] / 3) | (which[:, None] == bright[None])] = ALONE
    return far.min(axis=1, initial=ALONE).astype(np.float32), (far <= 40.0).sum(axis=1).astype(np.float32)


def _nearest_like(at: FloatArray, level: FloatArray, spots: glint.Spots) -> FloatArray:
    """Distance from each place to the nearest spot of at least half the level that was last seen there."""
    bright = np.argsort(-spots.level, kind="stable")[:MOST_COMPARED]
    far = np.hypot(at[:, :1] - spots.x[None, bright], at[:, 1:] - spots.y[None, bright])
    far[spots.level[None, bright] < 0.5 * level[:, None]] = ALONE
    return np.asarray(far.min(axis=1, initial=ALONE), np.float32)
