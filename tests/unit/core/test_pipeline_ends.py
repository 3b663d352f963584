# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a dump ends: in which words, with nothing left open, and in time whatever hangs."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import pathlib
import signal
import subprocess
import threading
import typing as t

import pytest
from tests.support.mounts import mounted
from tests.support.site import age_key, wait_until

from ansible_collections.nusantara.backup.plugins.module_utils._artifact import _codec, _stored
from ansible_collections.nusantara.backup.plugins.module_utils._artifact._chain import Chain
from ansible_collections.nusantara.backup.plugins.module_utils._artifact._pipeline import write_artifact
from ansible_collections.nusantara.backup.plugins.module_utils._artifact._reopen import read_back
from ansible_collections.nusantara.backup.plugins.module_utils._artifact._stored import Written
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import (
    BackupError,
    EngineError,
    ToolError,
)
from ansible_collections.nusantara.backup.plugins.module_utils._base._findings import Finding
from ansible_collections.nusantara.backup.plugins.module_utils._base._io import CHUNK, Digest
from ansible_collections.nusantara.backup.plugins.module_utils._base._model import Protection
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Children, Command
from ansible_collections.nusantara.backup.plugins.module_utils._engines._base import Buffer, Stream

CLEAR = Protection(compression="none", encryption="none")
ZSTD = Protection(encryption="none")
GET_PIPE_SIZE = 1032


class End:
    """An end check; ``act`` is what it does at the end."""

    def __init__(self, act: t.Callable[[], object] = lambda: None) -> None:
        self._act = act

    def feed(self, chunk: Buffer) -> None:
        """Nothing is looked at."""

    def finish(self) -> None:
        self._act()


def judged(status: int, said: str) -> t.Sequence[Finding]:
    if status:
        raise EngineError(f"status {status}", code="engine.failed", detail=said)
    return []


def saying(script: str, *words: str, end: End | None = None) -> Stream:
    return Stream("", "bin", end or End(), judged, ("cat",), command=Command(("sh", "-c", script, "sh", *words)))


