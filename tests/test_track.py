"""A point that stays in the room is one track, whatever the camera and the torch do."""

from __future__ import annotations

import numpy as np
import pytest

from detector.model import Frame
from detector.optics import glint
from detector.optics.gathering import FRESH_PX
from detector.optics.glint import GlintLimits
from detector.optics.join import join
from detector.optics.live_tracks import TrackLimits
from detector.optics.motion import Motion, MotionEstimator
from detector.optics.neighbours import ALONE
from detector.optics.rows import ROW, THIN_ABOVE
from detector.optics.track import OUTLINE_EVERY, Tracker
from detector.optics.view import look
from tests.optics_scenes import Thing, every_other, film, hand, led, lens, levels, similarity

LIMITS = GlintLimits()
SIZE = (160, 120)
CAMERA = np.zeros((4, 4, 3), np.float32)
GATED = TrackLimits(stray_px=0.0)
"""Nothing goes on with what is outside its gate."""


def run(frames, limits=None, motion=None):
    """All rows of a film, tracked."""
    tracker, estimator = Tracker(limits), MotionEstimator()
    rows = []
    for index, frame in enumerate(frames):
        view = look(frame.pixels)
        tracker.add(index, view, glint.find(view.luma, LIMITS), motion(index) if motion else estimator.add(view))
        rows += tracker.retired()
    return rows + list(tracker.finish())


def of(tracks, thing, camera=hand, reach=3.0, size=(360, 240)):
    """The tracks that are a thing in most of what was seen of them."""
    found = []
    for rows in tracks:
        seen = rows[rows["seen"]]
        truth = np.array([thing.in_frame(int(f), size, camera) for f in seen["frame"]])
        if len(seen) and np.median(np.hypot(seen["x"] - truth[:, 0], seen["y"] - truth[:, 1])) < reach:
            found.append(rows)
    return found


def longest(tracks):
    return max(tracks, key=lambda rows: int(rows["seen"].sum()))


# --- drawn films


def test_a_lamp_in_the_room_is_one_track_in_every_frame():
    lamp = Thing(120, 90, led(6, 6, 6))
    (rows,) = [r for r in of(run(film([lamp], 40)), lamp) if len(r) > 10]
    assert rows["seen"].all()
    assert rows["frame"].tolist() == list(range(40))
    assert len(np.unique(rows["track"])) == 1
    assert np.ptp(rows["room_x"]) < 3.0
    assert np.ptp(rows["room_y"]) < 3.0
    assert np.median(rows["drift"]) < 0.6


def test_a_glint_that_blinks_with_the_torch_is_one_track_and_is_missed_in_the_dark():
    blink = Thing(120, 90, lambda index, lamp: 6.0 if lamp == "on-axis" else 0.0)
    rows = longest(of(run(film([blink], 40, lamp=every_other)), blink))
    lit = np.array([every_other(int(f)) == "on-axis" for f in rows["frame"]])
    assert rows["seen"].sum() >= 19
    assert np.array_equal(rows["seen"], lit)
    assert rows["level"][~lit].max() < 0.3 * np.median(rows["level"][lit])


def test_a_glint_that_is_dark_for_two_seconds_is_one_again_when_it_comes_back():
    """Where the wait was too long for the track, what was seen of the same place is joined afterwards."""
    away = Thing(120, 90, lambda index, lamp: 0.0 if 20 <= index < 80 else 9.0)
    rows = longest(of(join(run(film([away], 90))), away, reach=6.0))
    assert {*range(20), *range(84, 90)} <= set(rows["frame"][rows["seen"]].tolist())


def test_two_lamps_near_each_other_are_two_tracks():
    left, right = Thing(120, 90, led(6, 6, 6)), Thing(130, 90, led(5, 5, 5))
    tracks = run(film([left, right], 40))
    one, other = longest(of(tracks, left, reach=2.0)), longest(of(tracks, right, reach=2.0))
    assert one["seen"].sum() >= 38
    assert other["seen"].sum() >= 38
    assert one["track"][0] != other["track"][0]


