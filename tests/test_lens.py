"""For each cue what speaks for a lens and what against; and what no cue may ever do."""

from __future__ import annotations

import dataclasses
import itertools
import math
import re

import numpy as np
import pytest

from detector.model import probability_of
from detector.optics import lens
from detector.optics.cues import look
from detector.optics.facts import Facts
from detector.optics.neighbours import ALONE
from detector.optics.off_axis import USUAL_RINGS, Rings, rings_at
from detector.optics.outline import NONE

NOTHING = {field.name: 0 for field in dataclasses.fields(Facts)} | {"rings": USUAL_RINGS}
GLINT = Facts(**NOTHING | {
    "lit": 40, "seen": 40, "level": 140.0, "swing": 1.3, "smooth": 0.5, "peak": 240.0, "core": 4.0, "width": 1.2, "long": 1.05,
    "floor": 60.0, "ring": 62.0, "far": 60.0, "rough": 4.0, "beside": 999.0, "drift": 0.1, "tint": 0.05, "tint_level": 60.0, "hue": "blue", "held": 1.0, "travel": 120.0, "lasted": 40.0,
    "through": 60.0, "moat": -1.0, "lamp_px": ALONE,
})  # fmt: skip
SWITCHED = {"dark": 20, "lit": 20, "seen": 20, "dimming": 0.4}
THREE = SWITCHED | {"off_axis": 20}

CUES = {
    # cue -> what favours a lens, what speaks against one
    "mirrored lamp": ({}, {"lamp_px": 20.0, "lamp_slide": 5.0}),
    "half a lamp": (SWITCHED | {"dark_level": 8.0}, SWITCHED | {"dark_level": 45.0, "dimming": 0.9}),
    "switching": (SWITCHED | {"dark_level": 0.0}, SWITCHED | {"dark_level": 130.0}),
    "pattern": (SWITCHED | {"dark_level": 0.0}, SWITCHED | {"dark_level": 70.0, "dimming": 0.5}),
    "off_axis": (THREE | {"off_share": 0.05}, THREE | {"off_share": 0.98}),
    "brightness": ({"peak": 255.0}, {"peak": 140.0}),
    "contrast": ({"level": 150.0}, {"level": 22.0}),
    "core": ({"core": 3.0}, {"core": 60.0}),
    "width": ({"width": 1.0}, {"width": 3.0}),
    "dark ring": ({"ring": 62.0}, {"floor": 90.0, "far": 90.0, "ring": 40.0}),
    "narrow ring": ({"floor": 90.0, "far": 90.0, "ring": 88.0, "moat": 3.0}, {"floor": 90.0, "far": 90.0, "ring": 88.0, "moat": 35.0}),
    "outline": ({"outline": 0.001}, {"outline": 0.2}),
    "glow": ({"ring": 62.0, "core": 0.0}, {"floor": 75.0, "ring": 110.0, "core": 0.0}),
    "companion": ({"beside": 999.0}, {"beside": 9.0, "crowd": 1.0}),
    "busy": ({"neighbours": 0}, {"neighbours": 9}),
    "crowding": ({"crowd": 0.0}, {"crowd": 14.0}),
    "flashing": ({"flashers": 0}, {"flashers": 5}),
    "brief": ({"looked_frames": 300, "looked_px": 500.0, "travel": 400.0}, {"looked_frames": 300, "looked_px": 500.0, "travel": 100.0}),
    "blink": ({"lasted": 15.0}, {"lasted": 5.0}),
    "swing": ({"swing": 5.0, "smooth": 1.0}, {"swing": 1.02}),
    "colour": ({"tint": 0.02}, {"tint": 0.8, "hue": "green"}),
    "staying": ({"drift": 0.1}, {"drift": 5.0}),
    "persistence": ({"seen": 40}, {"seen": 5}),
}
PAIRS = [pytest.param(*pair, id=name) for name, pair in CUES.items()]


def facts(**changes):
    return dataclasses.replace(GLINT, **changes)


def total(known):
    return sum(reason.weight for reason in lens.judge(known).reasons)


def probability(known):
    return probability_of(lens.PRIOR, {reason.kind: reason.weight for reason in lens.judge(known).reasons})


