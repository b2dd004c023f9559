"""The only file that knows PyAV: video files in and out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import av.error
import cv2
import numpy as np
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import Colorspace
from av.video.stream import VideoStream
from numpy.typing import NDArray

from detector.levels import Transfer, chroma_table, luma_table
from detector.model import Frame, LampState, Pixels
from detector.planes import Matrix, Planes
from hardware.memory import keep_freed_memory
from hardware.sensor import InputUnreadable, SensorUnavailable, Unavailable, named_file

_CONTAINERS = "mov,matroska,avi,mpegts,mpeg,asf,flv,h264,hevc,m4v,mpegvideo,ogg"
"""What phones, webcams and recorders write.  Without a list FFmpeg would play a text file as a
terminal and follow the addresses in a playlist."""

_HELD_BACK = 16
"""Most pictures that H.264 and HEVC let a decoder hold back to reorder them."""

_SLACK_S = 0.2
"""A container's duration may exceed the end of its last packet by this much and be whole: some
writers give the last picture of a slow video no duration."""


class VideoFile:
    """A recorded video as a source of frames: as shown to a person, BGR, timed by its own stamps.

    lamp_states: one state for each frame in the order shown.  A label belongs to a time stamp, so
    that a damaged picture does not shift the labels after it.  threads: how many may decode, 0
    lets FFmpeg choose.

    Raises `InputUnreadable` at once when not even one frame can be decoded, or when `lamp_states`
    tells of another number of frames.  `frames` leaves damaged pictures out (they keep their
    index) and ends in `SensorUnavailable(CUT_SHORT)` when less came than the container promised.
    """

    replay = True

    def __init__(self, path: Path, lamp_states: Sequence[LampState] | None = None, threads: int = 0) -> None:
        self.name = path.name
        self._path = named_file(path)
        self._threads = threads
        with self._opened() as container:
            stream = self._stream(container)
            self._promised, self._duration_s = _promised(container, stream)
            by_duration = round(self._duration_s * float(stream.average_rate or 0))
            self.expected_frames = min(filter(None, (self._promised, by_duration)), default=None)
            first = self._first_picture(container, stream)
            self._size, self._turn = (first.width, first.height), _Turn.of(first)
        self._labels = {} if lamp_states is None else self._label(lamp_states)

    def frames(self) -> Iterator[Frame]:
        """Frames in the order shown; `at_s` starts at 0 and always rises."""
        keep_freed_memory()
        tally = _Tally()
        with self._opened() as container:
            stream = self._stream(container)
            clock = _Clock(step_s=1.0 / float(stream.average_rate or 30))
            for picture in _pictures(container, stream, tally):
                at_s = clock.at_s(picture)
                # A broken header can make later pictures any size; the room has not changed.
                if picture.is_corrupt or (picture.width, picture.height) != self._size:
                    tally.left_out += 1
                    continue
                lamp = None if picture.pts is None else self._labels.get(picture.pts)
                yield Frame(_shown(picture, self._turn), tally.decoded - 1, at_s, lamp)
        if not self._is_whole(tally):
            raise SensorUnavailable(Unavailable.CUT_SHORT, self._says(tally))

    def _opened(self) -> InputContainer:
        only_files = {"protocol_whitelist": "file", "format_whitelist": _CONTAINERS}
        try:
            return av.open(str(self._path), container_options=only_files, metadata_errors="replace")
        except PermissionError as error:
            raise InputUnreadable(f"{self.name} may not be read: permission denied.") from error
        except av.error.FFmpegError as error:
            raise InputUnreadable(
                f"{self.name} is not a video that can be read, or it was cut before its index was written."
            ) from error

    def _stream(self, container: InputContainer) -> VideoStream:
        """The largest moving picture, the first of equals; covers are none, depth maps and previews smaller."""
        moving = [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]
        if not moving:
            raise InputUnreadable(f"{self.name} holds no video.")
        # PyAV's own types say that a decoder is always there; a film in an unknown coding disagrees.
        known = [stream for stream in moving if getattr(stream, "codec_context", None) is not None]
        if not known:
            raise InputUnreadable(f"{self.name} is filmed in a coding that cannot be decoded here.")
        largest = max(known, key=lambda stream: stream.width * stream.height)
        largest.thread_type = "AUTO"
        largest.thread_count = self._threads
        # Pictures that no other is made from go without the filter that smooths the seams of blocks: that takes a
        # fifteenth of the time of decoding, and cost one alarm among 129 moved lenses and none elsewhere.
        largest.codec_context.options = {"skip_loop_filter": "noref"}
        return largest

    def _first_picture(self, container: InputContainer, stream: VideoStream) -> VideoFrame:
        for picture in _pictures(container, stream, _Tally()):
            if not picture.is_corrupt:
                return picture
        raise InputUnreadable(f"{self.name} holds no picture that can be decoded.")

    def _label(self, states: Sequence[LampState]) -> Mapping[int, LampState]:
        """Time stamp -> state.  Where the file was cut, packets that would be shown earlier may be
        missing before the last ones, so these get no label.
        """
        with self._opened() as container:
            tally = _Tally()
            packets = [packet for packet in _packets(container, self._stream(container)) if tally.shown(packet)]
        stamps = sorted({packet.pts for packet in packets if packet.pts is not None})
        promised = max(len(stamps), self._promised - tally.discarded if self._promised else 0)
        if len(states) < promised or (self._promised and len(states) > promised):
            raise InputUnreadable(f"The lamp file tells of {len(states)} frames, {self.name} holds {promised}.")
        certain = stamps if len(stamps) == len(states) else stamps[:-_HELD_BACK]
        return dict(zip(certain, states, strict=False))

    def _is_whole(self, tally: _Tally) -> bool:
        return (
            not (tally.left_out or tally.torn)
            and tally.decoded >= self._promised - tally.discarded
            and tally.until_s >= self._duration_s - _SLACK_S
        )

    def _says(self, tally: _Tally) -> str:
        came = tally.decoded - tally.left_out
        of = max(self._promised - tally.discarded, tally.decoded)
        many = f"{came} of {of} frames" if of > came else f"{came} frames"
        reach = f", {tally.until_s:.1f} of {self._duration_s:.1f} s" if self._duration_s else ""
        return f"{self.name} is damaged or cut short: {many} could be read{reach}."


@dataclass(slots=True)
class _Tally:
    """What came out of a file so far, to be held against what its container promised."""

    decoded: int = 0
    left_out: int = 0
    discarded: int = 0
    torn: bool = False
    until_s: float = 0.0

    def shown(self, packet: Packet[Any]) -> bool:
        """Whether a packet is a picture to be shown, and not cut away by an edit."""
        self.discarded += packet.size > 0 and packet.is_discard
        self.torn |= packet.is_corrupt
        return packet.size > 0 and not packet.is_discard


@dataclass(slots=True)
class _Clock:
    """Seconds since the first picture, rising even where stamps are missing or run backwards."""

    step_s: float
    first_s: float | None = None
    last_s: float = -math.inf

    def at_s(self, picture: VideoFrame) -> float:
        # PyAV's own types say that a time is always there; files without stamps disagree.
        stamp_s: float | None = picture.time
        if self.first_s is None:
            self.first_s, self.last_s = stamp_s or 0.0, 0.0
        elif stamp_s is not None and stamp_s - self.first_s > self.last_s:
            self.last_s = stamp_s - self.first_s
        else:
            self.last_s += self.step_s
        return self.last_s


@dataclass(frozen=True, slots=True)
class _Turn:
    """How stored pixels become the picture as shown: transposed, then flipped."""

    transpose: bool = False
    flip_x: bool = False
    flip_y: bool = False

    @classmethod
    def of(cls, picture: VideoFrame) -> _Turn:
        """From the display matrix [a b u; c d v; x y w], shown = (a x + c y, b x + d y)
        (ISO/IEC 14496-12, 8.3.2); phones write quarter turns and mirror images.
        """
        a, b, c, d = _display_matrix(picture)
        if abs(a) >= abs(b):
            return cls(transpose=False, flip_x=a < 0, flip_y=d < 0)
        return cls(transpose=True, flip_x=c < 0, flip_y=b < 0)

    def applied(self, pixels: Pixels) -> Pixels:
        """The picture or plane as shown."""
        turned = cv2.transpose(pixels) if self.transpose else pixels
        if self.flip_x or self.flip_y:
            # In place where the memory is ours: fresh memory costs several times what the flip does.
            into = turned if self.transpose else None
            turned = cv2.flip(turned, -1 if self.flip_x and self.flip_y else int(self.flip_x), into)
        return np.asarray(turned, np.uint8)


_FULL_RANGE = 2
_BT601 = (0.299, 0.114)
_MATRICES = {1: (0.2126, 0.0722), 9: (0.2627, 0.0593), 10: (0.2627, 0.0593)}
"""Shares of red and blue by FFmpeg's numbers of colour spaces; all others are BT.601's, which is
what FFmpeg itself takes where a file is silent."""
_TRANSFERS: Mapping[int, Transfer] = {16: "pq", 18: "hlg"}
"""By FFmpeg's numbers; all others are drawn for a standard display."""
_SCALER_KNOWS = frozenset({0, 1, 2, 4, 5, 6, 7, 9})
"""The colour spaces that FFmpeg's scaler converts; it refuses a picture in any other."""
_NO_MATRIX: Mapping[str, Any] = {"src_colorspace": Colorspace.ITU601, "dst_colorspace": Colorspace.ITU601}
"""The same on both sides: nothing is converted, so that no colour space is refused."""


