# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors, reader, clock, progress, files and stores."""

from __future__ import annotations

import datetime as dt
import os
import pathlib
import threading
import time
import typing as t

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._base import _errors, _io, _readback
from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock, parse_at, stamp
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import BackupError, PipelineError
from ansible_collections.nusantara.backup.plugins.module_utils._base._reader import Problems, Reader, shown
from ansible_collections.nusantara.backup.plugins.module_utils._run._progress import Progress, read_progress
from ansible_collections.nusantara.backup.plugins.module_utils._sets import _store

KINDS = [kind for kind in vars(_errors).values() if isinstance(kind, type) and issubclass(kind, BackupError)]


@pytest.mark.parametrize("kind", KINDS)
def test_errors_have_a_code_and_words(kind: type[BackupError]) -> None:
    if kind is _errors.ConfigError:
        problem: BackupError = _errors.ConfigError(["a: b"])
        assert str(problem).startswith("The configuration has 1 problem: a: b.")
    else:
        problem = kind("it broke", "mend it", detail="d")
        assert str(problem) == "it broke. mend it."
        assert kind("it broke!").as_dict()["remedy"] == ""
        assert kind("x", code="y.z").code == "y.z"
    assert problem.code and problem.code == problem.code.lower()
    assert set(problem.as_dict()) == {"code", "message", "remedy", "detail"}


@pytest.mark.parametrize(("given", "text"), [("  x ", "x."), ("x?", "x?"), ("x.", "x."), ("", "")])
def test_sentences_end(given: str, text: str) -> None:
    assert str(BackupError(given)) == text


@pytest.mark.parametrize("value", ["x" * 1000, "\x1b[2J", "\u202e", [1] * 500, {"a": "b" * 100}])
def test_shown_values_are_short_and_printable(value: t.Any) -> None:
    text = shown(value)
    assert len(text) <= 60
    assert text.isprintable()


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "nothing"), (True, "a truth value"), (1.5, "a number"), ([], "a list"), (b"x", "a list"), ({1}, "a set")],
)
def test_kinds_of_values_in_words(value: t.Any, words: str) -> None:
    problems = Problems()
    Reader(value, "here", problems)
    assert problems.found == [f"here: must be a mapping, not {words}"]


def test_a_reader_reports_required_numbers_and_odd_keys() -> None:
    problems = Problems()
    reader = Reader({7: 1, "a": 1}, "", problems)
    assert reader.integer("size", None, 1, 9) == 1
    assert reader.integer("a", None, 2, 9) == 2
    reader.done()
    assert problems.found == [
        "size: is required", "a: 1 must be a whole number from 2 to 9", ": 7 is not an option here; known are a, size",
    ]  # fmt: skip