def every_pair_of_facts():
    for favour, against in CUES.values():
        yield facts(**favour)
        yield facts(**against)


@pytest.mark.parametrize(("favour", "against"), PAIRS)
def test_each_cue_tells_a_lens_from_what_is_none(favour, against):
    assert total(facts(**favour)) > total(facts(**against)) + 0.5


@pytest.mark.parametrize(("favour", "against"), PAIRS)
def test_what_speaks_against_carries_a_negative_reason_of_its_own(favour, against):
    usual = {reason.kind: reason.weight for reason in lens.judge(facts(**favour)).reasons}
    lower = [r for r in lens.judge(facts(**against)).reasons if r.weight < min(0.0, usual.get(r.kind, 0.0))]
    assert lower


def test_every_cue_of_the_table_is_walked_through():
    met = {cue.__name__ for cue in lens.CUES for known in every_pair_of_facts() if cue(known) is not None}
    assert met == {cue.__name__ for cue in lens.CUES}


# --- the lens and its confounders as a whole


def test_a_lens_under_a_switched_torch_alarms():
    assert probability(facts(**SWITCHED, swing=4.0, smooth=0.9)) > lens.ALARM_AT


def test_a_lens_under_a_three_state_lamp_alarms():
    assert probability(facts(**THREE, off_share=0.03, swing=4.0, smooth=0.9)) > lens.ALARM_AT


FAINT = {"peak": 155.0, "level": 26.0, "core": 0.0, "swing": 2.6, "smooth": 0.85}


def test_a_faint_lens_is_told_from_a_mark_by_how_its_brightness_changes():
    assert probability(facts(**FAINT)) > lens.ALARM_AT
    assert probability(facts(**FAINT | {"swing": 1.15})) < lens.SHOW_AT


@pytest.mark.parametrize("doubt", [{"smooth": 0.3}, {"held": 0.4}, {"seen": 8}, {"looked_frames": 400, "looked_px": 600.0}], ids=lambda doubt: next(iter(doubt)))
def test_faintness_speaks_against_a_lens_unless_the_change_is_sure(doubt):
    assert strength(**FAINT) > strength(**FAINT | doubt) + 0.5


def strength(**changes):
    return sum(reason.weight for reason in lens.judge(facts(**changes)).reasons if reason.kind in {"level", "contrast"})


def test_what_shines_by_itself_is_refused_whatever_else_speaks_for_it():
    best = {"swing": 9.0, "smooth": 1.0, "peak": 255.0, "level": 200.0, "tint": 0.0}
    lamp = facts(**SWITCHED | best | {"dark_level": 200.0})
    assert lens.judge(lamp).against == "shines by itself"
    assert probability(lamp) < lens.SHOW_AT


def test_a_lamp_is_refused_even_where_it_sends_nothing_back_from_aside():
    lamp = facts(**THREE | {"dark_level": 140.0, "off_share": 0.0, "swing": 4.0, "smooth": 1.0})
    assert lens.judge(lamp).against == "shines by itself"


def test_a_dome_that_shines_alike_from_aside_never_alarms():
    dome = facts(**THREE, off_share=0.98, swing=1.3, smooth=0.5)
    assert lens.judge(dome).against == "light from aside"
    assert probability(dome) < lens.ALARM_AT


def test_the_less_light_comes_back_from_aside_the_more_like_a_lens():
    weights = [total(facts(**THREE, off_share=share)) for share in (0.0, 0.5, 0.65, 0.8, 0.92, 1.0)]
    assert weights == sorted(weights, reverse=True)
    assert weights[0] > weights[-1] + 3


def test_light_from_aside_is_only_judged_where_there_was_any():
    assert "light from aside" not in kinds(facts(**SWITCHED, off_share=0.9))


def aside(**changes):
    (reason,) = (r for r in lens.judge(facts(**THREE, **changes)).reasons if r.kind == "light from aside")
    return reason


