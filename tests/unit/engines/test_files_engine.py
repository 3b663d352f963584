# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files engine with a real tar: excludes, mounts, files that change while read, and what cannot be read."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import tarfile
import tempfile
import typing as t

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._base import _process
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import EngineError
from ansible_collections.nusantara.backup.plugins.module_utils._base._findings import Finding
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Children
from ansible_collections.nusantara.backup.plugins.module_utils._base._reader import Problems, Reader
from ansible_collections.nusantara.backup.plugins.module_utils._engines._base import Context, Stream
from ansible_collections.nusantara.backup.plugins.module_utils._engines._files import FilesEngine, FilesOptions
from ansible_collections.nusantara.backup.plugins.module_utils._engines._tarlook import unescaped
from ansible_collections.nusantara.backup.tests.contract.engine_cases._support import nobody

ENGINE = FilesEngine()


@pytest.fixture
def tree() -> t.Iterator[pathlib.Path]:
    """A directory that every user may enter."""
    top = pathlib.Path(tempfile.mkdtemp(prefix="tree-"))
    top.chmod(0o755)
    yield top
    shutil.rmtree(top)


@pytest.fixture
def context(tmp_path: pathlib.Path) -> Context:
    return Context(Children(), str(tmp_path))


def written(options: FilesOptions, context: Context, meanwhile: t.Callable[[bytes], None]) -> list[Finding]:
    """Read the first chunk, let ``meanwhile`` act while tar waits for us, read the rest; what the judge says."""
    probe = ENGINE.probe(options, context)
    with ENGINE.open(options, probe, context) as session:
        stream: Stream = next(iter(session.streams()))
        assert stream.command is not None
        child = context.children.spawn(stream.command, stdout=subprocess.PIPE)
        first = child.stdout.read(4096)
        meanwhile(first)
        stream.end_check.feed(first)
        while chunk := child.stdout.read(1 << 16):
            stream.end_check.feed(chunk)
        child.stdout.close()
        result = child.wait(60)
        found = list(stream.judge(result.status, result.stderr))
        stream.end_check.finish()
        return found


