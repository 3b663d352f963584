# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SQLite databases: an online copy, checked as a whole, then streamed."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import sqlite3
import stat
import typing as t

from .._base._errors import EngineError
from .._base._findings import ERROR, INFO, WARNING, Finding
from .._base._process import end_words
from .._base._reader import Reader
from ._base import Context, Inventory, Probe, Stream
from ._sqlite_content import Content
from ._sqlite_copy import copy_to, explained, open_copy, persistently, remove_copy
from ._sqlite_file import SqliteCheck, parse_header, read_header

RESTORE = ("sqlite3", "{input}", "PRAGMA integrity_check")
COPY = "copy.sqlite"


@dataclasses.dataclass(frozen=True)
class SqliteOptions:
    """``busy_seconds`` is how long a lock of another program is waited for."""

    path: str
    busy_seconds: int = 60


class SqliteSession:
    """A copy that was found whole; it is removed as soon as it was streamed."""

    def __init__(self, path: str, copy: str, inventory: Inventory, findings: t.Sequence[Finding]) -> None:
        self._path = path
        self._copy = copy
        self._inventory = inventory
        self._findings = tuple(findings)

    def streams(self) -> t.Iterator[Stream]:
        yield Stream(
            part="", kind="sqlite", end_check=SqliteCheck(), judge=self._judge, restore=RESTORE, file=self._copy
        )
        remove_copy(self._copy)

    def inventory(self) -> Inventory:
        return self._inventory

    def findings(self) -> t.Sequence[Finding]:
        return self._findings

    def _judge(self, status: int, stderr: str) -> t.Sequence[Finding]:
        if status:
            what = f"Reading the copy of {self._path} {end_words(status)}"
            raise EngineError(what, "Run again", code="engine.failed", detail=stderr)
        if stderr.strip():
            said = stderr.strip()
            what = f"While {self._path} was read: {said}"
            return (Finding("sqlite.said", WARNING, self._path, what, params={"path": self._path, "text": said}),)
        return ()


class SqliteEngine:
    """The engine ``sqlite``."""

    name = "sqlite"
    types = frozenset({"F"})

    def parse(self, reader: Reader) -> SqliteOptions:
        options = SqliteOptions(
            path=re.sub(r"/+", "/", reader.path_of("path")),
            busy_seconds=reader.integer("busy_seconds", 60, 0, 86400),
        )
        reader.done()
        return options

    def probe(self, options: SqliteOptions, context: Context) -> Probe:
        del context  # no child and no working file is needed to look
        version, found = sqlite3.sqlite_version, _before(options.path)
        size = [0, 0]

        def measure(connection: sqlite3.Connection) -> None:
            size[0] = connection.execute("PRAGMA page_count").fetchone()[0]
            size[1] = connection.execute("PRAGMA page_size").fetchone()[0]
            if not Content(connection, options.path).tables():
                found.append(
                    _finding(
                        WARNING,
                        options.path,
                        "has no tables",
                        "See whether its program writes where you think",
                        code="sqlite.no_tables",
                    )
                )

        if not found:
            try:
                persistently(options.path, options.busy_seconds, measure)
            except EngineError as problem:
                found.append(
                    Finding(
                        "sqlite.unusable",
                        ERROR,
                        options.path,
                        problem.what,
                        problem.remedy,
                        {"path": options.path, "text": problem.what},
                    )
                )
        bytes_wanted = size[0] * size[1]
        return Probe(
            version=version,
            estimated_bytes=bytes_wanted,
            work_bytes=bytes_wanted,
            findings=tuple(found),
            tools={"sqlite": version},
        )

    @contextlib.contextmanager
    def open(self, options: SqliteOptions, probe: Probe, context: Context) -> t.Iterator[SqliteSession]:
        for finding in (*probe.findings, *_before(options.path)):
            if finding.level == ERROR:
                raise EngineError(finding.message, finding.remedy, code="engine.source")
        wal = _uses_wal(options.path)
        copy = os.path.join(context.work, COPY)
        try:
            copy_to(options.path, copy, options.busy_seconds)
            content, inventory = _examined(options.path, copy, context.inventory)
            findings = list(content.findings)
            if wal:
                findings.append(
                    _finding(
                        INFO,
                        options.path,
                        "uses a write-ahead log; a restored copy does not yet",
                        "After a restore run 'PRAGMA journal_mode=WAL' if its program does not do so itself",
                        code="sqlite.wal",
                    )
                )
            yield SqliteSession(options.path, copy, inventory, findings)
        finally:
            remove_copy(copy)

    def describe(self, options: SqliteOptions) -> str:
        return f"SQLite database {options.path}"


def _examined(path: str, copy: str, depth: str) -> tuple[Content, Inventory]:
    try:
        with contextlib.closing(open_copy(copy)) as connection:
            content = Content(connection, path)
            content.check()
            return content, content.inventory(depth)
    except sqlite3.Error as problem:
        raise explained(path, problem) from problem


def _before(path: str) -> list[Finding]:
    """What can be seen without opening it as a database."""
    try:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            return [
                _finding(ERROR, path, "is not a regular file", "Name the file of the database", code="sqlite.not_file")
            ]
        head = read_header(path)
    except OSError as problem:
        return [
            _finding(
                ERROR,
                path,
                f"cannot be read: {problem.strerror}",
                "Correct the path, or let the backup's user read it",
                code="sqlite.unreadable",
            )
        ]
    if not head:
        return [_finding(ERROR, path, "is an empty file", "See why, and restore it if it is lost", code="sqlite.empty")]
    if parse_header(head) is None:
        return [
            _finding(
                ERROR,
                path,
                "is not a SQLite database, or an encrypted one",
                "Name the file of the database",
                code="sqlite.not_database",
            )
        ]
    return []


def _uses_wal(path: str) -> bool:
    header = parse_header(read_header(path))
    return header is not None and header.wal


def _finding(level: str, path: str, words: str, remedy: str, *, code: str) -> Finding:
    return Finding(code, level, path, f"{path} {words}", remedy, {"path": path, "text": words})
