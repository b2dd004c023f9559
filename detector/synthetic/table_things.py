"""What stands on tables and shelves.  Each maker is given the point on which the thing stands."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from detector.synthetic.glints import Dome, Facets, Gloss, Led
from detector.synthetic.kit import MARK_M, TOWARDS, Kit, flat
from detector.synthetic.radiometry import Floats
from detector.synthetic.solids import Ball, Tube, rounded
from detector.synthetic.textures import Colour

RED: Colour = (0.05, 0.08, 1.0)
GREEN: Colour = (0.15, 1.0, 0.1)
BLUE: Colour = (1.0, 0.35, 0.1)


def _up(metres: float) -> Floats:
    return np.array([0.0, -metres, 0.0])


def _front(kit: Kit, foot: Floats, aside: float, up: float) -> Floats:
    """A point on the front of a thing, `aside` from its middle at most."""
    point: Floats = foot + np.array([kit.between(-aside, aside), -up, -MARK_M])
    return point


def led(kit: Kit, at: Floats, tint: Colour) -> None:
    """An indicator; a third of them blink, at 0.5 to 9 Hz."""
    hertz = kit.between(0.5, 9.0) if kit.chance(0.33) else 0.0
    level = math.exp(kit.between(math.log(2.0), math.log(80.0)))
    kit.glints.append(
        Led(at + MARK_M * TOWARDS, TOWARDS, level, tint, hertz, kit.between(0.2, 0.8), kit.between(0, 1))
    )


def clock(kit: Kit, foot: Floats) -> None:
    """Digital alarm clock with red figures."""
    kit.block(foot, (0.15, 0.065, 0.05), "plain", (0.03, 0.03, 0.03))
    for number in range(4):
        at = foot + np.array([0.024 * number - 0.046, -0.036, -MARK_M])
        figure = np.zeros((14, 8, 3), np.float32)
        for bar in (
            np.s_[0:2, :],
            np.s_[6:8, :],
            np.s_[12:14, :],
            np.s_[:, 6:8],
            np.s_[0:7, 0:2],
            np.s_[7:14, 0:2],
        ):
            figure[bar] = (0.05, 0.05, 0.9) if kit.chance(0.7) else figure[bar]
        panel = kit.plate(at, 0.014, 0.028, (figure * 255).astype(np.uint8), layer=4)
        kit.solids[-1] = replace(panel, glow=kit.between(0.25, 1.2))
    kit.hole("clock", foot + np.array([0.062, -0.036, 0.0]))


def router(kit: Kit, foot: Floats) -> None:
    """Router with a row of indicators."""
    kit.block(foot, (0.20, 0.035, 0.12), "plain", (0.03, 0.03, 0.03))
    tint = [GREEN, BLUE, RED][int(kit.rng.integers(3))]
    for number in range(int(kit.rng.integers(2, 6))):
        led(kit, foot + np.array([0.022 * number - 0.07, -0.018, 0.0]), tint)
    kit.hole("router", foot + np.array([0.075, -0.018, 0.0]))


def vase(kit: Kit, foot: Floats) -> None:
    """Glazed ball vase."""
    radius = kit.between(0.035, 0.08)
    centre = foot + _up(radius) - np.array([0.0, 0.0, -radius])
    kit.solids.append(Ball(centre, radius, kit.colour()))
    kit.glints.append(Dome("glazed vase", centre, radius, kit.between(0.03, 0.07)))


def kettle(kit: Kit, foot: Floats) -> None:
    """Steel kettle: a large mirror ball with a knob."""
    radius = kit.between(0.07, 0.09)
    centre = foot + _up(radius) + np.array([0.0, 0.0, radius])
    kit.solids += [
        Ball(centre, radius, (0.20, 0.20, 0.20)),
        Ball(centre + _up(radius + 0.012), 0.014, (0.03, 0.03, 0.03)),
    ]
    kit.glints.append(Dome("steel kettle", centre, radius, kit.between(0.4, 0.65)))


def bottle(kit: Kit, foot: Floats) -> None:
    """Glossy bottle with a shoulder and a lid; its label may hide a pinhole."""
    radius, height = kit.between(0.025, 0.038), kit.between(0.14, 0.24)
    body = rounded(kit.paint("plain", 2 * radius, height, kit.colour()))
    middle = foot + np.array([0.0, 0.0, radius])
    kit.solids.append(Tube(middle, radius, height, body))
    neck = rounded(flat(kit.colour()))
    kit.solids.append(Tube(middle + _up(height), radius * 0.4, 0.03, neck))
    fresnel = kit.between(0.03, 0.06)
    kit.glints.append(Gloss("bottle", middle, radius, height, fresnel, math.radians(kit.between(1.5, 8.0))))
    shoulder = middle + _up(height) + _up(-0.6 * radius)
    kit.glints.append(
        Dome("bottle", shoulder, radius, fresnel, cap=np.array([0.0, -0.7, -0.7]), cap_deg=40.0)
    )
    kit.hole("bottle", foot + _up(height * kit.between(0.5, 0.8)))


def tumbler(kit: Kit, foot: Floats) -> None:
    """Wet drinking glass: a bright line and drops."""
    radius, height = 0.032, kit.between(0.09, 0.13)
    middle = foot + np.array([0.0, 0.0, radius])
    kit.solids.append(Tube(middle, radius, height, rounded(flat((0.22, 0.22, 0.20)))))
    kit.glints.append(Gloss("tumbler", middle, radius, height, 0.08, math.radians(2.0)))
    for _ in range(int(kit.rng.integers(6, 20))):
        turn = kit.between(-1.2, 1.2)
        side = np.array([math.sin(turn), 0.0, -math.cos(turn)]) * radius
        at = middle + side + _up(kit.between(0.01, height - 0.01))
        kit.glints.append(Dome("water drop", at, kit.between(0.001, 0.003), 0.15))


def books(kit: Kit, foot: Floats) -> None:
    """Books upright; one spine has a hole."""
    left, spines = -0.10, int(kit.rng.integers(4, 8))
    holed = int(kit.rng.integers(spines))
    for number in range(spines):
        wide, high = kit.between(0.018, 0.042), kit.between(0.16, 0.23)
        at = foot + np.array([left + wide / 2.0, 0.0, kit.between(0.0, 0.02)])
        kit.block(at, (wide, high, 0.13), "striped" if kit.chance(0.4) else "cloth", kit.colour(0.03, 0.5))
        if number == holed:
            kit.hole("book spine", at + _up(high * kit.between(0.4, 0.85)))
        left += wide + 0.002


def speaker(kit: Kit, foot: Floats) -> None:
    """Loudspeaker with a metal tweeter."""
    kit.block(foot, (0.15, 0.26, 0.18), "plain", (0.03, 0.03, 0.03))
    for up, radius in ((0.19, 0.013), (0.09, 0.045)):
        kit.solids.append(
            Ball(foot + _up(up) + np.array([0.0, 0.0, 0.6 * radius]), radius, (0.10, 0.10, 0.10))
        )
    tweeter = foot + _up(0.19) + np.array([0.0, 0.0, 0.008])
    kit.glints.append(Dome("tweeter", tweeter, 0.013, kit.between(0.2, 0.5), cap_deg=60.0))
    kit.hole("speaker", _front(kit, foot, 0.05, 0.245))


def plant(kit: Kit, foot: Floats) -> None:
    """Pot plant with waxy leaves, each a gently curved mirror over few degrees."""
    middle = foot + np.array([0.0, 0.0, 0.05])
    kit.solids.append(Tube(middle, 0.045, 0.08, rounded(kit.paint("plain", 0.09, 0.08, (0.12, 0.20, 0.45)))))
    for _ in range(int(kit.rng.integers(7, 16))):
        radius = kit.between(0.012, 0.03)
        at = middle + np.array([kit.between(-0.08, 0.08), -kit.between(0.11, 0.30), kit.between(-0.06, 0.06)])
        green = (0.05, kit.between(0.12, 0.3), 0.06)
        kit.solids.append(Ball(at, radius, green))
        cap = np.array([kit.between(-0.8, 0.8), kit.between(-0.9, 0.3), -1.0])
        kit.glints.append(Dome("waxy leaf", at, radius, 0.05, cap=cap, cap_deg=kit.between(10.0, 40.0)))


def toy(kit: Kit, foot: Floats) -> None:
    """Soft toy whose glass eyes shine."""
    fur = kit.colour(0.05, 0.3)
    kit.solids += [
        Ball(foot + np.array([0.0, -0.07, 0.07]), 0.07, fur),
        Ball(foot + np.array([0.0, -0.17, 0.06]), 0.048, fur),
    ]
    for side in (-1.0, 1.0):
        at = foot + np.array([side * 0.019, -0.18, 0.017])
        kit.solids.append(Ball(at, 0.0065, (0.01, 0.01, 0.01)))
        kit.glints.append(Dome("toy eye", at, 0.0065, kit.between(0.04, 0.09)))


def _sheet(kit: Kit, name: str, corner: Floats, size: tuple[float, float], *, gem: bool) -> None:
    count = int(kit.rng.integers(20, 80) if gem else kit.rng.integers(80, 400))
    across, down = (kit.rng.uniform(0.02, 0.98, count) * s for s in size)
    points = corner + np.stack([across, down, np.full(count, -MARK_M)], axis=1)
    lean = kit.rng.normal(0.0, math.tan(math.radians(kit.between(10.0, 30.0))), (count, 2))
    normals = np.column_stack([lean, -np.ones(count)])
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    side = kit.rng.uniform(0.0006, 0.0030, count) * (0.7 if gem else 1.0)
    tints = kit.rng.uniform(0.2, 1.0, (count, 3)) if gem else np.tile(kit.colour(0.5, 1.0), (count, 1))
    # Flat glass shines over 1 to 2 degrees, a crease of foil over a few; a strong piece is seen twice as far.
    rough = math.radians(kit.between(0.2, 0.8) if gem else kit.between(0.3, 2.0))
    kit.glints.append(Facets(name, points, normals, side**2, tints, 0.2 if gem else 0.7, rough))


def foil_bag(kit: Kit, foot: Floats) -> None:
    """Gift bag of crumpled foil: dozens of points that flicker."""
    size = (kit.between(0.10, 0.18), kit.between(0.10, 0.20), 0.06)
    kit.block(foot, size, "terrazzo", kit.colour(0.15, 0.5))
    corner = foot - np.array([size[0] / 2.0, size[1], 0.0])
    _sheet(kit, "facet", corner, size[:2], gem=False)


def jewellery(kit: Kit, foot: Floats) -> None:
    """Cut stones on a dark stand: few points, coloured."""
    kit.block(foot, (0.08, 0.12, 0.03), "cloth", (0.02, 0.02, 0.03))
    _sheet(kit, "jewel", foot - np.array([0.03, 0.10, 0.0]), (0.06, 0.06), gem=True)


def incense_holder(kit: Kit, foot: Floats) -> None:
    """Small pot with a stick and a hole in its side."""
    middle = foot + np.array([0.0, 0.0, 0.028])
    kit.solids.append(
        Tube(middle, 0.028, 0.035, rounded(kit.paint("plain", 0.056, 0.035, (0.16, 0.24, 0.32))))
    )
    kit.solids.append(Tube(middle + _up(0.035), 0.0016, 0.14, flat((0.1, 0.12, 0.2))))
    kit.hole("incense holder", foot + _up(0.02))


def charger(kit: Kit, foot: Floats) -> None:
    """Cube charger with an indicator and a hole."""
    tone = kit.between(0.03, 0.75)
    kit.block(foot, (0.045, 0.05, 0.045), "plain", (tone, tone, tone))
    led(kit, foot + np.array([0.012, -0.042, 0.0]), GREEN)
    kit.hole("charger", foot + _up(0.026))


def tissues(kit: Kit, foot: Floats) -> None:
    """Box of paper tissues, plain or gaudy, with a hole in its side."""
    kit.block(foot, (0.22, 0.09, 0.11), "abstract" if kit.chance(0.5) else "dotted", kit.colour())
    kit.hole("tissue box", _front(kit, foot, 0.09, 0.05))


def table_lamp(kit: Kit, foot: Floats) -> None:
    """Globe lamp, shining where the room is not dark."""
    middle = foot + np.array([0.0, 0.0, 0.06])
    kit.solids.append(Tube(middle, 0.007, 0.20, flat((0.02, 0.02, 0.02))))
    glow = kit.between(0.3, 1.5) if kit.lamps_on and kit.chance(0.5) else 0.0
    kit.solids.append(Ball(middle + _up(0.25), 0.055, (0.62, 0.72, 0.76), glow=glow))


def tap(kit: Kit, foot: Floats) -> None:
    """Chrome tap: a post with a ball on top."""
    middle = foot + np.array([0.0, 0.0, 0.02])
    kit.solids.append(Tube(middle, 0.012, 0.12, rounded(flat((0.2, 0.2, 0.2)))))
    kit.glints.append(Gloss("chrome post", middle, 0.012, 0.12, 0.55, math.radians(1.5)))
    kit.solids.append(Ball(middle + _up(0.13), 0.018, (0.12, 0.12, 0.12)))
    kit.glints.append(Dome("chrome knob", middle + _up(0.13), 0.018, 0.6))


TABLE_THINGS: dict[str, tuple[float, Callable[[Kit, Floats], None]]] = {
    "clock": (0.17, clock), "router": (0.22, router), "vase": (0.17, vase), "kettle": (0.19, kettle),
    "bottle": (0.09, bottle), "tumbler": (0.09, tumbler), "books": (0.24, books), "speaker": (0.17, speaker),
    "plant": (0.18, plant), "toy": (0.15, toy), "foil bag": (0.20, foil_bag), "jewellery": (0.10, jewellery),
    "incense holder": (0.08, incense_holder), "charger": (0.07, charger), "tissues": (0.24, tissues),
    "table lamp": (0.13, table_lamp), "tap": (0.08, tap),
}  # fmt: skip
"""Name to width in metres and maker."""
