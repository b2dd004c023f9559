"""Things that return light as a point: lenses, and all that is mistaken for them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from detector.synthetic import radiometry as law
from detector.synthetic.light import Light
from detector.synthetic.plan import LensPlan
from detector.synthetic.radiometry import Floats
from detector.synthetic.solids import Panel
from detector.synthetic.textures import Colour
from detector.synthetic.view import View

WHITE: Colour = (1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Spot:
    """One point of light as the camera gets it.

    `at` is where it seems to be in the world, `touch` the real place that must not be hidden (the
    same, but for images in glass), `torch` its energy in saturated pixels while the torch is fully
    on, `steady` that which stays without it.
    """

    name: str
    at: Floats
    torch: float
    steady: float
    tint: Colour = WHITE
    lens: int | None = None
    touch: Floats | None = None
    spread_px: float = 0.0
    mains: bool = False
    """The steady part comes from lamps of the room, and ripples with them."""


def _angle(one: Floats, other: Floats) -> float:
    cosine = float(one @ other) / float(np.linalg.norm(one) * np.linalg.norm(other))
    return math.acos(max(-1.0, min(1.0, cosine)))


def _distance(view: View, point: Floats) -> float:
    return float(np.linalg.norm(point - view.eye))


@dataclass(frozen=True, slots=True, eq=False)
class Lens:
    """A camera's lens in `host`, at `at`, looking along `axis`."""

    number: int
    host: str
    at: Floats
    axis: Floats
    plan: LensPlan

    def spots(self, view: View, light: Light) -> list[Spot]:
        """One spot, dark or not: the truth wants to know where it would be."""
        plan, distance = self.plan, _distance(view, self.at)
        lobe = plan.lobe_mrad * 1e-3
        aside = _angle(view.eye - self.at, light.torch - self.at)
        gives = law.lens_return(plan.aperture_mm * 1e-3, plan.reflectance, lobe, plan.lobe_edge)
        gives *= law.lobe_profile(aside, lobe, plan.lobe_edge)
        off = _angle(self.axis, view.eye - self.at)
        gives *= law.acceptance(off, math.radians(plan.accept_deg), plan.accept_soft)
        reach, _ = light.torch_on(self.at)
        energy = law.point_energy(gives, float(reach), view.focal_px, distance)
        return [Spot(self.host, self.at, energy, 0.0, plan.tint, lens=self.number)]


@dataclass(frozen=True, slots=True, eq=False)
class Dome:
    """Part of a polished ball: a screw, a stud, a vase, a tap, a drop.

    `cap` points outwards and `cap_deg` is how far around it the ball goes on; 180 is a whole ball.
    """

    name: str
    centre: Floats
    radius_m: float
    fresnel: float
    tint: Colour = WHITE
    cap: Floats = field(default_factory=lambda: np.array([0.0, 0.0, -1.0]))
    cap_deg: float = 180.0

    def spots(self, view: View, light: Light) -> list[Spot]:
        """The torch's highlight and one for every lamp of the room."""
        found = [self._highlight(view, light.torch, float(light.torch_on(self.centre)[0]), lit_by_torch=True)]
        for lamp in light.lamps:
            reach = lamp.strength / float(((lamp.at - self.centre) ** 2).sum())
            found.append(self._highlight(view, lamp.at, reach, lit_by_torch=False))
        return [spot for spot in found if spot is not None]

    def _highlight(self, view: View, source: Floats, reach: float, *, lit_by_torch: bool) -> Spot | None:
        bisector = _halfway(view.eye - self.centre, source - self.centre)
        if _angle(bisector, self.cap) > math.radians(self.cap_deg):
            return None
        point = self.centre + self.radius_m * bisector
        gives = law.sphere_return(self.radius_m, self.fresnel)
        energy = law.point_energy(gives, reach, view.focal_px, _distance(view, point))
        if lit_by_torch:
            return Spot(self.name, point, energy, 0.0, self.tint)
        return Spot(f"{self.name}/lamp", point, 0.0, energy, self.tint, mains=True)


def _halfway(one: Floats, other: Floats) -> Floats:
    total = one / np.linalg.norm(one) + other / np.linalg.norm(other)
    result: Floats = total / max(float(np.linalg.norm(total)), 1e-9)
    return result


@dataclass(frozen=True, slots=True, eq=False)
class Gloss:
    """An upright glossy cylinder: a bright line whose strength peaks where it mirrors the lamp."""

    name: str
    foot: Floats
    radius_m: float
    height_m: float
    fresnel: float
    rough_rad: float

    def spots(self, view: View, light: Light) -> list[Spot]:
        """Points up the line for the torch and for every lamp, so close that a picture shows no beads."""
        nearest = min(_distance(view, self.foot), _distance(view, self.foot - [0.0, self.height_m, 0.0]))
        pieces = math.ceil(view.focal_px * self.height_m / max(nearest - self.radius_m, self.radius_m) / PIECE_PX)
        heights = (np.arange(pieces) + 0.5) * self.height_m / pieces
        axis = self.foot - np.outer(heights, [0.0, 1.0, 0.0])
        found = self._line(view, axis, light.torch, light.strength, 1.0)
        for lamp in light.lamps:
            found += self._line(view, axis, lamp.at, lamp.strength, 0.0)
        return found

    def _line(self, view: View, axis: Floats, source: Floats, strength: float, by_torch: float) -> list[Spot]:
        to_eye, to_lamp = view.eye - axis, source - axis
        far, reach = np.linalg.norm(to_eye, axis=1), np.linalg.norm(to_lamp, axis=1)
        half = to_eye / far[:, None] + to_lamp / reach[:, None]
        half /= np.linalg.norm(half, axis=1)[:, None]
        tilt = np.arcsin(np.clip(half[:, 1], -1.0, 1.0)) / self.rough_rad
        step = self.height_m / len(axis)
        share = np.exp(-(tilt**2)) * step / (math.sqrt(math.pi) * self.rough_rad * far)
        side = half * [1.0, 0.0, 1.0]
        points = axis + self.radius_m * side / np.linalg.norm(side, axis=1)[:, None]
        gives = law.cylinder_return(self.radius_m, self.fresnel, 1.0) * far * share
        energy = view.focal_px**2 * strength / reach**2 * gives / far**2
        name = self.name if by_torch else f"{self.name}/lamp"
        return [
            Spot(name, p, float(e) * by_torch, float(e) * (1.0 - by_torch), mains=not by_torch)
            for p, e in zip(points, energy, strict=True)
            if e > FAINTEST_PIECE
        ]


