"""The only file that opens a webcam through OpenCV."""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.model import Frame
from hardware.pictures import quiet_opencv
from hardware.sensor import Exposed, SensorUnavailable, Unavailable


@dataclass(frozen=True, slots=True)
class CameraLimits:
    """What is assumed of a webcam that tells little about itself."""

    settling_frames: int = 5  # the first pictures after opening still show how the driver set itself up
    queue_frames: int = 4  # V4L2 through OpenCV keeps four buffers; a picture may have waited in each
    frame_s: float = 1 / 30  # where the driver tells no rate
    stamp_age_s: float = 2.0  # a stamp older than this, or of the future, is of another clock
    margin_s: float = 0.002  # for a lamp's driver and LED to follow its pin


class Capture(Protocol):
    """The calls of `cv2.VideoCapture` that are used."""

    def isOpened(self) -> bool: ...  # noqa: D102, N802
    def read(self) -> tuple[bool, NDArray[np.uint8] | None]: ...  # noqa: D102
    def set(self, prop: int, value: float) -> bool: ...  # noqa: D102
    def get(self, prop: int) -> float: ...  # noqa: D102
    def release(self) -> None: ...  # noqa: D102


class Camera:
    """A webcam: frames BGR, timed by the monotonic clock; exposure, gain and white balance locked.

    index: as OpenCV counts, on Linux the number of /dev/video.  seconds: how long to look, None
    until the caller stops.  size: (width, height) to ask for; the driver may give another.
    exposure: in the driver's own units, None keeps what it has chosen by then.

    `frames` raises `SensorUnavailable`: NO_DEVICE, NO_PERMISSION or BUSY before the first frame,
    LOST when the stream stops.  `notes` says afterwards what could not be locked.
    """

    replay = False

    def __init__(
        self,
        index: int,
        seconds: float | None = None,
        size: tuple[int, int] = (1280, 720),
        exposure: float | None = None,
        *,
        limits: CameraLimits = CameraLimits(),
        opened: Callable[[int], Capture] | None = None,
        clock: Callable[[], float] = time.monotonic,
        devices: Path = Path("/dev"),
    ) -> None:
        self.name = f"camera {index}"
        self.notes: tuple[str, ...] = ()
        self.expected_frames = None if seconds is None else round(seconds / limits.frame_s)
        self._index, self._seconds, self._size, self._exposure = index, seconds, size, exposure
        self._limits, self._clock, self._devices = limits, clock, devices
        self._opened = opened or _opened_by_opencv

    def frames(self) -> Iterator[Frame]:
        """Frames as they come in; the camera is released when the iterator ends or is closed."""
        for exposed in self.exposures():
            yield exposed.frame

    def exposures(self) -> Iterator[Exposed]:
        """Frames with the widest time in which they can have been exposed."""
        self._check_device()
        capture = self._open()
        try:
            self.notes = _lock(capture, self._exposure)
            frame_s = 1.0 / capture.get(cv2.CAP_PROP_FPS) if capture.get(cv2.CAP_PROP_FPS) > 0 else self._limits.frame_s
            yield from self._stream(capture, frame_s)
        finally:
            capture.release()

    def _stream(self, capture: Capture, frame_s: float) -> Iterator[Exposed]:
        arrivals: deque[float] = deque([self._clock()], maxlen=self._limits.queue_frames + 1)
        for _ in range(self._limits.settling_frames):
            self._read(capture, 0)
            arrivals.append(self._clock())
        end_s = float("inf") if self._seconds is None else self._clock() + self._seconds
        index = 0
        while (arrived_s := self._clock()) < end_s:
            pixels = self._read(capture, index)
            arrived_s = self._clock()
            stamp_s = self._stamp_s(capture, arrived_s)
            # Drivers stamp the start or the end of a picture; exposure and readout take a frame each.
            begins_s = (arrivals[0] if stamp_s is None else stamp_s) - 2 * frame_s - self._limits.margin_s
            at_s = arrived_s if stamp_s is None else stamp_s
            yield Exposed(Frame(pixels, index, at_s), begins_s, arrived_s)
            arrivals.append(arrived_s)
            index += 1

    def _read(self, capture: Capture, index: int) -> NDArray[np.uint8]:
        came, pixels = capture.read()
        if came and pixels is not None:
            return pixels
        if index:
            raise SensorUnavailable(Unavailable.LOST, f"Camera {self._index} stopped after {index} frames.")
        raise SensorUnavailable(
            Unavailable.BUSY,
            f"Camera {self._index} gives no picture: another program is probably using it; please close that one.",
        )

    def _stamp_s(self, capture: Capture, now_s: float) -> float | None:
        """When the kernel says that the picture was taken, if it says so on our clock."""
        stamp_s = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0
        return stamp_s if 0.0 < stamp_s <= now_s < stamp_s + self._limits.stamp_age_s else None

    def _check_device(self) -> None:
        """Linux tells the reasons apart better than OpenCV, which only says no."""
        device = self._devices / f"video{self._index}"
        if not sys.platform.startswith("linux"):
            return
        if not device.exists():
            raise SensorUnavailable(
                Unavailable.NO_DEVICE,
                f"There is no camera {self._index} ({device} does not exist): please plug one in or name another.",
            )
        if not os.access(device, os.R_OK | os.W_OK):
            raise SensorUnavailable(
                Unavailable.NO_PERMISSION,
                f"You may not use {device}: run `sudo usermod -aG video $USER` and log in again.",
            )

    def _open(self) -> Capture:
        with quiet_opencv():
            capture = self._opened(self._index)
        if not capture.isOpened():
            capture.release()
            if sys.platform.startswith("linux"):
                says = "another program is using it, or it is the part of a camera that gives no pictures (try the next number)"
                raise SensorUnavailable(Unavailable.BUSY, f"Camera {self._index} cannot be opened: {says}.")
            says = "none is plugged in, another program is using it, or the privacy settings keep this terminal from it"
            raise SensorUnavailable(Unavailable.NO_DEVICE, f"Camera {self._index} cannot be opened: {says}.")
        width, height = self._size
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
        return capture


