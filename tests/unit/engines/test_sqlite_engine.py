# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SQLite engine: what it finds, what it refuses, and that no clear copy stays behind."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import sqlite3
import subprocess
import sys
import time

import pytest
from tests.support.mounts import mounted

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import EngineError
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Children
from ansible_collections.nusantara.backup.plugins.module_utils._engines._base import Context
from ansible_collections.nusantara.backup.plugins.module_utils._engines._sqlite import COPY, SqliteEngine, SqliteOptions
from ansible_collections.nusantara.backup.plugins.module_utils._engines._sqlite_file import SqliteCheck

ENGINE = SqliteEngine()


@pytest.fixture
def context(tmp_path: pathlib.Path) -> Context:
    (tmp_path / "work").mkdir(mode=0o700)
    return Context(Children(), str(tmp_path / "work"))


def make(path: pathlib.Path, *statements: str) -> SqliteOptions:
    with contextlib.closing(sqlite3.connect(path)) as made:
        made.create_collation("house", lambda a, b: (a > b) - (a < b))
        for statement in statements:
            made.execute(statement)
        made.commit()
    return SqliteOptions(str(path), 0)


def codes(options: SqliteOptions, context: Context) -> list[tuple[str, str]]:
    return [(finding.code, finding.level) for finding in ENGINE.probe(options, context).findings]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "sqlite.empty"),
        (b"SQLite format 3", "sqlite.not_database"),
        (b"# a text file, longer than one hundred bytes" + b" ..." * 50, "sqlite.not_database"),
        (b"SQLite format 3\x00" + bytes(200), "sqlite.not_database"),
        (b"SQLite format 3\x00\x10\x00\x01\x01" + b"\xff" * 5000, "sqlite.unusable"),
    ],
)
def test_what_is_no_database_is_told(content: bytes, code: str, tmp_path: pathlib.Path, context: Context) -> None:
    """Bad input: a 0-byte dump cannot begin."""
    path = tmp_path / "a.db"
    path.write_bytes(content)
    options = SqliteOptions(str(path), 0)
    assert codes(options, context) == [(code, "error")]
    with pytest.raises(EngineError), ENGINE.open(options, ENGINE.probe(options, context), context):
        pass
    assert os.listdir(context.work) == []


def test_what_is_no_file_is_told_without_waiting(tmp_path: pathlib.Path, context: Context) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        assert codes(SqliteOptions(str(path), 0), context) == [("sqlite.not_file", "error")]


def test_a_database_without_tables_is_a_warning(tmp_path: pathlib.Path, context: Context) -> None:
    """Pitfall: plausible but empty."""
    options = make(tmp_path / "a.db", "PRAGMA user_version=3")
    assert codes(options, context) == [("sqlite.no_tables", "warning")]


@pytest.mark.parametrize("page", ["table", "index"])
def test_a_damaged_database_is_refused_with_what_integrity_check_said(
    page: str, tmp_path: pathlib.Path, context: Context
) -> None:
    path = tmp_path / "a.db"
    options = make(
        path,
        "CREATE TABLE a (b, c)",
        "CREATE INDEX ab ON a (b)",
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 3000)"
        " INSERT INTO a SELECT x, 'text number ' || x FROM n",
    )
    with contextlib.closing(sqlite3.connect(path)) as connection:
        name = {"table": "a", "index": "ab"}[page]
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()
        if page == "index":
            connection.execute("PRAGMA writable_schema=ON")
            connection.execute("UPDATE sqlite_master SET sql = 'CREATE INDEX ab ON a (c)' WHERE name = 'ab'")
            connection.commit()
    if page == "table":
        with path.open("r+b") as raw:
            raw.seek((root - 1) * 4096 + 8)
            raw.write(b"\xff" * 40)
    probe = ENGINE.probe(options, context)
    with (
        pytest.raises(EngineError, match="integrity_check says") as caught,
        ENGINE.open(options, probe, context),
    ):
        pass
    assert caught.value.code == "engine.damaged"
    assert str(path) in caught.value.what
    assert caught.value.detail
    assert os.listdir(context.work) == []


def test_what_only_its_program_can_read_is_a_warning_and_in_the_copy(tmp_path: pathlib.Path, context: Context) -> None:
    """Views and virtual tables that cannot be read are told, and do not stop the backup."""
    path = tmp_path / "a.db"
    options = make(
        path,
        "CREATE TABLE plain (a)",
        "INSERT INTO plain VALUES (1)",
        "CREATE TABLE named (a TEXT COLLATE house PRIMARY KEY, b)",
        "INSERT INTO named VALUES ('x', 1)",
        "CREATE VIEW broken AS SELECT no_such_thing(a) FROM plain",
        "CREATE VIRTUAL TABLE words USING fts5(body)",
        "INSERT INTO words VALUES ('selamat pagi')",
        "PRAGMA writable_schema=ON",
        "INSERT INTO sqlite_master VALUES"
        " ('table', 'alien', 'alien', 0, 'CREATE VIRTUAL TABLE alien USING alienmod()')",
    )
    with ENGINE.open(options, ENGINE.probe(options, context), context) as session:
        found = {(finding.code, finding.params["object"]) for finding in session.findings()}
        inventory = session.inventory()
        for stream in session.streams():
            content = pathlib.Path(stream.file).read_bytes()
            stream.end_check.feed(content)
            stream.end_check.finish()
    assert found >= {("sqlite.unreadable_object", "broken"), ("sqlite.unreadable_object", "alien")}
    assert ("sqlite.unchecked", "named") in found
    assert content[4096:] == path.read_bytes()[4096:]
    rows = {item.name: item.rows for item in inventory.objects}
    assert (rows["plain"], rows["named"], rows["words"], rows["alien"]) == (1, 1, 1, None)
    assert inventory.totals["virtual_table"] == 2


