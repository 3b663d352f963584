# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""MariaDB and MySQL by their own client programs: one consistent snapshot, and the accounts beside it."""

from __future__ import annotations

import contextlib
import typing as t

from ..._base._reader import Reader
from .._base import Context, Planned, Probe, Session
from .._databases import Databases, described
from ._connection import server_name
from ._flavour import MARIADB, MYSQL, Flavour
from ._options import Options, parse
from ._preflight import Preflight
from ._session import MariadbSession


class _Engine:
    """Full backups (F) of one database, several, or all of a server."""

    flavour: Flavour
    name: str
    types = frozenset({"F"})

    def parse(self, reader: Reader) -> Options:
        return parse(reader)

    def probe(self, options: Options, context: Context) -> Probe:
        return Preflight(self.flavour, options, context).probe()

    def open(self, options: Options, probe: Probe, context: Context) -> contextlib.AbstractContextManager[Session]:
        session: t.Any = MariadbSession(self.flavour, options, t.cast("t.Any", probe), context)
        return t.cast("contextlib.AbstractContextManager[Session]", session)

    def planned(self, options: Options) -> Planned:
        return Planned(server_name(options), options.databases, options.every)

    def describe(self, options: Options) -> str:
        named = Databases(options.databases, options.single, options.every, options.exclude)
        return described(named, server_name(options))


class MariadbEngine(_Engine):
    """The engine ``mariadb``."""

    flavour = MARIADB
    name = "mariadb"


class MysqlEngine(_Engine):
    """The engine ``mysql``."""

    flavour = MYSQL
    name = "mysql"
