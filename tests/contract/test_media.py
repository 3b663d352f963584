# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract that every medium keeps: one row in CASES for each, and all tests below."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import shutil
import stat
import typing as t

import pytest
from tests.support.mounts import mark, mounted
from tests.support.sets import MadeSet, make_key, make_set

from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import MediumError
from ansible_collections.nusantara.backup.plugins.module_utils._base._findings import ERROR
from ansible_collections.nusantara.backup.plugins.module_utils._base._model import Medium
from ansible_collections.nusantara.backup.plugins.module_utils._copies._transfer import Copy, SetRef, Transfer
from ansible_collections.nusantara.backup.plugins.module_utils._media._registry import MEDIA, driver_of
from ansible_collections.nusantara.backup.plugins.module_utils._sets._receipts import UNCHANGED, VERIFIED

NAME = "2026112024F1D-SIMPEG"
REF = SetRef("SIMPEG", NAME)
FILES = {"pgdump.zst.age": b"database " * 300_000, "globals.sql.zst.age": b"roles", "empty.sql.zst.age": b""}


@dataclasses.dataclass(frozen=True)
class Bench:
    """A store with one signed set, and a medium to copy it to."""

    made: MadeSet
    medium: Medium
    transfer: Transfer

    def copy(self) -> Copy:
        return self.transfer.copy(REF, [self.medium])[0]

    @property
    def place(self) -> pathlib.Path:
        return pathlib.Path(driver_of(self.medium).place(self.medium, "SIMPEG", NAME))


@contextlib.contextmanager
def marked_directory(path: pathlib.Path) -> t.Iterator[Medium]:
    yield Medium("internal", "disk", str(mark(path / "medium", "internal")), "A")


@contextlib.contextmanager
def mount_point(path: pathlib.Path) -> t.Iterator[Medium]:
    with mounted(path / "medium", "size=32m") as point:
        yield Medium("internal", "disk", str(point), "A")


@contextlib.contextmanager
def marked_mount(path: pathlib.Path) -> t.Iterator[Medium]:
    with mounted(path / "medium", "size=32m") as point:
        yield Medium("internal", "disk", str(mark(point, "internal")), "A")


CASES = {"disk-marked": marked_directory, "disk-mount": mount_point, "disk-marked-mount": marked_mount}


