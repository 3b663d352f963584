# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Walks a store and tells sets from everything else, by names only. Never follows a link."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import typing as t

from .._base._errors import MediumError, NamingError
from .._base._io import PART
from .._naming import NameFields, check_data_name, parse
from ._store import MARKER, set_directory

# What a file system keeps at its own root.
_NOT_OURS = frozenset({"lost+found"})
UNKNOWN = "unknown"
UNFINISHED = "unfinished"
UNREADABLE = "unreadable"


@dataclasses.dataclass(frozen=True)
class FoundSet:
    """A directory that is named as a set of its source."""

    source: str
    name: str
    directory: str
    fields: NameFields

    @property
    def order(self) -> tuple[t.Any, ...]:
        """Sorts sets of one source from old to new, by their names."""
        fields = self.fields
        return (fields.year, fields.month, fields.day, fields.hour, fields.run, self.name)


@dataclasses.dataclass(frozen=True)
class Stray:
    """Something that is no set: ``kind`` is unknown (P13.6), unfinished (a leftover of a run, or a run
    at work), or unreadable."""

    path: str
    why: str
    kind: str = UNKNOWN


Entry = t.Union[FoundSet, Stray]


def scan(root: str, sources: t.Collection[str] = ()) -> t.Iterator[Entry]:
    """All that lies in a store, in the order of names; with ``sources`` only what lies with them."""
    try:
        entries = _listed(root)
    except OSError as problem:
        raise MediumError(
            f"The store cannot be listed: {root}: {problem.strerror}",
            "See the path, whether its medium is mounted, and the permissions",
            code="store.unreadable",
        ) from problem
    for entry in entries:
        try:
            directory = entry.is_dir(follow_symlinks=False)
            if entry.name in _NOT_OURS or (entry.name == MARKER and entry.is_file(follow_symlinks=False)):
                continue
            if sources and entry.name not in sources:
                continue
            why = ("" if directory else _not_a_directory(entry)) or _refused(entry.name)
        except OSError as problem:
            yield Stray(entry.path, f"cannot be looked at: {problem.strerror}", UNREADABLE)
            continue
        if why:
            yield Stray(entry.path, why)
        else:
            yield from _source(entry.path, entry.name)


def found_sets(root: str, sources: t.Collection[str] = ()) -> t.Iterator[FoundSet]:
    """The sets alone."""
    return (entry for entry in scan(root, sources) if isinstance(entry, FoundSet))


def named_sets(root: str, names: t.Iterable[str]) -> list[FoundSet]:
    """Where sets of these names would lie in a store; what is no name of the procedure is left out."""
    found = []
    for name in names:
        with contextlib.suppress(NamingError):
            fields = parse(name)
            found.append(FoundSet(fields.data, name, set_directory(root, fields.data, name), fields))
    return found


def newest_of_each(found: t.Iterable[FoundSet]) -> list[FoundSet]:
    """The newest set of every source, by name."""
    newest: dict[str, FoundSet] = {}
    for entry in found:
        if entry.source not in newest or newest[entry.source].order < entry.order:
            newest[entry.source] = entry
    return list(newest.values())


def _source(path: str, source: str) -> t.Iterator[Entry]:
    try:
        entries = _listed(path)
    except OSError as problem:
        yield Stray(path, f"cannot be listed: {problem.strerror}", UNREADABLE)
        return
    for entry in entries:
        try:
            why = "" if entry.is_dir(follow_symlinks=False) else _not_a_directory(entry)
        except OSError as problem:
            yield Stray(entry.path, f"cannot be looked at: {problem.strerror}", UNREADABLE)
            continue
        if why:
            yield Stray(entry.path, why)
        elif entry.name.endswith(PART):
            yield Stray(entry.path, "is an unfinished set: a run is at work, or was interrupted", UNFINISHED)
        else:
            yield _set(entry.path, source, entry.name)


def _set(path: str, source: str, name: str) -> Entry:
    try:
        fields = parse(name)
    except NamingError as problem:
        return Stray(path, f"has no name of the procedure: {problem.what}")
    if fields.data != source:
        return Stray(path, f"is a set of {fields.data} and lies with {source}")
    return FoundSet(source, name, path, fields)


def _listed(path: str) -> list[os.DirEntry[str]]:
    with os.scandir(path) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _not_a_directory(entry: os.DirEntry[str]) -> str:
    if entry.is_symlink():
        return "is a link, which is never followed"
    return "is a file that belongs to no set" if entry.is_file() else "is no file and no directory"


def _refused(source: str) -> str:
    try:
        check_data_name(source, "compact")
    except NamingError as problem:
        return f"has no name of the procedure: {problem.what}"
    return ""
