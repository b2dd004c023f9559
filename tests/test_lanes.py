"""Walking a file in many lanes finds what walking it record by record finds, whatever the file holds."""

from __future__ import annotations

import random
import struct
from functools import partial

import numpy as np
import pytest

from hardware import lanes, pcap, pcapng
from hardware.capture import CaptureFile
from hardware.lanes import LANE, LEAST_LANES
from hardware.pcap import plain_native, plain_walk
from hardware.records import batches
from hardware.sensor import SensorUnavailable
from hardware.window import NoRecordError, Window
from tests.test_capture import block, enhanced, interface, section

SIZES = {
    "small": (0, 14, 60, 66),
    "mixed": (54, 60, 66, 90, 300, 1514, 1514),
    "large": (1514, 9014, 65000),
    "steady": (1411,),
}
BYTES = 24 * LANE


def frames(sizes, rng, fill):
    """Frames of some sizes, enough for some tens of lanes."""
    left, noise = BYTES, rng.randbytes(1 << 17)
    while left > 0:
        size = rng.choice(SIZES[sizes])
        at = rng.randrange(1 << 16)
        yield bytes(size) if fill == "zeros" else noise[at : at + size]
        left -= size + 16


def pcap_of(some, order="<", *, head=16, seconds=1_700_000_000, step=0.01):
    out = [struct.pack(order + "IHHiIII", 0xA1B2C3D4 if head == 16 else 0xA1B2CD34, 2, 4, 0, 0, 65535, 1)]
    for number, frame in enumerate(some):
        at_s = seconds + number * step
        out += [struct.pack(order + "IIII", int(at_s), int(at_s % 1 * 1e6), len(frame), len(frame) + number % 2), bytes(head - 16), frame]
    return b"".join(out)


def pcapng_of(some, order="<", others=0.0, rng=None):
    """Packets of three interfaces; a share of the blocks are others that are passed over."""
    out = [section(order), interface(order, 1), interface(order, 113), interface(order, 1, 9)]
    for number, frame in enumerate(some):
        out.append(enhanced(order, number % 3, 1_700_000_000_000_000 + number * 1000, frame))
        if others and rng.random() < others:
            out.append(block(order, rng.choice((4, 5, 0x0BAD)), rng.randbytes(rng.randrange(40))))
    return b"".join(out)


def told(data):
    """All that is read of a file: frames as bytes with lengths, times and links; and how it ends."""
    left = memoryview(data)

    def read_into(space):
        nonlocal left
        come = min(len(space), len(left))
        space[:come], left = left[:come], left[come:]
        return come

    found = []
    try:
        for batch in batches(Window(read_into)):
            found += [(bytes(one.data), one.at_s, one.link, one.length) for one in batch.packets()]
    except NoRecordError:
        return found, "no record"
    return found, "end"


@pytest.fixture
def both(monkeypatch):
    """A file as it is read in lanes and record by record, and how many lanes there were."""

    def read(data):
        used = []
        stepped = lanes._stepped
        with monkeypatch.context() as patch:
            patch.setattr(lanes, "_stepped", lambda some, *rest: used.append(some.starts.size) or stepped(some, *rest))
            in_lanes = told(data)
        with monkeypatch.context() as patch:
            patch.setattr(lanes, "LEAST_LANES", 1 << 40)
            plain = told(data)
        return in_lanes, plain, sum(used)

    return read


def same(one, other):
    """Compared piece by piece: what pytest says of long lists that differ takes minutes."""
    assert one[1] == other[1]
    assert len(one[0]) == len(other[0])
    assert not [number for number, pair in enumerate(zip(*(some[0] for some in (one, other)), strict=True)) if pair[0] != pair[1]]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("fill", ["noise", "zeros"])
@pytest.mark.parametrize("head", [16, 24])
def test_a_pcap_in_lanes_is_the_pcap_record_by_record(both, order, sizes, fill, head):
    some = list(frames(sizes, random.Random(sizes), fill))
    in_lanes, plain, used = both(pcap_of(some, order, head=head))
    same(in_lanes, plain)
    assert [frame for frame, *_ in plain[0]] == some
    assert used >= LEAST_LANES or sizes == "large"  # where no frame is as short as the reach of a guess there are few


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("others", [0.0, 0.001, 0.3])
def test_a_pcapng_in_lanes_is_the_pcapng_block_by_block(both, order, sizes, others):
    rng = random.Random(sizes)
    some = list(frames(sizes, rng, "noise"))
    in_lanes, plain, used = both(pcapng_of(some, order, others, rng))
    same(in_lanes, plain)
    assert [frame for frame, *_ in plain[0]] == some
    assert used >= LEAST_LANES or sizes == "large"


@pytest.mark.parametrize("seconds", [0, 1, 65_500, 1_699_938_304, 0xFFFFFF00])
@pytest.mark.parametrize("step", [0.0, 0.5, 60.0])
def test_times_of_any_kind_change_nothing(both, seconds, step):
    some = list(frames("mixed", random.Random(1), "noise"))
    step = min(step, (0xFFFFFFFF - seconds) / len(some))
    in_lanes, plain, _ = both(pcap_of(some, seconds=seconds, step=step))
    same(in_lanes, plain)
    assert len(plain[0]) == len(some)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_capture_within_a_capture_leads_no_lane_astray(both, order):
    """Frames that carry a capture: what looks most like a record is none."""
    inner = pcap_of([bytes(40)] * 30, order)[24:]
    some = [inner[random.Random(number).randrange(56) :] for number in range(600)]
    in_lanes, plain, used = both(pcap_of(some, order))
    same(in_lanes, plain)
    assert [frame for frame, *_ in plain[0]] == some
    assert used >= LEAST_LANES


