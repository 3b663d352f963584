# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each kind of fault does at a boundary, inside the process that runs the core."""

from __future__ import annotations

import errno
import io
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import time
import typing as t

Cross = t.Callable[..., t.Any]
FROM_THEN_ON = " from then on"
HALF = (
    "import subprocess, sys; "
    "said = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, close_fds=False).stdout; "
    "sys.stdout.buffer.write(said[: len(said) // 2])"
)
_STRACE = ("/usr/bin/strace", "-qq", "-f", "-o", "/dev/null", "-e")
CHILDREN: t.Mapping[str, t.Sequence[str]] = {
    "child fails": ("/bin/sh", "-c", "echo 'this fault was made' >&2; exit 3"),
    "child half": ("/usr/bin/python3", "-c", HALF),
    "child killed": ("/bin/sh", "-c", "kill -KILL $$"),
    "child missing": ("/nonexistent/program",),
    "child stays": ("/bin/sleep", "600"),
    "child talks": ("/bin/sh", "-c", 'echo "something odd was seen" >&2; exec "$0" "$@"'),
    # Its own calls of the system fail, those of its children too; its loader reads five times at most.
    "child cannot read": (*_STRACE, "inject=read:error=EIO:when=6+"),
    "child cannot write": (*_STRACE, "inject=write:error=ENOSPC:when=1+"),
}
# What runs in the place of the program, and does not take its words.
_INSTEAD = ("child fails", "child stays", "child killed", "child missing")


def strike(kind: str, cross: Cross, args: t.Any, kwargs: t.Any) -> t.Any:
    """Cross the border with a fault of that kind."""
    kind = kind.replace(FROM_THEN_ON, "")
    if kind in CHILDREN and cross is not subprocess.Popen:
        return _child(kind, cross, args, kwargs)
    if kind in _ACTS:
        return _ACTS[kind](cross, args, kwargs)
    if kind in _DATABASE:
        raise _DATABASE[kind]
    if cross is os.close:
        cross(*args)
    number = getattr(errno, kind)
    names = [word for word in args[:1] if isinstance(word, (str, bytes))]
    raise OSError(number, os.strerror(number), *names)


def end_ourselves() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _kill(cross: Cross, args: t.Any, kwargs: t.Any) -> t.Any:
    end_ourselves()


def _kill_after(cross: Cross, args: t.Any, kwargs: t.Any) -> t.Any:
    cross(*args, **kwargs)
    end_ourselves()


def _stop(cross: Cross, args: t.Any, kwargs: t.Any) -> t.Any:
    os.kill(os.getpid(), signal.SIGTERM)
    return cross(*args, **kwargs)


def _hang(cross: Cross, args: t.Any, kwargs: t.Any) -> t.Any:
    while True:
        time.sleep(3600)


def _denied(cross: Cross, args: t.Any, kwargs: t.Any) -> t.Any:
    return False


def _nothing(cross: Cross, args: t.Any, kwargs: t.Any) -> t.Any:
    return None


def _none(cross: Cross, args: t.Any, kwargs: t.Any) -> t.Any:
    return None if cross is shutil.which else args[0] if cross is os.path.realpath else []


def _unknown(cross: Cross, args: t.Any, kwargs: t.Any) -> t.Any:
    raise KeyError(args[0])


def _no_thread(cross: Cross, args: t.Any, kwargs: t.Any) -> t.Any:
    raise RuntimeError("can't start new thread")


def _child_killed(cross: Cross, args: t.Any, kwargs: t.Any) -> t.Any:
    process: subprocess.Popen[bytes] = cross(*args, **kwargs)
    os.killpg(process.pid, signal.SIGKILL)
    return process


def _child(kind: str, cross: Cross, args: t.Any, kwargs: t.Any) -> t.Any:
    """Another program in the place of one that is written down, or one around it."""
    inner = () if kind in _INSTEAD else tuple(args[0])
    return cross((*CHILDREN[kind], *inner), *args[1:], **kwargs)


def _broken(cross: Cross, args: t.Any, kwargs: t.Any) -> t.Any:
    """A file that opens and then fails: its reads by an I/O error, its writes by a full disk, both the kernel's own."""
    mode = args[1] if len(args) > 1 else kwargs.get("mode", "r")
    options = {key: value for key, value in kwargs.items() if key in ("encoding", "errors", "newline")}
    return open("/proc/self/mem" if "r" in mode else "/dev/full", mode, **options)


def _short(cross: Cross, args: t.Any, kwargs: t.Any) -> t.Any:
    """Half of what was asked for, which every read and every raw write may do."""
    if cross is os.read:
        return cross(args[0], args[1] // 2 or 1)
    if cross is os.pread:
        return cross(args[0], args[1] // 2 or 1, args[2])
    if cross is os.readv:
        view = memoryview(args[1][0])
        return cross(args[0], [view[: len(view) // 2 or 1]])
    if cross in (os.write, os.pwrite):
        data = memoryview(args[1])
        return cross(args[0], data[: (len(data) + 1) // 2], *args[2:])
    if isinstance(getattr(cross, "__self__", None), io.RawIOBase):
        first = args[0] if args else -1
        half = (first // 2 or 1) if isinstance(first, int) else memoryview(first)[: (len(first) + 1) // 2]
        return cross(half)
    return cross(*args, **kwargs)


def _empty(cross: t.Any, args: t.Any, kwargs: t.Any) -> t.Any:
    """The end of the file, sooner than it should come; a pipe has none while somebody may write to it."""
    descriptor = args[0] if args and cross in (os.read, os.readv, os.pread) else cross.__self__.fileno()
    if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        return cross(*args, **kwargs)
    return 0 if cross is os.readv else b""


_ACTS: t.Mapping[str, t.Callable[[Cross, t.Any, t.Any], t.Any]] = {
    "kill": _kill,
    "killed after": _kill_after,
    "stop": _stop,
    "hang": _hang,
    "denied": _denied,
    "nothing": _nothing,
    "none": _none,
    "unknown": _unknown,
    "no thread": _no_thread,
    "child killed": _child_killed,
    "broken": _broken,
    "short": _short,
    "empty": _empty,
}
_DATABASE = {
    "disk I/O error": sqlite3.OperationalError("disk I/O error"),
    "malformed": sqlite3.DatabaseError("database disk image is malformed"),
    "database or disk is full": sqlite3.OperationalError("database or disk is full"),
    "locked": sqlite3.OperationalError("database is locked"),
}
