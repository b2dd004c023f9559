"""What a drawn room is: every number that it follows from, and the ranges they are drawn from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from detector.synthetic.radiometry import SHARPEST

Kind = Literal["hotel", "bathroom", "bedroom", "cubicle", "lounge"]
Mode = Literal["torch", "strobe", "three"]
"""Torch always on; torch switched in some rhythm; on-axis ring, off-axis ring and dark in turn."""
Ambient = Literal["dark", "dim", "lit"]
Motion = Literal["hold", "pan", "tilt", "walk", "approach", "shake", "sweep"]
"""One motion alone, or a sweep: a step aside, a turn and a nod together."""
ALONE: tuple[Motion, ...] = ("hold", "pan", "tilt", "walk", "approach", "shake")
SWEEPS = 0.4
"""Share of the plans with the whole sweep: what people do who look for something.  The others show each
motion by itself.
"""
Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Ranges:
    """Where drawn numbers come from.  Never narrowed to make a result look better."""

    aperture_mm: Range = (1.0, 2.0)  # pinhole lenses as sold; LAPD's 1.5 mm in the middle
    reflectance: Range = (0.005, 0.04)  # of the sensor through the lens, both ways
    lobe_mrad: Range = (3.0, 25.0)  # half-lobe: blur circle of cheap lenses to LAPD's 0.45 m minimum
    lobe_edge: Range = (1.0, 2.5)  # 1 is Gaussian, higher is a disc with harder edges
    accept_deg: Range = (5.0, 31.0)  # full width over which a glint persists (LAPD: 11 to 31)
    accept_soft: Range = (SHARPEST, 1.0 / 6.0)  # "falls at the edges": from a pinhole's rim to a Gaussian
    facing: Range = (0.0, 1.1)  # how far it looks past the camera, in half acceptances; > 1 is unseen
    torch_offset_m: Range = (0.002, 0.020)  # phones: torch beside the lens
    off_axis_m: Range = (0.045, 0.055)  # the second ring of the handheld
    distance_m: Range = (0.7, 4.2)  # camera to far wall; lenses stand up to 0.45 m nearer: 0.5 to 4 m
    stride: Range = (1.0, 3.0)  # over the least motion: up to a step of 1 m and 35 degrees a second
    aside: Range = (0.0, 1.0)  # of a walk's sideways reach goes along with turning, nodding and coming nearer
    arm_m: Range = (0.0, 0.6)  # from a turning wrist to a phone held out by somebody who turns round
    drift_stops: Range = (0.0, 0.35)  # exposure control of phones that cannot be locked, within seconds
    focal: Range = (0.70, 0.86)  # focal length in picture widths: phones' main cameras
    torch_level: Range = (0.04, 0.7)  # of saturation, a grey wall at that distance
    exposure_s: Range = (0.004, 0.012)
    full_well_e: Range = (900.0, 9000.0)  # electrons at saturation: small pixels at ISO 100 to 1600
    read_noise_e: Range = (1.5, 5.0)
    sharpening: Range = (0.0, 0.8)
    psf_px: Range = (0.50, 0.95)  # sigma of lens and focus together
    bloom: Range = (0.010, 0.040)  # share of light scattered around by a touched phone lens
    readout_s: Range = (0.008, 0.025)  # rolling shutter, first row to last
    strobe_hz: Range = (1.0, 12.0)
    ripple: Range = (0.0, 0.12)  # of the room's light at twice the mains frequency: bulbs and cheap LEDs


AMBIENT_LEVEL: dict[Ambient, Range] = {"dark": (0.0002, 0.004), "dim": (0.01, 0.08), "lit": (0.10, 0.40)}
"""Level of a grey wall by room light alone, as a fraction of saturation."""


EXPOSURE_WANDERS = 0.4
"""Share of the sweeps whose exposure was not locked."""


@dataclass(frozen=True, slots=True)
class LensPlan:
    """One hidden lens.  `facing` is how far its axis points past the camera, in half acceptances."""

    aperture_mm: float = 1.5
    reflectance: float = 0.015
    lobe_mrad: float = 12.0
    lobe_edge: float = 1.5
    accept_deg: float = 17.0
    facing: float = 0.3
    accept_soft: float = SHARPEST
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Blue, green, red: what the coating leaves of white."""


@dataclass(frozen=True, slots=True)
class RoomPlan:
    """Everything that a drawn sweep follows from; the same plan gives the same pixels."""

    seed: int
    kind: Kind
    mode: Mode
    ambient: Ambient
    motion: Motion
    lenses: tuple[LensPlan, ...]
    frames: int
    width: int
    height: int
    fps: float
    focal_px: float
    distance_m: float
    torch_offset_m: float
    off_axis_m: float
    torch_level: float
    ambient_level: float
    exposure_s: float
    readout_s: float
    full_well_e: float
    read_noise_e: float
    sharpening: float
    psf_px: float
    bloom: float
    ripple: float
    mains_hz: float
    rhythm: tuple[int, int] = (1, 1)
    """Strobe in step with the frames: so many lit, so many unlit."""
    strobe_hz: float | None = None
    """Strobe that runs free of the frames, half of its time lit; replaces `rhythm`."""
    stride: float = 1.0
    """How much wider than the least the sweep is."""
    aside: float = 0.0
    """Share of a walk's sideways reach that goes along with other motions."""
    arm_m: float = 0.0
    """How far from the axis the phone is held about which somebody turns: who pans moves it as well."""
    drift_stops: float = 0.0
    """How far exposure control wanders to either side, in powers of two."""