def test_a_lens_that_loses_a_quarter_of_its_light_from_aside_is_not_taken_for_a_dome():
    """Lobes of 25 mrad at 3.5 m and a ring 50 mm aside: by the law of b / (d lobe) three quarters stay, of grey levels 0.88."""
    assert aside(off_share=0.88).weight > aside(off_share=0.99).weight + 2.5
    assert aside(off_share=0.88, rings=rings_at([3.5])).weight > 0.5
    assert aside(off_share=0.99).weight < -3.5
    assert len({aside(off_share=share).says for share in (0.1, 0.75, 0.99)}) == 3


def test_where_the_law_cannot_tell_them_apart_nothing_is_said():
    """A second ring as near as the first: b / d lies inside every lobe, and a dome and a lens look alike."""
    near = Rings(aside_m=(0.003, 0.003))
    for share in (0.05, 0.5, 1.0):
        assert "light from aside" not in kinds(facts(**THREE, off_share=share, rings=near))
        assert "light from aside" in kinds(facts(**THREE, off_share=share))


def test_what_ever_shines_more_from_aside_is_a_facet():
    usual, facet = aside(off_share=0.65, off_most=0.9), aside(off_share=0.65, off_most=1.5)
    assert usual.weight > 2.0
    assert facet.weight < -2.5
    assert "facet" in facet.says
    near = Rings(aside_m=(0.003, 0.003))
    assert "light from aside" not in kinds(facts(**THREE, off_share=1.0, off_most=1.2, rings=near))


def test_who_names_the_distance_gets_the_law_for_that_distance():
    """A lens 1 m away keeps nothing of light from 50 mm aside; one 4 m away may keep two thirds."""
    two_thirds = {away: aside(off_share=0.78, rings=rings_at([away])) for away in (1.0, 4.0)}
    assert two_thirds[1.0].weight < -1 < 1 < two_thirds[4.0].weight
    assert "0.7 to 1.5 m" in two_thirds[1.0].says


def test_light_from_aside_is_told_with_the_numbers_of_the_law():
    lens_like, dome_like = aside(off_share=0.3), aside(off_share=1.0)
    assert lens_like.says.startswith("Light from 50 mm aside leaves 7 % of it: of lenses 0.5 to 4.0 m away 88 % keep less than half")
    assert "leaves 100 % of it: of lenses 0.5 to 4.0 m away 0 % keep as much" in dome_like.says
    assert lens_like.measured == pytest.approx(0.07)
    assert "hardly any" in aside(off_share=0.02).says


def test_what_flickers_while_lit_says_little_by_missing_in_other_light():
    assert aside(off_share=0.02, held=0.4).weight < 0.3 * aside(off_share=0.02, held=1.0).weight
    assert aside(off_share=0.99, held=0.4).weight == aside(off_share=0.99, held=1.0).weight
    on_off = [total(facts(**SWITCHED | {"dark_level": 0.0}, held=held)) for held in (0.3, 0.6, 0.9)]
    assert on_off == sorted(on_off)
    assert on_off[-1] > on_off[0] + 1.0


def weight_of(kind, known):
    return next(reason.weight for reason in lens.judge(known).reasons if reason.kind == kind)


@pytest.mark.parametrize("core", [0.0, 2.0, 6.0])
def test_a_point_is_as_broad_as_its_strength_makes_it_and_a_disc_broader(core):
    point = float(np.interp(core, *look.POINT_WIDTHS))
    assert weight_of("size", facts(core=core, width=point)) > 0
    assert weight_of("size", facts(core=core, width=point + 0.6)) < -2


def test_what_flashes_beside_it_leaves_it_no_longer_alone():
    assert "alone" in kinds(facts())
    assert "alone" not in kinds(facts(flashers=1))


def test_a_crowd_in_a_busy_place_says_more_than_a_crowd():
    assert weight_of("crowd", facts(crowd=3.0, neighbours=9)) < weight_of("crowd", facts(crowd=3.0)) < 0


def test_a_lamp_beside_it_says_more_where_it_slides_and_less_from_afar():
    still, slid, far = (weight_of("mirrored lamp", facts(lamp_px=px, lamp_slide=slide)) for px, slide in ((20.0, 0.5), (20.0, 5.0), (42.0, 5.0)))
    assert slid < still < 0
    assert slid < far < 0
    assert "mirrored lamp" not in kinds(facts(lamp_px=55.0, lamp_slide=5.0))


