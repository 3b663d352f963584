# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which client programs are used, and what they are: MariaDB's stand under the names of MySQL's on many hosts."""

from __future__ import annotations

import dataclasses
import functools
import os
import re
import shutil

from ..._base._errors import EngineError, ToolError
from ..._base._process import Children, clean_environment, end_words
from .._prefix import look
from ._flavour import Flavour
from ._options import Options

# "mariadb-dump  Ver 10.19 Distrib 10.11.19-MariaDB, for …", "mariadb-dump from 11.8.3-MariaDB, client 10.19 for …",
# "mysqldump  Ver 9.7.0 for Linux on x86_64 (…)"
_VERSION = re.compile(r"(?:Distrib|from|Ver) (?P<all>(?P<major>[0-9]+)\.(?P<minor>[0-9]+)\.[0-9]+\S*?)(?:,| for )")


@dataclasses.dataclass(frozen=True)
class Clients:
    """A client and a dump program of one version; ``number`` is its major and minor."""

    client: str
    dump: str
    version: str
    number: tuple[int, int]


def find_clients(flavour: Flavour, options: Options, children: Children) -> Clients:
    """The programs of ``bin_dir``, else of the search path. Raises where they are absent or of the other family."""
    client = _find(flavour.clients, options)
    dump = _find(flavour.dumps, options)
    versions = [
        children.once(
            ("version", flavour.name, *options.prefix, program),
            functools.partial(_version, flavour, options, program, children),
        )
        for program in (client, dump)
    ]
    number, version = min(versions)
    return Clients(client, dump, version, number)


def _find(names: tuple[str, ...], options: Options) -> str:
    if options.prefix:
        return os.path.join(options.bin_dir, names[0])
    place = options.bin_dir or clean_environment({})["PATH"]
    found = next((path for path in (shutil.which(name, path=place) for name in names) if path), None)
    if found is None:
        where = f" in {options.bin_dir}" if options.bin_dir else ""
        raise ToolError(
            f"The program {' or '.join(repr(name) for name in names)} is not there{where}",
            "Install the server's client programs, or correct the option bin_dir",
            code="tool.missing",
        )
    return found


def _version(flavour: Flavour, options: Options, path: str, children: Children) -> tuple[tuple[int, int], str]:
    done = look(options.prefix, (path, "--version"), children)
    said = done.stdout.decode("utf-8", "replace")
    found = _VERSION.search(said)
    if found is None:
        raise EngineError(
            f"'{path}' does not say its version: it {end_words(done.status)}",
            f"Install {flavour.product}'s client programs anew, or name their directory by the option bin_dir",
            code="engine.mariadb.version",
        )
    if ("MariaDB" in said) != (flavour.name == "mariadb"):
        raise EngineError(
            f"'{path}' is not a client program of {flavour.product}: {said.strip()}",
            f"Install {flavour.product}'s client programs, and name their directory by the option bin_dir",
            code="engine.mariadb.flavour",
        )
    return (int(found["major"]), int(found["minor"])), found["all"]
