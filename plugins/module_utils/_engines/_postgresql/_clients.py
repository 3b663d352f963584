# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which client programs are used: those of the server's own version, else the next newer ones.

A newer pg_dump writes archives that the server's own pg_restore cannot read,
so the newest is not the best. An older one cannot dump the server at all.
"""

from __future__ import annotations

import dataclasses
import functools
import glob
import os
import re

from ..._base._errors import EngineError, ToolError
from ..._base._process import Children, end_words, find_tool
from .._prefix import look
from ._options import Options

PROGRAMS = ("psql", "pg_dump", "pg_dumpall")
_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")
_VERSION = re.compile(r"\(PostgreSQL\) ([0-9]+)(\S*)")


@dataclasses.dataclass(frozen=True)
class Clients:
    """The programs of one version; ``major`` is its first number."""

    psql: str
    pg_dump: str
    pg_dumpall: str
    version: str
    major: int


def find_clients(options: Options, children: Children) -> tuple[Clients, ...]:
    """All that may be used, oldest first: those of ``bin_dir`` alone where it is given."""
    if options.prefix:
        return (_behind(options, children),)
    if options.bin_dir:
        return (_in_directory(options.bin_dir, children, required=True),)
    found = [_in_directory(path, children) for place in _PLACES for path in glob.glob(place)]
    usable = [clients for clients in found if clients.major]
    if not usable:
        paths = [find_tool(program) for program in PROGRAMS]
        usable = [_clients(paths, children)]
    return tuple(sorted(usable, key=lambda clients: clients.major))


def choose(clients: tuple[Clients, ...], server_major: int) -> Clients:
    """The oldest that is not older than the server; where all are older, the newest of them."""
    return next((one for one in clients if one.major >= server_major), clients[-1])


def _in_directory(path: str, children: Children, *, required: bool = False) -> Clients:
    programs = [os.path.join(path, program) for program in PROGRAMS]
    missing = [program for program in programs if not os.access(program, os.X_OK)]
    if not missing:
        return _clients(programs, children)
    if required:
        raise ToolError(
            f"The program '{missing[0]}' is not there or cannot be run",
            "Install PostgreSQL's client programs, or correct the option bin_dir",
            code="tool.missing",
        )
    return Clients(programs[0], programs[1], programs[2], "", 0)


def _behind(options: Options, children: Children) -> Clients:
    """Behind a prefix its own search path counts: what lies there cannot be listed from here."""
    paths = [os.path.join(options.bin_dir, program) for program in PROGRAMS]
    return _clients(paths, children, options.prefix)


def _clients(paths: list[str], children: Children, prefix: tuple[str, ...] = ()) -> Clients:
    versions = [
        children.once(("version", *prefix, path), functools.partial(_version, path, children, prefix)) for path in paths
    ]
    major, version = min(versions)
    return Clients(paths[0], paths[1], paths[2], version, major)


def _version(path: str, children: Children, prefix: tuple[str, ...]) -> tuple[int, str]:
    """The first number of a program's version, and the whole of it."""
    done = look(prefix, (path, "--version"), children)
    match = _VERSION.search(done.stdout.decode("utf-8", "replace"))
    if match is None:
        raise EngineError(
            f"'{path}' does not say its version: it {end_words(done.status)}",
            "Install PostgreSQL's client programs anew, or name their directory by the option bin_dir",
            code="engine.postgresql.version",
        )
    return int(match[1]), match[1] + match[2]
