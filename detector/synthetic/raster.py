"""Solids to a linear picture: painted from far to near, lit by torch and room lamps."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.synthetic import radiometry as law
from detector.synthetic.light import Light, Rows
from detector.synthetic.radiometry import Floats
from detector.synthetic.solids import Ball, Panel, Solid, Tube
from detector.synthetic.view import NEAR_M, View

Linear = NDArray[np.float32]
"""(h, w, 3) BGR in units of saturation, unbounded."""
Window = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels, the last two outside."""
FINE = 4
"""Edges are worked out on a grid this much finer than the pixels."""
GRID_PX = 24
"""Light falls off smoothly: it is worked out this coarsely and spread over the pixels."""
TORCH_TINT = np.array([1.0, 1.0, 0.96])
LAMP_TINT = np.array([0.80, 0.94, 1.08])


@dataclass(frozen=True, slots=True)
class Scene:
    """What a picture is painted from."""

    view: View
    light: Light
    rows: Rows
    flutter: float
    """Level of screens in this frame."""


def paint(scene: Scene, solids: list[Solid]) -> Linear:
    """The room without its points of light."""
    picture = np.zeros((scene.view.height, scene.view.width, 3), np.float32)
    eye = scene.view.eye
    for solid in sorted(solids, key=lambda s: (s.layer, -float(((s.middle - eye) ** 2).sum()))):
        if isinstance(solid, Ball):
            _paint_ball(scene, picture, solid)
        elif isinstance(solid, Tube):
            _paint_tube(scene, picture, solid)
        elif solid.faces(eye):
            _paint_panel(scene, picture, solid)
    return picture


def _rim(panel: Panel) -> Floats:
    if panel.round:
        turn = np.linspace(0.0, 2.0 * np.pi, 32, endpoint=False)[:, None]
        ring: Floats = panel.middle + (np.cos(turn) * panel.across + np.sin(turn) * panel.down) / 2.0
        return ring
    a, b, c = panel.corner, panel.corner + panel.across, panel.corner + panel.across + panel.down
    return np.array([a, b, c, panel.corner + panel.down])


def outline(view: View, panel: Panel) -> Floats:
    """(n, 2) pixels of the part of a panel that lies before the camera; empty when none does."""
    corners = (_rim(panel) - view.eye) @ view.axes.T
    kept: list[Floats] = []
    for one, other in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if one[2] >= NEAR_M:
            kept.append(one)
        if (one[2] >= NEAR_M) != (other[2] >= NEAR_M):
            kept.append(one + (other - one) * (NEAR_M - one[2]) / (other[2] - one[2]))
    if not kept:
        return np.zeros((0, 2))
    before = np.array(kept)
    pixels: Floats = before[:, :2] / before[:, 2:] * view.focal_px + view.centre
    return pixels


def _window(view: View, polygon: Floats) -> Window | None:
    if len(polygon) == 0:
        return None
    left, top = np.maximum(np.floor(polygon.min(axis=0)) - 1, 0).astype(int)
    right, bottom = np.minimum(np.ceil(polygon.max(axis=0)) + 2, [view.width, view.height]).astype(int)
    return (int(left), int(top), int(right), int(bottom)) if left < right and top < bottom else None


def _mask(polygon: Floats, window: Window) -> NDArray[np.uint8]:
    """Share of each pixel of the window that the polygon covers, 255 for all of it.

    OpenCV's own soft edge draws a line around the polygon, which makes small things too large.
    """
    left, top, right, bottom = window
    fine = 1 if _is_wall(window) else FINE
    mask = np.zeros(((bottom - top) * fine, (right - left) * fine), np.uint8)
    points = (polygon - [left, top] + 0.5) * fine - 0.5
    cv2.fillConvexPoly(mask, np.clip(np.rint(points * 16.0), -2e7, 2e7).astype(np.int32), 255, shift=4)
    if fine == 1:
        return mask
    return np.asarray(cv2.resize(mask, (right - left, bottom - top), interpolation=cv2.INTER_AREA), np.uint8)


