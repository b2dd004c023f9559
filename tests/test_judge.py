"""What speaks against a camera, what a recorder is, and the words for a device of which only a module is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from detector.model import Device, Sighting
from detector.network.judge import LIMITS, judge
from detector.network.signatures import Signatures

RULES = Signatures()
CLOUD = ("dns_query", "p2p.reolink.com")


def judged(*facts, limits=LIMITS, mac="22:00:00:00:00:01", vendor=None):
    return judge(Device(mac, ("10.0.0.9",), vendor, tuple(Sighting(field, value, 0.0, mac) for field, value in facts)), RULES, limits)


def owners(count, start=0):
    return [("dns_query", f"api.site{number}.org") for number in range(start, start + count)]


def test_the_more_owners_a_device_asks_for_the_less_it_is_a_camera():
    few, several, many = (
        judged(CLOUD, *owners(count), limits=replace(LIMITS, look=0.0)).probability
        for count in (2, LIMITS.several_names, LIMITS.many_names)
    )
    assert few > several > many
    assert judged(CLOUD, *owners(2)).alarm
    assert not judged(CLOUD, *owners(LIMITS.several_names)).alarm


def test_clocks_and_the_home_itself_are_no_owners():
    clocks = [("dns_query", f"{number}.pool.ntp{number}.org") for number in range(20)]
    times = [("dns_query", f"time.site{number}.com") for number in range(20)]
    home = [("dns_query", f"host{number}.local") for number in range(20)] + [("dns_query", f"{number}.10.in-addr.arpa") for number in range(20)]
    assert judged(CLOUD, *clocks, *times, *home).alarm


def test_a_cameras_own_clouds_are_no_owners():
    own = ("jovision.com", "jovetech.com", "jovecloud.com", "cloudsee.net", "cloudseeplus.com", "afdvr.com")
    asked = [("dns_query", f"dev.{domain}") for domain in own]
    assert judged(*asked, *owners(LIMITS.several_names - 1)).alarm


def test_a_name_asked_for_twice_is_one_owner():
    same = [("dns_query", f"{word}.maker.com") for word in "abcdefghijklmnop"]
    assert judged(CLOUD, *same, *[("tls_name", value) for _, value in same]).alarm


def test_the_clouds_of_several_makers_are_no_cameras():
    two = judged(CLOUD, ("tls_name", "es.ring.com"))
    three = judged(CLOUD, ("tls_name", "es.ring.com"), ("dns_query", "updates.arlo.com"))
    assert two.alarm
    assert three is None or not three.alarm


def test_brands_that_one_maker_serves_are_one_house():
    """A recorder of Lorex calls Dahua's servers, and those of its other brands."""
    served = [("dns_query", name) for name in ("p2p.lorexservices.com", "www.easy4ipcloud.com", "device.imoulife.com", "instaonserver.com")]
    found = judged(*served)
    assert found.alarm
    assert "other" not in {reason.kind for reason in found.reasons}


def test_a_camera_with_a_go_between_of_another_maker_is_one():
    assert judged(("dns_query", "wyze-mars-asrv.wyzecam.com"), ("dns_query", "m2.iotcplatform.com")).alarm


@pytest.mark.parametrize("role", ["dns server", "dhcp server"])
def test_what_a_resolver_asks_for_is_not_its_own(role):
    assert judged(CLOUD, ("role", role)) is None
    assert judged(("discovery", "Hikvision SADP"), ("role", role)).alarm


def test_what_speaks_against_counts_once_by_its_strongest():
    finding = judged(CLOUD, ("dhcp_class", "MSFT 5.0"), ("dns_query", "graph.facebook.com"), *owners(30), limits=replace(LIMITS, look=0.0))
    assert [reason.weight for reason in finding.reasons if reason.kind == "other"] == [-5.0]


@pytest.mark.parametrize(
    "facts",
    [
        [("discovery", "Dahua DHIP"), ("said_model", "DHI-NVR5464")],
        [("discovery", "Hikvision SADP"), ("said_model", "DS-7608NI-I2")],
        [("wsd_type", "onvif:NetworkVideoStorage")],
        [("wsd_type", "onvif:NetworkVideoTransmitter"), ("wsd_scope", "onvif://www.onvif.org/hardware/NVR-4CH")],
        [("p2p", "Baichuan"), ("dhcp_name", "RLN8-410")],
    ],
)
def test_a_recorder_is_told_as_one(facts):
    finding = judged(*facts)
    assert finding.alarm
    assert "recorder" in finding.next


@pytest.mark.parametrize("model", ["IPC-HFW1230S", "DS-2CD2042WD-I", "RLC-410W"])
def test_a_camera_is_not_told_as_a_recorder(model):
    assert "recorder" not in judged(("discovery", "Hikvision SADP"), ("said_model", model)).next


@pytest.mark.parametrize("vendor", ["Shenzhen Bilian Electronic Co.，Ltd", "AltoBeam Inc."])
def test_a_cheap_module_alone_is_a_device_to_look_at_and_no_camera(vendor):
    finding = judged(vendor=vendor, mac="0c:8c:24:00:00:01")
    assert not finding.alarm
    assert finding.camera is None
    assert "unknown device with a cheap Wi-Fi module" in finding.next
    assert "look at it" in finding.next


def test_a_cheap_module_in_a_small_linux_is_still_only_looked_at():
    finding = judged(("dhcp_class", "udhcp 1.12.1"), vendor="Shenzhen Rf-Link Technology Co.,Ltd.", mac="7c:c7:09:00:00:01")
    assert not finding.alarm
    assert "cheap Wi-Fi module" in finding.next


def test_a_camera_makers_mac_names_the_maker():
    finding = judged(vendor="Tvt Co.,Ltd", mac="00:18:ae:00:00:01")
    assert (finding.alarm, finding.camera) == (False, "TVT")


@pytest.mark.parametrize(
    ("limit", "value"),
    [("several_names", 2), ("several_names_weight", -6.0), ("many_names", 11), ("many_names_weight", -9.0), ("many_makes", 1), ("many_makes_weight", -9.0), ("made_up_mac_weight", -3.0)],
)
def test_every_limit_of_a_persons_device_matters(limit, value):
    facts = {
        "few": [CLOUD, *owners(3)], "several": [CLOUD, *owners(LIMITS.several_names + 2)], "many": [CLOUD, *owners(30)],
        "makes": [CLOUD, ("tls_name", "es.ring.com"), ("dns_query", "updates.arlo.com")],
    }
    mac = "da:a1:19:3c:7e:52" if limit == "made_up_mac_weight" else "22:00:00:00:00:01"
    told = {word: (judged(*some, mac=mac, limits=replace(LIMITS, look=0.0)).probability, judged(*some, mac=mac, limits=replace(LIMITS, look=0.0, **{limit: value})).probability) for word, some in facts.items()}
    assert any(before != after for before, after in told.values())
