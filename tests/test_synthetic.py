"""Drawn rooms obey optics: geometry, the laws of returned light, the lamp's rhythm, the sensor."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np
import pytest

from detector.synthetic import LensPlan, Room, draw_plan, draw_room, sensor
from detector.synthetic import radiometry as law
from detector.synthetic.glints import Dome, Facets, Glass, Gloss, Led, Lens, spots_of
from detector.synthetic.kit import flat
from detector.synthetic.light import (
    Light,
    RoomLamp,
    Rows,
    exposure_gain,
    lamp_state,
    light_at,
    lit_rows,
    room_rows,
)
from detector.synthetic.plan import AMBIENT_LEVEL, Ranges
from detector.synthetic.raster import Scene, irradiance, outline, paint
from detector.synthetic.solids import Ball, Panel, Tube, blockers, box
from detector.synthetic.textures import TEXTURES, surface
from detector.synthetic.view import Manner, View, draw_hand, turned

AHEAD = np.array([0.0, 0.0, -1.0])
SMALL = (640, 360)


def view_at(eye=(0.0, 0.0, 0.0), angles=(0.0, 0.0, 0.0), focal=1000.0, size=(1280, 720)):
    return View(np.array(eye, float), turned(*angles), focal, *size)


def lit(height):
    return Rows(np.ones(height), np.ones(height))


def torch_beside(view, metres, strength=1.0, lamps=(), veil=0.0):
    return Light(view.eye + metres * view.axes[0], strength, view.axes[2], lamps, veil)


def lens_at(distance, **plan):
    return Lens(0, "clock", np.array([0.0, 0.0, distance]), AHEAD, LensPlan(facing=0.0, **plan))


def energy(glint, view, light):
    return sum(spot.torch for spot in glint.spots(view, light))


def wall(distance, colour=(0.5, 0.5, 0.5)):
    return Panel(
        np.array([-9.0, -9.0, distance]), np.array([18.0, 0, 0]), np.array([0, 18.0, 0]), flat(colour), 0
    )


# Geometry


def test_points_fall_where_perspective_puts_them():
    pixels, depth = view_at().project(np.array([[0.0, 0.0, 2.0], [0.1, -0.2, 2.0]]))
    assert pixels == pytest.approx(np.array([[639.5, 359.5], [689.5, 259.5]]))
    assert depth == pytest.approx([2.0, 2.0])


@pytest.mark.parametrize(
    ("angles", "right", "down"),
    [((0.1, 0.0, 0.0), -1, 0), ((0.0, 0.1, 0.0), 0, 1), ((-0.1, -0.1, 0.0), 1, -1)],
)
def test_turning_the_camera_moves_the_picture_the_other_way(angles, right, down):
    (pixel,), _ = view_at(angles=angles).project(np.array([[0.0, 0.0, 3.0]]))
    assert np.sign(np.round(pixel - [639.5, 359.5])) == pytest.approx([right, down])


def test_rays_lead_back_to_the_points_they_came_from():
    view = view_at((0.3, -0.2, 0.1), (0.2, -0.1, 0.05))
    points = np.array([[0.2, 0.1, 2.0], [-0.4, 0.3, 1.5]])
    pixels, depth = view.project(points)
    rays = view.rays(pixels[:, 0], pixels[:, 1])
    assert view.eye + depth[:, None] * rays == pytest.approx(points)


def test_axes_stay_square_to_each_other():
    axes = turned(0.3, -0.4, 0.2)
    assert axes @ axes.T == pytest.approx(np.eye(3))
    assert np.linalg.det(axes) == pytest.approx(1.0)


def test_a_panel_that_reaches_behind_the_camera_is_cut_and_not_turned_over():
    side = Panel(np.array([1.0, -1.0, 2.0]), np.array([0, 0, -4.0]), np.array([0, 2.0, 0]), flat((1, 1, 1)))
    polygon = outline(view_at(), side)
    assert len(polygon) == 4
    assert (polygon[:, 0] > 640).all()


def test_a_panel_is_painted_exactly_over_its_outline():
    view = view_at(size=(200, 120), focal=100.0)
    sheet = Panel(
        np.array([-0.5, -0.25, 1.0]), np.array([1.0, 0, 0]), np.array([0, 0.5, 0]), flat((1, 1, 1)), glow=1.0
    )
    light = Light(view.eye, 0.0, view.axes[2], (), 0.0)
    picture = paint(Scene(view, light, lit(120), 1.0), [sheet])
    assert (picture[:, :, 1] > 0.5).sum() == pytest.approx(100 * 50, rel=0.05)  # edges count half
    assert picture[60, 100] == pytest.approx([1.0, 1.0, 1.0], abs=0.01)


def test_near_things_hide_far_ones_and_never_themselves():
    front = box(np.array([0.0, 0.5, 1.0]), np.array([0.4, 1.0, 0.3]), flat((1, 1, 1)), flat((1, 1, 1)))
    solids = [wall(3.0), *front, Ball(np.array([1.0, 0.0, 2.0]), 0.2, (1, 1, 1))]
    points = np.array(
        [[0.0, 0.0, 2.9], [0.0, 0.0, 0.996], [1.45, 0.0, 2.9], [1.0, 0.0, 1.79], [-1.0, 0.0, 2.9]]
    )
    assert blockers(solids, view_at()).hide(np.zeros(3), points).tolist() == [True, False, True, False, False]


def test_a_tube_hides_what_is_behind_it_from_every_side():
    tube = Tube(np.array([0.0, 0.3, 2.0]), 0.05, 0.6, flat((1, 1, 1)))
    for eye in ([0.0, 0.0, 0.0], [1.5, 0.0, 0.6], [-2.0, 0.1, 2.0]):
        view = view_at(eye)
        behind = view.eye + 1.2 * (tube.middle - view.eye)
        beside = behind + np.array([0.2, 0.0, 0.2])
        assert blockers([tube], view).hide(view.eye, np.array([behind, beside])).tolist() == [True, False]


# Radiometry


def test_a_lens_fades_with_the_fourth_power_of_distance_a_wall_with_the_second():
    view, lens = view_at(), [lens_at(d, lobe_mrad=25.0) for d in (1.0, 2.0)]
    light = torch_beside(view, 0.0)
    assert energy(lens[0], view, light) / energy(lens[1], view, light) == pytest.approx(16.0, rel=0.01)
    near, far = (
        irradiance(Scene(view, light, lit(720), 1.0), np.array([[0, 0, d]]), AHEAD)[1] for d in (1.0, 2.0)
    )
    assert (near / far)[0] == pytest.approx(4.0)


def test_a_grey_wall_at_the_planned_distance_has_the_planned_level():
    plan = replace(draw_plan(3, mode="torch"), torch_level=0.31, ambient_level=0.12, distance_m=2.2)
    view = view_at(focal=plan.focal_px)
    light = light_at(plan, view, "on-axis", ())
    room, torch = irradiance(Scene(view, light, lit(720), 1.0), np.array([[0.0, 0.0, 2.2]]), AHEAD)
    assert 0.5 * torch[0, 1] == pytest.approx(0.31, rel=0.02)
    assert 0.5 * room[0, 1] == pytest.approx(0.5 * 0.12 * 0.94, rel=0.02)  # the other half comes from lamps


@pytest.mark.parametrize("edge", [1.0, 1.5, 2.5])
def test_a_lobe_holds_all_of_its_light(edge):
    lobe = 0.012
    angles = np.linspace(0.0, 8 * lobe, 20001)
    profile = np.array([law.lobe_profile(a, lobe, edge) for a in angles])
    total = (2.0 * math.pi * angles * profile).sum() * (angles[1] - angles[0])
    assert law.lobe_solid_angle(lobe, edge) == pytest.approx(total, rel=1e-3)
    assert law.lobe_profile(lobe, lobe, edge) == pytest.approx(0.5)


@pytest.mark.parametrize("full_width", [5.0, 17.0, 31.0])
def test_a_lens_shines_over_its_acceptance_and_no_further(full_width):
    view, light = view_at(), torch_beside(view_at(), 0.0)
    seen = []
    for off in (0.0, full_width / 2.0, 0.75 * full_width):
        axis = np.array([math.sin(math.radians(off)), 0.0, -math.cos(math.radians(off))])
        lens = Lens(0, "clock", np.array([0.0, 0.0, 1.5]), axis, LensPlan(accept_deg=full_width))
        seen.append(energy(lens, view, light))
    assert seen[1] / seen[0] == pytest.approx(0.5, abs=0.01)
    assert seen[2] / seen[0] < 0.01


@pytest.mark.parametrize("soft", [1 / 24, 1 / 12, 1 / 6])
def test_the_edge_of_the_acceptance_is_sharp_or_soft_and_always_at_the_same_angle(soft):
    wide = math.radians(12.0)
    assert law.acceptance(wide / 2, wide, soft) == pytest.approx(0.5)
    kept = [law.acceptance(share * wide, wide, soft) for share in np.linspace(0.0, 1.2, 60)]
    assert np.all(np.diff(kept) < 0)
    assert kept[0] > 0.94
    fall = math.log(law.acceptance(0.49 * wide, wide, soft) / law.acceptance(0.51 * wide, wide, soft)) / (0.02 * wide)
    assert fall == pytest.approx(0.5 / (soft * wide), rel=0.01)


def test_the_softest_edge_is_nearly_a_gaussian():
    wide = math.radians(17.0)
    for share in np.linspace(0.0, 1.0, 21):
        bell = math.exp(-math.log(2.0) * (2.0 * share) ** 2)
        assert law.acceptance(share * wide, wide, 1 / 6) == pytest.approx(bell, abs=0.08)


@pytest.mark.parametrize("lobe_mrad", [3.0, 12.0, 25.0])
@pytest.mark.parametrize("distance", [0.6, 2.0, 3.5])
def test_the_off_axis_ring_falls_by_the_law_of_b_over_d(lobe_mrad, distance):
    view, lens = view_at(), lens_at(distance, lobe_mrad=lobe_mrad, lobe_edge=1.5)
    on, off = (energy(lens, view, torch_beside(view, b)) for b in (0.003, 0.050))
    expected = [math.exp(-math.log(2) * (b / distance / lobe_mrad * 1e3) ** 3) for b in (0.003, 0.050)]
    assert off / on == pytest.approx(expected[1] / expected[0], rel=0.03, abs=1e-6)


def test_inside_the_lobe_the_off_axis_ring_says_nothing():
    view, lens = view_at(), lens_at(3.9, lobe_mrad=25.0, lobe_edge=2.0)
    on, off = (energy(lens, view, torch_beside(view, b)) for b in (0.003, 0.050))
    assert off / on > 0.9


@pytest.mark.parametrize("distance", [0.6, 2.0, 3.5])
def test_a_dome_does_not_care_which_ring_shines(distance):
    view, dome = view_at(), Dome("screw", np.array([0.1, 0.0, distance]), 0.004, 0.5)
    on, off = (energy(dome, view, torch_beside(view, b)) for b in (0.003, 0.050))
    assert off / on == pytest.approx(1.0, abs=0.05)


def test_a_mirror_ball_scatters_what_it_catches():
    assert 4.0 * math.pi * law.sphere_return(0.005, 0.6) == pytest.approx(0.6 * math.pi * 0.005**2)


def test_facets_share_out_their_light_over_all_slopes():
    rough = 0.04
    off = np.linspace(0.0, 8 * rough, 20001)
    density = 4.0 * law.facet_return(1.0, 1.0, rough, off)
    assert (density * 2.0 * math.pi * off).sum() * (off[1] - off[0]) == pytest.approx(1.0, rel=0.01)


def test_lens_against_dome_spans_one_to_thousands_so_level_alone_never_decides():
    screw = law.sphere_return(0.005, 0.5)
    faint = law.lens_return(1.0e-3, 0.005, 25e-3, 1.0)
    strong = law.lens_return(2.0e-3, 0.04, 3e-3, 1.0)
    assert 0.3 < faint / screw < 3.0
    assert 500 < strong / screw < 10_000


def test_an_upright_cylinder_returns_more_than_a_ball_and_only_at_the_right_height():
    view, light = view_at(), torch_beside(view_at(), 0.0)
    level = Gloss("bottle", np.array([0.0, 0.1, 1.5]), 0.03, 0.2, 0.05, math.radians(3))
    below = Gloss("bottle", np.array([0.0, 0.9, 1.5]), 0.03, 0.2, 0.05, math.radians(3))
    ball = Dome("vase", np.array([0.0, 0.0, 1.5]), 0.03, 0.05)
    assert energy(level, view, light) > 10 * energy(ball, view, light)
    assert energy(below, view, light) == 0.0


@pytest.mark.parametrize("metres", [0.35, 0.8, 2.5])
def test_the_line_of_a_cylinder_has_no_beads(metres):
    view = view_at()
    line = Gloss("bottle", np.array([0.0, 0.12, metres]), 0.03, 0.24, 0.05, math.radians(3))
    picture = np.zeros((view.height, view.width, 3), np.float32)
    for spot in line.spots(view, torch_beside(view, 0.0)):
        at = view.project(spot.at)[0][0]
        sensor.add_streak(picture, sensor.Streak(spot.torch * np.ones(3), at, at), 0.6)
    along = picture[:, :, 1].max(axis=1)
    top = int(along.argmax())
    assert along[top] > 0.1
    # it grows up to where it mirrors the torch and fades from there: no point stands out of it
    ripple = np.concatenate([np.diff(along[: top + 1]), -np.diff(along[top:])])
    assert ripple.min() > -0.02 * along[top]


def glass_at(lean_deg=0.0, size=0.6):
    slope = math.tan(math.radians(lean_deg)) * size
    across = np.array([size, 0.0, slope])
    return Glass(
        "mirror",
        Panel(np.array([-size / 2, -size / 2, 1.5]), across, np.array([0, size, 0]), flat((0, 0, 0))),
        0.9,
    )


def test_flat_glass_shows_the_torch_at_twice_the_distance():
    (spot,) = glass_at().spots(view_at(), torch_beside(view_at(), 0.0))
    assert spot.at == pytest.approx([0.0, 0.0, 3.0])
    assert spot.torch == pytest.approx(1000.0**2 * 0.9 / 9.0)


def test_flat_glass_shows_it_only_square_on():
    view, light = view_at(), torch_beside(view_at(), 0.0)
    shows = [bool(glass_at(lean, size=0.06).spots(view, light)) for lean in (0.0, 0.5, 2.5, 10.0)]
    assert shows == [True, True, False, False]


def test_the_image_in_glass_stays_behind_the_glass_and_moves_with_the_person():
    glass, places = glass_at(), []
    for x in (-0.1, 0.1):
        view = view_at((x, 0.0, 0.0))
        (spot,) = glass.spots(view, torch_beside(view, 0.0))
        places.append(spot.at[0])
    assert places == pytest.approx([-0.1, 0.1])


def test_tape_lasts_to_wide_angles_and_drops_with_the_angle_to_the_lamp():
    straight = law.tape_radiance(500.0, 0.0, 0.0)
    assert law.tape_radiance(500.0, 0.0, math.radians(40)) / straight == pytest.approx(0.5)
    assert law.tape_radiance(500.0, math.radians(0.33), 0.0) / straight == pytest.approx(0.5, abs=0.02)


def test_an_indicator_shines_without_the_torch_and_blinks_in_its_own_time():
    view = view_at()
    dark, lit = torch_beside(view, 0.0, strength=0.0), torch_beside(view, 0.0)
    steady = Led(np.array([0.0, 0.0, 1.0]), AHEAD, 20.0, (0.1, 1.0, 0.1))
    assert [spots_of(steady, view, light, 0.0)[0].steady for light in (dark, lit)] == pytest.approx(
        [20.0, 20.0]
    )
    blinking = replace(steady, hertz=2.0, duty=0.25)
    shows = [bool(spots_of(blinking, view, dark, t)) for t in (0.0, 0.1, 0.2, 0.4, 0.55, 0.7)]
    assert shows == [True, True, False, False, True, False]


def test_a_room_lamp_makes_highlights_that_the_torch_does_not_switch():
    view = view_at()
    lamp = RoomLamp(np.array([0.5, -1.0, 0.0]), 1.0)
    ball = Dome("vase", np.array([0.0, 0.0, 1.5]), 0.05, 0.05)
    spots = ball.spots(view, torch_beside(view, 0.0, strength=0.0, lamps=(lamp,)))
    assert [spot.name for spot in spots if spot.steady > 0] == ["vase/lamp"]
    assert all(spot.torch == 0.0 for spot in spots)


def test_foil_flickers_from_place_to_place():
    rng = np.random.default_rng(1)
    points = rng.uniform(-0.1, 0.1, (300, 3)) + np.array([0.0, 0.0, 1.5])
    normals = np.column_stack([rng.normal(0, 0.3, (300, 2)), -np.ones(300)])
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    foil = Facets("facet", points, normals, np.full(300, 4e-6), np.ones((300, 3)), 0.7, 0.02)
    bright = []
    for x in (0.0, 0.15):
        view = view_at((x, 0.0, 0.0))
        light = torch_beside(view, 0.005, strength=20.0)
        bright.append({tuple(s.at) for s in foil.spots(view, light) if s.torch > 1.0})
    assert len(bright[0]) > 1
    assert len(bright[1]) > 1
    assert len(bright[0] & bright[1]) < 0.2 * min(map(len, bright))


# The lamp in time


def test_a_rhythm_in_step_lights_whole_frames():
    plan = replace(draw_plan(1, mode="strobe"), rhythm=(2, 3), strobe_hz=None)
    assert [lamp_state(plan, i) for i in range(5)] == ["on-axis", "on-axis", "dark", "dark", "dark"]
    assert all(set(lit_rows(plan, i)) <= {0.0, 1.0} for i in range(10))


def test_three_states_follow_each_other():
    plan = draw_plan(1, mode="three")
    assert [lamp_state(plan, i) for i in range(4)] == ["on-axis", "off-axis", "dark", "on-axis"]
    assert [lit_rows(plan, i).max() for i in range(3)] == [1.0, 1.0, 0.0]


def test_a_free_strobe_leaves_half_lit_frames_and_is_on_half_of_the_time():
    plan = replace(draw_plan(1, mode="strobe"), strobe_hz=11.3, readout_s=0.02, exposure_s=0.006, frames=300)
    rows = np.array([lit_rows(plan, i) for i in range(300)])
    torn = ((rows.max(axis=1) > 0.999) & (rows.min(axis=1) == 0.0)).mean()
    assert rows.min() >= 0.0
    assert rows.max() <= 1.0
    assert rows.mean() == pytest.approx(0.5, abs=0.02)
    assert 0.1 < torn < 0.9
    assert np.abs(np.diff(rows, axis=1)).max() < 0.02  # an edge is as soft as the exposure is long


def test_room_light_ripples_at_twice_the_mains_frequency_and_an_exposure_evens_it_out():
    plan = replace(draw_plan(1), ripple=0.1, mains_hz=50.0, fps=30.0, readout_s=0.02, exposure_s=1e-5)
    rows = np.array([room_rows(plan, i) for i in range(30)])
    assert np.ptp(rows) == pytest.approx(0.2, abs=0.01)
    assert rows.mean() == pytest.approx(1.0, abs=0.01)
    crossings = np.diff(np.sign(rows[0] - 1.0)) != 0
    assert crossings.sum() in (3, 4)  # two whole waves of 10 ms from the first row to the last
    assert rows[0] == pytest.approx(rows[3], abs=1e-6)  # 100 Hz at 30 frames a second: every third alike
    assert np.ptp(room_rows(replace(plan, exposure_s=0.01), 0)) < 1e-9


def test_lamps_highlights_ripple_and_indicators_do_not():
    view, lamp = view_at(), RoomLamp(np.array([0.5, -1.0, 0.0]), 1.0)
    light = torch_beside(view, 0.0, strength=0.0, lamps=(lamp,))
    ball = Dome("vase", np.array([0.0, 0.0, 1.5]), 0.05, 0.05)
    indicator = Led(np.array([0.0, 0.0, 1.0]), AHEAD, 20.0, (0.1, 1.0, 0.1))
    rows = Rows(np.zeros(720), np.full(720, 1.1))
    highlight = next(spot for spot in ball.spots(view, light) if spot.steady)
    assert Room._energy(highlight, view, rows) == pytest.approx(1.1 * highlight.steady)
    assert Room._energy(spots_of(indicator, view, light, 0.0)[0], view, rows) == pytest.approx(20.0)


# Plans


def test_the_same_seed_gives_the_same_plan_and_another_seed_another():
    assert draw_plan(5) == draw_plan(5)
    assert draw_plan(5) != draw_plan(6)


def test_what_is_asked_for_changes_nothing_else():
    free = draw_plan(5)
    asked = draw_plan(5, kind="cubicle", lenses=2)
    assert (asked.kind, len(asked.lenses)) == ("cubicle", 2)
    assert replace(asked, kind=free.kind, lenses=free.lenses) == free


def test_plans_fill_their_ranges_and_never_leave_them():
    plans, ranges = [draw_plan(seed, lenses=1) for seed in range(300)], Ranges()
    for field in fields(Ranges):
        low, high = getattr(ranges, field.name)
        values = _values(plans, field.name)
        assert min(values) >= low - 1e-9, field.name
        assert max(values) <= high + 1e-9, field.name
        assert max(values) - min(values) > 0.9 * (high - low), field.name
    assert len({(p.kind, p.mode) for p in plans}) == 15
    assert all(AMBIENT_LEVEL[p.ambient][0] <= p.ambient_level <= AMBIENT_LEVEL[p.ambient][1] for p in plans)


def _values(plans, name):
    if name == "focal":
        return [plan.focal_px / plan.width for plan in plans]
    if hasattr(plans[0], name):
        return [getattr(plan, name) for plan in plans if getattr(plan, name) is not None]
    return [getattr(plan.lenses[0], name) for plan in plans]


MOTIONS = ["hold", "pan", "tilt", "walk", "approach", "shake", "sweep"]


def poses(motion, seconds=6.0, distance=2.0, **manner):
    """Eyes in metres and ways that the camera looks, frame by frame."""
    hand = draw_hand(np.random.default_rng(4), Manner(motion, **manner), distance, np.array([0.0, 0.2, distance]))
    both = [hand.pose(t) for t in np.arange(0.0, seconds, 1.0 / 30.0)]
    return np.array([eye for eye, _ in both]), np.array([axes[2] for _, axes in both])


def turned_deg(looks):
    return np.ptp(np.degrees(np.arctan2(looks[:, 0], looks[:, 2])))


@pytest.mark.parametrize("motion", MOTIONS)
def test_a_hand_moves_smoothly_and_as_it_was_told(motion):
    eyes, looks = poses(motion)
    turn = np.degrees(np.linalg.norm(np.diff(looks, axis=0), axis=1))
    assert np.linalg.norm(np.diff(eyes, axis=0), axis=1).max() < 0.03  # 0.9 m/s
    assert turn.max() < (2.5 if motion == "shake" else 1.0)
    spread = np.ptp(eyes, axis=0)
    assert (spread[0] > 0.2) == (motion in {"walk", "sweep"})
    assert (spread[2] > 0.2) == (motion == "approach")
    assert (turned_deg(looks) > 7.5) == (motion == "pan")


@pytest.mark.parametrize("motion", MOTIONS)
def test_the_widest_sweep_stays_in_the_room_and_as_slow_as_a_person(motion):
    for distance in (0.7, 2.0, 4.2):
        eyes, looks = poses(motion, distance=distance, stride=3.0, aside=1.0, arm_m=0.6)
        assert np.abs(eyes[:, 0]).max() < 1.1
        assert eyes[:, 2].max() < 0.5 * distance
        assert np.linalg.norm(np.diff(eyes, axis=0), axis=1).max() < 1.5 / 30
        assert np.degrees(np.linalg.norm(np.diff(looks, axis=0), axis=1)).max() < (2.5 if motion == "shake" else 2.0)


@pytest.mark.parametrize(("motion", "axis"), [("walk", 0), ("approach", 2), ("sweep", 0)])
def test_a_longer_stride_goes_further(motion, axis):
    short, long = (np.ptp(poses(motion, stride=stride)[0][:, axis]) for stride in (1.0, 2.0))
    assert 1.6 < long / short < 2.3


@pytest.mark.parametrize(("motion", "axis"), [("pan", 0), ("tilt", 1)])
def test_who_turns_about_an_axis_moves_the_phone_as_far_as_the_arm_is_long(motion, axis):
    wrist, arm = (poses(motion, stride=2.0, arm_m=arm)[0] for arm in (0.0, 0.6))
    assert np.ptp(arm[:, axis]) > np.ptp(wrist[:, axis]) + 0.05
    eyes, looks = poses("pan", stride=2.0, arm_m=0.6)
    assert np.corrcoef(eyes[:, 0], looks[:, 0])[0, 1] > 0.9  # to the right goes who turns right


def test_a_step_aside_goes_along_with_other_motions_but_not_with_holding_still():
    for motion in MOTIONS:
        alone, stepping = (np.ptp(poses(motion, aside=aside)[0][:, 0]) for aside in (0.0, 1.0))
        assert (stepping > alone + 0.1) == (motion in {"pan", "tilt", "approach"})


def test_a_whole_sweep_shows_a_lens_from_several_degrees():
    for stride, least_deg in ((1.0, 6.0), (3.0, 18.0)):
        eyes, _ = poses("sweep", stride=stride)
        assert np.degrees(np.ptp(np.arctan2(eyes[:, 0], 2.0 - eyes[:, 2]))) > least_deg


def test_two_in_five_plans_sweep_and_the_others_show_each_motion_alone():
    motions = [draw_plan(seed).motion for seed in range(400)]
    assert set(motions) == set(MOTIONS)
    assert 0.33 < motions.count("sweep") / 400 < 0.47
    assert draw_plan(3, motion="tilt").motion == "tilt"


def test_exposure_control_wanders_slowly_and_only_where_it_was_not_locked():
    wandering = replace(draw_plan(7), drift_stops=0.3)
    gains = np.array([exposure_gain(wandering, i) for i in range(300)])
    assert 1.15 < gains.max() <= 2.0**0.3
    assert 2.0**-0.3 <= gains.min() < 0.87
    assert np.abs(np.diff(np.log(gains))).max() < 0.03  # a torch changes the picture much faster
    assert exposure_gain(replace(wandering, drift_stops=0.0), 11) == 1.0
    assert 0.2 < np.mean([draw_plan(seed).drift_stops > 0 for seed in range(200)]) < 0.6


def test_what_exposure_control_does_shows_in_pictures_and_truth_alike():
    still = replace(draw_plan(21, kind="bedroom", ambient="lit", motion="hold", lenses=1, size=SMALL), drift_stops=0.0, strobe_hz=None)
    wandering = replace(still, drift_stops=0.35)
    frame = max(range(60), key=lambda i: exposure_gain(wandering, i))
    plain, lifted = (Room(plan).pixels(frame).mean() for plan in (still, wandering))
    assert lifted > 1.05 * plain
    for one, other in zip(Room(still)._frame_entry(frame)["lenses"], Room(wandering)._frame_entry(frame)["lenses"], strict=True):
        assert other["peak"] == pytest.approx(exposure_gain(wandering, frame) * one["peak"], abs=0.002)


# The sensor


@pytest.mark.parametrize("motion", [(0.0, 0.0), (3.0, -1.5), (0.3, 8.0)])
def test_a_streak_keeps_its_energy_and_its_middle(motion):
    picture = np.zeros((60, 80, 3), np.float32)
    start = np.array([40.3, 30.7]) - np.array(motion) / 2
    sensor.add_streak(picture, sensor.Streak(np.array([1.0, 2.0, 4.0]), start, start + motion), 0.7)
    assert picture.sum(axis=(0, 1)) == pytest.approx([1.0, 2.0, 4.0], rel=0.01)
    weight = picture[:, :, 1] / picture[:, :, 1].sum()
    assert (weight.sum(axis=0) * np.arange(80)).sum() == pytest.approx(40.3, abs=0.05)
    assert (weight.sum(axis=1) * np.arange(60)).sum() == pytest.approx(30.7, abs=0.05)


def test_a_long_streak_has_no_beads():
    picture = np.zeros((20, 60, 3), np.float32)
    sensor.add_streak(picture, sensor.Streak(np.ones(3), np.array([15.2, 10.0]), np.array([42.9, 10.0])), 0.6)
    middle = picture[10, 18:40, 0]
    assert middle.max() < 1.03 * middle.min()


def test_a_streak_outside_the_picture_changes_nothing():
    picture = np.zeros((20, 20, 3), np.float32)
    sensor.add_streak(picture, sensor.Streak(np.ones(3), np.array([-50.0, 5.0]), np.array([-40.0, 5.0])), 0.7)
    assert picture.max() == 0.0


def test_blur_and_bloom_move_light_and_make_none():
    picture = np.zeros((120, 160, 3), np.float32)
    picture[60, 80] = 500.0
    for spread in (sensor.smear(picture, np.array([6.0, -2.0])), sensor.bloom(picture, 0.03)):
        assert spread.sum() == pytest.approx(picture.sum(), rel=0.02)
        assert spread.max() < picture.max()
    assert sensor.bloom(picture, 0.03)[60, 80, 1] == pytest.approx(500 * 0.97, rel=0.01)


def test_a_grey_card_comes_out_at_its_tone():
    plan = replace(draw_plan(1), full_well_e=1e6, sharpening=0.0)
    shown = sensor.develop(np.full((60, 80, 3), 0.214, np.float32), plan, np.random.default_rng(1))
    assert shown.mean(axis=(0, 1)) == pytest.approx([127.0] * 3, abs=1.5)
    assert sensor.develop(np.full((8, 8, 3), 3.0, np.float32), plan, np.random.default_rng(1)).min() == 255


def test_noise_follows_the_electrons():
    level = np.full((200, 200, 3), 0.25, np.float32)
    spread = []
    for electrons in (1000.0, 4000.0):
        plan = replace(draw_plan(1), full_well_e=electrons, read_noise_e=2.0, sharpening=0.0)
        spread.append(sensor.develop(level, plan, np.random.default_rng(2))[:, :, 1].std())
    assert spread[0] / spread[1] == pytest.approx(2.0, rel=0.1)


# Whole rooms


@pytest.mark.parametrize("name", sorted(TEXTURES))
def test_textures_are_full_of_detail_and_repeat_by_seed(name):
    one, same, other = (
        surface(np.random.default_rng(seed), name, 0.8, 0.5, (0.3, 0.4, 0.5)) for seed in (1, 1, 2)
    )
    assert one.shape == (260, 416, 3)
    assert (one == same).all()
    assert (one != other).any()
    assert one.std() > 0.8


@pytest.mark.parametrize("kind", ["hotel", "bathroom", "bedroom", "cubicle", "lounge"])
@pytest.mark.parametrize("ambient", ["dark", "lit"])
def test_every_kind_of_room_draws_as_a_picture(kind, ambient):
    room = draw_room(8, kind=kind, ambient=ambient, mode="torch", lenses=1, frames=3, size=SMALL)
    frames = list(room.frames())
    assert [frame.index for frame in frames] == [0, 1, 2]
    assert all(frame.pixels.shape == (360, 640, 3) and frame.pixels.dtype == np.uint8 for frame in frames)
    assert 8 < frames[0].pixels.mean() < 235
    assert frames[0].pixels.std() > 10
    assert (frames[0].pixels != frames[1].pixels).mean() > 0.3


def test_frames_do_not_depend_on_the_order_in_which_they_are_asked_for():
    plan = draw_plan(9, kind="lounge", frames=4, size=SMALL)
    forward = [frame.pixels for frame in Room(plan).frames()]
    room = Room(plan)
    assert all((room.pixels(i) == forward[i]).all() for i in (3, 1, 0, 2))


def test_the_truth_is_the_same_before_and_after_drawing():
    room = draw_room(10, frames=6, size=SMALL)
    before = room.truth()
    list(room.frames())
    assert room.truth() == before == draw_room(10, frames=6, size=SMALL).truth()


def lens_room(seed, mode, **changes):
    lens = LensPlan(aperture_mm=1.8, reflectance=0.03, lobe_mrad=12.0, facing=0.2)
    plan = draw_plan(seed, mode=mode, ambient="dim", motion="walk", frames=30, size=SMALL)
    return Room(
        replace(plan, lenses=(lens,), torch_level=0.2, torch_offset_m=0.004, strobe_hz=None, **changes)
    )


@pytest.mark.parametrize("seed", range(30, 36))
def test_a_lens_shines_exactly_where_the_truth_says(seed):
    room = lens_room(seed, "strobe", rhythm=(1, 1))
    truth = room.truth()["per_frame"]
    lit, dark = (truth[i] for i in (14, 15))
    (spot,), (place,) = lit["lenses"], dark["lenses"]
    assert (lit["flash"], dark["flash"]) == (1, 0)
    assert spot["peak"] > 1.0
    assert place["peak"] == 0.0
    column, row = round(spot["x"]), round(spot["y"])
    patch = room.pixels(14)[row - 2 : row + 3, column - 2 : column + 3].max(axis=2).astype(float)
    assert patch.max() > 200
    off = room.pixels(15)[
        round(place["y"]) - 2 : round(place["y"]) + 3, round(place["x"]) - 2 : round(place["x"]) + 3
    ]
    assert off.max() < patch.max() - 60


def test_the_lens_stays_on_its_host_while_the_camera_walks():
    room = lens_room(31, "torch")
    lens = room._made.lenses[0]
    for index, entry in enumerate(room.truth()["per_frame"]):
        for spot in entry["lenses"]:
            view = room.view(index / room.plan.fps + room.plan.exposure_s / 2)
            assert (spot["x"], spot["y"]) == pytest.approx(view.project(lens.at)[0][0], abs=0.01)


def test_three_states_are_labelled_in_frames_and_truth_alike():
    room = lens_room(33, "three")
    labels = [frame.lamp for frame, _ in zip(room.frames(), range(6), strict=False)]
    assert labels == [entry["lamp"] for entry in room.truth()["per_frame"][:6]]
    on, off, dark = (room.truth()["per_frame"][i]["lenses"][0]["peak"] for i in (0, 1, 2))
    assert on > 5 * off
    assert dark == 0.0


def test_the_truth_tells_all_that_scoring_needs():
    truth = draw_room(40, kind="bedroom", mode="three", lenses=2, frames=6, size=SMALL).truth()
    assert {
        "kind",
        "mode",
        "ambient",
        "seed",
        "width",
        "height",
        "fps",
        "frames",
        "lenses",
        "per_frame",
    } <= set(truth)
    assert [lens["id"] for lens in truth["lenses"]] == [0, 1]
    assert truth["lenses"][0].keys() >= {"host", "aperture_mm", "lobe_mrad", "accept_deg"}
    for entry in truth["per_frame"]:
        assert entry.keys() == {"frame", "flash", "lamp", "lenses", "confounders"}
        assert all(spot.keys() == {"x", "y", "r", "peak", "name", "id"} for spot in entry["lenses"])
        assert all(spot.keys() == {"x", "y", "r", "peak", "name"} for spot in entry["confounders"])


@pytest.fixture(scope="module")
def many_rooms():
    return [draw_room(seed, mode="torch", ambient="lit", lenses=1, frames=91) for seed in range(30, 66)]


def test_most_lenses_can_be_seen_and_some_cannot(many_rooms):
    seen = []
    for room in many_rooms:
        entries = [room._frame_entry(i) for i in (15, 45, 75)]
        seen.append(any(spot["peak"] > 1.0 for entry in entries for spot in entry["lenses"]))
    assert 0.5 < np.mean(seen) < 0.98


def test_rooms_are_full_of_what_is_mistaken_for_lenses(many_rooms):
    spots = [spot for room in many_rooms for i in (0, 20, 40, 60) for spot in room._frame_entry(i)["confounders"]]
    names = {spot["name"].split("/")[0] for spot in spots}
    wanted = {"screw", "chrome knob", "glazed vase", "steel kettle", "bottle", "brass stud", "led", "facet"}
    assert (
        wanted | {"waxy leaf", "mirror", "picture glass", "tweeter", "toy eye", "jewel", "tumbler"} <= names
    )


def test_tape_glares_in_the_torch_and_is_dull_without():
    view = view_at(size=(200, 120), focal=100.0)
    strip = Panel(
        np.array([-0.1, -0.1, 1.0]),
        np.array([0.2, 0, 0]),
        np.array([0, 0.2, 0]),
        flat((0.5, 0.5, 0.5)),
        tape=300.0,
    )
    levels = []
    for strength in (0.3, 0.0):
        light = torch_beside(view, 0.003, strength=strength, veil=0.3)
        levels.append(paint(Scene(view, light, lit(120), 1.0), [wall(1.01), strip])[60, 100, 1])
    assert levels[0] > 20
    assert levels[1] < 0.1


def test_half_of_a_torn_frame_is_dark():
    plan = replace(
        draw_plan(12, mode="strobe", ambient="dark", kind="bedroom", size=SMALL),
        torch_level=0.4,
        strobe_hz=11.0,
    )
    room = Room(replace(plan, readout_s=0.025))
    torn = next(
        i
        for i in range(40)
        if lit_rows(room.plan, i)[:40].min() > 0.99 and lit_rows(room.plan, i)[-40:].max() == 0.0
    )
    pixels = room.pixels(torn)
    assert pixels[:40].mean() > 3 * pixels[-40:].mean()
