# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watches one case: what it writes, what it starts, how long it takes.

An audit hook of the interpreter sees every file operation, also those of
threads. It cannot be taken out again, so it does nothing while no case runs.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
import typing as t

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Credentials of a check lie in memory.
_HARMLESS = ("/dev/null", "/dev/shm/nusantara-backup-")
# Which arguments of an event are paths that are changed, and which one is the directory they are relative to.
_CHANGES: t.Mapping[str, tuple[tuple[int, int], ...]] = {
    "os.mkdir": ((0, 2),),
    "os.rename": ((0, 2), (1, 3)),
    "os.remove": ((0, 1),),
    "os.rmdir": ((0, 1),),
    "os.link": ((1, 3),),
    "os.symlink": ((1, 2),),
    "os.truncate": ((0, -1),),
    "os.chmod": ((0, 2),),
    "os.chown": ((0, 3),),
    "os.utime": ((0, 3),),
    "os.setxattr": ((0, -1),),
    "os.removexattr": ((0, -1),),
}
_FORBIDDEN = frozenset({"socket.connect", "socket.sendto", "os.system", "os.exec", "os.posix_spawn", "os.fork"})


class Hang(BaseException):
    """The case did not end in its time."""


class Watch:
    """One case at a time: ``broken`` lists what it did outside of its root."""

    def __init__(self) -> None:
        self.broken: list[str] = []
        self._roots: tuple[str, ...] = ()
        self._programs: t.Collection[str] = ()

    @contextlib.contextmanager
    def over(self, root: str, seconds: float, programs: t.Collection[str] = ()) -> t.Iterator[None]:
        """Writes only below ``root``, starts only ``programs``, and ends within ``seconds``."""
        self.broken = []
        self._roots, self._programs = (os.path.realpath(root),), programs
        try:
            with _time_limit(seconds):
                yield
        finally:
            self._roots = ()

    def see(self, event: str, arguments: tuple[t.Any, ...]) -> None:
        if not self._roots:
            return
        if event == "open":
            path, flags = arguments[0], arguments[2]
            if isinstance(flags, int) and flags & _WRITING:
                self._demand(event, path, -1, follow=not flags & (os.O_NOFOLLOW | os.O_EXCL))
        elif event in _CHANGES:
            for place, directory in _CHANGES[event]:
                self._demand(event, arguments[place], arguments[directory] if directory >= 0 else -1, follow=False)
        elif event == "subprocess.Popen":
            if os.path.basename(os.fsdecode(arguments[0])) not in self._programs:
                raise PermissionError(1, "no program is started here", os.fsdecode(arguments[0]))
        elif event in _FORBIDDEN:
            self._refuse(f"{event} {arguments!a}")

    def _demand(self, event: str, path: t.Any, directory: int, *, follow: bool) -> None:
        if isinstance(path, int):
            return
        text = os.fsdecode(path)
        if directory != -1:
            # Relative to a directory that was opened before, which was seen then.
            if os.path.isabs(text) or ".." in text.split("/"):
                self._refuse(f"{event} {text!a}")
            return
        parent, name = os.path.split(os.path.abspath(text))
        where = os.path.realpath(text) if follow else os.path.join(os.path.realpath(parent), name)
        if not where.startswith(_HARMLESS) and not any(
            where == root or where.startswith(root + "/") for root in self._roots
        ):
            self._refuse(f"{event} {where!a}")

    def _refuse(self, what: str) -> t.NoReturn:
        self.broken.append(what)
        raise PermissionError(1, f"outside of the root: {what}")


WATCH = Watch()
sys.addaudithook(WATCH.see)


@contextlib.contextmanager
def _time_limit(seconds: float) -> t.Iterator[None]:
    """Raises `Hang` in the main thread, wherever it waits; a timer that ran already goes on afterwards."""

    def late(_number: int, _frame: object) -> t.NoReturn:
        raise Hang(f"it did not end within {seconds:g} seconds")

    began = time.monotonic()
    handler = signal.signal(signal.SIGALRM, late)
    left, _interval = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - began), 0.001))
