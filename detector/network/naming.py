"""Who makes a device and which model it is, as far as it says so itself.

A device's own statement goes first: the maker it writes into an ONVIF answer, a UPnP description or its
maker's discovery.  Then what the rules know, brands before the firms that build for many brands, and
the MAC's owner last, unless only such a firm stands against it.  A model is what a device states; its
series tells the maker where nothing else does.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from detector.model import Device
from detector.network.devices import facts_of
from detector.network.signatures import Match, filled, vocabulary


@dataclass(frozen=True, slots=True)
class Series:
    """Models of one maker: a pattern, and the model's name, which may quote its groups as `{1}`."""

    pattern: str
    make: str
    source: str
    examples: tuple[str, ...]
    counter: tuple[str, ...]
    model: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a series says of a text; `taken_out` where the model stood in the text itself."""

    make: str
    model: str
    taken_out: bool


@dataclass(frozen=True, slots=True)
class Name:
    """Make and model, empty where they are not known."""

    make: str = ""
    model: str = ""

    def __str__(self) -> str:
        """Both as a person says them, without saying the make twice."""
        make, model = self.make, self.model
        if make and make.split(" ")[0].lower() in model.lower():
            make = ""
        if model and model.lower() in make.lower():
            model = ""
        return " ".join(part for part in (make, model) if part)


# Firms that build cameras for many brands: their protocols and banners do not tell whose name is on the case.
_BUILDERS = frozenset({
    "dahua", "hikvision", "xiongmai", "tvt", "uniview", "hichip", "hichip (hipcam)", "hichip (camhi)", "hisilicon (foscam and others)",
    "raysharp", "happytimesoft", "cellvision", "tuya", "amba", "cosmos", "hisilicon", "netwave", "eken (aiwit)",
})  # fmt: skip
_OWN_BRAND = 4.0  # weight of a MAC's owner that makes cameras and hardly anything else

# Makers whose discovery says nothing for or against a camera, and so has no rule that names them.
_ANSWERS = {"Ubiquiti": "Ubiquiti", "TP-Link": "TP-Link", "Tuya": "Tuya", "Xiaomi miIO": "Xiaomi", "Lantronix": "Lantronix", "Advantech": "Advantech"}

_MAKE_FIELDS = ("onvif_manufacturer", "said_make", "upnp_manufacturer")
_MODEL_FIELDS = ("onvif_model", "camera_model", "said_model", "upnp_model", "ssdp_model")
_NAME_FIELDS = ("dhcp_name", "mdns_name", "mdns_host", "netbios_name", "said_name", "upnp_name", "ssdp_name", "ssdp_server", "ssdp_type", "ssdp_usn", "dhcp_class")
_TELLING = frozenset({"discovery", *_MAKE_FIELDS, *_MODEL_FIELDS, *_NAME_FIELDS, "mdns_txt", "wsd_scope"})
_TXT = re.compile(r"(?i)^_\S+ (model_number|modelname|model|mdl|md|ty|product|usb_mdl|manufacturer|vendor|mfg|usb_mfg|brand)=\(?([^()=]{2,60})\)?$")
_TXT_MAKES = ("manufacturer", "vendor", "mfg", "usb_mfg", "brand")
_HARDWARE = re.compile(r"^onvif://www\.onvif\.org/hardware/(.{2,60})$")
# What boards without a brand, and programs, say where a maker or a model should stand.
_NOTHING = re.compile(
    r"(?i)^(?:general|private|oem|unknown|none|null|default|n/?a|ip ?-?c(?:am(?:era)?)?|nvt|onvif|h\.?26[45]|(?:(?:network|ip|http) ?)?(?:video )?(?:camera|device)|"
    r"manufacturer|company|model|hi35\w+|\d+(?:\.\d+)*|[0-9a-f]{12}|justin maggard|windows.{0,20}|linux|debian.{0,10})$"
)


def named(device: Device, matches: Sequence[Match]) -> Name:
    """Make and model of a device of which the rules know `matches`."""
    facts = list(facts_of(device))
    stated = [value for value in _stated_models(facts) if not _NOTHING.match(value)]
    known = [match for match in matches if match.rule.weight > 0]
    told = sorted(known, key=lambda match: -match.rule.weight)
    models = [plain(match.model) for match in told if match.model and not _NOTHING.match(plain(match.model))]
    series = _series_of([*models, *stated, *_names(facts)])
    answers = [_ANSWERS[value] for word, value in facts if word == "discovery" and value in _ANSWERS]
    makes = [*_stated_makes(facts), *([series.make] if series else []), *_makes(told), *answers]
    make = next((spelt(make) for make in makes if not _NOTHING.match(make)), "")
    return Name(make, next((model for model in _models(series, [*models, *stated]) if model), ""))


def called(device: Device) -> str:
    """Make and model of a device that is no finding, as far as it says them; its MAC's owner is told anyway."""
    return str(named(device, ())) if any(sighting.field in _TELLING for sighting in device.sightings) else ""


