"""A dark room with a lamp and rolling-shutter sensors in it, on a clock that only they move."""

from __future__ import annotations

import math

import cv2
import numpy as np

LEVEL = {"on-axis": 200, "off-axis": 120, "dark": 10}


class World:
    """`now()` is the clock.  What lit the room when is kept, so that any row can be exposed later."""

    def __init__(self):
        self.now_s = 100.0
        self.history = [(-math.inf, "dark")]

    def now(self):
        return self.now_s

    def light(self, state):
        self.history.append((self.now_s, state))

    def level(self, at_s):
        return LEVEL[[state for since_s, state in self.history if since_s <= at_s][-1]]

    def picture(self, height, width, begins_s, exposure_s, readout_s):
        """Grey rows, each lit by the mean of what the lamp did while that row was exposed."""
        rows = begins_s + readout_s * np.arange(height) / height
        moments = [[self.level(row + exposure_s * part / 8) for part in range(9)] for row in rows]
        return np.repeat(np.mean(moments, axis=1).astype(np.uint8)[:, None], width, axis=1)


class WorldLamp:
    """A lamp of this world, switched as fast as asked; its light lags behind its pin by `lag_s`."""

    def __init__(self, world, states=("on-axis", "off-axis", "dark"), lag_s=0.0005):
        self.world, self.states, self.lag_s = world, states, lag_s
        self.state, self.closed = "dark", False

    def set(self, state):
        if self.states and state != self.state:
            self.world.now_s += 0.0001
            self.world.history.append((self.world.now_s + self.lag_s, state))
            self.state = state
        return self.state if self.states else None

    def close(self):
        self.set("dark")
        self.closed = True


class WorldWebcam:
    """The calls of `cv2.VideoCapture` on a rolling shutter with a queue of finished pictures.

    stamps: "end" or "start" of a picture on the monotonic clock as V4L2 drivers write, "other" for
    another clock, None for none.  stops_after: pictures before the stream ends.
    """

    def __init__(self, world, *, stamps="end", stops_after=None, is_open=True, refuses=(), queue=1, fps=30.0):
        self.world, self.stamps, self.stops_after, self.is_open = world, stamps, stops_after, is_open
        self.refuses, self.queue, self.frame_s, self.released = refuses, queue, 1 / fps, False
        self.props = {cv2.CAP_PROP_EXPOSURE: 156.0, cv2.CAP_PROP_GAIN: 4.0, cv2.CAP_PROP_WB_TEMPERATURE: 4600.0, cv2.CAP_PROP_FPS: fps}
        self.started_s, self.next, self.stamp_s = world.now_s, 0, 0.0

    def isOpened(self):  # noqa: N802
        return self.is_open

    def set(self, prop, value):
        if prop in self.refuses:
            return False
        self.props[prop] = value
        return True

    def get(self, prop):
        if prop == cv2.CAP_PROP_POS_MSEC:
            return {"end": self.stamp_s, "start": self.stamp_s - self.frame_s, "other": 1.7e9, None: 0.0}[self.stamps] * 1000
        return self.props.get(prop, 0.0)

    def read(self):
        if self.stops_after is not None and self.next >= self.stops_after:
            return False, None
        ends_s = self.started_s + (self.next + 1) * self.frame_s
        # A driver drops pictures once its queue is full, and hands out the oldest that it kept.
        ends_s = max(ends_s, self.started_s + math.floor((self.world.now_s - self.started_s) / self.frame_s - self.queue + 1) * self.frame_s)
        self.next = round((ends_s - self.started_s) / self.frame_s)
        self.world.now_s = max(self.world.now_s, ends_s + 0.004)
        self.stamp_s = ends_s
        grey = self.world.picture(24, 32, ends_s - self.frame_s, self.frame_s / 2, self.frame_s / 2)
        return True, np.repeat(grey[:, :, None], 3, axis=2)

    def release(self):
        self.released = True
