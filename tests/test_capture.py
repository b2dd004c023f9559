"""Captures of every form are read whole, cut ones up to the cut, and what is no capture is refused."""

from __future__ import annotations

import contextlib
import gzip
import os
import random
import struct
import sys
import tracemalloc
from itertools import pairwise
from pathlib import Path

import pytest

from detector.network.search import NetworkSearch
from hardware.capture import CaptureFile
from hardware.pcapng import MOST_INTERFACES
from hardware.sensor import InputUnreadable, SensorUnavailable, Unavailable
from hardware.window import LONGEST_RECORD, WINDOW
from tests.benchmarks.capture_inputs import mixed

ROOT = Path(__file__).parent.parent
CAPTURES = ROOT.parent / "shared/data/captures"

FRAMES = [bytes([number]) * (20 + number) for number in range(5)]


def pcap(frames=FRAMES, order="<", *, nanoseconds=False, link=1, wire=None):
    magic = 0xA1B23C4D if nanoseconds else 0xA1B2C3D4
    ticks = 10**9 if nanoseconds else 10**6
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link)]
    for number, frame in enumerate(frames):
        out += [struct.pack(order + "IIII", 1000 + number, ticks // 4, len(frame), wire or len(frame)), frame]
    return b"".join(out)


def block(order, kind, body):
    body += b"\0" * (-len(body) % 4)
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def section(order):
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order, link, resolution=None, offset=None):
    body = struct.pack(order + "HHI", link, 0, 65535)
    if resolution is not None:
        body += struct.pack(order + "HHB3x", 9, 1, resolution)
    if offset is not None:
        body += struct.pack(order + "HHq", 14, 8, offset)
    return block(order, 1, body + struct.pack(order + "HH", 0, 0))


def enhanced(order, which, ticks, frame):
    head = struct.pack(order + "IIIII", which, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame))
    return block(order, 6, head + frame)


