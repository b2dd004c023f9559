"""Little films with known pictures, as PyAV writes them for what `write_video` has no words for."""

from __future__ import annotations

import struct
from fractions import Fraction

import av
import cv2
import numpy as np

from hardware.sensor import SensorUnavailable

ONE = 1 << 16


def scene(index=0, height=120, width=200):
    """A dark picture whose bright top left corner tells which way up it is shown, and a texture
    that gives every picture of a video some bytes of its own."""
    pixels = np.random.default_rng(index).integers(0, 60, (height, width, 3), np.uint8)
    pixels[: height // 4, : width // 4] = 230
    return pixels


def encode(path, pictures, codec="libx264", pix_fmt="yuv420p", *, stamps=None, rate=30, **options):
    """A file by PyAV itself, for what `write_video` has no words for."""
    container_options = {"movflags": "+faststart"} if path.suffix == ".mp4" else {}
    with av.open(str(path), "w", options=container_options) as container:
        stream = container.add_stream(codec, rate=rate, options=options)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = pix_fmt
        tick = Fraction(1, rate) if stamps is None else Fraction(1, 1000)
        stream.time_base = stream.codec_context.time_base = tick
        for index, pixels in enumerate(pictures):
            picture = av.VideoFrame.from_ndarray(pixels, format="bgr24")
            picture.pts, picture.time_base = index if stamps is None else stamps[index], tick
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def with_matrix(path, a, b, c, d):
    """The file with another display matrix in its track header: what a phone writes when held so."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    struct.pack_into(">9i", data, at, a * ONE, b * ONE, 0, c * ONE, d * ONE, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


def drain(source):
    """All frames and, if the source ended in one, its complaint."""
    frames = []
    try:
        frames.extend(source.frames())
    except SensorUnavailable as unavailable:
        return frames, unavailable
    return frames, None


# Where the bright top left corner of the stored picture is shown, by definition of the matrix in
# ISO/IEC 14496-12: x' = a x + c y, y' = b x + d y, moved back into view.
TURNS = {
    "upright": (1, 0, 0, 1), "quarter right": (0, 1, -1, 0), "half": (-1, 0, 0, -1),
    "quarter left": (0, -1, 1, 0), "mirrored": (-1, 0, 0, 1), "upside down mirrored": (1, 0, 0, -1),
    "transposed": (0, 1, 1, 0), "transposed the other way": (0, -1, -1, 0),
}


def corner_shown(pixels):
    """Which corner is bright: (right, bottom)."""
    h, w = pixels.shape[:2]
    quarters = {(x, y): pixels[y * (h - h // 8) :, x * (w - w // 8) :][: h // 8, : w // 8].mean() for x in (0, 1) for y in (0, 1)}
    return max(quarters, key=quarters.get)


def soft(index=0, height=120, width=200):
    """A picture of the same orientation without hard edges of colour, which every converter softens
    in its own way."""
    pixels = cv2.GaussianBlur(np.random.default_rng(index).integers(0, 256, (height, width, 3), np.uint8), (0, 0), 9)
    pixels = cv2.normalize(pixels, None, 20, 180, cv2.NORM_MINMAX)
    pixels[: height // 4, : width // 4] = 230
    return pixels


def decoded(path):
    """The first picture as PyAV gives it."""
    with av.open(str(path)) as container:
        return next(container.decode(video=0))


def tagged(path, pixels, pix_fmt="yuv420p10le", **tags):
    """A lossless film whose every picture says so of its colours."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=30)
        stream.height, stream.width = pixels.shape[:2]
        stream.pix_fmt = pix_fmt
        for name, value in tags.items():
            setattr(stream.codec_context, name, value)
        for index in range(3):
            picture = av.VideoFrame.from_ndarray(pixels, format="bgr24").reformat(format=pix_fmt, dst_color_range=tags.get("color_range"))
            picture.pts, picture.time_base = index, Fraction(1, 30)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path
