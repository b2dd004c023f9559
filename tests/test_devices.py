"""One MAC is one device, a router is not the hosts behind it, an address finds its MAC."""

from __future__ import annotations

import pytest

from detector.model import Sighting
from detector.network.devices import MOST_FACTS, Devices, facts_of
from detector.network.identity import mac_within
from detector.network.vendors import Vendors

VENDORS = Vendors()
CAM, ROUTER = "44:19:b6:00:00:01", "00:00:0c:00:00:01"


def grouped(*facts):
    devices = Devices(VENDORS)
    for at_s, (mac, ip, field, value) in enumerate(facts):
        devices.note(Sighting(field, value, float(at_s), mac, ip))
    return devices.finish()


def test_many_addresses_are_one_device():
    (device,) = grouped(
        (CAM, "10.0.0.9", "address", "arp"), (CAM, "fe80::1", "address", "link"), (CAM, "2001:db8::9", "address", "ndp"),
        (CAM, None, "dhcp_name", "ipcam"),
    )
    assert device.mac == CAM
    assert device.addresses == ("10.0.0.9", "fe80::1", "2001:db8::9")
    assert device.vendor == "Hangzhou Hikvision Digital Technology Co.,Ltd."
    assert device.note == ""


def test_hosts_behind_a_router_stand_alone():
    devices = grouped(
        (ROUTER, "10.0.0.1", "address", "arp"), (ROUTER, "10.5.0.9", "rtsp_server", "Hipcam"), (ROUTER, "10.5.0.8", "http_server", "x"),
    )
    assert [(d.mac, d.addresses) for d in devices] == [(ROUTER, ("10.0.0.1",)), (None, ("10.5.0.9",)), (None, ("10.5.0.8",))]
    assert devices[1].vendor is None


def test_several_unclaimed_addresses_are_not_the_macs():
    devices = grouped((ROUTER, "10.5.0.9", "rtsp_server", "Hipcam"), (ROUTER, "10.5.0.8", "http_server", "x"))
    assert [d.mac for d in devices] == [None, None]


def test_the_only_address_of_a_mac_is_its_own():
    (device,) = grouped((CAM, "10.0.0.9", "rtsp_server", "Hipcam"))
    assert (device.mac, device.addresses) == (CAM, ("10.0.0.9",))


def test_an_answer_without_a_mac_joins_the_mac_that_holds_the_address():
    (device,) = grouped((None, "10.0.0.9", "http_title", "IP Camera"), (CAM, "10.0.0.9", "address", "arp"))
    assert device.mac == CAM
    assert {s.field for s in device.sightings} == {"http_title", "address"}


def test_a_reply_that_names_its_mac_is_believed_where_nothing_else_tells_it():
    (device,) = grouped((None, "10.0.0.9", "discovery", "Hikvision SADP"), (None, "10.0.0.9", "said_mac", CAM))
    assert (device.mac, device.addresses) == (CAM, ("10.0.0.9",))


def test_a_facts_first_sighting_is_kept():
    (device,) = grouped((CAM, None, "dhcp_name", "a"), (CAM, "10.0.0.9", "dhcp_name", "a"))
    assert [s.at_s for s in device.sightings if s.field == "dhcp_name"] == [0.0]


@pytest.mark.parametrize(("mac", "says"), [("b2:c5:54:42:79:f2", "D-Link International"), ("22:00:00:22:82:ac", "tells no maker")])
def test_a_self_chosen_mac_is_said_to_be_so(mac, says):
    (device,) = grouped((mac, None, "address", "link"))
    assert "chose this MAC itself" in device.note
    assert says in device.note


def test_what_is_nobodys_is_dropped():
    assert grouped((None, None, "dhcp_name", "x")) == []


def test_facts_of_one_device_are_bounded():
    (device,) = grouped(*[(CAM, None, "dns_query", f"h{n}.com") for n in range(2 * MOST_FACTS)])
    assert len(device.sightings) == MOST_FACTS


