# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report model: statuses (K5, P12.1, P12.3), buildings (S7), standards (K8), what nobody planned (K1, P13.6)."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest
from tests.support import facts_factory as make
from tests.support.facts_factory import NIGHT

from ansible_collections.nusantara.backup.plugins.plugin_utils import _report

MORNING = "2026-11-21T00:10:00Z"
DURING = "2026-11-20T18:00:00Z"


def model(*hosts: t.Any, **options: t.Any) -> dict[str, t.Any]:
    return _report.build(list(hosts), _report.Options(**{"night": NIGHT.isoformat(), "generated": MORNING, **options}))


def row(*hosts: t.Any, **options: t.Any) -> dict[str, t.Any]:
    (found,) = model(*hosts, **options)["rows"]
    return t.cast("dict[str, t.Any]", found)


def codes(found: dict[str, t.Any]) -> set[str]:
    return {item["code"] for item in found["findings"]}


def planned(*plans: dict[str, t.Any], **over: t.Any) -> dict[str, t.Any]:
    return make.facts(sources=[make.source("SIMPEG", *plans, **over)])


@pytest.mark.parametrize(
    ("runs", "generated", "status"),
    [
        ([make.run("SIMPEG")], MORNING, "success"),
        ([make.failed("SIMPEG")], MORNING, "failed"),
        ([], MORNING, "missed"),
        ([], DURING, "pending"),
        ([make.run("SIMPEG", outcome="running", ended="", seconds=None, copies=[])], DURING, "running"),
        ([make.run("SIMPEG", outcome="interrupted", copies=[])], MORNING, "interrupted"),
        ([make.failed("SIMPEG"), make.run("SIMPEG", delay=900)], MORNING, "success"),
        ([make.run("SIMPEG"), make.failed("SIMPEG", delay=900)], MORNING, "success"),
        ([make.failed("SIMPEG"), make.run("SIMPEG", delay=900, outcome="interrupted")], MORNING, "interrupted"),
        ([make.run("SIMPEG", outcome="nonsense")], MORNING, "failed"),
        ([make.run("SIMPEG", NIGHT - dt.timedelta(days=1))], MORNING, "missed"),
    ],
    ids=[
        "success", "failed", "did not run", "window open", "running", "interrupted", "P12.3 done again",
        "success stays", "interrupted last", "unknown outcome is no success", "another night does not count",
    ],
)  # fmt: skip
def test_k5_p12_1_status_of_a_due_source(runs: list[dict[str, t.Any]], generated: str, status: str) -> None:
    found = row(make.host_with(*runs, sources=[make.source("SIMPEG")]), generated=generated)
    assert found["status"] == status
    # What failed before it, not what came after it.
    tonight = [run["outcome"] for run in runs if run["night"] == NIGHT.isoformat()]
    assert found["retries"] == (tonight.index("success") if "success" in tonight else max(0, len(tonight) - 1))


def test_what_a_failed_run_left_has_no_size() -> None:
    found = row(make.host_with(make.failed("SIMPEG", plain_bytes=0, stored_bytes=5)))
    assert (found["plain_bytes"], found["stored_bytes"]) == (None, None)


def test_p12_1_not_due_is_no_finding() -> None:
    found = model(planned(make.plan("weekly", day="sunday")))
    assert found["rows"][0]["status"] == "not_due"
    assert found["summary"]["verdict"] == "nothing"
    assert not found["rows"][0]["findings"]


def test_each_gives_a_line_for_each_plan_with_its_own_attempts() -> None:
    plans = [make.plan("daily", "I"), make.plan("weekly", "F", "friday")]
    runs = [make.run("SIMPEG", type="I"), make.failed("SIMPEG", type="F", frequency="weekly")]
    found = model(make.host_with(*runs, sources=[make.source("SIMPEG", *plans, each=True)]))
    assert {(line["frequency"], line["status"]) for line in found["rows"]} == {
        ("daily", "success"),
        ("weekly", "failed"),
    }


def test_p12_1_an_incidental_run_does_not_hide_that_the_plan_failed() -> None:
    runs = [make.failed("SIMPEG"), make.run("SIMPEG", delay=9000, mode="incidental", frequency="incidental")]
    found = model(make.host_with(*runs, sources=[make.source("SIMPEG")]))
    assert [(line["mode"], line["status"]) for line in found["rows"]] == [
        ("scheduled", "failed"),
        ("incidental", "success"),
    ]


def test_p12_3_each_request_by_hand_has_a_line_with_its_repairs() -> None:
    by_hand = {"mode": "incidental", "frequency": "incidental"}
    runs = [
        make.failed("SIMPEG", delay=9000, **by_hand),
        make.run("SIMPEG", delay=7000, **by_hand),
        make.failed("SIMPEG", delay=5000, **by_hand),
        make.run("SIMPEG", delay=3000, **by_hand),
    ]
    found = model(make.host_with(*runs, sources=[make.source("SIMPEG", make.plan("weekly", day="sunday"))]))
    assert [(line["status"], line["retries"]) for line in found["rows"]] == [
        ("failed", 0),
        ("success", 0),
        ("success", 1),
    ]


