# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One consistent copy of a SQLite database that others may be writing to, without a trace at the source.

Three ways to open it, all read-only:

- rollback journal: an ordinary read-only connection; its shared lock makes a
  writer wait at its commit until the copy is made.
- write-ahead log in use (``-wal`` and ``-shm`` lie there): the same with
  ``readonly_shm``; writers go on. SQLite then makes no file beside the source
  and writes to none, also when the log was left by a crash.
- write-ahead log not in use (no ``-wal``): an ordinary connection would make
  ``-wal`` and ``-shm``, owned by whoever backs up, and leave them. So the file
  is read as immutable, and the copy counts only if the file is the same
  afterwards to the nanosecond of its times.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
import typing as t
import urllib.parse

from .._base._errors import EngineError
from ._sqlite_file import parse_header, read_header

TRIES = 20
PAUSE = 0.05
# Times of files advance in ticks of the kernel: a file that was written this recently may change without a sign.
_TICK = 0.1
Stamp = tuple[int, int, int, int, int]


class UnsteadyError(Exception):
    """The source changed its ways while we opened or read it."""


def uri(path: str, **parameters: str) -> str:
    """A SQLite URI for any path, with ``?``, ``#`` and ``%`` in it."""
    return "file://" + urllib.parse.quote(os.fsencode(path)) + "?" + urllib.parse.urlencode(parameters)


@contextlib.contextmanager
def opened(path: str, busy_seconds: float) -> t.Iterator[sqlite3.Connection]:
    """A connection inside a read transaction. Raises `UnsteadyError`, also at the end, when the view may be mixed."""
    real = os.path.realpath(path)
    header = parse_header(read_header(real))
    wal, shm = _size(real + "-wal"), _size(real + "-shm")
    parameters = {"mode": "ro"}
    stamp: Stamp | None = None
    if header is not None and header.wal:
        if not wal and shm is None:
            stamp = _settled(real)
            if _size(real + "-wal"):
                raise UnsteadyError
            parameters["immutable"] = "1"
        else:
            parameters["readonly_shm"] = "1"
    with contextlib.closing(_connect(uri(real, **parameters), busy_seconds)) as connection:
        try:
            connection.execute("PRAGMA trusted_schema=OFF")
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            yield connection
        except sqlite3.Error as problem:
            # The last user of a log may have removed it since we looked; and a journal that a writer begins just
            # now looks for a moment like one that a dead program left, which a reader may not roll back.
            log_gone = header is not None and header.wal and "unable to open" in str(problem)
            changed = stamp is not None and stamp != _stamp(real)
            if log_gone or changed or "readonly database" in str(problem):
                raise UnsteadyError from problem
            raise
    if stamp is not None and stamp != _stamp(real):
        raise UnsteadyError


def persistently(path: str, busy_seconds: float, work: t.Callable[[sqlite3.Connection], None]) -> None:
    """Do ``work`` on a consistent view, again when the source changed its ways. Raises ``EngineError``."""
    unsteady: UnsteadyError | None = None
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE)
        unsteady = _attempt(path, busy_seconds, work)
        if unsteady is None:
            return
    cause = unsteady.__cause__ if unsteady is not None else None
    if isinstance(cause, sqlite3.Error) and "readonly database" in str(cause):
        raise explained(path, cause) from cause
    raise EngineError(
        f"The database {path} could not be opened for a consistent copy, {TRIES} times in a row",
        "Let the backup's user read the database and its -wal and -shm files; "
        "a -wal without -shm goes away when the database's program opens it once",
        code="engine.changing",
    ) from cause


def _attempt(path: str, busy_seconds: float, work: t.Callable[[sqlite3.Connection], None]) -> UnsteadyError | None:
    try:
        with opened(path, busy_seconds) as connection:
            work(connection)
    except UnsteadyError as unsteady:
        return unsteady
    except sqlite3.Error as problem:
        raise explained(path, problem) from problem
    except OSError as problem:
        raise EngineError(
            f"The database {path} cannot be read or copied: {problem.strerror}",
            "See to its path and permissions, and to the room where the backup works",
            code="engine.unreadable",
        ) from problem
    return None


def copy_to(path: str, target: str, busy_seconds: float) -> None:
    """Copy to the new file ``target`` of mode 0600. Raises ``EngineError``."""

    def work(source: sqlite3.Connection) -> None:
        remove_copy(target)
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        with contextlib.closing(_connect(uri(target, mode="rw"), 0)) as copy:
            # Its durability does not matter: it is read once, checked, and removed.
            copy.execute("PRAGMA synchronous=OFF")
            source.backup(copy)

    persistently(path, busy_seconds, work)


def remove_copy(target: str) -> None:
    """Remove the copy and what SQLite may have left beside it when it could not go on."""
    for ending in ("", "-journal", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(target + ending)


def open_copy(target: str) -> sqlite3.Connection:
    """The copy as one self-contained file: no write-ahead log, nothing beside it."""
    copy = _connect(uri(target, mode="rw"), 0)
    try:
        for statement in ("trusted_schema=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE"):
            copy.execute(f"PRAGMA {statement}")
        mode = copy.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
        if mode != "delete":
            raise EngineError(
                f"The copy of the database keeps the journal mode {mode}", "Run again", code="engine.failed"
            )
    except BaseException:
        copy.close()
        raise
    return copy


def explained(path: str, problem: sqlite3.Error) -> EngineError:
    """What SQLite said, with what to do about it."""
    said = str(problem)
    code, remedy = "engine.failed", "Run 'PRAGMA integrity_check' on it with sqlite3 and look"
    if "locked" in said or "busy" in said:
        code, remedy = "engine.busy", "Raise busy_seconds, or see which program holds its lock for so long"
    elif "readonly database" in said:
        code = "engine.recovery"
        remedy = "A program died while writing to it: open it once with that program, which brings it in order"
    elif "malformed" in said:
        code, remedy = "engine.damaged", "Restore it from a good backup; this state is not backed up as a success"
    elif "not a database" in said:
        code, remedy = "engine.source", "Name the file of a SQLite database; an encrypted one cannot be read"
    elif "full" in said:
        code, remedy = "engine.space", "Make room where the backup works; the copy needs the size of the database"
    elif "unable to open" in said:
        code, remedy = "engine.unreadable", "Let the backup's user read it and the files beside it"
    return EngineError(f"SQLite cannot back up {path}: {said}", remedy, code=code)


def _connect(where: str, busy_seconds: float) -> sqlite3.Connection:
    return sqlite3.connect(where, uri=True, timeout=busy_seconds, isolation_level=None)


def _settled(path: str) -> Stamp:
    """The stamp of a file whose last change is older than a tick of the clock that stamps it."""
    for _attempt in range(5):
        stamp = _stamp(path)
        if abs(time.time() - stamp[3] / 1e9) > _TICK:
            return stamp
        time.sleep(_TICK)
    raise UnsteadyError


def _stamp(path: str) -> Stamp:
    found = os.stat(path)
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _size(path: str) -> int | None:
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return None
