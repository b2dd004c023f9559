"""A video as a source of frames: its times, its accidents, and the lamp's states."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import numpy as np
import pytest

from hardware.codec import write_video
from hardware.sensor import InputUnreadable
from hardware.video import VideoFile, _Clock
from tests.films import drain, encode, scene

CLIPS = Path(__file__).parent.parent.parent / "shared/data/clips"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return encode(tmp_path_factory.mktemp("video") / "whole.mp4", [scene(i) for i in range(40)], g="10")


@pytest.mark.parametrize(("suffix", "codec"), [("mp4", "libx264"), ("mkv", "libx264"), ("avi", "mpeg4")])
def test_a_varying_rate_is_kept(tmp_path, suffix, codec):
    stamps = [0, 33, 66, 180, 181, 400, 1000, 1033]
    frames, complaint = drain(VideoFile(encode(tmp_path / f"vfr.{suffix}", [scene(i) for i in range(8)], codec, stamps=stamps)))
    assert complaint is None
    assert np.allclose([f.at_s for f in frames], np.array(stamps) / 1000, atol=1e-3)


@pytest.mark.parametrize(
    ("stamps", "times"),
    [([5.0, 5.1, 5.2], [0.0, 0.1, 0.2]), ([None, None, 0.3], [0.0, 0.04, 0.3]), ([1.0, 0.5, 1.02, 1.2], [0.0, 0.04, 0.08, 0.2])],
    ids=["late", "missing", "backwards"],
)
def test_the_clock_always_rises(stamps, times):
    clock = _Clock(0.04)
    assert [clock.at_s(stamp) for stamp in stamps] == pytest.approx(times)


def test_time_starts_at_zero_wherever_the_stamps_do(tmp_path):
    stamps = [5000 + 40 * i for i in range(10)]
    frames, complaint = drain(VideoFile(encode(tmp_path / "late.mkv", [scene(i) for i in range(10)], stamps=stamps)))
    assert complaint is None
    assert [round(f.at_s, 3) for f in frames] == [round(0.04 * i, 3) for i in range(10)]


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
