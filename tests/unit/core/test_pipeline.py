# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One pass from the engine to the file: every end decides, and nothing is left of what failed."""

from __future__ import annotations

import hashlib
import os
import pathlib
import subprocess
import sys
import threading
import types
import typing as t

import pytest
from tests.support.mounts import mounted, mounted_image
from tests.support.site import AgeKey, age_key, is_alive

from ansible_collections.nusantara.backup.plugins.module_utils._artifact import _codec, _pipeline
from ansible_collections.nusantara.backup.plugins.module_utils._artifact._pipeline import write_artifact
from ansible_collections.nusantara.backup.plugins.module_utils._artifact._recipe import recipe
from ansible_collections.nusantara.backup.plugins.module_utils._artifact._reopen import read_back
from ansible_collections.nusantara.backup.plugins.module_utils._artifact._stored import Written
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import BackupError, EngineError
from ansible_collections.nusantara.backup.plugins.module_utils._base._findings import WARNING, Finding
from ansible_collections.nusantara.backup.plugins.module_utils._base._model import Protection
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Children, Command
from ansible_collections.nusantara.backup.plugins.module_utils._base._residency import cache_is_empty
from ansible_collections.nusantara.backup.plugins.module_utils._engines._base import Buffer, Stream
from checkout import collections_path

DATA = b"".join(hashlib.sha256(str(number).encode()).digest() * 8 for number in range(12_000))
DIGEST = hashlib.sha256(DATA).hexdigest()
CLEAR = Protection(compression="none", encryption="none")
ZSTD = Protection(encryption="none")
COLLECTIONS = str(collections_path())


class End:
    """An end check that counts, and refuses what it is told to refuse."""

    def __init__(self, refuse: bool = False, refuse_early: bool = False) -> None:
        self.seen = hashlib.sha256()
        self._refuse = refuse
        self._early = refuse_early

    def feed(self, chunk: Buffer) -> None:
        self.seen.update(chunk)
        if self._early:
            raise EngineError("not our kind", code="engine.incomplete")

    def finish(self) -> None:
        if self._refuse:
            raise EngineError("the end is missing", code="engine.incomplete")


def judged(status: int, said: str) -> t.Sequence[Finding]:
    if status:
        raise EngineError(f"status {status}", code="engine.failed", detail=said)
    return [Finding("engine.said", WARNING, "x", said)] if said else []


def command_stream(script: str, *words: str, end: End | None = None) -> Stream:
    return Stream("", "bin", end or End(), judged, ("cat",), command=Command(("sh", "-c", script, "sh", *words)))


def file_stream(path: pathlib.Path, end: End | None = None) -> Stream:
    return Stream("", "bin", end or End(), judged, ("cat",), file=str(path))


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> AgeKey:
    return age_key(tmp_path_factory.mktemp("key"))


@pytest.fixture
def plain(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "plain.bin"
    path.write_bytes(DATA)
    return path


@pytest.fixture
def children() -> t.Iterator[Children]:
    with Children() as found:
        yield found
        assert not found._alive


def refused(stream: Stream, path: pathlib.Path, protection: Protection, **more: t.Any) -> BackupError:
    """The error of a dump that must leave no file, no child and no thread."""
    with Children() as children, pytest.raises(BackupError) as caught:
        write_artifact(stream, str(path), protection, children, **more)
    assert not os.path.lexists(path)
    assert not children._alive
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith(("store", "stderr"))]
    return caught.value


