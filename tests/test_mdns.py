"""Multicast DNS questions as zeroconf writes them, and what its replies point to."""

from __future__ import annotations

import random

import pytest
from zeroconf import DNSIncoming, DNSOutgoing, DNSPointer, DNSText

from detector.network import questions
from hardware import mdns

PTR, TXT, SRV, IN, RESPONSE = 12, 16, 33, 1, 0x8400


def reply(*records):
    out = DNSOutgoing(RESPONSE)
    for record in records:
        out.add_answer_at_time(record, 0)
    return out.packets()[0]


def pointer(name, alias):
    return DNSPointer(name, PTR, IN, 4500, alias)


def asked(payloads):
    return [(one.name, one.type) for payload in payloads for one in DNSIncoming(payload).questions]


def test_browsing_asks_for_pointers_of_each_type():
    assert asked(mdns.browse(["_rtsp._tcp.local.", "_ipp._tcp.local."])) == [("_rtsp._tcp.local.", PTR), ("_ipp._tcp.local.", PTR)]


def test_details_ask_for_place_and_properties_of_each_instance():
    assert asked(mdns.details(["My Camera._rtsp._tcp.local."])) == [("My Camera._rtsp._tcp.local.", SRV), ("My Camera._rtsp._tcp.local.", TXT)]


def test_no_names_ask_nothing():
    assert mdns.browse([]) == []
    assert mdns.details([]) == []


def test_every_message_is_one_of_the_listed_questions_and_carries_nothing_but_questions():
    for payload in mdns.browse([mdns.EVERY_TYPE, *mdns.CAMERA_TYPES]) + mdns.details([f"Camera {n}._rtsp._tcp.local." for n in range(90)]):
        message = DNSIncoming(payload)
        assert questions.load()["mdns"].matches(payload)
        assert message.is_query()
        assert not message.answers()


def test_many_names_are_split_into_messages_that_fit_a_frame():
    payloads = mdns.details([f"Camera {n}._rtsp._tcp.local." for n in range(200)])
    assert len(asked(payloads)) == 400
    assert max(map(len, payloads)) <= 1460


def test_the_longest_names_still_fit_a_frame():
    payloads = mdns.details([f"{n:060}.{n:040}._rtsp._tcp.local." for n in range(40)])
    assert len(asked(payloads)) == 80
    assert max(map(len, payloads)) <= 1460


def test_a_name_too_long_to_be_asked_is_left_out():
    assert mdns.details(["x" * 60 + "." + "y" * 60 + "._rtsp._tcp.local."]) == []


def test_pointers_of_a_reply_are_read():
    payload = reply(pointer(mdns.EVERY_TYPE, "_axis-video._tcp.local."), pointer("_axis-video._tcp.local.", "AXIS M1065._axis-video._tcp.local."))
    assert mdns.pointers(payload) == [
        (mdns.EVERY_TYPE, "_axis-video._tcp.local."),
        ("_axis-video._tcp.local.", "AXIS M1065._axis-video._tcp.local."),
    ]


def test_other_records_point_nowhere():
    assert mdns.pointers(reply(DNSText("a._rtsp._tcp.local.", TXT, IN, 120, b"\x03a=b"))) == []


def test_a_question_points_nowhere():
    assert mdns.pointers(mdns.browse(["_rtsp._tcp.local."])[0]) == []


def test_a_reply_with_hundreds_of_names_is_cut():
    payload = reply(*(pointer("_http._tcp.local.", f"n{n}._http._tcp.local.") for n in range(300)))
    assert 0 < len(mdns.pointers(payload)) <= mdns.MOST_NAMES


@pytest.mark.parametrize("payload", [b"", b"\x00", b"\xff" * 12, b"\x00\x00\x84\x00\xff\xff\xff\xff\xff\xff\xff\xff", b"\xc0\x0c" * 600])
def test_broken_bytes_point_nowhere(payload):
    assert mdns.pointers(payload) == []


def test_a_reply_changed_anywhere_never_raises():
    whole, dice = reply(pointer(mdns.EVERY_TYPE, "_rtsp._tcp.local.")), random.Random(7)
    for _ in range(500):
        broken = bytearray(whole[: dice.randrange(len(whole) + 1)])
        for _ in range(min(3, len(broken))):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        assert isinstance(mdns.pointers(bytes(broken)), list)
