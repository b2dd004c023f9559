"""Access points -> facts -> findings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from detector.model import Packet, Sighting
from detector.network import earshot
from detector.network.earshot import AccessPoint, AirLimits, Beacons, channel_at, facts
from detector.network.search import NetworkSearch

POINT = AccessPoint("28:f3:66:00:00:05", b"lounge", -60.0, 6, "WPA2")  # a module maker's MAC
NAMELESS = AccessPoint("9c:0e:51:10:20:30", b"", -40.0, 1, "WPA2")  # an owner that says nothing either way
BEACON = bytes.fromhex("80000000ffffffffffff") + bytes.fromhex("220000228 2ac".replace(" ", "")) * 2 + bytes(2) + bytes(12)


def told(*points, limits=AirLimits()):  # noqa: B008 -- frozen
    return {(fact.mac, fact.field): fact.value for fact in facts(points, 2.5, limits)}


def judged(*points):
    search = NetworkSearch()
    for fact in facts(points, 1.0):
        search.note(fact)
    return {finding.where.mac: finding for finding in search.finish().findings}


def test_a_named_network_tells_its_name_channel_security_and_strength():
    found = list(facts([POINT], 2.5))
    assert {(fact.field, fact.value) for fact in found} == {("ssid", "lounge"), ("wifi_security", "WPA2"), ("wifi_channel", "6")}
    assert {(fact.mac, fact.ip, fact.at_s, fact.rssi_dbm, fact.via) for fact in found} == {(POINT.bssid, None, 2.5, -60.0, "heard")}


@pytest.mark.parametrize("name", [b"", bytes(9), b"\0"])
def test_a_name_that_is_empty_or_zeros_is_hidden(name):
    assert replace(POINT, name=name).hidden
    assert told(replace(POINT, name=name))[POINT.bssid, "hidden_ssid"] == "far"
    assert (POINT.bssid, "ssid") not in told(replace(POINT, name=name))


@pytest.mark.parametrize(("dbm", "value"), [(-45.0, "near"), (-45.6, "far"), (-30.0, "near"), (-90.0, "far"), (None, "far")])
def test_a_hidden_network_is_near_by_its_strength_and_far_where_nobody_measured(dbm, value):
    assert told(replace(NAMELESS, signal_dbm=dbm))[NAMELESS.bssid, "hidden_ssid"] == value


def test_the_limit_matters():
    assert told(NAMELESS, limits=AirLimits(near_dbm=-39.0))[NAMELESS.bssid, "hidden_ssid"] == "far"


@pytest.mark.parametrize("beside", ["9c:0e:51:10:20:31", "9e:0e:51:10:20:30", "9e:0e:51:10:20:3f"])
def test_a_router_that_hides_its_second_network_is_told_by_its_addresses(beside):
    named = replace(POINT, bssid=beside)
    assert told(NAMELESS, named)[NAMELESS.bssid, "hidden_ssid"].startswith("beside")
    assert told(NAMELESS, replace(named, name=b""))[NAMELESS.bssid, "hidden_ssid"] == "near"
    assert NAMELESS.bssid not in judged(NAMELESS, named)


@pytest.mark.parametrize("other", ["9c:0e:51:10:21:30", "9c:0e:52:10:20:30", "00:11:22:33:44:55"])
def test_addresses_that_differ_elsewhere_are_of_other_radios(other):
    assert told(NAMELESS, replace(POINT, bssid=other))[NAMELESS.bssid, "hidden_ssid"] == "near"


@pytest.mark.parametrize(
    ("name", "camera"),
    [
        (b"Nax_000012", "Naxclow"), (b"BATD156362WONJM", "A9 / X5"), (b"Tapo_Cam_3ADA", "TP-Link Tapo"),
        (b"EZVIZ_C12345", "EZVIZ"), (b"HAP_C12345678", "Hikvision"), (b"DAP-7J0A123PAZ00042", "Dahua / Imou"),
        (b"DCS-935L-5B0E", "D-Link DCS-935L"), (b"HDWiFiCam-1234", "HDWiFiCam"),
    ],
)  # fmt: skip
def test_a_camera_that_opens_its_own_network_alarms_by_its_name(name, camera):
    finding = judged(replace(NAMELESS, name=name, security="open"))[NAMELESS.bssid]
    assert finding.alarm
    assert camera in (finding.camera or "")
    assert "walk about" in finding.next


@pytest.mark.parametrize("name", [b"lounge", b"FRITZ!Box 7590", b"DIRECT-5A-HP ENVY 6000", b"SmartLife-7C3A", b"eduroam", b"AndroidAP"])
def test_other_names_are_nothing_to_look_at(name):
    assert judged(replace(NAMELESS, name=name)) == {}


def test_a_near_hidden_network_is_looked_at_and_a_far_one_is_not():
    found = judged(NAMELESS, replace(NAMELESS, bssid="9c:0e:51:aa:bb:cc", signal_dbm=-70.0))
    assert list(found) == [NAMELESS.bssid]
    assert not found[NAMELESS.bssid].alarm
    assert "without a name" in found[NAMELESS.bssid].reasons[0].says
    assert "Routers" in found[NAMELESS.bssid].next


@pytest.mark.parametrize("mac", ["44:19:b6:00:00:05", "28:f3:66:00:00:05", "2c:aa:8e:00:00:05"])
def test_a_near_hidden_network_never_alarms_even_from_a_camera_makers_radio(mac):
    finding = judged(replace(NAMELESS, bssid=mac, signal_dbm=-20.0))[mac]
    assert not finding.alarm


def test_an_office_of_hidden_networks_with_accounts_is_left_alone():
    assert judged(replace(NAMELESS, security="802.1X")) == {}


def test_a_beacon_in_a_capture_and_the_same_network_in_a_list_are_judged_alike():
    """The name reaches the same rules whichever way it was heard."""
    heard = NetworkSearch()
    heard.hear(Packet(BEACON + b"\0\x0aNax_000012", 1.0, 105, len(BEACON) + 12))
    (captured,) = heard.finish().findings
    listed = judged(AccessPoint("22:00:00:22:82:ac", b"Nax_000012", -50.0, 6, "open"))[captured.where.mac]
    assert captured.alarm
    assert listed.alarm
    assert (captured.camera, captured.probability, captured.reasons) == (listed.camera, listed.probability, listed.reasons)


def beacon(mac, name, dbm=None, sort=0x80):
    """One frame with radiotap in front that tells nothing but the antenna's signal."""
    radiotap = bytes([0, 0, 9, 0, 0x20, 0, 0, 0, (dbm or 0) & 0xFF]) if dbm is not None else bytes([0, 0, 8, 0, 0, 0, 0, 0])
    sender = bytes.fromhex(mac.replace(":", ""))
    return radiotap + bytes([sort, 0, 0, 0]) + b"\xff" * 6 + sender * 2 + bytes(2) + bytes(12) + bytes([0, len(name)]) + name


