# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody must look at: of each line, and of each host (K1, P12.1, P13.6, S7).

A finding is ``{code, level, host, source, subject, message, remedy, params}``.
Its words are the phrases ``finding.<code>`` and ``remedy.<code>``; ``message``
is the host's own English, a technical detail, and its ``remedy`` stands only
where a catalogue has none. ``params.error`` is the code of the cause.
"""

from __future__ import annotations

import datetime as dt
import typing as t

from . import _plain as take
from ._report_copies import spread
from ._report_hooks import left_open
from ._report_host import Host
from ._report_rows import INCOMPLETE, PROBLEMS, SUCCESS, Row

Finding = dict[str, t.Any]
ERROR, WARNING, INFO = "error", "warning", "info"
LEVELS = (ERROR, WARNING, INFO)
# What a run says of itself in other words, and the report has said already.
_SAME = {"report.unencrypted": "encryption.none", "report.unsigned": "manifest.unsigned"}


def finding(code: str, level: str, host: str, source: str = "", subject: str = "", **params: t.Any) -> Finding:
    return {
        "code": code,
        "level": level,
        "host": host,
        "source": source,
        "subject": subject or source or host,
        "message": "",
        "remedy": "",
        "params": {key: str(value) for key, value in params.items()},
    }


def of_row(row: Row, standard_seconds: float | None) -> list[Finding]:
    """What a line itself shows, then what its run and its manifest carried."""
    host, source = row["host"], row["source"]
    found: list[Finding] = []

    def add(code: str, level: str, **params: t.Any) -> None:
        found.append(finding(f"report.{code}", level, host, source, row["name"], **params))

    if row["status"] in PROBLEMS:
        add(row["status"], ERROR, night=row["night"], media=", ".join(row["copies_missing"]))
        _own_words(found[-1], row["error"] or next((item["error"] for item in row["copies"] if item["error"]), None))
    if row["status"] in (SUCCESS, INCOMPLETE):
        _of_backup(row, add)
    if row["late"]:
        add("late", WARNING)
    if row["retries"] and not row["problem"]:
        add("retried", INFO, count=row["retries"] + 1)
    if row["failed_again"]:
        add("failed_again", WARNING, count=len(row["failed_again"]))
        _own_words(found[-1], row["failed_again"][0]["error"])
    if standard_seconds is not None and (row["seconds"] or 0) > standard_seconds:
        add("over_standard", WARNING)
    seen = {item["code"] for item in found}
    seen |= {_SAME[code] for code in seen & set(_SAME)}
    given = [_given(item, host, source) for item in row["found"]]
    if any(item["code"].startswith("plausible.") for item in given):
        found = [item for item in found if item["code"] != "report.implausible"]
    return _distinct(found + [item for item in given if item["code"] not in seen])


def _of_backup(row: Row, add: t.Callable[..., None]) -> None:
    where = spread(row)
    if where["elsewhere"] is False and not row["copies_missing"]:
        add("same_building", WARNING, building=row["building"])
    elif where["elsewhere"] is None:
        add("building_unknown", INFO)
    if not where["three_two_one"]:
        add("three_two_one", INFO, copies=where["copies"], kinds=where["kinds"])
    if row["encryption"] == "none":
        add("unencrypted", WARNING)
    if not row["plausible"]:
        add("implausible", WARNING)
    if not row["listed"]:
        add("unlisted", WARNING)
    if row["signed"] is False:
        add("unsigned", WARNING)


def of_host(host: Host, closed: dt.datetime | None) -> list[Finding]:
    """``closed`` is when the last successful run of the night ended, None when there was none."""
    if not host.reached:
        code = "report.host_unreachable" if host.unreachable else "report.host_silent"
        found = finding(code, ERROR, host.name)
        found["message"] = host.problem
        return [found]
    facts, items = host.facts, []
    journal, store = take.mapping(facts, "journal"), take.mapping(facts, "store")
    if not take.flag(journal, "intact"):
        items.append(_said(finding("report.journal_broken", ERROR, host.name), journal))
    if not take.flag(store, "reachable"):
        items.append(_said(finding("report.store", ERROR, host.name), store))
    for name, medium in host.media.items():
        if not take.flag(medium, "reachable"):
            items.append(_said(finding("report.medium", ERROR, host.name, "", name, medium=name), medium))
    for item in take.mappings(facts, "unplanned"):
        params = {key: take.text(item, key, "?") for key in ("engine", "server", "database")}
        items.append(finding("report.unplanned", WARNING, host.name, "", params["database"], **params))
    items += [_open_window(item, host.name) for item in left_open(host)]
    unknown = take.texts(facts, "unknown")
    items += [finding("report.unknown", WARNING, host.name, "", path, path=path) for path in unknown]
    if not host.zone_known:
        items.append(finding("report.zone", WARNING, host.name, zone=take.text(facts, "zone", "?")))
    return items + _of_verification(host, closed)


def _open_window(item: dict[str, t.Any], host: str) -> Finding:
    """An application that may still be in maintenance mode."""
    name, error = take.text(item, "name", "?"), take.mapping(item, "error")
    if take.text(item, "outcome") == "failed":
        found = finding("report.hook_after", ERROR, host, "", name, name=name)
    else:
        found = finding("report.hook_pending", ERROR, host, "", name, name=name)
    found["message"] = take.text(error, "message")
    return found


def _of_verification(host: Host, closed: dt.datetime | None) -> list[Finding]:
    verified = take.mapping(host.facts, "verified")
    at = take.moment(verified.get("at"))
    problems = take.count(verified, "problems") or 0
    if problems:
        return [finding("report.verify_problems", ERROR, host.name, count=problems)]
    if at is None:
        return [finding("report.never_verified", WARNING, host.name)]
    if closed is not None and at < closed:
        return [finding("report.not_verified_since", INFO, host.name)]
    return []


def _given(item: dict[str, t.Any], host: str, source: str) -> Finding:
    level = take.text(item, "level")
    params = take.mapping(item, "params")
    return {
        "code": take.text(item, "code", "unknown"),
        "level": level if level in LEVELS else WARNING,
        "host": host,
        "source": source,
        "subject": take.text(item, "subject") or source,
        "message": take.text(item, "message"),
        "remedy": take.text(item, "remedy"),
        "params": {key: take.text(params, key) for key in sorted(params)},
    }


def _own_words(found: Finding, error: dict[str, str] | None) -> None:
    if error:
        found["message"], found["remedy"] = error["message"], error["remedy"]
        found["params"]["error"] = error["code"]


def _said(found: Finding, place: dict[str, t.Any]) -> Finding:
    """With the host's own words on what is wrong there."""
    found["message"] = take.text(place, "problem")
    return found


def _distinct(items: list[Finding]) -> list[Finding]:
    seen, kept = set(), []
    for item in items:
        key = (item["code"], item["subject"], item["message"])
        if key not in seen:
            seen.add(key)
            kept.append(item)
    return kept
