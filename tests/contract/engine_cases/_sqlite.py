# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SQLite in the contract suite."""

from __future__ import annotations

import contextlib
import os
import pathlib
import sqlite3
import subprocess
import typing as t

from tests.support.sqlite_content import CONTENT

from ._case import Copy, Dumped, EngineCase, Source
from ._support import HOSTILE_NAMES, as_stranger, run_words

SCHEMA = """
CREATE TABLE pegawai (nip TEXT PRIMARY KEY, nama TEXT NOT NULL, gaji REAL, foto BLOB, unit INTEGER);
CREATE TABLE "odd ""name"";--" (a, b, rowid);
CREATE TABLE kode (kode TEXT PRIMARY KEY, arti TEXT) WITHOUT ROWID;
CREATE INDEX pegawai_unit ON pegawai (unit);
CREATE VIEW ringkas AS SELECT unit, count(*) AS banyak FROM pegawai GROUP BY unit;
CREATE TRIGGER tertib AFTER INSERT ON pegawai BEGIN SELECT 1; END;
"""
ROWS = 500


class SqliteSource(Source):
    totals: t.Mapping[str, int] = {"table": 3, "view": 1, "index": 1, "trigger": 1, "rows": ROWS + 3}

    def __init__(self, path: pathlib.Path, full: bool = False) -> None:
        self._path = path
        self.options = {"path": str(path)}
        with contextlib.closing(sqlite3.connect(path)) as connection:
            if full:
                connection.executescript(CONTENT)
                return
            connection.executescript(SCHEMA)
            connection.executemany(
                "INSERT INTO pegawai VALUES (?, ?, ?, ?, ?)",
                [(f"{n:018d}", f"Nama ke-{n}", n / 3, os.urandom(200), n % 7) for n in range(ROWS)],
            )
            connection.execute('INSERT INTO "odd ""name"";--" VALUES (NULL, 1, 2.5), (x\'00ff\', \'\', -1)')
            connection.execute("INSERT INTO kode VALUES ('A', 'aktif')")
            connection.commit()

    def content(self) -> str:
        return self._dump(self._path)

    @contextlib.contextmanager
    def restored(self, dumped: t.Sequence[Dumped], directory: pathlib.Path) -> t.Iterator[Copy]:
        (only,) = dumped
        assert run_words(only.stream.restore, only.file, directory) == "ok\n"
        yield Copy(self._dump(only.file), {"path": str(only.file)})

    def fingerprint(self) -> t.Any:
        directory = self._path.parent
        return {
            name: ((directory / name).read_bytes(), (directory / name).stat().st_mtime_ns)
            for name in sorted(os.listdir(directory))
        }

    def read_only(self) -> contextlib.AbstractContextManager[None]:
        return as_stranger(self._path.parent)

    @staticmethod
    def _dump(path: pathlib.Path) -> str:
        # A full path, so that the shell takes no hostile name for an option.
        asked = (".dump", "PRAGMA user_version", "PRAGMA application_id", "PRAGMA encoding")
        said = subprocess.run(["sqlite3", str(path), *asked], capture_output=True, check=True)
        assert said.stderr == b""
        # Not all text is text.
        return said.stdout.decode(errors="backslashreplace")


class SqliteCase(EngineCase):
    name = "sqlite"
    versions: t.Mapping[str, str] = {"Debian 12": "3.40", "Debian 13": "3.46"}
    hostile_names = HOSTILE_NAMES
    bad_options = (
        ({"path": "/srv/a.db", "colour": "red"}, "source"),
        ({"path": "srv/a.db"}, "source.path"),
        ({"path": "/srv/../a.db"}, "source.path"),
        ({"path": "/srv/a\nb"}, "source.path"),
        ({}, "source.path"),
        ({"path": 5}, "source.path"),
        ({"path": "/srv/a.db", "busy_seconds": -1}, "source.busy_seconds"),
        ({"path": "/srv/a.db", "busy_seconds": "long"}, "source.busy_seconds"),
    )

    @contextlib.contextmanager
    def source(self, directory: pathlib.Path, name: str = "plain") -> t.Iterator[Source]:
        yield SqliteSource(directory / name)

    @contextlib.contextmanager
    def full_source(self, directory: pathlib.Path) -> t.Iterator[Source]:
        yield SqliteSource(directory / "full", full=True)

    def missing(self, directory: pathlib.Path) -> t.Mapping[str, t.Any]:
        return {"path": str(directory / "nowhere.db")}
