"""Which network is joined: from tables of the kernel, some real and some written here."""

from __future__ import annotations

import sys
from ipaddress import IPv4Address, IPv4Network

import pytest

from hardware import interfaces
from hardware.interfaces import Joined
from hardware.sensor import SensorUnavailable, Unavailable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads tables of the Linux kernel")

ARP = """IP address       HW type     Flags       HW address            Mask     Device
192.168.7.21     0x1         0x2         44:19:B6:00:00:01     *        wlan0
192.168.7.22     0x1         0x0         00:00:00:00:00:00     *        wlan0
192.168.7.23     0x1         0x6         aa:bb:cc:dd:ee:ff     *        wlan0
192.168.7.24     0x1         0x2         00:00:00:00:00:00     *        wlan0
172.16.0.9       0x1         0x2         11:22:33:44:55:66     *        eth0
"""
ROUTE = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
wlan0\t00000000\t0107A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
wlan0\t0007A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
"""


def one(name, network="192.168.7.0/24"):
    block = IPv4Network(network)
    return Joined(name, block[5], block, "aa:bb:cc:00:00:01", 1)


@pytest.fixture
def kernel(monkeypatch, tmp_path):
    """A kernel with the tables and the joined interfaces that a test writes."""
    monkeypatch.setattr(interfaces, "_PROC", tmp_path)

    def write(joined=(), **tables):
        for name, text in tables.items():
            (tmp_path / name).write_text(text)
        monkeypatch.setattr(interfaces, "_all_joined", lambda: list(joined))

    return write


def test_neighbours_are_those_met_on_this_interface(kernel):
    kernel(arp=ARP)
    assert interfaces.neighbours("wlan0") == {"192.168.7.21": "44:19:b6:00:00:01", "192.168.7.23": "aa:bb:cc:dd:ee:ff"}
    assert interfaces.neighbours("eth0") == {"172.16.0.9": "11:22:33:44:55:66"}
    assert interfaces.neighbours("eth9") == {}


def test_a_kernel_without_the_table_has_met_nobody(kernel):
    kernel()
    assert interfaces.neighbours("wlan0") == {}


def test_the_default_route_of_the_best_metric_decides(kernel):
    kernel([one("eth0", "192.168.1.0/24"), one("wlan0")], route=ROUTE)
    assert interfaces.joined().name == "wlan0"


def test_the_only_network_is_taken_without_a_default_route(kernel):
    kernel([one("wlan0")])
    assert interfaces.joined() == one("wlan0")


def test_several_networks_without_a_default_route_must_be_named(kernel):
    kernel([one("wlan0"), one("eth0", "192.168.1.0/24")])
    with pytest.raises(SensorUnavailable, match=r"eth0, wlan0.*--interface"):
        interfaces.joined()


def test_no_network_at_all_is_said(kernel):
    kernel()
    with pytest.raises(SensorUnavailable, match="joined no network") as caught:
        interfaces.joined()
    assert caught.value.reason is Unavailable.NO_NETWORK


def test_an_interface_that_is_not_there():
    with pytest.raises(SensorUnavailable, match="no network interface nothere0") as caught:
        interfaces.joined("nothere0")
    assert caught.value.reason is Unavailable.NO_DEVICE


def test_a_name_too_long_for_the_kernel_is_just_not_there():
    with pytest.raises(SensorUnavailable, match="There is no network interface"):
        interfaces.joined("a" * 40)


def test_the_loopback_is_read_from_the_real_kernel():
    loopback = interfaces.joined("lo")
    assert (loopback.address, loopback.network, loopback.mac) == (IPv4Address("127.0.0.1"), IPv4Network("127.0.0.0/8"), None)
    assert loopback.hardware == interfaces.hardware_type("lo") == 772
    assert not loopback.private


def test_our_own_addresses_include_every_mac_and_ip():
    found = interfaces.ours()
    for joined in interfaces._all_joined():
        assert {str(joined.address), joined.mac} - {None} <= found


@pytest.mark.parametrize(
    ("network", "private"),
    [
        ("192.168.7.0/24", True), ("10.0.0.0/8", True), ("172.31.0.0/16", True), ("169.254.0.0/16", True),
        ("172.32.0.0/16", False), ("8.8.8.0/24", False), ("100.64.0.0/10", False), ("192.0.2.0/24", False), ("127.0.0.0/8", False),
    ],
)
def test_only_whole_private_ranges_count_as_private(network, private):
    assert one("wlan0", network).private is private


def test_elsewhere_than_on_linux_the_remedy_is_said(monkeypatch):
    monkeypatch.setattr(interfaces.sys, "platform", "darwin")
    for ask in (interfaces.joined, lambda: interfaces.neighbours("en0"), lambda: interfaces.hardware_type("en0")):
        with pytest.raises(SensorUnavailable, match="--capture") as caught:
            ask()
        assert caught.value.reason is Unavailable.NOT_SUPPORTED
    assert interfaces.ours() == frozenset()


IF_INET6 = """fe80000000000000025056fffe9b53f5 02 40 20 80     eth0
fd000000000000000000000000000002 03 40 00 82    wlan0
fe80000000000000461909fffe000002 03 40 20 80    wlan0
00000000000000000000000000000001 01 80 10 80       lo
"""


def test_the_link_local_address_is_that_of_the_interface(kernel):
    kernel(if_inet6=IF_INET6)
    assert str(interfaces.link_local("wlan0")) == "fe80::4619:9ff:fe00:2"
    assert str(interfaces.link_local("eth0")) == "fe80::250:56ff:fe9b:53f5"


def test_without_ipv6_on_the_interface_there_is_no_link_local_address(kernel):
    kernel(if_inet6=IF_INET6)
    assert interfaces.link_local("lo") is None
    assert interfaces.link_local("eth9") is None


def test_a_kernel_without_ipv6_has_no_link_local_address(kernel):
    kernel()
    assert interfaces.link_local("wlan0") is None
