# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of a night: locks, the window of a group with the windows of its sources inside, then the copies (K3).

Copies come after the last after-hook: an application is kept in maintenance
mode for its dumps, and not for the way to another building.
"""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

from .._base import _locks
from .._base._clock import stamp
from .._base._errors import BackupError, Foreseen
from .._base._findings import WARNING, Finding
from .._base._model import Group
from .._base._process import Children
from .._base._warden import Warden
from .._record._history import SUCCESS, History
from .._site._places import source_lock
from .._site._plan import INCIDENTAL, Job, Unit, due_entries
from ._window import Window, owner_of_group, owner_of_source
from ._windows import Windows
from ._work import Work


@dataclasses.dataclass
class _Try:
    """One job under way: since when, the name of its set as soon as there is one, whether something failed."""

    job: Job
    start: str
    began: float
    name: str = ""
    failed: bool = False


class Night:
    """Does the units of one run. A failure is journalled and never stops the others."""

    def __init__(self, work: Work, windows: Windows, past: History, warden: Warden, children: Children) -> None:
        self._work = work
        self._windows = windows
        self._past = past
        self._warden = warden
        self._children = children

    def unit(self, unit: Unit) -> bool:
        """Jobs that share a window: whether all of them came to a good end."""
        tries = [self._try(job) for job in unit.jobs]
        with contextlib.ExitStack() as locks:
            held: set[str] = set()
            for one in tries:
                with self._failing(one):
                    self._lock(one, locks, held)
            self._dump_all(unit, [one for one in tries if not one.failed])
            for one in tries:
                if not one.failed:
                    with self._failing(one):
                        self._copy(one)
        return not any(one.failed for one in tries)

    def _try(self, job: Job) -> _Try:
        return _Try(job, stamp(self._work.clock.now()), self._work.clock.seconds())

    def _lock(self, one: _Try, locks: contextlib.ExitStack, held: set[str]) -> None:
        """Every source of a unit is locked before its first hook starts, and until its copies stand."""
        name = one.job.source.name
        self._work.observer.step(name, "lock")
        if name not in held:
            path = source_lock(self._work.site.state, name)
            locks.enter_context(_locks.hold(path, f"The source {name}", self._work.run))
            held.add(name)

    def _dump_all(self, unit: Unit, tries: t.Sequence[_Try]) -> None:
        dumps = [one for one in tries if not one.job.made]
        if unit.group is None or not dumps:
            for one in dumps:
                self._dump(one, Window(), {}, ())
            return
        names = tuple(dict.fromkeys(one.job.source.name for one in dumps))
        apart = self._apart(unit.group, dumps, names)
        try:
            with self._windows.around(owner_of_group(unit.group, names, dumps[0].job.night)) as window:
                told = {"name": unit.group.name, "began": window.began, "before": window.before, "sources": list(names)}
                for one in dumps:
                    self._dump(one, window, told, apart)
                if not any(one.failed for one in dumps):
                    window.outcome = SUCCESS
        except BackupError as problem:
            self._none_dumped(dumps, problem)

    def _none_dumped(self, dumps: t.Sequence[_Try], problem: BackupError) -> None:
        """The window could not be opened. Where it was, the journal failed at its end, which stops the run."""
        if any(one.name or one.failed for one in dumps):
            raise problem
        for one in dumps:
            self._fail(one, problem)

    def _dump(self, one: _Try, around: Window, group: t.Mapping[str, t.Any], apart: t.Sequence[Finding]) -> None:
        """One source in its own window, which lies inside its group's."""
        job = one.job
        one.start, one.began = stamp(self._work.clock.now()), self._work.clock.seconds()
        with self._failing(one):
            self._work.started(job, one.start)
            with self._windows.around(owner_of_source(job.source, job.night)) as window:
                known = (*apart, *around.findings, *window.findings)
                dumped = self._work.dump(job, self._past, self._warden, self._children, known, group)
                window.outcome = SUCCESS
                self._work.finished(job, one.start, one.began, dumped)
                one.name = dumped.name

    def _copy(self, one: _Try) -> None:
        job = one.job
        if job.made:
            one.start, one.began = stamp(self._work.clock.now()), self._work.clock.seconds()
            self._work.started(job, one.start)
            self._work.made_before(job, self._past, one.start, one.began)
        if not self._work.copy(job, job.made or one.name):
            one.failed = True

    def _apart(self, group: Group, dumps: t.Sequence[_Try], names: t.Sequence[str]) -> tuple[Finding, ...]:
        """Members that are due on this night as well, and are not dumped in this window: no moment holds them all."""
        job = dumps[0].job
        others = [
            member.name
            for member in self._work.site.members(group.name)
            if member.name not in names and (job.mode == INCIDENTAL or due_entries(member, job.slot.night))
        ]
        if not others:
            return ()
        text = f"{', '.join(names)} of the group {group.name} was dumped without {', '.join(others)}"
        remedy = "Back up all sources of the group in one run where they must be of one moment"
        params = {"group": group.name, "names": ", ".join(names), "others": ", ".join(others)}
        return (Finding("group.apart", WARNING, group.name, f"{text}: they are not of one moment", remedy, params),)

    @contextlib.contextmanager
    def _failing(self, one: _Try) -> t.Iterator[None]:
        """What fails here is journalled as the failure of this job; a journal that fails stops the run."""
        try:
            with Foreseen():
                yield
        except BackupError as problem:
            self._fail(one, problem)
        except OSError as problem:
            name = one.job.source.name
            text = f"{name} failed on {problem.filename or 'the operating system'}: {problem.strerror}"
            self._fail(one, BackupError(text, "See the host's log", code="disk"))

    def _fail(self, one: _Try, problem: BackupError) -> None:
        one.failed = True
        self._work.failed(one.job, one.start, one.began, problem)
