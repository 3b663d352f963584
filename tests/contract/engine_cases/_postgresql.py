# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""PostgreSQL in the contract suite: a real server, dumped by a role that may only read."""

from __future__ import annotations

import contextlib
import pathlib
import typing as t

from tests.support.postgres import Cluster, shared_cluster
from tests.support.postgres_content import CONTENT
from tests.support.postgres_content import ROLES as CONTENT_ROLES
from tests.support.postgres_types import OBJECTS, TYPES

from ._case import Copy, Dumped, EngineCase, Source
from ._support import HOSTILE_NAMES

ROLE = "pembaca"
ROLES = f"""
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN CREATE ROLE {ROLE} LOGIN PASSWORD 'baca'; END IF;
END $$;
GRANT pg_read_all_data TO {ROLE};
ALTER ROLE {ROLE} BYPASSRLS;
ALTER ROLE {ROLE} SET lo_compat_privileges = on;
ALTER ROLE {ROLE} SET default_transaction_read_only = on;
"""
ROWS = 500
SCHEMA = f"""
CREATE TABLE pegawai (nip text PRIMARY KEY, nama text NOT NULL, gaji numeric, foto bytea);
INSERT INTO pegawai SELECT g, 'Nama ke-' || g, g / 3.0, decode(repeat(md5(g::text), 20), 'hex')
  FROM generate_series(1, {ROWS}) AS g;
CREATE TABLE "odd ""name"";--" (a int, b text);
INSERT INTO "odd ""name"";--" VALUES (NULL, ''), (1, E'\\n\\t\\\\');
CREATE VIEW ringkas AS SELECT count(*) FROM pegawai;
CREATE INDEX pegawai_nama ON pegawai (nama);
"""
TARGET = "kontrak_tujuan"


class PostgresSource(Source):
    totals: t.Mapping[str, int] = {"table": 2, "view": 1, "index": 2, "rows": ROWS + 2}

    def __init__(self, cluster: Cluster, name: str, secret: pathlib.Path, schema: str = SCHEMA) -> None:
        self._cluster = cluster
        self._name = name
        self._login = {"user": ROLE, "password_file": str(secret)}
        self.options = cluster.options(database=name, **self._login)
        cluster.sql(name, schema)

    def content(self) -> str:
        return self._dump(self._name)

    @contextlib.contextmanager
    def restored(self, dumped: t.Sequence[Dumped], directory: pathlib.Path) -> t.Iterator[Copy]:
        database, roles = dumped
        assert b"CREATE ROLE pembaca" in roles.file.read_bytes()
        assert list(directory.iterdir()) == []
        self._cluster.create(TARGET)
        try:
            words = database.stream.restore
            done = self._cluster.stock(words, database.file.read_bytes(), **{"{target}": TARGET})
            assert (done.returncode, done.stderr) == (0, b"")
            yield Copy(self._dump(TARGET), self._cluster.options(database=TARGET, **self._login))
        finally:
            self._cluster.drop(TARGET)

    def fingerprint(self) -> t.Any:
        roles = self._cluster.sql("postgres", "SELECT rolname, rolpassword FROM pg_authid ORDER BY 1")
        return self.content(), roles

    def read_only(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def _dump(self, database: str) -> str:
        done = self._cluster.stock(
            ["pg_dump", "--dbname={target}"], b"", **{"{target}": self._cluster.conninfo(database)}
        )
        assert (done.returncode, done.stderr) == (0, b"")
        # A new pair of tokens stands in each text.
        lines = done.stdout.decode().splitlines()
        return "\n".join(line for line in lines if not line.startswith(("\\restrict ", "\\unrestrict ")))


@contextlib.contextmanager
def _made(directory: pathlib.Path, name: str, schema: str) -> t.Iterator[PostgresSource]:
    cluster = shared_cluster()
    cluster.sql("postgres", ROLES)
    secret = directory / "secret"
    secret.write_text("baca\n", encoding="utf-8")
    secret.chmod(0o600)
    cluster.create(name)
    try:
        yield PostgresSource(cluster, name, secret, schema)
    finally:
        cluster.drop(name)


class PostgresCase(EngineCase):
    name = "postgresql"
    versions: t.Mapping[str, str] = {"Debian 12": "15", "Debian 13": "17"}
    hostile_names = HOSTILE_NAMES
    bad_options = (
        ({"database": "a", "colour": "red"}, "source"),
        ({}, "source.database"),
        ({"database": ""}, "source.database"),
        ({"database": "a", "databases": "all"}, "source.database"),
        ({"database": "a\nb"}, "source.database"),
        ({"database": 5}, "source.database"),
        ({"database": "x" * 300}, "source.database"),
        ({"databases": "some"}, "source.databases"),
        ({"databases": []}, "source.databases"),
        ({"databases": ["a", "a"]}, "source.databases"),
        ({"databases": ["a", 5]}, "source.databases[1]"),
        ({"database": "a", "exclude": ["b"]}, "source.exclude"),
        ({"database": "a", "password": "rahasia"}, "source.password"),
        ({"database": "a", "password_file": "relative"}, "source.password_file"),
        ({"database": "a", "host": "a b"}, "source.host"),
        ({"database": "a", "host": "/run/../x"}, "source.host"),
        ({"database": "a", "host": "a,b"}, "source.host"),
        ({"database": "a", "port": 0}, "source.port"),
        ({"database": "a", "port": "5432"}, "source.port"),
        ({"database": "a", "user": " a"}, "source.user"),
        ({"database": "a", "sslmode": "strict"}, "source.sslmode"),
        ({"database": "a", "sslmode": "verify-full"}, "source.sslmode"),
        ({"database": "a", "host": "h", "sslcert": "/a"}, "source.sslkey"),
        ({"database": "a", "host": "h", "sslkey": "/a"}, "source.sslcert"),
        ({"database": "a", "sslrootcert": "ca.crt"}, "source.sslrootcert"),
        ({"database": "a", "connect_seconds": 1}, "source.connect_seconds"),
        ({"database": "a", "lock_seconds": 0}, "source.lock_seconds"),
        ({"database": "a", "globals": "yes"}, "source.globals"),
        ({"database": "a", "bin_dir": "bin"}, "source.bin_dir"),
    )

    @contextlib.contextmanager
    def source(self, directory: pathlib.Path, name: str = "plain") -> t.Iterator[Source]:
        with _made(directory, name, SCHEMA) as source:
            yield source

    @contextlib.contextmanager
    def full_source(self, directory: pathlib.Path) -> t.Iterator[Source]:
        shared_cluster().sql("postgres", CONTENT_ROLES)
        with _made(directory, "penuh", CONTENT + TYPES + OBJECTS) as source:
            yield source

    def missing(self, directory: pathlib.Path) -> t.Mapping[str, t.Any]:
        return shared_cluster().options(database=f"nowhere in {directory.name}")
