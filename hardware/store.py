"""Sweeps on disk: a folder with the report in three forms, its pictures and their hashes.

Whole or not at all: everything is written beside, forced to the disk and only then renamed into
place, the manifest last.  An earlier report in the same folder is moved to `earlier/` before the
sweep begins, so that a sweep that fails never leaves another one's verdict lying where its own
should be.  Every function raises OSError where the disk does not take it.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detector.report import Report
    from hardware.clips import Film

MANIFEST = "manifest.json"
OURS = ("report.json", "report.html", "report.txt", "pictures", "clips", MANIFEST)


def prepare_folder(folder: Path) -> None:
    """Make the folder, and set an earlier report in it aside."""
    folder.mkdir(parents=True, exist_ok=True)
    old = [folder / name for name in OURS if (folder / name).exists()]
    if not old:
        return
    (folder / "earlier").mkdir(exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=_when(folder), dir=folder / "earlier"))
    aside.chmod(0o755)
    for path in old:
        path.rename(aside / path.name)


def prepare_file(path: Path) -> None:
    """Remove what an earlier run left in a file that this one will write.

    Raises FileExistsError for a file that holds anything but a report of ours: a slip of the
    fingers must not cost somebody the video that is to be searched.
    """
    if not path.is_file():
        return
    with path.open("rb") as stream:
        head = stream.read(200)
    if head and b'"schema": "roomsweep' not in head:
        raise FileExistsError(errno.EEXIST, "it is there already and is no report, so it was left alone")
    if not path.is_symlink():
        path.unlink()


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files of a report, as `files_of` makes them, into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".partial-", dir=folder))
    try:
        for name, data in files.items():
            _write(beside / name, data)
        prepare_folder(folder)  # another sweep may have ended here meanwhile: its report is kept like an earlier one
        for name in OURS:
            if (beside / name).exists():
                (beside / name).replace(folder / name)
    except OSError:
        for name in OURS:
            _remove(folder / name)
        raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def write_json(path: Path, text: str) -> None:
    """Write JSON to a file, whole or not at all; to a device or pipe as it comes.

    Raises FileExistsError as `prepare_file` does.
    """
    prepare_file(path)
    data = text.encode("utf-8")
    if path.exists() and not path.is_file():
        with path.open("wb") as stream:
            stream.write(data)
        return
    target = path.resolve()
    beside = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        _write(beside, data)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def files_of(report: Report, film: Film | None = None) -> Mapping[str, bytes]:
    """Every file of a report's folder by its name: `report.json`, `.html`, `.txt`, `pictures/`,
    `clips/`, and last `manifest.json` with the hashes of the others.
    """
    from detector.report import as_html, as_json, as_text, illustrate  # noqa: PLC0415 -- a folder is seldom asked for

    clips, strips = (film.clips, film.strips) if film is not None else ({}, {})
    names = {number: f"clips/finding-{number}.mp4" for number in clips}
    drawn = replace(illustrate(report), strips=strips, clips=names)
    pictures = {f"frame-{frame:06d}.jpg": jpeg for frame, jpeg in drawn.stills.items()}
    pictures |= {f"finding-{number}.jpg": jpeg for number, jpeg in drawn.crops.items()}
    pictures |= {f"finding-{number}-strip.jpg": jpeg for number, jpeg in strips.items()}
    if drawn.mosaic is not None:
        pictures["swept.jpg"] = drawn.mosaic
    files = {
        "report.json": as_json(report).encode("utf-8"),
        "report.html": as_html(report, drawn).encode("utf-8"),
        "report.txt": as_text(report).encode("utf-8"),
    } | {f"pictures/{name}": jpeg for name, jpeg in pictures.items()}
    files |= {names[number]: clip for number, clip in clips.items()}
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    manifest = {"schema": "roomsweep-manifest/1", "tool": report.tool, "started_utc": report.started_utc, "sha256": hashes}
    return files | {MANIFEST: (json.dumps(manifest, indent=1) + "\n").encode("utf-8")}


def _write(path: Path, data: bytes) -> None:
    """Write and force to the disk: a full one may say so only then."""
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _when(folder: Path) -> str:
    """When the report in a folder was started, as the beginning of a file name; empty if it does not say."""
    try:
        started = str(json.loads((folder / "report.json").read_text(encoding="utf-8"))["started_utc"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return "".join(c for c in started if c.isalnum() or c == "-")[:20] + "-"
