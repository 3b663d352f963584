# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time limit of a dump holds whatever hangs, and nothing that a producer started outlives it."""

from __future__ import annotations

import os
import pathlib
import signal
import threading
import time
import typing as t

import pytest
from tests.support.site import is_alive, wait_until

from ansible_collections.nusantara.backup.plugins.module_utils._artifact._pipeline import write_artifact
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import EngineError
from ansible_collections.nusantara.backup.plugins.module_utils._base._findings import Finding
from ansible_collections.nusantara.backup.plugins.module_utils._base._model import Protection
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Children, Command
from ansible_collections.nusantara.backup.plugins.module_utils._engines._base import Buffer, Stream

CLEAR = Protection(compression="none", encryption="none")
ZSTD = Protection(encryption="none")
SOON = 0.5


class Held:
    """An end check that hangs where it is told to, until it is stopped."""

    def __init__(self, where: str = "") -> None:
        self._where = where
        self.stopped = threading.Event()

    def feed(self, chunk: Buffer) -> None:
        self._hang("feed")

    def finish(self) -> None:
        self._hang("finish")

    def _hang(self, where: str) -> None:
        if where == self._where:
            assert self.stopped.wait(60)
            raise EngineError("what it waited for was killed", code="engine.incomplete")


def quiet(status: int, said: str) -> t.Sequence[Finding]:
    assert status == 0, said
    return ()


def stream(script: str, note: pathlib.Path, end: Held | None = None) -> Stream:
    check = end or Held()
    command = Command(("sh", "-c", script, "sh", str(note)))
    return Stream("", "bin", check, quiet, ("cat",), command=command, stop=check.stopped.set)


def noted(path: pathlib.Path) -> int:
    """The process that the script left behind."""
    wait_until(lambda: path.exists() and path.read_text().endswith("\n"))
    return int(path.read_text())


def given_up(made: Stream, path: pathlib.Path, protection: Protection) -> None:
    began = time.monotonic()
    with Children() as children, pytest.raises(EngineError) as caught:
        write_artifact(made, str(path), protection, children, limit_seconds=SOON)
    assert caught.value.code == "engine.time_limit"
    assert time.monotonic() - began < 20
    assert not os.path.lexists(path)
    assert not children._alive


@pytest.mark.parametrize("protection", [CLEAR, ZSTD], ids=["clear", "zstd"])
def test_a_child_that_holds_the_pipe_of_a_dump_that_ended_is_ended(
    tmp_path: pathlib.Path, protection: Protection
) -> None:
    """Pitfall: the program ended with 0 and what it started still writes to the pipe; there is no end of the dump."""
    note = tmp_path / "note"
    given_up(stream('echo data; sleep 600 & echo $! > "$1"', note), tmp_path / "a", protection)
    left = noted(note)
    wait_until(lambda: not is_alive(left))


def test_a_child_that_left_the_group_does_not_hold_the_run(tmp_path: pathlib.Path) -> None:
    note = tmp_path / "note"
    given_up(stream('echo data; setsid sleep 600 & echo $! > "$1"', note), tmp_path / "a", ZSTD)
    os.kill(noted(note), signal.SIGKILL)


@pytest.mark.parametrize("where", ["feed", "finish"])
@pytest.mark.parametrize("protection", [CLEAR, ZSTD], ids=["clear", "zstd"])
def test_an_end_check_that_hangs_is_stopped(tmp_path: pathlib.Path, protection: Protection, where: str) -> None:
    held = Held(where)
    given_up(stream("echo data", tmp_path / "note", held), tmp_path / "a", protection)
    assert held.stopped.is_set()


def test_what_a_good_dump_leaves_running_is_ended(tmp_path: pathlib.Path) -> None:
    note = tmp_path / "note"
    made = stream('echo data; sleep 600 > /dev/null 2>&1 & echo $! > "$1"', note)
    with Children() as children:
        written = write_artifact(made, str(tmp_path / "a"), CLEAR, children)
    assert written.plain.bytes == len("data\n")
    left = noted(note)
    wait_until(lambda: not is_alive(left))


def test_no_descriptor_is_left_open(tmp_path: pathlib.Path) -> None:
    with Children() as children:
        before = os.listdir("/proc/self/fd")
        write_artifact(stream("echo data", tmp_path / "note"), str(tmp_path / "a"), CLEAR, children)
        assert len(os.listdir("/proc/self/fd")) == len(before)
