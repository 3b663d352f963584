# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A medium that is not there, goes away, is read-only, full or another one: the set is kept, its copy made up for."""

from __future__ import annotations

import collections.abc
import contextlib
import pathlib

import pytest
from tests.support.mounts import mark, mounted, remount, take_away

from .gate import Gate, held_locks, leftovers
from .lab import Done, Lab


@pytest.fixture
def disk(lab: Lab) -> collections.abc.Iterator[pathlib.Path]:
    """The medium of the lab is a mount, as a NAS is: no marker below it."""
    point = lab.root / "nas"
    with mounted(point, "size=16m"):
        lab.config["media"][0]["path"] = str(point)
        lab.medium = point
        yield point


def lacks(lab: Lab, gate: Gate, done: Done, *words: str) -> None:
    """The set is made and whole, its copy is not, and everything says so."""
    assert done.status == 1, done.said
    gate.clean(done)
    newest = lab.attempts("Pegawai")[0]
    assert newest["outcome"] == "success"
    (copy,) = newest["copies"]
    assert copy["outcome"] == "failed" and copy["error"]["remedy"]
    for word in ("has no copy on internal", *words):
        assert word in done.said, (word, done.said)
    assert len(list(lab.store.glob("Pegawai/*"))) == 1
    assert not list(lab.medium.glob("Pegawai/*F*"))


def made_up(lab: Lab) -> None:
    """The same night again makes the copy, and only that (P12.3)."""
    made = sorted(lab.store.glob("Pegawai/*"))
    done = lab.run(night=1)
    assert done.status == 0, done.said
    assert sorted(lab.store.glob("Pegawai/*")) == made
    assert len(list(lab.medium.glob("Pegawai/*"))) == 1
    newest = lab.attempts("Pegawai")[0]
    assert newest["outcome"] == "success" and newest["name"] == made[0].name and newest["plain_bytes"] > 0
    assert [copy["outcome"] for copy in newest["copies"]] == ["verified"]
    assert not leftovers(lab)
    again = lab.run(night=1)
    assert again.status == 0 and "nothing is due" in again.said


def test_a_medium_that_is_not_mounted(lab: Lab, disk: pathlib.Path) -> None:
    lab.sqlite()
    take_away(disk)
    gate = Gate(lab)
    lacks(lab, gate, lab.run(night=1), str(disk), "not mounted")
    assert not list(disk.iterdir()), "it was written below the mount point"
    with mounted(disk, "size=16m"):
        made_up(lab)


@pytest.mark.parametrize("moved", [0, 2 << 20])
def test_a_medium_that_goes_away_during_the_copy(lab: Lab, disk: pathlib.Path, moved: int) -> None:
    lab.sqlite(rows=12_000)
    gate = Gate(lab)
    fault = {"when": {"moved": moved, "named": "copy"}, "do": ["run", "umount", "--lazy", str(disk)]}
    done = lab.run(night=1, fault=fault)
    assert done.fired
    lacks(lab, gate, done, str(disk))
    assert not list(disk.iterdir())
    with mounted(disk, "size=16m"):
        made_up(lab)


def test_a_medium_that_is_read_only(lab: Lab, disk: pathlib.Path) -> None:
    lab.sqlite()
    remount(disk, "ro")
    gate = Gate(lab)
    lacks(lab, gate, lab.run(night=1), "read-only", str(disk))
    remount(disk, "rw")
    made_up(lab)


def test_a_medium_that_becomes_read_only_during_the_copy(lab: Lab) -> None:
    lab.sqlite(rows=12_000)
    # A second look at the same file system: it turns read-only while a file is open for writing.
    with mounted(lab.root / "nas", "size=16m") as disk, contextlib.ExitStack() as later:
        lab.config["media"][0]["path"], lab.medium = str(disk), disk
        gate = Gate(lab)
        freeze = ["run", "mount", "-o", "bind,remount,ro", str(disk)]
        done = lab.run(night=1, fault={"when": {"named": "copy"}, "do": freeze})
        later.callback(remount, disk, "rw")
        assert done.fired
        lacks(lab, gate, done, "read-only", str(disk))
        remount(disk, "bind,rw")
        made_up(lab)


def test_a_medium_that_is_full(lab: Lab, disk: pathlib.Path) -> None:
    lab.sqlite(rows=12_000)
    (disk / "filler").write_bytes(bytes(15 << 20))
    gate = Gate(lab)
    lacks(lab, gate, lab.run(night=1), str(disk), "bytes free")
    (disk / "filler").unlink()
    made_up(lab)


def test_a_medium_that_is_another_one(lab: Lab) -> None:
    lab.sqlite()
    mark(lab.medium, "gedung-b")
    gate = Gate(lab)
    lacks(lab, gate, lab.run(night=1), "gedung-b", str(lab.medium))
    mark(lab.medium, "internal")
    made_up(lab)


def test_a_run_that_is_killed_while_it_copies_makes_the_copy_the_next_time(lab: Lab) -> None:
    lab.sqlite(rows=12_000)
    gate = Gate(lab)
    done = lab.run(night=1, fault={"when": {"moved": 1 << 20, "named": "copy"}, "do": ["kill"]})
    assert done.status == -9
    gate.clean(done)
    made_up(lab)


def test_one_medium_of_two_fails_alone(lab: Lab, disk: pathlib.Path) -> None:
    other = mark(lab.root / "other", "gedung-b")
    lab.config["media"].append({"name": "gedung-b", "kind": "disk", "path": str(other), "building": "B"})
    lab.sqlite()
    lab.options("Pegawai")["media"] = ["internal", "gedung-b"]
    take_away(disk)
    done = lab.run(night=1)
    assert done.status == 1 and "no copy on internal" in done.said and "no copy on gedung-b" not in done.said
    assert not held_locks(lab)
    assert [copy["outcome"] for copy in lab.attempts("Pegawai")[0]["copies"]] == ["failed", "verified"]
    with mounted(disk, "size=16m"):
        done = lab.run(night=1)
        assert done.status == 0, done.said
        assert [copy["outcome"] for copy in lab.attempts("Pegawai")[0]["copies"]] == ["verified", "unchanged"]


def test_half_a_receipt_of_a_killed_run_is_swept(lab: Lab) -> None:
    lab.sqlite()
    lab.good(night=1)
    shelf = lab.state / "receipts" / "internal"
    # No process has this number: the kernel's limit is below it.
    (shelf / "2026110224F1D-Pegawai.json.99999999.part").write_bytes(b"{")
    Gate(lab).healed(night=2)
