# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every program that a run starts, killed: each time that one is started, and in the middle of its stream."""

from __future__ import annotations

import collections
import itertools
import json

import pytest
from tests.support.postgres import Cluster

from .gate import Gate
from .lab import CLEAR, Lab

NAMES = ("Pegawai", "Situs", "Simpeg")


def add(lab: Lab, cluster: Cluster, database: str, name: str, size: int) -> None:
    """A source of one of the three engines."""
    if name == "Pegawai":
        lab.sqlite(rows=size // 250)
    elif name == "Situs":
        lab.tree(size=size)
    else:
        lab.source("Simpeg", engine="postgresql", database=database, **cluster.options())


def killed(said: str) -> bool:
    return "was killed by SIGKILL" in said


@pytest.mark.parametrize("name", NAMES)
def test_each_child_as_soon_as_it_is_started(lab: Lab, cluster: Cluster, database: str, name: str) -> None:
    """The source fails, and says why, unless the child had done its work already."""
    add(lab, cluster, database, name, 50_000)
    lab.good(night=1)
    kinds: collections.Counter[str] = collections.Counter()
    for number in itertools.count(1):
        gate = Gate(lab)
        done = lab.run("--again", night=2, fault={"when": {"child": number}, "do": ["child"]})
        gate.clean(done)
        if not done.fired:
            break
        kinds[done.fired] += 1
        attempt = lab.attempts(name)[0]
        assert done.status == (0 if attempt["outcome"] == "success" else 1)
        if done.status:
            assert attempt["outcome"] == "failed" and attempt["error"]["remedy"]
            assert killed(attempt["error"]["message"]), (done.fired, attempt["error"])
    assert done.status == 0, done.said
    own = {"Pegawai": set(), "Situs": {"tar"}, "Simpeg": {"psql", "pg_dump", "pg_dumpall"}}[name]
    assert {"zstd", "age", "ssh-keygen"} | own == set(kinds), kinds
    assert kinds["zstd"] >= 2 and kinds["age"] >= 2, "one tries the settings, one carries the dump"
    gate.healed(night=3)


STREAMS = [
    ("dump sqlite", "zstd"),
    ("dump sqlite", "age"),
    ("dump tar", "tar"),
    ("dump tar", "zstd"),
    ("dump tar", "age"),
    ("dump pgdump", "pg_dump"),
    ("dump pgdump", "zstd"),
    ("dump pgdump", "age"),
]


@pytest.mark.parametrize(("step", "child"), STREAMS)
def test_each_child_in_the_middle_of_its_stream(
    lab: Lab, cluster: Cluster, database: str, step: str, child: str
) -> None:
    name = {"dump sqlite": "Pegawai", "dump tar": "Situs", "dump pgdump": "Simpeg"}[step]
    # Far more than all pipes hold, so that the child is still at it.
    add(lab, cluster, database, name, 16_000_000)
    gate = Gate(lab)
    done = lab.run(night=1, fault={"when": {"moved": 1 << 20, "named": step}, "do": ["child", child]})
    assert done.fired
    attempt = gate.stopped(done, name, "SIGKILL")
    assert attempt["outcome"] == "failed"
    assert child in attempt["error"]["message"]
    gate.healed(night=1)


def test_the_session_that_holds_the_snapshot_killed(lab: Lab, cluster: Cluster, database: str) -> None:
    add(lab, cluster, database, "Simpeg", 0)
    gate = Gate(lab)
    done = lab.run(night=1, fault={"when": {"named": "dump pgdump"}, "do": ["child", "psql"]})
    assert done.fired
    attempt = gate.stopped(done, "Simpeg", "simpeg", "snapshot")
    assert attempt["outcome"] == "failed"
    gate.healed(night=1)


def test_the_warden_killed(lab: Lab) -> None:
    """Without it a later kill could leave something running: the run ends instead, in words."""
    lab.sqlite(rows=3000)
    lab.good(night=1)
    gate = Gate(lab)
    done = lab.run(night=2, fault={"when": {"named": "prepare"}, "do": ["child", "python3"]})
    attempt = gate.stopped(done, "Pegawai", "clean-up process")
    assert attempt["error"]["code"] == "tool.warden"
    gate.healed(night=2)


def test_an_opened_artifact_whose_reader_is_killed(lab: Lab) -> None:
    lab.sqlite(proof="open")
    gate = Gate(lab)
    seen = []
    for number in itertools.count(1):
        done = lab.run("--again", night=1, fault={"when": {"child": number}, "do": ["child"]})
        if not done.fired:
            break
        seen.append(done.fired)
        gate.clean(done)
        attempt = lab.attempts("Pegawai")[0]
        assert done.status == (0 if attempt["outcome"] == "success" else 1)
        assert done.status == 0 or killed(attempt["error"]["message"])
    assert seen.count("age") >= 3 and "age-keygen" in seen, seen
    assert done.status == 0
    place = max(lab.store.glob("*/*"), key=lambda path: path.stat().st_mtime)
    manifest = json.loads((place / f"{place.name}.manifest.json").read_text(encoding="utf-8"))
    assert manifest["protection"]["proof"] == "open"
    assert CLEAR not in json.dumps(manifest)
