# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a run is told to stop: by SIGTERM, SIGINT (Ctrl-C) or SIGHUP, once."""

from __future__ import annotations

import contextlib
import signal
import typing as t

from ._errors import BackupError

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class StoppedError(BaseException):
    """The run was told to stop: no handler of errors may take it for one of theirs and go on."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.error = BackupError(
            f"The run was told to stop ({name})",
            "Start it again; what was finished is kept",
            code="run.terminated",
        )


class _Patience:
    """Whether a signal has to wait for something that must not be cut short, and which one does."""

    depth = 0
    waiting = ""


def listen() -> None:
    """Raise `StoppedError` in the main thread at the first signal; later ones do not disturb the clean-up."""
    for number in _SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _told)


@contextlib.contextmanager
def held_back() -> t.Iterator[None]:
    """What runs inside is not cut short: a signal that comes meanwhile is raised as `StoppedError` at the end."""
    _Patience.depth += 1
    try:
        yield
    finally:
        _Patience.depth -= 1
        if not _Patience.depth and _Patience.waiting:
            name, _Patience.waiting = _Patience.waiting, ""
            raise StoppedError(name)


def _told(number: int, _frame: object) -> None:
    # Not SIG_IGN, which every program that is started from now on would inherit, the after-hooks among them.
    for other in _SIGNALS:
        signal.signal(other, _deaf)
    name = signal.Signals(number).name
    if _Patience.depth:
        _Patience.waiting = name
        return
    raise StoppedError(name)


def _deaf(_number: int, _frame: object) -> None:
    """Told once is enough."""
