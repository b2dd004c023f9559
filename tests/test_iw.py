"""`iw` as it prints (the form of its scan.c; values made up), and a program that plays it."""

from __future__ import annotations

import subprocess

import pytest

from hardware import iw
from hardware.iw import read
from hardware.sensor import SensorUnavailable, Unavailable

ROUTER = """\
BSS 28:f3:66:00:00:05(on wlan0) -- associated
\tlast seen: 1722.460s [boottime]
\tTSF: 1722392371 usec (0d, 00:28:42)
\tfreq: 2437
\tbeacon interval: 100 TUs
\tcapability: ESS Privacy ShortSlotTime RadioMeasure (0x1411)
\tsignal: -52.00 dBm
\tlast seen: 36 ms ago
\tInformation elements from Probe Response frame:
\tSSID: lounge
\tSupported rates: 1.0* 2.0* 5.5* 11.0* 18.0 24.0 36.0 54.0
\tDS Parameter set: channel 6
\tERP: <no flags>
\tRSN:\t * Version: 1
\t\t * Group cipher: CCMP
\t\t * Pairwise ciphers: CCMP
\t\t * Authentication suites: PSK
\t\t * Capabilities: 1-PTKSA-RC 1-GTKSA-RC (0x0000)
\tHT operation:
\t\t * primary channel: 6
\tExtended capabilities:
\t\t * Extended Channel Switching
\tWPS:\t * Version: 1.0
\t\t * Wi-Fi Protected Setup State: 2 (Configured)
"""
CAMERA = """\
BSS 22:00:00:22:82:ac(on wlan0)
\tTSF: 51097600 usec (0d, 00:00:51)
\tfreq: 2412.0
\tbeacon interval: 100 TUs
\tcapability: ESS ShortSlotTime (0x0401)
\tsignal: -38.00 dBm
\tlast seen: 1520 ms ago
\tSSID: Nax_000012
\tSupported rates: 1.0* 2.0* 5.5* 11.0*
\tDS Parameter set: channel 1
"""
OFFICE = """\
BSS 0c:8c:24:00:00:01(on wlan0)
\tfreq: 5180
\tcapability: ESS Privacy SpectrumMgmt (0x0111)
\tsignal: -71.00 dBm
\tlast seen: 200 ms ago
\tSSID: \\x00\\x00\\x00\\x00
\tRSN:\t * Version: 1
\t\t * Group cipher: CCMP
\t\t * Pairwise ciphers: CCMP
\t\t * Authentication suites: IEEE 802.1X/SHA-256 FT/IEEE 802.1X
\t\t * Capabilities: MFP-capable (0x0080)
"""


def one(text):
    (point,) = read(text).points
    return point


def test_each_access_point_is_read():
    router, camera, office = read(ROUTER + CAMERA + OFFICE).points
    assert (router.bssid, router.name, router.signal_dbm, router.channel, router.security) == ("28:f3:66:00:00:05", b"lounge", -52.0, 6, "WPA2")
    assert (camera.bssid, camera.name, camera.signal_dbm, camera.channel, camera.security) == ("22:00:00:22:82:ac", b"Nax_000012", -38.0, 1, "open")
    assert (office.hidden, office.channel, office.security) == (True, 36, "802.1X")


def test_the_age_is_that_of_the_freshest_and_old_ones_are_left_out():
    old = CAMERA.replace("1520 ms", "121000 ms")
    survey = read(ROUTER + old)
    assert survey.age_s == pytest.approx(0.036)
    assert [point.name for point in survey.points] == [b"lounge"]
    assert read(old).age_s == 121.0
    assert read("") == iw.Survey((), None)


@pytest.mark.parametrize(
    ("printed", "name"),
    [
        ("", b""), ("caf\\xc3\\xa9", "café".encode()), ("\\x20two words\\x20", b" two words "), ("back\\x5cslash", b"back\\slash"),
        ("\\x5cx41", b"\\x41"), ("tab\\x09", b"tab\t"), ("BSS 00:11:22:33:44:55", b"BSS 00:11:22:33:44:55"),
    ],
)  # fmt: skip
def test_names_are_the_bytes_that_iw_escaped(printed, name):
    assert one(CAMERA.replace("SSID: Nax_000012", f"SSID: {printed}")).name == name


def test_a_beacon_without_a_name_is_hidden():
    assert one(CAMERA.replace("\tSSID: Nax_000012\n", "")).hidden


