# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SHA-256 of each regular file as it passes in a tar stream, holes of sparse files filled in."""

from __future__ import annotations

import hashlib
import typing as t

from .._base._present import present
from ._base import InventoryObject
from ._tarheader import BLOCK, MOST_DIGITS

LIMIT = 50_000
HOLES_LIMIT = 1 << 30
_MAP_LIMIT = 1 << 20
_COUNT_DIGITS = 7
_ZEROS = bytes(1 << 16)


class Digests:
    """Collects at most ``limit`` objects; ``complete`` turns false when there were more.

    A file has the digest None when its holes together are larger than 1 GiB
    or its form of sparseness is not GNU's 1.0, which is the one our tar writes.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self.complete = True
        self._limit = limit
        self._found: list[tuple[bytes, bytes | None]] = []
        self._name = b""
        self._hash: _Plain | None = None
        self._open = False

    def begin(self, name: bytes, size: int, real: int | None, pax: t.Mapping[bytes, bytes], old: bool) -> None:
        self._open = len(self._found) < self._limit
        self._hash = None
        if not self._open:
            self.complete = False
            return
        self._name = name
        sparse = old or any(key.startswith(b"GNU.sparse.") for key in pax)
        if not sparse:
            self._hash = _Plain()
        elif pax.get(b"GNU.sparse.major") == b"1" and real is not None and real - size < HOLES_LIMIT:
            self._hash = _Sparse(real)

    def update(self, part: memoryview) -> None:
        if self._hash is not None:
            self._hash.update(part)

    def end(self) -> None:
        if self._open:
            self._found.append((self._name, self._hash.digest() if self._hash is not None else None))
            self._open = False

    def objects(self) -> tuple[InventoryObject, ...]:
        """One object for each file, in the order of the archive; none when there were more than the limit."""
        if not self.complete:
            return ()
        return tuple(
            InventoryObject("file", shown_name(name), digest=None if digest is None else digest.hex())
            for name, digest in self._found
        )


def shown_name(name: bytes) -> str:
    """A member's name relative to the tree; bytes that are not UTF-8 stand as ``\\xNN``."""
    return (name[2:] if name.startswith(b"./") else name).decode("utf-8", "backslashreplace")


class _Plain:
    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def update(self, part: memoryview) -> None:
        self._hash.update(part)

    def digest(self) -> bytes | None:
        return self._hash.digest()


class _Sparse(_Plain):
    """GNU's format 1.0: the data begin with the map, in decimal lines, padded to a block."""

    def __init__(self, real: int) -> None:
        super().__init__()
        self._real = real
        self._map: list[int] | None = None
        self._head = bytearray()
        self._at = 0
        self._piece = 0
        self._left = 0
        self._lost = False

    def update(self, part: memoryview) -> None:
        if self._lost:
            return
        if self._map is None:
            self._head += part
            self._read_map()
            return
        self._data(part)

    def digest(self) -> bytes | None:
        if self._lost or self._map is None or self._at > self._real or self._left:
            return None
        self._fill(self._real)
        return super().digest()

    def _read_map(self) -> None:
        lines = bytes(self._head).split(b"\n", 1)
        if len(lines) == 2 and lines[0].isdigit() and len(lines[0]) <= _COUNT_DIGITS:
            wanted = 2 * int(lines[0])
            rest = lines[1].split(b"\n", wanted)
            if len(rest) > wanted:
                values = rest[:wanted]
                used = len(lines[0]) + 1 + sum(len(value) + 1 for value in values)
                start = -(-used // BLOCK) * BLOCK
                if not all(value.isdigit() and len(value) <= MOST_DIGITS for value in values):
                    self._lost = True
                elif len(self._head) >= start:
                    self._map = [int(value) for value in values]
                    data = memoryview(bytes(self._head[start:]))
                    self._head = bytearray()
                    self._data(data)
                return
        self._lost = len(self._head) > _MAP_LIMIT

    def _data(self, part: memoryview) -> None:
        pieces = present(self._map)
        position = 0
        while position < len(part):
            if not self._left:
                if self._piece >= len(pieces):
                    self._lost = True
                    return
                if pieces[self._piece] > self._real:
                    # A hole to somewhere behind the end of the file: to fill it could take for ever.
                    self._lost = True
                    return
                self._fill(pieces[self._piece])
                self._left = pieces[self._piece + 1]
                self._piece += 2
                continue
            step = min(self._left, len(part) - position)
            super().update(part[position : position + step])
            self._at += step
            self._left -= step
            position += step

    def _fill(self, end: int) -> None:
        while self._at < end:
            step = min(len(_ZEROS), end - self._at)
            super().update(memoryview(_ZEROS)[:step])
            self._at += step
