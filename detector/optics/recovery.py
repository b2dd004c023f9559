"""What became of injected lenses -> how likely a lens of some brightness is found at some place.

What a lens's chance depends on is how bright its point is, how bright its surroundings are, how many
frames show it and how fast they moved.  A few hundred injected lenses tell these apart in a logistic
regression, which then speaks of every place of the sweep and of any aperture and distance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.optics.trials import Floats, Trials

QUANTILES = 24


@dataclass(frozen=True, slots=True)
class FitLimits:
    """What the regression is trusted with."""

    fewest_trials: int = 40
    """Fewer lenses than this say nothing of a sweep."""
    ridge: float = 1.0
    """Weights that the trials do not call for stay near zero: a steady sweep tells nothing of speed."""


@dataclass(frozen=True, slots=True)
class Places:
    """Places of a sweep, one row each: `light` the torch's level on light walls there, `floor` the level
    around (1 is saturation), `looks` lit frames that showed it, `speed` px a frame over the picture's
    width, `fast` the share of the looks that moved too fast.
    """

    light: Floats
    floor: Floats
    looks: Floats
    speed: Floats
    fast: Floats


@dataclass(frozen=True, slots=True)
class Model:
    """The chance that a lens is shown, by logistic regression; `weights` belong to the columns of `_columns`."""

    weights: Floats
    lowest: Floats
    highest: Floats
    trials: int

    def share(self, energy: Floats, floor: Floats, looks: Floats, speed: Floats) -> Floats:
        """Chance from 0 to 1; beyond what was tried it stays what it was at the edge."""
        plain = np.stack(np.broadcast_arrays(*_plain(energy, floor, looks, speed)), axis=-1)
        return np.asarray(_logistic(_columns(np.clip(plain, self.lowest, self.highest)) @ self.weights))


def _plain(energy: Floats, floor: Floats, looks: Floats, speed: Floats) -> list[Floats]:
    """What a chance depends on, each on the scale on which it acts."""
    return [np.log(np.maximum(energy, 1e-3)), np.sqrt(np.maximum(floor, 0.0)), np.log1p(looks), np.asarray(100.0 * speed)]


def _columns(plain: Floats) -> Floats:
    """Energy bends: nothing is gained once it is bright enough, and glare may cost."""
    x, others = plain[..., :1], plain[..., 1:]
    return np.concatenate([np.ones_like(x), x, *(np.maximum(x - knot, 0.0) for knot in (0.0, 1.5, 3.5)), others], axis=-1)


def _logistic(logit: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logit, -30.0, 30.0))))


def fit(trials: Trials, limits: FitLimits | None = None) -> Model | None:
    """The model of these trials; None where they are too few."""
    limits = limits or FitLimits()
    if len(trials) < limits.fewest_trials:
        return None
    plain = np.stack(_plain(trials.energy, trials.floor, trials.looks, trials.speed), axis=-1)
    columns, found = _columns(plain), (trials.found > 0).astype(np.float64)
    middle, scale = columns.mean(axis=0), np.maximum(columns.std(axis=0), 1e-6)
    middle[0], scale[0] = 0.0, 1.0
    weights = _weights((columns - middle) / scale, found, limits.ridge) / scale
    weights[0] -= float(middle @ weights)
    return Model(weights, plain.min(axis=0), plain.max(axis=0), len(trials))


def _weights(columns: Floats, found: Floats, ridge: float) -> Floats:
    """Weights of standardised columns, the first of them constant, by Newton's method with a ridge.

    The problem is convex; steps that overshoot, as they do where nearly all or none were found, are halved.
    """
    penalty = ridge * np.r_[1e-2, np.ones(columns.shape[1] - 1)]

    def loss(weights: Floats) -> float:
        logit = columns @ weights
        return float((np.logaddexp(0.0, logit) - found * logit).sum() + 0.5 * (penalty * weights**2).sum())

    weights = np.zeros(columns.shape[1])
    for _ in range(30):
        chance = _logistic(columns @ weights)
        slope = columns.T @ (found - chance) - penalty * weights
        curve = columns.T @ (columns * (chance * (1 - chance))[:, None]) + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        while loss(weights + step) > loss(weights) and np.abs(step).max() > 1e-6:
            step = step / 2
        weights = weights + step
        if np.abs(step).max() < 1e-6:
            break
    return np.asarray(weights)


def recovered(model: Model, gains: Floats, places: Places) -> Floats:
    """(n,) chance at each of n places that a lens is shown, averaged over lenses that gain so many
    saturated pixels from surroundings of level 1.
    """
    # by quantiles: two dozen lenses stand for all
    some = np.quantile(gains, (np.arange(QUANTILES) + 0.5) / QUANTILES)
    known = (values[:, None] for values in (places.floor, places.looks, places.speed))
    return np.asarray(model.share(some[None] * places.light[:, None], *known).mean(axis=1))
