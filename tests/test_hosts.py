"""Single hosts asked over TCP: which ports, which pages, and which never."""

from __future__ import annotations

import asyncio
import hashlib
from ipaddress import IPv4Address

import pytest

from detector.network import questions
from hardware import hosts as module
from hardware.hosts import Hosts
from hardware.limits import AskLimits
from hardware.pace import Pace

CAMERA = "192.168.7.21"
RTSP = b"RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\nServer: Hipcam RealServer/V1.0\r\n\r\n"
ONVIF_FACTS = [("wsd_type", "onvif:NetworkVideoTransmitter"), ("wsd_address", f"http://{CAMERA}:8899/onvif/device_service")]


@pytest.fixture
def world(monkeypatch):
    """Hosts that answer as written here: {(ip, port): [replies]}; keeps what each was asked."""

    class World:
        def __init__(self):
            self.answers, self.asked, self.told, self.now, self.most, self.icons, self.knocking, self.most_knocking = {}, [], [], 0, 0, 0, 0, 0

        async def converse(self, source, ip, port, asked, limits, *, room, icon):
            self.asked.append((ip, port, *asked))
            self.icons += icon
            self.knocking += 1
            self.most_knocking = max(self.most_knocking, self.knocking)
            await asyncio.sleep(0)
            self.knocking -= 1
            async with room:
                self.now += 1
                self.most = max(self.most, self.now)
                await asyncio.sleep(0)
                self.now -= 1
            answer = self.answers.get((ip, port))
            return answer(asked[0]) if callable(answer) else answer

        def hosts(self, **limits):
            limits = AskLimits(**{"per_s": 1e6, **limits})
            return Hosts(IPv4Address("192.168.7.2"), limits, Pace(limits.per_s), lambda ip, facts: self.told.extend((ip, *f) for f in facts))

    world = World()
    monkeypatch.setattr(module, "converse", world.converse)
    return world


def test_every_listed_port_is_tried_with_its_listed_questions(world):
    asyncio.run(world.hosts().ask(CAMERA))
    table = questions.load()
    assert sorted(port for _, port, *_ in world.asked) == sorted(port.number for port in table.ports)
    for _, port, *payloads in world.asked:
        listed = next(one for one in table.ports if one.number == port)
        assert [table.recognise(payload, "tcp").name for payload in payloads] == list(listed.ask)


def test_an_open_port_and_what_its_server_said_are_told(world):
    world.answers = {(CAMERA, 554): [RTSP], (CAMERA, 34567): []}
    hosts = world.hosts()
    asyncio.run(hosts.ask(CAMERA))
    assert {("192.168.7.21", "open_port", "554"), ("192.168.7.21", "open_port", "34567")} <= set(world.told)
    assert (CAMERA, "rtsp_server", "Hipcam RealServer/V1.0") in world.told
    assert (hosts.tried, hosts.open) == (len(questions.load().ports), 2)


def test_closed_ports_tell_nothing(world):
    asyncio.run(world.hosts().ask(CAMERA))
    assert world.told == []


@pytest.mark.parametrize("per_host", [1, 3])
def test_only_so_many_conversations_at_once_with_one_host(world, per_host):
    asyncio.run(world.hosts(per_host=per_host).ask(CAMERA))
    assert world.most == per_host


def test_a_host_that_drops_packets_costs_the_patience_of_one_port(world):
    asyncio.run(world.hosts(per_host=1).ask(CAMERA))
    assert world.most_knocking > 1
    assert world.most == 1


@pytest.mark.parametrize("most_open", [1, 7])
def test_a_whole_network_never_has_more_connections_open_than_the_limit(world, most_open):
    async def ask_many(hosts):
        await asyncio.gather(*(hosts.ask(f"192.168.7.{n}") for n in range(20, 30)))

    asyncio.run(ask_many(world.hosts(most_open=most_open)))
    assert world.most_knocking == most_open
    assert len(world.asked) == 10 * len(questions.load().ports)


def test_an_onvif_device_is_asked_for_clock_and_identity_where_it_said(world):
    asyncio.run(world.hosts().follow(CAMERA, ONVIF_FACTS))
    assert [(port, questions.load().recognise(payload, "tcp").name) for _, port, payload in world.asked] == [
        (8899, "onvif-time"),
        (8899, "onvif-information"),
    ]


def test_a_computers_web_service_is_not_asked_for_onvif(world):
    asyncio.run(world.hosts().follow(CAMERA, [("wsd_type", "pub:Computer"), ("wsd_address", f"http://{CAMERA}:5357/e5e61fb5")]))
    assert world.asked == []


