# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What survives a power cut (K3): the notes of open windows, and who closes them."""

from __future__ import annotations

import errno
import json
import os
import pathlib
import subprocess
import typing as t

import pytest
from tests.support.site import AT, make_database, make_site

from ansible_collections.nusantara.backup.plugins.module_utils._base import _locks
from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock, parse_at
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import (
    HookError,
    JournalError,
    LockError,
)
from ansible_collections.nusantara.backup.plugins.module_utils._base._model import Site
from ansible_collections.nusantara.backup.plugins.module_utils._edges import _run_module
from ansible_collections.nusantara.backup.plugins.module_utils._record import _notes
from ansible_collections.nusantara.backup.plugins.module_utils._record._facts import facts
from ansible_collections.nusantara.backup.plugins.module_utils._record._journal import Journal
from ansible_collections.nusantara.backup.plugins.module_utils._run._check import check
from ansible_collections.nusantara.backup.plugins.module_utils._run._follow import follow
from ansible_collections.nusantara.backup.plugins.module_utils._run._forgotten import close_forgotten
from ansible_collections.nusantara.backup.plugins.module_utils._run._runner import Runner
from ansible_collections.nusantara.backup.plugins.module_utils._site._places import journal_path, run_lock, windows_root
from ansible_collections.nusantara.backup.plugins.module_utils._site._plan import plan_jobs


def script(place: pathlib.Path, text: str, name: str = "hook") -> str:
    path = place / name
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="ascii")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def site(tmp_path: pathlib.Path) -> Site:
    make_database(tmp_path / "simpeg.db")
    return make_site(tmp_path)


@pytest.fixture
def journal(site: Site) -> Journal:
    return Journal(journal_path(site), Clock(parse_at(AT)))


def note(**changes: t.Any) -> _notes.Note:
    entry: dict[str, t.Any] = {
        "run": "r1", "kind": "group", "name": "G", "sources": ("A", "B"), "night": "2026-11-20",
        "began": "2026-11-20T17:00:00Z", "words": ("true",), "time_limit": 1, "environment": {"NUSANTARA_RUN": "r1"},
    }  # fmt: skip
    return _notes.Note(**{**entry, **changes})


def test_a_note_comes_back_as_it_was_put(site: Site) -> None:
    path = _notes.put(site, note())
    assert _notes.read(path) == note()
    assert os.listdir(windows_root(site)) == ["group-g.json"]
    assert os.stat(path).st_mode & 0o777 == 0o600
    with pytest.raises(LockError, match="window of the group g is open in another run"):
        _notes.put(site, note(name="g", run="r2"))
    assert os.listdir(windows_root(site)) == ["group-g.json"]
    _notes.put(site, note(kind="source", name="Z"))
    assert [os.path.basename(entry) for entry in _notes.paths(site)] == ["source-z.json", "group-g.json"]
    _notes.discard(path)
    with pytest.raises(FileNotFoundError):
        _notes.read(path)


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b"\xff", b"[" * 5000, json.dumps({"run": "r"}).encode(), b"x" * (5 << 20)]
)
def test_a_note_that_cannot_be_read_is_set_aside_and_told(site: Site, journal: Journal, data: bytes) -> None:
    path = pathlib.Path(_notes.put(site, note()))
    path.write_bytes(data)
    assert _notes.forgotten(site) == []
    (trouble,) = close_forgotten(site, journal)
    assert trouble.code == "hook.note" and "maintenance mode" in trouble.remedy
    assert not path.exists() and path.with_name(path.name + ".broken").read_bytes() == data
    assert close_forgotten(site, journal) == []


@pytest.mark.parametrize(
    "changes", [{"kind": "other"}, {"words": []}, {"time_limit": "x"}, {"environment": []}, {"words": 5}]
)
def test_a_note_of_another_shape_is_refused(site: Site, changes: dict[str, t.Any]) -> None:
    path = pathlib.Path(_notes.put(site, note()))
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="ascii")), **changes}), encoding="ascii")
    with pytest.raises(HookError):
        _notes.read(str(path))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"status": "x", "late": false, "said": "", "began": 1}'])
def test_a_result_that_cannot_be_read_is_none(site: Site, text: str) -> None:
    path = _notes.put(site, note())
    pathlib.Path(_notes.result_path(path)).write_text(text, encoding="ascii")
    assert _notes.read_result(path) is None