def test_what_stays_when_the_torch_goes_out_grows_against_a_lens():
    weights = [weight_of("torch on and off", facts(**SWITCHED | {"dark_level": level, "dimming": 0.9})) for level in (0.0, 18.0, 34.0, 40.0)]
    assert weights[0] == weights[1] > 0 > weights[2] > weights[3]
    reason = next(r for r in lens.judge(facts(**SWITCHED | {"dark_level": 40.0, "dimming": 0.9})).reasons if r.kind == "torch on and off")
    assert "Part of it stays" in reason.says


def test_what_stays_speaks_as_much_against_a_lens_in_a_lit_room():
    """In a room that stays a third as bright a pattern keeps as much as half a mirrored lamp does; a lens keeps nothing."""
    lit_room, dark_room = (SWITCHED | {"dark_level": 40.0, "dimming": dimming} for dimming in (0.3, 0.9))
    assert weight_of("torch on and off", facts(**lit_room)) == weight_of("torch on and off", facts(**dark_room))
    assert weight_of("torch on and off", facts(**lit_room | {"dark_level": 8.0})) >= 0.0


def test_who_looked_for_three_seconds_does_not_know_yet_that_it_was_brief():
    known = {"looked_px": 500.0, "travel": 100.0}
    assert "brief flash" not in kinds(facts(looked_frames=90, **known))
    assert "brief flash" in kinds(facts(looked_frames=150, **known))


def test_who_looked_for_long_sees_a_lens_shine_for_a_second_at_a_time():
    known = {"looked_px": 500.0, "travel": 400.0, "lasted": 17.0}
    assert "brief flash" not in kinds(facts(looked_frames=90, **known))
    reason = next(r for r in lens.judge(facts(looked_frames=300, **known)).reasons if r.kind == "brief flash")
    assert "17 pictures" in reason.says
    assert "brief flash" not in kinds(facts(looked_frames=300, **known | {"lasted": 44.0}))


def test_in_a_long_look_a_ball_changes_too():
    ball = {"outline": 0.3, "swing": 1.9, "smooth": 0.9, "looked_px": 500.0, "travel": 400.0}
    assert weight_of("outline", facts(looked_frames=300, **ball)) < weight_of("outline", facts(looked_frames=90, **ball)) < 0


def test_in_a_long_look_a_lens_changes_by_more_and_smoothly():
    little, much = {"swing": 1.5, "smooth": 1.0}, {"swing": 4.0, "smooth": 1.0}
    jagged = much | {"smooth": 0.1}
    short, long = ({key: weight_of("angle", facts(looked_frames=frames, looked_px=400.0, **how)) for key, how in (("little", little), ("much", much), ("jagged", jagged))} for frames in (90, 300))
    assert long["little"] < short["little"]
    assert long["much"] == short["much"] > 0
    assert long["jagged"] < 0 == short["jagged"]


def test_in_a_long_look_a_lens_is_alone():
    def weights(frames):
        return [total(facts(looked_frames=frames, looked_px=400.0, travel=400.0, neighbours=count)) for count in (0, 1, 2, 4)]

    assert len(set(weights(90))) == 1
    falling = weights(300)
    assert falling == sorted(set(falling), reverse=True)
    two, three = (next(r.says for r in lens.judge(facts(looked_frames=300, looked_px=400.0, neighbours=count)).reasons if r.kind == "busy place") for count in (2, 3))
    assert two.startswith("2 other glints were seen around it")
    assert three.startswith("3 other glints were seen around it")


def test_who_held_still_has_not_looked_long_from_anywhere_else():
    known = {"looked_px": 100.0, "travel": 20.0, "swing": 2.0, "smooth": 0.1}
    assert weight_of("angle", facts(looked_frames=600, **known)) == weight_of("angle", facts(looked_frames=90, **known))
    assert "brief flash" not in kinds(facts(looked_frames=600, **known))


def test_a_long_way_is_not_brief_however_small_a_part_of_all_it_was():
    assert "brief flash" not in kinds(facts(looked_frames=900, looked_px=1200.0, travel=230.0))


