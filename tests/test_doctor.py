"""Every machine that people have, shown to the doctor; and this one, as it is."""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import replace

import pytest

import hardware
from hardware import doctor
from hardware.access_points import NOT_HERE
from hardware.doctor import Machine, abilities, as_dict, as_text
from hardware.sensor import SensorUnavailable, Unavailable

PI = Machine(
    system="Linux",
    modules=frozenset({"cv2", "av", "gpiozero", "lgpio", "picamera2", "scapy", "zeroconf", "jeepney"}),
    video={"/dev/video0": True, "/dev/video10": True},
    gpio={"/dev/gpiochip0": True},
    opencv=None,
    network=None,
    joined="192.168.1.0/24 by wlan0",
    raw=True,
    air=None,
    heard=7,
    age_s=12.0,
    samples=("bedroom", "lounge"),
)
NAMES = [
    "recorded video", "camera", "Raspberry Pi camera", "switched lamp",
    "recorded capture", "asking", "listening", "networks in earshot", "shipped samples",
]


def one(machine, name):
    return next(ability for ability in abilities(machine) if ability.name == name)


def test_a_pi_with_everything_needs_no_remedy():
    found = abilities(PI)
    assert [ability.name for ability in found] == NAMES
    assert all(ability.works is not False for ability in found)
    assert not any(ability.remedy for ability in found)


@pytest.mark.parametrize(
    ("change", "name", "works", "remedy"),
    [
        ({"opencv": "OpenCV is empty: run pip."}, "recorded video", False, "run pip"),
        ({"opencv": "OpenCV is empty: run pip."}, "camera", False, "run pip"),
        ({"modules": frozenset()}, "recorded video", False, "pip install av"),
        ({"video": {}}, "camera", False, "film with a phone"),
        ({"video": {"/dev/video0": False}}, "camera", False, "usermod -aG video"),
        ({"video": {"/dev/video0": False, "/dev/video2": True}}, "camera", None, ""),
        ({"modules": PI.modules - {"picamera2"}}, "Raspberry Pi camera", False, "apt install python3-picamera2"),
        ({"gpio": {}}, "switched lamp", False, ""),
        ({"gpio": {"/dev/gpiochip0": False}}, "switched lamp", False, "usermod -aG gpio"),
        ({"modules": PI.modules - {"lgpio"}}, "switched lamp", False, "apt install python3-lgpio"),
        ({"modules": PI.modules - {"lgpio", "gpiozero"}}, "switched lamp", False, "apt install python3-gpiozero python3-lgpio"),
        ({"network": "This machine has joined no network."}, "asking", False, "Join the Wi-Fi"),
        ({"raw": False}, "asking", True, "setcap"),
        ({"raw": False}, "listening", False, "setcap"),
        ({"age_s": None}, "networks in earshot", True, "list of Wi-Fi networks"),
        ({"age_s": 600.0}, "networks in earshot", True, "list of Wi-Fi networks"),
        ({"air": SensorUnavailable(Unavailable.NO_DEVICE, "There is no adapter.")}, "networks in earshot", False, "Plug in a Wi-Fi adapter"),
        ({"air": SensorUnavailable(Unavailable.BUSY, "Wi-Fi is off: switch it on.")}, "networks in earshot", False, ""),
        ({"samples": ()}, "shipped samples", False, "Install the program again"),
    ],
)
def test_what_is_missing_is_told_with_its_remedy(change, name, works, remedy):
    ability = one(replace(PI, **change), name)
    assert ability.works is works
    assert remedy in ability.remedy
    assert ability.says


@pytest.mark.parametrize(("system", "called"), [("Darwin", "macOS"), ("Windows", "Windows")])
def test_other_systems_are_told_which_senses_they_lack(system, called):
    laptop = replace(PI, system=system, video={}, gpio={}, network="Not here.", raw=False, air=SensorUnavailable(Unavailable.NOT_SUPPORTED, NOT_HERE), modules=frozenset({"cv2", "av"}))
    found = {ability.name: ability for ability in abilities(laptop)}
    assert [name for name, ability in found.items() if ability.works is False] == [
        "Raspberry Pi camera", "switched lamp", "asking", "listening", "networks in earshot",
    ]  # fmt: skip
    assert "Linux only" in found["networks in earshot"].says
    assert all(called in found[name].says for name in ("Raspberry Pi camera", "switched lamp", "asking", "listening"))
    assert "--capture FILE" in found["asking"].remedy
    assert called in found["camera"].remedy


def test_every_remedy_and_every_word_is_a_sentence():
    machines = [PI, replace(PI, system="Darwin"), replace(PI, video={}, gpio={}, raw=False, modules=frozenset(), network="No network.", samples=())]
    for machine in machines:
        for ability in abilities(machine):
            assert ability.name in NAMES
            assert not any(word in f"{ability.says} {ability.remedy}".lower().split() for word in ("safe", "clean"))


def test_the_answer_for_programs_and_for_people_agree():
    found = abilities(replace(PI, raw=False))
    made = json.loads(json.dumps(as_dict(found, PI, "0.1.0")))
    assert made["schema"] == "roomsweep-doctor/1"
    assert [entry["works"] for entry in made["abilities"]] == [ability.works for ability in found]
    text = as_text(found)
    assert "maybe" in text
    for ability in found:
        assert ability.says in text
        assert ability.remedy in text


def test_this_machine_can_be_looked_at_and_has_what_the_package_needs():
    machine = doctor.look()
    assert {"cv2", "av", "scapy", "zeroconf"} <= machine.modules
    assert (machine.air is None) or (machine.heard == 0 and machine.age_s is None)
    assert machine.opencv is None
    assert one(machine, "recorded video").works
    assert (machine.network is None) == bool(machine.joined)


@pytest.fixture
def fresh_camera(monkeypatch):
    """`hardware.camera` is imported anew within the test, and is the old one again after it."""
    monkeypatch.setattr(hardware, "camera", importlib.import_module("hardware.camera"), raising=False)
    monkeypatch.delitem(sys.modules, "hardware.camera")


@pytest.mark.usefixtures("fresh_camera")
def test_an_opencv_that_cannot_be_imported_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    assert "opencv-python-headless" in doctor.opencv_trouble()


@pytest.mark.usefixtures("fresh_camera")
def test_an_opencv_left_empty_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", type(sys)("cv2"))
    assert "pip uninstall" in doctor.opencv_trouble()
