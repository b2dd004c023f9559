"""The program as people and scripts run it: words in, report and exit code out."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
import pytest
from jsonschema import Draft202012Validator

from hardware import cli, exits, replay
from hardware.codec import write_video

ROOT = Path(__file__).parent.parent
SCHEMA = Draft202012Validator(json.loads(files("detector").joinpath("schema/roomsweep-1.schema.json").read_text(encoding="utf-8")))
WORDS = ("LIKELY CAMERA", "LOOK HERE", "NOTHING SEEN", "NOT CHECKED")
PLAIN = "from hardware.cli import main; main()"


def run(*words, driver=PLAIN, **more):
    """The program in a process of its own; a driver may break something in it first."""
    settings = {"cwd": ROOT, "capture_output": True, "text": True, "timeout": 120} | more
    return subprocess.run([sys.executable, "-c", driver, *map(str, words)], check=False, **settings)


def driver(*breakage):
    return "\n".join([*breakage, PLAIN])


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    """A dim wall with nothing on it, half a second long."""
    path = tmp_path_factory.mktemp("room") / "room.mp4"
    wall = np.random.default_rng(3).normal(60, 3, (240, 320, 3)).clip(0, 255).astype(np.uint8)
    write_video(path, [wall] * 15, 30.0)
    return path


@pytest.fixture(scope="module")
def air(tmp_path_factory):
    """A capture of one broadcast ARP request."""
    path = tmp_path_factory.mktemp("air") / "air.pcap"
    frame = bytes.fromhex("ffffffffffff 02aabbccddee 0806 0001080006040001 02aabbccddee 0a000001 000000000000 0a000002".replace(" ", ""))
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    path.write_bytes(head + b"".join(struct.pack("<IIII", second, 0, len(frame), len(frame)) + frame for second in range(20)))
    return path


def sample(word):
    name = next((name for name in replay.shipped() if word in name), None)
    if name is None:
        pytest.skip(f"no sample {word} is there yet")
    return name


def said(done):
    return " ".join((done.stdout + done.stderr).split())


# --- words


def test_help_names_every_command_and_every_exit_code():
    done = run("--help")
    assert done.returncode == 0
    assert all(word in done.stdout for word in ("sweep", "lens", "network", "doctor", "--version"))
    flat = " ".join(done.stdout.split())
    assert all(f"{code} {says}" in flat for code, says in exits.SAYS.items())


def test_help_imports_nothing_heavy():
    heavy = "import sys\nfrom hardware import cli\nprint(sorted({'cv2', 'av', 'scapy', 'numpy', 'rich', 'jinja2', 'zeroconf'} & set(sys.modules)))"
    assert run(driver=heavy).stdout.strip() == "[]"


def test_a_sweep_of_the_network_loads_no_library_of_pictures_or_terminals():
    last = (
        "import sys\nfrom hardware import cli\ntry:\n    cli.main()\nfinally:\n"
        "    sys.stderr.write(' '.join(sorted({'cv2', 'av', 'scapy', 'rich', 'jinja2', 'zeroconf', 'urllib.request'} & set(sys.modules))))"
    )
    done = run("network", "--capture", str(ROOT / "samples/bathroom-wifi-out-of-sight/network.pcap"), driver=last)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("REPLAY")


def test_version():
    done = run("--version")
    assert (done.returncode, done.stdout.startswith("roomsweep ")) == (0, True)


@pytest.mark.parametrize("command", ["sweep", "lens", "network", "doctor"])
def test_every_command_writes_json(command):
    assert "--json" in run(command, "--help").stdout


@pytest.mark.parametrize(
    "words",
    [
        ["wag"],
        ["lens"],
        ["lens", "a.jpg", "b.jpg", "c.jpg"],
        ["lens", "a.mp4", "b.mp4"],
        ["lens", "a.jpg", "--lamp", "lamp.json"],
        ["lens", "0", "--lamp", "lamp.json"],
        ["lens", "a.mp4", "--seconds", "soon"],
        ["network", "--authority", "thief"],
        ["network", "--capture", "x.pcap", "--interface", "eth0"],
        ["network", "--capture", "x.pcap", "--promiscuous"],
        ["sweep", "--replay", "x", "--video", "y.mp4"],
        ["sweep", "--replay", "x", "--capture", "y.pcap"],
        ["sweep", "--video", "y.mp4", "--lamp-pins", "17"],
        ["sweep", "--lamp-pins", "17,17"],
        ["sweep", "--lamp-pins", "one,two"],
        ["sweep", "--replay", "no-such-sample"],
    ],
)
def test_wrong_usage_is_exit_2_with_no_verdict(words):
    done = run(*words)
    assert done.returncode == 2
    assert done.stderr
    assert not any(word in done.stdout + done.stderr for word in WORDS)


# --- whole sweeps


def test_a_sweep_of_two_recordings_ends_on_one_verdict_everywhere_alike(room, air, tmp_path):
    done = run("sweep", "--video", room, "--capture", air, "--authority", "owner", "--json", tmp_path / "r.json", "--out", tmp_path / "out")
    made = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    SCHEMA.validate(made)
    assert (done.returncode, made["verdict"], made["replay"]) == (0, "NOTHING SEEN", True)
    assert made["senses"] == {"lens": "NOTHING SEEN", "network": "NOTHING SEEN"}
    assert made["authority"] == "owner"
    assert [source["name"] for source in made["sources"]] == ["room.mp4", "air.pcap"]
    assert done.stdout.startswith("REPLAY · NOTHING SEEN")
    assert done.stdout == (tmp_path / "out/report.txt").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "out/report.json").read_text(encoding="utf-8")) == made
    assert "NOTHING SEEN" in (tmp_path / "out/report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("word", ["lens-and-wifi", "lens-no-radio", "out-of-sight"])
def test_a_shipped_sample_is_swept_to_the_expected_verdict(word, tmp_path):
    done = run("sweep", "--replay", sample(word), "--json", tmp_path / "r.json", "--exit-code")
    made = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    SCHEMA.validate(made)
    assert made["verdict"] == "LIKELY CAMERA"
    assert done.returncode == 10
    assert done.stdout.startswith("REPLAY · LIKELY CAMERA")


def test_a_replay_works_from_any_folder(tmp_path):
    done = run("sweep", "--replay", sample("lens-no-radio"), cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert done.returncode == 0


def test_a_replay_without_a_sense_does_not_ask_for_it(room, tmp_path):
    (tmp_path / "room.mp4").write_bytes(room.read_bytes())
    (tmp_path / "sweep.toml").write_text('video = "room.mp4"', encoding="utf-8")
    done = run("sweep", "--replay", tmp_path)
    assert done.returncode == 0
    assert "Network search: not asked for." in done.stdout


def test_one_picture_a_pair_and_a_folder_are_searched(tmp_path):
    for name, level in (("1.png", 70), ("2.png", 60)):
        cv2.imwrite(str(tmp_path / name), np.full((240, 320, 3), level, np.uint8))
    for words in ([tmp_path / "1.png"], [tmp_path / "1.png", tmp_path / "2.png"], [tmp_path]):
        done = run("lens", *words, "--json", "-")
        SCHEMA.validate(json.loads(done.stdout))
        assert done.returncode == 0


def test_json_on_standard_output_is_alone_there(air):
    done = run("network", "--capture", air, "--json", "-")
    SCHEMA.validate(json.loads(done.stdout))
    assert done.stderr.startswith("REPLAY · ")


def test_the_doctor_answers(tmp_path):
    done = run("doctor", "--json", tmp_path / "d.json")
    assert done.returncode == 0
    assert json.loads((tmp_path / "d.json").read_text(encoding="utf-8"))["schema"] == "roomsweep-doctor/1"
    assert "recorded video" in done.stdout


# --- bad input


@pytest.mark.parametrize("content", [None, b"", b"This is no video.\n" * 99, b"\x00\x00\x00\x18ftypisom"], ids=["missing", "empty", "text", "cut in the head"])
def test_an_unreadable_video_is_one_line_exit_2_and_the_other_sense_runs(content, air, tmp_path):
    path = tmp_path / "room.mp4"
    if content is not None:
        path.write_bytes(content)
    done = run("sweep", "--video", path, "--capture", air, "--json", tmp_path / "r.json")
    made = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    SCHEMA.validate(made)
    assert done.returncode == 2
    assert made["senses"] == {"lens": "NOT CHECKED", "network": "NOTHING SEEN"}
    assert "The lens search was not done." in said(done)
    assert made["coverage"]["lens"]["gaps"][0]["fatal"] is True
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("content", [None, b"", b"no capture at all, this"], ids=["missing", "empty", "text"])
def test_an_unreadable_capture_is_exit_2(content, tmp_path):
    path = tmp_path / "air.pcap"
    if content is not None:
        path.write_bytes(content)
    done = run("network", "--capture", path)
    assert done.returncode == 2
    assert "NOT CHECKED" in done.stdout


def test_a_capture_cut_in_a_packet_is_read_as_far_as_it_goes(air, tmp_path):
    path = tmp_path / "cut.pcap"
    path.write_bytes(air.read_bytes()[:-20])
    done = run("network", "--capture", path, "--json", tmp_path / "r.json")
    made = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert done.returncode == 2
    assert made["coverage"]["network"]["examined"]["packets"] == 19
    assert [gap["reason"] for gap in made["coverage"]["network"]["gaps"]] == ["cut short"]
    assert made["devices"]


def test_a_bad_lamp_file_is_exit_2(room, tmp_path):
    (tmp_path / "lamp.json").write_text('{"states": ["purple"]}', encoding="utf-8")
    done = run("lens", room, "--lamp", tmp_path / "lamp.json")
    assert done.returncode == 2
    assert "purple" in done.stdout


def test_a_camera_that_is_not_there_is_exit_3_with_the_remedy():
    done = run("lens", "97", "--seconds", "1")
    assert done.returncode == 3
    assert done.stdout.startswith("NOT CHECKED")
    assert "97" in done.stdout


def test_an_interface_that_is_not_there_is_exit_3():
    done = run("network", "--interface", "nosuch0", "--seconds", "1")
    assert done.returncode == 3
    assert "nosuch0" in done.stdout


@pytest.mark.parametrize(("words", "promiscuous"), [(["--promiscuous"], "True"), ([], "False")])
def test_promiscuous_only_where_asked(words, promiscuous):
    tell = "import sys, hardware.inputs as i\ni.network_live = lambda *_, promiscuous: sys.exit(f'promiscuous: {promiscuous}')"
    assert f"promiscuous: {promiscuous}" in run("network", *words, driver=driver(tell)).stderr


def test_an_empty_opencv_leaves_the_network_and_is_told(air, room):
    empty = "import sys, types\nsys.modules['cv2'] = types.ModuleType('cv2')"
    done = run("sweep", "--video", room, "--capture", air, driver=driver(empty))
    assert done.returncode == 0, done.stderr
    assert "The lens search was not done." in said(done)
    assert "pip install opencv-python-headless" in said(done)


# --- output that cannot be written


@pytest.mark.parametrize("option", ["--json", "--out"])
def test_a_place_that_cannot_be_written_is_one_line_and_the_report_is_shown(option, air, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    done = run("network", "--capture", air, option, tmp_path / "file" / "below")
    assert done.returncode == 2
    assert done.stdout.startswith("REPLAY · ")
    assert "cannot be written" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_video_itself_named_for_the_report_is_not_written_over(room, tmp_path):
    video = tmp_path / "room.mp4"
    video.write_bytes(room.read_bytes())
    done = run("lens", video, "--json", video)
    assert done.returncode == 2
    assert "left alone" in done.stderr
    assert video.read_bytes() == room.read_bytes()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_for_the_text_itself_is_exit_2(air, tmp_path):
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = run("network", "--capture", air, "--json", tmp_path / "r.json", capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert "No space left" in done.stderr
    assert (tmp_path / "r.json").exists(), "what one place does not take keeps nothing from the others"


def test_a_reader_that_went_away_is_no_fault_of_ours(air):
    process = subprocess.Popen([sys.executable, "-c", PLAIN, "network", "--capture", str(air)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.close()
    assert process.wait(60) == 2
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()


@pytest.mark.parametrize("words", [["lens", "x" * 5000], ["lens", "x" * 5000 + ".jpg"], ["lens", "x.mp4", "--lamp", "y" * 5000], ["network", "--capture", "x" * 5000]], ids=lambda words: " ".join(words)[:16])
def test_a_name_too_long_for_any_file_is_exit_2(words):
    done = run(*words)
    assert done.returncode == 2
    assert "NOT CHECKED" in done.stdout
    assert "fault" not in done.stderr


@pytest.mark.parametrize("words", [["lens", "room.mp4", "--distance", "nan"], ["lens", "room.mp4", "--seconds", "nan"], ["network", "--seconds", "nan"]], ids=" ".join)
def test_what_is_no_number_is_wrong_usage(words):
    done = run(*words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "nan is not a number" in said(done)


@pytest.mark.skipif(os.name == "nt", reason="Windows allows no such names")
def test_a_file_name_cannot_speak_to_the_terminal(air, tmp_path):
    named = tmp_path / "a\x1b[2J\nNOTHING SEEN.pcap"
    named.write_bytes(air.read_bytes())
    done = run("network", "--capture", named, "--out", tmp_path / "out")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout + done.stderr + (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert "recordings (a\N{REPLACEMENT CHARACTER}[2J NOTHING SEEN.pcap)" in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("words", [["--help"], ["--version"], ["lens", "--help"], ["doctor"], ["signatures", "hik"]])
def test_a_full_disk_for_any_answer_is_one_line_and_exit_2(words):
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = run(*words, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert done.stderr == "The answer cannot be written: No space left on device.\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no descriptors to close so")
@pytest.mark.parametrize("closed", [[0], [1], [2], [0, 1, 2]], ids=str)
def test_closed_streams_cost_neither_the_report_nor_a_file(closed, air, tmp_path):
    """Some schedulers start programs so; the next file opened would get the number of standard output."""
    shut = f"import os; [os.close(n) for n in {closed}]; import sys; sys.stdin, sys.stdout, sys.stderr = [None if n in {closed} else s for n, s in enumerate((sys.stdin, sys.stdout, sys.stderr))]"
    done = run("network", "--capture", air, "--json", tmp_path / "r.json", driver=driver(shut))
    assert done.returncode == 0
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["verdict"] == "NOTHING SEEN"
    assert ("NOTHING SEEN" in done.stdout) == (1 not in closed)


def test_a_stream_of_few_letters_shows_question_marks_and_json_stays_whole(air, tmp_path):
    named = tmp_path / "房间.pcap"
    named.write_bytes(air.read_bytes())
    settings = {"env": os.environ | {"PYTHONIOENCODING": "ascii"}, "encoding": "utf-8"}
    done = run("network", "--capture", named, **settings)
    assert done.returncode == 0
    assert "??.pcap" in done.stdout
    told = run("network", "--capture", named, "--json", "-", **settings)
    assert told.returncode == 0
    assert json.loads(told.stdout)["sources"][0]["name"] == "房间.pcap"
    assert "??.pcap" in told.stderr


# --- a crash never looks like a verdict

BOOM = "def boom(*a, **k): raise RuntimeError('injected')"
FAULTS = {
    "importing the search": "import sys; sys.modules['detector.optics.search'] = sys",
    "opening the video": "import hardware.video as m; m.VideoFile.__init__ = boom",
    "a frame": "import hardware.video as m; m.VideoFile.frames = boom",
    "the search": "import detector.optics.search as m; m.LensSearch.add = boom",
    "the search's end": "import detector.optics.search as m; m.LensSearch.finish = boom",
    "a packet": "import detector.network.search as m; m.NetworkSearch.hear_all = boom",
    "the network's end": "import detector.network.search as m; m.NetworkSearch.finish = boom",
    "the verdict": "import detector.verdict as m; m.judge = boom",
    "the text": "import detector.report as m; m.as_text = boom",
    "the JSON": "import detector.report as m; m.as_json = boom",
    "the page": "import detector.report as m; m.as_html = boom",
    "the pictures": "import detector.report as m; m.illustrate = boom",
    "the folder": "import hardware.store as m; m._write = boom; m.prepare_folder = boom",
    "out of memory": "import detector.optics.search as m\ndef boom(*a): raise MemoryError\nm.LensSearch.add = boom",
    "a bug that raises what typer knows": "import typer, detector.optics.search as m\ndef boom(*a): raise ValueError('x')\nm.LensSearch.add = boom",
}


@pytest.mark.parametrize("where", FAULTS)
def test_a_crash_never_looks_like_a_verdict(where, room, air, tmp_path):
    stale = tmp_path / "r.json"
    stale.write_text('{"schema": "roomsweep/1", "verdict": "NOTHING SEEN"}', encoding="utf-8")
    words = ["sweep", "--video", room, "--capture", air, "--json", stale, "--out", tmp_path / "out", "--exit-code"]
    done = run(*words, driver=driver(BOOM, FAULTS[where]))
    assert done.returncode == 70
    assert "a fault of ours" in done.stderr
    assert not any(word in done.stdout + done.stderr for word in WORDS)
    assert not stale.exists()
    assert not any(path.is_file() for path in (tmp_path / "out").rglob("*"))
    assert "Traceback" not in done.stderr


def test_the_traceback_shows_only_where_asked_for(room):
    done = run("lens", room, driver=driver(BOOM, FAULTS["a frame"]), env=os.environ | {"ROOMSWEEP_DEBUG": "1"})
    assert done.returncode == 70
    assert "Traceback" in done.stderr


# --- interruption and progress

ENDLESS = """
import itertools, sys, time
import numpy as np
from detector.model import Frame
import hardware.video as m
def frames(self):
    wall = np.full((120, 160, 3), 60, np.uint8)
    for n in itertools.count():
        yield Frame(wall, n, n / 30)
        if n == 30: print('begun', file=sys.stderr, flush=True)
        time.sleep(0.002)
