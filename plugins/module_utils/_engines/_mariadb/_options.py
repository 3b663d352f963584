# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a MariaDB or MySQL source."""

from __future__ import annotations

import dataclasses
import re

from ..._base._reader import Reader, shown
from .._databases import read_databases, refuse_password
from .._prefix import read_prefix

SSL_MODES = ("disabled", "required", "verify")
LOCK = "lock"
MARK = "mark"
_HOST = re.compile(r"[A-Za-z0-9_.:%-]{1,255}")
_MAX_NAME = 64
_MAX_USER = 128
_MAX_PATH = 1000
_MAX_SOCKET = 107


@dataclasses.dataclass(frozen=True)
class Options:
    """What is dumped and how the server is reached. Empty text means: not given.

    ``databases`` are names, or empty with ``every`` set for all of the server
    but ``exclude``; ``single`` says that one was named by ``database``, and
    ``separate`` asks for a file and a moment for each. ``connect_seconds`` and
    ``lock_seconds`` are limits for connecting and for waiting on a lock of
    somebody else. ``prefix`` are words that stand before every client program;
    paths and names are as seen there.
    """

    databases: tuple[str, ...]
    single: bool = False
    every: bool = False
    exclude: tuple[str, ...] = ()
    separate: bool = False
    host: str = ""
    port: int = 3306
    socket: str = ""
    user: str = ""
    password_file: str = ""
    ssl_mode: str = ""
    ssl_ca: str = ""
    ssl_cert: str = ""
    ssl_key: str = ""
    connect_seconds: int = 10
    lock_seconds: int = 600
    accounts: bool = True
    non_transactional: str = MARK
    global_lock: bool = True
    bin_dir: str = ""
    prefix: tuple[str, ...] = ()
    defaults_file: str = ""


def parse(reader: Reader) -> Options:
    """Take the options out of a source's mapping; problems go to the reader."""
    databases = read_databases(reader, _name)
    refuse_password(reader)
    options = Options(
        databases=databases.names,
        single=databases.single,
        every=databases.every,
        exclude=databases.exclude,
        separate=reader.flag("separate", False),
        host=reader.text("host", "", check=_host),
        port=reader.integer("port", 3306, 1, 65535),
        socket=_socket(reader),
        user=reader.text("user", "", check=_user),
        password_file=reader.path_of("password_file", ""),
        ssl_mode=reader.choice("ssl_mode", SSL_MODES, ""),
        ssl_ca=_path(reader, "ssl_ca"),
        ssl_cert=_path(reader, "ssl_cert"),
        ssl_key=_path(reader, "ssl_key"),
        connect_seconds=reader.integer("connect_seconds", 10, 2, 600),
        lock_seconds=reader.integer("lock_seconds", 600, 1, 86400),
        accounts=reader.flag("accounts", True),
        non_transactional=reader.choice("non_transactional", (MARK, LOCK), MARK),
        global_lock=reader.flag("global_lock", True),
        bin_dir=_path(reader, "bin_dir"),
        prefix=read_prefix(reader, interactive=True),
        defaults_file=_path(reader, "defaults_file"),
    )
    _see_that_they_agree(reader, options)
    reader.done()
    return options


def _see_that_they_agree(reader: Reader, options: Options) -> None:
    if options.host and options.socket:
        reader.bad("socket", "and 'host' are two ways to one server: name one of them")
    if options.separate and options.single:
        reader.bad("separate", "belongs to 'databases'; one database has a file of its own anyway")
    if bool(options.ssl_cert) != bool(options.ssl_key):
        reader.bad("ssl_key" if options.ssl_cert else "ssl_cert", "is required too: certificate and key go together")
    if options.prefix and options.password_file:
        reader.bad(
            "password_file",
            "cannot be read behind a prefix; use the socket, or name an option file there by 'defaults_file'",
        )
    if options.defaults_file and not options.prefix:
        reader.bad("defaults_file", "belongs to a prefix; without one name a 'password_file'")
    if options.ssl_mode == "verify":
        if not options.host:
            reader.bad("ssl_mode", "verify needs a host name, for a local socket has no TLS")
        if not options.ssl_ca:
            reader.bad("ssl_ca", "is required with 'ssl_mode: verify'")
    if options.ssl_mode == "disabled" and (options.ssl_ca or options.ssl_cert):
        reader.bad("ssl_mode", "is disabled, and yet there are certificates: remove one of the two")
    if options.non_transactional == LOCK and not options.global_lock:
        reader.bad("non_transactional", "lock holds the global lock, which 'global_lock: false' forbids")


def _name(value: str) -> str:
    if len(value) > _MAX_NAME:
        raise ValueError(f"{shown(value)} is longer than the {_MAX_NAME} characters of a name on the server")
    if value != value.rstrip(" "):
        raise ValueError(f"{shown(value)} must not end with a space")
    return value


def _user(value: str) -> str:
    if len(value) > _MAX_USER:
        raise ValueError(f"{shown(value)} is longer than the {_MAX_USER} characters of an account on the server")
    return value


def _host(value: str) -> str:
    if value and not _HOST.fullmatch(value):
        raise ValueError(f"{shown(value)} must be a host name or an address; a socket goes to 'socket'")
    return value


def _socket(reader: Reader) -> str:
    """The path of a socket, which the kernel limits."""
    value = reader.path_of("socket", "")
    if len(value.encode()) > _MAX_SOCKET:
        reader.bad("socket", f"{shown(value)} is longer than the {_MAX_SOCKET} bytes of a socket's path")
        return ""
    return value


def _path(reader: Reader, key: str) -> str:
    """A path that can stand on a line of an option file."""
    value = reader.path_of(key, "")
    if len(value) > _MAX_PATH:
        reader.bad(key, f"{shown(value)} is longer than {_MAX_PATH} characters")
        return ""
    return value
