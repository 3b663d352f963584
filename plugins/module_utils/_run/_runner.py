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
from .._base._clock import Clock, stamp
from .._base._errors import BackupError, Foreseen, JournalError
from .._base._io import disk_errors, make_directory
from .._base._model import Site
from .._base._process import Children
from .._base._stop import StoppedError
from .._base._warden import Warden
from .._copies._transfer import transfer_sets
from .._engines._base import Context
from .._record._history import FAILED, SUCCESS, Attempt, History, history_of
from .._record._journal import Journal
from .._sets._store import set_directory
from .._site._places import journal_path, progress_path, run_lock, source_lock, work_root
from .._site._plan import SCHEDULED, Job
from . import _preflight
from ._dump import Dump, Dumped
from ._plausible import judge, past_of
from ._progress import Observer, Progress
from ._recover import recover, sweep_source
from ._servers import Servers


class Runner:
    """Executes jobs of one host. One instance makes one run."""

    def __init__(self, site: Site, clock: Clock, observer: Observer | None = None) -> None:
        self.site = site
        self.clock = clock
        self.journal = Journal(journal_path(site), clock)
        self.run_id = f"{clock.now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
        self._observer = observer or Progress(progress_path(site, self.run_id))
        self._servers = Servers(site.sources)

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

    def run(self, jobs: t.Sequence[Job], started: t.Callable[[], None] = lambda: None) -> list[Attempt]:
        """Record, do and close the jobs. Raises only when the run could not even be recorded."""
        with _locks.hold(run_lock(self.site, self.run_id), "This run", self.run_id):
            recover(self.site, self.journal)
            past = history_of(self.journal)
            self._record_start(jobs)
            started()
            try:
                self._do(jobs, past)
            except StoppedError as stopped:
                self._interrupted(stopped.error)
                raise
            except BackupError as problem:
                self._interrupted(problem)
                raise
        return history_of(self.journal, believed=False).run(self.run_id)

    def _do(self, jobs: t.Sequence[Job], past: History) -> None:
        with Warden() as warden, Children(warden) as children:
            warden.watch_directory(os.path.join(work_root(self.site), self.run_id))
            outcomes = [self._guarded(job, past, warden, children) for job in jobs]
            self._look_for_unplanned(children, warden)
        self._close(all(outcomes))

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

    def _guarded(self, job: Job, past: History, warden: Warden, children: Children) -> bool:
        """One job under its source's lock; its failure is journalled and never stops the others."""
        name = job.source.name
        began = self.clock.seconds()
        start = stamp(self.clock.now())
        try:
            self._observer.step(name, "lock")
            with Foreseen(), _locks.hold(source_lock(self.site.state, name), f"The source {name}", self.run_id):
                self._event("source.started", job, {"started": start})
                if job.made:
                    return self._copy_made(job, past, start, began)
                with disk_errors("Cannot sweep", self.site.store):
                    sweep_source(self.site, name)
                dumped = self._dump(job, past, warden, children)
                self._finished(job, start, began, dumped)
                return self._copy(job, dumped.name)
        except BackupError as problem:
            self._failed(job, start, began, problem)
        except OSError as problem:
            text = f"{name} failed on {problem.filename or 'the operating system'}: {problem.strerror}"
            self._failed(job, start, began, BackupError(text, "See the host's log", code="disk"))
        return False

    def _dump(self, job: Job, past: History, warden: Warden, children: Children) -> Dumped:
        source = job.source
        work = os.path.join(work_root(self.site), self.run_id, source.name)
        with disk_errors("Cannot make the working directory", work):
            make_directory(work)
        warden.watch_directory(work)
        try:
            context = Context(children, work, source.protection.inventory)
            self._observer.step(source.name, "preflight")
            probe = self._servers.look(source, context)
            history = past_of(self.site, past, source.name)
            found = _preflight.check_source(self.site, source, probe, context, history)
            _preflight.refuse_errors(found)
            dump = Dump(self.site, job, self.run_id, self.clock, context, self._observer)
            return dump.make(
                probe,
                dump.free_name({attempt.name for attempt in history}),
                lambda plain, rows: judge(source.name, job.type, source.smallest, plain, rows, history),
                found,
            )
        finally:
            warden.remove_directory(work)

    def _copy_made(self, job: Job, past: History, start: str, began: float) -> bool:
        """A set of this night was made by an earlier run, whose copies failed or were cut short."""
        earlier = past.success(job.key)
        if earlier is not None:
            kept = ("name", "plain_bytes", "stored_bytes", "rows", "plausible", "findings")
            figures = {key: value for key, value in earlier.as_dict().items() if key in kept}
            self._event("source.finished", job, {**figures, "outcome": SUCCESS, **self._times(start, began)})
        return self._copy(job, job.made)

    def _copy(self, job: Job, name: str) -> bool:
        """Carry the new set to every medium of its source; each result is journalled."""
        media = [self.site.medium(name) for name in job.source.media]
        if not media:
            return True
        self._observer.step(job.source.name, "copy")
        results = transfer_sets(self.site, job.source.name, name, media, self.clock, moved=self._observer.moved)
        for result in results:
            self._event("copy.finished", job, result.as_event())
        return all(result.error is None for result in results)

    def _finished(self, job: Job, start: str, began: float, dumped: Dumped) -> None:
        self._observer.step(job.source.name, "journal")
        self._event(
            "source.finished",
            job,
            {
                "name": dumped.name,
                "outcome": SUCCESS,
                **self._times(start, began),
                "plain_bytes": dumped.plain_bytes,
                "stored_bytes": dumped.stored_bytes,
                "rows": dumped.rows,
                "plausible": dumped.plausible,
                "findings": [finding.as_dict() for finding in dumped.findings],
                "manifest_sha256": dumped.manifest_sha256,
            },
        )

    def _failed(self, job: Job, start: str, began: float, problem: BackupError) -> None:
        self._event(
            "source.finished",
            job,
            {
                "outcome": FAILED,
                **self._times(start, began),
                "error": problem.as_dict(),
            },
        )

    def _times(self, start: str, began: float) -> dict[str, t.Any]:
        seconds = round(self.clock.seconds() - began, 3)
        return {"started": start, "ended": stamp(self.clock.now()), "seconds": seconds}

    def _event(self, event: str, job: Job, data: t.Mapping[str, t.Any]) -> None:
        place = {"run": self.run_id, "source": job.source.name, "frequency": job.frequency}
        self.journal.append(event, {**place, **data})

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
