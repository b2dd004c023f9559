"""Records the samples' network captures anew: `sudo python -m samples.record_talk [SAMPLE ...]`.

Small peers, written here, speak as real devices do, over real kernels, in network namespaces that
this program makes and removes (10.77.0.0/24).  The MACs are made up behind the prefixes of real
makers; names, serial numbers and addresses are made up throughout.
"""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

from detector.synthetic import talk
from samples.air import AIR, INTERNET, Host, Recorder, network

HERE = Path(__file__).parent
ROUTER = Host("router", "50:c7:bf:5a:01:01", "10.77.0.1")
PHONE = Host("phone", "ea:5d:2c:10:42:a7", "10.77.0.20")
LAPTOP = Host("laptop", "8c:c6:81:30:77:15", "10.77.0.21")
PRINTER = Host("printer", "3c:d9:2b:41:00:17", "10.77.0.31")
TV = Host("tv", "f4:7b:5e:62:00:09", "10.77.0.32")
PLUG = Host("plug", "a4:cf:12:73:00:5e", "10.77.0.33")
SPEAKER = Host("speaker", "f4:f5:d8:21:00:3c", "10.77.0.34")
IPCAM = Host("ipcam", "a0:9f:10:52:00:c1", "10.77.0.41")
P2PCAM = Host("p2pcam", "b0:d5:9d:84:00:d2", "10.77.0.42")
MDNS, WSD, SSDP = ("224.0.0.251", 5353), ("239.255.255.250", 3702), ("239.255.255.250", 1900)
UUID = "5f5a69c2-e0ae-504f-829b-00a09f1052c1"
HIPCAM = "Hipcam RealServer/V1.0"


def rest(seconds: float = 0.03) -> None:
    """Devices do not talk all at once."""
    time.sleep(seconds)


def join(host: Host, hostname: str, vendor_class: str = "", asks_for: tuple[int, ...] = ()) -> None:
    """A whole DHCP exchange with the router."""
    lease = talk.Lease(host.mac, host.address, hostname, vendor_class, *([asks_for] if asks_for else []))
    source, target = (host.mac, "0.0.0.0", 68), ("ff:ff:ff:ff:ff:ff", talk.BROADCAST, 67)  # noqa: S104
    with host.raw() as client, ROUTER.udp(67) as server:
        for ask, answer in ((1, 2), (3, 5)):
            client.send(talk.udp_frame(source, target, talk.dhcp_ask(lease, ask, ROUTER.address)))
            server.recv(1500)
            server.sendto(talk.dhcp_answer(lease, answer, ROUTER.address), (talk.BROADCAST, 68))
            rest()


def look_up(host: Host, name: str) -> None:
    """A name asked of the router and answered."""
    number = sum(name.encode()) + 1
    with host.udp() as client, ROUTER.udp(53) as server:
        client.sendto(talk.dns_query([(name, talk.A)], number), (ROUTER.address, 53))
        _, back = server.recvfrom(1500)
        server.sendto(talk.dns_answer(name, INTERNET, number), back)
        client.recv(1500)
    rest()


def say(host: Host, payload: bytes, to: tuple[str, int], port: int = 0) -> None:
    """One datagram to a group, to everybody or to somebody."""
    with host.udp(port) as voice:
        voice.sendto(payload, to)
    rest()


def browse(host: Host, name: str) -> None:
    """A page over TLS, as far as an onlooker can see it."""
    look_up(host, name)
    with ROUTER.listener(443, INTERNET) as server, host.connect(INTERNET, 443) as client:
        answering, _ = server.accept()
        with answering:
            client.sendall(talk.tls_hello(name))
            answering.recv(1500)
            answering.sendall(b"\x16\x03\x03\x04\x00" + bytes(1024))
            client.recv(4096)
    rest()