def test_a_lamp_beside_a_blinking_glint_does_not_take_over_its_track():
    blink = Thing(120, 90, lambda index, lamp: 30.0 if lamp == "on-axis" else 0.0)
    lamp = Thing(129, 90, led(1.2, 1.2, 1.2))
    rows = longest(of(run(film([blink, lamp], 40, lamp=every_other)), blink))
    dark = np.array([every_other(int(f)) == "dark" for f in rows["frame"]])
    assert rows["seen"][dark].sum() <= 2


def test_a_lamp_that_is_covered_for_a_while_is_the_same_afterwards():
    covered = Thing(120, 90, lambda index, lamp: 0.0 if 15 <= index < 25 else 9.0)
    rows = longest(of(run(film([covered], 40)), covered))
    assert rows["seen"].sum() == 30
    assert not rows["seen"][(rows["frame"] >= 15) & (rows["frame"] < 25)].any()


def test_a_lamp_that_leaves_the_picture_ends_and_is_never_looked_for_outside():
    def pan(index, size):
        return similarity(8.0 * index, size=size)

    lamp = Thing(160, 90, led(6, 6, 6))
    rows = longest(of(run(film([lamp], 40, camera=pan)), lamp, camera=pan))
    assert rows["seen"].sum() >= 20
    assert rows["x"].max() < 360
    assert rows["frame"].max() < 30


def test_a_glint_that_slides_over_the_room_has_a_drift():
    def sliding(index, size):
        return similarity(2.5 * index, size=size)

    still, slides = Thing(60, 60, led(6, 6, 6)), Thing(60, 150, led(6, 6, 6))
    frames = []
    for frame in film([still], 24):
        pixels = frame.pixels.copy()
        x, y = slides.in_frame(frame.index, (360, 240), sliding)
        spot = np.exp(-((np.arange(240)[:, None] - y) ** 2 + (np.arange(360)[None] - x) ** 2) / 2)
        frames.append(type(frame)(np.maximum(pixels, (250 * spot[..., None]).astype(np.uint8)), frame.index, frame.at_s))
    tracks = run(frames)
    assert np.median(longest(of(tracks, slides, sliding, 4.0))["drift"]) > 1.2
    assert np.median(longest(of(tracks, still, reach=2.0))["drift"]) < 0.6


# --- by hand, with a camera that stands still


def points_picture(places, heights=None, size=SIZE):
    rows, columns = np.mgrid[0 : size[1], 0 : size[0]]
    picture = np.full(size[::-1], 40.0)
    for (x, y), height in zip(places, heights or [150] * len(places), strict=True):
        picture += height * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 1.8)
    return np.clip(picture, 0, 255).astype(np.uint8)


def still(index):
    return Motion(np.eye(3), np.eye(3), CAMERA, 0.0, measured=True)


def stand(tracker, index, pixels):
    view = look(pixels)
    tracker.add(index, view, glint.find(view.luma, LIMITS), still(index))


def test_every_row_has_its_fields_and_a_lone_point_stands_alone():
    tracker = Tracker()
    for i in range(6):
        stand(tracker, i, points_picture([(60.3, 50.1)]))
    (rows,) = tracker.finish()
    assert rows.dtype == ROW
    assert rows["measured"].all()
    assert (rows["beside"] == ALONE).all()
    assert not rows["crowd"].any()
    assert np.allclose(rows["x"], 60.3, atol=0.2)
    assert np.allclose(rows["peak"], rows["peak"][0])
    assert np.allclose(rows["around"], 42, atol=8)


