"""What is broader than a pupil, in one picture and in films."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from detector.optics.broad import (
    BROAD_CORE,
    TAPE,
    TAPE_OR_LAMP,
    BroadLimits,
    brightness,
    broad_kind,
    is_broad,
    surfaces,
)
from detector.optics.facts import Facts
from detector.optics.search import LensSearch
from tests.optics_scenes import Thing, add_point, every_other, film, grey_point, levels, steady, three_states

SIZE = (640, 480)


def strip(x, y, width, height, *, ground=20, level=230, size=SIZE):
    picture = np.full(size[::-1], ground, np.uint8)
    picture[y : y + height, x : x + width] = level
    return cv2.GaussianBlur(picture, (3, 3), 0)


@pytest.mark.parametrize("at", [(300, 200), (0, 0), (620, 200), (300, 459)])
def test_a_strip_is_broad_wherever_it_stands_and_wherever_one_looks_at_it(at):
    picture = strip(*at, 20, 21)
    for x, y in ((at[0] + 10, at[1] + 10), (at[0] + 2, at[1] + 2), (at[0] + 17, at[1] + 18)):
        assert is_broad(picture, np.array([x, y]))


def test_a_thin_line_is_broad_along_itself():
    assert is_broad(strip(300, 200, 30, 2), np.array([315, 201]))


@pytest.mark.parametrize("sigma", [0.6, 1.0, 1.8])
@pytest.mark.parametrize("ground", [10.0, 120.0])
def test_a_point_is_not_broad(sigma, ground):
    assert not is_broad(grey_point(320.3, 240.4, sigma, height=120.0, floor=ground, size=SIZE), np.array([320, 240]))


def test_a_burnt_out_point_is_not_broad():
    light = np.full(SIZE[::-1], 0.02)
    add_point(light, 320.0, 240.0, 500.0, 1.0)
    assert not is_broad(levels(light), np.array([320, 240]))


def test_what_is_broad_grows_with_the_picture():
    assert is_broad(strip(300, 200, 8, 12), np.array([304, 206]))
    assert not is_broad(strip(300, 200, 8, 12, size=(2304, 480)), np.array([304, 206]))


def test_a_point_beside_a_strip_is_a_point():
    picture = strip(300, 200, 20, 40)
    picture[215:218, 330:333] = 230
    assert not is_broad(picture, np.array([331, 216]))
    assert is_broad(picture, np.array([310, 216]))


def test_what_is_white_counts_in_daylight_and_every_colour_in_a_dark_exposure():
    bright = np.full((48, 64, 3), (90, 140, 60), np.uint8)
    assert (brightness(bright) == 60).all()
    dark = np.zeros((48, 64, 3), np.uint8)
    dark[10:14, 10:14] = (120, 230, 4)
    assert brightness(dark)[11, 11] == 230
    grey = np.full((48, 64), 70, np.uint8)
    assert (brightness(grey) == 70).all()


def test_surfaces_of_a_dark_exposure_are_told_in_their_middle():
    (place,) = surfaces(strip(300, 200, 40, 60), 15)
    assert place == pytest.approx((319.5, 229.5), abs=0.5)


def test_spots_and_thin_lines_are_no_surfaces():
    assert surfaces(strip(300, 200, 8, 60), 15) == []


def test_nothing_is_told_of_the_walls_of_a_lit_picture():
    assert surfaces(strip(300, 200, 40, 60, ground=90), 15) == []


@pytest.mark.parametrize("picture", [np.zeros((48, 64), np.uint8), np.full((48, 64), 255, np.uint8)])
def test_even_pictures_have_no_surfaces(picture):
    assert surfaces(picture, 15) == []


@pytest.mark.parametrize("limits", [BroadLimits(share=0.05), BroadLimits(least_px=40.0), BroadLimits(half_level=1.0)])
def test_every_limit_of_breadth_matters(limits):
    picture = strip(300, 200, 20, 21)
    picture[210, 310] = 240
    assert is_broad(picture, np.array([310, 210]))
    assert not is_broad(picture, np.array([310, 210]), limits)


@pytest.mark.parametrize("limits", [BroadLimits(shines=250), BroadLimits(dark_mean=5.0)])
def test_every_limit_of_surfaces_matters(limits):
    assert surfaces(strip(300, 200, 40, 60), 15)
    assert not surfaces(strip(300, 200, 40, 60), 15, limits)


# --- in films


def shining(energy):
    """Tape: whatever the angle, but for the light that comes from aside."""
    return lambda _, state: energy if state == "on-axis" else 0.0


def refused(lamp, sigma, energy, *, told=False):
    """What a film of a patch this broad is refused for, and how many findings there are."""
    search = LensSearch()
    for frame in film([Thing(180, 120, shining(energy), sigma)], 40, lamp=lamp, told=told):
        search.add(frame)
    result = search.finish()
    return [kind for kind, _ in result.refused.examples], len(result.findings)


@pytest.mark.parametrize(("lamp", "kind"), [(steady, TAPE_OR_LAMP), (every_other, TAPE), (three_states, TAPE)])
def test_a_patch_of_tape_in_a_film_is_called_so(lamp, kind):
    kinds, findings = refused(lamp, 2.2, 500.0, told=lamp is three_states)
    assert kind in kinds
    assert findings == 0


@pytest.mark.parametrize("lamp", [steady, every_other])
def test_a_point_that_shines_alike_is_not_called_tape(lamp):
    kinds, _ = refused(lamp, 0.9, 14.0)
    assert not {TAPE, TAPE_OR_LAMP} & set(kinds)


def known(**fields):
    return replace(FACTS, **fields)


FACTS = Facts(
    lit=40, seen=40, dark=20, off_axis=0, level=150.0, dark_level=2.0, off_share=0.0, dimming=0.5, swing=1.1, smooth=0.2, flux_swing=1.1, flux_smooth=0.2, travel=200.0, peak=255.0,
    flux=6000.0, core=25.0, width=1.95, long=1.0, floor=60.0, ring=70.0, far=60.0, rough=4.0, beside=999.0, flashers=0, crowd=0.0, drift=0.1,
    tint=0.05, tint_level=90.0, hue="red",
)  # fmt: skip


@pytest.mark.parametrize(
    ("against", "told", "kind"),
    [
        ("size", known(), TAPE),
        ("size", known(dark=0, dark_level=0.0), TAPE_OR_LAMP),
        ("size", known(dark_level=80.0), TAPE_OR_LAMP),
        ("size", known(core=BROAD_CORE - 1), "size"),
        ("dark ring", known(), "dark ring"),
        ("shines by itself", known(), "shines by itself"),
    ],
)
def test_broad_and_refused_for_its_size_is_tape_a_lamp_only_where_it_may_be_one(against, told, kind):
    assert broad_kind(against, told) == kind
