# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""MariaDB and MySQL by their own client programs: one consistent snapshot, and the accounts beside it."""

from __future__ import annotations

import contextlib
import typing as t

from ..._base._reader import Reader
from .._base import Context, Planned, Probe, Session
from ._connection import server_name
from ._flavour import MARIADB, MYSQL, Flavour
from ._options import Options, parse
from ._preflight import Preflight
from ._session import MariadbSession

_NAMED = 5


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
        server = server_name(options)
        if options.every:
            less = f" but {_some(options.exclude)}" if options.exclude else ""
            return f"all databases{less} on {server}"
        word = "database" if len(options.databases) == 1 else "databases"
        return f"{word} {_some(options.databases)} on {server}"


class MariadbEngine(_Engine):
    """The engine ``mariadb``."""

    flavour = MARIADB
    name = "mariadb"


class MysqlEngine(_Engine):
    """The engine ``mysql``."""

    flavour = MYSQL
    name = "mysql"


def _some(names: t.Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
