"""Video as phones write it, and as accidents leave it."""

from __future__ import annotations

import itertools
import json
import math
import random
import shutil
import struct
import subprocess
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import cv2
import numpy as np
import pytest

from detector.optics.glint import GlintLimits, find
from detector.optics.photometry import cut, measure
from detector.optics.view import look
from detector.planes import Matrix, Planes, colours
from hardware import codec
from hardware.codec import write_video
from hardware.sensor import InputUnreadable, SensorUnavailable, Unavailable
from hardware.video import VideoFile

CLIPS = Path(__file__).parent.parent.parent / "shared/data/clips"
FFMPEG = shutil.which("ffmpeg")
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


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return encode(tmp_path_factory.mktemp("video") / "whole.mp4", [scene(i) for i in range(40)], g="10")


def drain(source):
    """All frames and, if the source ended in one, its complaint."""
    frames = []
    try:
        frames.extend(source.frames())
    except SensorUnavailable as unavailable:
        return frames, unavailable
    return frames, None


def test_what_is_written_comes_back(tmp_path):
    path = tmp_path / "a.mp4"
    write_video(path, (scene(i) for i in range(12)), 25.0, crf=10)
    source = VideoFile(path)
    frames, complaint = drain(source)
    assert complaint is None
    assert source.replay
    assert source.name == "a.mp4"
    assert source.expected_frames == 12
    assert [f.index for f in frames] == list(range(12))
    assert np.allclose([f.at_s for f in frames], np.arange(12) / 25, atol=1e-6)
    assert frames[0].pixels.dtype == np.uint8
    # a block of the codec away from the corner, whose ringing differs with the encoder's threads
    assert np.abs(frames[5].pixels[:24, :44].astype(int) - 230).max() < 12


@pytest.mark.parametrize(("height", "width"), [(121, 201), (120, 201), (63, 65)])
def test_odd_sizes_keep_every_row_and_column(tmp_path, height, width):
    write_video(tmp_path / "odd.mp4", [scene(0, height, width)] * 3, 30)
    assert next(VideoFile(tmp_path / "odd.mp4").frames()).pixels.shape == (height, width, 3)


def test_grey_pictures_can_be_written(tmp_path):
    write_video(tmp_path / "grey.mkv", [scene(i)[:, :, 0] for i in range(5)], 30)
    frames, complaint = drain(VideoFile(tmp_path / "grey.mkv"))
    assert complaint is None
    assert len(frames) == 5
    assert np.ptp(frames[0].pixels.astype(int), axis=2).max() <= 3


def test_the_rate_of_television_survives(tmp_path):
    write_video(tmp_path / "ntsc.mp4", [scene()] * 31, 30000 / 1001)
    assert drain(VideoFile(tmp_path / "ntsc.mp4"))[0][30].at_s == pytest.approx(30 * 1001 / 30000, abs=1e-3)


def test_a_video_of_nothing_cannot_be_written(tmp_path):
    with pytest.raises(ValueError, match="at least one frame"):
        write_video(tmp_path / "none.mp4", [], 30)


