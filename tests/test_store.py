from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys

import cv2
import numpy as np
import pytest

from detector.model import Coverage, Finding, Reason, SenseResult, Still, Track
from detector.report import Report, as_dict, as_json
from detector.verdict import judge
from hardware import store
from hardware.store import files_of


def report(started="2026-11-22T10:00:00Z"):
    picture = np.random.default_rng(1).integers(0, 255, (720, 1280, 3), np.uint8)
    still = Still(4, cv2.imencode(".jpg", picture)[1].tobytes())
    finding = Finding(Track(((4, 300.0, 200.0),)), True, 0.9, (Reason("lit", "It shines"),), "Look.")
    result = SenseResult(Coverage("lens", {"frames": 5}), (finding,), stills=(still,))
    return Report("0.1.0", started, judge([result], ["lens"]), (result,))


def tree(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


ALL = ["manifest.json", "pictures/finding-1.jpg", "pictures/frame-000004.jpg", "report.html", "report.json", "report.txt"]


def test_a_folder_holds_the_report_in_every_form_and_nothing_else(tmp_path):
    store.write_folder(tmp_path / "new" / "sweep", files_of(report()))
    folder = tmp_path / "new" / "sweep"
    assert tree(folder) == ALL
    assert json.loads((folder / "report.json").read_text(encoding="utf-8")) == as_dict(report())
    assert (folder / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "LIKELY CAMERA" in (folder / "report.txt").read_text(encoding="utf-8")
    assert cv2.imread(str(folder / "pictures/finding-1.jpg")).shape == (336, 336, 3)


def test_the_manifest_holds_the_hash_of_every_other_file(tmp_path):
    store.write_folder(tmp_path, files_of(report()))
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["schema"], manifest["started_utc"]) == ("roomsweep-manifest/1", "2026-11-22T10:00:00Z")
    assert sorted(manifest["sha256"]) == [name for name in ALL if name != "manifest.json"]
    for name, digest in manifest["sha256"].items():
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest


def test_an_earlier_report_is_set_aside_and_kept_whole(tmp_path):
    store.write_folder(tmp_path, files_of(report("2026-01-02T03:04:05Z")))
    store.prepare_folder(tmp_path)
    assert not (tmp_path / "report.json").exists(), "should the next sweep fail, no old verdict lies here"
    store.write_folder(tmp_path, files_of(report()))
    (aside,) = (tmp_path / "earlier").iterdir()
    assert aside.name.startswith("2026-01-02T030405Z-")
    assert tree(aside) == ALL


def test_a_report_that_another_sweep_wrote_meanwhile_is_set_aside_too(tmp_path):
    """Two sweeps into one folder at the same time: neither may take the other's report away."""
    folder = tmp_path / "out"
    store.prepare_folder(folder)
    store.prepare_folder(folder)
    first, second = ({"report.json": word, "pictures/a.jpg": word, store.MANIFEST: word} for word in (b"first", b"second"))
    store.write_folder(folder, first)
    store.write_folder(folder, second)
    assert (folder / "pictures/a.jpg").read_bytes() == b"second"
    assert [path.read_bytes() for path in folder.glob("earlier/*/pictures/a.jpg")] == [b"first"]


def test_other_files_in_the_folder_are_left_alone(tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"mine")
    (tmp_path / "report.json").write_text("no report of ours", encoding="utf-8")
    store.prepare_folder(tmp_path)
    store.write_folder(tmp_path, files_of(report()))
    assert (tmp_path / "holiday.jpg").read_bytes() == b"mine"
    assert [path.read_text(encoding="utf-8") for path in (tmp_path / "earlier").rglob("report.json")] == ["no report of ours"]


def test_a_folder_with_nothing_of_ours_is_not_touched(tmp_path):
    store.prepare_folder(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_a_folder_that_is_a_file_is_an_os_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match=r"exists|directory"):
        store.prepare_folder(tmp_path / "file")
    with pytest.raises(OSError, match=r"exists|directory"):
        store.write_folder(tmp_path / "file", files_of(report()))


def test_json_is_written_whole_and_replaces_what_was_there(tmp_path):
    path = tmp_path / "report.json"
    path.write_text(as_json(report()) + " " * 1_000_000, encoding="utf-8")
    store.write_json(path, as_json(report()))
    assert path.stat().st_size < 1_000_000
    assert json.loads(path.read_text(encoding="utf-8"))["verdict"] == "LIKELY CAMERA"
    assert tree(tmp_path) == ["report.json"]


def test_json_through_a_link_ends_where_the_link_points(tmp_path):
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    store.write_json(tmp_path / "link.json", as_json(report()))
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_text(encoding="utf-8"))["schema"] == "roomsweep/1"


def test_json_to_a_device_goes_there_as_it_is():
    store.write_json(store.Path(os.devnull), as_json(report()))
    assert not store.Path(os.devnull).is_file()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")  # noqa: PTH110
def test_json_to_a_full_device_is_an_os_error():
    with pytest.raises(OSError, match="No space left"):
        store.write_json(store.Path("/dev/full"), as_json(report()))


def test_an_old_json_file_goes_before_the_sweep_but_no_device(tmp_path):
    path = tmp_path / "old.json"
    path.write_text(as_json(report()), encoding="utf-8")
    store.prepare_file(path)
    assert not path.exists()
    store.prepare_file(path)
    store.prepare_file(store.Path(os.devnull))
    assert store.Path(os.devnull).exists()


@pytest.mark.parametrize("content", [b"\x00\x00\x00\x18ftypisom", b'{"states": ["dark"]}', b"notes of mine"])
def test_a_file_that_is_no_report_is_never_written_over(content, tmp_path):
    path = tmp_path / "room.mp4"
    path.write_bytes(content)
    for act in (lambda: store.prepare_file(path), lambda: store.write_json(path, as_json(report()))):
        with pytest.raises(FileExistsError, match="no report"):
            act()
    assert path.read_bytes() == content


def test_an_empty_file_may_be_written(tmp_path):
    (tmp_path / "r.json").touch()
    store.write_json(tmp_path / "r.json", as_json(report()))
    assert (tmp_path / "r.json").stat().st_size > 0


@pytest.fixture
def tiny(tmp_path):
    """A file system of 256 kB, less than the report needs."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root on Linux")
    folder = tmp_path / "tiny"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], check=False).returncode:
        pytest.skip("this system does not let a small file system be mounted")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_leaves_nothing_half_written(tiny):
    with pytest.raises(OSError, match="No space left"):
        store.write_folder(tiny, files_of(report()))
    assert tree(tiny) == []


def test_a_full_disk_leaves_the_json_that_was_there(tiny):
    (tiny / "fill").write_bytes(b"x" * 250_000)
    with pytest.raises(OSError, match="No space left"):
        (tiny / "fill2").write_bytes(b"x" * 100_000)
    with pytest.raises(OSError, match="No space left"):
        store.write_json(tiny / "report.json", as_json(report()))
    assert not (tiny / "report.json").exists()
    assert not [path for path in tiny.iterdir() if "partial" in path.name]
