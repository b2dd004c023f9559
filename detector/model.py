"""The frozen nouns that every part of roomsweep shares.

Conventions, stated once:

* Pixels: origin at the top left of the picture as shown (after rotation), x to the right, y down,
  pixel centres at whole numbers; positions may be fractions.
* Frames are counted from 0 in the order in which the decoder gives them.
* Times are seconds on one clock per sweep (`at_s`); wall-clock times are ISO 8601 in UTC.
* Angles in degrees unless a name says `_mrad`, levels as fractions of saturation (1.0), signal
  strength in dBm, lengths in metres unless a name says `_mm`.
* MAC addresses are lower case with colons, `aa:bb:cc:dd:ee:ff`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from detector.planes import Planes

Pixels = NDArray[np.uint8]
"""(h, w, 3) BGR or (h, w) grey, 8 bits a sample."""

LampState = Literal["on-axis", "off-axis", "dark"]
"""What the lamp did during a frame's whole exposure.  A phone's torch counts as on-axis."""

SenseName = Literal["lens", "network"]


class VerdictWord(StrEnum):
    """The only words a sweep may end on.  There is no word for safe: no sweep can show it."""

    LIKELY_CAMERA = "LIKELY CAMERA"
    LOOK_HERE = "LOOK HERE"
    NOTHING_SEEN = "NOTHING SEEN"
    NOT_CHECKED = "NOT CHECKED"


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture as shown to a person, with when it was taken and what lit it.

    `lamp` is None where nobody knows; the optics then finds out from the pictures.  `spared` counts the frames just
    before it that its source did not even decode, since the search was at ease.
    """

    picture: Pixels | Planes
    index: int
    at_s: float
    lamp: LampState | None = None
    spared: int = 0

    @property
    def pixels(self) -> Pixels:
        """The picture as (h, w, 3) BGR or (h, w) grey, converted anew at each call where it comes as planes."""
        return self.picture.bgr() if isinstance(self.picture, Planes) else self.picture


@dataclass(frozen=True, slots=True)
class Packet:
    """One captured frame as bytes.  `link` is the pcap link type (1 Ethernet, 113 Linux cooked,
    276 Linux cooked v2, 101 raw IP, 105 802.11, 127 radiotap); `length` the length on the wire,
    which exceeds `len(data)` where the capture was snapped.
    """

    data: bytes | memoryview
    at_s: float
    link: int
    length: int


@dataclass(frozen=True, slots=True)
class Sighting:
    """One fact that a device gave away: who, when, which field, what value.

    `field` is a word of `network/data/vocabulary.toml`.  `mac` or `ip` is set, often both.
    `via` tells how it was learnt: heard without asking, or as the reply to a question of ours.
    """

    field: str
    value: str
    at_s: float
    mac: str | None = None
    ip: str | None = None
    rssi_dbm: float | None = None
    via: Literal["heard", "asked"] = "heard"


@dataclass(frozen=True, slots=True)
class Reason:
    """One argument for or against a finding.

    `kind` names the sort of evidence; a kind counts once, however often it is met.  `weight` is the
    natural logarithm of its likelihood ratio (positive speaks for a camera), `source` says where
    the rule comes from.
    """

    kind: str
    says: str
    measured: float | str | None = None
    unit: str = ""
    weight: float = 0.0
    source: str = ""


@dataclass(frozen=True, slots=True)
class Track:
    """Where one glint stood, frame by frame: at most one point a frame, in rising frame order."""

    points: tuple[tuple[int, float, float], ...]


@dataclass(frozen=True, slots=True)
class Device:
    """One thing on the network with all that is known of it, not yet judged."""

    mac: str | None
    addresses: tuple[str, ...] = ()
    vendor: str | None = None
    sightings: tuple[Sighting, ...] = ()
    note: str = ""
    """What a person should know of the identity, such as a locally administered MAC."""
    called: str = ""
    """Make and model of a device that is no finding, where it says them itself."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one sense holds against one place or one device; the only type both senses share.

    `alarm` is true when the finding by itself makes the verdict LIKELY CAMERA; without it the
    finding is one of those that LOOK HERE shows.  `next` is the next action in plain words.
    `camera` names make, model or family where the evidence says it.
    """

    where: Track | Device
    alarm: bool
    probability: float
    reasons: tuple[Reason, ...]
    next: str
    camera: str | None = None

    @property
    def kind(self) -> Literal["lens", "device"]:
        """Which sense made the finding."""
        return "lens" if isinstance(self.where, Track) else "device"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that was asked for and not done.  `reason` is a word for programs, `says` a
    sentence for people, `fatal` true when the sense as a whole saw nothing because of it.
    """

    reason: str
    says: str
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class Recovered:
    """Share of what was swept (0 to 1) over which a lens of this aperture at this distance would have
    shown, and half the width of its 95 per cent interval.
    """

    aperture_mm: float
    distance_m: float
    share: float
    margin: float


@dataclass(frozen=True, slots=True)
class Completeness:
    """What a search would have found, measured by putting `injected` drawn lenses into its own pictures.

    `says` is the sentence for people, `assumed` what the shares are averaged over; `left_out` holds
    the shares of what was swept that could not be searched, by reason.  Between `nearest_m` and
    `farthest_m` at least half as many lenses show as at the best distance (None: at none).
    """

    says: str
    assumed: str
    recovered: tuple[Recovered, ...]
    left_out: Mapping[str, float]
    nearest_m: float | None
    farthest_m: float | None
    injected: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a sense examined and what it did not: not looking is not "nothing there".

    `examined` holds plain facts in the order of the report (`{"frames": 90, ...}`); `limits` are
    sentences true of the method even when all went well; `gaps` are what went wrong this time.
    """

    sense: SenseName
    examined: Mapping[str, float | int | str] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    limits: tuple[str, ...] = ()
    completeness: Completeness | None = None

    @property
    def completed(self) -> bool:
        """True when nothing that was asked of this sense was left out."""
        return not self.gaps

    @property
    def checked(self) -> bool:
        """True when the sense saw anything at all."""
        return not any(gap.fatal for gap in self.gaps)


@dataclass(frozen=True, slots=True)
class Refused:
    """Candidates that were looked at and let go: how many by reason, and where some of them were."""

    counts: Mapping[str, int] = field(default_factory=dict)
    examples: tuple[tuple[str, Track], ...] = ()


@dataclass(frozen=True, slots=True)
class Still:
    """A picture kept for the report: its frame and the picture as JPEG."""

    frame: int
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class SenseResult:
    """All that one sense has to say at the end of a sweep."""

    coverage: Coverage
    findings: tuple[Finding, ...] = ()
    others: tuple[Device, ...] = ()
    refused: Refused = field(default_factory=Refused)
    stills: tuple[Still, ...] = ()
    footage: tuple[Still, ...] = ()
    """Consecutive grey frames round the findings, where they were kept, for a short clip of each."""
    mosaic: bytes | None = None
    """The sweep laid out flat, with what would have been found where, as JPEG."""


def probability_of(prior: float, weights: Mapping[str, float]) -> float:
    """Posterior probability from a prior and one log likelihood ratio per kind of evidence."""
    logit = math.log(prior / (1.0 - prior)) + sum(weights.values())
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, logit))))
