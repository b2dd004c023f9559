"""The only file that knows the C library's allocator: memory of pictures that were let go is kept for the next ones.

glibc gives freed memory of some megabytes back to the system at once and asks for it again with the next
picture, which then costs a page fault for every 4 kB: a search of 1280 x 720 spends a twentieth of its time so.
"""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of <malloc.h>."""
_KEPT_BYTES = 64_000_000
"""Pictures of one frame at 4K, several times over."""
_LARGEST_BYTES = 32 * 1024 * 1024
"""DEFAULT_MMAP_THRESHOLD_MAX: glibc refuses more."""


def keep_freed_memory() -> bool:
    """Asks the allocator to keep what is freed; False where it is not glibc's, which changes nothing but time."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(_TRIM_THRESHOLD, _KEPT_BYTES) and mallopt(_MMAP_THRESHOLD, _LARGEST_BYTES))
