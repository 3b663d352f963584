# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The grants table of the documentation, executed as it stands there, is enough; less is said before the dump."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
from tests.support.mariadb import Server, text_literal
from tests.support.mariadb_dump import dump, probe

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import EngineError

WHO = "pencadang@localhost"
SECRET = "sandi: \\ 'dua' \"tiga\" # empat; 四 "
CONTENT = """
CREATE TABLE pegawai (nip INT PRIMARY KEY, nama VARCHAR(40)); INSERT INTO pegawai VALUES (1, 'Sari'), (2, 'Budi');
CREATE VIEW ringkas AS SELECT nama FROM pegawai;
CREATE TRIGGER tertib BEFORE INSERT ON pegawai FOR EACH ROW SET NEW.nama = TRIM(NEW.nama);
CREATE PROCEDURE diam () SELECT 1;
CREATE FUNCTION satu () RETURNS INT DETERMINISTIC RETURN 1;
CREATE EVENT malam ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' DISABLE DO SELECT 1;
"""


@pytest.fixture
def documented(repository: Path, server: Server) -> t.Iterator[str]:
    """The statements of the page, with a password in place of the plugin of the operating system."""
    page = (repository / "docs" / "engines" / f"{server.engine}.md").read_text(encoding="utf-8")
    (found,) = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    password = f"IDENTIFIED BY {text_literal(SECRET)}"
    statements, count = re.subn(r"IDENTIFIED (?:VIA|WITH) \w+", lambda unused: password, found)
    assert count == 1
    yield statements
    server.sql("", f"DROP USER IF EXISTS {WHO}")


@pytest.fixture
def options(server: Server, database: str, tmp_path: Path) -> dict[str, t.Any]:
    server.sql(database, CONTENT)
    secret = tmp_path / "secret"
    secret.write_text(SECRET + "\n", encoding="utf-8")
    secret.chmod(0o600)
    return server.options(database=database, user="pencadang", password_file=str(secret))


def test_documented_account_dumps_all_that_root_dumps(
    server: Server, database: str, documented: str, options: dict[str, t.Any]
) -> None:
    server.sql("", documented)
    made = dump(server, options, "digests")
    everything = dump(server, server.options(database=database), "digests")
    assert (made.inventory.exact, made.inventory.why) == (True, "")
    assert made.inventory == everything.inventory
    assert made.findings == ()
    assert made.parts[""][1] == everything.parts[""][1]
    kinds = {"table", "view", "trigger", "procedure", "function", "event"}
    assert kinds <= set(made.inventory.totals)


@pytest.mark.parametrize(
    ("left_out", "what"),
    [
        ("SELECT", "tables and views"),
        ("SHOW VIEW", "definitions of views"),
        ("TRIGGER", "triggers"),
        ("EVENT", "events"),
    ],
)
def test_each_grant_that_is_missing_is_named(
    server: Server, database: str, documented: str, options: dict[str, t.Any], left_out: str, what: str
) -> None:
    less = re.sub(rf"\b{left_out}, ", "", documented)
    assert less != documented
    server.sql("", less)
    found = [finding for finding in probe(server, options).findings if finding.level == "error"]
    named = {finding.params.get("privilege", finding.code): finding for finding in found}
    assert what in named[left_out].message
    assert database in named[left_out].message
    assert "pencadang" in named[left_out].message
    with pytest.raises(EngineError) as caught:
        dump(server, options)
    assert caught.value.code == "engine.mariadb.permission"


@pytest.mark.parametrize("left_out", ["RELOAD", "PROCESS"])
def test_without_the_privileges_of_the_lock_the_inventory_is_approximate(
    server: Server, documented: str, options: dict[str, t.Any], left_out: str
) -> None:
    server.sql("", re.sub(rf"(, {left_out}\b|\b{left_out}, )", "", documented))
    made = dump(server, options)
    assert not made.inventory.exact
    assert left_out in made.inventory.why
    (found,) = [finding for finding in made.findings if finding.code == "engine.mariadb.approximate"]
    assert found.level == "warning"
    assert made.rows() == {"pegawai": 2}


def test_grants_on_one_database_are_enough_without_accounts(
    server: Server, database: str, documented: str, options: dict[str, t.Any]
) -> None:
    one = documented.replace("*.*", f"`{database}`.*").replace(", RELOAD, PROCESS", "")
    bodies = "SELECT ON mysql.proc" if server.engine == "mariadb" else "SHOW_ROUTINE ON *.*"
    server.sql("", f"{one}\nGRANT RELOAD, PROCESS ON *.* TO {WHO};")
    privileges = [finding.params.get("privilege", "") for finding in probe(server, options).findings]
    # What is named can be granted on every server, old or new.
    assert bodies.removesuffix(" ON *.*") in {privilege.replace("`", "") for privilege in privileges}
    server.sql("", f"GRANT {bodies} TO {WHO};")
    errors = [finding for finding in probe(server, options).findings if finding.level == "error"]
    assert [finding.subject for finding in errors] == ["mysql"]
    made = dump(server, {**options, "accounts": False})
    assert made.inventory.exact
    assert b"FUNCTION `satu`" in made.parts[""][1]
    everything = {key: value for key, value in options.items() if key != "database"}
    errors = [
        finding
        for finding in probe(server, {**everything, "databases": "all", "accounts": False}).findings
        if finding.level == "error"
    ]
    assert [finding.params["privilege"] for finding in errors] == ["SHOW DATABASES"]


def test_grants_through_a_role_count(server: Server, documented: str, options: dict[str, t.Any]) -> None:
    create, grant = documented.strip().splitlines()
    role = "peran_cadang" if server.engine == "mariadb" else "peran_cadang@localhost"
    default = f"SET DEFAULT ROLE peran_cadang FOR {WHO}" if "@" not in role else f"SET DEFAULT ROLE {role} TO {WHO}"
    server.sql("", f"CREATE ROLE {role}; {create} {grant.replace(WHO, role)} GRANT {role} TO {WHO}; {default};")
    try:
        assert dump(server, options).inventory.exact
    finally:
        server.sql("", f"DROP ROLE {role}")


def test_grant_on_a_single_table_is_not_enough(
    server: Server, database: str, documented: str, options: dict[str, t.Any]
) -> None:
    """What is not granted cannot be seen, and would be missing without a word."""
    server.sql("", documented.replace("SELECT, ", "") + f"GRANT SELECT ON {database}.pegawai TO {WHO};")
    errors = [
        finding.params.get("privilege") for finding in probe(server, options).findings if finding.level == "error"
    ]
    assert "SELECT" in errors
