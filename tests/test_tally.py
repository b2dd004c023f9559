"""Whether all of a file came: what was cut, damaged, or left out on purpose."""

from __future__ import annotations

import itertools
import random
import struct

import av
import numpy as np
import pytest

from hardware.sensor import Unavailable
from hardware.tally import Promise, Tally
from hardware.video import VideoFile
from tests.films import drain, encode, scene


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


WHOLE = {"decoded": 60, "until_s": 2.0}


@pytest.mark.parametrize(
    ("came", "kept"),
    [({}, True), ({"until_s": 1.85}, True), ({"until_s": 1.7}, False), ({"decoded": 59}, False), ({"decoded": 50, "discarded": 10}, True),
     ({"left_out": 1}, False), ({"torn": True}, False)],
)  # fmt: skip
def test_a_promise_is_kept_by_all_pictures_to_the_end(came, kept):
    assert Tally(**WHOLE | came).keeps(Promise(60, 2.0)) is kept


def test_nothing_promised_is_kept_by_whatever_came():
    assert Tally(decoded=3, until_s=0.1).keeps(Promise(0, 0.0))


@pytest.mark.parametrize(
    ("tally", "promise", "says"),
    [(Tally(decoded=40, left_out=2, until_s=1.33), Promise(60, 2.0), "38 of 60 frames could be read, 1.3 of 2.0 s."),
     (Tally(decoded=40, until_s=1.33, discarded=20), Promise(60, 2.0), "40 frames could be read, 1.3 of 2.0 s."),
     (Tally(decoded=40), Promise(0, 0.0), "40 frames could be read.")],
)  # fmt: skip
def test_what_is_missing_is_told_in_one_line(tally, promise, says):
    assert tally.says("a.mp4", promise) == f"a.mp4 is damaged or cut short: {says}"
