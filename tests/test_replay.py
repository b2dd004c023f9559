from __future__ import annotations

from pathlib import Path

import pytest

from hardware import replay
from hardware.sensor import InputUnreadable

ROOT = Path(__file__).parent.parent


def folder(tmp_path, recipe):
    (tmp_path / "sweep.toml").write_text(recipe, encoding="utf-8")
    return str(tmp_path)


def test_a_recipe_names_files_of_its_folder(tmp_path):
    recorded = replay.read(folder(tmp_path, 'video = "room.mp4"\nlamp = "lamp.json"\ncapture = "n.pcap"\nauthority = "guest"\n'))
    assert recorded == replay.Recorded(tmp_path, tmp_path / "room.mp4", tmp_path / "lamp.json", tmp_path / "n.pcap", "guest")


def test_one_sense_is_enough(tmp_path):
    assert replay.read(folder(tmp_path, 'capture = "n.pcap"')).video is None


def test_a_shipped_sample_goes_by_its_bare_name():
    if not replay.shipped():
        pytest.skip("no samples are there yet")
    name = replay.shipped()[0]
    assert replay.read(name).folder == ROOT / "samples" / name
    assert replay.read(str(ROOT / "samples" / name)).folder == ROOT / "samples" / name


def test_a_folder_here_goes_before_a_sample_of_the_same_name(tmp_path, monkeypatch):
    monkeypatch.setattr(replay, "SAMPLES", tmp_path / "samples")
    for parent in (tmp_path / "samples", tmp_path / "here"):
        (parent / "room").mkdir(parents=True)
        folder(parent / "room", 'capture = "n.pcap"')
    monkeypatch.chdir(tmp_path / "here")
    assert replay.read("room").capture == Path("room/n.pcap")
    monkeypatch.chdir(tmp_path)
    assert replay.read("room").capture == tmp_path / "samples/room/n.pcap"
    assert replay.shipped() == ["room"]


@pytest.mark.parametrize("name", ["no-such-sample", "../samples", "samples/../nothing", "", "/nonexistent/folder"])
def test_what_is_no_folder_and_no_sample_is_told_with_those_there_are(name, tmp_path, monkeypatch):
    monkeypatch.setattr(replay, "SAMPLES", tmp_path / "samples")
    (tmp_path / "samples/lounge").mkdir(parents=True)
    folder(tmp_path / "samples/lounge", 'capture = "n.pcap"')
    monkeypatch.chdir(tmp_path / "samples/lounge")
    with pytest.raises(InputUnreadable) as error:
        replay.read(name)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("recipe", "says"),
    [
        ("video = ", "not valid TOML"),
        ("", "neither a video nor a capture"),
        ('lamp = "lamp.json"', "neither a video nor a capture"),
        ('video = "../../etc/passwd"', "not the name of a file in that folder"),
        ('video = "/etc/passwd"', "not the name of a file in that folder"),
        ('capture = ".."', "not the name of a file in that folder"),
        ("video = 7", "not the name of a file in that folder"),
        ('video = ""', "not the name of a file in that folder"),
        ('video = "x.mp4"\nauthority = "thief"', "owner, guest or official"),
    ],
)
def test_a_recipe_from_a_stranger_is_refused_in_one_line(recipe, says, tmp_path):
    with pytest.raises(InputUnreadable, match=says) as error:
        replay.read(folder(tmp_path, recipe))
    assert "\n" not in str(error.value)


def test_a_folder_without_a_recipe_is_told(tmp_path):
    with pytest.raises(InputUnreadable, match=r"sweep\.toml"):
        replay.read(str(tmp_path))


def test_a_recipe_that_is_no_text_is_told(tmp_path):
    (tmp_path / "sweep.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputUnreadable, match="not valid TOML"):
        replay.read(str(tmp_path))


def test_every_shipped_sample_can_be_read_and_its_files_are_there():
    names = replay.shipped()
    if not names:
        pytest.skip("no samples are there yet")
    for name in names:
        recorded = replay.read(name)
        for path in (recorded.video, recorded.lamp, recorded.capture):
            assert path is None or path.is_file()
