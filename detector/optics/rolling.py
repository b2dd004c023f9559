"""Frames of which the torch lit some rows only: a strobe out of step with a rolling shutter.

Each band of rows is followed as the whole picture is in `lighting`: against the frame before, moved
into place.  Where the bands of a frame switch at different frames, the frame is half-lit, and each
of its bands has a lamp state of its own.  An object cannot pass for that: a band's change is the
median of four columns, it must go up and down in turn, and one edge a frame is all that a torch
slower than the shutter can leave.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.model import LampState

Bands = NDArray[np.float32]
Codes = NDArray[np.int8]

BANDS = 15
"""Rows of a frame in bands of a fifteenth: an edge is known to a millisecond or two of the readout."""
COLUMNS = 4
LIT, DARK, BETWEEN = 1, -1, 0
MOST = 0.75
"""Of its bands alike, and no more than the rest in between, and a frame counts as whole."""


@dataclass(frozen=True, slots=True)
class RollingLimits:
    """Changes of level of one band from frame to frame, as natural logarithms."""

    least_step: float = 0.1
    """A torch that adds less is not told row by row: its uneven light moves over the room with the
    camera, which changes a band by up to half of this."""
    share_of_steps: float = 0.4
    """A change well below the usual step of the band is no switching."""
    whole_step: float = 0.75
    """Of the usual step: a state that no step as large as this led to or from may be something between."""
    usual_percentile: float = 80.0
    """At 14 Hz about half of the steps of a band are cut short by the end of an exposure."""
    steps_near: int = 12
    """Two or three seconds of a torch switched by hand, one of a strobe."""
    fair_step: float = 0.5
    """Of the usual step of all bands: less has a band in which, at 15 Hz, an exposure always ends."""
    ramp: float = 0.1
    """Of the usual step: a smaller change is noise, a larger one a part of a step, for an exposure
    during which the torch is switched shows something between."""
    least_ramp: float = 0.03
    fewest_half_lit: int = 3
    """Fewer may be anything that darkened half of the picture at once."""
    well_formed: float = 0.8
    """Share of the frames with unlike bands that have a single edge.  The flicker of mains light
    leaves several in a frame."""
    least_told: float = 0.5
    """A torch is on or off; light that is usually between, as of a lamp on the mains, is none."""
    turns: float = 0.8
    """Share of the steps of a band that go the other way than the one before."""


def band_changes(before: NDArray[np.float32], now: NDArray[np.float32], both: NDArray[np.bool_]) -> Bands:
    """(`BANDS`,) log change of level of each band of rows of two small pictures of the same things;
    `both` (h, w) is true where both show something.  A band that left the picture changes as its
    neighbour does.
    """
    seen = both.astype(np.float32)
    size = (COLUMNS, BANDS)
    there, was, is_now = cv2.split(cv2.resize(cv2.merge([seen, before * seen, now * seen]), size, interpolation=cv2.INTER_AREA))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(there > 0.5, np.log((is_now + there) / (was + there)), np.nan)
    known = (there > 0.5).sum(axis=1)
    ordered = np.sort(ratio, axis=1)  # what is not known comes last
    rows = np.arange(BANDS)
    middle = (ordered[rows, np.maximum(known - 1, 0) // 2] + ordered[rows, np.minimum(known // 2, COLUMNS - 1)]) / 2
    if not known.any():
        return np.zeros(BANDS, np.float32)
    return np.asarray(np.interp(rows, rows[known > 0], middle[known > 0]), np.float32)


class HalfLit(Sequence[LampState | None]):
    """The lamp's state of every frame, None where its rows differ, and that of every row.

    Where the torch never lit nor left a whole frame, each has the state of most of its rows.
    """

    def __init__(self, bands: Codes, height_px: int) -> None:
        self.bands, self._height_px = bands, height_px
        sums = bands.sum(axis=1)
        told = np.where(np.abs(sums) > MOST * BANDS, sums, 0)
        if not ((told > 0).any() and (told < 0).any()):
            first = bands[np.arange(len(bands)), (bands != BETWEEN).argmax(axis=1)]
            told = np.where(sums == 0, first, sums)  # at 15 Hz as many rows may be lit as are dark, always
        self._frames = [_word(int(code)) for code in told]
        self.half_lit = int(((bands == LIT).any(axis=1) & (bands == DARK).any(axis=1)).sum())
        """Frames of which some rows were lit and others not."""
        self.share = float((bands != BETWEEN).mean())
        """Of all bands of all frames, of which a state is known."""

    def __len__(self) -> int:
        return len(self._frames)

    @overload
    def __getitem__(self, index: int) -> LampState | None: ...
    @overload
    def __getitem__(self, index: slice) -> list[LampState | None]: ...
    def __getitem__(self, index: int | slice) -> LampState | list[LampState | None] | None:
        return self._frames[index]

    @classmethod
    def joined(cls, parts: Sequence[Sequence[LampState | None]], height_px: int) -> HalfLit:
        """The states of parts of a film, one after another, some told row by row and others by whole frames."""
        return cls(np.concatenate([part.bands if isinstance(part, HalfLit) else _whole(part) for part in parts]), height_px)

    def at(self, frames: NDArray[np.integer], y_px: NDArray[np.floating]) -> list[LampState | None]:
        """The lamp's state at rows of frames, two arrays of one length; None where it was being switched."""
        band = np.clip(y_px * BANDS / self._height_px, 0, BANDS - 1).astype(np.intp)
        return [_word(code) for code in self.bands[frames, band].tolist()]


