"""The lenses that a statement of coverage speaks of, and how brightly each would shine.

Nobody knows which lens may hide in a room.  What is stated is therefore an average over the ranges
that the notes on the physics support; they are those from which the rooms of our tests are drawn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.synthetic import radiometry as law
from detector.synthetic.plan import LensPlan, Ranges, draw_lens

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Assumed:
    """What is taken for granted of lenses, walls and the user's camera."""

    apertures_mm: tuple[float, ...] = (1.0, 1.5, 2.0)
    distances_m: tuple[float, ...] = (1.0, 2.0, 3.0)
    lobe_mrad: tuple[float, float] = (3.0, 25.0)
    """Half width within which a lens sends light back: LAPD's nearest distance, and the blur of cheap lenses."""
    torch_offset_m: tuple[float, float] = (0.005, 0.020)
    """From the middle of a phone's torch to that of its lens."""
    facing: tuple[float, float] = (0.0, 0.9)
    """How far it points past the camera, as a share of half the angle over which it shines: it faces you."""
    wall: float = 0.3
    """What the brighter half of a lens's surroundings returns of the light that falls on the lens: walls
    reflect half, stand aslant and have darker things on them.  Calibrated on drawn rooms, where it is 0.28."""
    focal: float = 0.78
    """Focal length over the longer side of the picture: phones' main cameras have 0.70 to 0.86."""
    draws: int = 240
    """Lenses over which is averaged: it leaves an error of the average of two points."""

    @property
    def words(self) -> str:
        """The assumptions for a reader."""
        return (
            f"Averaged over lenses that send light back within {self.lobe_mrad[0]:g} to {self.lobe_mrad[1]:g} mrad, a torch "
            f"{1000 * self.torch_offset_m[0]:g} to {1000 * self.torch_offset_m[1]:g} mm from the camera's lens, and lenses that "
            f"point past you by at most {100 * self.facing[1]:.0f} % of half the angle (5 to 31 degrees in all) over which they shine; "
            f"surroundings that return {100 * self.wall:.0f} % of the light. Walls are taken to be at the distance named."
        )


@dataclass(frozen=True, slots=True)
class Population:
    """Lenses drawn from what is assumed: their plans, and the torch's offset in m that goes with each."""

    lenses: tuple[LensPlan, ...]
    offsets_m: Floats
    assumed: Assumed

    def gains(self, aperture_mm: float, distance_m: float, focal_px: float, aside_m: float | None = None) -> Floats:
        """(n,) energy in saturated pixels of each lens seen head on, per level of the wall around it.

        A wall of reflectance r that shows the level 1 gets the irradiance pi / r.  `aside_m` is where
        the lamp stands instead of beside the camera.
        """
        irradiance = math.pi / self.assumed.wall
        offsets = self.offsets_m if aside_m is None else np.full(len(self.lenses), aside_m)
        return np.array([
            law.point_energy(_returned(plan, aperture_mm, offset / distance_m), irradiance, focal_px, distance_m)
            for plan, offset in zip(self.lenses, offsets.tolist(), strict=True)
        ])  # fmt: skip

    @property
    def half_angles(self) -> Floats:
        """(n,) half the angle in radians over which each shines."""
        return np.array([math.radians(plan.accept_deg) / 2 for plan in self.lenses])

    @property
    def facings(self) -> Floats:
        """(n,) how far each points past the camera, as a share of its half angle."""
        return np.array([plan.facing for plan in self.lenses])

    @property
    def kept(self) -> Floats:
        """(n,) share of its return that each keeps at that angle."""
        return np.array([law.acceptance(a * f, 2 * a, lens.accept_soft) for a, f, lens in zip(self.half_angles, self.facings, self.lenses, strict=True)])

    @property
    def tints(self) -> Floats:
        """(n, 3) blue, green and red that the coatings leave."""
        return np.array([plan.tint for plan in self.lenses])


def _returned(plan: LensPlan, aperture_mm: float, aside_rad: float) -> float:
    lobe = plan.lobe_mrad * 1e-3
    return law.lens_return(aperture_mm * 1e-3, plan.reflectance, lobe, plan.lobe_edge) * law.lobe_profile(aside_rad, lobe, plan.lobe_edge)


def draw_population(assumed: Assumed, rng: np.random.Generator) -> Population:
    """Lenses from the assumed ranges, offsets even on a logarithmic scale as in drawn rooms."""
    ranges = Ranges(lobe_mrad=assumed.lobe_mrad, facing=assumed.facing, torch_offset_m=assumed.torch_offset_m)
    low, high = np.log(assumed.torch_offset_m)
    lenses = tuple(draw_lens(rng, ranges) for _ in range(assumed.draws))
    return Population(lenses, np.exp(rng.uniform(low, high, assumed.draws)), assumed)


def nearest_m(offset_m: float, lobe_mrad: float) -> float:
    """Nearest distance from which light `offset_m` aside of the camera still comes back within the lobe."""
    return offset_m / (lobe_mrad * 1e-3)
