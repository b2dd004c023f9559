"""What an observed value says: rules as data (`data/*.toml`), read, checked and matched.

A rule names the field it looks at, a pattern or domains, what a match says in plain words, its kind
of evidence, its weight, where it comes from, and its own examples and counter-examples, which one
generic test proves.  The first rule of a field that fits a value speaks for it.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from detector.network.text import LONGEST_VALUE

# In order of precedence: a banner that names a make goes before "calls itself a camera".
RULE_FILES = (
    "protocols.toml", "banners.toml", "access_points.toml", "announcements.toml", "systems.toml", "apps.toml", "clouds.toml", "makers.toml",
    "asked.toml",
)

MOST_KNOWN = 20_000  # values whose rule is remembered: most devices of a network share makers and names

# Hosts of a maker that people visit: a shop, help, news.  No device calls there.
_SHOP_WINDOWS = frozenset({"www", "shop", "store", "support", "blog", "community", "help", "my", "forum", "stun"})


@dataclass(frozen=True, slots=True)
class Signature:
    """One rule.  `pattern` or `domains` is set; `make` and `model` may quote groups as `{1}`.

    `makes` gives the make by domain where a rule holds the domains of many; its keys are the domains.
    `unless` names makes of cameras, "" for none in particular, that it does not speak against.
    """

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
    makes: Mapping[str, str] = field(default_factory=dict)
    unless: tuple[str, ...] = ()


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
    for key in ("examples", "counter", "domains", "unless"):
        values[key] = tuple(values.get(key, ()))
    values["domains"] += tuple(values.get("makes", ()))
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
        self._by_field: dict[str, list[tuple[int, Signature]]] = {}
        self._domains: dict[tuple[str, str], tuple[int, Signature]] = {}
        self._known: dict[tuple[str, str], Match | None] = {}
        for place, rule in enumerate(self.rules):
            for word in rule.fields:
                self._by_field.setdefault(word, [])
                if rule.pattern:
                    self._by_field[word].append((place, rule))
                for domain in rule.domains:
                    self._domains.setdefault((word, domain), (place, rule))

    def match(self, word: str, value: str) -> Match | None:
        """The rule that speaks for a value of the field `word`, or None where no rule knows it.

        Of the rules with domains the longest domain speaks, unless a pattern stands before it.
        """
        if word not in self._by_field:
            return None
        key = (word, value[:LONGEST_VALUE])
        if key not in self._known:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[key] = self._match(*key)
        return self._known[key]

    def _match(self, word: str, value: str) -> Match | None:
        if word == "http_host":
            value = value.partition(":")[0]  # a port goes with the host, but is no part of its name
        domain, last, rule = self._domain_rule(word, value.lower().rstrip(".")) if "." in value else _NO_DOMAIN
        for place, one in self._by_field[word]:
            if place > last:
                break
            if found := _compiled(one.pattern).search(value):
                return Match(one, value, filled(one.make, found), filled(one.model, found))
        return Match(rule, value, rule.makes.get(domain, rule.make)) if rule else None

    def _domain_rule(self, word: str, name: str) -> tuple[str, float, Signature | None]:
        """The longest listed domain that holds the name, its rule and where in the order that stands."""
        parents = () if name.split(".", 1)[0] in _SHOP_WINDOWS else _parents(name)
        for domain in (name, *parents):
            if held := self._domains.get((word, domain)):
                return domain, *held
        return _NO_DOMAIN


_NO_DOMAIN = ("", math.inf, None)


def _parents(name: str) -> Iterator[str]:
    """`b.c` and `c` of `a.b.c`."""
    while "." in name:
        name = name.split(".", 1)[1]
        yield name


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def filled(template: str, found: re.Match[str]) -> str:
    """A template with the groups that it quotes as `{1}`."""
    if "{" not in template:
        return template
    return re.sub(r"\{(\d)\}", lambda group: found[int(group[1])] or "", template).strip()
