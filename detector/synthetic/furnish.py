"""A plan to a furnished room: shell, furniture, things, and where the lenses hide."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from detector.synthetic.glints import Glint, Lens
from detector.synthetic.kit import DOWN, TOWARDS, Hole, Kit
from detector.synthetic.light import RoomLamp, draw_lamps
from detector.synthetic.plan import Kind, LensPlan, RoomPlan
from detector.synthetic.radiometry import Floats
from detector.synthetic.solids import Panel, Solid, blockers
from detector.synthetic.table_things import TABLE_THINGS
from detector.synthetic.textures import Colour
from detector.synthetic.view import Hand, Manner, View, draw_hand
from detector.synthetic.wall_things import WALL_THINGS, screw_hole

FLOOR_M = 1.4
CEILING_M = -1.3
GAP_M = 0.03
KEPT = {"tape": 0.3, "foil bag": 0.5, "jewellery": 0.5}
"""How often things are there that few rooms have; others stand in four rooms of five."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What may be found in one kind of room."""

    walls: tuple[str, ...]
    table: str
    on_table: tuple[str, ...]
    on_wall: tuple[str, ...]


RECIPES: dict[Kind, Recipe] = {
    "hotel": Recipe(
        ("plain", "dotted", "striped"),
        "wood",
        ("clock", "kettle", "bottle", "bottle", "tumbler", "charger", "tissues", "table lamp", "foil bag", "router"),
        ("television", "picture", "smoke detector", "socket", "wall clock", "stud"),
    ),
    "bathroom": Recipe(
        ("tiles", "tiles", "terrazzo"),
        "plain",
        ("bottle", "bottle", "bottle", "tumbler", "tap", "tap", "tissues", "jewellery", "charger"),
        ("mirror", "socket", "towel", "coat hook", "screws", "drops", "screw hole"),
    ),
    "bedroom": Recipe(
        ("plain", "dotted", "striped"),
        "wood",
        ("clock", "vase", "books", "table lamp", "toy", "router", "jewellery", "foil bag", "charger", "incense holder"),
        ("picture", "picture", "socket", "stud", "wall clock", "tape", "smoke detector"),
    ),
    "cubicle": Recipe(
        ("plain", "terrazzo", "tiles"),
        "plain",
        ("tissues", "bottle", "foil bag", "tap"),
        ("screws", "screws", "coat hook", "coat hook", "screw hole", "screw hole", "drops", "tape"),
    ),
    "lounge": Recipe(
        ("brick", "plain", "wood"),
        "wood",
        ("speaker", "plant", "books", "vase", "incense holder", "toy", "router", "foil bag", "table lamp", "bottle"),
        ("picture", "television", "stud", "socket", "wall clock", "mirror"),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Furnished:
    """All that is in a room, and the hand that sweeps it."""

    solids: list[Solid]
    glints: list[Glint]
    lenses: list[Lens]
    lamps: tuple[RoomLamp, ...]
    hand: Hand


def furnish(plan: RoomPlan) -> Furnished:
    """The room of a plan; the same plan gives the same room."""
    rng = np.random.default_rng([plan.seed, 2])
    kit = Kit(rng, lamps_on=plan.ambient != "dark")
    recipe, top = RECIPES[plan.kind], float(np.clip(0.2 * plan.distance_m, 0.12, 0.5))
    reach = _shell(kit, recipe, plan.distance_m)
    _hang(kit, recipe, plan.distance_m, top, reach)
    _set_table(kit, recipe, plan.distance_m, top, reach)
    aim = top - kit.between(0.06, 0.18) * plan.distance_m
    target = np.array([kit.between(-0.1, 0.1), aim, plan.distance_m])
    hand = draw_hand(rng, Manner(plan.motion, plan.stride, plan.aside, plan.arm_m), plan.distance_m, target)
    lamps = draw_lamps(plan, rng)
    lenses = _hide(kit, plan, hand)
    return Furnished(kit.solids, [*kit.glints, *lenses], lenses, lamps, hand)


def _shell(kit: Kit, recipe: Recipe, depth: float) -> float:
    """Walls, floor and ceiling around the camera, which stands a metre from the wall behind it.

    Returns how far the far wall reaches to either side, in metres.
    """
    left, right, height, back = -kit.between(1.1, 2.2), kit.between(1.1, 2.2), FLOOR_M - CEILING_M, -1.0
    name = recipe.walls[int(kit.rng.integers(len(recipe.walls)))]
    colour, wide, deep = _wall_colour(kit, name), right - left, depth - back
    x, y, z = np.array([wide, 0, 0]), height * DOWN, np.array([0, 0, deep])
    corner = np.array([left, CEILING_M, depth])
    sides = kit.paint(name, deep, height, colour)
    kit.solids += [
        Panel(corner, x, y, kit.paint(name, wide, height, colour), 0),
        Panel(corner - z, z, y, sides, 0),
        Panel(corner + x, -z, y, sides[:, ::-1].copy(), 0),
        Panel(corner - z, x, z, kit.paint("plain", wide / 4, deep / 4, (0.7, 0.7, 0.7)), 0),
        Panel(corner + y, x, -z, kit.paint("wood", wide / 2, deep / 2, (0.08, 0.14, 0.22)), 0),
    ]
    return min(-left, right)


def _wall_colour(kit: Kit, name: str) -> Colour:
    """Pale or dark paint with a little colour; brick and wood as they are."""
    if name in ("brick", "wood"):
        tone = np.array([0.12, 0.20, 0.34] if kit.chance(0.6) else [0.35, 0.36, 0.36]) * kit.between(0.6, 1.5)
    else:
        tone = kit.between(0.06, 0.7) * kit.rng.uniform(0.75, 1.1, 3)
    blue, green, red = (float(c) for c in tone)
    return (blue, green, red)


def _row(kit: Kit, names: tuple[str, ...], widths: dict[str, float], room: float) -> list[tuple[str, float]]:
    """As many of the names, shuffled, as fit beside each other, with the middle of each.

    Each is left out at times, so that no two rooms of a kind hold the same.
    """
    placed, at = [], -room / 2.0
    for name in kit.rng.permutation(list(names)):
        if not kit.chance(KEPT.get(str(name), 0.8)):
            continue
        step = widths[str(name)] + kit.between(GAP_M, 4 * GAP_M)
        if at + step > room / 2.0:
            continue
        placed.append((str(name), at + step / 2.0))
        at += step
    return placed


def _hang(kit: Kit, recipe: Recipe, depth: float, top: float, reach: float) -> None:
    widths = {name: width for name, (width, _) in WALL_THINGS.items()}
    height = min(-0.08, top - 0.40)
    for name, x in _row(kit, recipe.on_wall, widths, min(1.25 * depth, 2.0 * reach)):
        WALL_THINGS[name][1](kit, np.array([x, height - kit.between(0.0, 0.1) * depth, depth]))


def _set_table(kit: Kit, recipe: Recipe, depth: float, top: float, reach: float) -> None:
    wide = min(kit.between(0.75, 1.1) * depth, 1.5 * reach)
    middle = kit.between(-0.15, 0.15) * depth
    front = depth - min(0.45, 0.4 * depth)
    colour = (0.55, 0.55, 0.55) if recipe.table == "plain" else (0.10, 0.20, 0.32)
    foot = np.array([middle, FLOOR_M, front])
    kit.block(foot, (wide, FLOOR_M - top, depth - front), recipe.table, colour, layer=2)
    widths = {name: width for name, (width, _) in TABLE_THINGS.items()}
    for name, x in _row(kit, recipe.on_table, widths, wide):
        inward = kit.between(0.03, max(0.04, depth - front - 0.20))
        TABLE_THINGS[name][1](kit, np.array([middle + x, top, front + inward]))


def _hide(kit: Kit, plan: RoomPlan, hand: Hand) -> list[Lens]:
    """Puts each lens into a hole that shows in the middle of the sweep; drills one where none does."""
    eye, axes = hand.pose(plan.frames / plan.fps / 2.0)
    view = View(eye, axes, plan.focal_px, plan.width, plan.height)
    free = [hole for hole in kit.holes if _shows(kit.solids, view, hole)]
    lenses = []
    for number, lens in enumerate(plan.lenses):
        hole = free.pop(int(kit.rng.integers(len(free)))) if free else _drill(kit, plan)
        lenses.append(Lens(number, hole.host, hole.at, _aim(kit, lens, view.eye - hole.at), lens))
    return lenses


def _shows(solids: list[Solid], view: View, hole: Hole) -> bool:
    (pixel,), _ = view.project(hole.at)
    margin = 0.08 * view.width
    inside = margin < pixel[0] < view.width - margin and margin < pixel[1] < view.height - margin
    return inside and not bool(blockers(solids, view).hide(view.eye, hole.at[None])[0])


def _drill(kit: Kit, plan: RoomPlan) -> Hole:
    at = np.array([kit.between(-0.25, 0.25), kit.between(-0.28, -0.2), 1.0]) * plan.distance_m
    screw_hole(kit, at)
    return kit.holes[-1]


def _aim(kit: Kit, lens: LensPlan, to_camera: Floats) -> Floats:
    """The lens's axis: turned from the camera by the planned share of its half acceptance."""
    ahead = to_camera / np.linalg.norm(to_camera)
    side = np.cross(ahead, [0.0, 1.0, 0.0])
    side /= np.linalg.norm(side)
    turn, away = kit.between(0.0, 2.0 * math.pi), math.radians(lens.accept_deg / 2.0 * lens.facing)
    aside = math.cos(turn) * side + math.sin(turn) * np.cross(side, ahead)
    axis: Floats = math.cos(away) * ahead + math.sin(away) * aside
    return axis if float(axis @ TOWARDS) > 0.0 else ahead
