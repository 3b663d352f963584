# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The grants table of the documentation, executed as it stands there, is enough; less is said before the dump."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
from tests.support.postgres import Cluster
from tests.support.postgres_content import CONTENT, ROLES
from tests.support.postgres_dump import dump, probe

pytestmark = pytest.mark.debian13
ROLE = "pencadang"
SECRET = "sandi: \\ 'dua' \"tiga\" 四"
PREFIX = "engine.postgresql."


@pytest.fixture
def documented(repository: Path) -> str:
    page = (repository / "docs" / "engines" / "postgresql.md").read_text(encoding="utf-8")
    (found,) = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    return str(found)


@pytest.fixture
def filled(cluster: Cluster, database: str) -> t.Iterator[str]:
    cluster.sql("postgres", ROLES)
    cluster.sql(database, CONTENT)
    yield database
    cluster.sql("postgres", f"REVOKE ALL ON pg_authid FROM {ROLE}")
    cluster.sql(database, f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {ROLE}")
    cluster.drop(database)
    cluster.sql("postgres", f"DROP ROLE {ROLE}")


@pytest.fixture
def options(cluster: Cluster, filled: str, tmp_path: Path) -> dict[str, t.Any]:
    secret = tmp_path / "secret"
    secret.write_text(SECRET + "\n", encoding="utf-8")
    secret.chmod(0o600)
    return cluster.options(database=filled, user=ROLE, password_file=str(secret))


def set_password(cluster: Cluster) -> None:
    cluster.sql("postgres", f"ALTER ROLE {ROLE} PASSWORD '{SECRET.replace(chr(39), chr(39) * 2)}'")


def errors(data: t.Mapping[str, t.Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for finding in probe(data).findings:
        if finding.level == "error":
            found[finding.params.get("what", finding.code)] = finding.message
    return found


def test_documented_role_dumps_all_that_a_superuser_dumps(
    cluster: Cluster, filled: str, documented: str, options: dict[str, t.Any]
) -> None:
    """Pitfall: pg_read_all_data reads neither large objects nor rows under row security."""
    cluster.sql("postgres", documented)
    set_password(cluster)
    made = dump(options, "digests")
    assert made.inventory.exact
    assert {finding.level for finding in made.findings} <= {"info"}
    assert made.objects() == dump(cluster.options(database=filled), "digests").objects()
    assert b"PASSWORD 'SCRAM-SHA-256" in made.parts["globals"][1]


@pytest.mark.parametrize(
    ("left_out", "what", "named"),
    [
        ("pg_read_all_data", "table", "besar"),
        ("pg_read_all_data", "sequence", "public.urut"),
        ("pg_read_all_data", "schema", "Kepegawaian"),
        ("BYPASSRLS", "row security", "public.rahasia"),
        ("lo_compat_privileges", "large object", "3 large object"),
    ],
)
def test_each_grant_that_is_missing_is_named(
    cluster: Cluster, documented: str, options: dict[str, t.Any], left_out: str, what: str, named: str
) -> None:
    lines = [line for line in documented.splitlines() if left_out not in line]
    assert len(lines) == len(documented.splitlines()) - 1
    cluster.sql("postgres", "\n".join(lines))
    set_password(cluster)
    found = errors(options)
    assert named in found[what]
    assert ROLE in found[what]


def test_without_the_roles_passwords_the_globals_say_so(
    cluster: Cluster, documented: str, options: dict[str, t.Any]
) -> None:
    """A role that may read no catalogue of passwords, on a database that has nothing it may not read."""
    cluster.sql("postgres", "\n".join(line for line in documented.splitlines() if "pg_read_all_data" not in line))
    set_password(cluster)
    made = dump({**options, "database": "postgres"})
    assert PREFIX + "role_passwords" in made.codes()
    assert b"CREATE ROLE" in made.parts["globals"][1]
    assert b"SCRAM" not in made.parts["globals"][1]
    cluster.sql("postgres", f"GRANT SELECT ON pg_catalog.pg_authid TO {ROLE}")
    made = dump({**options, "database": "postgres"})
    assert PREFIX + "role_passwords" not in made.codes()
    assert b"SCRAM" in made.parts["globals"][1]


def test_database_that_may_not_be_entered_is_named(
    cluster: Cluster, filled: str, documented: str, options: dict[str, t.Any]
) -> None:
    cluster.sql("postgres", documented + f"REVOKE CONNECT ON DATABASE {filled} FROM PUBLIC;")
    set_password(cluster)
    assert filled in errors(options)[PREFIX + "permission"]
    cluster.sql("postgres", f"GRANT CONNECT ON DATABASE {filled} TO {ROLE};")
    assert errors(options) == {}


def test_grant_on_single_large_objects_is_enough(
    cluster: Cluster, filled: str, documented: str, options: dict[str, t.Any]
) -> None:
    cluster.sql("postgres", "\n".join(line for line in documented.splitlines() if "lo_compat" not in line))
    set_password(cluster)
    cluster.sql(
        filled,
        "DO $$ DECLARE one oid; BEGIN FOR one IN SELECT oid FROM pg_largeobject_metadata LOOP"
        f" EXECUTE format('GRANT SELECT ON LARGE OBJECT %s TO {ROLE}', one); END LOOP; END $$",
    )
    assert errors(options) == {}
    assert dump(options, "digests").inventory.exact
