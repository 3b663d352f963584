# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Client programs behind a prefix, where no signal arrives: nothing of them is left, however a dump ends."""

from __future__ import annotations

import contextlib
import os
import pathlib
import pwd
import signal
import subprocess
import tempfile
import typing as t

import pytest
from tests.contract import engine_driver as contract_driver
from tests.contract.engine_cases._support import nobody
from tests.support.containers import PostgresContainer, postgres_container
from tests.support.postgres import Cluster
from tests.support.postgres_dump import ENGINE, dump, parsed, working
from tests.support.site import wait_until

from ansible_collections.nusantara.backup.plugins.module_utils._artifact._pipeline import write_artifact
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import BackupError, EngineError
from ansible_collections.nusantara.backup.plugins.module_utils._base._model import Protection
from ansible_collections.nusantara.backup.plugins.module_utils._engines._base import Context
from container_run import PODMAN

from .gate import Gate
from .lab import CLEAR, Lab

Sql = t.Callable[[str, str], str]
CLEARLY = Protection(compression="none", encryption="none")
SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'nusantara.backup%'"
WAITING = f"{SESSIONS} AND wait_event_type = 'Lock'"


@pytest.fixture(scope="module")
def container() -> t.Iterator[PostgresContainer]:
    """A server in a container with one small database."""
    with postgres_container() as running:
        running.sql("postgres", "CREATE DATABASE simpeg")
        running.sql(
            "simpeg",
            f"CREATE TABLE pegawai AS SELECT n AS nip, '{CLEAR} ' || n AS nama FROM generate_series(1, 1000) n",
        )
        yield running


