"""Injected lenses: they stand where they should, fade as they should, and are found when bright."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from detector.optics.bursts import Shot
from detector.optics.injection import (
    Drawn,
    InjectionLimits,
    Scene,
    courses,
    lit_motions,
    paths,
    recover,
)
from detector.optics.motion import Motion, MotionEstimator
from detector.optics.view import look
from tests.optics_scenes import grey_point

LIMITS = InjectionLimits()


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
    at = np.stack([[[340.0 - i, 150.0 - i / 2]] for i in range(30)])
    energy = (lit * np.exp(-(((np.arange(30) - 15) / 9.0) ** 2)) * 12.0)[:, None]
    drawn = Drawn(at, energy, np.ones((1, 3)))
    assert recover(glanced, drawn)[0] >= 1
