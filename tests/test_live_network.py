"""roomsweep on a real network of its own: cameras that nobody here wrote, and neighbours that are none.

Everything happens between network namespaces that this test makes and tears down.  Needs root, the
peers' packages (minidlna, wsdd, avahi-daemon, GStreamer's RTSP server) and a Python that has ipycam,
named by ROOMSWEEP_PEERS: ipycam wants another build of OpenCV than we do, so it lives elsewhere.
"""

from __future__ import annotations

import re
import subprocess
from ipaddress import IPv6Address

import pytest

from detector.network import questions
from tests.peers import bed, neighbours, sweeps
from tests.peers.neighbours import NEIGHBOURS

WITHIN_S = 10.0
LACKS = [] if bed.can_make_namespaces() else ["the right to make network namespaces (root) and iproute2"]
LACKS += neighbours.missing()
pytestmark = pytest.mark.skipif(bool(LACKS), reason=f"needs {', '.join(LACKS)}")

NEVER = re.compile(rb"^(?:SETUP|PLAY|RECORD|ANNOUNCE|PUT|DELETE) |authorization:|passw|snapshot|\.jpe?g", re.IGNORECASE)


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    """The host from which to sweep, with every neighbour up."""
    with bed.made(tmp_path_factory.mktemp("bed")) as made:
        yield neighbours.populate(made)


@pytest.fixture(scope="module")
def swept(host):
    """One sweep with the owner's leave; the tests look at it from several sides."""
    return sweeps.sweep(host, "--authority", "owner", "--seconds", "4")


@pytest.mark.parametrize("one", NEIGHBOURS, ids=lambda one: one.name)
def test_each_neighbour_is_judged_rightly(swept, one):
    finding = swept.finding(one.mac)
    judged = "" if finding is None else "alarm" if finding["alarm"] else "look"
    assert judged == one.verdict, finding


@pytest.mark.parametrize("one", NEIGHBOURS, ids=lambda one: one.name)
def test_each_neighbour_is_in_the_report_once(swept, one):
    (device,) = [device for device in swept.devices if one.address in device["addresses"]]
    # Its kernel may have been heard to speak IPv6 too; that is the same device.
    assert all(address.startswith("fe80:") for address in set(device["addresses"]) - {one.address})


def test_each_neighbour_is_met_over_ipv6_too(swept):
    """Every kernel of the bed has a link-local address made from its MAC; only a finding shows it whole."""
    assert {link_local_of(one.mac) for one in NEIGHBOURS if one.verdict} <= swept.addresses


def link_local_of(mac):
    octets = [int(part, 16) for part in mac.split(":")]
    octets[0] ^= 2
    words = bytes([*octets[:3], 0xFF, 0xFE, *octets[3:]])
    return str(IPv6Address(b"\xfe\x80" + bytes(6) + words))


def test_this_machine_is_not_among_the_devices(swept):
    assert neighbours.SWEEPER[0] not in swept.addresses
    assert len(swept.devices) == len(NEIGHBOURS)


def test_the_whole_mac_is_shown_only_of_what_was_found(swept):
    shown = {device["mac"] for device in swept.devices}
    assert {one.mac for one in NEIGHBOURS if one.verdict} == {mac for mac in shown if "x" not in mac}


def test_the_sweep_is_quick_complete_and_says_likely_camera(swept):
    assert swept.seconds < WITHIN_S
    assert swept.code == 0
    assert swept.report["verdict"] == "LIKELY CAMERA"
    # A machine without a Wi-Fi adapter says that it cannot hear networks: no matter here.
    assert [gap for gap in swept.report["coverage"]["network"]["gaps"] if "Wi-Fi" not in gap["says"]] == []


def test_every_payload_that_was_sent_is_on_the_list(swept):
    table = questions.load()
    strangers = [one for one in swept.sent if one.protocol != "arp" and table.recognise(one.data, one.protocol, one.port or None) is None]
    assert strangers == []
    assert not [one for one in swept.sent if NEVER.search(one.data)]


def test_the_watch_over_what_was_sent_saw_each_kind_of_question(swept):
    table = questions.load()
    seen = {table.recognise(one.data, one.protocol, one.port).name for one in swept.sent if one.protocol != "arp"}
    assert seen >= {question.name for question in table.to_everybody(leave=True)} - {"dhip-everybody"}  # the same words as dhip
    assert seen >= {"http-page", "rtsp-options", "rtsp-describe", "onvif-time", "onvif-information", "ssdp-description", "http-icon", "tls-hello"}
    alone = {table.recognise(one.data, one.protocol, one.port).name for one in swept.sent if one.protocol == "udp" and not one.to_everybody}
    assert alone == {question.name.removesuffix("-everybody") for question in table.to_each()}
    assert "ipv6-echo" in seen
    asked = {one.to for one in swept.sent if one.protocol == "arp" and table["arp"].matches(one.data)}
    assert len(asked) >= 253


def test_nothing_was_sent_off_the_subnet(swept):
    assert {one.to for one in swept.sent if not one.to_everybody and not one.to.startswith("10.77.0.")} == set()


def test_without_authority_only_groups_were_asked_and_coverage_says_so(host):
    swept = sweeps.sweep(host, "--seconds", "3")
    assert {one.to for one in swept.sent if one.protocol in {"udp", "tcp"}} == {"224.0.0.251", "239.255.255.250"}
    assert "no authority" in [gap["reason"] for gap in swept.report["coverage"]["network"]["gaps"]]
    assert {one.name for one in NEIGHBOURS if swept.finding(one.mac)} >= {"maker", "random"}


@pytest.mark.skipif(not sweeps.can_drop_privileges(), reason="needs setpriv of util-linux")
def test_without_privilege_the_same_hosts_are_found_and_coverage_says_so(host):
    swept = sweeps.sweep(host, "--authority", "owner", before=sweeps.UNPRIVILEGED)
    assert {one.address for one in NEIGHBOURS} <= swept.addresses
    assert "no permission" in [gap["reason"] for gap in swept.report["coverage"]["network"]["gaps"]]
    assert [one for one in swept.sent if one.port == 9 and one.data == b""]


@pytest.mark.skipif(not sweeps.can_drop_privileges(), reason="needs setpriv of util-linux")
def test_without_privilege_ipv6_is_asked_where_the_kernel_lets_everybody_and_in_the_same_bytes(host):
    everybody = "sysctl -qw net.ipv4.ping_group_range='0 2147483647'"
    subprocess.run(host.command("sh", "-c", everybody), check=True)
    swept = sweeps.sweep(host, "--authority", "owner", "--seconds", "3", before=sweeps.UNPRIVILEGED)
    echoes = [one for one in swept.sent if one.protocol == "ip6"]
    assert echoes
    assert all(questions.load().recognise(one.data, "ip6").name == "ipv6-echo" for one in echoes)
    assert {link_local_of(one.mac) for one in NEIGHBOURS if one.verdict} <= swept.addresses
