"""Reading frames in batches tells what reading them one by one told, whatever they are and however they are cut."""

from __future__ import annotations

import csv
import random
import struct
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from detector.model import Packet
from detector.network.batch import MARGIN, Batch
from detector.network.flows import LIMITS
from detector.network.groups import MOST_ROWS, grouped
from detector.network.senders import MOST_ORIGINS, Origin, Senders
from detector.network.traffic import MOST_CUTS, Traffic
from hardware.capture import CaptureFile
from hardware.sensor import InputUnreadable, SensorUnavailable
from tests.benchmarks.capture_inputs import bulk, mixed
from tests.one_by_one import OneByOne

ROOT = Path(__file__).parent.parent
CAPTURES = ROOT.parent / "shared/data/captures"
needs_captures = pytest.mark.skipif(not (CAPTURES / "labels.csv").is_file(), reason="the shared captures are not here")


def one_by_one(packets):
    found = []
    reader = OneByOne(found.append)
    for packet in packets:
        reader.hear(packet)
    reader.finish()
    return found, reader.heard


def in_batches(packets, size):
    found = []
    traffic = Traffic(found.append)
    for start in range(0, len(packets), size):
        traffic.hear_all(Batch.of(packets[start : start + size]))
    traffic.finish()
    return found, traffic.heard


def agree(packets, size):
    (one, heard_one), (many, heard_many) = one_by_one(packets), in_batches(packets, size)
    assert many == one
    for name in ("packets", "size", "unread", "first_s", "last_s"):
        assert getattr(heard_many, name) == getattr(heard_one, name)
    return one


def packets_of(frames, link=1, step_s=0.01):
    return [Packet(frame, number * step_s, link, len(frame)) for number, frame in enumerate(frames)]


def readable(path):
    try:
        yield from CaptureFile(path).packets()
    except (InputUnreadable, SensorUnavailable):
        return


# --- the same sightings in the same order ---------------------------------------------------------


@needs_captures
def test_every_shared_capture_tells_the_same_as_packet_by_packet():
    with (CAPTURES / "labels.csv").open() as labels:
        names = [row["file"] for row in csv.DictReader(labels)]
    read = told = 0
    for number, name in enumerate(names):
        packets = list(readable(CAPTURES / name))
        told += len(agree(packets, (10_000, 37, 500)[number % 3]))
        read += len(packets)
    assert len(names) > 800
    assert read > 200_000
    assert told > 10_000


@pytest.mark.parametrize("size", [1, 7, 500, 100_000])
def test_a_drawn_house_tells_the_same_however_it_is_cut(size):
    packets = [Packet(frame, at_s, 1, len(frame)) for at_s, frame in mixed(1500 if size == 1 else 8000)]
    told = agree(packets, size)
    assert {sighting.field for sighting in told} > {"address", "dns_query", "tls_name", "mdns_type", "ssdp_type", "http_path"}


def test_video_in_the_clear_is_told_the_same():
    packets = [Packet(frame, at_s, 1, len(frame)) for at_s, frame in mixed(40_000) if frame[12:14] == b"\x81\0" or len(frame) < 90]
    assert "rtp_video" in {sighting.field for sighting in agree(packets, 3000)}


def test_a_long_stream_tells_the_same():
    agree([Packet(frame, at_s, 1, len(frame)) for at_s, frame in bulk(5000)], 1700)


# --- addresses that change hands ------------------------------------------------------------------

MACS = [bytes([2, 0, 0, 0, 0, number]) for number in range(4)]
PLACES = [b"\x0a\0\0\x01", b"\x0a\0\0\x02", b"\x08\x08\x08\x08", b"\x83\x01\x02\x03", b"\0\0\0\0"]
SIX = [bytes.fromhex("fe800000000000000000000000000001"), bytes.fromhex("20010db8000000000000000000000002"), bytes(16)]
ANSWER = b"RTSP/1.0 200 OK\r\nServer: Hipcam RealServer/V1.0\r\n\r\n"


