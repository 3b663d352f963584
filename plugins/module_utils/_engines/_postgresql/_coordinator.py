# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A session on one database, held by a psql child: it opens the snapshot and answers queries in it.

Answers are JSON, one value a line, so that names with any character pass.
"""

from __future__ import annotations

import json
import typing as t

from ..._base._errors import EngineError
from ..._base._process import Children
from ..._base._reader import shown
from .._conversation import Conversation
from ._connection import Connection
from ._words import failure

CONNECT_ATTEMPTS = 4  # a host name may stand for several addresses, and each gets the time to connect
_SETTINGS = {
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "transaction_timeout": "0",
    "client_connection_check_interval": "10s",
    "row_security": "off",
    "search_path": "pg_catalog",
    "standard_conforming_strings": "on",
    "client_min_messages": "error",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "extra_float_digits": "3",
    "bytea_output": "hex",
    "xmloption": "content",
    "quote_all_identifiers": "off",
    "lc_monetary": "C",
}
_PREPARE = (
    "SELECT set_config(w.name, w.value, false) FROM (VALUES "
    + ", ".join(f"('{name}', '{value}')" for name, value in _SETTINGS.items())
    + ") AS w(name, value) JOIN pg_catalog.pg_settings AS s ON lower(s.name) = lower(w.name) \\g /dev/null\n"
)


class Coordinator(Conversation):
    """One psql child. Use as a context manager: leaving it ends the session on the server too."""

    def __init__(self, psql: str, connection: Connection, database: str, children: Children) -> None:
        super().__init__(
            f"Reading database {database!r} on {connection.server}",
            connection.command(psql, database, *_FLAGS, utf8=True),
            children,
            failure,
            program="psql",
            code="engine.postgresql",
            late="engine.postgresql.timeout",
        )
        self._marker = 0

    def __enter__(self) -> Coordinator:
        return self

    def prepare(self, seconds: float) -> None:
        """Wait for the connection and fix every setting that changes what is said."""
        self.ask(_PREPARE, seconds)

    def snapshot(self, seconds: float) -> str:
        """Open the one transaction, and export its snapshot for pg_dump."""
        said = self.ask(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\nSELECT to_json(pg_catalog.pg_export_snapshot());\n",
            seconds,
        )
        return str(said[0])

    def ask(self, script: str, seconds: float) -> list[t.Any]:
        """Run statements and return every line that they answered."""
        self.send(script)
        return self.receive(seconds)

    def send(self, script: str) -> None:
        """Start statements, short enough for the pipe, without waiting for answers."""
        self._marker += 1
        self._open.append(self._marker)
        self._write(f"{script}\\echo done-{self._marker}\n".encode())

    def receive(self, seconds: float) -> list[t.Any]:
        """The answers to the oldest script that was sent; at most ``seconds`` until the next line."""
        marker = f"done-{self._open.pop(0)}".encode()
        answers: list[t.Any] = []
        while True:
            line = self._line(seconds)
            if line == marker:
                return answers
            if line:
                answers.append(self._value(line))

    def _value(self, line: bytes) -> t.Any:
        try:
            return json.loads(line.decode("utf-8", "backslashreplace"))
        except ValueError as problem:
            raise EngineError(
                f"{self._what}: the server answered {shown(line)}, which was not asked for",
                "See that the option bin_dir names PostgreSQL's own psql",
                code="engine.postgresql",
            ) from problem


_FLAGS = ("--no-psqlrc", "--no-align", "--tuples-only", "--quiet", "--set=ON_ERROR_STOP=1")
