# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the system refuses in the parts below a run: told in words, survived, and nothing left behind."""

from __future__ import annotations

import errno
import fcntl
import os
import pathlib
import subprocess
import threading
import typing as t

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._base import (
    _held,
    _io,
    _locks,
    _readback,
    _residency,
    _threads,
)
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import BackupError, LockError, ToolError
from ansible_collections.nusantara.backup.plugins.module_utils._base._patience import within
from ansible_collections.nusantara.backup.plugins.module_utils._base._present import present
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Child, Children, Command
from ansible_collections.nusantara.backup.plugins.module_utils._base._warden import Warden


class RefusingThread(threading.Thread):
    """A thread on a host that allows no more of them."""

    def start(self) -> None:
        raise RuntimeError("can't start new thread")


@pytest.fixture
def below(tmp_path: pathlib.Path) -> t.Iterator[int]:
    with _held.opened_root(str(tmp_path)) as descriptor:
        yield descriptor


def test_a_state_file_that_cannot_be_replaced_leaves_no_half_one(tmp_path: pathlib.Path) -> None:
    (tmp_path / "state").mkdir()
    with pytest.raises(IsADirectoryError):
        _io.replace(str(tmp_path / "state"), b"new")
    assert os.listdir(tmp_path) == ["state"]


@pytest.mark.parametrize(("note", "words"), [(b"", "an unknown process"), (b" process 7 \n", "process 7")])
def test_who_holds_a_lock_is_told_as_far_as_it_is_known(tmp_path: pathlib.Path, note: bytes, words: str) -> None:
    path = tmp_path / "lock"
    path.write_bytes(note)
    with open(path, "rb") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        with pytest.raises(LockError) as caught, _locks.hold(str(path), "The source SIMPEG"):
            raise AssertionError("it was taken")
    assert caught.value.what == f"The source SIMPEG is in use by another run ({words})"


def test_who_holds_a_lock_is_unknown_where_its_note_cannot_be_read(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_unused: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    with _locks.hold(str(tmp_path / "lock"), "This"):
        monkeypatch.setattr(os, "pread", refuse)
        with pytest.raises(LockError, match="an unknown process"), _locks.hold(str(tmp_path / "lock"), "This"):
            raise AssertionError("it was taken")


def test_a_thread_that_cannot_be_started_is_told() -> None:
    with pytest.raises(ToolError) as caught:
        _threads.begin(RefusingThread())
    assert caught.value.code == "tool.start"
    assert caught.value.what == "No further thread could be started: can't start new thread"


def test_a_program_that_nobody_could_listen_to_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[subprocess.Popen[bytes]] = []

    class Deaf(Child):
        def __init__(self, process: subprocess.Popen[bytes], command: Command, family: Children) -> None:
            made.append(process)
            raise ToolError("No further thread could be started", code="tool.start")

    monkeypatch.setattr(f"{Child.__module__}.Child", Deaf)
    with Children() as children, pytest.raises(ToolError):
        children.spawn(Command(("sleep", "1000")))
    assert made[0].returncode == -9
    present(made[0].stderr).close()


def test_words_of_a_program_that_cannot_be_read_are_not_taken_for_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.read

    def read(descriptor: int, count: int) -> bytes:
        if threading.current_thread().name.startswith("stderr-"):
            raise OSError(errno.EIO, "Input/output error")
        return real(descriptor, count)

    monkeypatch.setattr(os, "read", read)
    with Children() as children:
        result = children.spawn(Command(("true",))).wait()
    assert result.stderr == "(its words could not be read: Input/output error)"


@pytest.mark.parametrize(("seconds", "code"), [(0.05, "tool.timeout")])
def test_a_program_that_is_waited_for_too_long_is_killed(seconds: float, code: str) -> None:
    with Children() as children:
        child = children.spawn(Command(("sleep", "1000")))
        with pytest.raises(BackupError) as caught:
            child.wait(seconds)
        assert caught.value.code == code
        assert child.process.returncode == -9


def test_what_never_answers_is_given_up() -> None:
    asked = threading.Event()
    with pytest.raises(TimeoutError):
        within(0.05, lambda: asked.wait(60))
    asked.set()


def test_a_value_that_must_be_there_is_asked_for_loudly() -> None:
    assert present(0) == 0
    with pytest.raises(AssertionError, match="is absent"):
        present(None)


def test_a_clean_up_process_that_cannot_be_started_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_unused: object, **_too: object) -> t.NoReturn:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    with pytest.raises(ToolError) as caught:
        Warden()
    assert caught.value.code == "tool.start"
    assert caught.value.what.endswith("could not be started: Resource temporarily unavailable")


def test_pages_that_nobody_can_ask_for_may_be_in_memory(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be shown is not claimed."""
    directory = os.open(tmp_path, os.O_RDONLY)
    try:
        assert not _residency.cache_is_empty(directory)
    finally:
        os.close(directory)

    class Refusing:
        munmap = _residency._LIBC.munmap

        @staticmethod
        def mincore(*_unused: object) -> int:
            return -1

    (tmp_path / "file").write_bytes(b"x" * 5000)
    monkeypatch.setattr(_residency, "_LIBC", Refusing)
    with open(tmp_path / "file", "rb") as stream:
        assert not _residency.cache_is_empty(stream.fileno())


def test_a_long_file_is_dropped_behind_the_read_window_by_window(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, real = [], os.posix_fadvise

    def advise(descriptor: int, offset: int, size: int, advice: int) -> None:
        told.append((offset, size, advice))
        real(descriptor, offset, size, advice)

    monkeypatch.setattr(os, "posix_fadvise", advise)
    monkeypatch.setattr(_readback, "WINDOW", 2 << 20)
    (tmp_path / "file").write_bytes(bytes(5 << 20))
    beats: list[int] = []
    found = _readback.read_back(str(tmp_path / "file"), lambda: beats.append(1))
    assert found.digest.bytes == 5 << 20 and len(beats) == 5
    dropped = [(offset >> 20, size >> 20) for offset, size, advice in told if advice == os.POSIX_FADV_DONTNEED]
    assert dropped == [(0, 0), (0, 2), (2, 2), (4, 1)]


def test_only_a_plain_file_is_opened_below(tmp_path: pathlib.Path, below: int) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "directory").mkdir()
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "pipe")
    for name in ("directory", "link", "pipe", "absent"):
        assert _held.plain_below(below, name) is None
    with pytest.raises(OSError, match="too long"):
        _held.plain_below(below, "x" * 300)
    descriptor = _held.plain_below(below, "file")
    assert descriptor is not None
    os.close(descriptor)


def test_a_name_leads_to_what_is_held_or_to_something_else(tmp_path: pathlib.Path, below: int) -> None:
    (tmp_path / "one").mkdir()
    held = _held.open_below(below, "one")
    try:
        assert _held.leads_to(below, "one", held)
        (tmp_path / "one").rename(tmp_path / "away")
        assert not _held.leads_to(below, "one", held)
        (tmp_path / "one").mkdir()
        assert not _held.leads_to(below, "one", held)
    finally:
        os.close(held)


@pytest.mark.parametrize(("number", "told"), [(errno.EINVAL, False), (errno.ENOTSUP, False), (errno.EIO, True)])
def test_a_file_system_that_cannot_flush_a_directory_is_none_that_failed_to(
    below: int, monkeypatch: pytest.MonkeyPatch, number: int, told: bool
) -> None:
    def refuse(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    if not told:
        _held.sync(below)
        return
    with pytest.raises(OSError, match="Input/output error"):
        _held.sync(below)
