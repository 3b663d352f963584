# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pitfall: warnings on stderr with exit 0. What the clients say is told apart by number, and never lost."""

from __future__ import annotations

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._engines._mariadb._words import failure, warnings

TABLE = "when dumping table `gaji` at row: 7"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("ERROR 1045 (28000): Access denied for user 'a'@'localhost' (using password: YES)", "auth"),
        ('mariadb-dump: Got error: 1045: "Zugriff verweigert" when trying to connect', "auth"),
        ("ERROR 1698 (28000): Access denied for user 'root'@'localhost'", "auth"),
        ("ERROR 2059 (HY000): Authentication plugin 'x' cannot be loaded", "auth"),
        ("ERROR 1049 (42000): Unknown database 'a'", "unknown_database"),
        ("ERROR 2002 (HY000): Can't connect to local server through socket '/x' (2)", "connect"),
        ("ERROR 2003 (HY000): Can't connect to MySQL server on 'h:3306' (111)", "connect"),
        ("ERROR 2005 (HY000): Unknown server host 'none.example.org' (-2)", "connect"),
        ("ERROR 1040 (HY000): Too many connections", "connect"),
        ("ERROR 2026 (HY000): TLS/SSL error: self-signed certificate in certificate chain", "tls"),
        (f"mariadb-dump: Error 2026: TLS/SSL error: unexpected eof while reading {TABLE}", "server_died"),
        (f"mariadb-dump: Error 2013: Lost connection to server during query {TABLE}", "server_died"),
        ("mysqldump: Couldn't execute 'SHOW FIELDS FROM `t`': MySQL server has gone away (2006)", "server_died"),
        (
            "mariadb-dump: Couldn't execute 'show events': Access denied for user 'a'@'b' to database 'c' (1044)",
            "permission",
        ),
        ("ERROR 1142 (42000) at line 1: SELECT command denied to user 'a'@'b' for table `c`.`d`", "permission"),
        (f"mariadb-dump: Error 1412: Table definition has changed, please retry transaction {TABLE}", "changed"),
        ("mariadb-dump: Couldn't execute 'SHOW CREATE TABLE `t`': Table 'a.t' doesn't exist (1146)", "changed"),
        ("mysqldump: Error in field count for table: `t` !  Aborting.", "changed"),
        (f"mariadb-dump: Error 1205: Lock wait timeout exceeded; try restarting transaction {TABLE}", "lock"),
        (f"mysqldump: Error 1194: Table 'gaji' is marked as crashed and should be repaired {TABLE}", "damaged"),
        ("mysqldump: Couldn't execute 'show create table `rusak`': Incorrect file format 'rusak' (130)", "damaged"),
        (f"mysqldump: Error 2020: Got packet bigger than 'max_allowed_packet' bytes {TABLE}", "packet"),
        ("mysqldump: Couldn't execute 'SHOW FIELDS FROM `v`': View 'a.v' references invalid … (1356)", "broken_view"),
    ],
)
def test_causes_are_told_apart(said: str, code: str) -> None:
    problem = failure("Dumping 'simpeg' on db1:3306", said, "mariadb-dump ended with status 2")
    assert problem.code == f"engine.mariadb.{code}"
    assert "'simpeg' on db1:3306" in problem.what
    assert problem.remedy
    assert problem.detail == said


def test_unknown_words_are_a_failure_all_the_same() -> None:
    problem = failure("Dumping", "", "mariadb-dump was killed by SIGKILL")
    assert problem.code == "engine.mariadb"
    assert "SIGKILL" in problem.what
    assert problem.remedy


def test_statement_that_failed_does_not_hide_why() -> None:
    said = "--------------\nBACKUP STAGE BLOCK_DDL\n--------------\n\nERROR 1205 (HY000) at line 9: Lock wait timeout"
    assert failure("x", said).what.endswith("Lock wait timeout")


def test_words_that_always_come_are_harmless_and_all_others_are_warnings() -> None:
    said = (
        "mysqldump: Deprecated program name. It will be removed in a future release, use 'mariadb-dump' instead\n"
        "WARNING: option --ssl-verify-server-cert is disabled, because of an insecure passwordless login.\n"
        "\nsomething else\nand more\n"
    )
    found = warnings("simpeg", said)
    assert [(one.level, one.message.rsplit(": ", 1)[1]) for one in found] == [
        ("warning", "something else"),
        ("warning", "and more"),
    ]
    assert list(warnings("simpeg", "\n \n")) == []
