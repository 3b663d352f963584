# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Slot and night: the scheduled moment that a run belongs to (P13.3a)."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import zoneinfo

from .._base._errors import NamingError
from ._checks import refusal
from ._fields import FIRST_YEAR, LAST_YEAR
from ._moment import business_date, check_aware, load_zone, utc, wall_moment

_CLOCK = re.compile(r"([0-9]{2}):([0-5][0-9])")
_AT_ALLOWED = "HH:MM from 01:00 to 24:59; 24:00 is the midnight that ends the day, 24:30 half an hour after it"
_WINDOW_ALLOWED = "HH:MM from 00:00 to 24:00"
_DAY = dt.timedelta(days=1)


@dataclasses.dataclass(frozen=True)
class Slot:
    """What a run is called by, and the night that it counts for.

    ``stamp`` is the aware local moment that goes into the name: the scheduled
    moment, or the real start of a late or an incidental run. Where the zone
    skips the scheduled time, ``stamp`` is the first moment after the gap, told
    by the clock that was asked for, so that 24:00 is named hour 24 there too;
    ``scheduled`` tells the same moment by the zone's own clock. ``scheduled``
    is None for an incidental run.
    """

    stamp: dt.datetime
    night: dt.date
    late: bool
    scheduled: dt.datetime | None


def _minutes(field: str, text: object, low: int, high: int, allowed: str) -> int:
    found = _CLOCK.fullmatch(text) if isinstance(text, str) else None
    minutes = int(found.group(1)) * 60 + int(found.group(2)) if found else -1
    if not low <= minutes <= high:
        raise refusal(field, text, allowed)
    return minutes


def _wall(day: dt.date, minutes: int) -> dt.datetime:
    return dt.datetime.combine(day, dt.time()) + dt.timedelta(minutes=minutes)


def _named_moment(scheduled: dt.datetime, asked: dt.datetime) -> dt.datetime:
    """The scheduled moment, told by the clock that was asked for where the zone skips that time."""
    if scheduled.replace(tzinfo=None) == asked:
        return scheduled
    clock = dt.timezone(asked - utc(scheduled).replace(tzinfo=None))
    return scheduled.astimezone(clock)


def _newest_night(now: dt.datetime, zone: zoneinfo.ZoneInfo, minutes: int) -> dt.date:
    night = now.astimezone(zone).date() + _DAY
    while utc(wall_moment(_wall(night, minutes), zone)) > now:
        night -= _DAY
    return night


def _window_closes(scheduled: dt.datetime, zone: zoneinfo.ZoneInfo, minutes: int) -> dt.datetime:
    day = scheduled.date() - _DAY
    closes = utc(wall_moment(_wall(day, minutes), zone))
    while closes <= utc(scheduled):
        day += _DAY
        closes = utc(wall_moment(_wall(day, minutes), zone))
    return closes


def _check_night(night: object) -> dt.date:
    plain_date = isinstance(night, dt.date) and not isinstance(night, dt.datetime)
    if not plain_date or not isinstance(night, dt.date) or not FIRST_YEAR <= night.year <= LAST_YEAR:
        raise refusal("night", night, f"a date of the years {FIRST_YEAR} to {LAST_YEAR}")
    return night


def slot_for(
    now: dt.datetime,
    zone: str,
    *,
    at: str = "24:00",
    window_end: str = "06:00",
    night: dt.date | None = None,
) -> Slot:
    """The slot of a scheduled run that starts now (aware, best in UTC).

    The scheduled moment of a night is its date at ``at``, local time. Taken is
    the given night, else the newest whose scheduled moment has come. Before
    the next ``window_end`` after it the stamp is the scheduled moment; from
    then on the run is late and carries its real start. Raises ``NamingError``
    for an invalid value, and for a given night that has not come yet.
    """
    start = utc(check_aware("now", now))
    place = load_zone(zone)
    minutes = _minutes("at", at, 60, 24 * 60 + 59, _AT_ALLOWED)
    closing = _minutes("window_end", window_end, 0, 24 * 60, _WINDOW_ALLOWED)
    business = _check_night(_newest_night(start, place, minutes) if night is None else night)
    asked = _wall(business, minutes)
    scheduled = wall_moment(asked, place)
    if utc(scheduled) > start:
        raise NamingError(
            f"The night {business.isoformat()} has not come: it is scheduled for {scheduled.isoformat()}, "
            f"and now is {start.astimezone(place).isoformat()}",
            "Wait for it, name an earlier night, or start an incidental run",
            code="naming.night",
        )
    if start < _window_closes(scheduled, place, closing):
        return Slot(_named_moment(scheduled, asked), business, False, scheduled)
    return Slot(start.astimezone(place), business, True, scheduled)


def incidental_slot(now: dt.datetime, zone: str) -> Slot:
    """The slot of a run outside any schedule: its real start, and the business date of that moment."""
    local = utc(check_aware("now", now)).astimezone(load_zone(zone))
    return Slot(local, _check_night(business_date(local)), False, None)
