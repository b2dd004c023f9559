"""The levels of ten bits and of high dynamic range."""

import numpy as np
import pytest

from detector.levels import CODES, chroma_table, luma_table

LOW, HIGH = {False: 64, True: 0}, {False: 940, True: 1023}


def stored(signal, full):
    """The ten-bit code of a share of the scale."""
    return round(LOW[full] + signal * (HIGH[full] - LOW[full]))


def shown(level, full):
    """The share of the scale that an 8-bit level is."""
    return float(level) / 255 if full else (float(level) - 16) / 219


@pytest.mark.parametrize("full", [False, True])
def test_ten_bits_of_a_standard_film_are_the_same_shares_of_eight(full):
    table = luma_table("standard", full)
    assert table.shape == (CODES,)
    for signal in np.linspace(0, 1, 23):
        assert shown(table[stored(signal, full)], full) == pytest.approx(signal, abs=0.004)


def test_limited_levels_are_quarters_also_beyond_white_and_below_black():
    codes = np.arange(4, 1020, 4)
    assert luma_table("standard", False)[codes].tolist() == (codes // 4).tolist()
    assert chroma_table("standard", False)[codes].tolist() == (codes // 4).tolist()


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(("transfer", "white"), [("hlg", 0.75), ("pq", 0.58)])
def test_reference_white_and_all_above_is_white(transfer, white, full):
    table = luma_table(transfer, full)
    top = 255 if full else 235
    assert table[stored(white, full)] >= top - 1
    assert set(table[stored(white + 0.02, full) :].tolist()) == {top}
    assert table[stored(white - 0.1, full)] < top - 20


@pytest.mark.parametrize("transfer", ["standard", "hlg", "pq"])
@pytest.mark.parametrize("full", [False, True])
def test_brighter_stays_brighter_and_black_black(transfer, full):
    table = luma_table(transfer, full).astype(int)
    assert (np.diff(table) >= 0).all()
    assert table[stored(0, full)] == (0 if full else 16)


def test_the_curves_are_those_of_the_recommendation():
    """HLG 38 % and PQ 38 % are 18 % grey, 26 cd/m2: ITU-R BT.2408-7, table 1."""
    grey = (26 / 203) ** (1 / 2.4)
    for transfer in ("hlg", "pq"):
        assert shown(luma_table(transfer, True)[stored(0.38, True)], True) == pytest.approx(grey, abs=0.02)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(("transfer", "gain"), [("standard", 1.0), ("hlg", 1 / 0.75), ("pq", 1 / 0.58)])
def test_grey_stays_grey_and_colour_grows_as_white_does(transfer, gain, full):
    table = chroma_table(transfer, full).astype(int)
    assert table[512] == 128
    assert table[512 + 80] - 128 == pytest.approx(20 * gain, abs=0.8)
    assert 128 - table[512 - 80] == pytest.approx(20 * gain, abs=0.8)


def test_nothing_leaves_the_eight_bits():
    assert chroma_table("pq", True)[0] == 0
    assert chroma_table("pq", True)[-1] == 255
