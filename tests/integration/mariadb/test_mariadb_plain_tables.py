# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables that no transaction protects: MyISAM, Aria, MEMORY, CSV, ARCHIVE, MERGE beside InnoDB."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from tests.contract.engine_cases._mariadb import MariadbCase
from tests.contract.engine_cases._mysql import MysqlCase
from tests.contract.engine_driver import Dump, dump, working
from tests.support.mariadb_content import PLAIN_TABLES
from tests.support.mariadb_reader import content

NAME = "polos"


@pytest.fixture(
    params=[
        pytest.param(MariadbCase(), marks=pytest.mark.debian13, id="mariadb"),
        pytest.param(MysqlCase(), marks=pytest.mark.mysql, id="mysql"),
    ]
)
def case(request: pytest.FixtureRequest) -> t.Iterator[MariadbCase]:
    """A server with a database of such tables."""
    found: MariadbCase = request.param
    found.server().create(NAME)
    found.server().sql(NAME, PLAIN_TABLES + found.special.PLAIN_TABLES)
    yield found
    found.server().drop(NAME)


def _dumped(case: MariadbCase, place: pathlib.Path, how: str) -> Dump:
    options = case.server().options(database=NAME, accounts=False, non_transactional=how)
    with working("digests") as context:
        return dump(case.name, options, place, context)


def test_a_locked_dump_of_plain_tables_is_exact_and_comes_back(case: MariadbCase, tmp_path: pathlib.Path) -> None:
    """Pitfall: MyISAM and other non-transactional tables are not consistent."""
    made = _dumped(case, tmp_path, "lock")
    assert (made.inventory.exact, made.inventory.why) == (True, "")
    assert "engine.mariadb.locked" in {finding.code for finding in made.findings}
    (only,) = made.dumped
    target = case.target()
    target.create(NAME)
    try:
        done = target.stock(only.stream.restore, only.file.read_bytes(), **{"{target}": NAME})
        assert (done.returncode, done.stderr) == (0, b"")
        assert content(target, NAME) == content(case.server(), NAME)
    finally:
        target.drop(NAME)


def test_plain_tables_are_named_where_writers_may_go_on(case: MariadbCase, tmp_path: pathlib.Path) -> None:
    made = _dumped(case, tmp_path, "mark")
    assert not made.inventory.exact
    (told,) = [finding for finding in made.findings if finding.code == "engine.mariadb.non_transactional"]
    for table in ("t_myisam", "t_memory", "t_csv"):
        assert f"{NAME}.{table}" in told.message
    assert "t_innodb" not in told.message
