# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of a site in the contract suite: sqlite3 writes a database as SQL, whose last line is its proof."""

from __future__ import annotations

import contextlib
import os
import pathlib
import subprocess
import typing as t

from ._case import Copy, Dumped, EngineCase, Source
from ._sqlite import SCHEMA
from ._support import HOSTILE_NAMES, as_stranger

ROWS = 200
LOOK = """#!/bin/sh
set -eu
echo "version=$(sqlite3 --version | cut -d' ' -f1)"
echo "bytes=$(stat -c %s -- "$1")"
"""
COUNT = """#!/bin/sh
set -eu
printf 'pegawai\\t%s\\n' "$(sqlite3 -readonly "$1" 'SELECT count(*) FROM pegawai')"
printf 'kode\\t%s\\n' "$(sqlite3 -readonly "$1" 'SELECT count(*) FROM kode')"
"""
EVERY_KIND = """
CREATE TABLE "every kind; of" ("a""b" INTEGER PRIMARY KEY, teks TEXT, biner BLOB, angka REAL, apa);
INSERT INTO "every kind; of" VALUES
  (1, 'anjing-データ-😀', x'00ff0a0d1a5c27', 9e999, NULL),
  (-9223372036854775808, 'two' || char(10) || 'lines' || char(13) || char(10), zeroblob(300), -9e999, 'COMMIT;'),
  (9223372036854775807, 'quoted '' " ;--', x'', 1e-300, 0.1),
  (4, ' COMMIT; ', x'434f4d4d49543b', -0.0, '');
CREATE VIEW lihat AS SELECT teks FROM "every kind; of";
"""
VALID: t.Mapping[str, t.Any] = {"dump": ["cat"], "restore": ["cat"], "end": {"last_line": "END"}}


def program(path: pathlib.Path, text: str) -> str:
    """A script that only its owner can change."""
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


