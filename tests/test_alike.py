"""Packets that are taken apart together are those whose heads, taken apart one by one, say the same."""

from __future__ import annotations

import random
import struct

import numpy as np
import pytest

from detector.network import columns
from detector.network.alike import alike
from detector.network.batch import Batch
from detector.network.groups import MOST_ROWS, alike_keys, by_number, firsts
from detector.network.parts import part, whole
from tests.benchmarks.capture_inputs import ethernet, ipv4, ipv6, mixed, tcp, udp

MACS = [b"\x02\0\0\0\0" + bytes([number]) for number in range(3)]
FOUR = [bytes([10, 0, 0, number]) for number in range(1, 4)]
SIX = [b"\xfd" + bytes(14) + bytes([number]) for number in range(1, 4)]


def batch_of(frames):
    data = b"".join(frames) + bytes(columns.MARGIN)
    kept = np.array([len(frame) for frame in frames], np.int64)
    return Batch.over(data, np.cumsum(kept) - kept, kept, np.arange(len(frames)))


def frame(rng):
    """A packet between a few hosts: of either version, with odd lengths, options, fragments, tags now and then."""
    mac, other = rng.choice(MACS), rng.choice([*MACS, b"\xff" * 6])
    body = rng.choice((
        lambda: (17, udp(rng.choice((53, 5000)), rng.choice((53, 6000)), rng.randbytes(rng.randrange(30)))),
        lambda: (6, tcp(rng.choice((80, 5000)), 443, rng.randrange(1 << 30), rng.randbytes(rng.randrange(30)), rng.choice((2, 16, 18)))),
        lambda: (1, rng.randbytes(rng.randrange(40))),
    ))
    kind, body = body()
    if rng.random() < 0.5:
        packet = bytearray(ipv4(rng.choice(FOUR), rng.choice(FOUR), kind, body, rng.choice((63, 64, 128))))
        if rng.random() < 0.1:
            packet[6:8] = struct.pack(">H", rng.choice((0x2000, 0x00B9, 0x1FFF)))
        if rng.random() < 0.1:
            packet[0], packet[20:20] = 0x46, b"\1\1\1\1"
        if rng.random() < 0.1:
            packet[2:4] = struct.pack(">H", rng.choice((0, 20, 27, 39, 60, 9999)))
    else:
        if rng.random() < 0.2:
            kind, body = rng.choice((0, 60)), bytes([kind, 0]) + bytes(6) + body
        packet = bytearray(ipv6(rng.choice(SIX), rng.choice(SIX), kind, body, rng.choice((64, 255))))
    made = ethernet(mac, other, bytes(packet), 0x0800 if packet[0] >> 4 == 4 else 0x86DD, rng.choice((b"", b"", b"\x81\0\0\5")))
    return made[: rng.randrange(len(made)) if rng.random() < 0.1 else None]


def one_by_one(batch):
    """For each row that is addressed: all that its own head says."""
    heads = columns.links(batch)
    ip = columns.addressed(batch.data, heads)
    return heads, ip, {
        row: (ip.key[at].tolist(), bool(ip.starting[at]), bool(ip.six[at]), int(ip.kind[at]), bool(ip.carried[at]), int(ip.sport[at]), int(ip.dport[at]),
              int(heads.mac[row]), bool(heads.group[row]))
        for at, row in enumerate(ip.row.tolist())
    }


@pytest.mark.parametrize("seed", range(6))
def test_heads_that_are_alike_say_the_same(seed):
    rng = random.Random(seed)
    batch = batch_of([frame(rng) for _ in range(3000)])
    _, _, told = one_by_one(batch)
    rows, same = alike(batch.data, columns.links(batch))
    assert (same[same] == same).all()
    for row, other in zip(rows.tolist(), rows[same].tolist(), strict=True):
        assert told.get(row) == told.get(other)
    assert len(np.unique(same)) < len(rows) - 400


