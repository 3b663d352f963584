# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SQLite is copied consistently while others write, and the source is left as it was."""

from __future__ import annotations

import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import typing as t

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import EngineError
from ansible_collections.nusantara.backup.plugins.module_utils._engines._sqlite_copy import (
    copy_to,
    open_copy,
    persistently,
)
from ansible_collections.nusantara.backup.tests.contract.engine_cases._support import nobody

ACCOUNTS, BALANCE = 400, 1000

# Moves money between accounts until its standard input ends; says "." once it has begun.
WRITER = """
import random, select, sqlite3, sys
path, mode, habit = sys.argv[1:]
def connect():
    made = sqlite3.connect(path, timeout=30, isolation_level=None)
    made.execute("PRAGMA journal_mode=" + mode)
    made.execute("PRAGMA synchronous=OFF")
    return made
held, begun = connect(), False
while not select.select([sys.stdin], [], [], 0.0005)[0]:
    if habit == "reopens":
        held.close()
        held = connect()
    a, b = random.sample(range(400), 2)
    held.execute("BEGIN IMMEDIATE")
    held.execute("UPDATE account SET balance = balance - 7 WHERE id = ?", (a,))
    held.execute("UPDATE account SET balance = balance + 7 WHERE id = ?", (b,))
    held.execute("UPDATE moves SET n = n + 1")
    held.execute("COMMIT")
    if not begun:
        print(".", flush=True)
        begun = True
held.close()
"""


def bank(path: pathlib.Path, mode: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as made:
        made.execute(f"PRAGMA journal_mode={mode}")
        made.execute("CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER, filler BLOB)")
        made.execute("CREATE TABLE moves (n INTEGER)")
        made.execute("INSERT INTO moves VALUES (0)")
        made.executemany(
            "INSERT INTO account VALUES (?, ?, ?)", [(n, BALANCE, os.urandom(2000)) for n in range(ACCOUNTS)]
        )
        made.commit()


@contextlib.contextmanager
def writer(path: pathlib.Path, mode: str, habit: str) -> t.Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), mode, habit], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b".\n"
        try:
            yield process
        finally:
            process.stdin.close()
            process.wait()


def moves(path: pathlib.Path) -> int:
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as connection:
        return int(connection.execute("SELECT n FROM moves").fetchone()[0])


@pytest.mark.parametrize("habit", ["stays", "reopens"])
@pytest.mark.parametrize("mode", ["WAL", "DELETE", "TRUNCATE", "PERSIST"])
def test_the_sum_of_balances_holds_in_every_copy(tmp_path: pathlib.Path, mode: str, habit: str) -> None:
    """Issue section 4: consistent while being written to, also when the log comes and goes."""
    path, target = tmp_path / "bank.db", tmp_path / "copy"
    bank(path, mode)
    seen = []
    with writer(path, mode, habit):
        for _copy in range(12):
            copy_to(str(path), str(target), 30)
            with contextlib.closing(open_copy(str(target))) as copy:
                assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                assert copy.execute("SELECT sum(balance) FROM account").fetchone() == (ACCOUNTS * BALANCE,)
                seen.append(copy.execute("SELECT n FROM moves").fetchone()[0])
    assert seen == sorted(seen)
    assert seen[-1] > seen[0]
    assert moves(path) >= seen[-1]


def test_a_log_left_by_a_crash_is_read_and_left_alone(tmp_path: pathlib.Path) -> None:
    path, target = tmp_path / "bank.db", tmp_path / "work" / "copy"
    target.parent.mkdir()
    bank(path, "WAL")
    with writer(path, "WAL", "stays") as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    before = everything(tmp_path)
    assert len(before["bank.db-wal"][0]) > 0
    copy_to(str(path), str(target), 1)
    assert everything(tmp_path) == before
    with contextlib.closing(open_copy(str(target))) as copy:
        (copied,) = copy.execute("SELECT n FROM moves").fetchone()
    assert copied == moves(path) > 0


def test_a_log_in_no_use_gets_no_files_beside_it(tmp_path: pathlib.Path) -> None:
    path, target = tmp_path / "bank.db", tmp_path / "work" / "copy"
    target.parent.mkdir()
    bank(path, "WAL")
    before = everything(tmp_path)
    assert sorted(before) == ["bank.db"]
    copy_to(str(path), str(target), 1)
    assert everything(tmp_path) == before


