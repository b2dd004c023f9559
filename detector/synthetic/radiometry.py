"""The laws of returned light, one function each.

A small source of light at distance r gives the irradiance E = I / r^2.  A thing that returns light is
known by its intensity per irradiance, J / E, in m^2/sr: seen from distance d by a camera of focal
length f in pixels it puts the energy f^2 * E * (J / E) / d^2 into the picture, in units of one
saturated pixel when E is scaled so that a surface of reflectance rho has the level rho * E / pi.
Lenses, mirrors and domes then compare with the wall and with each other by numbers alone.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def point_energy(per_irradiance: float, irradiance: float, focal_px: float, distance_m: float) -> float:
    """Energy in saturated pixels of a point that returns `per_irradiance` (m^2/sr)."""
    return focal_px**2 * irradiance * per_irradiance / distance_m**2


def lobe_profile(angle_rad: float, lobe_rad: float, edge: float) -> float:
    """Share of the central return left at an angle between lamp and camera: one half at the half-lobe."""
    return math.exp(-math.log(2.0) * math.pow(angle_rad / lobe_rad, 2.0 * edge))


def lobe_solid_angle(lobe_rad: float, edge: float) -> float:
    """Solid angle in sr that holds the whole return at its central strength: the profile's integral."""
    half_strength = math.pow(math.log(2.0), 1.0 / edge)
    return math.pi * lobe_rad**2 * math.gamma(1.0 + 1.0 / edge) / half_strength


def lens_return(aperture_m: float, reflectance: float, lobe_rad: float, edge: float) -> float:
    """A lens before a sensor on its lobe's axis: A rho / Omega, in m^2/sr."""
    return math.pi / 4.0 * aperture_m**2 * reflectance / lobe_solid_angle(lobe_rad, edge)


SHARPEST = 1.0 / 24.0
"""Share of the width within which a pinhole's rim cuts its return off by a factor of e."""


def acceptance(angle_rad: float, full_width_rad: float, soft: float = SHARPEST) -> float:
    """How much of its return a lens keeps, seen so far from its axis: half at half the full width.

    `soft` is the depth of the edge as a share of the width.  At a 24th the rim of a pinhole or of the
    sensor cuts the return off; at a sixth the curve is nearly a Gaussian, as where vignetting and the
    growing blur of a simple lens take its light away little by little.
    """
    steep = (abs(angle_rad) - full_width_rad / 2.0) / (soft * full_width_rad)
    return 1.0 / (1.0 + math.exp(min(steep, 60.0)))


def sphere_return(radius_m: float, fresnel: float) -> float:
    """A mirror ball of reflectance `fresnel` scatters evenly: F R^2 / 4, in m^2/sr."""
    return fresnel * radius_m**2 / 4.0


def cylinder_return(radius_m: float, fresnel: float, distance_m: float) -> float:
    """A mirror cylinder spreads in one direction only: F R d / 4, in m^2/sr, where it returns at all."""
    return fresnel * radius_m * distance_m / 4.0


def facet_return(area_m2: float, fresnel: float, rough_rad: float, off_rad: Floats) -> Floats:
    """Small flat pieces whose normals lie `off_rad` from the half-way direction, in m^2/sr.

    Gaussian slopes of width `rough_rad`, the normal distribution of microfacet models (Beckmann);
    the four comes from the reflected ray turning twice as fast as the normal.
    """
    return area_m2 * fresnel * np.exp(-((off_rad / rough_rad) ** 2)) / (4.0 * math.pi * rough_rad**2)


def image_energy(fresnel: float, strength: float, focal_px: float, path_m: float) -> float:
    """Energy of a lamp's image in flat glass after `path_m` there and back, in saturated pixels."""
    return focal_px**2 * strength * fresnel / path_m**2


def tape_radiance(coefficient: float, angle_rad: float, entrance_rad: float) -> float:
    """Luminance per irradiance of retro-reflective tape in 1/sr.

    `coefficient` is R_A at 0.2 degrees; half of it is left at 0.33 degrees (3M 8830), and it lasts to
    entrance angles far past any lens: half at 40 degrees.
    """
    falls = math.exp(-math.log(2.0) * ((angle_rad - 0.00349) / 0.00227 if angle_rad > 0.00349 else 0.0))
    slants = math.exp(-math.log(2.0) * (entrance_rad / math.radians(40.0)) ** 2)
    return coefficient * max(falls, 0.02) * slants
