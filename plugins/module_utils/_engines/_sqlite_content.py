# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in a SQLite database: integrity, objects, rows, digests. Works on the copy, so it is exact."""

from __future__ import annotations

import hashlib
import re
import sqlite3
import struct
import typing as t

from .._base._errors import EngineError
from .._base._findings import WARNING, Finding
from ._base import Inventory, InventoryObject

MESSAGES = 20
_VIRTUAL = re.compile(r"^\s*CREATE\s+VIRTUAL\b", re.IGNORECASE)
_ROWIDS = ("rowid", "_rowid_", "oid")
# What a program brought into its own connections (functions, collations, modules) is not there in ours.
_LACKING = re.compile(r"^(?:no such (?:collation sequence|function|module|tokenizer)|unknown tokenizer|unsafe use of)")


class Text(bytes):
    """A TEXT value as its bytes, told apart from a BLOB."""


def quoted(name: str) -> str:
    """An identifier for a statement, whatever stands in it."""
    return '"' + name.replace('"', '""') + '"'


class Content:
    """Reads one database; ``findings`` gathers what could not be read."""

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self._connection = connection
        self._path = path
        self.findings: list[Finding] = []

    def check(self) -> None:
        """Raise ``EngineError`` (``engine.damaged``) with what integrity_check said, unless it said ok."""
        try:
            said = self._integrity("")
        except sqlite3.OperationalError as problem:
            if not _LACKING.match(str(problem)):
                raise _damaged(self._path, [str(problem)]) from problem
            self._finding("the whole database", str(problem), code="sqlite.unchecked")
            said = self._check_tables()
        except sqlite3.DatabaseError as problem:
            raise _damaged(self._path, [str(problem)]) from problem
        if said:
            raise _damaged(self._path, said)

    def inventory(self, depth: str) -> Inventory:
        """Tables (virtual ones apart), views, indexes, triggers; rows and digests by ``depth``."""
        objects: list[InventoryObject] = []
        totals = {"table": 0, "view": 0, "index": 0, "trigger": 0, "virtual_table": 0}
        if depth != "objects":
            totals["rows"] = 0
        for kind, name, sql in self._schema():
            if kind == "table":
                found = self._table(name, _VIRTUAL.match(sql) is not None, depth)
                totals["rows"] = totals.get("rows", 0) + (found.rows or 0) if depth != "objects" else 0
            else:
                if kind == "view":
                    self._view(name)
                found = InventoryObject(kind, name)
            totals[found.kind] += 1
            objects.append(found)
        if depth == "objects":
            totals.pop("rows", None)
        return Inventory(exact=True, totals=totals, objects=tuple(objects))

    def tables(self) -> int:
        """How many tables a program made in it."""
        return sum(1 for kind, _name, _sql in self._schema() if kind == "table")

    def _schema(self) -> list[tuple[str, str, str]]:
        self._connection.text_factory = _lenient
        try:
            return self._connection.execute(
                "SELECT type, name, coalesce(sql, '') FROM sqlite_master"
                " WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name"
            ).fetchall()
        finally:
            self._connection.text_factory = str

    def _table(self, name: str, virtual: bool, depth: str) -> InventoryObject:
        kind = "virtual_table" if virtual else "table"
        if depth == "objects":
            return InventoryObject(kind, name)
        try:
            rows = self._count(name)
            digest = self._digest(name) if depth == "digests" and not virtual else None
        except sqlite3.OperationalError as problem:
            self._finding(name, str(problem), code="sqlite.unreadable_object")
            return InventoryObject(kind, name)
        return InventoryObject(kind, name, rows=rows, digest=digest)

    def _count(self, name: str) -> int:
        try:
            (rows,) = self._connection.execute(f"SELECT count(*) FROM {quoted(name)}").fetchone()
        except sqlite3.OperationalError:
            # SQLite counts by the smallest index, and an index may need a collation that only its program has.
            (rows,) = self._connection.execute(f"SELECT count(*) FROM {quoted(name)} NOT INDEXED").fetchone()
        return int(rows)

    def _view(self, name: str) -> None:
        try:
            self._connection.execute(f"EXPLAIN SELECT * FROM {quoted(name)}").close()
        except sqlite3.OperationalError as problem:
            self._finding(name, str(problem), code="sqlite.unreadable_object")

    def _digest(self, name: str) -> str:
        """SHA-256 over the columns' names and all rows in the order of the key, each value with its type."""
        table = quoted(name)
        self._connection.text_factory = Text
        try:
            cursor = self._connection.execute(f"SELECT * FROM {table} ORDER BY {self._order(name)}")
            total = hashlib.sha256()
            total.update(_row(tuple(Text(_plain(column[0])) for column in cursor.description)))
            for row in cursor:
                total.update(_row(row))
            return total.hexdigest()
        finally:
            self._connection.text_factory = str

    def _order(self, name: str) -> str:
        table = quoted(name)
        columns = self._connection.execute(f"PRAGMA table_info({table})").fetchall()
        taken = {_plain(column[1]).decode("utf-8", "replace").lower() for column in columns}
        for alias in _ROWIDS:
            if alias not in taken:
                try:
                    self._connection.execute(f"SELECT {alias} FROM {table} LIMIT 0").close()
                except sqlite3.OperationalError:
                    break
                return alias
        keyed = sorted((column[5], column[0] + 1) for column in columns if column[5])
        return ", ".join(str(number) for _place, number in keyed) or ", ".join(str(column[0] + 1) for column in columns)

    def _integrity(self, table: str) -> list[str]:
        argument = quoted(table) if table else str(MESSAGES)
        said = [str(row[0]) for row in self._connection.execute(f"PRAGMA integrity_check({argument})")]
        return [] if said == ["ok"] else said or ["it said nothing"]

    def _check_tables(self) -> list[str]:
        said: list[str] = []
        for kind, name, _sql in self._schema():
            if kind == "table":
                try:
                    said += self._integrity(name)
                except sqlite3.OperationalError as problem:
                    if not _LACKING.match(str(problem)):
                        raise _damaged(self._path, [str(problem)]) from problem
                    self._finding(name, str(problem), code="sqlite.unchecked")
        return said

    def _finding(self, name: str, said: str, *, code: str) -> None:
        words = "was not checked" if code == "sqlite.unchecked" else "is in the backup but could not be read or counted"
        self.findings.append(
            Finding(
                code,
                WARNING,
                self._path,
                f"{name} in {self._path} {words}: {said}",
                "It needs functions of the program that made it; check a restore with that program",
                {"path": self._path, "object": name, "text": said},
            )
        )


def _row(row: tuple[t.Any, ...]) -> bytes:
    parts = [struct.pack(">I", len(row))]
    for value in row:
        if value is None:
            parts.append(b"N")
            continue
        if isinstance(value, Text):
            mark, data = b"T", bytes(value)
        elif isinstance(value, int):
            mark, data = b"I", b"%d" % value
        elif isinstance(value, float):
            mark, data = b"R", struct.pack(">d", value)
        else:
            mark, data = b"B", bytes(value)
        parts += (mark, struct.pack(">Q", len(data)), data)
    return b"".join(parts)


def _lenient(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _plain(value: str | bytes) -> bytes:
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else bytes(value)


def _damaged(path: str, said: list[str]) -> EngineError:
    return EngineError(
        f"The database {path} is damaged: integrity_check says {'; '.join(said[:3])}",
        "Restore it from a good backup; this state is not backed up as a success",
        code="engine.damaged",
        detail="\n".join(said),
    )