PAGE = b"HTTP/1.1 200 OK\r\nServer: Some-Webs\r\nContent-Length: 0\r\n\r\n"
TIME = b"HTTP/1.1 200 OK\r\n\r\n<GetSystemDateAndTimeResponse xmlns='http://www.onvif.org/ver10/device/wsdl'/>"
ICON = b"HTTP/1.1 200 OK\r\nContent-Type: image/x-icon\r\nContent-Length: 4\r\n\r\nicon"


def web(icon=PAGE, time=PAGE):
    """A web server that has an icon and speaks ONVIF, or not."""
    return lambda asked: [icon if b"favicon" in asked else time if b"POST" in asked else PAGE]


def names_of(world, at):
    return [questions.load().recognise(payloads[0], "tcp").name for _, port, *payloads in world.asked if port == at]


def test_a_web_server_is_asked_for_its_icon_and_whether_it_speaks_onvif(world):
    world.answers = {(CAMERA, 8899): web(icon=ICON)}
    asyncio.run(world.hosts().ask(CAMERA))
    assert names_of(world, 8899) == ["http-page", "http-icon", "onvif-time"]
    assert (CAMERA, "favicon_md5", hashlib.md5(b"icon").hexdigest()) in world.told
    assert world.icons == 1


def test_only_where_onvif_answered_it_is_asked_further(world):
    world.answers = {(CAMERA, 80): web(time=TIME)}
    asyncio.run(world.hosts().ask(CAMERA))
    assert names_of(world, 80) == ["http-page", "http-icon", "onvif-time", "onvif-information"]
    assert (CAMERA, "onvif", "GetSystemDateAndTime") in world.told


def test_what_is_no_web_server_is_asked_nothing_further(world):
    world.answers = {(CAMERA, 80): [RTSP], (CAMERA, 443): [PAGE]}
    asyncio.run(world.hosts().ask(CAMERA))
    assert names_of(world, 80) == ["http-page"]
    assert names_of(world, 443) == ["tls-hello"]


def test_onvif_is_asked_once_at_one_place_however_it_was_found(world):
    world.answers = {(CAMERA, 8899): web(time=TIME)}
    asyncio.run(_both(world.hosts()))
    assert names_of(world, 8899).count("onvif-time") == names_of(world, 8899).count("onvif-information") == 1


async def _both(hosts):
    await hosts.follow(CAMERA, ONVIF_FACTS)
    await hosts.ask(CAMERA)


def test_a_description_is_fetched_once_from_where_the_device_said(world):
    hosts, facts = world.hosts(), [("ssdp_location", f"http://{CAMERA}:49152/rootDesc.xml")]
    asyncio.run(_twice(hosts, facts))
    ((_, port, payload),) = world.asked
    assert (port, payload.split(b"\r\n")[0]) == (49152, b"GET /rootDesc.xml HTTP/1.1")


async def _twice(hosts, facts):
    await hosts.follow(CAMERA, facts)
    await hosts.follow(CAMERA, facts)


@pytest.mark.parametrize(
    "url",
    [
        "http://192.168.7.22/rootDesc.xml", "http://example.com/rootDesc.xml", "https://192.168.7.21/rootDesc.xml",
        "http://admin:admin@192.168.7.21/rootDesc.xml", "http://192.168.7.21/snapshot.jpg", "http://192.168.7.21:99999/x.xml",
        "http://192.168.7.21:port/x.xml", "http://[::1/x.xml", "ftp://192.168.7.21/x.xml", "rtsp://192.168.7.21/live", "", "http://",
        "http://192.168.7.21/x\r\nAuthorization: Basic eA==/y.xml", "file:///etc/passwd", "http://192.168.7.21/" + "a" * 400,
    ],
)
def test_no_page_elsewhere_no_login_and_no_picture_is_ever_fetched(world, url):
    asyncio.run(world.hosts().follow(CAMERA, [("ssdp_location", url)]))
    assert all(ip == CAMERA and b"uthorization" not in payload for ip, _, payload in world.asked)
    assert not world.asked or "\r\n" in url  # urlsplit drops line breaks: what is left is a plain path


@pytest.mark.parametrize("most_pages", [2, 5])
def test_a_host_that_names_endless_pages_is_asked_few(world, most_pages):
    facts = [("ssdp_location", f"http://{CAMERA}/{n}.xml") for n in range(40)]
    asyncio.run(world.hosts(most_pages=most_pages).follow(CAMERA, facts))
    assert len(world.asked) == most_pages


def test_the_pace_spaces_its_turns():
    async def take(turns):
        pace, loop = Pace(200), asyncio.get_running_loop()
        began = loop.time()
        await asyncio.gather(*(pace.turn() for _ in range(turns)))
        return loop.time() - began

    assert asyncio.run(take(21)) >= 0.099
