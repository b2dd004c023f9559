"""Devices of public data sets by what others published of their traffic, as if it had been captured here.

It shows what the rules would make of data sets that nobody here has seen as captures.  The table is not
independent of the rules: most of its names were known, or became known, when they were written.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

import pytest

from tests.network_scenes import judged

TABLE = tomllib.loads((Path(__file__).parent / "published_devices.toml").read_text(encoding="utf-8"))
DEVICES = TABLE["device"]
RANKS = ("nothing", "look", "alarm")


def mac_of(start):
    """A MAC with the published prefix and a suffix of zeros: whole ones are of people's devices."""
    digits = start.replace(":", "")
    return ":".join((digits + "0" * (11 - len(digits)) + "1")[at : at + 2] for at in range(0, 12, 2))


def facts(device):
    yield from (("dhcp_name", device["host"]),) if "host" in device else ()
    yield from (("dns_query", name) for name in device["names"])
    yield from (tuple(fact) for fact in device.get("says", ()))


def told(device):
    """The word for a device, and what it is called."""
    return judged(*facts(device), mac=mac_of(device["mac"]))


def named(device):
    return device["name"].replace(" ", "-")


@pytest.mark.parametrize("device", [one for one in DEVICES if one.get("camera")], ids=named)
def test_a_published_camera(device):
    word, called = told(device)
    assert word == device["expect"]
    assert device.get("make", "") in called
    assert word == "alarm" or device["why"], "a camera that does not alarm needs a reason"


@pytest.mark.parametrize("device", [one for one in DEVICES if not one.get("camera")], ids=named)
def test_a_published_device_that_is_no_camera(device):
    assert device["expect"] != "alarm"
    assert RANKS.index(told(device)[0]) <= RANKS.index(device["expect"])


@pytest.mark.parametrize("device", DEVICES, ids=named)
def test_each_row_says_where_it_is_from(device):
    assert device["source"] in TABLE["sources"]
    assert device["sets"]


def test_of_cameras_that_reach_a_camera_cloud_nearly_all_alarm():
    """Those without `why` reach one; the others say too little, each for a reason that is stated."""
    words = Counter(told(one)[0] for one in DEVICES if one.get("camera") and "why" not in one)
    assert words["alarm"] >= 0.95 * words.total()
    assert words.total() >= 40


def test_no_name_twice():
    assert max(Counter(one["name"] for one in DEVICES).values()) == 1
