"""MAC owners: the packaged table, blocks of three sizes, self-chosen addresses, and a refresh."""

from __future__ import annotations

import gzip
import http.server
import threading

import pytest

from detector.network.vendors import LEAST_ROWS, Vendors, VendorTableError, compact, packaged
from hardware import vendor_table

PACKAGED = Vendors()


@pytest.mark.parametrize(
    ("mac", "owner"),
    [
        ("44:19:b6:00:00:01", "Hangzhou Hikvision Digital Technology Co.,Ltd."),
        ("7c:70:bc:5f:11:22", "Canary Connect, Inc."),
        ("00:50:c2:3b:6f:11", "Arecont Vision"),
        ("b8:27:eb:01:02:03", "Raspberry Pi Foundation"),
    ],
)
def test_blocks_of_24_28_and_36_bits(mac, owner):
    assert PACKAGED.owner(mac).name == owner
    assert not PACKAGED.owner(mac).local


def test_a_self_chosen_mac_is_looked_up_with_its_local_bit_cleared():
    owner = PACKAGED.owner("b2:c5:54:42:79:f2")
    assert (owner.name, owner.local) == ("D-Link International", True)


def test_a_self_chosen_mac_of_nobody():
    owner = PACKAGED.owner("22:00:00:22:82:ac")
    assert (owner.name, owner.local) == (None, True)


def test_the_neighbour_in_a_shared_block_is_not_taken():
    assert PACKAGED.owner("7c:70:bc:5f:11:22").name != PACKAGED.owner("7c:70:bc:4f:11:22").name


def manuf(rows):
    head = "# comment\n\n00:00:0C         \tCisco       \tCisco Systems, Inc\n7C:70:BC:50:00:00/28\tCanary\tCanary Connect, Inc.\n"
    return head + "".join(f"{n >> 16 & 255:02X}:{n >> 8 & 255:02X}:{n & 255:02X}         \tMaker{n % 97}\tMaker {n % 97} Ltd\n" for n in range(0x100000, 0x100000 + rows))


def test_a_table_is_made_from_wiresharks_text():
    table = Vendors(compact(manuf(LEAST_ROWS)).encode())
    assert table.owner("00:00:0c:01:02:03").name == "Cisco Systems, Inc"
    assert table.owner("7c:70:bc:51:02:03").name == "Canary Connect, Inc."
    assert table.owner("10:00:01:02:03:04").name == f"Maker {0x100001 % 97} Ltd"
    assert table.owner("fc:00:00:00:00:00").name is None


@pytest.mark.parametrize("text", ["", "<html>not found</html>", manuf(100)])
def test_a_broken_table_is_refused(text):
    with pytest.raises(VendorTableError, match="prefixes"):
        compact(text)


def test_the_packaged_table_is_whole():
    lines = packaged().splitlines()
    assert len(lines) > 55_000
    assert lines == sorted(lines)
    assert all(line.count(b"\t") == 1 for line in lines)


def test_every_line_of_a_table_is_found_and_nothing_between():
    prefixes = [f"{n:06x}" for n in range(3, 0xFFFFFF, 70_001)]
    table = Vendors("".join(f"{prefix}\tOwner of {prefix}\n" for prefix in prefixes).encode())
    for prefix in prefixes:
        digits = f"{int(prefix, 16) & 0xFDFFFF:06x}"
        mac = ":".join((digits[:2], digits[2:4], digits[4:], "01", "02", "03"))
        name = table.owner(mac).name
        assert name == (f"Owner of {digits}" if digits in prefixes else None)


def test_refresh_from_a_file_plain_or_packed(tmp_path):
    for number, raw in enumerate((manuf(LEAST_ROWS).encode(), gzip.compress(manuf(LEAST_ROWS).encode()))):
        source, to = tmp_path / f"manuf{number}", tmp_path / str(number) / "vendors.tsv"
        source.write_bytes(raw)
        assert vendor_table.load(to) is None
        assert vendor_table.refresh_from_file(source, to) == LEAST_ROWS + 2
        assert Vendors(vendor_table.load(to)).owner("00:00:0c:00:00:00").name == "Cisco Systems, Inc"


def test_a_refused_refresh_keeps_the_old_table(tmp_path):
    to = tmp_path / "vendors.tsv"
    to.write_text("old")
    source = tmp_path / "manuf"
    for raw in (b"nonsense", gzip.compress(manuf(LEAST_ROWS).encode())[:50]):
        source.write_bytes(raw)
        with pytest.raises(VendorTableError):
            vendor_table.refresh_from_file(source, to)
    assert to.read_text() == "old"


@pytest.fixture
def server():
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = gzip.compress(manuf(LEAST_ROWS).encode(), 1)
            self.send_response(200 if self.path == "/manuf.gz" else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as there:
        thread = threading.Thread(target=there.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{there.server_address[1]}"
        there.shutdown()
        thread.join()


def test_refresh_over_the_network(server, tmp_path):
    to = tmp_path / "vendors.tsv"
    assert vendor_table.refresh(f"{server}/manuf.gz", to) == LEAST_ROWS + 2
    assert Vendors(vendor_table.load(to)).owner("10:00:00:00:00:00").name


def test_a_table_that_is_not_there_keeps_the_old(server, tmp_path):
    to = tmp_path / "vendors.tsv"
    with pytest.raises(OSError, match="404"):
        vendor_table.refresh(f"{server}/none", to)
    assert vendor_table.load(to) is None
