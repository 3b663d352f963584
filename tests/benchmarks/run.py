# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``make bench``: the figures of the collection, each measured side by side with what it is compared to.

``NB_BENCH_MB`` sets the size (1000: one gigabyte, as the figures ask), ``NB_BENCH_ROUNDS`` the rounds (5),
``NB_BENCH_ONLY`` names groups (dump, ansible, mariadb, mysql_db, files, store, memory, small).
``docs/benchmarks.md`` is written only by a run of full size with all groups.
"""

from __future__ import annotations

import os
import sys
import tempfile
import typing as t
from pathlib import Path

from tests.benchmarks import bench_ansible, bench_dump, bench_mariadb, bench_small, bench_store, page, workload_mariadb
from tests.benchmarks.measure import Row
from tests.benchmarks.runner import Host
from tests.benchmarks.workload import fill_database, make_tree
from tests.support.mariadb import running_server
from tests.support.postgres import running_cluster

FULL = 1000
ROUNDS = 5
GROUPS = ("dump", "ansible", "mariadb", "mysql_db", "files", "store", "memory", "small")


def main() -> int:
    megabytes = int(os.environ.get("NB_BENCH_MB", FULL))
    rounds = int(os.environ.get("NB_BENCH_ROUNDS", ROUNDS))
    only = os.environ.get("NB_BENCH_ONLY", "").split() or list(GROUPS)
    begun = page.machine()
    rows = []
    with tempfile.TemporaryDirectory(prefix="nusantara-bench-", ignore_cleanup_errors=True) as base:
        for row in _rows(Path(base), megabytes, rounds, only):
            rows.append(row)
            print(f"{row.figure}: {row.measured} ({row.target}): {row.verdict}", flush=True)
    text = page.table(rows)
    print(f"\n{text}")
    if megabytes >= FULL and rounds >= ROUNDS:
        some = () if only == list(GROUPS) else tuple(only)
        page.write(rows, begun, page.machine(), megabytes, rounds, groups=some)
    return 1 if any(row.reached is False for row in rows) else 0


def _rows(base: Path, megabytes: int, rounds: int, only: t.Sequence[str]) -> t.Iterator[Row]:
    keys = bench_dump.recipients()
    if "dump" in only or "ansible" in only:
        host = Host(base / "database", keys)
        with running_cluster() as cluster:
            print(f"Filling a database for a dump of {megabytes} MB", flush=True)
            fill_database(cluster, megabytes)
            if "dump" in only:
                yield from bench_dump.postgresql(cluster, host, keys, rounds)
                yield bench_store.memory_row("Memory of our own process, PostgreSQL", host.peak, f"{megabytes} MB")
            if "ansible" in only:
                yield from bench_ansible.playbook(cluster, host, rounds)
    if "mariadb" in only or "mysql_db" in only:
        host = Host(base / "mariadb", keys)
        with running_server(*bench_mariadb.SETTINGS) as server:
            print(f"Filling a MariaDB database for a dump of {megabytes} MB", flush=True)
            workload_mariadb.fill_database(server, megabytes)
            if "mariadb" in only:
                yield from bench_mariadb.mariadb(server, host, keys, rounds)
                yield bench_store.memory_row("Memory of our own process, MariaDB", host.peak, f"{megabytes} MB")
            if "mysql_db" in only:
                yield from bench_mariadb.playbook(server, host, rounds)
    if "files" in only or "store" in only:
        host, tree = Host(base / "files", keys), base / "tree"
        make_tree(tree, megabytes)
        if "files" in only:
            yield from bench_dump.files(tree, host, keys, rounds)
        if "store" in only:
            yield from bench_store.verification(tree, host, rounds)
            yield from bench_store.copies(tree, host, rounds)
            yield bench_store.memory_row(
                "Memory of our own process, copy and verification", host.peak, f"{megabytes} MB"
            )
    if "memory" in only:
        yield from bench_store.memory(base, keys, (megabytes // 10, megabytes, megabytes * 2))
    if "small" in only:
        with running_cluster() as cluster, running_server() as server:
            yield from bench_small.small(base, cluster, server, keys, rounds)


if __name__ == "__main__":
    sys.exit(main())
