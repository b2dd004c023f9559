"""The shared clips seen otherwise: `python -m tests.benchmarks.lens_varied FOLDER [WAY ...]`.

Each clip is mirrored, turned upside down or by a right angle, run backwards, moved by half a pixel, made lighter or darker in its middle
tones, noisier, or coded more coarsely, and scored as by `lens_drawn`.  None of that changes what is a lens, so that a judgement that
changes with it stood on chance: eighteen clips say how well their thirteen lenses are found, these say how surely.
`coded anew` changes nothing else.  Clips are kept in FOLDER with their truth.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # numpy reads it once, when it is imported

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.codec import write_video
from hardware.video import VideoFile
from tests.benchmarks.clip_truth import ClipTruth
from tests.benchmarks.lens_drawn import Table, search

CLIPS = Path(__file__).parent.parent.parent.parent / "shared/data/clips"
QUALITY, COARSE = 23, 30
GRAIN = 2.5
"""Standard deviation in grey levels."""
GAMMAS = {"lighter": 0.85, "darker": 1.2}
Pixels = NDArray[np.uint8]
Truth = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Way:
    """What becomes of a picture, and of a place in a picture of so many px across and down."""

    picture: Callable[[Pixels], Pixels] = lambda picture: picture
    place: Callable[[float, float, int, int], tuple[float, float]] = lambda x, y, width, height: (x, y)
    backwards: bool = False
    quality: int = QUALITY


def toned(gamma: float) -> Callable[[Pixels], Pixels]:
    curve = np.rint(255.0 * (np.arange(256) / 255.0) ** gamma).astype(np.uint8)
    return lambda picture: np.asarray(cv2.LUT(picture, curve), np.uint8)


def moved(picture: Pixels) -> Pixels:
    """Half a pixel to the right and down."""
    way = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5]])
    size = (picture.shape[1], picture.shape[0])
    return np.asarray(cv2.warpAffine(picture, way, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def grainy(picture: Pixels) -> Pixels:
    grain = np.random.default_rng(int(picture[::16, ::16].sum())).normal(0.0, GRAIN, picture.shape[:2])
    return np.clip(picture + grain[..., None], 0, 255).astype(np.uint8)


WAYS = {
    "coded anew": Way(),
    "mirrored": Way(lambda picture: picture[:, ::-1], lambda x, y, width, height: (width - 1 - x, y)),
    "upside down": Way(lambda picture: picture[::-1], lambda x, y, width, height: (x, height - 1 - y)),
    "turned": Way(lambda picture: np.rot90(picture, -1), lambda x, y, width, height: (height - 1 - y, x)),
    "backwards": Way(backwards=True),
    "mirrored and backwards": Way(lambda picture: picture[:, ::-1], lambda x, y, width, height: (width - 1 - x, y), backwards=True),
    "half a pixel aside": Way(moved, lambda x, y, width, height: (x + 0.5, y + 0.5)),
    **{name: Way(toned(gamma)) for name, gamma in GAMMAS.items()},
    "grainy": Way(grainy),
    "coded coarsely": Way(quality=COARSE),
}


def varied(name: str, how: str, folder: Path) -> Path:
    """A shared clip seen in one of the `WAYS`, made where the folder does not hold it; the truth last, as a sign that all is there."""
    out, way = folder / f"{name}-{how.replace(' ', '-')}.mp4", WAYS[how]
    if out.with_suffix(".json").exists():
        return out
    folder.mkdir(parents=True, exist_ok=True)
    truth = json.loads((CLIPS / f"{name}.json").read_text(encoding="utf-8"))
    frames = [frame.pixels for frame in VideoFile(CLIPS / f"{name}.mp4", threads=1).frames()]
    order = frames[::-1] if way.backwards else frames
    write_video(out, (np.ascontiguousarray(way.picture(frame)) for frame in order), truth["fps"], way.quality)
    lamp = (CLIPS / name).with_suffix(".lamp.json")
    if lamp.exists():
        states = json.loads(lamp.read_text(encoding="utf-8"))["states"]
        out.with_suffix(".lamp.json").write_text(json.dumps({"states": states[::-1] if way.backwards else states}), encoding="utf-8")
    out.with_suffix(".json").write_text(json.dumps(_seen(truth, way, len(frames))), encoding="utf-8")
    return out


def _seen(truth: Truth, way: Way, frames: int) -> Truth:
    """The truth of a clip that is seen so."""
    for entry in truth["per_frame"]:
        entry["frame"] = frames - 1 - entry["frame"] if way.backwards else entry["frame"]
        for thing in entry["lenses"] + entry["confounders"]:
            thing["x"], thing["y"] = way.place(thing["x"], thing["y"], truth["width"], truth["height"])
    truth["per_frame"].sort(key=lambda entry: entry["frame"])
    return truth


def clips(folder: Path, ways: Sequence[str]) -> Iterator[Path]:
    names = sorted(path.stem for path in CLIPS.glob("*.mp4"))
    yield from (varied(name, how, folder) for how in ways for name in names)


def main() -> None:
    cv2.setNumThreads(1)
    table = Table()
    for clip in clips(Path(sys.argv[1]), sys.argv[2:] or tuple(WAYS)):
        findings, judged = search(clip)
        table.add(clip.stem, ClipTruth.beside(clip), findings, judged)
    table.show()


if __name__ == "__main__":
    main()
