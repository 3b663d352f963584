# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done for one job: its set made, its copies carried, all of it journalled."""

from __future__ import annotations

import os
import typing as t

from .._base._clock import Clock, stamp
from .._base._errors import BackupError
from .._base._findings import Finding
from .._base._io import disk_errors, make_directory
from .._base._model import Site
from .._base._process import Children
from .._base._warden import Warden
from .._copies._transfer import transfer_sets
from .._engines._base import Context
from .._record._history import FAILED, SUCCESS, History
from .._record._journal import Journal
from .._site._places import work_root
from .._site._plan import Job
from . import _preflight
from ._dump import Dump, Dumped
from ._plausible import judge, past_of
from ._progress import Observer
from ._recover import sweep_source
from ._servers import Servers


class Work:
    """The steps of every job of one run; each result is journalled. Errors come through as `BackupError`."""

    def __init__(
        self, site: Site, run: str, journal: Journal, clock: Clock, observer: Observer, servers: Servers
    ) -> None:
        self.site = site
        self.run = run
        self.clock = clock
        self.observer = observer
        self._journal = journal
        self._servers = servers

    def started(self, job: Job, start: str) -> None:
        self._event("source.started", job, {"started": start})

    def dump(
        self,
        job: Job,
        past: History,
        warden: Warden,
        children: Children,
        known: t.Sequence[Finding],
        group: t.Mapping[str, t.Any],
    ) -> Dumped:
        """Make the set of a job. ``known`` is what the windows around it found, ``group`` what its manifest tells."""
        source = job.source
        with disk_errors("Cannot sweep", self.site.store):
            sweep_source(self.site, source.name)
        work = os.path.join(work_root(self.site), self.run, source.name)
        with disk_errors("Cannot make the working directory", work):
            make_directory(work)
        warden.watch_directory(work)
        try:
            context = Context(children, work, source.protection.inventory)
            self.observer.step(source.name, "preflight")
            probe = self._servers.look(source, context)
            history = past_of(self.site, past, source.name)
            found = _preflight.check_source(self.site, source, probe, context, history)
            _preflight.refuse_errors(found)
            dump = Dump(self.site, job, self.run, self.clock, context, self.observer, group)
            return dump.make(
                probe,
                dump.free_name({attempt.name for attempt in history}),
                lambda plain, rows: judge(source.name, job.type, source.smallest, plain, rows, history),
                (*known, *found),
            )
        finally:
            warden.remove_directory(work)

    def finished(self, job: Job, start: str, began: float, dumped: Dumped) -> None:
        self.observer.step(job.source.name, "journal")
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

    def made_before(self, job: Job, past: History, start: str, began: float) -> None:
        """A set of this night was made by an earlier run, whose copies failed or were cut short."""
        earlier = past.success(job.key)
        if earlier is not None:
            kept = ("name", "plain_bytes", "stored_bytes", "rows", "plausible", "findings")
            figures = {key: value for key, value in earlier.as_dict().items() if key in kept}
            self._event("source.finished", job, {**figures, "outcome": SUCCESS, **self._times(start, began)})

    def copy(self, job: Job, name: str) -> bool:
        """Carry a set to every medium of its source; each result is journalled."""
        media = [self.site.medium(name) for name in job.source.media]
        if not media:
            return True
        self.observer.step(job.source.name, "copy")
        results = transfer_sets(self.site, job.source.name, name, media, self.clock, moved=self.observer.moved)
        for result in results:
            self._event("copy.finished", job, result.as_event())
        return all(result.error is None for result in results)

    def failed(self, job: Job, start: str, began: float, problem: BackupError) -> None:
        times = self._times(start, began)
        self._event("source.finished", job, {"outcome": FAILED, **times, "error": problem.as_dict()})

    def _times(self, start: str, began: float) -> dict[str, t.Any]:
        seconds = round(self.clock.seconds() - began, 3)
        return {"started": start, "ended": stamp(self.clock.now()), "seconds": seconds}

    def _event(self, event: str, job: Job, data: t.Mapping[str, t.Any]) -> None:
        place = {"run": self.run, "source": job.source.name, "frequency": job.frequency}
        self._journal.append(event, {**place, **data})
