# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is due on which night (P12.1), and under which slot (P13.3a)."""

from __future__ import annotations

import datetime as dt
import pathlib
import typing as t

import pytest
from tests.support.site import make_site

from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import parse_at
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import BackupError
from ansible_collections.nusantara.backup.plugins.module_utils._site._plan import (
    INCIDENTAL,
    Job,
    due_entries,
    plan_jobs,
)

WEEKLY = {"frequency": "weekly", "day": "saturday"}
MONTHLY = {"frequency": "monthly", "day": "last"}
FIFTH = {"frequency": "monthly", "day": 5}
DAILY = {"frequency": "daily"}
Options = dict[str, t.Any]


def sources(*plans: list[Options], **more: t.Any) -> list[Options]:
    return [
        {"name": f"S{number}", "engine": "sqlite", "path": "/srv/x.db", "plan": plan, **more}
        for number, plan in enumerate(plans)
    ]


def planned(place: pathlib.Path, at: str, *plans: list[Options], each: bool = False, **asked: t.Any) -> list[Job]:
    moment = parse_at(at)
    assert moment is not None
    return plan_jobs(make_site(place, sources=sources(*plans, each=each)), moment, **asked)


@pytest.mark.parametrize(
    ("plan", "night", "each", "due"),
    [
        ([DAILY], "2026-11-20", False, ["daily"]),
        ([WEEKLY], "2026-11-20", False, []),
        ([WEEKLY], "2026-11-21", False, ["weekly"]),
        ([DAILY, WEEKLY], "2026-11-20", False, ["daily"]),
        ([DAILY, WEEKLY], "2026-11-21", False, ["weekly"]),
        ([DAILY, WEEKLY], "2026-11-21", True, ["weekly", "daily"]),
        ([MONTHLY], "2026-11-29", False, []),
        ([MONTHLY], "2026-11-30", False, ["monthly"]),
        ([MONTHLY], "2026-02-28", False, ["monthly"]),
        ([MONTHLY], "2028-02-28", False, []),
        ([MONTHLY], "2028-02-29", False, ["monthly"]),
        ([MONTHLY], "2026-12-31", False, ["monthly"]),
        ([FIFTH], "2026-11-05", False, ["monthly"]),
        ([FIFTH], "2026-11-15", False, []),
        ([DAILY, WEEKLY, MONTHLY], "2026-10-31", False, ["monthly"]),
        ([DAILY, WEEKLY, MONTHLY], "2026-10-31", True, ["monthly", "weekly", "daily"]),
        ([{"frequency": "incidental"}], "2026-11-20", True, []),
    ],
)
def test_p12_1_due(tmp_path: pathlib.Path, plan: list[Options], night: str, each: bool, due: list[str]) -> None:
    (source,) = make_site(tmp_path, sources=sources(plan, each=each)).sources
    assert [entry.frequency for entry in due_entries(source, dt.date.fromisoformat(night))] == due


def test_p13_3a_one_slot_for_all_sources_of_a_night(tmp_path: pathlib.Path) -> None:
    jobs = planned(tmp_path, "2026-11-21T00:40:00+07:00", [DAILY], [{"frequency": "weekly", "day": "friday"}], [WEEKLY])
    assert [(job.source.name, job.frequency, job.night) for job in jobs] == [
        ("S0", "daily", "2026-11-20"),
        ("S1", "weekly", "2026-11-20"),
    ]
    assert {job.slot.stamp.isoformat() for job in jobs} == {"2026-11-21T00:00:00+07:00"}
    assert jobs[0].key == ("S0", "2026-11-20", "daily")


def test_p13_3a_after_the_window_it_is_late_and_carries_its_start(tmp_path: pathlib.Path) -> None:
    (job,) = planned(tmp_path, "2026-11-21T06:00:00+07:00", [DAILY])
    assert (job.night, job.slot.late) == ("2026-11-20", True)
    assert job.slot.stamp.isoformat() == "2026-11-21T06:00:00+07:00"


