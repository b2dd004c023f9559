"""Bursts: whole frames kept, consecutive, spread over the sweep, never more than the bound."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from detector.optics.bursts import BurstKeeper, BurstLimits, Reel
from detector.optics.motion import Motion

STILL = Motion(np.eye(3), np.eye(3), np.zeros((2, 2, 3), np.float32), 0.0, measured=True)
LIMITS = BurstLimits(frames=10, bursts=4)
LUMA = np.tile(np.arange(64, dtype=np.uint8) * 3, (48, 1))


def fed(frames, keeper=None):
    keeper = keeper or BurstKeeper(LIMITS)
    for index in range(frames):
        keeper.add(index, index + 100, LUMA, STILL)
    return keeper


def indices(keeper):
    return [[shot.index for shot in run] for run in keeper.runs()]


def test_a_short_sweep_is_kept_whole_as_one_run():
    assert indices(fed(37)) == [list(range(37))]


@pytest.mark.parametrize("frames", [41, 400, 5000])
def test_the_store_never_exceeds_its_bound_and_spans_the_sweep(frames):
    runs = indices(fed(frames))
    kept = sum(map(len, runs))
    assert 15 <= kept <= 40
    assert runs[-1][-1] >= frames * 0.4, "the end of the sweep is in it"
    assert runs[0][0] == 0


def test_kept_frames_are_consecutive_within_a_run():
    for run in indices(fed(1234)):
        assert run == list(range(run[0], run[0] + len(run)))


def test_a_sweep_of_known_length_is_encoded_once(monkeypatch):
    encoded = []
    original = cv2.imencode
    monkeypatch.setattr("detector.optics.bursts.cv2.imencode", lambda *a: encoded.append(1) or original(*a))
    keeper = BurstKeeper(LIMITS)
    keeper.expect(1000)
    fed(1000, keeper)
    told = len(encoded)
    encoded.clear()
    fed(1000)
    assert told <= 40 < len(encoded)
    assert indices(keeper) == indices(fed(1000))


def test_pictures_come_back_nearly_as_they_were():
    shot = fed(1).runs()[0][0]
    assert shot.number == 100
    assert np.abs(shot.luma().astype(int) - LUMA).mean() < 1.0


def test_a_reel_decodes_what_is_asked_for():
    (run,) = fed(12).runs()
    reel = Reel(run)
    assert len(reel) == 12
    assert np.abs(reel[3].astype(int) - LUMA).mean() < 1.0
    assert len(reel[2:6]) == 4
    assert sum(1 for _ in reel) == 12


def test_stills_are_those_near_the_wanted_frames_by_the_sources_numbers():
    assert [still.frame for still in fed(30).stills([110], reach=2)] == [108, 109, 110, 111, 112]
    assert fed(30).stills([], reach=2) == ()


def test_a_reel_decodes_again_only_what_it_has_no_room_for(monkeypatch):
    (run,) = fed(12).runs()
    decoded = []
    original = cv2.imdecode
    monkeypatch.setattr("detector.optics.bursts.cv2.imdecode", lambda *a: decoded.append(1) or original(*a))
    reel = Reel(run, most_bytes=5 * LUMA.size)
    assert len(list(reel)) == len(decoded) == 12
    assert len(list(reel)) == 12
    assert len(decoded) == 12 + 7
