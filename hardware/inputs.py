"""What the user named -> the senses of a sweep.

Files are opened only when the sweep begins, in the thread that reads them: one that cannot be read
becomes a gap like any other, and the other sense still runs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from detector.model import Frame, Gap, SenseResult
from hardware.clock import SweepClock
from hardware.feeds import Feed, Named, Sense
from hardware.sensor import FrameSource, LiveCamera, Unavailable
from hardware.sparing import AtEase

if TYPE_CHECKING:
    from hardware.replay import Recorded


@dataclass(frozen=True, slots=True)
class LampPins:
    """Where the lamp's channels are: GPIO pins as BCM counts them; off_axis None where there is none."""

    on_axis: int
    off_axis: int | None
    infrared: bool = False


Authority = Literal["owner", "guest", "official"]

SECONDS = 30.0
"""How long a live sweep looks and listens where the user does not say: enough to turn once in a small
room, and for a camera to speak (they call home every 10 to 30 s)."""

HINT = (
    "Looking for {:.0f} s. Hold the light close beside the camera and move both slowly, from 1 to 3 m away, over every "
    "place from which the bed or the bath can be seen. Ctrl-C ends it early and reports what was seen."
)

UNPRIVILEGED = (
    "Traffic between other devices was not listened to, which needs a privilege: only what answers us was heard."
)


def lens_from(
    inputs: Sequence[str], lamp: Path | None = None, seconds: float = SECONDS, distances_m: Sequence[float] = (), *, pictures: bool = True
) -> Sense:  # fmt: skip
    """The lens search over what the user named: a camera's number, a video, a folder of pictures, one
    picture, or two (the lit one first).

    lamp: a file with the lamp's state per frame.  pictures: whether the report will show any.  Raises ValueError for a combination that means
    nothing.
    """
    from hardware import doctor  # noqa: PLC0415 -- a sweep of the network has no use for it

    paths = [Path(one) for one in inputs]
    if len(paths) > 2 or (len(paths) == 2 and not all(map(_is_picture, paths))):
        raise ValueError("Name one video, folder, picture or camera, or two pictures (the lit one first).")
    if lamp is not None and (_is_camera(inputs[0]) or _is_picture(paths[0])):
        raise ValueError("A lamp file goes with a video or a folder of pictures.")
    if _is_camera(inputs[0]):
        return lens_live(int(inputs[0]), seconds, distances_m=distances_m, pictures=pictures)
    if (trouble := doctor.opencv_trouble()) is not None:
        return absent("lens", trouble)
    if _is_picture(paths[0]):
        return _lens_from_pictures(paths)
    return _lens_over_recording(paths[0], lamp, distances_m, pictures=pictures)


def lens_live(
    camera: int | None, seconds: float, lamp: LampPins | None = None, distances_m: Sequence[float] = (), *, pictures: bool = True
) -> Sense:  # fmt: skip
    """The lens search with a camera of this machine: the numbered one, or else the Raspberry Pi's, or
    else the first there is; with the lamp on these pins, or a person who holds a torch.
    """
    from hardware import doctor  # noqa: PLC0415

    if (trouble := doctor.opencv_trouble()) is not None:
        return absent("lens", trouble)
    name = "the camera" if camera is None else f"camera {camera}"
    sense = _lens_over(name, False, lambda clock, _: _eye(camera, seconds, lamp, clock), distances_m, pictures=pictures)
    return replace(sense, hint=HINT.format(seconds))


def network_from(capture: Path) -> Sense:
    """The network search over a capture file."""
    from detector.network.search import NetworkSearch  # noqa: PLC0415 -- keeps `--help` quick
    from hardware import vendor_table  # noqa: PLC0415
    from hardware.capture import CaptureFile  # noqa: PLC0415

    def begin(_: SweepClock) -> tuple[Named, Iterator[Any]]:
        source = CaptureFile(capture)
        return source, source.batches()

    search = NetworkSearch(vendor_table=vendor_table.load())
    return Sense("network", (Feed(capture.name, True, begin, search.hear_all),), search.finish)


def network_live(interface: str | None, authority: Authority | None, seconds: float, *, promiscuous: bool = False) -> Sense:
    """The network search on the joined subnet and in the air: asks, listens where that is allowed (in
    promiscuous mode also to frames for others), and looks which networks are in earshot.
    """
    from detector.network.search import NetworkSearch  # noqa: PLC0415
    from hardware import interfaces, privilege, vendor_table  # noqa: PLC0415

    search = NetworkSearch(interfaces.ours(), vendor_table.load())
    asking = Feed(interface or "the joined network", False, lambda clock: _asked(interface, authority, clock), search.note)
    air = Feed("networks in earshot", False, lambda clock: _in_earshot(seconds, clock), search.note)
    if not privilege.may_listen():
        return Sense("network", (asking, air), search.finish, limits=(UNPRIVILEGED,))
    name = f"listening on {interface or 'the joined network'}"
    listening = Feed(name, False, lambda clock: _heard(interface, seconds, clock, promiscuous), search.hear_all, len)
    return Sense("network", (asking, listening, air), search.finish)


def replayed(recorded: Recorded, *, pictures: bool = True) -> list[Sense]:
    """The senses that a recorded sweep holds; one that it does not hold is not asked for."""
    senses = []
    if (video := recorded.video) is not None:
        senses.append(_lens_over_recording(video, recorded.lamp, pictures=pictures))
    if recorded.capture is not None:
        senses.append(network_from(recorded.capture))
    return senses


