# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hour 24, zones, midnights that are skipped or repeated (P13.2 and its decided edges)."""

from __future__ import annotations

import dataclasses
import datetime as dt
import pathlib
import sys
import typing as t
import zoneinfo

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import NamingError
from ansible_collections.nusantara.backup.plugins.module_utils._naming import (
    NameFields,
    fields_for,
    load_zone,
    moment,
    parse,
)

MOMENTS = [
    pytest.param("2017040124", "Asia/Jakarta", "2017-04-02T00:00:00+07:00", id="P13.1-WIB"),
    pytest.param("2017040124", "Asia/Makassar", "2017-04-02T00:00:00+08:00", id="U1-WITA"),
    pytest.param("2017040124", "Asia/Jayapura", "2017-04-02T00:00:00+09:00", id="U1-WIT"),
    pytest.param("2017040101", "Asia/Jakarta", "2017-04-01T01:00:00+07:00", id="first-hour"),
    pytest.param("2017123124", "Asia/Jakarta", "2018-01-01T00:00:00+07:00", id="end-of-year"),
    pytest.param("2000022924", "Asia/Jakarta", "2000-03-01T00:00:00+07:00", id="leap-day"),
    pytest.param("1900022824", "Etc/UTC", "1900-03-01T00:00:00+00:00", id="1900-no-leap-year"),
    pytest.param("1900010101", "Etc/UTC", "1900-01-01T01:00:00+00:00", id="first-name"),
    pytest.param("9900123124", "Asia/Jakarta", "9901-01-01T00:00:00+07:00", id="last-name"),
    pytest.param("2017101424", "America/Sao_Paulo", "2017-10-15T01:00:00-02:00", id="skipped-Sao-Paulo"),
    pytest.param("2017021824", "America/Sao_Paulo", "2017-02-19T00:00:00-03:00", id="day-of-25-hours-Sao-Paulo"),
    pytest.param("2023042724", "Africa/Cairo", "2023-04-28T01:00:00+03:00", id="skipped-Cairo"),
    pytest.param("2017032524", "Asia/Beirut", "2017-03-26T01:00:00+03:00", id="skipped-Beirut"),
    pytest.param("2017102824", "Atlantic/Azores", "2017-10-29T00:00:00+00:00", id="repeated-Azores"),
    pytest.param("2017110424", "America/Havana", "2017-11-05T00:00:00-04:00", id="repeated-Havana"),
    pytest.param("2017031124", "America/Havana", "2017-03-12T01:00:00-04:00", id="skipped-Havana"),
    pytest.param("2006102824", "America/St_Johns", "2006-10-29T00:00:00-02:30", id="repeated-one-minute-St-Johns"),
    pytest.param("1919033024", "America/Toronto", "1919-03-31T00:30:00-04:00", id="gap-around-midnight-Toronto"),
    pytest.param("2011122924", "Pacific/Apia", "2011-12-31T00:00:00+14:00", id="skipped-day-Apia"),
    pytest.param("2017032602", "Europe/Berlin", "2017-03-26T03:00:00+02:00", id="skipped-hour-Berlin"),
    pytest.param("2017102902", "Europe/Berlin", "2017-10-29T02:00:00+02:00", id="repeated-hour-Berlin"),
]


@pytest.mark.parametrize(("stamp", "zone", "expected"), MOMENTS)
def test_p13_2_the_moment_that_a_name_stands_for(stamp: str, zone: str, expected: str) -> None:
    found = moment(parse(f"{stamp}F1W-All"), zone)
    assert found.isoformat() == expected
    assert found.tzinfo is zoneinfo.ZoneInfo(zone)


@pytest.mark.parametrize(
    ("local", "stamp"),
    [
        ("2017-04-02T00:00:00+07:00", (2017, 4, 1, 24)),
        ("2017-04-02T00:59:59+07:00", (2017, 4, 1, 24)),
        ("2017-04-02T01:00:00+07:00", (2017, 4, 2, 1)),
        ("2017-04-02T23:59:59+07:00", (2017, 4, 2, 23)),
        ("2018-01-01T00:10:00+09:00", (2017, 12, 31, 24)),
        ("2000-03-01T00:00:00+08:00", (2000, 2, 29, 24)),
        ("1900-03-01T00:00:00+00:00", (1900, 2, 28, 24)),
        ("1900-01-01T01:00:00+00:00", (1900, 1, 1, 1)),
        ("9901-01-01T00:59:00+00:00", (9900, 12, 31, 24)),
    ],
)
def test_p13_2_the_hour_after_midnight_is_hour_24(local: str, stamp: tuple[int, int, int, int]) -> None:
    found = fields_for(
        dt.datetime.fromisoformat(local), type="F", media=1, frequency="W", data="All", process="M", run=3
    )
    assert found == NameFields(*stamp, "F", 1, "W", "All", "M", 3)


@pytest.mark.parametrize(
    "local",
    [
        dt.datetime(1900, 1, 1, 0, 0, tzinfo=dt.timezone.utc),
        dt.datetime(1900, 1, 1, 0, 59, tzinfo=dt.timezone.utc),
        dt.datetime(9901, 1, 1, 1, 0, tzinfo=dt.timezone.utc),
        dt.datetime.min.replace(tzinfo=dt.timezone.utc),
        dt.datetime.max.replace(tzinfo=dt.timezone.utc),
        dt.datetime(2017, 4, 1),
        dt.date(2017, 4, 1),
        "2017-04-01",
        None,
    ],
)
def test_p13_2_a_moment_without_a_name_is_refused(local: dt.datetime) -> None:
    with pytest.raises(NamingError, match="(moment|year)"):
        fields_for(local, type="F", media=1, frequency="W", data="All")


@pytest.mark.parametrize(
    "zone",
    [
        "",
        "WIB",
        "Asia/Atlantis",
        "Asia",
        "asia jakarta",
        "../../etc/passwd",
        "/usr/share/zoneinfo/UTC",
        "Asia/Jakarta\n",
        "a\x00b",
        "é",
        "A" * 300,
        "localtime",
        "tzdata.zi",
        "leapseconds",
        None,
        7,
    ],
)
def test_unknown_zones_are_refused_with_a_remedy(zone: str) -> None:
    with pytest.raises(NamingError, match="IANA name") as caught:
        load_zone(zone)
    assert caught.value.code == "naming.zone"


@pytest.fixture
def host_without_tzdata(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[None]:
    monkeypatch.setitem(sys.modules, "tzdata", None)
    zoneinfo.reset_tzpath([tmp_path])
    zoneinfo.ZoneInfo.clear_cache()
    yield
    zoneinfo.reset_tzpath()


@pytest.mark.usefixtures("host_without_tzdata")
def test_a_host_without_tzdata_is_told_to_install_it() -> None:
    with pytest.raises(NamingError, match="'Asia/Jakarta'.*Install the package tzdata") as caught:
        load_zone("Asia/Jakarta")
    assert caught.value.code == "naming.zone"


def test_the_first_run_is_meant_unless_told_otherwise() -> None:
    local = dt.datetime(2017, 4, 2, tzinfo=dt.timezone.utc)
    found = fields_for(local, type="F", media=1, frequency="W", data="All")
    assert found == parse("2017040124F1W-All")


def test_p13_5_a_moment_does_not_depend_on_the_medium() -> None:
    fields = parse("2017040124F1W-All")
    assert moment(fields, "Asia/Jakarta") == moment(dataclasses.replace(fields, media=3), "Asia/Jakarta")