def test_a_place_that_cannot_be_written_is_an_oserror(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        write_video(tmp_path / "absent" / "a.mp4", [scene()], 30)


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


@pytest.mark.parametrize("matrix", TURNS.values(), ids=TURNS.keys())
def test_frames_come_out_as_shown_to_a_person(tmp_path, matrix):
    path = encode(tmp_path / "turned.mp4", [scene(i) for i in range(3)])
    a, b, c, d = matrix
    pixels = next(VideoFile(with_matrix(path, a, b, c, d)).frames()).pixels
    assert pixels.shape == ((200, 120, 3) if b else (120, 200, 3))
    # The corner (0, 0) stays at 0 along an axis that points the same way, else goes to its end.
    assert corner_shown(pixels) == (int(a + c < 0), int(b + d < 0))


def soft(index=0, height=120, width=200):
    """A picture of the same orientation without hard edges of colour, which every converter softens
    in its own way."""
    pixels = cv2.GaussianBlur(np.random.default_rng(index).integers(0, 256, (height, width, 3), np.uint8), (0, 0), 9)
    pixels = cv2.normalize(pixels, None, 20, 180, cv2.NORM_MINMAX)
    pixels[: height // 4, : width // 4] = 230
    return pixels


@pytest.mark.skipif(FFMPEG is None, reason="no ffmpeg program here to compare with")
@pytest.mark.parametrize("turn", ["quarter right", "half", "quarter left"])
def test_a_turned_video_is_turned_as_ffmpeg_turns_it(tmp_path, turn):
    path = with_matrix(encode(tmp_path / "turned.mp4", [soft(i) for i in range(3)], crf="10"), *TURNS[turn])
    ours = next(VideoFile(path).frames()).pixels
    run = [FFMPEG, "-v", "error", "-i", str(path), "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "bgr24", "-"]
    theirs = np.frombuffer(subprocess.run(run, capture_output=True, check=True).stdout, np.uint8).reshape(ours.shape)
    assert np.abs(ours.astype(int) - theirs).mean() < 2


# --- planes as the decoder leaves them


def decoded(path):
    """The first picture as PyAV gives it."""
    with av.open(str(path)) as container:
        return next(container.decode(video=0))


@pytest.mark.parametrize("matrix", TURNS.values(), ids=TURNS.keys())
def test_planes_turn_as_pixels_do(tmp_path, matrix):
    """All eight ways of holding a phone: grey levels, colour planes and colours at places agree."""
    path = with_matrix(encode(tmp_path / "turned.mp4", [soft()] * 3, crf="4"), *matrix)
    picture = next(VideoFile(path).frames()).picture
    assert isinstance(picture, Planes)
    theirs = codec.turn_of(decoded(path)).applied(decoded(path).to_ndarray(format="bgr24"))
    assert theirs.shape == (*picture.shape, 3)
    assert np.abs(picture.bgr().astype(int) - theirs).mean() < 2
    y, x = np.mgrid[0 : picture.shape[0] : 7, 0 : picture.shape[1] : 7]
    assert np.abs(colours(picture.samples(x, y), picture.matrix.to_bgr()) - np.moveaxis(theirs[y, x], -1, 0)).mean() < 2
    grey = cv2.cvtColor(theirs, cv2.COLOR_BGR2GRAY)
    assert np.abs(picture.luma().astype(int) - grey).mean() < 2


@pytest.mark.parametrize("full", [False, True], ids=["limited", "full"])
@pytest.mark.parametrize("space", ["bt709", "smpte170m", "bt470bg", None])
def test_planes_are_converted_by_the_matrix_and_range_that_the_file_tells(tmp_path, space, full):
    path = tmp_path / "told.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"crf": "1"})
        stream.width, stream.height, stream.pix_fmt = 200, 120, "yuv420p"
        numbers = {"bt709": 1, "bt470bg": 5, "smpte170m": 6, None: 2}
        stream.codec_context.colorspace, stream.codec_context.color_range = numbers[space], 2 if full else 1
        y, cb, cr = (np.asarray(plane) for plane in cv2.split(cv2.cvtColor(soft(), cv2.COLOR_BGR2YCrCb)))
        half = [cv2.resize(plane, (100, 60), interpolation=cv2.INTER_AREA) for plane in (cr, cb)]
        stacked = np.concatenate([y.reshape(-1), *(plane.reshape(-1) for plane in half)]).reshape(180, 200)
        for index in range(3):
            picture = av.VideoFrame.from_ndarray(stacked, format="yuv420p")
            picture.pts, picture.time_base = index, Fraction(1, 30)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    theirs = decoded(path)
    assert theirs.colorspace == numbers[space]
    assert (theirs.color_range == 2) == full
    ours = next(VideoFile(path).frames()).picture
    assert ours.matrix == Matrix(*((0.2126, 0.0722) if space == "bt709" else (0.299, 0.114)), full=full)
    assert np.abs(ours.bgr().astype(int) - theirs.to_ndarray(format="bgr24")).mean() < 2


@pytest.mark.parametrize(("pix_fmt", "codec", "full"), [("yuv420p", "libx264", False), ("yuvj420p", "mjpeg", True)])
def test_what_phones_write_comes_as_planes(tmp_path, pix_fmt, codec, full):
    frame = next(VideoFile(encode(tmp_path / "a.mov", [soft()] * 3, codec, pix_fmt)).frames())
    assert isinstance(frame.picture, Planes)
    assert frame.picture.matrix == Matrix(full=full)
    assert frame.picture.cb.shape == frame.picture.cr.shape == (60, 100)
    assert np.abs(frame.pixels.astype(int) - soft()).mean() < 4


@pytest.mark.parametrize(("pix_fmt", "height", "width"), [("bgr0", 120, 200), ("gray", 120, 200), ("yuv444p", 121, 201)])
def test_other_layouts_are_converted_whole(tmp_path, pix_fmt, height, width):
    pixels = soft(0, height, width)
    frame = next(VideoFile(encode(tmp_path / "a.mkv", [pixels] * 3, "ffv1", pix_fmt)).frames())
    assert isinstance(frame.picture, np.ndarray)
    assert frame.picture.shape == (height, width, 3)
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    assert np.abs(frame.pixels.astype(int) - (grey[..., None] if pix_fmt == "gray" else pixels)).mean() < 3


@pytest.mark.parametrize(
    ("codec", "pix_fmt"),
    [("ffv1", "yuv444p"), ("ffv1", "yuv422p"), ("ffv1", "yuv420p10le"), ("ffv1", "yuv422p10le"), ("ffv1", "yuva444p10le"),
     ("mjpeg", "yuvj422p"), ("mjpeg", "yuvj444p"), ("rawvideo", "nv12"), ("rawvideo", "yuyv422"), ("prores_ks", "yuv422p10le")],
)  # fmt: skip
def test_every_layout_of_luma_and_colour_comes_as_planes_of_the_same_levels(tmp_path, codec, pix_fmt):
    picture = next(VideoFile(encode(tmp_path / ("a.mov" if codec in {"mjpeg", "prores_ks"} else "a.mkv"), [soft()] * 3, codec, pix_fmt)).frames()).picture
    assert isinstance(picture, Planes)
    assert picture.matrix == Matrix(full=pix_fmt.startswith("yuvj"))
    assert picture.cb.shape == picture.cr.shape == (60, 100)
    assert np.abs(picture.bgr().astype(int) - soft()).mean() < 4
    # FFmpeg's quick way to B, G, R loses one grey level and a half, which half as much is told from
    assert abs((picture.luma().astype(int) - cv2.cvtColor(soft(), cv2.COLOR_BGR2GRAY)).mean()) < 0.75


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


@pytest.mark.parametrize(("pix_fmt", "height", "width"), [("yuv420p10le", 120, 200), ("yuv422p", 120, 200), ("yuv444p", 121, 201), ("yuv420p", 120, 200)])
@pytest.mark.parametrize("space", [8, 10, 14, 15])
def test_a_colour_space_that_ffmpeg_does_not_convert_is_no_fault(tmp_path, space, pix_fmt, height, width):
    """BT.2020 with constant luminance, ICtCp and the like, which HDR telephones may write."""
    path = tagged(tmp_path / "odd.mkv", soft(0, height, width), pix_fmt, colorspace=space)
    assert decoded(path).colorspace == space
    frames, complaint = drain(VideoFile(path))
    assert complaint is None
    assert len(frames) == 3
    assert np.abs(frames[0].pixels.astype(int) - soft(0, height, width)).mean() < 6


@pytest.mark.parametrize(("transfer", "white"), [(18, 0.75), (16, 0.58), (1, 1.0)], ids=["hlg", "pq", "standard"])
@pytest.mark.parametrize("full", [False, True], ids=["limited", "full"])
def test_reference_white_is_white_whatever_the_film_was_made_for(tmp_path, transfer, white, full):
    """A glint that fills the scale of a standard film is stored far below it in one of high dynamic range."""
    grey = np.full((120, 200, 3), 20, np.uint8)
    grey[40:80, 80:120] = round(255 * white)
    path = tagged(tmp_path / "hdr.mkv", grey, color_trc=transfer, color_range=2 if full else 1)
    picture = next(VideoFile(path).frames()).picture
    assert picture.matrix.full is full
    assert picture.luma()[60, 100] >= 253
    assert picture.luma()[10, 10] < 60
    assert np.ptp(picture.bgr()[60, 100].astype(int)) <= 2


def test_eight_bits_of_high_dynamic_range_are_brought_to_the_standard_as_well(tmp_path):
    grey = np.full((120, 200, 3), 191, np.uint8)
    assert next(VideoFile(tagged(tmp_path / "a.mkv", grey, "yuv420p", color_trc=18)).frames()).picture.luma().min() >= 252


@pytest.mark.parametrize(("height", "width"), [(121, 200), (120, 201), (121, 201)])
def test_odd_sizes_at_half_colour_are_converted_whole_and_turn_as_well(tmp_path, height, width):
    """Half of an odd side is no whole number: which colour sample a mirrored pixel has would be a guess."""
    path = encode(tmp_path / "odd.mp4", [soft(0, height, width)] * 3, "mpeg4", "yuv420p", qmin="1", qmax="2")
    assert decoded(path).format.name == "yuv420p"
    frame = next(VideoFile(with_matrix(path, *TURNS["quarter right"])).frames())
    assert isinstance(frame.picture, np.ndarray)
    assert frame.picture.shape == (width, height, 3)
    assert corner_shown(frame.picture) == (1, 0)


def test_pictures_narrower_than_the_decoders_rows_lose_nothing_to_the_padding(tmp_path):
    pixels = soft(0, 70, 106)
    picture = next(VideoFile(encode(tmp_path / "narrow.mp4", [pixels] * 3, crf="4")).frames()).picture
    assert picture.shape == (70, 106)
    assert np.abs(picture.bgr()[:, -8:].astype(int) - pixels[:, -8:]).mean() < 4


@pytest.mark.parametrize("turn", ["upright", "half", "quarter left"])
def test_a_frame_outlives_those_after_it_and_is_never_written_to(tmp_path, turn):
    """Planes may be the decoder's own memory, from which later pictures are still predicted."""
    path = with_matrix(encode(tmp_path / "kept.mp4", [soft(i) for i in range(12)], bf="2", crf="10"), *TURNS[turn])
    untouched = [(f.picture.y.copy(), f.picture.cb.copy()) for f in VideoFile(path, threads=1).frames()]
    buffer, kept = None, []
    for frame in VideoFile(path, threads=1).frames():
        view = look(frame.picture, buffer)
        buffer = view.luma if buffer is None else buffer
        measure(cut(view, find(view.luma, GlintLimits()).peaks))
        frame.picture.bgr()
        kept.append(frame)
    assert len(kept) == 12
    for frame, (y, cb) in zip(kept, untouched, strict=True):
        assert np.array_equal(frame.picture.y, y)
        assert np.array_equal(frame.picture.cb, cb)


def test_a_picture_with_unknown_side_data_is_turned_by_its_rotation():
    class Newer:
        rotation = -90

        @property
        def side_data(self):
            raise ValueError("37 is not a valid Type")

    assert codec.turn_of(Newer()) == codec.turn_of(SimpleNamespace(side_data={"DISPLAYMATRIX": np.array([0, ONE, 0, -ONE, 0, 0, 0, 0, 1 << 30], np.int32)}))


@pytest.mark.parametrize(("suffix", "codec"), [("mp4", "libx264"), ("mkv", "libx264"), ("avi", "mpeg4")])
def test_a_varying_rate_is_kept(tmp_path, suffix, codec):
    stamps = [0, 33, 66, 180, 181, 400, 1000, 1033]
    frames, complaint = drain(VideoFile(encode(tmp_path / f"vfr.{suffix}", [scene(i) for i in range(8)], codec, stamps=stamps)))
    assert complaint is None
    assert np.allclose([f.at_s for f in frames], np.array(stamps) / 1000, atol=1e-3)


def test_time_starts_at_zero_wherever_the_stamps_do(tmp_path):
    stamps = [5000 + 40 * i for i in range(10)]
    frames, complaint = drain(VideoFile(encode(tmp_path / "late.mkv", [scene(i) for i in range(10)], stamps=stamps)))
    assert complaint is None
    assert [round(f.at_s, 3) for f in frames] == [round(0.04 * i, 3) for i in range(10)]


@pytest.mark.parametrize(
    ("suffix", "codec", "pix_fmt"),
    [("mp4", "libx265", "yuv420p"), ("mp4", "libx265", "yuv420p10le"), ("mov", "mjpeg", "yuvj420p"), ("avi", "mpeg4", "yuv420p"),
     ("webm", "libvpx", "yuv420p"), ("ts", "libx264", "yuv420p"), ("mkv", "ffv1", "yuv420p10le"), ("mp4", "libx264", "yuv422p10le")],
)  # fmt: skip
def test_the_formats_of_phones_and_recorders(tmp_path, suffix, codec, pix_fmt):
    if codec not in av.codecs_available:
        pytest.skip(f"this PyAV was built without {codec}")
    quiet = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    path = encode(tmp_path / f"a.{suffix}", [scene(i) for i in range(15)], codec, pix_fmt, **quiet)
    frames, complaint = drain(VideoFile(path))
    assert complaint is None
    assert len(frames) == 15
    assert frames[7].pixels.dtype == np.uint8
    assert np.median(frames[7].pixels[4:24, 4:44]) == pytest.approx(230, abs=12)
    assert frames[7].pixels[60:].mean() < 60


def test_a_clip_trimmed_without_recoding_is_whole(tmp_path):
    path = encode(tmp_path / "trimmed.mp4", [scene(i) for i in range(120)], g="15", bf="0")
    data = bytearray(path.read_bytes())
    at = data.index(b"elst") + 12
    struct.pack_into(">I", data, at, 1000)  # one second of it ...
    (start,) = struct.unpack_from(">i", data, at + 4)
    timescale = struct.unpack_from(">I", data, data.index(b"mdhd") + 16)[0]
    struct.pack_into(">i", data, at + 4, start + 2 * timescale)  # ... from the third on
    path.write_bytes(data)
    frames, complaint = drain(VideoFile(path))
    assert complaint is None
    assert 29 <= len(frames) <= 31
    assert np.allclose(frames[0].pixels[40:].mean(), scene(60)[40:].mean(), atol=3)


# --- accidents -----------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"hello room\n" * 200, bytes(5000), b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n", random.Random(3).randbytes(9000)], ids=["empty", "text", "zeros", "playlist", "noise"])
@pytest.mark.parametrize("name", ["a.mp4", "a.txt", "a"])
def test_what_is_no_video_is_refused_in_one_line(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputUnreadable, match=name) as refused:
        VideoFile(tmp_path / name)
    assert "\n" not in str(refused.value)


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(InputUnreadable, match="There is no file"):
        VideoFile(tmp_path / "absent.mp4")
    with pytest.raises(InputUnreadable, match="is a folder"):
        VideoFile(tmp_path)


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_a_film_in_an_unknown_coding_is_refused_in_one_line(tmp_path, suffix):
    path = encode(tmp_path / f"a{suffix}", [soft(i) for i in range(5)])
    data = path.read_bytes()
    assert b"avc1" in data[-4000:] + data[:4000]
    path.write_bytes(data.replace(b"avc1", b"zzz9"))
    with pytest.raises(InputUnreadable, match="filmed in a coding that cannot be decoded here"):
        VideoFile(path)


def test_a_film_beside_one_in_an_unknown_coding_is_read(tmp_path):
    path = beside(tmp_path / "a.mp4", [(640, 480)], [np.full((120, 200, 3), 6 * i, np.uint8) for i in range(20)])
    path.write_bytes(_first_coding_lost(path.read_bytes()))
    frames, complaint = drain(VideoFile(path))
    assert complaint is None
    assert [frame.pixels.shape for frame in frames] == [(120, 200, 3)] * 20


def _first_coding_lost(data):
    """`data` with the coding of its first stream renamed; brands in the head are no coding."""
    at = data.index(b"avc1", data.index(b"stsd"))
    return data[:at] + b"zzz9" + data[at + 4 :]


def test_a_stream_that_begins_in_the_middle_does_not_end_the_film():
    """PyAV's reader looks for it after the last packet, where it was never entered."""

    class Growing:
        def demux(self, *_):
            yield from ("a", "b")
            raise IndexError("list index out of range")

    assert list(codec.packets(Growing())) == ["a", "b"]


def beside(path, others, pixels):
    """A film of these pictures whose file holds other streams before it: "sound", or the size of a picture."""
    with av.open(str(path), "w") as container:
        first = []
        for other in others:
            if other == "sound":
                first.append(container.add_stream("aac", rate=48000))
                continue
            stream = container.add_stream("libx264", rate=30, options={"preset": "ultrafast"})
            stream.width, stream.height = other
            stream.pix_fmt = "yuv420p"
            first.append(stream)
        film = container.add_stream("libx264", rate=30, options={"bf": "2"})
        film.height, film.width = pixels[0].shape[:2]
        film.pix_fmt = "yuv420p"
        for index, one in enumerate(pixels):
            for stream in first:
                if stream.type == "audio":
                    sound = av.AudioFrame.from_ndarray(np.zeros((1, 1600), np.float32), "fltp", "mono")
                    sound.sample_rate, sound.pts = 48000, index * 1600
                    container.mux(stream.encode(sound))
                else:
                    container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((stream.height, stream.width, 3), np.uint8), format="bgr24")))
            container.mux(film.encode(av.VideoFrame.from_ndarray(one, format="bgr24")))
        for stream in [*first, film]:
            container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
