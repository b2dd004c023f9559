"""Reolink's meetings: the device's end is told from clients and servers.

No real capture is at hand: the datagrams are made from the laws and the texts that public clients state, and are
self-written evidence.  Only the first word of the key under talk 0 and 1 is another's test.
"""

from __future__ import annotations

import random
import struct

import pytest

from detector.network import services
from detector.network.reolink import reolink_facts, undisguised
from detector.network.signatures import Signatures
from tests.network_scenes import searched

UID = "9527000TESTCAM00ABCD"
FROM_DEVICE = [
    f"<P2P><D2M_Q><uid>{UID}</uid><r>2</r></D2M_Q></P2P>",
    f"<P2P><D2R_R><uid>{UID}</uid><dev><ip>192.168.1.7</ip><port>52000</port></dev></D2R_R></P2P>",
    f"<P2P><D2R_HB><uid>{UID}</uid><token>1</token><needrsp>1</needrsp></D2R_HB></P2P>",
    "<P2P><D2C_C_R><timer><def>3000</def></timer><rsp>0</rsp><cid>-376737975</cid><did>49</did></D2C_C_R></P2P>",
    f'<?xml version="1.0" encoding="UTF-8" ?>\n<P2P>\n<D2M_Q>\n<uid>{UID}</uid>\n</D2M_Q>\n</P2P>\n',
]
FROM_OTHERS = [
    f"<P2P><C2M_Q><uid>{UID}</uid><p>WIN</p></C2M_Q></P2P>",
    "<P2P><C2D_C><uid>x</uid><cli><port>53500</port></cli><cid>82000</cid></C2D_C></P2P>",
    "<P2P><M2D_Q_R><reg><ip>1.2.3.4</ip><port>58200</port></reg></M2D_Q_R></P2P>",
    "<P2P><R2D_C><cli/></R2D_C></P2P>",
    "<P2P></P2P>",
    "",
]
TALKS = [0, 1, 87, 0x1234ABCD, 0xFFFFFFFF]


def datagram(text, talk):
    body = undisguised(talk, text.encode())
    return struct.pack("<5I", 0x2A87CF3A, len(body), 1, talk, 0) + body


def test_the_key_begins_as_others_found():
    assert undisguised(0, bytes(4)).hex() == "4b3c2d1f"
    assert undisguised(1, bytes(4)).hex() == "4c3c2d1f"


@pytest.mark.parametrize("talk", TALKS)
def test_a_disguise_undone_is_the_text_again(talk):
    text = random.Random(talk).randbytes(100)
    assert undisguised(talk, undisguised(talk, text)) == text
    assert undisguised(talk, text) != text


@pytest.mark.parametrize("talk", TALKS)
@pytest.mark.parametrize("text", FROM_DEVICE)
def test_the_devices_end_is_heard_on_any_port(text, talk):
    for ports in ((40000, 9999), (52000, 58200), (2015, 40000)):
        assert services.from_udp(datagram(text, talk), *ports) == [("p2p", "Baichuan from the device")]


@pytest.mark.parametrize("talk", TALKS)
@pytest.mark.parametrize("text", FROM_OTHERS)
def test_clients_and_servers_say_nothing_of_a_camera(text, talk):
    assert services.from_udp(datagram(text, talk), 40000, 9999) == []


def test_the_id_is_not_kept():
    assert UID not in str(reolink_facts(datagram(FROM_DEVICE[0], 5)))


def test_what_is_cut_or_longer_or_changed_is_nothing():
    whole = datagram(FROM_DEVICE[2], 87)
    assert {fact for cut in range(len(whole)) for fact in reolink_facts(whole[:cut])} == set()
    assert reolink_facts(whole + b"\0") == []
    for place in range(8):
        assert reolink_facts(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]) == []


def test_noise_is_nothing():
    rng = random.Random(3)
    for _ in range(2000):
        body = rng.randbytes(60)
        assert reolink_facts(struct.pack("<5I", 0x2A87CF3A, len(body), 1, rng.getrandbits(32), 0) + body) == []


def test_a_camera_that_only_says_that_it_is_there_is_named():
    (found,) = searched(*services.from_udp(datagram(FROM_DEVICE[2], 9), 52000, 58200)).findings
    assert found.alarm
    assert found.camera == "Reolink"
    assert Signatures().match("p2p", "Baichuan from the device") is not None
