# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""MariaDB in the contract suite: a real server, dumped by an account that may only read, restored on another one."""

from __future__ import annotations

import contextlib
import pathlib
import typing as t

from tests.support import mariadb_content, mariadb_special
from tests.support.mariadb import Server, quoted, running_server, shared, text_literal
from tests.support.mariadb_reader import accounts, content

from ._case import Copy, Dumped, EngineCase, Source
from ._support import HOSTILE_NAMES

READER = "pembaca"
PASSWORD = "baca 'ini' \"ya\" \\ #"
ROWS = 500
SCHEMA = f"""
SET sql_mode = '';
CREATE TABLE pegawai (nip VARCHAR(20) PRIMARY KEY, nama VARCHAR(80) NOT NULL, gaji DECIMAL(12, 2), foto BLOB,
  KEY nama (nama));
INSERT INTO pegawai WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})
  SELECT i, CONCAT('Nama ke-', i), i / 3.0, REPEAT(UNHEX(LPAD(HEX(i), 8, '0')), 60) FROM n;
CREATE TABLE `odd ``name``;--` (a INT, b TEXT);
INSERT INTO `odd ``name``;--` VALUES (NULL, ''), (1, '\\n\\t\\\\');
CREATE VIEW ringkas AS SELECT COUNT(*) AS banyak FROM pegawai;
CREATE TRIGGER tertib BEFORE INSERT ON pegawai FOR EACH ROW SET NEW.nama = TRIM(NEW.nama);
CREATE PROCEDURE diam () SELECT 1;
CREATE FUNCTION satu () RETURNS INT DETERMINISTIC RETURN 1;
CREATE EVENT malam ON SCHEDULE EVERY 1 DAY STARTS '2026-11-20 17:00:00' DISABLE DO SELECT 1;
"""


