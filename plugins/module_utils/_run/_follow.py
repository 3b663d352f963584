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

_LOOK_EVERY = 0.1
# Each answer costs the host the start of a Python beside its dump, and steps come in bunches: a bunch is told together.
_QUIET = 0.4
_LONGEST_BUNCH = 2.0


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
    """Wait up to ``wait`` seconds for news after journal entry ``since`` and progress step ``step``.

    News that come shortly after each other are told together, so the end of a short run is in the first answer.
    """
    if not is_run_id(run):
        raise _unknown(run)
    journal = Journal(journal_path(site), clock)
    deadline = time.monotonic() + wait
    alive, size = _alive(site, run), _size(journal)
    view = _look(site, journal, run, since)
    bunch = _Bunch(step)
    while not view.finished:
        if not alive:
            close_forgotten(site, journal)
            recover(site, journal)
            return _look(site, journal, run, since)
        if time.monotonic() >= deadline or bunch.is_whole(view):
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


class _Bunch:
    """News after a step, from the first of them until none comes for a moment."""

    def __init__(self, step: int) -> None:
        self._step = step
        self._news = (0, step)
        self._begun = self._changed = 0.0

    def is_whole(self, view: View) -> bool:
        now, news = time.monotonic(), (len(view.events), view.progress.get("steps", 0))
        if not view.events and news[1] <= self._step:
            return False
        if news != self._news:
            self._news, self._changed = news, now
            self._begun = self._begun or now
        return now - self._changed >= _QUIET or now - self._begun >= _LONGEST_BUNCH


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
