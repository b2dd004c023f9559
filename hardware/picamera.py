"""The only file that knows Picamera2: the Raspberry Pi's own camera, exposure and gain locked."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from detector.model import Frame, Pixels
from hardware.sensor import Exposed, SensorUnavailable, Unavailable


@dataclass(frozen=True, slots=True)
class PiLimits:
    """How the camera is driven."""

    exposure_us: int = 2000  # a white wall by the ring's light at 2 to 5 %, so that glints stand out
    gain: float = 1.0  # the sensor's quietest
    frame_us: int = 33_333
    settling_frames: int = 8  # controls take the buffers in flight and 3 or 4 frames more to hold
    wait_s: float = 3.0  # a ribbon that came loose gives no frame and no error
    stamp_age_s: float = 2.0  # a stamp older than this, or of the future, is of another clock
    margin_s: float = 0.002  # for a lamp's driver and LED to follow its pin


class PiCamera:
    """The grey picture of a Raspberry Pi camera, (h, w) with 0 to 255 as black to saturation.

    number: which camera, as libcamera counts.  seconds: how long to look, None until the caller
    stops.  size: (width, height).  Times are those of the sensor, on the monotonic clock.

    `frames` raises `SensorUnavailable`: NOT_SUPPORTED without Picamera2, NO_DEVICE without a
    camera, BUSY before the first frame, LOST when it stops.  `notes` says afterwards which controls
    the camera did not take.
    """

    replay = False

    def __init__(
        self,
        number: int = 0,
        seconds: float | None = None,
        size: tuple[int, int] = (1280, 720),
        *,
        limits: PiLimits = PiLimits(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = f"Raspberry Pi camera {number}"
        self.notes: tuple[str, ...] = ()
        self.expected_frames = None if seconds is None else round(seconds * 1e6 / limits.frame_us)
        self._number, self._seconds, self._size = number, seconds, size
        self._limits, self._clock = limits, clock

    def frames(self) -> Iterator[Frame]:
        """Frames as they come in; the camera is closed when the iterator ends or is closed."""
        for exposed in self.exposures():
            yield exposed.frame

    def exposures(self) -> Iterator[Exposed]:
        """Frames with the time in which their rows were exposed."""
        camera = self._open(_picamera2())
        try:
            self._start(camera)
            yield from self._stream(camera)
        finally:
            camera.close()

    def _open(self, picamera2: Any) -> Any:
        if self._number >= len(picamera2.global_camera_info()):
            says = f"There is no Raspberry Pi camera {self._number}: please check its ribbon, then `rpicam-hello --list-cameras`."
            raise SensorUnavailable(Unavailable.NO_DEVICE, says)
        try:
            return picamera2(self._number)
        except RuntimeError as error:
            says = f"Raspberry Pi camera {self._number} cannot be opened: another program is probably using it; please close that one."
            raise SensorUnavailable(Unavailable.BUSY, says) from error

    def _start(self, camera: Any) -> None:
        limits = self._limits
        wanted = {
            "AeEnable": False,
            "AwbEnable": False,
            "ExposureTime": limits.exposure_us,
            "AnalogueGain": limits.gain,
            "FrameDurationLimits": (limits.frame_us, limits.frame_us),
        }
        # A camera without colour has no white balance, and says so by not listing it.
        controls = {name: value for name, value in wanted.items() if name in camera.camera_controls}
        missing = ", ".join(name for name in wanted if name not in controls and name != "AwbEnable")
        self.notes = (f"The camera does not let {missing} be set; faint glints may be lost when it adapts.",) if missing else ()
        # The preview configuration is the one whose YUV spans 0 to 255; that of video stops at 235.
        main = {"format": "YUV420", "size": self._size}
        try:
            camera.configure(camera.create_preview_configuration(main=main, controls=controls))
            camera.start()
        except RuntimeError as error:
            raise SensorUnavailable(Unavailable.BUSY, f"{self.name} cannot be started: {error}.") from error

    def _stream(self, camera: Any) -> Iterator[Exposed]:
        width, height = camera.camera_configuration()["main"]["size"]
        for index in range(self._limits.settling_frames):
            self._capture(camera, -index)
        end_s = float("inf") if self._seconds is None else self._clock() + self._seconds
        index = 0
        while self._clock() < end_s:
            picture, told = self._capture(camera, index)
            # Rows may be padded on the right; below the grey rows lie those of colour.
            yield self._exposed(np.ascontiguousarray(picture[:height, :width]), told, index)
            index += 1

    def _capture(self, camera: Any, index: int) -> tuple[Pixels, Mapping[str, Any]]:
        """A picture with the padding that it has, (3 h / 2, stride), and what the camera says of it."""
        try:
            with camera.captured_request(wait=self._limits.wait_s) as request:
                return request.make_array("main"), request.get_metadata()
        except (RuntimeError, TimeoutError) as error:
            after = f"after {index} frames" if index > 0 else "before the first frame"
            reason = Unavailable.LOST if index > 0 else Unavailable.BUSY
            raise SensorUnavailable(reason, f"{self.name} stopped {after}.") from error

    def _exposed(self, pixels: Pixels, told: Mapping[str, Any], index: int) -> Exposed:
        arrived_s = self._clock()
        exposure_s = told.get("ExposureTime", self._limits.frame_us) / 1e6
        frame_s = told.get("FrameDuration", self._limits.frame_us) / 1e6
        stamp_s = told.get("SensorTimestamp", 0) / 1e9
        if not stamp_s <= arrived_s < stamp_s + self._limits.stamp_age_s:
            # Another clock: all that is left is that it came through the queue of four just now.
            stamp_s = arrived_s - 4 * frame_s
            return Exposed(Frame(pixels, index, arrived_s), stamp_s - exposure_s - frame_s, arrived_s)
        # The stamp is the end of the first row's exposure or its beginning: libcamera's text and its
        # maintainer disagree.  The time runs from before the one to after the other.
        begins_s = stamp_s - exposure_s - self._limits.margin_s
        ends_s = stamp_s + exposure_s + frame_s + self._limits.margin_s
        return Exposed(Frame(pixels, index, stamp_s), begins_s, min(ends_s, arrived_s))


def _picamera2() -> Any:
    """The class `Picamera2`, imported only now: it exists on a Raspberry Pi alone."""
    try:
        return importlib.import_module("picamera2").Picamera2
    except ImportError as error:
        says = (
            f"The Raspberry Pi camera needs {error.name or 'Picamera2'}: `sudo apt install python3-picamera2 "
            "--no-install-recommends` and a venv made by /usr/bin/python3 with --system-site-packages."
        )
        raise SensorUnavailable(Unavailable.NOT_SUPPORTED, says) from error
    except ValueError as error:
        # "numpy.dtype size changed": the OS package was built for the OS's numpy (picamera2 #1211).
        says = "Picamera2 does not fit this venv's numpy: run `pip install --force-reinstall simplejpeg` in it."
        raise SensorUnavailable(Unavailable.NOT_SUPPORTED, says) from error