class CommandSource(Source):
    totals: t.Mapping[str, int] = {"counted": 2, "rows": ROWS + 1}

    def __init__(self, directory: pathlib.Path, name: str, script: str) -> None:
        self._data = directory / "data"
        self._data.mkdir()
        self._path = self._data / name
        self.options = {
            **self._dumping(self._path),
            "probe": [program(directory / "look", LOOK), str(self._path)],
            "count": [program(directory / "count", COUNT), str(self._path)],
        }
        self._sqlite(self._path, f"BEGIN;{SCHEMA}{script}COMMIT;")

    @staticmethod
    def _dumping(path: pathlib.Path) -> dict[str, t.Any]:
        return {
            "dump": ["sqlite3", "-readonly", str(path), ".dump"],
            "kind": "sql",
            "end": {"first_bytes": b"PRAGMA".hex(), "last_line": "COMMIT;"},
            "restore": ["sqlite3", "-bail", "{target}"],
        }

    def content(self) -> str:
        return self._sqlite(self._path, ".dump")

    @contextlib.contextmanager
    def restored(self, dumped: t.Sequence[Dumped], directory: pathlib.Path) -> t.Iterator[Copy]:
        (only,) = dumped
        target = directory / "new.sqlite"
        words = [word.replace("{target}", str(target)) for word in only.stream.restore]
        with only.file.open("rb") as stream:
            done = subprocess.run(words, stdin=stream, capture_output=True, check=False, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        yield Copy(self._sqlite(target, ".dump"), self._dumping(target))

    def fingerprint(self) -> t.Any:
        return {name: (self._data / name).read_bytes() for name in sorted(os.listdir(self._data))}

    def read_only(self) -> contextlib.AbstractContextManager[None]:
        return as_stranger(self._data)

    @staticmethod
    def _sqlite(path: pathlib.Path, script: str) -> str:
        done = subprocess.run(["sqlite3", "-bail", str(path)], input=script, capture_output=True, text=True, check=True)
        assert done.stderr == ""
        return done.stdout


class CommandCase(EngineCase):
    name = "command"
    # Of the program that it is tried with, sqlite3.
    versions: t.Mapping[str, str] = {"Debian 12": "3.40", "Debian 13": "3.46"}
    lacks: t.Mapping[str, str] = {
        "test_inventory_is_exact_and_the_same_twice": "what another program counts is of a moment of its own",
        "test_restored_copy_has_the_inventory_of_the_dump": "the content of what a program writes is not known",
    }
    hostile_names = HOSTILE_NAMES
    bad_options = (
        ({}, "source.dump"),
        ({**VALID, "colour": "red"}, "source"),
        ({**VALID, "password": "x"}, "source.password"),
        ({**VALID, "dump": "slapcat -n 1"}, "source.dump"),
        ({**VALID, "dump": []}, "source.dump"),
        ({**VALID, "dump": ["bin/dump"]}, "source.dump[0]"),
        ({**VALID, "dump": ["-rf"]}, "source.dump[0]"),
        ({**VALID, "dump": ["/opt/../dump"]}, "source.dump[0]"),
        ({**VALID, "dump": ["dump", "a\nb"]}, "source.dump[1]"),
        ({**VALID, "dump": ["dump", 5]}, "source.dump[1]"),
        ({**VALID, "dump": ["bash", "-c", "dump | gzip"]}, "source.dump[0]"),
        ({**VALID, "dump": ["timeout", "60", "/bin/sh", "-ec", "dump"]}, "source.dump[2]"),
        ({**VALID, "dump": ["mongodump", "--password=rahasia"]}, "source.dump[1]"),
        ({**VALID, "dump": ["mongodump", "mongodb://root:rahasia@db.example.org/"]}, "source.dump[1]"),
        ({**VALID, "dump": ["dump", *["x"] * 200]}, "source.dump"),
        ({**VALID, "dump": ["dump", "x" * 5000]}, "source.dump[1]"),
        ({**VALID, "kind": "sql.gz"}, "source.kind"),
        ({**VALID, "kind": "manifest"}, "source.kind"),
        ({**VALID, "restore": []}, "source.restore"),
        ({**VALID, "restore": ["load", "file:{target}"]}, "source.restore[1]"),
        ({"dump": ["cat"], "restore": ["cat"]}, "source.end"),
        ({**VALID, "end": "maybe"}, "source.end"),
        ({**VALID, "end": {}}, "source.end"),
        ({**VALID, "end": {"first_bytes": "00", "min_bytes": 1}}, "source.end"),
        ({**VALID, "end": {"last_bytes": "0x0a"}}, "source.end.last_bytes"),
        ({**VALID, "end": {"last_line": "x" * 1001}}, "source.end.last_line"),
        ({**VALID, "end": {"last_line_matches": "("}}, "source.end.last_line_matches"),
        ({**VALID, "end": {"last_line": "x", "min_bytes": -1}}, "source.end.min_bytes"),
        ({**VALID, "end": {"check": ["sh", "-c", "true"]}}, "source.end.check[0]"),
        ({**VALID, "end": {"last_line": "x", "colour": "red"}}, "source.end"),
        ({**VALID, "environment": ["A=b"]}, "source.environment"),
        ({**VALID, "environment": {"a b": "c"}}, "source.environment"),
        ({**VALID, "environment": {"A": 5}}, "source.environment.A"),
        ({**VALID, "environment": {"REDISCLI_AUTH": "rahasia"}}, "source.environment.REDISCLI_AUTH"),
        ({**VALID, "secret_files": ["key"]}, "source.secret_files[0]"),
        ({**VALID, "secret_files": ["/etc/key"], "prefix": ["sudo"]}, "source.secret_files"),
        ({**VALID, "ok_status": 1}, "source.ok_status"),
        ({**VALID, "ok_status": []}, "source.ok_status"),
        ({**VALID, "ok_status": [0, 256]}, "source.ok_status[1]"),
        ({**VALID, "stderr": "shout"}, "source.stderr"),
        ({**VALID, "prefix": "sudo"}, "source.prefix"),
        ({**VALID, "prefix": ["ssh", "db.example.org"]}, "source.prefix[0]"),
        ({**VALID, "prefix": ["runuser", "-u", "x", "-c"]}, "source.prefix[3]"),
    )

    @contextlib.contextmanager
    def source(self, directory: pathlib.Path, name: str = "plain") -> t.Iterator[Source]:
        rows = "".join(
            f"INSERT INTO pegawai VALUES ('{n:018d}', 'Nama ke-{n}', {n / 3}, x'{n:08x}', {n % 7});"
            for n in range(ROWS)
        )
        yield CommandSource(directory, name, rows + "INSERT INTO kode VALUES ('A', 'aktif; COMMIT;');")

    @contextlib.contextmanager
    def full_source(self, directory: pathlib.Path) -> t.Iterator[Source]:
        yield CommandSource(directory, "full", EVERY_KIND)

    def missing(self, directory: pathlib.Path) -> t.Mapping[str, t.Any]:
        return {**VALID, "dump": [str(directory / "nowhere")]}
