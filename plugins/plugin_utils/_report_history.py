# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nights before: status, sizes and durations of one source, for the pictures (P12.1, K8)."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from . import _plain as take
from ._report_host import Host, Source
from ._report_rows import INCOMPLETE, NOT_DUE, STATUSES, SUCCESS, rows

UNKNOWN = "unknown"


def nights_until(night: dt.date, count: int) -> list[dt.date]:
    return [night - dt.timedelta(days=back) for back in range(count - 1, -1, -1)]


def history(host: Host, source: Source, nights: t.Sequence[dt.date], now: dt.datetime) -> dict[str, t.Any]:
    """One cell for each night.

    Before the first night that the journal knows of this source nothing can
    be said about it: those nights are ``unknown``, not ``missed``.
    """
    runs = tuple(run for run in host.runs if take.text(run, "source") == source.name)
    alone = dataclasses.replace(host, sources=(source,), runs=runs)
    known = [found for run in runs if (found := take.day(run.get("night")))]
    first = min(known, default=nights[-1])
    cells = [_cell(alone, night, now) if night >= first else _blank(night) for night in nights]
    return {"host": host.name, "source": source.name, "cells": cells}


def _cell(host: Host, night: dt.date, now: dt.datetime) -> dict[str, t.Any]:
    found = rows(host, night, now)
    told = [row for row in found if row["due"]] or [row for row in found if row["status"] != NOT_DUE] or found
    if not told:
        return _blank(night)
    row = min(told, key=lambda item: STATUSES.index(item["status"]))
    return {
        "night": night.isoformat(),
        "status": row["status"],
        "type": row["type"],
        "stored_bytes": row["stored_bytes"],
        "plain_bytes": row["plain_bytes"],
        "seconds": row["seconds"] if row["status"] in (SUCCESS, INCOMPLETE) else None,
        "plausible": row["plausible"],
    }


def _blank(night: dt.date) -> dict[str, t.Any]:
    return {
        "night": night.isoformat(),
        "status": UNKNOWN,
        "type": "",
        "stored_bytes": None,
        "plain_bytes": None,
        "seconds": None,
        "plausible": True,
    }
