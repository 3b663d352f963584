# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is a dump plausible against its own history? (an empty one after an accident succeeds, too)"""

from __future__ import annotations

import statistics
import typing as t

from .._base._findings import WARNING, Finding
from .._base._model import Site
from .._record._history import SUCCESS, Attempt, History
from .._sets._catalogue import catalogue

_RECENT = 7
_SMALL_BYTES = 64 * 1024


def past_of(site: Site, history: History, source: str) -> list[Attempt]:
    """The attempts of a source; where the journal knows of no good one, also what the sets in the store tell.

    A journal that was moved aside must not make an empty dump plausible.
    """
    known = history.of(source)
    if any(attempt.outcome == SUCCESS and attempt.plausible for attempt in known):
        return known
    sets = reversed(catalogue(site.store, sources=(source,)))
    return [*(_told_by(entry) for entry in sets), *known]


def _told_by(entry: t.Mapping[str, t.Any]) -> Attempt:
    """A set of the catalogue as the attempt that made it."""
    same = ("name", "source", "type", "frequency", "night", "plain_bytes", "stored_bytes", "plausible")
    rows = entry["inventory"]["totals"].get("rows")
    told = {key: entry[key] for key in same}
    return Attempt(run="", slot="", mode="", late=False, outcome=SUCCESS, rows=rows, **told)


def expected_bytes(history: list[Attempt], kind: str, field: str) -> int:
    """The median of the last successful and plausible attempts of a type; 0 where there are none."""
    values = [
        getattr(attempt, field)
        for attempt in history
        if attempt.outcome == SUCCESS and attempt.plausible and attempt.type == kind and getattr(attempt, field)
    ]
    return int(statistics.median(values[-_RECENT:])) if values else 0


def judge(
    source: str, kind: str, smallest: int, plain_bytes: int, rows: int | None, history: list[Attempt]
) -> list[Finding]:
    """Findings when size or number of rows is below ``smallest`` per cent of the usual; then pruning is held."""
    found = []
    usual = expected_bytes(history, kind, "plain_bytes")
    if usual > _SMALL_BYTES and plain_bytes * 100 < usual * smallest:
        found.append(_finding("plausible.smaller", source, plain_bytes, usual, "bytes"))
    usual_rows = expected_bytes(history, kind, "rows")
    if rows is not None and usual_rows and rows * 100 < usual_rows * smallest:
        found.append(_finding("plausible.emptier", source, rows, usual_rows, "rows"))
    return found


def _finding(code: str, source: str, got: int, usual: int, unit: str) -> Finding:
    share = got * 100 // usual
    return Finding(
        code=code,
        level=WARNING,
        subject=source,
        message=f"{source} has {got} {unit}, which is {share} % of the usual {usual}",
        remedy="Look whether data was lost; earlier backups are kept until somebody confirms this one",
        params={"got": str(got), "usual": str(usual), "share": str(share), "unit": unit},
    )
