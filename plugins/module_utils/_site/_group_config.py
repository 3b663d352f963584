# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hooks and groups as somebody wrote them (K3)."""

from __future__ import annotations

import typing as t

from .._base._model import Group, Hook, Hooks, Source
from .._base._reader import Problems, Reader, shown
from .._base._wordlist import read_program

ON_FAILURE = ("fail", "continue")
_MOST_MINUTES = 1440


def read_groups(reader: Reader, check: t.Callable[[str], str]) -> tuple[Group, ...]:
    """The groups of a site; ``check`` knows what a name may be."""
    return tuple(_group(entry, check) for entry in reader.items("groups"))


def read_hooks(reader: Reader) -> Hooks:
    """``before`` and ``after`` of a source or a group."""
    return Hooks(_hook(reader, "before"), _hook(reader, "after"))


def check_membership(groups: t.Sequence[Group], sources: t.Sequence[Source], problems: Problems) -> None:
    """Every named group exists, and its members run at one time: otherwise there is no moment for all of them.

    A group without a source on this host is none of our business: groups are
    set for a site, sources often for a host.
    """
    known = [group.name for group in groups]
    first: dict[str, tuple[int, tuple[str, ...]]] = {}
    for number, source in enumerate(sources):
        if not source.group:
            continue
        if source.group not in known:
            text = f"{shown(source.group)} is not a group of this site ({', '.join(known) or 'none is configured'})"
            problems.add(f"sources[{number}].group", text)
            continue
        times = tuple(sorted({entry.at for entry in source.plan}))
        other, usual = first.setdefault(source.group, (number, times))
        if times != usual:
            theirs, ours = " and ".join(usual), " and ".join(times)
            text = f"sources[{other}] of the same group runs at {theirs}, this one at {ours}; one moment needs one time"
            problems.add(f"sources[{number}].group", text)


def _group(reader: Reader, check: t.Callable[[str], str]) -> Group:
    group = Group(reader.text("name", check=check), read_hooks(reader))
    reader.done()
    if not group.hooks:
        reader.bad("", "needs before or after: without them nothing holds its sources at one moment")
    return group


def _hook(reader: Reader, key: str) -> Hook | None:
    """Either a list of words, or a mapping with ``run`` and what belongs to it."""
    value = reader.raw(key)
    if value is None:
        return None
    if not isinstance(value, t.Mapping):
        return Hook(read_program(reader, key))
    inner = Reader(value, reader.at(key), reader.problems)
    words = read_program(inner, "run", required=True)
    limit = inner.integer("time_limit", Hook.time_limit, 1, _MOST_MINUTES)
    on_failure = inner.choice("on_failure", ON_FAILURE, Hook.on_failure) if key == "before" else Hook.on_failure
    inner.done()
    return Hook(words, limit, on_failure)
