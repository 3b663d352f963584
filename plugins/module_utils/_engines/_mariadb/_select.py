# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which databases a source stands for today, and what is wrong with its choice."""

from __future__ import annotations

import typing as t

from ..._base._findings import ERROR, INFO, Finding
from ..._base._printable import fits
from ._flavour import SYSTEM_DATABASES
from ._options import Options

_NAMED = 10


def select(options: Options, databases: t.Collection[str], server: str) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """The databases that will be dumped: found anew each time, so that today's new one is among them."""
    findings: list[Finding] = []
    own = [name for name in databases if name.lower() not in SYSTEM_DATABASES]
    if options.every:
        findings += [_not_there(name) for name in options.exclude if name not in databases]
        wanted = [name for name in own if name not in options.exclude]
        if not wanted:
            findings.append(
                Finding(
                    "engine.mariadb.unknown_database",
                    ERROR,
                    server,
                    "The server has no database for this source",
                    "See the source's exclude, and whether this is the right server",
                )
            )
    else:
        wanted = list(options.databases)
    good = []
    for name in wanted:
        problem = _problem(name, databases, own, server)
        if problem is None:
            good.append(name)
        else:
            findings.append(problem)
    return tuple(good), tuple(findings)


def _not_there(name: str) -> Finding:
    return Finding(
        "engine.mariadb.exclude",
        INFO,
        name,
        f"The source excludes {name!r}, which is not on the server",
        "Correct the name if it is a slip",
    )


def _problem(name: str, databases: t.Collection[str], own: t.Sequence[str], server: str) -> Finding | None:
    if name not in databases:
        known = ", ".join(repr(other) for other in own[:_NAMED])
        return Finding(
            "engine.mariadb.unknown_database",
            ERROR,
            name,
            f"Database {name!r} is not on {server}, or this account may not see it",
            f"Correct the name; the server shows {known or 'none'}",
        )
    if name not in own:
        return Finding(
            "engine.mariadb.system_database",
            ERROR,
            name,
            f"Database {name!r} on {server} is the server's own, and no other server can take it",
            "Leave it out: users and grants are in the part 'accounts'",
        )
    if not fits(name):
        return Finding(
            "engine.mariadb.name",
            ERROR,
            name,
            f"The name of database {name!a} on {server} has a control character",
            "Give its tables a database with another name",
        )
    return None
