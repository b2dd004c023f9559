"""No payload that would tell anything new is left unread; the rest costs next to nothing."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import numpy as np
import pytest

from detector.network import services
from detector.network.batch import MARGIN
from detector.network.columns import TCP, UDP
from detector.network.payloads import MOST_REMEMBERED, Payloads, Reader

ROOT = Path(__file__).parent.parent
REPLIES = ROOT.parent / "shared/data/discovery_replies"


def offered(rows):
    """A buffer and the payloads in it, of (sender, protocol, source port, destination port, bytes)."""
    data = b"".join(row[4] for row in rows) + bytes(MARGIN)
    ends = np.cumsum([len(row[4]) for row in rows], dtype=np.int64)
    begins = ends - np.array([len(row[4]) for row in rows], np.int64)
    columns = [np.array([row[at] for row in rows], kind) for at, kind in enumerate((np.int64, np.uint8, np.uint16, np.uint16))]
    return np.frombuffer(data, np.uint8), Payloads(*columns, begins, ends)


def worth(reader, *rows):
    return reader.worth(*offered(rows)).tolist()


def facts(row):
    _, kind, sport, dport, payload = row
    return (services.from_tcp if kind == TCP else services.from_udp)(payload, sport, dport)


def question(name, ident):
    return struct.pack(">6H", ident, 0x100, 1, 0, 0, 0) + bytes([len(name)]) + name + b"\3com\0\0\1\0\1"


def test_the_same_words_of_the_same_host_are_read_once():
    row = (1, UDP, 5353, 5353, b"x" * 30)
    reader = Reader()
    assert worth(reader, row, row) == [0]
    assert worth(reader, row) == []
    assert worth(reader, (2, *row[1:])) == [0]
    assert worth(reader, (1, TCP, *row[2:])) == [0]
    assert worth(reader, (1, UDP, 5354, 5353, b"x" * 30)) == [0]


def test_a_name_is_read_once_whatever_the_number_and_port_of_the_question():
    reader = Reader()
    assert worth(reader, (1, UDP, 40000, 53, question(b"cam", 1)), (1, UDP, 40001, 53, question(b"cam", 2))) == [0]
    assert worth(reader, (1, UDP, 40002, 53, question(b"web", 1)), (2, UDP, 40002, 53, question(b"cam", 3))) == [0, 1]


def test_a_resolver_answers_once():
    def answer(number):
        return struct.pack(">6H", number, 0x8180, 1, 1, 0, 0) + bytes([number]) * 20

    assert worth(Reader(), *[(1, UDP, 53, 40000 + number, answer(number)) for number in range(5)]) == [0]


def test_multicast_names_are_read_with_their_answers():
    rows = [(1, UDP, 5353, 5353, struct.pack(">6H", 0, 0x8400, 0, 1, 0, 0) + bytes([number]) * 20) for number in range(5)]
    assert worth(Reader(), *rows) == [0, 1, 2, 3, 4]


def test_questions_of_the_web_are_read_once_whatever_the_clients_port():
    asks = b"GET /status HTTP/1.1\r\nHost: a.example.com\r\n\r\n"
    assert worth(Reader(), (1, TCP, 40000, 80, asks), (1, TCP, 40001, 80, asks), (1, TCP, 40001, 80, asks[:-4])) == [0, 2]


TLS = [b"\x17\3\3\1\0" + bytes(300), b"\x15\3\3\0\2\1\0", b"\x14\3\1\0\1\1"]


@pytest.mark.parametrize("payload", TLS, ids=["data", "alert", "change"])
def test_the_middle_of_a_web_connection_is_left(payload):
    assert worth(Reader(), (1, TCP, 443, 40000, payload), (1, TCP, 40000, 443, payload)) == []


@pytest.mark.parametrize(
    "row",
    [
        (1, TCP, 443, 40000, b"\x16\3\3\0\x7a\2" + bytes(100)), (1, TCP, 80, 40000, b"HTTP/1.0 200 OK\r\n"),
        (1, UDP, 40000, 443, b"\xf1\x12\0\0"), (1, UDP, 40000, 443, b"MO_I\1" + bytes(90)), (1, UDP, 40000, 443, b"\x40\1\2\3DHIP"),
        (1, UDP, 40000, 443, b"NVDEVRESULT^1^2"), (1, UDP, 123, 40000, b"\x24" + bytes(40)), (1, TCP, 34567, 80, TLS[0]),
        (1, TCP, 37777, 443, b"\xb0" + bytes(40)), (1, TCP, 443, 9000, TLS[0]), (1, TCP, 6123, 443, TLS[0]),
    ],
)
def test_what_may_be_something_else_is_read(row):
    assert worth(Reader(), row) == [0]


def test_quic_that_begins_with_letters_by_chance_is_left():
    rng = random.Random(1)
    short = [bytes([0x40 | rng.randrange(64)]) + rng.randbytes(60) for _ in range(5000)]
    chance = [one for one in short if all(0x20 <= byte < 0x7F for byte in one[:4])]
    assert len(chance) > 150
    assert len(worth(Reader(), *((1, UDP, 40000, 443, one) for one in chance))) < len(chance) / 10


@pytest.mark.parametrize(
    "text",
    [
        b"DHGET /probe/device", b"DHPOST /a", b"HDS/1.0 200 OK", b"<param><code value=", b"<?xml\r\n", b"<s:En\0", b"RTSP/1.0 200 OK",
        b"M-SEARCH * HTTP/1.1\r\n", b"NOTIFY *", b"MHED" + bytes(200), b"MO_I\1" + bytes(90), b"BOX|<root>", b"PLAY r", b"GET /",
    ],
)
def test_texts_on_ports_of_the_web_are_read_as_datagrams_too(text):
    assert worth(Reader(), (1, UDP, 40000, 443, text), (1, UDP, 443, 40000, text)) == [0, 1]


@pytest.mark.parametrize("sizes", [(0, 1, 12, 63, 64), (64, 65, 66, 200), (0, 64, 65)])
def test_short_and_long_payloads_that_differ_in_one_byte_are_both_read(sizes):
    rng = random.Random(3)
    rows = []
    for size in sizes:
        first = rng.randbytes(size)
        rows += [(1, UDP, 1000, 2000, first)]
        rows += [(1, UDP, 1000, 2000, first[:at] + bytes([first[at] ^ 1]) + first[at + 1 :]) for at in {0, size // 2, size - 1} if size]
    again = [rows[number] for number in (0, len(rows) - 1, len(rows) // 2)]
    reader = Reader()
    assert worth(reader, *rows, *again) == list(range(len(rows)))
    assert worth(reader, *again, *rows) == []


def test_what_stands_behind_a_short_payload_makes_no_difference():
    reader = Reader()
    row = (1, UDP, 1000, 2000, b"abc")
    assert worth(reader, row, (1, UDP, 1000, 2000, b"x" * 80), row, (1, UDP, 1000, 2000, b"y" * 80), row) == [0, 1, 3]


@pytest.mark.parametrize("seed", range(4))
def test_what_is_left_would_have_told_nothing(seed):
    rng = random.Random(seed)
    starts = [b"", b"\x17\3\3", b"\x16\3\1", b"\x40", b"\xc3\0\0\0\1", b"\xf1\x12", b"\x23", b"\x1c", b"\xb3", b"\xff", b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n"]
    ports = [80, 443, 123, 8080, 8443, 53, 9000, 6123, 34567, 37777, 554, 10000, 32108, 40000, 50000, 61000]
    rows = [
        (1, rng.choice((TCP, UDP)), rng.choice(ports), rng.choice(ports), rng.choice(starts) + rng.randbytes(rng.choice((0, 3, 30, 47, 200))))
        for _ in range(4000)
    ]
    read = set(worth(Reader(), *rows))
    told = {(row[1], *fact) for number, row in enumerate(rows) if number in read for fact in facts(row)}
    left = [row for number, row in enumerate(rows) if number not in read]
    assert len(left) > 200
    assert all((row[1], *fact) in told for row in left for fact in facts(row))


@pytest.mark.skipif(not REPLIES.is_dir(), reason="the shared discovery replies are not here")
def test_every_discovery_reply_is_read_on_any_port():
    replies = [path.read_bytes() for path in sorted(REPLIES.iterdir()) if path.is_file()]
    ports = [(37020, 40000), (40000, 443), (443, 40000), (40000, 80), (123, 40000), (40000, 123), (10000, 37810), (9999, 50000)]
    rows = [(number, UDP, *pair, reply) for number, reply in enumerate(replies) for pair in ports]
    read = set(worth(Reader(), *rows))
    assert [row[2:4] for number, row in enumerate(rows) if number not in read and facts(row)] == []
    assert len(replies) > 10


def test_what_is_remembered_is_bounded():
    reader = Reader()
    for start in range(0, MOST_REMEMBERED + 40_000, 20_000):
        worth(reader, *[(1, UDP, 1000, 2000, struct.pack(">I", start + number)) for number in range(20_000)])
    assert len(reader._read) <= MOST_REMEMBERED + 20_000


def test_nothing_offered_is_nothing_worth():
    assert worth(Reader()) == []
