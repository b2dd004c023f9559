"""What a sense must offer, whether live or recorded, and how it says that it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from detector.model import Frame, Packet, Sighting


class Unavailable(StrEnum):
    """Why a sensor gave nothing, for programs to read."""

    NO_DEVICE = "no device"
    NO_PERMISSION = "no permission"
    BUSY = "busy"
    NOT_SUPPORTED = "not supported"
    NO_NETWORK = "no network"
    LOST = "lost"
    """It worked and then stopped; what came before is kept."""
    CUT_SHORT = "cut short"
    """A recording ends in the middle; what came before is kept."""


class SensorUnavailable(RuntimeError):
    """A live sensor cannot be used, or stopped in the middle; becomes a gap in coverage."""

    def __init__(self, reason: Unavailable, says: str) -> None:
        super().__init__(says)
        self.reason = reason
        self.says = says


class InputUnreadable(ValueError):
    """A recording that the user named cannot be read at all; the message is one line."""


def named_file(path: Path) -> Path:
    """The path itself, if it is a file with anything in it; else `InputUnreadable` says why not."""
    try:
        if path.is_dir():
            raise InputUnreadable(f"{path.name} is a folder, not a file.")
        if not path.exists():
            raise InputUnreadable(f"There is no file {path}.")
        if not path.is_file():
            raise InputUnreadable(f"{path.name} is a device or a pipe, not a file.")
        if path.stat().st_size == 0:
            raise InputUnreadable(f"{path.name} is empty.")
    except PermissionError as error:
        raise InputUnreadable(f"{path.name} may not be read: permission denied.") from error
    except OSError as error:
        raise InputUnreadable(f"{path.name[:40]} cannot be read: {error.strerror}.") from error
    return path


class FrameSource(Protocol):
    """A camera, or a recording of one.

    Iterating may raise `SensorUnavailable` at any point: before the first frame when the sensor
    cannot be opened, later when it stops.  What was handed out before stays valid.
    """

    name: str
    replay: bool
    expected_frames: int | None

    def frames(self) -> Iterator[Frame]:
        """Frames in order; releases the sensor when exhausted or closed."""
        ...


class PacketSource(Protocol):
    """A network interface listened to, or a capture file of one; same rules as `FrameSource`."""

    name: str
    replay: bool

    def packets(self) -> Iterator[Packet]:
        """Packets in the order in which they were heard."""
        ...


class SightingSource(Protocol):
    """Something that asks the network and hands back facts; same rules as `FrameSource`."""

    name: str

    def sightings(self) -> Iterator[Sighting]:
        """Facts as they come in."""
        ...


@dataclass(frozen=True, slots=True)
class Exposed:
    """A frame, and the time on the monotonic clock outside of which no row of it was exposed."""

    frame: Frame
    begins_s: float
    ends_s: float


class LiveCamera(FrameSource, Protocol):
    """A camera that also tells when its frames were exposed, so that a lamp can be told by them."""

    def exposures(self) -> Iterator[Exposed]:
        """The frames that `frames` gives, each with its time of exposure."""
        ...
