# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What breaks in the middle of a dump of PostgreSQL ends in a clear error, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import typing as t
from pathlib import Path

import pytest
from tests.support.postgres import Cluster, running_cluster, running_standby
from tests.support.postgres_dump import ENGINE, dump, parsed, read, working

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import BackupError, EngineError
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Child
from ansible_collections.nusantara.backup.plugins.module_utils._engines._base import Context, Session, Stream
from ansible_collections.nusantara.backup.plugins.module_utils._engines._postgresql._connection import connect
from ansible_collections.nusantara.backup.plugins.module_utils._engines._postgresql._coordinator import Coordinator

pytestmark = pytest.mark.debian13
OURS = "application_name = 'nusantara.backup' AND backend_type = 'client backend'"


@pytest.fixture
def cluster() -> t.Iterator[Cluster]:
    """A server that may be broken: 30 MB in one table, far more than all pipes hold."""
    with running_cluster() as made:
        made.create("besar")
        made.sql("besar", "CREATE TABLE t AS SELECT g AS id, repeat('x', 3000) AS isi FROM generate_series(1, 10000) g")
        yield made


def wait_until(condition: t.Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < end, "it did not come true in time"
        pause.wait(0.05)


def sessions(cluster: Cluster) -> int:
    return int(cluster.sql("postgres", f"SELECT count(*) FROM pg_stat_activity WHERE {OURS}"))


def broken_by(cluster: Cluster, act: t.Callable[[Stream, Child], None], depth: str = "rows") -> BackupError:
    with pytest.raises(BackupError) as caught:
        dump(cluster.options(database="besar", globals=False), depth, act)
    assert caught.value.remedy
    return caught.value


def test_server_killed_in_mid_dump(cluster: Cluster) -> None:
    problem = broken_by(cluster, lambda _stream, _child: cluster.kill_server())
    assert isinstance(problem, EngineError)
    assert problem.code == "engine.postgresql.server_died"
    assert "besar" in problem.what


def test_backend_of_the_dump_killed(cluster: Cluster) -> None:
    problem = broken_by(cluster, lambda _stream, _child: cluster.kill_backends("query LIKE 'COPY%'"))
    assert problem.code == "engine.postgresql.server_died"


def test_session_ended_by_an_administrator(cluster: Cluster) -> None:
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY%'"
    problem = broken_by(cluster, lambda _stream, _child: cluster.sql("postgres", end) and None)
    assert problem.code == "engine.postgresql.server_died"
    wait_until(lambda: sessions(cluster) == 0)


def test_dumping_program_killed(cluster: Cluster) -> None:
    problem = broken_by(cluster, lambda _stream, child: child.process.send_signal(signal.SIGKILL))
    assert "SIGKILL" in problem.what
    wait_until(lambda: sessions(cluster) == 0)


def test_counting_session_killed(cluster: Cluster) -> None:
    """Without it there is no inventory of this snapshot, so there is no success."""
    cluster.sql("besar", "INSERT INTO t SELECT g, repeat('y', 3000) FROM generate_series(1, 50000) g")
    end = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {OURS} AND query LIKE '%sha256%'"
    problem = broken_by(
        cluster, lambda _stream, _child: wait_until(lambda: "t" in cluster.sql("postgres", end)), "digests"
    )
    assert problem.code == "engine.postgresql.server_died"
    wait_until(lambda: sessions(cluster) == 0)


def test_snapshot_lost_before_the_dump_begins(cluster: Cluster) -> None:
    with opened(cluster) as (session, context):
        streams = iter(session.streams())
        stream = next(streams)
        cluster.sql("postgres", f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {OURS}")
        with pytest.raises(EngineError) as caught:
            read(stream, context, [], None)
    assert "snapshot" in caught.value.what


def test_our_own_process_killed_leaves_no_session(cluster: Cluster, tmp_path: Path, collections: Path) -> None:
    script = (
        "import sys, time\n"
        "from tests.support.postgres_dump import dump\n"
        f"options = {cluster.options(database='besar', globals=False)!r}\n"
        "def stand(stream, child):\n"
        "    print('dumping', flush=True)\n"
        "    sys.stdin.read()\n"
        "dump(options, 'digests', stand)\n"
    )
    root = Path(__file__).parents[2]
    env = {**os.environ, "PYTHONPATH": f"{collections}:{root}", "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, cwd=root) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"dumping\n"
        assert sessions(cluster) >= 2
        process.kill()
    wait_until(lambda: sessions(cluster) == 0)
    wait_until(lambda: list(tmp_path.iterdir()) == [])


def test_stopping_early_cancels_what_the_server_still_does(cluster: Cluster) -> None:
    """The digest of a table runs on the server when the consumer gives up."""
    cluster.sql("besar", "INSERT INTO t SELECT g, repeat('y', 3000) FROM generate_series(1, 50000) g")

    def give_up(_stream: Stream, _child: Child) -> None:
        raise KeyboardInterrupt

    began = time.monotonic()
    with contextlib.suppress(KeyboardInterrupt):
        dump(cluster.options(database="besar", globals=False), "digests", give_up)
    assert time.monotonic() - began < 4
    wait_until(lambda: sessions(cluster) == 0)


@contextlib.contextmanager
def locked(cluster: Cluster) -> t.Iterator[None]:
    """Somebody holds the table for himself."""
    command: list[t.Any] = [cluster.binaries / "psql", "--no-psqlrc", "--quiet", "--tuples-only", "--dbname=besar"]
    command += [f"--host={cluster.socket}", f"--port={cluster.port}", "--username=postgres", "--file=-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdin.write(b"BEGIN; LOCK TABLE t; SELECT 'held';\n")
        holder.stdin.flush()
        assert holder.stdout.readline().strip() == b"held"
        yield
        holder.stdin.close()
        holder.wait(20)


@contextlib.contextmanager
def opened(cluster: Cluster, **more: t.Any) -> t.Iterator[tuple[Session, Context]]:
    """A session by hand, for what must happen between two of its steps."""
    options = parsed(cluster.options(database="besar", globals=False, **more))
    with working() as context, ENGINE.open(options, ENGINE.probe(options, context), context) as session:
        yield session, context


def test_lock_that_is_never_given_ends_preflight_in_words(cluster: Cluster) -> None:
    with locked(cluster), pytest.raises(EngineError) as caught:
        dump(cluster.options(database="besar", globals=False, lock_seconds=1))
    assert caught.value.code == "engine.postgresql.lock"


def test_lock_that_is_never_given_ends_the_dump_in_words(cluster: Cluster) -> None:
    with opened(cluster, lock_seconds=1) as (session, context), locked(cluster):
        streams = iter(session.streams())
        stream = next(streams)
        with pytest.raises(EngineError) as caught:
            read(stream, context, [], None)
    assert caught.value.code == "engine.postgresql.lock"
    wait_until(lambda: sessions(cluster) == 0)


def test_truncate_behind_the_snapshot_makes_the_inventory_not_exact(cluster: Cluster) -> None:
    """TRUNCATE ignores snapshots: what it empties before the lock is counted as empty, and not trusted."""
    cluster.sql("besar", "CREATE TABLE kecil AS SELECT 1 AS a")
    with opened(cluster) as (session, context):
        for stream in session.streams():
            cluster.sql("besar", "TRUNCATE kecil")
            read(stream, context, [], None)
        inventory = session.inventory()
    assert not inventory.exact
    assert "public.kecil" in inventory.why
    rows = {one.name: one.rows for one in inventory.objects if one.kind == "table"}
    assert rows == {"public.kecil": None, "public.t": 10000}


def test_server_that_never_answers_ends_in_words(cluster: Cluster) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        options = cluster.options(database="besar", connect_seconds=2)
        began = time.monotonic()
        with pytest.raises(EngineError) as caught:
            dump({**options, "host": "127.0.0.1", "port": silent.getsockname()[1]})
    assert caught.value.code == "engine.postgresql.connect"
    assert time.monotonic() - began < 15


def test_server_that_stands_still_ends_in_words(cluster: Cluster, tmp_path: Path) -> None:
    with working() as context, connect(parsed(cluster.options(database="besar")), str(tmp_path)) as connection:
        psql = str(cluster.binaries / "psql")
        with Coordinator(psql, connection, "besar", context.children) as coordinator:
            coordinator.prepare(20)
            with pytest.raises(EngineError) as caught:
                coordinator.ask("SELECT pg_sleep(600);\n", 1)
    assert caught.value.code == "engine.postgresql.timeout"
    wait_until(lambda: sessions(cluster) == 0)


def test_standby_is_dumped_and_what_it_lacks_is_told(cluster: Cluster) -> None:
    cluster.sql("besar", "CREATE UNLOGGED TABLE hilang AS SELECT 1 AS a")
    with running_standby(cluster) as standby:
        made = dump(standby.options(database="besar"))
    assert "engine.postgresql.unlogged_standby" in made.codes()
    assert made.inventory.exact
    rows = {one.name: one.rows for one in made.inventory.objects if one.kind == "table"}
    assert rows == {"public.hilang": None, "public.t": 10000}
