"""What the makers of things work with: a seeded chance, and the lists that they add to."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from detector.synthetic.glints import Glint
from detector.synthetic.radiometry import Floats
from detector.synthetic.solids import Panel, Solid, box
from detector.synthetic.textures import Colour, Texture, finish, surface

TOWARDS = np.array([0.0, 0.0, -1.0])
"""Out of the far wall, towards the camera."""
DOWN = np.array([0.0, 1.0, 0.0])
MARK_M = 0.002
"""How far marks stand off what they are on, so that neither hides the other."""


@dataclass(frozen=True, slots=True, eq=False)
class Hole:
    """A place in a thing where a lens could sit; most stay empty, as in the twins without a camera."""

    host: str
    at: Floats
    normal: Floats


@dataclass(slots=True)
class Kit:
    """A room while it is being furnished."""

    rng: np.random.Generator
    lamps_on: bool
    solids: list[Solid] = field(default_factory=list)
    glints: list[Glint] = field(default_factory=list)
    holes: list[Hole] = field(default_factory=list)

    def between(self, low: float, high: float) -> float:
        """An even choice."""
        return float(self.rng.uniform(low, high))

    def chance(self, share: float) -> bool:
        """True that often."""
        return float(self.rng.random()) < share

    def colour(self, low: float = 0.08, high: float = 0.6) -> Colour:
        """Any colour between two reflectances."""
        blue, green, red = (float(c) for c in self.rng.uniform(low, high, 3))
        return (blue, green, red)

    def paint(self, name: str, width_m: float, height_m: float, colour: Colour) -> Texture:
        """A named texture for a surface."""
        return surface(self.rng, name, width_m, height_m, colour)

    def block(
        self, foot: Floats, size: tuple[float, float, float], name: str, colour: Colour, layer: int = 3
    ) -> None:
        """A box with one texture all round."""
        front = self.paint(name, size[0], size[1], colour)
        self.solids += box(foot, np.array(size), front, self.paint(name, size[0], size[2], colour), layer)

    def plate(
        self, middle: Floats, width_m: float, height_m: float, texture: Texture, layer: int = 1
    ) -> Panel:
        """A flat thing that faces the camera, centred on `middle`."""
        across, down = np.array([width_m, 0.0, 0.0]), np.array([0.0, height_m, 0.0])
        panel = Panel(middle - (across + down) / 2.0, across, down, texture, layer)
        self.solids.append(panel)
        return panel

    def hole(self, host: str, at: Floats, *, width_m: float = 0.003) -> None:
        """A dark hole facing the camera, with or without something behind it."""
        point = at + MARK_M * TOWARDS
        self.plate(point, width_m, width_m, flat((0.01, 0.01, 0.01)), layer=4)
        self.holes.append(Hole(host, point + MARK_M * TOWARDS, TOWARDS))


def flat(colour: Colour) -> Texture:
    """A surface of one colour."""
    return finish(np.full((8, 8, 3), colour, np.float32))