def test_a_few_things_around_it_are_chance_and_many_are_foil():
    alone = {n: total(facts(neighbours=n)) for n in (0, 5, 7, 9, 14)}
    assert alone[0] == alone[5] > alone[7] > alone[9] == alone[14]
    assert "busy place" in kinds(facts(neighbours=9))
    assert "alone" in kinds(facts(neighbours=3))
    assert not {"alone", "busy place"} & kinds(facts(crowd=1.0))


def test_a_narrow_black_box_before_a_light_wall_is_no_dome():
    """Levels 7, 5 and 14 px out, of a lens in a router and of a chrome knob."""
    router, knob = facts(floor=57.0, ring=58.0, far=119.0, through=100.0), facts(floor=85.0, ring=103.0, far=170.0, through=150.0)
    assert "dark ring" not in kinds(router)
    assert "dark ring" in kinds(knob)


def test_the_black_frame_of_a_picture_is_no_dome():
    """Dark around it, light on either side, and dark again up and down the frame."""
    knob = facts(floor=70.0, ring=30.0, far=110.0, through=90.0)
    frame = dataclasses.replace(knob, through=28.0)
    assert "dark ring" in kinds(knob)
    assert "dark ring" not in kinds(frame)
    assert total(frame) > total(knob) + 3.0


def test_a_small_light_box_before_a_dark_wall_is_no_dome():
    """Levels 5, 7 and 14 px out, and how they differ around the circle, of a lens in an incense holder and of a knob."""
    shaded = {"core": 1.0, "ring": 103.0, "floor": 86.0, "far": 64.0}
    holder, knob = facts(**shaded, rough=18.0), facts(**shaded, rough=7.0)
    assert weight_of("surroundings", knob) < -2.0
    assert "surroundings" not in kinds(holder)
    # in the dark a few levels of noise are no difference
    assert weight_of("surroundings", facts(core=1.0, ring=26.0, floor=22.0, far=17.0, rough=5.5)) < -2.0


def test_what_changes_with_the_angle_is_no_ball_however_round_its_host():
    ball, button = facts(outline=0.3, swing=1.1), facts(outline=0.3, swing=2.4, smooth=0.9)
    assert "outline" in {reason.kind for reason in lens.judge(ball).reasons}
    assert "outline" not in {reason.kind for reason in lens.judge(button).reasons}


def test_where_nobody_looked_for_an_outline_nothing_is_said():
    assert total(facts(outline=0.0)) == total(facts(outline=NONE))


def test_a_second_glint_close_by_says_more_where_many_others_were_seen():
    """A lens in a shiny hole has one beside it; foil has that and a dozen more."""
    weights = [weight_of("double highlight", facts(beside=9.0, crowd=1.0, neighbours=count)) for count in (0, 5, 7, 9, 20)]
    assert weights[0] == weights[1] > weights[2] > weights[3] == weights[4]
    says = next(r.says for r in lens.judge(facts(beside=9.0, neighbours=9)).reasons if r.kind == "double highlight")
    assert "9 in all were seen" in says


def test_a_printed_dot_that_fades_with_the_room_is_no_reflection():
    dot = facts(**SWITCHED | {"level": 90.0, "dark_level": 36.0, "peak": 180.0})
    assert probability(dot) < lens.SHOW_AT


def kinds(known):
    return {reason.kind for reason in lens.judge(known).reasons}


def test_without_a_dark_look_nothing_is_said_about_switching():
    assert not {"torch on and off", "shines by itself"} & kinds(GLINT)


def test_a_steady_lamp_of_one_colour_is_refused_under_a_steady_torch():
    for hue in ("blue", "green", "red"):
        indicator = facts(tint=0.8, hue=hue, swing=1.05)
        assert probability(indicator) < lens.SHOW_AT
        assert any(hue in reason.says for reason in lens.judge(indicator).reasons)


def test_a_colour_weighs_less_where_darkness_has_shown_that_it_does_not_shine_by_itself():
    def cost(more):
        return total(facts(**more)) - total(facts(**more, tint=0.8, hue="green"))

    assert cost(SWITCHED) < cost({})


