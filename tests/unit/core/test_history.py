# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Journals by hand, folded to attempts."""

from __future__ import annotations

import typing as t

from ansible_collections.nusantara.backup.plugins.module_utils._record._history import fold
from ansible_collections.nusantara.backup.plugins.module_utils._record._journal import Entry

JOB = {"type": "F", "frequency": "daily", "night": "2026-11-20", "slot": "2026-11-21T00:00:00+07:00", "late": False}

COPY = {"medium": "m", "building": None, "outcome": None, "at": None, "seconds": None, "error": None}


def job(source: str, **changes: t.Any) -> dict[str, t.Any]:
    return {"source": source, **JOB, **changes}


def entries(*events: tuple[str, dict[str, t.Any]]) -> list[Entry]:
    return [
        Entry(number, f"2026-11-20T17:00:{number:02}Z", event, data, "")
        for number, (event, data) in enumerate(events, start=1)
    ]


def started(run: str, *jobs: dict[str, t.Any]) -> tuple[str, dict[str, t.Any]]:
    return "run.started", {"run": run, "mode": "scheduled", "jobs": list(jobs)}


def finished(run: str, source: str, outcome: str = "success", **more: t.Any) -> tuple[str, dict[str, t.Any]]:
    return "source.finished", {"run": run, "source": source, "frequency": "daily", "outcome": outcome, **more}


def test_a_whole_run() -> None:
    history = fold(
        entries(
            started("r1", job("A"), job("B")),
            ("source.started", {"run": "r1", "source": "A", "frequency": "daily", "started": "t1"}),
            finished("r1", "A", name="n1", plain_bytes=7, rows=3, plausible=False, ended="t2", seconds=1.5),
            (
                "copy.finished",
                {"run": "r1", "source": "A", "frequency": "daily", "medium": "m", "error": None, "path": "/x"},
            ),
            finished("r1", "B", "failed", error={"code": "engine"}),
            ("servers.seen", {"run": "r1", "unplanned": [{"database": "x"}], "not_seen": []}),
            ("run.finished", {"run": "r1", "outcome": "failed", "seconds": 2}),
            ("something.new", {"run": "r1"}),
        )
    )
    first, second = history.attempts
    assert (first.outcome, first.name, first.plain_bytes, first.rows, first.plausible) == ("success", "n1", 7, 3, False)
    assert (first.started, first.ended, first.copies) == ("t1", "t2", [COPY])
    assert (second.outcome, second.error, second.copies) == ("failed", {"code": "engine"}, [])
    assert history.open_runs == {}
    assert history.unplanned == [{"database": "x"}]
    assert history.success(("A", "2026-11-20", "daily")) is first
    for other in (("B", "2026-11-20", "daily"), ("A", "2026-11-20", "weekly"), ("A", "2026-11-19", "daily")):
        assert history.success(other) is None
    assert first.as_dict()["source"] == "A"


def test_pitfall_a_run_without_its_end_stays_open() -> None:
    history = fold(entries(started("r1", job("A"), job("B")), finished("r1", "A")))
    assert [attempt.outcome for attempt in history.attempts] == ["success", "running"]
    assert list(history.open_runs) == ["r1"]


def test_an_interrupted_run_keeps_what_had_ended() -> None:
    error = {"code": "run.interrupted", "message": "m"}
    history = fold(
        entries(
            started("r1", job("A"), job("B")), finished("r1", "A"), ("run.interrupted", {"run": "r1", "error": error})
        )
    )
    first, second = history.attempts
    assert (first.outcome, first.error) == ("success", None)
    assert (second.outcome, second.error, second.ended) == ("interrupted", error, "2026-11-20T17:00:03Z")
    assert history.open_runs == {}


def test_two_runs_at_once_do_not_mix() -> None:
    history = fold(
        entries(
            started("r1", job("A")),
            started("r2", job("B"), job("A", frequency="incidental")),
            finished("r2", "B", name="b"),
            finished("r1", "A", name="a1"),
            ("source.finished", {"run": "r2", "source": "A", "frequency": "incidental", "outcome": "failed"}),
            ("run.finished", {"run": "r1"}),
        )
    )
    assert [(a.run, a.source, a.outcome, a.name) for a in history.attempts] == [
        ("r1", "A", "success", "a1"),
        ("r2", "B", "success", "b"),
        ("r2", "A", "failed", ""),
    ]
    assert list(history.open_runs) == ["r2"]
    assert [attempt.source for attempt in history.run("r2")] == ["B", "A"]
    assert [attempt.run for attempt in history.of("A")] == ["r1", "r2"]


def test_events_of_unknown_or_closed_runs_change_nothing() -> None:
    history = fold(
        entries(
            started("r1", job("A")),
            ("run.finished", {"run": "r1"}),
            finished("r1", "A"),
            finished("r9", "A"),
            ("copy.finished", {"run": "r9", "source": "A", "frequency": "daily", "medium": "m"}),
            ("run.finished", {"run": "r9"}),
        )
    )
    (one,) = history.attempts
    assert (one.outcome, one.copies) == ("interrupted", [])


def test_the_latest_look_at_the_servers_counts() -> None:
    seen = [("servers.seen", {"unplanned": [{"database": name}]}) for name in ("old", "new")]
    assert fold(entries(*seen)).unplanned == [{"database": "new"}]


def test_a_set_lacks_the_media_that_nobody_copied_it_to() -> None:
    def copied(run: str, medium: str, error: object = None) -> tuple[str, dict[str, t.Any]]:
        return "copy.finished", {"run": run, "source": "A", "frequency": "daily", "medium": medium, "error": error}

    history = fold(
        entries(
            started("r1", job("A")),
            finished("r1", "A", name="n1"),
            copied("r1", "a"),
            copied("r1", "b", {"code": "x"}),
            started("r2", job("A")),
            finished("r2", "A", name="n2"),
            copied("r2", "b"),
        )
    )
    assert history.lacks_copy("n1", ["a", "b", "c"]) == ["b", "c"]
    assert history.lacks_copy("n2", ["a", "b"]) == ["a"]
    assert history.lacks_copy("n3", ["a"]) == ["a"]