def _shown(picture: VideoFrame, turn: _Turn) -> Pixels | Planes:
    transfer = _TRANSFERS.get(picture.color_trc, "standard")
    layout = _halved(picture.format.name, deep=transfer != "standard")
    if layout is None or picture.width % 2 or picture.height % 2:
        known: Mapping[str, Any] = {} if picture.colorspace in _SCALER_KNOWS else _NO_MATRIX
        return turn.applied(np.asarray(picture.to_ndarray(format="bgr24", **known), np.uint8))
    full = picture.format.name.startswith("yuvj") or picture.color_range == _FULL_RANGE
    red, blue = _MATRICES.get(picture.colorspace, _BT601)
    if picture.format.name != layout:
        picture = picture.reformat(format=layout, **_NO_MATRIX)
    y, cb, cr = (turn.applied(plane) for plane in _planes(picture, transfer, full=full))
    return Planes(y, cb, cr, Matrix(red, blue, full))


@cache
def _halved(name: str, *, deep: bool) -> str | None:
    """The layout with colour at half the size that another is brought to, None for R, G, B and grey.

    deep: whether ten bits are wanted where there are eight.
    """
    layout = VideoFormat(name)
    if layout.is_rgb or layout.has_palette or len(layout.components) < 3:
        return None
    if deep or layout.components[0].bits > 8:
        return "yuv420p10le"
    return "yuvj420p" if name.startswith("yuvj") else "yuv420p"


