# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows that a run left open because it was killed: their after-hooks come first, before anything else."""

from __future__ import annotations

import contextlib
import datetime
import os
import typing as t

from .._base import _locks
from .._base._clock import UTC, stamp
from .._base._errors import BackupError, HookError, JournalError, LockError
from .._base._model import Site
from .._base._process import Children
from .._record import _notes
from .._record._journal import Journal
from .._record._notes import Note, Result
from .._site._places import run_lock, window_lock
from ._hook import AFTER, Ran, ended_badly, run_hook, shortened, too_late
from ._windows import as_event


def close_forgotten(site: Site, journal: Journal, run: str = "") -> list[BackupError]:
    """Run or journal what is left of windows whose run is gone; returns what went wrong.

    ``run`` is who does it, if a run does. What the warden has run already is
    journalled only. A journal that cannot be written keeps no hook waiting.
    """
    with contextlib.suppress(OSError):
        _notes.sweep(site)
    troubles: list[BackupError] = []
    for path in _notes.paths(site):
        # Who holds the lock does this very work just now.
        with contextlib.suppress(LockError), _locks.hold(window_lock(site, path), "This window"):
            error = _close_one(site, path, journal, run)
            troubles += [error] if error else []
    return troubles


def _close_one(site: Site, path: str, journal: Journal, run: str) -> BackupError | None:
    try:
        note = _notes.read(path)
    except FileNotFoundError:
        return None
    except HookError as problem:
        return _set_aside(path, problem)
    return None if _locks.is_held(run_lock(site, note.run)) else _close(path, note, journal, run)


def _close(path: str, note: Note, journal: Journal, run: str) -> BackupError | None:
    place: dict[str, t.Any] = {
        "run": note.run,
        "kind": note.kind,
        "name": note.name,
        "when": AFTER,
        "night": note.night,
        "words": list(note.words),
        "sources": list(note.sources),
        "in_run": run,
    }
    title = f"the {AFTER}-hook of {note.owner()}"
    result = _notes.read_result(path)
    if result:
        ran, times = _ran_before(result, note, title)
        place = {**place, "by": result.by, **times}
    else:
        with contextlib.suppress(JournalError):
            journal.append("hook.started", {**place, "time_limit": note.time_limit})
        with Children() as children:
            ran = run_hook(note.words, note.time_limit, note.environment, children, AFTER, title)
        place["by"] = "recovery"
    try:
        journal.append("hook.finished", {**place, **as_event(ran)})
    except JournalError:
        if result is None and ran.began:
            began = journal.clock.now().timestamp() - ran.seconds
            late = ran.error is not None and ran.error.code == "hook.after_late"
            with contextlib.suppress(OSError):
                _notes.leave_result(path, Result(ran.status, late, ran.said, began, ran.seconds, "recovery"))
        return ran.error
    # For want of processes or memory: the next run tries again. A program that is gone would never let it go.
    if ran.began or (ran.error is not None and ran.error.code == "hook.program"):
        _notes.discard(path)
    return ran.error


def _ran_before(result: Result, note: Note, title: str) -> tuple[Ran, dict[str, str]]:
    """What the warden did, in the words that the run itself would have used."""
    error: BackupError | None = None
    if result.late:
        error = too_late(AFTER, title, note.time_limit, result.said)
    elif result.status:
        error = ended_badly(AFTER, title, result.status, result.said)
    times = {"started": _moment(result.began), "ended": _moment(result.began + result.seconds)}
    return Ran(result.status, shortened(result.said), result.seconds, error), times


def _moment(seconds: float) -> str:
    return stamp(datetime.datetime.fromtimestamp(seconds, UTC))


def _set_aside(path: str, problem: HookError) -> HookError:
    """A note that nobody can understand must not close its window to every run to come."""
    with contextlib.suppress(OSError):
        os.rename(path, path + ".broken")
    return problem
