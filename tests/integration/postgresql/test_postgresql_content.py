# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that a database can hold comes back by the stock commands of the recipe."""

from __future__ import annotations

import subprocess
import typing as t

import pytest
from tests.support.postgres import Cluster, running_cluster
from tests.support.postgres_content import CONTENT, LARGE_OBJECTS, ROLES, ROWS
from tests.support.postgres_dump import Made, dump

pytestmark = pytest.mark.debian13
HOSTILE = [
    "it's",
    'say "hi"',
    "a b",
    "x=y",
    "back\\slash",
    "host=/tmp port=1",
    "-rf",
    "Ünï 数",
    " ends ",
    "postgresql://x",
]


@pytest.fixture
def filled(cluster: Cluster, database: str) -> str:
    cluster.sql("postgres", ROLES)
    cluster.sql(database, CONTENT)
    return database


@pytest.fixture
def target(cluster: Cluster) -> t.Iterator[str]:
    cluster.create("tujuan")
    yield "tujuan"
    cluster.drop("tujuan")


def restore(cluster: Cluster, made: Made, part: str, target: str) -> None:
    stream, data = made.parts[part]
    done = cluster.stock(stream.restore, data, **{"{target}": target})
    assert (done.returncode, done.stderr) == (0, b"")


def without_database(made: Made) -> dict[tuple[str, str], t.Any]:
    return {(kind, name): value for (_database, kind, name), value in made.objects().items()}


def test_round_trip_of_every_kind_of_content(cluster: Cluster, filled: str, target: str) -> None:
    before = dump(cluster.options(database=filled), "digests")
    restore(cluster, before, "", target)
    after = dump(cluster.options(database=target), "digests")
    assert without_database(after) == without_database(before)
    assert before.inventory.exact
    assert before.inventory.why == ""
    assert before.inventory.totals == after.inventory.totals
    tables = [one for one in before.inventory.objects if one.kind == "table"]
    assert all(one.digest for one in tables)
    assert cluster.sql(target, "SELECT count(*) FROM tersimpan") == "3"


def test_inventory_counts_by_kind_and_rows(cluster: Cluster, filled: str) -> None:
    made = dump(cluster.options(database=filled))
    rows = {one.name: one.rows for one in made.inventory.objects if one.kind == "table"}
    assert rows == ROWS
    totals = made.inventory.totals
    assert totals["rows"] == sum(ROWS.values())
    expected = {
        "partitioned_table": 1,
        "view": 1,
        "materialized_view": 1,
        "sequence": 2,
        "trigger": 1,
        "function": 1,
        "procedure": 1,
        "policy": 1,
        "extension": 2,
        "type": 3,
        "large_object": LARGE_OBJECTS,
        "schema": 2,
    }
    assert {kind: totals[kind] for kind in expected} == expected


def test_inventory_of_objects_counts_nothing(cluster: Cluster, filled: str) -> None:
    made = dump(cluster.options(database=filled), "objects")
    assert all(one.rows is None or one.kind == "large_objects" for one in made.inventory.objects)
    assert "rows" not in made.inventory.totals
    assert made.inventory.exact


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE besar SET isi = isi || 'x' WHERE id = 77",
        "DELETE FROM besar WHERE id = 5; INSERT INTO besar VALUES (5, 'lain')",
        "UPDATE semua SET pecahan = 0.10000000000000002 WHERE pecahan = 0.1",
        "SELECT lo_put((SELECT min(oid) FROM pg_largeobject_metadata), 5, '\\x99')",
        "SELECT nextval('urut')",
    ],
)
def test_digests_tell_one_changed_value(cluster: Cluster, filled: str, change: str) -> None:
    before = dump(cluster.options(database=filled), "digests").objects()
    cluster.sql(filled, change)
    after = dump(cluster.options(database=filled), "digests").objects()
    assert len([key for key in before if before[key] != after[key]]) == 1


