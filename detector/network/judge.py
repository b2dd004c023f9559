"""One device and what is known of it -> how likely it is a camera, why, and what to do next.

Each kind of evidence counts once, by its strongest member.  Kinds are taken as independent, which
they are not quite: that is why the threshold for an alarm lies well above what one ordinary kind
reaches, and why a MAC's maker alone never reaches it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from detector.model import Device, Finding, Reason, probability_of
from detector.network.devices import facts_of
from detector.network.identity import is_made_up
from detector.network.naming import named
from detector.network.signatures import Match, Signature, Signatures


@dataclass(frozen=True, slots=True)
class JudgeLimits:
    """What is believed before any evidence, and from where on it is told, each with its reason."""

    prior: float = 0.05  # of the devices on an ordinary network, about one in twenty is a camera
    alarm: float = 0.9  # posterior: evidence of 170 to 1, more than any MAC's maker gives
    look: float = 0.25  # posterior: evidence of 6 to 1; below it a person would look at too much
    beyond_maker: float = 1.0  # weight that an alarm needs from other kinds than the MAC's maker and how near it is
    chosen_mac: float = 0.4  # of a maker's weight, where the MAC was chosen by the device: of 3,000 random
    # MACs of telephones one hit a camera maker's prefix by chance
    several_names: int = 10  # registered domains asked for, clocks and camera clouds aside: a camera knows a store
    # for pictures and a few names to see whether the internet is there; those in the captures ask for 2 at most,
    # the firmware of one that was published names 7
    several_names_weight: float = -2.0
    many_names: int = 25  # people's devices ask for the whole web
    many_names_weight: float = -4.0
    many_makes: int = 3  # camera clouds of different makers: a camera knows its own and a go-between (Kalay)
    many_makes_weight: float = -4.0
    made_up_mac_weight: float = -1.5  # since 2020 telephones and tablets make up a MAC for each network, a quarter of a home's
    # devices perhaps; of 69 labelled cameras one has such a MAC


LIMITS = JudgeLimits()

_NAMES = ("dns_query", "tls_name")
_OPENS = ("ssid", "hidden_ssid")  # who opens a network of its own is hardly a telephone
_NEVER_ALARM = ("maker", "radio")  # kinds that also of one another make no more than LOOK HERE
_CLOCK = re.compile(r"(?:^|\.)(?:[\w-]*ntp[\w-]*|time[\w-]*|clock)\.")
_NO_NAME = (".arpa", ".local", ".lan", ".home", ".localdomain", ".internal")
_RESOLVERS = (("role", "dns server"), ("role", "dhcp server"))
_RECORDER = {("wsd_type", f"{space}:NetworkVideo{word}") for space in ("onvif", "dn", "tdn") for word in ("Storage", "Recorder")}
_RECORDER_MODEL = re.compile(r"(?i)(?:onvif://www\.onvif\.org/(?:hardware|name)/)?(?:DHI?-)?(?:NVR|XVR|DVR|HVR|HCVR|RLN\d|DS-7\d|DNR-\d)")
_MODELS = ("said_model", "camera_model", "onvif_model", "wsd_scope", "dhcp_name", "upnp_model", "mdns_name")
_LEAST_CLOUD = 4.0  # weight of a cloud that only cameras reach
_SERVERS_ALONE = {"cloud", "maker"}  # kinds for a camera that the telephone of its owner shows as well, or its maker's plug


def judge(device: Device, signatures: Signatures, limits: JudgeLimits = LIMITS) -> Finding | None:
    """A finding where the device is worth telling, else None."""
    matches = _matches(device, signatures)
    best = _strongest(matches)
    reasons = {kind: _reason(match) for kind, match in best.items()}
    if device.note and "maker" in reasons:
        reasons["maker"] = replace(reasons["maker"], weight=reasons["maker"].weight * limits.chosen_mac)
    reasons = _least(reasons, [*_of_a_person(device, matches, limits), *_beside_servers(device, matches, signatures)])
    weights = {kind: reason.weight for kind, reason in reasons.items()}
    probability = probability_of(limits.prior, weights)
    if probability < limits.look:
        return None
    beyond = sum(weight for kind, weight in weights.items() if kind not in _NEVER_ALARM and weight > 0)
    alarm = probability >= limits.alarm and beyond >= limits.beyond_maker
    ordered = tuple(sorted(reasons.values(), key=lambda reason: -abs(reason.weight)))
    return Finding(device, alarm, probability, ordered, _next(device, weights, best, alarm=alarm), str(named(device, matches)) or None)


def _matches(device: Device, signatures: Signatures) -> list[Match]:
    """All that the rules know of a device.  What a name server asks for, it asks for others; and in
    most homes the host that hands out addresses is that name server.
    """
    facts = list(facts_of(device))
    resolver = any(role in facts for role in _RESOLVERS)
    asked = ((field, value) for field, value in facts if not (resolver and field in _NAMES))
    return [match for field, value in asked if (match := signatures.match(field, value))]


def _strongest(matches: Sequence[Match]) -> dict[str, Match]:
    best: dict[str, Match] = {}
    for match in matches:
        kind = match.rule.kind
        if kind not in best or abs(match.rule.weight) > abs(best[kind].rule.weight):
            best[kind] = match
    return best


def _least(reasons: dict[str, Reason], more: Iterable[Reason]) -> dict[str, Reason]:
    """`reasons` with the strongest of what speaks against a camera, which is one kind as well."""
    against = [*more, *filter(None, [reasons.get("other")])]
    return reasons | {"other": min(against, key=lambda reason: reason.weight)} if against else reasons


def _of_a_person(device: Device, matches: Sequence[Match], limits: JudgeLimits) -> Iterator[Reason]:
    """What tells the telephone that looks after cameras from the camera: how much else it asks for, and its MAC."""
    if device.mac and not device.vendor and is_made_up(device.mac) and not any(field in _OPENS for field, _ in facts_of(device)):
        yield Reason("other", "made up its MAC, as telephones do for each network", device.mac[:8], "", limits.made_up_mac_weight, "266 labelled devices")
    owners = len(_owners_asked(device, matches))
    for least, weight in ((limits.many_names, limits.many_names_weight), (limits.several_names, limits.several_names_weight)):
        if owners >= least:
            yield Reason("other", "asks for names of many different owners", owners, "domains", weight, "captures of the network notes")
            break
    clouds = {_house(match.make) for match in matches if match.rule.kind == "cloud" and match.rule.weight >= _LEAST_CLOUD and match.make}
    if len(clouds) >= limits.many_makes:
        yield Reason(
            "other", "reaches the camera clouds of several makers, as no single camera does", len(clouds), "makers",
            limits.many_makes_weight, "this project",
        )


def _beside_servers(device: Device, matches: Sequence[Match], signatures: Signatures) -> Iterator[Reason]:
    """What its MAC says of a device of which nothing speaks for a camera but the servers that it reaches.  Where the
    owner of the MAC makes cameras too, the servers must be those of others.
    """
    match = signatures.match("mac_beside_servers", device.vendor or "")
    seen = [one for one in matches if one.rule.weight > 0]
    if match is None or any(one.rule.kind not in _SERVERS_ALONE for one in seen):
        return
    makes = {one.make for one in seen if one.rule.kind == "cloud"} - {""} or {""}
    if not makes & set(match.rule.unless):
        yield _reason(match)


def _house(make: str) -> str:
    """Who runs the servers of a make: `Imou (Dahua)` and `CP Plus (Dahua)` are both Dahua's."""
    return make.rpartition("(")[2].rstrip(")")


