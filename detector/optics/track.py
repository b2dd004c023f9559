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

from detector.optics import glint, neighbours, photometry
from detector.optics.motion import Motion, transform
from detector.optics.outline import outlines
from detector.optics.rows import PLACED, Looks, RowLog, Rows
from detector.optics.standout import Standout
from detector.optics.view import View

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

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
    measured_per_frame: int = 40
    """The brightest and strongest spots of each frame are measured: with 60 no lens more was found in
    the shared clips, one less in drawn rooms and one more of 52 among moved lenses."""
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
    sweep_every: int = 120
    lost_frames: int = 5
    known_frames: int = 10
    """After so many frames of unknown motion the camera may look at another corner: tracks end, and `join` tells
    which of them go on.  Where it was not known for a while before either, the room is too dark to be
    followed, and the last speed is as good as it was."""


OUTLINED = 5
"""Every fifth frame tells what a glint stands in as well as all do, and keeps no step with a torch that an app switches."""

_LIVE = np.dtype([
    ("number", np.intp), ("at", np.float32, 2), ("drift", np.float32, 2), ("slide", np.float32, 2), ("errors", np.float32, 2),
    ("unseen", np.intp), ("seen", np.intp), ("best", np.float32), ("last", np.float32), ("peak", np.float32),
])  # fmt: skip
"""A live track.  `drift` is its motion beyond that of its surroundings, `slide` that beyond the step of the
whole picture, which is steady for near things, both in px a frame; `errors` how far the two ways of
foretelling its place were off of late, in px."""


