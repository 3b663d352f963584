# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One dump of one or more databases: a snapshot each, the inventory in that very snapshot, then the globals."""

from __future__ import annotations

import typing as t

from ..._base._errors import EngineError
from ..._base._findings import ERROR, Finding
from ..._base._process import Command, end_words
from ..._naming import part_label
from .._base import Context, Inventory, Probe, Stream
from . import _sql
from ._archive import ArchiveCheck
from ._connection import connect
from ._coordinator import CONNECT_ATTEMPTS, Coordinator
from ._inventory import Content, combine, read_content
from ._leash import Leash
from ._options import Options
from ._text import GlobalsCheck
from ._words import failure, warnings

GLOBALS_PART = "globals"
_SNAPSHOT_SECONDS = 120
_LINE_SECONDS = 6 * 3600  # counting one table; a dead server is noticed by keepalives, long before


class PostgresSession:
    """Use as a context manager: leaving it ends every session on the server."""

    def __init__(self, options: Options, probe: Probe, context: Context) -> None:
        for finding in probe.findings:
            if finding.level == ERROR:
                raise EngineError(finding.message, finding.remedy, code=finding.code)
        self._options = options
        self._probe = probe
        self._context = context
        self._connection = connect(options, context.work)
        self._contents: list[Content] = []
        self._coordinator: Coordinator | None = None
        self._leash = Leash(probe.tools["psql"], self._connection, options.maintenance_database, context.children)

    def __enter__(self) -> PostgresSession:
        return self

    def __exit__(self, kind: object, *_unused: object) -> None:
        if kind is not None:
            self._leash.pull()
        if self._coordinator is not None:
            self._coordinator.close()
            self._coordinator = None
        self._leash.release(good=kind is None)
        self._connection.__exit__()

    def streams(self) -> t.Iterator[Stream]:
        for database in self._probe.selected:
            yield from self._database(database)
        if self._options.globals:
            yield self._globals()

    def inventory(self) -> Inventory:
        if len(self._contents) != len(self._probe.selected):
            raise EngineError(
                f"Only {len(self._contents)} of {len(self._probe.selected)} databases were read to their end",
                "Run again; nothing was published",
                code="engine.incomplete",
            )
        return combine(self._contents)

    def findings(self) -> t.Sequence[Finding]:
        return [finding for content in self._contents for finding in content.findings]

    def _database(self, name: str) -> t.Iterator[Stream]:
        """Counting begins when pg_dump holds its locks, and runs beside it in the same snapshot."""
        psql = self._probe.tools["psql"]
        script = _sql.inventory(self._context.inventory)
        with Coordinator(psql, self._connection, name, self._context.children) as coordinator:
            self._coordinator = coordinator
            coordinator.prepare(self._options.connect_seconds * CONNECT_ATTEMPTS)
            snapshot = coordinator.snapshot(_SNAPSHOT_SECONDS)

            def count() -> None:
                if self._coordinator is coordinator:
                    coordinator.send(script)

            check = ArchiveCheck(count)
            yield self._stream(name, snapshot, check)
            check.finish()
            answers = coordinator.receive(_LINE_SECONDS)
            self._contents.append(read_content(name, self._context.inventory, answers, check.contents))
        self._coordinator = None

    def _stream(self, name: str, snapshot: str, check: ArchiveCheck) -> Stream:
        command = self._connection.command(
            self._probe.tools["pg_dump"],
            name,
            "--format=custom",
            "--compress=0",
            f"--snapshot={snapshot}",
            f"--lock-wait-timeout={self._options.lock_seconds * 1000}",
        )
        return Stream(
            part="" if self._options.single else part_label(name),
            kind="pgdump",
            end_check=check,
            judge=_judge(f"Dumping database {name!r} on {self._connection.server}", name, command),
            restore=("pg_restore", "--exit-on-error", "--no-password", "--dbname={target}"),
            command=command,
            database=name,
            stop=self._leash.pull,
        )

    def _globals(self) -> Stream:
        options = self._options
        arguments = ["--globals-only", *self._connection.first_database(options.maintenance_database)]
        if self._probe.tools["role_passwords"] != "yes":
            arguments.append("--no-role-passwords")
        command = self._connection.command(
            self._probe.tools["pg_dumpall"],
            options.maintenance_database,
            *arguments,
            f"--lock-wait-timeout={options.lock_seconds * 1000}",
        )
        what = f"Dumping roles, grants and tablespaces of {self._connection.server}"
        return Stream(
            part=GLOBALS_PART,
            kind="sql",
            end_check=GlobalsCheck(),
            judge=_judge(what, GLOBALS_PART, command),
            restore=("psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--no-password", "--dbname=postgres"),
            command=command,
            stop=self._leash.pull,
        )


def _judge(what: str, subject: str, command: Command) -> t.Callable[[int, str], t.Sequence[Finding]]:
    def judge(status: int, said: str) -> t.Sequence[Finding]:
        if status:
            raise failure(what, said, f"{command.name} {end_words(status)}")
        return warnings(subject, said)

    return judge
