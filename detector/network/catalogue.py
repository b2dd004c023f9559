"""The rules as a person reads them: found by words, one line each, or one in full with its proof."""

from __future__ import annotations

import hashlib
import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from detector.network.signatures import Signature, vocabulary

WIDTH = 88  # columns, as in the reports
FEW = 3  # rules found that are shown in full without being asked for by name


def name_of(rule: Signature) -> str:
    """Six hex digits that stay the same as long as the rule looks for the same in the same fields."""
    looks_for = "\n".join((*rule.fields, rule.pattern, *sorted(rule.domains)))
    return hashlib.sha256(looks_for.encode()).hexdigest()[:6]


def found(rules: Iterable[Signature], words: Sequence[str]) -> list[Signature]:
    """Rules that hold every word anywhere, in any case; all of them where no word is given.

    A rule's own name finds that rule alone.
    """
    every = list(rules)
    named = [rule for rule in every if [name_of(rule)] == [word.lower() for word in words]]
    return named or [rule for rule in every if all(word.lower() in _text(rule) for word in words)]


def _text(rule: Signature) -> str:
    parts = (
        rule.says, rule.kind, rule.make, rule.model, rule.pattern, rule.source, *rule.fields, *rule.domains,
        *rule.makes.values(), *rule.unless, *rule.examples,
    )
    return "\n".join(parts).lower()


def as_text(rules: Sequence[Signature]) -> str:
    """One line a rule, or a few in full; the last line counts them."""
    if not rules:
        return "No signature holds these words.\n"
    if len(rules) <= FEW:
        return "\n".join(_sheet(rule) for rule in rules)
    lines = [f"{name_of(rule)}  {rule.weight:+5.1f}  {rule.kind:<8}  {_brief(rule)}" for rule in rules]
    return "\n".join([*lines, f"{len(rules)} signatures. Name one to see it in full, such as {name_of(rules[0])}."]) + "\n"


def _brief(rule: Signature) -> str:
    first = f"{rule.says} ({_fields(rule)})"
    return textwrap.shorten(first, WIDTH, placeholder=" ...")


def _fields(rule: Signature) -> str:
    return ", ".join(rule.fields[:3]) + (", ..." if len(rule.fields) > 3 else "")


def _sheet(rule: Signature) -> str:
    """One rule in full: what it looks at, what it says, how much it weighs, and its proof."""
    kinds, fields = vocabulary()["kinds"], vocabulary()["fields"]
    makes = [f"{domain} ({make})" for domain, make in rule.makes.items()]
    rows = {
        "signature": name_of(rule),
        "says": rule.says,
        "kind": f"{rule.kind}: {kinds[rule.kind]}",
        "weight": f"{rule.weight:+.1f}, {odds_of(rule.weight)}",
        "looks at": "; ".join(f"{word} ({fields[word]})" for word in rule.fields),
        "for": rule.pattern or "the domains " + ", ".join(makes or rule.domains),
        "make": rule.make.replace("{", "part {") if rule.make else "",
        "unless": "; ".join(make or "no one make" for make in rule.unless),
        "source": f"{rule.source}; checked {rule.checked.isoformat()}",
        "examples": "; ".join(rule.examples),
        "not for": "; ".join(rule.counter),
    }
    return "\n".join(_row(head, text) for head, text in rows.items() if text) + "\n"


def _row(head: str, text: str) -> str:
    lines = textwrap.wrap(text, WIDTH - 12, break_on_hyphens=False) or [""]
    return f"{head:<12}" + ("\n" + " " * 12).join(lines)


def odds_of(weight: float) -> str:
    """A natural logarithm of a likelihood ratio in words: `about 20 times as likely from a camera`."""
    ratio = math.exp(abs(weight))
    times = f"{ratio:.1f}" if ratio < 3 else f"{float(f'{ratio:.1g}'):.0f}"
    return f"about {times} times as likely from {'a camera' if weight > 0 else 'another device'}"


def as_dict(rules: Iterable[Signature]) -> list[Mapping[str, Any]]:
    """The rules for programs, with every part that the data files hold."""
    return [
        {
            "signature": name_of(rule), "says": rule.says, "kind": rule.kind, "weight": rule.weight, "fields": list(rule.fields),
            "pattern": rule.pattern, "domains": list(rule.domains), "make": rule.make, "model": rule.model,
            "makes": dict(rule.makes), "unless": list(rule.unless), "source": rule.source, "checked": rule.checked.isoformat(),
            "examples": list(rule.examples), "counter": list(rule.counter),
        }
        for rule in rules
    ]
