"""The rows of one track -> the few physical facts that a judgement is made from."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from detector.model import LampState
from detector.optics.facts import Facts
from detector.optics.off_axis import USUAL_RINGS, Rings
from detector.optics.quantiles import middle, quantile
from detector.optics.rolling import lamp_at
from detector.optics.rows import Rows

FEWEST_LOOKS = 3
NEAR_LOOKALIKE_PX = 16.0
"""A missing spot counts as dark only when no like spot stands this near: it may have been confused,"""
FRESH_FRAMES = 3
FRESH_PX = 9.0
"""unless it was seen within three frames: its place is then known to a few pixels."""
NEXT_FRAMES = 4
"""A dark look counts within four frames of a sighting: the edges of every dark phase, however long."""
STRONG_SHARE = 0.25
"""Of the level: a print under a facet or beside a lens may be taken for it while it is gone."""
BREAK_LOOKS = 3
"""Looks from one sighting to the next with which it shone anew: one or two fail by chance."""


def gather(rows: Rows, states: Sequence[LampState | None], rings: Rings = USUAL_RINGS) -> Facts | None:
    """The facts of one track; None when fewer than three of its lit looks could be measured.

    `states` holds the lamp's state of every frame; all None where the light never switched.  `rings` says
    where the lamps of three-state light stood.
    """
    switched = any(states)
    code = _CODE if switched else _STEADY
    state = np.array([code[one] for one in lamp_at(states, rows["frame"], rows["y"])])
    sure = _sure(rows) & _between_sightings(rows, state == _CODE["on-axis"])
    lit = rows[state == _CODE["on-axis"]]
    glints = lit[lit["measured"]]
    if len(glints) < 3:
        return None
    top = _stronger(glints)
    level = _level(lit)
    seen = lit[lit["seen"]]
    flux_course = _course(glints, "flux", FAINT_FLUX, paused=switched)
    tint = np.array([top[name].mean() for name in ("blue", "green", "red")])
    usual = dict(zip(_MEDIANS, middle(np.array([top[name] for name in _MEDIANS])).tolist(), strict=True))
    level_course = flux_course if usual["peak"] >= CLIPPED else _course(seen, "level", FAINT_LEVEL, paused=switched)
    own_course = flux_course if usual["peak"] >= UNSATURATED else max(flux_course, level_course)
    dark, off = (_enough(rows[sure & (state == _CODE[name])]) for name in ("dark", "off-axis"))
    return Facts(
        lit=int((sure & (state == _CODE["on-axis"])).sum()),
        seen=len(seen),
        dark=len(dark),
        off_axis=len(off),
        level=level,
        dark_level=float(middle(dark["level"])) if len(dark) else 0.0,
        off_share=_off_share(off, glints, level),
        off_most=_off_most(off, seen),
        dimming=float(middle(dark["around"])) / max(float(middle(lit["around"])), 1.0) if len(dark) else 0.0,
        swing=own_course[0],
        smooth=own_course[1],
        flux_swing=min(flux_course[0], level_course[0]),
        flux_smooth=flux_course[1],
        held=_held(lit["seen"]),
        travel=_travel(glints),
        looked_px=_travel(lit),
        looked_frames=int(np.ptp(lit["frame"])),
        lasted=_lasted(lit, level),
        flashers=0,
        tint=float((tint.max() - tint.min()) / max(tint.max(), 1.0)),
        tint_level=float(tint.max()),
        hue=hue_of(tint),
        outline=_outline(glints),
        rings=rings,
        **usual,
    )


def usual_size(rows: Rows) -> tuple[float, float]:
    """`core` and `width` as `gather` tells them, from the measured looks in whatever light; there must be one."""
    top = _stronger(rows[rows["measured"]])
    return float(middle(top["core"])), float(middle(top["width"]))


def _outline(glints: Rows) -> float:
    """What more than half of the looks tell: at the border of a picture a plate may look round in some."""
    told = np.sort(glints["outline"][glints["outline"] > 0.0])
    return float(told[(len(told) - 1) // 2]) if len(told) else 0.0


def _level(lit: Rows) -> float:
    """The strong end of the levels at which it was seen."""
    return quantile(lit["level"][lit["seen"]], 0.8)


def _stronger(glints: Rows) -> Rows:
    """The half of the looks in which it stood out most."""
    return glints[glints["level"] >= middle(glints["level"])]


def _travel(rows: Rows) -> float:
    """How far over the picture, in px."""
    return float(np.hypot(np.ptp(rows["x"]), np.ptp(rows["y"])))


def _lasted(lit: Rows, level: float) -> float:
    """Frames from the first to the last of the longest row of strong sightings, in which two looks may fail."""
    seen = np.flatnonzero(lit["seen"] & (lit["level"] >= STRONG_SHARE * level))
    ends = np.flatnonzero(np.diff(seen, prepend=-1 - BREAK_LOOKS, append=len(lit) + BREAK_LOOKS) > BREAK_LOOKS)
    frames = lit["frame"][seen]
    return float(max((frames[end - 1] - frames[first] for first, end in pairwise(ends.tolist())), default=0))


def _off_share(off: Rows, glints: Rows, level: float) -> float:
    """What is left of the glint in light from aside, of its flux where it could be measured: levels stop
    at saturation, where a third of the light may look like nearly all of it.
    """
    if not len(off):
        return 0.0
    measured = off[off["measured"]]
    if len(measured) >= FEWEST_LOOKS:
        return float(middle(measured["flux"])) / max(float(middle(glints["flux"])), 1.0)
    return float(middle(off["level"])) / max(level, 1.0)


def _off_most(off: Rows, seen: Rows) -> float:
    """The strong end of what light from aside left at any time of the level just then; where it usually leaves more than that
    (its lamp is the stronger) how much more than usual.
    """
    if not len(off):
        return 0.0
    left = np.sort(off["level"] / np.maximum(np.interp(off["frame"], seen["frame"], seen["level"]), FAINT_LEVEL))
    return float(left[-max(2, len(left) // OFF_BEST)]) / max(1.0, float(middle(left)))


OFF_BEST = 20
"""One look in so many, and always one, may be better by chance."""
FAINT_LEVEL = 5.0
"""Grey levels: compression leaves as many anywhere."""


def _enough(rows: Rows) -> Rows:
    """Fewer than three looks in one light are chance: they are not told."""
    return rows if len(rows) >= FEWEST_LOOKS else rows[:0]


def hue_of(tint: NDArray[np.float32] | NDArray[np.float64]) -> str:
    """The strongest of the three colours of a B, G, R level."""
    return ("blue", "green", "red")[int(np.argmax(tint))]


_CODE: dict[LampState | None, int] = {"on-axis": 0, "off-axis": 1, "dark": 2, None: 3}
"""A frame without a state among others that have one was taken while the light changed."""
_STEADY: dict[LampState | None, int] = {None: 0}
_MEDIANS = ("peak", "flux", "core", "width", "long", "floor", "ring", "far", "through", "moat", "rough", "beside", "crowd", "drift")


def _held(seen: NDArray[np.bool_]) -> float:
    """How often a sighting is followed by one: a lens that leaves its angle breaks off once, not ten times."""
    after = seen[1:][seen[:-1]]
    return float(after.mean()) if len(after) else 0.0


def _between_sightings(rows: Rows, lit: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Looks close in time to a lit sighting.  Farther off the place is a guess, and finding nothing
    there would be no evidence; lit looks count all the same, a lens out of its angle is missing too.
    """
    frames = rows["frame"][lit & rows["seen"]]
    if not len(frames):
        return np.zeros(len(rows), np.bool_)
    after = np.clip(np.searchsorted(frames, rows["frame"]), 0, len(frames) - 1)
    before = np.maximum(after - 1, 0)
    wait = np.minimum(np.abs(frames[after] - rows["frame"]), np.abs(frames[before] - rows["frame"]))
    return np.asarray(lit | (wait <= NEXT_FRAMES))


