# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folds the journal's events of hooks: one entry for each time that a hook ran (K3)."""

from __future__ import annotations

import dataclasses
import typing as t

RUNNING = "running"
# Enough for the reports of a year and more; a journal of many years must not cost memory that grows with it.
_KEPT = 5000


@dataclasses.dataclass
class HookRun:
    """One run of a hook, as ``hooks`` of the facts show it.

    ``kind``: source or group; ``when``: before or after; ``by``: run, warden
    or recovery; ``in_run``: the later run that did it for one that was gone.
    """

    run: str
    kind: str
    name: str
    when: str
    night: str
    words: t.Sequence[str]
    sources: t.Sequence[str]
    started: str = ""
    ended: str = ""
    outcome: str = RUNNING
    status: int | None = None
    seconds: float = 0.0
    said: str = ""
    by: str = "run"
    in_run: str = ""
    error: t.Mapping[str, str] | None = None

    def as_dict(self) -> dict[str, t.Any]:
        return {**dataclasses.asdict(self), "words": list(self.words), "sources": list(self.sources)}


_FIELDS = {field.name for field in dataclasses.fields(HookRun)}


class HookHistory:
    """All runs of hooks, oldest first."""

    def __init__(self) -> None:
        self.runs: list[HookRun] = []
        self._at_work: list[HookRun] = []

    def started(self, data: t.Mapping[str, t.Any], at: str) -> None:
        self._at_work.append(self._add(data, at))

    def finished(self, data: t.Mapping[str, t.Any], at: str) -> None:
        found = self._open(data) or self._add(data, at)
        for key in _FIELDS & data.keys():
            setattr(found, key, data[key])
        found.ended = data.get("ended", at)

    def run_ended(self, run: str, at: str) -> None:
        """What a run that is gone had started ended with it; an after-hook is run again, which tells more."""
        for found in self._at_work:
            if run in (found.run, found.in_run):
                found.outcome, found.ended = "interrupted", at
        self._at_work = [found for found in self._at_work if found.outcome == RUNNING]

    def of_run(self, run: str) -> list[HookRun]:
        """The hooks that belong to a run, or that it ran for an earlier one."""
        return [found for found in self.runs if run in (found.run, found.in_run)]

    def _add(self, data: t.Mapping[str, t.Any], at: str) -> HookRun:
        found = HookRun(**{key: data[key] for key in _FIELDS & data.keys()})
        found.started = data.get("started", at)
        self.runs.append(found)
        del self.runs[:-_KEPT]
        return found

    def _open(self, data: t.Mapping[str, t.Any]) -> HookRun | None:
        same = ("run", "kind", "name", "when", "in_run")
        for found in self._at_work:
            if all(getattr(found, key) == data.get(key, "") for key in same):
                self._at_work.remove(found)
                return found
        return None


def after_problem(found: HookRun) -> str:
    """What is wrong with an after-hook, for the operator; a before-hook's failure is told by its sources."""
    if found.when != "after" or not found.error:
        return ""
    late = f" (of the run {found.run})" if found.in_run else ""
    return f"{found.error.get('message', '')}{late}. {found.error.get('remedy', '')}"