def test_two_macs_that_differ_in_the_local_bit_are_one_device():
    (device,) = grouped(("b2:c5:54:42:79:f2", None, "ssid", "DCS-936L"), ("b0:c5:54:42:79:f2", "10.0.0.9", "address", "arp"))
    assert device.mac == "b0:c5:54:42:79:f2"
    assert device.note == ""
    assert {s.field for s in device.sightings} == {"ssid", "address"}


def test_an_address_made_from_a_mac_joins_it():
    (device,) = grouped((CAM, "10.0.0.9", "address", "arp"), (None, "fe80::4619:b6ff:fe00:1", "wsd_type", "onvif:Device"))
    assert device.mac == CAM
    assert device.addresses == ("10.0.0.9", "fe80::4619:b6ff:fe00:1")


def test_an_address_made_from_a_mac_tells_the_maker_by_itself():
    (device,) = grouped((None, "fe80::4619:b6ff:fe00:1", "wsd_type", "onvif:Device"))
    assert (device.mac, device.vendor) == (CAM, "Hangzhou Hikvision Digital Technology Co.,Ltd.")


@pytest.mark.parametrize("address", ["fe80::1", "2001:db8::4619:b600:1", "10.0.0.9", "", "zz"])
def test_other_addresses_hold_no_mac(address):
    assert mac_within(address) is None


def test_an_answer_over_ipv6_joins_the_host_of_its_mdns_name():
    (device,) = grouped((CAM, "10.0.0.9", "mdns_host", "Garage"), (None, "fe80::77", "mdns_host", "garage"), (None, "fe80::77", "mdns_type", "_rtsp._tcp"))
    assert device.mac == CAM
    assert ("mdns_type", "_rtsp._tcp") in set(facts_of(device))


@pytest.mark.parametrize("host", ["localhost", "android"])
def test_names_that_anyone_has_join_nobody(host):
    assert len(grouped((CAM, None, "mdns_host", host), (None, "fe80::77", "mdns_host", host))) == 2


def test_a_name_that_two_macs_claim_joins_nobody():
    devices = grouped((CAM, None, "mdns_host", "cam"), (ROUTER, None, "mdns_host", "cam"), (None, "fe80::77", "mdns_host", "cam"))
    assert len(devices) == 3


def test_cameras_behind_a_repeater_are_told_apart_by_their_own_word():
    repeater, other = "50:c7:bf:00:00:01", "44:19:b6:00:00:02"
    devices = grouped(
        (repeater, "10.0.0.1", "address", "arp"), (repeater, "10.0.0.8", "address", "arp"), (repeater, "10.0.0.9", "address", "arp"),
        (repeater, "10.0.0.8", "said_mac", CAM), (repeater, "10.0.0.9", "said_mac", other), (repeater, "10.0.0.9", "said_name", "hall"),
    )
    assert {device.mac: device.addresses for device in devices} == {repeater: ("10.0.0.1",), CAM: ("10.0.0.8",), other: ("10.0.0.9",)}


def test_one_other_mac_in_a_reply_does_not_move_a_device():
    (device,) = grouped((ROUTER, "10.0.0.9", "address", "arp"), (ROUTER, "10.0.0.9", "said_mac", CAM))
    assert device.mac == ROUTER


def test_facts_behind_a_router_never_reach_it():
    devices = grouped(
        (ROUTER, "10.0.0.1", "address", "arp"), (ROUTER, "172.16.4.4", "p2p", "Baichuan"), (ROUTER, "2001:db8::5", "rtsp_reply", "200"),
    )
    assert set(facts_of(devices[0])) == {("mac_vendor", devices[0].vendor), ("address", "arp")}
    assert [device.mac for device in devices[1:]] == [None, None]


def test_names_of_names_end_at_one_device():
    local = "46:19:b6:00:00:01"  # the first address is made from this one, which is a twin of the camera's
    (device,) = grouped((None, "fe80::4419:b6ff:fe00:1", "ssid", "x"), (local, None, "ssid", "y"), (CAM, None, "address", "link"))
    assert device.mac == CAM
    assert {s.value for s in device.sightings} == {"x", "y", "link"}