m.VideoFile.frames = frames
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_keeps_what_was_gathered(number, room, air, tmp_path):
    words = ["sweep", "--video", room, "--capture", air, "--json", tmp_path / "r.json"]
    process = subprocess.Popen([sys.executable, "-c", driver(ENDLESS), *map(str, words)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr.readline() == "begun\n"
    process.send_signal(number)
    out, _ = process.communicate(timeout=60)
    made = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert process.returncode == 0
    assert [gap["reason"] for gap in made["coverage"]["lens"]["gaps"] if not gap["fatal"]][-1] == "stopped"
    assert made["coverage"]["lens"]["examined"]["frames"] >= 30
    assert made["senses"]["network"] == "NOTHING SEEN"
    assert "The user stopped the sweep" in " ".join(out.split())


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_while_clips_are_made_leaves_out_the_clips_only(tmp_path):
    """They take seconds after the sweep is over; what it found must not go with them."""
    # a shell that starts the tests in the background has them ignore Ctrl-C, which a child inherits
    slow = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
import hardware.clips as m
def clip(*_): print('begun', file=sys.stderr, flush=True); time.sleep(60)
m._clip = clip
"""
    words = ["sweep", "--replay", sample("lens"), "--out", tmp_path / "out"]
    process = subprocess.Popen([sys.executable, "-c", driver(slow), *map(str, words)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr.readline() == "begun\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "LIKELY CAMERA" in out
    assert err == "The clips of the findings were left out, since you asked to stop.\n"
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"report.json", "report.html", "report.txt", "pictures", "manifest.json"}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals")
@pytest.mark.parametrize(("patience_s", "bar"), [(0, True), (9e9, False)])
def test_a_progress_bar_shows_on_a_terminal_after_a_second_only(patience_s, bar, air):
    import pty  # noqa: PLC0415

    try:
        ours, theirs = pty.openpty()
    except OSError:
        pytest.skip("no pseudo-terminals here (no /dev/pts)")
    patient = f"import hardware.console as m; m.PATIENCE_S = {patience_s}"
    done = run("network", "--capture", air, driver=driver(patient), capture_output=False, stdout=subprocess.PIPE, stderr=theirs, env=os.environ | {"TERM": "xterm"})
    os.close(theirs)
    try:
        shown = os.read(ours, 100_000) if bar else b""
    finally:
        os.close(ours)
    assert done.returncode == 0
    assert (b"air.pcap" in shown) == bar
    assert "\x1b" not in done.stdout


def test_no_progress_bar_goes_into_a_file(air):
    done = run("network", "--capture", air, driver=driver("import hardware.console as m; m.PATIENCE_S = 0"))
    assert done.stderr == ""


def test_help_answers_at_once():
    begin_s = time.monotonic()
    run("--help")
    assert time.monotonic() - begin_s < 5.0, "0.2 s here; five allow for a busy machine"


def test_the_readme_shows_every_option_and_the_exit_codes():
    readme = ROOT / "README.md"
    if not readme.exists():
        pytest.skip("there is no README yet")
    assert exits.table_in_markdown().strip() in readme.read_text(encoding="utf-8")


def test_main_is_the_console_entry():
    assert 'roomsweep = "hardware.cli:main"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert callable(cli.main)
