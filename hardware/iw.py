"""Access points as `iw` prints them: the way where NetworkManager does not run.

What the kernel has heard by itself is read; where that is old and this user may, the adapter listens
anew on every channel (a passive scan, which sends nothing).  The form of the output is that of iw's
scan.c (read for 5.19; 6 prints frequencies with a decimal).
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from detector.network.earshot import AccessPoint, channel_at
from hardware.sensor import SensorUnavailable, Unavailable
from hardware.survey import FRESH_S, STALE_S, Survey

_ADAPTERS = Path("/sys/class/net")
_PLACES = "/usr/sbin:/sbin:/usr/bin:/bin:/usr/local/sbin"  # a user's PATH often lacks those of root
_PATIENCE_S = 20.0  # a passive scan waits some 0.1 s on each of up to 60 channels

_BSS = re.compile(r"^BSS ([0-9a-f]{2}(?::[0-9a-f]{2}){5})\b", re.MULTILINE)
_LINE = r"^\t{}: *(.*)$"
_FREQUENCY, _SIGNAL, _SEEN, _NAME = (
    re.compile(_LINE.format(word), re.MULTILINE) for word in ("freq", "signal", "last seen", "SSID")
)  # fmt: skip
_SUITES = re.compile(r"^\t(RSN|WPA):(?:.*\n)(?:\t\t.*\n)*?\t\t \* Authentication suites: (.*)$", re.MULTILINE)
_ESCAPED = re.compile(rb"\\x([0-9a-f]{2})")


def survey() -> Survey:
    """What every Wi-Fi adapter hears.

    Raises `SensorUnavailable`: NO_DEVICE without an adapter, NOT_SUPPORTED without `iw`, BUSY where the
    adapter cannot be read now.
    """
    adapters = sorted(path.parent.name for path in _ADAPTERS.glob("*/phy80211"))
    if not adapters:
        says = "This machine has no Wi-Fi adapter, so networks that cameras open themselves were not looked for."
        raise SensorUnavailable(Unavailable.NO_DEVICE, says)
    program = shutil.which("iw", path=_PLACES)
    if program is None:
        says = "Networks in earshot were not looked for: neither NetworkManager nor iw is here (sudo apt install iw)."
        raise SensorUnavailable(Unavailable.NOT_SUPPORTED, says)
    known = [_heard(program, adapter) for adapter in adapters]
    ages = [one.age_s for one in known if one.age_s is not None]
    return Survey(tuple(point for one in known for point in one.points), min(ages, default=None))


def _heard(program: str, adapter: str) -> Survey:
    """What one adapter heard lately; anew where that is long ago and listening anew is allowed now."""
    known = read(_printed(program, adapter, "dump"))
    if known.age_s is not None and known.age_s <= STALE_S:
        return known
    try:
        return read(_printed(program, adapter, "passive"))
    except SensorUnavailable:
        return known


def _printed(program: str, adapter: str, how: str) -> str:
    command = [program, "dev", adapter, "scan", how]
    try:
        done = subprocess.run(  # noqa: S603 -- words of ours, and a name that the kernel gave
            command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SensorUnavailable(Unavailable.BUSY, f"The Wi-Fi adapter {adapter} does not answer.") from error
    if done.returncode:
        trouble = done.stderr.strip().removeprefix("command failed: ")[:100]
        raise SensorUnavailable(Unavailable.BUSY, f"The Wi-Fi adapter {adapter} cannot be read: {trouble}.")
    return done.stdout


def read(printed: str) -> Survey:
    """The access points of an output of `iw dev X scan` or `iw dev X scan dump`."""
    heard = list(_blocks(printed))
    ages = [age for _, text in heard if (age := _age_s(text)) is not None]
    points = tuple(_access_point(bssid, text) for bssid, text in heard if (_age_s(text) or 0.0) <= FRESH_S)
    return Survey(points, min(ages, default=None))


def _blocks(printed: str) -> Iterator[tuple[str, str]]:
    """The MAC of each access point and what is said of it."""
    starts = list(_BSS.finditer(printed))
    ends = [*(after.start() for after in starts[1:]), len(printed)]
    for this, end in zip(starts, ends, strict=False):  # none at all have an end too
        yield this[1], printed[this.end() : end]


def _access_point(bssid: str, text: str) -> AccessPoint:
    return AccessPoint(bssid, _name(text), _number(_SIGNAL, text, " dBm"), channel_at(_number(_FREQUENCY, text) or 0.0), _security(text))


def _number(pattern: re.Pattern[str], text: str, unit: str = "") -> float | None:
    """The first such line that is a number in that unit; signals also come as `77/100`, of no known unit."""
    for found in pattern.finditer(text):
        if found[1].endswith(unit):
            try:
                return float(found[1].removesuffix(unit))
            except ValueError:
                continue
    return None


def _age_s(text: str) -> float | None:
    milliseconds = _number(_SEEN, text, " ms ago")
    return None if milliseconds is None else milliseconds / 1000


def _name(text: str) -> bytes:
    r"""The SSID's bytes: iw prints what is not plain ASCII, and a backslash, as `\xNN`."""
    found = _NAME.search(text)
    if found is None:
        return b""
    return _ESCAPED.sub(lambda escape: bytes([int(escape[1], 16)]), found[1].encode("utf-8", "replace"))


def _security(text: str) -> str:
    suites = dict(_SUITES.findall(text))
    said = " ".join(suites.values())
    if "802.1X" in said:
        return "802.1X"
    if "PSK" in said:
        return "WPA2" if "PSK" in suites.get("RSN", "") else "WPA"
    if "SAE" in said:
        return "WPA3"
    if "OWE" in said:
        return "OWE"
    return "WEP" if re.search(r"^\tcapability:.* Privacy\b", text, re.MULTILINE) else "open"
