# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the client programs reach the server without a secret in argv or environment.

Everything stands in an option file of mode 0600 in the run's work directory,
and ``--defaults-file`` makes it the only one that is read.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import typing as t

from ..._base._process import Command
from .._private import read_password, write_private
from ._flavour import Flavour
from ._options import Options

FILE = "client.cnf"
_SECRET_LIMIT = 1000
_ESCAPES = {"\\": "\\\\", '"': '\\"', "'": "\\'"}


@dataclasses.dataclass(frozen=True)
class Connection:
    """The way to one server; ``server`` as it stands in messages.

    Use as a context manager: leaving it removes the file that the clients read.
    """

    file: str
    server: str
    env: t.Mapping[str, str]
    prefix: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_unused: object) -> None:
        if not self.prefix:
            with contextlib.suppress(OSError):
                os.unlink(self.file)

    def command(self, program: str, *arguments: str) -> Command:
        """A client program that reads the option file and no other; it must be told so first."""
        first = f"--defaults-file={self.file}" if self.file else "--no-defaults"
        return Command((*self.prefix, program, first, *self.settings, *arguments), env=self.env)


def quoted(value: str) -> str:
    """A value as it stands in an option file: every character means itself, ``#`` too."""
    return '"' + "".join(_ESCAPES.get(mark, mark) for mark in value) + '"'


def server_name(options: Options) -> str:
    """The server in words: host and port, or its socket, and behind what."""
    where = f" behind '{' '.join(options.prefix)}'" if options.prefix else ""
    if not options.host:
        return (options.socket or "the local socket") + where
    return (f"[{options.host}]:{options.port}" if ":" in options.host else f"{options.host}:{options.port}") + where


def connect(flavour: Flavour, options: Options, work: str) -> Connection:
    """Write the file that the clients read. Raises ``EngineError`` where the password cannot be had.

    Behind a prefix there is no such file, and nothing secret either: the settings stand in the words.
    """
    if options.prefix:
        words = tuple(f"--{line}" for line in (*_lines(options, str), *flavour.tls(options.ssl_mode)))
        return Connection(options.defaults_file, server_name(options), {}, options.prefix, words)
    secret = (
        read_password(options.password_file, _SECRET_LIMIT, code="engine.mariadb.password_file")
        if options.password_file
        else None
    )
    path = os.path.join(work, FILE)
    write_private(path, option_file(flavour, options, secret).encode(), code="engine.mariadb.work")
    # MySQL's programs also look for a login file at home.
    return Connection(path, server_name(options), {"HOME": work}, options.prefix)


def option_file(flavour: Flavour, options: Options, secret: str | None) -> str:
    """The text of the option file."""
    lines = _lines(options, quoted)
    if secret is not None:
        lines.append(f"password={quoted(secret)}")
    return "\n".join(["[client]", *lines, *flavour.tls(options.ssl_mode), ""])


def _lines(options: Options, written: t.Callable[[str], str]) -> list[str]:
    """The settings, none of them secret, each as a line of an option file or as a long option without its hyphens."""
    values: dict[str, t.Any] = {
        "host": options.host,
        "port": options.port if options.host else "",
        "protocol": "TCP" if options.host else "SOCKET",
        "socket": options.socket,
        "user": options.user,
        "ssl-ca": options.ssl_ca,
        "ssl-cert": options.ssl_cert,
        "ssl-key": options.ssl_key,
    }
    return [f"{key}={written(str(value))}" for key, value in values.items() if value != ""]