@pytest.fixture(params=list(CASES))
def bench(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> t.Iterator[Bench]:
    made = make_set(tmp_path / "store", "SIMPEG", NAME, FILES, make_key(tmp_path))
    with CASES[request.param](tmp_path) as medium:
        yield Bench(made, medium, Transfer(str(tmp_path / "store"), str(tmp_path / "state"), Clock()))


def contents(directory: pathlib.Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_every_kind_of_medium_has_a_row_here() -> None:
    assert {case.partition("-")[0] for case in CASES} == set(MEDIA)


def test_a_copy_is_whole_private_and_receipted(bench: Bench) -> None:
    copy = bench.copy()
    assert copy.error is None
    assert copy.receipt is not None
    assert copy.receipt.outcome == VERIFIED
    assert contents(bench.place) == contents(bench.made.directory)
    assert {path.stat().st_mode & 0o777 for path in bench.place.iterdir()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in (bench.place, bench.place.parent)} == {0o700}
    assert copy.receipt.path == str(bench.place)
    assert [file for file, _digest in copy.receipt.files] == list(bench.made.files)
    assert list(bench.place.parent.iterdir()) == [bench.place]


def test_the_same_set_again_changes_nothing(bench: Bench) -> None:
    bench.copy()
    before = {path: path.stat() for path in bench.place.rglob("*")}
    copy = bench.copy()
    assert copy.error is None
    assert copy.receipt is not None
    assert copy.receipt.outcome == UNCHANGED
    assert {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in before} == {
        path: (status.st_ino, status.st_mtime_ns) for path, status in before.items()
    }


def flip(path: pathlib.Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


ALTERATIONS: dict[str, t.Callable[[Bench], None]] = {
    "flipped": lambda bench: flip(bench.place / bench.made.files[0]),
    "truncated": lambda bench: (bench.place / bench.made.files[0]).write_bytes(b""),
    "removed": lambda bench: (bench.place / bench.made.files[0]).unlink(),
    "linked": lambda bench: relink(bench.place / bench.made.files[0]),
    "added": lambda bench: (bench.place / "stranger").write_bytes(b"?"),
    "manifest": lambda bench: flip(bench.place / bench.made.manifest.name),
    "longer manifest": lambda bench: lengthen(bench.place / bench.made.manifest.name),
    "signature": lambda bench: flip(bench.place / bench.made.signature.name),
    "no signature": lambda bench: (bench.place / bench.made.signature.name).unlink(),
    "a file": lambda bench: (shutil.rmtree(bench.place), bench.place.write_bytes(b"?"))[0],
    "empty directory": lambda bench: (shutil.rmtree(bench.place), bench.place.mkdir())[0],
}


def relink(path: pathlib.Path) -> None:
    other = path.parents[3] / "elsewhere"
    shutil.move(path, other)
    path.symlink_to(other)


def lengthen(path: pathlib.Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


@pytest.mark.parametrize("alteration", list(ALTERATIONS))
def test_another_set_of_that_name_is_refused_and_stays_as_it_is(bench: Bench, alteration: str) -> None:
    bench.copy()
    ALTERATIONS[alteration](bench)
    before = contents(bench.place.parent)
    copy = bench.copy()
    assert copy.receipt is None
    assert copy.error is not None
    assert copy.error.code == "medium.conflict"
    assert NAME in copy.error.what
    assert contents(bench.place.parent) == before


@pytest.mark.parametrize("there", ["simpeg", "SIMPEG/2026112024f1d-simpeg"])
def test_a_name_that_differs_only_in_case_is_refused(bench: Bench, there: str) -> None:
    place = bench.place.parent.parent / there
    place.mkdir(parents=True)
    copy = bench.copy()
    assert copy.error is not None
    assert copy.error.code == "medium.case"
    assert not bench.place.exists()


def test_an_altered_source_is_published_nowhere(bench: Bench) -> None:
    flip(bench.made.artifact())
    copy = bench.copy()
    assert copy.error is not None
    assert copy.error.code == "transfer.source"
    assert not any(bench.place.parent.iterdir())


def test_leftovers_of_this_source_go_and_others_stay(bench: Bench) -> None:
    shelf = bench.place.parent
    for leftover in ("2026111924F1D-SIMPEG.part", f"{NAME}.part"):
        (shelf / leftover).mkdir(parents=True)
        (shelf / leftover / "half").write_bytes(b"half")
    (shelf / "2026111924F1D-Other.part").mkdir()
    (shelf / "notes.part").mkdir()
    assert bench.copy().error is None
    assert sorted(path.name for path in shelf.iterdir()) == ["2026111924F1D-Other.part", NAME, "notes.part"]


@pytest.mark.parametrize("moment", ["before the rename", "in its last instant"])
def test_another_host_that_begins_anew_gets_no_receipt_for_us(
    bench: Bench, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P13: two hosts with a source of one name, one NAS. Half a set of the other must never count as our copy."""

    def other_host() -> None:
        staging = pathlib.Path(f"{bench.place}.part")
        shutil.rmtree(staging)
        staging.mkdir()
        (staging / bench.made.files[0]).write_bytes(b"half")

    call, at = (os.fsync, "fsync") if moment == "before the rename" else (os.rename, "rename")

    def meanwhile(*given: t.Any, **named: t.Any) -> None:
        if at == "rename":
            other_host()
            call(*given, **named)
        else:
            call(*given, **named)
            if stat.S_ISDIR(os.fstat(given[0]).st_mode) and os.path.exists(f"{bench.place}.part/{NAME}.manifest.json"):
                other_host()

    monkeypatch.setattr(os, at, meanwhile)
    copy = bench.copy()
    assert copy.receipt is None
    assert copy.error is not None
    assert copy.error.code == "medium.shared"


def test_looking_writes_nothing(bench: Bench) -> None:
    root = bench.place.parent.parent
    before = sorted(root.rglob("*"))
    assert [found for found in driver_of(bench.medium).check(bench.medium, "", 1000) if found.level == ERROR] == []
    plan = bench.transfer.plan(REF, [bench.medium])
    assert [entry["action"] for entry in plan] == ["copy"]
    assert sorted(root.rglob("*")) == before
    bench.copy()
    assert [entry["action"] for entry in bench.transfer.plan(REF, [bench.medium])] == ["compare"]


def test_too_little_room_is_said_before(bench: Bench) -> None:
    found = driver_of(bench.medium).check(bench.medium, "", 1 << 60)
    assert [finding.code for finding in found if finding.level == ERROR] == ["medium.full"]


def test_an_unknown_kind_is_refused_in_words() -> None:
    with pytest.raises(MediumError, match="of the kind 'floppy'"):
        driver_of(Medium("old", "floppy", "/mnt/floppy"))