def _is_wall(window: Window) -> bool:
    """So large that its edge meets another wall or costs too much: blending buys nothing there."""
    return (window[2] - window[0]) * (window[3] - window[1]) > 200_000


def _warped(view: View, panel: Panel, window: Window) -> NDArray[np.uint8]:
    left, top, right, bottom = window
    height, width = panel.texture.shape[:2]
    plane = np.stack([panel.across / width, panel.down / height, panel.corner - view.eye], axis=1)
    shift = np.array([[1.0, 0.0, -left], [0.0, 1.0, -top], [0.0, 0.0, 1.0]])
    inverse = np.linalg.inv(shift @ view.matrix @ plane)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (right - left, bottom - top)
    warped = cv2.warpPerspective(panel.texture, inverse, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.uint8)


def _coarse(window: Window) -> tuple[Floats, Floats]:
    left, top, right, bottom = window
    columns = np.linspace(left, right - 1, max(2, (right - left) // GRID_PX + 1))
    rows = np.linspace(top, bottom - 1, max(2, (bottom - top) // GRID_PX + 1))
    x, y = np.meshgrid(columns, rows)
    return x, y


def irradiance(scene: Scene, points: Floats, normal: Floats) -> tuple[Floats, Floats]:
    """Room light and torch light (..., 3) on surface points, per pi: levels of a perfect white."""
    reach, towards = scene.light.torch_on(points)
    torch = reach * np.clip((towards * normal).sum(axis=-1), 0.0, 1.0)
    room = np.full(points.shape[:-1], scene.light.veil)
    for lamp in scene.light.lamps:
        away = lamp.at - points
        square = np.maximum((away**2).sum(axis=-1), 0.01)
        room = room + lamp.strength * np.clip((away * normal).sum(axis=-1), 0.0, None) / square**1.5
    return room[..., None] * LAMP_TINT / np.pi, torch[..., None] * TORCH_TINT / np.pi


def _shade(scene: Scene, panel: Panel, window: Window) -> Linear:
    x, y = _coarse(window)
    rays, normal = scene.view.rays(x, y), panel.normal
    points = scene.view.eye + _depths(scene.view, panel, rays)[..., None] * rays
    room, torch = irradiance(scene, points, normal)
    if panel.tape:
        torch = torch + _tape(scene, panel) * TORCH_TINT
    lit, about_one = (rows[:, None, None] for rows in scene.rows.between(y[:, 0]))
    level = room * about_one + torch * lit + panel.glow * _flutter(scene, panel) * np.array(panel.glow_tint)
    size = (window[2] - window[0], window[3] - window[1])
    spread = cv2.resize((level / 255.0).astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(spread, np.float32)


def _depths(view: View, panel: Panel, rays: Floats) -> Floats:
    """Depth at which rays meet the panel's plane, kept to the depths that the panel has.

    A coarse ray may pass beside the panel; seen edge on, its plane is then anywhere or behind.
    """
    own = (_rim(panel) - view.eye) @ view.axes[2]
    near, far = max(NEAR_M, float(own.min())), max(NEAR_M, float(own.max()))
    slope = rays @ panel.normal
    depth = float((panel.corner - view.eye) @ panel.normal) / np.where(np.abs(slope) < 1e-9, 1e-9, slope)
    return np.clip(np.where(depth > 0.0, depth, far), near, far)


def _flutter(scene: Scene, panel: Panel) -> float:
    return scene.flutter if panel.flutter else 1.0


def _tape(scene: Scene, panel: Panel) -> float:
    """Level of the tape itself, divided by the reflectance that the texture will multiply with."""
    away, to_lamp = scene.view.eye - panel.middle, scene.light.torch - panel.middle
    far, reach = float(np.linalg.norm(away)), float(np.linalg.norm(to_lamp))
    aside = float(np.arccos(min(1.0, float(away @ to_lamp) / far / reach)))
    entrance = float(np.arccos(min(1.0, float(panel.normal @ to_lamp) / reach)))
    return law.tape_radiance(panel.tape, aside, entrance) * float(scene.light.torch_on(panel.middle)[0])


def _lay(picture: Linear, patch: Linear, mask: NDArray[np.uint8], window: Window) -> None:
    left, top, right, bottom = window
    under = picture[top:bottom, left:right]
    if _is_wall(window):
        cv2.copyTo(patch, mask, under)
        return
    share = cv2.merge([mask, mask, mask]).astype(np.float32) / 255.0
    under[:] = under + (patch - under) * share


def _paint_panel(scene: Scene, picture: Linear, panel: Panel) -> None:
    polygon = outline(scene.view, panel)
    window = _window(scene.view, polygon)
    if window is None:
        return
    mask = _mask(polygon, window)
    albedo = _warped(scene.view, panel, window)
    patch = cv2.multiply(albedo, _shade(scene, panel, window), dtype=cv2.CV_32F)
    if panel.reflects is not None:
        behind = _warped(scene.view, panel.reflects, window)
        dim = replace(panel.reflects, tape=0.0)
        patch = cv2.add(patch, cv2.multiply(behind, 0.8 * _shade(scene, dim, window), dtype=cv2.CV_32F))
    _lay(picture, np.asarray(patch, np.float32), mask, window)


def _paint_tube(scene: Scene, picture: Linear, tube: Tube) -> None:
    strip = tube.strip(scene.view)
    _paint_panel(scene, picture, strip)
    turn = np.linspace(0.0, 2.0 * np.pi, 24, endpoint=False)
    rim = strip.corner + strip.across / 2.0
    ring = rim + tube.radius_m * np.stack([np.cos(turn), 0.0 * turn, np.sin(turn)], axis=1)
    pixels, depth = scene.view.project(ring)
    window = _window(scene.view, pixels)
    if rim[1] < scene.view.eye[1] or depth.min() < NEAR_M or window is None:
        return
    room, torch = irradiance(scene, rim, np.array([0.0, -1.0, 0.0]))
    lit, about_one = scene.rows.between(pixels[:, 1].mean())
    colour = (room * about_one + torch * lit) * np.array(tube.lid)
    patch = np.full((window[3] - window[1], window[2] - window[0], 3), colour, np.float32)
    _lay(picture, patch, _mask(pixels, window), window)


def _paint_ball(scene: Scene, picture: Linear, ball: Ball) -> None:
    view = scene.view
    (centre,), (depth,) = view.project(ball.centre)
    if depth < NEAR_M + ball.radius_m:
        return
    radius = view.focal_px * ball.radius_m / float(np.sqrt(depth**2 - ball.radius_m**2))
    window = _window(view, np.array([centre - radius, centre + radius]))
    if window is None:
        return
    x, y = np.meshgrid(np.arange(window[0], window[2]), np.arange(window[1], window[3]))
    u, v = (x - centre[0]) / radius, (y - centre[1]) / radius
    square = u * u + v * v
    out = np.sqrt(np.clip(1.0 - square, 0.0, 1.0))
    normals = u[..., None] * view.axes[0] + v[..., None] * view.axes[1] - out[..., None] * view.axes[2]
    room, torch = irradiance(scene, ball.centre + ball.radius_m * normals, normals)
    lit, about_one = scene.rows.torch[y][..., None], scene.rows.room[y][..., None]
    level = (room * about_one + torch * lit + ball.glow) * np.array(ball.colour)
    edge = np.clip((1.0 - np.sqrt(square)) * radius + 0.5, 0.0, 1.0)
    _lay(picture, level.astype(np.float32), np.asarray(edge * 255.0, np.uint8), window)
