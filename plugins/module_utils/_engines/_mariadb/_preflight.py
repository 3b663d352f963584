# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of a server before the dump: its databases, the missing grants, what a dump will not carry."""

from __future__ import annotations

import collections
import contextlib
import re
import typing as t

from ..._base._errors import EngineError
from ..._base._findings import ERROR, Finding
from .._base import Context
from .._prefix import unbounded
from . import _limits, _sql
from ._clients import Clients, find_clients
from ._connection import Connection, connect
from ._flavour import SYSTEM_DATABASES, Flavour
from ._found import Found
from ._grants import Grants
from ._lacking import lacking_grants
from ._options import LOCK, Options
from ._select import select
from ._talk import Row, Talk, name

_ANSWER_SECONDS = 300
_CONNECT_ATTEMPTS = 4  # a host name may stand for several addresses, and each gets the time to connect
_EMPTY_FILE = 65536
_UNQUOTED = re.compile(r"['\"\\]")
_NUMBER = re.compile(r"([0-9]+)\.([0-9]+)")


class Preflight:
    """Looks at one server for one source. Raises ``EngineError`` where it cannot be reached."""

    def __init__(self, flavour: Flavour, options: Options, context: Context) -> None:
        self._flavour = flavour
        self._options = options
        self._context = context
        self._findings: list[Finding] = unbounded(options.prefix)
        self._bytes = 0
        self._files: dict[str, tuple[int, int]] = {}
        self._broken: list[tuple[str, str]] = []
        self._moving: list[str] = []
        self._elsewhere: list[str] = []
        self._sequences: list[str] = []
        self._floats: list[str] = []
        self._versioned: list[str] = []
        self._labels: collections.Counter[str] = collections.Counter()
        self._transactional: frozenset[str] = frozenset()

    def probe(self) -> Found:
        """All that can be known before the dump."""
        clients = find_clients(self._flavour, self._options, self._context.children)
        seconds = self._options.connect_seconds * _CONNECT_ATTEMPTS + _ANSWER_SECONDS
        with contextlib.ExitStack() as opened:
            connection = opened.enter_context(connect(self._flavour, self._options, self._context.work))
            strict = opened.enter_context(self._talk(clients, connection))
            talk = opened.enter_context(self._talk(clients, connection, patient=True))
            for session in (strict, talk):
                session.prepare(self._flavour, seconds)
                session.ask(f"SET SESSION lock_wait_timeout = {self._options.lock_seconds};\n", seconds)
            return self._probe(clients, connection, strict, talk)

    def _talk(self, clients: Clients, connection: Connection, *, patient: bool = False) -> Talk:
        children, seconds = self._context.children, self._options.connect_seconds
        return Talk(clients.client, connection, children, connect_seconds=seconds, patient=patient)

    def _ask(self, talk: Talk, script: str) -> list[Row]:
        return talk.ask(script, self._options.lock_seconds + _ANSWER_SECONDS)

    def _probe(self, clients: Clients, connection: Connection, strict: Talk, talk: Talk) -> Found:
        """``strict`` ends with what goes wrong; ``talk`` goes on, where a question may be refused."""
        server = self._ask(strict, _sql.SERVER)
        _unused, version, account, comment = server[0]
        self._compare_versions(clients, version, connection.server)
        databases = {row[1]: f"{row[2]} {row[3]}" for row in server if row[0] == "database"}
        self._transactional = frozenset(row[1] for row in server if row[0] == "engine")
        selected, problems = select(self._options, databases, connection.server)
        self._findings += problems
        grants = Grants(row[0] for row in self._ask(talk, _sql.grants(self._flavour)))
        self._files = {row[1]: (int(row[2]), int(row[3])) for row in self._ask(talk, _sql.file_sizes(self._flavour))}
        for database in selected:
            self._look_at(database, strict, talk)
        lacking, approximate = lacking_grants(
            self._flavour, self._options, grants, account, selected, connection.server
        )
        self._findings += lacking
        self._say_what_is_not_carried(selected, clients, connection.server)
        return Found(
            version=version,
            estimated_bytes=self._bytes,
            server=connection.server,
            databases=tuple(one for one in databases if one.lower() not in SYSTEM_DATABASES),
            selected=selected,
            excluded=self._options.exclude,
            findings=tuple(self._findings),
            tools={"dump": clients.dump, "client": clients.client, "version": clients.version, "server": comment},
            clients=clients,
            encodings={one: databases[one] for one in selected},
            transactional=self._transactional,
            broken=tuple(self._broken),
            moving=len(self._moving),
            history=bool(self._versioned) and self._flavour.knows_history(clients.number),
            approximate=approximate,
        )

    def _compare_versions(self, clients: Clients, version: str, server: str) -> None:
        """Raises ``EngineError`` for the other family, for nothing that follows would be true."""
        if ("MariaDB" in version) != (self._flavour.name == "mariadb"):
            other = "mysql" if self._flavour.name == "mariadb" else "mariadb"
            raise EngineError(
                f"The server {server} is not {self._flavour.product}: it says {version}",
                f"Set the source's engine to {other}",
                code="engine.mariadb.flavour",
            )
        found = _NUMBER.match(version)
        number = (int(found[1]), int(found[2])) if found else (0, 0)
        if clients.number < number:
            self._findings.append(
                Finding(
                    "engine.mariadb.version",
                    ERROR,
                    server,
                    f"The client programs ({clients.version}) are older than the server ({version})",
                    f"Install {self._flavour.product}'s client programs of the server's version, or correct bin_dir",
                    {"client": clients.version, "server": version},
                )
            )
        if number < self._flavour.oldest:
            self._findings.append(
                Finding(
                    "engine.mariadb.old_server",
                    ERROR,
                    server,
                    f"The server is version {version}; the oldest that this engine knows is"
                    f" {self._flavour.oldest[0]}.{self._flavour.oldest[1]}",
                    "Use the engine command with the server's own dump program",
                    {"server": version},
                )
            )

    def _look_at(self, database: str, strict: Talk, talk: Talk) -> None:
        views: list[str] = []
        data = rest = 0
        for row in self._ask(strict, _sql.tables(database)):
            _unused, table, kind, engine, _collation, size, beside, comment = row
            label = f"{database}.{table}"
            self._labels[label] += 1
            if kind == "VIEW":
                views.append(table)
            elif kind == "SEQUENCE":
                self._sequences.append(label)
            elif not engine:
                self._findings.append(_limits.damaged(label, comment))
            elif engine.upper() in _sql.ELSEWHERE:
                self._elsewhere.append(label)
            else:
                if kind == "SYSTEM VERSIONED":
                    self._versioned.append(label)
                data += int(size)
                rest += int(beside)
                if engine not in self._transactional:
                    self._moving.append(label)
        whole, files = self._files.get(database, (0, 0))
        self._bytes += max(data, whole - rest - files * _EMPTY_FILE)
        self._floats += [f"{database}.{row[1]}" for row in self._ask(talk, _sql.floats(database))]
        self._look_at_views(database, views, talk)
        self._look_at_name(database, strict)

    def _look_at_name(self, database: str, talk: Talk) -> None:
        """The dump programs lose their way to programs in a database with such a name."""
        if not _UNQUOTED.search(database):
            return
        rows = self._ask(talk, _sql.programs(database))
        if any(row[1] not in ("index", "trigger") for row in rows):
            self._findings.append(
                Finding(
                    "engine.mariadb.name",
                    ERROR,
                    database,
                    f"The dump program cannot read routines and events of {database!a}, for its name has quotes",
                    "Move its tables to a database with another name",
                )
            )

    def _look_at_views(self, database: str, views: t.Sequence[str], talk: Talk) -> None:
        """What the server says of each, and whether the dump would stop at it."""
        doubted: dict[str, str] = {}
        prefix = f"{database}."
        for script in _sql.check_views(database, views):
            for row in self._ask(talk, script):
                if len(row) == 4 and row[2].lower() == "error" and row[3] != "Corrupt":
                    doubted.setdefault(row[0][len(prefix) :], row[3])
        for view, said in doubted.items():
            stops = not self._ask(talk, f"SHOW FIELDS FROM {name(database, view)};\n")
            if stops:
                self._broken.append((database, view))
            self._findings.append(_limits.broken_view(f"{database}.{view}", said, dumped=not stops))

    def _say_what_is_not_carried(self, selected: tuple[str, ...], clients: Clients, server: str) -> None:
        if self._moving:
            self._findings.append(_limits.not_transactional(self._moving, self._options.non_transactional == LOCK))
        if not self._options.separate:
            views = (f"{database}.{view}" for database, view in self._broken)
            self._findings += [_limits.not_told_apart(view) for view in views if self._labels[view] > 1]
        if self._elsewhere:
            self._findings.append(_limits.rows_elsewhere(self._elsewhere))
        if self._versioned and not self._flavour.knows_history(clients.number):
            self._findings.append(_limits.no_history(self._versioned, clients.version))
        if self._floats:
            self._findings.append(_limits.rounded(self._floats))
        if self._sequences:
            self._findings.append(_limits.sequences(self._sequences))
        if self._options.separate and len(selected) > 1:
            self._findings.append(_limits.moments(server, f"Each of the {len(selected)} databases is dumped"))
