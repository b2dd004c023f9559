"""The list of everything that may be sent: sound in itself, and free of what we never do."""

from __future__ import annotations

import datetime as dt
import json
import re
import tomllib
from ipaddress import ip_address
from pathlib import Path
from string import Template

import pytest

from detector.network import questions

TABLE = questions.load()
ALL = list(TABLE.questions.values())
FILLINGS = {
    "host": "192.168.7.21", "port": "8080", "path": "/onvif/device_service", "mac": "5a139c427e01", "address": "c0a80715",
    "uuid": "1b4e28ba-2fa1-41d2-883f-0016d3cca427", "count": "0001", "version": "01", "length": "0050", "hello": "5a" * 76,
    "loud_uuid": "1B4E28BA-2FA1-41D2-883F-0016D3CCA427", "session": "07", "transaction": "0a0b0c0d", "checksum": "7c1e",
    "link_local": "fe80000000000000025056fffe9b53f5", "asked": "055f72747370045f746370056c6f63616c00000c0001",
}  # fmt: skip

# Anywhere in a payload that we may send: a login, a stream or a snapshot opened, a device changed.
NEVER = re.compile(
    r"authorization|passw|\bpwd\b|\bSETUP\b|\bPLAY\b|\bRECORD\b|\bANNOUNCE\b|\bPUT\b|\bDELETE\b|usernametoken|wsse|"
    r"snapshot|\.jpe?g|mjpeg|stream|<(?:\w+:)?Set|SystemReboot|GetStreamUri|GetUsers|admin|login",
    re.IGNORECASE,
)


def holes(question):
    return set(re.findall(r"\$\{(\w+)\}", question.template))


def filled(question, **other):
    return question.fill(**{name: value for name, value in (FILLINGS | other).items() if name in holes(question)})


@pytest.mark.parametrize("question", ALL, ids=lambda q: q.name)
def test_every_question_says_what_it_asks_and_where_its_form_was_read(question):
    assert len(question.says) > 10
    assert len(question.source) > 5
    assert question.protocol in {"udp", "tcp", "arp", "ip6"}
    assert question.checked >= dt.date(2026, 1, 1)


@pytest.mark.parametrize("question", ALL, ids=lambda q: q.name)
def test_every_question_can_be_filled_and_is_recognised_as_itself(question):
    payload = filled(question)
    known = TABLE.recognise(payload, question.protocol, question.ports[0] if question.ports else None)
    assert known.template == question.template  # the same words may go to a group and to everybody


@pytest.mark.parametrize("question", ALL, ids=lambda q: q.name)
def test_nothing_we_never_do_stands_in_the_list(question):
    assert not NEVER.search(question.template)
    assert not NEVER.search(filled(question).decode("latin-1"))


@pytest.mark.parametrize("question", ALL, ids=lambda q: q.name)
def test_every_changed_byte_outside_the_holes_is_noticed(question):
    literal = Template(question.template).safe_substitute(dict.fromkeys(holes(question), "\0"))
    payload = filled(question)
    said = payload.hex() if question.binary else payload.decode("latin-1")
    for at in range(len(literal.split("\0")[0])):
        changed = said[:at] + ("0" if said[at] != "0" else "1") + said[at + 1 :]
        assert not question.matches(bytes.fromhex(changed) if question.binary else changed.encode("latin-1"))


# A ClientHello ends in random bytes: its own test asserts that it is one record and no more.
@pytest.mark.parametrize("question", [one for one in ALL if one.name != "tls-hello"], ids=lambda q: q.name)
def test_nothing_can_be_appended(question):
    assert not question.matches(filled(question) + b"\r\n")
    assert not question.matches(filled(question) + b"\x00\x00\x00")


@pytest.mark.parametrize("name", ["onvif-time", "onvif-information"])
def test_the_stated_length_is_the_length_of_the_body(name):
    head, _, body = filled(TABLE[name]).partition(b"\r\n\r\n")
    assert re.search(rb"Content-Length: (\d+)", head)[1] == str(len(body)).encode()


@pytest.mark.parametrize(
    "path",
    [
        "/snapshot.jpg", "/cgi-bin/snap.cgi", "/video.mjpg", "/live/ch0", "/Streaming/channels/1/picture", "/image.jpeg",
        "/a b", "/x\r\nAuthorization: Basic YWRtaW46", "no-slash", "/" + "a" * 300, "/%0d\n", "/%73napshot", "/x%2fy", "/ümlaut",
    ],
)
def test_a_path_that_smells_of_a_picture_or_breaks_the_line_is_refused(path):
    with pytest.raises(ValueError, match="not a filling"):
        TABLE["ssdp-description"].fill(host="192.168.7.21", port=80, path=path)


@pytest.mark.parametrize("path", ["/rootDesc.xml", "/IPCamDesc.xml", "/upnp/basic.xml?id=7&x=%20", "/", "/HNAP1/", "/dmr", "/ssdp/device-desc.xml"])
def test_a_usual_path_of_a_description_is_allowed(path):
    assert path.encode() in TABLE["ssdp-description"].fill(host="192.168.7.21", port=80, path=path)