def test_now_and_then_it_is_told_whether_a_point_stands_in_the_middle_of_something_round():
    tracker, disc = Tracker(), points_picture([(80.0, 60.0)])
    rows, columns = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    disc[np.hypot(columns - 80, rows - 60) < 20] += 60
    for i in range(2 * OUTLINE_EVERY):
        stand(tracker, i, disc)
    (rows,) = tracker.finish()
    assert np.flatnonzero(rows["outline"]).tolist() == [0, OUTLINE_EVERY]
    assert rows["outline"][0] > 0.1


def test_company_is_counted_and_its_distance_told():
    tracker = Tracker()
    places = [(60, 50), (72, 50), (60, 66), (120, 100)]
    for i in range(5):
        stand(tracker, i, points_picture(places, [150, 150, 150, 150]))
    tracks = list(tracker.finish())
    (centre,) = [t for t in tracks if abs(t["x"][0] - 60) < 2 and abs(t["y"][0] - 50) < 2]
    assert centre["beside"][0] == pytest.approx(12, abs=0.5)
    assert centre["crowd"][0] == 2


def test_a_far_fainter_neighbour_is_no_company():
    tracker = Tracker()
    for i in range(5):
        stand(tracker, i, points_picture([(60, 50), (76, 50)], [200, 40]))
    strong = max(tracker.finish(), key=lambda rows: float(rows["level"][0]))
    assert strong["beside"][0] == ALONE


def test_colours_are_kept_as_blue_green_red():
    picture = np.repeat(points_picture([(60, 50)], [0])[..., None], 3, axis=2) + 40
    picture[..., 2] = points_picture([(60, 50)], [175]) + 40
    tracker = Tracker()
    for i in range(4):
        stand(tracker, i, picture)
    (rows,) = tracker.finish()
    assert (rows["red"] > 5 * (rows["blue"] + rows["green"] + 1)).all()


def test_a_point_of_no_promise_is_soon_given_up():
    tracker = Tracker()
    stand(tracker, 0, points_picture([(60, 50)], [150]))
    for i in range(1, TrackLimits().sweep_every):
        stand(tracker, i, points_picture([]))
    (rows,) = tracker.retired()
    assert rows["seen"].tolist()[0]
    assert rows["frame"].max() < 15
    assert rows["seen"].sum() == 1


def test_a_mark_that_never_was_bright_leaves_no_rows_and_is_counted():
    tracker = Tracker()
    for i in range(30):
        stand(tracker, i, points_picture([(40, 50), (100, 50)], [60, 150]))
    (rows,) = tracker.finish()
    assert np.allclose(rows["x"], 100, atol=0.2)
    assert tracker.marks == 1
    assert tracker.flickers == 0


def test_a_mark_that_brightens_is_told_from_then_on():
    """A lens is dull until the torch comes into its narrow cone."""
    tracker = Tracker()
    for i in range(30):
        stand(tracker, i, points_picture([(60, 50)], [60 if i < 10 else 150]))
    (rows,) = tracker.finish()
    assert rows["frame"].tolist() == list(range(10, 30))
    assert rows["track"][0] == 0
    assert tracker.marks == 0


def test_a_mark_that_is_gone_is_not_told_to_be_missing():
    tracker = Tracker()
    for i in range(20):
        stand(tracker, i, points_picture([(60, 50)] if i < 10 else [], [60] if i < 10 else []))
    assert list(tracker.finish()) == []
    assert tracker.marks == 1


def test_what_was_seen_too_seldom_is_only_counted():
    tracker = Tracker(TrackLimits(fewest_seen=4))
    for i in range(30):
        stand(tracker, i, points_picture([(40, 50), (100, 50)], [150, 150]) if i < 2 else points_picture([(100, 50)], [150]))
    (rows,) = tracker.finish()
    assert np.allclose(rows["x"], 100, atol=0.2)
    assert (tracker.flickers, tracker.marks) == (1, 0)