def _planes(picture: VideoFrame, transfer: Transfer, *, full: bool) -> list[Pixels]:
    if picture.format.name != "yuv420p10le":
        return [_plane(plane, np.uint8) for plane in picture.planes[:3]]
    tables = (luma_table(transfer, full), *[chroma_table(transfer, full)] * 2)
    return [np.take(table, _plane(plane, np.uint16), mode="clip") for table, plane in zip(tables, picture.planes, strict=True)]


def _plane(plane: VideoPlane, sample: type[np.uint8 | np.uint16]) -> NDArray[Any]:
    """The decoder's own memory, which lives as long as the array does; not to be written to."""
    samples = np.frombuffer(memoryview(plane), sample)
    return samples.reshape(-1, plane.line_size // samples.itemsize)[: plane.height, : plane.width]


def _display_matrix(picture: VideoFrame) -> tuple[float, float, float, float]:
    try:
        data: Any = picture.side_data.get("DISPLAYMATRIX")
    except ValueError:
        # PyAV stumbles over kinds of side data newer than itself; its rotation knows no mirror.
        turn = math.radians(picture.rotation)
        return math.cos(turn), -math.sin(turn), math.sin(turn), math.cos(turn)
    if data is None:
        return 1.0, 0.0, 0.0, 1.0
    a, b, _, c, d = np.frombuffer(bytes(data), np.int32)[:5].tolist()
    return a, b, c, d


def _pictures(container: InputContainer, stream: VideoStream, tally: _Tally) -> Iterator[VideoFrame]:
    """All that can be decoded.  A packet that cannot is counted, and the next one tried."""
    try:
        for packet in _packets(container):
            # Sound counts towards the end too: the duration promised is that of the longest stream.
            if packet.pts is not None and packet.time_base:
                end_s = float((packet.pts + (packet.duration or 0)) * packet.time_base)
                tally.until_s = max(tally.until_s, end_s)
            # The packets that end each stream bear the number 0, whichever it is.
            if packet.stream.index == stream.index:
                tally.shown(packet)
                for picture in _decoded(packet, tally):
                    tally.decoded += 1
                    yield picture
    except av.error.FFmpegError:
        tally.left_out += 1


def _packets(container: InputContainer, *streams: VideoStream) -> Iterator[Packet[Any]]:
    """Those of these streams, or of all.  One that begins in the middle of a file is unknown to PyAV, which stumbles
    over it after the last packet of those that it knows.
    """
    with suppress(IndexError):
        yield from container.demux(*streams)


def _decoded(packet: Packet[Any], tally: _Tally) -> list[VideoFrame]:
    try:
        pictures: list[VideoFrame] = packet.decode()
    except av.error.FFmpegError:
        # The picture that did not come keeps its number.
        tally.left_out += 1
        tally.decoded += 1
        return []
    return pictures


def _promised(container: InputContainer, stream: VideoStream) -> tuple[int, float]:
    """Number of pictures (0: untold) and seconds that the container's own tables promise."""
    duration_s = (container.duration or 0) / 1e6
    if "mp4" in container.format.name:
        # `frames` counts pictures that an edit has cut away; FFmpeg drops those from its index.
        return min(stream.frames, len(stream.index_entries)), duration_s
    # AVI counts the empty places where nothing was recorded too, so that its count is a duration;
    # what FFmpeg calls the duration of a cut AVI is a guess from its size.
    rate = stream.average_rate
    return 0, max(duration_s, float(stream.frames / rate) if rate else 0.0)


def write_video(path: Path, frames: Iterable[Pixels], fps: float, crf: int = 23, *, lean: bool = False) -> None:
    """Encode pictures as H.264 at a constant rate; the suffix of `path` chooses the container.

    frames: all of one size, (h, w, 3) BGR or (h, w) grey.  crf: x264's quality, 0 (lossless) to 51;
    a PyAV built without x264 writes MPEG-4 part 2 instead.  lean: by looking at fewer frames together, in a third of
    the memory.  Raises ValueError without any frame,
    OSError where the file cannot be written.
    """
    with av.open(str(path), "w") as container:
        stream: VideoStream | None = None
        for pixels in frames:
            stream = stream or _new_stream(container, pixels, fps, _LEAN | {"crf": str(crf)} if lean else {"crf": str(crf)})
            layout = "bgr24" if pixels.ndim == 3 else "gray"
            picture = VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format=layout)
            container.mux(stream.encode(picture))
        if stream is None:
            raise ValueError("A video needs at least one frame.")
        container.mux(stream.encode(None))


_LEAN = {"preset": "veryfast", "rc-lookahead": "5"}


def _new_stream(container: OutputContainer, first: Pixels, fps: float, x264: Mapping[str, str]) -> VideoStream:
    codec, options = ("libx264", dict(x264)) if "libx264" in av.codecs_available else ("mpeg4", {})
    stream = container.add_stream(codec, rate=Fraction(fps).limit_denominator(1001), options=options)
    assert isinstance(stream, VideoStream)  # noqa: S101  # both codecs are video
    stream.height, stream.width = first.shape[:2]
    # Colour at half resolution wants even sides, which not every picture has.
    odd = codec == "libx264" and (stream.width % 2 or stream.height % 2)
    stream.pix_fmt = "yuv444p" if odd else "yuv420p"
    return stream