def entries(journal: Journal) -> list[dict[str, t.Any]]:
    return [{"event": entry.event, **entry.data} for entry in journal.read().entries]


def test_its_hook_is_run_and_journalled_once(site: Site, journal: Journal, tmp_path: pathlib.Path) -> None:
    log = tmp_path / "log"
    _notes.put(site, note(words=(script(tmp_path, f"echo $NUSANTARA_RUN >> {log}; echo done"),)))
    assert [found.name for found in _notes.forgotten(site)] == ["G"]
    assert close_forgotten(site, journal, "r2") == [] and close_forgotten(site, journal, "r3") == []
    assert log.read_text(encoding="ascii") == "r1\n"
    started, ended = entries(journal)
    assert (started["event"], ended["event"], ended["by"]) == ("hook.started", "hook.finished", "recovery")
    assert (ended["run"], ended["in_run"], ended["outcome"], ended["said"]) == ("r1", "r2", "success", "done")


def test_a_result_that_an_earlier_window_left_does_not_stand_for_a_new_one(
    site: Site, journal: Journal, tmp_path: pathlib.Path
) -> None:
    """K3: a power cut may keep the result of a window whose note is gone; the next window's hook runs all the same."""
    mark = tmp_path / "mark"
    path = _notes.put(site, note())
    _notes.leave_result(path, _notes.Result(0, False, "fine", 1.0, 2.0))
    with pytest.raises(LockError):
        _notes.put(site, note(run="r2"))
    assert _notes.read_result(path) is not None, "another run's window is not to be touched"
    os.unlink(path)
    assert _notes.put(site, note(run="r2", words=("touch", str(mark)))) == path
    assert [found.run for found in _notes.forgotten(site)] == ["r2"]
    assert close_forgotten(site, journal) == [] and mark.exists()
    assert list(pathlib.Path(windows_root(site)).iterdir()) == []


