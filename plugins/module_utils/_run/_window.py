# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One maintenance window (K3): whose it is, and what is known of it while it is open."""

from __future__ import annotations

import dataclasses
import typing as t

from .._base._findings import Finding
from .._base._model import Group, Hooks, Source
from .._record._history import FAILED


@dataclasses.dataclass(frozen=True)
class Owner:
    """Whose window it is: a source or a group, with the sources that will be dumped in it."""

    kind: str
    name: str
    hooks: Hooks
    group: str
    sources: tuple[str, ...]
    night: str

    def title(self, when: str) -> str:
        return f"the {when}-hook of the {self.kind} {self.name}"


def owner_of_source(source: Source, night: str) -> Owner:
    return Owner("source", source.name, source.hooks, source.group, (source.name,), night)


def owner_of_group(group: Group, sources: t.Sequence[str], night: str) -> Owner:
    return Owner("group", group.name, group.hooks, group.name, tuple(sources), night)


@dataclasses.dataclass
class Window:
    """A window that is open. Who works in it sets ``outcome``, which the after-hook is told.

    ``before`` is the outcome of the before-hook, empty where there is none;
    ``findings`` belong to every dump that is made in the window.
    """

    began: str = ""
    before: str = ""
    outcome: str = FAILED
    findings: tuple[Finding, ...] = ()
