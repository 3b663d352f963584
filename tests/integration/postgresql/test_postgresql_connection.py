# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way to the server: sockets, TCP, TLS, passwords, and what is said when one of them is wrong."""

from __future__ import annotations

import os
import stat
import subprocess
import typing as t
from pathlib import Path

import pytest
from tests.support.postgres import SUPERUSER_PASSWORD, Cluster
from tests.support.postgres_dump import ENGINE, dump, parsed, probe, working

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import BackupError
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Child, Children, Command, Result
from ansible_collections.nusantara.backup.plugins.module_utils._engines._base import Stream

pytestmark = pytest.mark.debian13


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text(SUPERUSER_PASSWORD + "\n", encoding="utf-8")
    path.chmod(0o600)
    return path


@pytest.fixture
def tls(cluster: Cluster, secret: Path) -> dict[str, t.Any]:
    return cluster.options(
        database="postgres",
        host="localhost",
        password_file=str(secret),
        sslmode="verify-full",
        sslrootcert=str(cluster.ca),
    )


def problem(options: t.Mapping[str, t.Any]) -> BackupError:
    with pytest.raises(BackupError) as caught:
        probe(options)
    assert caught.value.remedy
    return caught.value


def test_local_socket(cluster: Cluster) -> None:
    made = dump(cluster.options(database="postgres"))
    assert made.probe.server == f"{cluster.socket}:{cluster.port}"
    assert made.probe.version.split(".")[0] == cluster.binaries.parent.name


def test_tcp_with_verified_tls(cluster: Cluster, tls: dict[str, t.Any]) -> None:
    seen: list[str] = []

    def watch(stream: Stream, _child: Child) -> None:
        if stream.kind != "pgdump":
            return
        query = "SELECT count(*), bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
        seen.append(cluster.sql("postgres", query + " WHERE application_name <> 'psql' AND client_addr IS NOT NULL"))

    made = dump(tls, watch=watch)
    assert made.probe.server == f"localhost:{cluster.port}"
    assert [line.split("|")[1] for line in seen] == ["t"]


def test_tls_with_another_authority_is_refused(cluster: Cluster, tls: dict[str, t.Any]) -> None:
    assert problem({**tls, "sslrootcert": str(cluster.other_ca)}).code == "engine.postgresql.tls"


def test_tls_for_another_name_is_refused(tls: dict[str, t.Any]) -> None:
    assert problem({**tls, "host": "127.0.0.1"}).code == "engine.postgresql.tls"
    assert probe({**tls, "host": "127.0.0.1", "sslmode": "verify-ca"}).version


def test_wrong_password(tls: dict[str, t.Any], secret: Path, cluster: Cluster) -> None:
    secret.write_text("salah", encoding="utf-8")
    found = problem(tls)
    assert found.code == "engine.postgresql.auth"
    assert f"localhost:{cluster.port}" in found.what
    assert "salah" not in str(found.as_dict())


def test_no_password(tls: dict[str, t.Any]) -> None:
    """No program ever asks for one."""
    del tls["password_file"]
    assert problem(tls).code == "engine.postgresql.auth"


@pytest.mark.parametrize(("mode", "word"), [(0o640, "others"), (0o604, "others")])
def test_password_file_that_others_can_read_is_refused(
    tls: dict[str, t.Any], secret: Path, mode: int, word: str
) -> None:
    secret.chmod(mode)
    found = problem(tls)
    assert found.code == "engine.postgresql.password_file"
    assert word in found.what


@pytest.mark.parametrize("text", ["", "\n", "a\nb\n", "a\0", "x" * 5000])
def test_password_file_without_one_password_is_refused(tls: dict[str, t.Any], secret: Path, text: str) -> None:
    secret.write_text(text, encoding="utf-8")
    assert problem(tls).code == "engine.postgresql.password_file"


