"""Pictures and folders of pictures, and the lamp file that may go with frames."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import get_args

import cv2
import numpy as np

from detector.model import Frame, LampState
from hardware.sensor import InputUnreadable, SensorUnavailable, Unavailable, named_file

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp"})
"""What cameras and tools write and every OpenCV wheel reads."""

FOREIGN = frozenset({".heic", ".heif", ".avif", ".jxl", ".jp2", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2"})
"""What telephones and cameras may write instead, and not every wheel reads as they meant it."""

_STEP_S = 1.0
"""Pictures in a folder carry no common clock; a second apart keeps their order."""


def read_picture(path: Path, index: int = 0) -> Frame:
    """One picture as shown to a person (EXIF orientation applied), (h, w, 3) BGR, 8 bits.

    Raises `InputUnreadable` for anything that is not a picture OpenCV can decode.
    """
    data = _bytes_of(path)
    if path.suffix.lower() in FOREIGN:
        kind = path.suffix[1:].upper()
        raise InputUnreadable(f"{path.name} is a picture in {kind}, which is not read here; please convert it to JPEG or PNG first.")
    try:
        # COLOR also takes transparency away, makes three channels of one and 8 bits of 16.
        with quiet_opencv():
            pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise InputUnreadable(f"{path.name} is a picture too large or too broken to decode.") from error
    if pixels is None:
        raise InputUnreadable(f"{path.name} is not a picture that can be read.")
    return Frame(np.asarray(pixels, np.uint8), index, index * _STEP_S)


class PictureFolder:
    """The pictures of one folder in the order of their names, 2 before 10, as a source of frames.

    lamp_states: one state for each picture in that order.  A frame's index is its picture's place
    in the folder; `at_s` only counts, a second apart.

    Raises `InputUnreadable` at once for a folder without one picture that can be read, or when
    `lamp_states` tells of another number.  A picture that cannot be read, or of another size than
    the first, is left out; `frames` then ends in `SensorUnavailable(CUT_SHORT)` naming it.
    """

    replay = True

    def __init__(self, path: Path, lamp_states: Sequence[LampState] | None = None) -> None:
        self.name = path.name
        self._paths = _pictures_in(path)
        self.expected_frames: int | None = len(self._paths)
        if lamp_states is not None and len(lamp_states) != len(self._paths):
            raise InputUnreadable(
                f"The lamp file tells of {len(lamp_states)} frames, {self.name} holds {len(self._paths)} pictures."
            )
        self._states = lamp_states
        self._shape = self._first_shape()

    def frames(self) -> Iterator[Frame]:
        """Pictures in order, each decoded when it is asked for."""
        refused: list[str] = []
        for index, path in enumerate(self._paths):
            try:
                frame = self._read(path, index)
            except InputUnreadable as unreadable:
                refused.append(str(unreadable))
                continue
            yield frame
        if refused:
            more = f" So were {len(refused) - 1} more." if len(refused) > 1 else ""
            says = f"{len(refused)} of {len(self._paths)} pictures were left out: {refused[0]}{more}"
            raise SensorUnavailable(Unavailable.CUT_SHORT, says)

    def _read(self, path: Path, index: int) -> Frame:
        frame = read_picture(path, index)
        if frame.pixels.shape != self._shape:
            (h, w), (height, width) = frame.pixels.shape[:2], self._shape[:2]
            raise InputUnreadable(f"{path.name} is {w} x {h} pixels, where the first is {width} x {height}.")
        return frame if self._states is None else replace(frame, lamp=self._states[index])

    def _first_shape(self) -> tuple[int, ...]:
        refused: list[str] = []
        for path in self._paths:
            try:
                return read_picture(path).pixels.shape
            except InputUnreadable as unreadable:
                refused.append(str(unreadable))
        raise InputUnreadable(f"None of the {len(self._paths)} pictures in {self.name} can be read: {refused[0]}")


def read_lamp_states(path: Path) -> tuple[LampState, ...]:
    """The lamp's state for each frame from `{"states": ["on-axis", "off-axis", "dark", ...]}`.

    Whether there is one for each frame is asked by the source that they are for.  Raises
    `InputUnreadable` for anything else.
    """
    known: Mapping[str, LampState] = {word: word for word in get_args(LampState)}
    text = _bytes_of(path)
    try:
        states = json.loads(text)["states"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise InputUnreadable(f'{path.name} is not a lamp file: it should hold {{"states": [...]}}.') from error
    if not isinstance(states, list) or not states:
        raise InputUnreadable(f"{path.name} is not a lamp file: its states are not a list with anything in it.")
    for index, state in enumerate(states):
        if not isinstance(state, str) or state not in known:
            words = ", ".join(known)
            raise InputUnreadable(f"{path.name}: state {index} is {state!r:.40}, which is none of {words}.")
    return tuple(known[state] for state in states)


@contextmanager
def quiet_opencv() -> Iterator[None]:
    """Keeps OpenCV from complaining to the terminal where our own sentence says it."""
    logging = cv2.utils.logging
    level = logging.getLogLevel()
    logging.setLogLevel(logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        logging.setLogLevel(level)


def _bytes_of(path: Path) -> bytes:
    try:
        return named_file(path).read_bytes()
    except PermissionError as error:
        raise InputUnreadable(f"{path.name} may not be read: permission denied.") from error
    except OSError as error:
        raise InputUnreadable(f"{path.name} cannot be read: {error.strerror}.") from error


def _pictures_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise InputUnreadable(f"There is no folder {folder}.")
    try:
        paths = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES | FOREIGN and not path.name.startswith(".")]
    except PermissionError as error:
        raise InputUnreadable(f"{folder.name} may not be read: permission denied.") from error
    if not paths:
        raise InputUnreadable(f"{folder.name} holds no pictures (looked for {', '.join(sorted(SUFFIXES))}).")
    # a raw picture beside the JPEG of the same shot is no loss
    read = {path.stem for path in paths if path.suffix.lower() in SUFFIXES}
    return sorted((path for path in paths if path.suffix.lower() in SUFFIXES or path.stem not in read), key=_natural)


def _natural(path: Path) -> tuple[list[tuple[int, str]], str]:
    """Sorts numbers within names by value: text sorts as (0, text), a number as (value, "")."""
    parts = re.split(r"(\d+)", path.name.lower())
    return [(int(part), "") if part.isdecimal() else (0, part) for part in parts], path.name
