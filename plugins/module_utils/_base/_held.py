# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories held open: what is done below one reaches the file system it was opened on, and no other.

Paths are not trusted while a mount may vanish under them: a path would then
lead into the empty directory below, on the root disk.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import typing as t

from ._io import DIRECTORY_MODE, FILE_MODE

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# Some network file systems cannot flush a directory and say so in one of these.
_NO_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)


@contextlib.contextmanager
def opened_root(path: str) -> t.Iterator[int]:
    """The root of a medium, held open; a mount that is held so cannot be taken away quietly."""
    descriptor = os.open(path, _OPEN)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def open_below(parent: int, name: str) -> int:
    """A directory in an open one; a link is refused."""
    return os.open(name, _OPEN | os.O_NOFOLLOW, dir_fd=parent)


def is_directory_below(parent: int, name: str) -> bool:
    """Whether a directory lies there, and no link to one."""
    return stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)


def make_below(parent: int, name: str) -> None:
    """Make a directory of mode 0700 where there is none."""
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, DIRECTORY_MODE, dir_fd=parent)
        sync(parent)


def create_below(parent: int, name: str) -> int:
    """A new file of mode 0600 for writing."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(name, flags, FILE_MODE, dir_fd=parent)


def plain_below(parent: int, name: str) -> int | None:
    """A plain file for reading; None where there is none, or a link, a directory or a device instead."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        descriptor = os.open(name, flags, dir_fd=parent)
    except OSError as problem:
        if problem.errno in (errno.ENOENT, errno.ELOOP, errno.ENXIO):
            return None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return None
    os.set_blocking(descriptor, True)
    return descriptor


def exists_below(parent: int, name: str) -> bool:
    with contextlib.suppress(FileNotFoundError):
        os.stat(name, dir_fd=parent, follow_symlinks=False)
        return True
    return False


def remove_flat(parent: int, name: str) -> None:
    """Remove a directory of plain files. One that holds directories is none of ours: ``OSError``."""
    descriptor = open_below(parent, name)
    try:
        for entry in os.listdir(descriptor):
            os.unlink(entry, dir_fd=descriptor)
    finally:
        os.close(descriptor)
    os.rmdir(name, dir_fd=parent)


def open_to_others(descriptor: int) -> bool:
    """Whether the mode lets group or others in, whatever was asked for."""
    return bool(os.fstat(descriptor).st_mode & 0o077)


def sync(descriptor: int) -> None:
    """Flush a directory, where the file system can."""
    try:
        os.fsync(descriptor)
    except OSError as problem:
        if problem.errno not in _NO_SYNC:
            raise


def identity(status: os.stat_result) -> tuple[int, int]:
    """What tells one directory from every other: device and inode."""
    return status.st_dev, status.st_ino


def leads_to(parent: int, name: str, descriptor: int) -> bool:
    """Whether a name still leads to what is held open, and not to what somebody else put there since."""
    with contextlib.suppress(FileNotFoundError):
        found = os.stat(name, dir_fd=parent, follow_symlinks=False)
        return identity(found) == identity(os.fstat(descriptor))
    return False