@pytest.mark.parametrize(("window_end", "late"), [("07:30", False), ("07:00", True)])
def test_p13_3a_a_site_says_when_its_night_ends(tmp_path: pathlib.Path, window_end: str, late: bool) -> None:
    site = make_site(tmp_path, window_end=window_end)
    (job,) = plan_jobs(site, dt.datetime.fromisoformat("2026-11-21T07:00:00+07:00"))
    assert (job.night, job.slot.late, job.slot.stamp.hour) == ("2026-11-20", late, 7 if late else 0)


def test_an_earlier_night_is_caught_up_late(tmp_path: pathlib.Path) -> None:
    jobs = planned(tmp_path, "2026-11-25T09:00:00+07:00", [WEEKLY], [DAILY], night=dt.date(2026, 11, 21))
    assert [(job.frequency, job.night, job.slot.late) for job in jobs] == [
        ("weekly", "2026-11-21", True),
        ("daily", "2026-11-21", True),
    ]


def test_a_night_to_come_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(BackupError) as caught:
        planned(tmp_path, "2026-11-21T00:40:00+07:00", [DAILY], night=dt.date(2026, 11, 21))
    assert caught.value.code == "naming.night"


@pytest.mark.parametrize(
    ("at", "due"),
    [
        ("2026-11-21T23:30:00+07:00", [("weekly", "2026-11-21", False), ("daily", "2026-11-20", True)]),
        ("2026-11-22T01:00:00+07:00", [("weekly", "2026-11-21", False)]),
        ("2026-11-21T22:59:00+07:00", [("daily", "2026-11-20", True)]),
    ],
)
def test_entries_with_hours_of_their_own(tmp_path: pathlib.Path, at: str, due: list[t.Any]) -> None:
    jobs = planned(tmp_path, at, [{**WEEKLY, "at": "23:00"}, {**DAILY, "at": "24:00"}])
    assert [(job.frequency, job.night, job.slot.late) for job in jobs] == due


def test_incidental_runs_take_all_or_what_was_asked_for(tmp_path: pathlib.Path) -> None:
    jobs = planned(tmp_path, "2026-11-21T14:20:00+07:00", [WEEKLY], [{"frequency": "incidental"}], mode=INCIDENTAL)
    assert [(job.source.name, job.type, job.frequency, job.mode) for job in jobs] == [
        ("S0", "F", "incidental", "incidental"),
        ("S1", "F", "incidental", "incidental"),
    ]
    assert jobs[0].slot.stamp.isoformat() == "2026-11-21T14:20:00+07:00"
    only = planned(tmp_path, "2026-11-21T14:20:00+07:00", [DAILY], [DAILY], mode=INCIDENTAL, only=["S1"])
    assert [job.source.name for job in only] == ["S1"]


@pytest.mark.parametrize("name", ["S9", "s0", "", "\x1b[2J"])
def test_only_names_what_is_configured(tmp_path: pathlib.Path, name: str) -> None:
    with pytest.raises(BackupError) as caught:
        planned(tmp_path, "2026-11-21T00:40:00+07:00", [DAILY], only=[name])
    assert caught.value.code == "config.unknown_source"
    assert "Configured are S0" in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("mode", "letter", "run", "name"),
    [
        ("scheduled", False, 1, ("F", "", 1)),
        ("scheduled", True, 1, ("F", "A", 1)),
        ("incidental", True, 2, ("F", "M", 2)),
        ("incidental", False, 3, ("F", "", 3)),
    ],
)
def test_p13_2_fields_of_the_name(tmp_path: pathlib.Path, mode: str, letter: bool, run: int, name: t.Any) -> None:
    (job,) = planned(tmp_path, "2026-11-21T00:40:00+07:00", [DAILY], mode=mode)
    fields = job.fields(process_letter=letter, run=run)
    assert (fields.type, fields.process, fields.run) == name
    assert (fields.media, fields.data, fields.frequency) == (1, "S0", "D" if mode == "scheduled" else "I")
    assert (fields.year, fields.month, fields.day, fields.hour) == (2026, 11, 20, 24)
