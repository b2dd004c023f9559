"""Every benchmark runs, on as little as it takes: one that reaches into what has changed breaks here.

What they measure is of no account here; only that they come to their end and print what they promise.
"""

from __future__ import annotations

import csv
import functools
import importlib
import json
import os
import re
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from detector.model import probability_of
from detector.optics import lens
from detector.synthetic import plan as room_plan
from hardware.codec import write_video
from hardware.video import VideoFile

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
SAMPLE = ROOT / "samples/bathroom-wifi-out-of-sight"
LABELS = ("file", "camera_macs", "expect", "make")

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not beside the clone")
needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
needs_root = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("ip") is None, reason="needs root and iproute2: it makes network namespaces of its own"
)


@pytest.fixture(autouse=True)
def as_many_threads_as_before():
    before = cv2.getNumThreads()
    yield
    cv2.setNumThreads(before)


@pytest.fixture
def benchmark(monkeypatch, capsys):
    """Runs `main()` of a benchmark with words, and returns what it printed; keywords take the place of its constants."""

    def run(name, *words, **instead):
        module = importlib.import_module(f"tests.benchmarks.{name}")
        for constant, value in instead.items():
            monkeypatch.setattr(module, constant, value)
        monkeypatch.setattr(sys, "argv", [f"{name}.py", *map(str, words)])
        module.main()
        return capsys.readouterr().out

    return run


