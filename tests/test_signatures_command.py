"""`roomsweep signatures`: rules listed, searched and shown, makers looked up, the registry refreshed only when asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def run(tmp_path):
    """The program with a home of its own, so that no real table is touched."""

    def go(*words, command="signatures"):
        line = [sys.executable, "-c", "from hardware.cli import main; main()", command, *map(str, words)]
        return subprocess.run(line, check=False, cwd=ROOT, capture_output=True, text=True, timeout=60, env=os.environ | {"HOME": str(tmp_path)})

    return go


@pytest.fixture
def registry(tmp_path):
    """A registry of 30,000 made-up makers."""
    rows = "".join(f"{i >> 16 & 255:02X}:{i >> 8 & 255:02X}:{i & 255:02X}\tT{i}\tTest Maker {i}\n" for i in range(0, 4 * 30_000, 4))
    path = tmp_path / "manuf"
    path.write_text(rows, encoding="utf-8")
    return path


def test_lists_every_rule_in_a_line(run):
    done = run()
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert lines[-1].startswith(f"{len(lines) - 1} signatures.")
    assert len(lines) > 150


def test_searches_by_words_and_shows_one_by_its_name(run):
    many = run("hik")
    assert "Hikvision's discovery" in many.stdout
    name = next(line.split()[0] for line in many.stdout.splitlines() if "Hikvision's discovery" in line)
    one = run(name)
    assert one.stdout.startswith(f"signature   {name}\n")
    assert "examples    Hikvision SADP\n" in one.stdout
    assert "source      UniversalScanner" in one.stdout
    assert "not for     " in one.stdout


def test_says_when_nothing_is_found(run):
    done = run("no such word anywhere")
    assert done.returncode == 0
    assert done.stdout == "No signature holds these words.\n"


def test_names_the_maker_however_the_address_is_written(run):
    done = run("44:19:b6:00:00:01", "44-19-B6-00-00-01")
    assert done.returncode == 0
    assert done.stdout.count("Hikvision") == 2
    assert "signatures" not in done.stdout


def test_the_word_of_the_first_version_still_names_makers(run):
    assert "Hikvision" in run("44:19:b6:00:00:01", command="vendors").stdout


def test_says_of_a_local_address_that_its_device_chose_it(run):
    assert "chosen by the device itself" in run("b2:c5:54:42:79:f2").stdout
    assert "D-Link" in run("b2:c5:54:42:79:f2").stdout


def test_writes_json_for_programs(run, tmp_path):
    to = tmp_path / "found.json"
    assert run("naxclow", "44:19:b6:00:00:01", "--json", to).returncode == 0
    known = json.loads(to.read_text())
    assert known["makers"] == [{"mac": "44:19:b6:00:00:01", "maker": "Hangzhou Hikvision Digital Technology Co.,Ltd.", "chosen_by_device": False}]
    assert any("v720.naxclow.com" in rule["examples"] for rule in known["signatures"])
    assert set(known["signatures"][0]) > {"signature", "source", "checked", "counter", "weight"}
    assert json.loads(run("naxclow", "--json", "-").stdout)["signatures"]


def test_a_file_that_cannot_be_written_is_told(run, tmp_path):
    done = run("hik", "--json", tmp_path)
    assert done.returncode == 2
    assert "cannot be written" in done.stderr


def test_a_registry_that_is_not_there_ends_in_one_line_and_code_2(run):
    done = run("--from", "no such file")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "not refreshed" in done.stderr


def test_a_refreshed_table_is_used_from_then_on(run, registry):
    assert run("--from", registry).stdout.startswith("30000 prefixes")
    assert "Test Maker 4" in run("00:00:04:00:00:01").stdout


def test_refreshing_and_asking_go_together(run, registry):
    done = run("--from", registry, "00:00:04:00:00:01")
    assert done.stdout.startswith("30000 prefixes")
    assert "Test Maker 4" in done.stdout


def test_a_broken_registry_leaves_the_old_table(run, tmp_path):
    registry = tmp_path / "manuf"
    registry.write_text("00:00:0C\tCisco\tCisco Systems\n", encoding="utf-8")
    done = run("--from", registry)
    assert done.returncode == 2
    assert "not refreshed" in done.stderr
    assert "Hikvision" in run("44:19:b6:00:00:01").stdout
