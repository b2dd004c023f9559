"""A recorded video as a source of frames: when each was shown, what the lamp did, and whether all came."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from detector.model import Frame, LampState
from hardware.codec import opened, shown, turn_of
from hardware.memory import keep_freed_memory
from hardware.sensor import InputUnreadable, SensorUnavailable, Unavailable, named_file
from hardware.sparing import AtEase
from hardware.tally import Tally

_HELD_BACK = 16
"""Most pictures that H.264 and HEVC let a decoder hold back to reorder them."""


class VideoFile:
    """A recorded video as a source of frames: as shown to a person, BGR, timed by its own stamps.

    lamp_states: one state for each frame in the order shown.  A label belongs to a time stamp, so
    that a damaged picture does not shift the labels after it.  threads: how many may decode, 0
    lets FFmpeg choose.  at_ease: asked between pictures whether every second one is enough; see `sparing`.

    Raises `InputUnreadable` at once when not even one frame can be decoded, or when `lamp_states`
    tells of another number of frames.  `frames` leaves damaged pictures out (they keep their
    index) and ends in `SensorUnavailable(CUT_SHORT)` when less came than the container promised.
    """

    replay = True

    def __init__(self, path: Path, lamp_states: Sequence[LampState] | None = None, threads: int = 0, at_ease: AtEase | None = None) -> None:
        self.name = path.name
        self._path = named_file(path)
        self._threads = threads
        self._at_ease = at_ease
        with opened(self._path, threads) as film:
            self._promise = film.promise()
            by_duration = round(self._promise.duration_s * (film.rate or 0))
            self.expected_frames = min(filter(None, (self._promise.pictures, by_duration)), default=None)
            first = film.first_picture()
            self._size, self._turn = (first.width, first.height), turn_of(first)
        self._labels = {} if lamp_states is None else self._label(lamp_states)

    def frames(self) -> Iterator[Frame]:
        """Frames in the order shown; `at_s` starts at 0 and always rises."""
        keep_freed_memory()
        tally = Tally()
        with opened(self._path, self._threads) as film:
            clock = _Clock(step_s=1.0 / (film.rate or 30))
            told = 0
            for picture in film.pictures(tally, self._at_ease):
                at_s = clock.at_s(picture.time)
                # A broken header can make later pictures any size; the room has not changed.
                if picture.is_corrupt or (picture.width, picture.height) != self._size:
                    tally.left_out += 1
                    continue
                lamp = None if picture.pts is None else self._labels.get(picture.pts)
                yield Frame(shown(picture, self._turn), tally.decoded + tally.spared - 1, at_s, lamp, tally.spared - told)
                told = tally.spared
        if not tally.keeps(self._promise):
            raise SensorUnavailable(Unavailable.CUT_SHORT, tally.says(self.name, self._promise))

    def _label(self, states: Sequence[LampState]) -> Mapping[int, LampState]:
        """Time stamp -> state.  Where the file was cut, packets that would be shown earlier may be
        missing before the last ones, so these get no label.
        """
        with opened(self._path, self._threads) as film:
            tally = Tally()
            stamps = film.stamps(tally)
        told = self._promise.pictures
        promised = max(len(stamps), told - tally.discarded if told else 0)
        if len(states) < promised or (told and len(states) > promised):
            raise InputUnreadable(f"The lamp file tells of {len(states)} frames, {self.name} holds {promised}.")
        certain = stamps if len(stamps) == len(states) else stamps[:-_HELD_BACK]
        return dict(zip(certain, states, strict=False))


@dataclass(slots=True)
class _Clock:
    """Seconds since the first picture, rising even where stamps are missing or run backwards."""

    step_s: float
    first_s: float | None = None
    last_s: float = -math.inf

    def at_s(self, stamp_s: float | None) -> float:
        """The time of the next picture; stamp_s: its own, None where the file gives it none."""
        if self.first_s is None:
            self.first_s, self.last_s = stamp_s or 0.0, 0.0
        elif stamp_s is not None and stamp_s - self.first_s > self.last_s:
            self.last_s = stamp_s - self.first_s
        else:
            self.last_s += self.step_s
        return self.last_s