PIECE_PX = 0.8
"""A point of light is some 1.5 px across: at this distance neighbours run together."""
FAINTEST_PIECE = 0.004
"""Of a saturated pixel: one grey level."""


@dataclass(frozen=True, slots=True, eq=False)
class Glass:
    """Flat glass or a mirror: a lamp's image behind it, seen only where the panel mirrors it."""

    name: str
    panel: Panel
    fresnel: float
    haze_px: float = 0.0

    def spots(self, view: View, light: Light) -> list[Spot]:
        """The image of the torch, and those of the room's lamps."""
        found = self._image(view, light.torch, light.strength, 1.0)
        for lamp in light.lamps:
            found += self._image(view, lamp.at, lamp.strength, 0.0)
        return found

    def _image(self, view: View, source: Floats, strength: float, by_torch: float) -> list[Spot]:
        panel, normal = self.panel, self.panel.normal
        height = float((source - panel.corner) @ normal)
        if height <= 0.0 or not panel.faces(view.eye):
            return []
        image = source - 2.0 * height * normal
        share = float((panel.corner - view.eye) @ normal) / float((image - view.eye) @ normal)
        touch = view.eye + share * (image - view.eye)
        u = float((touch - panel.corner) @ panel.across) / float(panel.across @ panel.across)
        v = float((touch - panel.corner) @ panel.down) / float(panel.down @ panel.down)
        if not (0.0 < u < 1.0 and 0.0 < v < 1.0):
            return []
        path = float(np.linalg.norm(image - view.eye))
        energy = law.image_energy(self.fresnel, strength, view.focal_px, path)
        name = self.name if by_torch else f"{self.name}/lamp"
        return [
            Spot(
                name, image, energy * by_torch, energy * (1.0 - by_torch),
                touch=touch + 0.004 * normal, spread_px=self.haze_px, mains=not by_torch,
            )
        ]  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Facets:
    """Foil, glitter, cut stones: many small mirrors, each bright for a moment."""

    name: str
    points: Floats
    normals: Floats
    area_m2: Floats
    tints: Floats
    fresnel: float
    rough_rad: float

    def spots(self, view: View, light: Light) -> list[Spot]:
        """Those pieces that shine at all in this view."""
        energy = self._energy(view, light.torch, light.strength)
        found = [self._spot(int(i), energy[i], 0.0) for i in np.flatnonzero(energy > 0.02)]
        for lamp in light.lamps:
            energy = self._energy(view, lamp.at, lamp.strength)
            found += [self._spot(int(i), 0.0, energy[i]) for i in np.flatnonzero(energy > 0.02)]
        return found

    def _energy(self, view: View, source: Floats, strength: float) -> Floats:
        to_eye, to_lamp = view.eye - self.points, source - self.points
        far, reach = np.linalg.norm(to_eye, axis=1), np.linalg.norm(to_lamp, axis=1)
        half = to_eye / far[:, None] + to_lamp / reach[:, None]
        half /= np.linalg.norm(half, axis=1)[:, None]
        off = np.arccos(np.clip((half * self.normals).sum(axis=1), -1.0, 1.0))
        gives = law.facet_return(1.0, self.fresnel, self.rough_rad, off) * self.area_m2
        energy: Floats = view.focal_px**2 * strength / reach**2 * gives / far**2
        return energy

    def _spot(self, index: int, torch: float, steady: float) -> Spot:
        blue, green, red = (float(c) for c in self.tints[index])
        name = self.name if torch else f"{self.name}/lamp"
        return Spot(
            name, self.points[index], float(torch), float(steady), (blue, green, red), mains=not torch
        )


@dataclass(frozen=True, slots=True, eq=False)
class Led:
    """An indicator: shines by itself, torch or no torch.  `hertz` 0 is steady."""

    at: Floats
    axis: Floats
    level: float
    """Energy in saturated pixels as seen from 1 m, head on, by a lens of 1000 px focal length."""
    tint: Colour
    hertz: float = 0.0
    duty: float = 0.5
    phase: float = 0.0

    def spots_at(self, view: View, time_s: float) -> list[Spot]:
        """The indicator as it is at this time."""
        if self.hertz and (time_s * self.hertz + self.phase) % 1.0 > self.duty:
            return []
        away = view.eye - self.at
        far = float(np.linalg.norm(away))
        facing = max(float(self.axis @ away) / far, 0.0)
        energy = self.level * facing * (view.focal_px / 1000.0 / far) ** 2
        return [Spot("led", self.at, 0.0, energy, self.tint)]


Glint = Lens | Dome | Gloss | Glass | Facets | Led


def spots_of(glint: Glint, view: View, light: Light, time_s: float) -> list[Spot]:
    """What one thing shows in one view."""
    return glint.spots_at(view, time_s) if isinstance(glint, Led) else glint.spots(view, light)
