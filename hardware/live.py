"""The eye and the ear of a live sweep: whichever camera and listener this machine has, and its lamp."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Protocol

from detector.model import Frame, Gap
from detector.network.batch import Batch
from hardware import interfaces
from hardware.clock import SweepClock
from hardware.cycle import Cycle
from hardware.lamp import Lamp
from hardware.packet_socket import LINK_TYPES, PacketSocket
from hardware.radio import Listener
from hardware.sensor import LiveCamera, SensorUnavailable, Unavailable


class LiveEye:
    """The first of several cameras that is there, its frames labelled by the lamp: a `FrameSource`.

    A camera that is there but busy, or not allowed, is not passed over: whoever plugged it in wants
    to know.  When none is there, the last one's `SensorUnavailable` says so.  After iteration
    `coverage_limits` holds what the camera could not lock, `examined` the frames that were dropped.

    Cameras and lamp reckon by the monotonic clock, whose stamps the kernel gives; frames are handed on
    with seconds since `began_s`, when the sweep did.
    """

    replay = False

    def __init__(self, cameras: Sequence[LiveCamera], lamp: Callable[[], Lamp], began_s: float = 0.0) -> None:
        self.name = cameras[-1].name
        self.expected_frames: int | None = None
        self.gaps: list[Gap] = []
        self.coverage_limits: list[str] = []
        self.examined: Mapping[str, float | int | str] = {}
        self._cameras, self._lamp, self._began_s = cameras, lamp, began_s

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
            for frame in cycle.frames():
                yield replace(frame, at_s=frame.at_s - self._began_s)
        finally:
            self.coverage_limits = list(getattr(camera, "notes", ()))
            if cycle.dropped:
                self.examined = {"frames_dropped_while_the_lamp_changed": cycle.dropped}


class Ear(Protocol):
    """A `PacketSource` that hands over many packets at once where there are many."""

    name: str
    replay: bool

    def batches(self) -> Iterator[Batch]:
        """Packets in the order in which they were heard."""
        ...


def ear(interface: str | None, seconds: float, clock: SweepClock, *, promiscuous: bool = False) -> Ear:
    """The listener for an interface, or for the joined one: the kernel's own ring for what a network
    is made of, scapy for the odd links.  promiscuous: also frames to others, as a mirror port sends them.
    Raises `SensorUnavailable` where there is no such interface.
    """
    joined = interfaces.joined(interface)
    if joined.hardware in LINK_TYPES:
        return PacketSocket(joined.name, seconds, clock, promiscuous=promiscuous)
    return Listener(joined.name, seconds, clock)