def _whole(states: Sequence[LampState | None]) -> Codes:
    code = {"on-axis": LIT, "dark": DARK}
    return np.repeat(np.array([[code.get(state or "", BETWEEN)] for state in states], np.int8), BANDS, axis=1)


def _word(code: int) -> LampState | None:
    return "on-axis" if code > 0 else "dark" if code < 0 else None


def lamp_at(states: Sequence[LampState | None], frames: NDArray[np.integer], y_px: NDArray[np.floating]) -> list[LampState | None]:
    """The lamp's state where something was looked at, row by row where that is known."""
    if isinstance(states, HalfLit):
        return states.at(frames, y_px)
    return [states[frame] for frame in frames.tolist()]


def half_lit(changes: Sequence[Bands], height_px: int, limits: RollingLimits | None = None) -> HalfLit | None:
    """States row by row from the changes of the bands of every frame; None where no frame was half-lit."""
    limits = limits or RollingLimits()
    if len(changes) < 2:
        return None
    change = np.asarray(changes, np.float32)
    change[0] = 0.0
    steps = np.stack([_usual_steps(column, limits) for column in change.T], axis=1)
    switched = steps[:, steps.any(axis=0)]
    if switched.shape[1] < BANDS // 2:
        return None
    fair = steps >= limits.fair_step * np.median(switched, axis=1, keepdims=True)
    states = np.stack([_states(change[:, i], steps[:, i], limits) for i in range(BANDS)], axis=1) * fair
    states = _agreed(states)
    lit, dark = (states == LIT).sum(axis=1), (states == DARK).sum(axis=1)
    unlike = (lit > 1) & (dark > 1)
    formed = unlike & (_edges(states) == 1)
    if formed.sum() < max(limits.fewest_half_lit, limits.well_formed * unlike.sum()):
        return None
    told = HalfLit(_guarded(states), height_px)
    return told if told.half_lit >= limits.fewest_half_lit and told.share >= limits.least_told else None


def _usual_steps(change: Bands, limits: RollingLimits) -> Bands:
    """How much a band changes at each frame's time when the torch is switched; 0 where it never was.

    By the steps nearest in time: from wall to wall the torch adds more or less to the room's light.
    """
    starts, totals = _runs(change, limits.least_ramp)
    sizes = np.abs(totals)
    usual = sizes > limits.least_step
    if not usual.any():
        return np.zeros(len(change), np.float32)
    half = limits.steps_near // 2
    around = np.lib.stride_tricks.sliding_window_view(np.pad(sizes[usual], half, mode="edge"), 2 * half + 1)
    near = np.percentile(around, limits.usual_percentile, axis=1)
    return np.asarray(np.interp(np.arange(len(change)), starts[usual], near), np.float32)


def _states(change: Bands, steps: Bands, limits: RollingLimits) -> Codes:
    """States of one band over the frames; all `BETWEEN` where it did not switch to and fro."""
    starts, totals = _runs(change, np.maximum(limits.least_ramp, limits.ramp * steps))
    real = np.abs(totals) > np.maximum(limits.least_step, limits.share_of_steps * steps[starts])
    ends, totals = (np.r_[starts[1:], len(change)] - 1)[real], totals[real]
    if len(totals) < 2 or (totals[1:] * totals[:-1] < 0).mean() < limits.turns:
        return np.zeros(len(change), np.int8)
    whole = np.abs(totals) > limits.whole_step * steps[starts[real]]
    return _filled(len(change), starts[real], ends, np.where(whole, 2, 1) * np.sign(totals))


def _runs(change: Bands, least: float | Bands) -> tuple[NDArray[np.intp], Bands]:
    """Starts and sums of runs of changes the same way, or of none worth counting (sum 0)."""
    way = np.where(np.abs(change) > least, np.sign(change), 0.0)
    starts = np.flatnonzero(np.diff(way, prepend=np.nan) != 0)
    return starts, np.add.reduceat(change * (way != 0), starts)


def _filled(length: int, starts: NDArray[np.intp], ends: NDArray[np.intp], steps: Bands) -> Codes:
    """From each end of a step on its state; between its start and its end, and beside steps that are
    not whole (2 or -2), neither.
    """
    whole = np.abs(steps) > 1
    sure = np.r_[False, whole] | np.r_[whole, False]
    kinds = np.sign(np.r_[-steps[0], steps]) * sure
    states = np.repeat(kinds, np.diff(np.r_[0, ends, length])).astype(np.int8)
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        states[start:end] = BETWEEN
    return states


def _agreed(states: Codes) -> Codes:
    """Each band with the two beside it, the state of most: an object crosses one, a shutter all."""
    padded = np.pad(states, ((0, 0), (1, 1)), mode="edge").astype(np.int8)
    votes = padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]
    return np.where(np.abs(votes) >= 2, np.sign(votes), np.where(votes * states > 0, states, BETWEEN)).astype(np.int8)


def _edges(states: Codes) -> NDArray[np.intp]:
    """How often lit and dark bands meet in each frame, bands in between left out."""
    filled = states.copy()
    for band in range(1, BANDS):
        filled[:, band] = np.where(filled[:, band] == BETWEEN, filled[:, band - 1], filled[:, band])
    return np.asarray((filled[:, 1:] * filled[:, :-1] < 0).sum(axis=1), np.intp)


def _guarded(states: Codes) -> Codes:
    """Bands beside one of another state are between: a lens outshines the room by so much that it
    shows in rows which the torch lit for a hundredth of their exposure.
    """
    kept = states.copy()
    unlike = states[:, 1:] != states[:, :-1]
    kept[:, 1:][unlike] = BETWEEN
    kept[:, :-1][unlike] = BETWEEN
    return kept
