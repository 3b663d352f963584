# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the server is reached, what the world can see of it, and how a dump ends when the server does."""

from __future__ import annotations

import os
import threading
import typing as t
from pathlib import Path

import pytest
from tests.support.mariadb import SUPERUSER_PASSWORD, Server, quoted, text_literal
from tests.support.mariadb_dump import dump, parsed, probe, working

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import EngineError
from ansible_collections.nusantara.backup.plugins.module_utils._engines._base import Stream
from ansible_collections.nusantara.backup.plugins.module_utils._engines._registry import ENGINES

LARGE = (
    "CREATE TABLE besar (id INT PRIMARY KEY, isi TEXT);"
    " INSERT INTO besar WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900)"
    " SELECT i, REPEAT('panjang ', 500) FROM n;"
)
PASSWORDS = [
    "sederhana",
    " ruang di tepi ",
    "kutip ' dan \" dan `",
    "# pagar di awal",
    "tengah # pagar",
    "garis \\ miring \\n \\s \\\\",
    "akhir \\",
    "'seluruhnya'",
    '"seluruhnya"',
    "é 四 😀",
    "a;b[c]=d%e$f",
]


def refused(server: Server, data: t.Mapping[str, t.Any]) -> str:
    with pytest.raises(EngineError) as caught:
        probe(server, data)
    assert caught.value.remedy
    return caught.value.code.replace("engine.mariadb.", "")


