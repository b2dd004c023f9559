"""Memory that was let go is kept, so that the next picture costs no page faults."""

from __future__ import annotations

import ctypes
import platform
import subprocess
import sys

import pytest

from hardware import memory

FAULTS = """
import resource, sys, threading
import numpy as np
from hardware.memory import keep_freed_memory
if sys.argv[1] == "kept":
    keep_freed_memory()
def work():
    for _ in range(20):
        np.ones(3_000_000, np.uint8), np.ones(1_000_000, np.uint8)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(100):
        pictures = [np.ones(3_000_000, np.uint8) for _ in range(3)]
        del pictures
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
thread = threading.Thread(target=work)
thread.start()
thread.join()
"""
GLIBC = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="The C library here is not glibc.")


def faults(word):
    done = subprocess.run([sys.executable, "-c", FAULTS, word], capture_output=True, text=True, check=True)
    return int(done.stdout)


@GLIBC
def test_the_allocator_is_asked_and_agrees():
    assert memory.keep_freed_memory()
    assert memory.keep_freed_memory(), "twice is as good as once"


@GLIBC
def test_pictures_after_pictures_cost_no_page_faults():
    kept = faults("kept")
    assert kept < 0.1 * 100 * 3 * 3_000_000 / 4096
    assert kept <= faults("as usual")


@pytest.mark.parametrize("error", [AttributeError, OSError, TypeError])
def test_another_c_library_changes_nothing(monkeypatch, error):
    def other(_):
        raise error

    monkeypatch.setattr(ctypes, "CDLL", other)
    assert not memory.keep_freed_memory()