def test_what_failed_after_the_success_of_a_night_is_told() -> None:
    runs = [make.failed("SIMPEG", delay=9000), make.failed("SIMPEG", delay=6000), make.run("SIMPEG")]
    found = row(make.host_with(*runs))
    assert (found["status"], found["retries"]) == ("success", 0)
    (told,) = [item for item in found["findings"] if item["code"] == "report.failed_again"]
    assert (told["level"], told["params"]["count"]) == ("warning", "2")
    assert "exit status 1" in told["message"]


def test_a_run_of_a_source_that_is_no_longer_planned_is_still_told() -> None:
    found = row(make.host_with(make.run("Lama"), sources=[], unplanned=[]) | {"sources": []})
    assert (found["source"], found["status"], found["due"]) == ("Lama", "success", False)


def test_promise_1_a_missing_copy_is_no_success() -> None:
    end = make.slot_of(NIGHT, "Asia/Jakarta")
    run = make.run(
        "SIMPEG", copies=[make.copy("internal", "A", end), make.copy("gedung-b", "B", end, outcome="failed")]
    )
    found = row(make.host_with(run))
    assert (found["status"], found["copies_missing"]) == ("incomplete", ["gedung-b"])


def test_promise_1_a_copy_that_was_never_tried_is_missing_too() -> None:
    assert row(make.host_with(make.run("SIMPEG", copies=[])))["status"] == "incomplete"


def test_a_copy_made_later_counts() -> None:
    end = make.slot_of(NIGHT, "Asia/Jakarta")
    tries = [make.copy("internal", "A", end), make.copy("gedung-b", "B", end, outcome="failed")]
    host = make.host_with(make.run("SIMPEG", copies=tries))
    host["sets"][0]["copies"].append({"medium": "gedung-b", "building": "B", "at": "2026-11-20T23:00:00Z"})
    assert row(host)["status"] == "success"


@pytest.mark.parametrize(
    ("home", "buildings", "elsewhere", "code"),
    [
        ("A", ["A", "B"], True, None),
        ("A", ["A", "a"], False, "report.same_building"),
        ("A", ["A", ""], None, "report.building_unknown"),
        ("", ["A", "B"], None, "report.building_unknown"),
    ],
)
def test_s7_a_copy_in_another_building(
    home: str, buildings: list[str], elsewhere: bool | None, code: str | None
) -> None:
    end = make.slot_of(NIGHT, "Asia/Jakarta")
    copies = [
        make.copy(name, building, end) for name, building in zip(["internal", "gedung-b"], buildings, strict=True)
    ]
    media = [make.medium(name, building) for name, building in zip(["internal", "gedung-b"], buildings, strict=True)]
    found = row(make.host_with(make.run("SIMPEG", copies=copies), building=home, media=media))
    assert found["spread"]["elsewhere"] is elsewhere
    assert codes(found) & {"report.same_building", "report.building_unknown"} == ({code} if code else set())


def test_three_two_one_counts_the_local_store_and_kinds_of_media() -> None:
    found = row(make.host_with(make.run("SIMPEG")))["spread"]
    assert found == {"copies": 3, "kinds": 2, "elsewhere": True, "three_two_one": True}


@pytest.mark.parametrize(("minutes", "over"), [({}, False), ({"backup": 4}, True), ({"backup": None}, False)])
def test_k8_duration_against_the_standard(minutes: dict[str, t.Any], over: bool) -> None:
    found = model(make.host_with(make.run("SIMPEG", seconds=247.1)), standard_minutes=minutes)
    assert found["rows"][0]["over_standard"] is over
    assert ("report.over_standard" in codes(found["rows"][0])) is over


def test_k8_all_seven_standards_are_stated() -> None:
    found = {step["step"]: step["standard_seconds"] for step in model(planned())["standards"]}
    assert found == {
        "list": 3600, "configure": 7200, "backup": 86400, "check": 1800, "report": 3600, "verify": 600, "receive": 600,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"encryption": "none"}, "report.unencrypted"),
        ({"plausible": False}, "report.implausible"),
        ({"signed": False}, "report.unsigned"),
        ({"name": "2026112024F1D-Lain"}, "report.unlisted"),
    ],
)
def test_what_a_set_shows(changes: dict[str, t.Any], code: str) -> None:
    host = make.host_with(make.run("SIMPEG"))
    assert code not in codes(row(host))
    host["sets"][0].update(changes)
    found = model(host)
    assert code in codes(found["rows"][0])
    assert found["summary"]["verdict"] == "attention"


