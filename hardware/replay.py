"""Recorded sweeps standing in for camera and radio: a folder with a `sweep.toml`.

```toml
video = "room.mp4"          # the lens search's recording, if there is one
lamp = "lamp.json"          # the lamp's state per frame, where it is known
capture = "network.pcap"    # the network search's recording, if there is one
authority = "owner"         # by which right the network was asked
```

A replay is never a fallback: it runs only when the user names it, and its report says so.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hardware
from hardware.sensor import InputUnreadable

SAMPLES = Path(hardware.__file__).parent.parent / "samples"
"""Beside the packages in a clone, and also where the wheel puts them."""

RECIPE = "sweep.toml"
FILES = ("video", "lamp", "capture")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one folder replays; at least one of `video` and `capture` is there."""

    folder: Path
    video: Path | None = None
    lamp: Path | None = None
    capture: Path | None = None
    authority: str | None = None


def read(name: str) -> Recorded:
    """The recorded sweep in a folder, given by its path or by the bare name of a shipped sample.

    Raises `InputUnreadable` when there is no such folder or its `sweep.toml` is not as it should be.
    """
    folder = _folder(name)
    recipe = _recipe(folder)
    paths = {kind: _inside(folder, recipe[kind]) for kind in FILES if kind in recipe}
    if not {"video", "capture"} & set(paths):
        raise InputUnreadable(f"{folder / RECIPE} names neither a video nor a capture.")
    authority = recipe.get("authority")
    if authority not in (None, "owner", "guest", "official"):
        raise InputUnreadable(f"{folder / RECIPE}: authority is owner, guest or official, not {authority!r}.")
    return Recorded(folder, **paths, authority=authority)


def shipped() -> list[str]:
    """Names of the samples that came with the program."""
    return sorted(recipe.parent.name for recipe in SAMPLES.glob(f"*/{RECIPE}"))


def _folder(name: str) -> Path:
    """A path goes before a sample's name; a name with a slash in it is always a path."""
    if name and Path(name).is_dir():
        return Path(name)
    if name and Path(name).name == name and (SAMPLES / name / RECIPE).is_file():
        return SAMPLES / name
    samples = ", ".join(shipped()) or "none"
    raise InputUnreadable(f"There is no folder {name} to replay (samples that ship with the program: {samples}).")


def _recipe(folder: Path) -> dict[str, Any]:
    try:
        return tomllib.loads((folder / RECIPE).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputUnreadable(f"{folder} holds no {RECIPE} that can be read: {error.strerror}") from error
    except ValueError as error:
        raise InputUnreadable(f"{folder / RECIPE} is not valid TOML: {error}") from error


def _inside(folder: Path, name: object) -> Path:
    """A recipe names files of its own folder only: it may come from a stranger."""
    if not isinstance(name, str) or name in ("", "..") or Path(name).name != name:
        raise InputUnreadable(f"{folder / RECIPE}: {name!r} is not the name of a file in that folder.")
    return folder / name
