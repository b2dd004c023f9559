"""What hangs on walls.  Each maker is given the middle of the thing, on the wall's surface."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from detector.synthetic.glints import Dome, Glass
from detector.synthetic.kit import MARK_M, TOWARDS, Kit, flat
from detector.synthetic.radiometry import Floats
from detector.synthetic.solids import Ball, Panel
from detector.synthetic.table_things import RED, led
from detector.synthetic.textures import Colour, Texture


def _offset(x: float, y: float, out: float) -> Floats:
    return np.array([x, y, -out])


def _askew(kit: Kit, *panels: Panel) -> list[Panel]:
    """Hung things are never quite parallel to the wall: up to two degrees either way, all parts alike."""
    slope = math.tan(math.radians(kit.between(-2.0, 2.0)))
    return [_turned(panel, slope) for panel in panels]


def _turned(panel: Panel, slope: float) -> Panel:
    lean = np.array([0.0, 0.0, slope * float(np.linalg.norm(panel.across))])
    return replace(panel, corner=panel.corner - lean / 2.0, across=panel.across + lean)


def picture(kit: Kit, middle: Floats) -> None:
    """Framed picture behind glass."""
    wide, high = kit.between(0.20, 0.42), kit.between(0.16, 0.32)
    board = kit.paint("wood", wide, high, (0.06, 0.10, 0.16))
    frame = kit.plate(middle + _offset(0, 0, 0.012), wide + 0.04, high + 0.04, board)
    name = "starry" if kit.chance(0.35) else "abstract"
    print_ = kit.plate(middle + _offset(0, 0, 0.014), wide, high, kit.paint(name, wide, high, (0, 0, 0)))
    kit.solids[-2:] = hung = _askew(kit, frame, print_)
    if kit.chance(0.8):
        kit.glints.append(Glass("picture glass", hung[1], kit.between(0.04, 0.09)))


def mirror(kit: Kit, middle: Floats) -> None:
    """Mirror that shows the wall behind the person and, square on, the torch itself."""
    wide, high = kit.between(0.30, 0.5), kit.between(0.35, 0.6)
    frame = kit.plate(middle + _offset(0, 0, 0.004), wide + 0.015, high + 0.015, flat((0.18, 0.18, 0.18)))
    panel = kit.plate(middle + _offset(0, 0, 0.008), wide, high, flat((0.03, 0.03, 0.03)))
    behind = kit.paint("striped" if kit.chance(0.5) else "plain", 2.0, 1.3, kit.colour(0.15, 0.5))
    far = middle[2] + kit.between(1.0, 2.5)
    image = Panel(np.array([-3.0, -2.0, far]), np.array([6.0, 0.0, 0.0]), np.array([0.0, 4.0, 0.0]), behind)
    frame, panel = _askew(kit, frame, panel)
    hung = replace(panel, reflects=image)
    kit.solids[-2:] = [frame, hung]
    kit.glints.append(Glass("mirror", hung, 0.9))


def television(kit: Kit, middle: Floats) -> None:
    """Flat screen: dark or playing, with a standby light; its bezel could hold a lens."""
    wide, high = 0.62, 0.36
    kit.plate(middle + _offset(0, 0, 0.030), wide + 0.02, high + 0.03, flat((0.015, 0.015, 0.015)))
    playing = kit.lamps_on and kit.chance(0.3)
    shows = kit.paint("abstract", wide, high, (0, 0, 0)) if playing else flat((0.012, 0.012, 0.012))
    screen = kit.plate(middle + _offset(0, -0.005, 0.032), wide, high, shows)
    glow = kit.between(0.1, 0.8) if playing else 0.0
    panel = kit.solids[-1] = replace(screen, glow=glow, flutter=True)
    kit.glints.append(Glass("tv screen", panel, kit.between(0.01, 0.04), haze_px=kit.between(1.0, 6.0)))
    led(kit, middle + _offset(kit.between(-0.2, 0.2), high / 2.0 + 0.008, 0.033), RED)
    kit.hole("tv bezel", middle + _offset(kit.between(-0.25, 0.25), high / 2.0 + 0.008, 0.032))


def _disc(colour: Colour, size: int = 64) -> Texture:
    picture = np.full((size, size, 3), [255.0 * c for c in colour], np.uint8)
    cv2.circle(picture, (size // 2, size // 2), size // 3, [190.0 * c for c in colour], 2, cv2.LINE_AA)
    return picture


def socket(kit: Kit, middle: Floats) -> None:
    """Mains socket: a white plate with two dark holes, and room for a third."""
    face = np.full((44, 44, 3), 185, np.uint8)
    for x in (15, 29):
        cv2.circle(face, (x, 22), 2, (8, 8, 8), -1)
    kit.plate(middle + _offset(0, 0, 0.010), 0.085, 0.085, face)
    kit.hole("wall socket", middle + _offset(0.0, kit.between(-0.03, 0.03), 0.010))


def smoke_detector(kit: Kit, middle: Floats) -> None:
    """Round white detector with a red light."""
    panel = kit.plate(middle + _offset(0, 0, 0.030), 0.10, 0.10, _disc((0.72, 0.74, 0.75)))
    kit.solids[-1] = replace(panel, round=True)
    led(kit, middle + _offset(0.028, 0.0, 0.030), RED)
    kit.hole("smoke detector", middle + _offset(0.0, 0.015, 0.030))


def wall_clock(kit: Kit, middle: Floats) -> None:
    """Round clock behind glass."""
    face = _disc((0.7, 0.7, 0.68), 96)
    cv2.line(face, (48, 48), (48, 18), (10, 10, 10), 3)
    cv2.line(face, (48, 48), (70, 58), (10, 10, 10), 3)
    panel = kit.plate(middle + _offset(0, 0, 0.030), 0.24, 0.24, face)
    hung = kit.solids[-1] = replace(_askew(kit, panel)[0], round=True)
    kit.glints.append(Glass("clock glass", hung, 0.06))
    kit.hole("wall clock", middle + _offset(0.0, 0.06, 0.034))


def screws(kit: Kit, middle: Floats) -> None:
    """Four domed screws, polished or dull, each in a dark ring."""
    radius, fresnel = kit.between(0.002, 0.005), kit.between(0.15, 0.6)
    wide, high = kit.between(0.03, 0.12), kit.between(0.03, 0.12)
    for x in (-wide, wide):
        for y in (-high, high):
            at = middle + _offset(x, y, 0.0)
            kit.plate(
                at + _offset(0, 0, MARK_M), 2.6 * radius, 2.6 * radius, flat((0.08, 0.08, 0.08)), layer=2
            )
            kit.glints.append(Dome("screw", at, radius + 0.002, fresnel, cap_deg=70.0))


def stud(kit: Kit, middle: Floats) -> None:
    """Row of brass studs."""
    radius = kit.between(0.004, 0.007)
    for number in range(int(kit.rng.integers(1, 6))):
        at = middle + _offset(0.06 * number, 0.0, 0.0)
        kit.solids.append(Ball(at, radius, (0.05, 0.16, 0.22), layer=2))
        kit.glints.append(Dome("brass stud", at, radius, kit.between(0.3, 0.6), (0.35, 0.75, 1.0)))


def coat_hook(kit: Kit, middle: Floats) -> None:
    """Coat hook on a plate, with a chrome knob and a hole above it."""
    kit.plate(middle + _offset(0, 0, 0.008), 0.03, 0.11, flat((0.10, 0.10, 0.10)))
    knob = middle + _offset(0.0, 0.03, 0.03)
    kit.solids.append(Ball(knob, 0.011, (0.12, 0.12, 0.12), layer=2))
    kit.glints.append(Dome("chrome knob", knob, 0.011, kit.between(0.3, 0.6)))
    kit.hole("coat hook", middle + _offset(0.0, -0.025, 0.008))


def screw_hole(kit: Kit, middle: Floats) -> None:
    """A mere hole in the wall."""
    kit.hole("screw hole in wall", middle, width_m=0.005)


def tape(kit: Kit, middle: Floats) -> None:
    """Strip of retro-reflective tape, as on school bags and cable reels."""
    size = (kit.between(0.01, 0.03), kit.between(0.03, 0.12))
    panel = kit.plate(middle + _offset(0, 0, MARK_M), *size, flat((0.5, 0.5, 0.5)))
    kit.solids[-1] = replace(panel, tape=kit.between(60.0, 500.0))


def drops(kit: Kit, middle: Floats) -> None:
    """Splashes of water on a wall."""
    for _ in range(int(kit.rng.integers(20, 90))):
        at = middle + _offset(kit.rng.normal(0, 0.08), kit.rng.normal(0, 0.08), 0.0)
        kit.glints.append(
            Dome("water drop", at, kit.between(0.001, 0.004), kit.between(0.04, 0.2), cap_deg=60.0)
        )


def towel(kit: Kit, middle: Floats) -> None:
    """Towel on a rail."""
    cloth = kit.paint("cloth", 0.25, 0.35, kit.colour())
    kit.plate(middle + 0.03 * TOWARDS, 0.25, 0.35, cloth, layer=2)
    for x in (-0.15, 0.15):
        at = middle + _offset(x, -0.17, 0.03)
        kit.solids.append(Ball(at, 0.010, (0.12, 0.12, 0.12), layer=2))
        kit.glints.append(Dome("chrome knob", at, 0.010, 0.5))


WALL_THINGS: dict[str, tuple[float, Callable[[Kit, Floats], None]]] = {
    "picture": (0.48, picture), "mirror": (0.54, mirror), "television": (0.68, television), "socket": (0.12, socket),
    "smoke detector": (0.14, smoke_detector), "wall clock": (0.28, wall_clock), "screws": (0.26, screws),
    "stud": (0.30, stud), "coat hook": (0.08, coat_hook), "screw hole": (0.04, screw_hole), "tape": (0.06, tape),
    "drops": (0.34, drops), "towel": (0.34, towel),
}  # fmt: skip
"""Name to width in metres and maker."""
