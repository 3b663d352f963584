# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tables were renamed or had their partitions changed while the dump ran, told by the numbers that InnoDB gives.

The server itself refuses to read a table that was truncated or rebuilt since the
snapshot, and one that was dropped. It does not refuse another table under the
same name, and a table that lost a partition.
"""

from __future__ import annotations

import typing as t

from ._talk import Row

# Of each table, by database and name: its files with number and count of columns.
Numbers = t.Mapping[tuple[str, str], t.Mapping[str, tuple[str, str]]]


def numbers(rows: t.Iterable[Row]) -> Numbers:
    """Of each table its files (one, or one for each partition) with their number and count of columns."""
    found: dict[tuple[str, str], dict[str, tuple[str, str]]] = {}
    for _word, database, table, file, number, columns in rows:
        found.setdefault((database, table), {})[file] = (number, columns)
    return found


def shifted(before: Numbers, after: Numbers, databases: t.Collection[str]) -> list[str]:
    """The tables whose rows in the dump may not be those of the snapshot, by name."""
    owners = {number: table for table, files in before.items() for number, _columns in files.values()}
    changed = []
    for table, files in before.items():
        now = after.get(table)
        if now is None or now == files or table[0] not in databases:
            continue
        other = any(owners.get(number, table) != table for number, _columns in now.values())
        columns = {count for _number, count in files.values()} != {count for _number, count in now.values()}
        if other or columns or len(files) > 1 or len(now) > 1:
            changed.append(f"{table[0]}.{table[1]}")
    return sorted(changed)
