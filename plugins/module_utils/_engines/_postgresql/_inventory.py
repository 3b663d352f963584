# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The content of one database, as its own transaction saw it, and whether the dump agrees."""

from __future__ import annotations

import collections
import dataclasses
import typing as t

from ..._base._findings import WARNING, Finding
from .._base import Inventory, InventoryObject
from ._archive_head import Contents

_NAMED = 5
_HALF = 1 << 64


@dataclasses.dataclass(frozen=True)
class Content:
    """What one database holds; ``doubts`` say why some of it is not exact."""

    objects: tuple[InventoryObject, ...]
    totals: t.Mapping[str, int]
    doubts: tuple[str, ...]
    findings: tuple[Finding, ...]


def read_content(database: str, depth: str, answers: t.Sequence[t.Any], contents: Contents) -> Content:
    """Make the inventory of a database from the server's answers and the archive's table of contents."""
    rows = {answer[1]: answer[2:] for answer in answers if answer[0] == "rows"}
    totals: collections.Counter[str] = collections.Counter()
    objects: list[InventoryObject] = []
    unsure: list[str] = []
    lost: list[str] = []
    dumped = {entry.name for entry in contents.entries}
    for answer in answers:
        if answer[0] != "object":
            continue
        _word, kind, name, plain, oid, file, data = answer
        totals[kind] += 1
        count: int | None = None
        digest: str | None = None
        if data and plain not in dumped:
            lost.append(name)
        if data and depth != "objects":
            if oid in rows and rows[oid][1] == file:
                count = int(rows[oid][0])
                digest = _digest(rows[oid][2:])
                totals["rows"] += count
            else:
                unsure.append(name)
        if kind == "sequence" and depth == "digests":
            digest = contents.sequences.get(plain)
        objects.append(InventoryObject(kind, name, database, count, digest))
    unsure += _large_objects(database, depth, answers, totals, objects)
    if depth != "objects":
        totals.setdefault("rows", 0)
    doubts = (f"in database {database!r} could not be counted as dumped: {_some(unsure)}",) if unsure else ()
    return Content(tuple(objects), dict(totals), doubts, _lost(database, lost))


def combine(parts: t.Sequence[Content]) -> Inventory:
    """One inventory for the whole set; exact only where every part of it is."""
    totals: collections.Counter[str] = collections.Counter()
    for part in parts:
        totals.update(part.totals)
    doubts = [doubt for part in parts for doubt in part.doubts]
    objects = tuple(item for part in parts for item in part.objects)
    return Inventory(not doubts, dict(totals), objects, "; ".join(doubts))


def _large_objects(
    database: str,
    depth: str,
    answers: t.Sequence[t.Any],
    totals: collections.Counter[str],
    objects: list[InventoryObject],
) -> list[str]:
    """Large objects stand in the inventory as one entry, for there may be millions."""
    count = next((answer[1] for answer in answers if answer[0] == "large_objects"), 0)
    totals["large_object"] += count
    found = next((answer[1:] for answer in answers if answer[0] == "large_object_digest"), None)
    digest = _digest(found[2:]) if found and found[0] == count else None
    if count:
        objects.append(InventoryObject("large_objects", "large objects", database, count, digest))
    return ["large objects"] if count and depth == "digests" and digest is None else []


def _digest(halves: t.Sequence[str | None]) -> str | None:
    if not halves:
        return None
    return "sum128:" + "".join(f"{int(half or 0) % _HALF:016x}" for half in halves)


def _lost(database: str, names: t.Sequence[str]) -> tuple[Finding, ...]:
    if not names:
        return ()
    return (
        Finding(
            "engine.postgresql.not_in_dump",
            WARNING,
            database,
            f"The server has tables whose rows pg_dump did not write: {_some(names)}",
            "See whether they were made or renamed while the dump began; run again",
            {"names": _some(names)},
        ),
    )


def _some(names: t.Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