def test_a_note_is_discarded_after_its_result(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cut between the two has the hook run once more; the other way round it would not run for the next window."""
    path = _notes.put(site, note())
    _notes.leave_result(path, _notes.Result(0, False, "fine", 1.0, 2.0))
    removed: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", lambda name: removed.append(str(name)))
        _notes.discard(path)
    assert removed[0] == _notes.result_path(path) and removed[-1] == path


def test_a_hook_for_which_there_was_no_process_is_owed_to_the_next_run(
    site: Site, journal: Journal, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag = tmp_path / "flag"
    path = _notes.put(site, note(words=("touch", str(flag))))

    def refused(*words: t.Any, **more: t.Any) -> t.NoReturn:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "Popen", refused)
        (trouble,) = close_forgotten(site, journal)
    assert trouble.code == "hook.after" and "could not be started" in str(trouble)
    assert os.path.exists(path) and not flag.exists()
    assert close_forgotten(site, journal) == []
    assert flag.exists() and not os.path.exists(path)


def test_a_hook_whose_program_is_gone_is_told_and_closes_its_window_to_nobody(site: Site, journal: Journal) -> None:
    path = _notes.put(site, note(words=("/nowhere/hook",)))
    (trouble,) = close_forgotten(site, journal)
    assert trouble.code == "hook.program" and "/nowhere/hook does not exist" in str(trouble)
    assert not os.path.exists(path)


def test_a_window_at_work_is_left_alone(site: Site, journal: Journal) -> None:
    path = _notes.put(site, note(words=("false",)))
    with _locks.hold(run_lock(site, "r1"), "This run"):
        assert close_forgotten(site, journal) == [] and _notes.forgotten(site) == []
    with _locks.hold(os.path.join(site.state, "locks", "window-group-g.json.lock"), "This window"):
        assert close_forgotten(site, journal) == []
    assert os.path.exists(path) and entries(journal) == []
    (trouble,) = close_forgotten(site, journal)
    assert trouble.code == "hook.after" and not os.path.exists(path)


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (_notes.Result(0, False, "fine", 1.0, 2.0), ""),
        (_notes.Result(3, False, "bad", 1.0, 2.0), "hook.after"),
        (_notes.Result(-9, True, "slow", 1.0, 60.0), "hook.after_late"),
    ],
)
def test_what_the_warden_ran_is_only_journalled(
    site: Site, journal: Journal, tmp_path: pathlib.Path, result: _notes.Result, code: str
) -> None:
    mark = tmp_path / "mark"
    path = _notes.put(site, note(words=("touch", str(mark))))
    _notes.leave_result(path, result)
    assert [trouble.code for trouble in close_forgotten(site, journal)] == ([code] if code else [])
    (ended,) = entries(journal)
    assert (ended["by"], ended["started"], ended["said"]) == ("warden", "1970-01-01T00:00:01Z", result.said)
    assert not mark.exists() and list(pathlib.Path(windows_root(site)).iterdir()) == []


def test_what_the_warden_could_not_start_is_run(site: Site, journal: Journal, tmp_path: pathlib.Path) -> None:
    mark = tmp_path / "mark"
    path = _notes.put(site, note(words=("touch", str(mark))))
    _notes.leave_result(path, _notes.Result(None, False, "Resource temporarily unavailable", 1.0, 0.0))
    assert [found.name for found in _notes.forgotten(site)] == ["G"]
    assert close_forgotten(site, journal) == []
    assert mark.exists() and list(pathlib.Path(windows_root(site)).iterdir()) == []


def test_a_journal_that_cannot_be_written_keeps_no_hook_waiting(
    site: Site, journal: Journal, tmp_path: pathlib.Path
) -> None:
    log = tmp_path / "log"
    _notes.put(site, note(words=(script(tmp_path, f"echo >> {log}"),)))
    os.mkdir(journal.path)
    assert close_forgotten(site, journal) == [] and close_forgotten(site, journal) == []
    assert log.read_text(encoding="ascii") == "\n", "run once"
    os.rmdir(journal.path)
    assert close_forgotten(site, journal) == []
    (ended,) = entries(journal)
    assert (ended["by"], ended["outcome"]) == ("recovery", "success")


def test_an_altered_journal_keeps_no_hook_waiting(site: Site, journal: Journal, tmp_path: pathlib.Path) -> None:
    mark = tmp_path / "mark"
    for _number in range(3):
        journal.append("x", {})
    path = pathlib.Path(journal.path)
    path.write_text(path.read_text(encoding="ascii").replace('"seq":1', '"seq":7'), encoding="ascii")
    _notes.put(site, note(words=("touch", str(mark))))
    clock = Clock(parse_at(AT))
    with pytest.raises(JournalError, match="was altered"):
        Runner(site, clock).run(plan_jobs(site, clock.now()))
    assert mark.exists()


def test_who_follows_a_run_that_is_gone_ends_the_maintenance_mode(
    site: Site, journal: Journal, tmp_path: pathlib.Path
) -> None:
    mark = tmp_path / "mark"
    journal.append("run.started", {"run": "r1", "mode": "scheduled", "jobs": []})
    _notes.put(site, note(words=("touch", str(mark))))
    view = follow(site, "r1", 1, 0, 5, journal.clock)
    assert view.finished and mark.exists()
    assert [(found.when, found.outcome, found.by) for found in view.hooks] == [("after", "success", "recovery")]


def test_facts_and_check_tell_what_is_due(site: Site, tmp_path: pathlib.Path) -> None:
    _notes.put(site, note())
    clock = Clock(parse_at(AT))
    (found,) = facts(site, clock, 62)["hooks"]
    assert (found["outcome"], found["name"], found["sources"]) == ("pending", "G", ["A", "B"])
    told = [one for one in check(site, [], clock, str(tmp_path / "work")) if one.code == "hook.pending"]
    assert len(told) == 1 and told[0].params == {"name": "G", "run": "r1"}


def test_the_module_ends_it_though_nothing_is_due(site: Site, tmp_path: pathlib.Path) -> None:
    params = {
        "host": "db1", "store": site.store, "state": site.state, "encryption": "none", "at": AT, "follow": "",
        "sources": [], "mode": "scheduled", "only": [], "night": "", "again": False, "fail": True,
    }  # fmt: skip
    _notes.put(site, note(words=("false",)))
    answer = _run_module.run(params, False)
    assert answer["failed"] and "after-hook of the group G ended with status 1" in answer["msg"]
    assert not _run_module.run(params, False)["failed"]
