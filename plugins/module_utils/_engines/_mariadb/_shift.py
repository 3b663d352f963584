# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tables were renamed or had their partitions changed while the dump ran, told by the numbers that InnoDB gives.

The server itself refuses to read a table that was truncated or rebuilt since the
snapshot, and one that was dropped. It does not refuse another table under the
same name, and a table that lost a partition.
"""

from __future__ import annotations

import re
import typing as t

from ._talk import Row

Numbers = t.Mapping[str, t.Mapping[str, tuple[str, str]]]

_PARTITION = re.compile(r"#[Pp]#")
_ENCODED = re.compile(r"@([0-9a-f]{4})")


def numbers(rows: t.Iterable[Row]) -> Numbers:
    """Of each table its files (one, or one for each partition) with their number and count of columns."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for _unused, path, number, columns in rows:
        table = _PARTITION.split(path, maxsplit=1)[0]
        found.setdefault(table, {})[path] = (number, columns)
    return found


def shifted(before: Numbers, after: Numbers, databases: t.Collection[str]) -> list[str]:
    """The tables whose rows in the dump may not be those of the snapshot, by name."""
    owners = {number: table for table, files in before.items() for number, unused in files.values()}
    changed = []
    for table, files in before.items():
        database, _slash, name = _decoded(table).partition("/")
        now = after.get(table)
        if now is None or now == files or database not in databases:
            continue
        other = any(owners.get(number, table) != table for number, unused in now.values())
        columns = {count for unused, count in files.values()} != {count for unused, count in now.values()}
        if other or columns or len(files) > 1 or len(now) > 1:
            changed.append(f"{database}.{name}")
    return sorted(changed)


def _decoded(path: str) -> str:
    """The name behind a file's; letters that have a mark of their own there stay as they are."""
    return _ENCODED.sub(lambda found: chr(int(found[1], 16)), path)
