# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""K3: whole runs with maintenance windows in this process: their order, their failures, what manifests tell."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import signal
import typing as t

import jsonschema
import pytest
from tests.support.mounts import mark
from tests.support.site import AT, is_alive, make_database, make_site, make_tree, wait_until

from ansible_collections.nusantara.backup.plugins.module_utils._base import _locks
from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock, parse_at
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import BackupError, JournalError, ToolError
from ansible_collections.nusantara.backup.plugins.module_utils._base._findings import ERROR, WARNING
from ansible_collections.nusantara.backup.plugins.module_utils._base._model import Group, Hook, Hooks, Site
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Child, Children, Command
from ansible_collections.nusantara.backup.plugins.module_utils._base._stop import StoppedError
from ansible_collections.nusantara.backup.plugins.module_utils._base._warden import Warden
from ansible_collections.nusantara.backup.plugins.module_utils._record._facts import facts
from ansible_collections.nusantara.backup.plugins.module_utils._record._history import Attempt
from ansible_collections.nusantara.backup.plugins.module_utils._record._journal import Entry, Journal
from ansible_collections.nusantara.backup.plugins.module_utils._run import _dump, _hook
from ansible_collections.nusantara.backup.plugins.module_utils._run._check import check
from ansible_collections.nusantara.backup.plugins.module_utils._run._planned_hooks import hook_lines, planned_hooks
from ansible_collections.nusantara.backup.plugins.module_utils._run._progress import Progress
from ansible_collections.nusantara.backup.plugins.module_utils._run._runner import Runner
from ansible_collections.nusantara.backup.plugins.module_utils._run._window import owner_of_group
from ansible_collections.nusantara.backup.plugins.module_utils._run._windows import Windows
from ansible_collections.nusantara.backup.plugins.module_utils._site._places import journal_path, source_lock
from ansible_collections.nusantara.backup.plugins.module_utils._site._plan import plan_jobs
from checkout import ROOT

SCHEMA = json.loads((ROOT / "docs" / "manifest.schema.json").read_text(encoding="utf-8"))


class Place:
    """Two sources of one group on a host, and a log of what their hooks were told."""

    def __init__(self, root: pathlib.Path) -> None:
        self.root = root
        self.log = root / "log"
        self.log.touch()
        make_database(root / "simpeg.db")
        make_tree(root / "situs")
        mark(root / "nas", "internal")
        self.program = root / "hook"
        self.program.write_text(
            f'#!/bin/sh\necho "$1 $NUSANTARA_SOURCE $NUSANTARA_OUTCOME" >> {self.log}\n'
            'echo "says $1"\nexit ${2:-0}\n',
            encoding="ascii",
        )
        self.program.chmod(0o755)
        common = {"group": "G", "media": ["internal"]}
        self.database = {"name": "SIMPEG", "engine": "sqlite", "path": str(root / "simpeg.db"), **common}
        self.tree = {"name": "Situs", "engine": "files", "path": str(root / "situs"), **common}
        self.group: dict[str, t.Any] = {"name": "G", "before": self.hook("on"), "after": self.hook("off")}

    def hook(self, *words: str) -> list[str]:
        return [str(self.program), *words]

    def site(self) -> Site:
        media = [{"name": "internal", "kind": "disk", "path": str(self.root / "nas"), "building": "B"}]
        return make_site(self.root, sources=[self.database, self.tree], groups=[self.group], media=media)

    def run(self, at: str = AT, **asked: t.Any) -> tuple[Runner, list[Attempt]]:
        site, clock = self.site(), Clock(parse_at(at))
        runner = Runner(site, clock)
        jobs = runner.pending(plan_jobs(site, clock.now(), **asked))
        return runner, runner.run(jobs)

    def lines(self) -> list[str]:
        return self.log.read_text(encoding="ascii").splitlines()

    def notes(self) -> list[str]:
        return os.listdir(self.root / "state" / "windows")

    def manifests(self) -> list[dict[str, t.Any]]:
        return [json.loads(path.read_text(encoding="utf-8")) for path in self.root.glob("store/*/*/*.manifest.json")]


@pytest.fixture
def place(tmp_path: pathlib.Path) -> Place:
    return Place(tmp_path)


def codes(attempt: Attempt) -> list[str]:
    return [finding["code"] for finding in attempt.findings]


