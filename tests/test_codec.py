"""Video as phones and recorders code it, and as we write it ourselves."""

from __future__ import annotations

import av
import cv2
import numpy as np
import pytest

from detector.optics.glint import GlintLimits, find
from detector.optics.photometry import cut, measure
from detector.optics.view import look
from detector.planes import Matrix, Planes
from hardware import codec
from hardware.codec import write_video
from hardware.sensor import InputUnreadable
from hardware.video import VideoFile
from tests.films import TURNS, corner_shown, decoded, drain, encode, scene, soft, tagged, with_matrix


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
