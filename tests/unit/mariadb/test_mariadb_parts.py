# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The small parts of the engines mariadb and mysql: option file, words of a dump, grants, selection, renames."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._engines._mariadb._connection import (
    option_file,
    quoted,
    server_name,
)
from ansible_collections.nusantara.backup.plugins.module_utils._engines._mariadb._dump_words import dump_words
from ansible_collections.nusantara.backup.plugins.module_utils._engines._mariadb._flavour import MARIADB, MYSQL
from ansible_collections.nusantara.backup.plugins.module_utils._engines._mariadb._grants import Grants
from ansible_collections.nusantara.backup.plugins.module_utils._engines._mariadb._options import Options
from ansible_collections.nusantara.backup.plugins.module_utils._engines._mariadb._select import select
from ansible_collections.nusantara.backup.plugins.module_utils._engines._mariadb._shift import numbers, shifted
from ansible_collections.nusantara.backup.plugins.module_utils._engines._mariadb._talk import name, text


def test_option_file_holds_the_login_and_quotes_it() -> None:
    options = Options(("a",), single=True, host="db.example.org", user="pen#cadang", ssl_mode="verify", ssl_ca="/a b")
    assert option_file(MARIADB, options, "x\"y'z\\ #") == (
        '[client]\nhost="db.example.org"\nport="3306"\nprotocol="TCP"\nuser="pen#cadang"\nssl-ca="/a b"\n'
        'password="x\\"y\\\'z\\\\ #"\nssl\nssl-verify-server-cert=1\n'
    )


def test_option_file_by_socket_names_no_port() -> None:
    text_of_file = option_file(MYSQL, Options(("a",), socket="/run/x.sock", ssl_mode="disabled"), None)
    assert text_of_file == '[client]\nprotocol="SOCKET"\nsocket="/run/x.sock"\nssl-mode=DISABLED\n'


@pytest.mark.parametrize("mode", ["", "disabled", "required", "verify"])
def test_every_mode_of_tls_is_known_to_both(mode: str) -> None:
    assert bool(MARIADB.tls(mode)) == bool(MYSQL.tls(mode)) == bool(mode)


def test_quoting() -> None:
    assert quoted("a\\b") == '"a\\\\b"'
    assert text("a'b\\c") == "'a''b\\\\c'"
    assert name("a`b", "c") == "`a``b`.`c`"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (Options(("a",)), "the local socket"),
        (Options(("a",), socket="/run/x"), "/run/x"),
        (Options(("a",), host="h", port=3307), "h:3307"),
        (Options(("a",), host="::1"), "[::1]:3306"),
    ],
)
def test_server_in_words(options: Options, expected: str) -> None:
    assert server_name(options) == expected


def test_words_of_a_dump_end_with_operands_only() -> None:
    words = dump_words(MARIADB, ["-rf"], [("-rf", "v.w")], whole=False, history=True)
    assert words[-2:] == ("--", "-rf")
    assert "--ignore-table=-rf.v.w" in words
    assert "--dump-history" in words
    assert "--databases" not in words
    assert "--dump-history" not in dump_words(MARIADB, ["a"], [], whole=False, history=False)
    assert [family.knows_history((10, 11)) for family in (MARIADB, MYSQL)] == [True, False]
    assert not MARIADB.knows_history((10, 6))
    whole = dump_words(MYSQL, ["a", "b"], [], whole=True, history=False)
    assert whole[-4:] == ("--databases", "--", "a", "b")
    assert {"--set-gtid-purged=OFF", "--single-transaction", "--routines", "--events", "--triggers"} <= set(whole)


GRANTS = (
    "GRANT SELECT (`a`, `b`), INSERT ON `d`.`kolom` TO `u`@`h`",
    "GRANT SELECT ON `d`.`meja` TO `u`@`h`",
    "GRANT SHOW VIEW, TRIGGER ON `satu\\_dua`.* TO `u`@`h`",
    "GRANT EVENT ON `toko%`.* TO `u`@`h` WITH GRANT OPTION",
    "GRANT ALL PRIVILEGES ON `penuh``nya`.* TO `u`@`h`",
    "GRANT `peran` TO `u`@`h`",
    "GRANT RELOAD, PROCESS ON *.* TO `u`@`h` IDENTIFIED BY PASSWORD '*0D3C'",
    "GRANT PROXY ON ''@'%' TO `u`@`h`",
)


