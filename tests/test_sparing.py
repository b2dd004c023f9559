"""What need not be decoded is left out, counted, and missed by nobody."""

from __future__ import annotations

from itertools import pairwise

import pytest

from detector.optics.search import LensSearch
from hardware.codec import write_video
from hardware.sparing import APART, LOOKED_AT, Sparing
from hardware.video import VideoFile
from tests.films import drain, encode, scene
from tests.optics_scenes import Thing, every_other, film, lens

B_FRAMES = {"x264-params": "bframes=1:b-adapt=0:scenecut=0"}
"""Every second picture is one that no other is made from."""


def ready():
    return True


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return encode(tmp_path_factory.mktemp("spared") / "whole.mp4", [scene(i) for i in range(40)], **B_FRAMES)


@pytest.mark.parametrize(("suffix", "codec", "options"), [("mp4", "libx264", B_FRAMES), ("mkv", "libx264", B_FRAMES), ("ts", "libx264", B_FRAMES), ("mp4", "libx265", {"x265-params": "bframes=1:b-adapt=0:scenecut=0:log-level=error"})])
@pytest.mark.parametrize("threads", [0, 1])
def test_what_comes_is_what_would_have_come_with_its_own_number_and_time(tmp_path, suffix, codec, options, threads):
    path = encode(tmp_path / f"a.{suffix}", [scene(i) for i in range(40)], codec, **options)
    full = {frame.index: frame for frame in VideoFile(path).frames()}
    spared, complaint = drain(VideoFile(path, threads=threads, at_ease=ready))
    assert complaint is None
    assert 24 <= len(spared) <= 30
    assert len(spared) + sum(frame.spared for frame in spared) == spared[-1].index + 1
    for frame in spared:
        assert frame.at_s == full[frame.index].at_s
        assert (frame.pixels == full[frame.index].pixels).all()
    assert max(after.index - before.index for before, after in pairwise(spared)) == 2


def test_a_film_without_such_pictures_comes_whole(tmp_path):
    for name, codec, options in (("a.mp4", "libx264", {"x264-params": "bframes=0"}), ("b.avi", "mpeg4", {})):
        frames, complaint = drain(VideoFile(encode(tmp_path / name, [scene(i) for i in range(20)], codec, **options), at_ease=ready))
        assert complaint is None
        assert [frame.index for frame in frames] == list(range(20))


def test_nothing_is_left_out_until_it_may_be(whole):
    came = []
    for frame in VideoFile(whole, threads=1, at_ease=lambda: len(came) >= 20).frames():
        came.append((frame.index, frame.spared))  # noqa: PERF401 -- what is asked next depends on it
    assert [index for index, _ in came[:20]] == list(range(20))
    assert sum(spared for _, spared in came) >= 5


def test_a_cut_film_is_told_of_all_the_same(whole, tmp_path):
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: -whole.stat().st_size // 3])
    frames, complaint = drain(VideoFile(cut, at_ease=ready))
    full, same = drain(VideoFile(cut))
    assert same is not None
    assert complaint is not None
    assert frames[-1].index + 1 == sum(1 + frame.spared for frame in frames)
    assert abs(frames[-1].index - full[-1].index) <= 1


def test_of_neighbours_one_stays_and_now_and_then_both():
    sparing = Sparing(ready)
    gone = [stamp for stamp in range(0, 1000, 10) if sparing.may_go(stamp, 10) and sparing.goes(stamp)]
    assert min(after - before for before, after in pairwise(gone)) >= 10 * APART
    assert max(after - before for before, after in pairwise(gone)) == 30
    assert len(gone) == pytest.approx(1000 / (20 + 10 / (LOOKED_AT - 1)), abs=1)


def test_a_stamp_without_a_duration_stays():
    assert not Sparing(ready).may_go(100, 0)


@pytest.mark.parametrize("half", [1, 2, 3, 8])
def test_a_torch_that_begins_to_switch_is_noticed(tmp_path, half):
    """Steady for two seconds, then switched: in step with every second picture that is left out, too."""
    things = [Thing(320, 180, lens(width=200.0, middle=60.0))]

    def lamp(index):
        return "on-axis" if index < 60 or (index - 60) // half % 2 else "dark"

    pictures = [frame.pixels for frame in film(things, 120, lamp=lamp, size=(640, 360))]
    path = tmp_path / "a.mp4"
    write_video(path, pictures, 30)
    search = LensSearch()
    late = spared = 0
    for frame in VideoFile(path, threads=1, at_ease=lambda: search.at_ease).frames():
        search.add(frame)
        spared += frame.spared
        late += frame.spared if frame.index > 60 + 15 else 0
    examined = search.finish().coverage.examined
    assert spared >= 8
    assert late <= (0 if half < 8 else 20)
    assert str(examined["light"]).startswith("switched")
    assert examined["frames"] >= 119


def test_a_strobe_in_every_frame_is_decoded_whole(tmp_path):
    path = tmp_path / "a.mp4"
    write_video(path, (frame.pixels for frame in film([Thing(320, 180, lens(width=200.0))], 60, lamp=every_other, size=(640, 360))), 30)
    search = LensSearch()
    for frame in VideoFile(path, threads=1, at_ease=lambda: search.at_ease).frames():
        assert frame.spared == 0
        search.add(frame)
