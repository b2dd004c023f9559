"""The bursts of a sweep with lenses drawn into them -> which of these the search finds again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.model import LampState
from detector.optics import glint
from detector.optics.bursts import Luma, Reel, Shot
from detector.optics.injection import Drawn, InjectionLimits, Scene, courses, lit_motions, paths, recover
from detector.optics.light import LINEAR
from detector.optics.points import sharpness
from detector.optics.population import Population
from detector.optics.view import look, shrunk

Floats = NDArray[np.float64]

CELL_SHARE = 40
"""Places are told apart in cells of the picture's longer side over this: 32 px in 720p video."""
ENVELOPE_CELLS = 11
"""The torch's light changes over a quarter of the picture; smaller dark things are dark by themselves."""
ON_THINGS = 0.65
"""Share of the lenses put onto things: of the hiding places of drawn rooms every third is a hole in a bare wall."""
OFF_AXIS_M = 0.05
"""Where the second ring of a three-state lamp sits."""


@dataclass(frozen=True, slots=True)
class TrialLimits:
    """Bounds of the work, and of what it is trusted with."""

    pixels: int = 200 * 1280 * 720
    """Searched once more: about two seconds on a slow core."""
    enough: int = 60
    """Lenses, shared out among the runs: the bursts of a long sweep come to that in one pass, three seconds of
    video not quite in two."""
    passes: int = 40
    longest_run: int = 90
    """Four seconds kept in one piece would use the budget up with a single pass: too few lenses to tell anything."""
    fewest_frames: int = 10
    """A run must be as long as a search that can judge at all."""
    injection: InjectionLimits = field(default_factory=InjectionLimits)


@dataclass(frozen=True, slots=True)
class Trials:
    """Injected lenses, one row each: `energy` in saturated pixels in the middle of the run when lit,
    `floor` the level around (1 is saturation), `looks` lit frames that showed its place, `speed` px a frame over
    the picture's width, `found` 2 alarmed, 1 shown, 0 missed.
    """

    energy: Floats
    floor: Floats
    looks: Floats
    speed: Floats
    found: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.found)

    def join(self, other: Trials) -> Trials:
        """Both, one after the other."""
        return Trials(*(np.concatenate([getattr(self, name), getattr(other, name)]) for name in self.__slots__))


def torch_level(level: Floats, known: NDArray[np.bool_] | None = None) -> Floats:
    """How brightly light walls show at each cell of a (h, w) picture of linear levels: the mean of the
    brighter half of the surroundings, so that a dark sofa is not taken for a weak torch.
    """
    weight = np.ones_like(level, np.float32) if known is None else known.astype(np.float32)
    mean = _local_mean(level, weight)
    upper = weight * (level >= 0.999 * mean)  # rounding must not empty an even wall
    return np.asarray(_local_mean(level, upper), np.float64)


