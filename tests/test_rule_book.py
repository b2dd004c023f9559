"""What `roomsweep signatures` answers: rules by words, makers by MAC, and a registry renewed only when asked."""

from __future__ import annotations

import pytest

from detector.network.signatures import packaged
from hardware import rule_book, vendor_table


@pytest.fixture(autouse=True)
def own_place(monkeypatch, tmp_path):
    monkeypatch.setattr(vendor_table, "place", lambda: tmp_path / "vendors.tsv")


def test_nothing_asked_lists_every_rule_and_no_maker():
    text, known = rule_book.answer([])
    assert len(known["signatures"]) == len(packaged())
    assert known["makers"] == []
    assert text.count("\n") == len(packaged()) + 1


def test_macs_and_words_go_together():
    text, known = rule_book.answer(["naxclow", "B2-C5-54-42-79-F2"])
    assert text.startswith("B2-C5-54-42-79-F2  D-Link International; chosen by the device itself")
    assert known["makers"] == [{"mac": "B2-C5-54-42-79-F2", "maker": "D-Link International", "chosen_by_device": True}]
    assert known["signatures"]


def test_a_mac_alone_shows_no_rules():
    assert rule_book.answer(["22:00:00:22:82:ac"]) == (
        "22:00:00:22:82:ac  unknown vendor; chosen by the device itself, looked up with the local bit cleared\n",
        {"makers": [{"mac": "22:00:00:22:82:ac", "maker": None, "chosen_by_device": True}], "signatures": []},
    )


def test_nobody_asked_so_nothing_is_fetched(monkeypatch):
    monkeypatch.setattr(vendor_table, "refresh", lambda: pytest.fail("fetched unasked"))
    assert rule_book.renewed(refresh=False, from_file=None) == ""


def test_asked_for_it_is_fetched_once_and_told(monkeypatch, tmp_path):
    fetched = []
    monkeypatch.setattr(vendor_table, "refresh", lambda: fetched.append(1) or 55_000)
    assert rule_book.renewed(refresh=True, from_file=None) == f"55000 prefixes in {tmp_path / 'vendors.tsv'}\n"
    assert fetched == [1]


def test_a_file_goes_before_the_network(monkeypatch, tmp_path):
    monkeypatch.setattr(vendor_table, "refresh", lambda: pytest.fail("fetched although a file was named"))
    monkeypatch.setattr(vendor_table, "refresh_from_file", lambda path: 30_000 if path.name == "manuf" else 0)
    assert rule_book.renewed(refresh=True, from_file=tmp_path / "manuf").startswith("30000 prefixes")