def stream(host: Host, to: tuple[str, int], packets: int, size: int, port: int = 0) -> None:
    """Video over UDP in bursts, a large picture every second and small ones between."""
    number = 0
    with host.udp(port) as voice:
        for picture in range(packets // 6):
            burst = 20 if picture % 15 == 0 else 4
            for part in range(burst):
                number += 1
                body = bytes([0x7C, 0x85 if part == 0 else 0x05]) + bytes(size)
                voice.sendto(
                    talk.rtp_packet(number, 6000 * picture, 0x52535750, body, last=part == burst - 1), to
                )
            rest(0.066)


def phone_life() -> None:
    """A phone whose MAC is random, as all are by now."""
    join(PHONE, "Annas-phone", "android-dhcp-14", (1, 3, 6, 15, 26, 28, 51, 58, 59, 43))
    say(PHONE, talk.dns_query([("_googlecast._tcp.local", talk.PTR)]), MDNS, 5353)
    browse(PHONE, "www.example.org")


def laptop_life() -> None:
    """A Windows laptop: it answers to WS-Discovery too, as a computer."""
    join(LAPTOP, "LAPTOP-7Q2F", "MSFT 5.0", (1, 3, 6, 15, 31, 33, 43, 44, 46, 47, 119, 121, 249, 252))
    place = f"http://{LAPTOP.address}:5357/{UUID[:8]}/"
    say(
        LAPTOP,
        talk.ws_hello("3d0c8a51-7766-4f2b-9d1e-8cc681307715", "wsdp:Device pub:Computer", "", place),
        WSD,
    )
    say(LAPTOP, talk.dns_query([("wpad.local", talk.A)]), MDNS, 5353)
    browse(LAPTOP, "mail.example.com")


def printer_life() -> None:
    """A printer announces its services."""
    join(PRINTER, "HP41EF17", "Hewlett-Packard OfficeJet", (6, 3, 1, 15, 66, 67, 13, 44, 12))
    for kind, port in (
        ("_ipp._tcp.local", 631),
        ("_http._tcp.local", 80),
        ("_pdl-datastream._tcp.local", 9100),
    ):
        facts = {"ty": "HP OfficeJet 5200", "adminurl": f"http://{PRINTER.address}"}
        service = talk.Service(
            "HP OfficeJet 5200 [41EF17]", kind, "HP41EF17.local", PRINTER.address, port, facts
        )
        say(PRINTER, talk.mdns_announcement(service), MDNS, 5353)


def tv_life() -> None:
    """A television set announces that it renders media."""
    join(TV, "Samsung", "", (1, 3, 6, 12, 15, 28, 42))
    place = f"http://{TV.address}:9197/dmr"
    for kind in (
        "upnp:rootdevice",
        "urn:schemas-upnp-org:device:MediaRenderer:1",
        "urn:dial-multiscreen-org:service:dial:1",
    ):
        say(
            TV, talk.ssdp_alive(place, "SHP, UPnP/1.0, Samsung UPnP SDK/1.0", kind, "0e9f21c4-tv"), SSDP, 1900
        )
    browse(TV, "tv.example.net")


def plug_life() -> None:
    """A smart plug on an ESP module."""
    join(PLUG, "ESP_73005E", "", (1, 3, 28, 6))
    service = talk.Service(
        "plug-73005e", "_http._tcp.local", "plug-73005e.local", PLUG.address, 80, {"model": "S26"}
    )
    say(PLUG, talk.mdns_announcement(service), MDNS, 5353)
    look_up(PLUG, "mqtt.example.net")


def speaker_life() -> None:
    """A talking loudspeaker."""
    join(SPEAKER, "Google-Home-Mini", "dhcpcd-6.8.2:Linux", (1, 33, 3, 6, 15, 28, 51, 58, 59))
    facts = {"md": "Google Home Mini", "fn": "Kitchen"}
    service = talk.Service(
        "Google-Home-Mini-21003c", "_googlecast._tcp.local", "home.local", SPEAKER.address, 8009, facts
    )
    say(SPEAKER, talk.mdns_announcement(service), MDNS, 5353)


def router_life() -> None:
    """The router announces itself."""
    place = f"http://{ROUTER.address}:1900/igd.xml"
    kind = "urn:schemas-upnp-org:device:InternetGatewayDevice:1"
    say(ROUTER, talk.ssdp_alive(place, "ipos/7.0 UPnP/1.0 Archer/1.0", kind, "9f0865b3-router"), SSDP, 1900)


def video_call() -> None:
    """A call from the laptop: as much video upstream as a camera sends, and yet none."""
    look_up(LAPTOP, "meet.example.com")
    with ROUTER.udp(3478):
        for number in range(3):
            say(LAPTOP, talk.stun_binding(number), (INTERNET, 3478), 50004)
        stream(LAPTOP, (INTERNET, 3478), 240, 1120, 50004)


def ipcam_life() -> None:
    """A small Wi-Fi camera of no brand, as it starts."""
    join(IPCAM, "ipcam", "udhcp 1.22.1")
    place = f"http://{IPCAM.address}:8080/onvif/device_service"
    scopes = talk.onvif_scopes("IPCAM", "IPC-C6F0")
    say(IPCAM, talk.ws_hello(UUID, "dn:NetworkVideoTransmitter", scopes, place), WSD, 3702)
    look_up(IPCAM, "p2p.example.net")
    hello = talk.pppp(0x00)
    for _ in range(3):
        say(IPCAM, hello, (INTERNET, 32100), 32108)


def ipcam_asked() -> None:
    """The owner's phone asks it what it offers, and is refused without a password."""
    url = f"rtsp://{IPCAM.address}:554/11"
    with IPCAM.listener(554) as server, PHONE.connect(IPCAM.address, 554) as client:
        answering, _ = server.accept()
        with answering:
            replies = (talk.rtsp_options(HIPCAM, 1), talk.rtsp_refusal(HIPCAM, "Hipcam RealServer/V1.0", 2))
            for number, (method, reply) in enumerate(zip(("OPTIONS", "DESCRIBE"), replies, strict=True), 1):
                client.sendall(talk.rtsp_request(method, url, number))
                answering.recv(1500)
                answering.sendall(reply)
                client.recv(1500)
                rest()


def p2pcam_life() -> None:
    """A peer-to-peer camera: it tells everybody its name by broadcast, unasked."""
    join(P2PCAM, "camera-84d2", "udhcp 1.20.2")
    look_up(P2PCAM, "relay.example.net")
    uid = talk.pppp_uid("TNPUSAF", 218704, "KXWBQ")
    for _ in range(5):
        say(P2PCAM, talk.pppp(0x31, uid), ("10.77.0.255", 32108), 32108)
        rest(0.4)
    place = f"http://{P2PCAM.address}:80/onvif/device_service"
    scopes = talk.onvif_scopes("Camera", "Y20")
    say(
        P2PCAM,
        talk.ws_hello("b0d59d84-00d2-4a6e-8c11-7cd2b0d59d84", "dn:NetworkVideoTransmitter", scopes, place),
        WSD,
    )


def bedroom() -> None:
    """The owner's view, from the router: a camera that streams to its owner's phone."""
    for life in (router_life, phone_life, laptop_life, printer_life, tv_life, ipcam_life, ipcam_asked):
        life()
    with PHONE.udp(50010):
        stream(IPCAM, (PHONE.address, 50010), 300, 1120, 16970)


def hotel() -> None:
    """A guest's view: broadcast and multicast of a house without a camera on this network."""
    for life in (router_life, phone_life, printer_life, tv_life, speaker_life, plug_life):
        life()


def bathroom() -> None:
    """A guest's view: somewhere a peer-to-peer camera calls out its name."""
    for life in (router_life, phone_life, plug_life, p2pcam_life, speaker_life):
        life()


def lounge() -> None:
    """The owner's view of a busy network without a camera, with a video call on it."""
    for life in (
        router_life,
        phone_life,
        laptop_life,
        printer_life,
        tv_life,
        speaker_life,
        plug_life,
        video_call,
    ):
        life()


HOUSE = [ROUTER, PHONE, LAPTOP, PRINTER, TV, PLUG, SPEAKER]
SCENES: dict[str, tuple[Callable[[], None], list[Host], str]] = {
    "bedroom-lens-and-wifi": (bedroom, [ROUTER, PHONE, LAPTOP, PRINTER, TV, IPCAM], "br0"),
    "hotel-lens-no-radio": (hotel, HOUSE, "eth0"),
    "bathroom-wifi-out-of-sight": (bathroom, [*HOUSE, P2PCAM], "eth0"),
    "lounge-nothing-there": (lounge, HOUSE, "br0"),
}
"""Sample to scene, hosts and ear: `br0` hears all as a router does, `eth0` what reaches the laptop."""


def record(sample: str) -> None:
    """Plays the scene of a sample and writes its capture."""
    scene, hosts, ear = SCENES[sample]
    with network(hosts):
        time.sleep(1.0)  # bridge ports take a moment to forward
        recorder = Recorder(AIR if ear == "br0" else LAPTOP.namespace, ear)
        with recorder.listening():
            scene()
            rest(0.3)
    path = HERE / sample / "network.pcap"
    path.parent.mkdir(exist_ok=True)
    recorder.write(path)
    print(f"{path.relative_to(HERE)}: {len(recorder.heard)} packets, {path.stat().st_size} bytes")  # noqa: T201


if __name__ == "__main__":
    if not hasattr(socket, "AF_PACKET"):
        sys.exit("Recording needs Linux.")
    for name in sys.argv[1:] or list(SCENES):
        record(name)
