"""Names in ClientHellos are found by columns where the plain reading finds them, and told once."""

from __future__ import annotations

import random
import struct

import numpy as np

from detector.network import tls
from detector.network.batch import MARGIN
from detector.network.columns import TCP
from detector.network.hellos import client_hellos, name_spans
from detector.network.payloads import Payloads, Reader
from detector.network.text import tidy


def extension(kind, body):
    return struct.pack(">HH", kind, len(body)) + body


def server_name(host):
    return extension(0, struct.pack(">HBH", len(host) + 3, 0, len(host)) + host)


def hello(host=b"cam.example.com", seed=1, before=2, after=2, session=32):
    """A ClientHello as browsers make them: random numbers, a session, many extensions."""
    rng = random.Random(seed)
    listed = b"".join(extension(rng.randrange(1, 60), rng.randbytes(rng.randrange(40))) for _ in range(before))
    listed += server_name(host) if host is not None else b""
    listed += b"".join(extension(rng.randrange(1, 60), rng.randbytes(rng.randrange(40))) for _ in range(after))
    body = b"\3\3" + rng.randbytes(32) + bytes([session]) + rng.randbytes(session) + struct.pack(">H", 8) + rng.randbytes(8) + b"\1\0"
    body += struct.pack(">H", len(listed)) + listed
    handshake = b"\1" + len(body).to_bytes(3, "big") + body
    return b"\x16\3\1" + struct.pack(">H", len(handshake)) + handshake


def laid(payloads):
    """Payloads one after another in a buffer."""
    end = np.cumsum([len(one) for one in payloads], dtype=np.int64)
    return np.frombuffer(b"".join(payloads) + bytes(MARGIN), np.uint8), end - [len(one) for one in payloads], end


def names(payloads):
    """What the columns say of each: its name, or None where it has to be read."""
    data, begin, end = laid(payloads)
    are = client_hellos(data, begin, end)
    found: list[str | None] = [None] * len(payloads)
    rows = np.flatnonzero(are)
    for row, first, stop, known in zip(rows.tolist(), *(column.tolist() for column in name_spans(data, begin[rows], end[rows])), strict=True):
        found[row] = tidy(data[first:stop].tobytes()).lower() if known else None
    return found


def plain(payload):
    """The same from the plain reading; None for what is no ClientHello."""
    is_hello = tls.is_tls(payload) and payload[5] == 1
    return tls._server_name(payload) if is_hello else None


def test_names_stand_where_the_plain_reading_finds_them():
    some = [hello(b"h%d.example.com" % number, number, before, after, session) for number, (before, after, session) in enumerate(
        [(0, 0, 0), (0, 5, 32), (3, 0, 0), (12, 4, 32), (20, 0, 7)])]
    assert names(some) == [f"h{number}.example.com" for number in range(5)]
    assert names(some) == [plain(one) for one in some]


def test_a_hello_without_a_name_and_what_is_no_hello():
    some = [hello(None), hello(b"Ab.CD"), b"\x16\3\3\0\x7a\2" + bytes(100), b"\x16\3\1\0\5\1", b"\x17\3\3\1" + bytes(60), b"", b"GET / HTTP/1.1"]
    assert names(some) == ["", "ab.cd", None, None, None, None, None] == [plain(one) for one in some]


def test_a_hello_with_more_extensions_than_are_walked_is_left_to_the_plain_reading():
    assert names([hello(before=60), hello(before=20)]) == [None, "cam.example.com"]


def test_cut_and_changed_hellos_say_what_the_plain_reading_says():
    rng = random.Random(7)
    some = []
    for number in range(6000):
        one = bytearray(hello(b"h%d.example.com" % (number % 9), number, rng.randrange(6), rng.randrange(6), rng.choice((0, 32))))
        for _ in range(rng.randrange(3)):
            one[rng.randrange(43, len(one))] = rng.choice((0, 1, 255, rng.randrange(256)))
        some.append(bytes(one[: rng.randrange(len(one)) if rng.random() < 0.4 else None]))
    found = names(some)
    assert found == [plain(one) for one in some]
    assert 1000 < sum(bool(one) for one in found) < 5000


def worth(reader, *rows):
    data, begin, end = laid([row[3] for row in rows])
    columns = [np.array([row[at] for row in rows], kind) for at, kind in enumerate((np.int64, np.uint16, np.uint16))]
    return reader.worth(data, Payloads(columns[0], np.full(len(rows), TCP, np.uint8), columns[1], columns[2], begin, end)).tolist()


def test_a_name_that_a_host_asked_for_is_read_once():
    reader = Reader()
    rows = [(1, 40000 + seed, 443, hello(host, seed)) for seed, host in enumerate((b"a.com", b"a.com", b"b.com", b"a.com"))]
    assert worth(reader, *rows) == [0, 2]
    assert worth(reader, (2, 40000, 443, hello(b"a.com", 9)), (1, 40000, 8443, hello(b"a.com", 10)), (1, 1, 2, hello(b"c.com"))) == [0, 2]


def test_a_name_is_not_taken_for_a_question():
    """The same bytes as a payload, as a name of a hello, or as another host's are different things."""
    reader = Reader()
    name = b"a.com"
    assert worth(reader, (1, 0, 0, name), (1, 40000, 443, hello(name)), (1, 40001, 443, name), (1, 1, 0, name), (2, 0, 0, name)) == [0, 1, 2, 3, 4]


def test_certificates_are_read_each_time():
    seconds = [b"\x16\3\3\0\x7a\2" + bytes([seed]) * 100 for seed in range(3)]
    assert worth(Reader(), *((1, 443, 40000, one) for one in seconds)) == [0, 1, 2]