def damaged(data, rng):
    """Bytes changed, taken out or put in, or the end cut away; heads of records are met as often as the rest."""
    data = bytearray(data)
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(24, len(data))
        if rng.random() < 0.5:  # a head: times of these files begin with the same two bytes
            at = max(24, data.find(b"\x53\x65", at) + rng.randrange(-2, 14))
        change = rng.choice(("set", "set", "random", "cut out", "put in"))
        if change == "set":
            data[at] = rng.choice((0, 1, 0x7F, 0xFF))
        elif change == "random":
            data[at : at + 4] = rng.randbytes(4)
        elif change == "cut out":
            del data[at : at + rng.randrange(1, 200)]
        else:
            data[at:at] = rng.randbytes(rng.randrange(1, 200))
    return bytes(data[: rng.randrange(24, len(data)) if rng.random() < 0.3 else None])


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("form", ["pcap", "pcapng"])
def test_damaged_files_are_read_as_far_as_record_by_record(both, order, form):
    rng = random.Random(form + order)
    some = list(frames("mixed", rng, "noise"))
    whole = pcap_of(some, order) if form == "pcap" else pcapng_of(some, order, 0.01, rng)
    used, cut = 0, 0
    for _ in range(40):
        in_lanes, plain, more = both(damaged(whole, rng))
        same(in_lanes, plain)
        used, cut = used + more, cut + (plain[1] != "end")
    assert used > 40 * LEAST_LANES
    assert cut > 10


def test_a_damaged_capture_says_how_many_packets_came_before(tmp_path):
    some = list(frames("mixed", random.Random(2), "noise"))
    whole = pcap_of(some)
    path = tmp_path / "cut.pcap"
    path.write_bytes(whole[: len(whole) // 2])
    got = []
    with pytest.raises(SensorUnavailable, match="packets before it were read") as stop:
        got += CaptureFile(path).packets()
    assert [bytes(one.data) for one in got] == some[: len(got)]
    assert f"the {len(got)} packets" in stop.value.says
    assert sum(len(one) + 16 for one in some[: len(got) + 1]) + 24 > len(whole) // 2


# --- the parts of it --------------------------------------------------------------------------------


class Steps:
    """Records of the sizes that stand in an array, one at each place; guesses as they are given."""

    def __init__(self, sizes, guesses):
        self.sizes_at, self.given = sizes, guesses

    def sizes(self, at):
        return self.sizes_at[np.minimum(at, self.sizes_at.size - 1)]

    def guesses(self, begins):
        assert len(begins) >= len(self.given)
        return self.given

    def plain(self, at, stop):
        found = []
        while at < stop:
            if not self.sizes_at[at]:
                break
            found.append(at)
            at += int(self.sizes_at[at])
        return found, at


def test_guesses_of_all_kinds_lead_to_the_same_chain():
    rng = random.Random(5)
    stop = 16 * LANE
    for _ in range(60):
        sizes = np.random.default_rng(rng.randrange(99)).choice([20, 60, 900, 1500, 1500, 4000], stop + 64)
        if rng.random() < 0.5:
            sizes[rng.randrange(200, stop) :] = rng.choice((0, 1 << 31))
        plain = Steps(sizes, []).plain(rng.randrange(40), stop)
        right = [place for number, place in enumerate(plain[0]) if number % 30 == 5]
        given = sorted({*right[: rng.randrange(30)], *(rng.randrange(100, stop) for _ in range(rng.randrange(12)))})[:14]
        form = Steps(sizes, given)
        found, at = lanes.walk(plain[0][0], stop, form, form.plain)
        assert (found.tolist(), at) == plain


def test_a_stop_within_the_first_lanes_is_walked_record_by_record():
    form = Steps(np.full(1000, 10), [])
    assert lanes.walk(5, 900, form, form.plain)[1] == 905
    assert lanes.walk(5, 5, form, form.plain)[0].size == 0


@pytest.mark.parametrize("at", range(4))
def test_both_plain_walks_are_one(at):
    some = list(frames("mixed", random.Random(at), "noise"))
    data = np.frombuffer(bytes(at) + pcap_of(some)[24:] + bytes(64), np.uint8)
    stop = data.size - 64
    both = [walk(data, at, stop, head=16, order="<") for walk in (plain_walk, plain_native)]
    assert both[0] == both[1]
    assert len(both[0][0]) == len(some)


@pytest.mark.parametrize("order", ["<", ">"])
def test_guesses_are_heads_of_records(order):
    """Nearly all of them: what else looks like one in noise is rarer than one in a million bytes."""
    some = list(frames("mixed", random.Random(3), "noise"))
    for data, form in ((pcap_of(some, order), pcap), (pcapng_of(some, order), pcapng)):
        window = np.frombuffer(data + bytes(64), np.uint8)
        heads = pcap.Heads(window, 24, order, 16) if form is pcap else pcapng.Heads(window, order)
        if form is pcap:
            plain = partial(plain_walk, window, head=16, order=order)
        else:
            plain = partial(pcapng.plain_walk, window, end=len(data), block=struct.Struct(order + "II").unpack_from)
        first = 24 if form is pcap else data.index(struct.pack(order + "I", 6))
        begins = set(plain(first, len(data))[0])
        guesses = heads.guesses(range(1000, len(data) - lanes.REACH, LANE))
        assert len(guesses) > 20
        assert sum(one in begins for one in guesses) >= len(guesses) - 1
