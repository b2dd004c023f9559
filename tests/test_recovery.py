"""The chance of being found, told from trials."""

from __future__ import annotations

import numpy as np
import pytest

from detector.optics.recovery import FitLimits, Places, fit, recovered
from detector.optics.trials import Trials


def trials(n=400, seed=1, chance=lambda energy, looks: 1 / (1 + np.exp(-2.5 * np.log(energy / 3)))):
    rng = np.random.default_rng(seed)
    energy, looks = np.exp(rng.uniform(np.log(0.25), np.log(400), n)), rng.integers(5, 60, n).astype(float)
    found = (rng.random(n) < chance(energy, looks)).astype(np.int8)
    return Trials(energy, np.full(n, 0.1), looks, np.full(n, 0.003), found)


def told(model, energy, looks=30.0, floor=0.1):
    return float(model.share(np.array([energy]), np.array([floor]), np.array([looks]), np.array([0.003]))[0])


@pytest.mark.parametrize(("energy", "truth"), [(0.4, 0.01), (1.0, 0.06), (3.0, 0.5), (9.0, 0.94), (60.0, 1.0)])
def test_the_chance_is_that_of_the_trials(energy, truth):
    assert told(fit(trials(1500)), energy) == pytest.approx(truth, abs=0.08)


def test_lenses_that_glare_too_much_may_be_lost_again():
    glare = fit(trials(1500, chance=lambda energy, _: np.where((energy > 2) & (energy < 60), 0.9, 0.1)))
    assert told(glare, 15.0) > 0.7
    assert told(glare, 350.0) < 0.4


def test_more_looks_help_where_the_trials_say_so():
    model = fit(trials(1500, chance=lambda _, looks: np.clip(looks / 60, 0, 1)))
    assert told(model, 10.0, looks=50) > told(model, 10.0, looks=8) + 0.3


def test_nothing_is_made_up_beyond_what_was_tried():
    model = fit(trials())
    assert told(model, 1e6) == told(model, 400.0) or abs(told(model, 1e6) - told(model, 390.0)) < 0.02
    assert told(model, 10.0, looks=10_000) == pytest.approx(told(model, 10.0, looks=59), abs=0.01)


def test_too_few_trials_say_nothing():
    assert fit(trials(FitLimits().fewest_trials - 1)) is None


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_all_or_nothing_found_is_told_as_nearly_that(share):
    model = fit(trials(200, chance=lambda energy, _: np.full(len(energy), share)))
    assert told(model, 10.0) == pytest.approx(share, abs=0.06)


def test_a_place_averages_over_lenses_and_light_helps():
    model, gains = fit(trials(1500)), np.array([8.0] * 50 + [500.0] * 50)
    light = np.array([0.002, 0.02, 0.2])
    place = Places(light, *(np.full(3, value) for value in (0.1, 30.0, 0.003, 0.0)))
    chance = recovered(model, gains, place)
    assert chance[0] < 0.2
    assert chance[1] == pytest.approx(0.5, abs=0.1), "the strong half is found"
    assert chance[2] > 0.52
    assert (np.diff(chance) > 0).all()


def test_columns_of_very_unlike_size_and_spread_do_not_lead_astray():
    """As in a sweep whose light, looks and speed hardly varied: the fit once ran away on it."""
    rng = np.random.default_rng(3)
    n = 256
    energy = np.exp(rng.uniform(np.log(0.25), np.log(400), n))
    chance = np.where(energy > 3, 0.55, 0.0)
    odd = Trials(energy, rng.uniform(0.01, 0.24, n), rng.choice([10.0, 20.0], n, p=[0.9, 0.1]), rng.choice([0.0006, 0.0015], n), (rng.random(n) < chance).astype(np.int8))
    model = fit(odd)
    for looks, speed in ((10.0, 0.0006), (20.0, 0.0015), (120.0, 0.001)):
        assert float(model.share(np.array([30.0]), np.array([0.06]), np.array([looks]), np.array([speed]))[0]) == pytest.approx(0.55, abs=0.2)
    assert float(model.share(np.array([0.5]), np.array([0.06]), np.array([10.0]), np.array([0.001]))[0]) < 0.1


@pytest.mark.parametrize("seed", range(5))
def test_the_average_chance_is_the_share_that_was_found(seed):
    put = trials(200, seed=seed)
    model = fit(put)
    assert model.share(put.energy, put.floor, put.looks, put.speed).mean() == pytest.approx((put.found > 0).mean(), abs=0.01)
