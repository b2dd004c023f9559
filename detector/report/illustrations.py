"""The pictures that a report shows: as few stills as show every finding, and a crop of every lens.

What draws them is imported where there is something to draw: most reports of the network have no picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from detector.model import Still, Track
from detector.report.record import Report

MOST_STILLS = 6  # a page of a few MB opens on a phone


@dataclass(frozen=True, slots=True)
class Illustrations:
    """Annotated stills by frame, and crops by the finding's number in the report (from 1)."""

    stills: Mapping[int, bytes]
    crops: Mapping[int, bytes]
    strips: Mapping[int, bytes] = field(default_factory=dict)
    """Lit and unlit crops side by side with the path, by the finding's number."""
    clips: Mapping[int, str] = field(default_factory=dict)
    """Where the clip of a finding lies, seen from the report."""
    mosaic: bytes | None = None


def illustrate(report: Report) -> Illustrations:
    """Draw the report's pictures; JPEG bytes.  A still that cannot be decoded is left out."""
    mosaic = next((result.mosaic for result in report.results if result.mosaic is not None), None)
    if not report.stills:
        return Illustrations({}, {}, mosaic=mosaic)
    from detector import picture  # noqa: PLC0415

    lenses = {n: f.where for n, f in enumerate(report.findings, 1) if isinstance(f.where, Track)}
    best = {number: picture.best_still(report.stills, track) for number, track in lenses.items()}
    wanted = _fewest(report.stills, list(lenses.values())) or report.stills[:1]
    annotated = {still.frame: _annotated(report, still) for still in wanted[:MOST_STILLS]}
    crops = {number: _crop(still, lenses[number]) for number, still in best.items() if still is not None}
    return Illustrations(
        {frame: jpeg for frame, jpeg in sorted(annotated.items()) if jpeg is not None},
        {number: jpeg for number, jpeg in crops.items() if jpeg is not None},
        mosaic=mosaic,
    )


def _fewest(stills: Sequence[Still], tracks: Sequence[Track]) -> list[Still]:
    """Stills that together show every track that any of them shows, the most telling first."""
    from detector import picture  # noqa: PLC0415

    shown = {still: {n for n, track in enumerate(tracks) if picture.place_at(track, still.frame)} for still in stills}
    lit = {still: sum(still.frame in {p[0] for p in track.points} for track in tracks) for still in stills}
    left, chosen = set().union(*shown.values()), []
    while left:
        best = max(stills, key=lambda still: (len(shown[still] & left), lit[still]))
        chosen.append(best)
        left -= shown[best]
    return chosen


def _annotated(report: Report, still: Still) -> bytes | None:
    from detector import picture  # noqa: PLC0415

    places = [(f.where, n, f.alarm) for n, f in enumerate(report.findings, 1) if isinstance(f.where, Track)]
    refused = [(track, None, False) for result in report.results for _, track in result.refused.examples]
    marks = [
        picture.Mark(*place, number, alarm)
        for track, number, alarm in [*places, *refused]
        if (place := picture.place_at(track, still.frame)) is not None
    ]
    return picture.annotate(still, marks)


def _crop(still: Still, track: Track) -> bytes | None:
    from detector import picture  # noqa: PLC0415

    place = picture.place_at(track, still.frame)
    return None if place is None else picture.crop(still, *place)
