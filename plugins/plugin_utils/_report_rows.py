# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of the report: each source on one night, with all its attempts (K5, P12.1, P12.3)."""

from __future__ import annotations

import datetime as dt
import typing as t

from . import _plain as take
from ._report_copies import copies_of
from ._report_due import Entry, closes, due, slot
from ._report_hooks import group_of, hooks_of
from ._report_host import Host, Source

Row = dict[str, t.Any]
Run = dict[str, t.Any]

SUCCESS, FAILED, MISSED, INCOMPLETE = "success", "failed", "missed", "incomplete"
INTERRUPTED, RUNNING, PENDING, NOT_DUE = "interrupted", "running", "pending", "not_due"
# The host could not be reached; it was reached and could not answer.
UNREACHABLE, SILENT = "unreachable", "silent"
# In the order in which an operator wants to see them.
STATUSES = (FAILED, MISSED, INTERRUPTED, INCOMPLETE, UNREACHABLE, SILENT, RUNNING, PENDING, SUCCESS, NOT_DUE)
PROBLEMS = (FAILED, MISSED, INTERRUPTED, INCOMPLETE, UNREACHABLE, SILENT)
_OUTCOMES = {"success": SUCCESS, "failed": FAILED, "interrupted": INTERRUPTED, "running": RUNNING}


def rows(host: Host, night: dt.date, now: dt.datetime) -> list[Row]:
    """All lines of a host on a night: what was due, what ran beside the plan, what was not due."""
    tonight = [run for run in host.runs if take.text(run, "night") == night.isoformat()]
    found: list[Row] = []
    known = {source.name for source in host.sources}
    for source in host.sources:
        mine = [run for run in tonight if take.text(run, "source") == source.name]
        found += _of_source(host, source, mine, night, now)
    for name in sorted({take.text(run, "source", "?") for run in tonight} - known):
        gone = Source(name, "", "", "", (), "", None, (), False)
        mine = [run for run in tonight if take.text(run, "source", "?") == name]
        found += _of_source(host, gone, mine, night, now)
    return found


def _of_source(host: Host, source: Source, runs: list[Run], night: dt.date, now: dt.datetime) -> list[Row]:
    entries = due(source.plan, night, source.each)
    by_hand = [run for run in runs if take.text(run, "mode") == "incidental"]
    left = [run for run in runs if take.text(run, "mode") != "incidental"]
    found: list[Row] = []
    for item in entries:
        mine = left if len(entries) == 1 else [run for run in left if _belongs(run, item, entries)]
        left = [run for run in left if run not in mine]
        found.append(_row(host, source, item, mine, night, now))
    for mode, attempts in (("scheduled", left), *(("incidental", request) for request in _requests(by_hand))):
        if attempts:
            found.append(_row(host, source, _unplanned(mode, attempts[0]), attempts, night, now, due_now=False))
    if not found and source.plan:
        found.append(_row(host, source, source.plan[0], [], night, now, due_now=False))
    return found


def _requests(runs: list[Run]) -> t.Iterator[list[Run]]:
    """Runs by hand as what was asked for: one that succeeded together with those before it that failed (P12.3)."""
    request: list[Run] = []
    for run in reversed(runs):
        request.insert(0, run)
        if take.text(run, "outcome") == "success":
            yield request
            request = []
    yield request


def _belongs(run: Run, item: Entry, entries: list[Entry]) -> bool:
    if take.text(run, "frequency") != item["frequency"]:
        return False
    alike = [entry for entry in entries if entry["frequency"] == item["frequency"]]
    return len(alike) == 1 or take.text(run, "type") == item["type"]


def _unplanned(mode: str, run: Run) -> Entry:
    usual = "incidental" if mode == "incidental" else "daily"
    return {"type": take.text(run, "type", "F"), "frequency": take.text(run, "frequency", usual), "day": "", "at": ""}


