"""One MAC is one device, a router is not the hosts behind it, an address finds its MAC."""

from __future__ import annotations

import pytest

from detector.model import Sighting
from detector.network.devices import MOST_FACTS, Devices
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
