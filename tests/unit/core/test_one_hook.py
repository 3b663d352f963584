# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One hook (K3): is its program fit to be run, and what becomes of running it."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
import typing as t

import pytest
from tests.support.signals import ignored
from tests.support.site import is_alive, wait_until

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import (
    HookError,
    ToolError,
)
from ansible_collections.nusantara.backup.plugins.module_utils._base._gate import spawn_noted
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Children, Command
from ansible_collections.nusantara.backup.plugins.module_utils._base._warden import Warden
from ansible_collections.nusantara.backup.plugins.module_utils._run import _hook
from ansible_collections.nusantara.backup.plugins.module_utils._run._hook import AFTER, BEFORE, Ran, run_hook
from checkout import collections_path

TITLE = "the before-hook of the group G"


def script(place: pathlib.Path, text: str, name: str = "hook") -> str:
    path = place / name
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="ascii")
    path.chmod(0o755)
    return str(path)


def hook(words: t.Sequence[str], minutes: float = 1, when: str = BEFORE) -> Ran:
    with Children() as children:
        return run_hook(words, minutes, {"NUSANTARA_RUN": "r1"}, children, when, TITLE)


def test_it_is_told_what_it_may_know_and_its_words_are_kept(tmp_path: pathlib.Path) -> None:
    ran = hook([script(tmp_path, 'echo "$NUSANTARA_RUN $# $1"; echo "$2" >&2; pwd; cat'), "a b", "$HOME"])
    assert (ran.status, ran.error, ran.said) == (0, None, "r1 2 a b\n$HOME\n/")


def test_a_program_by_its_name() -> None:
    assert hook(["true"]).error is None


@pytest.mark.parametrize(("when", "code"), [(BEFORE, "hook.before"), (AFTER, "hook.after")])
def test_another_status_than_0_is_a_failure(tmp_path: pathlib.Path, when: str, code: str) -> None:
    ran = hook([script(tmp_path, "echo first; echo last; echo; exit 9")], when=when)
    assert ran.status == 9 and isinstance(ran.error, HookError)
    assert (ran.error.code, ran.error.what) == (code, "The before-hook of the group G ended with status 9: last")
    assert ran.error.detail == "first\nlast" and ran.error.remedy
    killed = hook([script(tmp_path, "kill -9 $$")], when=when)
    assert killed.status == -9 and "was killed by SIGKILL" in str(killed.error)


@pytest.mark.parametrize(("when", "code"), [(BEFORE, "hook.before_late"), (AFTER, "hook.after_late")])
def test_its_time_limit_ends_it_and_all_that_it_started(tmp_path: pathlib.Path, when: str, code: str) -> None:
    pids = tmp_path / "pids"
    ran = hook([script(tmp_path, f"echo waiting; sleep 300 & echo $$ $! > {pids}; wait")], 0.01, when)
    assert ran.status is None and ran.error is not None and ran.error.code == code
    assert "did not end within 0.01 minutes and was killed" in ran.error.what and ran.said == "waiting"
    for pid in map(int, pids.read_text(encoding="ascii").split()):
        wait_until(lambda pid=pid: not is_alive(pid))


def test_its_words_are_bounded(tmp_path: pathlib.Path) -> None:
    ran = hook([script(tmp_path, "yes | head -c 3000000; echo the end; exit 1")])
    assert len(ran.said) == 4000 and ran.said.endswith("the end")
    assert ran.error is not None and ran.error.what.endswith(": the end")


def test_a_file_that_cannot_be_executed_is_told(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "text"
    path.write_text("no program", encoding="ascii")
    path.chmod(0o755)
    ran = hook([str(path)])
    assert ran.status == 126 and "cannot be started: Exec format error" in str(ran.error)


def test_a_program_that_is_not_there() -> None:
    ran = hook(["no-such-program"])
    assert ran.error is not None and ran.error.code == "hook.program" and "is not installed" in ran.error.what


def test_python_that_cannot_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    for when, code in ((BEFORE, "hook.before"), (AFTER, "hook.after")):
        ran = hook(["true"], when=when)
        assert ran.error is not None and ran.error.code == code and "could not be started" in ran.error.what


def test_signals_that_are_ignored_here_are_not_there(tmp_path: pathlib.Path) -> None:
    """Else a service that a hook starts could not be stopped politely."""
    assert ignored(hook(["cat", "/proc/self/status"]).said) == [set()]


@pytest.mark.parametrize(
    ("mode", "words"),
    [(0o757, "could change"), (0o775, "could change"), (0o644, "may not be run")],
)
def test_a_program_that_others_could_change_is_refused(tmp_path: pathlib.Path, mode: int, words: str) -> None:
    path = script(tmp_path, "exit 0")
    os.chmod(path, mode)
    with pytest.raises(HookError, match=words) as caught:
        _hook.program_of([path], TITLE)
    assert caught.value.code == "hook.program"


def test_a_program_in_a_place_of_others_is_refused(tmp_path: pathlib.Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    path = script(inner, "exit 0")
    link = tmp_path / "link"
    link.symlink_to(path)
    assert _hook.program_of([str(link)], TITLE) == str(link)
    (tmp_path / "a").chmod(0o777)
    for name in (path, str(link)):
        with pytest.raises(HookError, match="could change"):
            _hook.program_of([name], TITLE)
    (tmp_path / "a").chmod(0o1777)
    assert _hook.program_of([path], TITLE) == path
    os.chown(tmp_path / "a", 65534, 0)
    with pytest.raises(HookError, match="could change"):
        _hook.program_of([path], TITLE)
    os.chown(tmp_path / "a", 0, 0)
    os.chown(path, 65534, 0)
    with pytest.raises(HookError, match="could change"):
        _hook.program_of([path], TITLE)


@pytest.mark.parametrize("name", ["/nowhere/x", "/etc", "/etc/passwd/x"])
def test_what_is_no_program(name: str) -> None:
    with pytest.raises(HookError, match="cannot be run") as caught:
        _hook.program_of([name], TITLE)
    assert caught.value.code == "hook.program"


KILLED = """
import os, signal, sys
from ansible_collections.nusantara.backup.plugins.module_utils._base._gate import spawn_noted
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Children, Command

class Warden:
    def watch_process(self, group):
        print(group, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

spawn_noted(Command(("/usr/bin/touch", sys.argv[1])), Children(Warden()))
"""


def test_it_begins_only_when_the_warden_knows_of_it(tmp_path: pathlib.Path) -> None:
    """Its run killed between its start and the note, a hook would go on and work against the after-hook."""
    mark = tmp_path / "mark"
    environment = {**os.environ, "PYTHONPATH": str(collections_path())}
    words = [sys.executable, "-c", KILLED, str(mark)]
    done = subprocess.run(words, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == -signal.SIGKILL
    wait_until(lambda: not is_alive(int(done.stdout)))
    assert not mark.exists()
    with Children() as children:
        assert spawn_noted(Command(("/usr/bin/touch", str(mark))), children).wait_alone(20).status == 0
    assert mark.exists()


def test_a_warden_that_is_gone_starts_no_hook(tmp_path: pathlib.Path) -> None:
    class Deaf(Warden):
        def watch_process(self, group: int) -> None:
            raise ToolError("The clean-up process of this run was killed", code="tool.warden")

    with Deaf() as warden, Children(warden) as children, pytest.raises(ToolError) as caught:
        run_hook(["touch", str(tmp_path / "mark")], 1, {}, children, BEFORE, TITLE)
    assert caught.value.code == "tool.warden" and not (tmp_path / "mark").exists()