@pytest.mark.parametrize("others", [["sound"], [(64, 48)], ["sound", (64, 48), "sound"]], ids=str)
def test_the_film_behind_sound_and_smaller_pictures_is_read_to_its_last_picture(tmp_path, suffix, others):
    """Some telephones put the sound first, some a preview or a map of depths."""
    path = beside(tmp_path / f"a{suffix}", others, [np.full((120, 200, 3), 6 * i, np.uint8) for i in range(40)])
    source = VideoFile(path)
    frames, complaint = drain(source)
    assert complaint is None
    assert [frame.index for frame in frames] == list(range(40))
    assert frames[0].pixels.shape == (120, 200, 3)
    assert [frame.pixels.mean() for frame in frames] == pytest.approx([6 * i for i in range(40)], abs=3)


def test_a_song_is_no_video(tmp_path):
    with av.open(str(tmp_path / "song.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=8000, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))
    with pytest.raises(InputUnreadable, match="holds no video"):
        VideoFile(tmp_path / "song.mp4")


def test_a_recording_cut_before_its_index_was_written_is_unreadable(tmp_path):
    write_video(tmp_path / "a.mp4", [scene(i) for i in range(20)], 30)
    data = (tmp_path / "a.mp4").read_bytes()
    (tmp_path / "a.mp4").write_bytes(data[: len(data) // 2])
    with pytest.raises(InputUnreadable, match="cut before its index"):
        VideoFile(tmp_path / "a.mp4")


def test_a_file_with_a_head_and_no_pictures_is_unreadable(tmp_path, whole):
    data = bytearray(whole.read_bytes())
    at = data.index(b"mdat") + 4
    data[at:] = bytes(len(data) - at)
    (tmp_path / "hollow.mp4").write_bytes(data)
    with pytest.raises(InputUnreadable, match="no picture that can be decoded"):
        VideoFile(tmp_path / "hollow.mp4")


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi"])
@pytest.mark.parametrize("kept", [0.35, 0.6, 0.85])
def test_a_cut_video_gives_what_it_has_and_then_says_so(tmp_path, suffix, kept):
    codec = ("mjpeg", "yuvj420p") if suffix == "avi" else ("libx264", "yuv420p")
    # frames of like size whatever the number of threads: MJPEG begins large on one
    even = {"qmin": "5", "qmax": "5"} if suffix == "avi" else {"g": "15"}
    path = encode(tmp_path / f"cut.{suffix}", [scene(i) for i in range(90)], *codec, **even)
    data = path.read_bytes()
    path.write_bytes(data[: round(len(data) * kept)])
    source = VideoFile(path)
    frames, complaint = drain(source)
    assert complaint.reason is Unavailable.CUT_SHORT
    assert f"{len(frames)} " in complaint.says
    assert "\n" not in complaint.says
    assert 90 * kept * 0.6 < len(frames) < 90
    assert [f.index for f in frames] == sorted({f.index for f in frames})


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_damage_in_the_middle_is_skipped_and_reported(tmp_path, capfd, suffix):
    path = encode(tmp_path / f"hurt.{suffix}", [scene(i) for i in range(60)], g="10")
    data, rng = bytearray(path.read_bytes()), random.Random(5)
    for _ in range(300):
        data[rng.randrange(len(data) // 3, len(data) // 2)] = rng.randrange(256)
    path.write_bytes(data)
    frames, complaint = drain(VideoFile(path))
    assert complaint.reason is Unavailable.CUT_SHORT
    assert "damaged or cut short" in complaint.says
    assert 20 <= len(frames) < 60
    assert frames[-1].at_s > 1.5, "what follows the damage is decoded again"
    assert all(f.at_s < g.at_s for f, g in itertools.pairwise(frames))
    assert capfd.readouterr() == ("", ""), "the codecs' own complaints are not for people"


def test_hevc_that_loses_pictures_in_silence_is_found_out(tmp_path):
    if "libx265" not in av.codecs_available:
        pytest.skip("this PyAV was built without libx265")
    path = encode(tmp_path / "h.mp4", [scene(i) for i in range(60)], "libx265", **{"x265-params": "log-level=none"})
    data, rng = bytearray(path.read_bytes()), random.Random(5)
    for _ in range(400):
        data[rng.randrange(len(data) // 3, len(data) // 2)] = rng.randrange(256)
    path.write_bytes(data)
    frames, complaint = drain(VideoFile(path))
    assert f"{len(frames)} of 60 frames" in complaint.says


@pytest.mark.parametrize("seed", range(12))
def test_no_damage_makes_it_crash(tmp_path, whole, seed):
    rng = random.Random(seed)
    data = bytearray(whole.read_bytes())
    for _ in range(rng.choice([1, 20, 400])):
        data[rng.randrange(len(data))] = rng.randrange(256)
    del data[rng.randrange(len(data) // 2, len(data)) :]
    (tmp_path / "fuzz.mp4").write_bytes(data)
    try:
        frames, _ = drain(VideoFile(tmp_path / "fuzz.mp4"))
    except InputUnreadable:
        return
    assert len({f.pixels.shape for f in frames}) <= 1


def test_the_source_can_be_left_in_the_middle_and_read_again(whole):
    source = VideoFile(whole)
    stream = source.frames()
    first = next(stream)
    stream.close()
    assert np.array_equal(first.pixels, next(source.frames()).pixels)


def test_one_thread_decodes_the_same(whole):
    one, auto = VideoFile(whole, threads=1), VideoFile(whole)
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(one.frames(), auto.frames(), strict=True))


# --- the lamp's states ---------------------------------------------------------------------------

CYCLE = ("on-axis", "off-axis", "dark")


def states(count):
    return [CYCLE[i % 3] for i in range(count)]


def test_every_frame_gets_its_state(whole):
    assert [f.lamp for f in VideoFile(whole, states(40)).frames()] == states(40)
    assert {f.lamp for f in VideoFile(whole).frames()} == {None}


@pytest.mark.parametrize("count", [39, 41, 0])
def test_a_lamp_file_for_another_video_is_refused(whole, count):
    with pytest.raises(InputUnreadable, match=f"tells of {count} frames, whole.mp4 holds 40"):
        VideoFile(whole, states(count))


def test_labels_do_not_shift_behind_a_lost_picture(tmp_path, whole):
    pictures = [np.full((120, 200, 3), 40 + 60 * (i % 3), np.uint8) // 4 * 4 + scene(i)[60:61] // 16 for i in range(60)]
    path = encode(tmp_path / "hurt.mp4", pictures, g="3", bf="2")
    data, rng = bytearray(path.read_bytes()), random.Random(2)
    for _ in range(60):
        data[rng.randrange(len(data) // 3, len(data) // 2)] = rng.randrange(256)
    path.write_bytes(data)
    frames, complaint = drain(VideoFile(path, states(60)))
    assert complaint is not None
    late = [f for f in frames if f.at_s > 1.4]
    assert len(late) > 10
    assert all(f.lamp == CYCLE[round((np.median(f.pixels) - 44) / 60)] for f in late)


def test_where_the_file_was_cut_the_last_labels_are_not_guessed(tmp_path):
    path = encode(tmp_path / "cut.mp4", [scene(i) for i in range(60)], bf="3")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 7 // 10])
    frames, complaint = drain(VideoFile(path, states(60)))
    assert complaint is not None
    labelled = [f for f in frames if f.lamp is not None]
    assert all(f.lamp == states(60)[round(f.at_s * 30)] for f in labelled)
    assert 10 < len(labelled) < len(frames)


@pytest.mark.skipif(not CLIPS.is_dir(), reason="the shared clips are not beside this clone")
def test_a_rendered_clip_with_its_lamp_file():
    given = json.loads((CLIPS / "dev07.lamp.json").read_text())["states"]
    frames, complaint = drain(VideoFile(CLIPS / "dev07.mp4", given))
    assert complaint is None
    assert [f.lamp for f in frames] == given
    means = {s: np.mean([f.pixels.mean() for f in frames if f.lamp == s]) for s in CYCLE}
    assert means["dark"] < min(means["on-axis"], means["off-axis"])
    assert math.isclose(frames[-1].at_s, 89 / 30, abs_tol=1e-3)
