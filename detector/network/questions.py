"""The questions that may be asked of a network: read from `data/questions.toml`, filled, recognised.

Two uses of one table: a door fills a template and sends it; a test recognises every payload that
went out.  So nothing can be sent that the table does not show.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from string import Template
from typing import Any


@dataclass(frozen=True, slots=True)
class Question:
    """One payload with named holes.

    `protocol` is udp, tcp, arp or ip6; `to` a multicast group, or `EVERYBODY`, where it goes to one;
    `ports` where it goes, empty where each use says so.  `binary` tells that `template` is written in
    hex digits.  `leave`: only where somebody said that this network may be asked.  `own_port`: the
    port to ask from, None for any.  `each`: put to each host met as well.
    """

    name: str
    protocol: str
    to: str | None
    ports: tuple[int, ...]
    template: str
    binary: bool
    says: str
    source: str
    checked: dt.date
    leave: bool = False
    own_port: int | None = None
    each: bool = False

    def fill(self, **holes: str | int) -> bytes:
        """The payload with its holes filled; `ValueError` for a filling that the table forbids."""
        text = Template(self.template).substitute({name: str(value) for name, value in holes.items()})
        payload = bytes.fromhex(text) if self.binary else text.encode("latin-1")
        if not self.matches(payload):
            raise ValueError(f"not a filling of the question {self.name}: {holes}")
        return payload

    def matches(self, payload: bytes) -> bool:
        """True when these bytes are this question, whatever fills its holes."""
        said = payload.hex() if self.binary else payload.decode("latin-1")
        return _pattern(self).fullmatch(said) is not None


@dataclass(frozen=True, slots=True)
class Port:
    """One TCP port worth trying, the names of the questions asked on its connection where it is open,
    and of those asked each on a further one where it turned out to speak HTTP.
    """

    number: int
    ask: tuple[str, ...]
    then: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Ear:
    """UDP ports on which devices announce themselves to everybody, or to the group `to`."""

    to: str
    ports: tuple[int, ...]
    says: str
    source: str


@dataclass(frozen=True, slots=True)
class Questions:
    """The whole table: `holes` maps a hole's name to the regular expression of its fillings."""

    questions: Mapping[str, Question]
    ports: Sequence[Port]
    ears: Sequence[Ear]
    holes: Mapping[str, str]

    def __getitem__(self, name: str) -> Question:
        return self.questions[name]

    def to_everybody(self, *, leave: bool) -> list[Question]:
        """The datagrams that go to all who listen; without `leave` only those that need none."""
        known = (question for question in self.questions.values() if question.to and question.protocol == "udp")
        return [question for question in known if leave or not question.leave]

    def to_each(self) -> list[Question]:
        """The datagrams that are put to each host met as well."""
        return [question for question in self.questions.values() if question.each]

    def recognise(self, payload: bytes, protocol: str, port: int | None = None) -> Question | None:
        """The question that these bytes are, or None when they are none of ours."""
        for question in self.questions.values():
            fits = question.protocol == protocol and (not question.ports or port is None or port in question.ports)
            if fits and question.matches(payload):
                return question
        return None


EVERYBODY = "255.255.255.255"
"""All on the joined link: RFC 919, never passed on by a router."""


@cache
def load() -> Questions:
    """The packaged table."""
    text = (resources.files("detector.network") / "data" / "questions.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    questions = {row["name"]: _question(row) for row in table["question"]}
    return Questions(questions, [_port(row) for row in table["port"]], [_ear(row) for row in table["ear"]], table["holes"])


def _question(row: Mapping[str, Any]) -> Question:
    """One row of the table; a hex template loses its spaces here."""
    template = row["hex"].replace(" ", "") if "hex" in row else row["text"]
    return Question(
        row["name"], row["protocol"], row.get("to"), tuple(row.get("ports", ())), template, "hex" in row,
        row["says"], row["source"], row["checked"], row.get("leave", False), row.get("own_port"), row.get("each", False),
    )  # fmt: skip


def _port(row: Mapping[str, Any]) -> Port:
    return Port(row["number"], tuple(row.get("ask", ())), tuple(row.get("then", ())), row["source"])


def _ear(row: Mapping[str, Any]) -> Ear:
    return Ear(row.get("to", EVERYBODY), tuple(row["ports"]), row["says"], row["source"])


@cache
def _pattern(question: Question) -> re.Pattern[str]:
    """The template as a regular expression: literal text around the patterns of its holes."""
    parts = re.split(r"\$\{(\w+)\}", question.template)
    holes = load().holes
    return re.compile("".join(f"(?:{holes[part]})" if at % 2 else re.escape(part) for at, part in enumerate(parts)))
