# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers, sizes, durations, dates and times in the reader's language."""

from __future__ import annotations

import datetime as dt
import typing as t

from . import _plain as take
from ._phrases import phrase
from ._report_due import WEEKDAYS, zone_of

NONE = "\u2013"
STYLES = ("long", "medium", "short", "day", "night")
_SEPARATORS = {"id": (".", ","), "en": (",", ".")}
# Beyond it Python neither divides nor writes a whole number; NaN is not below it either.
_LARGEST = 10**30
_UNITS = ("kB", "MB", "GB", "TB", "PB")


def number(value: t.Any, language: str, digits: int = 0) -> str:
    """``1.234,5`` in Indonesian, ``1,234.5`` in English; an en dash for None, and for what no count can be."""
    if value is None or not -_LARGEST < value < _LARGEST:
        return NONE
    thousands, decimal = _SEPARATORS[language]
    return f"{value:,.{digits}f}".translate({ord(","): thousands, ord("."): decimal})


def size(value: t.Any, language: str) -> str:
    """Bytes in decimal units, one digit behind the comma below a hundred."""
    if value is None or not value < _LARGEST:
        return NONE
    if value < 1000:
        return f"{number(value, language)} B"
    amount, unit = float(value), 0
    amount /= 1000
    while amount >= 999.5 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{number(amount, language, 1 if amount < 99.95 else 0)} {_UNITS[unit]}"


def duration(value: t.Any, language: str) -> str:
    """Seconds as at most two units: 0,4 s; 42 s; 4 min 7 s; 2 h 5 min; 1 d 3 h."""
    if value is None:
        return NONE
    if 0 < value < 0.05:
        return phrase("unit.second", language, n=f"<\u00a0{number(0.1, language, 1)}")
    if value < 9.95:
        return phrase("unit.second", language, n=number(value, language, 0 if value == int(value) else 1))
    left = int(value + 0.5)
    parts: list[tuple[str, int]] = []
    for unit, seconds in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        amount, left = divmod(left, seconds)
        if amount or parts:
            parts.append((unit, amount))
    return " ".join(
        phrase(f"unit.{unit}", language, n=number(amount, language)) for unit, amount in parts[:2] if amount
    )


def date(value: t.Any, language: str, style: str = "long") -> str:
    """A date: ``long`` Sabtu, 21 November 2026; ``medium`` 21 November 2026; ``short`` 21 Nov 2026; ``day`` 21 Nov.

    ``night`` names the night that follows the day: Sabtu malam, 21 November 2026.
    In Indonesian "malam Sabtu" would be the night before.
    """
    found = value if isinstance(value, dt.date) else take.day(value)
    if found is None:
        return NONE
    month = phrase(f"month.{'long' if style in ('long', 'medium', 'night') else 'short'}.{found.month}", language)
    text = f"{found.day} {month}" if style == "day" else f"{found.day} {month} {found.year}"
    weekday = phrase(f"weekday.{WEEKDAYS[found.weekday()]}", language)
    if style == "night":
        return phrase("date.night", language, weekday=weekday, date=text)
    return f"{weekday}, {text}" if style == "long" else text


def local(value: t.Any, zone: str) -> dt.datetime | None:
    found = take.moment(value)
    return found.astimezone(zone_of(zone) or dt.timezone.utc) if found else None


def clock(value: t.Any, zone: str, seconds: bool = False) -> str:
    """The local time of day with its zone: 00:04 WIB."""
    found = local(value, zone)
    return (
        NONE
        if found is None
        else f"{found:%H:%M:%S} {zone_name(found)}"
        if seconds
        else f"{found:%H:%M} {zone_name(found)}"
    )


def period(started: t.Any, ended: t.Any, zone: str, language: str) -> str:
    """From when to when, the zone once; with the dates where the end falls on another day."""
    begin, end = local(started, zone), local(ended, zone)
    if begin is None or end is None:
        return f"{clock(started, zone)} {NONE}"
    if begin.date() != end.date():
        return f"{stamp(started, zone, language)} {NONE} {stamp(ended, zone, language)}"
    if zone_name(begin) != zone_name(end):
        return clock(started, zone) + NONE + clock(ended, zone)
    return f"{begin:%H:%M}{NONE}{end:%H:%M} {zone_name(end)}"


def stamp(value: t.Any, zone: str, language: str) -> str:
    """Date and local time with its zone: 21 Nov 2026 00:04 WIB."""
    found = local(value, zone)
    return NONE if found is None else f"{date(found.date(), language, 'short')} {found:%H:%M} {zone_name(found)}"


def zone_name(found: dt.datetime) -> str:
    name = found.tzname() or ""
    if name[:1].isalpha():
        return name
    offset = int((found.utcoffset() or dt.timedelta()).total_seconds()) // 60
    hours, minutes = divmod(abs(offset), 60)
    return f"UTC{'-' if offset < 0 else '+'}{hours}" + (f":{minutes:02d}" if minutes else "")
