"""A lamp and a camera together: frames labelled by what the lamp did while they were exposed."""

from __future__ import annotations

import itertools
import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from detector.model import Frame, LampState
from hardware.lamp import Lamp
from hardware.sensor import LiveCamera

FRAMES_A_STATE = 2
"""Labelled frames before the lamp moves on: one could be a chance, and more would let the camera
move too far between lit and dark."""


class Cycle:
    """A source of frames that cycles a lamp through its states, on-axis, off-axis, dark.

    A frame is handed on only if the lamp did one thing during its whole exposure.  The others are
    dropped and counted, not handed on without a label: a rolling shutter makes them half lit, and
    they would pass for pictures.  Without states to switch every frame is handed on unlabelled.

    The lamp changes only between two frames, once the present state has given enough of them, so
    that a slow camera or a slow reader only makes the cycle slower.  The lamp goes dark and the
    camera is released when the iterator ends, fails or is closed.
    """

    replay = False

    def __init__(self, camera: LiveCamera, lamp: Lamp, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = camera.name
        self.expected_frames = None if lamp.states else camera.expected_frames
        self.dropped = 0
        self._camera, self._lamp, self._clock = camera, lamp, clock

    def frames(self) -> Iterator[Frame]:
        """Frames in order, numbered without the dropped ones."""
        turns: Iterator[LampState] = itertools.cycle(self._lamp.states)
        did = LampLog()
        numbers = itertools.count()
        labelled = FRAMES_A_STATE
        wanted: LampState = next(turns, "dark")
        try:
            for exposed in self._camera.exposures():
                state = did.throughout(exposed.begins_s, exposed.ends_s)
                if self._lamp.states and state is None:
                    self.dropped += 1
                else:
                    labelled += 1
                    yield replace(exposed.frame, index=next(numbers), lamp=state)
                if labelled >= FRAMES_A_STATE and self._lamp.states and self._switch(wanted, did):
                    wanted, labelled = next(turns), 0
        finally:
            self._lamp.set("dark")

    def _switch(self, wanted: LampState, did: LampLog) -> bool:
        """Ask for the next state.  The lamp may hold back, as visible light must not flash fast."""
        asked_s = self._clock()
        doing = self._lamp.set(wanted)
        did.changed(asked_s, self._clock(), doing)
        return doing == wanted


@dataclass(slots=True)
class LampLog:
    """What the lamp did lately: each state with the time from which it certainly held and the time
    at which the next change began.
    """

    _spans: deque[tuple[float, float, LampState]] = field(default_factory=lambda: deque(maxlen=8))

    def changed(self, began_s: float, ended_s: float, state: LampState | None) -> None:
        """The lamp was switched between two readings of the clock and then did `state`."""
        if self._spans and self._spans[-1][2] == state:
            return
        if self._spans:
            since_s, _, before = self._spans.pop()
            self._spans.append((since_s, began_s, before))
        if state is not None:
            self._spans.append((ended_s, math.inf, state))

    def throughout(self, begins_s: float, ends_s: float) -> LampState | None:
        """The one state that held during all of the time, None where there was none."""
        for since_s, until_s, state in self._spans:
            if since_s <= begins_s and ends_s <= until_s:
                return state
        return None