def test_a_still_picture_says_nothing_about_staying():
    assert not {"fixed", "sliding"} & kinds(facts(drift=math.nan))


@pytest.mark.parametrize("extra", [{}, SWITCHED, THREE])
def test_few_sightings_never_alarm_by_their_looks_alone(extra):
    """All that a single picture could show speaks for it; without angle or switching it stays a candidate."""
    few = facts(**extra | {"seen": lens.FEWEST_SIGHTINGS, "lit": 40, "dark": 0, "off_axis": 0, "swing": 9.0, "smooth": 1.0})
    assert probability(few) < lens.ALARM_AT


def test_a_steady_glint_that_never_changed_does_not_alarm():
    assert probability(facts(swing=1.05, smooth=0.0)) < lens.ALARM_AT


def test_a_jumping_brightness_is_worth_less_than_a_smooth_one():
    assert total(facts(swing=5.0, smooth=0.1)) < total(facts(swing=5.0, smooth=1.0)) - 1


@pytest.mark.parametrize("doubt", [{"travel": 5.0}, {"held": 0.4}])
def test_what_changes_while_the_picture_stands_still_or_flickers_did_not_change_with_the_angle(doubt):
    swings = {"swing": 5.0, "smooth": 1.0}
    assert total(facts(**swings | doubt)) < total(facts(**swings)) - 1.5


def test_crowds_weigh_more_the_larger_they_are():
    weights = [total(facts(crowd=float(n))) for n in (0, 4, 6, 9, 30)]
    assert weights == sorted(weights, reverse=True)


# --- the law for every reason

GRID = [
    facts(**SWITCHED | dict(zip(("dark_level", "swing", "smooth", "peak", "tint", "core"), values, strict=True)))
    for values in itertools.product((0.0, 60.0, 140.0), (1.0, 1.6, 6.0), (0.0, 1.0), (120.0, 255.0), (0.0, 0.9), (0.0, 30.0))
]
REASONS = [reason for known in [*GRID, *every_pair_of_facts()] for reason in lens.judge(known).reasons]
FORBIDDEN = re.compile(r"\b(safe|clean)\b", re.IGNORECASE)


def test_no_kind_speaks_twice_about_one_glint():
    for known in [*GRID, *every_pair_of_facts()]:
        kinds = [reason.kind for reason in lens.judge(known).reasons]
        assert len(kinds) == len(set(kinds))


def test_every_reason_is_a_sentence_with_what_was_measured_its_unit_and_its_source():
    for reason in REASONS:
        assert reason.says[0].isupper() or reason.says[0].isdigit()
        assert reason.says.endswith(".")
        assert len(reason.says.split()) >= 5
        assert reason.measured is not None
        assert reason.unit
        assert reason.source
        assert reason.kind


def test_no_reason_promises_anything():
    for reason in REASONS:
        assert not FORBIDDEN.search(reason.says)
        assert not FORBIDDEN.search(reason.kind)


def test_the_same_kind_does_not_say_the_same_for_and_against():
    signs = {}
    for reason in REASONS:
        if abs(reason.weight) > 0.5:
            signs.setdefault((reason.kind, re.sub(r"[\d.]+", "#", reason.says)), set()).add(reason.weight > 0)
    told_apart = {kind for (kind, _), both in signs.items() if len(both) == 1}
    assert {"torch on and off", "light from aside", "level", "size", "colour"} <= told_apart


def test_no_single_reason_makes_anything_certain():
    assert max(probability_of(lens.PRIOR, {"alone": reason.weight}) for reason in REASONS) < 0.8
    assert all(abs(reason.weight) <= 7.0 for reason in REASONS)


def test_what_is_refused_names_the_strongest_reason_against():
    for known in every_pair_of_facts():
        verdict = lens.judge(known)
        worst = min(verdict.reasons, key=lambda reason: reason.weight)
        assert verdict.against == (worst.kind if worst.weight < 0 else "too little seen")


def test_an_alarm_asks_for_more_than_being_shown():
    assert 0.0 < lens.PRIOR < lens.SHOW_AT < lens.ALARM_AT < 1.0


def test_judging_twice_gives_the_same():
    assert lens.judge(GLINT) == lens.judge(GLINT)
