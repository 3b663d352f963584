# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The facts of a host (``docs/facts.md``): what the journal and the store say, and nothing secret."""

from __future__ import annotations

import datetime
import os
import shutil
import typing as t

from .._base import _locks
from .._base._clock import Clock, stamp
from .._base._errors import BackupError, MediumError
from .._base._findings import ERROR
from .._base._io import existing_parent
from .._base._model import Group, Hooks, Medium, Site, Source
from .._base._version import VERSION
from .._engines._registry import ENGINES
from .._media._registry import answer_of, look_at
from .._sets._catalogue import contents
from .._sets._verified import last_verified
from .._site._places import journal_path, run_lock
from ._history import Attempt, History
from ._hook_history import HookRun
from ._journal import Journal
from ._notes import forgotten

SCHEMA = 1
_MOST_NIGHTS = 36600
_NO_DISK = {"reachable": False, "problem": "", "free_bytes": 0, "total_bytes": 0}


def facts(site: Site, clock: Clock, nights: int) -> dict[str, t.Any]:
    """All facts; runs of the last ``nights`` nights."""
    if not 0 <= nights <= _MOST_NIGHTS:
        raise BackupError(
            f"Runs of {nights} nights cannot be shown", f"Ask for 0 to {_MOST_NIGHTS} nights", code="config.nights"
        )
    history = History([], {})
    reading = Journal(journal_path(site), clock).walk(history.take)
    sets, unknown = contents(site.store, site.state)
    verified = last_verified(site.state)
    return {
        "schema": SCHEMA,
        "collection": VERSION,
        "host": site.host,
        "building": site.building,
        "zone": site.zone,
        "generated": stamp(clock.now()),
        "style": site.style,
        "window_end": site.window_end,
        "state": site.state,
        "store": {"path": site.store, **_disk(site.store), "sets": len(sets)},
        "journal": {
            "entries": reading.count,
            "head": reading.head,
            "intact": not reading.problem,
            "problem": reading.problem,
        },
        "media": [_medium(site, medium) for medium in site.media],
        "sources": [_source(source) for source in site.sources],
        "groups": [_group(site, group) for group in site.groups],
        "runs": _runs(site, history.attempts, clock, nights),
        "hooks": _hooks(site, history, clock, nights),
        "sets": sets,
        "unplanned": list(history.unplanned),
        "unknown": unknown,
        "verified": verified if verified["places"] else None,
    }


def _runs(site: Site, attempts: t.Sequence[Attempt], clock: Clock, nights: int) -> list[dict[str, t.Any]]:
    first = (clock.now() - datetime.timedelta(days=nights)).date().isoformat()
    shown = []
    for attempt in reversed(attempts):
        if attempt.night >= first:
            entry = attempt.as_dict()
            if entry["outcome"] == "running" and not _locks.is_held(run_lock(site, attempt.run)):
                entry["outcome"] = "interrupted"
            shown.append(entry)
    return shown


def _hooks(site: Site, history: History, clock: Clock, nights: int) -> list[dict[str, t.Any]]:
    """Hooks that ran, newest first; before them after-hooks that are still due, for their run is gone."""
    first = (clock.now() - datetime.timedelta(days=nights)).date().isoformat()
    due = [
        HookRun(note.run, note.kind, note.name, "after", note.night, note.words, note.sources, outcome="pending")
        for note in forgotten(site)
    ]
    ran = [found for found in reversed(history.hooks.runs) if found.night >= first]
    shown = []
    for found in due + ran:
        entry = found.as_dict()
        if entry["outcome"] == "running" and not _locks.is_held(run_lock(site, found.in_run or found.run)):
            entry["outcome"] = "interrupted"
        shown.append(entry)
    return shown


def _group(site: Site, group: Group) -> dict[str, t.Any]:
    return {"name": group.name, **_words(group.hooks), "sources": [source.name for source in site.members(group.name)]}


def _words(hooks: Hooks) -> dict[str, list[str]]:
    """What runs before and after; words are not secret, as the page on hooks says."""
    return {
        "before": list(hooks.before.run) if hooks.before else [],
        "after": list(hooks.after.run) if hooks.after else [],
    }


def _source(source: Source) -> dict[str, t.Any]:
    return {
        "name": source.name,
        "engine": source.engine,
        "description": source.description,
        "target": ENGINES[source.engine].describe(source.options),
        "media": list(source.media),
        "encryption": source.protection.encryption,
        "recipients": len(source.protection.recipients),
        "each": source.each,
        "group": source.group,
        **_words(source.hooks),
        "plan": [
            {"type": entry.type, "frequency": entry.frequency, "day": entry.day, "at": entry.at}
            for entry in source.plan
        ],
    }


def _medium(site: Site, medium: Medium) -> dict[str, t.Any]:
    problem = ""
    try:
        disk = answer_of(lambda: _disk(medium.path))
        errors = [found for found in look_at(medium, site.store) if found.level == ERROR]
        problem = errors[0].message if errors else ""
    except TimeoutError:
        disk = {**_NO_DISK, "problem": f"{medium.path} does not answer"}
    except MediumError as refused:
        problem = refused.what
    return {
        "name": medium.name,
        "kind": medium.kind,
        "path": medium.path,
        "building": medium.building,
        **disk,
        "reachable": disk["reachable"] and not problem,
        "problem": problem or disk["problem"],
    }


def _disk(path: str) -> dict[str, t.Any]:
    try:
        there = os.path.isdir(path)
        usage = shutil.disk_usage(path if there else existing_parent(path))
    except OSError as problem:
        return {**_NO_DISK, "problem": f"{path}: {problem.strerror}"}
    text = "" if there else f"{path} does not exist yet"
    return {"reachable": there, "problem": text, "free_bytes": usage.free, "total_bytes": usage.total}
