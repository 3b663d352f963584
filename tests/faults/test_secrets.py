# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret in arguments, environments, files, logs and results; and little memory whatever the size."""

from __future__ import annotations

import json
import os
import pathlib
import re
import secrets
import typing as t

import pytest
from tests.support.mounts import mark
from tests.support.postgres import Cluster

from .gate import Gate, clear_text
from .lab import Lab
from .launcher import descendants

# A part of it that survives quoting, stands nowhere by chance, and belongs to no other test of this machine.
PART = secrets.token_hex(8)
PASSWORD = f"Rahasia: 'n%b' \\ {PART}"
MEBIBYTE = 1 << 20


def seen_of_processes() -> dict[int, bytes]:
    """Arguments and environment of every process of the machine but this one."""
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        if int(name) != os.getpid():
            try:
                parts = [pathlib.Path(f"/proc/{name}/{part}").read_bytes() for part in ("cmdline", "environ")]
            except OSError:
                continue
            found[int(name)] = b"\0".join(parts)
    return found


@pytest.fixture
def secretive(lab: Lab, cluster: Cluster, database: str) -> t.Iterator[Lab]:
    """A PostgreSQL source whose role needs its password."""
    quoted = PASSWORD.replace("'", "''")
    cluster.sql("postgres", f"CREATE ROLE cadangan SUPERUSER LOGIN PASSWORD '{quoted}'")
    path = lab.origin / "password"
    path.write_text(PASSWORD + "\n", encoding="utf-8")
    path.chmod(0o600)
    where = {**cluster.options(database=database), "host": "127.0.0.1", "user": "cadangan"}
    lab.source("Simpeg", engine="postgresql", proof="open", **where, password_file=str(path))
    yield lab
    cluster.sql("postgres", "DROP ROLE cadangan")


@pytest.mark.parametrize(
    "when",
    [{"moved": MEBIBYTE, "named": "dump pgdump"}, {"child": 2, "called": "pg_dumpall"}, {"child": 4, "called": "age"}],
    ids=["during the dump", "during the globals", "while the artifact is opened"],
)
def test_no_secret_is_seen_from_outside(secretive: Lab, when: dict[str, t.Any]) -> None:
    pipe = secretive.pipe()
    started = secretive.start(night=1, fault={"when": when, "do": ["stay", str(pipe)]})
    with open(pipe, "wb"):
        ours = descendants(started.root)
        seen = seen_of_processes()
        stayed = set(ours) & set(descendants(started.root))
        files = {path: path.stat().st_mode & 0o777 for path in (secretive.state / "work").rglob("*") if path.is_file()}
        holders = [path for path in files if PASSWORD.replace("\\", "\\\\").replace(":", "\\:") in path.read_text()]
    done = started.wait()
    assert done.status == 0, done.said
    programs = {line.split()[0].rpartition("/")[2] for line in ours.values() if line}
    expected = {when["called"]} if "called" in when else {"psql", "pg_dump", "zstd", "age"}
    assert expected <= programs, programs
    assert stayed <= set(seen) | {started.root}
    for pid, words in seen.items():
        assert PASSWORD.encode() not in words and PART.encode() not in words, (pid, words[:200])
        assert b"AGE-SECRET-KEY" not in words, (pid, words[:200])
    assert [path.name for path in holders] == ["pgpass"] or when.get("called")
    assert set(files.values()) <= {0o600}
    nowhere(secretive, done.said)


def nowhere(lab: Lab, said: str) -> None:
    """Not in what the run said, nor in its facts, nor in any file but the one that holds it."""
    texts = [said, json.dumps(lab.facts())]
    files = [path for path in lab.root.rglob("*") if path.is_file() and lab.origin not in path.parents]
    texts += [path.read_bytes().decode("latin-1") for path in files]
    for text in texts:
        assert PASSWORD not in text and PART not in text
        assert "AGE-SECRET-KEY" not in text
    assert not clear_text(lab)


def test_a_failing_run_does_not_say_the_password(secretive: Lab, cluster: Cluster) -> None:
    cluster.sql("postgres", "ALTER ROLE cadangan PASSWORD 'another'")
    gate = Gate(secretive)
    done = secretive.run(night=1)
    gate.stopped(done, "Simpeg", "password")
    nowhere(secretive, done.said)


def test_memory_does_not_grow_with_the_size(lab: Lab) -> None:
    """512 MiB through dump, encryption, read-back and a transfer to two disks at once: at most 64 MiB of our own."""
    other = mark(lab.root / "other", "gedung-b")
    lab.config["media"].append({"name": "gedung-b", "kind": "disk", "path": str(other), "building": "B"})
    tree = lab.tree()
    block = os.urandom(MEBIBYTE)
    with open(tree / "large", "wb") as stream:
        stream.writelines(block for _number in range(512))
    lab.options("Situs").update(compression="none", media=["internal", "gedung-b"])
    pipe = lab.pipe()
    started = lab.start(night=1, fault={"when": {"named": "close"}, "do": ["stay", str(pipe)]})
    with open(pipe, "wb"):
        status = pathlib.Path(f"/proc/{started.pid}/status").read_text(encoding="ascii")
    done = started.wait()
    assert done.status == 0, done.said
    assert all(entry["stored_bytes"] >= 512 * MEBIBYTE for entry in lab.attempts("Situs"))
    assert len(lab.attempts("Situs")[0]["copies"]) == 2
    peak = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])
    assert peak <= 64 * 1024, f"{peak} KiB"