class Tracker:
    """Links the spots of frame after frame; `retired()` hands out tracks that have ended.

    `flickers` counts those seen too seldom, `marks` those never bright enough for a glint.
    """

    def __init__(self, limits: TrackLimits | None = None) -> None:
        self._limits = limits or TrackLimits()
        self._live = np.zeros(0, _LIVE)
        self._log = RowLog()
        self._count = 0
        self._frames = 0
        self._known = self._lost = 0
        self._glanced = 0
        """Frames since spots were last looked for."""
        self._retired: list[Rows] = []
        self._flickers: list[IntArray] = []
        self.flickers = 0
        self.marks = 0

    def add(self, index: int, view: View, spots: glint.Spots, motion: Motion) -> None:
        """Takes the spots of frame `index` in."""
        if self._has_lost_its_way(motion):
            self._drop(np.zeros(len(self._live["number"]), np.bool_))
        foretold = self._foretold(motion)
        expected = self._expected(foretold)
        track, spot = self._match(expected, spots, motion)
        missed = self._missed(expected, track, spots.shape)
        gaps = self._gaps(missed, expected, spots.standout)
        gaps[_BESIDE] = neighbours.nearest_like(expected[missed], self._live["last"][missed], spots)
        peak = glint.brightest(view.luma, spots.peaks)
        self._glanced = 0
        followed, spot = self._update(expected, foretold, (track, spot), spots, peak)
        told = self._live["peak"][followed] >= self._limits.bright_peak
        followed, spot = followed[told], spot[told]
        seen, measured = self._seen(spot, spots, peak)
        if self._frames % OUTLINED == 0:
            seen[_OUTLINE, measured] = outlines(view, *seen[:2, measured])
        rows = np.concatenate([followed, missed])
        placed = np.concatenate([seen, gaps], axis=1)
        self._place(placed, rows, motion, view)
        is_seen = np.arange(len(rows)) < len(followed)
        patches = photometry.cut(view, spots.peaks[spot[measured]])
        self._log.add(Looks(index, self._live["number"][rows], is_seen, placed, measured, patches))
        self._retire(view.luma.shape)
        self._count_frame()

    def glance(self, index: int, view: View, standout: Standout, motion: Motion) -> None:
        """Takes frame `index` in, in which no spots were looked for: it was dark between two lit ones.
        What shines by itself shows where the live tracks are.
        """
        expected = self._expected(self._foretold(motion))
        missed = self._missed(expected, _NOTHING, standout.luma.shape[:2])
        self._go_on(expected)
        self._glanced += 1
        placed = self._gaps(missed, expected, standout)
        placed[_BESIDE] = neighbours.nearest_place(expected[missed], self._live["last"][missed], standout)
        self._place(placed, missed, motion, view)
        self._log.add(Looks(index, self._live["number"][missed], np.zeros(len(missed), np.bool_), placed, _NOTHING, photometry.cut(view, _NOWHERE)))
        self._count_frame()

    def retired(self) -> Iterator[Rows]:
        """Rows of each track that ended since the last call, in frame order."""
        done, self._retired = self._retired, []
        yield from done

    def finish(self) -> Iterator[Rows]:
        """Rows of every track not handed out before; the tracker is then empty."""
        self._drop(np.zeros(len(self._live["number"]), np.bool_))
        self._sweep()
        yield from self.retired()

    def _foretold(self, motion: Motion) -> tuple[FloatArray, FloatArray]:
        """Where the live tracks should be now: moved as their surroundings are, or as they themselves
        went on beyond the whole picture.  The corners about a lens may belong to the wall behind it.
        """
        live = self._live
        return motion.carry(live["at"]) + live["drift"], transform(motion.step, live["at"]) + live["slide"]

    def _expected(self, foretold: tuple[FloatArray, FloatArray]) -> FloatArray:
        """The place that was right more often of late."""
        return np.asarray(np.where((self._live["errors"][:, 0] <= self._live["errors"][:, 1])[:, None], *foretold), np.float32)

    def _go_on(self, expected: FloatArray) -> None:
        """Moves all live tracks to where they are expected, unseen."""
        live = self._live
        live["at"] = expected
        live["unseen"] += 1

    def _match(self, expected: FloatArray, spots: glint.Spots, motion: Motion) -> tuple[IntArray, IntArray]:
        """Mutually nearest pairs (track rows, spot rows) inside the gate."""
        nothing = np.zeros(0, np.intp)
        if not len(expected) or not len(spots):
            return nothing, nothing
        live, limits = self._live, self._limits
        gate = self._gate(expected, motion)
        track, spot, far = neighbours.pairs_within(expected, spots, gate)
        # an old track keeps its spot against one that was born on noise beside it
        unlike = limits.level_cost_px * np.abs(np.log(spots.level[spot] / live["last"][track]))
        alike = far + unlike <= gate[track] + limits.level_cost_px
        track, spot, far, unlike = track[alike], spot[alike], far[alike], unlike[alike]
        order = np.argsort(far + unlike - 0.05 * np.minimum(live["seen"][track], 20), kind="stable")
        track, spot = track[order], spot[order]
        first = neighbours.first_of(track, len(expected))
        track, spot = track[first], spot[first]
        first = neighbours.first_of(spot, len(spots))
        return track[first], spot[first]

    def _has_lost_its_way(self, motion: Motion) -> bool:
        if motion.measured:
            self._known = 1 if self._lost else self._known + 1
            self._lost = 0
        else:
            self._lost += 1
        return self._lost == self._limits.lost_frames and self._known >= self._limits.known_frames

    def _gate(self, expected: FloatArray, motion: Motion) -> FloatArray:
        """How far in px from its expected place each live track may be found."""
        live, limits = self._live, self._limits
        gate = np.where(live["seen"] >= 3, limits.gate_px, limits.young_gate_px) + limits.gate_growth_px * live["unseen"]
        gate = gate + (limits.gate_speed * motion.speed_px + limits.gate_spread * motion.spread(expected)) * (1 + self._glanced)
        return np.asarray(np.minimum(gate, limits.gate_most_px), np.float32)

    def _missed(self, expected: FloatArray, track: IntArray, shape: tuple[int, int]) -> IntArray:
        """Rows of tracks without a spot of which that is worth telling."""
        absent = (self._live["best"] >= self._limits.missed_level) & (self._live["peak"] >= self._limits.bright_peak)
        absent[track] = False
        low, high = glint.RADIUS + 0.5, np.array(shape[::-1]) - glint.RADIUS - 1.5
        return np.flatnonzero(absent & np.all((expected >= low) & (expected <= high), axis=1))

    def _gaps(self, missed: IntArray, expected: FloatArray, standout: Standout) -> FloatArray:
        """Looks where a spot should be and is not, (10, n) as `PLACED`."""
        there = expected[missed]
        placed = np.zeros((len(PLACED), len(missed)), np.float32)
        placed[_X], placed[_Y] = there.T
        placed[_LEVEL] = standout.levels(np.rint(there).astype(np.intp), _AROUND).max(axis=1, initial=0.0)
        return placed

    def _update(
        self, expected: FloatArray, foretold: tuple[FloatArray, FloatArray], pairs: tuple[IntArray, IntArray], spots: glint.Spots, peak: FloatArray
    ) -> tuple[IntArray, IntArray]:
        """Moves the live tracks on and bears new ones; returns the rows of the live tracks that have a
        spot in this frame, and the rows of those spots.
        """
        live, (track, spot) = self._live, pairs
        at = np.stack([spots.x[spot], spots.y[spot]], axis=1)
        # what is left of a spot in the dark may be noise beside it
        trust = np.minimum(1.0, 2.0 * spots.level[spot] / live["last"][track])
        share = (0.4 * trust / (1.0 + live["unseen"][track])).astype(np.float32)[:, None]
        foretelling = []
        for i, (name, place) in enumerate(zip(("drift", "slide"), foretold, strict=True)):
            error = at - place[track]
            live["errors"][track, i] += 0.3 * trust * (np.hypot(*error.T) - live["errors"][track, i])
            moved = live[name][track] + share * error
            foretelling.append(moved)
        self._go_on(expected)
        for name, moved in zip(("drift", "slide"), foretelling, strict=True):
            live[name] *= np.float32(_DRIFT_KEPT)
            live[name][track] = moved
        live["at"][track] = at
        live["unseen"][track] = 0
        live["seen"][track] += 1
        live["last"][track] = spots.level[spot]
        live["best"][track] = np.maximum(live["best"][track], spots.level[spot])
        live["peak"][track] = np.maximum(live["peak"][track], peak[spot])
        fresh = spots.level >= self._limits.birth_level
        fresh[spot] = False
        born = np.flatnonzero(fresh)
        followed = np.concatenate([track, len(live["number"]) + np.arange(len(born))])
        self._bear(born, spots, peak)
        return followed, np.concatenate([spot, born])

    def _bear(self, born: IntArray, spots: glint.Spots, peak: FloatArray) -> None:
        if not len(born):
            return
        young = np.zeros(len(born), _LIVE)
        young["number"] = self._count + np.arange(len(born))
        young["at"][:, 0], young["at"][:, 1] = spots.x[born], spots.y[born]
        young["errors"][:, 1] = 1.0
        young["seen"] = 1
        young["best"] = young["last"] = spots.level[born]
        young["peak"] = peak[born]
        self._count += len(born)
        self._live = np.concatenate([self._live, young])

    def _seen(self, spot: IntArray, spots: glint.Spots, peak: FloatArray) -> tuple[FloatArray, IntArray]:
        """Columns of these spots, (10, n) as `PLACED`, and which of them are worth measuring."""
        placed = np.zeros((len(PLACED), len(spot)), np.float32)
        placed[_X], placed[_Y], placed[_LEVEL] = spots.x[spot], spots.y[spot], spots.level[spot]
        best = np.argsort(-placed[_LEVEL] - peak[spot], kind="stable")[: self._limits.measured_per_frame]
        placed[_BESIDE, best], placed[_CROWD, best] = neighbours.company(spots, spot[best], np.sort(spot)[: neighbours.MOST_COMPARED], peak)
        return placed, best

    def _place(self, placed: FloatArray, rows: IntArray, motion: Motion, view: View) -> None:
        """Room coordinates, drift and surroundings."""
        coarse = np.asarray(cv2.blur(view.tiny, (3, 3)), np.uint8)
        placed[_ROOM_X], placed[_ROOM_Y] = transform(motion.to_room, placed[:2].T).T
        tiny = np.maximum((placed[:2] * np.float32(view.tiny_scale)).astype(np.intp), 0)
        column, row = (np.minimum(each, n - 1) for each, n in zip(tiny, coarse.shape[::-1], strict=True))
        placed[_AROUND_LEVEL] = coarse[row, column]
        # what goes with the room as a whole stays put, whatever parallax was borrowed for it
        placed[_DRIFT] = np.minimum(*(np.hypot(*self._live[name][rows].T) for name in ("drift", "slide")))

    def _retire(self, shape: tuple[int, ...]) -> None:
        live, limits = self._live, self._limits
        promising = (live["best"] >= limits.promise_level) & (live["seen"] >= limits.promise_seen) & (live["peak"] >= limits.bright_peak)
        patience = np.where(promising, limits.long_patience, np.minimum(limits.patience, 2 + live["seen"]))
        margin = 0.25 * shape[1]
        low, high = -margin, np.array([shape[1], shape[0]]) + margin
        near = np.all((live["at"] > low) & (live["at"] < high), axis=1)
        kept = (live["unseen"] <= patience) & near
        if kept.sum() > limits.most_live:
            worth = np.where(kept, live["best"] + 5.0 * promising - live["unseen"], -np.inf)
            kept &= worth >= np.partition(worth, -limits.most_live)[-limits.most_live]
        self._drop(kept)

    def _drop(self, kept: BoolArray) -> None:
        """Ends all tracks but the kept, counting those that nobody will ask for."""
        if kept.all():
            return
        live, gone = self._live, ~kept
        seldom = gone & (live["seen"] < self._limits.fewest_seen)
        self._flickers.append(live["number"][seldom & (live["peak"] >= self._limits.bright_peak)])
        self.flickers += int(seldom.sum())
        self.marks += int((gone & ~seldom & (live["peak"] < self._limits.bright_peak)).sum())
        self._live = live[kept]

    def _count_frame(self) -> None:
        self._frames += 1
        if self._frames % self._limits.sweep_every == 0:
            self._sweep()

    def _sweep(self) -> None:
        """Hands over what has ended."""
        self._retired += self._log.ended(self._live["number"], np.sort(np.concatenate([_NOTHING, *self._flickers])))
        self._flickers.clear()


_X, _Y, _LEVEL, _BESIDE, _CROWD, _DRIFT, _AROUND_LEVEL, _ROOM_X, _ROOM_Y, _OUTLINE = range(len(PLACED))
_AROUND = np.array([(x, y) for y in (-2, 0, 2) for x in (-2, 0, 2)])
"""Where a spot may stand that is missed: the place is known to two pixels or so."""
_DRIFT_KEPT = 0.9
"""From frame to frame, where nothing confirms it."""
_NOTHING, _NOWHERE = np.zeros(0, np.intp), np.zeros((0, 2), np.intp)
