# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A session on one database, held by a psql child: it opens the snapshot and answers queries in it.

Answers are JSON, one value a line, so that names with any character pass.
Everything is bounded by time: a server that stops answering ends in an
``EngineError``, and the child never outlives the session.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import time
import typing as t

from ..._base._errors import EngineError, ToolError
from ..._base._process import Child, Children, end_words
from ..._base._reader import shown
from ._connection import Connection
from ._words import failure

CONNECT_ATTEMPTS = 4  # a host name may stand for several addresses, and each gets the time to connect
_LIMIT = 64 << 20
_FAREWELL_SECONDS = 5
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


class Coordinator:
    """One psql child. Use as a context manager: leaving it ends the session on the server too."""

    def __init__(self, psql: str, connection: Connection, database: str, children: Children) -> None:
        self._what = f"Reading database {database!r} on {connection.server}"
        command = connection.command(psql, database, *_FLAGS, utf8=True)
        self._child: Child = children.spawn(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._lines = bytearray()
        self._marker = 0
        self._open: list[int] = []
        self._closed = False

    def __enter__(self) -> Coordinator:
        return self

    def __exit__(self, *_unused: object) -> None:
        self.close()

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
        data = memoryview(f"{script}\\echo done-{self._marker}\n".encode())
        try:
            while data:
                data = data[self._child.stdin.write(data) :]
        except (OSError, ValueError) as problem:
            raise self._ended() from problem

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

    def said(self) -> str:
        """What psql wrote to stderr so far."""
        return self._child.stderr()

    def close(self) -> None:
        """Cancel what still runs, leave, and see that the child is gone; harmless when it is."""
        if self._closed:
            return
        self._closed = True
        if self._child.process.poll() is None and self._open:
            self._child.signal_group(signal.SIGINT)
        try:
            self._child.stdin.close()
        except (OSError, ValueError):
            pass
        try:
            self._drain(_FAREWELL_SECONDS)
            self._child.wait(_FAREWELL_SECONDS)
        except (ToolError, OSError, ValueError):
            # It did not leave in time, or its pipe is closed already: then it is ended.
            pass
        finally:
            self._child.kill()

    def _value(self, line: bytes) -> t.Any:
        try:
            return json.loads(line.decode("utf-8", "backslashreplace"))
        except ValueError as problem:
            raise EngineError(
                f"{self._what}: the server answered {shown(line)}, which was not asked for",
                "See that the option bin_dir names PostgreSQL's own psql",
                code="engine.postgresql",
            ) from problem

    def _line(self, seconds: float) -> bytes:
        end = time.monotonic() + seconds
        searched = 0
        while True:
            at = self._lines.find(b"\n", searched)
            if at >= 0:
                line = bytes(self._lines[:at])
                del self._lines[: at + 1]
                return line
            searched = len(self._lines)
            if searched > _LIMIT:
                raise EngineError(f"{self._what}: an answer has no end", "See the server", code="engine.postgresql")
            chunk = self._read(end - time.monotonic())
            if chunk is None:
                raise EngineError(
                    f"{self._what}: the server did not answer within {seconds:g} seconds",
                    "See whether the server or its disk hangs, and locks that others hold",
                    code="engine.postgresql.timeout",
                    detail=self.said(),
                )
            if not chunk:
                raise self._ended()
            self._lines += chunk

    def _read(self, seconds: float) -> bytes | None:
        """What came on stdout: empty at its end, None when nothing came in time."""
        ready = select.poll()
        ready.register(self._child.stdout, select.POLLIN)
        if seconds <= 0 or not ready.poll(seconds * 1000):
            return None
        return os.read(self._child.stdout.fileno(), 65536)

    def _drain(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while self._read(end - time.monotonic()):
            pass

    def _ended(self) -> EngineError:
        try:
            result = self._child.wait(_FAREWELL_SECONDS)
        except ToolError as late:
            return failure(self._what, late.detail, "psql stopped answering")
        return failure(self._what, result.stderr, f"psql {end_words(result.status)}")


_FLAGS = ("--no-psqlrc", "--no-align", "--tuples-only", "--quiet", "--set=ON_ERROR_STOP=1")