def _local_mean(level: Floats, weight: NDArray[np.float32]) -> Floats:
    side = (ENVELOPE_CELLS, ENVELOPE_CELLS)
    total = cv2.boxFilter((level * weight).astype(np.float32), -1, side, normalize=False, borderType=cv2.BORDER_CONSTANT)
    count = cv2.boxFilter(weight.astype(np.float32), -1, side, normalize=False, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(total / np.maximum(count, 1e-6), np.float64)


def cells_of(luma: NDArray[np.uint8]) -> Floats:
    """Linear levels of the cells of a picture of any size."""
    side = max(1, round(max(luma.shape) / CELL_SHARE))
    h, w = (max(1, n // side) for n in luma.shape)
    # light adds up, grey levels do not; within a quarter of a cell they differ too little to matter
    grey = shrunk(luma, max(1, side // 4))
    return np.asarray(cv2.resize(LINEAR[grey].astype(np.float32), (w, h), interpolation=cv2.INTER_AREA), np.float64)


def lamp_shares(states: Sequence[LampState | None], dark_share: float) -> Floats:
    """Share of a lit frame's level that came from the torch, for each frame; aside counts as 0 here.

    Where the light never switched nobody can tell the room's own light from the torch's: all of it
    is taken for the torch's.
    """
    if not any(states):
        return np.ones(len(states))
    lit = {"on-axis": 1.0 - dark_share, None: 0.5 * (1.0 - dark_share)}
    return np.array([lit.get(state, 0.0) for state in states])


def try_lenses(
    runs: Sequence[Sequence[Shot]], states: Sequence[LampState | None], population: Population,
    rng: np.random.Generator, limits: TrialLimits | None = None,
) -> Trials:  # fmt: skip
    """Injects lenses into every run, several times over as far as the budget goes."""
    limits = limits or TrialLimits()
    usable = [piece for run in runs if len(run) >= limits.fewest_frames for piece in _pieces(run, limits.longest_run)]
    pixels = sum(len(run) * run[0].luma().size for run in usable)
    share = math.ceil(limits.enough / max(len(usable), 1))
    within = replace(limits, passes=min(limits.passes, max(1, limits.pixels // max(pixels, 1))), enough=share)
    trials = _none()
    for run in usable:
        trials = trials.join(_try_run(run, states, population, within, rng))
    return trials


def _pieces(run: Sequence[Shot], longest: int) -> list[Sequence[Shot]]:
    """A run in the fewest like parts none of which is longer."""
    count = math.ceil(len(run) / longest)
    cuts = [len(run) * i // count for i in range(count + 1)]
    return [run[a:b] for a, b in pairwise(cuts)]


def _none() -> Trials:
    nothing = np.zeros(0)
    return Trials(nothing, nothing, nothing, nothing, np.zeros(0, np.int8))


def _try_run(run: Sequence[Shot], states: Sequence[LampState | None], population: Population, limits: TrialLimits, rng: np.random.Generator) -> Trials:
    pictures = Reel(run)
    own = [states[shot.index] for shot in run]
    stage = _Stage(Scene(run, pictures, own, _blur(pictures, own), limits.injection), population)
    trials = stage.play(rng)
    for number in range(1, limits.passes):
        # one more only where that brings it nearer to what is enough
        if limits.enough - len(trials) < len(trials) / number / 2:
            break
        trials = trials.join(stage.play(rng))
    return trials


def _blur(pictures: Sequence[Luma], states: Sequence[LampState | None]) -> float:
    lit = [i for i, state in enumerate(states) if state in {None, "on-axis"}]
    views = [look(pictures[i]) for i in lit[:: max(1, len(lit) // 3)][:3]]
    return sharpness([(view, glint.find(view.luma, glint.GlintLimits())) for view in views])


def _busy(luma: Luma) -> NDArray[np.float32]:
    """(h, w) how much the picture varies within some 20 px: high on things, low on bare walls."""
    level = luma.astype(np.float32)
    return np.asarray(cv2.blur(np.abs(level - cv2.blur(level, (25, 25))), (15, 15)), np.float32)


class _Stage:
    """One run, ready for lenses to be drawn into it."""

    def __init__(self, scene: Scene, population: Population) -> None:
        self._scene, self._population, self._limits = scene, population, scene.limits
        pictures, states = scene.pictures, scene.states
        self._size = (pictures[0].shape[1], pictures[0].shape[0])
        self._focal_px = population.assumed.focal * max(self._size)
        self._cells = [cells_of(picture) for picture in pictures]
        self._lit = np.array([state in {None, "on-axis"} for state in states])
        self._shares = lamp_shares(states, self._dark_share())
        self._walls = self._torch_levels()
        self._busy = _busy(pictures[int(np.argmax(self._lit))])
        self._motions = lit_motions(scene.shots, pictures, self._lit)

    def play(self, rng: np.random.Generator) -> Trials:
        """One pass with a handful of lenses."""
        at = paths(self._motions, self._places(rng), self._scene, rng)
        at = at[:, (~np.isnan(at[..., 0])).sum(axis=0) >= 3]
        which = np.asarray(rng.integers(len(self._population.lenses), size=at.shape[1]), np.intp)
        energy, middle = self._energies(at, which, rng)
        drawn = Drawn(at, energy, self._population.tints[which])
        found = recover(self._scene, drawn)
        shown = ~np.isnan(at[..., 0]) & self._lit[:, None]
        return Trials(
            energy=middle,
            floor=np.array([self._sampled(self._cells, at, i) for i in range(at.shape[1])]),
            looks=shown.sum(axis=0).astype(np.float64),
            speed=np.full(at.shape[1], np.median([shot.motion.speed_px for shot in self._scene.shots]) / self._size[0]),
            found=found,
        )

    def _places(self, rng: np.random.Generator) -> Floats:
        """Places in the first frame, on a shaken grid, no two near each other."""
        step = self._limits.spacing_px * max(1.0, max(self._size) / 1280)  # what counts as company is told in px of any picture
        columns, rows = (max(1, int(n / step)) for n in self._size)
        grid = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).reshape(-1, 2)
        chosen = rng.permutation(len(grid))[: self._limits.per_pass]
        room = np.array(self._size) / np.array([columns, rows])
        tries = (grid[chosen, None] + rng.uniform(0.1, 0.9, (len(chosen), 12, 2))) * room
        column, row = (np.minimum(tries[..., i], self._size[i] - 1).astype(np.intp) for i in (0, 1))
        # some anywhere, most on things: lenses hide in things rather than in bare walls
        best = np.where(rng.random(len(chosen)) < ON_THINGS, np.argmax(self._busy[row, column], axis=1), 0)
        return np.asarray(tries[np.arange(len(chosen)), best])

    def _energies(self, at: Floats, which: NDArray[np.intp], rng: np.random.Generator) -> tuple[Floats, Floats]:
        """(frames, n) energies, and (n,) those in the middle of the run when lit.

        Brightness is tried evenly on a logarithmic scale; which lens that is only decides how it changes.
        """
        population, n = self._population, at.shape[1]
        low, high = math.log(self._limits.faintest), math.log(self._limits.brightest)
        middle = np.exp(rng.uniform(low, high, n))
        course = courses(at, self._focal_px, population.half_angles[which], population.facings[which], rng)
        course = course / np.maximum(population.kept[which], 1e-3)
        wall = np.array([self._sampled(self._walls, at, i) for i in range(n)])
        light = np.array([[self._level(self._walls, frame, at[frame, i]) for i in range(n)] for frame in range(len(at))])
        light = np.where(self._lit[:, None], light / np.maximum(wall, 1e-6), 0.0) * (self._shares / max(self._shares.max(), 1e-6))[:, None]
        aside = self._aside(which, rng)
        light += np.array([state == "off-axis" for state in self._scene.states])[:, None] * aside
        return middle * np.nan_to_num(course) * light, middle

    def _aside(self, which: NDArray[np.intp], rng: np.random.Generator) -> Floats:
        """How much of its return each lens keeps when the light comes from the second ring."""
        distance = float(rng.choice(self._population.assumed.distances_m))
        gains = [self._population.gains(1.5, distance, 1.0, aside_m=aside) for aside in (None, OFF_AXIS_M)]
        return np.asarray(np.minimum(gains[1] / np.maximum(gains[0], 1e-12), 1.0)[which])

    def _dark_share(self) -> float:
        dark = [cells.mean() for cells, state in zip(self._cells, self._scene.states, strict=True) if state == "dark"]
        lit = [cells.mean() for cells, is_lit in zip(self._cells, self._lit, strict=True) if is_lit]
        return min(1.0, float(np.mean(dark) / max(np.mean(lit), 1e-6))) if dark and lit else 0.0

    def _torch_levels(self) -> list[Floats]:
        """The level of light walls in each frame, found every few frames."""
        every = 5
        known: list[Floats] = []
        for i, cells in enumerate(self._cells):
            known.append(torch_level(cells) if i % every == 0 or not known or (self._lit[i] and not self._lit[i - 1]) else known[-1])
        return known

    def _level(self, maps: Sequence[Floats], frame: int, place: Floats) -> float:
        if np.isnan(place).any():
            return 0.0
        h, w = maps[frame].shape
        row, column = int(place[1] / self._size[1] * h), int(place[0] / self._size[0] * w)
        return float(maps[frame][min(row, h - 1), min(column, w - 1)])

    def _sampled(self, maps: Sequence[Floats], at: Floats, which: int) -> float:
        """The level at a lens's place, the middle of all lit frames that show it."""
        frames = np.flatnonzero(~np.isnan(at[:, which, 0]) & self._lit)
        levels = [self._level(maps, frame, at[frame, which]) for frame in frames[:: max(1, len(frames) // 5)]]
        return float(np.median(levels)) if levels else 0.0
