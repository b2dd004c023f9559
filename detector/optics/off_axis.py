"""Light from aside: what a lens keeps of it by the law of its lobe, against what everything else keeps.

A lens sends light back within its half-lobe.  Light from b aside of the camera, seen from the distance d,
comes back b / d off that lobe's axis, and what is left of it goes by b / (d x lobe) alone.  A dome, a screw,
a drop or a lamp spreads light much farther and keeps all.  Nobody knows d or the lobe, so the lenses are a
population over the ranges that the notes support: where b / d lies inside the lobe for all of them, a lens is
no different from a dome and the weight is nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from detector.optics.population import nearest_m
from detector.synthetic.plan import Range, Ranges
from detector.synthetic.radiometry import lobe_profile

Floats = NDArray[np.float64]

_RANGES = Ranges()


@dataclass(frozen=True, slots=True)
class Rings:
    """Where the lamps stood, how far away what they lit may have been, and which lenses there may be."""

    aside_m: Range = _RANGES.off_axis_m
    """From the camera's lens to the off-axis light: 50 mm, as the handheld is to be built."""
    beside_m: float = 0.005
    """And to the on-axis ring: the most that lets a lens of 3 mrad be seen in a room."""
    distances_m: Range = (0.5, 4.0)
    """Even on a logarithmic scale."""
    lobe_mrad: Range = _RANGES.lobe_mrad
    lobe_edge: Range = _RANGES.lobe_edge

    @property
    def half_within_m(self) -> float:
        """Every lens that is nearer than this loses more than half of the light from aside."""
        return nearest_m(self.aside_m[0], self.lobe_mrad[1])

    @property
    def words(self) -> str:
        """Where the light from aside came from, for a reader."""
        return f"{1000 * sum(self.aside_m) / 2:.0f} mm"


USUAL_RINGS = Rings()
"""Of a handheld as it is to be built, in any room."""
WIDER = 1.5
"""The distance that a user names is that of a wall or a shelf, and things stand before and behind it."""


def rings_at(distances_m: Sequence[float]) -> Rings:
    """Those of a sweep whose distances the user has named; of any room where there are none."""
    return replace(USUAL_RINGS, distances_m=(min(distances_m) / WIDER, max(distances_m) * WIDER)) if distances_m else USUAL_RINGS


STEPS = 12
"""Of distance and of lobe, half as many of how hard the lobe's edge is: finer ones move no weight by more than 0.1."""


@lru_cache
def kept(rings: Rings) -> tuple[Floats, Floats]:
    """(n,) share of the light from aside that each lens of the population keeps, (n,) how much each counts.

    A lens counts as far as the on-axis light comes back from it: what is not seen is not judged.
    """
    near, far = rings.distances_m
    distances = np.exp(_middles((math.log(near), math.log(far)), STEPS)).tolist()
    lobes, edges = _middles(rings.lobe_mrad, STEPS).tolist(), _middles(rings.lobe_edge, STEPS // 2).tolist()
    table = np.array([
        [lobe_profile(offset / distance, lobe * 1e-3, edge) for offset in (*rings.aside_m, rings.beside_m)]
        for distance, lobe, edge in product(distances, lobes, edges)
    ])  # fmt: skip
    seen = np.maximum(table[:, 2], 1e-12)
    return np.minimum(table[:, :2] / seen[:, None], 1.0).ravel(), np.repeat(seen / (2.0 * seen.sum()), 2)


def _middles(bounds: Range, n: int) -> Floats:
    low, high = bounds
    return np.asarray(low + (high - low) * (np.arange(n) + 0.5) / n)


LIGHT = 0.45
"""Grey levels summed over a spot go with this power of its light: the display's gamma, and the median of 16
lenses of drawn rooms whose true loss is known."""
SAME = 0.05
"""How far two looks at one dome differ, as a logarithm: the scale of Student's distribution of two degrees, whose
tails are long.  Fitted freely, the rooms of one renderer have five degrees and 0.02, those of another one and 0.03."""
UNSURE = 0.2
"""By how much of its own logarithm a loss may be off: saturation, and what shines beside the lens."""
LEAST = 0.1
"""Share of the grey levels below which noise is measured."""


def weight(share: float, rings: Rings) -> float:
    """Logarithm of how much likelier lenses are to show this share of the grey levels than all else is.

    The mean over the population of lenses against things that keep all; more than all is as much as all.
    """
    found = math.log(min(1.0, max(LEAST, share)))
    shares, counts = kept(rings)
    by_law = np.maximum(LIGHT * np.log(np.maximum(shares, 1e-12)), math.log(LEAST))
    lenses = float(counts @ _spread(found - by_law, SAME - UNSURE * by_law))
    return math.log(lenses / float(_spread(np.array(found), np.array(SAME))))


def _spread(off: Floats, scale: Floats) -> Floats:
    """Student's distribution of two degrees of freedom."""
    return np.asarray((1.0 + (off / scale) ** 2 / 2.0) ** -1.5 / (2.0 * math.sqrt(2.0) * scale))


def light_left(share: float) -> float:
    """The share of the light that goes with a share of the grey levels; no more than all."""
    return float(min(1.0, share) ** (1.0 / LIGHT))


def keeping(left: float, rings: Rings) -> float:
    """The share of the lenses that keep at least this of the light from aside."""
    shares, counts = kept(rings)
    return float(counts[shares >= left].sum())