def odd_frame(rng):
    """A frame of few hosts that contend for few addresses: claims of every kind, with and without facts."""
    mac, other, source, target = rng.choice(MACS), rng.choice(MACS), rng.choice(PLACES), rng.choice(PLACES)
    to = rng.choice([other, b"\xff" * 6, b"\1\0\x5e\0\0\1"])
    draw = rng.random()
    if draw < 0.15:
        return to + mac + b"\x08\x06\0\x01\x08\0\x06\x04\0\x01" + mac + source + bytes(6) + target
    if draw < 0.25:
        asks = bytes([rng.choice((135, 136, 128))]) + bytes(7) + rng.choice(SIX) + b"\1\1" + mac
        return to + mac + b"\x86\xdd" + struct.pack(">IHBB", 6 << 28, len(asks), 58, 255) + rng.choice(SIX) + rng.choice(SIX) + asks
    if draw < 0.32:
        lease = struct.pack(">BBBBIHH", rng.choice((1, 2)), 1, 6, 0, 1, 0, 0) + rng.choice(PLACES) + source + bytes(8) + other + bytes(202)
        body = struct.pack(">HHHH", rng.choice((67, 68)), 67, 0, 0) + lease + b"\x63\x82\x53\x63\x35\1\5\x0c\2ab\xff"
    elif draw < 0.5:
        body = struct.pack(">HHHH", rng.choice((5353, 9999, 50000)), 32108, 0, 0) + rng.choice((b"\xf1\x41\0\x04abcd", b"\xf1\x12\0\0", b"x"))
    else:
        flags = rng.choice((0x12, 0x18))
        body = struct.pack(">HHIIBBHHH", rng.choice((554, 80, 40000)), rng.choice((40001, 40002)), 0, 0, 0x50, flags, 0, 0, 0) + rng.choice((ANSWER, b""))
    ttl, kind = rng.choice((64, 64, 51, 128, 1)), 6 if draw >= 0.5 else 17
    return to + mac + b"\x08\0" + struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, ttl, kind, 0) + source + target + body


@pytest.mark.parametrize("seed", range(12))
def test_contended_addresses_tell_the_same(seed):
    rng = random.Random(seed)
    told = agree(packets_of([odd_frame(rng) for _ in range(MOST_CUTS)]), MOST_CUTS)
    assert {"address", "rtsp_server"} <= {sighting.field for sighting in told}


@pytest.mark.parametrize("seed", range(4))
def test_contention_without_end_is_read_to_the_end(seed):
    rng = random.Random(seed)
    packets = packets_of([odd_frame(rng) for _ in range(3000)])
    (one, _), (many, heard) = one_by_one(packets), in_batches(packets, 3000)
    assert heard.packets == 3000
    facts = [{(sighting.mac, sighting.ip, sighting.field, sighting.value) for sighting in told} for told in (one, many)]
    assert facts[0] == facts[1]


def test_what_is_remembered_of_origins_is_bounded():
    senders = Senders(lambda _: None)
    for number in range(MOST_ORIGINS + 10):
        senders.settle(Origin(number.to_bytes(4, "big"), None, b"\x08\x08\x08\x08", group=False, starting=False))
    assert len(senders._settled) <= MOST_ORIGINS
    assert len(senders._settled_of[b"\x08\x08\x08\x08"]) <= MOST_ORIGINS


# --- hostile frames -------------------------------------------------------------------------------


@pytest.mark.parametrize("link", [0, 1, 12, 101, 105, 113, 119, 127, 163, 192, 228, 276, 147])
def test_noise_tells_the_same_on_every_link(link):
    rng = random.Random(link)
    frames = [rng.randbytes(rng.randrange(140)) for _ in range(800)]
    starts = {101: b"\x45", 12: b"\x60", 0: b"\2\0\0\0\x45", 113: b"\0\0\0\1\0\6", 1: bytes(12) + b"\x08\0\x45"}
    frames += [starts.get(link, b"") + rng.randbytes(rng.randrange(140)) for _ in range(800)]
    agree(packets_of(frames, link), 400)


@pytest.mark.parametrize("seed", range(6))
def test_changed_bytes_tell_the_same(seed):
    rng = random.Random(seed)
    frames = []
    for _, frame in islice(mixed(3000), 0, None, 3):
        changed = bytearray(frame)
        for _ in range(rng.randrange(4)):
            changed[rng.randrange(min(len(changed), 80))] = rng.randrange(256)
        frames.append(bytes(changed[: rng.randrange(len(changed)) if rng.random() < 0.2 else None]))
    agree(packets_of(frames), 250)


def test_many_links_in_one_batch():
    rng = random.Random(5)
    plain = [frame for _, frame in mixed(600)]
    packets = [
        Packet({1: frame, 101: frame[14:], 113: b"\0\0\0\1\0\6" + frame[6:12] + b"\0\0" + frame[12:], 147: frame}[link], 0.1 * number, link, 2000)
        for number, frame in enumerate(plain)
        for link in [rng.choice((1, 101, 113, 147))]
    ]
    agree(packets, 90)