@pytest.mark.parametrize("bright", [True, False])
def test_every_track_ends_as_rows_a_flicker_or_a_mark(bright):
    rng = np.random.default_rng(7)
    tracker, told = Tracker(TrackLimits(fewest_seen=3)), []
    for i in range(150):
        places = rng.integers([12, 12], [148, 108], (3, 2)).tolist()
        stand(tracker, i, points_picture([*places, (80, 60)], [150 if bright else 60] * 3 + [150]))
        told += tracker.retired()
    told += tracker.finish()
    assert len(told) + tracker.flickers + tracker.marks == tracker._live.count
    assert tracker.flickers > 100
    assert len({int(rows["track"][0]) for rows in told}) == len(told)


def test_a_promising_point_is_waited_for_and_its_absence_written_down():
    tracker = Tracker()
    for i in range(6):
        stand(tracker, i, points_picture([(60, 50)], [190]))
    for i in range(6, 66):
        stand(tracker, i, points_picture([]))
    assert list(tracker.retired()) == []
    (rows,) = tracker.finish()
    assert rows["seen"].sum() == 6
    assert (~rows["seen"]).sum() > 40
    assert rows["level"][~rows["seen"]].max() == 0


@pytest.mark.parametrize(("unseen", "height", "beside", "goes_on"), [(0, 150, False, True), (2, 190, False, True), (8, 190, False, False), (0, 60, False, False), (0, 190, True, False)])
def test_a_bright_point_astray_goes_on_with_the_only_one_like_it_near_by(unseen, height, beside, goes_on):
    """Where what was learned of its own motion is wrong once; what has a track of its own is no such point, nor is what is far weaker."""
    tracker = Tracker(TrackLimits(gate_growth_px=0.0))
    there = [(66, 50)] if beside else []
    for i in range(8):
        stand(tracker, i, points_picture([(60, 50), *there], [190] * (1 + len(there))))
    for i in range(8, 8 + unseen):
        stand(tracker, i, points_picture([]))
    for i in range(8 + unseen, 12 + unseen):
        stand(tracker, i, points_picture([(66, 50)], [height]))
    first = min(tracker.finish(), key=lambda rows: (rows["frame"][0], rows["x"][0]))
    assert first["seen"].sum() == (12 if goes_on else 8)


@pytest.mark.parametrize(("unseen", "height", "goes_on"), [(20, 150, True), (20, 40, False), (5, 40, True)])
def test_what_is_found_after_long_must_be_nearly_as_strong(unseen, height, goes_on):
    """Where a glint was lost the marks of a wall go by."""
    tracker = Tracker()
    for i in range(8):
        stand(tracker, i, points_picture([(60, 50)], [190]))
    for i in range(8, 8 + unseen):
        stand(tracker, i, points_picture([]))
    for i in range(8 + unseen, 12 + unseen):
        stand(tracker, i, points_picture([(61, 51)], [height]))
    strong = longest(list(tracker.finish()))
    assert strong["seen"].sum() == (12 if goes_on else 8)


def test_tracks_are_handed_out_once():
    tracker = Tracker()
    for i in range(5):
        stand(tracker, i, points_picture([(60, 50)]))
    assert len(list(tracker.finish())) == 1
    assert list(tracker.finish()) == []
    assert list(tracker.retired()) == []


def test_nothing_seen_nothing_told():
    tracker = Tracker()
    for i in range(70):
        stand(tracker, i, points_picture([]))
    assert list(tracker.retired()) == []
    assert list(tracker.finish()) == []
    assert list(Tracker().finish()) == []


def test_memory_does_not_grow_with_the_length_of_the_video():
    """Two points that stay, and noise that comes and goes: never more rows a track than are kept."""
    tracker, limits = Tracker(), TrackLimits()
    rng = np.random.default_rng(4)
    fixed = points_picture([(30, 30), (66, 50)], [180, 120], (96, 80))
    for i in range(1000):
        picture = fixed.copy()
        picture[tuple(rng.integers([12, 12], [68, 84]))] = 255
        stand(tracker, i, picture)
        assert len(list(tracker.retired())) < 200
        assert len(tracker._live) < 60
    rest = list(tracker.finish())
    assert max(len(rows) for rows in rest) <= THIN_ABOVE + limits.sweep_every
    assert len(rest) < 160


