"""The logbook: bounded, thinned by lot, and it knows when it was lost."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from detector.optics.logbook import Logbook, LogLimits
from detector.optics.motion import Motion
from detector.optics.view import look

STILL = Motion(np.eye(3), np.eye(3), np.zeros((2, 2, 3), np.float32), 0.0, measured=True)
VIEW = look(np.full((240, 320), 90, np.uint8))
LIMITS = LogLimits(entries=60, lost_frames=5)


def fed(frames, motion=STILL):
    log = Logbook(LIMITS)
    for _ in range(frames):
        log.add(VIEW, motion)
    return log


def test_every_frame_of_a_short_sweep_is_kept():
    log = fed(50)
    assert [entry.index for entry in log.entries()] == list(range(50))
    assert log.frames_per_entry == 1.0
    assert log.size == (320, 240)


def test_a_long_sweep_stays_within_the_bound_and_is_spread_over_it():
    log = fed(2000)
    index = np.array([entry.index for entry in log.entries()])
    assert 20 <= len(index) <= 60
    assert (np.diff(index) > 0).all()
    assert np.histogram(index, bins=4, range=(0, 2000))[0].min() > 0
    assert log.frames_per_entry * len(index) == pytest.approx(2000)


def test_thinning_does_not_follow_the_rhythm_of_a_torch():
    odd = [entry.index % 2 for entry in fed(2000).entries()]
    assert 0.2 < np.mean(odd) < 0.8


def test_some_entries_have_a_picture_and_thinning_lets_some_of_these_go():
    log = fed(2000)
    pictures = [entry.jpeg for entry in log.entries() if entry.jpeg is not None]
    assert 1 <= len(pictures) <= 0.4 * len(log.entries())
    assert cv2.imdecode(np.frombuffer(pictures[0], np.uint8), cv2.IMREAD_GRAYSCALE).shape == VIEW.small.shape


def test_places_are_in_pixels_of_the_first_frame():
    shifted = replace(STILL, to_room=np.array([[1.0, 0, 50], [0, 1, 0], [0, 0, 1]]))
    entry = fed(1, shifted).entries()[0]
    side = 320 / VIEW.tiny.shape[1]
    assert np.allclose(entry.to_room @ [2, 3, 1], [50 + 2 * side, 3 * side, 1])


def test_motion_that_cannot_be_followed_for_long_begins_another_part():
    log = Logbook(LIMITS)
    lost = replace(STILL, measured=False)
    for motion in [STILL] * 3 + [lost] * 4 + [STILL] * 3 + [lost] * 6 + [STILL] * 2:
        log.add(VIEW, motion)
    assert [entry.part for entry in log.entries()] == [0] * 14 + [1] * 4
