"""A short annotated clip and a strip of enlarged crops for each lens that was found.

The frames come from the recording, read once more, or from what a live sweep kept of itself.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from detector.model import Finding, Frame, Pixels, Still, Track
from detector.optics.search import STEADY
from detector.report import Report
from detector.strip import Moment, clip_frame, moment_of, small_of, strip
from hardware.feeds import Tell
from hardware.sensor import InputUnreadable, SensorUnavailable

MOST_CLIPS = 5
"""More findings than this are a wall of glitter; each clip is a second's work."""
REACH_FRAMES = 30
"""A second before and after, at the usual rate."""
CLIP_FPS = 15.0
"""Half speed: a glint that flashes can be followed by eye."""
DARK_SHARE = 0.95
"""A frame whose mean level is below this share of the lit one's was taken without the torch; hands and
exposure change it by less from frame to frame."""


@dataclass(frozen=True, slots=True)
class Film:
    """Clips (MP4) and strips (JPEG) by the finding's number in the report, from 1."""

    clips: Mapping[int, bytes] = field(default_factory=dict)
    strips: Mapping[int, bytes] = field(default_factory=dict)


Passing = tuple[int, Callable[[], Pixels]]
"""A frame's number, and what makes pixels of it where they are wanted."""


def film(report: Report, again: Callable[[], Iterator[Frame]] | None = None, tell: Tell | None = None) -> Film:
    """Clips and strips of the first few lenses found.

    again: reads the recording once more; without it, what the senses kept is used.  tell: hears how
    many clips there are.  Raises OSError where there is no room for a clip.
    """
    wanted = [(n, f) for n, f in enumerate(report.findings, 1) if isinstance(f.where, Track) and f.where.points][:MOST_CLIPS]
    if not wanted:
        return Film()
    passing = _kept(report) if again is None else _read(again)
    switched = any(result.coverage.examined.get("light", STEADY) != STEADY for result in report.results)
    clips: dict[int, bytes] = {}
    strips: dict[int, bytes] = {}
    for number, scene in _scenes(passing, {number: _where(finding) for number, finding in wanted}):
        finding = dict(wanted)[number]
        clips[number] = _clip(scene, number, finding)
        if (drawn := _strip(scene, _where(finding), switched=switched)) is not None:
            strips[number] = drawn
        if tell is not None:
            tell("clips of the findings", len(clips), len(wanted))
    return Film(clips, strips)


def _scenes(passing: Iterable[Passing], tracks: Mapping[int, Track]) -> Iterator[tuple[int, list[Moment]]]:
    """The moments of each finding as soon as its window is over, so that none are held for longer, and small: the
    61 frames of a window as pixels fill 380 MB at 1080p, four times that at 4K.
    """
    windows = {number: _window(track) for number, track in tracks.items()}
    waiting: dict[int, list[Moment]] = {number: [] for number in windows}
    for frame, whole in passing:
        for number in [n for n in waiting if frame > windows[n][1]]:
            scene = waiting.pop(number)
            if len(scene) >= 2:
                yield number, scene
        if wanted := [number for number in waiting if windows[number][0] <= frame]:
            pixels = whole()
            small = small_of(pixels)
            for number in wanted:
                waiting[number].append(moment_of(frame, pixels, small, tracks[number]))
        if not waiting:
            return
    yield from ((number, scene) for number, scene in waiting.items() if len(scene) >= 2)


def _where(finding: Finding) -> Track:
    assert isinstance(finding.where, Track)  # noqa: S101  # only tracks are filmed
    return finding.where


def _window(track: Track) -> tuple[int, int]:
    """First and last frame of the two seconds in which it was seen most often."""
    frames = np.array([point[0] for point in track.points])
    seen = [int(((frames >= f - REACH_FRAMES) & (frames <= f + REACH_FRAMES)).sum()) for f in frames]
    best = np.flatnonzero(np.array(seen) == max(seen))
    middle = int(frames[best[len(best) // 2]])
    return middle - REACH_FRAMES, middle + REACH_FRAMES


def _clip(scene: Sequence[Moment], number: int, finding: Finding) -> bytes:
    frames = (clip_frame(moment, _where(finding), number, alarm=finding.alarm) for moment in scene)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        from hardware.codec import write_video  # noqa: PLC0415 -- a sweep of the network never needs it

        write_video(path, frames, CLIP_FPS, lean=True)
        return path.read_bytes()


def _strip(scene: Sequence[Moment], track: Track, *, switched: bool) -> bytes | None:
    seen = {point[0] for point in track.points}
    lit = max(scene, key=lambda moment: (moment.level, moment.mean))
    # the glint was missing there and the whole picture was darker; where only the glint was missing, the angle had changed
    off = [moment for moment in scene if moment.frame not in seen and moment.mean < DARK_SHARE * lit.mean]
    unlit = min(off if switched else [], key=lambda moment: abs(moment.frame - lit.frame), default=None)
    return strip(lit, unlit, track)


def _read(again: Callable[[], Iterator[Frame]]) -> Iterator[Passing]:
    """The frames of a recording; one that breaks off has been told of in the report already."""
    try:
        for frame in again():
            yield frame.index, partial(_whole, frame)
    except (SensorUnavailable, InputUnreadable):
        return


def _kept(report: Report) -> Iterator[Passing]:
    """The frames that the senses kept, in order."""
    stills: list[Still] = sorted({s.frame: s for result in report.results for s in result.footage}.values(), key=lambda s: s.frame)
    for still in stills:
        if (pixels := _pixels(still)) is not None:
            yield still.frame, partial(_given, pixels)


def _whole(frame: Frame) -> Pixels:
    return frame.pixels


def _given(pixels: Pixels) -> Pixels:
    return pixels


def _pixels(still: Still) -> Pixels | None:
    pixels = cv2.imdecode(np.frombuffer(still.jpeg, np.uint8), cv2.IMREAD_UNCHANGED)
    return None if pixels is None else np.asarray(pixels, np.uint8)
