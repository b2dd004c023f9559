"""A known lens looked at: passed or not, and what to try next."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from detector.model import Completeness, Coverage, Finding, Gap, Refused, SenseResult, Track, VerdictWord
from detector.optics.selftest import HOW, judge
from hardware import exits
from hardware.cli import app
from hardware.codec import write_video


def finding(*, alarm=True, probability=0.9):
    return Finding(Track(tuple((n, 100.0 + n, 50.0) for n in range(9))), alarm, probability, (), "Look.")


def result(findings=(), left_out=None, refused=(), frames=150, near=0.4):
    completeness = Completeness("Over 50 % of it.", "Assumed.", (), left_out or {}, near, 3.0, 100)
    coverage = Coverage("lens", {"frames": frames}, (), (), completeness)
    return SenseResult(coverage, tuple(findings), refused=Refused(dict(refused)))


def test_an_alarm_passes_and_says_where():
    told = judge(result([finding()]))
    assert told.passed
    assert told.says[0].startswith("This camera and torch can see a lens. It was seen at x 104, y 50 of frame 4, in 9 frames")
    assert any("from 0.4 to 3 m" in line for line in told.says)


def test_a_finding_without_alarm_passes_with_a_caution():
    told = judge(result([finding(alarm=False, probability=0.3)]))
    assert told.passed
    assert "only just" in told.says[0]


def test_further_glints_are_named():
    told = judge(result([finding(), finding(alarm=False, probability=0.3)]))
    assert any("1 more glints" in line for line in told.says)


@pytest.mark.parametrize(
    ("left_out", "refused", "word"),
    [
        ({"too dark": 0.5}, {}, "too dark"),
        ({"over-exposed": 0.5}, {}, "over-exposed"),
        ({"passed too quickly": 0.5}, {}, "moved too fast"),
        ({}, {"faint": 3}, "too faint"),
        ({}, {}, "closer to the camera's lens"),
    ],
)
def test_what_stood_in_the_way_is_said_and_how_to_do_it(left_out, refused, word):
    told = judge(result(left_out=left_out, refused=refused))
    assert not told.passed
    assert any(word in line for line in told.says)
    assert told.says[-1] == HOW


@pytest.mark.parametrize("empty", [result(frames=0), SenseResult(Coverage("lens", {}, (Gap("lost", "Gone.", fatal=True),)))])
def test_nothing_seen_at_all_is_no_pass(empty):
    assert not judge(empty).passed
    assert "Nothing could be tested" in judge(empty).says[0]


def test_the_command_answers_in_words_and_says_by_its_code_whether_it_was_seen(tmp_path):
    wall = np.random.default_rng(3).normal(60, 3, (240, 320, 3)).clip(0, 255).astype(np.uint8)
    write_video(tmp_path / "wall.mp4", [wall] * 15, 30.0)
    done = CliRunner().invoke(app, ["lens", "--self-test", str(tmp_path / "wall.mp4")])
    assert done.exit_code == exits.NOT_CHECKED
    assert "No lens was seen" in done.output
    assert "an old phone 1 m away" in done.output
    assert not any(word in done.output for word in VerdictWord), "a self-test is no verdict on a room"


@pytest.mark.parametrize("words", [["--self-test", "--out", "x"], ["--self-test", "--json", "x"], ["--distance", "0"], ["--distance", "near"]])
def test_wrong_usage_is_said_and_nothing_is_searched(words, tmp_path):
    assert CliRunner().invoke(app, ["lens", str(tmp_path / "no.mp4"), *words]).exit_code == exits.USAGE


def test_the_users_distance_reaches_the_report(tmp_path):
    rng = np.random.default_rng(3)
    wall = rng.normal(90, 20, (300, 400, 3)).clip(0, 255).astype(np.uint8)
    write_video(tmp_path / "wall.mp4", [wall[i : i + 240, i : i + 320] for i in range(24)], 30.0)
    done = CliRunner().invoke(app, ["lens", str(tmp_path / "wall.mp4"), "--distance", "0.7", "--json", str(tmp_path / "r.json")])
    assert done.exit_code == exits.DONE
    told = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["coverage"]["lens"]["completeness"]
    assert {row["distance_m"] for row in told["recovered"]} == {0.7}
    assert "0.7 m away" in done.output.replace("\n", " ").replace("    ", "")