def absent(sense: Literal["lens", "network"], says: str) -> Sense:
    """A requested sense that cannot even begin."""
    return Sense(sense, (), lambda: _never(sense), (Gap(Unavailable.NOT_SUPPORTED.value, says, fatal=True),))


def _never(sense: str) -> SenseResult:
    raise AssertionError(f"The {sense} search was finished although nothing fed it.")


def _is_camera(word: str) -> bool:
    """A bare number is a camera, unless a file is called so."""
    return word.isdecimal() and not os.path.lexists(word)


def _is_picture(path: Path) -> bool:
    from hardware.pictures import FOREIGN, SUFFIXES  # noqa: PLC0415

    return path.suffix.lower() in SUFFIXES | FOREIGN and not _is_folder(path)


def _is_folder(path: Path) -> bool:
    """As `Path.is_dir`, which raises for a name too long; the door that opens it tells of that in words."""
    return os.path.isdir(path)  # noqa: PTH112


def _lens_over_recording(path: Path, lamp: Path | None, distances_m: Sequence[float] = (), *, pictures: bool = True) -> Sense:
    sense = _lens_over(path.name, True, lambda _, at_ease: _recording(path, lamp, at_ease), distances_m, pictures=pictures)
    return replace(sense, again=lambda: _recording(path, None).frames())


def _lens_over(
    name: str, replay: bool, source: Callable[[SweepClock, AtEase], FrameSource], distances_m: Sequence[float], *, pictures: bool = True  # noqa: FBT001
) -> Sense:  # fmt: skip
    from detector.optics.off_axis import rings_at  # noqa: PLC0415
    from detector.optics.population import Assumed  # noqa: PLC0415
    from detector.optics.search import LensSearch  # noqa: PLC0415
    from detector.optics.survey import Survey  # noqa: PLC0415
    from hardware.console import remark  # noqa: PLC0415

    survey = Survey(Assumed(distances_m=tuple(sorted(distances_m))) if distances_m else None, pictures=pictures)
    search = LensSearch(survey=survey, rings=rings_at(distances_m), pictures=pictures)

    def begin(clock: SweepClock) -> tuple[Named, Iterator[Any]]:
        opened = source(clock, lambda: search.at_ease)
        survey.expect(opened.expected_frames)
        return opened, opened.frames()

    said = ""

    def take_live(frame: Frame) -> None:
        nonlocal said
        search.add(frame)
        if survey.advice and survey.advice != said:
            remark(survey.advice)
        said = survey.advice or said

    feed = Feed(name, replay, begin, search.add if replay else take_live, lambda frame: 1 + frame.spared)
    return Sense("lens", (feed,), search.finish)


def _recording(path: Path, lamp: Path | None, at_ease: AtEase | None = None) -> FrameSource:
    from hardware.pictures import PictureFolder, read_lamp_states  # noqa: PLC0415
    from hardware.video import VideoFile  # noqa: PLC0415

    states = None if lamp is None else read_lamp_states(lamp)
    return PictureFolder(path, states) if _is_folder(path) else VideoFile(path, states, at_ease=at_ease)


def _eye(camera: int | None, seconds: float, lamp: LampPins | None, clock: SweepClock) -> FrameSource:
    from hardware.camera import Camera  # noqa: PLC0415
    from hardware.lamp import GpioLamp, Lamp, NoLamp  # noqa: PLC0415
    from hardware.live import LiveEye  # noqa: PLC0415
    from hardware.picamera import PiCamera  # noqa: PLC0415

    def light() -> Lamp:
        return NoLamp() if lamp is None else GpioLamp(lamp.on_axis, lamp.off_axis, infrared=lamp.infrared)

    cameras: list[LiveCamera] = [PiCamera(seconds=seconds), Camera(0, seconds)]
    if camera is not None:
        cameras = [Camera(camera, seconds)]
    return LiveEye(cameras, light, clock.began_s)


def _asked(interface: str | None, authority: Authority | None, clock: SweepClock) -> tuple[Named, Iterator[Any]]:
    from hardware.lan import Lan  # noqa: PLC0415

    lan = Lan(interface, authority, clock=clock)
    return lan, lan.sightings()


def _heard(interface: str | None, seconds: float, clock: SweepClock, promiscuous: bool) -> tuple[Named, Iterator[Any]]:  # noqa: FBT001
    from hardware.live import ear  # noqa: PLC0415

    listener = ear(interface, seconds, clock, promiscuous=promiscuous)
    return listener, listener.batches()


def _in_earshot(seconds: float, clock: SweepClock) -> tuple[Named, Iterator[Any]]:
    from hardware.access_points import open_here  # noqa: PLC0415

    networks = open_here(seconds, clock)
    return networks, networks.sightings()


class _Pictures:
    """One or two pictures as a source: the lit one, then the unlit one."""

    replay = True

    def __init__(self, paths: Sequence[Path]) -> None:
        self.name = " and ".join(path.name for path in paths)
        self.expected_frames = len(paths)
        self._paths = paths

    def frames(self) -> Iterator[Frame]:
        from hardware.pictures import read_picture  # noqa: PLC0415

        # Both are read before either is judged: half a pair would be judged as something else.
        yield from [read_picture(path, index) for index, path in enumerate(self._paths)]


def _lens_from_pictures(paths: Sequence[Path]) -> Sense:
    from detector.optics.pictures import judge_pictures  # noqa: PLC0415

    source = _Pictures(paths)
    frames: list[Frame] = []
    feed = Feed(source.name, True, lambda _: (source, source.frames()), frames.append)
    return Sense("lens", (feed,), lambda: judge_pictures(frames[0], frames[1] if len(frames) > 1 else None))
