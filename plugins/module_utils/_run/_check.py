# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks for every obstacle of a run without making one (check mode)."""

from __future__ import annotations

import dataclasses
import typing as t

from .._base import _locks
from .._base._clock import Clock
from .._base._errors import BackupError
from .._base._findings import ERROR, WARNING, Finding
from .._base._model import Site, Source
from .._base._process import Children
from .._base._warden import Warden
from .._engines._base import Context, Probe
from .._record._history import History, history_of
from .._record._journal import Journal
from .._site._places import journal_path, source_lock
from .._site._plan import Job
from . import _preflight
from ._planned_hooks import hook_findings, waits_for_hook
from ._plausible import past_of
from ._servers import Servers, unplanned_findings


def check(site: Site, jobs: t.Sequence[Job], clock: Clock, work: str) -> list[Finding]:
    """Preflight for all sources of a site; nothing is written but credentials in the given directory."""
    past = history_of(Journal(journal_path(site), clock), believed=False)
    found = _preflight.check_places(site) + hook_findings(site, jobs)
    servers = Servers(site.sources)
    with Warden() as warden, Children(warden) as children:
        warden.watch_directory(work)
        for source in site.sources:
            due = next((job for job in jobs if job.source.name == source.name), None)
            found += _check_one(site, source, past, servers, Context(children, work), due)
    return found + unplanned_findings(servers.unplanned())


def _check_one(
    site: Site, source: Source, past: History, servers: Servers, context: Context, due: Job | None
) -> list[Finding]:
    found: list[Finding] = []
    # A before-hook may be what mounts it, starts it or makes its snapshot: only the night will tell.
    hopeful = due is not None and waits_for_hook(site, due)
    try:
        probe = servers.look(source, context)
        probe = dataclasses.replace(
            probe, findings=tuple(_softened(_named(source, one), hopeful) for one in probe.findings)
        )
    except BackupError as problem:
        # Tools and media are looked at all the same: one look should tell everything.
        found.append(_softened(_named(source, _preflight.as_finding(source.name, problem)), hopeful))
        probe = Probe(version="", estimated_bytes=0)
    if due is None:
        return found
    history = past_of(site, past, source.name)
    found += _preflight.check_source(site, source, probe, context, history)
    found += _preflight.check_media(site, source, _preflight.expected_stored(source, probe, history))
    if _locks.is_held(source_lock(site.state, source.name)):
        text = f"The source {source.name} is being backed up right now"
        found.append(Finding("lock.held", ERROR, source.name, text, "Wait until it has ended"))
    return found


def _softened(finding: Finding, hopeful: bool) -> Finding:
    return dataclasses.replace(finding, level=WARNING) if hopeful and finding.level == ERROR else finding


def _named(source: Source, finding: Finding) -> Finding:
    """An obstacle says whose it is: of twenty sources on one server one may have a wrong password."""
    if finding.level != ERROR or source.name in finding.message:
        return finding
    return dataclasses.replace(finding, message=f"{source.name}: {finding.message}")
