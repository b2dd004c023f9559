"""Where the camera is, how a hand moves it, and what falls where in its picture.

World axes are those of the camera at rest: x right, y down, z into the room, metres.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from detector.synthetic.plan import Motion
from detector.synthetic.radiometry import Floats

NEAR_M = 0.05


@dataclass(frozen=True, slots=True)
class View:
    """A camera at one instant; the rows of `axes` are its right, down and forward in the world."""

    eye: Floats
    axes: Floats
    focal_px: float
    width: int
    height: int

    @property
    def centre(self) -> tuple[float, float]:
        """Principal point in pixels; pixel centres are whole numbers."""
        return (self.width - 1) / 2.0, (self.height - 1) / 2.0

    @property
    def matrix(self) -> Floats:
        """(3, 3) from world directions to homogeneous pixels."""
        cx, cy = self.centre
        lens = np.array([[self.focal_px, 0.0, cx], [0.0, self.focal_px, cy], [0.0, 0.0, 1.0]])
        return lens @ self.axes

    def project(self, points: Floats) -> tuple[Floats, Floats]:
        """(n, 3) world points to (n, 2) pixels and (n,) depths; pixels mean nothing at depth <= 0."""
        seen = (np.atleast_2d(points) - self.eye) @ self.matrix.T
        depth = seen[:, 2]
        pixels: Floats = seen[:, :2] / np.where(np.abs(depth) < 1e-9, 1e-9, depth)[:, None]
        return pixels, depth

    def rays(self, x_px: Floats, y_px: Floats) -> Floats:
        """World directions (..., 3) through pixels, with depth 1."""
        cx, cy = self.centre
        right, down = (x_px - cx) / self.focal_px, (y_px - cy) / self.focal_px
        ways: Floats = right[..., None] * self.axes[0] + down[..., None] * self.axes[1] + self.axes[2]
        return ways


def turned(yaw: float, pitch: float, roll: float) -> Floats:
    """Camera axes after turning right by yaw, up by pitch, clockwise by roll, in radians."""
    cy, sy, cp, sp, cr, sr = (f(a) for a in (yaw, pitch, roll) for f in (math.cos, math.sin))
    heading = np.array([[cy, 0.0, -sy], [0.0, 1.0, 0.0], [sy, 0.0, cy]])
    nod = np.array([[1.0, 0.0, 0.0], [0.0, cp, sp], [0.0, -sp, cp]])
    tip = np.array([[cr, sr, 0.0], [-sr, cr, 0.0], [0.0, 0.0, 1.0]])
    result: Floats = tip @ nod @ heading
    return result


@dataclass(frozen=True, slots=True)
class Wobble:
    """A smooth random curve for each of six freedoms: a sum of sines, large where slow."""

    swing: Floats
    omega: Floats
    phase: Floats

    def at(self, time_s: float) -> Floats:
        """(6,) x, y, z in metres, then yaw, pitch, roll in radians."""
        curve: Floats = (self.swing * np.sin(self.omega * time_s + self.phase)).sum(axis=1)
        return curve


HAND_SWING = np.array([0.012, 0.010, 0.012, 0.010, 0.010, 0.008])
"""Metres and radians by which a held phone drifts over a second or two."""
TREMOR_RAD = 0.0005
"""Physiological tremor at 7 to 11 Hz turns a phone by less than a milliradian."""


def draw_wobble(rng: np.random.Generator) -> Wobble:
    """Drift of 0.1 to 1.4 Hz that falls with frequency, and tremor of the hand."""
    slow = rng.uniform(0.1, 1.4, (6, 5))
    quick = rng.uniform(7.0, 11.0, (6, 2))
    drift = HAND_SWING[:, None] * rng.uniform(0.3, 1.0, (6, 5)) * 0.4 / (0.4 + slow)
    tremor = np.repeat(np.array([[0.0]] * 3 + [[TREMOR_RAD]] * 3), 2, axis=1) * rng.uniform(0.3, 1.0, (6, 2))
    return Wobble(
        np.hstack([drift, tremor]),
        2.0 * math.pi * np.hstack([slow, quick]),
        rng.uniform(0.0, 2.0 * math.pi, (6, 7)),
    )


@dataclass(frozen=True, slots=True)
class Hand:
    """Somebody sweeping a phone: a path with a purpose and a wobble on top, looking about `target`."""

    start: Floats
    target: Floats
    reach: Floats
    period_s: float
    phase: float
    wobble: Wobble
    follows: float
    """How far the person turns back to the target while stepping aside: 1 keeps it centred."""

    def pose(self, time_s: float) -> tuple[Floats, Floats]:
        """Eye (3,) and axes (3, 3) at a time; times may lie between frames."""
        sway = self.reach * math.sin(2.0 * math.pi * time_s / self.period_s + self.phase)
        move = sway + self.wobble.at(time_s)
        eye = self.start + move[:3]
        gaze = self.target - (self.start + self.follows * move[:3])
        yaw, pitch = math.atan2(gaze[0], gaze[2]), -math.atan2(gaze[1], math.hypot(gaze[0], gaze[2]))
        return eye, turned(yaw + move[3], pitch + move[4], move[5])


MOST_ASIDE_M = 0.8
"""Further to the side somebody would walk into the walls, which stand 1.1 m from the middle at the least."""
MOST_NEARER = 0.32
"""Share of the distance by which an approach leads to either side: the table stands in its way."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How somebody sweeps: the sort of motion, how much wider than the least, which share of a walk's
    sideways reach goes along with other motions, and how far from the axis the phone is held about
    which they turn.
    """

    motion: Motion
    stride: float = 1.0
    aside: float = 0.0
    arm_m: float = 0.0


def _reach(rng: np.random.Generator, manner: Manner, distance_m: float) -> Floats:
    """(6,) metres and radians to either side."""
    size, wide = float(rng.uniform(0.6, 1.0)), manner.stride
    walk = min(0.13 * distance_m * wide, MOST_ASIDE_M)
    along = manner.aside * walk
    nearer = min(0.16 * wide, MOST_NEARER) * distance_m
    turn, nod = 0.17 * wide, 0.12 * wide
    swung, lifted = 0.03 + manner.arm_m * turn, -manner.arm_m * nod  # y points down
    table: dict[Motion, list[float]] = {
        "hold": [0.01, 0.01, 0.01, 0.01, 0.01, 0.0],
        "pan": [max(swung, along), 0.0, 0.0, turn, 0.01, 0.01],
        "tilt": [along, 0.03 + lifted, 0.0, 0.01, nod, 0.01],
        "walk": [walk, 0.02, 0.04, 0.02, 0.01, 0.01],
        "approach": [0.05 + along, 0.02, nearer, 0.02, 0.02, 0.01],
        "shake": [0.01, 0.01, 0.01, 0.035, 0.03, 0.02],
        "sweep": [max(walk, swung), lifted / 2.0, 0.04, turn, nod / 2.0, 0.01],
    }
    return size * np.array(table[manner.motion])


def draw_hand(rng: np.random.Generator, manner: Manner, distance_m: float, target: Floats) -> Hand:
    """A sweep of the wanted sort that keeps `target` roughly in the picture."""
    start = np.array([rng.uniform(-0.2, 0.2), rng.uniform(-0.15, 0.15), 0.0])
    period = rng.uniform(0.25, 0.6) if manner.motion == "shake" else rng.uniform(5.0, 10.0)
    return Hand(
        start=start,
        target=target,
        reach=_reach(rng, manner, distance_m) * rng.choice([-1.0, 1.0]),
        period_s=float(period),
        phase=float(rng.uniform(-0.9, 0.4)),
        wobble=draw_wobble(rng),
        follows=float(rng.uniform(0.3, 1.0)),
    )
