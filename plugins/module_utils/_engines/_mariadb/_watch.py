# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ends a dump that waits too long for a lock of somebody else; the dump programs know no such limit themselves."""

from __future__ import annotations

import re
import threading
import time
import typing as t

from ..._base._errors import BackupError
from ..._base._threads import begin
from ._talk import Row, Talk

_GLANCES = 4
_ANSWER_SECONDS = 60
_LEAVE_SECONDS = 10
# What a dump waits with. Its account may be another's as well, whose changes are not ours to end.
_READS = re.compile(r"(?:/\*.*?\*/\s*)*(?:SELECT|SHOW|SET|USE|START|SAVEPOINT|ROLLBACK|UNLOCK)\b", re.IGNORECASE)


class LockWatch:
    """A thread that looks only when no byte came for ``seconds``. ``found`` says that it ended a connection for that.

    ``moved`` tells when the last byte came (monotonic), ``ask`` opens a session
    of its own, and ``after`` is the number of a connection older than the dump's.
    """

    def __init__(self, seconds: float, moved: t.Callable[[], float], ask: t.Callable[[], Talk], after: int) -> None:
        self.found = False
        self._seconds = seconds
        self._moved = moved
        self._ask = ask
        self._after = after
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lock-watch", daemon=True)

    def start(self) -> None:
        begin(self._thread)

    def stop(self) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(_LEAVE_SECONDS)

    def _run(self) -> None:
        while not self._over.wait(self._seconds / _GLANCES):
            if time.monotonic() - self._moved() < self._seconds:
                continue
            try:
                self._look()
            except BackupError:
                # The server does not answer, which the dump itself will hear of.
                continue
            if self.found:
                return

    def _look(self) -> None:
        with self._ask() as talk:
            me, rows = (
                talk.ask("SELECT CONNECTION_ID();\n", _ANSWER_SECONDS),
                talk.ask("SHOW PROCESSLIST;\n", _ANSWER_SECONDS),
            )
            user = next((row[1] for row in rows if row[0] == me[0][0]), "")
            for row in rows:
                if self._waits(row, user) and not self._over.is_set():
                    self.found = True
                    talk.ask(f"KILL CONNECTION {int(row[0])};\n", _ANSWER_SECONDS)

    def _waits(self, row: Row, user: str) -> bool:
        """Whether a connection of the dump's user, younger than ours, reads and waits for as long as is allowed."""
        young = int(row[0]) > self._after and row[1] == user and _READS.match(row[7].lstrip()) is not None
        return young and row[6].startswith("Waiting for") and row[5].isdigit() and int(row[5]) + 1 >= self._seconds
