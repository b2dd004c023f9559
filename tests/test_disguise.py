"""PPPP under keys that are not known beforehand: the camera's end, the app's, and what only looks alike.

No real capture of such a camera is at hand: datagrams are made here by the law that public clients state, under
keys drawn at random, and are self-written evidence.  Three known pairs of such clients are among them.
"""

from __future__ import annotations

import random

import pytest

from detector.model import Packet
from detector.network import disguise
from detector.network.disguise import LEAST_PICTURES, MOST_SOCKETS, Disguises
from detector.network.search import NetworkSearch
from detector.synthetic.talk import pppp, udp_frame

TABLE = disguise._TABLE
CAM, APP, ROUTER = "28:f3:66:00:00:09", "da:a1:19:3c:7e:52", "00:11:22:33:44:55"
HELLO, ALIVE, ALIVE_ACK, READY, SEARCH, MEET = pppp(0x00), pppp(0xE0), pppp(0xE1), pppp(0x42, bytes(20)), pppp(0x30), pppp(0x41, bytes(20))
LOGIN = pppp(0x12, b"ABCD\0\0\0\0" + bytes(36))


def numbers(key):
    """The four numbers that a key makes: sum, its opposite, sum of thirds, all bytes laid over each other."""
    total, over = sum(key) & 0xFF, 0
    for byte in key:
        over ^= byte
    return total, -total & 0xFF, sum(byte // 3 for byte in key) & 0xFF, over


def hidden(key, plain):
    out, before, four = bytearray(), 0, numbers(key)
    for byte in plain:
        before = byte ^ TABLE[(before + four[before & 3]) & 0xFF]
        out.append(before)
    return bytes(out)


def data(number, size):
    return pppp(0xD0, b"\xd1\1" + number.to_bytes(2, "big") + bytes(size))


def acknowledged(number, count):
    return pppp(0xD1, b"\xd1\1" + count.to_bytes(2, "big") + number.to_bytes(2, "big") * count)


def camera(rng):
    """A camera that logs in and is then watched."""
    yield from ((32100, HELLO), (32100, LOGIN), (32100, HELLO), (32100, LOGIN), (32100, ALIVE))
    yield from ((40000, MEET), (40000, READY), (40000, ALIVE), (40000, ALIVE_ACK))
    yield from ((40000, data(number, rng.choice((1024, 1024, 1024, rng.randrange(30, 1000))))) for number in range(80))


def app(rng):
    """An app that finds a camera, asks and talks back."""
    yield from ((32108, SEARCH), (32100, HELLO), (32100, pppp(0x20, bytes(36))), (40000, MEET), (40000, READY), (40000, ALIVE_ACK))
    yield from ((40000, data(number, rng.randrange(8, 400))) for number in range(80))
    yield from ((40000, acknowledged(number, rng.randrange(1, 20))) for number in range(80))


def keys(count=60):
    rng = random.Random(7)
    yield b"SSD@cs2-network."
    for _ in range(count):
        yield bytes(rng.randrange(33, 127) for _ in range(rng.randrange(4, 24)))


def heard(key, talk):
    listener = Disguises()
    return {value for port, plain in talk for _, value in listener.hear(1, 20000, port, hidden(key, plain))}


def test_the_table_holds_each_byte_once():
    assert sorted(TABLE) == list(range(256))


@pytest.mark.parametrize(
    "heads", [("2cba5f5d", "2c9a54c5", "2c989cf2", "2ccb6293"), ("49b573d5", "4995ddb6", "4997e01c", "49c4ea36"), ("9fa1eeb9", "9f81b5fd", "9f832422", "9fd030f8")]
)
def test_the_pairs_of_public_clients_obey_the_law(heads):
    """What a search, two log-ins and an answer of F1 30 00 00, F1 10 00 28, F1 12 00 2C, F1 41 00 14 go out as."""
    listener = Disguises()
    told = [value for head, size in zip(heads, (0, 40, 44, 20), strict=True) for _, value in listener.hear(1, 20000, 32100, bytes.fromhex(head) + bytes(size))]
    assert "PPPP logs in, hidden" in told


def test_a_camera_is_told_under_nearly_every_key():
    found = [heard(key, camera(random.Random(1))) for key in keys()]
    assert all({"PPPP, hidden", "PPPP logs in, hidden", "PPPP sends video, hidden"} <= one for one in found)


def test_a_camera_that_only_logs_in_is_told_under_many_keys():
    found = [heard(key, list(camera(random.Random(1)))[:5]) for key in keys()]
    assert sum("PPPP logs in, hidden" in one for one in found) >= 0.4 * len(found)
    assert all(one <= {"PPPP, hidden", "PPPP logs in, hidden"} for one in found)


def test_an_app_is_told_as_either_end_and_never_as_a_camera():
    found = [heard(key, app(random.Random(2))) for key in keys()]
    assert all(one == {"PPPP, hidden"} for one in found)


def test_a_camera_that_answers_a_search_is_told_on_its_port():
    key, listener = b"secret", Disguises()
    talk = [HELLO, LOGIN, ALIVE, ALIVE_ACK, READY, MEET, data(1, 100), data(2, 300)]
    told = {value for plain in talk for _, value in listener.hear(1, 32108, 50000, hidden(key, plain))}
    assert "PPPP answers a search, hidden" in told


def test_two_sockets_with_different_keys_do_not_disturb_each_other():
    listener, first, second = Disguises(), list(camera(random.Random(1))), list(camera(random.Random(1)))
    told = set()
    for (port, plain), (other_port, other) in zip(first, second, strict=True):
        told |= {(20000, value) for _, value in listener.hear(1, 20000, port, hidden(b"one", plain))}
        told |= {(20001, value) for _, value in listener.hear(1, 20001, other_port, hidden(b"another key", other))}
    assert {(20000, "PPPP sends video, hidden"), (20001, "PPPP sends video, hidden")} <= told


@pytest.mark.parametrize("seed", range(8))
def test_random_datagrams_are_no_pppp(seed):
    rng, listener = random.Random(seed), Disguises()
    for sender in range(300):
        first = rng.randbytes(1)
        for _ in range(20):
            assert not list(listener.hear(sender, 20000, 32100 if sender % 2 else 40000, first + rng.randbytes(rng.randrange(3, 1200))))


LOOKALIKES = {
    "channel data of TURN": lambda n, rng: b"\x40\x00" + (20 + n).to_bytes(2, "big") + rng.randbytes(20 + n),
    "a head that never changes": lambda n, rng: b"\x51\x70\x48\x10" + rng.randbytes(n),
    "a length at another place": lambda n, rng: b"\x28\x01" + (n + 4).to_bytes(2, "little") + rng.randbytes(n),
    "RTP": lambda n, rng: b"\x80\x60" + n.to_bytes(2, "big") + rng.randbytes(8 + n),
    "PPPP in the clear": lambda n, _: pppp(0xD0, bytes(n)),
    "equal datagrams of a game": lambda _, __: b"\xff\xff\xff\xffTSource Engine Query\0",
}


@pytest.mark.parametrize("make", LOOKALIKES.values(), ids=LOOKALIKES)
@pytest.mark.parametrize("port", [40000, 32100])
def test_what_only_looks_alike_is_no_pppp(make, port):
    rng, listener = random.Random(3), Disguises()
    assert not [fact for n in range(1, 200) for fact in listener.hear(1, 20000, port, make(n, rng))]


@pytest.mark.parametrize("port", [53, 443, 3478, 5353])
def test_ports_that_everybody_speaks_on_are_left_alone(port):
    assert not [fact for _, plain in camera(random.Random(1)) for fact in Disguises().hear(1, 20000, port, hidden(b"key", plain))]


def test_the_same_pictures_again_and_again_are_no_video():
    listener, key = Disguises(), b"key"
    told = {value for _, plain in list(camera(random.Random(1)))[:9] for _, value in listener.hear(1, 20000, 40000, hidden(key, plain))}
    for _ in range(3 * LEAST_PICTURES):
        told |= {value for _, value in listener.hear(1, 20000, 40000, hidden(key, data(7, 1024)))}
    assert "PPPP sends video, hidden" not in told


def test_sockets_are_forgotten_where_there_are_too_many():
    listener = Disguises()
    for sender in range(MOST_SOCKETS + 50):
        assert not list(listener.hear(sender, 20000, 40000, b"\x10\x20\x30\x40"))
    assert len(listener._sockets) == MOST_SOCKETS


@pytest.mark.parametrize(("talk", "mac", "word"), [(camera, CAM, "alarm"), (app, APP, "nothing"), (app, "22:00:00:00:00:01", "look"), (app, CAM, "alarm")])
def test_what_is_made_of_it(talk, mac, word):
    """What speaks so and has the MAC of a cheap module is a camera."""
    search = NetworkSearch()
    for number, (port, plain) in enumerate(talk(random.Random(4))):
        frame = udp_frame((mac, "10.0.0.9", 20000), (ROUTER, "47.91.88.40", port), hidden(b"a key", plain))
        search.hear(Packet(frame, number / 20, 1, len(frame)))
    findings = [finding for finding in search.finish().findings if finding.where.mac == mac]
    assert (("alarm" if findings[0].alarm else "look") if findings else "nothing") == word
