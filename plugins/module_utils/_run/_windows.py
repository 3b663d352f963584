# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Maintenance windows: what runs before and after the dumps of a source or a group (K3).

Whatever was begun is undone: the after-hook runs when the dumps failed, when
the run is told to stop, and when the journal or the disk refuse; from here
while the runner lives, by the warden when it is killed, and by the next run
(`_forgotten`) when the warden was killed as well or the machine lost power.
"""

from __future__ import annotations

import contextlib
import dataclasses
import time
import typing as t

from .._base._clock import Clock, stamp
from .._base._errors import BackupError, HookError, JournalError, ToolError
from .._base._findings import WARNING, Finding
from .._base._model import Hook, Site
from .._base._process import Children
from .._base._stop import StoppedError, held_back
from .._base._warden import Warden
from .._record import _notes
from .._record._history import FAILED, INTERRUPTED, SUCCESS
from .._record._journal import Journal
from .._record._notes import Note
from ._hook import AFTER, BEFORE, Ran, program_of, run_hook, told
from ._progress import Observer
from ._window import Owner, Window


@dataclasses.dataclass(eq=False)
class _Open:
    """A window that has to be closed; ``begun`` as soon as anything happened that must be undone."""

    owner: Owner
    window: Window
    note: str = ""
    begun: bool = False


class Windows:
    """The windows of one run. Leaving it closes what is still open, the innermost first."""

    def __init__(
        self, site: Site, run: str, journal: Journal, clock: Clock, observer: Observer, warden: Warden
    ) -> None:
        self._site = site
        self._run = run
        self._journal = journal
        self._clock = clock
        self._observer = observer
        self._warden = warden
        self._open: list[_Open] = []
        self.troubles: list[BackupError] = []

    def __enter__(self) -> Windows:
        return self

    def __exit__(self, *_unused: object) -> None:
        while self._open:
            with held_back(), contextlib.suppress(JournalError):
                self._close(self._open[-1])

    @contextlib.contextmanager
    def around(self, owner: Owner) -> t.Iterator[Window]:
        """The dumps inside run between the hooks of their owner. `HookError` when the before-hook forbids them."""
        window = Window(stamp(self._clock.now()))
        if not owner.hooks:
            yield window
            return
        for when, hook in ((BEFORE, owner.hooks.before), (AFTER, owner.hooks.after)):
            if hook:
                program_of(hook.run, owner.title(when))
        opened = _Open(owner, window)
        self._open.append(opened)
        try:
            self._begin(opened)
            yield window
        except BaseException as problem:
            if isinstance(problem, StoppedError):
                window.outcome = INTERRUPTED
            with held_back(), contextlib.suppress(JournalError):
                self._close(opened)
            raise
        with held_back():
            self._close(opened)

    def _begin(self, opened: _Open) -> None:
        """From the moment the before-hook starts the after-hook is certain: noted on disk, and known to the warden."""
        owner, window = opened.owner, opened.window
        if owner.hooks.after:
            self._put_note(opened, owner.hooks.after)
        if owner.hooks.before is None:
            opened.begun = True
            return
        self._journal_start(owner, BEFORE, owner.hooks.before)
        opened.begun = True
        self._observer.step(owner.name, "before-hook")
        with Children(self._warden) as children:
            ran = self._run_hook(owner, BEFORE, owner.hooks.before, children, "")
        self._journal_end(owner, BEFORE, owner.hooks.before, ran)
        window.before = FAILED if ran.error else SUCCESS
        window.began = stamp(self._clock.now())
        if ran.error is None:
            return
        if owner.hooks.before.on_failure == "continue":
            window.findings = (_without(owner, ran.error),)
            return
        names = ", ".join(owner.sources)
        raise HookError(
            f"{ran.error.what}; {names} {'were' if len(owner.sources) > 1 else 'was'} not dumped",
            ran.error.remedy,
            code=ran.error.code,
            detail=ran.error.detail,
        )

    def _put_note(self, opened: _Open, hook: Hook) -> None:
        owner = opened.owner
        environment = self._environment(owner, AFTER, INTERRUPTED)
        note = Note(
            self._run,
            owner.kind,
            owner.name,
            owner.sources,
            owner.night,
            opened.window.began,
            hook.run,
            hook.time_limit,
            environment,
        )
        with held_back():
            opened.note = _notes.put(self._site, note)
        self._warden.watch_hook(
            opened.note,
            {
                "argv": [program_of(hook.run, owner.title(AFTER)), *hook.run[1:]],
                "env": told(environment),
                "seconds": hook.time_limit * 60,
                "shift": self._clock.now().timestamp() - time.time(),
                "result": _notes.result_path(opened.note),
            },
        )

    def _close(self, opened: _Open) -> None:
        """Run the after-hook and strike the window out. Raises ``JournalError`` when all is done but the record."""
        if opened not in self._open:
            # The outer frame came first: a signal fell between the dump and its window.
            return
        hook = opened.owner.hooks.after
        ran, unwritten = self._after(opened, hook) if hook and opened.begun else (None, None)
        self._open.remove(opened)
        # What this host could not start just now is left to the warden, which comes when the run has ended.
        if opened.note and (ran is None or ran.began):
            self._warden.forget_hook(opened.note)
            if unwritten is None:
                _notes.discard(opened.note)
        if unwritten is not None:
            raise unwritten

    def _after(self, opened: _Open, hook: Hook) -> tuple[Ran, JournalError | None]:
        owner, outcome = opened.owner, opened.window.outcome
        with contextlib.suppress(JournalError):
            self._journal_start(owner, AFTER, hook)
        self._observer.step(owner.name, "after-hook")
        try:
            with Children(self._warden) as children:
                ran = self._run_hook(owner, AFTER, hook, children, outcome)
        except ToolError:
            # The warden was killed: the hook runs all the same.
            with Children() as children:
                ran = self._run_hook(owner, AFTER, hook, children, outcome)
        if ran.error:
            self.troubles.append(ran.error)
        try:
            self._journal_end(owner, AFTER, hook, ran)
        except JournalError as problem:
            if ran.began:
                self._keep_result(opened.note, ran)
            return ran, problem
        return ran, None

    def _keep_result(self, note: str, ran: Ran) -> None:
        """Nobody could journal it now; the next run does. Where even that fails, it runs the hook once more."""
        began = self._clock.now().timestamp() - ran.seconds
        late = ran.error is not None and ran.error.code == "hook.after_late"
        with contextlib.suppress(OSError):
            _notes.leave_result(note, _notes.Result(ran.status, late, ran.said, began, ran.seconds, "run"))

    def _run_hook(self, owner: Owner, when: str, hook: Hook, children: Children, outcome: str) -> Ran:
        environment = self._environment(owner, when, outcome)
        return run_hook(hook.run, hook.time_limit, environment, children, when, owner.title(when))

    def _environment(self, owner: Owner, when: str, outcome: str) -> dict[str, str]:
        found = {
            "NUSANTARA_HOOK": when,
            "NUSANTARA_SOURCE": " ".join(owner.sources),
            "NUSANTARA_GROUP": owner.group,
            "NUSANTARA_RUN": self._run,
            "NUSANTARA_NIGHT": owner.night,
        }
        return {**found, "NUSANTARA_OUTCOME": outcome} if when == AFTER else found

    def _journal_start(self, owner: Owner, when: str, hook: Hook) -> None:
        self._journal.append("hook.started", {**self._place(owner, when, hook), "time_limit": hook.time_limit})

    def _journal_end(self, owner: Owner, when: str, hook: Hook, ran: Ran) -> None:
        self._journal.append("hook.finished", {**self._place(owner, when, hook), "by": "run", **as_event(ran)})

    def _place(self, owner: Owner, when: str, hook: Hook) -> dict[str, t.Any]:
        place = {"run": self._run, "kind": owner.kind, "name": owner.name, "when": when, "night": owner.night}
        return {**place, "words": list(hook.run), "sources": list(owner.sources)}


def as_event(ran: Ran) -> dict[str, t.Any]:
    """How a hook ended, as it stands in the journal."""
    return {
        "outcome": FAILED if ran.error else SUCCESS,
        "status": ran.status,
        "seconds": ran.seconds,
        "said": ran.said,
        "error": ran.error.as_dict() if ran.error else None,
    }


def _without(owner: Owner, error: BackupError) -> Finding:
    text = f"{error.what}; it was dumped all the same, as on_failure says, and may not be consistent"
    params = {"name": owner.name, "error": error.code}
    return Finding("hook.continued", WARNING, owner.name, text, error.remedy, params)
