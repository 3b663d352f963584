# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""At the start of every run: close what an earlier one left open, and sweep what it left behind."""

from __future__ import annotations

import contextlib
import os
import shutil

from .._base import _locks
from .._base._errors import BackupError
from .._base._model import Site
from .._record._history import history_of
from .._record._journal import Journal
from .._sets import _store
from .._site._places import run_lock, work_root

_INTERRUPTED = {
    "code": "run.interrupted",
    "message": "The run was interrupted: its process ended before it could finish",
    "remedy": "See the host's log for a reboot, a kill or a lack of memory; the next run tries again",
    "detail": "",
}


def recover(site: Site, journal: Journal) -> list[str]:
    """Journal the end of runs whose process is gone, and remove their working files; returns the runs."""
    closed = []
    gone = [run for run in _open_runs(journal) if not _locks.is_held(run_lock(site, run))]
    # A run that came to its end between the two looks has said so by now.
    still_open = _open_runs(journal) if gone else ()
    for run in gone:
        if run in still_open:
            journal.append("run.interrupted", {"run": run, "error": _INTERRUPTED})
            closed.append(run)
    _sweep_work(site)
    return closed


def _open_runs(journal: Journal) -> list[str]:
    return list(history_of(journal).open_runs)


def sweep_source(site: Site, source: str) -> None:
    """Remove unfinished sets of a source; the caller holds the source's lock."""
    for staging in list(_store.staged(site.store, source)):
        _store.abandon(staging)


def _sweep_work(site: Site) -> None:
    """Working directories, progress and locks are named after their run; those of runs that are gone are removed.

    What cannot be looked at or removed now stays for the next run: no night fails for the leftovers of another.
    """
    for run in _listed(work_root(site)):
        if _gone(run_lock(site, run)):
            shutil.rmtree(os.path.join(work_root(site), run), ignore_errors=True)
    for name in _listed(os.path.join(site.state, "runs")):
        run, _dot, ending = name.partition(".")
        if ending in ("json", "json.new") and _gone(run_lock(site, run)):
            _remove(os.path.join(site.state, "runs", name))
    for name in _listed(os.path.join(site.state, "locks")):
        path = os.path.join(site.state, "locks", name)
        if name.startswith("run-") and _gone(path):
            with contextlib.suppress(BackupError, OSError):
                _locks.remove(path)


def _gone(lock: str) -> bool:
    with contextlib.suppress(BackupError):
        return not _locks.is_held(lock)
    return False


def _listed(directory: str) -> list[str]:
    with contextlib.suppress(OSError):
        return os.listdir(directory)
    return []


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)