def test_an_ended_track_holds_no_more_memory_than_its_own_rows():
    tracker = Tracker()
    for i in range(120):
        places = [(30, 30), *([(66, 50)] if i < 3 else []), *([(30, 60)] if 5 < i < 9 else []), *([(66, 20)] if 15 < i < 19 else [])]
        stand(tracker, i, points_picture(places, [180] * len(places), (96, 80)))
    ended = list(tracker.retired())
    assert ended
    assert all(rows.base is None or rows.base.nbytes <= rows.nbytes for rows in ended)


def watched(frames, lit):
    """The rows of a strong point that shines in some frames of a long film."""
    tracker = Tracker()
    on, off = points_picture([(40, 40)], [180], (80, 80)), points_picture([], [], (80, 80))
    for i in range(frames):
        stand(tracker, i, on if lit(i) else off)
    return max(tracker.finish(), key=len)


def test_thinning_keeps_the_order_and_the_span():
    rows = watched(500, lambda _: True)
    assert (np.diff(rows["frame"]) > 0).all()
    assert rows["frame"][0] <= 8
    assert rows["frame"][-1] >= 490
    assert 60 <= len(rows) <= 450


def test_a_long_track_is_thinned_again_and_again():
    assert len(watched(900, lambda _: True)) <= 1.5 * THIN_ABOVE


def test_thinning_keeps_lit_and_dark_alike_when_the_torch_alternates():
    rows = watched(420, lambda i: i % 2 == 0)
    early = rows[rows["frame"] < 300]
    assert (~early["seen"]).mean() == pytest.approx(0.5, abs=0.2)


def test_however_starry_the_number_of_live_tracks_is_bounded():
    limits = TrackLimits(most_live=50)
    tracker = Tracker(limits)
    rng = np.random.default_rng(6)
    for i in range(20):
        stand(tracker, i, levels(rng.random((480, 640)) ** 6))
    assert len(tracker._live) <= 60


def test_only_so_many_spots_of_a_frame_are_measured_the_strongest():
    tracker = Tracker(TrackLimits(measured_per_frame=2))
    for i in range(4):
        stand(tracker, i, points_picture([(40, 30), (80, 60), (120, 90)], [110, 150, 200]))
    tracks = sorted(tracker.finish(), key=lambda rows: float(rows["x"][0]))
    assert [bool(rows["measured"].all()) for rows in tracks] == [False, True, True]
    assert tracks[0]["seen"].all()


def test_the_others_are_measured_in_turn_once_they_have_gone_on():
    places = [(40, 30), (80, 60), (120, 90), (40, 90)]
    tracker = Tracker(TrackLimits(measured_per_frame=2, also_measured=1, gone_on=3))
    for i in range(12):
        stand(tracker, i, points_picture(places, [110, 150, 200, 112]))
    measured = {round(float(rows["y"][0])) + round(float(rows["x"][0])): rows["measured"] for rows in tracker.finish()}
    assert measured[140].all()
    assert measured[210].all()
    faint, fainter = measured[130], measured[70]
    assert not (faint[:2] | fainter[:2]).any()
    assert (faint[2:] ^ fainter[2:]).all()
    assert abs(int(faint.sum()) - int(fainter.sum())) <= 1


def test_at_most_one_row_a_frame():
    for rows in run(film([Thing(120, 90, led(6, 6, 6)), Thing(126, 94, led(6, 6, 6))], 30)):
        assert (np.diff(rows["frame"]) > 0).all()