def test_k3_the_sources_of_a_group_share_a_window_and_say_so(place: Place) -> None:
    runner, attempts = place.run()
    assert [attempt.outcome for attempt in attempts] == ["success", "success"] and runner.troubles == []
    assert place.lines() == ["on SIMPEG Situs ", "off SIMPEG Situs success"] and place.notes() == []
    one, other = place.manifests()
    jsonschema.validate(one, SCHEMA)
    assert one["group"] == other["group"] and one["group"]["before"] == "success"
    for broken in ({}, {**one["group"], "more": 1}, {**one["group"], "sources": []}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**one, "group": broken}, SCHEMA)
    assert not any("group.apart" in codes(attempt) for attempt in attempts)
    found = facts(place.site(), Clock(parse_at(AT)), 62)
    assert found["groups"] == [
        {"name": "G", "before": place.hook("on"), "after": place.hook("off"), "sources": ["SIMPEG", "Situs"]}
    ]
    assert [hook["said"] for hook in found["hooks"]] == ["says off", "says on"]


def test_a_group_with_one_hook_only(place: Place) -> None:
    del place.group["after"]
    place.run()
    assert place.lines() == ["on SIMPEG Situs "] and not (place.root / "state" / "windows").exists()
    place.group = {"name": "G", "after": place.hook("off")}
    _runner, attempts = place.run(mode="incidental")
    assert place.lines()[1:] == ["off SIMPEG Situs success"] and place.notes() == []
    assert {manifest["group"]["before"] for manifest in place.manifests()} == {"", "success"}
    assert [attempt.outcome for attempt in attempts] == ["success", "success"]


def test_a_source_that_is_in_use_stays_out_of_the_window_and_the_others_say_so(place: Place) -> None:
    with _locks.hold(source_lock(str(place.root / "state"), "Situs"), "The source Situs"):
        _runner, (one, other) = place.run()
    assert place.lines() == ["on SIMPEG ", "off SIMPEG success"]
    assert one.outcome == "success" and codes(one).count("group.apart") == 1
    assert other.outcome == "failed" and other.error is not None and other.error["code"] == "lock.held"
    with _locks.hold(source_lock(str(place.root / "state"), "SIMPEG"), "x"):
        place.run(mode="incidental", only=["SIMPEG"])
    assert len(place.lines()) == 2, "nothing to be dumped, no window"


def test_members_with_different_nights_share_those_that_they_share(place: Place) -> None:
    place.tree["frequency"] = "weekly"
    _runner, attempts = place.run()
    assert place.lines() == ["on SIMPEG ", "off SIMPEG success"]
    assert "group.apart" not in codes(attempts[0]), "the plan has it so"
    place.run("2026-11-22T00:00:03+07:00")
    assert place.lines()[2:] == ["on SIMPEG Situs ", "off SIMPEG Situs success"]
    _runner, attempts = place.run("2026-11-22T09:00:03+07:00", mode="incidental", only=["Situs"])
    assert codes(attempts[0]).count("group.apart") == 1


def test_two_frequencies_of_one_source_share_the_window(place: Place) -> None:
    place.database["each"] = True
    place.database["plan"] = [{"frequency": "daily"}, {"frequency": "weekly"}]
    _runner, attempts = place.run("2026-11-22T00:00:03+07:00")
    assert [attempt.outcome for attempt in attempts] == ["success"] * 3
    assert place.lines() == ["on SIMPEG Situs ", "off SIMPEG Situs success"]


def test_a_before_hook_that_fails_is_an_error_of_every_source_that_may_go_on(place: Place) -> None:
    place.group["before"] = place.hook("on", "5")
    runner, attempts = place.run()
    for attempt in attempts:
        assert attempt.outcome == "failed" and attempt.error is not None and attempt.error["code"] == "hook.before"
        assert attempt.error["message"].endswith("status 5: says on; SIMPEG, Situs were not dumped")
        assert attempt.error["detail"] == "says on"
    assert place.lines() == ["on SIMPEG Situs ", "off SIMPEG Situs failed"] and runner.troubles == []
    place.group["before"] = {"run": place.hook("on", "5"), "on_failure": "continue"}
    _runner, attempts = place.run()
    assert [attempt.outcome for attempt in attempts] == ["success", "success"]
    assert all(codes(attempt).count("hook.continued") == 1 for attempt in attempts)
    assert place.lines()[2:] == ["on SIMPEG Situs ", "off SIMPEG Situs success"]


def test_own_hooks_lie_inside_those_of_the_group(place: Place) -> None:
    place.tree |= {"before": place.hook("in", "1"), "after": place.hook("out")}
    _runner, (one, other) = place.run()
    assert (one.outcome, other.outcome) == ("success", "failed")
    assert other.error is not None and "before-hook of the source Situs" in other.error["message"]
    assert place.lines() == ["on SIMPEG Situs ", "in Situs ", "out Situs failed", "off SIMPEG Situs failed"]


