# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Follows a run through its journal: what happened since, what is happening, has it ended?"""

from __future__ import annotations

import dataclasses
import os
import time
import typing as t

from .._base import _locks
from .._base._clock import Clock
from .._base._errors import BackupError
from .._base._io import disk_errors
from .._base._model import Site
from .._record._history import Attempt, History
from .._record._hook_history import HookRun
from .._record._journal import Entry, Journal
from .._record._shapes import is_run_id
from .._site._places import journal_path, progress_path, run_lock
from ._forgotten import close_forgotten
from ._progress import read_progress
from ._recover import recover

_LOOK_EVERY = 0.2


@dataclasses.dataclass(frozen=True)
class View:
    """A run as it stands now; ``seen`` is where to go on reading."""

    finished: bool
    attempts: tuple[Attempt, ...]
    events: tuple[Entry, ...]
    progress: t.Mapping[str, t.Any]
    seen: int
    hooks: tuple[HookRun, ...] = ()


def follow(site: Site, run: str, since: int, step: int, wait: float, clock: Clock) -> View:
    """Wait up to ``wait`` seconds for news after journal entry ``since`` and progress step ``step``."""
    if not is_run_id(run):
        raise _unknown(run)
    journal = Journal(journal_path(site), clock)
    deadline = time.monotonic() + wait
    alive, size = _alive(site, run), _size(journal)
    view = _look(site, journal, run, since)
    while not (view.finished or view.events or view.progress.get("steps", 0) > step):
        if not alive:
            close_forgotten(site, journal)
            recover(site, journal)
            return _look(site, journal, run, since)
        if time.monotonic() >= deadline:
            break
        time.sleep(_LOOK_EVERY)
        # Asked before the journal is read: a run that ends in between has written its end by then.
        alive = _alive(site, run)
        # A journal of years is long, and most looks find it as it was.
        if _size(journal) != size:
            size = _size(journal)
            view = _look(site, journal, run, since)
        else:
            view = dataclasses.replace(view, progress=read_progress(progress_path(site, run)))
    return view


def _alive(site: Site, run: str) -> bool:
    return _locks.is_held(run_lock(site, run))


def _size(journal: Journal) -> int:
    with disk_errors("Cannot look at the journal", journal.path):
        try:
            return os.stat(journal.path).st_size
        except FileNotFoundError:
            return 0


def _look(site: Site, journal: Journal, run: str, since: int) -> View:
    history = History([], {})
    mine: list[Entry] = []

    def take(entry: Entry) -> None:
        history.take(entry)
        if run in (entry.data.get("run"), entry.data.get("in_run")):
            mine.append(entry)

    reading = journal.believe(take)
    if not mine:
        raise _unknown(run)
    ended = any(entry.event in ("run.finished", "run.interrupted") for entry in mine)
    hooks = tuple(history.hooks.of_run(run))
    news = tuple(entry for entry in mine if entry.seq > since)
    return View(ended, tuple(history.run(run)), news, read_progress(progress_path(site, run)), reading.count, hooks)


def _unknown(run: str) -> BackupError:
    return BackupError(
        f"The journal knows no run {ascii(run)[:60]}", "List the runs with backup_facts", code="run.unknown"
    )