@pytest.mark.parametrize(
    ("suites", "says"),
    [
        ("\tRSN:\t * Version: 1\n\t\t * Authentication suites: PSK SAE\n", "WPA2"),
        ("\tRSN:\t * Version: 1\n\t\t * Authentication suites: SAE\n", "WPA3"),
        ("\tRSN:\t * Version: 1\n\t\t * Authentication suites: OWE\n", "OWE"),
        ("\tWPA:\t * Version: 1\n\t\t * Group cipher: TKIP\n\t\t * Authentication suites: PSK\n", "WPA"),
        ("\tWPA:\t * Version: 1\n\t\t * Authentication suites: PSK\n\tRSN:\t * Version: 1\n\t\t * Authentication suites: PSK\n", "WPA2"),
        ("\tWPA:\t * Version: 1\n\t\t * Authentication suites: IEEE 802.1X\n", "802.1X"),
        ("", "open"),
    ],
)
def test_how_it_is_protected(suites, says):
    assert one(CAMERA + suites).security == says


def test_privacy_without_suites_is_wep():
    assert one(CAMERA.replace("ESS ShortSlotTime", "ESS Privacy ShortSlotTime")).security == "WEP"


@pytest.mark.parametrize(("line", "dbm"), [("signal: 77/100", None), ("signal: ", None), ("signal: -x dBm", None), ("signal: -9.50 dBm", -9.5)])
def test_a_signal_of_no_known_unit_is_unknown(line, dbm):
    assert one(CAMERA.replace("signal: -38.00 dBm", line)).signal_dbm == dbm


def test_cut_and_strange_output_is_read_as_far_as_it_goes():
    whole = ROUTER + CAMERA + OFFICE
    for end in range(0, len(whole), 7):
        assert len(read(whole[:end]).points) <= 3
    assert read("command failed: No such device (-19)\nBSS nonsense\n\tSSID: x\n").points == ()


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """One adapter, and a program called iw that says what it is told to say; `said` lists its words."""
    (tmp_path / "net/wlan7/phy80211").mkdir(parents=True)
    (tmp_path / "net/eth0").mkdir()
    monkeypatch.setattr(iw, "_ADAPTERS", tmp_path / "net")
    monkeypatch.setattr(iw, "_PLACES", str(tmp_path))

    class Machine:
        log = tmp_path / "log"

        def says(self, dump, passive, codes=(0, 0)):
            for name, text in (("dump", dump), ("passive", passive)):
                (tmp_path / name).write_text(text)
            program = tmp_path / "iw"
            program.write_text(
                f'#!/bin/sh\necho "$@" >>{self.log}\ncase "$4" in dump) code={codes[0]};; *) code={codes[1]};; esac\n'
                f'[ $code = 0 ] && exec cat {tmp_path}/"$4"\necho "command failed: Operation not permitted (-1)" >&2\nexit $code\n'
            )
            program.chmod(0o755)

        @property
        def said(self):
            return self.log.read_text().splitlines()

    return Machine()


def test_what_is_fresh_is_read_without_listening_anew(machine):
    machine.says(ROUTER, CAMERA)
    assert [point.name for point in iw.survey().points] == [b"lounge"]
    assert machine.said == ["dev wlan7 scan dump"]


@pytest.mark.parametrize("dump", ["", ROUTER.replace("36 ms", "90000 ms")])
def test_what_is_old_is_heard_anew_without_sending(machine, dump):
    machine.says(dump, CAMERA)
    assert [point.name for point in iw.survey().points] == [b"Nax_000012"]
    assert machine.said == ["dev wlan7 scan dump", "dev wlan7 scan passive"]


def test_where_listening_anew_is_not_allowed_what_is_old_stands_with_its_age(machine):
    machine.says(ROUTER.replace("36 ms", "90000 ms"), "", codes=(0, 255))
    survey = iw.survey()
    assert survey.age_s == 90.0
    assert len(survey.points) == 1


def test_an_adapter_that_cannot_be_read_is_told_in_one_line(machine):
    machine.says("", "", codes=(255, 255))
    with pytest.raises(SensorUnavailable, match="wlan7 cannot be read: Operation not permitted") as caught:
        iw.survey()
    assert caught.value.reason is Unavailable.BUSY


def test_an_iw_that_hangs_is_told(machine, monkeypatch):
    machine.says("", "")

    def hang(*_, **__):
        raise subprocess.TimeoutExpired("iw", 20)

    monkeypatch.setattr(iw.subprocess, "run", hang)
    with pytest.raises(SensorUnavailable, match="does not answer"):
        iw.survey()


@pytest.mark.usefixtures("machine")
def test_without_iw_the_remedy_is_told():
    with pytest.raises(SensorUnavailable, match="apt install iw") as caught:
        iw.survey()
    assert caught.value.reason is Unavailable.NOT_SUPPORTED


def test_without_an_adapter(tmp_path, monkeypatch):
    monkeypatch.setattr(iw, "_ADAPTERS", tmp_path)
    with pytest.raises(SensorUnavailable, match="no Wi-Fi adapter") as caught:
        iw.survey()
    assert caught.value.reason is Unavailable.NO_DEVICE