class MariadbSource(Source):
    totals: t.Mapping[str, int] = {
        "table": 2,
        "view": 1,
        "trigger": 1,
        "procedure": 1,
        "function": 1,
        "event": 1,
        "rows": ROWS + 2,
    }

    def __init__(self, server: Server, target: Server, name: str, secret: pathlib.Path) -> None:
        self._server = server
        self._target = target
        self._name = name
        self._login = {"user": READER, "password_file": str(secret)}
        self.options = server.options(database=name, **self._login)

    def content(self) -> t.Any:
        return content(self._server, self._name)

    @contextlib.contextmanager
    def restored(self, dumped: t.Sequence[Dumped], directory: pathlib.Path) -> t.Iterator[Copy]:
        known = accounts(self._target)
        self._target.create(self._name)
        try:
            for item in sorted(dumped, key=lambda item: item.stream.database == ""):
                done = self._target.stock(item.stream.restore, item.file.read_bytes(), **{"{target}": self._name})
                assert (done.returncode, done.stderr) == (0, b""), (item.stream.part, done.stderr)
            wanted, made = accounts(self._server), accounts(self._target)
            assert {who: made.get(who) for who in wanted} == wanted
            yield Copy(content(self._target, self._name), self._target.options(database=self._name, **self._login))
        finally:
            self._target.drop(self._name)
            for who in accounts(self._target).keys() - known.keys():
                self._target.drop_account(who)

    def fingerprint(self) -> t.Any:
        return self.content(), accounts(self._server), self._server.sql("", "SHOW GLOBAL VARIABLES")

    def read_only(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()


class MariadbCase(EngineCase):
    name = "mariadb"
    versions: t.Mapping[str, str] = {"Debian 12": "10.11", "Debian 13": "11.8"}
    # What the account of the backup is granted, as the engine's page says.
    grants = "SELECT, SHOW VIEW, TRIGGER, EVENT, RELOAD, PROCESS"
    special: t.Any = mariadb_special
    # A name with quotes is refused where the database has routines: the stock dump program cannot read them.
    hostile_names = (
        *(name for name in HOSTILE_NAMES if not set(name) & set("'\"\\")),
        "titik.nama",
        "kutip`balik",
        "a%b_c",
        "mysql 2",
        "d" * 64,
    )
    bad_options = (
        ({"database": "a", "colour": "red"}, "source"),
        ({}, "source.database"),
        ({"database": ""}, "source.database"),
        ({"database": "a", "databases": "all"}, "source.database"),
        ({"database": "a\nb"}, "source.database"),
        ({"database": "a "}, "source.database"),
        ({"database": 5}, "source.database"),
        ({"database": "x" * 65}, "source.database"),
        ({"databases": "some"}, "source.databases"),
        ({"databases": []}, "source.databases"),
        ({"databases": ["a", "a"]}, "source.databases"),
        ({"databases": ["a", 5]}, "source.databases[1]"),
        ({"database": "a", "exclude": ["b"]}, "source.exclude"),
        ({"database": "a", "separate": True}, "source.separate"),
        ({"database": "a", "password": "rahasia"}, "source.password"),
        ({"database": "a", "password_file": "relative"}, "source.password_file"),
        ({"database": "a", "host": "a b"}, "source.host"),
        ({"database": "a", "host": "/run/x"}, "source.host"),
        ({"database": "a", "socket": "run/x"}, "source.socket"),
        ({"database": "a", "socket": "/" + "x" * 108}, "source.socket"),
        ({"database": "a", "host": "h", "socket": "/run/x"}, "source.socket"),
        ({"database": "a", "port": 0}, "source.port"),
        ({"database": "a", "port": "3306"}, "source.port"),
        ({"database": "a", "user": "x" * 129}, "source.user"),
        ({"database": "a", "ssl_mode": "strict"}, "source.ssl_mode"),
        ({"database": "a", "ssl_mode": "verify", "ssl_ca": "/a"}, "source.ssl_mode"),
        ({"database": "a", "host": "h", "ssl_mode": "verify"}, "source.ssl_ca"),
        ({"database": "a", "host": "h", "ssl_cert": "/a"}, "source.ssl_key"),
        ({"database": "a", "host": "h", "ssl_key": "/a"}, "source.ssl_cert"),
        ({"database": "a", "host": "h", "ssl_ca": "ca.crt"}, "source.ssl_ca"),
        ({"database": "a", "host": "h", "ssl_mode": "disabled", "ssl_ca": "/a"}, "source.ssl_mode"),
        ({"database": "a", "connect_seconds": 1}, "source.connect_seconds"),
        ({"database": "a", "lock_seconds": 0}, "source.lock_seconds"),
        ({"database": "a", "accounts": "yes"}, "source.accounts"),
        ({"database": "a", "non_transactional": "hope"}, "source.non_transactional"),
        ({"database": "a", "non_transactional": "lock", "global_lock": False}, "source.non_transactional"),
        ({"database": "a", "bin_dir": "bin"}, "source.bin_dir"),
    )

    @contextlib.contextmanager
    def source(self, directory: pathlib.Path, name: str = "plain") -> t.Iterator[Source]:
        with self._made(directory, name) as source:
            self.server().sql(name, SCHEMA)
            yield source

    @contextlib.contextmanager
    def full_source(self, directory: pathlib.Path) -> t.Iterator[Source]:
        server, name = self.server(), "penuh `ñ`"
        with self._made(directory, name) as source:
            try:
                server.sql("", mariadb_content.ACCOUNTS + self.special.ACCOUNTS)
                server.sql(name, mariadb_content.CONTENT + self.special.SPECIAL)
                server.sql("", mariadb_content.GRANTS.replace("{database}", quoted(name)))
                self.also(server, name)
                yield source
            finally:
                server.sql("", mariadb_content.NO_ACCOUNTS + self.special.NO_ACCOUNTS)

    def missing(self, directory: pathlib.Path) -> t.Mapping[str, t.Any]:
        return self.server().options(database=f"nowhere in {directory.name}")

    def server(self) -> Server:
        """The one that is backed up."""
        return shared("source", running_server)

    def target(self) -> Server:
        """The one that takes what is restored."""
        return shared("target", running_server)

    def also(self, server: Server, name: str) -> None:
        """More content, where the server's version has it."""
        if server.sql("", "SELECT VERSION() RLIKE '^1[1-9]\\.([7-9]|1[0-9])'") == "1":
            server.sql(name, mariadb_special.VECTORS)

    @contextlib.contextmanager
    def _made(self, directory: pathlib.Path, name: str) -> t.Iterator[MariadbSource]:
        server = self.server()
        who = f"{READER}@localhost"
        secret = directory / "secret"
        secret.write_text(PASSWORD + "\n", encoding="utf-8")
        secret.chmod(0o600)
        server.sql("", f"CREATE USER {who} IDENTIFIED BY {text_literal(PASSWORD)}; GRANT {self.grants} ON *.* TO {who}")
        server.create(name)
        try:
            yield MariadbSource(server, self.target(), name, secret)
        finally:
            server.drop(name)
            server.sql("", f"DROP USER {who}")
