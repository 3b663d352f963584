# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory out of what was counted, and whether the dump agrees."""

from __future__ import annotations

import collections
import dataclasses
import typing as t

from ..._base._findings import WARNING, Finding
from .._base import Inventory, InventoryObject
from ._content import Content
from ._limits import some


@dataclasses.dataclass(frozen=True)
class Taken:
    """What one dump holds; ``doubts`` say why some of it is not exact."""

    objects: tuple[InventoryObject, ...]
    doubts: tuple[str, ...]
    findings: tuple[Finding, ...]


def take(
    content: Content,
    dumped: t.AbstractSet[tuple[str, str]],
    changed: t.Sequence[str],
    databases: t.Collection[str],
    doubts: t.Sequence[str],
    *,
    still: bool,
) -> Taken:
    """Compare what was counted with what the stream carried. ``still`` says that nobody could write meanwhile."""
    found = list(doubts)
    findings: list[Finding] = []
    subject = ", ".join(databases)
    lost = sorted(f"{database}.{table}" for database, table in content.with_rows - dumped)
    more = sorted(f"{database}.{table}" for database, table in dumped - content.with_rows)
    if content.unsure:
        found.append(f"could not be counted as dumped: {some(content.unsure)}")
    if content.moving and not still:
        found.append(f"know no transactions: {some(content.moving)}")
    if more:
        found.append(f"were dumped and not counted: {some(more)}")
    if lost:
        found.append(f"were counted and not dumped: {some(lost)}")
        findings.append(
            Finding(
                "engine.mariadb.not_in_dump",
                WARNING,
                subject,
                f"The server has tables whose rows the dump did not write: {some(lost)}",
                "See whether they were made or renamed while the dump began; run again",
                {"names": some(lost)},
            )
        )
    if changed:
        found.append(f"were altered or renamed meanwhile: {some(changed)}")
        findings.append(
            Finding(
                "engine.mariadb.changed",
                WARNING,
                subject,
                f"Tables were altered or renamed while the dump ran, and may be of another moment: {some(changed)}",
                "Run again, or move the backup to an hour without such work",
                {"names": some(changed)},
            )
        )
    return Taken(tuple(content.objects), tuple(found), tuple(findings))


def combine(parts: t.Sequence[Taken], depth: str) -> Inventory:
    """One inventory for the whole set; exact only where every part of it is."""
    totals: collections.Counter[str] = collections.Counter()
    if depth != "objects":
        totals["rows"] = 0
    objects = tuple(item for part in parts for item in part.objects)
    for item in objects:
        totals[item.kind] += 1
        totals["rows"] += item.rows or 0
    if depth == "objects":
        del totals["rows"]
    doubts = list(dict.fromkeys(doubt for part in parts for doubt in part.doubts))
    return Inventory(not doubts, dict(totals), objects, "; ".join(doubts))
