"""What the person with the torch can do better, said while the sweep still goes on."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from detector.optics.light import LINEAR
from detector.optics.mosaic import MosaicLimits
from detector.optics.motion import Motion
from detector.optics.population import nearest_m
from detector.optics.view import View


@dataclass(frozen=True, slots=True)
class AdviceLimits:
    """When to speak.  Times in frames."""

    fast_of: tuple[int, int] = (10, 15)
    """So many quick frames of so many: a jerk of the hand is no reason to speak."""
    dark_level: float = 0.02
    """Light walls at 2 per cent of saturation: a 1.5 mm lens 2 m away then gives one saturated pixel or less."""
    dark_frames: int = 60
    """A switched torch is off for a second or so without being weak."""
    burnt_share: float = 0.3
    """Of the picture; a glint on it cannot stand out."""
    burnt_grey: int = 243
    usual_lobe_mrad: float = 12.0
    """Middle of what small lenses have: see `population`."""


TOO_FAST = "Slower, please: the picture moves too fast for a point of light to be followed."
TOO_WEAK = "Too dark: go nearer or take a stronger light, so that light walls show clearly."


def too_bright(limits: AdviceLimits | None = None) -> str:
    """What to do where the light is too strong, and from how near a lens would not answer anyway."""
    return f"Over-exposed: step back or lower the exposure. {near_words(limits)}"


def near_words(limits: AdviceLimits | None = None) -> str:
    """The nearest distances at which a lens still sends light back into the camera."""
    lobe = (limits or AdviceLimits()).usual_lobe_mrad
    near = ", ".join(f"{1000 * offset:g} mm aside of the camera's lens: {nearest_m(offset, lobe):.1f} m" for offset in (0.005, 0.010, 0.020))
    return f"Nearer than this most lenses no longer answer (a torch {near})."


class Adviser:
    """Watches the frames as they come; `says` is what to tell the person now, empty when all is well."""

    def __init__(self, limits: AdviceLimits | None = None) -> None:
        self._limits = limits or AdviceLimits()
        self._fast: deque[bool] = deque(maxlen=self._limits.fast_of[1])
        self._bright: deque[float] = deque(maxlen=self._limits.dark_frames)
        self._burnt: deque[bool] = deque(maxlen=self._limits.fast_of[1])

    def add(self, view: View, motion: Motion) -> None:
        """Takes in the next frame."""
        self._fast.append(motion.speed_px > MosaicLimits().too_fast * view.luma.shape[1])
        grey = view.tiny.reshape(-1)
        self._burnt.append(int(np.count_nonzero(grey >= self._limits.burnt_grey)) > self._limits.burnt_share * len(grey))
        quarter = 3 * len(grey) // 4
        self._bright.append(float(LINEAR[np.partition(grey, quarter)[quarter]]))

    @property
    def says(self) -> str:
        """One sentence or two; the gravest first."""
        limits = self._limits
        if sum(self._fast) >= limits.fast_of[0]:
            return TOO_FAST
        if sum(self._burnt) >= limits.fast_of[0]:
            return too_bright(limits)
        if len(self._bright) == limits.dark_frames and max(self._bright) < limits.dark_level:
            return TOO_WEAK
        return ""
