"""How brightly lenses shine: the same physics as in drawn rooms, and its laws."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from detector.optics.population import Assumed, draw_population, nearest_m
from detector.synthetic.glints import Lens
from detector.synthetic.light import Light
from detector.synthetic.plan import LensPlan
from detector.synthetic.view import View, turned

POPULATION = draw_population(Assumed(), np.random.default_rng(1))


def alone(plan, offset_m=0.005):
    return replace(POPULATION, lenses=(plan,), offsets_m=np.array([offset_m]))


def test_a_lens_is_as_bright_as_the_same_lens_in_a_drawn_room():
    """Wall of reflectance 0.3 at 2 m, lit to level 0.2; the drawn room's own code gives the energy."""
    plan, distance, focal = LensPlan(aperture_mm=1.5, facing=0.0), 2.0, 1000.0
    view = View(np.zeros(3), turned(0, 0, 0), focal, 1280, 720)
    strength = 0.2 * math.pi / 0.3 * distance**2
    light = Light(np.array([0.005, 0.0, 0.0]), strength, np.array([0.0, 0.0, 1.0]), (), 0.0)
    spot = Lens(0, "wall", np.array([0.0, 0.0, distance]), np.array([0.0, 0.0, -1.0]), plan).spots(view, light)[0]
    told = 0.2 * alone(plan).gains(1.5, distance, focal)[0] * alone(plan).kept[0]
    assert told == pytest.approx(spot.torch, rel=0.01)


def test_twice_the_aperture_is_four_times_the_light():
    assert POPULATION.gains(2.0, 2.0, 1000.0) == pytest.approx(4 * POPULATION.gains(1.0, 2.0, 1000.0))


def test_light_from_far_aside_does_not_come_back():
    near, aside = POPULATION.gains(1.5, 2.0, 1000.0), POPULATION.gains(1.5, 2.0, 1000.0, aside_m=0.05)
    assert (aside <= near + 1e-9).all()
    assert np.median(aside / near) < 0.2


def test_too_near_is_as_bad_as_too_far():
    """Below offset over lobe the lens answers no more, however bright the light."""
    narrow = alone(LensPlan(lobe_mrad=5.0, lobe_edge=2.0), 0.010)
    gains = [narrow.gains(1.5, distance, 1000.0)[0] for distance in (0.5, 2.0, 3.0, 8.0)]
    assert gains[0] < 0.01 * gains[1]
    assert gains[3] < 0.5 * gains[1]


def test_the_nearest_distance_is_offset_over_lobe():
    assert nearest_m(0.010, 5.0) == pytest.approx(2.0)


def test_draws_stay_within_what_is_said():
    assumed = POPULATION.assumed
    lobes = [plan.lobe_mrad for plan in POPULATION.lenses]
    assert assumed.lobe_mrad[0] <= min(lobes) < max(lobes) <= assumed.lobe_mrad[1]
    assert assumed.torch_offset_m[0] <= POPULATION.offsets_m.min() < POPULATION.offsets_m.max() <= assumed.torch_offset_m[1]
    assert POPULATION.facings.max() <= assumed.facing[1]
    assert 0.5 < POPULATION.kept.min() + 0.5 <= POPULATION.kept.max() + 0.5 <= 1.5
    for word in ("3 to 25 mrad", "5 to 20 mm", "90 %", "30 %"):
        assert word in assumed.words


def test_tints_are_those_of_coatings():
    assert POPULATION.tints.shape == (assumed_draws := Assumed().draws, 3)
    assert assumed_draws >= 100
    assert 0.5 < POPULATION.tints.min() < POPULATION.tints.max() <= 1.0
