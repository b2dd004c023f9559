"""Findings and coverage of every sense -> one verdict, by truth tables that are data.

Two steps.  Each requested sense ends on a word of its own (`OWN_WORD`: how much it examined against
what it found), and the words of the senses join to the verdict of the sweep (`JOINT_WORD`).  What
follows from it, and what the tables are built to keep: a sense that saw nothing because it did not
look can never make the sweep say NOTHING SEEN, and nothing that failed can hide a finding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce

from detector.model import Coverage, SenseName, SenseResult, VerdictWord


class Extent(StrEnum):
    """How much of what was asked of a sense it did."""

    COMPLETED = "completed"
    PARTLY = "partly"
    NOT_CHECKED = "not checked"


class Found(StrEnum):
    """The strongest thing that a sense holds."""

    ALARM = "an alarm"
    LOOK = "something to look at"
    NOTHING = "nothing"


_LIKELY, _LOOK = VerdictWord.LIKELY_CAMERA, VerdictWord.LOOK_HERE
_NOTHING, _NOT = VerdictWord.NOTHING_SEEN, VerdictWord.NOT_CHECKED

OWN_WORD: Mapping[tuple[Extent, Found], VerdictWord] = {
    (Extent.COMPLETED, Found.ALARM): _LIKELY,
    (Extent.COMPLETED, Found.LOOK): _LOOK,
    (Extent.COMPLETED, Found.NOTHING): _NOTHING,
    (Extent.PARTLY, Found.ALARM): _LIKELY,
    (Extent.PARTLY, Found.LOOK): _LOOK,
    (Extent.PARTLY, Found.NOTHING): _NOT,
    (Extent.NOT_CHECKED, Found.ALARM): _LIKELY,
    (Extent.NOT_CHECKED, Found.LOOK): _LOOK,
    (Extent.NOT_CHECKED, Found.NOTHING): _NOT,
}

JOINT_WORD: Mapping[tuple[VerdictWord, VerdictWord], VerdictWord] = {
    (_LIKELY, _LIKELY): _LIKELY,
    (_LIKELY, _LOOK): _LIKELY,
    (_LIKELY, _NOTHING): _LIKELY,
    (_LIKELY, _NOT): _LIKELY,
    (_LOOK, _LIKELY): _LIKELY,
    (_LOOK, _LOOK): _LOOK,
    (_LOOK, _NOTHING): _LOOK,
    (_LOOK, _NOT): _LOOK,
    (_NOTHING, _LIKELY): _LIKELY,
    (_NOTHING, _LOOK): _LOOK,
    (_NOTHING, _NOTHING): _NOTHING,
    (_NOTHING, _NOT): _NOT,
    (_NOT, _LIKELY): _LIKELY,
    (_NOT, _LOOK): _LOOK,
    (_NOT, _NOTHING): _NOT,
    (_NOT, _NOT): _NOT,
}

LABEL: Mapping[SenseName, str] = {"lens": "the lens search", "network": "the network search"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The word of the sweep, the own word of each requested sense, and a sentence or two on it."""

    word: VerdictWord
    senses: Mapping[SenseName, VerdictWord]
    says: str

    @property
    def headline(self) -> str:
        """Word and sentences in one line."""
        return f"{self.word}: {self.says}"


def judge(results: Sequence[SenseResult], requested: Sequence[SenseName]) -> Verdict:
    """One verdict from what the senses hold.

    requested: the senses that the sweep was asked for, in the order of the report; one of them
    without a result was not checked.  Raises ValueError when none was requested.
    """
    if not requested:
        raise ValueError("A sweep needs at least one sense.")
    by_sense = {result.coverage.sense: result for result in results}
    asked = {name: by_sense.get(name) or SenseResult(Coverage(name)) for name in requested}
    extents = {name: extent_of(by_sense.get(name)) for name in requested}
    words = {name: OWN_WORD[extents[name], found_by(result)] for name, result in asked.items()}
    word = reduce(lambda one, other: JOINT_WORD[one, other], words.values())
    return Verdict(word, words, _says(word, tuple(asked.values()), extents))


def extent_of(result: SenseResult | None) -> Extent:
    """How much of what was asked this sense did."""
    if result is None or not result.coverage.checked:
        return Extent.NOT_CHECKED
    return Extent.COMPLETED if result.coverage.completed else Extent.PARTLY


def found_by(result: SenseResult) -> Found:
    """The strongest thing that this sense holds."""
    if any(finding.alarm for finding in result.findings):
        return Found.ALARM
    return Found.LOOK if result.findings else Found.NOTHING


def tables_in_markdown() -> str:
    """Both tables as the README shows them; a test compares the two."""
    words = tuple(VerdictWord)
    own = [["the sense was", *(f"found {found}" for found in Found)]]
    own += [[extent, *(OWN_WORD[extent, found] for found in Found)] for extent in Extent]
    joint = [["lens \\ network", *words]] + [[w, *(JOINT_WORD[w, other] for other in words)] for w in words]
    return f"{_markdown(own)}\n\n{_markdown(joint)}\n"


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def _says(word: VerdictWord, asked: Sequence[SenseResult], extents: Mapping[SenseName, Extent]) -> str:
    says = {
        VerdictWord.LIKELY_CAMERA: f"{_count(asked, alarm=True)} like a hidden camera.",
        VerdictWord.LOOK_HERE: f"{_count(asked, alarm=False)} worth a closer look.",
        VerdictWord.NOTHING_SEEN: "Nothing was seen by these steps. This does not show that there is no camera.",
        VerdictWord.NOT_CHECKED: _unfinished(extents),
    }[word]
    return " ".join([says, *_failures(extents)])


def _count(asked: Sequence[SenseResult], *, alarm: bool) -> str:
    """Findings as the start of a sentence: `1 glint and 2 devices look`."""
    kinds = [f.kind for result in asked for f in result.findings if f.alarm or not alarm]
    things = [
        f"{kinds.count(kind)} {singular if kinds.count(kind) == 1 else plural}"
        for kind, singular, plural in (("lens", "glint", "glints"), ("device", "device", "devices"))
        if kind in kinds
    ]
    verb = ("looks" if alarm else "is") if len(kinds) == 1 else ("look" if alarm else "are")
    return f"{' and '.join(things)} {verb}"


def _unfinished(extents: Mapping[SenseName, Extent]) -> str:
    if set(extents.values()) == {Extent.NOT_CHECKED}:
        return "Nothing was examined, so nothing can be said of this room."
    return "Nothing was seen, but not all that was to be examined was."


def _failures(extents: Mapping[SenseName, Extent]) -> list[str]:
    how = {Extent.PARTLY: "was done only in part", Extent.NOT_CHECKED: "was not done"}
    sentences = [f"{LABEL[name]} {how[extent]}." for name, extent in extents.items() if extent in how]
    return [sentence[0].upper() + sentence[1:] for sentence in sentences]
