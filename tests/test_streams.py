"""Standard streams that were closed, or know few letters."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
READY = "from hardware import streams; streams.make_ready()\n"


def python(code, **more):
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False, timeout=60, **more)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no descriptors to close so")
@pytest.mark.parametrize("number", [1, 2])
def test_what_a_library_prints_does_not_end_in_the_next_file(number, tmp_path):
    before = f"import os, sys; os.close({number}); sys.stdout = None if {number} == 1 else sys.stdout; sys.stderr = None if {number} == 2 else sys.stderr\n"
    after = f"file = open({str(tmp_path / 'report')!r}, 'wb', 0); os.write({number}, b'a library speaks'); print('words', file=sys.stdout); print('words', file=sys.stderr)"
    done = python(before + READY + after)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report").read_bytes() == b""
    python(before + "sys.stdout = sys.stderr = sys.stdout or sys.stderr\n" + after)
    assert (tmp_path / "report").read_bytes() == b"a library speaks", "without it, that is what happens"


def test_letters_that_a_stream_does_not_know_are_question_marks():
    few = {"env": os.environ | {"PYTHONIOENCODING": "latin-1"}}
    assert python("print('Zürich 房间')", **few).returncode == 1
    assert python(READY + "print('Zürich 房间')", **few).stdout.strip() == "Zürich ??".encode("latin-1")


def test_streams_that_are_well_stay_as_they_are():
    done = python("import sys; before = sys.stdin, sys.stdout, sys.stderr\n" + READY + "print(before == (sys.stdin, sys.stdout, sys.stderr), '房间')", env=os.environ | {"PYTHONIOENCODING": "utf-8"})
    assert done.stdout.decode("utf-8").split() == ["True", "房间"]
