# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file format of SQLite as far as we look at it, and the proof that a copy of one is whole."""

from __future__ import annotations

import dataclasses
import os
import typing as t

from .._base._errors import EngineError

if t.TYPE_CHECKING:
    from ._base import Buffer

MAGIC = b"SQLite format 3\x00"
HEADER = 100


@dataclasses.dataclass(frozen=True)
class FileHeader:
    """``pages`` is None where an old SQLite left the count unset."""

    page_size: int
    pages: int | None
    wal: bool


def parse_header(data: bytes) -> FileHeader | None:
    """The first 100 bytes of a database; None when they are of something else."""
    if len(data) < HEADER or data[:16] != MAGIC:
        return None
    size = int.from_bytes(data[16:18], "big")
    size = 65536 if size == 1 else size
    if not 512 <= size <= 65536 or size & (size - 1):
        return None
    trusted = data[24:28] == data[92:96]
    pages = int.from_bytes(data[28:32], "big")
    return FileHeader(size, pages if trusted and pages else None, 2 in (data[18], data[19]))


def read_header(path: str) -> bytes:
    """The first bytes of a file, at most 100.

    Never call it while this process holds a connection to the same file:
    closing any descriptor of a file drops the process's POSIX locks on it.
    """
    with open(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb", buffering=0) as source:
        return source.read(HEADER) or b""


class SqliteCheck:
    """An ``EndCheck``: the header says how many pages there are, and so many bytes must have passed."""

    def __init__(self) -> None:
        self.seen = 0
        self._head = bytearray()

    def feed(self, chunk: Buffer) -> None:
        if len(self._head) < HEADER:
            self._head += memoryview(chunk)[: HEADER - len(self._head)]
        self.seen += len(chunk)

    def finish(self) -> None:
        header = parse_header(bytes(self._head))
        if header is None:
            raise _broken("it does not begin like a database")
        if header.pages is None or header.wal:
            raise _broken("its header is not that of a finished copy")
        if header.pages * header.page_size != self.seen:
            raise _broken(f"it has {self.seen} bytes and its header promises {header.pages * header.page_size}")


def _broken(what: str) -> EngineError:
    return EngineError(
        f"The copy of the SQLite database is not complete: {what}",
        "The dump was not published; run it again, and look at the disk and the memory of the host if it happens again",
        code="engine.incomplete",
    )
