from __future__ import annotations

from pathlib import Path

import pytest

from detector.optics import search
from detector.optics.search import LensSearch
from hardware import doctor, inputs, privilege
from hardware.inputs import LampPins, lens_from, lens_live, network_from, network_live, replayed
from hardware.replay import Recorded


def feeds(sense):
    return [(feed.name, feed.replay) for feed in sense.feeds]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pictures").mkdir()
    (tmp_path / "folder.jpg").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("named", "feed"),
    [
        (["room.mp4"], ("room.mp4", True)),
        (["some/where/room.MOV"], ("room.MOV", True)),
        (["pictures"], ("pictures", True)),
        (["folder.jpg"], ("folder.jpg", True)),
        (["0"], ("camera 0", False)),
        (["12"], ("camera 12", False)),
    ],
)
@pytest.mark.usefixtures("here")
def test_what_the_user_names_is_taken_for_what_it_is(named, feed):
    assert feeds(lens_from(named)) == [feed]


@pytest.mark.parametrize(("named", "name"), [(["lit.jpg"], "lit.jpg"), (["lit.JPG", "dark.png"], "lit.JPG and dark.png"), (["x.heic"], "x.heic"), (["lit.avif", "dark.DNG"], "lit.avif and dark.DNG")])
@pytest.mark.usefixtures("here")
def test_one_picture_or_two_are_judged_as_pictures(named, name):
    assert feeds(lens_from(named)) == [(name, True)]


def test_a_file_whose_name_is_a_number_is_a_file(here):
    (here / "7").write_bytes(b"")
    assert feeds(lens_from(["7"])) == [("7", True)]


@pytest.mark.parametrize("named", [["a.mp4", "b.mp4"], ["a.jpg", "b.mp4"], ["a.jpg", "b.jpg", "c.jpg"], ["0", "1"]])
@pytest.mark.usefixtures("here")
def test_a_combination_that_means_nothing_is_refused(named):
    with pytest.raises(ValueError, match="Name one"):
        lens_from(named)


@pytest.mark.parametrize("named", [["a.jpg"], ["0"]])
@pytest.mark.usefixtures("here")
def test_a_lamp_file_goes_only_with_what_has_frames(named):
    with pytest.raises(ValueError, match="lamp file"):
        lens_from(named, Path("lamp.json"))


@pytest.mark.usefixtures("here")
def test_nothing_is_opened_before_the_sweep_begins():
    assert feeds(lens_from(["missing.mp4"], Path("missing.json"))) == [("missing.mp4", True)]
    assert feeds(network_from(Path("missing.pcap"))) == [("missing.pcap", True)]
    assert feeds(lens_live(None, 1.0, LampPins(17, 27, infrared=True))) == [("the camera", False)]


def test_a_live_eye_is_told_what_to_do_meanwhile_and_a_recording_is_not():
    assert "Hold the light close beside the camera" in lens_live(0, 20.0).hint
    assert lens_live(0, 20.0).hint.startswith("Looking for 20 s.")
    assert lens_from(["room.mp4"]).hint == ""


@pytest.mark.parametrize(("allowed", "names"), [(True, ["eth7", "listening on eth7", "networks in earshot"]), (False, ["eth7", "networks in earshot"])])
def test_the_network_is_listened_to_where_that_is_allowed_and_the_report_says_where_not(allowed, names, monkeypatch):
    monkeypatch.setattr(privilege, "may_listen", lambda: allowed)
    sense = network_live("eth7", "owner", 5.0)
    assert [name for name, _ in feeds(sense)] == names
    assert not any(replay for _, replay in feeds(sense))
    assert (inputs.UNPRIVILEGED in sense.limits) is not allowed


def test_a_recorded_sweep_asks_for_what_it_holds():
    both = replayed(Recorded(Path("x"), Path("x/room.mp4"), None, Path("x/n.pcap"), "owner"))
    assert [(sense.name, feeds(sense)) for sense in both] == [("lens", [("room.mp4", True)]), ("network", [("n.pcap", True)])]
    assert [sense.name for sense in replayed(Recorded(Path("x"), capture=Path("x/n.pcap")))] == ["network"]


def test_without_opencv_the_lens_sense_is_there_and_says_why(monkeypatch):
    monkeypatch.setattr(doctor, "opencv_trouble", lambda: "OpenCV is broken.")
    for sense in (lens_from(["room.mp4"]), lens_live(None, 1.0)):
        assert sense.feeds == ()
        assert [(gap.says, gap.fatal) for gap in sense.gaps] == [("OpenCV is broken.", True)]


@pytest.mark.parametrize(("named", "reach"), [((), (0.5, 4.0)), ((2.0,), (4 / 3, 3.0)), ((1.0, 3.0), (2 / 3, 4.5))])
def test_the_distance_that_the_user_names_reaches_what_judges_light_from_aside(named, reach, monkeypatch):
    told = []

    class Looking(LensSearch):
        def __init__(self, *words, **more):
            super().__init__(*words, **more)
            told.append(more["rings"].distances_m)

    monkeypatch.setattr(search, "LensSearch", Looking)
    lens_from(["room.mp4"], distances_m=named)
    assert told[0] == pytest.approx(reach)
