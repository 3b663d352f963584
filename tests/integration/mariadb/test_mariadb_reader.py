# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the round trips of MariaDB are compared by: every small change must make a difference."""

from __future__ import annotations

import typing as t

import pytest
from tests.support import mariadb_content, mariadb_special
from tests.support.mariadb import Server, quoted, running_server
from tests.support.mariadb_reader import accounts, content

pytestmark = pytest.mark.debian13
NAME = "pembanding `ñ`"
CHANGES = {
    "a row that is gone": "DELETE FROM pegawai WHERE nip = 1999",
    "one of two equal rows": "DELETE FROM tanpa_kunci WHERE a = 1 LIMIT 1",
    "the last bit of a number": "UPDATE bilangan SET bit64 = bit64 ^ 1 WHERE id = 7",
    "a seventh digit of a float": "UPDATE bilangan SET f = 0.10000001 WHERE id > 9223372036854775807",
    "blanks at an end": "UPDATE teks SET v = 'ujung  ' WHERE id = 3",
    "an empty text that was null": "UPDATE teks SET c = '' WHERE id = 4",
    "a member of a set that is none": "SET sql_mode = ''; UPDATE teks SET e = 'tak ada' WHERE id = 3",
    "a microsecond": "UPDATE waktu SET dt6 = '9999-12-31 23:59:59.999998' WHERE id = 2",
    "a byte in the middle of many": "UPDATE biner SET mb = INSERT(mb, 200000, 1, 'y') WHERE id = 2",
    "what an invisible column holds": "UPDATE tersembunyi SET rahasia = 3 WHERE id = 1",
    "the next number of a counter": "ALTER TABLE celah AUTO_INCREMENT = 6000",
    "the next number of a sequence": "SELECT SETVAL(urut, 101)",
    "a comment of a column": "ALTER TABLE kosong MODIFY a INT COMMENT 'x'",
    "an index": "ALTER TABLE kosong ADD INDEX (a)",
    "the bounds of a partition": "ALTER TABLE bagian_daftar ADD PARTITION (PARTITION lain VALUES IN (9))",
    "the row format of a table": "ALTER TABLE kosong ROW_FORMAT = COMPACT",
    "the order of triggers": "DROP TRIGGER t_awal; CREATE TRIGGER t_awal BEFORE INSERT ON tanpa_kunci FOR EACH ROW"
    " FOLLOWS t_sebelum SET @awal = 1",
    "the SQL mode of a function": "SET sql_mode = ''; DROP FUNCTION tambah; CREATE FUNCTION tambah (a INT, `b b` INT)"
    " RETURNS INT DETERMINISTIC NO SQL COMMENT 'it''s' RETURN a + `b b`",
    "whether an event runs": "ALTER EVENT `tiap malam` ENABLE",
    "who a view runs as": "ALTER DEFINER = 'lain'@'localhost' VIEW v_pemilik AS SELECT '😀 ;; ''x''' AS e",
    "history": "DELETE HISTORY FROM sejarah BEFORE SYSTEM_TIME '2023-11-14 22:15:30'",
    "the database's collation": f"ALTER DATABASE {quoted(NAME)} COLLATE utf8mb4_bin",
}
ACCOUNTS = {
    "a password": "SET PASSWORD FOR 'pemilik'@'localhost' = PASSWORD('lain')",
    "a right on one column": "REVOKE UPDATE (nama) ON {database}.pegawai FROM 'ñama `aneh`'@'%'",
    "a role of a role": 'REVOKE `peran "dua"` FROM peran_baca',
    "a default role": "SET DEFAULT ROLE NONE FOR 'pemilik'@'localhost'",
    "a lock": "ALTER USER 'terkunci'@'10.0.0.0/255.0.0.0' ACCOUNT UNLOCK",
    "an account": "DROP USER 'soket'@'localhost'",
}


@pytest.fixture(scope="module")
def server() -> t.Iterator[Server]:
    """Full of content, but for what takes long to read."""
    with running_server() as made:
        made.create(NAME)
        made.sql("", mariadb_content.ACCOUNTS + mariadb_special.ACCOUNTS)
        made.sql(NAME, mariadb_content.CONTENT + mariadb_special.SPECIAL)
        made.sql("", mariadb_content.GRANTS.replace("{database}", quoted(NAME)))
        made.sql(NAME, "DELETE FROM lebar")
        yield made


def test_every_change_of_content_makes_a_difference(server: Server) -> None:
    assert content(server, NAME) == content(server, NAME)
    assert unnoticed(server, CHANGES, lambda: content(server, NAME)) == []


def test_every_change_of_accounts_makes_a_difference(server: Server) -> None:
    assert accounts(server) == accounts(server)
    assert unnoticed(server, ACCOUNTS, lambda: accounts(server)) == []


def unnoticed(server: Server, changes: t.Mapping[str, str], read: t.Callable[[], t.Any]) -> list[str]:
    """The changes, each made on top of those before it, that what was read does not tell."""
    found = []
    before = read()
    for change, script in changes.items():
        server.sql(NAME, script.replace("{database}", quoted(NAME)))
        after = read()
        if after == before:
            found.append(change)
        before = after
    return found
