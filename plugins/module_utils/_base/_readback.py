# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a file back from its medium and says whether the medium really was asked."""

from __future__ import annotations

import dataclasses
import os
import typing as t

from ._io import CHUNK, Digest, Meter, chunks, forget_cache, open_to_read, read_ahead
from ._residency import cache_is_empty

WINDOW = 8 * CHUNK


@dataclasses.dataclass(frozen=True)
class ReadBack:
    """What was read. ``dropped``: the page cache was seen to be empty before the read."""

    digest: Digest
    dropped: bool


def read_back(path: str, notice: t.Callable[[], None] | None = None) -> ReadBack:
    """Hash a regular file after its pages were dropped; ``notice`` is called after each chunk."""
    descriptor = open_to_read(path)
    try:
        return read_back_descriptor(descriptor, notice)
    finally:
        os.close(descriptor)


def read_back_descriptor(descriptor: int, notice: t.Callable[[], None] | None = None) -> ReadBack:
    """The same for an open file. The pages are dropped again behind the read, for nobody needs them."""
    forget_cache(descriptor)
    dropped = cache_is_empty(descriptor)
    read_ahead(descriptor)
    meter = Meter()
    done = 0
    for chunk in chunks(descriptor):
        meter.feed(chunk)
        if meter.count - done >= WINDOW:
            forget_window(descriptor, done, meter.count)
            done = meter.count
        if notice is not None:
            notice()
    forget_window(descriptor, done, meter.count)
    return ReadBack(meter.digest(), dropped)


def forget_window(descriptor: int, start: int, end: int) -> None:
    """Drop the clean pages of a range; dirty ones start on their way to the disk, without waiting."""
    if end > start:
        os.posix_fadvise(descriptor, start, end - start, os.POSIX_FADV_DONTNEED)
