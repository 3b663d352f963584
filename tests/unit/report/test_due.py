# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is due on a night (P12.1), when its window closes (P13.3a), and which night is the newest."""

from __future__ import annotations

import datetime as dt
import types
import typing as t
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.nusantara.backup.plugins.module_utils._base._model import WEEKDAYS, PlanEntry
from ansible_collections.nusantara.backup.plugins.module_utils._site._config import parse_site
from ansible_collections.nusantara.backup.plugins.module_utils._site._plan import due_entries
from ansible_collections.nusantara.backup.plugins.plugin_utils import _report_due

JAKARTA = zoneinfo.ZoneInfo("Asia/Jakarta")
FRIDAY, SATURDAY = dt.date(2026, 11, 20), dt.date(2026, 11, 21)


def entry(frequency: str, day: str = "", kind: str = "F", at: str = "24:00") -> dict[str, str]:
    return {"type": kind, "frequency": frequency, "day": day, "at": at}


@pytest.mark.parametrize(
    ("plan", "night", "expected"),
    [
        ([entry("daily")], FRIDAY, ["daily"]),
        ([entry("weekly", "saturday")], FRIDAY, []),
        ([entry("weekly", "saturday")], SATURDAY, ["weekly"]),
        ([entry("monthly", "20")], FRIDAY, ["monthly"]),
        ([entry("monthly", "21")], FRIDAY, []),
        ([entry("monthly", "last")], dt.date(2028, 2, 29), ["monthly"]),
        ([entry("monthly", "last")], dt.date(2028, 2, 28), []),
        ([entry("daily", kind="I"), entry("weekly", "saturday")], SATURDAY, ["weekly"]),
        ([entry("daily", kind="I"), entry("weekly", "saturday")], FRIDAY, ["daily"]),
        ([entry("weekly", "saturday"), entry("monthly", "21"), entry("daily")], SATURDAY, ["monthly"]),
        ([entry("incidental")], FRIDAY, []),
        ([entry("hourly")], FRIDAY, []),
    ],
)
def test_p12_1_the_rarest_of_a_night_is_due(plan: list[dict[str, str]], night: dt.date, expected: list[str]) -> None:
    assert [item["frequency"] for item in _report_due.due(plan, night)] == expected


def test_each_makes_all_of_a_night_due() -> None:
    plan = [entry("daily"), entry("weekly", "saturday"), entry("monthly", "28")]
    assert len(_report_due.due(plan, SATURDAY, each=True)) == 2


@pytest.mark.parametrize("frequency", ["weekly", "monthly"])
def test_the_report_and_the_runner_mean_the_same_day_where_none_is_said(frequency: str) -> None:
    """A host that cannot be reached is judged by its inventory, which the runner never saw."""
    asked = {"name": "Situs", "engine": "sqlite", "path": "/srv/a.db", "frequency": frequency}
    (source,) = parse_site({"encryption": "none", "sources": [asked]}).sources
    nights = [dt.date(2026, 11, 1) + dt.timedelta(days=number) for number in range(60)]
    ours = [night for night in nights if _report_due.due(_report_due.plan_of(asked), night)]
    assert ours == [night for night in nights if due_entries(source, night)]
    assert len(ours) == {"weekly": 8, "monthly": 1}[frequency]


@given(
    st.lists(
        st.one_of(
            st.just(("daily", "")),
            st.sampled_from(WEEKDAYS).map(lambda day: ("weekly", day)),
            st.one_of(st.just("last"), st.integers(1, 28).map(str)).map(lambda day: ("monthly", day)),
            st.just(("incidental", "")),
        ),
        unique=True,
        min_size=1,
        max_size=6,
    ),
    st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)),
    st.booleans(),
)
def test_the_report_and_the_runner_agree_on_what_is_due(
    plan: list[tuple[str, str]], night: dt.date, each: bool
) -> None:
    source: t.Any = types.SimpleNamespace(plan=[PlanEntry("F", *item) for item in plan], each=each)
    ours = _report_due.due([entry(*item) for item in plan], night, each)
    assert {item["frequency"] for item in ours} == {item.frequency for item in due_entries(source, night)}
    assert len(ours) == len(due_entries(source, night))


@pytest.mark.parametrize(
    ("at", "slot", "closes"),
    [
        ("24:00", "2026-11-21T00:00", "2026-11-21T06:00"),
        ("24:30", "2026-11-21T00:30", "2026-11-21T06:00"),
        ("22:15", "2026-11-20T22:15", "2026-11-21T06:00"),
        ("02:00", "2026-11-20T02:00", "2026-11-20T06:00"),
        ("06:00", "2026-11-20T06:00", "2026-11-21T06:00"),
        ("nonsense", "2026-11-21T00:00", "2026-11-21T06:00"),
    ],
)
def test_p13_3a_slot_and_window(at: str, slot: str, closes: str) -> None:
    item = entry("daily", at=at)
    assert f"{_report_due.slot(item, FRIDAY, JAKARTA):%Y-%m-%dT%H:%M}" == slot
    assert f"{_report_due.closes(item, FRIDAY, JAKARTA, '06:00'):%Y-%m-%dT%H:%M}" == closes


@pytest.mark.parametrize(
    ("now", "plans", "expected"),
    [
        ("2026-11-21T07:10", [[entry("daily")]], "2026-11-20"),
        ("2026-11-21T00:00", [[entry("daily")]], "2026-11-20"),
        ("2026-11-20T23:59", [[entry("daily")]], "2026-11-19"),
        ("2026-11-20T22:30", [[entry("daily", at="22:00")]], "2026-11-20"),
        ("2026-11-20T21:59", [[entry("daily", at="22:00")]], "2026-11-19"),
        ("2026-11-20T22:30", [[entry("weekly", "sunday", at="22:00")]], "2026-11-19"),
        ("2026-11-20T12:00", [], "2026-11-19"),
    ],
)
def test_newest_night_is_the_last_that_has_begun(now: str, plans: list[list[dict[str, str]]], expected: str) -> None:
    moment = dt.datetime.fromisoformat(now).replace(tzinfo=JAKARTA)
    assert _report_due.newest_night(plans, moment, JAKARTA).isoformat() == expected


def test_a_source_without_a_plan_gets_f_at_its_frequency() -> None:
    found = _report_due.plan_of({"name": "Situs", "frequency": "weekly", "day": "Sunday"})
    assert found == [entry("weekly", "sunday")]
