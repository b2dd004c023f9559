"""Video files decoded and encoded.  The only file that knows PyAV."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from av.bitstream import BitStreamFilterContext
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import Colorspace
from av.video.stream import VideoStream
from numpy.typing import NDArray

from detector.levels import Transfer
from detector.model import Pixels
from detector.planes import Planes
from hardware.display import Turn, eight_bits, matrix_of, transfer_of
from hardware.sensor import InputUnreadable
from hardware.sparing import AtEase, Sparing
from hardware.tally import Promise, Tally

_CONTAINERS = "mov,matroska,avi,mpegts,mpeg,asf,flv,h264,hevc,m4v,mpegvideo,ogg"
"""What phones, webcams and recorders write.  Without a list FFmpeg would play a text file as a
terminal and follow the addresses in a playlist."""


class Opened:
    """A video file while it is open, and the one of its streams that is the film."""

    def __init__(self, name: str, container: InputContainer, threads: int) -> None:
        self._name = name
        self._container = container
        self._stream = _film(name, container, threads)

    @property
    def rate(self) -> float | None:
        """Pictures a second on average, where the file says."""
        return None if self._stream.average_rate is None else float(self._stream.average_rate)

    def promise(self) -> Promise:
        """What the container's own tables say that is in it."""
        stream, duration_s = self._stream, (self._container.duration or 0) / 1e6
        if "mp4" in self._container.format.name:
            # `frames` counts pictures that an edit has cut away; FFmpeg drops those from its index.
            return Promise(min(stream.frames, len(stream.index_entries)), duration_s)
        # AVI counts the empty places where nothing was recorded too, so that its count is a duration;
        # what FFmpeg calls the duration of a cut AVI is a guess from its size.
        rate = stream.average_rate
        return Promise(0, max(duration_s, float(stream.frames / rate) if rate else 0.0))

    def pictures(self, tally: Tally, at_ease: AtEase | None = None) -> Iterator[VideoFrame]:
        """All that can be decoded.  A packet that cannot is counted, and the next one tried.

        While `at_ease` says so, every second picture is left undecoded where no other is made from it; it counts.
        """
        sparing = None if at_ease is None else _Sparing(at_ease, self._stream)
        try:
            for packet in packets(self._container):
                # Sound counts towards the end too: the duration promised is that of the longest stream.
                if packet.pts is not None and packet.time_base:
                    end_s = float((packet.pts + (packet.duration or 0)) * packet.time_base)
                    tally.until_s = max(tally.until_s, end_s)
                # The packets that end each stream bear the number 0, whichever it is.
                if packet.stream.index == self._stream.index:
                    if _is_shown(packet, tally) and sparing and sparing.takes(packet):
                        continue
                    for picture in _decoded(packet, tally):
                        tally.decoded += 1
                        if sparing and picture.pts is not None:
                            tally.spared += sparing.before(picture.pts)
                        yield picture
        except av.error.FFmpegError:
            tally.left_out += 1
        if sparing:
            tally.spared += sparing.before(None)

    def first_picture(self) -> VideoFrame:
        """The first that is whole; raises `InputUnreadable` where there is none."""
        for picture in self.pictures(Tally()):
            if not picture.is_corrupt:
                return picture
        raise InputUnreadable(f"{self._name} holds no picture that can be decoded.")

    def stamps(self, tally: Tally) -> list[int]:
        """The time stamps of all pictures to be shown, rising, without decoding any."""
        shown = [packet for packet in packets(self._container, self._stream) if _is_shown(packet, tally)]
        return sorted({packet.pts for packet in shown if packet.pts is not None})


@contextmanager
def opened(path: Path, threads: int = 0) -> Iterator[Opened]:
    """A video file to be read.  threads: how many may decode, 0 lets FFmpeg choose.

    Raises `InputUnreadable` where it is none that can be read.
    """
    with _container(path) as container:
        yield Opened(path.name, container, threads)


def _container(path: Path) -> InputContainer:
    only_files = {"protocol_whitelist": "file", "format_whitelist": _CONTAINERS}
    try:
        return av.open(str(path), container_options=only_files, metadata_errors="replace")
    except PermissionError as error:
        raise InputUnreadable(f"{path.name} may not be read: permission denied.") from error
    except av.error.FFmpegError as error:
        raise InputUnreadable(
            f"{path.name} is not a video that can be read, or it was cut before its index was written."
        ) from error


def _film(name: str, container: InputContainer, threads: int) -> VideoStream:
    """The largest moving picture, the first of equals; covers are none, depth maps and previews smaller."""
    moving = [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]
    if not moving:
        raise InputUnreadable(f"{name} holds no video.")
    # PyAV's own types say that a decoder is always there; a film in an unknown coding disagrees.
    known = [stream for stream in moving if getattr(stream, "codec_context", None) is not None]
    if not known:
        raise InputUnreadable(f"{name} is filmed in a coding that cannot be decoded here.")
    largest = max(known, key=lambda stream: stream.width * stream.height)
    largest.thread_type = "AUTO"
    largest.thread_count = threads
    # Pictures that no other is made from go without the filter that smooths the seams of blocks: that takes a
    # fifteenth of the time of decoding, and cost one alarm among 129 moved lenses and none elsewhere.
    largest.codec_context.options = {"skip_loop_filter": "noref"}
    return largest