def test_the_clock_runs_on_from_its_override(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter([100.0, 107.5, 107.5])
    monkeypatch.setattr(time, "monotonic", lambda: next(ticks))
    clock = Clock(parse_at("2026-11-21T00:00:00+07:00"))
    assert stamp(clock.now()) == "2026-11-20T17:00:07Z"
    assert clock.seconds() == 7.5


def test_pitfall_a_clock_set_back_changes_no_duration(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert 0 <= clock.seconds() < 60
    assert abs((Clock().now() - dt.datetime.now(dt.timezone.utc)).total_seconds()) < 5


@pytest.mark.parametrize("text", ["tomorrow", "2026-11-21", "2026-11-21T00:00:00", "0001-01-01T00:00:00+07:00", "\x1b"])
def test_a_moment_without_offset_or_sense_is_refused(text: str) -> None:
    with pytest.raises(BackupError) as caught:
        parse_at(text)
    assert caught.value.code == "config.moment"
    assert str(caught.value).isprintable()


def test_no_override_is_no_moment() -> None:
    assert parse_at("") is None
    assert parse_at("2026-11-20T17:00:00Z") == parse_at("2026-11-21T00:00:00+07:00")


def test_progress_is_written_at_each_step_and_not_at_each_chunk(tmp_path: pathlib.Path) -> None:
    path = str(tmp_path / "runs" / "r.json")
    assert read_progress(path) == {}
    progress = Progress(path)
    progress.step("A", "dump")
    progress.moved(5)
    assert read_progress(path) == {"source": "A", "step": "dump", "bytes": 0, "steps": 1}
    progress.step("A", "sign")
    assert read_progress(path) == {"source": "A", "step": "sign", "bytes": 0, "steps": 2}
    assert os.listdir(tmp_path / "runs") == ["r.json"]


def test_progress_of_a_long_stream_is_seen(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "r.json")
    progress = Progress(path)
    progress.step("A", "dump")
    later = time.monotonic() + 2
    monkeypatch.setattr(time, "monotonic", lambda: later)
    progress.moved(5)
    assert read_progress(path)["bytes"] == 5


def test_progress_that_cannot_be_written_stops_nothing() -> None:
    Progress("/proc/nowhere/r.json").step("A", "dump")
    assert read_progress("/proc/nowhere/r.json") == {}


@pytest.mark.parametrize("text", ["", "[]", "{", "\xff"])
def test_progress_that_cannot_be_read_is_unknown(tmp_path: pathlib.Path, text: str) -> None:
    (tmp_path / "r.json").write_bytes(text.encode("latin-1"))
    assert read_progress(str(tmp_path / "r.json")) == {}


def test_files_are_new_private_and_never_links(tmp_path: pathlib.Path) -> None:
    old = os.umask(0)
    try:
        _io.write_new(str(tmp_path / "a"), b"x" * 10)
        _io.make_directory(str(tmp_path / "d" / "e"))
    finally:
        os.umask(old)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "d").stat().st_mode & 0o777 == (tmp_path / "d" / "e").stat().st_mode & 0o777 == 0o700
    (tmp_path / "link").symlink_to(tmp_path / "a")
    for name in ("a", "link"):
        with pytest.raises(FileExistsError):
            _io.write_new(str(tmp_path / name), b"")
    for name in ("link", "d", "nowhere"):
        with pytest.raises(OSError, match=name):
            _io.open_to_read(str(tmp_path / name))
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(OSError, match="is not a regular file"):
        _io.read_small(str(tmp_path / "fifo"), 10)
    assert _io.read_small(str(tmp_path / "a"), 10) == b"x" * 10
    with pytest.raises(OSError, match="is larger than 9 bytes"):
        _io.read_small(str(tmp_path / "a"), 9)


def test_a_file_is_hashed_and_replaced_whole(tmp_path: pathlib.Path) -> None:
    path = str(tmp_path / "state")
    _io.replace(path, b"one")
    pathlib.Path(path + _io.PART).write_bytes(b"left over")
    _io.replace(path, b"two")
    assert os.listdir(tmp_path) == ["state"]
    assert _io.read_small(path, 9) == b"two"
    digest = _readback.read_back(path).digest
    assert digest.as_dict() == {
        "bytes": 3,
        "sha256": "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3",
    }


def test_everything_is_written_where_a_write_takes_less() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, True)
    data = os.urandom(1 << 20)
    got: list[bytes] = []
    thread = threading.Thread(target=lambda: got.extend(bytes(chunk) for chunk in _io.chunks(reader, 1000)))
    thread.start()
    _io.write_all(writer, data)
    os.close(writer)
    thread.join()
    os.close(reader)
    assert b"".join(got) == data


@pytest.mark.parametrize(
    ("number", "code"),
    [(28, "disk.full"), (30, "disk.readonly"), (13, "disk.permission"), (5, "disk.io"), (99, "disk")],
)
def test_errors_of_a_disk_have_words(number: int, code: str) -> None:
    with pytest.raises(PipelineError) as caught, _io.disk_errors("Cannot write", "/x"):
        raise OSError(number, os.strerror(number))
    assert caught.value.code == code
    assert caught.value.remedy and "Cannot write /x: " in str(caught.value)


def test_the_nearest_parent_that_exists(tmp_path: pathlib.Path) -> None:
    assert _io.existing_parent(str(tmp_path / "a" / "b")) == str(tmp_path)
    assert _io.existing_parent("/nowhere/at/all") == "/"


def test_a_set_appears_by_one_rename_and_is_never_replaced(tmp_path: pathlib.Path) -> None:
    root = str(tmp_path / "store")
    staging = _store.begin(root, "A", "n1")
    pathlib.Path(staging, "file").write_text("x", encoding="ascii")
    assert list(_store.staged(root, "A")) == [staging]
    staging = _store.begin(root, "A", "n1")
    assert os.listdir(staging) == [], "a leftover was taken over"
    pathlib.Path(staging, "file").write_text("y", encoding="ascii")
    final = _store.commit(staging)
    assert final == _store.set_directory(root, "A", "n1")
    assert (os.listdir(final), os.listdir(os.path.dirname(final))) == (["file"], ["n1"])
    with pytest.raises(PipelineError) as caught:
        _store.begin(root, "A", "n1")
    assert caught.value.code == "disk.exists"
    other = final + _io.PART
    os.mkdir(other)
    with pytest.raises(PipelineError) as caught:
        _store.commit(other)
    assert caught.value.code == "disk.exists"
    assert pathlib.Path(final, "file").read_text(encoding="ascii") == "y"
    _store.abandon(other)
    _store.abandon(other)
    assert list(_store.staged(root, "A")) == []
    assert list(_store.staged(root, "nowhere")) == []
