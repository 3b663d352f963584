# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""PostgreSQL by its own client programs: pg_dump in an exported snapshot, and pg_dumpall for the globals."""

from __future__ import annotations

import contextlib
import typing as t

from ..._base._reader import Reader
from .._base import Context, Planned, Probe, Session
from .._databases import Databases, described
from ._connection import server_name
from ._options import Options, parse
from ._preflight import Preflight
from ._session import PostgresSession


class PostgresEngine:
    """Full backups (F) of one database, several, or all of a server."""

    name = "postgresql"
    types = frozenset({"F"})

    def parse(self, reader: Reader) -> Options:
        return parse(reader)

    def probe(self, options: Options, context: Context) -> Probe:
        return Preflight(options, context).probe()

    def open(self, options: Options, probe: Probe, context: Context) -> contextlib.AbstractContextManager[Session]:
        session: t.Any = PostgresSession(options, probe, context)
        return t.cast("contextlib.AbstractContextManager[Session]", session)

    def planned(self, options: Options) -> Planned:
        return Planned(server_name(options), options.databases, options.every)

    def describe(self, options: Options) -> str:
        named = Databases(options.databases, options.single, options.every, options.exclude)
        return described(named, server_name(options))