def _between(rng: np.random.Generator, limits: Range) -> float:
    return float(rng.uniform(*limits))


def _log_between(rng: np.random.Generator, limits: Range) -> float:
    return math.exp(rng.uniform(math.log(limits[0]), math.log(limits[1])))


def draw_lens(rng: np.random.Generator, ranges: Ranges) -> LensPlan:
    """A lens from the ranges; its tint is the pale blue, green, purple or grey of a coating."""
    tint = 1.0 - 0.45 * rng.random(3)
    (own,) = rng.spawn(1)
    return LensPlan(
        aperture_mm=_between(rng, ranges.aperture_mm),
        reflectance=_log_between(rng, ranges.reflectance),
        lobe_mrad=_between(rng, ranges.lobe_mrad),
        lobe_edge=_between(rng, ranges.lobe_edge),
        accept_deg=_between(rng, ranges.accept_deg),
        facing=_between(rng, ranges.facing),
        accept_soft=_log_between(own, ranges.accept_soft),
        tint=(float(tint[0]), float(tint[1]), float(tint[2])),
    )


def _rhythm(rng: np.random.Generator, ranges: Ranges) -> tuple[tuple[int, int], float | None]:
    lit, unlit = (int(n) for n in rng.integers(1, 5, 2))
    free = _log_between(rng, ranges.strobe_hz) if rng.random() < 0.25 else None
    return ((1, 1) if rng.random() < 0.5 else (lit, unlit)), free


def draw_plan(
    seed: int,
    *,
    kind: Kind | None = None,
    mode: Mode | None = None,
    ambient: Ambient | None = None,
    motion: Motion | None = None,
    lenses: int | None = None,
    frames: int = 90,
    size: tuple[int, int] = (1280, 720),
    fps: float = 30.0,
    ranges: Ranges | None = None,
) -> RoomPlan:
    """A plan drawn from `ranges` by `seed`; what is given is kept, and changes nothing else.

    `size` is (width, height) in pixels.  Use `dataclasses.replace` for anything finer.
    """
    ranges = ranges or Ranges()
    rng = np.random.default_rng([seed, 1])
    some_kind, some_mode = str(rng.choice(get_args(Kind))), str(rng.choice(get_args(Mode)))
    some_ambient, some_motion = str(rng.choice(get_args(Ambient))), str(rng.choice(ALONE))
    count = int(rng.choice([0, 1, 2], p=[0.4, 0.45, 0.15]))
    hidden = tuple(draw_lens(rng, ranges) for _ in range(6))[: count if lenses is None else lenses]
    level = ambient or some_ambient
    rhythm, strobe_hz = _rhythm(rng, ranges)
    hand = np.random.default_rng([seed, 4])  # of its own: all else that a seed drew before stays as it was
    some_motion = "sweep" if hand.random() < SWEEPS else some_motion
    return RoomPlan(
        seed=seed,
        kind=kind or some_kind,  # type: ignore[arg-type]  # rng.choice forgets the literal
        mode=mode or some_mode,  # type: ignore[arg-type]
        ambient=level,  # type: ignore[arg-type]
        motion=motion or some_motion,  # type: ignore[arg-type]
        lenses=hidden,
        frames=frames,
        width=size[0],
        height=size[1],
        fps=fps,
        focal_px=_between(rng, ranges.focal) * size[0],
        distance_m=_between(rng, ranges.distance_m),
        torch_offset_m=_log_between(rng, ranges.torch_offset_m),
        off_axis_m=_between(rng, ranges.off_axis_m),
        torch_level=_log_between(rng, ranges.torch_level),
        ambient_level=_log_between(rng, AMBIENT_LEVEL[level]),  # type: ignore[index]
        exposure_s=_between(rng, ranges.exposure_s),
        readout_s=_between(rng, ranges.readout_s),
        full_well_e=_log_between(rng, ranges.full_well_e),
        read_noise_e=_between(rng, ranges.read_noise_e),
        sharpening=_between(rng, ranges.sharpening),
        psf_px=_between(rng, ranges.psf_px),
        bloom=_between(rng, ranges.bloom),
        ripple=_between(rng, ranges.ripple),
        mains_hz=float(rng.choice([50.0, 60.0])),
        rhythm=rhythm,
        strobe_hz=strobe_hz,
        stride=_log_between(hand, ranges.stride),
        aside=_between(hand, ranges.aside),
        arm_m=_between(hand, ranges.arm_m),
        drift_stops=_between(hand, ranges.drift_stops) if hand.random() < EXPOSURE_WANDERS else 0.0,
    )
