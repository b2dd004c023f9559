"""NetworkManager as python-dbusmock plays it, on a bus of its own: nobody here wrote either.

Needs dbus-daemon and the system's python3-dbusmock (Debian packages dbus and python3-dbusmock).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from jeepney import DBusAddress, MessageType, new_method_call
from jeepney.io.blocking import open_dbus_connection

from hardware import network_manager
from hardware.sensor import SensorUnavailable, Unavailable

SYSTEM_PYTHON = "/usr/bin/python3"
NM, ROOT, MOCK = "org.freedesktop.NetworkManager", "/org/freedesktop/NetworkManager", "org.freedesktop.DBus.Mock"
PROPERTIES, POINT = "org.freedesktop.DBus.Properties", f"{NM}.AccessPoint"
PSK, ENTERPRISE, SAE, OWE = 0x100, 0x200, 0x400, 0x800
CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={}</listen><policy context="default">
<allow send_destination="*"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>"""


def _lacking():
    if shutil.which("dbus-daemon") is None:
        return "dbus-daemon (package dbus)"
    try:
        asked = subprocess.run([SYSTEM_PYTHON, "-c", "import dbusmock"], capture_output=True, check=False, timeout=20)
    except OSError:
        return f"{SYSTEM_PYTHON}"
    return "python3-dbusmock for the system's python" if asked.returncode else ""


LACKING = _lacking()
needs_mock = pytest.mark.skipif(bool(LACKING), reason=f"needs {LACKING}")


def until(true):
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end, "the played NetworkManager did not come up"
        time.sleep(0.02)


class Played:
    """The bus and what is changed on it, by the commands that dbusmock offers."""

    def __init__(self, address):
        self.address, self.bus = address, open_dbus_connection(address)

    def call(self, path, method, signature="", *words, interface=MOCK):
        reply = self.bus.send_and_get_reply(new_method_call(DBusAddress(path, NM, interface), method, signature, words), timeout=20)
        assert reply.header.message_type is MessageType.method_return, reply.body
        return reply.body

    def set(self, path, interface, name, kind, value):
        self.call(path, "Set", "ssv", interface, name, (kind, value), interface=PROPERTIES)

    def cable(self):
        self.call(ROOT, "AddEthernetDevice", "ssi", "eth0", "eth0", 100)

    def adapter(self, name="wlan0"):
        return self.call(ROOT, "AddWiFiDevice", "ssi", name, name, 100)[0]

    def point(self, adapter, number, name, bssid, strength, *, security=0, mhz=2437):
        words = adapter, f"ap{number}", name, bssid, 2, mhz, 54000, strength, security
        path = self.call(ROOT, "AddAccessPoint", "ssssuuuyu", *words)[0]
        self.set(path, POINT, "LastSeen", "i", int(time.clock_gettime(time.CLOCK_BOOTTIME)))  # dbusmock says: 1 s after the start
        return path


@pytest.fixture
def bus(tmp_path, monkeypatch):
    """A system bus of the test's own, which jeepney finds by the environment."""
    address = f"unix:path={tmp_path}/bus"
    (tmp_path / "bus.conf").write_text(CONFIG.format(tmp_path / "bus"))
    daemon = subprocess.Popen(["dbus-daemon", f"--config-file={tmp_path}/bus.conf", "--nofork", "--nopidfile"], stderr=subprocess.DEVNULL)
    until((tmp_path / "bus").exists)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
    yield address
    daemon.terminate()
    daemon.wait(10)


@pytest.fixture
def played(bus):
    environment = dict(os.environ) | {"DBUS_SYSTEM_BUS_ADDRESS": bus}
    mock = subprocess.Popen([SYSTEM_PYTHON, "-m", "dbusmock", "--template", "networkmanager"], env=environment, stdout=subprocess.DEVNULL)

    def up():
        assert mock.poll() is None, "the played NetworkManager died"
        asked = ["dbus-send", f"--bus={bus}", "--print-reply", f"--dest={NM}", ROOT, f"{PROPERTIES}.Get", f"string:{NM}", "string:Version"]
        return subprocess.run(asked, capture_output=True, check=False, timeout=20).returncode == 0

    until(up)
    yield (made := Played(bus))
    made.bus.close()
    mock.terminate()
    mock.wait(10)


@needs_mock
def test_what_is_read_is_what_networkmanager_knows(played):
    adapter = played.adapter()
    played.point(adapter, 1, "Nax_000012", "22:00:00:22:82:AC", 83)
    (only,) = network_manager.survey().points
    assert (only.bssid, only.name, only.channel, only.security, only.hidden) == ("22:00:00:22:82:ac", b"Nax_000012", 6, "open", False)
    assert only.signal_dbm == pytest.approx(-50.2)


@needs_mock
@pytest.mark.parametrize(
    ("flags", "says"), [(0, "open"), (PSK, "WPA2"), (PSK | 0x8, "WPA2"), (SAE, "WPA3"), (PSK | SAE, "WPA2"), (ENTERPRISE, "802.1X"), (OWE, "OWE")]
)
def test_how_it_is_protected(played, flags, says):
    played.point(played.adapter(), 1, "lounge", "28:F3:66:00:00:05", 50, security=flags)
    (only,) = network_manager.survey().points
    assert only.security == says


@needs_mock
@pytest.mark.parametrize(("wpa", "privacy", "says"), [(PSK, 1, "WPA"), (0, 1, "WEP"), (0, 0, "open")])
def test_how_an_old_one_is_protected(played, wpa, privacy, says):
    path = played.point(played.adapter(), 1, "lounge", "28:F3:66:00:00:05", 50)
    for name, value in (("RsnFlags", 0), ("WpaFlags", wpa), ("Flags", privacy)):
        played.set(path, POINT, name, "u", value)
    (only,) = network_manager.survey().points
    assert only.security == says


