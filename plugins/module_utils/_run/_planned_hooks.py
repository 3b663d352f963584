# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What would run before and after the dumps of a night, looked at without running it (K3)."""

from __future__ import annotations

import dataclasses
import shlex
import typing as t

from .._base._errors import BackupError
from .._base._findings import ERROR, INFO, WARNING, Finding
from .._base._model import Hook, Site
from .._record._notes import forgotten
from .._site._plan import Job, units_of
from ._hook import AFTER, BEFORE, program_of
from ._window import Owner, owner_of_group, owner_of_source


@dataclasses.dataclass(frozen=True)
class PlannedHook:
    """A hook that a run would start."""

    kind: str
    name: str
    when: str
    hook: Hook
    sources: tuple[str, ...]

    def as_dict(self) -> dict[str, t.Any]:
        place = {"kind": self.kind, "name": self.name, "when": self.when, "words": list(self.hook.run)}
        return {**place, "time_limit": self.hook.time_limit, "sources": list(self.sources)}


def planned_hooks(site: Site, jobs: t.Sequence[Job]) -> list[PlannedHook]:
    """The hooks around these jobs, in the order in which they would run."""
    found: list[PlannedHook] = []
    for unit in units_of(site, jobs):
        if not unit.dumps:
            continue
        inner = [owner_of_source(job.source, job.night) for job in unit.dumps]
        owners = [hook for owner in inner for hook in (*_of(owner, BEFORE), *_of(owner, AFTER))]
        if unit.group:
            names = tuple(dict.fromkeys(job.source.name for job in unit.dumps))
            outer = owner_of_group(unit.group, names, unit.dumps[0].night)
            owners = [*_of(outer, BEFORE), *owners, *_of(outer, AFTER)]
        found += owners
    return found


def hook_lines(hooks: t.Sequence[PlannedHook]) -> list[str]:
    """One line for each hook, for people; the words are quoted as a shell would want them, though there is none."""
    return [
        f"{found.when} {', '.join(found.sources)} ({found.kind} {found.name}): {shlex.join(found.hook.run)}, "
        f"at most {found.hook.time_limit} min"
        for found in hooks
    ]


def hook_findings(site: Site, jobs: t.Sequence[Job]) -> list[Finding]:
    """Programs that could not be run, after-hooks that an earlier run left, groups that have no source here."""
    found: list[Finding] = []
    for planned in planned_hooks(site, jobs):
        try:
            program_of(planned.hook.run, f"the {planned.when}-hook of the {planned.kind} {planned.name}")
        except BackupError as problem:
            found.append(Finding(problem.code, ERROR, planned.name, problem.what, problem.remedy))
    for note in forgotten(site):
        text = f"The after-hook of {note.owner()} has not run since the run {note.run} was cut off"
        remedy = "The next run runs it before anything else; until then the application may be in maintenance mode"
        found.append(Finding("hook.pending", WARNING, note.name, text, remedy, {"name": note.name, "run": note.run}))
    for group in site.groups:
        if not site.members(group.name):
            text = f"No source of this host belongs to the group {group.name}"
            remedy = "Nothing is to be done where its sources lie on other hosts"
            found.append(Finding("group.empty", INFO, group.name, text, remedy, {"group": group.name}))
    return found


def waits_for_hook(site: Site, job: Job) -> bool:
    """Whether a before-hook may be what makes a source fit to be looked at."""
    owners: list[Owner] = [owner_of_source(job.source, job.night)]
    group = site.group(job.source.group)
    if group:
        owners.append(owner_of_group(group, (), job.night))
    return any(owner.hooks.before for owner in owners)


def _of(owner: Owner, when: str) -> list[PlannedHook]:
    hook = owner.hooks.before if when == BEFORE else owner.hooks.after
    return [PlannedHook(owner.kind, owner.name, when, hook, owner.sources)] if hook else []
