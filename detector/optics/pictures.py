"""One lit picture, or a lit and an unlit one -> candidates, and what cannot be known from so little.

Nothing here ever alarms: a picture shows no change with the angle of view, so that a lens cannot be
told from a dome or a drop; from tape only where the tape is broader than any pupil.  The brightness
used is the least of the three channels: what the flash sends straight back is white, leaves and
indicator lights are not.  In a dark exposure it is the greatest: a ring light may have a colour.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.model import (
    Coverage,
    Finding,
    Frame,
    Gap,
    Pixels,
    Refused,
    SenseResult,
    Still,
    Track,
    probability_of,
)
from detector.optics import glint, lens, photometry
from detector.optics.broad import TAPE, TAPE_OR_LAMP, brightness, is_broad, surfaces
from detector.optics.conclude import NEXT_LOOK
from detector.optics.facts import Facts
from detector.optics.gathering import hue_of
from detector.optics.registration import Registration, register
from detector.optics.stills import encode
from detector.optics.view import look


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """What counts as a candidate in still pictures."""

    work_width_px: int = 2400
    """Phone pictures carry no more detail than this; sharpening and JPEG fill the rest."""
    sizes: tuple[int, ...] = (1, 2)
    """Shrunk once more, so that near and over-exposed glints are still spots."""
    least_score: float = 5.0
    clutter: float = 2.0
    noise: float = 3.0
    """A spot must gain this many times (noise + clutter x the usual stand-out around it): in foliage
    or on a pattern a single bright dot means little."""
    clutter_px: int = 81
    window_px: int = 5
    """How far a hand-held pair may be off after its parts were laid over each other, both ways together: measured below
    0.6 px each way for 19 of 20 corners; leaves that moved pay by the clutter of the difference."""
    gain_score: float = 4.5
    gain_clutter: float = 2.0
    gain_noise: float = 1.0
    gain_px: int = 161
    """The same of what a picture gains over the unlit one: `clutter` weighs the unlit picture's stand-out
    and this one the difference's, which is what leaves in the wind leave."""
    most: int = 40
    show_at: float = 0.06
    """Pictures cannot tell what a video does, so that what is left of the doubt is shown earlier."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    x: float
    y: float
    score: float
    facts: Facts
    broad: bool


FULL_SIZE = glint.GlintLimits(halved_from_px=1_000_000, most=300)
"""There is time for one picture; half-size search is for video."""
ALL_GAINS = glint.GlintLimits(halved_from_px=1_000_000, per_tile=30, most=4000, least_contrast=6.0)
"""What two pictures share is gone from their difference: marks that stand close need no more be let go."""
LIMITS_OF_ONE = "From one picture a reflection cannot be told from a lamp, nor a lens from a screw or a drop: take one without light, or a video."
LIMITS_OF_PAIR = "A pair of pictures tells reflections from lamps, but not a lens from tape, a dome or a drop: a video from moving places does."


def judge_pictures(lit: Frame, unlit: Frame | None = None, limits: PictureLimits | None = None) -> SenseResult:
    """Candidates in a lit picture, against an unlit one of the same scene if there is one."""
    limits = limits or PictureLimits()
    same = unlit is None or unlit.pixels.shape[:2] == lit.pixels.shape[:2]
    lies = register(lit.pixels, unlit.pixels, _work_shrink(lit.pixels, limits)) if unlit is not None and same else None
    mixed_up = _mixed_up(lit.pixels, unlit.pixels) if unlit is not None and same else None
    usable = lies is not None
    candidates = _candidates(lit.pixels, unlit.pixels if unlit is not None else None, lies, limits)
    findings, refused = _sorted_out(candidates, _surfaces(lit.pixels, limits), lit.index, limits.show_at)
    return SenseResult(
        coverage=_coverage(lit, unlit, usable=usable, mixed_up=mixed_up),
        findings=findings,
        refused=refused,
        stills=(Still(lit.index, encode(lit.pixels)),),
    )


def _mixed_up(lit: Pixels, unlit: Pixels) -> Gap | None:
    """What is wrong with a pair that shows no light the less in its second picture."""
    if np.array_equal(lit, unlit):
        return Gap("one picture twice", "Both pictures are the same: nothing can be told from a pair of them.", fatal=True)
    if float(unlit.mean()) > BRIGHTER * float(lit.mean()):
        return Gap("wrong order", "The second picture is the brighter one: give the one with the light on first.", fatal=True)
    return None


BRIGHTER = 1.1
"""By less, clouds and exposure control may do it."""


def _coverage(lit: Frame, unlit: Frame | None, *, usable: bool, mixed_up: Gap | None) -> Coverage:
    gaps: tuple[Gap, ...] = () if mixed_up is None else (mixed_up,)
    if unlit is not None and not usable:
        gaps += (Gap("not aligned", "The unlit picture could not be laid over the lit one: only the lit one was used."),)
    return Coverage(
        sense="lens",
        examined={"pictures": 2 if usable else 1, "picture": f"{lit.pixels.shape[1]} x {lit.pixels.shape[0]} px"},
        gaps=gaps,
        limits=(LIMITS_OF_PAIR if usable else LIMITS_OF_ONE,),
    )


def _candidates(lit: Pixels, unlit: Pixels | None, lies: Registration | None, limits: PictureLimits) -> list[_Candidate]:
    base = _work_shrink(lit, limits)
    found = [candidate for size in limits.sizes for candidate in _at_size(lit, unlit, lies, base * size, limits)]
    found.sort(key=lambda candidate: -candidate.score)
    kept: list[_Candidate] = []
    for candidate in found:
        if all(np.hypot(candidate.x - other.x, candidate.y - other.y) > 8 * base for other in kept):
            kept.append(candidate)
    return kept[: limits.most]


@dataclass(frozen=True, slots=True)
class _Scored:
    """Spots of one picture at one size, how far each exceeds what is usual about it, and of the unlit
    picture there the stand-out and the surroundings' share of the lit ones.
    """

    spots: glint.Spots
    score: NDArray[np.float32]
    dark_level: NDArray[np.float32]
    dimming: NDArray[np.float32]


def _at_size(lit: Pixels, unlit: Pixels | None, lies: Registration | None, shrink: int, limits: PictureLimits) -> list[_Candidate]:
    small = _shrunk(lit, shrink)
    view = look(small)
    plane = brightness(small)
    seen = lies.laid_over(_shrunk(unlit, shrink), shrink, small.shape) if unlit is not None and lies is not None else None
    paired = seen is not None
    found = _gains(small, seen, limits) if seen is not None else _alone(small, limits)
    best = np.argsort(-found.score, kind="stable")[: limits.most]
    best = best[found.score[best] >= (limits.gain_score if paired else limits.least_score)]
    spots = found.spots
    glints = photometry.measure(photometry.cut(view, spots.peaks[best]))
    return [
        _Candidate(
            float(spots.x[i] * shrink), float(spots.y[i] * shrink), float(found.score[i]),
            _facts(glints, j, float(spots.level[i]), (float(found.dark_level[i]), float(found.dimming[i])) if paired else None),
            is_broad(plane, spots.peaks[i]),
        )
        for j, i in enumerate(best)
    ]  # fmt: skip


def _alone(small: Pixels, limits: PictureLimits) -> _Scored:
    """Spots of a lit picture against what stands out about them."""
    white = brightness(small)
    spots = glint.find(white, FULL_SIZE)
    score = spots.level / (limits.noise + limits.clutter * _usual(_standout(white), spots, limits.clutter_px))
    nothing = np.zeros(len(spots), np.float32)
    return _Scored(spots, score, nothing, nothing)


def _gains(small: Pixels, unlit: Pixels, limits: PictureLimits) -> _Scored:
    """Spots of what a lit picture has over the brightest of the unlit one about the same place."""
    white, before = brightness(small), brightness(unlit)
    window = np.ones((limits.window_px, limits.window_px), np.uint8)
    gain = np.asarray(cv2.subtract(white, cv2.dilate(before, window)), np.uint8)
    spots = glint.find(gain, ALL_GAINS)
    column, row = spots.peaks.T
    texture, change = _standout(before), cv2.GaussianBlur(spots.standout.top, (3, 3), 0)
    of_texture, of_change = (_usual(each.astype(np.float32), spots, limits.gain_px) for each in (texture, change))
    around = cv2.blur(look(unlit).luma, (51, 51))[row, column] / np.maximum(cv2.blur(look(small).luma, (51, 51))[row, column], 1)
    score = np.asarray(spots.level / (limits.gain_noise + limits.clutter * of_texture + limits.gain_clutter * of_change), np.float32)
    return _Scored(spots, score, cv2.dilate(texture, window)[row, column].astype(np.float32), around.astype(np.float32))


def _usual(standout: NDArray[np.uint8] | NDArray[np.float32], spots: glint.Spots, side_px: int) -> NDArray[np.float32]:
    """Mean stand-out about each spot, in grey levels."""
    return np.asarray(cv2.blur(standout, (side_px, side_px))[spots.peaks[:, 1], spots.peaks[:, 0]], np.float32)


def _facts(glints: photometry.Glints, row: int, level: float, dark: tuple[float, float] | None) -> Facts:
    """Facts of one look; `dark` is the unlit level and the dimming of the surroundings, if known."""
    tint = glints.tint[row]
    dark_level, dimming = dark or (0.0, 0.0)
    return Facts(
        lit=1, seen=1, dark=int(dark is not None), off_axis=0, level=level, dark_level=dark_level, off_share=0.0, dimming=dimming,
        swing=1.0, smooth=0.0, flux_swing=1.0, flux_smooth=0.0, travel=0.0, peak=float(glints.peak[row]), flux=float(glints.flux[row]), core=float(glints.core[row]), width=float(glints.width[row]),
        long=float(glints.long[row]), floor=float(glints.floor[row]), ring=float(glints.ring[row]), far=float(glints.far[row]), through=float(glints.through[row]), moat=float(glints.moat[row]),
        rough=float(glints.rough[row]), beside=999.0, flashers=0, crowd=1.0, drift=float("nan"),
        tint=float((tint.max() - tint.min()) / max(tint.max(), 1.0)), tint_level=float(tint.max()), hue=hue_of(tint),
    )  # fmt: skip


def _sorted_out(
    candidates: list[_Candidate], broad: list[tuple[float, float]], frame: int, show_at: float
) -> tuple[tuple[Finding, ...], Refused]:
    findings: list[Finding] = []
    examples = [(TAPE_OR_LAMP, Track(((frame, round(x, 2), round(y, 2)),))) for x, y in broad]
    for candidate in candidates:
        where = Track(((frame, round(candidate.x, 2), round(candidate.y, 2)),))
        verdict = lens.judge(candidate.facts)
        probability = probability_of(lens.PRIOR, {reason.kind: reason.weight for reason in verdict.reasons})
        if candidate.broad:
            examples.append((TAPE if candidate.facts.dark else TAPE_OR_LAMP, where))
        elif probability >= show_at:
            probability = min(probability, lens.ALARM_AT - 0.01)  # no picture can carry an alarm
            findings.append(Finding(where, False, round(probability, 3), verdict.reasons, NEXT_LOOK))
        else:
            examples.append((verdict.against, where))
    counts = {kind: sum(k == kind for k, _ in examples) for kind, _ in examples}
    return tuple(sorted(findings, key=lambda finding: -finding.probability)), Refused(counts, tuple(examples))


def _standout(white: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """How far each pixel stands above its line openings, smoothed; (h, w) grey levels."""
    top = glint.find(white, FULL_SIZE).standout.top
    return np.asarray(cv2.GaussianBlur(cv2.GaussianBlur(top, (3, 3), 0), (3, 3), 0), np.uint8)


def _surfaces(lit: Pixels, limits: PictureLimits) -> list[tuple[float, float]]:
    """Places of what is too broad to stand out as a spot."""
    shrink = _work_shrink(lit, limits)
    return [(x * shrink, y * shrink) for x, y in surfaces(_shrunk(lit, shrink), FULL_SIZE.opening_px)[: limits.most]]


def _work_shrink(pixels: Pixels, limits: PictureLimits) -> int:
    width: int = pixels.shape[1]
    return max(1, round(width / limits.work_width_px))


def _shrunk(pixels: Pixels, times: int) -> Pixels:
    if times == 1:
        return pixels
    return np.asarray(cv2.resize(pixels, None, fx=1 / times, fy=1 / times, interpolation=cv2.INTER_AREA), np.uint8)