def lamp_with_motion_known(known):
    """Pieces of a lamp's track, as first and last frame, where the motion is known in these frames only."""
    tracker, pieces = Tracker(), []
    for i in range(40):
        view = look(points_picture([(60.3, 50.1)]))
        tracker.add(i, view, glint.find(view.luma, LIMITS), Motion(np.eye(3), np.eye(3), CAMERA, 0.0, measured=known(i)))
        pieces += tracker.retired()
    pieces += tracker.finish()
    assert len(join(pieces)) == 1
    return [(int(rows["frame"][0]), int(rows["frame"][-1])) for rows in pieces]


def test_where_the_motion_gets_lost_tracks_end_and_are_joined_if_they_go_on():
    """A lens must not go on as whatever stands near its place in the next room."""
    assert lamp_with_motion_known(lambda i: not 12 <= i < 20) == [(0, 15), (16, 39)]
    assert lamp_with_motion_known(lambda i: not 12 <= i < 16) == [(0, 39)]


def test_where_the_motion_never_was_known_for_long_tracks_go_on():
    assert lamp_with_motion_known(lambda i: False) == [(0, 39)]
    assert lamp_with_motion_known(lambda i: i % 9 < 3) == [(0, 39)]


def test_the_same_film_gives_the_same_tracks():
    def table():
        return np.concatenate(run(film([Thing(120, 90, led(6, 6, 6))], 16, lamp=every_other)))

    assert np.array_equal(table(), table())


# --- two ways of foretelling


def test_a_near_thing_before_a_wall_is_followed_though_its_surroundings_move_otherwise():
    """The corners about a lens on a shelf belong to the wall behind it."""
    tracker = Tracker()
    wall_step = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    for i in range(20):
        view = look(points_picture([(100.0 + 4.0 * i, 60.0)], [150], (320, 120)))
        motion = Motion(np.eye(3), wall_step, np.zeros((2, 5, 3), np.float32), 1.0, measured=True)
        tracker.add(i, view, glint.find(view.luma, LIMITS), motion)
    rows = longest(tracker.finish())
    assert rows["seen"].sum() == 20
    assert rows["drift"][-1] > 1.5


def test_a_jump_of_the_picture_widens_the_gate():
    def tracked(speed_px):
        tracker = Tracker(GATED)
        for i in range(8):
            view = look(points_picture([(60 + 5.0 * (i > 5), 50)]))
            motion = Motion(np.eye(3), np.eye(3), CAMERA, speed_px if i == 6 else 0.0, measured=True)
            tracker.add(i, view, glint.find(view.luma, LIMITS), motion)
        return len(list(tracker.finish()))

    assert tracked(0.0) == 2
    assert tracked(60.0) == 1


def test_where_the_surroundings_disagree_the_gate_is_wider():
    def tracked(spread):
        tracker = Tracker(GATED)
        for i in range(8):
            view = look(points_picture([(60 + 5.0 * (i > 5), 50)]))
            cells = CAMERA + np.array([0.0, 0.0, spread if i == 6 else 0.0], np.float32)
            tracker.add(i, view, glint.find(view.luma, LIMITS), Motion(np.eye(3), np.eye(3), cells, 0.0, measured=True))
        return len(list(tracker.finish()))

    assert tracked(0.0) == 2
    assert tracked(8.0) == 1


def test_after_a_while_unseen_the_gate_is_wider_up_to_a_limit():
    def tracked(gap, shift):
        tracker = Tracker(GATED)
        for i in range(gap + 12):
            places = [(60, 50)] if i < 6 else [(60 + shift, 50)] if i >= 6 + gap else []
            stand(tracker, i, points_picture(places, [190] * len(places)))
        return len(list(tracker.finish()))

    assert tracked(0, 6) == 2
    assert tracked(12, 6) == 1
    assert tracked(60, 12) == 2


