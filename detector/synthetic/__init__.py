"""Rooms and radio talk drawn with known truth, for tests, benchmarks, samples and the self-test.

`draw_room(seed)` gives a `Room`: frames as a hand-held camera with a torch would take them, and the
truth beside them.  Everything follows from the seed.  Nothing here was photographed: shapes and
textures are arithmetic, and the light obeys `radiometry`.
"""

from detector.synthetic.plan import Ambient, Kind, LensPlan, Mode, Motion, RoomPlan, draw_plan
from detector.synthetic.room import Room, draw_room

__all__ = ["Ambient", "Kind", "LensPlan", "Mode", "Motion", "Room", "RoomPlan", "draw_plan", "draw_room"]
