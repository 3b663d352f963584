# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ends on the server what runs behind a prefix, where no signal of ours arrives.

Killing ``podman exec`` leaves its program running in the container, and a
program of another user behind sudo cannot be signalled at all. So one more
psql waits there for the end of its standard input. That end comes with the end
of the session, of the run, or of this very process, however it dies; psql then
tells the server to end every session of this connection, and the programs end
because their server left them.
"""

from __future__ import annotations

import contextlib
import subprocess

from ..._base._errors import ToolError
from ..._base._process import Child, Children
from ._connection import Connection

_FAREWELL_SECONDS = 15
_RELEASED = "coalesce(current_setting('nusantara.released', true), '') = 'yes'"
_NEVER_IDLE = (
    "SELECT set_config(name, '0', false) FROM pg_catalog.pg_settings"
    " WHERE name IN ('idle_session_timeout', 'statement_timeout')"
)
_END = (
    "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity"
    " WHERE application_name = current_setting('application_name') AND pid <> pg_catalog.pg_backend_pid()"
    f" AND NOT {_RELEASED}"
)
# For what was still about to connect.
_PAUSE = f"SELECT pg_catalog.pg_sleep(2) WHERE NOT {_RELEASED}"
_RELEASE = b"SELECT set_config('nusantara.released', 'yes', false);\n"


class Leash:
    """Use as a context manager around all that uses a connection; without a prefix it does nothing."""

    def __init__(self, psql: str, connection: Connection, database: str, children: Children) -> None:
        self._child: Child | None = None
        if connection.prefix:
            flags = ("--no-psqlrc", "--quiet", "--tuples-only", "--output=/dev/null")
            steps = ("--command=" + _NEVER_IDLE, "--file=-", "--command=" + _END)
            again = ("--command=" + _PAUSE, "--command=" + _END)
            command = connection.command(psql, database, *flags, *steps, *again)
            self._child = children.spawn(command, stdin=subprocess.PIPE)

    def __enter__(self) -> Leash:
        return self

    def __exit__(self, kind: object, *_unused: object) -> None:
        self.release(good=kind is None)

    def pull(self) -> None:
        """End all sessions of the connection, from any thread."""
        if self._child is not None:
            with contextlib.suppress(OSError, ValueError):
                self._child.stdin.close()

    def release(self, *, good: bool) -> None:
        """Let go; what still runs is ended unless all went well."""
        if self._child is None:
            return
        child, self._child = self._child, None
        with contextlib.suppress(OSError, ValueError):
            if good:
                child.stdin.write(_RELEASE)
        with contextlib.suppress(OSError, ValueError):
            child.stdin.close()
        with contextlib.suppress(ToolError):
            child.wait(_FAREWELL_SECONDS)
        child.kill()
