"""A known lens, looked at on purpose: can this camera with this torch see one at all?"""

from __future__ import annotations

from dataclasses import dataclass

from detector.model import Completeness, Finding, SenseResult, Track
from detector.optics.advice import near_words

HOW = (
    "Lay the room dark, hold or stand an old phone 1 m away with its front camera towards you and its screen off, "
    "hold the torch close beside your camera, and film it for five seconds while you move slowly from side to side."
)


@dataclass(frozen=True, slots=True)
class SelfTest:
    """`passed` true when the known lens was found; `says` the lines for the person."""

    passed: bool
    says: tuple[str, ...]


def judge(result: SenseResult) -> SelfTest:
    """What a search over a video of a known lens shows of camera and torch."""
    found = [f for f in result.findings if isinstance(f.where, Track)]
    if not result.coverage.checked or not result.coverage.examined.get("frames"):
        return SelfTest(False, ("Nothing could be tested: no frames came.", HOW))
    if not found:
        return SelfTest(False, ("No lens was seen, so this camera and torch have not shown that they can see one.", *_remedies(result), HOW))
    best = max(found, key=lambda f: (f.alarm, f.probability))
    return SelfTest(True, (_seen(best), *_others(found), *_rest(result.coverage.completeness)))


def _seen(best: Finding) -> str:
    """The finding in a sentence."""
    assert isinstance(best.where, Track)  # noqa: S101  # chosen so
    frame, x, y = best.where.points[len(best.where.points) // 2]
    how = "This camera and torch can see a lens" if best.alarm else "This camera and torch can see a lens, though only just: it would be shown without an alarm"
    return f"{how}. It was seen at x {x:.0f}, y {y:.0f} of frame {frame}, in {len(best.where.points)} frames, with a probability of {round(100 * best.probability)} %."


def _others(found: list[Finding]) -> list[str]:
    if len(found) == 1:
        return []
    return [f"{len(found) - 1} more glints were shown: make sure that the one named is your lens, and that nothing glossy stands beside it."]


def _rest(completeness: Completeness | None) -> list[str]:
    if completeness is None:
        return []
    reach = completeness.nearest_m, completeness.farthest_m
    if reach[0] is None:
        return [completeness.says]
    return [f"With light like this, lenses show best from {reach[0]:g} to {reach[1]:g} m. {completeness.says}"]


def _remedies(result: SenseResult) -> list[str]:
    """What most likely stood in the way, in the order in which to try it."""
    completeness = result.coverage.completeness
    left_out = {} if completeness is None else dict(completeness.left_out)
    remedies = []
    if left_out.get("too dark", 0.0) > 0.3:
        remedies.append("Most of the picture is too dark: use a stronger light or go nearer.")
    if left_out.get("over-exposed", 0.0) > 0.3:
        remedies.append("Most of the picture is over-exposed: lower the exposure or step back.")
    if left_out.get("passed too quickly", 0.0) > 0.3:
        remedies.append("The picture moved too fast: move more slowly.")
    if result.refused.counts.get("level", 0) + result.refused.counts.get("faint", 0) > 0:
        remedies.append("Glints were seen, but too faint: bring the torch closer to the camera's lens. " + near_words())
    else:
        remedies.append("Bring the torch closer to the camera's lens. " + near_words())
    return remedies
