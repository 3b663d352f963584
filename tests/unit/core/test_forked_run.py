# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run that goes on when the module has returned: what it answers, what it keeps, and how it ends."""

from __future__ import annotations

import errno
import json
import os
import pathlib
import typing as t

import pytest
from tests.support.site import make_database, make_site

from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import BackupError
from ansible_collections.nusantara.backup.plugins.module_utils._base._model import Medium, Site
from ansible_collections.nusantara.backup.plugins.module_utils._base._stop import StoppedError
from ansible_collections.nusantara.backup.plugins.module_utils._record import _facts
from ansible_collections.nusantara.backup.plugins.module_utils._record._journal import Journal
from ansible_collections.nusantara.backup.plugins.module_utils._run import _background, _runner
from ansible_collections.nusantara.backup.plugins.module_utils._sets import _verified
from ansible_collections.nusantara.backup.plugins.module_utils._site._places import journal_path
from ansible_collections.nusantara.backup.plugins.module_utils._site._plan import plan_jobs

AT = "2026-11-21T00:00:03+07:00"
FULL = BackupError("The disk is full", "Free space", code="disk.full", detail="x")


class EndedError(BaseException):
    """Stands for the end of the process."""


class End(t.NamedTuple):
    status: int
    answer: bytes
    log: str
    done: list[str]


@pytest.fixture
def detached(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., End]:
    """Runs the part behind the second fork in this process, without ending it or taking its files."""
    done: list[str] = []
    status: list[int] = []

    def leave(number: int) -> t.NoReturn:
        status.append(number)
        raise EndedError

    def run(work: t.Callable[[t.Callable[[], None]], None], log: pathlib.Path = tmp_path / "log") -> End:
        for name, instead in {
            "fork": lambda: 0,
            "setsid": lambda: done.append("setsid"),
            "chdir": lambda path: done.append(f"chdir {path}"),
            "dup2": lambda _old, new: done.append(f"dup2 {new}"),
            "_exit": leave,
        }.items():
            monkeypatch.setattr(os, name, instead)
        monkeypatch.setattr(_background, "listen", lambda: done.append("listen"))
        reader, writer = os.pipe()
        with os.fdopen(reader, "rb") as stream:
            other = os.open(os.devnull, os.O_RDONLY)
            with pytest.raises(EndedError):
                _background._detach(work, other, writer, str(log))
            monkeypatch.undo()
            try:
                os.close(writer)
            except OSError:
                done.append("answered")
            text = log.read_text(encoding="utf-8") if log.is_file() else ""
            return End(status[0], stream.read(), text, done)

    return run


def test_it_leaves_the_terminal_before_it_works_and_answers_when_it_has_begun(detached: t.Callable[..., End]) -> None:
    end = detached(lambda started: started())
    assert (end.status, end.answer, end.log) == (0, b"started", "")
    assert end.done == ["setsid", "listen", "chdir /", "dup2 0", "dup2 1", "dup2 2", "answered"]


def test_an_error_before_the_beginning_is_the_answer(detached: t.Callable[..., End]) -> None:
    def work(_started: object) -> None:
        raise FULL

    end = detached(work)
    assert (end.status, json.loads(end.answer)) == (1, FULL.as_dict())
    told = _background._told(end.answer)
    assert (told.what, told.remedy, told.code, told.detail) == ("The disk is full", "Free space", "disk.full", "x")


def test_an_error_after_the_beginning_goes_to_the_log(detached: t.Callable[..., End]) -> None:
    def work(started: t.Callable[[], None]) -> None:
        started()
        raise FULL

    end = detached(work)
    assert (end.status, end.answer) == (1, b"started")
    assert "Traceback" in end.log and "The disk is full" in end.log


def test_a_fault_of_ours_goes_to_the_log(detached: t.Callable[..., End]) -> None:
    def work(_started: object) -> None:
        raise KeyError("ours")

    end = detached(work)
    assert (end.status, end.answer) == (1, b"")
    assert "KeyError: 'ours'" in end.log


