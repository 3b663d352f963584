# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folds the journal into attempts: one for each source of each run."""

from __future__ import annotations

import dataclasses
import typing as t

from . import _shapes
from ._hook_history import HookHistory
from ._journal import Entry, Journal

_DETAILED = 5000

SUCCESS = "success"
FAILED = "failed"
INTERRUPTED = "interrupted"
RUNNING = "running"
_NO_END = {"message": "it did not end", "remedy": ""}


@dataclasses.dataclass
class Attempt:
    """One try at one source, as ``runs`` of the facts show it."""

    run: str
    source: str
    type: str
    frequency: str
    night: str
    slot: str
    mode: str
    late: bool
    group: str = ""
    name: str = ""
    outcome: str = RUNNING
    started: str = ""
    ended: str = ""
    seconds: float = 0.0
    plain_bytes: int = 0
    stored_bytes: int = 0
    rows: int | None = None
    plausible: bool = True
    error: t.Mapping[str, str] | None = None
    findings: t.Sequence[t.Mapping[str, t.Any]] = ()
    copies: list[t.Mapping[str, t.Any]] = dataclasses.field(default_factory=list)

    def as_dict(self) -> dict[str, t.Any]:
        return dataclasses.asdict(self)


@dataclasses.dataclass
class History:
    """All attempts, oldest first, and what else the journal says of the present."""

    attempts: list[Attempt]
    open_runs: dict[str, list[Attempt]]
    unplanned: t.Sequence[t.Mapping[str, str]] = ()
    hooks: HookHistory = dataclasses.field(default_factory=HookHistory)

    def take(self, entry: Entry) -> None:
        """The next entry of the journal. Raises ``UnfitEntryError`` for what no run of ours writes."""
        handle = _HANDLERS.get(entry.event)
        if handle is not None:
            handle(self, entry.data, entry.at)

    def of(self, source: str) -> list[Attempt]:
        return [attempt for attempt in self.attempts if attempt.source == source]

    def success(self, key: tuple[str, str, str]) -> Attempt | None:
        """The newest attempt of a source, night and frequency that made a set."""
        for attempt in reversed(self.attempts):
            if attempt.outcome == SUCCESS and (attempt.source, attempt.night, attempt.frequency) == key:
                return attempt
        return None

    def lacks_copy(self, name: str, media: t.Iterable[str]) -> list[str]:
        """The media of which nobody ever said that a set was copied to them."""
        there = {
            copy["medium"]
            for attempt in self.attempts
            for copy in attempt.copies
            if attempt.name == name and not copy["error"]
        }
        return [medium for medium in media if medium not in there]

    def run(self, run: str) -> list[Attempt]:
        return [attempt for attempt in self.attempts if attempt.run == run]


def fold(entries: t.Iterable[Entry]) -> History:
    """Events to attempts; a run without its end stays open."""
    history = History([], {})
    for entry in entries:
        history.take(entry)
    return history


def history_of(journal: Journal, *, believed: bool = True) -> History:
    """What a journal tells, without keeping it in memory; an altered one is refused, or told up to its first fault."""
    history = History([], {})
    (journal.believe if believed else journal.walk)(history.take)
    return history


def _run_started(history: History, data: t.Mapping[str, t.Any], at: str) -> None:
    run, mode, jobs = _shapes.run_started(data)
    attempts = [Attempt(run=run, mode=mode, started=at, **job) for job in jobs]
    history.attempts += attempts
    history.open_runs[run] = attempts
    # Of the attempts of years only names, sizes and outcomes matter; the details of the recent ones fill reports.
    for old in history.attempts[-_DETAILED - len(attempts) : -_DETAILED]:
        old.findings, old.copies = (), []


def _source_event(history: History, data: t.Mapping[str, t.Any], _at: str) -> None:
    attempt = _find(history, data)
    if attempt is not None:
        for key, value in _shapes.result(data).items():
            setattr(attempt, key, value)


def _copy_finished(history: History, data: t.Mapping[str, t.Any], _at: str) -> None:
    attempt = _find(history, data)
    if attempt is not None:
        attempt.copies.append(_shapes.copy(data))


def _run_ended(history: History, data: t.Mapping[str, t.Any], at: str) -> None:
    run, error = _shapes.run_ended(data)
    for attempt in history.open_runs.pop(run, []):
        if attempt.outcome == RUNNING:
            attempt.outcome = INTERRUPTED
            attempt.ended = at
            attempt.error = error
    history.hooks.run_ended(run, at)


def _hook_started(history: History, data: t.Mapping[str, t.Any], at: str) -> None:
    history.hooks.started(_shapes.hook(data), at)


def _hook_finished(history: History, data: t.Mapping[str, t.Any], at: str) -> None:
    history.hooks.finished(_shapes.hook(data), at)


def _servers_seen(history: History, data: t.Mapping[str, t.Any], _at: str) -> None:
    history.unplanned = _shapes.unplanned(data)


def _find(history: History, data: t.Mapping[str, t.Any]) -> Attempt | None:
    meant = _shapes.about(data)
    for attempt in history.open_runs.get(meant["run"], []):
        if (attempt.source, attempt.frequency) == (meant["source"], meant["frequency"]):
            return attempt
    return None


_HANDLERS: t.Mapping[str, t.Callable[[History, t.Mapping[str, t.Any], str], None]] = {
    "run.started": _run_started,
    "source.started": _source_event,
    "source.finished": _source_event,
    "copy.finished": _copy_finished,
    "run.finished": _run_ended,
    "run.interrupted": _run_ended,
    "servers.seen": _servers_seen,
    "hook.started": _hook_started,
    "hook.finished": _hook_finished,
}


def problems(attempt: Attempt) -> list[str]:
    """What is not as it should be in an attempt, for the operator."""
    found = []
    if attempt.outcome != SUCCESS:
        found.append(f"{attempt.source} {attempt.outcome}: {_words(attempt.error or _NO_END)}")
    return found + [
        f"{attempt.source} has no copy on {copy['medium']}: {_words(copy['error'])}"
        for copy in attempt.copies
        if copy["error"]
    ]


def _words(error: t.Mapping[str, str]) -> str:
    return f"{error.get('message', '')}. {error.get('remedy', '')}".strip()
