"""Who lives on the bed: programs that nobody here wrote, cameras and others, and repliers."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.peers import replier, repliers
from tests.peers.bed import Bed, Host, wait_until

HERE = Path(__file__).parent
SYSTEM_PYTHON = "/usr/bin/python3"
UP_S = 25.0  # two cameras import OpenCV at once on a small machine

TOOLS = ("openssl", "minidlnad", "wsdd", "avahi-daemon", "motion", "shairport-sync", "dbus-daemon", "lighttpd", "busybox", "mosquitto")
SWEEPER = ("10.77.0.2", "02:5e:ee:00:00:02")

# A printer as avahi publishes it.
PRINTER = """<?xml version="1.0" standalone='no'?><!DOCTYPE service-group SYSTEM "avahi-service.dtd">
<service-group><name>Office LaserJet</name><service><type>_ipp._tcp</type><port>631</port>
<txt-record>ty=HP LaserJet Pro M404</txt-record><txt-record>rp=ipp/print</txt-record>
<txt-record>pdl=application/pdf</txt-record></service></service-group>"""
AVAHI = "[server]\nhost-name=printer\nuse-ipv6=no\nenable-dbus=no\n[publish]\npublish-workstation=no\n"
MOTION = "daemon off\nwebcontrol_port 8080\nwebcontrol_localhost off\nstream_port 8081\nstream_localhost off\nvideo_device /dev/video99\n"
LIGHTTPD = (
    'server.document-root = "{0}"\nserver.port = 80\nindex-file.names = ("index.html")\n'
    'server.modules = ("mod_openssl")\n$SERVER["socket"] == ":443" {{ ssl.engine = "enable" ssl.pemfile = "{0}/tls.pem" }}\n'
    'mimetype.assign = (".html" => "text/html", ".ico" => "image/x-icon")\n'
)
MINIDLNA = "media_dir={0}/media\ndb_dir={0}/db\nlog_dir={0}\nfriendly_name=Family pictures\nport=8200\ninotify=no\nnetwork_interface=eth0\n"


def camera(host: Host) -> None:
    """A virtual camera of PyPI's ipycam."""
    host.start(os.environ["ROOMSWEEP_PEERS"], str(HERE / "camera.py"), host.address)


def rtsp_server(host: Host) -> None:
    """A bare RTSP server of GStreamer."""
    host.start(SYSTEM_PYTHON, str(HERE / "rtsp_server.py"))


def media_server(host: Host) -> None:
    """minidlna: a NAS that shares pictures."""
    for name in ("media", "db"):
        (host.folder / name).mkdir()
    (host.folder / "minidlna.conf").write_text(MINIDLNA.format(host.folder))
    host.start("minidlnad", "-S", "-f", str(host.folder / "minidlna.conf"), "-P", str(host.folder / "pid"))


def computer(host: Host) -> None:
    """wsdd: what makes a Samba machine show up in a Windows network."""
    host.start("wsdd", "-i", "eth0", "-4", "-n", "study-pc", "-w", "WORKGROUP")


def printer(host: Host) -> None:
    """avahi-daemon, announcing a printer.  Its own /run and services, so that it meets no other avahi."""
    services = host.folder / "services"
    services.mkdir()
    (services / "printer.service").write_text(PRINTER)
    (host.folder / "avahi.conf").write_text(AVAHI)
    script = (
        f"mount -t tmpfs none /run && mount --bind {services} /etc/avahi/services && "
        f"exec avahi-daemon --no-drop-root --no-chroot -f {host.folder}/avahi.conf"
    )
    host.start("sh", "-c", script)


def homekit_camera(host: Host) -> None:
    """A HomeKit camera of PyPI's HAP-python."""
    host.start(os.environ["ROOMSWEEP_PEERS"], str(HERE / "homekit.py"), host.address, "camera", str(host.folder))


