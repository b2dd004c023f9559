"""Every rule proves itself: its examples match, its counter-examples do not, its words are known."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from detector.network.signatures import SignatureError, Signatures, packaged, read, vocabulary

RULES = packaged()
ALL = Signatures()

ONE = """
[[signature]]
field = "http_server"
pattern = '^Cam/(\\d)$'
says = "runs Cam"
kind = "banner"
weight = 3.0
make = "Cam {1}"
source = "here"
checked = 2026-11-22
examples = ["Cam/1"]
counter = ["cam"]
"""


def ident(rule):
    return f"{rule.fields[0]}-{rule.says[:40]}"


@pytest.mark.parametrize("rule", RULES, ids=ident)
def test_each_example_is_matched_by_its_own_rule_first(rule):
    assert rule.examples
    for example in rule.examples:
        matches = [ALL.match(field, example) for field in rule.fields]
        assert any(match and match.rule is rule for match in matches), example
        # In its other fields a rule that goes before it may speak, but never to the contrary.
        assert all(match and match.rule.weight * rule.weight > 0 for match in matches), example


@pytest.mark.parametrize("rule", RULES, ids=ident)
def test_no_counter_example_is_matched_by_the_rule(rule):
    assert rule.counter
    for counter in rule.counter:
        for field in rule.fields:
            match = ALL.match(field, counter)
            assert match is None or match.rule is not rule, counter


@pytest.mark.parametrize("rule", RULES, ids=ident)
def test_each_rule_says_where_it_comes_from_in_known_words(rule):
    words = vocabulary()
    assert set(rule.fields) <= set(words["fields"])
    assert rule.kind in words["kinds"]
    assert len(rule.source) > 2
    assert dt.date(2026, 1, 1) <= rule.checked <= dt.date(2030, 1, 1)
    assert rule.says
    assert rule.says[0].islower()
    assert not rule.says.endswith(".")
    assert 0 < abs(rule.weight) <= 7
    assert bool(rule.pattern) != bool(rule.domains)
    assert (rule.kind == "other") == (rule.weight < 0)
    assert all(domain == domain.lower() for domain in rule.domains)


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.pattern], ids=ident)
def test_a_template_quotes_only_groups_that_exist(rule):
    groups = re.compile(rule.pattern).groups
    quoted = [int(number) for number in re.findall(r"\{(\d)\}", rule.make + rule.model)]
    assert all(1 <= number <= groups for number in quoted)


def test_no_rule_about_a_maker_can_alarm_alone():
    assert max(rule.weight for rule in RULES if rule.kind == "maker") <= 4.0


def test_no_domain_is_listed_by_two_rules():
    listed = [(field, domain) for rule in RULES for field in rule.fields for domain in rule.domains]
    assert len(listed) == len(set(listed))


def test_makes_are_keyed_in_lower_case():
    assert all(key == key.lower() for key in vocabulary()["makes"])


def test_a_pattern_that_stands_before_a_domain_goes_before_it():
    assert ALL.match("dns_query", "eudevice.ezvizlife.com").rule.kind == "cloud"
    assert ALL.match("dns_query", "apiieu.ezvizlife.com").rule.kind == "other"
    assert ALL.match("dns_query", "api.ring.com").rule.weight < ALL.match("dns_query", "fw.ring.com").rule.weight


def test_one_rule_gives_the_make_of_each_of_its_domains():
    found = {name: ALL.match("tls_name", name) for name in ("dev1.swannlink.com", "p2p.lorexservices.com")}
    assert [match.make for match in found.values()] == ["Swann", "Lorex"]
    assert len({id(match.rule) for match in found.values()}) == 1


def test_groups_fill_the_make():
    match = Signatures(read(ONE)).match("http_server", "Cam/7")
    assert match
    assert match.make == "Cam 7"


def test_a_field_without_rules_says_nothing():
    assert ALL.match("dhcp_wishes", "1,3,6") is None


@pytest.mark.parametrize("name", ["www.xiaoyi.com", "support.arlo.com", "shop.ring.com", "notring.com", "com", "stun.samsungsmartcam.com"])
def test_shop_windows_and_lookalikes_are_no_cloud(name):
    assert ALL.match("dns_query", name) is None


@pytest.mark.parametrize("name", ["P2P.Reolink.com", "api.eu.xiaoyi.com.", "a.b.c.ring.com"])
def test_clouds_match_in_any_case_and_depth(name):
    match = ALL.match("dns_query", name)
    assert match
    assert match.rule.kind == "cloud"


def test_the_longest_domain_speaks():
    assert ALL.match("dns_query", "webapi.camera.home.nest.com").rule.kind == "other"
    assert ALL.match("dns_query", "p2p.live.cbs.boschsecurity.com").make == "Bosch"
    assert ALL.match("dns_query", "transport.home.nest.com").rule.kind == "other"


def test_a_rule_that_lacks_a_part_is_named():
    with pytest.raises(SignatureError, match="runs Cam"):
        read(ONE.replace('kind = "banner"\n', ""))


def test_a_rule_with_an_unknown_part_is_named():
    with pytest.raises(SignatureError, match="wieght"):
        read(ONE + "wieght = 3\n")


@pytest.mark.parametrize("value", ["", "x" * 5000, "((((", "a" * 200 + "!", "-" * 4000, "camera" * 500])
def test_hostile_values_are_matched_quickly_or_not_at_all(value):
    for field in vocabulary()["fields"]:
        ALL.match(field, value)


@pytest.mark.parametrize("name", ["Cameron's iPhone", "camila-laptop", "webcampus", "scamp", "JBL Charge", "living-room", "Brother HL-2270", "ESP_1A2B3C"])
def test_ordinary_names_are_no_camera(name):
    for field in ("dhcp_name", "mdns_name", "mdns_host", "upnp_name", "netbios_name"):
        match = ALL.match(field, name)
        assert match is None or match.rule.weight < 0


def test_what_was_matched_is_remembered_within_bounds(monkeypatch):
    monkeypatch.setattr("detector.network.signatures.MOST_KNOWN", 3)
    rules = Signatures(read(ONE))
    assert [rules.match("http_server", f"Cam/{n % 10}").make for n in range(12)] == [f"Cam {n % 10}" for n in range(12)]
    assert rules.match("http_server", "Cam/1") is rules.match("http_server", "Cam/1")
    assert rules.match("http_server", "none") is None


@pytest.mark.parametrize("host", ["p2p.reolink.com:443", "P2P.reolink.com", "v720.naxclow.com:80"])
def test_a_port_is_no_part_of_a_hosts_name(host):
    assert ALL.match("http_host", host).rule.kind == "cloud"
