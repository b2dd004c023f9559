"""Many ended tracks -> those worth keeping until the film ends: memory is bounded, and no wallpaper in one corner may cost the
lens of another.

A patterned wall gives a hundred tracks a second, most of them as bright as a lens.  What decides is how like a lens each is,
from what is known of it so far; with the likeliest stay the others around them, which tell foil from a lens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.model import LampState, probability_of
from detector.optics import companions, gathering, lens
from detector.optics.cues.look import size_weight
from detector.optics.join import JoinLimits, join
from detector.optics.quantiles import middle
from detector.optics.rows import Rows

LIKELY = 0.02
"""Others around a track matter from here on: twice the share of lenses among all that is judged (`lens.PRIOR`)."""
BROAD = -2.0
"""Weight of the size below which nothing else is looked at: two of three tracks of a wallpaper are told by it in a quarter of the time."""
OPEN_FRAMES = JoinLimits().longest_gap
"""A track that ended so lately may yet go on as another, and is not judged by what it was so far."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One joined track: how likely a lens (-1 where too little was seen), what speaks most against it, when it was seen
    (first and last frame) and where in the room picture.
    """

    rows: Rows
    probability: float
    against: str
    span: tuple[int, int]
    at: tuple[float, float]


def shortlisted(
    pieces: Sequence[Rows], placed: Sequence[Rows], states: Sequence[LampState | None], most: int
) -> tuple[list[Rows], Counter[str]]:
    """At most `most` of the pieces, in the order given, and how many tracks were refused, by reason.

    `placed` holds the pieces (or parts of them, under the same numbers) in the room picture in which all places lie apart;
    `states` the lamp's states up to now.
    """
    standings = [_standing(rows, states) for rows in join(placed)]
    order = np.lexsort((-np.array([each.probability for each in standings]), _ranks(standings, len(states))))
    wanted: set[int] = set()
    refused: Counter[str] = Counter()
    for each in (standings[i] for i in order):
        numbers = set(each.rows["track"].tolist())
        if len(wanted | numbers) <= most:
            wanted |= numbers
        else:
            refused[each.against] += 1
    return [rows for rows in pieces if int(rows["track"][0]) in wanted], refused


def _standing(rows: Rows, states: Sequence[LampState | None]) -> Standing:
    seen = rows[rows["seen"]]
    span = (int(seen["frame"][0]), int(seen["frame"][-1]))
    at = (float(middle(seen["room_x"])), float(middle(seen["room_y"])))
    if rows["measured"].any() and size_weight(*gathering.usual_size(rows)) < BROAD:
        return Standing(rows, 0.0, "size", span, at)
    known = gathering.gather(rows, states) if len(seen) >= lens.FEWEST_SIGHTINGS else None
    if known is None or known.seen < lens.FEWEST_SIGHTINGS:
        return Standing(rows, -1.0, "too little seen", span, at)
    verdict = lens.judge(known)
    return Standing(rows, probability_of(lens.PRIOR, {reason.kind: reason.weight for reason in verdict.reasons}), verdict.against, span, at)


def _ranks(standings: Sequence[Standing], now: int) -> NDArray[np.intp]:
    """0 for the likely and what stands around them, 1 for what may go on yet, 2 for the rest."""
    likely = np.array([each.probability >= LIKELY for each in standings])
    places = np.array([each.at for each in standings]).reshape(-1, 2)
    spans = np.array([each.span for each in standings]).reshape(-1, 2)
    around = likely.copy()
    for i in np.flatnonzero(likely):
        wait = np.maximum(spans[:, 0] - spans[i, 1], spans[i, 0] - spans[:, 1])
        around |= (np.hypot(*(places - places[i]).T) < companions.FLASH_REACH_PX) & (wait <= companions.BUSY_FRAMES)
    return np.where(around, 0, np.where(spans[:, 1] >= now - OPEN_FRAMES, 1, 2))