def test_an_after_hook_that_fails_spoils_the_run_and_not_the_dumps(place: Place) -> None:
    place.group["after"] = place.hook("off", "6")
    runner, attempts = place.run()
    assert [attempt.outcome for attempt in attempts] == ["success", "success"]
    assert [len(attempt.copies) for attempt in attempts] == [1, 1]
    (trouble,) = runner.troubles
    assert trouble.code == "hook.after" and "status 6: says off" in str(trouble)
    assert runner.journal.read().entries[-1].data["outcome"] == "failed"


def raising(monkeypatch: pytest.MonkeyPatch, problem: BaseException) -> None:
    """From now on every dump ends with this."""

    def write_artifact(*_given: t.Any, **_named: t.Any) -> t.NoReturn:
        raise problem

    monkeypatch.setattr(_dump, "write_artifact", write_artifact)


@pytest.mark.parametrize(
    ("problem", "outcome", "raised"),
    [
        (BackupError("It broke", code="engine"), "failed", None),
        (OSError(5, "Input/output error"), "failed", None),
        (ValueError("not foreseen"), "failed", None),
        (StoppedError("SIGTERM"), "interrupted", StoppedError),
        (SystemExit(3), "failed", SystemExit),
    ],
    ids=["error", "disk", "mistake", "stopped", "exit"],
)
def test_the_after_hook_runs_whatever_the_dump_raises(
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    problem: BaseException,
    outcome: str,
    raised: type[BaseException] | None,
) -> None:
    raising(monkeypatch, problem)
    if raised is None:
        assert {attempt.outcome for attempt in place.run()[1]} == {"failed"}
    else:
        with pytest.raises(raised):
            place.run()
    assert place.lines() == ["on SIMPEG Situs ", f"off SIMPEG Situs {outcome}"] and place.notes() == []


class Refusing(Journal):
    """A journal whose disk refuses certain events."""

    events: t.ClassVar[tuple[str, ...]] = ()

    def append(self, event: str, data: t.Mapping[str, t.Any]) -> Entry:
        if f"{event} {data.get('when', '')}".strip() in self.events:
            raise JournalError("The journal cannot be written", "Free space", code="journal.unwritable")
        return super().append(event, data)


