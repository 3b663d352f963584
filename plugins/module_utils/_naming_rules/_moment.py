# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Between names and moments: zones, and the hour-24 rule (P13.2)."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo

from .._base._errors import NamingError
from ._checks import refusal, shown
from ._fields import FIRST_YEAR, LAST_YEAR, NameFields

_ZONE = re.compile(r"[A-Za-z0-9_+-]{1,32}(?:/[A-Za-z0-9_+-]{1,32}){0,3}")
# Files beside the zones that follow the machine's own setting.
_NOT_A_ZONE = ("localtime", "posixrules")
_SECOND = dt.timedelta(seconds=1)


def _load(name: str) -> zoneinfo.ZoneInfo | None:
    try:
        return zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def load_zone(zone: object) -> zoneinfo.ZoneInfo:
    """The zone of an IANA name; raises ``NamingError`` where it is unknown or tzdata is absent."""
    if not isinstance(zone, str) or not _ZONE.fullmatch(zone) or zone in _NOT_A_ZONE:
        raise refusal("zone", zone, "an IANA name such as Asia/Jakarta", code="naming.zone")
    found = _load(zone)
    if found is not None:
        return found
    if _load("Etc/UTC") is None:
        raise NamingError(
            f"The zone {shown(zone)} cannot be read, for this host has no time zone data",
            "Install the package tzdata on this host",
            code="naming.zone",
        )
    raise refusal("zone", zone, "an IANA name that the package tzdata of this host knows", code="naming.zone")


def check_aware(field: str, value: object) -> dt.datetime:
    """A moment with its offset, near enough to the years of the procedure to be counted with."""
    if not isinstance(value, dt.datetime) or value.utcoffset() is None:
        raise refusal(field, value, "a moment with a time zone")
    if not FIRST_YEAR - 1 <= value.year <= LAST_YEAR + 1:
        raise refusal(field, value, f"moments of the years {FIRST_YEAR} to {LAST_YEAR}")
    return value


def utc(value: dt.datetime) -> dt.datetime:
    """Moments are compared in UTC: two moments of one zone object compare by their wall clock."""
    return value.astimezone(dt.timezone.utc)


def wall_moment(wall: dt.datetime, zone: zoneinfo.ZoneInfo) -> dt.datetime:
    """The moment at which the clocks of the zone first show this time or a later one.

    A time that is repeated gets its first moment, one that is skipped the first
    moment after the gap.
    """
    before = utc(wall.replace(tzinfo=zone, fold=0))
    if before.astimezone(zone).replace(tzinfo=None) == wall:
        return wall.replace(tzinfo=zone, fold=0)
    low, high = utc(wall.replace(tzinfo=zone, fold=1)), before
    while high - low > _SECOND:
        middle = low + dt.timedelta(seconds=int((high - low).total_seconds()) // 2)
        if middle.astimezone(zone).replace(tzinfo=None) >= wall:
            high = middle
        else:
            low = middle
    return high.astimezone(zone)


def moment(fields: NameFields, zone: str) -> dt.datetime:
    """The local moment that a name stands for; hour 24 is 00:00 of the next day.

    A midnight that the zone skips or repeats gets the first moment of the new day.
    """
    midnight = dt.datetime.combine(fields.night, dt.time())
    return wall_moment(midnight + dt.timedelta(hours=fields.hour), load_zone(zone))


def business_date(local: dt.datetime) -> dt.date:
    """The date of a local moment: 00:00 to 00:59 belong to the day before (P13.2)."""
    return local.date() - dt.timedelta(days=1) if local.hour == 0 else local.date()


def fields_for(
    local: dt.datetime,
    *,
    type: str,
    media: int,
    frequency: str,
    data: str,
    process: str = "",
    run: int = 1,
) -> NameFields:
    """The fields of a backup whose stamp is this local moment; its minutes are dropped.

    ``local`` is aware and shows the wall clock of the site. Raises
    ``NamingError``, also for 1900-01-01 00:00, which has no name.
    """
    check_aware("moment", local)
    day = business_date(local)
    if day.year < FIRST_YEAR:
        raise refusal("moment", local.isoformat(), "moments from 1900-01-01 01:00 on; the hour before has no name")
    return NameFields(day.year, day.month, day.day, local.hour or 24, type, media, frequency, data, process, run)
