"""What is told of a device: kinds counted once, no maker alone, nobody accused for asking."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from pathlib import Path

import pytest

from detector.model import Packet, Sighting
from detector.network.judge import LIMITS, judge
from detector.network.search import NetworkSearch
from detector.network.signatures import Signatures
from hardware.capture import CaptureFile
from tests.network_scenes import judged, searched

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared/data"
needs_captures = pytest.mark.skipif(not (SHARED / "captures/labels.csv").is_file(), reason="the shared captures are not here")
needs_labels = pytest.mark.skipif(not (SHARED / "labels/device_macs.csv").is_file(), reason="the shared labels are not here")

HIKVISION, MODULE, RANDOM, SAMSUNG = "44:19:b6:00:00:01", "0c:8c:24:00:00:01", "22:00:00:22:82:ac", "00:16:6c:00:00:01"


def word(*facts, mac=RANDOM):
    return judged(*facts, mac=mac)[0]


ONVIF = ("wsd_type", "onvif:NetworkVideoTransmitter")
RTSP = ("rtsp_reply", "200")


@pytest.mark.parametrize(
    ("facts", "mac", "expected"),
    [
        ([], RANDOM, "nothing"),
        ([], HIKVISION, "look"),
        ([], MODULE, "look"),
        ([], SAMSUNG, "nothing"),
        ([RTSP], RANDOM, "look"),
        ([RTSP, ("sdp_media", "video"), ("open_port", "554"), ("rtsp_server", "GStreamer RTSP server")], RANDOM, "look"),
        ([RTSP], HIKVISION, "alarm"),
        ([ONVIF], RANDOM, "alarm"),
        ([("p2p", "PPPP announces itself")], RANDOM, "alarm"),
        ([("dns_query", "v720.naxclow.com")], RANDOM, "alarm"),
        ([("dns_query", "p2p.reolink.com")], RANDOM, "alarm"),
        ([("dns_query", "p2p.reolink.com"), ("dns_query", "1-courier.push.apple.com")], RANDOM, "nothing"),
        ([("dns_query", "api.eu.xiaoyi.com"), ("role", "dns server")], RANDOM, "nothing"),
        ([("stream", "steady video out")], RANDOM, "look"),
        ([("stream", "steady video out"), ("tls_name", "1-courier.push.apple.com")], RANDOM, "nothing"),
        ([("stream", "steady video out")], HIKVISION, "alarm"),
        ([("upnp_type", "urn:schemas-upnp-org:device:MediaServer:1"), RTSP], RANDOM, "nothing"),
        ([("wsd_type", "wsdp:Device"), ("wsd_type", "pub:Computer")], RANDOM, "nothing"),
        ([("mdns_type", "_ipp._tcp"), ("http_server", "CUPS/2.4")], RANDOM, "nothing"),
        ([("tftp_file", "/update.sh")], "3c:49:37:00:00:01", "look"),
        ([("ssid", "Nax_000012")], RANDOM, "alarm"),
        ([("rtsp_agent", "LibVLC")], RANDOM, "nothing"),
        ([("dhcp_name", "garden-cam")], RANDOM, "look"),
        ([("dhcp_name", "garden-cam"), RTSP], RANDOM, "alarm"),
    ],
)
def test_what_is_made_of_the_evidence(facts, mac, expected):
    assert word(*facts, mac=mac) == expected


def test_a_device_that_asks_for_the_whole_web_is_no_camera():
    lookups = [("dns_query", f"www.site{number}.org") for number in range(LIMITS.many_names)]
    assert word(("dns_query", "es.ring.com")) == "alarm"
    assert word(("dns_query", "es.ring.com"), *lookups) == "nothing"


def test_a_kind_counts_once_by_its_strongest():
    many = searched(("dhcp_name", "ipcam"), ("mdns_name", "IP Camera"), ("upnp_name", "Network Camera"), ("dhcp_name", "garden-cam"))
    reasons = many.findings[0].reasons
    assert [reason.kind for reason in reasons].count("name") == 1
    assert len({reason.kind for reason in reasons}) == len(reasons)


def test_no_maker_alarms_without_other_evidence():
    for mac in (HIKVISION, MODULE):
        device = searched(mac=mac).findings[0].where
        finding = judge(device, Signatures(), replace(LIMITS, prior=0.9))
        assert finding.probability > LIMITS.alarm
        assert not finding.alarm


@pytest.mark.parametrize(
    ("limit", "value", "facts"),
    [
        ("prior", 0.001, [RTSP]), ("alarm", 0.9999, [ONVIF]), ("look", 0.9, [RTSP]), ("beyond_maker", 9.0, [ONVIF]),
        ("many_names", 1, [("dns_query", "es.ring.com"), ("dns_query", "www.site.org")]),
    ],
)
def test_every_limit_matters(limit, value, facts):
    device = searched(*facts).findings[0].where

    def outcome(limits):
        finding = judge(device, Signatures(), limits)
        return finding and (finding.alarm, finding.probability)

    assert outcome(replace(LIMITS, **{limit: value})) != outcome(LIMITS)


@pytest.mark.parametrize(
    ("facts", "mac", "camera"),
    [
        ([("mdns_txt", "_dhnap._tcp model_number=DCS-935L")], "b0:c5:54:00:00:01", "D-Link DCS-935L"),
        ([("p2p", "PPPP announces itself"), ("p2p_prefix", "TNPUSAF")], MODULE, "Yi"),
        ([("p2p", "Baichuan")], RANDOM, "Reolink"),
        ([("p2p", "Naxclow")], RANDOM, "A9 / V720 (Naxclow)"),
        ([ONVIF, ("onvif_manufacturer", "Acme"), ("onvif_model", "C1")], RANDOM, "Acme C1"),
        ([ONVIF, ("discovery", "Hikvision SADP"), ("said_model", "DS-2CD2042WD-I")], HIKVISION, "Hikvision DS-2CD2042WD-I"),
        ([RTSP], HIKVISION, "Hikvision"),
        ([], MODULE, None),
        ([("ssid", "HDWiFiCam-1")], RANDOM, "HDWiFiCam"),
    ],
)
def test_make_and_model_are_said_where_they_are_known(facts, mac, camera):
    assert searched(*facts, mac=mac).findings[0].camera == camera


@pytest.mark.parametrize("facts", [[], [RTSP], [ONVIF], [("ssid", "Nax_1")], [("dhcp_name", "garden-cam")]])
def test_each_finding_says_what_to_do_and_promises_nothing(facts):
    finding = searched(*facts, mac=HIKVISION).findings[0]
    assert finding.next.endswith(".")
    told = " ".join([finding.next, *(reason.says for reason in finding.reasons)])
    assert not re.search(r"\b(safe|clean)\b", told, re.IGNORECASE)
    assert all(reason.source for reason in finding.reasons)


def test_a_module_makers_mac_asks_to_find_out():
    assert "cheap Wi-Fi module" in searched(mac=MODULE).findings[0].next
    assert "Nothing but its MAC" in searched(mac=HIKVISION).findings[0].next


def test_we_are_never_a_finding():
    search = NetworkSearch(ours=frozenset({HIKVISION, "10.0.0.7"}))
    search.note(Sighting("discovery", "Hikvision SADP", 0.0, HIKVISION, "10.0.0.9"))
    search.note(Sighting("wsd_type", "onvif:Device", 0.0, None, "10.0.0.7"))
    result = search.finish()
    assert (result.findings, result.others) == ((), ())


def test_coverage_counts_what_was_examined_and_names_the_limits():
    search = NetworkSearch()
    for number in range(3):
        search.hear(Packet(b"\xff" * 6 + b"\0\0\x0c\0\0\1" + b"\x08\0" + b"\0" * 40, number * 2.0, 1, 60))
    coverage = search.finish().coverage
    assert dict(coverage.examined) == {"packets": 3, "bytes": 180, "seconds": 4.0, "facts asked for": 0, "devices": 1}
    assert len(coverage.limits) == 3
    assert coverage.completed


@pytest.mark.parametrize("packets", [[], [Packet(b"\0" * 60, 0.0, 147, 60)]], ids=["none", "of an unknown link"])
def test_nothing_to_read_is_a_gap_not_an_empty_room(packets):
    search = NetworkSearch()
    for packet in packets:
        search.hear(packet)
    coverage = search.finish().coverage
    assert not coverage.checked


# --- real captures --------------------------------------------------------------------------------


def from_capture(name):
    search = NetworkSearch()
    for batch in CaptureFile(SHARED / "captures" / name).batches():
        search.hear_all(batch)
    return search.finish()


@needs_captures
@pytest.mark.parametrize(
    ("name", "mac", "camera"),
    [
        ("iot_sentinel/D-LinkCam/Setup-A-1-STA.pcap", "b0:c5:54:25:5b:0e", "D-Link DCS-935L"),
        ("intl-iot/yi_camera_sample.pcap", "b0:d5:9d:b9:f0:b4", "Yi"),
        ("a9-v720/docs_fake-server-cap.pcapng", "22:00:00:22:82:ac", "A9 / V720 (Naxclow)"),
        ("neolink/EncryptionProtocol02_login.pcapng", "94:e0:d6:e9:89:86", "Reolink"),
    ],
)
def test_real_cameras_alarm_by_name_and_nothing_beside_them(name, mac, camera):
    alarms = [finding for finding in from_capture(name).findings if finding.alarm]
    assert [(finding.where.mac, finding.camera) for finding in alarms] == [(mac, camera)]


@needs_captures
@pytest.mark.parametrize("name", ["iot_sentinel/EdnetCam1/Setup-A-1-STA.pcap", "semi80211/semi_yi_idle_camera.pcap", "semi80211/semi_dahua_rtsp_camera.pcap"])
def test_cameras_that_say_little_are_shown(name):
    with (SHARED / "captures/labels.csv").open() as labels:
        mac = next(row["camera_macs"] for row in csv.DictReader(labels) if row["file"] == name)
    assert [finding.where.mac for finding in from_capture(name).findings] == [mac]


@needs_captures
def test_no_device_of_captures_without_cameras_is_shown():
    with (SHARED / "captures/labels.csv").open() as labels:
        names = [row["file"] for row in csv.DictReader(labels) if not row["camera_macs"]]
    names = [name for name in names if name != "aircrack-ng/test__wep_64_ptw_02.cap"]  # no pcap but its own format
    shown = [name for name in names[::25] if from_capture(name).findings]
    assert len(names) > 700
    assert shown == []


@needs_labels
def test_no_labelled_mac_alone_alarms_and_cameras_stand_above_others():
    with (SHARED / "labels/device_macs.csv").open() as labels:
        rows = list(csv.DictReader(labels))
    shown = {"1": 0, "0": 0}
    for row in rows:
        findings = searched(mac=row["mac"]).findings
        assert not any(finding.alarm for finding in findings), row["device"]
        shown[row["is_camera"]] += len(findings)
    cameras = sum(row["is_camera"] == "1" for row in rows)
    assert shown["1"] / cameras > 0.3
    assert shown["0"] == 0
