"""Runs a HomeKit accessory of PyPI's HAP-python (not ours): `python homekit.py ADDRESS camera|lamp FOLDER`."""

import sys

from pyhap.accessory import Accessory
from pyhap.accessory_driver import AccessoryDriver
from pyhap.camera import Camera
from pyhap.const import CATEGORY_CAMERA, CATEGORY_LIGHTBULB

address, kind, folder = sys.argv[1:4]
OPTIONS = {
    "video": {
        "codec": {"profiles": [b"\x00"], "levels": [b"\x00"]},
        "resolutions": [[320, 240, 15]],
    },
    "audio": {"codecs": [{"type": "OPUS", "samplerate": 24}]},
    "srtp": True,
    "address": address,
}
driver = AccessoryDriver(address=address, port=51826, persist_file=f"{folder}/homekit.state", interface_choice=[address])
if kind == "camera":
    accessory = Camera(OPTIONS, driver, "Garden")
    accessory.category = CATEGORY_CAMERA
else:
    accessory = Accessory(driver, "Desk")
    accessory.add_preload_service("Lightbulb")
    accessory.category = CATEGORY_LIGHTBULB
driver.add_accessory(accessory)
driver.start()
