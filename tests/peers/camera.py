"""Runs a virtual camera (PyPI ipycam, not ours): `python camera.py ADDRESS`.  ONVIF, RTSP 8554, HTTP 8080."""

import signal
import sys
import threading

import numpy as np
from ipycam import CameraConfig, IPCamera

camera = IPCamera(CameraConfig(local_ip=sys.argv[1], main_width=320, main_height=240, main_fps=2, sub_width=160, sub_height=120, sub_fps=2))
if not camera.start():
    sys.exit("the camera did not start")
over = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: over.set())
picture = np.full((240, 320, 3), 90, np.uint8)
while not over.wait(0.5):
    camera.stream(picture)
camera.stop()
