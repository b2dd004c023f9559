"""What this machine can do, sense by sense, and what would help where it cannot.

Looking (`look`) and judging (`abilities`) are apart, so that tests can show the second any machine.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from hardware import access_points, interfaces, privilege, replay
from hardware.sensor import SensorUnavailable, Unavailable
from hardware.survey import STALE_S, Survey

SCHEMA = "roomsweep-doctor/1"
ASKED_FOR = ("cv2", "av", "gpiozero", "lgpio", "picamera2", "scapy", "zeroconf", "jeepney")

APT = "sudo apt install python3-{0}, with the environment made by /usr/bin/python3 -m venv --system-site-packages."


@dataclass(frozen=True, slots=True)
class Machine:
    """What was found.  video and gpio: device files, true where this user may use them.
    opencv, network: a sentence on what is wrong, None where nothing is.  air: why networks in earshot
    cannot be known, None where they can; heard: how many are now; age_s: how long ago the machine listened for them, None where nobody knows.
    """

    system: str
    modules: frozenset[str]
    video: dict[str, bool]
    gpio: dict[str, bool]
    opencv: str | None
    network: str | None
    joined: str
    raw: bool
    air: SensorUnavailable | None
    heard: int
    age_s: float | None
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ability:
    """One thing that a sweep can use.  works: None where only a sweep itself can tell.
    remedy: a sentence, empty where there is nothing to do.
    """

    sense: Literal["lens", "network", "replay"]
    name: str
    works: bool | None
    says: str
    remedy: str = ""


def look() -> Machine:
    """This machine as it is now.  Opens no camera: its light would go on."""
    try:
        joined, trouble = interfaces.joined(), None
    except SensorUnavailable as error:
        joined, trouble = None, error.says
    survey, silence = _survey()
    return Machine(
        system=platform.system(),
        modules=frozenset(name for name in ASKED_FOR if find_spec(name) is not None),
        video=_devices("video*"),
        gpio=_devices("gpiochip*"),
        opencv=opencv_trouble(),
        network=trouble,
        joined="" if joined is None else f"{joined.network} by {joined.name}",
        raw=privilege.may_listen(),
        air=silence,
        heard=len(survey.points),
        age_s=survey.age_s,
        samples=tuple(replay.shipped()),
    )


def abilities(machine: Machine) -> tuple[Ability, ...]:
    """What a sweep on this machine can use, in the order in which people ask."""
    return (
        _recordings(machine),
        _camera(machine),
        _pi_camera(machine),
        _lamp(machine),
        _captures(),
        _asking(machine),
        _listening(machine),
        _earshot(machine),
        _samples(machine),
    )


def as_dict(found: Sequence[Ability], machine: Machine, tool: str) -> dict[str, Any]:
    """For programs: `works` is true, false, or null where only a sweep can tell."""
    return {"schema": SCHEMA, "tool": tool, "system": machine.system, "abilities": [asdict(one) for one in found]}


def as_text(found: Sequence[Ability]) -> str:
    """For people: one line per ability, the remedy below it."""
    words = {True: "yes", False: "no", None: "maybe"}
    lines = []
    for one in found:
        lines.append(f"{one.sense:<8} {one.name:<22} {words[one.works]:<6} {one.says}")
        lines += [f"{'':<39}{one.remedy}"] if one.remedy else []
    return "\n".join(lines) + "\n"


def opencv_trouble() -> str | None:
    """A sentence where OpenCV is missing or was left empty, as after one of its two packages was removed."""
    try:
        from hardware.camera import opencv_fault  # noqa: PLC0415 -- a broken library is what is asked about
    except ImportError as error:
        return f"OpenCV cannot be used ({error}): pip install --force-reinstall opencv-python-headless."
    return opencv_fault()


def _survey() -> tuple[Survey, SensorUnavailable | None]:
    """The networks in earshot, or why they cannot be known."""
    try:
        return access_points.open_here(0.0, time.monotonic).look(), None
    except SensorUnavailable as error:
        return Survey((), None), error


def _devices(pattern: str) -> dict[str, bool]:
    return {str(path): os.access(path, os.R_OK | os.W_OK) for path in sorted(Path("/dev").glob(pattern))}


def _recordings(machine: Machine) -> Ability:
    if machine.opencv is not None:
        return Ability("lens", "recorded video", False, "Pictures cannot be computed with.", machine.opencv)
    if "av" not in machine.modules:
        return Ability("lens", "recorded video", False, "PyAV is missing; folders of pictures still work.", "pip install av")
    return Ability("lens", "recorded video", True, "Videos, folders of pictures and pairs of pictures can be searched.")


def _camera(machine: Machine) -> Ability:
    if machine.opencv is not None:
        return Ability("lens", "camera", False, "Pictures cannot be computed with.", machine.opencv)
    if machine.system != "Linux":
        remedy = f"Allow the terminal to use the camera in the privacy settings of {_friendly(machine)}, then try: roomsweep lens 0."
        return Ability("lens", "camera", None, "Whether there is a camera shows only when it is opened.", remedy)
    if not machine.video:
        return Ability("lens", "camera", False, "No camera is plugged in (/dev/video*).", "Plug one in, or film with a phone and name the file.")
    if not any(machine.video.values()):
        says = f"{', '.join(machine.video)}: this user may not use it."
        return Ability("lens", "camera", False, says, "sudo usermod -aG video $USER, then log in again.")
    usable = ", ".join(path for path, allowed in machine.video.items() if allowed)
    return Ability("lens", "camera", None, f"{usable} may be opened; some of these may be no cameras.")


def _pi_camera(machine: Machine) -> Ability:
    if machine.system != "Linux":
        return Ability("lens", "Raspberry Pi camera", False, f"Not on {_friendly(machine)}: a Raspberry Pi has it.")
    if "picamera2" not in machine.modules:
        remedy = "On a Raspberry Pi: " + APT.format("picamera2")
        return Ability("lens", "Raspberry Pi camera", False, "picamera2 is not installed.", remedy)
    return Ability("lens", "Raspberry Pi camera", None, "picamera2 is installed; whether a camera is attached shows when it is opened.")


def _lamp(machine: Machine) -> Ability:
    if machine.system != "Linux":
        says = f"Not on {_friendly(machine)}, which has no pins: use the torch of a phone."
        return Ability("lens", "switched lamp", False, says)
    if not machine.gpio:
        return Ability("lens", "switched lamp", False, "No pins here (/dev/gpiochip*): use the torch of a phone.")
    missing = sorted({"gpiozero", "lgpio"} - machine.modules)
    if missing:
        return Ability("lens", "switched lamp", False, f"{' and '.join(missing)} not installed.", APT.format(" python3-".join(missing)))
    if not any(machine.gpio.values()):
        return Ability("lens", "switched lamp", False, "This user may not use the pins.", "sudo usermod -aG gpio $USER, then log in again.")
    return Ability("lens", "switched lamp", None, "The pins may be used; name those of the lamp with --lamp-pins.")


def _captures() -> Ability:
    return Ability("network", "recorded capture", True, "pcap and pcapng files can be searched.")


def _asking(machine: Machine) -> Ability:
    if machine.system != "Linux":
        says = f"Not on {_friendly(machine)} for now."
        return Ability("network", "asking", False, says, "Record with Wireshark or tcpdump, then: roomsweep network --capture FILE.")
    if machine.network is not None:
        return Ability("network", "asking", False, machine.network, "Join the Wi-Fi or plug in the cable of the room first.")
    how = "with ARP" if machine.raw else "by what the system has met, since ARP of our own needs a privilege"
    return Ability("network", "asking", True, f"{machine.joined} can be asked, {how}.", "" if machine.raw else privilege.REMEDY)


def _listening(machine: Machine) -> Ability:
    if machine.system != "Linux":
        says = f"Not on {_friendly(machine)} for now."
        return Ability("network", "listening", False, says, "Record with Wireshark or tcpdump, then: roomsweep network --capture FILE.")
    if not machine.raw:
        return Ability("network", "listening", False, "This user may not receive raw frames.", privilege.REMEDY)
    return Ability("network", "listening", True, "Raw frames can be received.")


def _earshot(machine: Machine) -> Ability:
    name = access_points.NAME
    if machine.air is not None:
        remedy = "Plug in a Wi-Fi adapter, or use a machine that has one." if machine.air.reason is Unavailable.NO_DEVICE else ""
        return Ability("network", name, False, machine.air.says, remedy)
    if machine.age_s is None or machine.age_s > STALE_S:
        says = f"{machine.heard} are known, but this machine has not listened for them lately."
        return Ability("network", name, True, says, "Open the system's list of Wi-Fi networks, which makes it listen, then sweep.")
    return Ability("network", name, True, f"{machine.heard} are heard, without monitor mode and without sending.")


def _samples(machine: Machine) -> Ability:
    if not machine.samples:
        return Ability("replay", "shipped samples", False, "The samples are not there.", "Install the program again.")
    return Ability("replay", "shipped samples", True, ", ".join(machine.samples))


def _friendly(machine: Machine) -> str:
    return {"Darwin": "macOS"}.get(machine.system, machine.system)