def test_small_pieces_are_left_to_gather(
    children: Children, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a program says next is read after a moment; a file has nothing to wait for."""
    seen: list[int] = []
    paused: list[int] = []
    # Of this module only: who waits for a program that has not ended yet sleeps too.
    monkeypatch.setattr(_pipeline, "time", types.SimpleNamespace(sleep=lambda _seconds: paused.append(seen[-1])))
    written = write_artifact(command_stream("printf few"), str(tmp_path / "a"), CLEAR, children, progress=seen.append)
    assert (written.plain.bytes, seen, paused) == (3, [3], [3])
    source = tmp_path / "source"
    source.write_bytes(b"few")
    write_artifact(file_stream(source), str(tmp_path / "b"), CLEAR, children, progress=seen.append)
    assert (seen, paused) == ([3, 3], [3])


@pytest.mark.parametrize("proof", ["stored", "open"])
@pytest.mark.parametrize("encryption", _codec.ENCRYPTIONS)
@pytest.mark.parametrize("compression", _codec.COMPRESSIONS)
@pytest.mark.parametrize("by", ["command", "file"])
def test_every_way_reads_back_and_opens_by_its_own_lines(
    children: Children, plain: pathlib.Path, key: AgeKey, by: str, compression: str, encryption: str, proof: str
) -> None:
    recipients = (key.recipient,) if encryption == "age" else ()
    protection = Protection(compression, 3, encryption, recipients, proof)
    end, path = End(), plain.with_name("2026112024F1D-X.bin")
    stream = command_stream('cat -- "$1"', str(plain), end=end) if by == "command" else file_stream(plain, end)
    reopen = proof == "open"
    memory = _codec.MemoryKey(children) if reopen and encryption == "age" else None
    extra = memory.recipient if memory else ""
    moved: list[int] = []
    written = write_artifact(stream, str(path), protection, children, extra_recipient=extra, progress=moved.append)
    assert (written.plain.bytes, written.plain.sha256) == (len(DATA), DIGEST)
    stored = path.read_bytes()
    assert (written.stored.bytes, written.stored.sha256) == (len(stored), hashlib.sha256(stored).hexdigest())
    assert end.seen.hexdigest() == DIGEST
    assert moved[-1] == len(DATA)
    assert moved == sorted(moved)
    assert path.stat().st_mode & 0o777 == 0o600
    assert (DATA[:4096] in stored) == (compression == encryption == "none")
    read_back(str(path), written, protection, children, reopen=reopen, key=memory)
    assert opened(path, protection, key) == DATA


def opened(path: pathlib.Path, protection: Protection, key: AgeKey) -> bytes:
    """What the printed line makes of an artifact, run by a shell and nothing of ours."""
    target = path.with_name("opened")
    names = {"FILE": str(path), "KEY": key.identity, "PLAIN": str(target), "PATH": "/usr/bin:/bin"}
    subprocess.run(["sh", "-ec", recipe(protection, ("cat",))["open"]], env=names, check=True)
    return target.read_bytes()


def test_words_of_the_producer_become_findings(children: Children, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "a"
    written = write_artifact(command_stream("echo data; echo careful >&2"), str(path), ZSTD, children)
    assert [finding.message for finding in written.findings] == ["careful"]


PRODUCERS = [
    ("fails at once", "exit 3", "engine.failed"),
    ("fails at its end", 'cat "$1"; echo sorry >&2; exit 1', "engine.failed"),
    ("is killed in the middle", 'head -c 100000 "$1"; kill -9 $$', "engine.failed"),
    ("is ended by a signal", 'head -c 10 "$1"; kill -TERM $$', "engine.failed"),
    ("writes nothing", "true", "engine.empty"),
    ("closes early and goes on to fail", 'head -c 10 "$1"; exec >&-; exit 4', "engine.failed"),
]


@pytest.mark.parametrize("protection", [CLEAR, ZSTD], ids=["clear", "zstd"])
@pytest.mark.parametrize(("script", "code"), [row[1:] for row in PRODUCERS], ids=[row[0] for row in PRODUCERS])
def test_pitfall_the_producers_end_decides(plain: pathlib.Path, protection: Protection, script: str, code: str) -> None:
    assert refused(command_stream(script, str(plain)), plain.with_name("a"), protection).code == code


@pytest.mark.parametrize("protection", [CLEAR, ZSTD], ids=["clear", "zstd"])
@pytest.mark.parametrize("end", [{"refuse": True}, {"refuse_early": True}], ids=["at the end", "early"])
def test_pitfall_a_dump_without_its_end_is_removed(
    plain: pathlib.Path, protection: Protection, end: dict[str, bool]
) -> None:
    assert refused(file_stream(plain, End(**end)), plain.with_name("a"), protection).code == "engine.incomplete"
    stream = command_stream('cat "$1"', str(plain), end=End(**end))
    assert refused(stream, plain.with_name("a"), protection).code == "engine.incomplete"


def test_nothing_is_written_after_the_file_was_closed(plain: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its number may belong to another file by then, such as the journal."""
    monkeypatch.setattr(_codec, "encoders", lambda *_unused: [Command(("sh", "-c", "yes & cat >/dev/null; wait"))])
    alive: list[bool] = []
    close = os.close

    def watched(descriptor: int) -> None:
        if os.readlink(f"/proc/self/fd/{descriptor}") == str(plain.with_name("a")):
            alive.append(any(thread.name == "store" for thread in threading.enumerate()))
        close(descriptor)

    monkeypatch.setattr(os, "close", watched)
    assert refused(file_stream(plain, End(refuse_early=True)), plain.with_name("a"), ZSTD).code == "engine.incomplete"
    assert alive == [False]


def test_an_empty_file_is_refused(tmp_path: pathlib.Path) -> None:
    (tmp_path / "empty").touch()
    assert refused(file_stream(tmp_path / "empty"), tmp_path / "a", ZSTD).code == "engine.empty"


@pytest.mark.parametrize("protection", [CLEAR, ZSTD], ids=["clear", "zstd"])
@pytest.mark.parametrize("script", ["sleep 1000", "echo x; sleep 1000", "yes", "trap '' TERM; exec >&-; sleep 1000"])
def test_a_producer_that_does_not_end_is_ended(tmp_path: pathlib.Path, protection: Protection, script: str) -> None:
    note = tmp_path / "pid"
    stream = command_stream(f'echo $$ > "$1"; {script}', str(note))
    problem = refused(stream, tmp_path / "a", protection, limit_seconds=0.6)
    assert problem.code == "engine.time_limit"
    assert "time_limit" in problem.remedy
    assert not is_alive(int(note.read_text(encoding="ascii")))


STAGES = [
    ("fails at once", "exit 2", "pipeline.stage"),
    ("fails at its end", "cat; exit 2", "pipeline.stage"),
    ("has words with status 0", "cat; echo odd >&2", "pipeline.stage"),
    ("is killed", "head -c 1000; kill -9 $$", "pipeline.stage"),
    ("ends early with status 0", "head -c 1000; exit 0", "pipeline.cut"),
]


@pytest.mark.parametrize("place", ["only", "first", "last"])
@pytest.mark.parametrize(("script", "code"), [row[1:] for row in STAGES], ids=[row[0] for row in STAGES])
def test_pitfall_every_stage_decides(
    plain: pathlib.Path, monkeypatch: pytest.MonkeyPatch, script: str, code: str, place: str
) -> None:
    bad, good = Command(("sh", "-c", script)), Command(("cat",))
    stages = {"only": [bad], "first": [bad, good], "last": [good, bad]}[place]
    monkeypatch.setattr(_codec, "encoders", lambda *_unused: list(stages))
    problem = refused(command_stream('cat "$1"', str(plain)), plain.with_name("a"), ZSTD)
    # A good stage before one that ends early is killed by the closed pipe.
    assert problem.code == ("pipeline.stage" if place == "last" else code)
    if code == "pipeline.stage":
        assert "'sh' " in str(problem)


def test_a_missing_stage_is_named_and_nothing_is_left(plain: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stages = [Command(("cat",)), Command(("no-such-stage",))]
    monkeypatch.setattr(_codec, "encoders", lambda *_unused: list(stages))
    assert refused(file_stream(plain), plain.with_name("a"), ZSTD).code == "tool.missing"


@pytest.mark.parametrize("how", ["absent", "link", "directory"])
def test_a_file_that_cannot_be_read_is_told(tmp_path: pathlib.Path, plain: pathlib.Path, how: str) -> None:
    path = {"absent": tmp_path / "nowhere", "directory": tmp_path, "link": tmp_path / "link"}[how]
    if how == "link":
        path.symlink_to(plain)
    problem = refused(file_stream(path), tmp_path / "a", ZSTD)
    assert problem.code.startswith("disk")
    assert str(path) in str(problem)


def test_what_exists_is_never_overwritten(plain: pathlib.Path, children: Children) -> None:
    existing = plain.with_name("a")
    existing.write_text("good", encoding="ascii")
    with pytest.raises(BackupError) as caught:
        write_artifact(file_stream(plain), str(existing), ZSTD, children)
    assert caught.value.code == "disk.exists"
    assert existing.read_text(encoding="ascii") == "good", "an earlier file was removed"


@pytest.mark.parametrize("protection", [CLEAR, Protection("gzip", 1, "none")], ids=["clear", "gzip"])
@pytest.mark.parametrize("by", ["command", "file"])
def test_pitfall_a_full_disk_is_told_and_nothing_stays(
    tmp_path: pathlib.Path, plain: pathlib.Path, protection: Protection, by: str
) -> None:
    random = plain.with_name("random")
    random.write_bytes(os.urandom(2 << 20))
    stream = file_stream(random) if by == "file" else command_stream('cat "$1"', str(random))
    with mounted(tmp_path / "small", "size=1m") as small:
        problem = refused(stream, small / "a", protection)
        assert problem.code == "disk.full"
        assert "No space left" in str(problem)


def test_bytes_that_do_not_reach_the_disk_are_told(plain: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk may refuse at the flush what it took before."""

    def refuse(_descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", refuse)
    problem = refused(file_stream(plain), plain.with_name("a"), ZSTD)
    assert problem.code == "disk.io"
    assert "Cannot flush" in str(problem)


def _kept(plain: pathlib.Path, protection: Protection, children: Children, **more: t.Any) -> tuple[str, Written]:
    path = str(plain.with_name("kept"))
    return path, write_artifact(file_stream(plain), path, protection, children, **more)


@pytest.mark.parametrize("reopen", [False, True])
@pytest.mark.parametrize("protection", [CLEAR, ZSTD], ids=["clear", "zstd"])
@pytest.mark.parametrize("damage", ["flipped", "cut", "longer", "gone"])
def test_a_stored_file_that_changed_is_no_backup(
    plain: pathlib.Path, children: Children, protection: Protection, reopen: bool, damage: str
) -> None:
    path, written = _kept(plain, protection, children)
    if damage == "gone":
        os.unlink(path)
    else:
        data = bytearray(pathlib.Path(path).read_bytes())
        data[len(data) // 2] ^= 1
        changed = {"flipped": bytes(data), "cut": bytes(data[:-1]), "longer": bytes(data) + b"x"}[damage]
        pathlib.Path(path).write_bytes(changed)
    with pytest.raises(BackupError) as caught:
        read_back(path, written, protection, children, reopen=reopen)
    wanted = {"disk.missing"} if damage == "gone" else {"pipeline.read_back", "pipeline.stage"}
    assert caught.value.code in wanted


def test_proof_open_sees_what_the_stored_hash_cannot(plain: pathlib.Path, children: Children) -> None:
    path, written = _kept(plain, ZSTD, children)
    other = written._replace(plain=type(written.plain)(written.plain.bytes, "0" * 64))
    read_back(path, other, ZSTD, children)
    with pytest.raises(BackupError) as caught:
        read_back(path, other, ZSTD, children, reopen=True)
    assert caught.value.code == "pipeline.reopen"


@pytest.mark.parametrize("reopen", [False, True], ids=["stored", "open"])
def test_promise_1_the_read_back_asks_the_disk(
    children: Children, plain: pathlib.Path, tmp_path: pathlib.Path, reopen: bool
) -> None:
    """Other bytes on the disk below: the page cache, which still has the right ones, is not believed."""
    with mounted_image(tmp_path / "disk.img", tmp_path / "disk", 32) as point:
        path = point / "x.bin"
        written = write_artifact(file_stream(plain), str(path), CLEAR, children)
        assert path.read_bytes() == DATA, "the cache holds all of it now"
        descriptor = os.open(path, os.O_RDONLY)
        try:
            assert not cache_is_empty(descriptor)
            image = (tmp_path / "disk.img").read_bytes()
            place = image.index(DATA[:4096])
            with open(tmp_path / "disk.img", "r+b") as disk:
                disk.seek(place)
                disk.write(b"x")
                os.fsync(disk.fileno())
            with pytest.raises(BackupError) as caught:
                read_back(str(path), written, CLEAR, children, reopen=reopen)
        finally:
            os.close(descriptor)
    assert caught.value.code == "pipeline.read_back"


def test_proof_open_needs_the_right_key(plain: pathlib.Path, key: AgeKey, children: Children) -> None:
    protection = Protection("none", 3, "age", (key.recipient,), "open")
    path, written = _kept(plain, protection, children)
    with pytest.raises(BackupError) as caught:
        read_back(path, written, protection, children, reopen=True, key=_codec.MemoryKey(children))
    assert caught.value.code == "pipeline.stage"
    assert "'age' ended with status 1" in str(caught.value)


MEMORY = """
import sys
from ansible_collections.nusantara.backup.plugins.module_utils._base._model import Protection
from ansible_collections.nusantara.backup.plugins.module_utils._artifact._pipeline import write_artifact
from ansible_collections.nusantara.backup.plugins.module_utils._artifact._reopen import read_back
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Children, Command
from ansible_collections.nusantara.backup.plugins.module_utils._engines._base import Stream

class End:
    def feed(self, chunk): pass
    def finish(self): pass

producer = Command(("head", "-c", "200000000", "/dev/zero"))
stream = Stream("", "bin", End(), lambda status, said: (), ("cat",), command=producer)
protection = Protection("zstd", 1, "none")
with Children() as children:
    written = write_artifact(stream, sys.argv[1], protection, children)
    read_back(sys.argv[1], written, protection, children, reopen=True)
assert written.plain.bytes == 200000000
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM:")))
"""


def test_memory_is_bounded_whatever_the_size(tmp_path: pathlib.Path) -> None:
    environment = {**os.environ, "PYTHONPATH": COLLECTIONS}
    command = [sys.executable, "-c", MEMORY, str(tmp_path / "a")]
    done = subprocess.run(command, env=environment, check=True, capture_output=True)
    assert int(done.stdout) < 64 << 10