def captured(*frames):
    search = NetworkSearch()
    for number, frame in enumerate(frames):
        search.hear(Packet(frame, float(number), 127, len(frame)))
    result = search.finish()
    devices = [finding.where for finding in result.findings] + list(result.others)
    hidden = {device.mac: fact.value for device in devices for fact in device.sightings if fact.field == "hidden_ssid"}
    return {finding.where.mac: finding for finding in result.findings}, hidden


def test_a_nameless_beacon_in_a_capture_is_looked_at_by_its_strongest_moment():
    findings, hidden = captured(*(beacon(NAMELESS.bssid, bytes(4), dbm) for dbm in (-70, -44, -80)))
    assert hidden == {NAMELESS.bssid: "near"}
    assert not findings[NAMELESS.bssid].alarm
    assert findings[NAMELESS.bssid].reasons == judged(NAMELESS)[NAMELESS.bssid].reasons


def test_a_nameless_beacon_that_is_faint_or_without_strength_is_far():
    assert captured(beacon(NAMELESS.bssid, b"", -46)) == ({}, {NAMELESS.bssid: "far"})
    assert captured(beacon(NAMELESS.bssid, b"")) == ({}, {NAMELESS.bssid: "far"})


@pytest.mark.parametrize("mac", [NAMELESS.bssid, "9e:0e:51:10:20:31"])
def test_who_answers_with_a_name_later_or_beside_is_no_riddle(mac):
    findings, hidden = captured(beacon(NAMELESS.bssid, b"", -30), beacon(mac, b"lounge", -30, sort=0x50))
    assert findings == {}
    assert set(hidden.values()) <= {"beside a named network of the same radio"}


def test_who_looks_for_any_network_opens_none():
    assert captured(beacon(NAMELESS.bssid, b"", -20, sort=0x40)) == ({}, {})


def test_a_flood_of_made_up_beacons_is_bounded(monkeypatch):
    monkeypatch.setattr(earshot, "MOST_NETWORKS", 3)
    heard = Beacons()
    for number in range(10):
        heard.hear(f"02:00:00:00:{number:02x}:00", -30.0, named=False)
        heard.hear(f"06:00:00:00:{number:02x}:01", -30.0, named=True)
    assert len(list(heard.finish())) == 3


def test_hostile_names_are_bounded_and_printable():
    value = told(replace(POINT, name=b"\x1b[31m\r\n\xff" + b"A" * 400))[POINT.bssid, "ssid"]
    assert len(value) <= 32
    assert value.isprintable()
    assert judged(replace(NAMELESS, name=b"{0}{1}%s" * 4)) == {}


def test_strength_travels_with_the_fact():
    assert {fact.rssi_dbm for fact in facts([NAMELESS], 0.0)} == {-40.0}
    assert all(isinstance(fact, Sighting) for fact in facts([NAMELESS], 0.0))


@pytest.mark.parametrize(
    ("mhz", "channel"),
    [(2412, 1), (2437.0, 6), (2472, 13), (2484, 14), (5180, 36), (5500, 100), (5825, 165), (5955, 1), (7115, 233), (2413, None), (0, None), (900, None)],
)
def test_channels_by_their_frequency(mhz, channel):
    assert channel_at(mhz) == channel
