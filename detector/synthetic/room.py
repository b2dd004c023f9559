"""A drawn sweep: its frames and its truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from detector.model import Frame, Pixels
from detector.synthetic import sensor
from detector.synthetic.furnish import Furnished, furnish
from detector.synthetic.glints import Lens, Spot, spots_of
from detector.synthetic.light import Light, Rows, exposure_gain, lamp_state, light_at, rows_of
from detector.synthetic.plan import Ambient, Kind, Mode, Motion, RoomPlan, draw_plan
from detector.synthetic.radiometry import Floats
from detector.synthetic.raster import Scene, paint
from detector.synthetic.solids import blockers
from detector.synthetic.view import View

WORTH_NAMING = 0.5
"""Saturated pixels of energy from which a confounder is written into the truth."""


class Room:
    """A furnished room and the hand that sweeps it; frames may be asked for in any order."""

    def __init__(self, plan: RoomPlan) -> None:
        self.plan = plan
        self._made: Furnished = furnish(plan)

    def view(self, time_s: float) -> View:
        """The camera at a time counted from the start of the first frame's exposure."""
        eye, axes = self._made.hand.pose(time_s)
        return View(eye, axes, self.plan.focal_px, self.plan.width, self.plan.height)

    def frames(self) -> Iterator[Frame]:
        """All frames in order, each with its lamp state where the lamp is ours (three states)."""
        for index in range(self.plan.frames):
            known = lamp_state(self.plan, index) if self.plan.mode == "three" else None
            yield Frame(self.pixels(index), index, index / self.plan.fps, known)

    def pixels(self, index: int) -> Pixels:
        """One frame as the camera hands it out."""
        plan = self.plan
        start, view, end = self._exposure(index)
        rows, light = rows_of(plan, index), self._light(view, index)
        rng = np.random.default_rng([plan.seed, 3, index])
        scene = Scene(view, light, rows, float(rng.uniform(0.6, 1.4)))
        linear = paint(scene, self._made.solids)
        linear = sensor.smear(sensor.defocus(linear, plan.psf_px), self._shift(start, end))
        for spot in self._seen(view, light, index):
            streak = self._streak(spot, start, view, end, rows)
            if streak is not None:
                sensor.add_streak(linear, streak, plan.psf_px)
        linear *= exposure_gain(plan, index)
        return sensor.develop(sensor.bloom(linear, plan.bloom), plan, rng)

    def truth(self) -> dict[str, Any]:
        """What is where, frame by frame: pixels, distances in metres, energies in saturated pixels.

        `peak` is the energy of the point if all of it fell into one pixel, 1 being saturation;
        a lens is listed in every frame in which nothing hides its place, whether or not it shines.
        """
        plan = self.plan
        return {
            "kind": plan.kind, "mode": plan.mode, "seed": plan.seed, "width": plan.width, "height": plan.height,
            "fps": plan.fps, "frames": plan.frames, "focal_px": plan.focal_px, "distance_m": plan.distance_m,
            "ambient": plan.ambient, "exposure_s": plan.exposure_s, "flash_offset_m": plan.torch_offset_m,
            "lenses": [self._lens_entry(lens) for lens in self._made.lenses],
            "per_frame": [self._frame_entry(index) for index in range(plan.frames)],
        }  # fmt: skip

    @staticmethod
    def _lens_entry(lens: Lens) -> dict[str, Any]:
        return {"id": lens.number, "host": lens.host, **asdict(lens.plan)}

    def _exposure(self, index: int) -> tuple[View, View, View]:
        at, half = index / self.plan.fps, self.plan.exposure_s / 2.0
        return self.view(at), self.view(at + half), self.view(at + 2.0 * half)

    def _light(self, view: View, index: int) -> Light:
        return light_at(self.plan, view, lamp_state(self.plan, index), self._made.lamps)

    def _shift(self, start: View, end: View) -> Floats:
        middle = self._made.hand.target[None]
        shift: Floats = (end.project(middle)[0] - start.project(middle)[0])[0]
        return shift

    def _seen(self, view: View, light: Light, index: int) -> list[Spot]:
        time_s = index / self.plan.fps
        spots = [s for g in self._made.glints for s in spots_of(g, view, light, time_s)]
        if not spots:
            return []
        pixels, depth = view.project(np.array([s.at for s in spots]))
        hidden = blockers(self._made.solids, view).hide(
            view.eye, np.array([s.at if s.touch is None else s.touch for s in spots])
        )
        inside = (
            (depth > 0)
            & (pixels >= 0).all(axis=1)
            & (pixels < [self.plan.width, self.plan.height]).all(axis=1)
        )
        return [s for s, ok in zip(spots, inside & ~hidden, strict=True) if ok]

    def _streak(self, spot: Spot, start: View, view: View, end: View, rows: Rows) -> sensor.Streak | None:
        energy = self._energy(spot, view, rows)
        if energy < 0.004:
            return None
        first, last = start.project(spot.at)[0][0], end.project(spot.at)[0][0]
        return sensor.Streak(energy * np.array(spot.tint), first, last, spot.spread_px)

    @staticmethod
    def _energy(spot: Spot, view: View, rows: Rows) -> float:
        lit, about_one = rows.between(view.project(spot.at)[0][0, 1])
        return spot.torch * float(lit) + spot.steady * (float(about_one) if spot.mains else 1.0)

    def _frame_entry(self, index: int) -> dict[str, Any]:
        _, view, _ = self._exposure(index)
        rows = rows_of(self.plan, index)
        state, gain = lamp_state(self.plan, index), exposure_gain(self.plan, index)
        entry: dict[str, Any] = {
            "frame": index,
            "flash": int(state != "dark"),
            "lenses": [],
            "confounders": [],
        }
        if self.plan.mode == "three":
            entry["lamp"] = state
        for spot in self._seen(view, self._light(view, index), index):
            point = self._point(spot, view, rows, gain)
            if spot.lens is not None:
                entry["lenses"].append({**point, "id": spot.lens})
            elif point["peak"] >= WORTH_NAMING:
                entry["confounders"].append(point)
        return entry

    def _point(self, spot: Spot, view: View, rows: Rows, gain: float) -> dict[str, Any]:
        x, y = (round(float(v), 2) for v in view.project(spot.at)[0][0])
        distance = round(float(np.linalg.norm(spot.at - view.eye)), 3)
        return {
            "x": x,
            "y": y,
            "r": distance,
            "peak": round(gain * self._energy(spot, view, rows), 3),
            "name": spot.name,
        }


def draw_room(
    seed: int,
    *,
    kind: Kind | None = None,
    mode: Mode | None = None,
    ambient: Ambient | None = None,
    motion: Motion | None = None,
    lenses: int | None = None,
    frames: int = 90,
    size: tuple[int, int] = (1280, 720),
    fps: float = 30.0,
) -> Room:
    """The room of `draw_plan` with the same arguments."""
    return Room(
        draw_plan(
            seed, kind=kind, mode=mode, ambient=ambient, motion=motion,
            lenses=lenses, frames=frames, size=size, fps=fps,
        )
    )  # fmt: skip