def _row(
    host: Host,
    source: Source,
    item: Entry,
    runs: list[Run],
    night: dt.date,
    now: dt.datetime,
    due_now: bool = True,
) -> Row:
    best = _decisive(runs)
    told = runs.index(best) if best else 0
    run = best or {}
    name = take.text(run, "name")
    backup = next((found for found in host.sets if name and take.text(found, "name") == name), {})
    copies, missing = copies_of(host, source, run, backup)
    status = _status(host, item, best, night, now, due_now)
    if status == SUCCESS and missing:
        status = INCOMPLETE
    seconds = take.number(run, "seconds")
    return {
        "host": host.name,
        "building": host.building,
        "source": source.name,
        "engine": source.engine or take.text(backup, "engine"),
        "engine_version": take.text(backup, "version"),
        "description": source.description,
        "target": source.target,
        "due": due_now,
        "mode": take.text(run, "mode", "scheduled") or "scheduled",
        "type": take.text(run, "type") or item["type"],
        "frequency": take.text(run, "frequency") or item["frequency"],
        "night": night.isoformat(),
        "slot": take.iso(slot(item, night, host.zone) if due_now else take.moment(run.get("slot"))),
        "status": status,
        "problem": status in PROBLEMS,
        "name": name,
        "started": take.iso(take.moment(run.get("started"))),
        "ended": take.iso(take.moment(run.get("ended"))),
        "seconds": seconds,
        "plain_bytes": _either(run, backup, "plain_bytes") if status in (SUCCESS, INCOMPLETE) else None,
        "stored_bytes": _either(run, backup, "stored_bytes") if status in (SUCCESS, INCOMPLETE) else None,
        "attempts": [_attempt(attempt) for attempt in runs],
        "retries": len(runs) - 1 - told if best else 0,
        "failed_again": [found for found in map(_attempt, runs[:told]) if found["outcome"] != RUNNING],
        "late": take.flag(run, "late"),
        "plausible": take.flag(run, "plausible", True) and take.flag(backup, "plausible", True),
        "error": _error(run) if best and status != SUCCESS else None,
        "encryption": take.text(backup, "encryption") or source.encryption,
        "recipients": source.recipients,
        "compression": take.text(backup, "compression"),
        "proof": take.text(backup, "proof"),
        "signed": backup.get("signed") if isinstance(backup.get("signed"), bool) else None,
        "sha256": take.text(backup, "sha256"),
        "files": [_file(found) for found in take.mappings(backup, "files")],
        "inventory": _inventory(backup),
        "listed": bool(backup),
        "group": group_of(backup, run),
        "hooks": [hook for attempt in reversed(runs) for hook in hooks_of(host, attempt)],
        "copies": copies,
        "copies_missing": missing,
        "found": take.mappings(run, "findings") + take.mappings(backup, "warnings"),
    }


def _decisive(runs: list[Run]) -> Run | None:
    """The attempt that tells the night's story: the last success, else the last one."""
    return next((run for run in runs if take.text(run, "outcome") == "success"), runs[0] if runs else None)


def _status(host: Host, item: Entry, run: Run | None, night: dt.date, now: dt.datetime, due_now: bool) -> str:
    if run is not None:
        return _OUTCOMES.get(take.text(run, "outcome"), FAILED)
    if not due_now:
        return NOT_DUE
    if not host.reached:
        return UNREACHABLE if host.unreachable else SILENT
    return PENDING if now < closes(item, night, host.zone, host.window_end) else MISSED


def _attempt(run: Run) -> dict[str, t.Any]:
    return {
        "run": take.text(run, "run"),
        "outcome": _OUTCOMES.get(take.text(run, "outcome"), FAILED),
        "started": take.iso(take.moment(run.get("started"))),
        "ended": take.iso(take.moment(run.get("ended"))),
        "seconds": take.number(run, "seconds"),
        "error": _error(run),
    }


def _error(run: Run) -> dict[str, str] | None:
    error = take.mapping(run, "error")
    if not error:
        return None
    found = {key: take.text(error, key) for key in ("code", "message", "remedy")}
    return {**found, "detail": take.block(error, "detail")}


def _either(run: Run, backup: dict[str, t.Any], key: str) -> int | None:
    found = take.count(run, key)
    return take.count(backup, key) if found is None else found


def _file(data: dict[str, t.Any]) -> dict[str, t.Any]:
    words = {key: take.text(data, key) for key in ("file", "part", "sha256", "plain_sha256")}
    return {**words, "bytes": take.count(data, "bytes"), "plain_bytes": take.count(data, "plain_bytes")}


def _inventory(backup: dict[str, t.Any]) -> dict[str, t.Any] | None:
    data = take.mapping(backup, "inventory")
    if not data:
        return None
    totals = take.mapping(data, "totals")
    counted = {key: found for key in sorted(totals) if (found := take.count(totals, key)) is not None}
    return {"exact": take.flag(data, "exact"), "why": take.text(data, "why"), "totals": counted}
