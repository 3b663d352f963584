# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report model: facts of hosts in, one JSON-able mapping out. Pure, and the same for the same input.

Schema 1. All times in it are UTC text, sizes bytes, durations seconds; words
belong to the phrases. The page ``docs/report.md`` describes its keys.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from . import _plain as take
from ._report_copies import spread
from ._report_due import closes, due, newest_night, zone_of
from ._report_findings import LEVELS, of_host, of_row
from ._report_history import history, nights_until
from ._report_host import Host, read
from ._report_rows import NOT_DUE, PENDING, RUNNING, STATUSES, SUCCESS, Row, rows

SCHEMA = 1
# K8, mutu baku, in minutes, in the order of the procedure's steps.
STANDARD_MINUTES = {
    "list": 60, "configure": 120, "backup": 1440, "check": 30, "report": 60, "verify": 10, "receive": 10,
}  # fmt: skip
STEPS = tuple(STANDARD_MINUTES)
# What spoils a night although no line tells it.
_BROKEN = ("report.host_unreachable", "report.host_silent", "report.journal_broken")
# One thing to follow up for the host, however many applications it has.
_OF_HOST = ("report.unreachable", "report.silent")


@dataclasses.dataclass(frozen=True)
class Options:
    """``night`` and ``generated`` empty: the newest night, and the newest facts' own time."""

    language: str = "id"
    zone: str = ""
    night: str = ""
    generated: str = ""
    standard_minutes: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    officers: t.Sequence[t.Any] = ()
    organisation: str = ""
    document: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    history_nights: int = 35
    pictures: int = 60


class ReportError(Exception):
    """The options cannot be used. The message names the option and what is allowed."""


def build(hosts: t.Sequence[t.Any], options: Options) -> dict[str, t.Any]:
    """The model of one night. Raises ReportError for options that cannot be used, for facts never."""
    given = [take.plain(item) for item in hosts]
    zone = _zone(given, options.zone)
    found = sorted((read(item, str(zone)) for item in given), key=lambda host: host.name.casefold())
    now = _now(found, options.generated)
    night = _night(found, options.night, now, zone)
    standards = _standards(options.standard_minutes)
    limit = standards["backup"]
    lines = [row for host in found for row in rows(host, night, now)]
    findings = []
    for row in lines:
        row["findings"] = of_row(row, limit)
        row["spread"] = spread(row)
        row["over_standard"] = limit is not None and (row["seconds"] or 0) > limit
        del row["found"]
        findings += [item for item in row["findings"] if item["code"] not in _OF_HOST]
    lines.sort(key=lambda row: (STATUSES.index(row["status"]), row["source"].casefold(), row["host"].casefold()))
    for host in found:
        findings += of_host(host, _last_success(lines, host.name))
    findings.sort(key=lambda item: LEVELS.index(item["level"]))
    return {
        "schema": SCHEMA,
        "kind": "backup-report",
        "language": options.language,
        "generated": take.iso(now),
        "zone": str(zone),
        "night": night.isoformat(),
        "organisation": take.one_line(take.clean(options.organisation)),
        "document": {
            key: take.text(take.plain(dict(options.document)), key) for key in ("number", "revision", "effective")
        },
        "window": _window(found, night, now),
        "summary": _summary(lines, found, findings),
        "rows": lines,
        "findings": findings,
        "hosts": [_host(host) for host in found],
        "standards": _steps(standards, lines),
        "histories": _histories(found, lines, night, now, options),
        "officers": [
            _officer(item) for item in take.mappings({"officers": take.plain(list(options.officers))}, "officers")
        ],
    }


def _now(hosts: list[Host], given: str) -> dt.datetime:
    if given:
        moment = take.moment(given)
        if moment is None:
            raise ReportError(f"generated: {given!r} is not a time like 2026-11-21T00:10:00Z")
        return moment
    known = [host.generated for host in hosts if host.generated]
    if not known:
        raise ReportError("generated: is required, for no host gave facts that carry a time")
    return max(known)


def _zone(hosts: list[t.Any], given: str) -> dt.tzinfo:
    """The zone of the report, and of hosts that could not say theirs: the site's, else the first host's, else UTC."""
    if given:
        zone = zone_of(given)
        if zone is None:
            raise ReportError(
                f"zone: {given!r} is not a time zone known here; use a name like Asia/Jakarta (needs tzdata)"
            )
        return zone
    named = [read(item, "") for item in hosts]
    return next((host.zone for host in named if host.zone_known), zone_of("UTC") or dt.timezone.utc)


def _night(hosts: list[Host], given: str, now: dt.datetime, zone: dt.tzinfo) -> dt.date:
    if given:
        night = take.day(given)
        if night is None:
            raise ReportError(f"night: {given!r} is not a date like 2026-11-20")
        return night
    nights = [newest_night((source.plan for source in host.sources), now, host.zone) for host in hosts if host.sources]
    return max(nights, default=now.astimezone(zone).date() - dt.timedelta(days=1))


