"""Pictures as shown to a person: turned as the phone was held, in the colours that the file means."""

from __future__ import annotations

import shutil
import subprocess
from fractions import Fraction
from types import SimpleNamespace

import av
import cv2
import numpy as np
import pytest

from detector.planes import Matrix, Planes, colours
from hardware import codec
from hardware.video import VideoFile
from tests.films import ONE, TURNS, corner_shown, decoded, encode, scene, soft, tagged, with_matrix

FFMPEG = shutil.which("ffmpeg")


@pytest.mark.parametrize("matrix", TURNS.values(), ids=TURNS.keys())
def test_frames_come_out_as_shown_to_a_person(tmp_path, matrix):
    path = encode(tmp_path / "turned.mp4", [scene(i) for i in range(3)])
    a, b, c, d = matrix
    pixels = next(VideoFile(with_matrix(path, a, b, c, d)).frames()).pixels
    assert pixels.shape == ((200, 120, 3) if b else (120, 200, 3))
    # The corner (0, 0) stays at 0 along an axis that points the same way, else goes to its end.
    assert corner_shown(pixels) == (int(a + c < 0), int(b + d < 0))


@pytest.mark.skipif(FFMPEG is None, reason="no ffmpeg program here to compare with")
@pytest.mark.parametrize("turn", ["quarter right", "half", "quarter left"])
def test_a_turned_video_is_turned_as_ffmpeg_turns_it(tmp_path, turn):
    path = with_matrix(encode(tmp_path / "turned.mp4", [soft(i) for i in range(3)], crf="10"), *TURNS[turn])
    ours = next(VideoFile(path).frames()).pixels
    run = [FFMPEG, "-v", "error", "-i", str(path), "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "bgr24", "-"]
    theirs = np.frombuffer(subprocess.run(run, capture_output=True, check=True).stdout, np.uint8).reshape(ours.shape)
    assert np.abs(ours.astype(int) - theirs).mean() < 2


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


def test_a_picture_with_unknown_side_data_is_turned_by_its_rotation():
    class Newer:
        rotation = -90

        @property
        def side_data(self):
            raise ValueError("37 is not a valid Type")

    assert codec.turn_of(Newer()) == codec.turn_of(SimpleNamespace(side_data={"DISPLAYMATRIX": np.array([0, ONE, 0, -ONE, 0, 0, 0, 0, 1 << 30], np.int32)}))