def digests_of(names: t.Sequence[str], place: pathlib.Path) -> t.Any:
    """The inventory of one file with these names, made in their order where a directory lists by age; and that list."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as top:
        for name in names:
            path = pathlib.Path(top) / name
            path.write_text("one\n") if name == names[0] else os.link(pathlib.Path(top) / names[0], path)
        work = place / names[0]
        work.mkdir()
        context = Context(Children(), str(work), "digests")
        options = FilesOptions(path=top)
        with ENGINE.open(options, ENGINE.probe(options, context), context) as session:
            stream = next(iter(session.streams()))
            assert stream.command is not None
            child = context.children.spawn(stream.command, stdout=subprocess.PIPE)
            while chunk := child.stdout.read(1 << 16):
                stream.end_check.feed(chunk)
            child.stdout.close()
            assert child.wait(60).status == 0
            stream.end_check.finish()
            return os.listdir(top), session.inventory().objects


def test_of_hard_links_the_first_by_name_is_the_file(tmp_path: pathlib.Path) -> None:
    """A restored tree lies in another order, and yet its inventory must be that of the dump."""
    one_order, one = digests_of(["a", "b", "c"], tmp_path)
    other_order, other = digests_of(["c", "b", "a"], tmp_path)
    assert one_order != other_order, "this file system has an order of its own, so the test shows nothing"
    assert one == other


def names_in(options: FilesOptions, tmp_path: pathlib.Path) -> set[str]:
    context = Context(Children(), str(tmp_path))
    with ENGINE.open(options, ENGINE.probe(options, context), context) as session:
        command = next(iter(session.streams())).command
    assert command is not None
    with (tmp_path / "a.tar").open("wb") as sink:
        assert context.children.spawn(command, stdout=sink).wait(60).status == 0
    with tarfile.open(tmp_path / "a.tar") as archive:
        return {name[2:] for name in archive.getnames() if name != "."}


@pytest.mark.parametrize(
    ("patterns", "left_out"),
    [
        ([], ""),
        (["/cache"], "cache cache/x cache/deep cache/deep/y.log"),
        (["/cache/"], "cache cache/x cache/deep cache/deep/y.log"),
        (["./cache"], "cache cache/x cache/deep cache/deep/y.log"),
        (["cache"], "cache cache/x cache/deep cache/deep/y.log www/cache www/cache/z"),
        (["*.log"], "a.log cache/deep/y.log"),
        (["/*.log"], "a.log"),
        (["/cache/*"], "cache/x cache/deep cache/deep/y.log"),
        (["/*/y.log"], ""),
        (["deep/y.log"], "cache/deep/y.log"),
        (["*/x"], "cache/x"),
        ([".?*"], ".hidden"),
        (["-rf"], "-rf"),
        (["--checkpoint-action=exec=id"], ""),
        (["x[[]1]"], "x[1]"),
        (["/x\\[1]"], "x[1]"),
        (["?.log"], "a.log cache/deep/y.log"),
        (["/a.log", "-rf"], "a.log -rf"),
        (["A.LOG"], ""),
    ],
    ids=str,
)
def test_patterns_leave_out_what_the_docs_say(
    patterns: list[str], left_out: str, tree: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    everything = {"a.log", "-rf", "x[1]", ".hidden", "cache", "cache/x", "cache/deep", "cache/deep/y.log"}
    everything |= {"www", "www/cache", "www/cache/z"}
    for name in sorted(everything):
        path = tree / name
        if name in {"cache", "cache/deep", "www", "www/cache"}:
            path.mkdir()
        else:
            path.write_text(name)
    problems = Problems()
    options = ENGINE.parse(Reader({"path": str(tree), "exclude": patterns}, "source", problems))
    assert problems.found == []
    assert names_in(options, tmp_path) == everything - set(left_out.split())


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda path: os.truncate(path, 1_000_001), "files.changed"),
        (lambda path: os.truncate(path, 200_000), "files.shrank"),
    ],
    ids=["grows", "shrinks"],
)
def test_a_file_that_changes_while_read_is_a_warning(
    act: t.Callable[[pathlib.Path], object], code: str, tree: pathlib.Path, context: Context
) -> None:
    """Issue section 4: files that change while read. The archive stays whole."""
    (tree / "large").write_bytes(os.urandom(1_000_000))
    found = written(FilesOptions(str(tree)), context, lambda _first: act(tree / "large") and None)
    told = {finding.code: finding for finding in found}
    assert told[code].level == "warning"
    assert "./large" in told[code].params["names"]
    assert told[code].remedy


def test_a_file_that_goes_away_before_it_is_read_is_a_warning(tree: pathlib.Path, context: Context) -> None:
    for name in ("one", "two"):
        (tree / name).write_bytes(os.urandom(1_000_000))

    def remove_other(first: bytes) -> None:
        (tree / ("two" if b"./one\0" in first else "one")).unlink()

    found = written(FilesOptions(str(tree)), context, remove_other)
    assert "files.removed" in {finding.code for finding in found}


def test_what_may_not_be_read_stops_the_dump_by_name(tree: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (tree / "open").write_text("x")
    (tree / "se cret\n").write_text("x")
    options = FilesOptions(str(tree))
    context = Context(Children(), str(tmp_path))
    probe = ENGINE.probe(options, context)
    (tree / "se cret\n").chmod(0)
    with nobody():
        found = ENGINE.probe(options, context).findings
        assert [(finding.code, finding.level) for finding in found] == [("files.unreadable", "error")]
        assert "se cret" in found[0].message
        with ENGINE.open(options, probe, context) as session:
            stream = next(iter(session.streams()))
            assert stream.command is not None
            child = context.children.spawn(stream.command, stdout=subprocess.PIPE)
            while child.stdout.read(1 << 16):
                pass
            child.stdout.close()
            result = child.wait(60)
    with pytest.raises(EngineError, match="se cret") as caught:
        stream.judge(result.status, result.stderr)
    assert caught.value.code == "engine.unreadable"


def test_a_directory_that_may_not_be_read_is_found_before(tree: pathlib.Path, context: Context) -> None:
    (tree / "closed").mkdir(mode=0)
    with nobody():
        found = ENGINE.probe(FilesOptions(str(tree)), context).findings
        assert [(finding.code, finding.level) for finding in found] == [("files.unreadable", "error")]
        assert "closed" in found[0].message
    tree.chmod(0o700)
    with nobody():
        found = ENGINE.probe(FilesOptions(str(tree)), context).findings
    assert [(finding.code, finding.level) for finding in found] == [("files.unreadable", "error")]


def test_the_probe_says_the_size_to_the_byte(tree: pathlib.Path, context: Context) -> None:
    (tree / "a").write_bytes(b"x" * 100_000)
    (tree / "skipped").write_bytes(b"x" * 500_000)
    with (tree / "sparse").open("wb") as sparse:
        sparse.truncate(1 << 30)
    options = FilesOptions(str(tree), exclude=("skipped",))
    probe = ENGINE.probe(options, context)
    with ENGINE.open(options, probe, context) as session:
        stream = next(iter(session.streams()))
        assert stream.command is not None
        child = context.children.spawn(stream.command, stdout=subprocess.PIPE)
        size = 0
        while chunk := child.stdout.read(1 << 16):
            size += len(chunk)
        child.stdout.close()
        assert child.wait(60).status == 0
    assert probe.estimated_bytes == size < 300_000


def test_sockets_are_told_and_harmless(tree: pathlib.Path, context: Context) -> None:
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as made:
        made.bind(str(tree / "sock"))
        found = written(FilesOptions(str(tree)), context, lambda _first: None)
    assert [(finding.code, finding.level, finding.params["names"]) for finding in found] == [
        ("files.socket", "info", "./sock")
    ]


def test_other_file_systems_are_told(context: Context) -> None:
    """/dev has others mounted below it on every Linux."""
    found = {finding.code for finding in ENGINE.probe(FilesOptions("/dev"), context).findings}
    assert "files.other_filesystem" in found
    found = {finding.code for finding in ENGINE.probe(FilesOptions("/dev", one_file_system=False), context).findings}
    assert "files.other_filesystem" not in found


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("echo 'bsdtar 3.6.2 - libarchive 3.6.2'", "files.tar_kind"),
        ("echo 'tar (GNU tar) 1.13'", "files.tar_version"),
        (
            """test "$1" = --version && echo "tar (GNU tar) 1.35" && exit
            echo 'tar: POSIX ACL support is not available' >&2; echo 'tar: XATTR support is not available' >&2""",
            "files.tar_support",
        ),
    ],
)
def test_a_tar_that_cannot_keep_everything_is_refused(
    script: str,
    code: str,
    tree: pathlib.Path,
    context: Context,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake = tmp_path / "bin" / "tar"
    fake.parent.mkdir()
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    monkeypatch.setattr(_process, "_SEARCH_PATH", str(fake.parent))
    found = ENGINE.probe(FilesOptions(str(tree)), context).findings
    assert [(finding.code, finding.level) for finding in found] == [(code, "error")]


def test_a_file_in_the_place_of_a_tree_is_told(tree: pathlib.Path, context: Context) -> None:
    (tree / "file").write_text("x")
    found = ENGINE.probe(FilesOptions(str(tree / "file")), context).findings
    assert [finding.code for finding in found] == ["files.not_directory"]


def test_an_empty_tree_can_be_backed_up(tree: pathlib.Path, context: Context) -> None:
    assert written(FilesOptions(str(tree)), context, lambda _first: None) == []


@pytest.mark.parametrize(
    ("quoted", "name"),
    [
        ("plain", b"plain"),
        ("a\\nb", b"a\nb"),
        ("a\\\\nb", b"a\\nb"),
        ("\\377x", b"\xffx"),
        ("data-データ", "data-データ".encode()),
    ],
)
def test_names_come_back_from_the_quoting_of_tar(quoted: str, name: bytes) -> None:
    assert unescaped(quoted) == name
