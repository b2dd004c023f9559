"""The calls of Picamera2 0.3 that are used, over a rolling shutter in a `World`.

Written from picamera2.py and request.py of raspberrypi/picamera2: rows padded to 64 bytes, a YUV420
picture half as high again, a RuntimeError from the constructor of a busy camera, controls known by
name, metadata in libcamera's units.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import ClassVar

import numpy as np
from world import World


class Picamera2:
    world = World()
    cameras: ClassVar = [{"Model": "imx708", "Num": 0}]
    busy = False
    stops_after = None
    stamp = "end of the first row"
    listed = ("AeEnable", "AwbEnable", "ExposureTime", "AnalogueGain", "FrameDurationLimits", "ScalerCrop")
    opened: ClassVar = []

    @staticmethod
    def global_camera_info():
        return list(Picamera2.cameras)

    def __init__(self, camera_num=0):
        if Picamera2.busy:
            raise RuntimeError("Camera __init__ sequence did not complete.")
        self.num, self.closed, self.started, self.taken, self.held = camera_num, False, False, 0, 0
        self.camera_controls = dict.fromkeys(Picamera2.listed, (0, 1, 0))
        Picamera2.opened.append(self)

    def create_preview_configuration(self, main, controls):
        unknown = set(controls) - set(self.camera_controls)
        if unknown:
            raise RuntimeError(f"Control {unknown} is not advertised by libcamera")
        return {"main": dict(main), "controls": controls, "colour_space": "sYCC"}

    def configure(self, configuration):
        assert configuration["main"]["format"] == "YUV420"
        width, height = configuration["main"]["size"]
        configuration["main"] |= {"size": (width, height), "stride": -(-width // 64) * 64}
        self.configuration = configuration

    def camera_configuration(self):
        return self.configuration

    def start(self):
        self.started, self.started_s = True, self.world.now_s

    @contextmanager
    def captured_request(self, wait=None, flush=None):
        assert wait is not None, "without a time limit a loose ribbon would hang the sweep"
        if Picamera2.stops_after is not None and self.taken >= Picamera2.stops_after:
            raise TimeoutError
        assert self.held == 0, "the request before was not released"
        self.held += 1
        try:
            yield self._request()
        finally:
            self.held -= 1

    def close(self):
        self.closed = True

    def _request(self):
        controls = self.configuration["controls"]
        frame_s, exposure_s = controls["FrameDurationLimits"][0] / 1e6, controls["ExposureTime"] / 1e6
        self.taken = max(self.taken + 1, round((self.world.now_s - self.started_s) / frame_s))
        first_row_ends_s = self.started_s + self.taken * frame_s
        readout_s = 0.7 * frame_s
        self.world.now_s = max(self.world.now_s, first_row_ends_s + readout_s + 0.006)
        (width, height), stride = self.configuration["main"]["size"], self.configuration["main"]["stride"]
        grey = self.world.picture(height, width, first_row_ends_s - exposure_s, exposure_s, readout_s)
        buffer = np.full((height * 3 // 2, stride), 128, np.uint8)
        buffer[:height, :width] = grey
        stamps = {"end of the first row": first_row_ends_s, "start of the first row": first_row_ends_s - exposure_s, "another clock": 7.0}
        return Request(buffer, {
            "SensorTimestamp": int(stamps[Picamera2.stamp] * 1e9),
            "ExposureTime": controls["ExposureTime"],
            "FrameDuration": controls["FrameDurationLimits"][0],
            "AnalogueGain": controls.get("AnalogueGain", 1.0),
        })  # fmt: skip


class Request:
    def __init__(self, buffer, metadata):
        self.buffer, self.metadata = buffer, metadata

    def make_array(self, name):
        assert name == "main"
        return self.buffer.copy()

    def get_metadata(self):
        return dict(self.metadata)
