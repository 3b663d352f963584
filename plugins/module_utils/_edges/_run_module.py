# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module ``backup_run`` does: check, start or follow a run."""

from __future__ import annotations

import datetime
import os
import typing as t

from .._base._clock import Clock
from .._base._errors import BackupError, sentences
from .._base._findings import ERROR, Finding
from .._base._io import disk_errors, make_directory, scratch
from .._base._model import Site
from .._base._owner import refuse_mixed_owners
from .._base._printable import harmless
from .._record._history import problems
from .._record._hook_history import after_problem
from .._run import _runner
from .._run._background import launch
from .._run._check import check
from .._run._follow import View, follow
from .._run._planned_hooks import planned_hooks
from .._site._plan import MODES, SCHEDULED, Job, plan_jobs
from .._site._site_args import SITE_OPTIONS, site_of

ARGUMENTS: dict[str, dict[str, t.Any]] = {
    **SITE_OPTIONS,
    "mode": {"type": "str", "choices": list(MODES), "default": SCHEDULED},
    "only": {"type": "list", "elements": "str", "default": []},
    "night": {"type": "str", "default": ""},
    "again": {"type": "bool", "default": False},
    "fail": {"type": "bool", "default": True},
    "follow": {"type": "str"},
    "since": {"type": "int", "default": 0},
    "step": {"type": "int", "default": 0},
    "wait": {"type": "float", "default": 20},
}


def run(params: t.Mapping[str, t.Any], check_mode: bool) -> dict[str, t.Any]:
    """The result of the module. Raises `BackupError`."""
    site, clock = site_of(params)
    if params["follow"]:
        return _news(site, params["follow"], params, clock)
    refuse_mixed_owners(site.store, site.state)
    jobs = plan_jobs(site, clock.now(), mode=params["mode"], only=params["only"], night=_night(params["night"]))
    if check_mode:
        return _check(site, jobs, params, clock)
    return _start(site, jobs, params, clock)


def _check(site: Site, jobs: t.Sequence[Job], params: t.Mapping[str, t.Any], clock: Clock) -> dict[str, t.Any]:
    runner = _runner.Runner(site, clock)
    pending = runner.pending(jobs, again=params["again"])
    with scratch("nusantara-backup-", _memory()) as work:
        findings = check(site, pending, clock, work)
    errors = [finding for finding in findings if finding.level == ERROR]
    return {
        **({} if site.sources else {"warnings": [_no_source(site)]}),
        "changed": bool(pending),
        "finished": True,
        "plan": [_planned(job) for job in pending],
        "hooks": [found.as_dict() for found in planned_hooks(site, pending)],
        "findings": [finding.as_dict() for finding in findings],
        "failed": bool(errors) and params["fail"],
        "msg": _check_words(site, pending, errors),
    }


def _start(site: Site, jobs: t.Sequence[Job], params: t.Mapping[str, t.Any], clock: Clock) -> dict[str, t.Any]:
    runner = _runner.Runner(site, clock)
    pending = runner.pending(jobs, again=params["again"])
    if not pending:
        runner.close_forgotten()
        what = " | ".join(map(str, runner.troubles))
        what = what or ("everything that is due has succeeded" if jobs else "nothing is due")
        said = {"changed": False, "finished": True, "attempts": [], "msg": f"{site.host}: {what}"}
        said["failed"] = bool(runner.troubles) and params["fail"]
        return said if site.sources else {**said, "warnings": [_no_source(site)]}
    with disk_errors("Cannot prepare", site.state):
        make_directory(os.path.join(site.state, "runs"))
    log = os.path.join(site.state, "runs", runner.run_id + ".log")
    launch(lambda started: _in_background(runner, pending, started), log)
    return {
        "changed": True,
        "finished": False,
        "run": runner.run_id,
        "plan": [_planned(job) for job in pending],
        "msg": f"{site.host}: run {runner.run_id} has started",
    }


def _in_background(runner: _runner.Runner, jobs: t.Sequence[Job], started: t.Callable[[], None]) -> None:
    runner.run(jobs, started)


def _news(site: Site, run_id: str, params: t.Mapping[str, t.Any], clock: Clock) -> dict[str, t.Any]:
    view = follow(site, run_id, params["since"], params["step"], params["wait"], clock)
    bad = [line for attempt in view.attempts for line in problems(attempt)] if view.finished else []
    bad += [line for line in map(after_problem, view.hooks) if line] if view.finished else []
    return {
        "changed": True,
        "finished": view.finished,
        "run": run_id,
        "attempts": [attempt.as_dict() for attempt in view.attempts],
        "hooks": [found.as_dict() for found in view.hooks],
        "events": [{"event": entry.event, "at": entry.at, "data": harmless(entry.data)} for entry in view.events],
        "progress": dict(view.progress),
        "since": view.seen,
        "step": view.progress.get("steps", 0),
        "failed": bool(bad) and params["fail"],
        "msg": _end_words(site, run_id, view, bad),
    }


def _no_source(site: Site) -> str:
    return f"{site.host}: no source is configured (backup_sources is empty), so nothing of this host is backed up"


def _planned(job: Job) -> dict[str, t.Any]:
    return {
        "source": job.source.name,
        "engine": job.source.engine,
        "type": job.type,
        "frequency": job.frequency,
        "night": job.night,
        "slot": job.slot.stamp.isoformat(timespec="seconds"),
        "late": job.slot.late,
        "group": job.source.group,
        "media": list(job.source.media),
    }


def _check_words(site: Site, jobs: t.Sequence[Job], errors: t.Sequence[Finding]) -> str:
    names = ", ".join(job.source.name for job in jobs) or "nothing"
    # The same obstacle of two sources, such as a medium of both, is told once.
    words = list(dict.fromkeys(sentences(finding.message, finding.remedy) for finding in errors))
    count = f"{len(words)} obstacle{'s' if len(words) != 1 else ''}: " if words else "no obstacle was found"
    return f"{site.host}: would back up {names}; {count}" + " | ".join(words)


def _end_words(site: Site, run_id: str, view: View, bad: t.Sequence[str]) -> str:
    if not view.finished:
        return f"{site.host}: run {run_id} goes on"
    if bad:
        return f"{site.host}: " + " | ".join(bad)
    return f"{site.host}: {len(view.attempts)} of {len(view.attempts)} sources backed up"


def _night(text: str) -> datetime.date | None:
    if not text:
        return None
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as problem:
        raise BackupError(
            f"The night {ascii(text)[:40]} is not a date", "Write it like 2026-11-20", code="config.night"
        ) from problem


def _memory() -> str | None:
    """Credentials of a check go to a file system in memory where there is one."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
