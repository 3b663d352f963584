# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the client programs reach the server without a secret in argv or environment.

The connection stands in a service file, the password in a password file, both
of mode 0600 in the run's work directory. A program gets their paths by its
environment, and the name of the database by a quoted connection string.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import secrets
import typing as t

from ..._base._process import Command
from .._private import read_password, write_private
from ._options import Options

_SERVICE = "nusantara"
_SECRET_LIMIT = 4096


@dataclasses.dataclass(frozen=True)
class Connection:
    """The way to one server: ``env`` for its clients, ``server`` as it stands in messages.

    Use as a context manager: leaving it removes the files that the clients read.
    """

    env: t.Mapping[str, str]
    server: str
    files: tuple[str, ...] = ()
    prefix: tuple[str, ...] = ()
    settings: str = f"service={_SERVICE}"

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_unused: object) -> None:
        for path in self.files:
            with contextlib.suppress(OSError):
                os.unlink(path)

    def command(self, program: str, database: str, *arguments: str, utf8: bool = False) -> Command:
        """A client program that connects to a database and never asks for a password."""
        where = f"{self.settings} dbname={quoted(database)}"
        env = dict(self.env)
        if utf8 and self.prefix:
            where += " client_encoding=UTF8"
        elif utf8:
            env["PGCLIENTENCODING"] = "UTF8"
        return Command((*self.prefix, program, "--no-password", f"--dbname={where}", *arguments), env=env)

    def first_database(self, name: str) -> tuple[str, ...]:
        """What tells pg_dumpall where to connect first; it takes no other word for that."""
        return (f"--database=dbname={quoted(name)}",)


def quoted(value: str) -> str:
    """A value as it stands in a connection string."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def server_name(options: Options) -> str:
    """The server in words: host or socket directory, and port, and behind what."""
    host = options.host or "/var/run/postgresql"
    where = f" behind '{' '.join(options.prefix)}'" if options.prefix else ""
    return (f"[{host}]:{options.port}" if ":" in host else f"{host}:{options.port}") + where


def connect(options: Options, work: str) -> Connection:
    """Write the files that the clients read. Raises ``EngineError`` where the password cannot be had.

    Behind a prefix there are no such files, and nothing secret either: the settings stand in the words.
    """
    if options.prefix:
        # A name of its own, by which the server knows what belongs to this run.
        name = f"nusantara.backup {secrets.token_hex(8)}"
        values = {**_values(options), "passfile": options.passfile, "application_name": name}
        settings = " ".join(f"{key}={quoted(str(value))}" for key, value in values.items() if value != "")
        return Connection({}, server_name(options), prefix=options.prefix, settings=settings)
    service = os.path.join(work, "pg_service.conf")
    passwords = os.path.join(work, "pgpass")
    secret = (
        read_password(options.password_file, _SECRET_LIMIT, code="engine.postgresql.password_file")
        if options.password_file
        else ""
    )
    write_private(service, _service_text(options).encode(), code="engine.postgresql.work")
    write_private(
        passwords, (f"*:*:*:*:{_escaped(secret)}\n" if secret else "").encode(), code="engine.postgresql.work"
    )
    env = {
        "PGSERVICEFILE": service,
        "PGSERVICE": _SERVICE,
        "PGPASSFILE": passwords,
        "PGAPPNAME": "nusantara.backup",
    }
    return Connection(env, server_name(options), (service, passwords))


def _values(options: Options) -> dict[str, t.Any]:
    """Keepalives end a session on a server that vanished, so that nothing waits for ever."""
    return {
        "host": options.host,
        "port": options.port,
        "user": options.user,
        "sslmode": options.sslmode,
        "sslrootcert": options.sslrootcert,
        "sslcert": options.sslcert,
        "sslkey": options.sslkey,
        "connect_timeout": options.connect_seconds,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 120000,
    }


def _service_text(options: Options) -> str:
    lines = [f"{key}={value}" for key, value in _values(options).items() if value != ""]
    return "\n".join([f"[{_SERVICE}]", *lines, ""])


def _escaped(secret: str) -> str:
    return secret.replace("\\", "\\\\").replace(":", "\\:")