def homekit_lamp(host: Host) -> None:
    """A HomeKit lamp of the same program."""
    host.start(os.environ["ROOMSWEEP_PEERS"], str(HERE / "homekit.py"), host.address, "lamp", str(host.folder))


def motion(host: Host) -> None:
    """Motion, which makes a network camera of any webcam; here its lens is not plugged in."""
    (host.folder / "motion.conf").write_text(MOTION)
    host.start("motion", "-n", "-c", str(host.folder / "motion.conf"))


def motion_streams(host: Host) -> bool:
    """Motion serves its stream some seconds after it has opened the port: until then it hangs up."""
    asks = "import socket; s = socket.create_connection(('127.0.0.1', 8081), 2); s.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n'); print(len(s.recv(9)))"
    return subprocess.run(host.command(SYSTEM_PYTHON, "-c", asks), check=False, capture_output=True).stdout.strip() == b"9"


def speaker(host: Host) -> None:
    """shairport-sync: an AirPlay speaker, which speaks RTSP on port 5000; its avahi wants a D-Bus of its own."""
    script = (
        "mount -t tmpfs none /run && mkdir -p /run/dbus && dbus-daemon --system --fork --nopidfile && "
        "avahi-daemon --no-drop-root --no-chroot -D && exec shairport-sync -a Kitchen -o dummy -u"
    )
    host.start("sh", "-c", script)


def web_page(host: Host) -> None:
    """lighttpd with a page and an icon that have nothing to do with cameras."""
    (host.folder / "index.html").write_text("<html><head><title>Heating control</title></head><body>21 degrees</body></html>")
    (host.folder / "favicon.ico").write_bytes(b"\0\0\1\0" + bytes(range(64)))
    subject = ("-subj", "/CN=heating.local/O=Warm Homes")
    certificate = ("-keyout", "tls.pem", "-out", "cert.pem", "-days", "1")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject, *certificate], cwd=host.folder, check=True, capture_output=True)
    (host.folder / "tls.pem").write_text((host.folder / "tls.pem").read_text() + (host.folder / "cert.pem").read_text())
    (host.folder / "lighttpd.conf").write_text(LIGHTTPD.format(host.folder))
    host.start("lighttpd", "-D", "-f", str(host.folder / "lighttpd.conf"))


def small_box(host: Host) -> None:
    """BusyBox's web server, as routers and cheap gadgets have it."""
    (host.folder / "www").mkdir()
    (host.folder / "www/index.html").write_text("<html><head><title>Router set-up</title></head></html>")
    host.start("busybox", "httpd", "-f", "-p", "80", "-h", str(host.folder / "www"))


def broker(host: Host) -> None:
    """mosquitto: the message broker of a smart home."""
    (host.folder / "mosquitto.conf").write_text("listener 1883\nallow_anonymous true\n")
    host.start("mosquitto", "-c", str(host.folder / "mosquitto.conf"))


def silent(host: Host) -> None:
    """A host that answers ARP and drops everything else of ours, as telephones and firewalled computers do."""
    host.start("sh", "-c", f"ip route add blackhole {SWEEPER[0]}/32 && exec sleep 1000")


@dataclass(frozen=True)
class Neighbour:
    """One host of the bed and what a sweep must make of it: `alarm`, `look` or nothing.

    `origin` says whose bytes it answers with: `others` wrote its program, it replays a `sample` of a real
    device, or its reply is `ours`.
    """

    name: str
    address: str
    mac: str
    start: Callable[[Host], None]
    serves: tuple[tuple[str, int], ...]
    verdict: str
    origin: str = "others"
    ready: Callable[[Host], bool] = lambda _: True


