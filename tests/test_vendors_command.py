"""`roomsweep vendors`: makers looked up by words, the registry refreshed only when asked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def run(tmp_path):
    """The program with a home of its own, so that no real table is touched."""

    def go(*words):
        command = [sys.executable, "-c", "from hardware.cli import main; main()", "vendors", *map(str, words)]
        return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=60, env=os.environ | {"HOME": str(tmp_path)})

    return go


def test_names_the_maker_however_the_address_is_written(run):
    done = run("44:19:b6:00:00:01", "44-19-B6-00-00-01")
    assert done.returncode == 0
    assert done.stdout.count("Hikvision") == 2


def test_says_of_a_local_address_that_its_device_chose_it(run):
    assert "chosen by the device itself" in run("b2:c5:54:42:79:f2").stdout
    assert "D-Link" in run("b2:c5:54:42:79:f2").stdout


@pytest.mark.parametrize("words", [(), ("44:19",), ("not a mac",), ("--from", "no such file")])
def test_wrong_words_end_in_one_line_and_code_2(run, words):
    done = run(*words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_refreshed_table_is_used_from_then_on(run, tmp_path):
    registry = tmp_path / "manuf"
    rows = "".join(f"{i >> 16 & 255:02X}:{i >> 8 & 255:02X}:{i & 255:02X}\tT{i}\tTest Maker {i}\n" for i in range(0, 4 * 30_000, 4))
    registry.write_text(rows, encoding="utf-8")
    assert run("--from", registry).stdout.startswith("30000 prefixes")
    assert "Test Maker 4" in run("00:00:04:00:00:01").stdout


def test_a_broken_registry_leaves_the_old_table(run, tmp_path):
    registry = tmp_path / "manuf"
    registry.write_text("00:00:0C\tCisco\tCisco Systems\n", encoding="utf-8")
    done = run("--from", registry)
    assert done.returncode == 2
    assert "not refreshed" in done.stderr
    assert "Hikvision" in run("44:19:b6:00:00:01").stdout
