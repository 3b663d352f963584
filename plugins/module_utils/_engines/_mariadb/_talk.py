# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A session on the server, held by a client child that is fed statements and answers rows.

Rows are lines of fields between tabs, as the client writes them in batches, so
that names with any character pass. Everything is bounded by time: a server that
stops answering ends in an ``EngineError``, and the child never outlives the
session.
"""

from __future__ import annotations

import os
import re
import secrets
import select
import signal
import subprocess
import time
import typing as t

from ..._base._errors import EngineError, ToolError
from ..._base._process import Child, Children, end_words
from ..._base._reader import shown
from ._connection import Connection
from ._flavour import Flavour
from ._words import failure, number_of

Row = tuple[str, ...]

_LIMIT = 64 << 20
_FAREWELL_SECONDS = 5
_GLANCE_SECONDS = 5
_ESCAPED = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "t": "\t", "0": "\0", "\\": "\\"}
_GONE = frozenset({1053, 1927, 2006, 2013, 2055, 4031})
_FLAGS = (
    "--batch",
    "--skip-column-names",
    "--unbuffered",
    "--skip-reconnect",
    "--skip-auto-rehash",
    "--default-character-set=utf8mb4",
)


class Talk:
    """One client child. Use as a context manager: leaving it ends the session on the server too.

    With ``patient`` a statement that fails answers nothing and the next is
    taken; else the first failure ends the session.
    """

    def __init__(
        self,
        client: str,
        connection: Connection,
        children: Children,
        *,
        connect_seconds: int,
        patient: bool = False,
    ) -> None:
        self._what = f"Reading {connection.server}"
        words = [*_FLAGS, f"--connect-timeout={connect_seconds}", *(["--force"] if patient else [])]
        self._child: Child = children.spawn(
            connection.command(client, *words), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._lines = bytearray()
        self._token = secrets.token_hex(8)
        self._asked = 0
        self._open: list[int] = []
        self._closed = False

    def __enter__(self) -> Talk:
        return self

    def __exit__(self, *_unused: object) -> None:
        self.close()

    def prepare(self, flavour: Flavour, seconds: float) -> None:
        """Wait for the connection and fix every setting that changes what is said."""
        self.ask("".join(f"SET SESSION {setting};\n" for setting in flavour.settings), seconds)

    def ask(self, script: str, seconds: float) -> list[Row]:
        """Run statements and return every row that they answered."""
        self.send(script)
        return self.receive(seconds)

    def ask_for(self, kind: str, script: str, seconds: float) -> list[Row]:
        """The same, where every row must say by its first field what it is."""
        rows = self.ask(script, seconds)
        for row in rows:
            if row[0] != kind:
                raise EngineError(
                    f"{self._what}: the server answered {shown(row[0])}, which was not asked for",
                    "See that the option bin_dir names the server's own client programs",
                    code="engine.mariadb",
                )
        return rows

    def send(self, script: str) -> None:
        """Start statements, each with its semicolon, without waiting for answers."""
        self._asked += 1
        self._open.append(self._asked)
        data = memoryview(f"{script}\nSELECT '{self._token}-{self._asked}';\n".encode("utf-8", "surrogateescape"))
        try:
            while data:
                data = data[self._child.stdin.write(data) :]
        except (OSError, ValueError) as problem:
            raise self._ended() from problem

    def receive(self, seconds: float) -> list[Row]:
        """The answers to the oldest script that was sent; at most ``seconds`` until the next line."""
        marker = f"{self._token}-{self._open[0]}".encode()
        answers: list[Row] = []
        while True:
            line = self._line(seconds)
            if line == marker:
                self._open.pop(0)
                return answers
            answers.append(_row(line))

    def said(self) -> str:
        """What the client wrote to stderr so far."""
        return self._child.stderr()

    def interrupt(self) -> None:
        """Cancel what still runs, so that whoever waits for it hears of the end. `close` is still to be called."""
        self._child.signal_group(signal.SIGINT)
        if not self._ends_within(_FAREWELL_SECONDS):
            self._child.signal_group(signal.SIGKILL)

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
                raise EngineError(f"{self._what}: an answer has no end", "See the server", code="engine.mariadb")
            chunk = self._read(min(end - time.monotonic(), _GLANCE_SECONDS))
            if chunk is None:
                self._see_that_it_lives(end, seconds)
            elif not chunk:
                raise self._ended()
            else:
                self._lines += chunk

    def _see_that_it_lives(self, end: float, seconds: float) -> None:
        """A patient client goes on reading when its server is gone."""
        said = self.said()
        if number_of(said.rsplit("\n", 1)[-1]) in _GONE:
            raise failure(self._what, said.rsplit("\n", 1)[-1])
        if time.monotonic() >= end:
            raise EngineError(
                f"{self._what}: the server did not answer within {seconds:g} seconds",
                "See whether the server or its disk hangs, and locks that others hold",
                code="engine.mariadb.timeout",
                detail=said,
            )

    def _read(self, seconds: float) -> bytes | None:
        """What came on stdout: empty at its end, None when nothing came in time."""
        ready = select.poll()
        ready.register(self._child.stdout, select.POLLIN)
        if not ready.poll(max(seconds, 0) * 1000):
            return None
        return os.read(self._child.stdout.fileno(), 65536)

    def _ends_within(self, seconds: float) -> bool:
        try:
            self._child.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _drain(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._read(end - time.monotonic()):
            pass

    def _ended(self) -> EngineError:
        try:
            result = self._child.wait(_FAREWELL_SECONDS)
        except ToolError as late:
            return failure(self._what, late.detail, "the client stopped answering")
        return failure(self._what, result.stderr, f"{self._child.command.name} {end_words(result.status)}")


def text(value: str) -> str:
    """A text as a statement holds it, for ``sql_mode=''``."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def name(*parts: str) -> str:
    """A name as a statement holds it; of several parts: database and object."""
    return ".".join("`" + part.replace("`", "``") + "`" for part in parts)


def _row(line: bytes) -> Row:
    fields: t.Iterable[str] = line.decode("utf-8", "surrogateescape").split("\t")
    return tuple(_ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]), field) for field in fields)
