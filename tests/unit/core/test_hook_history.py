# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hooks in the journal (K3), folded."""

from __future__ import annotations

import typing as t

from ansible_collections.nusantara.backup.plugins.module_utils._record._history import fold
from ansible_collections.nusantara.backup.plugins.module_utils._record._hook_history import HookRun, after_problem
from ansible_collections.nusantara.backup.plugins.module_utils._record._journal import Entry

PLACE: dict[str, t.Any] = {
    "run": "r1", "kind": "group", "name": "G", "when": "after", "night": "2026-11-20", "words": ["off"],
    "sources": ["A"],
}  # fmt: skip
ENDED: dict[str, t.Any] = {
    "outcome": "success", "status": 0, "seconds": 1.5, "said": "x", "error": None, "by": "run",
}  # fmt: skip


def folded(*events: tuple[str, dict[str, t.Any]]) -> list[HookRun]:
    entries = [Entry(number, f"t{number}", event, data, "") for number, (event, data) in enumerate(events, start=1)]
    return fold(entries).hooks.runs


def test_one_hook() -> None:
    (found,) = folded(("hook.started", {**PLACE, "time_limit": 9}), ("hook.finished", {**PLACE, **ENDED}))
    assert (found.started, found.ended, found.outcome, found.seconds) == ("t1", "t2", "success", 1.5)
    assert after_problem(found) == ""


def test_one_that_nobody_saw_begin_has_times_of_its_own() -> None:
    error = {"code": "hook.after", "message": "It failed", "remedy": "Look", "detail": ""}
    late = {"started": "s", "ended": "e", "in_run": "r2", "by": "warden", "outcome": "failed", "error": error}
    (found,) = folded(("hook.finished", {**PLACE, **ENDED, **late}))
    assert (found.started, found.ended, found.by, found.in_run) == ("s", "e", "warden", "r2")
    assert after_problem(found) == "It failed (of the run r1). Look"
    found.when = "before"
    assert after_problem(found) == ""


def test_what_was_cut_off_and_run_again_stands_twice() -> None:
    again = {**PLACE, "in_run": "r2"}
    found = folded(
        ("hook.started", PLACE),
        ("hook.started", again),
        ("hook.finished", {**again, **ENDED, "by": "recovery"}),
        ("run.interrupted", {"run": "r1", "error": None}),
    )
    assert [(one.outcome, one.ended, one.by) for one in found] == [
        ("interrupted", "t4", "run"),
        ("success", "t3", "recovery"),
    ]


def test_a_long_journal_costs_no_memory_that_grows() -> None:
    events = [("hook.finished", {**PLACE, **ENDED, "seconds": number}) for number in range(6000)]
    found = folded(*events)
    assert (len(found), found[-1].seconds) == (5000, 5999)