@pytest.mark.parametrize(
    ("events", "lines", "stops"),
    [
        (["hook.started before"], 0, False),
        (["hook.finished before"], 2, False),
        (["source.finished"], 2, True),
        (["hook.started after"], 2, False),
        (["hook.finished after"], 2, True),
    ],
)
def test_the_after_hook_runs_whatever_the_journal_refuses(
    place: Place, monkeypatch: pytest.MonkeyPatch, events: list[str], lines: int, stops: bool
) -> None:
    monkeypatch.setattr(Refusing, "events", tuple(events))
    site, clock = place.site(), Clock(parse_at(AT))
    runner = Runner(site, clock)
    runner.journal = Refusing(journal_path(site), clock)
    jobs = plan_jobs(site, clock.now())
    if stops:
        with pytest.raises(JournalError):
            runner.run(jobs)
    else:
        runner.run(jobs)
    assert len(place.lines()) == lines and [line[:3] for line in place.lines()][1:] == ["off"][: lines // 2]
    assert bool(place.notes()) == (events == ["hook.finished after"]), "what is not journalled is kept for the next run"
    again, attempts = place.run()
    assert place.notes() == [] and again.troubles == []
    by = [hook["by"] for hook in facts(site, clock, 62)["hooks"] if hook["when"] == "after"]
    assert by.count("run") == len(by) and {attempt.outcome for attempt in attempts} <= {"success"}


def test_a_killed_warden_keeps_no_application_in_maintenance_mode(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Warden.watch_directory

    def killed(warden: Warden, path: str) -> None:
        if "SIMPEG" in path:
            os.kill(warden.pid, signal.SIGKILL)
            wait_until(lambda: not is_alive(warden.pid))
        watch(warden, path)

    monkeypatch.setattr(Warden, "watch_directory", killed)
    _runner, attempts = place.run()
    assert {attempt.error["code"] for attempt in attempts if attempt.error} == {"tool.warden"}
    assert place.lines() == ["on SIMPEG Situs ", "off SIMPEG Situs failed"] and place.notes() == []


def test_an_after_hook_that_cannot_be_started_is_left_to_the_warden(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host at its limit of processes: when the run has ended there is room again."""
    spawn = _hook.spawn_noted

    def no_room(command: Command, children: Children) -> Child:
        if command.env["NUSANTARA_HOOK"] == "after":
            raise ToolError("No further thread could be started", code="tool.start")
        return spawn(command, children)

    with monkeypatch.context() as patch:
        patch.setattr(_hook, "spawn_noted", no_room)
        runner, attempts = place.run()
    assert [attempt.outcome for attempt in attempts] == ["success", "success"]
    assert [trouble.code for trouble in runner.troubles] == ["hook.after"]
    assert place.lines() == ["on SIMPEG Situs ", "off SIMPEG Situs interrupted"]
    assert sorted(place.notes()) == ["group-g.json", "group-g.json.result"]
    runner, _attempts = place.run(mode="incidental")
    assert runner.troubles == [] and place.notes() == []
    after = [hook for hook in facts(place.site(), Clock(parse_at(AT)), 62)["hooks"] if hook["when"] == "after"]
    assert [(hook["by"], hook["outcome"]) for hook in after] == [
        ("run", "success"), ("warden", "success"), ("run", "failed"),
    ]  # fmt: skip


def test_a_warden_that_is_gone_before_the_window_opens_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(warden: Warden, _key: str, _hook: t.Any) -> None:
        os.kill(warden.pid, signal.SIGKILL)
        warden._process.wait()
        warden._note("hook", "x", True)

    monkeypatch.setattr(Warden, "watch_hook", killed)
    _runner, attempts = place.run()
    assert {attempt.error["code"] for attempt in attempts if attempt.error} == {"tool.warden"}
    assert place.lines() == [] and place.notes() == []


def test_a_note_that_cannot_be_written_opens_nothing(place: Place) -> None:
    (place.root / "state").mkdir()
    (place.root / "state" / "windows").write_text("in the way", encoding="ascii")
    _runner, attempts = place.run()
    assert [attempt.outcome for attempt in attempts] == ["failed", "failed"] and place.lines() == []


def test_what_is_open_when_the_run_is_left_is_closed_from_the_inside_out(place: Place, tmp_path: pathlib.Path) -> None:
    """A signal between the last dump and its after-hook: the outer frame closes what the inner one could not."""
    site, clock = place.site(), Clock(parse_at(AT))
    hooks = [Hooks(None, Hook(tuple(place.hook(word)))) for word in ("outer", "inner")]
    owners = [owner_of_group(Group(word, pair), ("A",), "2026-11-20") for word, pair in zip(("O", "I"), hooks)]
    with Warden() as warden:
        windows = Windows(site, "r1", Journal(journal_path(site), clock), clock, Progress(str(tmp_path / "p")), warden)
        with windows:
            entered = [windows.around(owner) for owner in owners]
            for window in entered:
                window.__enter__()
        assert place.lines() == ["inner A failed", "outer A failed"] and place.notes() == []


def test_a_look_shows_what_would_run_and_runs_nothing(place: Place) -> None:
    place.tree |= {"path": str(place.root / "snapshot"), "before": ["true"]}
    place.tree["after"] = {"run": ["/opt/nothing", "a b"], "time_limit": 3}
    site, clock = place.site(), Clock(parse_at(AT))
    jobs = plan_jobs(site, clock.now())
    hooks = planned_hooks(site, jobs)
    assert [(found.kind, found.name, found.when, found.sources) for found in hooks] == [
        ("group", "G", "before", ("SIMPEG", "Situs")),
        ("source", "Situs", "before", ("Situs",)),
        ("source", "Situs", "after", ("Situs",)),
        ("group", "G", "after", ("SIMPEG", "Situs")),
    ]
    assert hook_lines(hooks)[2] == "after Situs (source Situs): /opt/nothing 'a b', at most 3 min"
    assert hooks[2].as_dict() == {
        "kind": "source", "name": "Situs", "when": "after", "words": ["/opt/nothing", "a b"], "time_limit": 3,
        "sources": ["Situs"],
    }  # fmt: skip
    found = check(site, jobs, clock, str(place.root / "work"))
    assert [(one.code, one.subject) for one in found if one.level == ERROR] == [("hook.program", "Situs")]
    assert [one.level for one in found if one.code == "files.missing"] == [WARNING], "its before-hook may make it"
    assert planned_hooks(site, [dataclasses.replace(job, made="x") for job in jobs]) == []
    assert place.lines() == [] and not (place.root / "state").exists()
    place.group = {"name": "G", "after": place.hook("off")}
    place.tree |= {"before": None, "after": None}
    site = place.site()
    found = check(site, plan_jobs(site, clock.now()), clock, str(place.root / "work"))
    assert [one.level for one in found if one.code == "files.missing"] == [ERROR], "nothing will make it"