def _models(series: Found | None, others: Iterable[str]) -> Iterator[str]:
    """A model as its series takes it out of a text, then what was said as a whole, then what the series calls it."""
    if series and series.taken_out:
        yield series.model
    yield from others
    if series:
        yield series.model


def _makes(told: Sequence[Match]) -> list[str]:
    """Makes by the rules: brands, the MAC's owner where it is one, builders for many brands, any other owner."""
    of_mac = [match.make for match in told if match.make and match.rule.kind == "maker"]
    others = [match.make for match in told if match.make and match.rule.kind != "maker"]
    brands = [make for make in others if make.lower() not in _BUILDERS]
    own = [match.make for match in told if match.make and match.rule.kind == "maker" and match.rule.weight >= _OWN_BRAND and others]
    return [*brands, *own, *others, *of_mac]


def _stated_makes(facts: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Makers that a device names outright, in the order of how plainly it does."""
    facts = list(facts)
    for field in _MAKE_FIELDS:
        yield from (plain(value) for word, value in facts if word == field)
    yield from (value for key, value in _txt(facts) if key in _TXT_MAKES)


def _stated_models(facts: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Models that a device names outright."""
    for field in _MODEL_FIELDS:
        yield from (plain(value) for word, value in facts if word == field)
    yield from (plain(found[1]) for word, value in facts if word == "wsd_scope" and (found := _HARDWARE.match(value)))
    yield from (value for key, value in _txt(facts) if key not in _TXT_MAKES)


def _txt(facts: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Keys and values of mDNS strings that name a maker or a model."""
    for word, value in facts:
        if word == "mdns_txt" and (found := _TXT.match(value)):
            yield found[1].lower(), plain(found[2])


def _names(facts: Iterable[tuple[str, str]]) -> Iterator[str]:
    facts = list(facts)
    for field in _NAME_FIELDS:
        yield from (plain(value) for word, value in facts if word == field)


def _series_of(texts: Iterable[str]) -> Found | None:
    """Make by the first of some texts that is of a known series, model by the first of that maker's that tells one."""
    found = [one for text in texts if (one := _series_in(text))]
    return next((one for one in found if one.model and one.make == found[0].make), found[0] if found else None)


def _series_in(text: str) -> Found | None:
    for series in packaged():
        if found := re.search(series.pattern, text):
            return Found(series.make, filled(series.model, found), taken_out="{" in series.model)
    return None


@cache
def packaged() -> tuple[Series, ...]:
    """The series that ship, in order of precedence."""
    data = resources.files("detector.network") / "data" / "models.toml"
    return tuple(_series(entry) for entry in tomllib.loads(data.read_text(encoding="utf-8"))["series"])


def _series(entry: Mapping[str, Any]) -> Series:
    return Series(**{**entry, "examples": tuple(entry["examples"]), "counter": tuple(entry["counter"])})


def plain(text: str) -> str:
    """Without the percent and underscore signs that scopes and names put for blanks."""
    return text.replace("%20", " ").strip()


def spelt(make: str) -> str:
    """A make as reports write it."""
    make = plain(make)
    known = vocabulary()["makes"].get(make.lower())
    return known or (make if any(letter.isupper() for letter in make) else make.title())