def packets(container: InputContainer, *streams: VideoStream) -> Iterator[Packet[Any]]:
    """Those of these streams, or of all.  One that begins in the middle of a file is unknown to PyAV, which stumbles
    over it after the last packet of those that it knows.
    """
    with suppress(IndexError):
        yield from container.demux(*streams)


def _is_shown(packet: Packet[Any], tally: Tally) -> bool:
    """Whether a packet is a picture to be shown, and not cut away by an edit."""
    tally.discarded += packet.size > 0 and packet.is_discard
    tally.torn |= packet.is_corrupt
    return packet.size > 0 and not packet.is_discard


class _Sparing(Sparing):
    """Chooses by what FFmpeg knows of a coding as well: from which pictures no other is made."""

    def __init__(self, at_ease: AtEase, stream: VideoStream) -> None:
        super().__init__(at_ease)
        self._without_spares: BitStreamFilterContext | None = None
        with suppress(av.error.FFmpegError):
            self._without_spares = BitStreamFilterContext("filter_units=discard=nonref", stream)

    def takes(self, packet: Packet[Any]) -> bool:
        """Whether the picture of this packet stays undecoded."""
        stamp, step = packet.pts, packet.duration or 0
        return stamp is not None and self.may_go(stamp, step) and self._is_spare(packet) and self.goes(stamp)

    def _is_spare(self, packet: Packet[Any]) -> bool:
        if self._without_spares is None:
            return False
        try:
            # a copy: what passes the filter is no longer packed as the decoder expects it
            return not self._without_spares.filter(Packet(bytes(packet)))
        except av.error.FFmpegError:
            self._without_spares = None
            return False


def _decoded(packet: Packet[Any], tally: Tally) -> list[VideoFrame]:
    try:
        pictures: list[VideoFrame] = packet.decode()
    except av.error.FFmpegError:
        # The picture that did not come keeps its number.
        tally.left_out += 1
        tally.decoded += 1
        return []
    return pictures


def turn_of(picture: VideoFrame) -> Turn:
    """How the file says that its pictures are to be shown."""
    try:
        data: Any = picture.side_data.get("DISPLAYMATRIX")
    except ValueError:
        # PyAV stumbles over kinds of side data newer than itself; its rotation knows no mirror.
        turn = math.radians(picture.rotation)
        return Turn.of(math.cos(turn), -math.sin(turn), math.sin(turn), math.cos(turn))
    if data is None:
        return Turn()
    a, b, _, c, d = np.frombuffer(bytes(data), np.int32)[:5].tolist()
    return Turn.of(a, b, c, d)


_FULL_RANGE = 2
_SCALER_KNOWS = frozenset({0, 1, 2, 4, 5, 6, 7, 9})
"""The colour spaces that FFmpeg's scaler converts; it refuses a picture in any other."""
_NO_MATRIX: Mapping[str, Any] = {"src_colorspace": Colorspace.ITU601, "dst_colorspace": Colorspace.ITU601}
"""The same on both sides: nothing is converted, so that no colour space is refused."""


def shown(picture: VideoFrame, turn: Turn) -> Pixels | Planes:
    """A decoded picture as a person sees it: planes where colour is at half the size, else B, G, R."""
    transfer = transfer_of(picture.color_trc)
    layout = _halved(picture.format.name, deep=transfer != "standard")
    if layout is None or picture.width % 2 or picture.height % 2:
        known: Mapping[str, Any] = {} if picture.colorspace in _SCALER_KNOWS else _NO_MATRIX
        return turn.applied(np.asarray(picture.to_ndarray(format="bgr24", **known), np.uint8))
    full = picture.format.name.startswith("yuvj") or picture.color_range == _FULL_RANGE
    matrix = matrix_of(picture.colorspace, full=full)
    if picture.format.name != layout:
        picture = picture.reformat(format=layout, **_NO_MATRIX)
    y, cb, cr = (turn.applied(plane) for plane in _planes(picture, transfer, full=full))
    return Planes(y, cb, cr, matrix)


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
    return eight_bits([_plane(plane, np.uint16) for plane in picture.planes], transfer, full=full)


def _plane(plane: VideoPlane, sample: type[np.uint8 | np.uint16]) -> NDArray[Any]:
    """The decoder's own memory, which lives as long as the array does; not to be written to."""
    samples = np.frombuffer(memoryview(plane), sample)
    return samples.reshape(-1, plane.line_size // samples.itemsize)[: plane.height, : plane.width]


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
