# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The short lock on the whole server, under which two sessions get the same snapshot.

A lock that waits holds up everybody behind it. So it waits for a few seconds
only, is tried a few times, and is given up then. It lives as long as the client
child that holds it.
"""

from __future__ import annotations

import time
import typing as t

from ..._base._errors import EngineError
from ..._base._process import Children
from ._connection import Connection
from ._flavour import Flavour
from ._talk import Talk

WAIT_SECONDS = 3
ATTEMPTS = 3
_ANSWER_SECONDS = 60
_LONG_SECONDS = 2
_BUSY = frozenset({"Query", "Execute"})
# A replica's own threads are queries without end, which the lock does not wait for.
_SYSTEM_USERS = frozenset({"system user", "event_scheduler"})
_STAGES = "".join(f"BACKUP STAGE {stage};\n" for stage in ("START", "FLUSH", "BLOCK_DDL", "BLOCK_COMMIT"))
_READ_LOCK = "FLUSH TABLES WITH READ LOCK;\n"


class GlobalLock:
    """Held from `take` on until `release`; harmless to release twice."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk

    def release(self) -> None:
        self._talk.close()


class Locker:
    """Takes the lock on one server. ``long`` asks for one that also keeps tables without transactions still."""

    def __init__(
        self, flavour: Flavour, client: str, connection: Connection, children: Children, connect_seconds: int
    ) -> None:
        self._flavour = flavour
        self._client = client
        self._connection = connection
        self._children = children
        self._connect_seconds = connect_seconds
        self.why = ""

    def take(self, *, long: bool) -> GlobalLock | None:
        """The lock, or None when it could not be had in time: then ``why`` says so."""
        script = _STAGES if self._flavour.backup_stage and not long else _READ_LOCK
        for attempt in range(1, ATTEMPTS + 1):
            talk = Talk(self._client, self._connection, self._children, connect_seconds=self._connect_seconds)
            try:
                talk.prepare(self._flavour, self._connect_seconds + _ANSWER_SECONDS)
                if self._flavour.backup_stage or not _someone_is_long(talk):
                    talk.ask(f"SET SESSION lock_wait_timeout = {WAIT_SECONDS};\n{script}", _ANSWER_SECONDS)
                    return GlobalLock(talk)
                self.why = f"a statement runs for more than {_LONG_SECONDS} seconds"
            except EngineError as problem:
                if problem.code != "engine.mariadb.lock":
                    talk.close()
                    raise
                self.why = f"others held their locks for more than {WAIT_SECONDS} seconds"
            talk.close()
            if attempt < ATTEMPTS:
                time.sleep(WAIT_SECONDS)
        self.why = f"the global lock could not be had in {ATTEMPTS} attempts: {self.why}"
        return None


def _someone_is_long(talk: Talk) -> bool:
    """Where the lock waits for statements that run: whether one does, and would make all others wait behind it."""
    rows: t.Sequence[t.Sequence[str]] = talk.ask("SHOW PROCESSLIST;\n", _ANSWER_SECONDS)
    rows = [row for row in rows if row[1] not in _SYSTEM_USERS]
    return any(row[4] in _BUSY and row[5].isdigit() and int(row[5]) >= _LONG_SECONDS for row in rows)
