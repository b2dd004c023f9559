"""Whether two pictures of a film show the same place, and how they lie to each other.

Features of the room vote for one similarity.  The same picture or socket may hang in two rooms and bring votes enough,
but only where it hangs: so corners all over the earlier picture are followed into the later one, each from where the
votes put it and back, and a good share of them must come home.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.optics.flow import Matrix, corners_of, similarity, transform

FloatArray = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class RecognitionLimits:
    """Distances in px of pictures some 640 px wide with the lighting divided out."""

    vote_px: float = 3.0
    fewest_votes: int = 12
    """Pictures of one place half a second apart agree in 13 to 300 of 500 features, those of different drawn rooms in
    12 or fewer, or in up to 62 where the same thing was drawn in both."""
    scales: tuple[float, float] = (0.5, 2.0)
    home_px: float = 1.0
    parallax_px: float = 12.0
    """As far as in `MotionLimits` from where the whole picture goes."""
    least_home: float = 0.3
    """Share of the corners: 0.3 to 1 half a second apart in one place, 0.25 or less in two that share things."""
    fewest_home: int = 10


FEATURES = 500
CONTRAST = 8
"""Grey levels by which a feature differs from the circle about it."""
CORNERS = 120
_FAINTEST = 0.0002
_REACH = 8
_NOWHERE_PX = 1e6


class Sight:
    """A picture that may be recognised: `picture` (h, w) with the lighting divided out, `to_room` takes its pixels to those
    of the room picture.  Features are looked for when they are first asked for.
    """

    def __init__(self, picture: NDArray[np.uint8], to_room: Matrix) -> None:
        self.picture, self.to_room = picture, to_room

    @cached_property
    def features(self) -> tuple[FloatArray, FloatArray]:
        """Places (n, 2) in px and descriptors (n, 256), each bit as 1 or -1."""
        corners, told = cv2.ORB.create(nfeatures=FEATURES, fastThreshold=CONTRAST).detectAndCompute(self.picture, None)
        places = np.array([corner.pt for corner in corners], np.float32).reshape(-1, 2)
        bits = np.unpackbits(np.zeros((0, 32), np.uint8) if told is None else np.asarray(told, np.uint8), axis=1)
        return places, 2.0 * bits.astype(np.float32) - 1.0


def recognised(before: Sight, now: Sight, limits: RecognitionLimits | None = None) -> Matrix | None:
    """The similarity that takes pixels of `now` to those of `before`; None where they show different places, or too little
    of one to tell.
    """
    limits = limits or RecognitionLimits()
    vote = _vote(before, now, limits)
    return None if vote is None else _confirmed(before.picture, now.picture, vote, limits)


def _vote(before: Sight, now: Sight, limits: RecognitionLimits) -> Matrix | None:
    """The similarity from `before` to `now` that most features agree on."""
    if min(len(before.features[0]), len(now.features[0])) < limits.fewest_votes:
        return None
    # bits in common, by one product of matrices: less than half the time of a matcher that checks both ways
    alike = before.features[1] @ now.features[1].T
    there, back = alike.argmax(axis=1), alike.argmax(axis=0)
    mutual = back[there] == np.arange(len(there))
    old, new = before.features[0][mutual], now.features[0][there[mutual]]
    return _of_one_scale(old, new, limits.vote_px, limits.fewest_votes, limits)


def _of_one_scale(old: FloatArray, new: FloatArray, near_px: float, fewest: int, limits: RecognitionLimits) -> Matrix | None:
    fit, _ = similarity(old, new, near_px, fewest)
    if fit is None:
        return None
    scale = float(np.hypot(fit[0, 0], fit[1, 0]))
    return fit if limits.scales[0] <= scale <= limits.scales[1] else None


def _confirmed(before: NDArray[np.uint8], now: NDArray[np.uint8], vote: Matrix, limits: RecognitionLimits) -> Matrix | None:
    """The way back from `now`, from the corners that can be followed there and home again."""
    corners = corners_of(before, CORNERS, _FAINTEST)
    guess = transform(vote, corners)
    inside = np.all((guess >= _REACH) & (guess < np.array(now.shape[::-1]) - _REACH), axis=1)
    corners, guess = corners[inside], guess[inside]
    if len(corners) < limits.fewest_home:
        return None
    there = _followed(before, now, corners, guess)
    home = _followed(now, before, there, transform(np.asarray(np.linalg.inv(vote)), there))
    good = (np.hypot(*(home - corners).T) <= limits.home_px) & (np.hypot(*(there - guess).T) <= limits.parallax_px)
    if good.sum() < max(limits.fewest_home, limits.least_home * len(corners)):
        return None
    return _of_one_scale(there[good], corners[good], limits.vote_px, limits.fewest_home, limits)


def _followed(of: NDArray[np.uint8], to: NDArray[np.uint8], places: FloatArray, guess: FloatArray) -> FloatArray:
    """Where (n, 2) places of one picture are in another, from a guess; far outside what was not found."""
    new, found, _ = cv2.calcOpticalFlowPyrLK(
        of, to, places.reshape(-1, 1, 2), guess.reshape(-1, 1, 2).copy(), winSize=(11, 11), maxLevel=2,
        criteria=(cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 8, 0.05), flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
    )  # fmt: skip
    there = np.asarray(new, np.float32).reshape(-1, 2)
    return np.asarray(np.where(np.asarray(found).reshape(-1, 1) == 1, there, _NOWHERE_PX), np.float32)
