"""What an observed value says: rules as data (`data/*.toml`), read, checked and matched.

A rule names the field it looks at, a pattern or domains, what a match says in plain words, its kind
of evidence, its weight, where it comes from, and its own examples and counter-examples, which one
generic test proves.  The first rule of a field that fits a value speaks for it.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from detector.network.text import LONGEST_VALUE

# In order of precedence: a banner that names a make goes before "calls itself a camera".
RULE_FILES = ("protocols.toml", "banners.toml", "announcements.toml", "clouds.toml", "makers.toml")

# Hosts of a maker that people visit: a shop, help, news.  No device calls there.
_SHOP_WINDOWS = frozenset({"www", "shop", "store", "support", "blog", "community", "help", "my", "forum", "stun"})


@dataclass(frozen=True, slots=True)
class Signature:
    """One rule.  `pattern` or `domains` is set; `make` and `model` may quote groups as `{1}`."""

    fields: tuple[str, ...]
    says: str
    kind: str
    weight: float
    source: str
    checked: dt.date
    examples: tuple[str, ...]
    counter: tuple[str, ...]
    pattern: str = ""
    domains: tuple[str, ...] = ()
    make: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that fits a value, with the make and model that the value gives away."""

    rule: Signature
    value: str
    make: str = ""
    model: str = ""


class SignatureError(ValueError):
    """A data file holds a rule that cannot be used; the message names it."""


def read(text: str) -> list[Signature]:
    """Rules of one data file in its order.  Raises `SignatureError` for a rule that lacks a part."""
    return [_signature(entry) for entry in tomllib.loads(text).get("signature", [])]


def _signature(entry: Mapping[str, Any]) -> Signature:
    values = dict(entry)
    one = values.pop("field", None)
    values["fields"] = tuple(values.get("fields", [one]))
    for key in ("examples", "counter", "domains"):
        values[key] = tuple(values.get(key, ()))
    try:
        return Signature(**values)
    except TypeError as error:
        raise SignatureError(f"{values.get('says', values)}: {error}") from error


@cache
def packaged() -> tuple[Signature, ...]:
    """All rules that ship, in order of precedence."""
    folder = resources.files("detector.network") / "data"
    return tuple(rule for name in RULE_FILES for rule in read((folder / name).read_text(encoding="utf-8")))


@cache
def vocabulary() -> Mapping[str, Mapping[str, str]]:
    """The words that rules and sightings may use: `fields` and `kinds`."""
    data = resources.files("detector.network") / "data" / "vocabulary.toml"
    return tomllib.loads(data.read_text(encoding="utf-8"))


class Signatures:
    """Rules ready to match: patterns are compiled when their field is first met."""

    def __init__(self, rules: Sequence[Signature] | None = None) -> None:
        self.rules = packaged() if rules is None else tuple(rules)
        self._by_field: dict[str, list[Signature]] = {}
        self._domains: dict[tuple[str, str], Signature] = {}
        for rule in self.rules:
            for field in rule.fields:
                self._by_field.setdefault(field, [])
                if rule.pattern:
                    self._by_field[field].append(rule)
                for domain in rule.domains:
                    self._domains.setdefault((field, domain), rule)

    def match(self, field: str, value: str) -> Match | None:
        """The rule that speaks for a value, or None where no rule knows it."""
        if field not in self._by_field:
            return None
        value = value[:LONGEST_VALUE]
        rule = self._domain_rule(field, value.lower().rstrip(".")) if "." in value else None
        if rule is not None:
            return Match(rule, value, rule.make)
        for rule in self._by_field[field]:
            if found := _compiled(rule.pattern).search(value):
                return Match(rule, value, _filled(rule.make, found), _filled(rule.model, found))
        return None

    def _domain_rule(self, field: str, name: str) -> Signature | None:
        """The rule of the longest listed domain that holds the name."""
        if rule := self._domains.get((field, name)):
            return rule
        if name.split(".", 1)[0] in _SHOP_WINDOWS:
            return None
        for parent in _parents(name):
            if rule := self._domains.get((field, parent)):
                return rule
        return None


def _parents(name: str) -> Iterator[str]:
    """`b.c` and `c` of `a.b.c`."""
    while "." in name:
        name = name.split(".", 1)[1]
        yield name


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _filled(template: str, found: re.Match[str]) -> str:
    if "{" not in template:
        return template
    return re.sub(r"\{(\d)\}", lambda group: found[int(group[1])] or "", template).strip()
