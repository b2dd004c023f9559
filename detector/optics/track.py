"""Glints over time -> tracks that stay put in the room.

Every live track is carried along by the motion of its surroundings, matched with the nearest spot
and, where none is there, looked at all the same: that a glint is missing while the torch is off is
evidence too.  Spots that never were bright are followed, since they may brighten yet, but leave no
rows: on wallpaper they are hundreds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.optics import glint
from detector.optics.motion import Motion, transform
from detector.optics.rows import LEVELS, MEASURES, Looks, RowLog, Rows
from detector.optics.view import View

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

ALONE = 999.0
"""Distance in px that stands for "nothing near"."""
CROWD_PX = 40.0
MOST_COMPARED = 100
"""Strongest spots of a frame that others are compared with: bounds the work on terrazzo."""


@dataclass(frozen=True, slots=True)
class TrackLimits:
    """Distances in px, ages in frames, levels in grey steps."""

    gate_px: float = 2.5
    young_gate_px: float = 4.0
    """Prediction errors on hand-held clips: 95 % below 2.5 px once the drift of a spot is known."""
    gate_spread: float = 0.5
    """More where the surroundings do not move as one: at the edge of a near thing."""
    gate_speed: float = 0.06
    """More for every pixel that the picture moved: the flow errs in proportion."""
    gate_growth_px: float = 0.4
    gate_most_px: float = 9.0
    level_cost_px: float = 0.7
    """How far, per factor e of brightness, another spot must be nearer to be preferred to one alike:
    a display segment beside a lens must not take over its track when the torch goes off."""
    bright_peak: float = 130.0
    """A spot whose brightest pixel never came to that of a glint is a mark: this is `lens.DULLEST`."""
    measured_per_frame: int = 60
    """The brightest and strongest spots of each frame are measured."""
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
    sweep_every: int = 60


@dataclass(slots=True)
class _Live:
    """The live tracks as parallel arrays, in the order in which they were born."""

    number: IntArray
    at: FloatArray
    drift: FloatArray
    """Its motion beyond that of its surroundings, px a frame."""
    slide: FloatArray
    """Its motion beyond the step of the whole picture, px a frame: steady for near things."""
    errors: FloatArray
    """How far the two ways of foretelling its place were off of late, (n, 2) px."""
    unseen: IntArray
    seen: IntArray
    best: FloatArray
    last: FloatArray
    peak: FloatArray

    @classmethod
    def none(cls) -> _Live:
        whole, pair = np.zeros(0, np.intp), np.zeros((0, 2), np.float32)
        return cls(whole, pair, pair, pair, pair, whole, whole, pair[:, 0], pair[:, 0], pair[:, 0])

    def select(self, kept: BoolArray) -> _Live:
        return _Live(*(getattr(self, name)[kept] for name in self.__slots__))

    def join(self, other: _Live) -> _Live:
        return _Live(*(np.concatenate([getattr(self, name), getattr(other, name)]) for name in self.__slots__))


class Tracker:
    """Links the spots of frame after frame; `retired()` hands out tracks that have ended.

    `flickers` counts those seen too seldom, `marks` those never bright enough for a glint.
    """

    def __init__(self, limits: TrackLimits | None = None) -> None:
        self._limits = limits or TrackLimits()
        self._live = _Live.none()
        self._log = RowLog()
        self._count = 0
        self._frames = 0
        self._retired: list[Rows] = []
        self._flickers: set[int] = set()
        self.flickers = 0
        self.marks = 0

    def add(self, index: int, view: View, spots: glint.Spots, motion: Motion) -> None:
        """Takes the spots of frame `index` in."""
        foretold = self._foretold(motion)
        expected = np.where((self._live.errors[:, 0] <= self._live.errors[:, 1])[:, None], *foretold)
        track, spot = self._match(expected, spots, motion)
        missed = self._missed(expected, track, spots.shape)
        gaps = self._gaps(missed, expected, spots)
        followed, spots = self._update(expected, foretold, (track, spot), spots, view)
        told = self._live.peak[followed] >= self._limits.bright_peak
        followed, spots = followed[told], spots.pick(np.flatnonzero(told))
        measured, seen = self._seen(spots, view)
        rows = np.concatenate([followed, missed])
        levels = {name: np.concatenate([seen[name], gaps[name]]) for name in LEVELS}
        self._place(levels, rows, motion, view)
        is_seen = np.arange(len(rows)) < len(followed)
        self._log.add(Looks(index, self._live.number[rows], is_seen, np.r_[measured, np.zeros(len(missed), np.bool_)], levels))
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
        self._drop(np.zeros(len(self._live.number), np.bool_))
        self._sweep()
        yield from self.retired()

    def _foretold(self, motion: Motion) -> tuple[FloatArray, FloatArray]:
        """Where the live tracks should be now: moved as their surroundings are, or as they themselves
        went on beyond the whole picture.  The corners about a lens may belong to the wall behind it.
        """
        live = self._live
        return motion.carry(live.at) + live.drift, transform(motion.step, live.at) + live.slide

    def _match(self, expected: FloatArray, spots: glint.Spots, motion: Motion) -> tuple[IntArray, IntArray]:
        """Mutually nearest pairs (track rows, spot rows) inside the gate."""
        nothing = np.zeros(0, np.intp)
        if not len(expected) or not len(spots):
            return nothing, nothing
        live, limits = self._live, self._limits
        gate = np.where(live.seen >= 3, limits.gate_px, limits.young_gate_px) + limits.gate_growth_px * live.unseen
        gate = gate + limits.gate_speed * motion.speed_px + limits.gate_spread * motion.spread(expected)
        gate = np.minimum(gate, limits.gate_most_px).astype(np.float32)
        track, spot, far = _pairs_within(expected, spots, gate)
        # an old track keeps its spot against one that was born on noise beside it
        unlike = limits.level_cost_px * np.abs(np.log(spots.level[spot] / live.last[track]))
        alike = far + unlike <= gate[track] + limits.level_cost_px
        track, spot, far, unlike = track[alike], spot[alike], far[alike], unlike[alike]
        order = np.argsort(far + unlike - 0.05 * np.minimum(live.seen[track], 20), kind="stable")
        track, spot = track[order], spot[order]
        first = _first_of(track, len(expected))
        track, spot = track[first], spot[first]
        first = _first_of(spot, len(spots))
        return track[first], spot[first]

    def _missed(self, expected: FloatArray, track: IntArray, shape: tuple[int, int]) -> IntArray:
        """Rows of tracks without a spot of which that is worth telling."""
        absent = (self._live.best >= self._limits.missed_level) & (self._live.peak >= self._limits.bright_peak)
        absent[track] = False
        low, high = glint.RADIUS + 0.5, np.array(shape[::-1]) - glint.RADIUS - 1.5
        return np.flatnonzero(absent & np.all((expected >= low) & (expected <= high), axis=1))

    def _gaps(self, missed: IntArray, expected: FloatArray, spots: glint.Spots) -> dict[str, FloatArray]:
        """Looks where a spot should be and is not."""
        there = expected[missed]
        levels = dict.fromkeys(LEVELS, np.zeros(len(missed), np.float32))
        levels["x"], levels["y"] = there.T
        levels["level"] = spots.standout.levels(np.rint(there).astype(np.intp), _AROUND).max(axis=1, initial=0.0)
        levels["beside"] = _nearest_like(there, self._live.last[missed], spots)
        return levels

    def _update(
        self, expected: FloatArray, foretold: tuple[FloatArray, FloatArray], pairs: tuple[IntArray, IntArray], spots: glint.Spots, view: View
    ) -> tuple[IntArray, glint.Spots]:
        """Moves the live tracks on and bears new ones; returns the rows of the live tracks that have a
        spot in this frame, and those spots.
        """
        live, (track, spot) = self._live, pairs
        peak = glint.brightest(view.luma, spots.peaks)
        at = np.stack([spots.x[spot], spots.y[spot]], axis=1)
        # what is left of a spot in the dark may be noise beside it
        trust = np.minimum(1.0, 2.0 * spots.level[spot] / live.last[track])
        share = (0.4 * trust / (1.0 + live.unseen[track])).astype(np.float32)[:, None]
        for i, (own, place) in enumerate(zip((live.drift, live.slide), foretold, strict=True)):
            error = at - place[track]
            live.errors[track, i] += 0.3 * trust * (np.hypot(*error.T) - live.errors[track, i])
            moved = own[track] + share * error
            np.multiply(own, 0.9, out=own)
            own[track] = moved
        live.at = expected
        live.at[track] = at
        live.unseen += 1
        live.unseen[track] = 0
        live.seen[track] += 1
        live.last[track] = spots.level[spot]
        live.best[track] = np.maximum(live.best[track], spots.level[spot])
        live.peak[track] = np.maximum(live.peak[track], peak[spot])
        fresh = spots.level >= self._limits.birth_level
        fresh[spot] = False
        born = np.flatnonzero(fresh)
        followed = np.concatenate([track, len(live.number) + np.arange(len(born))])
        self._bear(born, spots, peak)
        return followed, spots.pick(np.concatenate([spot, born]))

    def _bear(self, born: IntArray, spots: glint.Spots, peak: FloatArray) -> None:
        n = len(born)
        young = _Live(
            number=self._count + np.arange(n), at=np.stack([spots.x[born], spots.y[born]], axis=1),
            drift=np.zeros((n, 2), np.float32), slide=np.zeros((n, 2), np.float32),
            errors=np.tile(np.array([0.0, 1.0], np.float32), (n, 1)), unseen=np.zeros(n, np.intp), seen=np.ones(n, np.intp),
            best=spots.level[born], last=spots.level[born].copy(), peak=peak[born],
        )  # fmt: skip
        self._count += n
        self._live = self._live.join(young)

    def _seen(self, spots: glint.Spots, view: View) -> tuple[BoolArray, dict[str, FloatArray]]:
        """Which of the spots were measured, and their columns."""
        levels = {name: np.zeros(len(spots), np.float32) for name in LEVELS}
        levels["x"], levels["y"], levels["level"] = spots.x, spots.y, spots.level
        peak = glint.brightest(view.luma, spots.peaks)
        best = np.argsort(-spots.level - peak, kind="stable")[: self._limits.measured_per_frame]
        glints = glint.measure(view, spots.peaks[best])
        for name in MEASURES:
            levels[name][best] = getattr(glints, name)
        for name, column in zip(("blue", "green", "red"), glints.tint.T, strict=True):
            levels[name][best] = column
        levels["beside"][best], levels["crowd"][best] = _company(spots, best, peak)
        measured = np.zeros(len(spots), np.bool_)
        measured[best] = True
        return measured, levels

    def _place(self, levels: dict[str, FloatArray], rows: IntArray, motion: Motion, view: View) -> None:
        """Room coordinates, drift and surroundings."""
        coarse = np.asarray(cv2.blur(view.tiny, (3, 3)), np.uint8)
        levels["room_x"], levels["room_y"] = transform(motion.to_room, np.stack([levels["x"], levels["y"]], axis=1)).T
        row, column = (np.clip(levels[c] * view.tiny_scale, 0, n - 1) for c, n in zip("yx", coarse.shape, strict=True))
        levels["around"] = coarse[row.astype(np.intp), column.astype(np.intp)].astype(np.float32)
        levels["drift"] = np.hypot(*self._live.drift[rows].T)

    def _retire(self, shape: tuple[int, ...]) -> None:
        live, limits = self._live, self._limits
        promising = (live.best >= limits.promise_level) & (live.seen >= limits.promise_seen) & (live.peak >= limits.bright_peak)
        patience = np.where(promising, limits.long_patience, np.minimum(limits.patience, 2 + live.seen))
        margin = 0.25 * shape[1]
        low, high = -margin, np.array([shape[1], shape[0]]) + margin
        near = np.all((live.at > low) & (live.at < high), axis=1)
        kept = (live.unseen <= patience) & near
        if kept.sum() > limits.most_live:
            worth = np.where(kept, live.best + 5.0 * promising - live.unseen, -np.inf)
            kept &= worth >= np.partition(worth, -limits.most_live)[-limits.most_live]
        self._drop(kept)

    def _drop(self, kept: BoolArray) -> None:
        """Ends all tracks but the kept, counting those that nobody will ask for."""
        if kept.all():
            return
        live, gone = self._live, ~kept
        seldom = gone & (live.seen < self._limits.fewest_seen)
        self._flickers.update(live.number[seldom & (live.peak >= self._limits.bright_peak)].tolist())
        self.flickers += int(seldom.sum())
        self.marks += int((gone & ~seldom & (live.peak < self._limits.bright_peak)).sum())
        self._live = live.select(kept)

    def _sweep(self) -> None:
        """Hands over what has ended."""
        ended = self._log.ended(self._live.number)
        self._retired += [rows for rows in ended if int(rows["track"][0]) not in self._flickers]
        self._flickers.clear()


_AROUND = np.array([(x, y) for y in (-2, 0, 2) for x in (-2, 0, 2)])
"""Where a spot may stand that is missed: the place is known to two pixels or so."""


def _first_of(keys: IntArray, count: int) -> IntArray:
    """Places of the first of each key, in order of place."""
    first = np.full(count, -1, np.intp)
    first[keys[::-1]] = np.arange(len(keys) - 1, -1, -1)
    return np.sort(first[first >= 0])


_CELL_PX = 4


def _pairs_within(expected: FloatArray, spots: glint.Spots, gate: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """All (track, spot, distance) closer than the track's gate, found through a map of small cells;
    few tracks have a gate wider than a cell.
    """
    h, w = spots.shape
    inside = np.all((expected > -_CELL_PX) & (expected < np.array([w, h]) + _CELL_PX), axis=1)
    wide = gate > _CELL_PX
    reach = int(np.ceil(float(gate.max()) / _CELL_PX))
    grid = np.full((h // _CELL_PX + 2 * reach + 3, w // _CELL_PX + 2 * reach + 3), -1, np.int16)
    order = np.argsort(spots.level, kind="stable")
    cells = (np.stack([spots.y, spots.x])[:, order] // _CELL_PX).astype(np.intp) + reach + 1
    grid[cells[0], cells[1]] = order
    groups = ((np.flatnonzero(inside & ~wide), 1), (np.flatnonzero(inside & wide), reach))
    found = [_near_cells(grid, expected[rows], reach, steps) for rows, steps in groups]
    track = np.concatenate([rows[which] for (rows, _), (which, _) in zip(groups, found, strict=True)])
    spot = np.concatenate([spot for _, spot in found])
    far = np.hypot(spots.x[spot] - expected[track, 0], spots.y[spot] - expected[track, 1]).astype(np.float32)
    near = far <= gate[track]
    return track[near], spot[near], far[near]


def _near_cells(grid: NDArray[np.int16], places: FloatArray, border: int, reach: int) -> tuple[IntArray, IntArray]:
    """(rows of places, spots) for all spots in the cells up to `reach` away."""
    column, row = (np.clip(places[:, i] // _CELL_PX, -1, grid.shape[1 - i] - 2 * border - 2).astype(np.intp) + border + 1 for i in (0, 1))
    steps = np.arange(-reach, reach + 1)
    found = grid[row[:, None, None] + steps[:, None], column[:, None, None] + steps[None, :]].reshape(len(places), len(steps) ** 2)
    which, place = np.nonzero(found >= 0)
    return which, found[which, place].astype(np.intp)


def _company(spots: glint.Spots, which: IntArray, peak: FloatArray) -> tuple[FloatArray, FloatArray]:
    """For each of `which`: distance of the nearest spot of a third of its mass, and how many of those
    within `CROWD_PX` are alike in peak as well.

    A saturated point on a bright pattern is alone: the pattern's own marks stay below saturation.
    """
    bright = np.argsort(-spots.level, kind="stable")[:MOST_COMPARED]
    mass = spots.standout.mass(spots.peaks)
    far = _squares(spots.x[which], spots.y[which], spots, bright)
    far[(mass[None, bright] < mass[which, None] / 3) | (which[:, None] == bright[None])] = ALONE**2
    alike = peak[None, bright] >= peak[which, None] - glint.ALIKE_PEAK
    return np.sqrt(far.min(axis=1, initial=ALONE**2)), ((far <= CROWD_PX**2) & alike).sum(axis=1).astype(np.float32)


def _nearest_like(at: FloatArray, level: FloatArray, spots: glint.Spots) -> FloatArray:
    """Distance from each place to the nearest spot of at least half the level that was last seen there."""
    bright = np.argsort(-spots.level, kind="stable")[:MOST_COMPARED]
    far = _squares(at[:, 0], at[:, 1], spots, bright)
    far[spots.level[None, bright] < 0.5 * level[:, None]] = ALONE**2
    return np.asarray(np.sqrt(far.min(axis=1, initial=ALONE**2)), np.float32)


def _squares(x: FloatArray, y: FloatArray, spots: glint.Spots, others: IntArray) -> FloatArray:
    """Squared distances of places to spots, (places, spots)."""
    return np.asarray((x[:, None] - spots.x[None, others]) ** 2 + (y[:, None] - spots.y[None, others]) ** 2, np.float32)
