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
import stat
import typing as t

from ..._base._errors import EngineError
from ..._base._process import Command
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
    secret = read_password(options.password_file) if options.password_file else None
    path = os.path.join(work, FILE)
    _write(path, option_file(flavour, options, secret))
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


def read_password(path: str) -> str:
    """The password alone, out of a file that nobody else can read."""
    try:
        with open(path, "rb", opener=_no_wait) as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                raise _password_error(path, "is not a regular file", "Name a file that holds only the password")
            if stat.S_IMODE(state.st_mode) & 0o077:
                raise _password_error(path, "can be read by others", "Set its mode to 0600 and its owner to this user")
            data = file.read(_SECRET_LIMIT + 1)
    except OSError as problem:
        raise _password_error(
            path, f"cannot be read: {problem.strerror}", "See its path, owner and mode (0600)"
        ) from problem
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise _password_error(path, "is not UTF-8 text", "Write only the password into it") from problem
    text = text.removesuffix("\n")
    if not text or len(data) > _SECRET_LIMIT or any(mark in text for mark in "\n\r\0"):
        raise _password_error(path, "does not hold one line with a password", "Write only the password into it")
    return text


def _password_error(path: str, what: str, remedy: str) -> EngineError:
    return EngineError(f"The password file {path!r} {what}", remedy, code="engine.mariadb.password_file")


def _no_wait(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)


def _write(path: str, text: str) -> None:
    """Replace a file, never with a mode wider than 0600."""
    try:
        if os.path.lexists(path):
            os.unlink(path)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8"))
    except OSError as problem:
        raise EngineError(
            f"The connection's settings cannot be written to {path}: {problem.strerror}",
            "See the free space and owner of the work directory",
            code="engine.mariadb.work",
        ) from problem
