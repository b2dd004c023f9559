"""What the search costs against decoding alone: `python -m tests.benchmarks.lens_cost [SECONDS [HEIGHT]]`.

One clip of SECONDS (60) is made by running shared clips forwards and backwards one after the other, or, without
them, drawn; of another HEIGHT than 720 it is enlarged, and noise is added as fine as its pixels.  It is then decoded alone (PyAV, one thread, pictures not even converted) and searched by
`roomsweep lens`, each in a process of its own pinned to one processor, in turn, and the ratio is that
of the least processor times of ROUNDS: what others do on the machine only ever adds.  Of the search is also told what
passed before the first frame, with the frames, and after the last.  Peak memory is that of the search over a quarter
of the clip and over all of it.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np

from hardware.codec import write_video
from hardware.video import VideoFile
from tests.optics_scenes import Thing, every_other, film, led, lens

CLIPS = Path(__file__).parent.parent.parent.parent / "shared/data/clips"
JOINED = ("dev01", "dev09", "dev18", "dev02")
FPS = 30
ROUNDS = 2

PEAK = """
import atexit
def tell():
    print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")), file=sys.stderr)
atexit.register(tell)
"""
"""What a parent reads of its child's peak begins with its own."""
DECODE = """
import sys, av
with av.open(sys.argv[1]) as container:
    stream = container.streams.video[0]
    stream.thread_count = 1
    print(sum(1 for _ in container.decode(stream)))
"""
SEARCH = """
import sys, time, cv2
from unittest import mock
from detector.optics.search import LensSearch
from hardware.cli import main
cv2.setNumThreads(1)
passed = []
def told(act):
    def noting(*arguments, **named):
        passed.append(time.process_time())
        return act(*arguments, **named)
    return noting
mock.patch.multiple(LensSearch, __init__=told(LensSearch.__init__), finish=told(LensSearch.finish)).start()
atexit.register(lambda: print(passed[0], passed[1] - passed[0], time.process_time() - passed[1], file=sys.stderr))
sys.argv = ["roomsweep", "lens", sys.argv[1], "--json", *sys.argv[2:]]
main()
"""
"""Pinned to one processor, FFmpeg takes one thread of its own accord."""


def resized(pictures, height):
    """In another height; enlarged they have no noise of their own left that is as fine as their pixels."""
    rng = np.random.default_rng(1)
    for picture in pictures:
        size = (round(picture.shape[1] * height / picture.shape[0] / 2) * 2, height)
        larger = cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC)
        grain = rng.normal(0.0, 2.0, larger.shape[:2]).astype(np.int16)[..., None]
        yield np.clip(larger + grain, 0, 255).astype(np.uint8)


def pictures(seconds):
    """The shared clips there and back again, so that no cut comes from joining a clip with itself."""
    wanted = round(seconds * FPS)
    while True:
        for name in JOINED:
            clip = [frame.pixels for frame in VideoFile(CLIPS / f"{name}.mp4", threads=1).frames()]
            for picture in clip + clip[::-1]:
                if wanted == 0:
                    return
                wanted -= 1
                yield picture


def drawn(seconds):
    things = [Thing(500, 300, lens(width=200.0, middle=300.0)), Thing(800, 500, led())]
    return (frame.pixels for frame in film(things, round(seconds * FPS), lamp=every_other, size=(1280, 720)))


def run(script, *arguments):
    """Processor seconds of a script in a process of its own on one processor, and the numbers that it ends with on
    its error stream: its peak kB last.
    """
    usual = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    pinned = ["taskset", "-c", str(min(os.sched_getaffinity(0)))]
    command = [*pinned, sys.executable, "-c", "import sys" + PEAK + script, *map(str, arguments)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | usual)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent_s, [float(word) for line in done.stderr.splitlines()[-2:] for word in line.split() if word[0].isdigit()]


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    height = int(sys.argv[2]) if len(sys.argv) > 2 else 720
    source = pictures if CLIPS.is_dir() else drawn

    def make(length):
        return source(length) if height == 720 else resized(source(length), height)

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "lens.json"
        short, long = Path(folder) / "short.mp4", Path(folder) / "long.mp4"
        write_video(short, make(seconds / 4), FPS)
        write_video(long, make(seconds), FPS)
        print(f"{'joined shared clips' if source is pictures else 'drawn'}, {height} px high, {seconds:.0f} s, {long.stat().st_size / 1e6:.1f} MB")
        decode, search = [], []
        for _ in range(ROUNDS):
            decode.append(run(DECODE, long))
            search.append(run(SEARCH, long, out))
        decode_s, (search_s, (before_s, during_s, after_s, _)) = min(decode)[0], min(search)
        frames = seconds * FPS
        print(f"decoding alone   {decode_s:6.1f} s  {1000 * decode_s / frames:5.2f} ms a frame")
        print(f"roomsweep lens   {search_s:6.1f} s  {1000 * search_s / frames:5.2f} ms a frame  {search_s / decode_s:.2f} times decoding")
        print(f"  of which {before_s:.2f} s before the first frame, {during_s:.1f} s with the frames ({during_s / decode_s:.2f} times decoding), {after_s:.2f} s after the last")
        print(f"peak memory of roomsweep lens: {run(SEARCH, short, out)[1][-1] / 1024:.0f} MB over {seconds / 4:.0f} s, {max(told[-1] for _, told in search) / 1024:.0f} MB over {seconds:.0f} s")
        folder_s, told = run(SEARCH, long, out, "--out", Path(folder) / "report")
        print(f"with a report folder, its pictures and clips: {folder_s:.1f} s, {told[-1] / 1024:.0f} MB")
        print(f"(all rounds: decoding {[round(s, 1) for s, _ in decode]}, lens {[round(s, 1) for s, _ in search]} s)")


if __name__ == "__main__":
    main()