@pytest.fixture
def written(tmp_path):
    def write(data, name="some.pcap"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("nanoseconds", [False, True])
def test_pcap_of_either_byte_order_and_clock(written, order, nanoseconds):
    packets = list(CaptureFile(written(pcap(order=order, nanoseconds=nanoseconds))).packets())
    assert [bytes(p.data) for p in packets] == FRAMES
    assert [p.at_s for p in packets] == pytest.approx([1000.25 + n for n in range(5)])
    assert {p.link for p in packets} == {1}


def test_a_snapped_packet_keeps_its_length_on_the_wire(written):
    (packet,) = CaptureFile(written(pcap([b"x" * 60], wire=1500))).packets()
    assert (len(packet.data), packet.length) == (60, 1500)


def test_the_link_type_is_read_without_its_flags(written):
    data = bytearray(pcap(link=127))
    data[23] = 0x14  # frame check sequence length in the top bits of the field
    assert {p.link for p in CaptureFile(written(bytes(data))).packets()} == {127}


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_with_several_interfaces_and_clocks(written, order):
    data = section(order) + interface(order, 1) + interface(order, 127, resolution=9, offset=100)
    data += interface(order, 113, resolution=0x80 | 10)
    data += enhanced(order, 0, 5_500_000, b"a" * 33) + enhanced(order, 1, 2_500_000_000, b"b" * 30) + enhanced(order, 2, 1536, b"c")
    packets = list(CaptureFile(written(data)).packets())
    assert [(bytes(p.data), p.link) for p in packets] == [(b"a" * 33, 1), (b"b" * 30, 127), (b"c", 113)]
    assert [p.at_s for p in packets] == pytest.approx([5.5, 102.5, 1.5])


def test_a_second_section_forgets_the_interfaces_of_the_first(written):
    data = section("<") + interface("<", 1) + enhanced("<", 0, 1, b"a" * 20)
    data += section(">") + interface(">", 101) + enhanced(">", 0, 1, b"b" * 20)
    assert [p.link for p in CaptureFile(written(data)).packets()] == [1, 101]


def test_simple_and_obsolete_packets_of_pcapng(written):
    simple = block("<", 3, struct.pack("<I", 10) + b"s" * 10)
    old = block("<", 2, struct.pack("<HHIIII", 0, 0, 0, 2_000_000, 7, 7) + b"o" * 7)
    packets = list(CaptureFile(written(section("<") + interface("<", 1) + simple + old)).packets())
    assert [(bytes(p.data), p.at_s) for p in packets] == [(b"s" * 10, 0.0), (b"o" * 7, 2.0)]


def test_blocks_that_are_not_packets_are_passed_over(written):
    statistics = block("<", 5, b"\0" * 16)
    data = section("<") + interface("<", 1) + statistics + enhanced("<", 0, 1, b"a" * 20) + statistics
    assert len(list(CaptureFile(written(data)).packets())) == 1


@pytest.mark.parametrize("data", [pcap(), section("<") + interface("<", 1) + enhanced("<", 0, 1, b"a" * 20)], ids=["pcap", "pcapng"])
def test_gzip_is_read_as_it_stands(written, data):
    plain = list(CaptureFile(written(data)).packets())
    assert list(CaptureFile(written(gzip.compress(data), "some.pcap.gz")).packets()) == plain != []


def read_until_cut(path):
    got = []
    with pytest.raises(SensorUnavailable) as stop:
        got.extend(CaptureFile(path).packets())
    return got, stop.value


@pytest.mark.parametrize("lost", [1, 7, 20, 24, 30])
def test_a_pcap_cut_in_a_packet_gives_all_before_it(written, lost):
    whole = pcap()
    got = []
    source = CaptureFile(written(whole[:-lost]))
    with pytest.raises(SensorUnavailable) as stop:
        got.extend(bytes(packet.data) for packet in source.packets())
    assert got == FRAMES[:4]
    assert stop.value.reason is Unavailable.CUT_SHORT
    assert "4 packets" in stop.value.says
    assert "\n" not in stop.value.says


def test_a_pcapng_cut_in_a_packet_gives_all_before_it(written):
    data = section("<") + interface("<", 1) + enhanced("<", 0, 1, b"a" * 20) + enhanced("<", 0, 1, b"b" * 20)
    source, got = CaptureFile(written(data[:-9])), []
    with pytest.raises(SensorUnavailable) as stop:
        got.extend(bytes(packet.data) for packet in source.packets())
    assert got == [b"a" * 20]
    assert stop.value.reason is Unavailable.CUT_SHORT


def test_a_cut_gzip_gives_what_could_be_unpacked(written):
    frames = [bytes(range(256)) * 4 for _ in range(2000)]
    path = written(gzip.compress(pcap(frames), 1)[:-20])
    _, stop = read_until_cut(path)
    assert stop.reason is Unavailable.CUT_SHORT


def test_nonsense_after_good_packets_is_a_cut_not_a_crash(written):
    path = written(pcap() + b"\xff" * 400)
    source, got = CaptureFile(path), []
    with pytest.raises(SensorUnavailable):
        got.extend(bytes(packet.data) for packet in source.packets())
    assert got == FRAMES


def test_a_packet_of_an_unknown_interface_is_damage(written):
    data = section("<") + interface("<", 1) + enhanced("<", 3, 1, b"a" * 20)
    assert read_until_cut(written(data))[0] == []


@pytest.mark.parametrize("order", ["<", ">"])
def test_damage_deep_in_a_file_keeps_what_was_before(written, order):
    data = section(order) + interface(order, 1) + b"".join(enhanced(order, 0, number, b"a" * 40) for number in range(50))
    kept = len(data) - 10 * 72 + 20  # the captured length of the tenth from the end
    got, stop = read_until_cut(written(data[:kept] + b"\xff" * 4 + data[kept + 4 :]))
    assert len(got) == 40
    assert "40 packets" in stop.says


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_record_larger_than_the_window_is_read(written, order):
    frames = [b"a" * 60, b"b" * (WINDOW + 5000), b"c" * 60]
    packets = list(CaptureFile(written(pcap(frames, order))).packets())
    assert [len(p.data) for p in packets] == [60, WINDOW + 5000, 60]
    data = section(order) + interface(order, 1) + b"".join(enhanced(order, 0, 1, frame) for frame in frames)
    assert [len(p.data) for p in CaptureFile(written(data, "some.pcapng")).packets()] == [60, WINDOW + 5000, 60]


@pytest.mark.parametrize("kept", [LONGEST_RECORD + 1, 0xFFFFFFFF])
def test_a_record_said_to_be_endless_is_damage_and_takes_no_memory(written, kept):
    path = written(pcap() + struct.pack("<IIII", 1, 1, kept, kept) + b"\0" * 100)
    tracemalloc.start()
    assert len(read_until_cut(path)[0]) == 5
    assert tracemalloc.get_traced_memory()[1] < 2 * WINDOW
    tracemalloc.stop()


def test_records_without_bytes_are_packets_without_bytes(written):
    packets = list(CaptureFile(written(pcap([b""] * 300_000))).packets())
    assert (len(packets), {len(p.data) for p in packets}) == (300_000, {0})


def test_blocks_without_end_and_without_size_are_damage(written):
    for size in (0, 4, 13, 30, 0x7FFFFFFC):
        data = section("<") + interface("<", 1) + enhanced("<", 0, 1, b"a" * 20)
        for kind in (6, 3, 99):
            got, _ = read_until_cut(written(data + struct.pack("<II", kind, size) + b"\0" * 60))
            assert len(got) == 1


def test_interfaces_without_number_are_damage(written):
    data = section("<") + interface("<", 1) * (MOST_INTERFACES + 1) + enhanced("<", 0, 1, b"a" * 20)
    assert read_until_cut(written(data))[0] == []


def test_interfaces_that_come_late_are_known_from_there_on(written):
    data = section("<") + interface("<", 1) + enhanced("<", 0, 1, b"a" * 20) + interface("<", 127) + enhanced("<", 1, 1, b"b" * 20)
    early = section("<") + interface("<", 1) + enhanced("<", 1, 1, b"b" * 20) + interface("<", 127)
    assert [p.link for p in CaptureFile(written(data)).packets()] == [1, 127]
    assert read_until_cut(written(early))[0] == []


def test_rare_packets_stand_in_order_among_the_others(written):
    simple = block("<", 3, struct.pack("<I", 10) + b"s" * 10)
    data = section("<") + interface("<", 1) + (simple * 3 + enhanced("<", 0, 1, b"a" * 20)) * 40
    assert [bytes(p.data)[:1] for p in CaptureFile(written(data)).packets()] == [b"s", b"s", b"s", b"a"] * 40


def changed(data, rng):
    """A file with a few bytes changed, most of them where lengths stand."""
    data = bytearray(data)
    for _ in range(rng.randrange(1, 5)):
        data[rng.randrange(24, len(data))] = rng.choice((0, 1, 255, rng.randrange(256)))
    return bytes(data[: rng.randrange(24, len(data)) if rng.random() < 0.2 else None])


@pytest.mark.parametrize("form", ["pcap", "big pcap", "pcapng", "big pcapng"])
def test_changed_bytes_never_raise_anything_else_and_take_no_memory(written, form):
    order = ">" if form.startswith("big") else "<"
    frames = [frame for _, frame in mixed(40)]
    whole = pcap(frames, order)
    if form.endswith("ng"):
        whole = section(order) + interface(order, 1, 9) + interface(order, 113) + block(order, 5, bytes(16))
        whole += b"".join(enhanced(order, number % 2, number, frame) for number, frame in enumerate(frames))
        whole += block(order, 3, struct.pack(order + "I", 10) + b"s" * 10)
    rng, read = random.Random(form), 0
    tracemalloc.start()
    for _ in range(150):
        search = NetworkSearch()
        with contextlib.suppress(SensorUnavailable, InputUnreadable):
            for batch in CaptureFile(written(changed(whole, rng))).batches():
                read += len(batch)
                search.hear_all(batch)
        search._traffic.finish()
    assert 500 < read < 150 * 41 * 2
    assert tracemalloc.get_traced_memory()[1] < 4 * WINDOW + LONGEST_RECORD
    tracemalloc.stop()


# --- packed files ---------------------------------------------------------------------------------


def zstd(data):
    return pytest.importorskip("zstandard", reason="the package zstandard is not here").ZstdCompressor().compress(data)


@pytest.mark.parametrize("data", [pcap(), section("<") + interface("<", 1) + enhanced("<", 0, 1, b"a" * 20)], ids=["pcap", "pcapng"])
def test_zstd_is_read_as_it_stands(written, data):
    plain = list(CaptureFile(written(data)).packets())
    assert list(CaptureFile(written(zstd(data), "some.pcap.zst")).packets()) == plain != []


@pytest.mark.parametrize("pack", [lambda data: gzip.compress(data, 1), zstd], ids=["gzip", "zstd"])
def test_a_packed_file_cut_short_gives_what_came_before(written, pack):
    noise = random.Random(3)
    frames = [noise.randbytes(1000) for _ in range(1000)]
    packed = pack(pcap(frames))
    got, stop = read_until_cut(written(packed[: len(packed) // 2]))
    assert stop.reason is Unavailable.CUT_SHORT
    assert 250 < len(got) < 500
    assert [bytes(p.data) for p in got] == frames[: len(got)]


@pytest.mark.parametrize("pack", [lambda data: gzip.compress(data, 1), zstd], ids=["gzip", "zstd"])
def test_a_packed_file_that_turns_to_nonsense_gives_what_came_before(written, pack):
    noise = random.Random(4)
    frames = [noise.randbytes(1000) for _ in range(1000)]
    packed = bytearray(pack(pcap(frames)))
    middle = len(packed) // 2
    packed[middle : middle + 4000] = b"\xff" * 4000
    got, _ = read_until_cut(written(bytes(packed)))
    assert [bytes(p.data) for p in got][:200] == frames[:200]


def test_several_packed_pieces_one_after_another_are_one_file(written):
    whole = pcap()
    assert len(list(CaptureFile(written(gzip.compress(whole[:50]) + gzip.compress(whole[50:]))).packets())) == 5
    assert len(list(CaptureFile(written(zstd(whole[:50]) + zstd(whole[50:]))).packets())) == 5


def test_zstd_without_what_unpacks_it_is_refused_in_one_line(written, monkeypatch):
    packed = zstd(pcap())
    monkeypatch.setitem(sys.modules, "zstandard", None)
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    with pytest.raises(InputUnreadable, match="zstandard") as refused:
        CaptureFile(written(packed))
    assert "\n" not in str(refused.value)


def test_a_bomb_is_unpacked_piece_by_piece(written):
    path = written(gzip.compress(pcap([bytes(60_000)] * 3000)))
    assert path.stat().st_size < 1 << 20  # of 180 MB
    tracemalloc.start()
    packets = sum(len(batch) for batch in CaptureFile(path).batches())
    assert packets == 3000
    assert tracemalloc.get_traced_memory()[1] < 2 * WINDOW
    tracemalloc.stop()


def test_a_capture_without_packets_is_readable(written):
    assert list(CaptureFile(written(pcap([]))).packets()) == []


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"", "empty"), (b"hello, this is no capture at all", "neither"), (pcap()[:10], "neither"), (b"\x1f\x8bnonsense of a gzip", "gzip")],
)
def test_what_is_no_capture_is_refused_in_one_line(written, data, says):
    with pytest.raises(InputUnreadable, match=says) as refused:
        CaptureFile(written(data))
    assert "\n" not in str(refused.value)
    assert str(refused.value).endswith(".")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputUnreadable, match=r"There is no file .*none\.pcap\."):
        CaptureFile(tmp_path / "none.pcap")


