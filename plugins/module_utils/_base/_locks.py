# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks that end with their process and with the boot (``flock``), so none can go stale."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
import typing as t

from ._errors import LockError
from ._io import FILE_MODE, disk_errors, make_directory

_PATIENCE = 0.2


@contextlib.contextmanager
def hold(path: str, what: str, note: str = "") -> t.Iterator[int]:
    """Hold a lock or raise ``LockError`` at once; the file stays, its content is only a note.

    Gives the open file: who inherits it holds the lock, too.
    """
    descriptor = -1
    while descriptor < 0:
        descriptor = _take(path, what)
    try:
        # Only a note for people: on a full disk the lock itself still holds.
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"process {os.getpid()} {note}".strip().encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def remove(path: str) -> None:
    """Remove a lock file unless somebody holds it; done under the lock, so that nobody just takes it."""
    with contextlib.suppress(LockError), hold(path, "This lock"):
        os.unlink(path)


def _take(path: str, what: str) -> int:
    """The locked file, or -1 when somebody removed the file between opening and locking it: then try again."""
    with disk_errors("Cannot lock", path), contextlib.ExitStack() as undo:
        make_directory(os.path.dirname(path))
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, FILE_MODE)
        undo.callback(os.close, descriptor)
        try:
            _flock(descriptor)
        except BlockingIOError as problem:
            raise LockError(
                f"{what} is in use by another run ({_holder(descriptor)})",
                "Wait until it has ended, then start again",
                code="lock.held",
            ) from problem
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                undo.pop_all()
                return descriptor
    return -1


def _holder(descriptor: int) -> str:
    with contextlib.suppress(OSError):
        return os.pread(descriptor, 200, 0).decode("utf-8", "replace").strip() or "an unknown process"
    return "an unknown process"


def _flock(descriptor: int) -> None:
    """Lock, or raise ``BlockingIOError``; who only looks (``is_held``) holds it for an instant, which is outlasted."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise
        time.sleep(_PATIENCE / 20)


def is_held(path: str) -> bool:
    """Whether a living process holds the lock. Raises ``PipelineError`` where that cannot be seen."""
    with disk_errors("Cannot look at the lock", path):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        except (FileNotFoundError, NotADirectoryError):
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
    return False
