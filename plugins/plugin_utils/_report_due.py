# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was due on a night (P12.1), and until when it may still come (P13.3a)."""

from __future__ import annotations

import calendar
import datetime as dt
import re
import typing as t
import zoneinfo

from . import _plain as take

Entry = dict[str, t.Any]

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# The rarer one runs when several fall on one night.
RARITY = {"daily": 1, "weekly": 2, "monthly": 3}
# What a plan without a day means: the night of the procedure's weekly example, the end of the month.
_USUAL_WEEKDAY = "saturday"
_USUAL_MONTHDAY = "last"
_CLOCK = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])")


def entry(data: t.Mapping[str, t.Any]) -> Entry:
    """One line of a plan with its defaults; an unknown frequency is never due."""
    return {
        "type": take.text(data, "type", "F") or "F",
        "frequency": take.text(data, "frequency", "daily") or "daily",
        "day": take.text(data, "day").lower(),
        "at": take.text(data, "at", "24:00") or "24:00",
    }


def plan_of(source: t.Mapping[str, t.Any]) -> list[Entry]:
    """The plan of a source as facts or inventory give it; without one: F at its frequency."""
    plan = [entry(item) for item in take.mappings(source, "plan")]
    return plan or [entry({"frequency": source.get("frequency"), "day": source.get("day"), "at": source.get("at")})]


def is_due(item: Entry, night: dt.date) -> bool:
    frequency = item["frequency"]
    if frequency == "daily":
        return True
    if frequency == "weekly":
        return WEEKDAYS[night.weekday()] == (item["day"] or _USUAL_WEEKDAY)
    if frequency == "monthly":
        last = calendar.monthrange(night.year, night.month)[1]
        wanted = item["day"] or _USUAL_MONTHDAY
        if wanted == "last":
            return night.day == last
        return wanted == str(night.day)
    return False


def due(plan: t.Iterable[Entry], night: dt.date, each: bool = False) -> list[Entry]:
    """What must run on a night: the rarest, or with ``each`` all of them."""
    found = [item for item in plan if is_due(item, night)]
    if each or len(found) < 2:
        return found
    return [max(found, key=lambda item: RARITY[item["frequency"]])]


def clock(at: str, usual: tuple[int, int] = (24, 0)) -> tuple[int, int]:
    match = _CLOCK.fullmatch(at)
    return (int(match[1]), int(match[2])) if match else usual


def slot(item: Entry, night: dt.date, zone: dt.tzinfo) -> dt.datetime:
    """The scheduled moment: 24:00 is the midnight that ends the night's date, 24:30 half an hour later."""
    return _at(night, clock(item["at"]), zone)


def closes(item: Entry, night: dt.date, zone: dt.tzinfo, window_end: str) -> dt.datetime:
    """When the window of a slot ends: the first such clock time after it."""
    begin, end = slot(item, night, zone), clock(window_end, (6, 0))
    found = _at(night, end, zone)
    return found if found > begin else _at(night + dt.timedelta(days=1), end, zone)


def newest_night(plans: t.Iterable[t.Sequence[Entry]], now: dt.datetime, zone: dt.tzinfo) -> dt.date:
    """The newest night whose window has ended or is running."""
    today = now.astimezone(zone).date()
    begun = any(slot(item, today, zone) <= now for plan in plans for item in plan if is_due(item, today))
    return today if begun else today - dt.timedelta(days=1)


def zone_of(name: str) -> dt.tzinfo | None:
    """The zone of an IANA name, None when it is not known here."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _at(night: dt.date, at: tuple[int, int], zone: dt.tzinfo) -> dt.datetime:
    date = night + dt.timedelta(days=at[0] // 24)
    return dt.datetime(date.year, date.month, date.day, at[0] % 24, at[1], tzinfo=zone)
