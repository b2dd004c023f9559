"""Injected lenses: light that adds up, stands where it should, fades as it should, and is found when bright."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from detector.optics import glint
from detector.optics.bursts import Shot
from detector.optics.injection import (
    LINEAR,
    Drawn,
    InjectionLimits,
    Points,
    Scene,
    courses,
    draw,
    lit_motions,
    paths,
    recover,
    sharpness,
)
from detector.optics.motion import Motion, MotionEstimator
from detector.optics.view import look
from tests.optics_scenes import grey_point

LIMITS = InjectionLimits()
GREY = np.full((80, 100), 60, np.uint8)


def point(x=50.0, y=40.0, energy=1.0, tint=(1.0, 1.0, 1.0), way=(0.0, 0.0)):
    return Points(np.array([[x, y]]), energy * np.array([tint]), np.array([way]))


def added(points, sigma=1.0, luma=GREY):
    return LINEAR[draw(luma, points, sigma, LIMITS)] - LINEAR[luma][..., None]


@pytest.mark.parametrize("energy", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("way", [(0.0, 0.0), (5.0, -3.0)])
def test_a_faint_point_adds_its_energy_wherever_it_lies_between_pixels(energy, way):
    for shift in (0.0, 0.3, 0.5):
        assert added(point(50 + shift, energy=energy, way=way)).sum(axis=(0, 1)) == pytest.approx(energy, rel=0.08)


def test_the_middle_of_the_light_is_the_place():
    light = added(point(50.3, 39.6))[..., 0]
    rows, columns = np.mgrid[0:80, 0:100]
    assert (light * columns).sum() / light.sum() == pytest.approx(50.3, abs=0.05)
    assert (light * rows).sum() / light.sum() == pytest.approx(39.6, abs=0.05)


def test_a_strong_point_saturates_and_glows():
    picture = draw(GREY, point(energy=300.0), 1.0, LIMITS)
    assert (picture >= 250).all(axis=2).sum() >= 9
    assert picture[40, 60].min() > GREY[0, 0], "ten pixels off there is glare"


def test_a_tint_stays_where_nothing_saturates():
    light = added(point(energy=2.0, tint=(1.0, 0.7, 0.6))).sum(axis=(0, 1))
    assert light / light[0] == pytest.approx([1.0, 0.7, 0.6], abs=0.06)


def test_motion_draws_a_point_out():
    still, moved = (added(point(energy=2.0, way=way))[40, :, 0] for way in ((0.0, 0.0), (8.0, 0.0)))
    assert (moved > 0.02).sum() > (still > 0.02).sum() + 3
    assert moved.max() < 0.6 * still.max()


@pytest.mark.parametrize("place", [(np.nan, np.nan), (50.0, 40.0)])
def test_nothing_is_drawn_where_there_is_no_light_or_no_place(place):
    none = point(*place, energy=0.0 if place[0] == place[0] else 5.0)
    assert (draw(GREY, none, 1.0, LIMITS) == GREY[..., None]).all()


def test_points_at_the_border_are_cut_and_nothing_else():
    assert added(point(1.0, 1.0, energy=2.0)).sum() > 1.0
    assert added(point(99.0, 79.0, energy=2.0)).sum() > 1.0


@pytest.mark.parametrize("sigma", [0.85, 1.0, 1.15])
def test_sharpness_is_read_off_the_points_in_the_picture(sigma):
    rng = np.random.default_rng(1)
    picture = np.full((400, 400), 60, np.uint8)
    for x, y in np.stack(np.meshgrid(np.arange(20, 390, 30), np.arange(20, 390, 30)), -1).reshape(-1, 2) + rng.uniform(-3, 3, (169, 2)):
        picture = draw(picture, Points(np.array([[x, y]]), np.full((1, 3), 1.0), np.zeros((1, 2))), sigma, LIMITS)[..., 0]
    view = look(picture)
    assert sharpness([(view, glint.find(picture, glint.GlintLimits()))]) == pytest.approx(sigma, abs=0.15)


def test_without_points_the_usual_sharpness_is_taken():
    view = look(GREY)
    assert sharpness([(view, glint.find(GREY, glint.GlintLimits()))], otherwise=0.77) == 0.77


def textured(size=(640, 360), seed=2):
    rng = np.random.default_rng(seed)
    rough = cv2.GaussianBlur(rng.standard_normal((size[1] + 80, size[0] + 80)).astype(np.float32), (0, 0), 3)
    return np.clip(60 + 8 * rough / rough.std(), 0, 255).astype(np.uint8)


def swept(frames=30, step=(1.0, 0.5), *, dark_every=0):
    """Shots and pictures of a wall over which the camera moves by `step` px a frame."""
    wall, estimator, shots, pictures, states = textured(), MotionEstimator(), [], [], []
    for index in range(frames):
        left, top = 20 + index * step[0], 20 + index * step[1]
        shown = cv2.warpAffine(wall, np.array([[1, 0, -left], [0, 1, -top]]), (640, 360))
        lit = not dark_every or index % dark_every == 0
        picture = shown if lit else (shown * 0.1).astype(np.uint8)
        pictures.append(picture)
        states.append(("on-axis" if lit else "dark") if dark_every else None)
        shots.append(Shot(index, index, b"", estimator.add(look(picture))))
    return Scene(shots, pictures, states, 0.95, LIMITS)


def test_a_place_keeps_to_its_surroundings():
    scene = swept()
    at = paths([shot.motion for shot in scene.shots], np.array([[300.0, 200.0]]), scene, np.random.default_rng(1))
    assert at[29, 0] == pytest.approx([300 - 29, 200 - 14.5], abs=2.0)


def test_what_leaves_the_picture_is_nowhere():
    scene = swept(step=(6.0, 0.0), frames=12)
    at = paths([shot.motion for shot in scene.shots], np.array([[40.0, 200.0]]), scene, np.random.default_rng(1))
    assert not np.isnan(at[0]).any()
    assert np.isnan(at[-1]).all()


def test_in_frames_of_unknown_motion_the_place_is_a_guess():
    lost = replace(swept(frames=2).shots[1].motion, measured=False)
    scene = swept(frames=3)
    at = paths([lost] * 3, np.full((200, 2), 150.0), scene, np.random.default_rng(1))
    known = paths([shot.motion for shot in scene.shots], np.full((200, 2), 150.0), scene, np.random.default_rng(1))
    assert np.abs(at[2].mean(axis=0) - known[2].mean(axis=0)).max() > 1.0


def test_motion_is_measured_anew_between_lit_frames():
    scene = swept(dark_every=2)
    lit = np.array([state == "on-axis" for state in scene.states])
    motions = lit_motions(scene.shots, scene.pictures, lit)
    assert [motion is not None for motion in motions] == lit.tolist()
    assert motions[10].step[:2, 2] == pytest.approx([-2.0, -1.0], abs=0.2)
    assert lit_motions(scene.shots, scene.pictures, np.ones(30, bool))[3] is scene.shots[3].motion


def test_a_lens_seen_along_its_axis_keeps_all_and_fades_as_the_angle_grows():
    at = np.tile(np.linspace(100, 700, 31)[:, None, None], (1, 400, 1)) * np.array([1.0, 0.0])
    course = courses(at, 1000.0, np.full(400, 0.15), np.zeros(400), np.random.default_rng(1))
    assert course[15].min() > 0.99
    assert 0.2 < course[0].mean() < 0.95
    assert (course[0] <= course[7] + 1e-9).all()


def test_a_camera_at_rest_changes_nothing():
    at = np.full((10, 5, 2), 300.0)
    course = courses(at, 1000.0, np.full(5, 0.1), np.linspace(0, 0.9, 5), np.random.default_rng(1))
    assert np.ptp(course, axis=0).max() < 1e-9
    assert (np.diff(course[0]) < 0).all(), "the farther it points past the camera, the less comes back"


def with_lenses(scene, energies, **changes):
    start = np.array([[120.0 + 130 * i, 180.0] for i in range(len(energies))])
    at = paths([shot.motion for shot in scene.shots], start, scene, np.random.default_rng(3))
    lit = np.array([state != "dark" for state in scene.states])
    energy = np.outer(lit * np.linspace(0.6, 1.0, len(lit)), energies)
    return Drawn(at, energy, np.ones((len(energies), 3)), **changes)


def test_bright_lenses_in_switched_light_are_found_and_faint_ones_are_not():
    scene = swept(frames=40, dark_every=2)
    found = recover(scene, with_lenses(scene, [0.02, 12.0, 12.0]))
    assert found[0] == 0
    assert found[1:].min() >= 1


def test_a_light_that_shines_by_itself_is_not_taken_for_a_lens():
    scene = swept(frames=40, dark_every=2)
    drawn = with_lenses(scene, [12.0, 12.0])
    steady = replace(drawn, energy=np.full_like(drawn.energy, 12.0))
    assert recover(scene, steady).max() == 0


def test_what_is_in_the_picture_anyway_is_no_injected_lens():
    scene = swept(frames=40, dark_every=2)
    blob = grey_point(32, 32, 1.0, height=190)[20:45, 20:45]
    pictures = []
    for index, picture in enumerate(scene.pictures):
        own = picture.copy()
        if scene.states[index] == "on-axis":
            y, x = 250 - round(index * 0.5), 500 - index
            own[y : y + 25, x : x + 25] = np.maximum(own[y : y + 25, x : x + 25], blob)
        pictures.append(own)
    assert recover(replace(scene, pictures=pictures), with_lenses(scene, [0.0, 0.0])).max() == 0


def test_motion_type_is_what_the_search_uses():
    assert isinstance(swept(frames=2).shots[1].motion, Motion)


def test_where_dark_frames_were_only_glanced_at_the_motion_of_the_search_is_true():
    scene = swept(frames=12, dark_every=2)
    lit = np.arange(12) % 2 == 0
    shots = [replace(shot, searched=bool(shines)) for shot, shines in zip(scene.shots, lit, strict=True)]
    assert lit_motions(shots, scene.pictures, lit) == [shot.motion for shot in shots]
    assert lit_motions(scene.shots, scene.pictures, lit)[1] is None


def test_a_lens_is_recovered_over_dark_frames_that_are_only_glanced_at():
    scene = swept(frames=30, step=(1.0, 0.5), dark_every=2)
    lit = np.arange(30) % 2 == 0
    shots = [replace(shot, searched=bool(shines)) for shot, shines in zip(scene.shots, lit, strict=True)]
    glanced = replace(scene, shots=shots)
    at = np.stack([[[300.0 - i, 200.0 - i / 2]] for i in range(30)])
    energy = (lit * np.exp(-(((np.arange(30) - 15) / 9.0) ** 2)) * 12.0)[:, None]
    drawn = Drawn(at, energy, np.ones((1, 3)))
    assert recover(glanced, drawn)[0] >= 1
