"""Things with a surface: flat panels, boxes made of them, balls and upright cylinders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.synthetic.radiometry import Floats
from detector.synthetic.textures import Colour, Texture
from detector.synthetic.view import View


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """A flat rectangle seen from the side on which `down` x `across` points outwards.

    `layer` orders the drawing: 0 the shell of the room, 1 what hangs on it, 2 furniture, 3 what
    stands on that, 4 marks on other things.  `tape` is R_A of a retro-reflective surface, `glow` the
    level at which it shines by itself.
    """

    corner: Floats
    across: Floats
    down: Floats
    texture: Texture
    layer: int = 1
    tape: float = 0.0
    glow: float = 0.0
    glow_tint: Colour = (1.0, 1.0, 1.0)
    reflects: Panel | None = None
    """A mirror: the wall that is seen in it, already placed behind the glass."""
    round: bool = False
    """Only the ellipse within the rectangle is there."""
    flutter: bool = False
    """A screen whose level changes from frame to frame."""

    @property
    def normal(self) -> Floats:
        """Unit vector outwards."""
        out = np.cross(self.down, self.across)
        result: Floats = out / np.linalg.norm(out)
        return result

    @property
    def middle(self) -> Floats:
        """Centre of the rectangle."""
        result: Floats = self.corner + (self.across + self.down) / 2.0
        return result

    def faces(self, eye: Floats) -> bool:
        """True when the outer side can be seen from `eye`."""
        return float((eye - self.corner) @ self.normal) > 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Ball:
    """A ball; `glow` is its own level where it is a lamp."""

    centre: Floats
    radius_m: float
    colour: Colour
    layer: int = 3
    glow: float = 0.0

    @property
    def middle(self) -> Floats:
        """Centre of the ball."""
        return self.centre


@dataclass(frozen=True, slots=True, eq=False)
class Tube:
    """An upright cylinder standing on `foot`, drawn as the strip that faces the viewer."""

    foot: Floats
    radius_m: float
    height_m: float
    texture: Texture
    lid: Colour = (0.1, 0.1, 0.1)
    layer: int = 3

    @property
    def middle(self) -> Floats:
        """Centre of the cylinder."""
        half: Floats = self.foot - np.array([0.0, self.height_m / 2.0, 0.0])
        return half

    def strip(self, view: View) -> Panel:
        """The panel through the axis that stands square to the line of sight."""
        sight = self.foot - view.eye
        side = np.array([sight[2], 0.0, -sight[0]]) / np.hypot(sight[0], sight[2]) * self.radius_m
        top = self.foot - np.array([0.0, self.height_m, 0.0])
        return Panel(top - side, 2.0 * side, self.foot - top, self.texture, self.layer)


Solid = Panel | Ball | Tube
Flags = NDArray[np.bool_]


def rounded(texture: Texture) -> Texture:
    """A tube's texture with the fall of light towards its sides."""
    u = np.linspace(-1.0, 1.0, texture.shape[1], dtype=np.float32)
    return np.asarray(texture * np.sqrt(1.0 - 0.96 * u * u)[None, :, None], np.uint8)


def box(foot: Floats, size: Floats, front: Texture, sides: Texture, layer: int = 3) -> list[Panel]:
    """A box of (width, height, depth) whose front stands at the depth of `foot`, its bottom centre."""
    wide, high, deep = size
    x, y, z = np.diag([wide, high, deep])
    left_top = foot + np.array([-wide / 2.0, -high, 0.0])
    return [
        Panel(left_top + z, -z, y, sides, layer),
        Panel(left_top + x, z, y, sides, layer),
        Panel(left_top + z, x, -z, sides, layer),
        Panel(left_top + y, x, z, sides, layer),
        Panel(left_top, x, y, front, layer),
    ]


@dataclass(frozen=True, slots=True)
class Blockers:
    """All solids that can hide a point, as arrays."""

    corners: Floats
    across: Floats
    down: Floats
    normals: Floats
    centres: Floats
    radii: Floats

    def hide(self, eye: Floats, points: Floats) -> Flags:
        """(n,) true where something stands between `eye` and the point, more than 3 mm before it."""
        away = points - eye
        reach = np.linalg.norm(away, axis=1)
        limit = 1.0 - 0.003 / reach
        return self._by_panels(eye, away, limit) | self._by_balls(eye, away, limit)

    def _by_panels(self, eye: Floats, away: Floats, limit: Floats) -> Flags:
        slope = away @ self.normals.T
        share = ((self.corners - eye) * self.normals).sum(axis=1) / np.where(slope == 0.0, 1e-12, slope)
        hit = eye + share[..., None] * away[:, None, :] - self.corners
        u = (hit * self.across).sum(axis=2) / (self.across**2).sum(axis=1)
        v = (hit * self.down).sum(axis=2) / (self.down**2).sum(axis=1)
        inside = (u >= 0.0) & (u <= 1.0) & (v >= 0.0) & (v <= 1.0)
        hidden = (inside & (share > 0.0) & (share < limit[:, None])).any(axis=1)
        return np.asarray(hidden)

    def _by_balls(self, eye: Floats, away: Floats, limit: Floats) -> Flags:
        square = (away**2).sum(axis=1)[:, None]
        along = away @ (self.centres - eye).T
        gap = ((self.centres - eye) ** 2).sum(axis=1) - self.radii**2
        root = along**2 - square * gap
        near = (along - np.sqrt(np.maximum(root, 0.0))) / square
        return np.asarray(((root > 0.0) & (near > 0.0) & (near < limit[:, None])).any(axis=1))


def blockers(solids: list[Solid], view: View) -> Blockers:
    """What can hide something from this view; the shell of the room and marks on things cannot."""
    panels = [s.strip(view) if isinstance(s, Tube) else s for s in solids if not isinstance(s, Ball)]
    panels = [p for p in panels if 0 < p.layer < 4]
    balls = [s for s in solids if isinstance(s, Ball)]
    return Blockers(
        np.array([p.corner for p in panels]).reshape(-1, 3),
        np.array([p.across for p in panels]).reshape(-1, 3),
        np.array([p.down for p in panels]).reshape(-1, 3),
        np.array([p.normal for p in panels]).reshape(-1, 3),
        np.array([b.centre for b in balls]).reshape(-1, 3),
        np.array([b.radius_m for b in balls]),
    )
