# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of a server before the dump: its databases, the missing grants, what a dump will not carry."""

from __future__ import annotations

import typing as t

from ..._base._findings import ERROR, INFO, WARNING, Finding
from ..._base._printable import fits
from .._base import Context, Probe
from . import _sql
from ._clients import Clients, choose, find_clients
from ._connection import Connection, connect
from ._coordinator import CONNECT_ATTEMPTS, Coordinator
from ._leash import Leash
from ._limits import GRANTS_PAGE, limit
from ._options import Options

_ANSWER_SECONDS = 120
_NAMED_BY_SQL = 10


class Preflight:
    """Looks at one server for one source. Raises ``EngineError`` where it cannot be reached."""

    def __init__(self, options: Options, context: Context) -> None:
        self._options = options
        self._context = context
        self._connection: Connection = connect(options, context.work)
        self._findings: list[Finding] = []
        self._bytes = 0
        self._cluster: dict[str, t.Any] = {}
        self._databases: dict[str, dict[str, t.Any]] = {}

    def probe(self) -> Probe:
        with self._connection:
            return self._probe()

    def _probe(self) -> Probe:
        installed = find_clients(self._options, self._context.children)
        children, database = self._context.children, self._options.maintenance_database
        with Leash(installed[-1].psql, self._connection, database, children):
            return self._look(installed)

    def _look(self, installed: tuple[Clients, ...]) -> Probe:
        self._look_at_cluster(installed[-1])
        clients = choose(installed, self._major)
        self._compare_versions(clients)
        selected = self._select()
        for name in selected:
            self._look_at_database(clients, name)
        self._say_what_is_not_consistent(selected)
        return Probe(
            version=str(self._cluster["version"]).split(" ", 1)[0],
            estimated_bytes=self._bytes,
            server=self._connection.server,
            databases=self._in_use(selected),
            selected=selected,
            excluded=self._options.exclude,
            findings=tuple(self._findings),
            tools={
                "psql": clients.psql,
                "pg_dump": clients.pg_dump,
                "pg_dumpall": clients.pg_dumpall,
                "client": clients.version,
                "role_passwords": "yes" if self._cluster["role_passwords"] else "no",
            },
        )

    @property
    def _major(self) -> int:
        return int(self._cluster["number"]) // 10000

    def _ask(self, clients: Clients, database: str, script: str) -> list[t.Any]:
        with Coordinator(clients.psql, self._connection, database, self._context.children) as session:
            session.prepare(self._options.connect_seconds * CONNECT_ATTEMPTS)
            patience = self._options.lock_seconds
            return session.ask(f"SET lock_timeout = '{patience}s';\n{script}", patience + _ANSWER_SECONDS)

    def _look_at_cluster(self, clients: Clients) -> None:
        answers = self._ask(clients, self._options.maintenance_database, _sql.CLUSTER)
        self._cluster = answers[0]
        self._databases = {one["name"]: one for one in answers[1:]}

    def _in_use(self, selected: tuple[str, ...]) -> tuple[str, ...]:
        """What should stand in a plan (K1): not templates, nor the maintenance database while it is empty."""
        unused = {self._cluster["database"]} - set(selected) if self._cluster["empty"] else set()
        return tuple(
            name for name, one in self._databases.items() if one["open"] and not one["template"] and name not in unused
        )

    def _compare_versions(self, clients: Clients) -> None:
        if clients.major < self._major:
            self._findings.append(
                Finding(
                    "engine.postgresql.version",
                    ERROR,
                    self._connection.server,
                    f"The client programs ({clients.version}) are older than the server ({self._cluster['version']})",
                    f"Install PostgreSQL's client programs of version {self._major} or newer, or correct bin_dir",
                    {"client": clients.version, "server": str(self._cluster["version"])},
                )
            )

    def _select(self) -> tuple[str, ...]:
        """The databases that will be dumped: found anew each time, so that today's new one is among them."""
        options = self._options
        if options.every:
            for name in options.exclude:
                if name not in self._databases:
                    self._findings.append(
                        Finding(
                            "engine.postgresql.exclude",
                            INFO,
                            name,
                            f"The source excludes {name!r}, which is not on the server",
                            "Correct the name if it is a slip",
                        )
                    )
            named = [
                name for name, one in self._databases.items() if not one["template"] and name not in options.exclude
            ]
            wanted = [name for name in named if self._databases[name]["open"]]
            self._findings += [self._closed(name, WARNING) for name in named if name not in wanted]
        else:
            wanted = list(options.databases)
        selected = tuple(name for name in wanted if self._can_be_dumped(name))
        if not wanted:
            self._findings.append(
                Finding(
                    "engine.postgresql.unknown_database",
                    ERROR,
                    self._connection.server,
                    "The server has no database for this source",
                    "See the source's exclude, and whether this is the right server",
                )
            )
        return selected

    def _can_be_dumped(self, name: str) -> bool:
        server = self._connection.server
        one = self._databases.get(name)
        if one is None:
            known = ", ".join(repr(other) for other in list(self._databases)[:_NAMED_BY_SQL])
            self._findings.append(
                Finding(
                    "engine.postgresql.unknown_database",
                    ERROR,
                    name,
                    f"Database {name!r} is not on {server}",
                    f"Correct the name; the server has {known}",
                )
            )
        elif not fits(name):
            self._findings.append(
                Finding(
                    "engine.postgresql.name",
                    ERROR,
                    name,
                    f"The name of database {name!a} on {server} has a control character",
                    "Rename it: ALTER DATABASE … RENAME TO …",
                )
            )
        elif not one["open"]:
            self._findings.append(self._closed(name, ERROR))
        elif not one["grant"]:
            self._findings.append(
                Finding(
                    "engine.postgresql.permission",
                    ERROR,
                    name,
                    f"Role {self._cluster['user']!r} may not connect to database {name!r} on {server}",
                    f"GRANT CONNECT ON DATABASE … TO …. {GRANTS_PAGE}",
                )
            )
        else:
            return True
        return False

    def _closed(self, name: str, level: str) -> Finding:
        return Finding(
            "engine.postgresql.closed",
            level,
            name,
            f"Database {name!r} on {self._connection.server} takes no connections, and so is in no backup",
            "Allow them (ALTER DATABASE … ALLOW_CONNECTIONS true), or leave it out of the source",
        )

    def _look_at_database(self, clients: Clients, name: str) -> None:
        for answer in self._ask(clients, name, _sql.grants(int(self._cluster["number"]))):
            if "bytes" in answer:
                self._bytes += int(answer["bytes"])
                continue
            self._findings.append(limit(name, str(self._cluster["user"]), answer))

    def _say_what_is_not_consistent(self, selected: tuple[str, ...]) -> None:
        if len(selected) > 1:
            self._findings.append(
                Finding(
                    "engine.postgresql.moments",
                    INFO,
                    self._connection.server,
                    f"Each of the {len(selected)} databases is consistent in itself, at a moment of its own",
                    "Data that belongs together should lie in one database",
                )
            )
        if self._options.globals and not self._cluster["role_passwords"]:
            self._findings.append(
                Finding(
                    "engine.postgresql.role_passwords",
                    WARNING,
                    self._connection.server,
                    "The passwords of the roles will not be in the dump, for this role may not read them",
                    f"GRANT SELECT ON pg_catalog.pg_authid, or set new passwords after a restore. {GRANTS_PAGE}",
                )
            )