def test_being_told_to_stop_is_no_fault(detached: t.Callable[..., End]) -> None:
    def work(started: t.Callable[[], None]) -> None:
        started()
        raise StoppedError("SIGTERM")

    assert detached(work)[:3] == (1, b"started", "")


def test_a_log_that_cannot_be_written_ends_nothing_early(
    detached: t.Callable[..., End], tmp_path: pathlib.Path
) -> None:
    def work(_started: object) -> None:
        raise KeyError("ours")

    assert detached(work, tmp_path).status == 1


@pytest.mark.parametrize("answer", [b"", b"{", b"[]", b"{}"])
def test_an_answer_that_is_none_is_told(answer: bytes) -> None:
    problem = _background._told(answer)
    assert (problem.code, problem.what) == ("run.start", "The run ended before it began")


def test_a_host_without_memory_for_a_fork_is_told(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(os, "fork", refuse)
    files = len(os.listdir("/proc/self/fd"))
    with pytest.raises(BackupError) as caught:
        _background.launch(lambda _started: None, str(tmp_path / "log"))
    assert caught.value.code == "run.start"
    assert caught.value.what == "The run could not be started: Cannot allocate memory"
    assert len(os.listdir("/proc/self/fd")) == files


@pytest.fixture
def site(tmp_path: pathlib.Path) -> Site:
    make_database(tmp_path / "simpeg.db")
    return make_site(tmp_path)


@pytest.mark.parametrize(
    ("problem", "raised", "words"),
    [
        (OSError(errno.EIO, "Input/output error", "/x"), BackupError, "The run failed on /x: Input/output error"),
        (FULL, BackupError, "The disk is full"),
        (StoppedError("SIGHUP"), StoppedError, "The run was told to stop (SIGHUP)"),
    ],
    ids=["system", "ours", "stopped"],
)
def test_a_run_that_is_broken_off_is_journalled_with_its_reason(
    site: Site, monkeypatch: pytest.MonkeyPatch, problem: BaseException, raised: type[BaseException], words: str
) -> None:
    def fail(*_unused: object) -> None:
        raise problem

    clock = Clock()
    runner = _runner.Runner(site, clock)
    monkeypatch.setattr(runner, "_do", fail)
    with pytest.raises(raised):
        runner.run(plan_jobs(site, clock.now()))
    entry = Journal(journal_path(site), clock).read().entries[-1]
    assert (entry.event, entry.data["run"]) == ("run.interrupted", runner.run_id)
    assert entry.data["error"]["message"] == words


def test_a_medium_that_does_not_answer_has_facts_all_the_same(
    site: Site, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(_ask: object) -> t.NoReturn:
        raise TimeoutError

    monkeypatch.setattr(_facts, "answer_of", late)
    found = _facts._medium(site, Medium("nas", "disk", str(tmp_path / "nas"), "B"))
    assert (found["name"], found["reachable"]) == ("nas", False)
    assert found["problem"] == f"{tmp_path / 'nas'} does not answer"


def test_a_disk_that_cannot_be_measured_is_told(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> t.NoReturn:
        raise OSError(errno.ESTALE, "Stale file handle", path)

    monkeypatch.setattr("shutil.disk_usage", refuse)
    found = _facts._disk(str(tmp_path))
    assert (found["reachable"], found["problem"]) == (False, f"{tmp_path}: Stale file handle")


@pytest.mark.parametrize("raw", [b"{", b"[]", b'{"places": [{"path": "/x", "at": "y", "sets": -1, "problems": 0}]}'])
def test_a_record_of_verifications_that_is_none_is_told(tmp_path: pathlib.Path, raw: bytes) -> None:
    (tmp_path / "verified.json").write_bytes(raw)
    with pytest.raises(BackupError) as caught:
        _verified.last_verified(str(tmp_path))
    assert caught.value.code == "verify.record"
    assert str(tmp_path / "verified.json") in caught.value.what
