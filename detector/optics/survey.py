"""All that a sweep keeps of itself so as to say afterwards what it would have found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from detector.model import Finding, LampState, SenseResult, Still, Track
from detector.optics import charts
from detector.optics.advice import Adviser
from detector.optics.bursts import BurstKeeper
from detector.optics.completeness import assess
from detector.optics.logbook import Logbook, LogLimits
from detector.optics.motion import Motion
from detector.optics.population import Assumed
from detector.optics.view import View

STEADY = (
    "The light never switched, so that the room's own light was taken for the torch's: in a lit room fewer lenses "
    "would have shown than is said. Look again in the dark, or switch the torch."
)
TOO_SHORT = "What a lens would have shown was not measured: too little was kept of so short a sweep."
FILMED = 5
"""Findings of which the frames are kept for a clip."""


@dataclass(frozen=True, slots=True)
class SurveyLimits:
    """What is kept for pictures."""

    clip_frames: int = 30
    """A second before and after the frame in the middle of where a glint was seen."""


class Survey:
    """Takes in the frames of a sweep beside the search, in bounded memory; draws nothing without `pictures`."""

    def __init__(self, assumed: Assumed | None = None, limits: SurveyLimits | None = None, *, pictures: bool = True) -> None:
        self._assumed = assumed or Assumed()
        self._limits = limits or SurveyLimits()
        self._pictures = pictures
        self._bursts = BurstKeeper()
        self._log = Logbook(LogLimits() if pictures else LogLimits(pictures=0.0))
        self._adviser = Adviser()

    def expect(self, frames: int | None) -> None:
        """Told before the first frame how many will come, where that is known."""
        if frames is not None:
            self._bursts.expect(frames)

    @property
    def advice(self) -> str:
        """What the person with the torch can do better now; empty when all is well."""
        return self._adviser.says

    def add(self, number: int, view: View, motion: Motion, *, searched: bool = True) -> None:
        """Takes in the next frame, which its source numbers `number`; not `searched` where it was only glanced at."""
        self._bursts.add(self._log.frames, number, view.luma, motion, searched=searched)
        self._log.add(view, motion)
        self._adviser.add(view, motion)

    def completed(self, result: SenseResult, states: Sequence[LampState | None]) -> SenseResult:
        """The result of the search with what it would have found, the mosaic, and frames for clips."""
        told, drawn = assess(self._bursts.runs(), self._log, states, self._assumed)
        extra = (TOO_SHORT,) if told is None else () if any(states) else (STEADY,)
        known = replace(result, coverage=replace(result.coverage, completeness=told, limits=(*result.coverage.limits, *extra)))
        if not self._pictures:
            return known
        return replace(known, footage=self._footage(result.findings), mosaic=charts.draw(drawn, told.says if told else ""))

    def _footage(self, findings: Sequence[Finding]) -> tuple[Still, ...]:
        middles = [f.where.points[len(f.where.points) // 2][0] for f in findings[:FILMED] if isinstance(f.where, Track) and f.where.points]
        return self._bursts.stills(middles, self._limits.clip_frames)
