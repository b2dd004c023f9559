"""One device and what is known of it -> how likely it is a camera, why, and what to do next.

Each kind of evidence counts once, by its strongest member.  Kinds are taken as independent, which
they are not quite: that is why the threshold for an alarm lies well above what one ordinary kind
reaches, and why a MAC's maker alone never reaches it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from detector.model import Device, Finding, Reason, probability_of
from detector.network.devices import facts_of
from detector.network.signatures import Match, Signature, Signatures, vocabulary


@dataclass(frozen=True, slots=True)
class JudgeLimits:
    """What is believed before any evidence, and from where on it is told, each with its reason."""

    prior: float = 0.05  # of the devices on an ordinary network, about one in twenty is a camera
    alarm: float = 0.9  # posterior: evidence of 170 to 1, more than any MAC's maker gives
    look: float = 0.25  # posterior: evidence of 6 to 1; below it a person would look at too much
    beyond_maker: float = 1.0  # weight that an alarm needs from other kinds than the MAC's maker
    chosen_mac: float = 0.4  # of a maker's weight, where the MAC was chosen by the device: of 3,000 random
    # MACs of telephones one hit a camera maker's prefix by chance
    many_names: int = 25  # registered domains asked for: cameras know one maker, people's devices the web
    many_names_weight: float = -4.0


LIMITS = JudgeLimits()

_NAMES = ("dns_query", "tls_name")
_MANY_NAMES = "asks for names of many different owners, as computers and telephones do"


def judge(device: Device, signatures: Signatures, limits: JudgeLimits = LIMITS) -> Finding | None:
    """A finding where the device is worth telling, else None."""
    best = _strongest(device, signatures)
    reasons = {kind: _reason(match) for kind, match in best.items()}
    if device.note and "maker" in reasons:
        reasons["maker"] = replace(reasons["maker"], weight=reasons["maker"].weight * limits.chosen_mac)
    owners = _owners_asked(device)
    if owners >= limits.many_names and reasons.get("other", _NO_REASON).weight > limits.many_names_weight:
        reasons["other"] = Reason("other", _MANY_NAMES, owners, "domains", limits.many_names_weight, "this project")
    weights = {kind: reason.weight for kind, reason in reasons.items()}
    probability = probability_of(limits.prior, weights)
    if probability < limits.look:
        return None
    beyond = sum(weight for kind, weight in weights.items() if kind != "maker" and weight > 0)
    alarm = probability >= limits.alarm and beyond >= limits.beyond_maker
    ordered = tuple(sorted(reasons.values(), key=lambda reason: -abs(reason.weight)))
    return Finding(device, alarm, probability, ordered, _next(device, weights, alarm=alarm), _camera(device, signatures))


_NO_REASON = Reason("other", "")


def _matches(device: Device, signatures: Signatures) -> list[Match]:
    """All that the rules know of a device.  What a name server asks for, it asks for others."""
    resolver = any(fact == ("role", "dns server") for fact in facts_of(device))
    found = []
    for field, value in facts_of(device):
        if resolver and field in _NAMES:
            continue
        if match := signatures.match(field, value):
            found.append(match)
    return found


def _strongest(device: Device, signatures: Signatures) -> dict[str, Match]:
    best: dict[str, Match] = {}
    for match in _matches(device, signatures):
        kind = match.rule.kind
        if kind not in best or abs(match.rule.weight) > abs(best[kind].rule.weight):
            best[kind] = match
    return best


def _reason(match: Match) -> Reason:
    rule: Signature = match.rule
    return Reason(rule.kind, rule.says, match.value, "", rule.weight, rule.source)


def _owners_asked(device: Device) -> int:
    """How many registered domains a device asked for, roughly: by the last two labels."""
    names = (value for field, value in facts_of(device) if field in _NAMES)
    return len({".".join(name.split(".")[-2:]) for name in names if "." in name and not name.endswith(".arpa")})


def _camera(device: Device, signatures: Signatures) -> str | None:
    """Make and model as far as the evidence says them; the MAC's maker only where nothing else does."""
    told = sorted((m for m in _matches(device, signatures) if m.rule.weight > 0), key=lambda m: (m.rule.kind == "maker", -m.rule.weight))
    make = next((_spelt(match.make) for match in told if match.make), "")
    model = next((match.model for match in told if match.model), "")
    if make and make.split(" ")[0].lower() in model.lower():
        make = ""
    return " ".join(part for part in (make, model) if part) or None


def _spelt(make: str) -> str:
    make = make.replace("%20", " ")
    known = vocabulary()["makes"].get(make.lower())
    return known or (make if any(letter.isupper() for letter in make) else make.title())


def _next(device: Device, weights: Mapping[str, float], *, alarm: bool) -> str:
    """The next action, by what the evidence rests on."""
    fields = {field for field, _ in facts_of(device)}
    if not alarm:
        return _look_next(weights)
    if "ssid" in fields:
        return (
            "It opens a Wi-Fi network of its own, so it is within some tens of metres: walk about and watch where "
            "its signal is strongest, then look there for a lens."
        )
    if "stream" in weights or "PPPP sends video" in {value for _, value in facts_of(device)}:
        return (
            "It offers or sends video now. Ask who runs this network where it stands and what it films; if nobody "
            "can say, look for it with the lens search, and leave it as it is until the police have seen it."
        )
    return (
        "Ask who runs this network where this camera stands and what it films. If nobody can say, look for it: it "
        "needs power and a view of what it films; the lens search finds its lens."
    )


def _look_next(weights: Mapping[str, float]) -> str:
    positive = {kind for kind, weight in weights.items() if weight > 0}
    if positive <= {"maker"}:
        return (
            "Nothing but its MAC is known: find out which device it is, by its label or by switching off what you "
            "know, and look whether that device has a lens."
        )
    if "stream" in positive:
        return (
            "It serves or sends video without saying what it is; recorders, televisions and storage boxes do so too. "
            "Find the device and look whether it has a lens."
        )
    return "Find the device that has this address and look whether it has a lens."
