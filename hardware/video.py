"""The only file that knows PyAV: video files in and out."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.stream import VideoStream

from detector.model import Pixels


def write_video(path: Path, frames: Iterable[Pixels], fps: float, crf: int = 23) -> None:
    """Encode pictures as H.264 at a constant rate; the suffix of `path` chooses the container.

    frames: all of one size, (h, w, 3) BGR or (h, w) grey.  crf: x264's quality, 0 (lossless) to 51;
    a PyAV built without x264 writes MPEG-4 part 2 instead.  Raises ValueError without any frame,
    OSError where the file cannot be written.
    """
    with av.open(str(path), "w") as container:
        stream: VideoStream | None = None
        for pixels in frames:
            stream = stream or _new_stream(container, pixels, fps, crf)
            layout = "bgr24" if pixels.ndim == 3 else "gray"
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format=layout)
            container.mux(stream.encode(picture))
        if stream is None:
            raise ValueError("A video needs at least one frame.")
        container.mux(stream.encode(None))


def _new_stream(container: av.container.OutputContainer, first: Pixels, fps: float, crf: int) -> VideoStream:
    codec, options = ("libx264", {"crf": str(crf)}) if "libx264" in av.codecs_available else ("mpeg4", {})
    stream = container.add_stream(codec, rate=Fraction(fps).limit_denominator(1001), options=options)
    assert isinstance(stream, VideoStream)  # noqa: S101  # both codecs are video
    stream.height, stream.width = first.shape[:2]
    # Colour at half resolution wants even sides, which not every picture has.
    odd = codec == "libx264" and (stream.width % 2 or stream.height % 2)
    stream.pix_fmt = "yuv444p" if odd else "yuv420p"
    return stream
