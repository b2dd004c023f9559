"""Draws the samples' videos and truths anew: `python -m samples.draw [--check] [SAMPLE ...]`.

`--check` writes nothing: it draws the truths again and compares them, and a few pictures, with what
ships.  Video files may differ in their bytes from one encoder to another; their pictures hardly do.
Run `samples.record_talk` first where the captures are to be new as well.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from detector.synthetic import LensPlan, Room, RoomPlan, draw_plan
from hardware.codec import write_video
from hardware.video import VideoFile

HERE = Path(__file__).parent
QUALITY = 21
"""x264's constant rate factor: glints of one pixel survive, and a sample stays below a megabyte."""
LIKENESS_GREY = 4.0
"""Mean difference in grey levels that coding at this quality may leave."""


def plan_of(recipe: Mapping[str, Any]) -> RoomPlan:
    """The plan that a sample's recipe speaks of."""
    lenses = tuple(LensPlan(**{**lens, "tint": tuple(lens["tint"])}) for lens in recipe["lens"])
    words: dict[str, Any] = {key: recipe[key] for key in ("kind", "mode", "ambient", "motion", "frames")}
    given: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in recipe["plan"].items()
    }
    return replace(draw_plan(recipe["seed"], **words), strobe_hz=None, **given, lenses=lenses)


def draw(name: str, recipe: Mapping[str, Any]) -> None:
    """Writes a sample's video, truths and recipe for the replay."""
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    room = Room(plan_of(recipe))
    write_video(folder / "room.mp4", (frame.pixels for frame in room.frames()), room.plan.fps, QUALITY)
    truth = room.truth()
    (folder / "room.json").write_text(json.dumps(truth, separators=(",", ":")) + "\n", encoding="utf-8")
    files = ["room.mp4", "room.json", "network.pcap"]
    if room.plan.mode == "three":
        states = {"states": [entry["lamp"] for entry in truth["per_frame"]]}
        (folder / "room.lamp.json").write_text(json.dumps(states) + "\n", encoding="utf-8")
        files.append("room.lamp.json")
    (folder / "sweep.toml").write_text(_sweep(recipe, files), encoding="utf-8")
    (folder / "truth.toml").write_text(_truth(name, recipe, truth, files), encoding="utf-8")


def _sweep(recipe: Mapping[str, Any], files: list[str]) -> str:
    lines = [f"# {recipe['says']}", 'video = "room.mp4"', 'capture = "network.pcap"']
    lines += ['lamp = "room.lamp.json"'] if "room.lamp.json" in files else []
    return "\n".join([*lines, f'authority = "{recipe["authority"]}"', ""])


def _truth(name: str, recipe: Mapping[str, Any], truth: Mapping[str, Any], files: list[str]) -> str:
    lines = [f'says = "{recipe["says"]}"', 'frames = "room.json"', "", "[expected]"]
    lines += [f'{key} = "{value}"' for key, value in recipe["expected"].items()]
    for lens in truth["lenses"]:
        at = next(spot for spot in truth["per_frame"][0]["lenses"] if spot["id"] == lens["id"])
        lines += ["", "[[lens]]", f"id = {lens['id']}", f'host = "{lens["host"]}"']
        lines += [f"aperture_mm = {lens['aperture_mm']}", f"first_seen_px = [{at['x']}, {at['y']}]"]
    for device in recipe["device"]:
        lines += ["", "[[device]]", *(f'{key} = "{value}"' for key, value in device.items())]
    lines += ["", "[origin]", f'video = "drawn by python -m samples.draw {name}, seed {recipe["seed"]}"']
    lines += [
        'network = "recorded by python -m samples.record_talk in network namespaces; all MACs are made up"'
    ]
    lines += [f'version = "roomsweep {_version()}"', 'license = "MIT"', "", "[sha256]"]
    lines += [f'"{file}" = "{sha256(HERE / name / file)}"' for file in files]
    return "\n".join([*lines, ""])


def _version() -> str:
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def sha256(path: Path) -> str:
    """Hash of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check(name: str, recipe: Mapping[str, Any], every: int = 50) -> list[str]:
    """What differs between a sample as shipped and as drawn now; every so many pictures are compared."""
    room = Room(plan_of(recipe))
    shipped = json.loads((HERE / name / "room.json").read_text(encoding="utf-8"))
    faults = [] if _alike(json.loads(json.dumps(room.truth())), shipped) else [f"{name}: the truth differs"]
    for frame in islice(VideoFile(HERE / name / "room.mp4").frames(), 0, None, every):
        apart = float(np.abs(frame.pixels.astype(float) - room.pixels(frame.index)).mean())
        if apart > LIKENESS_GREY:
            faults.append(f"{name}: picture {frame.index} differs by {apart:.1f} grey levels")
    return faults


def _alike(one: Any, other: Any) -> bool:
    """Whether a truth of today tells all that the shipped one tells, but for the last digit of numbers,
    which another processor may round differently; it may tell more of a lens than was told then.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() >= other.keys() and all(_alike(one[key], other[key]) for key in other)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, float) and isinstance(other, float | int):
        return abs(one - other) <= 0.011 + 1e-4 * abs(other)
    return bool(one == other)


def recipes() -> dict[str, dict[str, Any]]:
    """All samples by name."""
    return tomllib.loads((HERE / "recipes.toml").read_text(encoding="utf-8"))


def main(words: list[str]) -> int:
    """0 when all was drawn, or nothing differs."""
    parser = argparse.ArgumentParser(prog="python -m samples.draw", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with what ships, write nothing")
    parser.add_argument("samples", nargs="*", metavar="SAMPLE")
    wanted = parser.parse_args(words)
    faults: list[str] = []
    for name in wanted.samples or recipes():
        if wanted.check:
            faults += check(name, recipes()[name])
        else:
            draw(name, recipes()[name])
        print(name, "compared" if wanted.check else "drawn")  # noqa: T201  # a program's output
    print(*faults, sep="\n", end="\n" if faults else "")  # noqa: T201
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
