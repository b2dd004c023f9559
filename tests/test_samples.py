"""The sweeps that ship are whole, say where they come from, and hold nothing of anybody's."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import math
import re
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from detector.optics.search import LensSearch
from hardware.capture import CaptureFile
from hardware.pictures import read_lamp_states
from hardware.video import VideoFile

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"
NAMES = sorted(path.parent.name for path in SAMPLES.glob("*/sweep.toml"))
WORDS = {"LIKELY CAMERA", "LOOK HERE", "NOTHING SEEN", "NOT CHECKED"}
MEGABYTE = 1_000_000


def load(name):
    """A script of the samples, as `python -m samples.NAME` has it."""
    for needed in ("air", name) if name == "record_talk" else (name,):
        spec = importlib.util.spec_from_file_location(f"samples.{needed}", SAMPLES / f"{needed}.py")
        module = sys.modules.setdefault(f"samples.{needed}", importlib.util.module_from_spec(spec))
        spec.loader.exec_module(module)
    return module


def toml(name, file):
    return tomllib.loads((SAMPLES / name / file).read_text(encoding="utf-8"))


def truth(name):
    return json.loads((SAMPLES / name / "room.json").read_text(encoding="utf-8"))


def macs(name):
    """Ethernet sources, and destinations that are no group."""
    found = set()
    for packet in CaptureFile(SAMPLES / name / "network.pcap").packets():
        assert packet.link == 1
        data = bytes(packet.data)
        found |= {part.hex(":") for part in (data[6:12], data[:6]) if not part[0] & 1}
    return found


def test_four_sweeps_ship():
    assert NAMES == [
        "bathroom-wifi-out-of-sight",
        "bedroom-lens-and-wifi",
        "hotel-lens-no-radio",
        "lounge-nothing-there",
    ]
    recipes = tomllib.loads((SAMPLES / "recipes.toml").read_text(encoding="utf-8"))
    assert sorted(recipes) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_file_is_the_one_that_its_truth_speaks_of(name):
    told = toml(name, "truth.toml")["sha256"]
    replayed = {
        value for key, value in toml(name, "sweep.toml").items() if key in {"video", "lamp", "capture"}
    }
    assert replayed <= set(told)
    for file, expected in told.items():
        assert hashlib.sha256((SAMPLES / name / file).read_bytes()).hexdigest() == expected, file
    assert {path.name for path in (SAMPLES / name).iterdir()} == {*told, "sweep.toml", "truth.toml"}


@pytest.mark.parametrize("name", NAMES)
def test_the_truth_says_what_to_expect_and_where_it_comes_from(name):
    told = toml(name, "truth.toml")
    assert told["expected"].keys() == {"verdict", "lens", "network"}
    assert set(told["expected"].values()) <= WORDS
    assert told["origin"].keys() == {"video", "network", "version", "license"}
    assert (told["expected"]["lens"] == "LIKELY CAMERA") == bool(told.get("lens"))
    assert (told["expected"]["network"] == "LIKELY CAMERA") == bool(told.get("device"))
    assert (told["expected"]["verdict"] == "LIKELY CAMERA") == bool(told.get("lens") or told.get("device"))
    assert toml(name, "sweep.toml")["authority"] in {"owner", "guest", "official"}


def test_a_sample_is_small_and_all_together_are_a_few_megabytes():
    for name in NAMES:
        assert sum(path.stat().st_size for path in (SAMPLES / name).iterdir()) < 1.5 * MEGABYTE
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*") if path.is_file()) < 5 * MEGABYTE


@pytest.mark.parametrize("name", NAMES)
def test_the_video_is_as_long_and_as_large_as_the_truth_says(name):
    told = truth(name)
    frames = list(VideoFile(SAMPLES / name / "room.mp4").frames())
    assert len(frames) == told["frames"] == len(told["per_frame"])
    assert 3.0 <= len(frames) / told["fps"] <= 5.0
    assert frames[0].pixels.shape == (told["height"], told["width"], 3) == (720, 1280, 3)
    assert frames[-1].at_s == pytest.approx((told["frames"] - 1) / told["fps"], abs=0.01)
    brightness = [frame.pixels.mean() for frame in frames]
    for before, after in zip(range(len(frames) - 1), range(1, len(frames)), strict=True):
        change = told["per_frame"][after]["flash"] - told["per_frame"][before]["flash"]
        assert not change or (brightness[after] - brightness[before]) * change > 5.0


@pytest.mark.parametrize("name", NAMES)
def test_a_lens_in_sight_shines_in_the_coded_video_where_the_truth_says(name):
    told = truth(name)
    due = {}
    for entry in told["per_frame"][::9]:
        bright = [spot for spot in entry["lenses"] if spot["peak"] > 4.0]
        due |= {entry["frame"]: bright} if bright else {}
    assert bool(due) == bool(told["lenses"])
    for frame in VideoFile(SAMPLES / name / "room.mp4").frames():
        for spot in due.get(frame.index, []):
            column, row = round(spot["x"]), round(spot["y"])
            core = frame.pixels[row - 2 : row + 3, column - 2 : column + 3].max()
            around = frame.pixels[row - 9 : row + 10, column - 9 : column + 10].mean()
            assert core > around + 40


@pytest.mark.parametrize("name", NAMES)
def test_lenses_expected_are_in_sight_by_the_rule_of_scoring(name):
    told, need = truth(name), {"strobe": 8, "torch": 15, "three": 6}
    for lens in told["lenses"]:
        spots = [spot for entry in told["per_frame"] for spot in entry["lenses"] if spot["id"] == lens["id"]]
        assert sum(spot["peak"] > 1.0 for spot in spots) >= 2 * need[told["mode"]]
        assert max(math.dist((a["x"], a["y"]), (b["x"], b["y"])) for a in spots[::7] for b in spots[::7]) > 25


@pytest.mark.parametrize("thrifty", [True, False], ids=["as the program does", "every picture decoded"])
@pytest.mark.parametrize("name", NAMES)
def test_a_lens_alarms_in_a_sample_that_holds_one_and_nothing_does_in_the_others(name, thrifty):
    lamp = SAMPLES / name / "room.lamp.json"
    search = LensSearch(pictures=False)
    states = read_lamp_states(lamp) if lamp.exists() else None
    for frame in VideoFile(SAMPLES / name / "room.mp4", states, at_ease=(lambda: search.at_ease) if thrifty else None).frames():
        search.add(frame)
    alarms = [finding for finding in search.finish().findings if finding.alarm]
    assert len(alarms) == len(toml(name, "truth.toml").get("lens", []))


@pytest.mark.parametrize("name", NAMES)
def test_the_lamp_file_is_that_of_the_truth(name):
    told = truth(name)
    states = [entry.get("lamp") for entry in told["per_frame"]]
    if told["mode"] == "three":
        assert json.loads((SAMPLES / name / "room.lamp.json").read_text())["states"] == states
        assert toml(name, "sweep.toml")["lamp"] == "room.lamp.json"
    else:
        assert set(states) == {None}
        assert "lamp" not in toml(name, "sweep.toml")


@pytest.mark.parametrize("name", NAMES)
def test_visible_light_never_flashes_more_than_three_times_a_second(name):
    told = truth(name)
    if told["mode"] == "three":
        assert "infrared" in toml(name, "truth.toml")["says"]
        return
    flashes = [entry["flash"] for entry in told["per_frame"]]
    rises = sum(now > before for before, now in pairwise(flashes))
    assert rises <= 3.0 * told["frames"] / told["fps"]


def test_the_lounge_is_full_of_things_that_shine():
    spots = [spot for entry in truth("lounge-nothing-there")["per_frame"] for spot in entry["confounders"]]
    assert len({spot["name"].split("/")[0] for spot in spots}) >= 6
    assert max(spot["peak"] for spot in spots) > 20.0


@pytest.mark.parametrize("name", NAMES)
def test_captures_hold_the_cameras_that_the_truth_names_and_no_other_mac_than_ours(name):
    record = load("record_talk")
    hosts = {value.mac: value.name for value in vars(record).values() if isinstance(value, record.Host)}
    heard = macs(name)
    assert heard <= set(hosts)
    cameras = {mac for mac, host in hosts.items() if host.endswith("cam")}
    assert heard & cameras == {device["mac"] for device in toml(name, "truth.toml").get("device", [])}
    assert len(heard) >= 5


@pytest.mark.parametrize("name", NAMES)
def test_captures_are_of_ethernet_in_rising_time_and_cut_only_where_video_is(name):
    packets = list(CaptureFile(SAMPLES / name / "network.pcap").packets())
    assert 20 < len(packets) < 1000
    times = [packet.at_s for packet in packets]
    assert times == sorted(times)
    assert 0.5 < times[-1] - times[0] < 60.0
    cut = [packet for packet in packets if len(packet.data) < packet.length]
    assert all(packet.length > 1150 and len(packet.data) == 96 for packet in cut)
    assert bool(cut) == (toml(name, "sweep.toml")["authority"] == "owner")


@pytest.mark.parametrize("name", NAMES)
def test_captures_hold_no_secret_and_no_stream_was_opened(name):
    said = (SAMPLES / name / "network.pcap").read_bytes()
    for word in (b"Authorization", b"SETUP rtsp", b"PLAY rtsp", b"password"):
        assert word not in said


def test_samples_draw_the_same_again():
    draw = load("draw")
    name = "bedroom-lens-and-wifi"
    assert draw.check(name, draw.recipes()[name], every=60) == []


def test_a_difference_is_told():
    draw = load("draw")
    name = "bedroom-lens-and-wifi"
    faults = draw.check(name, draw.recipes()[name] | {"seed": 1}, every=60)
    assert f"{name}: the truth differs" in faults
    assert any("picture 60" in fault for fault in faults)


def test_the_page_about_samples_names_each_and_nothing_points_to_our_machines():
    page = (SAMPLES / "README.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in NAMES)
    for path in SAMPLES.rglob("*"):
        if path.suffix in {".md", ".toml", ".py"}:
            assert not re.search(r"/(work|tmp|home|root)/", path.read_text(encoding="utf-8")), path.name
