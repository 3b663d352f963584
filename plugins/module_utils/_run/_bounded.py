# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a set tells of itself must fit into a manifest and a line of the journal, however much was found.

A manifest or a line that is too long is refused by whoever reads it, for its
memory's sake. So what may be long without end is left out here, in words,
rather than to cost the night.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._base._findings import WARNING, Finding
from .._engines._base import Inventory, InventoryObject

MOST_FINDINGS = 500
# Of the 16 MiB of a manifest; the keys of one object take about 160 bytes there.
LIST_BYTES = 12 << 20
_KEYS = 160


def kept_inventory(inventory: Inventory) -> Inventory:
    """The inventory; without its list of single objects where that is longer than a manifest may be."""
    size = 0
    for item in inventory.objects:
        size += _KEYS + _length(item)
        if size > LIST_BYTES:
            why = f"the list of {len(inventory.objects)} objects is longer than a manifest holds: only totals are kept"
            words = "; ".join(part for part in (inventory.why, why) if part)
            return dataclasses.replace(inventory, objects=(), why=words)
    return inventory


def kept_findings(source: str, findings: t.Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings; of very many the first ones, and how many more there were."""
    if len(findings) <= MOST_FINDINGS:
        return tuple(findings)
    more = len(findings) - MOST_FINDINGS
    text = f"There are {more} more findings about {source}, which are not kept"
    rest = Finding("findings.more", WARNING, source, text, "See to those that are told", {"count": str(more)})
    return (*findings[:MOST_FINDINGS], rest)


def _length(item: InventoryObject) -> int:
    """Bytes of its texts in JSON: what is not ASCII takes up to four, a control character six."""
    return sum(len(text) * (1 if text.isascii() and text.isprintable() else 6) for text in (item.name, item.database))
