# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks what may never answer: a NAS that hangs holds the thread that asked it, and nobody else."""

from __future__ import annotations

import threading
import typing as t

from ._threads import begin

Value = t.TypeVar("Value")


class _Kept:
    """Keeps what is raised below it, for the one who waits in another thread."""

    def __init__(self) -> None:
        self.problem: BaseException | None = None

    def __enter__(self) -> None:
        """Nothing is raised yet."""

    def __exit__(self, _kind: object, problem: BaseException | None, _trace: object) -> bool:
        self.problem = problem
        return True


def within(seconds: float, work: t.Callable[[], Value]) -> Value:
    """What ``work`` returns or raises; ``TimeoutError`` when it does neither in time. Its thread is left behind."""
    done: list[Value] = []
    kept = _Kept()

    def run() -> None:
        with kept:
            done.append(work())

    asker = threading.Thread(target=run, name="patience", daemon=True)
    begin(asker)
    asker.join(seconds)
    if kept.problem is not None:
        raise kept.problem
    if not done:
        raise TimeoutError
    return done[0]