def test_the_write_ahead_log_is_told_for_the_restore(tmp_path: pathlib.Path, context: Context) -> None:
    options = make(tmp_path / "a.db", "PRAGMA journal_mode=WAL", "CREATE TABLE a (b)")
    with ENGINE.open(options, ENGINE.probe(options, context), context) as session:
        assert [(finding.code, finding.level) for finding in session.findings()] == [("sqlite.wal", "info")]


def test_the_copy_is_gone_once_it_was_read(tmp_path: pathlib.Path, context: Context) -> None:
    options = make(tmp_path / "a.db", "CREATE TABLE a (b)")
    with ENGINE.open(options, ENGINE.probe(options, context), context) as session:
        streams = session.streams()
        assert os.path.exists(next(streams).file)
        assert next(streams, None) is None
        assert os.listdir(context.work) == []
        assert session.inventory().totals["table"] == 1


def test_the_copy_is_gone_after_an_error(tmp_path: pathlib.Path, context: Context) -> None:
    options = make(tmp_path / "a.db", "CREATE TABLE a (b)")
    with pytest.raises(RuntimeError):
        _fail_inside(options, context)
    assert os.listdir(context.work) == []


def _fail_inside(options: SqliteOptions, context: Context) -> None:
    with ENGINE.open(options, ENGINE.probe(options, context), context) as session:
        assert os.path.exists(next(iter(session.streams())).file)
        raise RuntimeError


def test_a_full_disk_is_told_and_nothing_stays(tmp_path: pathlib.Path) -> None:
    """Bad input: full disk at every stage."""
    options = make(
        tmp_path / "a.db", "PRAGMA journal_mode=WAL", "CREATE TABLE a (b)", "INSERT INTO a VALUES (zeroblob(3000000))"
    )
    with mounted(tmp_path / "small", "size=1m") as small:
        context = Context(Children(), str(small))
        probe = ENGINE.probe(options, context)
        assert probe.work_bytes > 3_000_000
        with pytest.raises(EngineError) as caught, ENGINE.open(options, probe, context):
            pass
        assert caught.value.code == "engine.space"
        assert list(small.iterdir()) == []


def test_what_lies_beside_an_older_copy_is_not_taken_for_its_journal(tmp_path: pathlib.Path, context: Context) -> None:
    options = make(tmp_path / "a.db", "CREATE TABLE a (b)")
    for ending in ("", "-journal", "-wal"):
        pathlib.Path(context.work, COPY + ending).write_bytes(b"left over" * 1000)
    with ENGINE.open(options, ENGINE.probe(options, context), context) as session:
        assert os.listdir(context.work) == [COPY]
        assert session.inventory().totals["table"] == 1
    assert os.listdir(context.work) == []


def test_the_copy_is_gone_after_a_kill(tmp_path: pathlib.Path) -> None:
    """Issue section 4: the clear copy lies in a 0700 directory and is gone also after a kill."""
    options = make(tmp_path / "a.db", "CREATE TABLE a (b)")
    work = tmp_path / "run"
    package = "ansible_collections.nusantara.backup.plugins.module_utils"
    script = f"""
import os, sys
from {package}._engines._base import Context
from {package}._engines._sqlite import COPY, SqliteEngine, SqliteOptions
from {package}._base._process import Children
from {package}._base._warden import Warden
options, work, engine = SqliteOptions(sys.argv[1], 0), sys.argv[2], SqliteEngine()
with Warden() as warden, Children(warden) as children:
    os.mkdir(work, 0o700)
    warden.watch_directory(work)
    context = Context(children, work)
    with engine.open(options, engine.probe(options, context), context) as session:
        stream = next(session.streams())
        print(os.path.getsize(stream.file), flush=True)
        sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", script, options.path, str(work)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) > 0
        assert work.stat().st_mode & 0o777 == 0o700
        assert len(list(work.iterdir())) == 1
        process.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while work.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not work.exists()


def test_the_end_check_wants_the_bytes_that_the_header_promises(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "a.db"
    make(path, "PRAGMA page_size=65536", "CREATE TABLE a (b)")
    data = path.read_bytes()
    check = SqliteCheck()
    check.feed(data)
    check.finish()
    page_size = data[:16] + b"\x02\x00" + data[18:]
    with_log = data[:18] + b"\x02\x02" + data[20:]
    no_count = data[:28] + bytes(4) + data[32:]
    for wrong in (page_size, with_log, no_count):
        check = SqliteCheck()
        check.feed(wrong)
        with pytest.raises(EngineError):
            check.finish()
