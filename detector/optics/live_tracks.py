"""The tracks that are alive: where each should be, which spot it goes on with, and when it is given up.

Every one is carried along by the motion of its surroundings; spots that never were bright are followed
too, since they may brighten yet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.optics import glint, neighbours
from detector.optics.flow import transform
from detector.optics.motion import Motion

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
    stray_px: float = 7.0
    stray_frames: int = 3
    stray_ratio: float = 2.0
    """A track that was bright so lately and has no spot goes on with one so far off that no other track goes on with, if it is as bright
    within this factor: what is learned of a thing's own motion is wrong once when other corners are chosen, and a new
    track on the lens would flash beside the old one, which goes on with the marks next to it."""
    level_cost_px: float = 0.7
    """How far, per factor e of brightness, another spot must be nearer to be preferred to one alike:
    a display segment beside a lens must not take over its track when the torch goes off."""
    bright_peak: float = 130.0
    """A spot whose brightest pixel never came to that of a glint is a mark: this is `lens.DULLEST`."""
    measured_per_frame: int = 40
    """The brightest and strongest spots of each frame are measured,"""
    also_measured: int = 30
    """and of the others so many that have gone on for a while, those first that were measured least: a faint lens is never among
    the brightest of a patterned room, but there again and again.  Five of 385 moved lenses more alarm by it than
    without; with 80 as many, and more marks are shown."""
    gone_on: int = 5
    """Sightings."""
    birth_level: float = 15.0
    """A fainter spot goes on with a track but begins none: most are noise and texture."""
    patience: int = 12
    """A spot of no promise is dropped after this long unseen."""
    long_patience: int = 150
    """A promising one is waited for: five seconds, as long as a person leaves a torch off."""
    least_left: float = 0.3
    """Share of its last level that is still found after long: where a glint was lost, the marks of a wall go by."""
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


_LIVE = np.dtype([
    ("number", np.intp), ("at", np.float32, 2), ("drift", np.float32, 2), ("slide", np.float32, 2), ("errors", np.float32, 2),
    ("unseen", np.intp), ("seen", np.intp), ("measured", np.intp), ("best", np.float32), ("last", np.float32), ("peak", np.float32),
])  # fmt: skip
"""A live track.  `drift` is its motion beyond that of its surroundings, `slide` that beyond the step of the
whole picture, which is steady for near things, both in px a frame; `errors` how far the two ways of
foretelling its place were off of late, in px."""


class LiveTracks:
    """What the tracker knows of each live track, and what becomes of it with the next frame.

    `table` holds a row for each, as `_LIVE`: a track keeps its number, not its row.
    """

    def __init__(self, limits: TrackLimits) -> None:
        self._limits = limits
        self.table = np.zeros(0, _LIVE)
        self.count = 0
        """Of all tracks that ever were alive."""
        self._known = self._lost = 0
        self._glanced = 0
        """Frames since spots were last looked for."""

    def __len__(self) -> int:
        return len(self.table)

    def foretold(self, motion: Motion) -> tuple[FloatArray, FloatArray]:
        """Where the live tracks should be now: moved as their surroundings are, or as they themselves
        went on beyond the whole picture.  The corners about a lens may belong to the wall behind it.
        """
        live = self.table
        return motion.carry(live["at"]) + live["drift"], transform(motion.step, live["at"]) + live["slide"]

    def expected(self, foretold: tuple[FloatArray, FloatArray]) -> FloatArray:
        """The place that was right more often of late."""
        return np.asarray(np.where((self.table["errors"][:, 0] <= self.table["errors"][:, 1])[:, None], *foretold), np.float32)

    def pass_over(self, expected: FloatArray) -> None:
        """Moves all on through a frame in which no spots were looked for."""
        self._go_on(expected)
        self._glanced += 1

    def _go_on(self, expected: FloatArray) -> None:
        """Moves all live tracks to where they are expected, unseen."""
        self.table["at"] = expected
        self.table["unseen"] += 1

    def match(self, expected: FloatArray, spots: glint.Spots, motion: Motion) -> tuple[IntArray, IntArray]:
        """Mutually nearest pairs (track rows, spot rows) inside the gate, and of what is left the bright tracks that were seen just
        now with like spots a little farther off.
        """
        if not len(expected) or not len(spots):
            return np.zeros(0, np.intp), np.zeros(0, np.intp)
        track, spot = self._nearest(np.arange(len(expected)), expected, spots, self._gate(expected, motion))
        astray = self._promising() & (self.table["unseen"] <= self._limits.stray_frames) & (self.table["last"] >= self._limits.promise_level)
        astray[track] = False
        free = np.ones(len(spots), np.bool_)
        free[spot] = False
        strayed, found = self._nearest(np.flatnonzero(astray), expected, spots, np.full(len(expected), self._limits.stray_px, np.float32), free)
        return np.concatenate([track, strayed]), np.concatenate([spot, found])

    def _nearest(
        self, rows: IntArray, expected: FloatArray, spots: glint.Spots, gate: FloatArray, free: BoolArray | None = None
    ) -> tuple[IntArray, IntArray]:
        """Mutually nearest pairs of these rows and the spots inside their gates; with `free` only of spots that are, and that are
        as bright as the track was.
        """
        live, limits = self.table, self._limits
        row, spot, far = neighbours.pairs_within(expected[rows], spots, gate[rows])
        track = rows[row]
        # an old track keeps its spot against one that was born on noise beside it
        unlike = limits.level_cost_px * np.abs(np.log(spots.level[spot] / live["last"][track]))
        alike = far + unlike <= gate[track] + limits.level_cost_px
        alike &= (live["unseen"][track] <= limits.patience) | (spots.level[spot] >= limits.least_left * live["last"][track])
        if free is not None:
            alike &= free[spot] & (unlike <= limits.level_cost_px * math.log(limits.stray_ratio))
        track, spot, far, unlike = track[alike], spot[alike], far[alike], unlike[alike]
        order = np.argsort(far + unlike - 0.05 * np.minimum(live["seen"][track], 20), kind="stable")
        track, spot = track[order], spot[order]
        first = neighbours.first_of(track, len(expected))
        track, spot = track[first], spot[first]
        first = neighbours.first_of(spot, len(spots))
        return track[first], spot[first]

    def _gate(self, expected: FloatArray, motion: Motion) -> FloatArray:
        """How far in px from its expected place each live track may be found."""
        live, limits = self.table, self._limits
        gate = np.where(live["seen"] >= 3, limits.gate_px, limits.young_gate_px) + limits.gate_growth_px * live["unseen"]
        gate = gate + (limits.gate_speed * motion.speed_px + limits.gate_spread * motion.spread(expected)) * (1 + self._glanced)
        return np.asarray(np.minimum(gate, limits.gate_most_px), np.float32)

    def follow(
        self, expected: FloatArray, foretold: tuple[FloatArray, FloatArray], pairs: tuple[IntArray, IntArray], spots: glint.Spots, peak: FloatArray
    ) -> tuple[IntArray, IntArray]:
        """Moves the live tracks on and bears new ones; returns the rows of the live tracks that have a
        spot in this frame, and the rows of those spots.

        pairs: as `match` gave them.  peak: the brightest pixel of each spot.
        """
        self._glanced = 0
        live, (track, spot) = self.table, pairs
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
        young["number"] = self.count + np.arange(len(born))
        young["at"][:, 0], young["at"][:, 1] = spots.x[born], spots.y[born]
        young["errors"][:, 1] = 1.0
        young["seen"] = 1
        young["best"] = young["last"] = spots.level[born]
        young["peak"] = peak[born]
        self.count += len(born)
        self.table = np.concatenate([self.table, young])

    def have_lost_their_way(self, motion: Motion) -> bool:
        """Whether the motion has been unknown for too long to go on from; called once for each frame with spots."""
        if motion.measured:
            self._known = 1 if self._lost else self._known + 1
            self._lost = 0
        else:
            self._lost += 1
        return self._lost == self._limits.lost_frames and self._known >= self._limits.known_frames

    def _promising(self) -> BoolArray:
        """Which were bright often enough to be waited for."""
        live, limits = self.table, self._limits
        return (live["best"] >= limits.promise_level) & (live["seen"] >= limits.promise_seen) & (live["peak"] >= limits.bright_peak)

    def not_given_up(self, shape: tuple[int, ...]) -> BoolArray:
        """Which still may be seen again in pictures of this shape, the best of them where they are too many."""
        live, limits, promising = self.table, self._limits, self._promising()
        patience = np.where(promising, limits.long_patience, np.minimum(limits.patience, 2 + live["seen"]))
        margin = 0.25 * shape[1]
        low, high = -margin, np.array([shape[1], shape[0]]) + margin
        near = np.all((live["at"] > low) & (live["at"] < high), axis=1)
        kept = (live["unseen"] <= patience) & near
        if kept.sum() > limits.most_live:
            worth = np.where(kept, live["best"] + 5.0 * promising - live["unseen"], -np.inf)
            kept &= worth >= np.partition(worth, -limits.most_live)[-limits.most_live]
        return np.asarray(kept, np.bool_)


_DRIFT_KEPT = 0.9
"""From frame to frame, where nothing confirms it."""
