"""What a frame costs before anybody looks at it: `python -m tests.benchmarks.decode [VIDEO] [SECONDS]`.

One thread each.  Rows: PyAV decoding alone; the same and a BGR array (what `VideoFile` hands on);
the same and only the luma plane, copied; `VideoFile` itself, upright and turned by a quarter; and
the peak of memory over a clip of 3 s and one of SECONDS.  Without VIDEO a 720p clip is drawn.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av
import cv2
import numpy as np

from hardware.codec import write_video
from hardware.display import Turn
from hardware.video import VideoFile

ROUNDS = 4


def draw(path, seconds):
    """Hand-held noise and bright points over a still wall, so that the codec has something to do."""
    rng = np.random.default_rng(7)
    wall = cv2.GaussianBlur(rng.integers(0, 120, (760, 1320, 3), np.uint8), (0, 0), 3)
    wall[rng.integers(0, 760, 60), rng.integers(0, 1320, 60)] = 255

    def frames():
        for index in range(round(seconds * 30)):
            x, y = round(20 + 18 * np.sin(index / 17)), round(20 + 18 * np.cos(index / 23))
            yield cv2.add(wall[y : y + 720, x : x + 1280], rng.integers(0, 12, (720, 1280, 3), np.uint8))

    write_video(path, frames(), 30)
    return path


def decoded(path, use):
    frames = 0
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_count = 1
        for picture in container.decode(stream):
            use(picture)
            frames += 1
    return frames


def luma(picture):
    plane = picture.planes[0]
    return np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width].copy()


def turned(path):
    source = VideoFile(path, threads=1)
    source._turn = Turn(transpose=True, flip_x=True)
    return sum(1 for _ in source.frames())


def milliseconds(run):
    """Least processor time a frame: what others do on the machine only ever adds."""
    costs = []
    for _ in range(ROUNDS):
        began_s = time.process_time()
        frames = run()
        costs.append(1000 * (time.process_time() - began_s) / frames)
    return min(costs)


PEAK = """
import sys
from pathlib import Path
from hardware.video import VideoFile
for frame in VideoFile(Path(sys.argv[1]), threads=1).frames():
    pass
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def peak_mb(path):
    """In a process of its own, as the peak never comes down (Linux)."""
    run = [sys.executable, "-c", PEAK, str(path)]
    return int(subprocess.run(run, capture_output=True, text=True, check=True).stdout) / 1024


def main():
    cv2.setNumThreads(1)
    given = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 15.0
    with tempfile.TemporaryDirectory() as folder:
        short = draw(Path(folder) / "short.mp4", 3.0)
        path = given or short
        rows = {
            "decode alone": lambda: decoded(path, lambda _: None),
            "and BGR": lambda: decoded(path, lambda picture: picture.to_ndarray(format="bgr24")),
            "and luma alone": lambda: decoded(path, luma),
            "VideoFile": lambda: sum(1 for _ in VideoFile(path, threads=1).frames()),
            "VideoFile, turned": lambda: turned(path),
        }
        costs = {name: milliseconds(run) for name, run in rows.items()}
        for name, cost in costs.items():
            print(f"{name:20} {cost:7.2f} ms a frame  {cost / costs['decode alone']:5.2f} x")
        long = draw(Path(folder) / "long.mp4", seconds)
        print(f"peak memory: {peak_mb(short):.0f} MB over 3 s, {peak_mb(long):.0f} MB over {seconds:.0f} s")


if __name__ == "__main__":
    main()
