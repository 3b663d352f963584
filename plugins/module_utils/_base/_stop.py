# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a run is told to stop: by SIGTERM, SIGINT (Ctrl-C) or SIGHUP, once."""

from __future__ import annotations

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


def listen() -> None:
    """Raise `StoppedError` in the main thread at the first signal; later ones do not disturb the clean-up."""
    for number in _SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _told)


def _told(number: int, _frame: object) -> t.NoReturn:
    for other in _SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    raise StoppedError(signal.Signals(number).name)
