"""How well probabilities come true, and how sure counts are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean

BINS = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
Z = 1.96
"""Standard deviations on either side that hold 95 %."""

Chances = Sequence[tuple[float, bool]]
"""What was said, and whether it was so."""


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Interval of 95 % for a share (Wilson, JASA 1927)."""
    if not of:
        return 0.0, 1.0
    share, slack = hits / of, Z * Z / of
    middle = (share + slack / 2) / (1 + slack)
    half = Z * math.sqrt(share * (1 - share) / of + slack / (4 * of)) / (1 + slack)
    return max(0.0, middle - half), min(1.0, middle + half)


def poisson(count: int) -> tuple[float, float]:
    """Interval of 95 % for a count (Byar's approximation; for none the exact 3.7 is given as 3.7)."""
    low = count * (1 - 1 / (9 * count) - Z / (3 * math.sqrt(count))) ** 3 if count else 0.0
    more = count + 1
    return low, more * (1 - 1 / (9 * more) + Z / (3 * math.sqrt(more))) ** 3


def brier(chances: Chances) -> float:
    """Mean squared difference between what was said and what was so."""
    return fmean((said - true) ** 2 for said, true in chances) if chances else math.nan


def in_bins(chances: Chances) -> list[Chances]:
    """The chances of each bin; one of exactly 1 is in the last."""
    return [[c for c in chances if low <= c[0] < high or c[0] == high == 1.0] for low, high in pairwise(BINS)]


def calibration_error(chances: Chances) -> float:
    """Mean over all of how far the mean of their bin is from the share that was true in it."""
    return sum(abs(sum(said - true for said, true in inside)) for inside in in_bins(chances)) / max(len(chances), 1)


def reliability_table(chances: Chances) -> str:
    """One line a bin: number, mean said, share true with its interval."""
    lines = [f"{'said':>13}{'number':>8}{'mean said':>11}{'true':>7}{'share':>8}"]
    for (low, high), inside in zip(pairwise(BINS), in_bins(chances), strict=True):
        if not inside:
            lines.append(f"{low:6.2f} - {high:.2f}{0:8}")
            continue
        true = sum(was for _, was in inside)
        least, most = wilson(true, len(inside))
        says = f"{fmean(said for said, _ in inside):11.3f}{true:7}{true / len(inside):8.3f}  ({least:.2f} to {most:.2f})"
        lines.append(f"{low:6.2f} - {high:.2f}{len(inside):8}{says}")
    return "\n".join(lines)
