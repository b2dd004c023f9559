"""The law of light from aside: what lenses keep, and where it says nothing."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from detector.optics.off_axis import USUAL_RINGS, Rings, keeping, kept, light_left, rings_at, weight
from detector.synthetic.radiometry import lobe_profile

SHARES = np.linspace(0.02, 1.0, 50)


def at(away_m, aside_m=0.05):
    """Rings of a known place: the distance to a per cent."""
    return Rings(aside_m=(aside_m, aside_m), distances_m=(away_m, 1.01 * away_m))


# --- what lenses keep


def test_the_shares_kept_are_those_of_the_lobe():
    """One distance, one lobe, one edge, and a ring on the axis: the law itself."""
    one = Rings(aside_m=(0.05, 0.05), beside_m=0.0, distances_m=(2.0, 2.0), lobe_mrad=(20.0, 20.0), lobe_edge=(1.5, 1.5))
    shares, counts = kept(one)
    assert np.allclose(shares, lobe_profile(0.05 / 2.0, 0.020, 1.5))
    assert counts.sum() == pytest.approx(1.0)


def test_it_goes_by_the_offset_over_the_distance_alone():
    """Twice as far away with rings twice as far aside is the same."""
    near = Rings(aside_m=(0.03, 0.03), beside_m=0.003, distances_m=(1.0, 1.5))
    far = Rings(aside_m=(0.06, 0.06), beside_m=0.006, distances_m=(2.0, 3.0))
    for one, other in zip(kept(near), kept(far), strict=True):
        assert np.allclose(one, other)


def test_lenses_count_as_far_as_they_are_seen():
    """At half a metre a narrow lobe does not even come back to the ring round the lens."""
    counts = kept(replace(at(0.5), lobe_mrad=(3.0, 25.0)))[1]
    assert counts.min() < 0.01 * counts.max()


def test_what_is_kept_never_exceeds_all():
    shares, counts = kept(USUAL_RINGS)
    assert shares.max() <= 1.0
    assert shares.min() >= 0.0
    assert len(shares) == len(counts)


@pytest.mark.parametrize("away", [0.6, 1.0, 1.5, 1.79])
def test_every_lens_nearer_than_that_loses_more_than_half(away):
    assert USUAL_RINGS.half_within_m == pytest.approx(1.8)
    assert keeping(0.5, at(away, USUAL_RINGS.aside_m[0])) == pytest.approx(0.0, abs=1e-3)


def test_the_farther_away_the_more_lenses_keep_half():
    shares = [keeping(0.5, at(away)) for away in (1.0, 2.2, 3.0, 4.0, 8.0, 30.0)]
    assert shares == sorted(shares)
    assert shares[0] < 0.01
    assert shares[-1] > 0.9


# --- what that says


def test_little_kept_speaks_for_a_lens_and_all_kept_for_a_dome():
    weights = [weight(share, USUAL_RINGS) for share in SHARES]
    assert weights[0] > 4
    assert weights[-1] < -3
    assert all(after <= before + 1e-9 for before, after in pairwise(weights))


@pytest.mark.parametrize("rings", [at(30.0, 0.005), at(100.0), Rings(aside_m=(0.005, 0.005))], ids=["near ring", "far away", "as near as the first"])
def test_inside_the_lobe_it_says_nothing(rings):
    """A lens then keeps all as a dome does; that less was measured is nobody's fault."""
    weights = [weight(share, rings) for share in SHARES]
    assert max(map(abs, weights)) < 0.5


def test_the_nearer_the_more_it_speaks_against_what_keeps_a_good_part():
    weights = [weight(0.8, at(away)) for away in (1.0, 1.5, 2.0, 2.5, 3.0)]
    assert weights == sorted(weights)
    assert weights[0] < -1
    assert weights[-1] > 1


def test_more_than_all_is_as_much_as_all():
    """A facet that stands for the other ring: no lens does that, and no dome either."""
    assert weight(1.0, USUAL_RINGS) == weight(1.2, USUAL_RINGS) == weight(3.0, USUAL_RINGS)


def test_nothing_left_is_no_error():
    assert math.isfinite(weight(0.0, USUAL_RINGS))
    assert light_left(0.0) == 0.0
    assert light_left(1.7) == 1.0
    assert 0.02 < light_left(0.2) < 0.04


# --- the distance that a user names


def test_a_named_distance_reaches_before_and_behind_it():
    assert rings_at([2.0]).distances_m == pytest.approx((4 / 3, 3.0))
    assert rings_at([3.0, 1.0, 2.0]).distances_m == pytest.approx((2 / 3, 4.5))
    assert rings_at([]) == USUAL_RINGS


def test_the_words_say_where_the_light_came_from():
    assert USUAL_RINGS.words == "50 mm"
    assert at(1.0, 0.03).words == "30 mm"
