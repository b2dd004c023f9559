"""The unlit picture of a pair is laid over the lit one part by part."""

import cv2
import numpy as np
import pytest

from detector.optics.registration import Registration, register
from tests.optics_scenes import levels, seen_wall, similarity, wall

SIZE = (640, 480)


def pictures(view, nearer_px=0.0, noise=0.0, size=SIZE):
    """A wall, and again from elsewhere, where what is right of its middle moved by so much more; (h, w, 3)."""
    here = levels(seen_wall(wall(size), similarity(size=size), size))
    there = levels(seen_wall(wall(size), view, size))
    near = levels(seen_wall(wall(size), similarity(nearer_px, 0.0, 0.0, size=size) @ view, size))
    there[:, size[0] // 2 :] = near[:, size[0] // 2 :]
    rng = np.random.default_rng(5)
    return [np.repeat(np.clip(p + noise * rng.standard_normal(p.shape), 0, 255).astype(np.uint8)[..., None], 3, axis=2) for p in (here, there)]


def apart(one, other, columns):
    """Mean difference over some columns, the border left out, in grey levels."""
    rows = slice(40, -40)
    return float(np.abs(one[rows, columns].astype(float) - other[rows, columns]).mean())


@pytest.mark.parametrize("nearer_px", [-12.0, -7.0, 7.0, 12.0])
def test_what_is_nearer_is_laid_over_itself_and_so_is_what_is_farther(nearer_px):
    lit, unlit = pictures(similarity(6.0, -4.0, 0.5, size=SIZE), nearer_px, noise=1.0)
    lies = register(lit, unlit, 1)
    over = lies.laid_over(unlit, 1, lit.shape)
    stiff = Registration(lies.step, np.zeros((1, 1, 2), np.float32)).laid_over(unlit, 1, lit.shape)
    far, near = slice(40, 260), slice(380, 600)
    assert apart(over, lit, far) < 2.5
    assert apart(over, lit, near) < 2.5
    assert max(apart(stiff, lit, far), apart(stiff, lit, near)) > 2 * max(apart(over, lit, far), apart(over, lit, near))


def test_a_smaller_picture_is_laid_over_as_the_whole_one():
    lit, unlit = pictures(similarity(8.0, 6.0, -0.4, size=SIZE), 8.0)
    small = [cv2.resize(p, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for p in (lit, unlit)]
    over = register(lit, unlit, 2).laid_over(small[1], 2, small[0].shape)
    assert over.shape == small[0].shape
    assert apart(over, small[0], slice(20, 130)) < 2.5
    assert apart(over, small[0], slice(190, 300)) < 2.5


def test_where_the_unlit_picture_shows_nothing_it_is_white():
    lit, unlit = pictures(similarity(30.0, 0.0, 0.0, size=SIZE))
    over = register(lit, unlit, 1).laid_over(unlit, 1, lit.shape)
    moved = (over == 255).all(axis=2).mean(axis=0)
    assert max(moved[:20].mean(), moved[-20:].mean()) > 0.9
    assert moved[100:-100].mean() < 0.01


def test_pictures_of_different_things_are_not_laid_over_each_other():
    lit, _ = pictures(similarity(size=SIZE))
    assert register(lit, np.full_like(lit, 90), 1) is None


def test_what_the_flash_brings_out_does_not_pull_its_surroundings():
    """A glint is in one picture only."""
    lit, unlit = pictures(similarity(3.0, 2.0, 0.0, size=SIZE))
    alone = register(lit, unlit, 1)
    glints = lit.copy()
    for x in range(60, 600, 60):
        cv2.circle(glints, (x, 240), 3, (255, 255, 255), -1)
    assert np.abs(register(glints, unlit, 1).shift - alone.shift).max() < 0.6
