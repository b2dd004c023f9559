"""Words of a command that ask for senses: what goes together, what means nothing, and what is opened only later."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware import requested
from hardware.faults import Misuse
from hardware.inputs import LampPins


@pytest.mark.parametrize(("named", "pins"), [(None, None), ("17", LampPins(17, None, True)), ("17,27", LampPins(17, 27, True))])
def test_pins_are_one_light_or_two(named, pins):
    assert requested.pins(named, infrared=True) == pins


@pytest.mark.parametrize("named", ["", "17,17", "17,27,22", "one", "-1", "17,", " 17"])
def test_what_names_no_pins_is_misuse(named):
    with pytest.raises(Misuse, match="takes one or two different pin numbers"):
        requested.pins(named, infrared=False)


def test_a_file_is_opened_only_when_the_sweep_begins():
    absent = Path("absent")
    assert [feed.replay for feed in requested.lens(["absent.mp4"], None, 30.0, (), pictures=False).feeds] == [True]
    assert [feed.replay for feed in requested.network(absent, None, None, 30.0).feeds] == [True]


@pytest.mark.parametrize(("interface", "promiscuous"), [("eth0", False), (None, True), ("eth0", True)])
def test_a_capture_goes_without_a_live_network(interface, promiscuous):
    with pytest.raises(Misuse, match="goes without"):
        requested.network(Path("a.pcap"), interface, None, 30.0, promiscuous=promiscuous)


def test_inputs_that_do_not_go_together_are_misuse():
    with pytest.raises(Misuse, match="Name one"):
        requested.lens(["a.mp4", "b.mp4"], None, 30.0, (), pictures=False)


def test_where_nothing_is_named_a_camera_of_this_machine_looks():
    eye = requested.lens(None, None, 7.0, (), pictures=False)
    assert not eye.feeds[0].replay
    assert "7 s" in eye.hint


def test_a_recorded_sweep_that_is_not_there_is_misuse():
    with pytest.raises(Misuse, match="no-such-sweep"):
        requested.recorded("no-such-sweep", None, pictures=False)


@pytest.mark.parametrize("right", [None, "owner"])
def test_the_right_that_is_said_goes_before_the_recorded_one(right, tmp_path):
    (tmp_path / "sweep.toml").write_text('capture = "network.pcap"\nauthority = "guest"\n', encoding="utf-8")
    senses, authority = requested.recorded(str(tmp_path), right, pictures=False)
    assert [sense.name for sense in senses] == ["network"]
    assert authority == (right or "guest")