@contextlib.contextmanager
def held(psql: t.Sequence[str], sql: Sql) -> t.Iterator[None]:
    """Inside, somebody else holds the table, and at the end nothing of ours waits for it any more."""
    with subprocess.Popen([*psql, "-Xqt"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdin is not None and holder.stdout is not None
        holder.stdin.write(b"BEGIN; LOCK TABLE pegawai; SELECT 'held';\n")
        holder.stdin.flush()
        assert holder.stdout.readline().strip() == b"held"
        try:
            yield
        finally:
            wait_until(lambda: sql("postgres", SESSIONS) == "0")
            holder.stdin.close()


@contextlib.contextmanager
def held_in(container: PostgresContainer) -> t.Iterator[None]:
    """The same in a container, where no program of ours may be left either."""
    with held([*container.prefix, "psql", "-d", "simpeg"], container.sql):
        yield
    wait_until(lambda: container.programs() == [])


def test_a_dump_comes_out_of_a_container(container: PostgresContainer) -> None:
    made = dump({"database": "simpeg", "prefix": container.prefix}, "digests")
    assert made.inventory.exact and made.inventory.totals["rows"] == 1000
    assert set(made.parts) == {"", "globals"}
    assert container.name in made.probe.server
    assert container.programs() == []


def test_a_run_that_is_killed_leaves_nothing_in_the_container(lab: Lab, container: PostgresContainer) -> None:
    lab.source("Simpeg", engine="postgresql", database="simpeg", prefix=container.prefix)
    gate = Gate(lab)
    pipe = lab.pipe()
    started = lab.start(night=1, fault={"when": {"named": "dump pgdump"}, "do": ["stay", str(pipe)]})
    with open(pipe, "wb") as waiting, held_in(container):
        waiting.close()
        wait_until(lambda: int(container.sql("postgres", WAITING)) > 0)
        started.send(signal.SIGKILL)
        gate.stopped(started.wait(), "Simpeg", killed=True)
    gate.healed(night=1)


def test_a_dump_past_its_time_leaves_nothing_in_the_container(
    tmp_path: pathlib.Path, container: PostgresContainer
) -> None:
    options = parsed({"database": "simpeg", "prefix": container.prefix})

    def late(context: Context) -> None:
        with ENGINE.open(options, ENGINE.probe(options, context), context) as session:
            streams = iter(session.streams())
            stream = next(streams)
            with held_in(container):
                write_artifact(stream, str(tmp_path / "a"), CLEARLY, context.children, limit_seconds=3)

    with working() as context, pytest.raises(EngineError) as caught:
        late(context)
    assert caught.value.code == "engine.time_limit"


def test_programs_of_another_user_are_ended_by_their_server(cluster: Cluster) -> None:
    """Behind sudo they belong to somebody else, and no signal of ours is allowed."""
    cluster.create("terkunci")
    cluster.sql("terkunci", "CREATE TABLE pegawai (a int)")
    where = {**cluster.options(database="terkunci", globals=False), "prefix": ["sudo", "-n", "-u", "postgres"]}
    psql = [str(cluster.binaries / "psql"), f"-h{cluster.socket}", f"-p{cluster.port}", "-Upostgres", "-dterkunci"]

    def late(context: Context, directory: str) -> None:
        options = parsed(where)
        with ENGINE.open(options, ENGINE.probe(options, context), context) as session:
            streams = iter(session.streams())
            stream = next(streams)
            with held(psql, cluster.sql):
                write_artifact(stream, f"{directory}/a", CLEARLY, context.children, limit_seconds=3)

    with tempfile.TemporaryDirectory() as directory, working() as context:
        os.chown(directory, pwd.getpwnam("nobody").pw_uid, -1)
        with nobody(), pytest.raises(EngineError) as caught:
            late(context, directory)
    assert caught.value.code == "engine.time_limit"
    wait_until(lambda: not of_ours())
    cluster.drop("terkunci")


def of_ours() -> list[str]:
    """The clients of this machine that carry the name of a run."""
    search = ["pgrep", "--full", "--list-full", "application_name='nusantara"]
    return subprocess.run(search, capture_output=True, text=True, check=False).stdout.splitlines()


def test_a_look_that_is_given_up_leaves_nothing_in_the_container(container: PostgresContainer) -> None:
    options = parsed({"database": "simpeg", "prefix": container.prefix, "lock_seconds": 2})
    with held_in(container), working() as context, pytest.raises(EngineError) as caught:
        ENGINE.probe(options, context)
    assert caught.value.code == "engine.postgresql.lock"


def test_a_mariadb_dump_comes_out_of_a_container(tmp_path: pathlib.Path, container: PostgresContainer) -> None:
    container.start_mariadb()
    made = container.mariadb(
        "CREATE DATABASE gudang; CREATE TABLE gudang.barang AS SELECT seq AS n FROM mysql.seq_1_to_9;"
    )
    assert made.returncode == 0, made.stderr
    prefix = [*PODMAN, "exec", "-i", container.name, "timeout", "120"]
    with contract_driver.working("digests") as context:
        dumped = contract_driver.dump("mariadb", {"database": "gudang", "prefix": prefix}, tmp_path, context)
    assert dumped.inventory.exact and dumped.inventory.totals["rows"] == 9
    assert container.name in dumped.probe.server
    wait_until(lambda: container.programs("mariadb|mariadb-dump") == [])


@pytest.mark.parametrize(
    ("prefix", "code", "words"),
    [
        ([*PODMAN, "exec", "-i", "nusantara-nowhere"], "engine.prefix", "no such container"),
        (["sudo", "-n", "-u", "nusantara-nowhere"], "engine.prefix", "no such user"),
        (["runuser", "-u", "nusantara-nowhere", "--"], "engine.prefix", "no such user"),
        (["/usr/bin/nusantara-nowhere"], "tool.start", "nusantara-nowhere"),
        (["nusantara-nowhere"], "tool.missing", "nusantara-nowhere"),
        (["false"], "engine.prefix", "'psql' ended with status 1"),
    ],
    ids=["container", "sudo", "runuser", "path", "program", "says nothing"],
)
def test_a_prefix_that_does_not_work_is_told(prefix: list[str], code: str, words: str) -> None:
    with working() as context, pytest.raises(BackupError) as caught:
        ENGINE.probe(parsed({"database": "simpeg", "prefix": prefix}), context)
    assert caught.value.code == code
    assert words in str(caught.value)
    assert caught.value.remedy


def test_a_program_that_is_not_in_the_container_is_told(container: PostgresContainer) -> None:
    with working() as context, pytest.raises(EngineError) as caught:
        ENGINE.probe(parsed({"database": "x", "prefix": container.prefix, "bin_dir": "/opt/none"}), context)
    assert caught.value.code == "engine.prefix_program"
    assert "/opt/none/psql" in caught.value.what
