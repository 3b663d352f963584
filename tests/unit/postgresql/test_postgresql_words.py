# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pitfall: warnings on stderr with exit 0. What the clients say is told apart by cause, and never lost."""

from __future__ import annotations

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._engines._postgresql._words import failure, warnings

CIRCULAR = (
    "pg_dump: warning: there are circular foreign-key constraints on this table:\n"
    "pg_dump: detail: pegawai\n"
    "pg_dump: hint: You might not be able to restore the dump without using --disable-triggers"
    " or temporarily dropping the constraints.\n"
    "pg_dump: hint: Consider using a full dump instead of a --data-only dump to avoid this problem.\n"
)
HEAD = 'connection to server on socket "/run/x/.s.PGSQL.5432" failed: '


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (HEAD + 'FATAL:  password authentication failed for user "a"', "auth"),
        (HEAD + "fe_sendauth: no password supplied", "auth"),
        (HEAD + 'FATAL:  no pg_hba.conf entry for host "1.2.3.4", user "a", database "b", no encryption', "auth"),
        (HEAD + 'FATAL:  role "a" does not exist', "auth"),
        (HEAD + 'FATAL:  database "a" does not exist', "unknown_database"),
        (HEAD + "No such file or directory\n\tIs the server running locally?", "connect"),
        (HEAD + "Connection refused\n\tIs the server running on that host?", "connect"),
        (HEAD + "FATAL:  the database system is starting up", "connect"),
        ('could not translate host name "nowhere.example.org" to address: Name or service not known', "connect"),
        (HEAD + "SSL error: certificate verify failed", "tls"),
        (HEAD + 'server certificate for "localhost" does not match host name "127.0.0.1"', "tls"),
        ("pg_dump: error: query failed: server closed the connection unexpectedly", "server_died"),
        ("pg_dump: error: query failed: ERROR:  permission denied for table gaji", "permission"),
        ('ERROR:  query would be affected by row-level security policy for table "rahasia"', "row_security"),
        ("pg_dump: error: aborting because of server version mismatch", "version"),
        ("pg_dump: error: query failed: ERROR:  canceling statement due to lock timeout", "lock"),
    ],
)
def test_causes_are_told_apart(said: str, code: str) -> None:
    problem = failure("Dumping database 'simpeg' on db1:5432", said, "pg_dump ended with status 1")
    assert problem.code == f"engine.postgresql.{code}"
    assert "'simpeg' on db1:5432" in problem.what
    assert problem.remedy
    assert problem.detail == said


def test_unknown_words_are_a_failure_all_the_same() -> None:
    problem = failure("Dumping", "", "pg_dump was killed by SIGKILL")
    assert problem.code == "engine.postgresql"
    assert "SIGKILL" in problem.what
    assert problem.remedy


def test_circular_foreign_keys_are_known_and_harmless() -> None:
    (found,) = warnings("simpeg", CIRCULAR)
    assert (found.code, found.level) == ("engine.postgresql.circular", "info")
    assert "pegawai" in found.message


def test_what_is_not_known_is_a_warning_with_all_its_words() -> None:
    one, other = warnings("simpeg", CIRCULAR + "pg_dump: warning: subscriptions not dumped\nsomething else\n")[1:]
    assert one.level == other.level == "warning"
    assert "subscriptions not dumped" in one.message
    assert other.message.endswith("something else")
    assert warnings("simpeg", "\n \n") == []
