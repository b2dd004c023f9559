"""What shines: the torch as its rhythm has it, frame by frame and row by row, and the room's lamps."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from detector.model import LampState
from detector.synthetic.plan import RoomPlan
from detector.synthetic.radiometry import Floats
from detector.synthetic.view import View

GREY = 0.5
"""Reflectance of the wall that `torch_level` and `ambient_level` speak of."""
CYCLE: tuple[LampState, ...] = ("on-axis", "off-axis", "dark")


@dataclass(frozen=True, slots=True)
class RoomLamp:
    """A lamp of the room: where, and its strength such that a surface gets strength / r^2."""

    at: Floats
    strength: float


@dataclass(frozen=True, slots=True)
class Light:
    """All light at one instant: the torch's place and strength as if fully on, and the room's."""

    torch: Floats
    strength: float
    forward: Floats
    lamps: tuple[RoomLamp, ...]
    veil: float
    """Irradiance that comes from everywhere."""

    def torch_on(self, points: Floats) -> tuple[Floats, Floats]:
        """Irradiance square to the ray at (..., 3) points, and the unit rays towards the torch."""
        away = self.torch - points
        square = np.maximum((away**2).sum(axis=-1), 1e-4)
        towards = away / np.sqrt(square)[..., None]
        beam = np.clip(-(towards @ self.forward), 0.0, 1.0) ** 2
        return self.strength * beam / square, towards


@dataclass(frozen=True, slots=True)
class Rows:
    """(height,) how much of each row's light there was: the torch's share, the room's level about 1."""

    torch: Floats
    room: Floats

    def between(self, y: Floats | float) -> tuple[Floats, Floats]:
        """Torch and room at fractional rows."""
        known = np.arange(len(self.torch))
        return np.asarray(np.interp(y, known, self.torch)), np.asarray(np.interp(y, known, self.room))


def rows_of(plan: RoomPlan, frame: int) -> Rows:
    """The light of one frame, row by row."""
    return Rows(lit_rows(plan, frame), room_rows(plan, frame))


def lamp_state(plan: RoomPlan, frame: int) -> LampState:
    """What the lamp is meant to do in a frame; a strobe that runs free counts by its middle row."""
    if plan.mode == "three":
        return CYCLE[frame % 3]
    return "on-axis" if float(lit_rows(plan, frame)[plan.height // 2]) > 0.5 else "dark"


def lit_rows(plan: RoomPlan, frame: int) -> Floats:
    """(height,) share of each row's exposure during which a lamp was on, 0 to 1."""
    if plan.mode == "torch":
        return np.ones(plan.height)
    if plan.mode == "three":
        return np.full(plan.height, float(CYCLE[frame % 3] != "dark"))
    if plan.strobe_hz is None:
        lit, unlit = plan.rhythm
        return np.full(plan.height, float(frame % (lit + unlit) < lit))
    starts = frame / plan.fps + plan.readout_s * np.arange(plan.height) / plan.height
    phase = plan.seed % 97 / 97.0
    ends = _time_on(starts + plan.exposure_s, plan.strobe_hz, phase)
    shares = (ends - _time_on(starts, plan.strobe_hz, phase)) / plan.exposure_s
    return np.clip(shares, 0.0, 1.0)  # rounding alone leaves these bounds


def room_rows(plan: RoomPlan, frame: int) -> Floats:
    """(height,) level of the room's light row by row, about 1: it ripples at twice the mains frequency."""
    middle = frame / plan.fps + plan.exposure_s / 2.0 + plan.readout_s * np.arange(plan.height) / plan.height
    hertz = 2.0 * plan.mains_hz
    depth = plan.ripple * float(np.sinc(hertz * plan.exposure_s))
    rows: Floats = 1.0 + depth * np.sin(2.0 * math.pi * hertz * middle)
    return rows


def exposure_gain(plan: RoomPlan, frame: int) -> float:
    """What exposure control makes of one frame's light: a slow curve about 1, known by the seed."""
    period_s, phase = np.random.default_rng([plan.seed, 5]).uniform([1.5, 0.0], [6.0, 2.0 * math.pi])
    return float(2.0 ** (plan.drift_stops * math.sin(2.0 * math.pi * frame / plan.fps / period_s + phase)))


def _time_on(time_s: Floats, hertz: float, phase: float) -> Floats:
    turns = time_s * hertz + phase
    seconds: Floats = (np.floor(turns) * 0.5 + np.minimum(turns % 1.0, 0.5)) / hertz
    return seconds


def torch_place(plan: RoomPlan, view: View, state: LampState) -> Floats:
    """Where the lamp that shines sits: beside the lens, in a direction that the seed fixes."""
    angle = plan.seed * 2.399963 % (2.0 * math.pi)  # golden angle: neighbouring seeds differ most
    beside = plan.off_axis_m if state == "off-axis" else plan.torch_offset_m
    place: Floats = view.eye + beside * (math.cos(angle) * view.axes[0] + math.sin(angle) * view.axes[1])
    return place


def light_at(plan: RoomPlan, view: View, state: LampState, lamps: tuple[RoomLamp, ...]) -> Light:
    """Torch and room light, scaled so that a grey wall at the plan's distance has the plan's levels."""
    strength = plan.torch_level * math.pi / GREY * plan.distance_m**2
    return Light(
        torch=torch_place(plan, view, state),
        strength=strength,
        forward=view.axes[2],
        lamps=lamps,
        veil=0.5 * plan.ambient_level * math.pi / GREY,
    )


def draw_lamps(plan: RoomPlan, rng: np.random.Generator) -> tuple[RoomLamp, ...]:
    """One or two lamps above or behind the camera that give half of the room's light."""
    count = int(rng.integers(1, 3))
    share = 0.5 * plan.ambient_level * math.pi / GREY / count
    places = [
        np.array([rng.uniform(-1.2, 1.2), -1.0, rng.uniform(-0.6, 0.5) * plan.distance_m])
        for _ in range(count)
    ]
    wall = np.array([0.0, 0.0, plan.distance_m])
    return tuple(RoomLamp(at, share * float(((at - wall) ** 2).sum())) for at in places)