@pytest.mark.parametrize(
    ("changes", "code", "verdict"),
    [
        ({"unplanned": [{"engine": "postgresql", "server": "s", "database": "baru"}]}, "report.unplanned", "attention"),
        ({"unknown": ["/var/backups/nusantara/old.dump"]}, "report.unknown", "attention"),
        (
            {"journal": {"entries": 1, "head": "x", "intact": False, "problem": "line 3"}},
            "report.journal_broken",
            "failed",
        ),
        ({"journal": {}}, "report.journal_broken", "failed"),
        ({"verified": None}, "report.never_verified", "attention"),
        ({"verified": {"at": "2026-11-20T23:00:00Z", "sets": 2, "problems": 1}}, "report.verify_problems", "attention"),
        (
            {"verified": {"at": "2026-11-19T23:00:00Z", "sets": 2, "problems": 0}},
            "report.not_verified_since",
            "success",
        ),
        ({"store": {"reachable": False, "problem": "gone"}}, "report.store", "attention"),
    ],
    ids=["K1", "P13.6", "journal", "no journal", "P14.1", "P14.1 problems", "P14.1 old", "store"],
)
def test_what_a_host_shows(changes: dict[str, t.Any], code: str, verdict: str) -> None:
    found = model(make.host_with(make.run("SIMPEG"), **changes), zone="Asia/Jakarta")
    assert code in codes(found)
    assert found["summary"]["verdict"] == verdict


def test_a_zone_that_is_not_known_here_is_a_finding_and_the_site_s_zone_is_not_guessed() -> None:
    found = model({**make.host_with(make.run("SIMPEG")), "zone": "Asia/Nowhere"}, zone="Asia/Jakarta")
    assert "report.zone" in codes(found)


def test_what_a_run_said_already_is_not_said_twice() -> None:
    host = make.host_with(make.run("SIMPEG", plausible=False))
    host["sets"][0]["encryption"] = "none"
    host["sets"][0]["warnings"] = [
        {"code": code, "level": "warning", "subject": "SIMPEG", "message": code, "remedy": "", "params": {"share": "5"}}
        for code in ("encryption.none", "plausible.smaller", "media.none")
    ]
    told = {item["code"] for item in row(host)["findings"]}
    assert told == {"report.unencrypted", "plausible.smaller", "media.none"}


def test_an_untroubled_night_has_no_finding_at_all() -> None:
    found = model(make.host_with(make.run("SIMPEG"), make.run("Presensi")))
    assert found["findings"] == []
    assert found["summary"]["verdict"] == "success"


@pytest.mark.parametrize(
    ("unreachable", "status", "code"),
    [(True, "unreachable", "report.host_unreachable"), (False, "silent", "report.host_silent")],
)
def test_a_host_without_facts_stands_in_the_report_with_its_plan(unreachable: bool, status: str, code: str) -> None:
    gone = {**make.unreachable("arsip1", make.source("Arsip")), "unreachable": unreachable}
    found = model(make.host_with(make.run("SIMPEG")), gone)
    assert [line["status"] for line in found["rows"] if line["host"] == "arsip1"] == [status]
    assert [item["code"] for item in found["findings"]] == [code], "one for the host"
    assert found["summary"]["verdict"] == "failed"


def test_a_host_without_facts_and_without_a_plan_still_spoils_the_night() -> None:
    assert model(make.unreachable("arsip1"))["summary"]["verdict"] == "failed"


def test_facts_of_another_schema_are_not_read() -> None:
    found = model({**make.host_with(make.run("SIMPEG")), "schema": 2})
    assert "schema 2" in found["hosts"][0]["problem"]
    assert found["summary"]["verdict"] == "failed"


def test_a_zone_of_each_host() -> None:
    """A night of WIT closes two hours before one of WIB."""
    hosts = [planned(), {**make.facts("timur", zone="Asia/Jayapura"), "sources": [make.source("Timur")]}]
    found = {line["host"]: line["status"] for line in model(*hosts, generated="2026-11-20T22:00:00Z")["rows"]}
    assert found == {"db1": "pending", "timur": "missed"}


def test_history_says_nothing_of_nights_before_the_first_run() -> None:
    runs = [make.run("SIMPEG", NIGHT - dt.timedelta(days=back)) for back in (0, 2)]
    cells = model(make.host_with(*runs), history_nights=7)["histories"][0]["cells"]
    assert [cell["status"] for cell in cells] == ["unknown"] * 4 + ["success", "missed", "success"]


def test_pictures_are_limited_and_those_with_problems_come_first() -> None:
    runs = [make.run(f"Satu{number}") for number in range(5)] + [make.failed("Gagal")]
    found = model(make.host_with(*runs), pictures=2)["histories"]
    assert [item["source"] for item in found] == ["Gagal", "Satu0"]


def test_the_newest_night_is_taken_from_the_facts() -> None:
    assert model(make.host_with(make.run("SIMPEG")), night="", generated="")["night"] == "2026-11-20"


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"night": "20-11-2026"}, "night"),
        ({"generated": "tonight"}, "generated"),
        ({"zone": "Asia/Nowhere"}, "zone"),
        ({"standard_minutes": {"bakcup": 3}}, "bakcup"),
    ],
)
def test_options_that_cannot_be_used_are_named(options: dict[str, t.Any], word: str) -> None:
    with pytest.raises(_report.ReportError, match=word):
        model(planned(), **options)


def test_without_any_facts_a_time_is_required() -> None:
    with pytest.raises(_report.ReportError, match="generated"):
        model(make.unreachable("arsip1"), generated="")
