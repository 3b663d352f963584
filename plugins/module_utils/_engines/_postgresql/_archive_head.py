# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads head and table of contents of a custom-format archive from a plain stream.

The format as PostgreSQL 12 to 18 write it (archive versions 1.14 to 1.16)
when the output is a pipe: magic, version, widths; date, names and versions;
then the entries, each saying whether a data block of its own follows. A whole
number is a sign byte and four bytes, least first; a text is its length (-1
for none) and its bytes.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ..._base._errors import EngineError
from .._base import Buffer

Steps = t.Generator[None, None, t.Any]
MAGIC = b"PGDMP"
OLDEST = (1, 14)
NEWEST = (1, 16)
_CUSTOM = 1
_KEPT_TEXT = 4096
_SEQUENCE_VALUE = re.compile(rb"setval\('.*', (-?[0-9]+), (true|false)\)", re.DOTALL)


@dataclasses.dataclass(frozen=True)
class DataEntry:
    """One entry that has data in the archive: its number, what it is, and its name."""

    number: int
    blobs: bool
    name: str


class Pending:
    """The bytes that came and were not read yet; reading waits (yields) for more."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.at = 0

    def add(self, chunk: Buffer) -> None:
        if self.at:
            del self.data[: self.at]
            self.at = 0
        self.data += chunk

    def rest(self) -> bytes:
        """All that is left, which leaves the buffer empty."""
        left = bytes(self.data[self.at :])
        self.data = bytearray()
        self.at = 0
        return left

    def byte(self) -> Steps:
        while len(self.data) - self.at < 1:
            yield
        value = self.data[self.at]
        self.at += 1
        return value

    def number(self) -> Steps:
        while len(self.data) - self.at < 5:
            yield
        at = self.at
        sign = self.data[at]
        if sign > 1:
            raise broken(f"a number has the sign byte {sign}")
        value = int.from_bytes(self.data[at + 1 : at + 5], "little")
        self.at = at + 5
        return -value if sign else value

    def skip(self, count: int) -> Steps:
        """Step over bytes without keeping them."""
        while len(self.data) - self.at < count:
            count -= len(self.data) - self.at
            self.at = len(self.data)
            yield
        self.at += count

    def text(self) -> Steps:
        """The text (its first part when it is long), or None."""
        length = yield from self.number()
        if length < 0:
            return None
        kept = min(length, _KEPT_TEXT)
        while len(self.data) - self.at < kept:
            yield
        value = bytes(self.data[self.at : self.at + kept])
        self.at += kept
        yield from self.skip(length - kept)
        return value


def broken(what: str) -> EngineError:
    """The error for a stream that is not a whole archive."""
    return EngineError(
        f"The dump of PostgreSQL is not a complete archive: {what}",
        "Nothing was published; see why pg_dump ended early (server, disk, memory) and run again",
        code="engine.incomplete",
    )


class Contents:
    """What the table of contents says; filled while it is read."""

    def __init__(self) -> None:
        self.version = (0, 0)
        self.entries: list[DataEntry] = []
        self.sequences: dict[str, str] = {}

    def read(self, buffer: Pending) -> Steps:
        yield from self._head(buffer)
        count = yield from buffer.number()
        if count < 0:
            raise broken(f"its table of contents has {count} entries")
        for _entry in range(count):
            yield from self._entry(buffer)

    def _head(self, buffer: Pending) -> Steps:
        while len(buffer.data) < len(MAGIC) + 6:
            yield
        head = bytes(buffer.data[: len(MAGIC) + 6])
        buffer.at = len(head)
        if not head.startswith(MAGIC):
            raise broken("it does not begin as one")
        major, minor, _revision, int_size, offset_size, layout = head[len(MAGIC) :]
        self.version = (major, minor)
        if not OLDEST <= self.version <= NEWEST:
            raise EngineError(
                f"pg_dump wrote an archive of version {major}.{minor}; this collection can prove "
                f"{OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]} (PostgreSQL 12 to 18) complete",
                "Use the client programs of one of these versions (option bin_dir), or update the collection",
                code="engine.postgresql.archive_version",
            )
        if int_size != 4 or offset_size != 8 or layout != _CUSTOM:
            raise broken(f"its head says widths {int_size} and {offset_size} and layout {layout}")
        compression = yield from (buffer.byte() if self.version >= (1, 15) else buffer.number())
        if compression:
            raise broken("its data is compressed, which was not asked for")
        for _part_of_date in range(7):
            yield from buffer.number()
        for _name_or_version in range(3):
            yield from buffer.text()

    def _entry(self, buffer: Pending) -> Steps:
        number = yield from buffer.number()
        has_data = yield from buffer.number()
        yield from buffer.text()  # OID of its catalog
        yield from buffer.text()  # its own OID
        tag = yield from buffer.text()
        kind = yield from buffer.text()
        yield from buffer.number()  # section
        definition = yield from buffer.text()
        yield from buffer.text()  # how to drop it
        yield from buffer.text()  # COPY statement
        schema = yield from buffer.text()
        yield from buffer.text()  # tablespace
        yield from buffer.text()  # table access method
        if self.version >= (1, 16):
            yield from buffer.number()  # kind of relation
        yield from buffer.text()  # owner
        yield from buffer.text()  # with OIDs
        while (yield from buffer.text()) is not None:
            pass  # numbers of the entries that this one needs
        yield from buffer.byte()  # state of the offset
        yield from buffer.skip(8)
        if number <= 0 or tag is None or kind is None:
            raise broken("an entry of its table of contents has no number, name or kind")
        name = ".".join(part.decode("utf-8", "backslashreplace") for part in (schema, tag) if part)
        if has_data:
            self.entries.append(DataEntry(number, kind == b"BLOBS", name))
        elif kind == b"SEQUENCE SET":
            found = _SEQUENCE_VALUE.search(definition or b"")
            if found:
                self.sequences[name] = b",".join(found.groups()).decode()