def test_password_file_that_is_missing_or_a_pipe_is_refused(tls: dict[str, t.Any], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in (tmp_path / "pipe", tmp_path / "nowhere", tmp_path):
        assert problem({**tls, "password_file": str(path)}).code == "engine.postgresql.password_file"


def test_server_down(cluster: Cluster, tmp_path: Path) -> None:
    found = problem({**cluster.options(database="postgres"), "host": str(tmp_path)})
    assert found.code == "engine.postgresql.connect"
    assert str(tmp_path) in found.what


def test_unknown_database(cluster: Cluster) -> None:
    (found,) = [one for one in probe(cluster.options(database="tidak ada")).findings if one.level == "error"]
    assert found.code == "engine.postgresql.unknown_database"
    assert "tidak ada" in found.message
    assert problem(cluster.options(database="x", maintenance_database="y")).code == "engine.postgresql.unknown_database"


def test_database_that_takes_no_connections(cluster: Cluster) -> None:
    (found,) = [one for one in probe(cluster.options(database="template0")).findings if one.level == "error"]
    assert found.code == "engine.postgresql.closed"


def test_k1_all_databases_tell_those_that_take_no_connections(cluster: Cluster) -> None:
    """What ``all`` cannot take is never left out in silence; an exclude says that it is meant."""
    cluster.create("tertutup")
    try:
        cluster.sql("postgres", "ALTER DATABASE tertutup ALLOW_CONNECTIONS false")
        made = probe(cluster.options(databases="all"))
        (found,) = [one for one in made.findings if one.code == "engine.postgresql.closed"]
        assert (found.level, found.subject) == ("warning", "tertutup")
        assert "tertutup" not in made.selected and "postgres" in made.selected
        quiet = probe(cluster.options(databases="all", exclude=["tertutup"]))
        assert "engine.postgresql.closed" not in [one.code for one in quiet.findings]
    finally:
        cluster.drop("tertutup")


def test_client_older_than_the_server(cluster: Cluster, tmp_path: Path) -> None:
    """GitLab 2017: an older client makes no dump. The old version is played; psql is the real one behind it."""
    for program in ("psql", "pg_dump", "pg_dumpall"):
        path = tmp_path / program
        real = cluster.binaries / program
        path.write_text(
            f'#!/bin/sh\ncase "$1" in --version) echo "{program} (PostgreSQL) 9.6.1";; *) exec {real} "$@";; esac\n',
            encoding="utf-8",
        )
        path.chmod(0o755)
    made = probe({**cluster.options(database="postgres"), "bin_dir": str(tmp_path)})
    (found,) = [one for one in made.findings if one.level == "error"]
    assert found.code == "engine.postgresql.version"
    assert "9.6.1" in found.message
    assert made.version in found.message


def test_bin_dir_without_programs_is_refused(cluster: Cluster, tmp_path: Path) -> None:
    assert problem({**cluster.options(database="postgres"), "bin_dir": str(tmp_path)}).code == "tool.missing"


def test_programs_are_found_without_bin_dir(cluster: Cluster) -> None:
    options = cluster.options(database="postgres")
    del options["bin_dir"]
    assert probe(options).tools["pg_dump"] == str(cluster.binaries / "pg_dump")


def test_programs_say_their_version_once_in_a_run(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = Children.run

    def run(family: Children, command: Command, **more: t.Any) -> Result:
        asked.append(command.name)
        return real(family, command, **more)

    monkeypatch.setattr(Children, "run", run)
    options = parsed(cluster.options(database="postgres"))
    with working() as context:
        first, second = (ENGINE.probe(options, context) for _time in range(2))
    assert first.tools == second.tools
    assert sorted(asked) == ["pg_dump", "pg_dumpall", "psql"]


def test_no_secret_in_any_process_while_a_dump_runs(cluster: Cluster, tls: dict[str, t.Any], database: str) -> None:
    """P15.1; pitfall: password in argv."""
    cluster.sql(database, "CREATE TABLE t AS SELECT repeat('x', 1000) FROM generate_series(1, 5000)")
    looked: list[str] = []

    def watch(stream: Stream, child: Child) -> None:
        assert child.process.poll() is None
        for place in Path("/proc").glob("[0-9]*"):
            for name in ("cmdline", "environ"):
                try:
                    data = (place / name).read_bytes()
                except OSError:
                    continue
                assert SUPERUSER_PASSWORD.encode() not in data
                looked.append(name)
        assert stream.command is not None
        for path in (stream.command.env["PGSERVICEFILE"], stream.command.env["PGPASSFILE"]):
            assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600

    dump({**tls, "database": database, "globals": False}, watch=watch)
    assert {"cmdline", "environ"} <= set(looked)


def test_client_certificate_is_handed_on(tls: dict[str, t.Any], tmp_path: Path) -> None:
    """A key that others can read is refused by libpq itself: so it was read."""
    key = tmp_path / "client.key"
    certificate = tmp_path / "client.crt"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-days", "2"]
    subprocess.run([*make, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    key.chmod(0o644)
    more = {"sslcert": str(certificate), "sslkey": str(key)}
    assert problem({**tls, **more}).code == "engine.postgresql.tls"
