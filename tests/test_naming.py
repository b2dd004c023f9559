"""Make and model: what a device states goes before what the rules guess, brands before those who build for them."""

from __future__ import annotations

import re

import pytest

from detector.model import Device, Sighting
from detector.network.judge import LIMITS, judge
from detector.network.naming import Name, called, named, packaged
from detector.network.signatures import Signatures, filled

RULES = Signatures()
MAC = "00:11:22:33:44:55"


def device(*facts, vendor=None):
    return Device(MAC, ("10.0.0.9",), vendor, tuple(Sighting(field, value, 0.0, MAC) for field, value in facts))


def name_of(*facts, vendor=None):
    one = device(*facts, vendor=vendor)
    finding = judge(one, RULES, LIMITS)
    return finding.camera if finding else called(one)


# --- the list of series proves itself ---------------------------------------------------------------


@pytest.mark.parametrize("series", packaged(), ids=lambda series: series.pattern[:40])
def test_each_example_is_of_its_own_series_first(series):
    assert series.examples
    for example in series.examples:
        first = next(other for other in packaged() if re.search(other.pattern, example))
        assert first is series, example
        assert "{" not in filled(series.model, re.search(series.pattern, example))


@pytest.mark.parametrize("series", packaged(), ids=lambda series: series.pattern[:40])
def test_no_counter_example_is_of_the_series(series):
    assert series.counter
    assert len(series.source) > 2
    assert not any(re.search(series.pattern, counter) for counter in series.counter)


# --- what a device states -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ([("onvif_manufacturer", "HIKVISION"), ("onvif_model", "DS-2CD2042WD-I")], "Hikvision DS-2CD2042WD-I"),
        ([("wsd_type", "onvif:NetworkVideoTransmitter"), ("wsd_scope", "onvif://www.onvif.org/hardware/IPC-HFW1230S")], "Dahua IPC-HFW1230S"),
        ([("wsd_scope", "onvif://www.onvif.org/name/AXIS%20M1065-LW"), ("wsd_scope", "onvif://www.onvif.org/hardware/M1065-LW")], "Axis M1065-LW"),
        ([("discovery", "Dahua DHIP"), ("said_make", "Amcrest"), ("said_model", "IP8M-2496E"), ("camera_model", "IP8M-2496E")], "Amcrest IP8M-2496E"),
        ([("tp_link_type", "SMART.IPCAMERA"), ("camera_model", "C200"), ("said_model", "C200")], "TP-Link Tapo C200"),
        ([("dhcp_name", "DCS-930LB"), ("mdns_host", "DCS-930LB1_1C7185"), ("ssdp_server", "Cellvision UPnP/1.0")], "D-Link DCS-930LB"),
        ([("mdns_txt", "_hap._tcp ci=17"), ("mdns_txt", "_hap._tcp md=Welcome")], "Netatmo Welcome"),
        ([("dhcp_name", "WYZE_CAKP2JFUS-2CAA8E000000")], "Wyze CAKP2JFUS"),
        ([("dhcp_name", "C210_1A2B3C")], "TP-Link Tapo C210"),
        ([("said_model", "UVC-G3"), ("discovery", "Ubiquiti")], "Ubiquiti UVC-G3"),
        ([("dhcp_class", "AXIS,Network Camera,M3045-V,8.40.1")], "Axis M3045-V"),
        ([("p2p", "Baichuan")], "Reolink"),
        ([("upnp_manufacturer", "Foscam Intelligent"), ("upnp_model", "FI9900P"), ("upnp_type", "urn:schemas-upnp-org:device:DigitalSecurityCamera:1")], "Foscam Intelligent FI9900P"),
    ],
)
def test_make_and_model_of_cameras(facts, name):
    assert name_of(*facts) == name


@pytest.mark.parametrize("word", ["General", "IPC", "ONVIF", "H264", "1.0", "Network Camera", "HI3516EV300", "0123456789ab"])
def test_a_word_for_nothing_is_no_name(word):
    told = name_of(("onvif_manufacturer", word), ("onvif_model", word), ("onvif", "GetSystemDateAndTime"), vendor="Reolink Innovation Limited")
    assert told == "Reolink"


# --- whose name is on the case --------------------------------------------------------------------------


def test_a_brand_goes_before_who_builds_for_it():
    banner = ("rtsp_realm", "Login to 4J0123AAZ12345F")
    assert name_of(banner) == "Dahua"
    assert name_of(banner, vendor="Amcrest Technologies") == "Amcrest"
    assert name_of(banner, ("dns_query", "config.amcrestcloud.com")) == "Amcrest"
    assert name_of(("discovery", "Hikvision SADP"), vendor="Hangzhou Ezviz Software Co.,Ltd.") == "EZVIZ"


def test_a_brands_own_protocol_goes_before_the_owner_of_its_mac():
    assert name_of(("p2p", "Baichuan"), vendor="Hangzhou Hikvision Digital Technology Co.,Ltd.") == "Reolink"


def test_a_make_is_not_said_twice():
    assert str(Name("D-Link", "D-Link DCS-1")) == "D-Link DCS-1"
    assert str(Name("TP-Link Tapo", "")) == "TP-Link Tapo"
    assert str(Name()) == ""


# --- devices that are no cameras ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ([("dhcp_name", "Philips-hue"), ("mdns_txt", "_hap._tcp md=BSB002"), ("mdns_txt", "_hap._tcp ci=2")], "Philips Hue bridge BSB002"),
        ([("dhcp_name", "Lightify-7B5F6B")], "OSRAM Lightify gateway"),
        ([("dhcp_name", "HS110(EU)")], "TP-Link HS110(EU)"),
        ([("ssdp_type", "urn:Belkin:device:controllee:1")], "Belkin WeMo controllee"),
        ([("mdns_txt", "_ipp._tcp ty=HP LaserJet 400"), ("mdns_txt", "_ipp._tcp usb_MFG=Hewlett-Packard")], "Hewlett-Packard HP LaserJet 400"),
        ([("upnp_manufacturer", "Signify"), ("upnp_model", "Philips hue bridge 2015")], "Signify Philips hue bridge 2015"),
        ([("dhcp_name", "Johns-iPhone")], ""),
        ([("dns_query", "www.example.org")], ""),
    ],
)
def test_others_are_called_by_what_they_say(facts, name):
    assert called(device(*facts)) == name


def test_nothing_known_is_no_name():
    assert named(device(), ()) == Name()