@pytest.mark.parametrize(
    ("database", "privilege", "held"),
    [
        ("satu_dua", "TRIGGER", True),
        ("satuXdua", "TRIGGER", False),
        ("satu_dua", "EVENT", False),
        ("toko_abc", "EVENT", True),
        ("penuh`nya", "EVENT", True),
        ("penuh", "EVENT", False),
        ("d", "SELECT", False),
        ("lain", "RELOAD", True),
    ],
)
def test_grants_are_read_as_the_server_means_them(database: str, privilege: str, held: bool) -> None:
    assert Grants(GRANTS).on_database(database, privilege) is held


def test_grants_on_server_and_table() -> None:
    grants = Grants(GRANTS)
    assert grants.on_server("SUPER", "PROCESS")
    assert not grants.on_server("SELECT")
    assert grants.on_table("d", "meja", "SELECT")
    assert not grants.on_table("d", "kolom", "SELECT")
    assert grants.on_table("d", "kolom", "INSERT")
    assert Grants(["GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION"]).on_server("RELOAD")


def test_what_was_revoked_in_part_is_not_held() -> None:
    grants = Grants(["GRANT SELECT, EVENT ON *.* TO `u`@`h`", "REVOKE SELECT ON `rahasia`.* FROM `u`@`h`"])
    assert grants.on_database("lain", "SELECT")
    assert not grants.on_database("rahasia", "SELECT")
    assert grants.on_database("rahasia", "EVENT")


KNOWN = ("mysql", "sys", "simpeg", "uji", "baris\nbaru")


@pytest.mark.parametrize(
    ("options", "selected", "codes"),
    [
        (Options(("simpeg",), single=True), ("simpeg",), []),
        (Options((), every=True, exclude=("uji", "tiada")), ("simpeg",), ["exclude", "name"]),
        (Options(("simpeg", "tiada")), ("simpeg",), ["unknown_database"]),
        (Options(("mysql",), single=True), (), ["system_database"]),
        (Options(("Simpeg",), single=True), (), ["unknown_database"]),
    ],
)
def test_selection(options: Options, selected: tuple[str, ...], codes: list[str]) -> None:
    found, findings = select(options, KNOWN, "db1")
    assert found == selected
    assert [finding.code.replace("engine.mariadb.", "") for finding in findings] == codes


def test_server_without_databases_is_an_error() -> None:
    found, (finding,) = select(Options((), every=True), ("mysql",), "db1")
    assert (found, finding.level, finding.code) == ((), "error", "engine.mariadb.unknown_database")


def files(*rows: tuple[str, str, str, str]) -> t.Any:
    """Rows as the server answers them: table, file, number, columns; all of database d."""
    return numbers([("number", "d", table, file, number, columns) for table, file, number, columns in rows])


BEFORE = (("a", "d/a", "1", "5"), ("b", "d/b", "2", "5"), ("p", "d/p#P#x", "3", "4"), ("p", "d/p#P#y", "4", "4"))


@pytest.mark.parametrize(
    ("after", "changed"),
    [
        (BEFORE, []),
        (BEFORE[1:], []),
        ((*BEFORE, ("c", "d/c", "9", "5")), []),
        ((("a", "d/a", "9", "5"), *BEFORE[1:]), []),
        ((("a", "d/a", "2", "5"), ("b", "d/b", "1", "5"), *BEFORE[2:]), ["d.a", "d.b"]),
        ((("a", "d/a", "1", "6"), *BEFORE[1:]), ["d.a"]),
        (BEFORE[:3], ["d.p"]),
        ((*BEFORE[:3], ("p", "d/p#P#y", "9", "4")), ["d.p"]),
    ],
    ids=["same", "dropped", "made", "made anew", "swapped", "column", "partition gone", "partition made anew"],
)
def test_renames_and_partitions_are_seen(after: tuple[tuple[str, str, str, str], ...], changed: list[str]) -> None:
    assert shifted(files(*BEFORE), files(*after), ["d"]) == changed
    assert shifted(files(*BEFORE), files(*after), ["other"]) == []
