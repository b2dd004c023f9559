"""Round and plain things about a glint are told from everything else that surrounds one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from detector.optics.outline import LEAST, NONE, RADII, outlines
from detector.optics.view import look

AT = (600.0, 400.0)


def wall(level=90):
    return np.full((720, 1280), level, np.uint8)


def told(picture, at=AT):
    soft = cv2.GaussianBlur(picture, (5, 5), 0.9)
    cv2.circle(soft, tuple(int(n) for n in at), 2, 255, -1)
    return float(outlines(look(soft), np.float32([at[0]]), np.float32([at[1]]))[0])


def ball(picture, radius, level=140, at=AT):
    cv2.circle(picture, tuple(int(n) for n in at), radius, level, -1)
    return picture


@pytest.mark.parametrize("radius", [18, 25, 40, 62])
@pytest.mark.parametrize("level", [40, 140])
def test_the_middle_of_a_plain_disc_is_told(radius, level):
    assert told(ball(wall(), radius, level)) > 0.1


def test_the_farther_from_the_middle_the_less():
    shares = [told(ball(wall(), 40, at=(600 + aside, 400))) for aside in (0, 3, 8, 20)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0.1 > 10 * shares[-1]


def test_a_post_that_hides_a_quarter_of_the_outline_does_not_matter():
    picture = ball(wall(), 30)
    picture[425:, 585:615] = 140
    assert told(picture) > 0.1


@pytest.mark.parametrize("radius", [4, 9])
def test_the_hole_that_a_lens_sits_in_is_no_outline(radius):
    assert told(ball(wall(), radius, 20)) == pytest.approx(NONE)


def test_a_box_a_ruled_wall_and_nothing_are_not_round():
    box, ruled = wall(), wall()
    box[380:420, 560:680] = 30
    ruled[:, ::24] = 160
    ruled[::24] = 160
    assert [told(picture) for picture in (box, ruled, wall())] == pytest.approx([NONE] * 3)


def test_what_is_patterned_inside_is_less_of_a_ball():
    """A loudspeaker's mesh, the digits of a clock: nothing mirrors a torch there."""
    plain, picture = ball(wall(), 40), ball(wall(), 40)
    for x in range(560, 641, 8):
        for y in range(360, 441, 8):
            if np.hypot(x - AT[0], y - AT[1]) < 34:
                cv2.circle(picture, (x, y), 2, 30, -1)
    assert told(picture) < 0.6 * told(plain)


def test_noise_in_the_dark_is_no_outline():
    rng = np.random.default_rng(4)
    dark = np.clip(rng.normal(8.0, 3.0, (720, 1280)), 0, 255).astype(np.uint8)
    assert told(dark) < 0.02


def test_at_the_border_the_picture_goes_on():
    picture = ball(wall(), 30, at=(10, 400))
    assert np.isfinite(told(picture, (10.0, 400.0)))
    assert told(wall(), (1279.0, 719.0)) == pytest.approx(NONE)


def test_no_place_no_outline():
    assert outlines(look(wall()), np.zeros(0, np.float32), np.zeros(0, np.float32)).shape == (0,)


def test_the_circles_reach_from_beside_the_bloom_to_a_tenth_of_the_picture():
    assert RADII[0] < LEAST < RADII[-1] <= 640 // 16
