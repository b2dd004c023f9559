"""Rows of tracks come back whole when a track ends, in order, and never more than are worth keeping."""

from __future__ import annotations

import numpy as np
import pytest

from detector.optics.photometry import cut, measure
from detector.optics.rows import LEVELS, MEASURES, PLACED, ROW, THIN_ABOVE, TINT, Looks, RowLog
from detector.optics.view import look

NONE = np.zeros(0, np.intp)


VIEW = look(np.random.default_rng(0).integers(0, 256, (60, 400, 3)).astype(np.uint8))


def spot_of(frame, track):
    """Where the glint of a track is cut out: another place for each."""
    return 20 + (37 * frame + 11 * track) % 350, 30


def looks(frame, tracks, *, seen=None, measured=None, **placed):
    """The rows of one frame; columns not told are told apart by frame, track and name."""
    tracks = np.asarray(tracks, np.intp)
    yes = np.ones(len(tracks), np.bool_)
    columns = {name: 1000 * frame + 10 * tracks + i for i, name in enumerate(PLACED)} | placed
    which = np.flatnonzero(yes if measured is None else np.asarray(measured))
    spots = np.array([spot_of(frame, track) for track in tracks[which]], np.intp).reshape(-1, 2)
    table = np.array([np.asarray(columns[name], np.float32) for name in PLACED])
    return Looks(frame, tracks, yes if seen is None else np.asarray(seen), table, which, cut(VIEW, spots))


def logged(*frames):
    log = RowLog()
    for each in frames:
        log.add(each)
    return log


def table_of(*log):
    return np.concatenate(log) if log else np.zeros(0, ROW)


def test_a_row_has_a_field_for_every_column():
    assert tuple(LEVELS) == (*PLACED, *MEASURES, *TINT)
    assert ROW.names == ("track", "frame", "seen", "measured", *LEVELS)
    assert {ROW[name] for name in LEVELS} == {np.dtype(np.float32)}


def test_every_column_comes_back_in_its_own_field():
    (rows,) = logged(looks(7, [3], seen=[True], measured=[False])).ended(NONE)
    assert rows.dtype == ROW
    assert (rows["track"][0], rows["frame"][0], rows["seen"][0], rows["measured"][0]) == (3, 7, True, False)
    assert [float(rows[name][0]) for name in PLACED] == [7030.0 + i for i in range(len(PLACED))]
    assert [float(rows[name][0]) for name in (*MEASURES, *TINT)] == [0.0] * (len(MEASURES) + 3)


def test_measures_of_many_frames_are_those_of_each_spot_alone():
    """They are taken of many frames at once; none may come to another's row."""
    marks = [[True, False, True], [False, False, False], [False, True, True]]
    log = logged(*(looks(i, [5, 2, 9], measured=mark) for i, mark in enumerate(marks)))
    rows = np.concatenate(log.ended(NONE))
    assert sorted(zip(rows["frame"][rows["measured"]].tolist(), rows["track"][rows["measured"]].tolist(), strict=True)) == [(0, 5), (0, 9), (2, 2), (2, 9)]
    for row in rows[rows["measured"]]:
        alone = measure(cut(VIEW, np.array([spot_of(int(row["frame"]), int(row["track"]))])))
        assert [float(row[name]) for name in MEASURES] == pytest.approx([float(getattr(alone, name)[0]) for name in MEASURES], rel=1e-5)
        assert [float(row[name]) for name in TINT] == pytest.approx(alone.tint[0].tolist(), rel=1e-4)


def test_each_track_comes_in_frame_order_and_by_itself():
    log = logged(looks(0, [4, 1]), looks(1, [1, 4, 2]), looks(2, []), looks(5, [2, 1]))
    told = {int(rows["track"][0]): rows["frame"].tolist() for rows in log.ended(NONE)}
    assert told == {1: [0, 1, 5], 2: [1, 5], 4: [0, 1]}