@pytest.mark.parametrize("seed", range(4))
def test_a_part_says_of_each_packet_what_its_own_head_says(seed):
    rng = random.Random(100 + seed)
    batch = batch_of([frame(rng) for _ in range(2000)])
    heads, ip, told = one_by_one(batch)
    lo, hi = rng.choice(((0, 2000), (0, 900), (700, 1500), (1999, 2000)))
    some = part(whole(batch, heads), lo, hi)
    assert some.row.tolist() == [row for row in told if lo <= row < hi]
    entries = {row: at for at, row in enumerate(ip.row.tolist())}
    mine = [entries[row] for row in some.row.tolist()]
    for name in ("key", "starting", "six", "kind", "carried", "sport", "dport"):
        assert (getattr(some.whole.ip, name)[some.entry] == getattr(ip, name)[mine]).all()
    places = some.of_entries(some.whole.ip.carried)
    spans = some.spans(places)
    own = np.array([entries[row] for row in some.row[places].tolist()])
    assert (spans.begin.tolist(), spans.payload.tolist(), spans.end.tolist()) == (ip.begin[own].tolist(), ip.payload[own].tolist(), ip.end[own].tolist())
    tcp_places = places[some.whole.ip.kind[some.entry[places]] == columns.TCP]
    assert some.flags(tcp_places).tolist() == ip.flags[[entries[row] for row in some.row[tcp_places].tolist()]].tolist()


def test_flows_of_a_part_are_all_its_packets_with_ports_in_their_order():
    batch = columns.padded(Batch.over(*_laid([one for _, one in mixed(3000)])))
    heads, ip, _ = one_by_one(batch)
    some = part(whole(batch, heads), 500, 2500)
    wanted: dict[bytes, list[int]] = {}
    for at in np.flatnonzero(ip.carried).tolist():
        if 500 <= ip.row[at] < 2500:
            wanted.setdefault(ip.key[at].tobytes(), []).append(int(ip.row[at]))
    rows = some.row[some.groups.rows].tolist()
    found = {key: rows[begin:end] for key, begin, end in zip(some.keys, some.groups.begins.tolist(), some.groups.ends.tolist(), strict=True)}
    assert {bytes(key): of_it for key, of_it in found.items()} == wanted


def _laid(frames):
    kept = np.array([len(one) for one in frames], np.int64)
    return b"".join(frames), np.cumsum(kept) - kept, kept, np.arange(len(frames))


# --- groups -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("different", [1, 2, 700, 30_000, MOST_ROWS])
def test_alike_keys_are_equal_keys(different):
    rng = np.random.default_rng(different)
    which = rng.integers(0, different, MOST_ROWS)
    columns_ = [rng.integers(0, 1 << 63, different, dtype=np.uint64)[which], (which % 3).astype(np.uint64)]
    same = alike_keys(columns_)
    assert (which[same] == which).all()
    if different <= 700:  # so few are told apart by the tables
        assert len(np.unique(same)) == len(np.unique(which))


def test_keys_that_differ_in_one_bit_are_not_alike():
    for bit in range(64):
        keys = np.array([5, 5 ^ 1 << bit, 5], np.uint64)
        assert alike_keys([keys, np.zeros(3, np.uint64)]).tolist() == [0, 1, 0]
        assert alike_keys([np.zeros(3, np.uint64), keys]).tolist() == [0, 1, 0]


def test_no_keys_are_no_groups():
    assert alike_keys([np.zeros(0, np.uint64)]).tolist() == []
    groups = by_number(np.zeros(0, np.int64), 3)
    assert (groups.rows.size, groups.begins.size) == (0, 0)


def test_groups_by_number_keep_the_order_of_rows_and_leave_the_rest_out():
    number = np.array([2, 0, 3, 2, 0, 3, 2])
    groups = by_number(number, 3)
    assert groups.rows.tolist() == [1, 4, 0, 3, 6]
    assert (groups.begins.tolist(), groups.ends.tolist(), groups.which.tolist()) == ([0, 2], [2, 5], [0, 0, 1, 1, 1])


def test_the_first_of_each_record_is_told_in_order():
    records = np.array([(1, b"a"), (2, b"b"), (1, b"a"), (1, b"c"), (2, b"b")], [("one", "u8"), ("other", "S3")])
    assert firsts(records).tolist() == [0, 1, 3]
    assert firsts(records[:0]).tolist() == []
