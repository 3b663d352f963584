# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Slot and night of a run (P13.3a)."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import NamingError
from ansible_collections.nusantara.backup.plugins.module_utils._naming import (
    Slot,
    fields_for,
    incidental_slot,
    render,
    slot_for,
)

WIB = "Asia/Jakarta"


def moment_of(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def stamp_of(slot: Slot) -> str:
    return render(fields_for(slot.stamp, type="F", media=1, frequency="W", data="All"))[:10]


SLOTS = [
    pytest.param("2017-04-02T00:00:00+07:00", WIB, {}, "2017040124", "2017-04-01", False, id="on-the-dot"),
    pytest.param("2017-04-02T00:40:00+07:00", WIB, {}, "2017040124", "2017-04-01", False, id="P13.3a-starts-at-00:40"),
    pytest.param("2017-04-02T02:00:00+07:00", WIB, {}, "2017040124", "2017-04-01", False, id="P13.3a-again-at-02:00"),
    pytest.param("2017-04-02T05:59:59+07:00", WIB, {}, "2017040124", "2017-04-01", False, id="last-second-of-window"),
    pytest.param("2017-04-02T06:00:00+07:00", WIB, {}, "2017040206", "2017-04-01", True, id="P13.3a-window-is-over"),
    pytest.param("2017-04-02T23:59:59+07:00", WIB, {}, "2017040223", "2017-04-01", True, id="caught-up-late"),
    pytest.param("2017-04-01T17:00:00+00:00", WIB, {}, "2017040124", "2017-04-01", False, id="now-in-utc"),
    pytest.param("2017-04-01T16:59:59+00:00", WIB, {}, "2017040123", "2017-03-31", True, id="a-second-too-early"),
    pytest.param("2017-04-01T22:10:00+07:00", WIB, {"at": "22:00"}, "2017040122", "2017-04-01", False, id="at-22"),
    pytest.param("2017-04-02T05:00:00+07:00", WIB, {"at": "22:00"}, "2017040122", "2017-04-01", False, id="at-22-next"),
    pytest.param("2017-04-02T06:30:00+07:00", WIB, {"at": "22:00"}, "2017040206", "2017-04-01", True, id="at-22-late"),
    pytest.param("2017-04-02T00:35:00+07:00", WIB, {"at": "24:30"}, "2017040124", "2017-04-01", False, id="at-24:30"),
    pytest.param(
        "2017-04-02T00:29:00+07:00", WIB, {"at": "24:30"}, "2017040124", "2017-03-31", True, id="before-24:30"
    ),
    pytest.param("2017-04-02T01:00:00+07:00", WIB, {"at": "01:00"}, "2017040201", "2017-04-02", False, id="at-01"),
    pytest.param(
        "2017-04-02T23:00:00+07:00", WIB, {"window_end": "24:00"}, "2017040124", "2017-04-01", False, id="window-24:00"
    ),
    pytest.param(
        "2017-04-02T06:00:00+07:00",
        WIB,
        {"at": "06:00", "window_end": "06:00"},
        "2017040206",
        "2017-04-02",
        False,
        id="window-ends-the-next-day",
    ),
    pytest.param(
        "2017-04-05T10:00:00+07:00",
        WIB,
        {"night": dt.date(2017, 4, 1)},
        "2017040510",
        "2017-04-01",
        True,
        id="P13.3a-an-older-night-caught-up",
    ),
    pytest.param(
        "2017-04-02T01:00:00+07:00",
        WIB,
        {"night": dt.date(2017, 4, 1)},
        "2017040124",
        "2017-04-01",
        False,
        id="the-night-by-name",
    ),
    pytest.param("2018-01-01T00:05:00+09:00", "Asia/Jayapura", {}, "2017123124", "2017-12-31", False, id="new-year"),
    pytest.param(
        "2017-10-15T03:00:00+00:00", "America/Sao_Paulo", {}, "2017101424", "2017-10-14", False, id="skipped-midnight"
    ),
    pytest.param(
        "2017-10-15T02:59:59+00:00", "America/Sao_Paulo", {}, "2017101423", "2017-10-13", True, id="before-the-skip"
    ),
    pytest.param(
        "2017-02-19T02:30:00+00:00", "America/Sao_Paulo", {}, "2017021823", "2017-02-17", True, id="23:30-again"
    ),
    pytest.param(
        "2017-02-19T03:00:00+00:00", "America/Sao_Paulo", {}, "2017021824", "2017-02-18", False, id="day-of-25-hours"
    ),
    pytest.param("2023-04-27T22:00:00+00:00", "Africa/Cairo", {}, "2023042724", "2023-04-27", False, id="Cairo"),
    pytest.param("2017-10-29T00:30:00+00:00", "Atlantic/Azores", {}, "2017102824", "2017-10-28", False, id="Azores-1"),
    pytest.param("2017-10-29T01:30:00+00:00", "Atlantic/Azores", {}, "2017102824", "2017-10-28", False, id="Azores-2"),
    pytest.param(
        "2017-03-26T01:10:00+00:00",
        "Europe/Berlin",
        {"at": "02:30"},
        "2017032602",
        "2017-03-26",
        False,
        id="skipped-02:30-keeps-its-hour",
    ),
    pytest.param(
        "2011-12-30T10:00:00+00:00",
        "Pacific/Apia",
        {"night": dt.date(2011, 12, 29)},
        "2011122924",
        "2011-12-29",
        False,
        id="skipped-day-Apia",
    ),
]


@pytest.mark.parametrize(("now", "zone", "options", "stamp", "night", "late"), SLOTS)
def test_p13_3a_the_slot_of_a_scheduled_run(
    now: str, zone: str, options: dict[str, t.Any], stamp: str, night: str, late: bool
) -> None:
    slot = slot_for(moment_of(now), zone, **options)
    assert (stamp_of(slot), slot.night.isoformat(), slot.late) == (stamp, night, late)
    assert slot.scheduled is not None
    assert slot.scheduled.timestamp() <= moment_of(now).timestamp()
    assert slot.stamp.timestamp() == (moment_of(now) if late else slot.scheduled).timestamp()


def test_p13_3a_a_skipped_midnight_is_named_hour_24_and_scheduled_at_the_first_moment() -> None:
    slot = slot_for(moment_of("2017-10-15T03:20:00+00:00"), "America/Sao_Paulo")
    assert slot.scheduled is not None
    assert slot.scheduled.isoformat() == "2017-10-15T01:00:00-02:00"
    assert slot.stamp.isoformat() == "2017-10-15T00:00:00-03:00"


@pytest.mark.parametrize(
    ("now", "stamp", "night"),
    [
        ("2017-04-02T00:40:00+07:00", "2017040124", "2017-04-01"),
        ("2017-04-02T01:00:00+07:00", "2017040201", "2017-04-02"),
        ("2017-04-01T18:40:00+00:00", "2017040201", "2017-04-02"),
    ],
)
def test_p13_3a_an_incidental_run_carries_its_real_start(now: str, stamp: str, night: str) -> None:
    slot = incidental_slot(moment_of(now), WIB)
    assert (stamp_of(slot), slot.night.isoformat()) == (stamp, night)
    assert slot.stamp == moment_of(now) and not slot.late and slot.scheduled is None


@pytest.mark.parametrize("at", ["02:00", "02:01", "02:07", "02:17", "02:29", "02:43", "02:59"])
def test_the_first_moment_after_a_gap_is_found_to_the_second(at: str) -> None:
    slot = slot_for(moment_of("2017-03-26T02:00:00+00:00"), "Europe/Berlin", at=at)
    assert slot.scheduled is not None
    assert slot.scheduled.isoformat() == "2017-03-26T03:00:00+02:00"


def test_a_slot_cannot_be_changed() -> None:
    slot = incidental_slot(moment_of("2017-04-02T00:40:00+07:00"), WIB)
    assert hash(slot) == hash(incidental_slot(moment_of("2017-04-02T00:40:00+07:00"), WIB))


def test_a_window_may_end_at_midnight() -> None:
    open_slot, closed = (
        slot_for(moment_of(f"2017-04-0{now}:00+07:00"), WIB, at="22:00", window_end="00:00")
        for now in ("1T23:59", "2T00:00")
    )
    assert (open_slot.late, closed.late) == (False, True)


def test_p13_2_the_first_night() -> None:
    assert incidental_slot(moment_of("1899-12-31T20:00:00+00:00"), WIB).night == dt.date(1900, 1, 1)


def test_p13_2_the_last_night() -> None:
    now = moment_of("9900-12-31T18:00:00+00:00")
    assert slot_for(now, WIB).night == dt.date(9900, 12, 31)
    with pytest.raises(NamingError, match="'night'"):
        incidental_slot(now, WIB)


def test_p13_2_the_first_night_by_name() -> None:
    slot = slot_for(moment_of("1900-01-01T20:00:00+00:00"), WIB, night=dt.date(1900, 1, 1))
    assert stamp_of(slot) == "1900010124"


@pytest.mark.parametrize("at", ["00:00", "00:30", "00:59", "25:00", "24:60", "1:00", "0100", "24:00\n", "", None, 24])
def test_an_at_outside_the_business_day_is_refused(at: str) -> None:
    with pytest.raises(NamingError, match="'at'.*24:00 is the midnight that ends the day"):
        slot_for(moment_of("2017-04-02T00:40:00+07:00"), WIB, at=at)


@pytest.mark.parametrize("window_end", ["24:01", "6:00", "06", "", None])
def test_a_window_end_that_is_no_clock_time_is_refused(window_end: str) -> None:
    with pytest.raises(NamingError, match="'window_end'"):
        slot_for(moment_of("2017-04-02T00:40:00+07:00"), WIB, window_end=window_end)


@pytest.mark.parametrize("night", ["2017-04-01", dt.datetime(2017, 4, 1), dt.date(1899, 12, 31), 0])
def test_a_night_that_is_no_date_is_refused(night: dt.date) -> None:
    with pytest.raises(NamingError, match="'night'"):
        slot_for(moment_of("2017-04-02T00:40:00+07:00"), WIB, night=night)


def test_a_night_that_has_not_come_is_refused() -> None:
    with pytest.raises(NamingError, match="2017-04-02 has not come.*incidental") as caught:
        slot_for(moment_of("2017-04-02T23:59:59+07:00"), WIB, night=dt.date(2017, 4, 2))
    assert caught.value.code == "naming.night"


@pytest.mark.parametrize(
    "now",
    [
        dt.datetime(2017, 4, 2),
        dt.datetime.min.replace(tzinfo=dt.timezone.utc),
        dt.datetime.max.replace(tzinfo=dt.timezone.utc),
        dt.datetime(1900, 1, 1, 0, 10, tzinfo=dt.timezone.utc),
        None,
    ],
)
def test_a_moment_outside_the_procedure_has_no_slot(now: dt.datetime) -> None:
    with pytest.raises(NamingError):
        slot_for(now, "Etc/UTC")
    with pytest.raises(NamingError):
        incidental_slot(now, "Etc/UTC")
