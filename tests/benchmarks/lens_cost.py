"""What the search costs against decoding alone: `python -m tests.benchmarks.lens_cost [SECONDS]`.

One clip of SECONDS (60) is made by running shared clips forwards and backwards one after the other, or, without
them, drawn.  It is then decoded alone (PyAV, one thread, pictures not even converted) and searched by
`roomsweep lens`, each in a process of its own pinned to one processor, in turn, and the ratio is that
of the least processor times of ROUNDS: what others do on the machine only ever adds.  Peak memory is
that of the search over a quarter of the clip and over all of it.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from hardware.video import VideoFile, write_video
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
import sys, cv2
from hardware.cli import main
cv2.setNumThreads(1)
sys.argv = ["roomsweep", "lens", sys.argv[1], "--json", sys.argv[2]]
main()
"""
"""Pinned to one processor, FFmpeg takes one thread of its own accord."""


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
    """Processor seconds and peak MB of a script in a process of its own on one processor."""
    usual = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    pinned = ["taskset", "-c", str(min(os.sched_getaffinity(0)))]
    command = [*pinned, sys.executable, "-c", "import sys" + PEAK + script, *map(str, arguments)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | usual)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent_s, int(done.stderr.split()[-1]) / 1024


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    make = pictures if CLIPS.is_dir() else drawn
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "lens.json"
        short, long = Path(folder) / "short.mp4", Path(folder) / "long.mp4"
        write_video(short, make(seconds / 4), FPS)
        write_video(long, make(seconds), FPS)
        print(f"{'joined shared clips' if make is pictures else 'drawn'}, 1280 x 720, {seconds:.0f} s, {long.stat().st_size / 1e6:.1f} MB")
        decode, search = [], []
        for _ in range(ROUNDS):
            decode.append(run(DECODE, long))
            search.append(run(SEARCH, long, out))
        decode_s, search_s = min(decode)[0], min(search)[0]
        frames = seconds * FPS
        print(f"decoding alone   {decode_s:6.1f} s  {1000 * decode_s / frames:5.2f} ms a frame")
        print(f"roomsweep lens   {search_s:6.1f} s  {1000 * search_s / frames:5.2f} ms a frame  {search_s / decode_s:.2f} times decoding")
        print(f"peak memory of roomsweep lens: {run(SEARCH, short, out)[1]:.0f} MB over {seconds / 4:.0f} s, {max(m for _, m in search):.0f} MB over {seconds:.0f} s")
        print(f"(all rounds: decoding {[round(s, 1) for s, _ in decode]}, lens {[round(s, 1) for s, _ in search]} s)")


if __name__ == "__main__":
    main()
