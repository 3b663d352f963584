# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the kernel which pages of a file it holds in memory (``mincore``), without reading any.

A read that must not wait (``RWF_NOWAIT``) would answer too, but it starts
reading ahead, and on a fast disk it then finds what it has fetched itself.
"""

from __future__ import annotations

import ctypes
import mmap
import os

# One byte for each page is asked for: a window keeps that small, whatever the size of the file.
_WINDOW = 1 << 30
_LIBC = ctypes.CDLL(None, use_errno=True)
# Where there is a mmap64, the plain one may have a 32-bit offset.
_map = getattr(_LIBC, "mmap64", _LIBC.mmap)
_map.restype = ctypes.c_void_p
_map.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_int64]
_LIBC.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
_LIBC.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p]
_FAILED = ctypes.c_void_p(-1).value


def cache_is_empty(descriptor: int) -> bool:
    """Whether no page of the file is in memory, so that every read must ask the medium.

    False also where that cannot be shown: for a RAM disk, whose pages are the
    medium, and for a file that belongs to somebody else.
    """
    size = os.fstat(descriptor).st_size
    return all(_none_held(descriptor, start, min(size - start, _WINDOW)) for start in range(0, size, _WINDOW))


def _none_held(descriptor: int, start: int, length: int) -> bool:
    address = _map(None, length, mmap.PROT_READ, mmap.MAP_SHARED, descriptor, start)
    if address == _FAILED:
        return False
    try:
        count = -(-length // mmap.PAGESIZE)
        pages = ctypes.create_string_buffer(count)
        if _LIBC.mincore(address, length, pages) != 0:
            return False
        # Only the lowest bit of each byte has a meaning.
        return not any(page & 1 for page in pages.raw[:count].replace(b"\0", b""))
    finally:
        _LIBC.munmap(address, length)
