# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The executor of a night: every job dumped, proven, copied and journalled, whatever happens."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import secrets
import typing as t

from .._base import _locks
from .._base._clock import Clock
from .._base._errors import BackupError, JournalError
from .._base._io import make_directory
from .._base._model import Site
from .._base._process import Children
from .._base._stop import StoppedError
from .._base._warden import Warden
from .._engines._base import Context
from .._record._history import FAILED, SUCCESS, Attempt, History, history_of
from .._record._journal import Journal
from .._sets._store import set_directory
from .._site._places import journal_path, progress_path, run_lock, work_root
from .._site._plan import SCHEDULED, Job, units_of
from ._forgotten import close_forgotten
from ._night import Night
from ._progress import Observer, Progress
from ._recover import recover
from ._servers import Servers
from ._windows import Windows
from ._work import Work


class Runner:
    """Executes jobs of one host. One instance makes one run."""

    def __init__(self, site: Site, clock: Clock, observer: Observer | None = None) -> None:
        self.site = site
        self.clock = clock
        self.journal = Journal(journal_path(site), clock)
        self.run_id = f"{clock.now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(8)}"
        self._observer = observer or Progress(progress_path(site, self.run_id))
        self._servers = Servers(site.sources)
        # What went wrong beside the sources: after-hooks that failed, of this run or of one before it.
        self.troubles: list[BackupError] = []

    def pending(self, jobs: t.Sequence[Job], *, again: bool = False) -> list[Job]:
        """The jobs that are not done yet (P12.3: a failed one is done again); a set may only lack its copies."""
        past = history_of(self.journal)
        return [left for job in jobs for left in ([job] if again or job.mode != SCHEDULED else self._left(job, past))]

    def _left(self, job: Job, past: History) -> list[Job]:
        done = past.success(job.key)
        if done is None:
            return [job]
        if not past.lacks_copy(done.name, job.source.media):
            return []
        there = os.path.isdir(set_directory(self.site.store, job.source.name, done.name))
        return [dataclasses.replace(job, made=done.name) if there else job]

    def close_forgotten(self) -> None:
        """Run the after-hooks that an earlier run left behind, also where nothing else is due."""
        self.troubles += close_forgotten(self.site, self.journal, self.run_id)

    def run(self, jobs: t.Sequence[Job], started: t.Callable[[], None] = lambda: None) -> list[Attempt]:
        """Record, do and close the jobs. Raises only when the run could not even be recorded."""
        with _locks.hold(run_lock(self.site, self.run_id), "This run", self.run_id) as held:
            # An application that an earlier run left in maintenance mode waits for nothing else.
            self.close_forgotten()
            recover(self.site, self.journal)
            past = history_of(self.journal)
            self._record_start(jobs)
            started()
            try:
                self._do(jobs, past, held)
            except StoppedError as stopped:
                self._interrupted(stopped.error)
                raise
            except BackupError as problem:
                self._interrupted(problem)
                raise
            except OSError as problem:
                told = _in_words("The run", problem)
                self._interrupted(told)
                raise told from problem
        return history_of(self.journal, believed=False).run(self.run_id)

    def _do(self, jobs: t.Sequence[Job], past: History, held: int) -> None:
        with Warden(held) as warden, Children(warden) as children:
            warden.watch_directory(os.path.join(work_root(self.site), self.run_id))
            with Windows(self.site, self.run_id, self.journal, self.clock, self._observer, warden) as windows:
                work = Work(self.site, self.run_id, self.journal, self.clock, self._observer, self._servers)
                night = Night(work, windows, past, warden, children)
                try:
                    outcomes = [night.unit(unit) for unit in units_of(self.site, jobs)]
                finally:
                    self.troubles += windows.troubles
            self._look_for_unplanned(children, warden)
        self._close(all(outcomes) and not self.troubles)

    def _record_start(self, jobs: t.Sequence[Job]) -> None:
        self.journal.append(
            "run.started",
            {
                "run": self.run_id,
                "mode": jobs[0].mode if jobs else SCHEDULED,
                "jobs": [
                    {
                        "source": job.source.name,
                        "type": job.type,
                        "frequency": job.frequency,
                        "night": job.night,
                        "slot": job.slot.stamp.isoformat(timespec="seconds"),
                        "late": job.slot.late,
                        "group": job.source.group,
                    }
                    for job in jobs
                ],
            },
        )

    def _close(self, good: bool) -> None:
        self._observer.step("", "close")
        outcome = SUCCESS if good else FAILED
        self.journal.append("run.finished", {"run": self.run_id, "outcome": outcome, "seconds": self._seconds()})

    def _interrupted(self, why: BackupError) -> None:
        """The run ends before its sources: the journal gets the reason. Where it cannot, the next run closes it."""
        with contextlib.suppress(JournalError):
            self.journal.append("run.interrupted", {"run": self.run_id, "error": why.as_dict()})

    def _look_for_unplanned(self, children: Children, warden: Warden) -> None:
        """Databases nobody planned (K1); needs a look at the sources that were not due tonight, too."""
        self._observer.step("", "servers")
        work = os.path.join(work_root(self.site), self.run_id, "servers")
        for source in self._servers.unasked():
            try:
                make_directory(work)
                warden.watch_directory(work)
                self._servers.look(source, Context(children, work))
            except (BackupError, OSError) as problem:
                self._servers.missed(source, problem)
        warden.remove_directory(work)
        found = {"unplanned": self._servers.unplanned(), "not_seen": self._servers.not_seen()}
        self.journal.append("servers.seen", {"run": self.run_id, **found})

    def _seconds(self) -> float:
        return round(self.clock.seconds(), 3)


def _in_words(what: str, problem: OSError) -> BackupError:
    text = f"{what} failed on {problem.filename or 'the operating system'}: {problem.strerror}"
    return BackupError(text, "See the host's log", code="disk")