@pytest.mark.parametrize("host", ["camera.example.com", "::1", "10.0.0.1@evil", ""])
def test_only_plain_addresses_are_asked(host):
    with pytest.raises(ValueError, match="not a filling"):
        TABLE["http-page"].fill(host=host, port=80)


@pytest.mark.parametrize(
    "payload",
    [
        b"SETUP rtsp://192.168.7.21:554/ RTSP/1.0\r\nCSeq: 3\r\nUser-Agent: roomsweep\r\n\r\n",
        b"PLAY rtsp://192.168.7.21:554/ RTSP/1.0\r\nCSeq: 3\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 192.168.7.21:80\r\nAuthorization: Basic YWRtaW46YWRtaW4=\r\n\r\n",
        b"GET /snapshot.jpg HTTP/1.1\r\nHost: 192.168.7.21:80\r\nUser-Agent: roomsweep\r\nConnection: close\r\n\r\n",
        b"\x00", b"hello",
    ],
)
def test_what_is_none_of_our_questions_is_not_recognised(payload):
    assert TABLE.recognise(payload, "tcp") is None


def test_an_empty_datagram_is_ours_only_on_the_discard_port():
    assert TABLE.recognise(b"", "udp", 9).name == "nudge"
    assert TABLE.recognise(b"", "udp", 5060) is None


def test_a_dns_answer_or_an_update_is_no_question_of_ours():
    question = filled(TABLE["mdns"])
    assert not TABLE["mdns"].matches(question[:2] + b"\x84\x00" + question[4:])
    assert not TABLE["mdns"].matches(question[:2] + b"\x28\x00" + question[4:])
    assert not TABLE["mdns"].matches(question[:7] + b"\x01" + question[8:])


def test_without_leave_only_the_groups_of_usual_discovery_are_asked():
    assert {question.to for question in TABLE.to_everybody(leave=False)} == {"224.0.0.251", "239.255.255.250"}
    assert {question.name.split("-")[0] for question in TABLE.to_everybody(leave=False)} == {"mdns", "ssdp", "wsd"}


def test_what_goes_to_everybody_stays_on_this_link_and_has_one_port():
    for question in TABLE.to_everybody(leave=True):
        assert question.to == questions.EVERYBODY or ip_address(question.to).is_multicast
        assert question.protocol == "udp"
        assert len(question.ports) == 1


def test_no_question_goes_where_one_could_do_harm_and_each_omission_has_its_reason():
    text = (Path(questions.__file__).parent / "data/questions.toml").read_text()
    unasked = tomllib.loads(text)["unasked"]
    assert len(unasked) >= 8
    assert all(len(row["why"]) > 20 for row in unasked)
    never = {port for row in unasked for port in row["ports"]}
    assert never.isdisjoint({port for question in ALL for port in question.ports} | {port.number for port in TABLE.ports})


def test_makers_are_asked_in_their_languages():
    asked = {question.name for question in TABLE.to_everybody(leave=True)} - {question.name for question in TABLE.to_everybody(leave=False)}
    assert asked == {
        "sadp", "dhip", "dhip-everybody", "dahua-first", "xiongmai", "tvt", "foscam", "vivotek", "vstarcam", "hanwha", "sony",
        "panasonic", "bosch", "360-vision", "nice", "ubiquiti", "pppp", "pppp-extended", "pppp-hidden", "pppp-vstarcam", "v380", "hichip", "kasa", "tapo",
        "miio",
    }


@pytest.mark.parametrize(("name", "length"), [("tvt", 140), ("hanwha", 262), ("foscam", 27), ("panasonic", 52), ("miio", 32), ("dhip", 91), ("tapo", 16)])
def test_a_binary_question_has_the_length_of_its_source(name, length):
    assert len(filled(TABLE[name])) == length


def test_the_stated_length_of_the_dahua_call_is_that_of_its_text():
    payload = filled(TABLE["dhip"])
    assert int.from_bytes(payload[16:20], "little") == int.from_bytes(payload[24:28], "little") == len(payload) - 32
    assert json.loads(payload[32:])["method"] == "DHDiscover.search"


def test_the_kasa_question_hides_a_mere_look():
    key, plain = 0xAB, bytearray()
    for byte in filled(TABLE["kasa"]):
        plain.append(key ^ byte)
        key = byte
    assert json.loads(plain) == {"system": {"get_sysinfo": {}}}


def test_ears_are_named_and_have_a_source():
    assert {port for ear in TABLE.ears for port in ear.ports} >= {6666, 6667, 62976, 32108}
    assert all(ear.says and ear.source and (ear.to == questions.EVERYBODY or ip_address(ear.to).is_multicast) for ear in TABLE.ears)


def test_the_ports_are_a_short_list_without_doubles_whose_questions_exist():
    numbers = [port.number for port in TABLE.ports]
    assert len(numbers) == len(set(numbers)) <= 24
    assert all(TABLE[name].protocol == "tcp" for port in TABLE.ports for name in (*port.ask, *port.then))
    assert all(port.source for port in TABLE.ports)


def test_every_hole_is_used_and_every_used_hole_is_described():
    assert set().union(*map(holes, ALL)) == set(TABLE.holes)
