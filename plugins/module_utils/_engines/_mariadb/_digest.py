# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A digest of a table's rows that does not depend on their order, taken by the server.

It is the sum of the first 128 bits of each row's SHA-256, in two halves.
"""

from __future__ import annotations

import typing as t

from ._talk import name

_HALF = 1 << 64
# Types whose values are read as text; all others are bytes, of which a hash is taken, however long they are.
_AS_TEXT = frozenset(
    [
        "tinyint",
        "smallint",
        "mediumint",
        "int",
        "integer",
        "bigint",
        "decimal",
        "numeric",
        "float",
        "double",
        "real",
        "date",
        "time",
        "datetime",
        "timestamp",
        "year",
        "uuid",
        "inet4",
        "inet6",
    ]
)


def digest_statement(source: str, columns: t.Sequence[tuple[str, str]]) -> str:
    """Rows and both sums of a table; ``columns`` are names with their types."""
    values = ", ".join(_value(name(column), kind) for column, kind in columns) or "''"
    halves = ", ".join(
        f"IFNULL(SUM(CAST(CONV(SUBSTRING(q.h, {start}, 16), 16, 10) AS UNSIGNED)), 0)" for start in (1, 17)
    )
    return f"SELECT 'rows', COUNT(*), {halves} FROM (SELECT SHA2(CONCAT({values}), 256) AS h FROM {source}) AS q"


def digest_of(halves: t.Sequence[str]) -> str:
    """The digest as it stands in an inventory."""
    return "sum128:" + "".join(f"{int(half) % _HALF:016x}" for half in halves)


def _value(column: str, kind: str) -> str:
    plain = f"CAST({column} AS CHAR)" if kind in _AS_TEXT else f"SHA2({column}, 256)"
    return f"IFNULL(CONCAT('=', {plain}, ','), '-,')"
