"""What a command costs before its work begins: `python -m tests.benchmarks.start_up`.

Each line is one command run on little input by a Python of its own: CPU seconds of all its threads (the
least of ROUNDS, so that a busy machine matters less), and which of the heavy libraries it had loaded at
its end.  The input is the smallest capture of the samples and a few frames of its clip.
A Raspberry Pi takes 3 to 10 times as long.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from hardware.codec import write_video
from hardware.video import VideoFile

ROOT = Path(__file__).parent.parent.parent
SAMPLE = ROOT / "samples/bathroom-wifi-out-of-sight"
ROUNDS = 5
FRAMES = 6
HEAVY = ("numpy", "cv2", "av", "scapy", "zeroconf", "jinja2", "rich", "pydantic")

# What the installed `roomsweep` does, and a word at its end on what it had loaded.
PROGRAM = f"""
import sys
from hardware.cli import main
try:
    main()
finally:
    loaded = [name for name in {HEAVY!r} if name in sys.modules]
    open(sys.argv[0], "w").write(" ".join(loaded))
"""


def clip(path):
    """The first frames of the sample's clip: too few to search, so that nearly all is start-up."""
    source = VideoFile(SAMPLE / "room.mp4")
    write_video(path, (frame.pixels for frame, _ in zip(source.frames(), range(FRAMES), strict=False)), 30)
    return path


def run(words, loaded):
    """CPU seconds of one run."""
    start = f"import sys; sys.argv[0] = {str(loaded)!r}\n{PROGRAM}"
    child = subprocess.Popen([sys.executable, "-c", start, *words], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, f"{words} ended in {child.returncode}"
    return used.ru_utime + used.ru_stime


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        film, loaded = clip(folder / "clip.mp4"), folder / "loaded"
        commands = {
            "--help": ["--help"],
            "signatures tapo": ["signatures", "tapo"],
            "network --capture": ["network", "--capture", str(SAMPLE / "network.pcap"), "--json", str(folder / "n.json")],
            "network ... --out": ["network", "--capture", str(SAMPLE / "network.pcap"), "--out", str(folder / "n")],
            "lens, 6 frames": ["lens", str(film), "--json", str(folder / "l.json")],
        }
        print(f"{'command':20} {'CPU s':>6}  loaded")
        for title, words in commands.items():
            spent = [run(words, loaded) for _ in range(ROUNDS)]
            print(f"{title:20} {min(spent):6.3f}  {loaded.read_text()}")


if __name__ == "__main__":
    main()