@needs_mock
def test_a_network_that_is_gone_since_the_list_was_read_is_left_out(played):
    path = played.point(played.adapter(), 1, "lounge", "28:F3:66:00:00:05", 50)
    played.point(f"{ROOT}/Devices/wlan0", 2, "garden", "28:F3:66:00:00:07", 50)
    played.call(path, "RemoveObject", "s", path)
    assert [point.name for point in network_manager.survey().points] == [b"garden"]


@needs_mock
def test_every_adapter_and_every_network_is_read_and_cables_are_not(played):
    played.cable()
    first, second = played.adapter("wlan0"), played.adapter("wlan1")
    played.point(first, 1, "lounge", "28:F3:66:00:00:05", 100, security=PSK, mhz=5180)
    played.point(first, 2, "", "28:F3:66:00:00:06", 0)
    played.point(second, 3, "garden", "28:F3:66:00:00:07", 60)
    found = {point.bssid[-2:]: (point.hidden, point.channel, point.signal_dbm) for point in network_manager.survey().points}
    assert found == {"05": (False, 36, -40.0), "06": (True, 6, -100.0), "07": (False, 6, pytest.approx(-64.0))}


@needs_mock
def test_a_network_not_heard_for_minutes_is_left_out(played):
    point = played.point(played.adapter(), 1, "lounge", "28:F3:66:00:00:05", 50)
    now_s = int(time.clock_gettime(time.CLOCK_BOOTTIME))
    for seen_s, expected in ((now_s, 1), (now_s - 300, 0), (-1, 1)):
        played.set(point, POINT, "LastSeen", "i", seen_s)
        assert len(network_manager.survey().points) == expected


@needs_mock
def test_how_long_ago_it_listened_is_told_where_networkmanager_tells(played):
    adapter = played.adapter()
    assert network_manager.survey().age_s is None
    played.call(adapter, "AddProperties", "sa{sv}", f"{NM}.Device.Wireless", {"LastScan": ("x", 0)})
    assert network_manager.survey().age_s == pytest.approx(time.clock_gettime(time.CLOCK_BOOTTIME), abs=30)


@needs_mock
def test_without_an_adapter(played):
    played.cable()
    with pytest.raises(SensorUnavailable, match="no Wi-Fi adapter") as caught:
        network_manager.survey()
    assert caught.value.reason is Unavailable.NO_DEVICE


@needs_mock
def test_with_wifi_switched_off(played):
    played.adapter()
    played.set(ROOT, NM, "WirelessEnabled", "b", False)
    with pytest.raises(SensorUnavailable, match="switch it on") as caught:
        network_manager.survey()
    assert caught.value.reason is Unavailable.BUSY


@needs_mock
def test_nothing_but_properties_is_asked_for_so_that_nothing_is_sent(played, tmp_path):
    log = tmp_path / "said.log"
    with log.open("wb") as out:
        monitor = subprocess.Popen(["dbus-monitor", "--address", played.address, "type='method_call'"], stdout=out)
        try:
            until(lambda: b"NameAcquired" in log.read_bytes() or b"BecomeMonitor" in log.read_bytes() or log.stat().st_size)
            played.point(played.adapter(), 1, "lounge", "28:F3:66:00:00:05", 50)
            network_manager.survey()
            until(lambda: b"GetAll" in log.read_bytes())
        finally:
            monitor.terminate()
            monitor.wait(10)
    said = log.read_text()
    assert "AddAccessPoint" in said
    assert "RequestScan" not in said
    asked = [line for line in said.splitlines() if line.startswith("method call") and "interface=org.freedesktop.NetworkManager" in line]
    assert asked == []


@needs_mock
def test_the_program_itself_finds_a_camera_that_opens_its_own_network(played, tmp_path):
    """Only the loopback is asked and listened to; the camera is in the air."""
    played.point(played.adapter(), 1, "Nax_000012", "22:00:00:22:82:AC", 83)
    out = tmp_path / "report.json"
    words = [sys.executable, "-c", "from hardware.cli import main; main()", "network", "--interface", "lo", "--seconds", "1", "--json", str(out)]
    done = subprocess.run(words, cwd=Path(__file__).parent.parent, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(out.read_text())
    (finding,) = report["findings"]
    assert (report["verdict"], finding["mac"], finding["alarm"]) == ("LIKELY CAMERA", "22:00:00:22:82:ac", True)
    assert report["coverage"]["network"]["examined"]["networks in earshot"] == 1
    assert any("list of networks" in says for says in report["coverage"]["network"]["limits"])  # dbusmock never listened


@needs_mock
def test_a_bus_without_networkmanager(bus):
    with pytest.raises(SensorUnavailable, match="does not run here") as caught:
        network_manager.survey()
    assert caught.value.reason is Unavailable.NOT_SUPPORTED


def test_no_bus_at_all(monkeypatch, tmp_path):
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/nobody")
    with pytest.raises(SensorUnavailable, match="system bus cannot be reached") as caught:
        network_manager.survey()
    assert caught.value.reason is Unavailable.NOT_SUPPORTED


@pytest.mark.parametrize(("percent", "dbm"), [(100, -40.0), (0, -100.0), (50, -70.0)])
def test_percent_become_dbm_as_networkmanager_made_them(percent, dbm):
    assert network_manager._dbm(percent) == dbm


def test_nothing_of_it_can_write():
    source = Path(network_manager.__file__).read_text()
    assert ".set(" not in source
    assert "new_method_call" not in source
