# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a source names the databases of a server: one, several, or all but some."""

from __future__ import annotations

import dataclasses
import typing as t

from .._base._reader import Reader, shown

_NAMED = 5


@dataclasses.dataclass(frozen=True)
class Databases:
    """``names``, or none with ``every`` set for all of the server but ``exclude``; ``single``: one, by ``database``."""

    names: tuple[str, ...] = ()
    single: bool = False
    every: bool = False
    exclude: tuple[str, ...] = ()


def read_databases(reader: Reader, check: t.Callable[[str], str]) -> Databases:
    """Take ``database`` or ``databases``, and ``exclude``; problems go to the reader."""
    found = _named(reader, check)
    exclude = reader.words("exclude", check=check)
    if exclude and not found.every:
        reader.bad("exclude", "belongs to 'databases: all'; leave the names out of the list instead")
    return dataclasses.replace(found, exclude=exclude)


def refuse_password(reader: Reader) -> None:
    """A password has no place in a configuration."""
    if reader.raw("password") is not None:
        reader.bad(
            "password",
            "is not taken, for it would lie in configuration and logs; write it into a file of mode 0600"
            " and name that by 'password_file'",
        )


def described(databases: Databases, server: str) -> str:
    """The databases in words: ``database simpeg on db.example.org:5432``."""
    if databases.every:
        less = f" but {_some(databases.exclude)}" if databases.exclude else ""
        return f"all databases{less} on {server}"
    word = "database" if len(databases.names) == 1 else "databases"
    return f"{word} {_some(databases.names)} on {server}"


def _named(reader: Reader, check: t.Callable[[str], str]) -> Databases:
    one, several = reader.has("database"), reader.has("databases")
    single = reader.text("database", "", check=check)
    value = reader.raw("databases", ())
    if one == several:
        reader.bad("database", "name one 'database', or 'databases' (a list, or the word all), not both or neither")
        return Databases()
    if one:
        if not single and reader.data.get("database") == "":
            reader.bad("database", "must not be empty")
        return Databases((single,), single=True)
    if isinstance(value, str):
        if value != "all":
            reader.bad("databases", f"{shown(value)} must be a list of names or the word all; one goes to 'database'")
        return Databases(every=True)
    names = reader.words("databases", check=check)
    if not names:
        reader.bad("databases", "must name at least one database")
    for name in sorted({name for name in names if names.count(name) > 1}):
        reader.bad("databases", f"{shown(name)} is named twice")
    return Databases(names)


def _some(names: t.Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
