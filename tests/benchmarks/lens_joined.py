"""Clips of several rooms cut end to end: `python -m tests.benchmarks.lens_joined FOLDER [CLIPS [DARK]]`.

The clips in FOLDER that have their truth beside them (of `lens_moved`, `lens_drawn` or others), CLIPS (5) to a film,
with DARK (0) frames of darkness between them.  Those of one seed follow each other, so that the next room is always
another one.  Three-state light is left out: a film has one lamp file or none.  The rules of scoring are those of
`clip_truth`, a lens being in sight where it is by the rule of its own clip; `lens_drawn FOLDER` scores the same clips one by one.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # numpy reads it once, when it is imported

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from detector.model import Frame, Track
from detector.optics.search import LensSearch
from tests.benchmarks.clip_truth import ClipTruth, Score
from tests.benchmarks.lens_drawn import clips_of, frames_of

FPS = 30.0
NOISE = 2.0
"""Grey levels, of a camera that looks into the dark."""
APART = 1000
"""Between the numbers of the lenses of two clips."""


def by_seed(folder: Path) -> list[Path]:
    """The clips in which nobody says what the lamp does, room after room."""
    untold = [clip for clip in clips_of(folder, []) if not clip.with_suffix(".lamp.json").exists()]
    return sorted(untold, key=lambda clip: clip.stem.split("-")[::-1])


def pictures(clips: Sequence[Path], dark: int) -> Iterator[Any]:
    """The pictures of a film."""
    rng = np.random.default_rng(1)
    for clip in clips:
        for frame in frames_of(clip):
            yield frame.picture
        for _ in range(dark):
            yield np.clip(rng.normal(6.0, NOISE, (*frame.pixels.shape[:2], 3)), 0, 255).astype(np.uint8)


def truth_of(clips: Sequence[Path], dark: int) -> ClipTruth:
    """The truth of a film, its frames and lenses numbered on."""
    told: list[dict[str, Any]] = []
    in_sight = set[int]()
    for number, clip in enumerate(clips):
        alone = ClipTruth.beside(clip)
        in_sight |= {APART * number + lens for lens in alone.in_sight}
        for entry in alone.told["per_frame"]:
            lenses = [lens | {"id": APART * number + lens["id"]} for lens in entry["lenses"]]
            told.append(entry | {"frame": len(told), "lenses": lenses})
        told += [{"frame": len(told) + i, "lenses": [], "confounders": []} for i in range(dark)]
    truth = ClipTruth({"mode": "strobe", "per_frame": told})
    truth.in_sight = in_sight
    return truth


def main() -> None:
    cv2.setNumThreads(1)
    many = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    dark = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    total = Score()
    every = by_seed(Path(sys.argv[1]))
    for clips in (every[first : first + many] for first in range(0, len(every), many)):
        looking = LensSearch(pictures=False)
        for number, picture in enumerate(pictures(clips, dark)):
            looking.add(Frame(picture, number, number / FPS))
        before = (total.sight, total.found, len(total.false))
        findings = looking.finish().findings
        total.add(truth_of(clips, dark), [(f.where.points, f.probability, f.alarm) for f in findings if isinstance(f.where, Track)])
        sight, found, falsely = (after - was for after, was in zip((total.sight, total.found, len(total.false)), before, strict=True))
        print(f"{', '.join(clip.stem for clip in clips)}: {found} of {sight} lenses alarm, {falsely} false", flush=True)
    print(f"{total.clips} films: {total.found} of {total.sight} lenses alarm, {len(total.false)} false alarms, {total.wrongly_shown} shown wrongly")
    print("False alarms by what they stood on:", dict(Counter(total.false).most_common()))


if __name__ == "__main__":
    main()
