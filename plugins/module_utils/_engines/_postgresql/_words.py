# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the client programs say, told apart by cause."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._base._errors import EngineError
from ..._base._findings import INFO, WARNING, Finding

_ADDRESS = "See that PostgreSQL runs, and the source's host, port and TLS settings"
_PASSWORD = "See the source's user and password_file, the role (docs/engines/postgresql.md, Grants) and pg_hba.conf"
_GRANTS = "Grant what is missing; the grants table in docs/engines/postgresql.md has the exact statements"
_SERVER = "See the server's log and its memory and disk; run again when it is up"


@dataclasses.dataclass(frozen=True)
class _Cause:
    """What marks a cause in the words of a client (lower case), and what to do about it."""

    code: str
    marks: tuple[str, ...]
    remedy: str


# The first that fits decides.
_CAUSES = (
    _Cause(
        code="engine.postgresql.version",
        marks=("server version mismatch",),
        remedy="Install client programs that are not older than the server",
    ),
    _Cause(
        code="engine.postgresql.auth",
        marks=(
            "authentication failed",
            'fatal:  role "',
            "no password supplied",
            "no pg_hba.conf entry",
            "pg_hba.conf rejects",
            "password retrieved from file",
            "is not permitted to log in",
        ),
        remedy=_PASSWORD,
    ),
    _Cause(
        code="engine.postgresql.unknown_database",
        marks=('fatal:  database "',),
        remedy="See the names in the source's database, databases or maintenance_database",
    ),
    _Cause(
        code="engine.postgresql.tls",
        marks=(
            "certificate verify failed",
            "server does not support ssl",
            "ssl error",
            "root certificate file",
            "server certificate for",
            "private key file",
            "certificate file",
            "sslmode",
        ),
        remedy="See the source's sslmode, sslrootcert, sslcert and sslkey, and the server's certificate",
    ),
    _Cause(
        code="engine.postgresql.server_died",
        marks=(
            "server closed the connection unexpectedly",
            "terminating connection",
            "connection to server was lost",
            "the database system is shutting down",
            "no connection to the server",
            "could not receive data from server",
            "ssl syscall error",
            "ssl connection has been closed unexpectedly",
        ),
        remedy=_SERVER,
    ),
    _Cause(code="engine.postgresql.row_security", marks=("row-level security", "row security"), remedy=_GRANTS),
    _Cause(
        code="engine.postgresql.permission",
        marks=("permission denied", "must be superuser", "must be owner"),
        remedy=_GRANTS,
    ),
    _Cause(
        code="engine.postgresql.lock",
        marks=("lock timeout", "due to lock", "canceling statement due to statement timeout", "could not obtain lock"),
        remedy="Somebody changes these tables at this hour; move the backup or raise lock_seconds",
    ),
    _Cause(
        code="engine.postgresql.connect",
        marks=(
            "connection refused",
            "could not connect",
            "could not translate host name",
            "timeout expired",
            "no such file or directory",
            "no route to host",
            "network is unreachable",
            "the database system is starting up",
            "too many clients",
            "remaining connection slots",
            "connection to server",
        ),
        remedy=_ADDRESS,
    ),
)
_CIRCULAR = "circular foreign-key constraints"


def failure(what: str, said: str, ended: str = "") -> EngineError:
    """The error for a client that failed: ``what`` names database and server, ``said`` is its stderr."""
    words = said.lower()
    reason = _first_line(said) or ended
    for cause in _CAUSES:
        if any(mark in words for mark in cause.marks):
            return EngineError(f"{what}: {reason}", cause.remedy, code=cause.code, detail=said)
    return EngineError(
        f"{what}: {reason}", "See the words of the program in the detail", code="engine.postgresql", detail=said
    )


def warnings(subject: str, said: str) -> t.Sequence[Finding]:
    """What a program that succeeded said all the same, one finding for each of its messages."""
    found: list[Finding] = []
    for message in _messages(said):
        if _CIRCULAR in message:
            found.append(
                Finding(
                    "engine.postgresql.circular",
                    INFO,
                    subject,
                    f"Tables refer to each other in a circle: {message}",
                    "Nothing to do: a restore of the whole database adds foreign keys after the data",
                    {"text": message},
                )
            )
        else:
            found.append(
                Finding(
                    "engine.postgresql.warning",
                    WARNING,
                    subject,
                    f"The dump ended well but was not silent: {message}",
                    "Read it and decide whether something is missing",
                    {"text": message},
                )
            )
    return found


def _messages(said: str) -> list[str]:
    """Messages with the details and hints that follow them on lines of their own."""
    found: list[str] = []
    for line in said.splitlines():
        text = line.strip()
        if not text:
            continue
        goes_on = found and any(f": {word}:" in text or text.startswith(word) for word in ("detail", "hint"))
        if goes_on or (found and line[:1].isspace()):
            found[-1] += " " + text
        else:
            found.append(text)
    return found


def _first_line(said: str) -> str:
    """The first line that tells what happened, without the program's prefix."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    best = next((line for line in lines if "error" in line.lower() or "fatal" in line.lower()), "")
    return best or (lines[0] if lines else "")
