"""Telephones by the connection that they keep to their maker's service for messages: no name is needed."""

from __future__ import annotations

import struct
from ipaddress import ip_address

import pytest

from detector.network.columns import back_bytes
from detector.network.push import push_of, pushes
from tests import test_traffic as talk

PHONE, ROUTER = "00:0e:6d:00:00:01", "02:00:00:00:00:fe"
GOOGLE, APPLE, OTHER = "142.250.102.188", "17.57.146.20", "203.0.113.7"
SIX = "2a00:1450:400c:c00::bc"


def told(server, port, *, answered=True):
    """What is told of a telephone that opens a connection, and of whoever answers: (MAC, value)."""
    out = talk.ethernet(PHONE, ROUTER, talk.ipv4("10.0.0.9", server, 6, talk.tcp(40123, port, b"\x17\x03\x03\0\x01\0")))
    back = talk.ethernet(ROUTER, PHONE, talk.ipv4(server, "10.0.0.9", 6, talk.tcp(port, 40123, b"\x17\x03\x03\0\x01\0")))
    return {(mac, value) for mac, _, value in talk.said(talk.heard(*([out, back] if answered else [out])), "push")}


@pytest.mark.parametrize("port", [5228, 5229, 5230])
def test_googles_service_is_told_by_its_ports(port):
    assert told(GOOGLE, port) == {(PHONE, "Google")}


def test_apples_service_is_told_by_its_port_within_its_network():
    assert told(APPLE, 5223) == {(PHONE, "Apple")}
    assert told(APPLE, 5223, answered=False) == {(PHONE, "Apple")}


@pytest.mark.parametrize(
    ("server", "port"),
    [(OTHER, 5223), (APPLE, 443), (GOOGLE, 443), (GOOGLE, 5227), (GOOGLE, 5231), ("192.168.1.7", 5228), ("10.0.0.7", 5223)],
)
def test_other_servers_and_hosts_of_the_same_network_are_no_such_service(server, port):
    assert told(server, port) == set()


def key(server, port, protocol=6):
    """The key of a flow from 10.0.0.9 or its like, as `columns` makes it."""
    address = ip_address(server)
    words = [0, 9] if address.version == 4 else [1, 9]
    words += [int(address) >> 64, int(address) & (1 << 64) - 1]
    return struct.pack("<4QHHBBxx", *words, 40123, port, protocol, address.version == 6)


def test_it_is_told_over_ipv6_as_well():
    assert list(pushes([(3, key(SIX, 5228))])) == [(3, ("push", "Google"))]
    assert list(pushes([(3, key("fd00::7", 5228))])) == []


def test_each_is_told_once_and_only_of_hosts_of_this_network():
    ends = [(3, key(GOOGLE, 5228)), (3, key(GOOGLE, 5228)), (-1, key(GOOGLE, 5228)), (4, key(APPLE, 5223)), (3, b"\0" * 12)]
    assert list(pushes(ends)) == [(3, ("push", "Google")), (4, ("push", "Apple"))]


def test_what_the_service_sends_and_what_goes_by_udp_is_not_counted():
    assert list(pushes([(3, back_bytes(key(GOOGLE, 5228)))])) == []
    assert list(pushes([(3, key(GOOGLE, 5228, protocol=17))])) == []


def test_apples_port_elsewhere_is_any_chat():
    assert push_of(bytes([18, 0, 0, 1]), 5223) is None
    assert push_of(bytes([17, 0, 0, 1]), 5223) == ("push", "Apple")
