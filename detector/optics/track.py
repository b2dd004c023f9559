"""Glints over time -> tracks that stay put in the room.

Every live track (see `live_tracks`) is matched with the nearest spot and, where none is there, looked
at all the same: that a glint is missing while the torch is off is evidence too.  Spots that never were
bright are followed, but leave no rows: on wallpaper they are hundreds.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.optics import glint, neighbours, photometry
from detector.optics.flow import transform
from detector.optics.live_tracks import LiveTracks, TrackLimits
from detector.optics.motion import Motion
from detector.optics.outline import outlines
from detector.optics.rows import PLACED, Looks, RowLog, Rows
from detector.optics.standout import Standout
from detector.optics.view import View

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

OUTLINE_EVERY = 5
"""Every fifth frame tells what a glint stands in as well as all do, and keeps no step with a torch that an app switches."""


class Tracker:
    """Links the spots of frame after frame; `retired()` hands out tracks that have ended.

    `flickers` counts those seen too seldom, `marks` those never bright enough for a glint.
    """

    def __init__(self, limits: TrackLimits | None = None) -> None:
        self._limits = limits or TrackLimits()
        self._live = LiveTracks(self._limits)
        self._log = RowLog()
        self._frames = 0
        self._retired: list[Rows] = []
        self._flickers: list[IntArray] = []
        self.flickers = 0
        self.marks = 0

    def add(self, index: int, view: View, spots: glint.Spots, motion: Motion) -> None:
        """Takes the spots of frame `index` in."""
        live = self._live
        if live.have_lost_their_way(motion):
            self._drop(np.zeros(len(live), np.bool_))
        foretold = live.foretold(motion)
        expected = live.expected(foretold)
        track, spot = live.match(expected, spots, motion)
        missed = self._missed(expected, track, spots.shape)
        gaps = self._gaps(missed, expected, spots.standout)
        gaps[_BESIDE] = neighbours.nearest_like(expected[missed], live.table["last"][missed], spots)
        peak = glint.brightest(view.luma, spots.peaks)
        followed, spot = live.follow(expected, foretold, (track, spot), spots, peak)
        told = live.table["peak"][followed] >= self._limits.bright_peak
        followed, spot = followed[told], spot[told]
        seen, measured = self._seen(followed, spot, spots, peak)
        if self._frames % OUTLINE_EVERY == 0:
            seen[_OUTLINE, measured] = outlines(view, *seen[:2, measured])
        rows = np.concatenate([followed, missed])
        placed = np.concatenate([seen, gaps], axis=1)
        self._place(placed, rows, motion, view)
        is_seen = np.arange(len(rows)) < len(followed)
        patches = photometry.cut(view, spots.peaks[spot[measured]])
        self._log.add(Looks(index, live.table["number"][rows], is_seen, placed, measured, patches))
        self._drop(live.not_given_up(view.luma.shape))
        self._count_frame()

    def glance(self, index: int, view: View, standout: Standout, motion: Motion) -> None:
        """Takes frame `index` in, in which no spots were looked for: it was dark between two lit ones.
        What shines by itself shows where the live tracks are.
        """
        live = self._live
        expected = live.expected(live.foretold(motion))
        missed = self._missed(expected, _NOTHING, standout.luma.shape[:2])
        live.pass_over(expected)
        placed = self._gaps(missed, expected, standout)
        placed[_BESIDE] = neighbours.nearest_place(expected[missed], live.table["last"][missed], standout)
        self._place(placed, missed, motion, view)
        self._log.add(Looks(index, live.table["number"][missed], np.zeros(len(missed), np.bool_), placed, _NOTHING, photometry.cut(view, _NOWHERE)))
        self._count_frame()

    def retired(self) -> Iterator[Rows]:
        """Rows of each track that ended since the last call, in frame order."""
        done, self._retired = self._retired, []
        yield from done

    def finish(self) -> Iterator[Rows]:
        """Rows of every track not handed out before; the tracker is then empty."""
        self._drop(np.zeros(len(self._live), np.bool_))
        self._sweep()
        yield from self.retired()

    def _missed(self, expected: FloatArray, track: IntArray, shape: tuple[int, int]) -> IntArray:
        """Rows of tracks without a spot of which that is worth telling."""
        live = self._live.table
        absent = (live["best"] >= self._limits.missed_level) & (live["peak"] >= self._limits.bright_peak)
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

    def _seen(self, followed: IntArray, spot: IntArray, spots: glint.Spots, peak: FloatArray) -> tuple[FloatArray, IntArray]:
        """Columns of these spots, (10, n) as `PLACED`, each of a live track, and which of them are to be measured."""
        placed = np.zeros((len(PLACED), len(spot)), np.float32)
        placed[_X], placed[_Y], placed[_LEVEL] = spots.x[spot], spots.y[spot], spots.level[spot]
        best = self._worth_measuring(followed, placed[_LEVEL] + peak[spot])
        self._live.table["measured"][followed[best]] += 1
        placed[_BESIDE, best], placed[_CROWD, best] = neighbours.company(spots, spot[best], np.sort(spot)[: neighbours.MOST_COMPARED], peak)
        return placed, best

    def _worth_measuring(self, followed: IntArray, brightness: FloatArray) -> IntArray:
        """The brightest of these spots, and some of the others in turn."""
        limits, live = self._limits, self._live.table
        order = np.argsort(-brightness, kind="stable")
        best, rest = order[: limits.measured_per_frame], order[limits.measured_per_frame :]
        rest = rest[live["seen"][followed[rest]] >= limits.gone_on]
        return np.concatenate([best, rest[np.argsort(live["measured"][followed[rest]], kind="stable")[: limits.also_measured]]])

    def _place(self, placed: FloatArray, rows: IntArray, motion: Motion, view: View) -> None:
        """Room coordinates, drift and surroundings."""
        coarse = np.asarray(cv2.blur(view.tiny, (3, 3)), np.uint8)
        placed[_ROOM_X], placed[_ROOM_Y] = transform(motion.to_room, placed[:2].T).T
        tiny = np.maximum((placed[:2] * np.float32(view.tiny_scale)).astype(np.intp), 0)
        column, row = (np.minimum(each, n - 1) for each, n in zip(tiny, coarse.shape[::-1], strict=True))
        placed[_AROUND_LEVEL] = coarse[row, column]
        # what goes with the room as a whole stays put, whatever parallax was borrowed for it
        placed[_DRIFT] = np.minimum(*(np.hypot(*self._live.table[name][rows].T) for name in ("drift", "slide")))

    def _drop(self, kept: BoolArray) -> None:
        """Ends all tracks but the kept, counting those that nobody will ask for."""
        if kept.all():
            return
        live, gone = self._live.table, ~kept
        seldom = gone & (live["seen"] < self._limits.fewest_seen)
        self._flickers.append(live["number"][seldom & (live["peak"] >= self._limits.bright_peak)])
        self.flickers += int(seldom.sum())
        self.marks += int((gone & ~seldom & (live["peak"] < self._limits.bright_peak)).sum())
        self._live.table = live[kept]

    def _count_frame(self) -> None:
        self._frames += 1
        if self._frames % self._limits.sweep_every == 0:
            self._sweep()

    def _sweep(self) -> None:
        """Hands over what has ended."""
        self._retired += self._log.ended(self._live.table["number"], np.sort(np.concatenate([_NOTHING, *self._flickers])))
        self._flickers.clear()


_X, _Y, _LEVEL, _BESIDE, _CROWD, _DRIFT, _AROUND_LEVEL, _ROOM_X, _ROOM_Y, _OUTLINE = range(len(PLACED))
_AROUND = np.array([(x, y) for y in (-2, 0, 2) for x in (-2, 0, 2)])
"""Where a spot may stand that is missed: the place is known to two pixels or so."""
_NOTHING, _NOWHERE = np.zeros(0, np.intp), np.zeros((0, 2), np.intp)
