# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the databases hold, asked in the very snapshot of the dump, beside it."""

from __future__ import annotations

import dataclasses
import threading
import typing as t

from ..._base._errors import BackupError, EngineError
from ..._base._threads import begin
from .._base import InventoryObject
from . import _sql
from ._digest import digest_of, digest_statement
from ._talk import Talk, name

_LIST_SECONDS = 1800
_LINE_SECONDS = 6 * 3600
_LEAVE_SECONDS = 10


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What is asked: databases with their character set and collation, the depth, and which tables hold history.

    ``transactional`` are the storage engines that the snapshot covers.
    """

    databases: t.Mapping[str, str]
    depth: str
    history: bool
    transactional: frozenset[str]
    skipped: frozenset[tuple[str, str]]


@dataclasses.dataclass
class Content:
    """``unsure`` are tables whose rows could not be counted as dumped; ``moving`` those outside of any snapshot."""

    objects: list[InventoryObject] = dataclasses.field(default_factory=list)
    with_rows: set[tuple[str, str]] = dataclasses.field(default_factory=set)
    unsure: list[str] = dataclasses.field(default_factory=list)
    moving: list[str] = dataclasses.field(default_factory=list)


class Counter:
    """Lists and counts in a thread, for the dump is read meanwhile. `start` may be called again and again."""

    def __init__(self, talk: Talk, wanted: Wanted) -> None:
        self._talk = talk
        self._wanted = wanted
        self._content = Content()
        self._problem: BackupError | None = None
        self._thread = threading.Thread(target=self._run, name="counter", daemon=True)
        self._started = threading.Lock()

    def start(self) -> None:
        if self._started.acquire(blocking=False):
            begin(self._thread)

    def result(self) -> Content:
        """The content, when all of it was asked. Raises the ``EngineError`` that came up."""
        self.start()
        self._thread.join()
        if self._problem is not None:
            raise self._problem
        return self._content

    def stop(self) -> None:
        """End it, whatever it does."""
        self._started.acquire(blocking=False)
        if self._thread.is_alive():
            self._talk.interrupt()
            self._thread.join(_LEAVE_SECONDS)

    def _run(self) -> None:
        try:
            for database, encoding in self._wanted.databases.items():
                self._database(database, encoding)
        except BackupError as problem:
            self._problem = problem
        except (OSError, ValueError) as problem:
            self._problem = EngineError(
                f"The inventory was cut: {problem}", "Run again and watch the host", code="engine.mariadb"
            )

    def _database(self, database: str, encoding: str) -> None:
        wanted, content = self._wanted, self._content
        content.objects.append(InventoryObject("database", database, database, encoding=encoding))
        columns: dict[str, list[tuple[str, str]]] = {}
        if wanted.depth == "digests":
            for row in self._talk.ask_for("column", _sql.columns(database), _LIST_SECONDS):
                columns.setdefault(row[1], []).append((row[2], row[3]))
        for row in self._talk.ask_for("table", _sql.tables(database), _LIST_SECONDS):
            if (database, row[1]) in wanted.skipped:
                continue
            self._table(database, row, columns.get(row[1], []))
        for row in self._talk.ask_for("object", _sql.programs(database), _LIST_SECONDS):
            content.objects.append(InventoryObject(row[1], row[2], database))

    def _table(self, database: str, row: tuple[str, ...], columns: list[tuple[str, str]]) -> None:
        table, kind, engine, collation = row[1], _sql.TABLE_TYPES.get(row[2], "table"), row[3], row[4]
        count: int | None = None
        digest: str | None = None
        if kind == "table" and engine.upper() not in _sql.ELSEWHERE:
            self._content.with_rows.add((database, table))
            if engine not in self._wanted.transactional:
                self._content.moving.append(f"{database}.{table}")
            if self._wanted.depth != "objects":
                count, digest = self._count(database, row, columns)
        self._content.objects.append(InventoryObject(kind, table, database, count, digest, collation))

    def _count(
        self, database: str, row: tuple[str, ...], columns: list[tuple[str, str]]
    ) -> tuple[int | None, str | None]:
        source = name(database, row[1])
        if self._wanted.history and row[2] == "SYSTEM VERSIONED":
            source += " FOR SYSTEM_TIME ALL"
        digests = self._wanted.depth == "digests"
        statement = digest_statement(source, columns) if digests else f"SELECT 'rows', COUNT(*) FROM {source}"
        answers = self._talk.ask(_sql.in_savepoint(statement), _LINE_SECONDS)
        if len(answers) != 1 or answers[0][0] != "rows":
            self._content.unsure.append(f"{database}.{row[1]}")
            return None, None
        return int(answers[0][1]), digest_of(answers[0][2:]) if digests else None