# --- batches themselves ---------------------------------------------------------------------------


def test_a_batch_gives_back_its_packets():
    packets = [Packet(b"abc", 1.0, 1, 3), Packet(b"", 2.5, 127, 9), Packet(b"x" * 70_000, 3.0, 1, 70_000)]
    assert list(Batch.of(packets).packets()) == packets
    assert list(Batch.of(packets).part(slice(1, 3)).packets()) == packets[1:]


def test_frames_may_lie_anywhere_and_the_buffer_may_end_with_them():
    frames = [frame for _, frame in mixed(200)]
    buffer, places = b"", []
    for frame in reversed(frames):
        buffer += b"junk"
        places.append((len(buffer), len(frame)))
        buffer += frame
    starts, kept = zip(*reversed(places), strict=True)
    times = [0.01 * number for number in range(200)]
    found = []
    traffic = Traffic(found.append)
    traffic.hear_all(Batch.over(buffer, starts, kept, times))
    traffic.finish()
    assert found == one_by_one(packets_of(frames))[0] != []


@pytest.mark.parametrize(("starts", "kept", "at_s"), [([0, 4], [4], [0.0]), ([5], [4], [0.0]), ([-1], [2], [0.0]), ([1], [-1], [0.0])])
def test_a_batch_that_cannot_be_is_refused(starts, kept, at_s):
    with pytest.raises(ValueError, match=r"batch needs|beyond its buffer"):
        Batch.over(b"12345678", starts, kept, at_s)


def test_an_empty_batch_is_nothing():
    found = []
    traffic = Traffic(found.append)
    traffic.hear_all(Batch.over(b"", [], [], []))
    traffic.finish()
    assert (found, traffic.heard.packets) == ([], 0)


def test_more_rows_than_can_be_grouped_at_once():
    frame = next(frame for _, frame in mixed(1))
    rows = MOST_ROWS + 5
    data = np.frombuffer(frame + bytes(MARGIN), np.uint8)
    traffic = Traffic(lambda _: None)
    traffic.hear_all(Batch.over(data, np.zeros(rows, np.int64), np.full(rows, len(frame)), np.arange(rows) * 1e-3))
    assert traffic.heard.packets == rows


def test_single_packets_wait_no_longer_than_to_the_end():
    packets = [Packet(frame, at_s, 1, len(frame)) for at_s, frame in mixed(9000)]
    found = []
    traffic = Traffic(found.append)
    for packet in packets:
        traffic.hear(packet)
    traffic.finish()
    assert found == one_by_one(packets)[0]


# --- groups and flows -----------------------------------------------------------------------------


def groups_as_lists(keys):
    groups = grouped(np.array(keys, np.uint64))
    return sorted(groups.rows[begin:end].tolist() for begin, end in zip(groups.begins, groups.ends, strict=True))


def test_groups_hold_their_rows_in_order():
    rng = random.Random(2)
    keys = [[rng.randrange(5), rng.randrange(4)] for _ in range(500)]
    wanted = {}
    for row, key in enumerate(keys):
        wanted.setdefault(tuple(key), []).append(row)
    assert groups_as_lists(keys) == sorted(wanted.values())


def test_keys_of_one_hash_are_told_apart(monkeypatch):
    monkeypatch.setattr("detector.network.groups._hashed", lambda keys: np.zeros(len(keys), np.uint64))
    assert groups_as_lists([[1, 2], [1, 3], [1, 2], [0, 2]]) == [[0, 2], [1], [3]]


def test_flows_are_bounded_and_the_oldest_let_go():
    def lookup(number):
        body = struct.pack(">HHHH", number % 60_000 + 1, 53, 8, 0)
        return MACS[0] + MACS[1] + b"\x08\0" + struct.pack(">BBHHHBBH", 0x45, 0, 28, 0, 0, 64, 17, number // 60_000) + b"\x0a\0\0\x02\x0a\0\0\x01" + body

    traffic = Traffic(lambda _: None)
    count = LIMITS.most_flows + 15_000
    for start in range(0, count, 5000):
        traffic.hear_all(Batch.of(packets_of([lookup(number) for number in range(start, start + 5000)])))
    assert len(traffic._flows) == LIMITS.most_flows
    assert len(traffic._flows._sums) < 4 * LIMITS.most_flows