def test_the_living_are_kept_back_with_all_that_was_seen_of_them():
    log = logged(looks(0, [1, 2]), looks(1, [1, 2]))
    (ended,) = log.ended(np.array([1]))
    assert set(ended["track"]) == {2}
    log.add(looks(2, [1, 3]))
    assert log.ended(np.array([1, 3])) == []
    log.add(looks(3, [1]))
    told = {int(rows["track"][0]): rows["frame"].tolist() for rows in log.ended(NONE)}
    assert told == {1: [0, 1, 2, 3], 3: [2]}


def test_each_row_is_handed_out_once():
    log = logged(looks(0, [1, 2]))
    assert len(log.ended(NONE)) == 2
    assert log.ended(NONE) == []


def test_living_tracks_without_rows_are_no_trouble():
    log = RowLog()
    assert log.ended(np.array([5, 9])) == []
    log.add(looks(0, [7]))
    (rows,) = log.ended(np.array([5, 9, 12]))
    assert rows["track"].tolist() == [7]


@pytest.mark.parametrize("live", [[], [0], [5], [9], [0, 9], [2, 5, 7]])
def test_whatever_lives_nothing_is_lost_and_nothing_doubled(live):
    log = logged(*(looks(i, [0, 2, 5, 7, 9]) for i in range(4)))
    first = log.ended(np.array(live, np.intp))
    second = log.ended(NONE)
    assert {int(t) for rows in first for t in rows["track"]} == {0, 2, 5, 7, 9} - set(live)
    assert {int(t) for rows in second for t in rows["track"]} == set(live)
    assert sum(map(len, first + second)) == 20


def test_what_is_handed_out_holds_no_more_memory_than_its_own_rows():
    log = logged(*(looks(i, range(50)) for i in range(20)))
    ended = log.ended(np.arange(10))
    assert len(ended) == 40
    assert all(rows.base is None or rows.base.nbytes <= rows.nbytes for rows in ended)


def test_what_is_handed_out_may_be_changed_without_harm():
    log = logged(looks(0, [1, 2]))
    (ended,) = log.ended(np.array([1]))
    ended["level"] = -1.0
    (rest,) = log.ended(NONE)
    assert rest["level"][0] > -1.0


# --- thinning


def long_log(frames, tracks=(1,), sweep=60, seen=lambda _: True):
    log = RowLog()
    for i in range(frames):
        log.add(looks(i, tracks, seen=[seen(i)] * len(tracks)))
        if (i + 1) % sweep == 0:
            assert log.ended(np.array(tracks, np.intp)) == []
    return log.ended(NONE)


def test_a_short_track_is_never_thinned():
    (rows,) = long_log(THIN_ABOVE)
    assert rows["frame"].tolist() == list(range(THIN_ABOVE))


@pytest.mark.parametrize("frames", [600, 3000])
def test_a_long_track_is_bounded_and_spans_all_that_was_seen_of_it(frames):
    (rows,) = long_log(frames)
    assert THIN_ABOVE / 2 <= len(rows) <= THIN_ABOVE + 60
    assert (np.diff(rows["frame"]) > 0).all()
    assert rows["frame"][-1] >= frames - 60
    early, late = (rows["frame"] < frames / 2).sum(), (rows["frame"] >= frames / 2).sum()
    assert early > 0.3 * late


@pytest.mark.parametrize("rhythm", [2, 4, 6])
def test_thinning_does_not_fall_into_step_with_the_torch(rhythm):
    (rows,) = long_log(2000, seen=lambda i: i % rhythm < rhythm // 2)
    assert 0.3 < rows["seen"].mean() < 0.7


def test_what_was_seen_together_stays_together():
    """Two glints are told to be one, or two, by the frames that they share."""
    one, other = long_log(1000, tracks=(1, 2))
    assert one["frame"].tolist() == other["frame"].tolist()


def test_a_short_track_beside_a_long_one_keeps_every_row():
    log = RowLog()
    for i in range(500):
        log.add(looks(i, [1, 2] if i >= 400 else [1]))
        if i % 60 == 59:
            log.ended(np.array([1, 2]))
    long, short = sorted(log.ended(NONE), key=lambda rows: int(rows["track"][0]))
    assert len(long) < 350
    assert short["frame"].tolist() == list(range(400, 500))


def test_the_same_looks_are_thinned_alike():
    one, other = (table_of(*long_log(900)) for _ in range(2))
    assert np.array_equal(one, other)
