"""The eye of a live sweep: whichever camera this machine has, and the lamp if there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing

from detector.model import Frame, Gap
from hardware.cycle import Cycle
from hardware.lamp import Lamp
from hardware.sensor import LiveCamera, SensorUnavailable, Unavailable


class LiveEye:
    """The first of several cameras that is there, its frames labelled by the lamp: a `FrameSource`.

    A camera that is there but busy, or not allowed, is not passed over: whoever plugged it in wants
    to know.  When none is there, the last one's `SensorUnavailable` says so.  After iteration
    `coverage_limits` holds what the camera could not lock, `examined` the frames that were dropped.
    """

    replay = False

    def __init__(self, cameras: Sequence[LiveCamera], lamp: Callable[[], Lamp]) -> None:
        self.name = cameras[-1].name
        self.expected_frames: int | None = None
        self.gaps: list[Gap] = []
        self.coverage_limits: list[str] = []
        self.examined: Mapping[str, float | int | str] = {}
        self._cameras, self._lamp = cameras, lamp

    def frames(self) -> Iterator[Frame]:
        """Frames as they come in; lamp and camera are let go of when the iterator ends or is closed."""
        with closing(self._lamp()) as lamp:
            for camera in self._cameras[:-1]:
                try:
                    yield from self._through(camera, lamp)
                except SensorUnavailable as error:
                    if error.reason not in {Unavailable.NO_DEVICE, Unavailable.NOT_SUPPORTED}:
                        raise
                else:
                    return
            yield from self._through(self._cameras[-1], lamp)

    def _through(self, camera: LiveCamera, lamp: Lamp) -> Iterator[Frame]:
        cycle = Cycle(camera, lamp)
        self.name, self.expected_frames = camera.name, cycle.expected_frames
        try:
            yield from cycle.frames()
        finally:
            self.coverage_limits = list(getattr(camera, "notes", ()))
            if cycle.dropped:
                self.examined = {"frames_dropped_while_the_lamp_changed": cycle.dropped}
