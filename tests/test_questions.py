"""The list of everything that may be sent: sound in itself, and free of what we never do."""

from __future__ import annotations

import re
from string import Template

import pytest

from detector.network import questions

TABLE = questions.load()
ALL = list(TABLE.questions.values())
FILLINGS = {
    "host": "192.168.7.21", "port": "8080", "path": "/onvif/device_service", "mac": "5a139c427e01", "address": "c0a80715",
    "uuid": "1b4e28ba-2fa1-41d2-883f-0016d3cca427", "count": "0001", "version": "01", "length": "0050", "hello": "5a" * 76, "asked": "055f72747370045f746370056c6f63616c00000c0001",
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
    assert question.protocol in {"udp", "tcp", "arp"}


@pytest.mark.parametrize("question", ALL, ids=lambda q: q.name)
def test_every_question_can_be_filled_and_is_recognised_as_itself(question):
    payload = filled(question)
    assert TABLE.recognise(payload, question.protocol, question.ports[0] if question.ports else None) == question


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


def test_multicast_questions_stay_within_groups():
    assert {question.to for question in TABLE.multicast()} == {"224.0.0.251", "239.255.255.250"}
    assert all(question.protocol == "udp" and question.ports for question in TABLE.multicast())


def test_the_ports_are_a_short_list_without_doubles_whose_questions_exist():
    numbers = [port.number for port in TABLE.ports]
    assert len(numbers) == len(set(numbers)) <= 24
    assert all(TABLE[name].protocol == "tcp" for port in TABLE.ports for name in port.ask)
    assert all(port.source for port in TABLE.ports)


def test_every_hole_is_used_and_every_used_hole_is_described():
    assert set().union(*map(holes, ALL)) == set(TABLE.holes)
