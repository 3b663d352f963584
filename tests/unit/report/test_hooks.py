# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""K3 in the report: what ran before and after a backup, and which application may still be in maintenance mode."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from tests.support import facts_factory as make
from tests.support.pages import Page

from ansible_collections.nusantara.backup.plugins.plugin_utils import _report, _report_html
from ansible_collections.nusantara.backup.plugins.plugin_utils._report_words import finding as words_of

TEMPLATES = [str(Path(__file__).parents[3] / "roles" / "backup_report" / "templates")]
ERROR = {"code": "hook.after", "message": "The after-hook ended with status 7: stale", "remedy": "Look", "detail": ""}
RUN = make.run("SIMPEG", group="Kepegawaian")
WINDOW = {"name": "Kepegawaian", "began": "2026-11-20T17:00:03Z", "before": "success", "sources": ["SIMPEG", "Web"]}


def model(*hooks: dict[str, t.Any], language: str = "id", window: t.Any = None) -> dict[str, t.Any]:
    host = make.host_with(RUN, hooks=list(hooks))
    host["sets"][0]["group"] = window
    return _report.build([host], _report.Options(language=language, generated="2026-11-21T00:10:00Z"))


def told(found: dict[str, t.Any]) -> list[tuple[str, str, str]]:
    codes = ("report.hook_after", "report.hook_pending")
    return [(item["code"], item["level"], item["subject"]) for item in found["findings"] if item["code"] in codes]


def test_a_window_that_was_closed_is_no_finding() -> None:
    found = model(make.hook(RUN, "after"), make.hook(RUN, "before"))
    assert told(found) == [] and found["summary"]["verdict"] == "success"
    assert [(hook["when"], hook["outcome"]) for hook in found["rows"][0]["hooks"]] == [
        ("before", "success"),
        ("after", "success"),
    ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"outcome": "failed", "status": 7, "error": ERROR}, "report.hook_after"),
        ({"outcome": "pending", "started": "", "ended": ""}, "report.hook_pending"),
        ({"outcome": "interrupted"}, "report.hook_pending"),
    ],
)
def test_an_application_that_may_be_in_maintenance_mode_is_told_first(changes: dict[str, t.Any], code: str) -> None:
    found = model(make.hook(RUN, "after", **changes), make.hook(RUN, "before"))
    assert told(found) == [(code, "error", "Kepegawaian")]
    assert found["findings"][0]["code"] == code and found["summary"]["verdict"] == "attention"
    said = words_of(found["findings"][0], "id")
    assert "mungkin masih dalam mode pemeliharaan" in said["title"] and said["remedy"]
    assert said["said"] == (ERROR["message"] if code == "report.hook_after" else "")


def test_what_a_later_window_put_right_is_told_no_more() -> None:
    bad = make.hook(RUN, "after", outcome="failed", error=ERROR)
    assert told(model(make.hook(RUN, "after", run="later"), bad)) == []
    assert len(told(model(make.hook(RUN, "after", name="Lain"), bad))) == 1
    assert told(model(make.hook(RUN, "before", outcome="failed", error=ERROR))) == []


def test_hooks_of_others_do_not_stand_in_a_line() -> None:
    found = model(make.hook(RUN, "after", run="other"), make.hook(RUN, "after", sources=["Lain"]))
    assert found["rows"][0]["hooks"] == [] and found["rows"][0]["group"]["name"] == "Kepegawaian"


@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        (
            "id",
            [
                "Program pra-backup",
                "berhasil, 1,5 dtk",
                "GAGAL",
                "dijalankan oleh proses berikutnya",
                "bersama SIMPEG, Web",
            ],
        ),
        ("en", ["Before-hook", "succeeded, 1.5 s", "FAILED", "run by the next process", "with SIMPEG, Web"]),
    ],
)
def test_the_page_shows_windows_and_hooks(language: str, wanted: list[str]) -> None:
    bad = {"outcome": "failed", "error": ERROR, "by": "recovery", "said": "half\nundone"}
    found = model(make.hook(RUN, "after", **bad), make.hook(RUN, "before"), language=language, window=WINDOW)
    page = Page(_report_html.render(found, TEMPLATES))
    assert page.problems == []
    for words in (*wanted, "/usr/local/sbin/maintenance before", ERROR["message"], "half undone", "Kepegawaian"):
        assert words in page.text, words


def test_facts_of_an_older_release_have_no_hooks() -> None:
    host = make.host_with(make.run("SIMPEG"))
    del host["hooks"], host["groups"]
    (row,) = _report.build([host], _report.Options())["rows"]
    assert (row["hooks"], row["group"]) == ([], None)
