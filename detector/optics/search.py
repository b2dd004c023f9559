"""The lens half of a sweep: frames in, one after another, findings out.

    frame -> pacing -> motion.add -> glint.find -> track.add -> (tracks that ended) -> facts -> lens.judge

Memory does not grow with the length of the video: of tracks that ended only the promising and what stands
around them keep their rows, some `most_kept` of them; of the pictures a few are kept for the report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from detector.model import Coverage, Frame, Gap, LampState, Refused, SenseResult, Track
from detector.optics import glint, lens
from detector.optics.advice import near_words
from detector.optics.conclude import conclude, not_worth_judging, sort_out
from detector.optics.join import join
from detector.optics.legs import Wayfinder, elsewhere, set_apart
from detector.optics.lighting import LightMeter
from detector.optics.live_tracks import TrackLimits
from detector.optics.motion import Motion, MotionEstimator
from detector.optics.off_axis import USUAL_RINGS, Rings
from detector.optics.pacing import Due, Pacer
from detector.optics.recognition import Sight
from detector.optics.rolling import HalfLit
from detector.optics.rows import Rows
from detector.optics.shortlist import shortlisted
from detector.optics.stills import StillKeeper
from detector.optics.survey import Survey
from detector.optics.track import Tracker
from detector.optics.view import View, look


@dataclass(frozen=True, slots=True)
class SearchLimits:
    """Bounds of a whole search."""

    glints: glint.GlintLimits = field(default_factory=glint.GlintLimits)
    most_kept: int = 250
    """Ended tracks kept for judgement, and up to four times as many for a while.  A room shows a few dozen."""
    most_examples: int = 40
    """Refused tracks that the report shows the place of."""
    smallest_px: int = 240
    """Longer side below which a pixel covers more than a centimetre of what is two metres away."""
    fewest_frames: int = 10
    """A third of a second of video: below that no track can be judged."""


LIMITS_OF_THE_METHOD = (
    f"A lens shows only within about 10 degrees of the direction it looks in. {near_words()}",
    "What was never in the picture, was covered, or was lit too weakly was not checked.",
)


class LensSearch:
    """Finds lenses in the frames that it is handed, in order, from one camera.

    With a `survey` the result also tells what would have been found.  `rings` says where the lamps of
    three-state light stood and how far away what they lit was, where somebody knows.  Without `pictures` it has none
    for a report to show: keeping them takes a fortieth of the time.
    """

    def __init__(
        self, limits: SearchLimits | None = None, survey: Survey | None = None, rings: Rings = USUAL_RINGS, *, pictures: bool = True
    ) -> None:  # fmt: skip
        self._limits = limits or SearchLimits()
        self._survey = survey
        self._rings = rings
        self._finder = glint.Finder(self._limits.glints)
        self._motion = MotionEstimator()
        self._way = Wayfinder()
        self._tracker = Tracker(TrackLimits(fewest_seen=lens.FEWEST_SIGHTINGS))
        self._light = LightMeter()
        self._pacer = Pacer()
        self._stills = StillKeeper() if pictures else None
        self._lamp: list[LampState | None] = []
        self._numbers: list[int] = []
        self._kept: list[Rows] = []
        self._refused: Counter[str] = Counter()
        self._guessed = 0
        self._fast = 0
        self._times: tuple[float, float] | None = None
        self._size = (0, 0)
        self._buffers: tuple[NDArray[np.uint8] | None, NDArray[np.uint8] | None] = (None, None)

    def add(self, frame: Frame) -> None:
        """Takes in the next frame; its index must be above those before."""
        self._times = (self._times[0] if self._times else frame.at_s, frame.at_s)
        for due in self._pacer.due(frame):
            self._search(due)

    @property
    def at_ease(self) -> bool:
        """Whether every second frame would be let by just now: a source need not decode it."""
        return self._pacer.at_ease

    def _search(self, due: Due) -> None:
        """Follows the room from light to light, and glances at dark frames in between."""
        view = look(due.frame.picture, self._buffers[0])
        *between, motion = self._motion.add(view, sum(due.steps)).shared_out(due.steps)
        for frame, step in zip(due.dark, between, strict=True):
            dark = look(frame.picture, self._buffers[1])
            self._tracker.glance(len(self._lamp), dark, self._finder.standout(dark.luma, dark.small), step)
            self._note(frame, dark, step, searched=False)
        self._way.add(len(self._lamp), Sight(self._motion.picture, motion.to_room @ np.diag([1 / view.scale, 1 / view.scale, 1.0])), measured=motion.measured)
        self._tracker.add(len(self._lamp), view, self._finder.find(view.luma, view.small), motion)
        self._note(due.frame, view, motion, searched=True)
        self._pacer.searched(due.frame, self._light.change, motion, view.luma.shape[1])
        if self._buffers[0] is None:
            self._buffers = (np.empty_like(view.luma), np.empty_like(view.luma))

    def _note(self, frame: Frame, view: View, motion: Motion, *, searched: bool) -> None:
        """Everything that is kept of a frame beside the tracks."""
        self._light.add(view, motion)
        if self._survey is not None:
            self._survey.add(frame.index, view, motion, searched=searched)
        if searched and self._stills is not None:
            self._stills.add(frame, float(view.tiny.mean()))
        self._lamp.append(frame.lamp)
        self._numbers.append(frame.index)
        self._guessed += not motion.measured
        self._fast += motion.speed_px > view.luma.shape[1] / 40
        self._size = (view.luma.shape[1], view.luma.shape[0])
        self._keep(self._tracker.retired())

    def finish(self) -> SenseResult:
        """Judges everything seen; call once, after the last frame."""
        for due in self._pacer.rest():
            self._search(due)
        self._keep(self._tracker.finish())
        states = self._states()
        tracks = join(set_apart(self._kept, self._way.legs))
        findings, examples = sort_out(conclude(tracks, states, self._numbers, self._rings))
        flickers = Counter({"a flicker": self._tracker.flickers, "level": self._tracker.marks})
        refused = self._refused + flickers + Counter(kind for kind, _ in examples)
        result = SenseResult(
            coverage=self._coverage(states),
            findings=findings,
            refused=Refused(dict(refused.most_common()), examples[: self._limits.most_examples]),
            stills=() if self._stills is None else self._stills.kept([finding.where for finding in findings if isinstance(finding.where, Track)]),
        )
        return result if self._survey is None else self._survey.completed(result, states)

    def _states(self) -> Sequence[LampState | None]:
        """The lamp's states as told, else as found out."""
        return tuple(self._lamp) if any(self._lamp) else self._light.states(elsewhere(self._way.legs))

    def _keep(self, ended: Iterable[Rows]) -> None:
        for rows in ended:
            refusal = not_worth_judging(rows)
            if refusal:
                self._refused[refusal] += 1
            else:
                self._kept.append(rows)
        if len(self._kept) > 4 * self._limits.most_kept:
            placed = set_apart(self._kept, self._way.legs)
            self._kept, refused = shortlisted(self._kept, placed, self._states(), self._limits.most_kept)
            self._refused.update(refused)

    def _coverage(self, states: Sequence[LampState | None]) -> Coverage:
        return Coverage(
            sense="lens",
            examined={
                "frames": len(self._lamp) + self._pacer.let_by,
                "frames let by": self._pacer.let_by,
                "dark frames only glanced at": self._pacer.dark,
                "seconds": round(self._times[1] - self._times[0], 2) if self._times else 0.0,
                "picture": f"{self._size[0]} x {self._size[1]} px",
                "light": light_words(states),
                **({"half-lit frames": states.half_lit} if isinstance(states, HalfLit) else {}),
                "frames with uncertain motion": self._guessed,
                "frames moved too fast": self._fast,
            },
            gaps=self._gaps(),
            limits=LIMITS_OF_THE_METHOD,
        )

    def _gaps(self) -> tuple[Gap, ...]:
        if len(self._lamp) < self._limits.fewest_frames:
            says = f"Only {len(self._lamp)} frame{'' if len(self._lamp) == 1 else 's'}: too few to tell a lens from another glint."
            return (Gap("too short", says, fatal=not self._lamp),)
        if max(self._size) < self._limits.smallest_px:
            return (Gap("too small", f"A picture of {self._size[0]} x {self._size[1]} px is too small: what a lens returns is lost in it.", fatal=True),)
        if self._guessed > len(self._lamp) // 2:
            return (Gap("no motion", "The camera's motion could not be followed in most frames: too dark, too fast or no texture."),)
        return ()


STEADY = "steady"


def light_words(states: Sequence[LampState | None]) -> str:
    """How the room was lit, in words for the report."""
    lit, off, dark = (states.count(state) for state in ("on-axis", "off-axis", "dark"))
    if not lit + off + dark:
        return STEADY
    aside = f", {off} from aside" if off else ""
    return f"switched: {lit} frames lit{aside}, {dark} dark"