PROGRAMS = (
    # Hikvision's prefix, then a locally administered one as phones and some spy cameras have.
    Neighbour("maker", "10.77.0.11", "44:19:b6:00:00:01", camera, (("tcp", 8080), ("tcp", 8554), ("udp", 3702)), "alarm"),
    Neighbour("random", "10.77.0.12", "5a:13:9c:42:7e:01", camera, (("tcp", 8080), ("tcp", 8554), ("udp", 3702)), "alarm"),
    Neighbour("rtsp", "10.77.0.21", "00:1b:21:4d:02:15", rtsp_server, (("tcp", 554),), "look"),
    Neighbour("homekit", "10.77.0.22", "00:1b:21:4d:02:16", homekit_camera, (("tcp", 51826), ("udp", 5353)), "alarm"),
    Neighbour("motion", "10.77.0.23", "00:1b:21:4d:02:17", motion, (("tcp", 8080), ("tcp", 8081)), "alarm", ready=motion_streams),
    Neighbour("nas", "10.77.0.31", "00:11:32:4d:03:1f", media_server, (("tcp", 8200), ("udp", 1900)), ""),
    Neighbour("pc", "10.77.0.32", "18:66:da:4d:03:20", computer, (("udp", 3702), ("tcp", 5357)), ""),
    Neighbour("printer", "10.77.0.33", "3c:d9:2b:4d:03:21", printer, (("udp", 5353),), ""),
    Neighbour("speaker", "10.77.0.34", "00:1b:21:4d:03:22", speaker, (("tcp", 5000), ("udp", 5353)), ""),
    Neighbour("lamp", "10.77.0.35", "00:1b:21:4d:03:23", homekit_lamp, (("tcp", 51826), ("udp", 5353)), ""),
    Neighbour("heating", "10.77.0.36", "00:1b:21:4d:03:24", web_page, (("tcp", 80), ("tcp", 443)), ""),
    Neighbour("box", "10.77.0.37", "00:1b:21:4d:03:25", small_box, (("tcp", 80),), ""),
    Neighbour("broker", "10.77.0.38", "00:1b:21:4d:03:26", broker, (("tcp", 1883),), ""),
    Neighbour("phone", "10.77.0.39", "00:1b:21:4d:03:27", silent, (), ""),
)
REPLIERS = tuple(
    Neighbour(
        one.name, f"10.77.0.{100 + at}", f"00:1b:21:4d:04:{at:02x}", one.start, (("udp", replier.PROTOCOLS[one.protocol][0]),),
        one.verdict, "sample" if one.real else "ours",
    )
    for at, one in enumerate(repliers.available())
)  # fmt: skip
NEIGHBOURS = PROGRAMS + REPLIERS


def missing() -> list[str]:
    """What this machine lacks to run every neighbour, in words."""
    lacks = [tool for tool in TOOLS if shutil.which(tool) is None]
    if not _has_rtsp_server():
        lacks.append("GStreamer's RTSP server for the system's Python (gir1.2-gst-rtsp-server-1.0, python3-gi)")
    if not _has_cameras(os.environ.get("ROOMSWEEP_PEERS", "")):
        lacks.append("ROOMSWEEP_PEERS (path to a Python that has ipycam and HAP-python)")
    return lacks


def _has_cameras(python: str) -> bool:
    return Path(python).is_file() and subprocess.run([python, "-c", "import ipycam, pyhap"], check=False, capture_output=True).returncode == 0


def _has_rtsp_server() -> bool:
    words = "import gi; gi.require_version('GstRtspServer', '1.0')"
    return Path(SYSTEM_PYTHON).exists() and subprocess.run([SYSTEM_PYTHON, "-c", words], check=False, capture_output=True).returncode == 0


def populate(bed: Bed) -> Host:
    """Starts every neighbour, waits until each serves, and gives back the host from which to sweep."""
    for one in NEIGHBOURS:
        one.start(bed.host(one.name, one.address, one.mac))
    for one in NEIGHBOURS:
        for kind, port in one.serves:
            wait_until(lambda one=one, kind=kind, port=port: bed.hosts[one.name].serves(kind, port), UP_S, f"{one.name} on {kind} {port}")
        wait_until(lambda one=one: one.ready(bed.hosts[one.name]), UP_S, f"{one.name} is ready")
    return bed.host("sweeper", *SWEEPER)
