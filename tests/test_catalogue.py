"""Rules as people read them: stable names, every word must be held, all of a rule's proof is shown."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from detector.network.catalogue import FEW, as_dict, as_text, found, name_of, odds_of
from detector.network.signatures import packaged

RULES = packaged()


def test_every_rule_has_a_name_of_its_own():
    assert len({name_of(rule) for rule in RULES}) == len(RULES)


def test_a_name_stays_when_the_wording_changes():
    assert name_of(replace(RULES[0], says="else", weight=1.0, source="elsewhere")) == name_of(RULES[0])
    assert name_of(replace(RULES[0], pattern="else")) != name_of(RULES[0])


def test_a_rule_must_hold_every_word():
    both = found(RULES, ["reaches", "HIKVISION"])
    assert both
    assert set(map(name_of, both)) == set(map(name_of, found(RULES, ["reaches"]))) & set(map(name_of, found(RULES, ["hikvision"])))


def test_a_domain_and_a_make_are_found():
    assert any("swannlink.com" in rule.domains for rule in found(RULES, ["swannlink"]))
    assert any("Swann" in rule.makes.values() for rule in found(RULES, ["swann"]))


def test_its_own_name_finds_one_rule_alone():
    for rule in RULES[:20]:
        assert found(RULES, [name_of(rule).upper()]) == [rule]


def test_no_word_finds_all():
    assert found(RULES, []) == list(RULES)


@pytest.mark.parametrize("count", [1, FEW, FEW + 1])
def test_a_few_are_shown_in_full_and_more_in_a_line_each(count):
    text = as_text(RULES[:count])
    assert (text.count("source ") >= count) == (count <= FEW)
    assert all(name_of(rule) in text for rule in RULES[:count])


def test_each_rule_shown_in_full_keeps_its_proof():
    for rule in RULES:
        text = " ".join(as_text([rule]).split())
        assert " ".join(rule.source.split()) in text
        assert rule.checked.isoformat() in text
        assert " ".join(rule.counter[-1].split()) in text


def test_nothing_found_is_said():
    assert as_text([]) == "No signature holds these words.\n"


@pytest.mark.parametrize(
    ("weight", "says"),
    [(0.7, "about 2.0 times as likely from a camera"), (3.0, "about 20 times as likely from a camera"), (-7.0, "about 1000 times as likely from another device")],
)
def test_odds_are_said_in_words(weight, says):
    assert odds_of(weight) == says


def test_all_parts_go_out_for_programs():
    one = as_dict(RULES[:1])[0]
    assert one["examples"] == list(RULES[0].examples)
    assert json.loads(json.dumps(as_dict(RULES)))[0]["signature"] == name_of(RULES[0])