@pytest.mark.parametrize("alive", [True, False], ids=["in use", "left by a crash"])
def test_who_may_only_read_can_read_a_log(alive: bool) -> None:
    """Issue section 4: the source belongs to another user."""
    place = pathlib.Path(tempfile.mkdtemp(prefix="bank-"))
    place.chmod(0o755)
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, place)
        work = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if os.geteuid() == 0:
            account = pwd.getpwnam("nobody")
            os.chown(work, account.pw_uid, account.pw_gid)
        path = place / "bank.db"
        bank(path, "WAL")
        process = stack.enter_context(writer(path, "WAL", "stays"))
        if not alive:
            process.send_signal(signal.SIGKILL)
            process.wait()
        with nobody():
            copy_to(str(path), str(work / "copy"), 30)
            with contextlib.closing(open_copy(str(work / "copy"))) as copy:
                assert copy.execute("SELECT sum(balance) FROM account").fetchone() == (ACCOUNTS * BALANCE,)
                assert copy.execute("SELECT n > 0 FROM moves").fetchone() == (1,)


def test_a_file_that_changed_while_read_as_immutable_is_read_again(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "bank.db"
    bank(path, "WAL")
    seen = []

    def work(connection: sqlite3.Connection) -> None:
        seen.append(connection.execute("SELECT n FROM moves").fetchone()[0])
        if len(seen) == 1:
            with contextlib.closing(sqlite3.connect(path)) as other:
                other.execute("UPDATE moves SET n = 7")
                other.commit()

    persistently(str(path), 0, work)
    assert seen == [0, 7]


def test_a_log_without_its_index_is_refused_in_words(tmp_path: pathlib.Path) -> None:
    path, target = tmp_path / "bank.db", tmp_path / "work" / "copy"
    target.parent.mkdir()
    bank(path, "WAL")
    with writer(path, "WAL", "stays") as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    (tmp_path / "bank.db-shm").unlink()
    before = everything(tmp_path)
    with pytest.raises(EngineError, match="-wal without -shm") as caught:
        copy_to(str(path), str(target), 0)
    assert caught.value.code == "engine.changing"
    assert everything(tmp_path) == before


def test_a_hot_journal_is_refused_in_words(tmp_path: pathlib.Path) -> None:
    path, target = tmp_path / "bank.db", tmp_path / "work" / "copy"
    target.parent.mkdir()
    bank(path, "DELETE")
    script = (
        "import os, sqlite3, sys\n"
        "made = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "made.execute('PRAGMA cache_size=2')\n"
        "made.execute('BEGIN')\n"
        "made.execute('UPDATE account SET balance = 0, filler = zeroblob(1999)')\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    before = everything(tmp_path)
    assert len(before["bank.db-journal"][0]) > 0
    with pytest.raises(EngineError, match="open it once with that program") as caught:
        copy_to(str(path), str(target), 0)
    assert caught.value.code == "engine.recovery"
    assert everything(tmp_path) == before


def test_a_lock_is_waited_for_no_longer_than_told(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "bank.db"
    bank(path, "DELETE")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(EngineError, match="busy_seconds") as caught:
            copy_to(str(path), str(tmp_path / "copy"), 0)
        holder.execute("ROLLBACK")
    assert caught.value.code == "engine.busy"
    copy_to(str(path), str(tmp_path / "copy"), 0)


def test_the_copy_is_one_private_file_without_a_log(tmp_path: pathlib.Path) -> None:
    path, target = tmp_path / "bank.db", tmp_path / "work" / "copy"
    target.parent.mkdir()
    bank(path, "WAL")
    with writer(path, "WAL", "stays"):
        copy_to(str(path), str(target), 30)
    open_copy(str(target)).close()
    assert os.listdir(target.parent) == ["copy"]
    assert target.stat().st_mode & 0o777 == 0o600
    assert target.read_bytes()[18:20] == b"\x01\x01"


def everything(directory: pathlib.Path) -> dict[str, tuple[bytes, int]]:
    return {
        entry.name: (entry.read_bytes(), entry.stat().st_mtime_ns)
        for entry in sorted(directory.iterdir())
        if entry.is_file()
    }
