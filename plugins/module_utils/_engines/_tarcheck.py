# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Walks over a tar stream as it passes: proves that it is whole and counts what is in it.

Memory does not grow with the stream, data are skipped by arithmetic and never
copied. The archive is complete only when its first entry is the tree itself,
every header's checksum is right, two zero blocks follow the last entry, and
nothing but zeros follows them, exactly up to the next whole record.
"""

from __future__ import annotations

import typing as t

from .._base._present import present
from ._tarheader import (
    BLOCK,
    KINDS,
    LONG_LINK,
    LONG_NAME,
    OLD_SPARSE,
    PAX,
    PAX_GLOBAL,
    ZERO_BLOCK,
    Header,
    broken,
    decimal,
    read_header,
    read_pax,
)

if t.TYPE_CHECKING:
    from ._base import Buffer
    from ._tardigest import Digests

META_LIMIT = 16 << 20
ROOT = (b".", b"./")
_META = (PAX, PAX_GLOBAL, LONG_NAME, LONG_LINK)


class TarCheck:
    """An ``EndCheck`` for one archive of one tree. ``record`` is the size its writer pads to."""

    def __init__(self, record: int, digests: Digests | None = None) -> None:
        self.seen = 0
        self.totals = {"file": 0, "directory": 0, "symlink": 0, "hardlink": 0, "other": 0, "bytes": 0}
        self._record = record
        self._digests = digests
        self._next: t.Callable[[bytes], None] = self._header
        self._wanted = BLOCK
        self._held = bytearray()
        self._data = 0
        self._skip = 0
        self._zeros = 0
        self._end = 0
        self._entries = 0
        self._meta = b""
        self._meta_size = 0
        self._where = 0
        self._pax: dict[bytes, bytes] = {}
        self._long_name: bytes | None = None
        self._sparse: Header | None = None

    def feed(self, chunk: Buffer) -> None:
        """Take the next bytes of the plain stream."""
        view = memoryview(chunk)
        size = len(view)
        position = 0
        while position < size:
            if self._skip:
                position += self._pass(view, position, size)
            elif self._zeros == 2:
                if bytes(view[position:]).count(0) != size - position:
                    raise broken(self.seen + position, "bytes after its end")
                position = size
            elif not self._held and size - position >= self._wanted:
                start, position = position, position + self._wanted
                self._take(bytes(view[start:position]), self.seen + start)
            else:
                step = min(self._wanted - len(self._held), size - position)
                self._held += view[position : position + step]
                position += step
                if len(self._held) == self._wanted:
                    block = bytes(self._held)
                    self._held.clear()
                    self._take(block, self.seen + position - self._wanted)
        self.seen += size

    def finish(self) -> None:
        """Raise ``EngineError`` (``engine.incomplete``) unless the archive was seen to its very end."""
        if self._zeros != 2:
            raise broken(self.seen, "it ends before its end mark")
        if self.seen != -(-self._end // self._record) * self._record:
            raise broken(self.seen, "it does not end with its last record")
        if not self._entries:
            raise broken(self.seen, "it does not hold the tree")

    def _pass(self, view: memoryview, position: int, size: int) -> int:
        step = min(self._skip, size - position)
        if self._data:
            part = min(self._data, step)
            if self._digests is not None:
                self._digests.update(view[position : position + part])
            self._data -= part
        self._skip -= step
        if not self._skip and self._digests is not None:
            self._digests.end()
        return step

    def _take(self, block: bytes, where: int) -> None:
        self._where = where
        self._next(block)

    def _header(self, block: bytes) -> None:
        if block == ZERO_BLOCK:
            if self._pax or self._long_name is not None:
                raise broken(self._where, "an extended header without its entry")
            self._zeros += 1
            self._end = self._where + BLOCK
            return
        if self._zeros:
            raise broken(self._where, "an entry behind a block of zeros")
        header = read_header(block, self._where)
        if header.flag in _META:
            if not 0 < header.size <= META_LIMIT:
                raise broken(self._where, f"an extended header of {header.size} bytes")
            self._meta = header.flag
            self._meta_size = header.size
            self._wanted = _padded(header.size)
            self._next = self._extension
        elif header.extended:
            self._sparse = header
            self._next = self._sparse_map
        else:
            self._entry(header)

    def _extension(self, data: bytes) -> None:
        content = data[: self._meta_size]
        if self._meta == PAX:
            self._pax.update(read_pax(content, self._where))
        elif self._meta == PAX_GLOBAL:
            read_pax(content, self._where)
        elif self._meta == LONG_NAME:
            self._long_name = content.rstrip(b"\0")
        self._wanted = BLOCK
        self._next = self._header

    def _sparse_map(self, block: bytes) -> None:
        if not block[504]:
            header, self._sparse = present(self._sparse), None
            self._next = self._header
            self._entry(header)

    def _entry(self, header: Header) -> None:
        pax, where = self._pax, self._where
        size, real, name = header.size, header.real_size, header.name
        if pax:
            given = decimal(pax, b"size", where)
            size = size if given is None else given
            real = decimal(pax, b"GNU.sparse.realsize", where) or decimal(pax, b"GNU.sparse.size", where) or real
            name = pax.get(b"GNU.sparse.name") or pax.get(b"path") or name
        if self._long_name is not None:
            name = self._long_name
        if not self._entries and name not in ROOT:
            raise broken(where, "the tree itself is not its first entry")
        self._entries += 1
        kind = KINDS.get(header.flag, "other")
        self.totals[kind] += 1
        if kind == "file":
            self.totals["bytes"] += size if real is None else real
            if self._digests is not None:
                self._digests.begin(name, size, real, pax, header.flag == OLD_SPARSE)
        self._data = size if kind == "file" else 0
        self._skip = _padded(size)
        if not self._skip and self._digests is not None:
            self._digests.end()
        self._pax = {}
        self._long_name = None


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK
