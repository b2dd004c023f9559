"""Faint lenses drawn into the user's own frames, and the same search run over them once more.

How astronomers measure what a survey would have missed: stars of known brightness are added to the
pictures, and the share that the survey's own software finds again is its completeness.  A lens is
drawn as the point of light that it is (radiometry as in `detector.synthetic.radiometry`), as
bright as the wall around it says that the torch was, fading with the angle as the camera moves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from detector.model import Finding, LampState
from detector.optics import glint, lens
from detector.optics.bursts import Luma, Shot
from detector.optics.conclude import conclude, not_worth_judging
from detector.optics.join import join
from detector.optics.live_tracks import TrackLimits
from detector.optics.motion import Motion, MotionEstimator
from detector.optics.points import Halo, Points, draw
from detector.optics.track import Tracker
from detector.optics.view import look

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class InjectionLimits:
    """How lenses are drawn into frames.  Distances in px."""

    spacing_px: float = 150.0
    """Injected lenses stay out of each other's surroundings: flashes count as company up to 90 px;
    more in larger pictures than 1280 px wide."""
    per_pass: int = 24
    """More would take the places of what is there anyway: 40 spots of a frame are measured."""
    faintest: float = 0.25
    brightest: float = 400.0
    """Energies tried, in saturated pixels: from what is never found to what is broad with glare."""
    exposed_share: float = 0.25
    """Of the time between frames, during which a point is drawn out by the motion: 8 ms of 33."""
    halo: Halo = field(default_factory=Halo)
    jitter_px: float = 0.1
    """Motion is known no better; without it the tracker would get the places that it expects."""
    lost_px: float = 6.0
    """And in a frame whose motion could not be measured it is a guess, wrong by several pixels."""
    same_px: float = 5.0
    """A finding this near to an injected lens in most frames is that lens."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Lenses as drawn into one run: `at` (frames, n, 2) px, NaN where out of the picture; `energy`
    (frames, n) in saturated pixels, what the lamp's state leaves of it included; `tint` (n, 3) B, G, R.
    """

    at: Floats
    energy: Floats
    tint: Floats

    def points(self, frame: int, exposed_share: float) -> Points:
        """Those of one frame; the shutter is open for `exposed_share` of the time between frames."""
        way = np.nan_to_num(self.at[frame] - self.at[max(frame - 1, 0)]) * exposed_share
        return Points(self.at[frame], self.energy[frame][:, None] * self.tint, way)


@dataclass(frozen=True, slots=True)
class Scene:
    """One run of kept frames: their shots, pictures and lamp states, and the blur of a point in them,
    the sigma of a Gaussian in px.
    """

    shots: Sequence[Shot]
    pictures: Sequence[Luma]
    states: Sequence[LampState | None]
    sigma_px: float
    limits: InjectionLimits


def lit_motions(shots: Sequence[Shot], pictures: Sequence[Luma], lit: NDArray[np.bool_]) -> list[Motion | None]:
    """The motion of each lit frame against the lit one before; None for frames without light.

    Measured anew where the search followed the room through the dark: that motion is wrong by just
    what loses it a lens, and must not be taken for the truth.
    """
    if all(shines or not shot.searched for shot, shines in zip(shots, lit, strict=True)):
        return [shot.motion for shot in shots]
    estimator = MotionEstimator()
    return [estimator.add(look(picture)) if shines else None for picture, shines in zip(pictures, lit, strict=True)]


def paths(motions: Sequence[Motion | None], start: Floats, scene: Scene, rng: np.random.Generator) -> Floats:
    """Where points that stay put in the room stand in each frame, (frames, n, 2) px, carried by the
    motion of their surroundings from (n, 2) places in the first frame; NaN outside of the picture.
    """
    limits, size = scene.limits, scene.pictures[0].shape[1::-1]
    at = np.full((len(motions), *start.shape), np.nan)
    here, begun = start.astype(np.float32), False
    for i, motion in enumerate(motions):
        if motion is not None:
            here = motion.carry(here) if begun else here
            here = here if motion.measured else here + (limits.lost_px * rng.standard_normal(2)).astype(np.float32)
            begun = True
        inside = np.all((here >= glint.RADIUS) & (here < np.array(size) - glint.RADIUS), axis=1)
        at[i] = np.where(inside[:, None], here + limits.jitter_px * rng.standard_normal(here.shape), np.nan)
    return at


def courses(at: Floats, focal_px: float, half_angle: Floats, facing: Floats, rng: np.random.Generator) -> Floats:
    """Share of its return that each lens keeps in each frame, (frames, n).

    Turning the camera changes nothing for a lens, walking does, and by just the angle by which the
    lens moves through the picture.  Which it was nobody knows, so that a share of it, even between
    none and all, is taken to be walking.  `half_angle` (n,) is half the angle over which the lens
    shines, in radians, `facing` how far it points past the camera in the middle of the run as a share of that.
    """
    middle = at[len(at) // 2]
    turned = (at - np.where(np.isnan(middle), np.nanmean(at, axis=0), middle)) / focal_px * rng.random((at.shape[1], 1))
    away = rng.uniform(0, 2 * math.pi, at.shape[1])
    aim = np.multiply(facing, half_angle).reshape(-1, 1) * np.stack([np.cos(away), np.sin(away)], axis=1)
    angle = np.asarray(np.hypot(*np.moveaxis(turned + aim, -1, 0)), np.float64)
    # the soft edge of `radiometry.acceptance`
    return np.asarray(1.0 / (1.0 + np.exp(np.minimum((angle - half_angle) / (half_angle / 12.0), 60.0))))


def recover(scene: Scene, drawn: Drawn) -> NDArray[np.int8]:
    """The search over one run with these lenses in it: for each 2 alarmed, 1 shown, 0 missed."""
    found = np.zeros(drawn.at.shape[1], np.int8)
    # what was seen too seldom to be judged costs the most to say so of
    whole = [rows for rows in join(_tracks(scene, drawn)) if np.count_nonzero(rows["seen"]) >= lens.FEWEST_SIGHTINGS]
    near = [_stands_on(rows, drawn.at, 2 * scene.limits.same_px) for rows in whole]
    ours, others = ([rows for rows, is_near in zip(whole, near, strict=True) if is_near is wanted] for wanted in (True, False))
    for finding in conclude(ours, scene.states, list(range(len(scene.shots))), beside=others):
        if isinstance(finding, Finding):
            which = _which(finding, drawn.at, scene.limits.same_px)
            if which is not None:
                found[which] = max(found[which], 2 if finding.alarm else 1)
    return found


def _tracks(scene: Scene, drawn: Drawn) -> list[NDArray[np.void]]:
    """Tracks worth a judgement, as `LensSearch` keeps them."""
    tracker, finder = Tracker(TrackLimits(fewest_seen=lens.FEWEST_SIGHTINGS)), glint.Finder(glint.GlintLimits())
    pieces: list[NDArray[np.void]] = []
    for i, (shot, luma) in enumerate(zip(scene.shots, scene.pictures, strict=True)):
        points = drawn.points(i, scene.limits.exposed_share)
        if shot.searched:
            view = look(draw(luma, points, scene.sigma_px, scene.limits.halo))
            tracker.add(i, view, finder.find(view.luma, view.small), shot.motion)
        else:
            # in the dark there is nothing to draw
            view = look(luma)
            tracker.glance(i, view, finder.standout(luma, view.small), shot.motion)
        pieces += tracker.retired()
    pieces += tracker.finish()
    return [rows for rows in pieces if not_worth_judging(rows) is None]


def _stands_on(rows: NDArray[np.void], at: Floats, near_px: float) -> bool:
    """Whether a track was ever so near to a drawn lens: what else is there is not asked for."""
    seen = rows[rows["seen"]]
    return bool((np.hypot(at[seen["frame"], :, 0] - seen["x"][:, None], at[seen["frame"], :, 1] - seen["y"][:, None]) < near_px).any())


def _which(finding: Finding, at: Floats, same_px: float) -> int | None:
    """The drawn lens that a finding stands on in most of its frames."""
    points = np.array(getattr(finding.where, "points", ()), np.float64)
    frames = points[:, 0].astype(np.intp)
    far = np.hypot(at[frames, :, 0] - points[:, None, 1], at[frames, :, 1] - points[:, None, 2])
    share = (np.nan_to_num(far, nan=np.inf) <= same_px).mean(axis=0)
    best = int(np.argmax(share))
    return best if share[best] > 0.5 else None