def test_a_folder_and_a_pipe_are_refused(tmp_path):
    with pytest.raises(InputUnreadable, match="is a folder"):
        CaptureFile(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputUnreadable, match="pipe is a device or a pipe, not a file"):
        CaptureFile(tmp_path / "pipe")


def test_memory_stays_flat_and_progress_is_told(written):
    path = written(pcap([b"z" * 1400] * 20_000))
    source = CaptureFile(path)
    tracemalloc.start()
    packets, done = 0, [0]
    for _ in source.packets():
        packets += 1
        if source.done_bytes != done[-1]:
            done.append(source.done_bytes)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert packets == 20_000
    assert done[-1] == source.size_bytes == path.stat().st_size
    assert all(a < b for a, b in pairwise(done))
    assert peak < 2 * WINDOW < path.stat().st_size


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="the shared captures are not here")
@pytest.mark.parametrize(
    ("name", "packets", "link"),
    [("intl-iot/yi_camera_sample.pcap", 1631, 1), ("a9-v720/docs_fake-server-cap.pcapng", 290, 1), ("own_peers/peers.pcap", 355, 1)],
)
def test_real_captures_have_the_packets_that_tshark_counts(name, packets, link):
    got = list(CaptureFile(CAPTURES / name).packets())
    assert len(got) == packets
    assert {p.link for p in got} == {link}