def _opened_by_opencv(index: int) -> Capture:
    return cast("Capture", cv2.VideoCapture(index))


def opencv_fault(module: object = cv2) -> str | None:
    """A sentence for the person when OpenCV is installed and yet not there, else None.

    Where opencv-python and opencv-python-headless were both installed and one was removed, what
    is left is a `cv2` with nothing in it.
    """
    if hasattr(module, "__version__") and hasattr(module, "imdecode"):
        return None
    return (
        "OpenCV is installed but empty, as happens when one of its two packages was removed after both had been "
        "installed: run `pip uninstall -y opencv-python opencv-python-headless` "
        "and then `pip install opencv-python-headless`."
    )


def _lock(capture: Capture, exposure: float | None) -> tuple[str, ...]:
    """Switch the automatics off and hold what they had reached; tells what the driver refused."""
    reached = {prop: capture.get(prop) for prop in (cv2.CAP_PROP_EXPOSURE, cv2.CAP_PROP_GAIN, cv2.CAP_PROP_WB_TEMPERATURE)}
    if exposure is not None:
        reached[cv2.CAP_PROP_EXPOSURE] = exposure
    # V4L2's words for manual; the other systems' drivers take a quarter for it (opencv #9738).
    manual = 1.0 if sys.platform.startswith("linux") else 0.25
    exposed = capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, manual) and _held(capture, cv2.CAP_PROP_EXPOSURE, reached)
    balanced = capture.set(cv2.CAP_PROP_AUTO_WB, 0.0) and _held(capture, cv2.CAP_PROP_WB_TEMPERATURE, reached)
    held = {"exposure": exposed, "gain": _held(capture, cv2.CAP_PROP_GAIN, reached), "white balance": balanced}
    return tuple(f"The camera's {what} could not be locked; faint glints may be lost when it adapts." for what, is_held in held.items() if not is_held)


def _held(capture: Capture, prop: int, reached: dict[int, float]) -> bool:
    return capture.set(prop, reached[prop]) and abs(capture.get(prop) - reached[prop]) <= 0.01 * abs(reached[prop])
