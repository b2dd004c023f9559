"""Looking at the list of networks again and again, over ways that we hold."""

from __future__ import annotations

import pytest

from detector.network.earshot import AccessPoint
from detector.network.search import NetworkSearch
from hardware import access_points, iw, network_manager
from hardware.access_points import EVERY_S, NOT_HERE, AccessPoints, open_here
from hardware.feeds import Accountable, Feed, Sense
from hardware.runner import sweep
from hardware.sensor import SensorUnavailable, Unavailable
from hardware.survey import Survey

ROUTER = AccessPoint("9c:0e:51:00:00:05", b"lounge", -60.0, 6, "WPA2")
CAMERA = AccessPoint("22:00:00:22:82:ac", b"Nax_000012", -40.0, 1, "open")
HIDDEN = AccessPoint("0c:8c:24:00:00:01", b"", -80.0, 11, "WPA2")


class Room:
    """Time that passes only while waited for, and what is heard at each look."""

    def __init__(self, *looks):
        self.now_s, self.looks, self.taken = 100.0, list(looks), 0

    def look(self):
        self.taken += 1
        look = self.looks[min(self.taken, len(self.looks)) - 1]
        if isinstance(look, Exception):
            raise look
        return look

    def source(self, seconds, *before):
        return AccessPoints(seconds, lambda: self.now_s, ways=(*before, self.look), pause=self.wait)

    def wait(self, seconds):
        assert seconds > 0
        self.now_s += seconds


def refusing(reason, says):
    def way():
        raise SensorUnavailable(reason, says)

    return way


def survey(*points, age_s=1.0):
    return Survey(points, age_s)


def test_each_fact_is_told_once_at_the_time_it_was_first_heard():
    room = Room(survey(ROUTER), survey(ROUTER, CAMERA), survey(ROUTER, CAMERA))
    found = list(room.source(12.0).sightings())
    assert [(fact.value, fact.at_s) for fact in found if fact.field == "ssid"] == [("lounge", 100.0), ("Nax_000012", 105.0)]
    assert len(found) == 6
    assert room.taken == 4
    assert room.now_s == pytest.approx(112.0)


def test_a_short_time_is_one_look_at_its_begin_and_one_at_its_end():
    room = Room(survey(ROUTER))
    list(room.source(EVERY_S / 2).sightings())
    assert room.taken == 2
    room = Room(survey(ROUTER))
    list(room.source(0.0).sightings())
    assert room.taken == 1


def test_a_network_that_comes_nearer_is_told_again():
    near = AccessPoint(HIDDEN.bssid, b"", -40.0, 11, "WPA2")
    found = list(Room(survey(HIDDEN), survey(near)).source(6.0).sightings())
    assert [fact.value for fact in found if fact.field == "hidden_ssid"] == ["far", "near"]


def test_it_keeps_an_account_of_what_it_heard():
    source = Room(survey(ROUTER, HIDDEN), survey(CAMERA)).source(6.0)
    list(source.sightings())
    assert isinstance(source, Accountable)
    assert source.examined == {"networks in earshot": 3, "of them without a name": 1}
    assert source.gaps == []
    assert source.coverage_limits == [access_points.JOINED]


@pytest.mark.parametrize(("age_s", "says"), [(61.0, "61 s ago"), (4000.0, "4000 s ago"), (None, "not yet")])
def test_a_machine_that_has_not_listened_lately_says_so_with_a_remedy(age_s, says):
    source = Room(survey(ROUTER, age_s=age_s)).source(1.0)
    list(source.sightings())
    assert says in source.coverage_limits[1]
    assert "open its list of networks" in source.coverage_limits[1]


def test_a_machine_that_listened_meanwhile_has_nothing_to_say_of_it():
    source = Room(survey(ROUTER, age_s=300.0), survey(ROUTER, age_s=2.0)).source(6.0)
    list(source.sightings())
    assert source.coverage_limits == [access_points.JOINED]


def test_a_way_that_cannot_be_gone_gives_way_to_the_next_and_is_not_tried_again():
    tried = []

    def first():
        tried.append(1)
        raise SensorUnavailable(Unavailable.NOT_SUPPORTED, "NetworkManager does not run here.")

    room = Room(survey(CAMERA))
    assert {fact.mac for fact in room.source(20.0, first).sightings()} == {CAMERA.bssid}
    assert tried == [1]
    assert room.taken == 5


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        ((Unavailable.NOT_SUPPORTED, "no manager"), (Unavailable.NO_DEVICE, "no adapter"), "no adapter"),
        ((Unavailable.BUSY, "switched off"), (Unavailable.NOT_SUPPORTED, "no iw"), "switched off"),
        ((Unavailable.NO_DEVICE, "none of mine"), (Unavailable.BUSY, "asleep"), "asleep"),
    ],
)
def test_where_no_way_can_be_gone_the_reason_that_helps_is_told(first, last, told):
    source = AccessPoints(1.0, ways=(refusing(*first), refusing(*last)))
    with pytest.raises(SensorUnavailable, match=told):
        source.look()


@pytest.mark.parametrize("reason", [Unavailable.NO_DEVICE, Unavailable.NOT_SUPPORTED])
def test_a_machine_that_cannot_hear_them_has_a_limit_and_no_gap(reason):
    source = AccessPoints(5.0, ways=(refusing(reason, "This machine has no Wi-Fi adapter."),))
    assert list(source.sightings()) == []
    assert (source.gaps, source.coverage_limits, source.examined) == ([], ["This machine has no Wi-Fi adapter."], {})


def test_wifi_that_a_person_could_switch_on_is_a_gap():
    source, search = AccessPoints(5.0, ways=(refusing(Unavailable.BUSY, "Wi-Fi is switched off: switch it on."),)), NetworkSearch()
    feed = Feed(source.name, False, lambda _: (source, source.sightings()), search.note)
    report = sweep([Sense("network", (feed,), search.finish)])
    assert [gap.says for gap in report.results[0].coverage.gaps] == ["Wi-Fi is switched off: switch it on."]


def test_an_adapter_lost_in_the_middle_keeps_what_was_heard():
    room = Room(survey(CAMERA), SensorUnavailable(Unavailable.LOST, "The system bus broke off."))
    source = room.source(20.0)
    found = source.sightings()
    assert [next(found).field for _ in range(3)] == ["ssid", "wifi_security", "wifi_channel"]
    with pytest.raises(SensorUnavailable, match="broke off"):
        next(found)
    assert source.examined["networks in earshot"] == 1


def test_networkmanager_goes_before_iw():
    assert (network_manager.survey, iw.survey) == access_points.WAYS


@pytest.mark.parametrize(("platform", "says"), [("darwin", [NOT_HERE]), ("win32", [NOT_HERE])])
def test_elsewhere_than_on_linux_it_is_said_what_to_do(monkeypatch, platform, says):
    monkeypatch.setattr(access_points.sys, "platform", platform)
    source = open_here(5.0, lambda: 0.0)
    assert list(source.sightings()) == []
    assert source.coverage_limits == says
    assert "look at the list of Wi-Fi networks yourself" in NOT_HERE


def test_a_camera_in_earshot_makes_the_verdict_of_a_sweep():
    """From a list of networks to the headline, with nothing else heard."""
    source, search = Room(survey(ROUTER, CAMERA)).source(0.0), NetworkSearch()
    feed = Feed(source.name, False, lambda _: (source, source.sightings()), search.note)
    report = sweep([Sense("network", (feed,), search.finish)])
    assert report.headline.startswith("LIKELY CAMERA")
    (finding,) = report.findings
    assert finding.where.mac == CAMERA.bssid
    assert "walk about" in finding.next
