# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ran before and after the dumps of a line, and which application may still be in maintenance mode (K3)."""

from __future__ import annotations

import typing as t

from . import _plain as take
from ._report_host import Host

OUTCOMES = ("success", "failed", "running", "interrupted", "pending")
_BY = ("run", "warden", "recovery")


def hooks_of(host: Host, run: t.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """The hooks around one attempt, oldest first."""
    name, source = take.text(run, "run"), take.text(run, "source")
    found = [
        _hook(item)
        for item in take.mappings(host.facts, "hooks")
        if name and take.text(item, "run") == name and source in take.texts(item, "sources")
    ]
    return found[::-1]


def group_of(backup: t.Mapping[str, t.Any], run: t.Mapping[str, t.Any]) -> dict[str, t.Any] | None:
    """The group of a line: the window in which its set was made where there is one, else only the name."""
    window = take.mapping(backup, "group")
    name = take.text(window, "name") or take.text(run, "group")
    if not name:
        return None
    return {
        "name": name,
        "began": take.iso(take.moment(window.get("began"))),
        "before": take.text(window, "before"),
        "sources": take.texts(window, "sources"),
    }


def left_open(host: Host) -> list[dict[str, t.Any]]:
    """The newest after-hook of each window, where it failed or did not run: nobody ended the maintenance mode yet."""
    newest: dict[tuple[str, str], dict[str, t.Any]] = {}
    for item in take.mappings(host.facts, "hooks"):
        if take.text(item, "when") == "after":
            newest.setdefault((take.text(item, "kind"), take.text(item, "name")), item)
    return [item for item in newest.values() if take.text(item, "outcome") in ("failed", "interrupted", "pending")]


def _hook(item: dict[str, t.Any]) -> dict[str, t.Any]:
    outcome, by = take.text(item, "outcome"), take.text(item, "by")
    error = take.mapping(item, "error")
    return {
        "kind": take.text(item, "kind"),
        "name": take.text(item, "name"),
        "when": "after" if take.text(item, "when") == "after" else "before",
        "words": take.texts(item, "words"),
        "started": take.iso(take.moment(item.get("started"))),
        "ended": take.iso(take.moment(item.get("ended"))),
        "seconds": take.number(item, "seconds"),
        "outcome": outcome if outcome in OUTCOMES else "failed",
        "status": _status(item.get("status")),
        "by": by if by in _BY else "run",
        "said": take.block(item, "said"),
        "message": take.text(error, "message"),
    }


def _status(value: t.Any) -> int | None:
    """An exit status, negative for a signal; a truth value is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None
