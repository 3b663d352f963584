# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PostgreSQL server that refuses, is not there, or goes away, seen from a whole run."""

from __future__ import annotations

import collections.abc
import contextlib
import os
import pathlib

import pytest
from tests.support.postgres import SUPERUSER_PASSWORD, Cluster, running_cluster

from .gate import Gate
from .lab import Lab

pytestmark = pytest.mark.debian13


def password(lab: Lab, text: str) -> str:
    path = lab.root / "password"
    path.write_text(text + "\n", encoding="utf-8")
    path.chmod(0o600)
    return str(path)


@pytest.fixture
def over_tcp(lab: Lab, cluster: Cluster, database: str) -> Lab:
    """A source over TCP, with a password, that works; and one without a server, that always does."""
    where = {**cluster.options(database=database), "host": "127.0.0.1"}
    lab.source("Simpeg", engine="postgresql", **where, password_file=password(lab, SUPERUSER_PASSWORD))
    lab.tree()
    return lab


def check(lab: Lab, changes: dict[str, object], *words: str) -> None:
    """With these changes the source fails in words and the other one succeeds; without them all is well."""
    source = lab.options("Simpeg")
    before = dict(source)
    source.update(changes)
    gate = Gate(lab)
    done = lab.run(night=1)
    gate.clean(done)
    assert done.status == 1
    attempt = lab.attempts("Simpeg")[0]
    assert attempt["outcome"] == "failed" and attempt["error"]["remedy"]
    for word in words:
        assert word in done.said, (word, done.said)
    assert lab.attempts("Situs")[0]["outcome"] == "success"
    assert not list(lab.store.glob("Simpeg/*")) and not list(lab.medium.glob("Simpeg/*"))
    source.clear()
    source.update(before)
    gate.healed(night=1)


def test_wrong_password(over_tcp: Lab) -> None:
    wrong = over_tcp.root / "wrong"
    wrong.write_text("salah-sandi-77\n", encoding="ascii")
    wrong.chmod(0o600)
    check(over_tcp, {"password_file": str(wrong)}, "password", "127.0.0.1")
    for path in [*over_tcp.state.rglob("*"), *over_tcp.runs.rglob("*")]:
        assert not path.is_file() or b"salah-sandi-77" not in path.read_bytes()


def test_password_file_that_others_can_read(over_tcp: Lab) -> None:
    loose = over_tcp.root / "loose"
    loose.write_text("x\n", encoding="ascii")
    loose.chmod(0o644)
    check(over_tcp, {"password_file": str(loose)}, str(loose), "0600")


def test_unknown_database(over_tcp: Lab) -> None:
    check(over_tcp, {"database": "tidak_ada"}, "tidak_ada")


def test_missing_grant(over_tcp: Lab, cluster: Cluster) -> None:
    cluster.sql("postgres", "CREATE ROLE tamu LOGIN PASSWORD 'tamu'")
    try:
        mine = over_tcp.root / "tamu"
        mine.write_text("tamu\n", encoding="ascii")
        mine.chmod(0o600)
        check(
            over_tcp,
            {"user": "tamu", "password_file": str(mine)},
            "tamu",
            "public.pegawai",
            "docs/engines/postgresql.md",
        )
    finally:
        cluster.sql("postgres", "DROP ROLE tamu")


def test_server_that_is_down(over_tcp: Lab) -> None:
    # Port 1 is reserved, and nobody listens there.
    check(over_tcp, {"port": 1}, "127.0.0.1:1")


def test_k1_a_database_that_no_source_names(over_tcp: Lab, cluster: Cluster) -> None:
    """Told when only looking, which writes nothing; and by the facts after a run, also of a night without it."""
    over_tcp.options("Simpeg").update(frequency="weekly", day="saturday")
    cluster.create("kepegawaian_baru")
    try:
        looked = over_tcp.run(night=1, command="check")
        assert looked.status == 0, looked.said
        assert "warning: kepegawaian_baru: The database 'kepegawaian_baru' on 127.0.0.1" in looked.said
        assert not over_tcp.state.exists() and not over_tcp.store.exists() and not over_tcp.sets()
        assert not [*over_tcp.temporary.iterdir()], "credentials of the look were left"
        # 3 November 2026 is a Tuesday: the server is asked though none of its sources is due.
        over_tcp.good(night=3)
        assert not over_tcp.attempts("Simpeg")
        found = [entry["database"] for entry in over_tcp.facts()["unplanned"]]
        assert "kepegawaian_baru" in found and "simpeg" not in found
    finally:
        cluster.drop("kepegawaian_baru")
    over_tcp.good(night=4)
    assert "kepegawaian_baru" not in [entry["database"] for entry in over_tcp.facts()["unplanned"]]


def test_k1_no_database_is_reported_that_a_source_names_but_could_not_see(over_tcp: Lab, cluster: Cluster) -> None:
    cluster.create("gaji")
    try:
        missing = str(over_tcp.root / "nowhere")
        over_tcp.source("Gaji")
        like = over_tcp.options("Simpeg")
        over_tcp.options("Gaji").update({**like, "name": "Gaji", "database": "gaji", "password_file": missing})
        looked = over_tcp.run(night=1, command="check")
        assert "password file" in looked.said and "backed up by no source" not in looked.said, looked.said
        done = over_tcp.run(night=1)
        assert done.status == 1 and over_tcp.attempts("Gaji")[0]["outcome"] == "failed"
        assert over_tcp.attempts("Simpeg")[0]["outcome"] == "success"
        assert over_tcp.facts()["unplanned"] == []
    finally:
        cluster.drop("gaji")


@pytest.fixture
def own(lab: Lab) -> collections.abc.Iterator[Cluster]:
    """A server that a test may break."""
    with running_cluster() as server:
        server.create("simpeg")
        server.sql(
            "simpeg",
            "CREATE TABLE pegawai (isi text); INSERT INTO pegawai "
            "SELECT (SELECT string_agg(md5(n::text || k::text), '') FROM generate_series(1, 40) AS k) "
            "FROM generate_series(1, 10000) AS n;",
        )
        lab.source("Simpeg", engine="postgresql", database="simpeg", **server.options())
        yield server


@pytest.mark.parametrize("named", ["dump pgdump", "dump globals"])
def test_server_killed_in_mid_dump(lab: Lab, own: Cluster, named: str) -> None:
    gate = Gate(lab)
    pipe = lab.pipe()
    when = {"moved": 1 << 20, "named": named} if named == "dump pgdump" else {"named": named}
    started = lab.start(night=1, fault={"when": when, "do": ["stay", str(pipe)]})
    with open(pipe, "wb"):
        own.stop("immediate")
    gate.stopped(started.wait(), "Simpeg", str(own.socket))
    own.start()
    gate.healed(night=1)


def test_backends_killed_in_mid_dump(lab: Lab, own: Cluster) -> None:
    gate = Gate(lab)
    pipe = lab.pipe()
    when = {"moved": 1 << 20, "named": "dump pgdump"}
    started = lab.start(night=1, fault={"when": when, "do": ["stay", str(pipe)]})
    with open(pipe, "wb"):
        for pid in own.sql("postgres", "SELECT pid FROM pg_stat_activity WHERE datname = 'simpeg'").split():
            # The server itself ends the others as soon as one of them is killed.
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), 9)
    gate.stopped(started.wait(), "Simpeg", "simpeg")
    own.stop("immediate")
    pathlib.Path(own.data / "postmaster.pid").unlink(missing_ok=True)
    own.start()
    gate.healed(night=1)