def test_half_size_search_tracks_the_same_things():
    """The same film, once as it is and once widened so that it is searched at half size."""
    lamp = Thing(120, 90, led(6, 6, 6))
    frames = list(film([lamp], 20))
    wide = [Frame(np.pad(f.pixels, ((0, 0), (0, 600), (0, 0)), mode="reflect")[:, :960], f.index, f.at_s) for f in frames]
    one, other = (longest(of(run(these), lamp)) for these in (frames, wide))
    assert other["seen"].all()
    assert one["frame"].tolist() == other["frame"].tolist()
    assert np.allclose(one["x"], other["x"], atol=0.05)
    assert np.allclose(one["level"], other["level"], atol=4.0)


# --- glances at dark frames


def glanced(things, frames=40):
    """Rows of a film under a strobe, searched where it is lit and glanced at where it is dark."""
    tracker, estimator, finder, dark = Tracker(), MotionEstimator(), glint.Finder(), []
    for frame in film(things, frames, lamp=lambda index: "dark" if index % 2 else "on-axis"):
        if frame.index % 2:
            dark = [frame]
            continue
        view = look(frame.pixels)
        *between, motion = estimator.add(view, 1 + len(dark)).shared_out([1] * (1 + len(dark)))
        for missed, step in zip(dark, between, strict=True):
            there = look(missed.pixels)
            tracker.glance(missed.index, there, finder.standout(there.luma), step)
        tracker.add(frame.index, view, finder.find(view.luma), motion)
    return list(tracker.finish())


def test_a_lens_is_one_track_over_the_dark_and_missing_there():
    thing = Thing(120, 90, lens(width=200.0, middle=20.0))
    rows = longest(of(glanced([thing]), thing))
    lit, dark = rows[rows["frame"] % 2 == 0], rows[rows["frame"] % 2 == 1]
    assert lit["seen"].all()
    assert len(lit) == 20
    assert not dark["seen"].any()
    assert len(dark) >= 18
    assert np.median(dark["level"]) < 0.2 * np.median(lit["level"])
    assert (dark["beside"] > FRESH_PX).all()


def test_a_lamp_shines_in_the_glances_as_it_does_in_the_light():
    lamp = Thing(120, 90, led(6, 6, 6))
    rows = longest(of(glanced([lamp]), lamp))
    lit, dark = rows[rows["frame"] % 2 == 0], rows[rows["frame"] % 2 == 1]
    assert len(dark) >= 18
    assert np.median(dark["level"]) > 0.8 * np.median(lit["level"])
    assert (dark["beside"] > FRESH_PX).all()


def test_a_glance_beside_a_lamp_says_that_it_may_have_been_confused():
    """A place that is six pixels off is no evidence that the light went out."""
    tracker, finder = Tracker(), glint.Finder()
    view = look(spot_at([(80, 60)]))
    still = Motion(np.eye(3), np.eye(3), CAMERA, 0.0, True)
    for index in range(4):
        tracker.add(index, view, finder.find(view.luma), still)
    moved = look(spot_at([(86, 60)]))
    tracker.glance(4, moved, finder.standout(moved.luma), still)
    dark = look(spot_at([]))
    tracker.glance(5, dark, finder.standout(dark.luma), still)
    rows = longest(list(tracker.finish()))
    assert not rows["seen"][-2:].any()
    assert rows["level"][-1] < 3
    assert 4 <= rows["beside"][-2] <= 8
    assert rows["beside"][-1] > FRESH_PX


def test_a_glance_begins_no_tracks():
    tracker, finder = Tracker(), glint.Finder()
    view = look(spot_at([(80, 60)]))
    for index in range(6):
        tracker.glance(index, view, finder.standout(view.luma), Motion(np.eye(3), np.eye(3), CAMERA, 0.0, True))
    assert list(tracker.finish()) == []
    assert tracker.flickers == 0


def spot_at(places):
    picture = np.full((120, 160), 40, np.float32)
    y, x = np.mgrid[:120, :160]
    for column, row in places:
        picture += 180 * np.exp(-((x - column) ** 2 + (y - row) ** 2) / 2)
    return np.clip(picture, 0, 255).astype(np.uint8)
