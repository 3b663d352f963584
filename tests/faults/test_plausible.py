# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dumps that are empty or far smaller than their history: kept apart from good ones, and never pushing those out."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3

import pytest
from tests.support.postgres import Cluster

from .gate import Gate
from .lab import Lab

SCRIPT = """#!/bin/sh
case "$*" in *--version*) exec {real} "$@";; esac
{then}
"""


def own_pg_dump(lab: Lab, cluster: Cluster, then: str) -> str:
    """A directory of client programs of which pg_dump does something else."""
    place = lab.root / "bin"
    place.mkdir(exist_ok=True)
    for name in ("psql", "pg_dumpall", "pg_restore"):
        with contextlib.suppress(FileExistsError):
            os.symlink(cluster.binaries / name, place / name)
    real = cluster.binaries / "pg_dump"
    (place / "pg_dump").write_text(SCRIPT.format(real=real, then=then.format(real=real)), encoding="ascii")
    (place / "pg_dump").chmod(0o755)
    return str(place)


@pytest.mark.parametrize(
    ("then", "words"),
    [
        ("exit 0", "empty"),
        ('{real} "$@" | head -c 100000; exit 0', ""),
        ('{real} "$@" | head -c -1; exit 0', ""),
        ("printf PGDMP; exit 0", ""),
        ("{real} \"$@\"; echo 'pg_dump: error: query failed' >&2; exit 1", "query failed"),
        ("head -c 300000 /dev/zero", ""),
    ],
    ids=["no byte", "cut in the middle", "cut by one byte", "only a head", "fails after the last byte", "zeros"],
)
def test_a_dump_that_is_not_whole(lab: Lab, cluster: Cluster, database: str, then: str, words: str) -> None:
    lab.source("Simpeg", engine="postgresql", database=database, **cluster.options())
    lab.good(night=1)
    gate = Gate(lab)
    before = dict(lab.options("Simpeg"))
    lab.options("Simpeg")["bin_dir"] = own_pg_dump(lab, cluster, then)
    gate.stopped(lab.run(night=2), "Simpeg", words)
    lab.options("Simpeg").update(before)
    gate.healed(night=2)


def test_a_database_file_of_no_byte(lab: Lab) -> None:
    path = lab.sqlite()
    lab.good(night=1)
    gate = Gate(lab)
    kept = path.read_bytes()
    path.write_bytes(b"")
    gate.stopped(lab.run(night=2), "Pegawai", str(path), "empty")
    path.write_bytes(kept)
    gate.healed(night=2)


def test_a_dump_at_five_percent_of_its_history(lab: Lab) -> None:
    """It is kept and flagged, in manifest, journal, facts and words; earlier sets stay, and it is no measure."""
    path = lab.sqlite(rows=2000)
    for night in (1, 2, 3):
        lab.good(night=night)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM pegawai WHERE rowid > 100")
        connection.commit()
        connection.execute("VACUUM")
    for night in (4, 5, 6, 7, 8):
        gate = Gate(lab)
        done = lab.run(night=night)
        assert done.status == 0, done.said
        gate.clean(done)
        attempt = lab.attempts("Pegawai")[0]
        assert attempt["outcome"] == "success" and attempt["plausible"] is False
        codes = {finding["code"] for finding in attempt["findings"]}
        assert {"plausible.smaller", "plausible.emptier"} <= codes, codes
        place = lab.store / "Pegawai" / attempt["name"]
        manifest = json.loads((place / f"{place.name}.manifest.json").read_text(encoding="utf-8"))
        assert manifest["plausible"] is False
        assert {"plausible.smaller", "plausible.emptier"} <= {entry["code"] for entry in manifest["warnings"]}
        (found,) = (entry for entry in lab.facts()["sets"] if entry["name"] == place.name)
        assert found["plausible"] is False
    gate.healed(night=9)


def test_a_journal_moved_aside_does_not_make_an_empty_dump_plausible(lab: Lab) -> None:
    """The sets in the store tell what is usual, too."""
    path = lab.sqlite(rows=2000)
    lab.good(night=1)
    (lab.state / "journal.jsonl").rename(lab.root / "evidence.jsonl")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM pegawai WHERE rowid > 100")
        connection.commit()
        connection.execute("VACUUM")
    assert lab.run(night=2).status == 0
    attempt = lab.attempts("Pegawai")[0]
    assert attempt["outcome"] == "success" and attempt["plausible"] is False
    lab.run(night=3)
    assert lab.attempts("Pegawai")[0]["plausible"] is False
