"""What is known of one glint over the whole recording: the nouns that every cue judges by (see `gathering`)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from detector.optics.neighbours import ALONE
from detector.optics.off_axis import USUAL_RINGS, Rings


@dataclass(frozen=True, slots=True)
class Facts:
    """One glint.  Levels are grey steps over the surroundings, distances px of the picture and times frames that were searched,
    unless said.  What one look tells (`peak` to `drift`, `through`, `moat`) is the median of the half of the looks in which it
    stood out most.
    """

    lit: int
    seen: int
    """Frames looked at in the torch's light, and those of them with a spot."""
    dark: int
    off_axis: int
    """Frames looked at in the dark, and in light from aside, near to a sighting."""
    level: float
    dark_level: float
    """The strong end of the lit levels, and the usual level in the dark."""
    off_share: float
    """What light from aside leaves of its flux (of its level where it was hardly seen then), both lamps taken to be equally strong."""
    dimming: float
    """Level of the surroundings in the dark, as a share of their lit level."""
    swing: float
    """Ratio of strong to weak while seen: of the flux, or of how far it stood out where that stays below saturation and changed more."""
    smooth: float
    """1 where it changes steadily, 0 where it jumps at random."""
    flux_swing: float
    flux_smooth: float
    """The same of the flux, which below saturation counts as changed no more than how far it stood out."""
    travel: float
    """How far over the picture it was seen."""
    peak: float
    """Brightest pixel, 0 to 255."""
    flux: float
    """Grey levels summed."""
    core: float
    """Saturated pixels."""
    width: float
    long: float
    """R.m.s. width, and axis ratio."""
    floor: float
    ring: float
    far: float
    """Grey levels 7, 5 and 14 px out."""
    rough: float
    """Deviation of the grey levels 7 px out."""
    beside: float
    """Distance to the nearest like spot."""
    flashers: int
    """Other glints near it in the room that came and went as well and were seen beside it (see `companions`)."""
    crowd: float
    """Like spots within 40 px."""
    drift: float
    """Px a frame beyond the surroundings."""
    tint: float
    tint_level: float
    hue: str
    """Share of colour in the halo (0 grey, 1 pure), its strength, and the strongest colour."""
    held: float = 1.0
    """Share of sightings that the next lit look confirmed."""
    neighbours: int = 0
    """Other glints near it that are nearly as strong, at whatever time."""
    lamp_px: float = ALONE
    lamp_slide: float = 0.0
    """How far off a light stays that the torch does not light, and how far the two moved against each other."""
    looked_px: float = 0.0
    looked_frames: int = 0
    """How far over the picture, and how long, it was looked for in the light."""
    lasted: float = math.inf
    """From the first to the last frame of the longest time that it shone at a quarter of its level and more."""
    outline: float = 0.0
    """By how much the roundest edge about it exceeds those inside, as a share of the level; 0 where nobody looked."""
    through: float = 255.0
    """Grey level of the darkest way through it, 14 px out on both sides."""
    moat: float = 0.0
    """By how many grey levels 3 to 4 px out is darker than the darkest way through it 7 px out."""
    off_most: float = 0.0
    """The most that light from aside left at any time of its level just then, both lamps taken to be equally strong."""
    rings: Rings = USUAL_RINGS
    """Where the lamps of three-state light stood."""