@pytest.mark.parametrize("password", PASSWORDS)
def test_every_password_reaches_the_server(server: Server, tmp_path: Path, database: str, password: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text(password, encoding="utf-8")
    secret.chmod(0o600)
    server.sql("", f"CREATE USER masuk@localhost IDENTIFIED BY {text_literal(password)}")
    server.sql("", "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON *.* TO masuk@localhost")
    try:
        options = server.options(database=database, user="masuk", password_file=str(secret))
        assert probe(server, options).selected == (database,)
    finally:
        server.sql("", "DROP USER masuk@localhost")


def test_tls_is_verified_by_the_given_authority(server: Server, database: str) -> None:
    assert probe(server, server.tcp_options(database=database)).server == f"localhost:{server.port}"
    required = {**server.tcp_options(database=database, ssl_mode="required")}
    del required["ssl_ca"]
    assert probe(server, required).selected == (database,)
    assert refused(server, server.tcp_options(database=database, ssl_ca=str(server.other_ca))) == "tls"


def test_certificate_must_be_of_the_host_that_was_named(server: Server, database: str) -> None:
    # The same address in a form that no client takes for the local host itself.
    assert refused(server, server.tcp_options(database=database, host="127.1")) == "tls"


def test_server_that_wants_tls_is_not_reached_without(server: Server, database: str) -> None:
    server.sql("", "CREATE USER aman@localhost IDENTIFIED BY 'x' REQUIRE SSL")
    try:
        data = {**server.tcp_options(database=database, user="aman", ssl_mode="disabled")}
        del data["ssl_ca"]
        assert refused(server, data) in {"auth", "tls"}
    finally:
        server.sql("", "DROP USER aman@localhost")


def test_wrong_password_and_silent_server_are_told_apart(server: Server, tmp_path: Path, database: str) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("salah")
    wrong.chmod(0o600)
    assert refused(server, server.options(database=database, password_file=str(wrong))) == "auth"
    assert refused(server, {**server.options(database=database), "socket": str(tmp_path / "none")}) == "connect"
    wrong.chmod(0o644)
    assert refused(server, server.options(database=database, password_file=str(wrong))) == "password_file"


def test_other_family_is_refused_in_words(server: Server, database: str) -> None:
    """Its programs, or its server, would be taken for what they are not."""
    other = ENGINES["mysql" if server.engine == "mariadb" else "mariadb"]
    with working() as context, pytest.raises(EngineError) as caught:
        other.probe(parsed(server, server.options(database=database)), context)
    assert caught.value.code == "engine.mariadb.flavour"


def test_no_secret_is_seen_while_a_dump_runs(server: Server, database: str) -> None:
    """Pitfall: password in argv or in a shell string."""
    server.sql(database, LARGE)
    seen: list[bytes] = []

    def watch(*_unused: object) -> None:
        for process in Path("/proc").iterdir():
            if process.name.isdigit() and process.name != str(os.getpid()):
                for file in ("cmdline", "environ"):
                    try:
                        seen.append((process / file).read_bytes())
                    except OSError:
                        continue

    dump(server, server.options(database=database), watch=watch)
    assert any(b"--single-transaction" in words for words in seen)
    assert not any(SUPERUSER_PASSWORD.encode() in words for words in seen)


def test_option_file_of_the_home_directory_is_not_read(
    server: Server, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".my.cnf").write_text("[client]\nuser=salah\npassword=salah\nhost=none.example.org\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert probe(server, server.options(database=database)).selected == (database,)


def test_server_that_is_killed_in_mid_dump_ends_it_with_words(fragile: Server) -> None:
    fragile.create("rapuh")
    fragile.sql("rapuh", LARGE + LARGE.replace("besar", "kedua"))

    def watch(_stream: Stream, _child: object) -> None:
        fragile.kill_server()

    with pytest.raises(EngineError) as caught:
        dump(fragile, fragile.options(database="rapuh"), watch=watch)
    assert caught.value.code in {"engine.mariadb.server_died", "engine.mariadb.connect"}
    fragile.start()
    made = dump(fragile, fragile.options(database="rapuh"))
    assert made.inventory.exact
    assert set(made.rows()) == {"besar", "kedua"}
    assert threading.active_count() < 20


def test_connection_that_is_killed_in_mid_dump_ends_it_with_words(server: Server, database: str) -> None:
    server.sql(database, LARGE)

    def watch(*_unused: object) -> None:
        server.kill_connections("info LIKE 'SELECT %SQL_NO_CACHE%'")

    with pytest.raises(EngineError) as caught:
        dump(server, server.options(database=database), watch=watch)
    assert caught.value.code == "engine.mariadb.server_died"


@pytest.mark.parametrize("name", ["quote'\"", "back\\slash"])
def test_name_that_the_stock_program_loses_is_refused_only_with_routines(server: Server, name: str) -> None:
    server.create(name)
    try:
        server.sql(name, "CREATE TABLE t (a INT); INSERT INTO t VALUES (1)")
        made = dump(server, server.options(database=name))
        assert (made.inventory.exact, made.rows()) == (True, {"t": 1})
        server.sql(name, "CREATE PROCEDURE diam () SELECT 1")
        with pytest.raises(EngineError) as caught:
            dump(server, server.options(database=name))
        assert caught.value.code == "engine.mariadb.name"
    finally:
        server.drop(name)


def test_broken_view_that_has_the_words_of_a_table_is_refused(server: Server) -> None:
    """`--ignore-table` takes database, dot and name as one word: the table would be left out with the view."""
    try:
        server.sql("", "CREATE DATABASE `uji.titik`; CREATE DATABASE uji")
        server.sql("uji.titik", "CREATE TABLE t (a INT); CREATE VIEW rusak AS SELECT a FROM t; DROP TABLE t")
        server.sql("uji", "CREATE TABLE `titik.rusak` (a INT); INSERT INTO `titik.rusak` VALUES (1), (2)")
        options = server.options(databases=["uji", "uji.titik"], accounts=False)
        with pytest.raises(EngineError) as caught:
            dump(server, options)
        assert caught.value.code == "engine.mariadb.name"
        assert "uji.titik.rusak" in caught.value.what
        assert dump(server, {**options, "separate": True}).rows() == {"titik.rusak": 2}
    finally:
        server.drop("uji")
        server.drop("uji.titik")


@pytest.mark.parametrize(
    "name", ["-rf", "$(id)", "kutip`balik", "titik.koma;", "dengan spasi", "ñandú 四", "a'b\"c\\d"]
)
def test_tables_of_every_name_are_dumped_and_counted(server: Server, database: str, name: str) -> None:
    server.sql(database, f"CREATE TABLE {quoted(name)} (a INT); INSERT INTO {quoted(name)} VALUES (1), (2)")
    made = dump(server, server.options(database=database), "digests")
    assert made.inventory.exact, made.inventory.why
    assert made.rows() == {name: 2}


def test_all_takes_what_is_new_and_leaves_out_what_is_excluded(server: Server, database: str) -> None:
    server.create("uji_kecuali")
    try:
        data = server.options(databases="all", exclude=["uji_kecuali", "uji_tiada"])
        probed = probe(server, data)
        assert database in probed.selected
        assert "uji_kecuali" not in probed.selected
        assert not {"mysql", "sys", "information_schema", "performance_schema"} & set(probed.selected)
        assert [finding.subject for finding in probed.findings if finding.code == "engine.mariadb.exclude"] == [
            "uji_tiada"
        ]
    finally:
        server.drop("uji_kecuali")


def test_broken_views_are_named_and_kept(server: Server, database: str) -> None:
    server.sql(
        database,
        "CREATE TABLE ada (a INT); INSERT INTO ada VALUES (1); CREATE TABLE hilang (b INT);"
        "CREATE VIEW baik AS SELECT a FROM ada; CREATE VIEW rusak AS SELECT b FROM hilang;"
        "CREATE VIEW `rusak juga` AS SELECT b + 1 AS c FROM rusak; DROP TABLE hilang;",
    )
    made = dump(server, server.options(database=database))
    named = {finding.subject for finding in made.findings if finding.code == "engine.mariadb.broken_view"}
    assert named == {f"{database}.rusak", f"{database}.rusak juga"}
    assert b"VIEW `rusak` AS" in made.parts["views"][1]
    assert b"rusak" not in made.parts[""][1]
    assert b"VIEW `baik` AS" in made.parts[""][1]
    assert made.inventory.exact
    assert {one.name for one in made.inventory.objects if one.kind == "view"} == {"baik"}


def test_table_that_the_server_cannot_open_is_an_error_that_names_it(server: Server, database: str) -> None:
    server.sql(database, "CREATE TABLE rusak (a INT) ENGINE=MyISAM; INSERT INTO rusak VALUES (1); FLUSH TABLES")
    (server.data / database / "rusak.MYI").write_bytes(b"")
    if server.engine == "mariadb":
        (found,) = [one for one in probe(server, server.options(database=database)).findings if one.level == "error"]
        assert (found.code, found.subject) == ("engine.mariadb.damaged", f"{database}.rusak")
    with pytest.raises(EngineError) as caught:
        dump(server, server.options(database=database))
    assert caught.value.code == "engine.mariadb.damaged"
    assert "rusak" in caught.value.what


def test_rows_that_lie_elsewhere_are_named(server: Server, database: str) -> None:
    server.sql(
        database,
        "CREATE TABLE bagian (a INT) ENGINE=MyISAM; INSERT INTO bagian VALUES (1);"
        "CREATE TABLE semua (a INT) ENGINE=MERGE UNION=(bagian)",
    )
    made = dump(server, server.options(database=database, non_transactional="lock"))
    (found,) = [one for one in made.findings if one.code == "engine.mariadb.foreign_rows"]
    assert f"{database}.semua" in found.message
    assert made.inventory.exact
    assert made.rows() == {"bagian": 1, "semua": None}


def test_encodings_are_recorded(server: Server, database: str) -> None:
    server.sql(
        database,
        f"ALTER DATABASE {database} CHARACTER SET latin1 COLLATE latin1_bin;"
        "CREATE TABLE t (a TEXT) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
    )
    made = dump(server, server.options(database=database), "objects")
    found = {(one.kind, one.name): one.encoding for one in made.inventory.objects}
    assert found["database", database] == "latin1 latin1_bin"
    assert found["table", "t"] == "utf8mb4_unicode_ci"


def test_accounts_can_be_restored_again_and_again(server: Server, database: str, fragile: Server) -> None:
    server.sql(
        "",
        "CREATE USER 'sa''ri'@'%.example.org' IDENTIFIED BY 'satu' REQUIRE SSL;"
        f"GRANT SELECT ON {database}.* TO 'sa''ri'@'%.example.org' WITH GRANT OPTION",
    )
    try:
        stream, data = dump(server, server.options(database=database)).parts["accounts"]
    finally:
        server.sql("", "DROP USER 'sa''ri'@'%.example.org'")
    for _again in range(2):
        done = fragile.stock(stream.restore, data)
        assert (done.returncode, done.stderr) == (0, b"")
    granted = fragile.sql("", "SHOW GRANTS FOR 'sa''ri'@'%.example.org'")
    assert f"GRANT SELECT ON `{database}`.*" in granted.replace("\\", "")
    fragile.sql("", "ALTER USER 'sa''ri'@'%.example.org' IDENTIFIED BY 'baru'")
    before = fragile.sql("", "SHOW CREATE USER 'sa''ri'@'%.example.org'")
    assert fragile.stock(stream.restore, data).returncode == 0
    assert fragile.sql("", "SHOW CREATE USER 'sa''ri'@'%.example.org'") == before
    assert b"root" not in data.replace(b"root@", b"")
