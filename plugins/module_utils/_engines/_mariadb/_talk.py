# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A session on the server, held by a client child that is fed statements and answers rows.

Rows are lines of fields between tabs, as the client writes them in batches, so
that names with any character pass.
"""

from __future__ import annotations

import re
import secrets
import signal
import subprocess
import typing as t

from ..._base._errors import EngineError
from ..._base._process import Children
from ..._base._reader import shown
from .._conversation import FAREWELL_SECONDS, Conversation
from ._connection import Connection
from ._flavour import Flavour
from ._words import failure, number_of

Row = tuple[str, ...]

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


class Talk(Conversation):
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
        words = [*_FLAGS, f"--connect-timeout={connect_seconds}", *(["--force"] if patient else [])]
        command = connection.command(client, *words)
        super().__init__(
            f"Reading {connection.server}",
            command,
            children,
            failure,
            program=command.name,
            code="engine.mariadb",
            late="engine.mariadb.timeout",
        )
        self._token = secrets.token_hex(8)
        self._asked = 0

    def __enter__(self) -> Talk:
        return self

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
        end = f"SELECT '{self._token}-{self._asked}';"
        self._write(f"{script}\n{end}\n".encode("utf-8", "surrogateescape"))

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

    def interrupt(self) -> None:
        """Cancel what still runs, so that whoever waits for it hears of the end. `close` is still to be called."""
        self._child.signal_group(signal.SIGINT)
        if not self._ends_within(FAREWELL_SECONDS):
            self._child.signal_group(signal.SIGKILL)

    def _see_that_it_lives(self) -> None:
        """A patient client goes on reading when its server is gone."""
        last = self.said().rsplit("\n", 1)[-1]
        if number_of(last) in _GONE:
            raise failure(self._what, last)

    def _ends_within(self, seconds: float) -> bool:
        try:
            self._child.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True


def text(value: str) -> str:
    """A text as a statement holds it, for ``sql_mode=''``."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def name(*parts: str) -> str:
    """A name as a statement holds it; of several parts: database and object."""
    return ".".join("`" + part.replace("`", "``") + "`" for part in parts)


def _row(line: bytes) -> Row:
    fields: t.Iterable[str] = line.decode("utf-8", "surrogateescape").split("\t")
    return tuple(_ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]), field) for field in fields)
