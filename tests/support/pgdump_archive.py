# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes custom-format archives as pg_dump does, in each version of the format, out of made-up content."""

from __future__ import annotations

import dataclasses
import typing as t

VERSIONS = [(1, 14), (1, 15), (1, 16)]


@dataclasses.dataclass(frozen=True)
class Table:
    """Rows as COPY writes them: no zero byte in any."""

    name: str
    rows: tuple[bytes, ...]


@dataclasses.dataclass(frozen=True)
class Blobs:
    """Large objects: number and pieces."""

    objects: tuple[tuple[int, tuple[bytes, ...]], ...]


@dataclasses.dataclass(frozen=True)
class Other:
    """An entry without data."""

    kind: str
    name: str
    definition: str = ""


Entry = Table | Blobs | Other


def number(value: int) -> bytes:
    return bytes([value < 0]) + abs(value).to_bytes(4, "little")


def text(value: str | None) -> bytes:
    data = (value or "").encode()
    return number(-1) if value is None else number(len(data)) + data


def archive(
    entries: t.Sequence[Entry],
    version: tuple[int, int] = (1, 14),
    *,
    compression: int = 0,
    first: int = 3000,
) -> bytes:
    """The bytes of one archive; the entries are numbered downwards from ``first``, as sorting does it."""
    head = b"PGDMP" + bytes([*version, 0, 4, 8, 1])
    head += bytes([compression]) if version >= (1, 15) else number(compression)
    head += b"".join(number(part) for part in (1, 2, 3, 4, 10, 126, 0))
    head += text("simpeg") + text("15.18") + text("15.18")
    numbers = [first - index for index in range(len(entries))]
    contents = number(len(entries)) + b"".join(
        _entry(number_, entry, version) for number_, entry in zip(numbers, entries, strict=True)
    )
    return head + contents + b"".join(_block(*pair) for pair in zip(numbers, entries, strict=True))


def _entry(own: int, entry: Entry, version: tuple[int, int]) -> bytes:
    has_data = not isinstance(entry, Other)
    if isinstance(entry, Blobs):
        name, kind, definition = "BLOBS", "BLOBS", ""
    elif isinstance(entry, Table):
        name, kind, definition = entry.name, "TABLE DATA", ""
    else:
        name, kind, definition = entry.name, entry.kind, entry.definition
    parts = [number(own), number(has_data), text("1259"), text("16385"), text(name), text(kind), number(3)]
    parts += [text(definition), text(""), text("COPY t FROM stdin;\n"), text("public"), text(None), text("heap")]
    parts += [number(ord("r"))] if version >= (1, 16) else []
    parts += [text("postgres"), text("false"), text("215"), text("216"), text(None), bytes([1 if has_data else 3])]
    return b"".join([*parts, bytes(8)])


def _block(own: int, entry: Entry) -> bytes:
    if isinstance(entry, Table):
        return b"\x01" + number(own) + _pieces(entry.rows)
    if isinstance(entry, Blobs):
        objects = b"".join(number(oid) + _pieces(pieces) for oid, pieces in entry.objects)
        return b"\x03" + number(own) + objects + number(0)
    return b""


def _pieces(pieces: t.Sequence[bytes]) -> bytes:
    return b"".join(number(len(piece)) + piece for piece in pieces) + number(0)
