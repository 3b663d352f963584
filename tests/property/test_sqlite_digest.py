# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The digest of a table tells every value and type apart, and nothing else."""

from __future__ import annotations

import contextlib
import sqlite3
import typing as t

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.nusantara.backup.plugins.module_utils._engines._sqlite_content import Content, quoted

VALUES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.binary(max_size=12),
)
ROWS = st.lists(st.tuples(VALUES, VALUES), max_size=8)
Rows = list[tuple[t.Any, t.Any]]


def digest(rows: Rows, *, name: str = "t", columns: str = "a, b", vacuum: bool = False) -> str | None:
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute(f"CREATE TABLE {quoted(name)} ({columns})")
        connection.executemany(f"INSERT INTO {quoted(name)} VALUES (?, ?)", rows)
        if vacuum:
            connection.execute("VACUUM")
        (found,) = Content(connection, "x.db").inventory("digests").objects
    assert found.rows == len(rows)
    return found.digest


def told(rows: Rows) -> list[tuple[str, ...]]:
    """Rows as SQLite keeps them: the type beside the value, and -0.0 as it is stored."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        return [
            connection.execute("SELECT typeof(?1), hex(?1), quote(?1), typeof(?2), hex(?2), quote(?2)", row).fetchone()
            for row in rows
        ]


@given(ROWS)
def test_the_same_rows_have_the_same_digest(rows: Rows) -> None:
    assert digest(rows) == digest(rows, vacuum=True)


@given(ROWS, ROWS)
@example([(1, 2)], [(1.0, 2)])
@example([(1, 2)], [("1", 2)])
@example([("1", 2)], [(b"1", 2)])
@example([(None, "")], [("", None)])
@example([("ab", "c")], [("a", "bc")])
@example([(None, None)], [])
def test_other_rows_have_another_digest(first: Rows, second: Rows) -> None:
    if told(first) != told(second):
        assert digest(first) != digest(second)


@pytest.mark.parametrize("columns", ["rowid, b", "rowid, _rowid_", "oid, b"])
def test_columns_named_like_the_row_number(columns: str) -> None:
    rows = [(3, "x"), (1, "y"), (2, None)]
    assert digest(rows, columns=columns) == digest(rows, columns=columns, vacuum=True)


def test_without_row_numbers_the_key_orders() -> None:
    columns = "a TEXT, b INTEGER, PRIMARY KEY (b, a)) WITHOUT ROWID --"
    assert digest([("x", 2), ("y", 1)], columns=columns) == digest([("y", 1), ("x", 2)], columns=columns)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=20))
def test_any_name_of_a_table(name: str) -> None:
    if not name.lower().startswith("sqlite_"):
        assert digest([(1, 2)], name=name) == digest([(1, 2)])
