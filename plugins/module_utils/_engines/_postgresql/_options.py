# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a PostgreSQL source."""

from __future__ import annotations

import dataclasses
import re

from ..._base._reader import Reader, shown
from .._databases import read_databases, refuse_password
from .._prefix import read_prefix

SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_HOST = re.compile(r"[A-Za-z0-9_.:%-]{1,255}")
_MAX_NAME = 63 * 4
_MAX_LINE = 1000


@dataclasses.dataclass(frozen=True)
class Options:
    """What is dumped and how the server is reached. Empty text means: not given.

    ``databases`` are names, or empty with ``every`` set for all of the server
    but ``exclude``; ``single`` says that one was named by ``database``.
    ``connect_seconds`` and ``lock_seconds`` are limits for connecting and for
    waiting on a lock. Paths and names are as seen behind ``prefix``.
    """

    databases: tuple[str, ...]
    single: bool = False
    every: bool = False
    exclude: tuple[str, ...] = ()
    host: str = ""
    port: int = 5432
    user: str = ""
    password_file: str = ""
    maintenance_database: str = "postgres"
    sslmode: str = ""
    sslrootcert: str = ""
    sslcert: str = ""
    sslkey: str = ""
    connect_seconds: int = 10
    lock_seconds: int = 600
    globals: bool = True
    bin_dir: str = ""
    prefix: tuple[str, ...] = ()
    passfile: str = ""


def parse(reader: Reader) -> Options:
    """Take the options out of a source's mapping; problems go to the reader."""
    databases = read_databases(reader, _name)
    refuse_password(reader)
    options = Options(
        databases=databases.names,
        single=databases.single,
        every=databases.every,
        exclude=databases.exclude,
        host=reader.text("host", "", check=_host),
        port=reader.integer("port", 5432, 1, 65535),
        user=reader.text("user", "", check=_user),
        password_file=_line(reader, "password_file"),
        maintenance_database=reader.text("maintenance_database", "postgres", check=_name),
        sslmode=reader.choice("sslmode", SSL_MODES, ""),
        sslrootcert=_root(reader),
        sslcert=_line(reader, "sslcert"),
        sslkey=_line(reader, "sslkey"),
        connect_seconds=reader.integer("connect_seconds", 10, 2, 600),
        lock_seconds=reader.integer("lock_seconds", 600, 1, 86400),
        globals=reader.flag("globals", True),
        bin_dir=_line(reader, "bin_dir"),
        prefix=read_prefix(reader, interactive=True),
        passfile=_line(reader, "passfile"),
    )
    if options.prefix and options.password_file:
        reader.bad(
            "password_file",
            "cannot be read behind a prefix; use peer, or name libpq's password file there by 'passfile'",
        )
    if options.passfile and not options.prefix:
        reader.bad("passfile", "belongs to a prefix; without one name a 'password_file'")
    if bool(options.sslcert) != bool(options.sslkey):
        reader.bad("sslkey" if options.sslcert else "sslcert", "is required too: certificate and key belong together")
    if options.sslmode.startswith("verify") and (not options.host or options.host.startswith("/")):
        reader.bad("sslmode", f"{options.sslmode} needs a host name; a local socket has no TLS")
    reader.done()
    return options


def _name(value: str) -> str:
    if len(value.encode("utf-8", "surrogatepass")) > _MAX_NAME:
        raise ValueError(f"{shown(value)} is longer than a name in PostgreSQL can be")
    return value


def _user(value: str) -> str:
    if value != value.strip():
        raise ValueError(f"{shown(value)} must not begin or end with a space")
    return _name(value)


def _host(value: str) -> str:
    if value.startswith("/"):
        if ".." in value.split("/") or "," in value or value != value.strip() or len(value) > _MAX_LINE:
            raise ValueError(f"{shown(value)} must be an absolute directory without '..', ',' and spaces at its ends")
    elif value and not _HOST.fullmatch(value):
        raise ValueError(f"{shown(value)} must be a host name, an address, or the absolute directory of a socket")
    return value


def _root(reader: Reader) -> str:
    if reader.data.get("sslrootcert") == "system":
        return reader.text("sslrootcert")
    return _line(reader, "sslrootcert")


def _line(reader: Reader, key: str) -> str:
    """A path that can stand on a line of a service file."""
    value = reader.path_of(key, "")
    if value != value.strip() or len(value) > _MAX_LINE:
        reader.bad(key, f"{shown(value)} must not begin or end with a space, nor be longer than {_MAX_LINE}")
        return ""
    return value
