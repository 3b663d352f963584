# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""MariaDB's client programs behind a prefix, where nothing of our environment and no file of ours is seen."""

from __future__ import annotations

import os
import pathlib
import typing as t

import pytest
from tests.contract.engine_driver import dump, problems_of, working
from tests.support.mariadb import Server, shared_server

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import EngineError
from ansible_collections.nusantara.backup.plugins.module_utils._engines._registry import ENGINES

pytestmark = pytest.mark.debian13
NAME = "di balik; 'prefix'"
# The program env leaves nothing of what it was given.
PREFIX = ["env", "-i", "PATH=/usr/bin:/bin"]


@pytest.fixture
def server() -> t.Iterator[Server]:
    running = shared_server()
    running.create(NAME)
    running.sql(
        NAME, "CREATE TABLE pegawai (nama varchar(40)) ENGINE=InnoDB; INSERT INTO pegawai VALUES ('Sri'), ('Made');"
    )
    yield running
    running.drop(NAME)


def options(server: Server, tmp_path: pathlib.Path, **more: t.Any) -> dict[str, t.Any]:
    login = tmp_path / "login.cnf"
    server.option_file(login)
    return {"database": NAME, "socket": str(server.socket), "prefix": PREFIX, "defaults_file": str(login), **more}


def test_a_dump_comes_from_behind_a_prefix(server: Server, tmp_path: pathlib.Path) -> None:
    with working("digests") as context:
        made = dump("mariadb", options(server, tmp_path), tmp_path, context)
        assert os.listdir(context.work) == []
    assert made.inventory.totals["rows"] == 2
    assert "behind 'env -i" in made.probe.server
    assert all(item.stream.command is None or item.stream.command.argv[:3] == tuple(PREFIX) for item in made.dumped)
    assert b"('Made')" in made.dumped[0].file.read_bytes()


def test_a_prefix_that_does_not_work_is_told(server: Server, tmp_path: pathlib.Path) -> None:
    from_there = options(server, tmp_path, prefix=["runuser", "-u", "nusantara-nowhere", "--"])
    with working() as context, pytest.raises(EngineError) as caught:
        dump("mariadb", from_there, tmp_path, context)
    assert caught.value.code == "engine.prefix"
    assert "no such user" in caught.value.what


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"prefix": ["sudo"], "password_file": "/etc/x"}, "source.password_file"),
        ({"defaults_file": "/etc/x"}, "source.defaults_file"),
        ({"prefix": ["podman", "exec", "db1"]}, "source.prefix"),
        ({"prefix": ["podman", "exec", "-it", "db1"]}, "source.prefix"),
        ({"prefix": ["ssh", "db1"]}, "source.prefix[0]"),
        ({"prefix": ["sh", "-c"]}, "source.prefix[1]"),
    ],
)
@pytest.mark.parametrize("engine", ["mariadb", "mysql", "postgresql"])
def test_what_cannot_stand_with_a_prefix_is_refused(engine: str, more: dict[str, t.Any], path: str) -> None:
    if engine == "postgresql":
        more = {{"defaults_file": "passfile"}.get(key, key): value for key, value in more.items()}
        path = path.replace("defaults_file", "passfile")
    found = problems_of(ENGINES[engine], {"database": "simpeg", **more})
    assert any(problem.startswith(path + ":") for problem in found), found
