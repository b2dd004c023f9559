"""Rooms and radio talk drawn with known truth, for tests, benchmarks, samples and the self-test.

`draw_room(seed)` gives a `Room`: frames as a hand-held camera with a torch would take them, and the
truth beside them.  Everything follows from the seed.  Nothing here was photographed: shapes and
textures are arithmetic, and the light obeys `radiometry`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from detector.synthetic.plan import Ambient, Kind, LensPlan, Mode, Motion, RoomPlan, draw_plan

if TYPE_CHECKING:
    from detector.synthetic.room import Room, draw_room

__all__ = ["Ambient", "Kind", "LensPlan", "Mode", "Motion", "Room", "RoomPlan", "draw_plan", "draw_room"]


def __getattr__(name: str) -> Any:
    """`Room` and `draw_room` when they are first asked for: every lens search needs the plans and the light,
    and only tests and samples the drawing of whole rooms.
    """
    if name not in {"Room", "draw_room"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from detector.synthetic import room  # noqa: PLC0415

    return getattr(room, name)