def test_digests_do_not_depend_on_order(cluster: Cluster, filled: str) -> None:
    before = dump(cluster.options(database=filled), "digests").objects()
    cluster.sql(
        filled,
        "CREATE TABLE salin AS TABLE besar; TRUNCATE besar;"
        "INSERT INTO besar SELECT * FROM salin ORDER BY id DESC; DROP TABLE salin",
    )
    assert dump(cluster.options(database=filled), "digests").objects() == before


def test_inventory_and_dump_are_of_one_moment(cluster: Cluster, database: str, target: str) -> None:
    """Rows that come while the dump runs are in neither."""
    cluster.sql(database, "CREATE TABLE t AS SELECT g AS a, repeat('x', 1000) FROM generate_series(1, 3000) g")
    made = dump(
        cluster.options(database=database, globals=False),
        "digests",
        lambda _stream, _child: cluster.sql(database, "INSERT INTO t SELECT * FROM t; CREATE TABLE u (a int)") and None,
    )
    restore(cluster, made, "", target)
    assert cluster.sql(target, "SELECT count(*) FROM t") == "3000"
    assert made.inventory.totals["rows"] == 3000
    assert made.inventory.totals["table"] == 1
    again = dump(cluster.options(database=target), "digests")
    assert without_database(again) == without_database(made)


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_round_trip_of_hostile_database_names(cluster: Cluster, target: str, name: str) -> None:
    cluster.create(name)
    try:
        cluster.sql(name, "CREATE TABLE t AS SELECT 42 AS a")
        made = dump(cluster.options(database=name))
        restore(cluster, made, "", target)
        assert cluster.sql(target, "SELECT a FROM t") == "42"
        assert {one.database for one in made.inventory.objects} == {name}
    finally:
        cluster.drop(name)


def test_all_databases_less_the_excluded_each_as_a_part(cluster: Cluster, target: str) -> None:
    """P13, K1: a database that was made today is dumped tonight."""
    names = ["Semua A", "semua_b", "semua_uji"]
    try:
        for name in names:
            cluster.create(name)
            cluster.sql(name, f"CREATE TABLE t AS SELECT '{name}'::text AS a")
        options = cluster.options(databases="all", exclude=["semua_uji", "tidak_ada", target])
        made = dump(options)
        assert "postgres" in made.probe.selected
        assert "semua_uji" not in made.probe.selected
        assert made.probe.excluded == ("semua_uji", "tidak_ada", target)
        assert "semua_b" in made.parts
        assert "globals" in made.parts
        assert {"engine.postgresql.moments", "engine.postgresql.exclude"} <= made.codes()
        part = next(part for part, (stream, _data) in made.parts.items() if stream.database == "Semua A")
        restore(cluster, made, part, target)
        assert cluster.sql(target, "SELECT a FROM t") == "Semua A"
    finally:
        for name in names:
            cluster.drop(name)


def test_globals_restore_into_a_cluster_of_another_superuser(cluster: Cluster, filled: str) -> None:
    cluster.sql("postgres", "CREATE ROLE \"kata'sandi\" LOGIN PASSWORD 'rahasia'")
    try:
        made = dump(cluster.options(database=filled))
        stream, data = made.parts["globals"]
        with running_cluster(superuser="pemulih") as other:
            done = other.stock(stream.restore, data)
            assert (done.returncode, done.stderr) == (0, b"")
            script = "SELECT rolpassword FROM pg_authid WHERE rolname = 'kata''sandi'"
            assert other.sql("postgres", script) == cluster.sql("postgres", script)
    finally:
        cluster.sql("postgres", 'DROP ROLE "kata\'sandi"')


def test_archive_lists_in_pg_restore_what_the_check_saw(cluster: Cluster, filled: str) -> None:
    stream, data = dump(cluster.options(database=filled)).parts[""]
    check: t.Any = stream.end_check
    done = subprocess.run(
        [cluster.binaries / "pg_restore", "--list"], input=data, capture_output=True, check=True, timeout=60
    )
    listed = [line.split(b";", 1) for line in done.stdout.splitlines() if b";" in line and not line.startswith(b";")]
    numbers = {int(number): words for number, words in listed if b" TABLE DATA " in words or b" BLOBS " in words}
    assert {entry.number for entry in check.contents.entries} == set(numbers)