def _standards(given: t.Mapping[str, t.Any]) -> dict[str, float | None]:
    unknown = sorted(set(map(str, given)) - set(STEPS))
    if unknown:
        raise ReportError(f"standard_minutes: {', '.join(unknown)} is not a step; the steps are {', '.join(STEPS)}")
    minutes = {**STANDARD_MINUTES, **take.plain(dict(given))}
    return {step: None if (found := take.number(minutes, step)) is None else found * 60 for step in STEPS}


def _steps(standards: dict[str, float | None], lines: list[Row]) -> list[dict[str, t.Any]]:
    """Only the backup itself is measured; people enter the others by hand."""
    known = [row["seconds"] for row in lines if row["seconds"] is not None]
    longest = max(known, default=None)
    return [
        {"step": step, "standard_seconds": standards[step], "longest_seconds": longest if step == "backup" else None}
        for step in STEPS
    ]


def _window(hosts: list[Host], night: dt.date, now: dt.datetime) -> str:
    """``ended``, or ``running`` while a due slot of any host may still come."""
    for host in hosts:
        for source in host.sources:
            if any(
                now < closes(item, night, host.zone, host.window_end) for item in due(source.plan, night, source.each)
            ):
                return "running"
    return "ended"


def _summary(lines: list[Row], hosts: list[Host], findings: list[dict[str, t.Any]]) -> dict[str, t.Any]:
    counts = {status: sum(row["status"] == status for row in lines) for status in STATUSES}
    told = [row for row in lines if row["status"] != NOT_DUE]
    broken = [item for item in findings if item["code"] in _BROKEN]
    problems = sum(row["problem"] for row in told)
    levels = {level: sum(item["level"] == level for item in findings) for level in LEVELS}
    if problems or broken:
        verdict = "failed"
    elif counts[RUNNING] or counts[PENDING]:
        verdict = "running"
    elif not told:
        verdict = "nothing"
    else:
        verdict = "attention" if levels["error"] or levels["warning"] else "success"
    return {
        "verdict": verdict,
        "lines": len(told),
        "due": sum(row["due"] for row in lines),
        "success": counts[SUCCESS],
        "problems": problems,
        "counts": counts,
        "levels": levels,
        "hosts": len(hosts),
        "hosts_unreached": sum(not host.reached for host in hosts),
        "plain_bytes": sum(row["plain_bytes"] or 0 for row in told if row["status"] == SUCCESS),
        "stored_bytes": sum(row["stored_bytes"] or 0 for row in told if row["status"] == SUCCESS),
        "elsewhere": sum(row["spread"]["elsewhere"] is True for row in told if row["status"] == SUCCESS),
    }


def _host(host: Host) -> dict[str, t.Any]:
    facts = host.facts
    journal, store, verified = (take.mapping(facts, key) for key in ("journal", "store", "verified"))
    return {
        "host": host.name,
        "building": host.building,
        "zone": take.text(facts, "zone"),
        "reached": host.reached,
        "unreachable": host.unreachable,
        "problem": host.problem,
        "generated": take.iso(host.generated),
        "sources": len(host.sources),
        "journal": {
            "entries": take.count(journal, "entries"),
            "head": take.text(journal, "head"),
            "intact": take.flag(journal, "intact"),
            "problem": take.text(journal, "problem"),
        },
        "store": _place({"name": "", "kind": "disk", **store}, host),
        "media": [_place(medium, host) for medium in host.media.values()],
        "verified": {
            "at": take.iso(take.moment(verified.get("at"))),
            "sets": take.count(verified, "sets"),
            "problems": take.count(verified, "problems"),
        },
        "unplanned": [
            {key: take.text(item, key) for key in ("engine", "server", "database")}
            for item in take.mappings(facts, "unplanned")
        ],
        "unknown": take.texts(facts, "unknown"),
    }


def _place(data: dict[str, t.Any], host: Host) -> dict[str, t.Any]:
    return {
        **{key: take.text(data, key) for key in ("name", "kind", "path", "problem")},
        "building": take.text(data, "building") or ("" if data.get("name") else host.building),
        "reachable": take.flag(data, "reachable"),
        "free_bytes": take.count(data, "free_bytes"),
        "total_bytes": take.count(data, "total_bytes"),
    }


def _histories(
    hosts: list[Host], lines: list[Row], night: dt.date, now: dt.datetime, options: Options
) -> list[dict[str, t.Any]]:
    """Those with problems come first, as in the lines, until the limit of pictures is reached."""
    nights = nights_until(night, max(7, min(options.history_nights, 366)))
    pairs = {(host.name, source.name): (host, source) for host in hosts for source in host.sources if host.reached}
    wanted = list(dict.fromkeys((row["host"], row["source"]) for row in lines))
    kept = [pairs[key] for key in wanted if key in pairs][: max(0, options.pictures)]
    return [history(host, source, nights, now) for host, source in kept]


def _last_success(lines: list[Row], host: str) -> dt.datetime | None:
    ends = [take.moment(row["ended"]) for row in lines if row["host"] == host and row["status"] == SUCCESS]
    return max((end for end in ends if end), default=None)


def _officer(data: dict[str, t.Any]) -> dict[str, str]:
    return {key: take.text(data, key) for key in ("role", "name", "title", "number")}