def _sure(rows: Rows) -> NDArray[np.bool_]:
    """Looks that tell something: a spot was there, or it is certain that none was."""
    seen_at = np.where(rows["seen"], rows["frame"], -(10**6))
    since = rows["frame"] - np.maximum.accumulate(seen_at)
    fresh = (since <= FRESH_FRAMES) & (rows["beside"] > FRESH_PX)
    return np.asarray(rows["seen"] | fresh | (rows["beside"] > NEAR_LOOKALIKE_PX))


Course = tuple[float, float]
"""Ratio of strong to weak, and how steadily it changes (von Neumann's ratio turned round)."""


UNSATURATED = 180.0
"""Brightest pixel, of 255, below which how far it stood out tells how it changed as well: of every sighting, and where a light wall beside
a faint one is most of its flux.  With 200 three lenses of 987 more alarm, and three other things."""
CLIPPED = 245.0
"""Brightest pixel below which what flashes must stand out by more and less, too: the flux of a mark may be that of what is beside it.
Five of 987 lenses more alarm by it, and one other thing less."""
FAINT_FLUX = 20.0


def _course(looks: Rows, field: str, faintest: float, *, paused: bool) -> Course:
    """Of a field over some looks, in which nothing weaker than the `faintest` is told from nothing; `paused` where the torch was off
    between some of them.
    """
    light, around = (np.log(np.maximum(looks[name].astype(np.float64), least)) for name, least in ((field, faintest), ("around", 5.0)))
    change = _in_even_light(light, around)
    low, high = np.sort(change)[[int(0.05 * len(change)), int(0.95 * (len(change) - 1) + 0.5)]]
    spread, steps, wait = float(change.var()), np.diff(change), np.diff(looks["frame"])
    if paused:
        steps = steps[wait <= LONG_WAIT * middle(wait)]
    smooth = 1.0 - float((steps**2).mean()) / (2.0 * spread) if spread > 1e-6 else 0.0
    return float(np.exp(high - low)), float(np.clip(smooth, 0.0, 1.0))


LONG_WAIT = 2.0
"""Of the usual wait from look to look: what changed over a longer pause, as under a strobe that beats with the frames, did not jump.
With it three of 987 lenses more alarm and four of 52 other things fewer.  Under a steady torch a glint that was lost for long may well
have jumped."""


def _in_even_light(flux: NDArray[np.float64], around: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithms of flux, without what goes with the light about it where it follows that closely: whatever walks out of the beam
    of a torch grows faint.
    """
    light, change = around - around.mean(), flux - flux.mean()
    together, own = float(light @ change), float(light @ light)
    if together <= 0.0:
        return flux
    alike = together / float(np.sqrt(own * (change @ change)))
    return np.asarray(flux - float(np.interp(alike, FOLLOWS, (0.0, 1.0))) * min(together / own, BEAM_POWER) * light)


FOLLOWS = (0.8, 0.9)
"""Correlation of the two: a knob and a facet on the way out of a beam had 0.96 and more; of 437 lenses that grew and faded four came to
0.9, and changed twofold all the same."""
BEAM_POWER = 1.5
"""The most that it changes with the light, as a power of it: a film's grey levels are no straight measure of light."""