def short_plan(frames):
    """`draw_plan` for so few frames that drawing them takes a second or two."""

    @functools.wraps(room_plan.draw_plan)
    def drawn(seed, **words):
        return room_plan.draw_plan(seed, **words | {"frames": frames})

    return drawn


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """The first two dozen frames of a shipped clip, with their truth beside them, in a folder of their own."""
    path, frames = tmp_path_factory.mktemp("clips") / "short.mp4", 24
    source = VideoFile(ROOT / "samples/hotel-lens-no-radio/room.mp4", threads=1)
    write_video(path, (frame.pixels for frame, _ in zip(source.frames(), range(frames), strict=False)), 30, 21)
    truth = json.loads((ROOT / "samples/hotel-lens-no-radio/room.json").read_text(encoding="utf-8"))
    truth |= {"frames": frames, "per_frame": truth["per_frame"][:frames]}
    path.with_suffix(".json").write_text(json.dumps(truth), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def captures(tmp_path_factory):
    """A folder of one labelled capture, which is a shipped one."""
    folder = tmp_path_factory.mktemp("captures")
    shutil.copy(SAMPLE / "network.pcap", folder / "one.pcap")
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([LABELS, ("one.pcap", "b0:d5:9d:84:00:d2", "alarm", "Yi")])
    return folder


# --- the network --------------------------------------------------------------------------------------


@needs_tshark
def test_capture_speed(benchmark):
    told = benchmark("capture_speed", "--packets", 300, "--slow", 300, "--rounds", 1)
    assert told.count("headers equal to tshark's in 300 of 300 packets") == 2


def test_network_captures(captures, capsys):
    module = importlib.import_module("tests.benchmarks.network_captures")
    module.summary(captures)
    told = capsys.readouterr().out
    assert "'camera alarm': 1" in told
    assert "MISSED" not in told
    found = module.as_json(module.searched(captures / "one.pcap"))["findings"]
    assert found[0]["alarm"]
    assert found[0]["mac"] == "b0:d5:9d:84:00:d2"


@pytest.mark.parametrize(("verb", "tells"), [("weigh", "crosswise"), ("unseen", "Yi without"), ("unnamed", "Yi without")])
def test_network_weights(captures, tmp_path, capsys, verb, tells):
    module = importlib.import_module("tests.benchmarks.network_weights")
    module.collect(captures, tmp_path / "facts.jsonl")
    module.VERBS[verb](module.read(tmp_path / "facts.jsonl"))
    assert tells in capsys.readouterr().out


@needs_shared
def test_mac_ranking(capsys):
    importlib.import_module("tests.benchmarks.mac_ranking").main(SHARED / "data/labels/device_macs.csv")
    assert "alarms: 0" in capsys.readouterr().out


@needs_shared
def test_make_model(monkeypatch, capsys):
    """All replies, and of the captures the first that is labelled."""
    module = importlib.import_module("tests.benchmarks.make_model")
    first = next(iter(module.labelled(SHARED / "data")))
    monkeypatch.setattr(module, "labelled", lambda _: [first])
    module.show("captures", module.captures(SHARED / "data"))
    module.show("discovery replies", module.replies(SHARED / "data"))
    assert re.search(r"make: 1\d right, 0 wrong, 0 unsaid", capsys.readouterr().out)


def test_start_up(benchmark):
    assert "network --capture" in benchmark("start_up", ROUNDS=1)


@needs_root
def test_listener_speed(benchmark):
    told = benchmark("listener_speed", "--rates", 500, "--seconds", 0.3, SETTLE_S=0.5)
    assert told.count(" 500 ") == 3


@needs_root
def test_live_network(monkeypatch, capsys):
    """A bed of three hosts without others' tools; its table of neighbours is what tests/test_live_network.py sweeps."""
    module = importlib.import_module("tests.benchmarks.live_network")
    monkeypatch.setattr(module, "ROUNDS", 1)
    monkeypatch.setattr(module, "tools_for_presence", lambda network: {"roomsweep's ARP": (sys.executable, "-m", "tests.peers.ask", "eth0", "arp", network)})
    monkeypatch.setattr(module, "asking", lambda *_: None)  # asks for four seconds
    module.presence(24)
    assert "presence 10.77.0.0/24" in capsys.readouterr().out


# --- lenses -------------------------------------------------------------------------------------------


def test_decode(benchmark, clip):
    assert "peak memory" in benchmark("decode", clip, 1.0, ROUNDS=1, draw=lambda path, _: Path(shutil.copy(clip, path)))


def test_lens_drawn(benchmark, tmp_path):
    told = benchmark("lens_drawn", tmp_path, "7", draw_plan=short_plan(6))
    assert "room00007" in told


def test_lens_drawn_in_another_size(benchmark, tmp_path):
    benchmark("lens_drawn", tmp_path, "640x360", "7", draw_plan=short_plan(6))
    assert json.loads((tmp_path / "room00007.json").read_text(encoding="utf-8"))["width"] == 640


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value encountered")  # so few frames leave its bins empty
@needs_shared
def test_lens_moved(benchmark, tmp_path):
    """Two lenses beside the screws of one clip, as bright as those of the others."""
    for path in (SHARED / "data/clips").glob("dev*.json"):
        shutil.copy(path, tmp_path)
    shutil.copy(SHARED / "data/clips/dev12.mp4", tmp_path)
    told = benchmark("lens_moved", tmp_path / "moved", "7", CLIPS=tmp_path)
    assert "dev12-7" in told
    assert "of 3  false" in told


def test_lens_joined(benchmark, clip, tmp_path):
    for name in ("room-1", "room-2", "hall-1"):
        for suffix in (".mp4", ".json"):
            shutil.copy(clip.with_suffix(suffix), (tmp_path / name).with_suffix(suffix))
    told = benchmark("lens_joined", tmp_path, 2, 3)
    assert re.findall(r"^([\w-]+(?:, [\w-]+)*): \d of (\d) lenses", told, re.MULTILINE) == [("hall-1, room-1", "2"), ("room-2", "1")]
    assert "2 films: " in told


def test_lens_varied(benchmark, clip, tmp_path):
    """However the clip is seen, its lens shines where the truth has it then."""
    ways = ("turned", "mirrored and backwards", "half a pixel aside", "coded coarsely")
    told = benchmark("lens_varied", tmp_path, *ways, CLIPS=clip.parent)
    for way in ways:
        seen = (tmp_path / f"{clip.stem}-{way.replace(' ', '-')}").with_suffix(".mp4")
        assert seen.stem in told
        truth = json.loads(seen.with_suffix(".json").read_text(encoding="utf-8"))
        pictures = [frame.pixels.max(axis=2) for frame in VideoFile(seen).frames()]
        shining = [(entry["frame"], round(one["x"] - 0.5), round(one["y"] - 0.5)) for entry in truth["per_frame"] for one in entry["lenses"] if one["peak"] > 8.0]
        assert shining
        assert all(pictures[frame][y - 2 : y + 3, x - 2 : x + 3].max() > 220 for frame, x, y in shining)


def test_lens_completeness(benchmark, tmp_path):
    assert "drawn, shown" in benchmark("lens_completeness", tmp_path, 1, draw_plan=short_plan(6))


def test_lens_half_lit(benchmark, tmp_path):
    assert "half7 " in benchmark("lens_half_lit", tmp_path, "7", draw_plan=short_plan(6))


@pytest.mark.parametrize("light", [(), ("torch",)])
def test_lens_sweep(benchmark, tmp_path, light):
    told = benchmark("lens_sweep", tmp_path, 3, 0.5, *light, HIDDEN=(1, 0), LOWERED=2)
    assert "lenses in sight" in told
    assert ("_torch.mp4" in told) == bool(light)


def test_lens_weights(benchmark, clip):
    assert "judged tracks" in benchmark("lens_weights", clip.parent)


def test_the_weights_are_those_that_the_program_judges_by(clip):
    """What is learnt is told against the probability that a user is told."""
    module = importlib.import_module("tests.benchmarks.lens_weights")
    known = [one.known for one in module.search(clip)[1]]
    cases = module.Cases(np.array([module.stated(one) for one in known]), *[np.zeros(len(known), int)] * 3, np.ones(len(known)), ("one",), 0)
    said = [probability_of(lens.PRIOR, {reason.kind: reason.weight for reason in lens.judge(one).reasons}) for one in known]
    assert len(said) > 3
    assert np.allclose(module.chance(cases, cases.stated), said)


def test_lens_prior(benchmark, clip, tmp_path):
    told = benchmark("lens_prior", clip.parent, shutil.copytree(clip.parent, tmp_path / "again"))
    assert "TOGETHER" in told
    assert "all but again" in told
    assert "2 clips of 1 rooms" in told


def drawn_cases(factor, prior, share=1.0, rooms=60):
    """Tracks whose log odds are `factor` times what the cues say plus those of the prior; of the lenses only a share was kept."""
    module, rng = importlib.import_module("tests.benchmarks.lens_weights"), np.random.default_rng(5)
    said = rng.normal(-1.0, 3.0, 60 * rooms)
    on_lens = rng.random(len(said)) < 1 / (1 + np.exp(-(factor * said + np.log(prior / (1 - prior)))))
    kept = ~on_lens | (rng.random(len(said)) < share)
    weights = np.stack([lens.TOGETHER * said, np.ones(len(said))], axis=1)[kept]
    clip_of = (np.arange(len(said)) // 60)[kept]
    names = tuple(f"room{i}" for i in range(rooms))
    return module.Cases(weights, on_lens[kept], clip_of, np.where(on_lens[kept], 0, -1), np.ones(kept.sum()), names, int(on_lens[kept].sum()), ("all cues",))


def test_the_prior_benchmark_finds_what_the_cases_were_drawn_with():
    module = importlib.import_module("tests.benchmarks.lens_prior")
    found = module.fitted(drawn_cases(0.8, 0.1))
    assert found.factor_bounds[0] < 0.8 < found.factor_bounds[1]
    assert found.prior_bounds[0] < 0.1 < found.prior_bounds[1]
    assert found.factor_bounds[1] - found.factor_bounds[0] < 0.3


def test_the_prior_goes_by_the_lenses_of_the_first_folder():
    """A folder with a quarter of the lenses asks for the same prior once they are counted four times, and for a smaller one as it is."""
    module = importlib.import_module("tests.benchmarks.lens_prior")
    world, few = drawn_cases(1.0, 0.1), drawn_cases(1.0, 0.1, share=0.25)
    evened = module.evened([world, few])
    assert evened[0].counts.max() == 1.0
    assert module.fitted(evened[1]).prior == pytest.approx(module.fitted(world).prior, rel=0.25)
    assert module.fitted(few).prior < 0.4 * module.fitted(world).prior


def test_clips_made_of_one_clip_are_one_room():
    module = importlib.import_module("tests.benchmarks.lens_weights")
    once = drawn_cases(1.0, 0.1, rooms=20)
    twice = module.together([once, once])
    assert twice.clips == 40
    assert set(twice.room) == set(once.room)
    at = module.fit(once, 0.01)
    assert np.allclose(module.standard_errors(twice, at, 0.01), module.standard_errors(once, at, 0.01), rtol=0.02)


@needs_shared
def test_lens_clips(benchmark, clip):
    assert "short" in benchmark("lens_clips", clip)


@needs_shared
def test_lens_peers(benchmark, clip):
    assert "Te-River" in benchmark("lens_peers", clip)


def test_lens_cost(benchmark, clip):
    assert "times decoding" in benchmark("lens_cost", 0.5, ROUNDS=1, CLIPS=clip.parent / "none")


def test_lens_scaling(benchmark):
    small = {"SIZES": ((160, 90), (320, 180)), "COUNTS": (10, 40), "USUAL_SIZE": (320, 180), "USUAL_COUNT": 20, "ROUNDS": 1}
    assert "kept" in benchmark("lens_scaling", 4, **small)


@needs_shared
def test_lens_pair(benchmark):
    assert "Sheffield, pair" in benchmark("lens_pair", pairs=list)


@needs_shared
def test_tape_recall(benchmark):
    module = importlib.import_module("tests.benchmarks.tape_recall")
    name, boxes = next(iter(module.truth().items()))
    assert "in 1 pictures" in benchmark("tape_recall", truth=lambda: {name: boxes})


# --- all of them --------------------------------------------------------------------------------------


def test_none_is_forgotten():
    """A benchmark that is added needs a test here; helpers of theirs run with them."""
    runs = {path.stem for path in (ROOT / "tests/benchmarks").glob("*.py") if "__main__" in path.read_text(encoding="utf-8")}
    tested = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert runs <= tested


def test_the_short_clip_shows_something(clip):
    frames = [frame.pixels for frame in VideoFile(clip, threads=1).frames()]
    assert len(frames) == 24
    assert np.mean([frame.mean() for frame in frames]) > 1
