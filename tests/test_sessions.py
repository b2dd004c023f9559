"""Descriptions of streams: what their lines give away, judged alone, and what is left out."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from detector.network import services
from detector.network.sessions import MOST_LINES, MOST_TOLD, session_facts
from detector.network.text import LONGEST_VALUE
from tests.network_scenes import judged

TABLE = tomllib.loads((Path(__file__).parent / "published_sessions.toml").read_text(encoding="utf-8"))
SESSIONS = TABLE["session"]
RANKS = ("nothing", "look", "alarm")


def answer(session):
    head = [f"RTSP/1.0 {session.get('status', '200 OK')}", "CSeq: 3"]
    head += [f"Server: {session['server']}"] if "server" in session else []
    head += [f"Content-Base: {session['base']}"] if "base" in session else []
    head += [f'WWW-Authenticate: Digest realm="{session["realm"]}", nonce="0"'] if "realm" in session else []
    body = ["v=0", *session["lines"]] if session["lines"] else []
    return "\r\n".join([*head, "", *body, ""]).encode()


def lines(*more):
    return session_facts("\r\n".join(["v=0", *more]).encode())


@pytest.mark.parametrize("session", [one for one in SESSIONS if one.get("camera")], ids=lambda one: one["name"])
def test_a_cameras_own_description(session):
    word, called = judged(*services.from_tcp(answer(session), 554, 50000))
    assert word == session["expect"]
    assert session.get("make", "").lower() in called.lower()
    assert word == "alarm" or session["why"]


@pytest.mark.parametrize("session", [one for one in SESSIONS if not one.get("camera")], ids=lambda one: one["name"])
def test_the_description_of_what_is_no_camera(session):
    assert session["expect"] != "alarm"
    assert RANKS.index(judged(*services.from_tcp(answer(session), 554, 50000))[0]) <= RANKS.index(session["expect"])


@pytest.mark.parametrize("session", SESSIONS, ids=lambda one: one["name"])
def test_each_row_says_where_it_is_from(session):
    assert session["source"] in TABLE["sources"]


@pytest.mark.parametrize("sound", ["m=audio 0 RTP/AVP 0", "m=audio 0 RTP/AVP 8", "m=audio 0 RTP/AVP/TCP 8", "a=rtpmap:97 PCMA/8000", "a=rtpmap:98 G726-16/8000"])
def test_telephone_sound_counts_only_beside_video(sound):
    trait = ("sdp_line", "telephone sound beside video")
    assert trait in lines("m=video 0 RTP/AVP 96", sound)
    assert trait not in lines(sound)


@pytest.mark.parametrize("sound", ["m=audio 0 RTP/AVP 97", "m=audio 0 RTP/AVP 14", "a=rtpmap:97 MPEG4-GENERIC/48000", "a=rtpmap:97 opus/48000/2", "m=audio 0 RTP/AVP 80"])
def test_the_sound_of_films_is_no_telephones(sound):
    assert ("sdp_line", "telephone sound beside video") not in lines("m=video 0 RTP/AVP 96", sound)


def test_an_origin_is_told_without_its_address():
    assert lines("o=- 1620251477190769 1 IN IP4 192.168.5.106") == [("sdp_line", "o=- 1620251477190769")]
    assert lines("o=- 1109162014219182 7 IN IP4 x.y.z.w") == [("sdp_line", "o=- 1109162014219182 at x.y.z.w")]


def test_long_numbers_and_other_lines_are_left_out():
    assert lines("a=Media_header:MEDIAINFO=494D4B480101000004000100") == [("sdp_line", "a=Media_header:MEDIAINFO")]
    assert lines("c=IN IP4 192.168.5.106", "a=fmtp:96 sprop-parameter-sets=Z00", "k=clear:secret", "a=rtpmap:96 H264/90000") == []


def test_what_is_no_description_tells_nothing():
    assert session_facts(b"s=IP Camera Video\r\n") == []
    assert session_facts(b"") == []


def test_a_hostile_description_is_read_no_further_than_its_bounds():
    many = lines(*["a=range:npt=now-"] * (MOST_LINES * 3))
    assert len(many) <= MOST_TOLD
    assert len(lines(*["s=x"] * (MOST_LINES * 3))) <= MOST_LINES
    assert all(len(value) <= LONGEST_VALUE for _, value in lines("a=range:npt=" + "1" * 5000, "s=" + "x" * 5000))
