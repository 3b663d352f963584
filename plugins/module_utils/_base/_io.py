# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are written once, flushed to the disk, and read back from the disk."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import hashlib
import os
import shutil
import tempfile
import typing as t

from ._errors import PipelineError

CHUNK = 1 << 20
PART = ".part"
FILE_MODE = 0o600
DIRECTORY_MODE = 0o700


@dataclasses.dataclass(frozen=True)
class Digest:
    """What was read: number of bytes and SHA-256 in hex."""

    bytes: int
    sha256: str

    def as_dict(self) -> dict[str, t.Any]:
        return {"bytes": self.bytes, "sha256": self.sha256}


class Meter:
    """Hashes and counts what passes."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.count = 0

    def feed(self, chunk: bytes | memoryview) -> None:
        self._hash.update(chunk)
        self.count += len(chunk)

    def digest(self) -> Digest:
        return Digest(self.count, self._hash.hexdigest())


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Write everything; a raw write may take less than it was given."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def create(path: str) -> int:
    """A new file of mode 0600 for writing; it must not exist, and no link is followed."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, FILE_MODE)
    os.fchmod(descriptor, FILE_MODE)
    return descriptor


def open_to_read(path: str) -> int:
    """A regular file for reading; a link, a directory or a device is refused."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    if not _is_regular(descriptor):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "is not a regular file", path)
    os.set_blocking(descriptor, True)
    return descriptor


def always() -> bool:
    """For what needs no waiting."""
    return True


def chunks(descriptor: int, size: int = CHUNK, *, ready: t.Callable[[], bool] = always) -> t.Iterator[memoryview]:
    """Everything from here to the end, in one reused buffer: use each chunk before the next.

    ``ready`` is asked before each read and may wait; False ends it early.
    """
    buffer = bytearray(size)
    view = memoryview(buffer)
    while ready():
        count = os.readv(descriptor, [buffer])
        if not count:
            return
        yield view[:count]


def forget_cache(descriptor: int) -> None:
    """Let the kernel drop its copy, so that the next read comes from the medium."""
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def read_ahead(descriptor: int) -> None:
    """Tell the kernel that all will be read in order: the disk then works while we hash."""
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_SEQUENTIAL)


def sync_directory(path: str) -> None:
    """Flush a directory, so that names in it survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: str) -> None:
    """Flush a file that another program wrote."""
    descriptor = open_to_read(path)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_directory(path: str) -> None:
    """Make a directory of mode 0700 where there is none, parents included."""
    if os.path.isdir(path):
        return
    parent = os.path.dirname(path.rstrip("/"))
    if parent and not os.path.isdir(parent):
        make_directory(parent)
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, DIRECTORY_MODE)
    sync_directory(parent or "/")


def write_new(path: str, data: bytes) -> None:
    """Write a new file whole and flushed; it must not exist."""
    descriptor = create(path)
    try:
        write_all(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace(path: str, data: bytes) -> None:
    """Replace a state file in one step: a reader sees the old or the new one, never half."""
    temporary = path + PART
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)
    try:
        write_new(temporary, data)
        os.rename(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    sync_directory(os.path.dirname(path) or ".")


def read_small(path: str, limit: int) -> bytes:
    """A small regular file whole; more than ``limit`` bytes are refused."""
    descriptor = open_to_read(path)
    try:
        parts = []
        left = limit + 1
        while left > 0:
            chunk = os.read(descriptor, min(left, CHUNK))
            if not chunk:
                break
            parts.append(chunk)
            left -= len(chunk)
    finally:
        os.close(descriptor)
    if left <= 0:
        raise OSError(errno.EFBIG, f"is larger than {limit} bytes", path)
    return b"".join(parts)


@contextlib.contextmanager
def scratch(prefix: str, parent: str | None = None) -> t.Iterator[str]:
    """A directory of mode 0700 that is gone afterwards; ``PipelineError`` where none can be made."""
    with disk_errors("Cannot make a working directory in", parent or "the directory of temporary files"):
        path = tempfile.mkdtemp(prefix=prefix, dir=parent)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def disk_errors(what: str, path: str) -> t.Iterator[None]:
    """Turns an operating-system error into words: what failed, on what, what to do."""
    try:
        yield
    except OSError as problem:
        raise disk_error(what, path, problem) from problem


def disk_error(what: str, path: str, problem: OSError) -> PipelineError:
    remedy, code = _REMEDIES.get(problem.errno or 0, ("See the disk and the permissions", "disk"))
    return PipelineError(f"{what} {path}: {problem.strerror or problem}", remedy, code=code)


_REMEDIES = {
    errno.ENOSPC: ("Free space or enlarge the file system; nothing was published", "disk.full"),
    errno.EDQUOT: ("Raise the quota of this user; nothing was published", "disk.full"),
    errno.EROFS: ("The file system is read-only: see the mount and the kernel's log", "disk.readonly"),
    errno.EACCES: ("Give the user of the backup access to it", "disk.permission"),
    errno.EPERM: ("Give the user of the backup access to it", "disk.permission"),
    errno.EIO: ("The disk reports an input/output error: see the kernel's log and replace it", "disk.io"),
    errno.ENOENT: ("It is not there: see the path and whether the medium is mounted", "disk.missing"),
    errno.EEXIST: ("It exists already and is never overwritten", "disk.exists"),
    errno.ENOTEMPTY: ("It exists already and is never overwritten", "disk.exists"),
    errno.ESTALE: ("The network mount went away: mount it again", "disk.missing"),
}


def _is_regular(descriptor: int) -> bool:
    return (os.fstat(descriptor).st_mode & 0o170000) == 0o100000


def existing_parent(path: str) -> str:
    """The nearest directory above a path that exists already."""
    while path != "/" and not os.path.isdir(path):
        path = os.path.dirname(path)
    return path
