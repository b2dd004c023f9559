"""The quick median and quantiles against those of numpy."""

from __future__ import annotations

import numpy as np
import pytest

from detector.optics.quantiles import middle, quantile


@pytest.mark.parametrize("shape", [(1,), (2,), (5,), (6,), (7, 3), (4, 2, 8)])
def test_it_is_the_median_along_the_last_axis(shape):
    levels = np.random.default_rng(len(shape)).normal(100.0, 30.0, shape)
    assert np.allclose(middle(levels), np.median(levels, axis=-1))


def test_whole_numbers_may_have_a_median_between_them():
    assert middle(np.array([[3, 1, 2, 10]])).tolist() == [2.5]


def test_what_it_is_told_is_left_as_it_was():
    levels = np.array([3.0, 1.0, 2.0])
    middle(levels)
    assert levels.tolist() == [3.0, 1.0, 2.0]


def test_it_is_a_float_of_four_bytes():
    assert middle(np.array([1.0, 2.0, 4.0])).dtype == np.float32


@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 0.8, 1.0])
@pytest.mark.parametrize("count", [1, 2, 5, 6, 31])
def test_a_quantile_lies_between_two_numbers(count, share):
    levels = np.random.default_rng(count).normal(100.0, 30.0, count).astype(np.float32)
    assert quantile(levels, share) == pytest.approx(np.quantile(levels, share), rel=1e-6)