def _reason(match: Match) -> Reason:
    rule: Signature = match.rule
    return Reason(rule.kind, rule.says, match.value, "", rule.weight, rule.source)


def _owners_asked(device: Device, matches: Sequence[Match]) -> set[str]:
    """The registered domains that a device asked for, roughly: the last two labels; clocks and camera clouds set aside."""
    clouds = {match.value for match in matches if match.rule.kind == "cloud" and match.rule.weight > 0}
    names = {value for field, value in facts_of(device) if field in _NAMES} - clouds
    return {".".join(name.split(".")[-2:]) for name in names if "." in name and not name.endswith(_NO_NAME) and not _CLOCK.search(name)}


def _next(device: Device, weights: Mapping[str, float], best: Mapping[str, Match], *, alarm: bool) -> str:
    """The next action, by what the evidence rests on."""
    fields = {field for field, _ in facts_of(device)}
    if not alarm:
        return _look_next(weights, best)
    if "ssid" in fields:
        return (
            "It opens a Wi-Fi network of its own, so it is within some tens of metres: walk about and watch where "
            "its signal is strongest, then look there for a lens."
        )
    if _is_recorder(device):
        return (
            "It is a recorder: cameras hang behind it, by cable or on this network. Ask who runs it which cameras it "
            "records; follow its cables, and look for what it does not name."
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


def _is_recorder(device: Device) -> bool:
    """True for a device that calls itself a recorder, by its kind or by its model."""
    facts = set(facts_of(device))
    return bool(_RECORDER & facts) or any(_RECORDER_MODEL.match(value) for field, value in facts if field in _MODELS)


def _look_next(weights: Mapping[str, float], best: Mapping[str, Match]) -> str:
    positive = {kind for kind, weight in weights.items() if weight > 0}
    if positive <= {"maker", "system"} and "maker" in positive and not best["maker"].make:
        return (
            "An unknown device with a cheap Wi-Fi module, as small cameras have and many plugs, lamps and toys too: "
            "look at it. Find out which device it is, by its label or by switching off what you know."
        )
    if positive <= {"maker"}:
        return (
            "Nothing but its MAC is known: find out which device it is, by its label or by switching off what you "
            "know, and look whether that device has a lens."
        )
    if positive <= {"maker", "radio"}:
        return (
            "It opens a Wi-Fi network without a name, and near by. Routers and televisions do so too: walk about, watch "
            "where its signal is strongest, and look which device stands there."
        )
    if positive <= _SERVERS_ALONE:
        return (
            "It reaches servers of cameras, as their owner's telephone does and plugs of their maker: ask whose telephone "
            "or computer has this address. If it is nobody's, find the device and look whether it has a lens."
        )
    if "stream" in positive:
        return (
            "It serves or sends video without saying what it is; recorders, televisions and storage boxes do so too. "
            "Find the device and look whether it has a lens."
        )
    return "Find the device that has this address and look whether it has a lens."
