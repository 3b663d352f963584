# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action asks the module until the run has ended, and shows what happens."""

from __future__ import annotations

import typing as t
from unittest import mock

import pytest
from ansible.errors import AnsibleConnectionFailure

from ansible_collections.nusantara.backup.plugins.action import backup_run

Answer = dict[str, t.Any]
STARTED = {"changed": True, "finished": False, "run": "r1", "plan": [{"source": "A"}], "msg": "started"}
NEWS = {"event": "source.started", "at": "t", "data": {"source": "A"}}
END = {"event": "run.finished", "at": "t", "data": {"seconds": 1, "outcome": "success"}}


class Asked:
    """An action whose host gives prepared answers, and what it was asked and has shown."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: Answer | Exception) -> None:
        self.answers = list(answers)
        self.questions: list[Answer] = []
        self.lines: list[str] = []
        monkeypatch.setattr(backup_run.ActionBase, "run", lambda *_unused, **_more: {})
        monkeypatch.setattr(backup_run.ActionModule, "_execute_module", self.execute)
        monkeypatch.setattr(backup_run.display, "display", self.lines.append)
        task = mock.Mock(args={"sources": [], "at": "x"})
        parts = {"connection": mock.Mock(), "play_context": mock.Mock(), "loader": mock.Mock(), "templar": mock.Mock()}
        action = backup_run.ActionModule(task=task, shared_loader_obj=mock.Mock(), **parts)
        self.result = action.run(task_vars={"inventory_hostname": "db1"})

    def execute(self, module_name: str, module_args: Answer, task_vars: Answer) -> Answer:
        assert module_name == "nusantara.backup.backup_run"
        assert task_vars == {"inventory_hostname": "db1"}
        self.questions.append(module_args)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)


def news(**more: t.Any) -> Answer:
    return {
        "changed": True,
        "finished": False,
        "run": "r1",
        "events": [],
        "progress": {},
        "since": 1,
        "step": 1,
        **more,
    }


def test_a_run_is_followed_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = news(finished=True, events=[END], since=9, step=4, attempts=[{"source": "A"}], msg="done", failed=False)
    progress = {"source": "A", "step": "dump", "bytes": 10}
    asked = Asked(
        monkeypatch, STARTED, news(events=[NEWS], since=5, step=2), news(progress=progress, since=5, step=3), ended
    )
    assert [(question.get("follow"), question.get("since"), question.get("step")) for question in asked.questions] == [
        (None, None, None), ("r1", 0, 0), ("r1", 5, 2), ("r1", 5, 3),
    ]  # fmt: skip
    assert all(question["at"] == "x" for question in asked.questions)
    assert asked.lines == ["[db1] A: started", "[db1] A: dump 10 B", "[db1] run ended after 1.0 s: success"]
    assert asked.result == {
        "changed": True, "finished": True, "run": "r1", "plan": STARTED["plan"], "attempts": [{"source": "A"}],
        "msg": "done", "failed": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    "answer",
    [
        {"failed": True, "msg": "The configuration has 1 problem", "problems": ["x: y"]},
        {"failed": True, "msg": "MODULE FAILURE"},
    ],
    ids=["refused", "broken"],
)
def test_where_nothing_was_started_nothing_is_followed(monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
    asked = Asked(monkeypatch, answer)
    assert asked.result == answer
    assert asked.lines == []


def test_a_run_with_nothing_to_do_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"changed": False, "finished": True, "attempts": [], "msg": "db1: nothing is due"}
    asked = Asked(monkeypatch, answer)
    assert asked.result == answer
    assert asked.lines == ["[db1] nothing is due"]


JOB = {"source": "A", "type": "F", "frequency": "daily", "night": "2026-11-20", "media": ["internal"]}
NOTE = {"level": "warning", "message": "one key only", "remedy": "Add one"}
BAD = {"level": "error", "message": "no mount", "remedy": "Mount it"}


def test_a_check_shows_its_plan_and_what_it_found(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"finished": True, "plan": [JOB], "findings": [NOTE], "failed": False, "msg": "db1: no obstacle was found"}
    asked = Asked(monkeypatch, answer)
    assert asked.result == answer
    assert asked.lines == [
        "[db1] A: F daily of the night 2026-11-20, copied to internal",
        "[db1] warning: one key only. Add one.",
        "[db1] no obstacle was found",
    ]


def test_a_failed_check_tells_its_obstacles_once(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"finished": True, "failed": True, "msg": "db1: would back up A; 1 obstacle: no mount. Mount it."}
    asked = Asked(monkeypatch, {**told, "plan": [JOB], "findings": [NOTE, BAD]})
    assert asked.result == told
    assert asked.lines == [
        "[db1] A: F daily of the night 2026-11-20, copied to internal",
        "[db1] warning: one key only. Add one.",
    ]


@pytest.mark.parametrize(
    "answer",
    [
        {"msg": "", "exception": "ModuleNotFoundError: No module named 'zoneinfo'"},
        {"msg": "MODULE FAILURE", "module_stderr": "AttributeError: module 'typing' has no attribute 'Protocol'"},
        {"msg": "MODULE FAILURE", "module_stderr": "SyntaxError: future feature annotations is not defined"},
    ],
    ids=["3.8", "3.7", "3.6"],
)
def test_an_old_python_is_told_in_words(monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
    asked = Asked(monkeypatch, {"failed": True, **answer})
    assert asked.result["failed"] and "older than 3.9" in asked.result["msg"]
    assert "ansible_python_interpreter" in asked.result["msg"]


LOST = AnsibleConnectionFailure("Shared connection closed")


def test_a_lost_connection_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch, STARTED, LOST, LOST, news(finished=True, events=[END], msg="done", failed=False))
    assert asked.result["msg"] == "done"
    again = "[db1] the connection was lost, which does not stop the run r1; connecting again"
    assert asked.lines == [again, again, "[db1] run ended after 1.0 s: success"]


def test_a_connection_that_stays_lost_names_the_run_that_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AnsibleConnectionFailure, match=r"does not stop the run r1.*Shared connection closed"):
        Asked(monkeypatch, STARTED, LOST, LOST, LOST, LOST)


def test_a_failed_run_returns_its_message(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(
        monkeypatch, STARTED, news(finished=True, failed=True, msg="A failed", attempts=[{"source": "A"}] * 50)
    )
    assert asked.result == {"changed": True, "finished": True, "failed": True, "run": "r1", "msg": "A failed"}


def test_following_ends_where_the_host_cannot_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch, STARTED, {"failed": True, "msg": "The journal cannot be read"})
    assert asked.result["failed"] and asked.result["msg"] == "The journal cannot be read"
