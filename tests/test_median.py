"""The quick median against that of numpy."""

from __future__ import annotations

import numpy as np
import pytest

from detector.optics.median import middle


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
