"""Bursts and logbook of a sweep -> what it would have found, place by place, and the sentence that says so."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detector.model import Completeness, LampState, Recovered
from detector.optics import lens
from detector.optics.bursts import Shot
from detector.optics.logbook import Logbook
from detector.optics.mosaic import Layout, MosaicLimits, lay_out
from detector.optics.population import Assumed, Population, draw_population
from detector.optics.recovery import Model, Places, fit, recovered
from detector.optics.trials import lamp_shares, torch_level, try_lenses

Floats = NDArray[np.float64]

UNSEEN, SHOWS, MAY_MISS, TOO_DARK, TOO_FAST, BURNT = range(6)
LEFT_OUT: Mapping[int, str] = {TOO_DARK: "too dark", TOO_FAST: "passed too quickly", BURNT: "over-exposed"}
SHOWN_FROM = 0.5
"""A place is said to show a lens when more than half of them would be found there."""
BRIGHTER = 6.0
"""A place is too dark, rather than hard for another reason, when so much more light would help."""
LONG_LOOKS = 60.0
"""And was passed too quickly when two seconds of looking would help more."""
HELPS = 0.2
FEWEST_LOOKS = lens.FEWEST_SIGHTINGS + 3
"""A lens is not seen in every frame that shows its place."""
DISTANCES_M = np.array([0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0])


@dataclass(frozen=True, slots=True)
class Chart:
    """One layout with what would have been found in each cell: `chance` (h, w) from 0 to 1 for the
    lens that the sentence speaks of, `kind` (h, w) one of the constants above.
    """

    layout: Layout
    chance: Floats
    kind: NDArray[np.int8]


def assess(
    runs: Sequence[Sequence[Shot]], log: Logbook, states: Sequence[LampState | None],
    assumed: Assumed | None = None,
) -> tuple[Completeness | None, list[Chart]]:  # fmt: skip
    """What the sweep would have found, and its charts; None and nothing where it was too short to tell."""
    assumed = assumed or Assumed()
    rng = np.random.default_rng(1)  # the same sweep gets the same report
    population = draw_population(assumed, rng)
    model = fit(try_lenses(runs, states, population, rng))
    layouts = lay_out(log, states)
    if model is None or not layouts:
        return None, []
    share = _torch_share(log, states)
    judge = _Judge(model, population, assumed.focal * max(log.size))
    places = [_places(layout, share) for layout in layouts]
    aperture, distance = _spoken_of(assumed)
    charts = [_chart(layout, own, judge, aperture, distance) for layout, own in zip(layouts, places, strict=True)]
    return _completeness(charts, _joined(places), judge, assumed), charts


def _spoken_of(assumed: Assumed) -> tuple[float, float]:
    """The aperture and distance in the middle of what is assumed."""
    return assumed.apertures_mm[len(assumed.apertures_mm) // 2], assumed.distances_m[len(assumed.distances_m) // 2]


@dataclass(frozen=True, slots=True)
class _Judge:
    model: Model
    population: Population
    focal_px: float

    def chances(self, places: Places, aperture_mm: float, distance_m: float, brighter: float = 1.0) -> Floats:
        """Chance at each place; none where it was shown too shortly, too fast or white."""
        gains = self.population.gains(aperture_mm, distance_m, self.focal_px) * self.population.kept
        chance = recovered(self.model, brighter * gains, places)
        return np.where(_barred(places) > 0, 0.0, chance)


def _barred(places: Places) -> NDArray[np.int8]:
    """Places at which nothing can be found, by reason; 0 elsewhere."""
    quick = (places.looks * (1.0 - places.fast) < FEWEST_LOOKS) | (places.fast > SHOWN_FROM)
    return np.where(places.floor >= MosaicLimits().burnt, BURNT, np.where(quick, TOO_FAST, 0)).astype(np.int8)


def _places(layout: Layout, share: float) -> Places:
    seen = layout.seen
    light = torch_level(layout.level, seen) * share
    return Places(light[seen], layout.level[seen], layout.looks[seen], layout.speed[seen], layout.fast[seen])


def _joined(places: Sequence[Places]) -> Places:
    return Places(*(np.concatenate([getattr(own, name) for own in places]) for name in Places.__slots__))


def _torch_share(log: Logbook, states: Sequence[LampState | None]) -> float:
    """Share of the lit level that came from the torch."""
    light = {state: [float(e.tiny.mean()) for e in log.entries() if states[e.index] == state] for state in ("on-axis", "dark")}
    if not light["on-axis"] or not light["dark"]:
        return 1.0
    dark = (float(np.mean(light["dark"])) / max(float(np.mean(light["on-axis"])), 1.0)) ** 2.2
    return float(lamp_shares(["on-axis"], min(dark, 1.0))[0])


def _chart(layout: Layout, places: Places, judge: _Judge, aperture_mm: float, distance_m: float) -> Chart:
    chance = judge.chances(places, aperture_mm, distance_m)
    lighter = judge.chances(places, aperture_mm, distance_m, BRIGHTER)
    slower = judge.chances(replace(places, looks=np.maximum(places.looks, LONG_LOOKS)), aperture_mm, distance_m)
    help_it = np.where(slower > lighter, TOO_FAST, TOO_DARK)
    kind = np.where(chance >= SHOWN_FROM, SHOWS, np.where(np.maximum(lighter, slower) - chance > HELPS, help_it, MAY_MISS))
    kind = np.where(_barred(places) > 0, _barred(places), kind)
    chances, kinds = np.zeros(layout.looks.shape), np.full(layout.looks.shape, UNSEEN, np.int8)
    chances[layout.seen], kinds[layout.seen] = chance, kind
    return Chart(layout, chances, kinds)


def _completeness(charts: Sequence[Chart], places: Places, judge: _Judge, assumed: Assumed) -> Completeness:
    rows = tuple(
        _row(judge, places, aperture, distance) for distance in assumed.distances_m for aperture in assumed.apertures_mm
    )
    kinds = np.concatenate([chart.kind[chart.kind != UNSEEN] for chart in charts])
    left_out = {name: round(float((kinds == kind).mean()), 3) for kind, name in LEFT_OUT.items()}
    near, far = _reach(judge, places, _spoken_of(assumed)[0])
    return Completeness(
        says=_sentence(rows, left_out, *_spoken_of(assumed)), assumed=assumed.words, recovered=rows, left_out=left_out,
        nearest_m=near, farthest_m=far, injected=judge.model.trials,
    )  # fmt: skip


def _row(judge: _Judge, places: Places, aperture_mm: float, distance_m: float) -> Recovered:
    share = float(judge.chances(places, aperture_mm, distance_m).mean())
    # of the injected lenses about half lie where the chance is neither 0 nor 1
    margin = 1.96 * math.sqrt(max(share * (1 - share), 0.01) / (judge.model.trials / 2))
    return Recovered(aperture_mm, distance_m, round(share, 3), round(margin, 3))


def _reach(judge: _Judge, places: Places, aperture_mm: float) -> tuple[float | None, float | None]:
    """Nearest and farthest distance at which at least half as many lenses show as at the best one."""
    some = np.linspace(0, len(places.light) - 1, min(len(places.light), 200)).astype(np.intp)
    few = Places(*(getattr(places, name)[some] for name in Places.__slots__))
    shares = np.array([judge.chances(few, aperture_mm, float(distance)).mean() for distance in DISTANCES_M])
    good = DISTANCES_M[shares >= max(0.5 * shares.max(), 0.05)]
    return (float(good[0]), float(good[-1])) if len(good) else (None, None)


def _sentence(rows: Sequence[Recovered], left_out: Mapping[str, float], aperture_mm: float, distance_m: float) -> str:
    here = {row.aperture_mm: row.share for row in rows if row.distance_m == distance_m}
    others = ", ".join(f"{aperture:g} mm: {_percent(share)}" for aperture, share in here.items() if aperture != aperture_mm)
    missed = "".join(f"{_percent(share)} {name}, " for name, share in left_out.items() if share >= 0.005)
    return (
        f"Over {_percent(here[aperture_mm])} of what you swept, a {aperture_mm:g} mm lens {distance_m:g} m away that faces you would have shown"
        f"{f' ({others})' if others else ''}; not looked at: {missed}{'and ' if missed else ''}whatever was never in the picture."
    )


def _percent(share: float) -> str:
    return f"{round(100 * share)} %"
