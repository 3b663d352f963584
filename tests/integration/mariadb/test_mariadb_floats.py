# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dump programs of MariaDB and MySQL write six digits of a FLOAT: what is lost is told, each night and by name."""

from __future__ import annotations

import typing as t

import pytest
from tests.contract.engine_cases._mariadb import MariadbCase
from tests.contract.engine_cases._mysql import MysqlCase
from tests.contract.engine_driver import parsed, working

from ansible_collections.nusantara.backup.plugins.module_utils._base._findings import WARNING, Finding
from ansible_collections.nusantara.backup.plugins.module_utils._engines._registry import ENGINES

NAME = "pecahan"
EACH = pytest.mark.parametrize(
    "case",
    [
        pytest.param(MariadbCase(), marks=pytest.mark.debian13, id="mariadb"),
        pytest.param(MysqlCase(), marks=pytest.mark.mysql, id="mysql"),
    ],
)


@EACH
def test_a_dump_by_the_stock_program_rounds_floats_and_no_doubles(case: MariadbCase) -> None:
    """Should this fail one day, the servers have changed and the finding can go."""
    dumped = _of(
        case,
        "CREATE TABLE t (f FLOAT, d DOUBLE); INSERT INTO t VALUES (16777215, 16777215)",
        lambda: case.server().stock([case.server().dump, "--skip-comments", NAME], b"").stdout,
    )
    assert b"(16777200,16777215)" in dumped


@EACH
def test_float_columns_are_told_by_name(case: MariadbCase) -> None:
    """Pitfall: warnings that nobody gives; the restored number is another one."""
    script = """
      CREATE TABLE suhu (id INT, nilai FLOAT, tinggi FLOAT(7,2), rinci DOUBLE, dua DOUBLE AS (rinci * 2));
      CREATE TABLE tanpa (id INT, nilai DECIMAL(9,2));
      CREATE VIEW pandang AS SELECT nilai FROM suhu;
    """
    (found,) = _of(case, script, lambda: _findings(case))
    assert (found.level, found.subject) == (WARNING, f"{NAME}.suhu.nilai")
    assert found.params["names"] == f"{NAME}.suhu.nilai, {NAME}.suhu.tinggi"
    assert "DOUBLE" in found.remedy


@EACH
def test_without_float_columns_nothing_is_told(case: MariadbCase) -> None:
    assert _of(case, "CREATE TABLE tanpa (id INT, nilai DOUBLE)", lambda: _findings(case)) == []


def _findings(case: MariadbCase) -> list[Finding]:
    engine = ENGINES[case.name]
    with working() as context:
        probe = engine.probe(parsed(engine, case.server().options(database=NAME)), context)
    return [one for one in probe.findings if one.code == "engine.mariadb.float"]


def _of(case: MariadbCase, script: str, ask: t.Callable[[], t.Any]) -> t.Any:
    server = case.server()
    server.create(NAME)
    try:
        server.sql(NAME, script)
        return ask()
    finally:
        server.drop(NAME)
