"""Access points as NetworkManager knows them: the only file that speaks D-Bus.

Properties are read and nothing else: no scan is asked for, since a scan sends.  What is read is what
the system last heard by itself, with how long ago that was.
"""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

from detector.network.earshot import AccessPoint, channel_at
from detector.network.text import mac_of_text
from hardware.sensor import SensorUnavailable, Unavailable
from hardware.survey import FRESH_S, Survey

if TYPE_CHECKING:
    from jeepney.io.blocking import DBusConnection

_SERVICE = "org.freedesktop.NetworkManager"
_ROOT = "/org/freedesktop/NetworkManager"
_WIFI = 2  # NM_DEVICE_TYPE_WIFI
_PATIENCE_S = 5.0  # it answers within milliseconds unless it hangs

# NM80211ApFlags and NM80211ApSecurityFlags of NetworkManager's D-Bus reference.
_PRIVACY = 0x1
_PSK, _ENTERPRISE, _SAE, _OWE = 0x100, 0x200 | 0x2000, 0x400, 0x800 | 0x1000


def survey() -> Survey:
    """What NetworkManager has heard on every Wi-Fi adapter that it looks after.

    Raises `SensorUnavailable`: NOT_SUPPORTED without NetworkManager, NO_DEVICE without an adapter of
    its own, BUSY where Wi-Fi is switched off.
    """
    with closing(_connected()) as bus:
        devices = _wifi_devices(bus)
        now_s = time.clock_gettime(time.CLOCK_BOOTTIME)
        heard = [_properties(bus, path, ".AccessPoint") for device in devices for path in device.get("AccessPoints", ())]
        points = (_access_point(one) for one in heard if _fresh(one, now_s))
        scanned = [now_s - device["LastScan"] / 1000 for device in devices if device.get("LastScan", -1) >= 0]
        return Survey(tuple(point for point in points if point), min(scanned, default=None))


def _connected() -> DBusConnection:
    from jeepney.io.blocking import open_dbus_connection  # noqa: PLC0415 -- installed on Linux only

    try:
        return open_dbus_connection("SYSTEM")
    except OSError as error:
        raise SensorUnavailable(Unavailable.NOT_SUPPORTED, f"The system bus cannot be reached: {error.strerror}.") from error


def _wifi_devices(bus: DBusConnection) -> list[dict[str, Any]]:
    """The properties of each Wi-Fi adapter's wireless side."""
    root = _properties(bus, _ROOT, "")
    if not root:
        raise SensorUnavailable(Unavailable.NOT_SUPPORTED, "NetworkManager does not run here.")
    if not root.get("WirelessEnabled", True):
        raise SensorUnavailable(Unavailable.BUSY, "Wi-Fi is switched off, so networks in earshot are not heard: switch it on.")
    paths = root.get("AllDevices") or root.get("Devices", ())
    found = [path for path in paths if _properties(bus, path, ".Device").get("DeviceType") == _WIFI]
    if not found:
        raise SensorUnavailable(Unavailable.NO_DEVICE, "NetworkManager looks after no Wi-Fi adapter.")
    return [_properties(bus, path, ".Device.Wireless") for path in found]


def _properties(bus: DBusConnection, path: str, interface: str) -> dict[str, Any]:
    """All properties of an object; empty where it is not there, or not any more."""
    from jeepney import DBusAddress, MessageType, Properties  # noqa: PLC0415

    question = Properties(DBusAddress(path, _SERVICE, _SERVICE + interface)).get_all()
    try:
        reply = bus.send_and_get_reply(question, timeout=_PATIENCE_S)
    except TimeoutError as error:
        raise SensorUnavailable(Unavailable.BUSY, "NetworkManager does not answer.") from error
    except OSError as error:
        raise SensorUnavailable(Unavailable.LOST, f"The system bus broke off: {error.strerror}.") from error
    if reply.header.message_type is not MessageType.method_return:
        return {}
    return {name: value for name, (_, value) in reply.body[0].items()}


def _fresh(heard: dict[str, Any], now_s: float) -> bool:
    """LastSeen counts seconds since the system started; -1 is never, as of a network that we open."""
    seen_s: int = heard.get("LastSeen", -1)
    return seen_s < 0 or now_s - seen_s <= FRESH_S


def _access_point(heard: dict[str, Any]) -> AccessPoint | None:
    """None for one that is gone since the list was read."""
    bssid = mac_of_text(heard.get("HwAddress", ""))
    if bssid is None:
        return None
    return AccessPoint(
        bssid=bssid,
        name=bytes(heard.get("Ssid", b"")),
        signal_dbm=_dbm(heard.get("Strength", 0)),
        channel=channel_at(heard.get("Frequency", 0)),
        security=_security(heard.get("Flags", 0), heard.get("WpaFlags", 0), heard.get("RsnFlags", 0)),
    )


def _dbm(percent: int) -> float:
    """Back from NetworkManager's percentage, which is linear from -100 dBm (0 %) to -40 dBm (100 %) and
    clipped there (nm_wifi_utils_level_to_quality).
    """
    return -100.0 + 0.6 * percent


def _security(flags: int, wpa: int, rsn: int) -> str:
    known = wpa | rsn
    if known & _ENTERPRISE:
        return "802.1X"
    if known & _PSK:
        return "WPA2" if rsn & _PSK else "WPA"
    if known & _SAE:
        return "WPA3"
    if known & _OWE:
        return "OWE"
    return "WEP" if flags & _PRIVACY else "open"
