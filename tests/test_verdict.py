"""Walks through every cell of the truth tables; the laws they must keep are stated independently."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from detector.model import Coverage, Device, Finding, Gap, Reason, SenseResult, Track, VerdictWord
from detector.verdict import (
    JOINT_WORD,
    OWN_WORD,
    Extent,
    Found,
    extent_of,
    found_by,
    judge,
    tables_in_markdown,
)

ROOT = Path(__file__).parent.parent
LIKELY, LOOK, NOTHING, NOT = VerdictWord
WHERE = {"lens": Track(((0, 1.0, 2.0),)), "network": Device("aa:bb:cc:dd:ee:ff")}
GAPS = {
    Extent.COMPLETED: (),
    Extent.PARTLY: (Gap("lost", "The sensor stopped."),),
    Extent.NOT_CHECKED: (Gap("no device", "There is no sensor.", fatal=True),),
}


def finding(sense, alarm):
    return Finding(WHERE[sense], alarm, 0.9 if alarm else 0.4, (Reason("kind", "It says so"),), "Look at it.")


def result(sense, extent, found):
    findings = {Found.ALARM: (finding(sense, True), finding(sense, False)), Found.LOOK: (finding(sense, False),), Found.NOTHING: ()}
    return SenseResult(Coverage(sense, gaps=GAPS[extent]), findings[found])


ALL = list(itertools.product(Extent, Found))


@pytest.mark.parametrize(("extent", "found"), ALL)
def test_a_sense_is_read_as_what_it_did_and_found(extent, found):
    one = result("lens", extent, found)
    assert (extent_of(one), found_by(one)) == (extent, found)


@pytest.mark.parametrize(("extent", "found"), ALL)
def test_one_sense_alone_ends_on_its_own_word(extent, found):
    verdict = judge([result("network", extent, found)], ["network"])
    assert verdict.word is OWN_WORD[extent, found]
    assert verdict.senses == {"network": verdict.word}


@pytest.mark.parametrize(("lens", "network"), list(itertools.product(ALL, ALL)))
def test_two_senses_keep_every_law(lens, network):
    verdict = judge([result("lens", *lens), result("network", *network)], ["lens", "network"])
    extents, founds = {lens[0], network[0]}, {lens[1], network[1]}
    if Found.ALARM in founds:
        assert verdict.word is LIKELY
    elif Found.LOOK in founds:
        assert verdict.word is LOOK
    elif extents == {Extent.COMPLETED}:
        assert verdict.word is NOTHING
    else:
        assert verdict.word is NOT
    assert verdict.word is JOINT_WORD[verdict.senses["lens"], verdict.senses["network"]]


@pytest.mark.parametrize(("lens", "network"), list(itertools.product(ALL, ALL)))
def test_a_sense_that_failed_is_named_in_the_headline(lens, network):
    headline = judge([result("lens", *lens), result("network", *network)], ["lens", "network"]).headline
    for title, extent in (("he lens search was", lens[0]), ("he network search was", network[0])):
        assert (title in headline) == (extent is not Extent.COMPLETED)


def test_the_tables_are_complete_and_the_joint_one_does_not_care_about_order():
    assert set(OWN_WORD) == set(ALL)
    assert set(JOINT_WORD) == set(itertools.product(VerdictWord, repeat=2))
    assert all(JOINT_WORD[a, b] is JOINT_WORD[b, a] for a, b in JOINT_WORD)
    assert all(JOINT_WORD[JOINT_WORD[a, b], c] is JOINT_WORD[a, JOINT_WORD[b, c]] for a, b, c in itertools.product(VerdictWord, repeat=3))


def test_a_requested_sense_without_a_result_was_not_checked():
    verdict = judge([result("lens", Extent.COMPLETED, Found.NOTHING)], ["lens", "network"])
    assert verdict.word is NOT
    assert verdict.senses == {"lens": NOTHING, "network": NOT}
    assert "The network search was not done." in verdict.headline


def test_a_sense_that_nobody_asked_for_neither_speaks_nor_is_missed():
    verdict = judge([result("lens", Extent.COMPLETED, Found.NOTHING), result("network", Extent.NOT_CHECKED, Found.NOTHING)], ["lens"])
    assert verdict.word is NOTHING
    assert verdict.senses == {"lens": NOTHING}


def test_a_sweep_for_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one sense"):
        judge([], [])


@pytest.mark.parametrize(
    ("lens", "network", "says"),
    [
        (Found.ALARM, Found.NOTHING, "LIKELY CAMERA: 1 glint looks like a hidden camera."),
        (Found.ALARM, Found.ALARM, "LIKELY CAMERA: 1 glint and 1 device look like a hidden camera."),
        (Found.NOTHING, Found.LOOK, "LOOK HERE: 1 device is worth a closer look."),
        (Found.LOOK, Found.LOOK, "LOOK HERE: 1 glint and 1 device are worth a closer look."),
        (Found.NOTHING, Found.NOTHING, "NOTHING SEEN: Nothing was seen by these steps. This does not show that there is no camera."),
    ],
)
def test_headlines_read_as_sentences(lens, network, says):
    results = [result("lens", Extent.COMPLETED, lens), result("network", Extent.COMPLETED, network)]
    assert judge(results, ["lens", "network"]).headline == says


def test_not_checked_says_whether_anything_was_examined():
    none = judge([result("lens", Extent.NOT_CHECKED, Found.NOTHING)], ["lens"])
    part = judge([result("lens", Extent.PARTLY, Found.NOTHING)], ["lens"])
    assert none.says == "Nothing was examined, so nothing can be said of this room. The lens search was not done."
    assert part.says == "Nothing was seen, but not all that was to be examined was. The lens search was done only in part."


def test_no_word_promises_that_a_room_holds_no_camera():
    headlines = [judge([result("lens", *a), result("network", *b)], ["lens", "network"]).headline for a in ALL for b in ALL]
    for word in ("safe", "clean", "clear", "all good"):
        assert not any(word in headline.lower() for headline in headlines)


def test_the_readme_shows_these_tables():
    readme = ROOT / "README.md"
    if not readme.exists():
        pytest.skip("there is no README yet")
    for table in tables_in_markdown().strip().split("\n\n"):
        assert table in readme.read_text(encoding="utf-8")


def test_the_tables_in_markdown_have_a_row_and_a_column_for_each_word():
    own, joint = tables_in_markdown().strip().split("\n\n")
    assert [len(line.split("|")) for line in own.splitlines()] == [6, 6, 6, 6, 6]
    assert [len(line.split("|")) for line in joint.splitlines()] == [7, 7, 7, 7, 7, 7]
    assert "| partly | LIKELY CAMERA | LOOK HERE | NOT CHECKED |" in own
    assert "| NOTHING SEEN | LIKELY CAMERA | LOOK HERE | NOTHING SEEN | NOT CHECKED |" in joint
