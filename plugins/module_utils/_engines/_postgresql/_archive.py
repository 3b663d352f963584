# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proof, from the plain stream alone, that a custom-format archive is whole.

The data of a table are COPY rows, which never hold a zero byte, each behind
its length (a sign byte and four bytes, not all zero). So the first five zero
bytes in a row are the length zero that ends the block, and searching for them
costs next to nothing. Large objects may hold anything: their blocks are
walked length by length. Each block must carry the number that the table of
contents says is next, and the stream must end right behind the last one.
"""

from __future__ import annotations

import typing as t

from .._base import Buffer
from ._archive_head import Contents, DataEntry, Pending, broken

_TABLE = 1
_BLOBS = 3
_END = b"\0" * 5


class ArchiveCheck:
    """An `EndCheck` for ``pg_dump --format=custom --compress=0``.

    ``on_first_bytes`` is called when the archive begins to appear: from then
    on pg_dump holds its locks on all tables.
    """

    def __init__(self, on_first_bytes: t.Callable[[], None] | None = None) -> None:
        self.contents = Contents()
        self._on_first_bytes = on_first_bytes
        self._buffer = Pending()
        self._where = "before its table of contents was whole"
        self._seen = 0
        self._tail = b""
        self._searching = False
        self._ended = False
        self._steps: t.Iterator[None] | None = None

    def feed(self, chunk: Buffer) -> None:
        if not chunk:
            return
        if not self._seen and self._on_first_bytes is not None:
            self._on_first_bytes()
        self._seen += len(chunk)
        if self._searching:
            data = self._tail + chunk
            at = data.find(_END)
            if at < 0:
                self._tail = data[-(len(_END) - 1) :]
                return
            self._searching = False
            chunk = data[at + len(_END) :]
        if self._ended:
            if chunk:
                raise broken("bytes follow behind its end")
            return
        self._buffer.add(chunk)
        self._advance()

    def finish(self) -> None:
        """Raise ``EngineError`` (``engine.incomplete``) unless the whole archive was seen."""
        if not self._seen:
            raise broken("it is empty")
        if not self._ended:
            raise broken(f"after {self._seen} bytes it ends {self._where}")

    def _advance(self) -> None:
        if self._steps is None:
            self._steps = self._read()
        try:
            next(self._steps)
        except StopIteration:
            self._ended = True
            if self._buffer.rest():
                raise broken("bytes follow behind its end") from None

    def _read(self) -> t.Iterator[None]:
        yield from self.contents.read(self._buffer)
        for entry in self.contents.entries:
            self._where = f"before the data of '{entry.name}'"
            yield from self._block_head(entry)
            self._where = f"within the data of '{entry.name}'"
            if entry.blobs:
                yield from self._large_objects()
            else:
                yield from self._rows()

    def _block_head(self, entry: DataEntry) -> t.Iterator[None]:
        kind = yield from self._buffer.byte()
        number = yield from self._buffer.number()
        expected = _BLOBS if entry.blobs else _TABLE
        if kind != expected or number != entry.number:
            raise broken(
                f"block {number} of kind {kind} stands where block {entry.number} of kind {expected}"
                f" ('{entry.name}') belongs"
            )

    def _rows(self) -> t.Iterator[None]:
        """Search for the end of a table's rows, in what is here and then in each chunk that comes."""
        buffer = self._buffer
        at = buffer.data.find(_END, buffer.at)
        if at >= 0:
            buffer.at = at + len(_END)
            return
        self._tail = buffer.rest()[-(len(_END) - 1) :]
        self._searching = True
        yield

    def _large_objects(self) -> t.Iterator[None]:
        buffer = self._buffer
        while (yield from buffer.number()):
            while True:
                length = yield from buffer.number()
                if length < 0:
                    raise broken(f"a piece of a large object has the length {length}")
                if not length:
                    break
                yield from buffer.skip(length)