@pytest.fixture
def plain(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "plain"
    path.write_bytes(b"".join(hashlib.sha256(str(number).encode()).digest() for number in range(20_000)))
    return path


@pytest.fixture
def children() -> t.Iterator[Children]:
    with Children() as found:
        yield found


def stages(monkeypatch: pytest.MonkeyPatch, *scripts: str) -> None:
    commands = [Command(("sh", "-c", script)) for script in scripts]
    monkeypatch.setattr(_codec, "encoders", lambda *_unused: commands)


def refused(stream: Stream, place: pathlib.Path, protection: Protection = CLEAR, **more: t.Any) -> BackupError:
    with Children() as children, pytest.raises(BackupError) as caught:
        write_artifact(stream, str(place / "a"), protection, children, **more)
    assert not os.path.lexists(place / "a")
    return caught.value


@pytest.mark.parametrize(
    ("stage", "what", "detail"),
    [
        ("cat; exit 2", "'sh' ended with status 2", ""),
        ("cat; echo odd >&2; exit 2", "'sh' ended with status 2: odd", "odd"),
        ("cat; echo odd >&2", "'sh' ended with status 0: odd", "odd"),
        ("kill -9 $$", "'sh' was killed by SIGKILL", ""),
    ],
)
def test_a_program_that_fails_is_named_with_its_end_and_its_words(
    tmp_path: pathlib.Path, plain: pathlib.Path, monkeypatch: pytest.MonkeyPatch, stage: str, what: str, detail: str
) -> None:
    stages(monkeypatch, stage)
    problem = refused(saying('cat "$1"', str(plain)), tmp_path, ZSTD)
    assert (problem.code, problem.what, problem.detail) == ("pipeline.stage", what, detail)


def test_a_program_that_ends_early_cuts_the_stream(
    tmp_path: pathlib.Path, plain: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages(monkeypatch, "head -c 10")
    problem = refused(saying('cat "$1" "$1" "$1" "$1"', str(plain)), tmp_path, ZSTD)
    assert (problem.code, problem.what) == ("pipeline.cut", "The plain stream was cut: Broken pipe")


def test_an_empty_dump_is_told(tmp_path: pathlib.Path) -> None:
    problem = refused(saying("true"), tmp_path)
    assert problem.what == "The dump is empty: the engine wrote no byte"


@pytest.mark.parametrize("protection", [CLEAR, ZSTD], ids=["clear", "zstd"])
def test_the_time_limit_is_told_in_minutes(tmp_path: pathlib.Path, protection: Protection) -> None:
    problem = refused(saying("sleep 1000"), tmp_path, protection, limit_seconds=0.5)
    assert (problem.code, problem.what) == (
        "engine.time_limit",
        "The dump was ended after its time limit of 0.00833333 minutes",
    )


def test_a_program_that_takes_nothing_is_ended_by_the_time_limit(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages(monkeypatch, "sleep 1000")
    assert refused(saying("yes"), tmp_path, ZSTD, limit_seconds=0.5).code == "engine.time_limit"


def test_a_program_that_does_not_end_after_its_input_is_ended_by_the_time_limit(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages(monkeypatch, "cat; sleep 1000")
    assert refused(saying("echo x"), tmp_path, ZSTD, limit_seconds=0.5).code == "engine.time_limit"


def test_what_escaped_and_never_stops_writing_does_not_hold_the_dump(tmp_path: pathlib.Path) -> None:
    note = tmp_path / "pid"
    script = 'setsid sh -c "echo \\$\\$ > $1; exec yes" 2>/dev/null & wait'
    try:
        assert refused(saying(script, str(note)), tmp_path, limit_seconds=1).code == "engine.time_limit"
    finally:
        wait_until(lambda: note.is_file() and note.read_text(encoding="ascii").strip())
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(note.read_text(encoding="ascii")), signal.SIGKILL)


def test_a_full_disk_ends_programs_that_have_much_more_to_say(tmp_path: pathlib.Path) -> None:
    """More than all pipes hold: who has lost his reader must not wait for him."""
    random = tmp_path / "random"
    random.write_bytes(os.urandom(12 << 20))
    with mounted(tmp_path / "small", "size=1m") as small:
        problem = refused(saying('cat "$1"', str(random)), small, Protection("gzip", 1, "none"))
    assert problem.code == "disk.full"
    assert problem.what == f"Cannot write {tmp_path / 'small' / 'a'}: No space left on device"


def test_the_first_cause_stays_where_the_file_is_gone_already(tmp_path: pathlib.Path) -> None:
    def act() -> None:
        os.unlink(tmp_path / "a")
        raise EngineError("the end is missing", code="engine.incomplete")

    assert refused(saying("echo x", end=End(act)), tmp_path).code == "engine.incomplete"


def test_a_place_that_cannot_be_written_is_told(tmp_path: pathlib.Path) -> None:
    problem = refused(saying("echo x"), tmp_path / "absent")
    assert problem.what == f"Cannot write {tmp_path / 'absent' / 'a'}: No such file or directory"


def test_a_plain_file_that_cannot_be_read_is_told(tmp_path: pathlib.Path) -> None:
    stream = Stream("", "bin", End(), judged, ("cat",), file=str(tmp_path / "absent"))
    assert refused(stream, tmp_path).what == f"Cannot read {tmp_path / 'absent'}: No such file or directory"


def open_files() -> set[str]:
    """What this process has open, the listing itself aside."""
    found = set()
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):
            found.add(f"{number} {os.readlink(f'/proc/self/fd/{number}')}")
    return {entry for entry in found if not entry.endswith(f"/proc/{os.getpid()}/fd")}


@pytest.mark.parametrize("script", ['cat "$1"', "exit 3", "sleep 1000"], ids=["good", "failed", "late"])
@pytest.mark.parametrize("protection", [CLEAR, ZSTD], ids=["clear", "zstd"])
def test_nothing_stays_open_and_no_thread_runs_on(
    tmp_path: pathlib.Path, plain: pathlib.Path, children: Children, protection: Protection, script: str
) -> None:
    path = str(tmp_path / "a")
    before, threads = open_files(), set(threading.enumerate())
    try:
        written = write_artifact(saying(script, str(plain)), path, protection, children, limit_seconds=0.7)
        read_back(path, written, protection, children, reopen=True)
    except BackupError as problem:
        assert problem.code in ("engine.failed", "engine.time_limit")
    assert open_files() == before
    assert set(threading.enumerate()) == threads
    assert not children._alive


def test_while_it_is_written_a_thread_of_that_name_carries_the_stored_bytes(
    tmp_path: pathlib.Path, plain: pathlib.Path, children: Children
) -> None:
    names: list[set[str]] = []
    write_artifact(
        saying('cat "$1"', str(plain)),
        str(tmp_path / "a"),
        ZSTD,
        children,
        progress=lambda _count: names.append({thread.name for thread in threading.enumerate()}),
    )
    assert names and all("store" in found for found in names)


def test_the_disk_begins_early_and_each_byte_is_handed_over_once(
    tmp_path: pathlib.Path, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, path, told = tmp_path / "plain", str(tmp_path / "a"), []
    plain.write_bytes(bytes(3 * CHUNK + 1000))
    real = os.posix_fadvise

    def advise(descriptor: int, offset: int, size: int, advice: int) -> None:
        if os.readlink(f"/proc/self/fd/{descriptor}") == path:
            told.append((offset, size, advice))
        real(descriptor, offset, size, advice)

    monkeypatch.setattr(os, "posix_fadvise", advise)
    stream = Stream("", "bin", End(), judged, ("cat",), file=str(plain))
    write_artifact(stream, path, CLEAR, children)
    assert told == [], "a small artifact is flushed at its end only"
    os.unlink(path)
    monkeypatch.setattr(_stored, "_WRITE_BACK_EVERY", CHUNK)
    write_artifact(stream, path, CLEAR, children)
    assert told == [(place * CHUNK, CHUNK, os.POSIX_FADV_DONTNEED) for place in range(3)]


def test_pipes_between_programs_are_wide_where_the_host_allows_it(children: Children) -> None:
    with Chain([Command(("cat",)), Command(("cat",))], children) as chain:
        assert fcntl.fcntl(chain.entry, GET_PIPE_SIZE) == CHUNK
        assert fcntl.fcntl(chain.exit, GET_PIPE_SIZE) == CHUNK


def test_a_host_that_forbids_wide_pipes_still_dumps(
    tmp_path: pathlib.Path, plain: pathlib.Path, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_unused: object) -> int:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(fcntl, "fcntl", refuse)
    written = write_artifact(saying('cat "$1"', str(plain)), str(tmp_path / "a"), ZSTD, children)
    assert written.plain.bytes == plain.stat().st_size


def test_programs_that_were_started_before_one_that_is_missing_are_ended(children: Children) -> None:
    with pytest.raises(BackupError):
        Chain([Command(("cat",)), Command(("no-such-stage",))], children)
    assert not children._alive


def test_a_chain_is_checked_for_the_one_that_failed_first(children: Children) -> None:
    """The one before it was killed by the pipe that nobody read any more, which is no fault of its own."""
    with Chain([Command(("yes",)), Command(("sh", "-c", "exit 7"))], children) as chain:
        chain.close_entry()
        with pytest.raises(BackupError, match="'sh' ended with status 7"):
            chain.check()


def test_an_artifact_that_changed_is_told_with_what_was_found(
    tmp_path: pathlib.Path, plain: pathlib.Path, children: Children
) -> None:
    path = tmp_path / "a"
    written = write_artifact(saying('cat "$1"', str(plain)), str(path), CLEAR, children)
    path.write_bytes(b"other")
    found = hashlib.sha256(b"other").hexdigest()[:16]
    with pytest.raises(BackupError) as caught:
        read_back(str(path), written, CLEAR, children)
    assert caught.value.what == f"{path} does not read back as it was written: 5 bytes with SHA-256 {found}…"
    path.unlink()
    with pytest.raises(BackupError) as caught:
        read_back(str(path), written, CLEAR, children)
    assert caught.value.what == f"Cannot read back {path}: No such file or directory"


def test_an_artifact_that_opens_to_something_else_is_told(
    tmp_path: pathlib.Path, plain: pathlib.Path, children: Children
) -> None:
    path = str(tmp_path / "a")
    for protection in (CLEAR, ZSTD):
        written = write_artifact(saying('cat "$1"', str(plain)), path, protection, children)
        other = Written(Digest(written.plain.bytes + 1, written.plain.sha256), written.stored, ())
        with pytest.raises(BackupError) as caught:
            read_back(path, other, protection, children, reopen=True)
        assert (caught.value.code, caught.value.what) == ("pipeline.reopen", f"{path} does not open to what was dumped")
        os.unlink(path)


def test_a_cut_artifact_is_hashed_to_its_end_though_its_program_has_gone(
    tmp_path: pathlib.Path, plain: pathlib.Path, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A decoder that ends without reading is the cause that is told, and not the pipe that broke."""
    written = write_artifact(saying('cat "$1" "$1" "$1" "$1"', str(plain)), str(tmp_path / "a"), CLEAR, children)
    monkeypatch.setattr(_codec, "decoders", lambda *_unused: [Command(("sh", "-c", "echo no >&2; exit 5"))])
    with pytest.raises(BackupError) as caught:
        read_back(str(tmp_path / "a"), written, CLEAR, children, reopen=True)
    assert (caught.value.code, caught.value.what) == ("pipeline.stage", "'sh' ended with status 5: no")


def test_proof_open_works_with_a_key_in_memory(tmp_path: pathlib.Path, plain: pathlib.Path, children: Children) -> None:
    """Nobody but that key and the site's own can open it."""
    key, path = age_key(tmp_path), str(tmp_path / "a")
    protection = Protection("zstd", 3, "age", (key.recipient,), "open")
    memory = _codec.MemoryKey(children)
    stream = saying('cat "$1"', str(plain))
    written = write_artifact(stream, path, protection, children, extra_recipient=memory.recipient)
    read_back(path, written, protection, children, reopen=True, key=memory)
    done = subprocess.run(["age", "-d", "-i", key.identity, path], check=True, capture_output=True)
    assert done.stdout[:4] == b"\x28\xb5\x2f\xfd"


def test_without_a_thread_for_the_stored_bytes_nothing_is_left(
    tmp_path: pathlib.Path, plain: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise ToolError("No further thread could be started", code="tool.start")

    monkeypatch.setattr(_stored, "begin", refuse)
    with Children() as children:
        with pytest.raises(ToolError):
            write_artifact(saying('cat "$1"', str(plain)), str(tmp_path / "a"), ZSTD, children)
        assert not children._alive
    assert not os.path.lexists(tmp_path / "a")
