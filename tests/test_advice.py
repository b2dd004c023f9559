"""What is said while it can be mended."""

from __future__ import annotations

import numpy as np
import pytest

from detector.model import Frame
from detector.optics.advice import TOO_FAST, TOO_WEAK, Adviser, near_words, too_bright
from detector.optics.motion import Motion
from detector.optics.view import look
from hardware import inputs


def moved(speed):
    return Motion(np.eye(3), np.eye(3), np.zeros((2, 2, 3), np.float32), speed, measured=True)


def told(frames):
    adviser = Adviser()
    for grey, speed in frames:
        adviser.add(look(np.full((180, 320), grey, np.uint8)), moved(speed))
    return adviser.says


@pytest.mark.parametrize(
    ("frames", "says"),
    [
        ([(120, 1.0)] * 90, ""),
        ([(120, 20.0)] * 20, TOO_FAST),
        ([(120, 1.0)] * 20 + [(120, 20.0)] * 5, ""),
        ([(254, 1.0)] * 20, too_bright()),
        ([(20, 1.0)] * 90, TOO_WEAK),
        ([(20, 1.0)] * 30, ""),
        ([(20, 1.0), (120, 1.0)] * 45, ""),
        ([(120, 20.0)] * 20 + [(120, 1.0)] * 15, ""),
    ],
    ids=["all well", "fast", "a jerk", "over-exposed", "weak", "weak, too early to say", "switched torch", "mended"],
)
def test_it_speaks_when_it_must_and_only_then(frames, says):
    assert told(frames) == says


def test_the_nearest_distance_is_told_for_each_lamp_offset():
    assert "5 mm aside of the camera's lens: 0.4 m" in near_words()
    assert "20 mm aside of the camera's lens: 1.7 m" in near_words()
    assert near_words() in too_bright()


class Dark:
    """A camera in a room that is far too dark."""

    name, replay, expected_frames = "camera 0", False, None

    def frames(self):
        return iter(())


@pytest.mark.parametrize(("replay", "times"), [(False, 1), (True, 0)])
def test_a_live_sweep_says_it_once_while_it_goes_on_and_a_recording_never(replay, times, capsys):
    sense = inputs._lens_over("camera 0", replay, lambda _: Dark(), ())
    for index in range(150):
        sense.feeds[0].take(Frame(np.full((90, 160), 15, np.uint8), index, index / 30))
    assert capsys.readouterr().err.count(TOO_WEAK[:30]) == times
