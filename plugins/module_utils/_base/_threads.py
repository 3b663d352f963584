# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts threads; a host that allows no more of them says so in words."""

from __future__ import annotations

import contextlib
import threading
import typing as t

from ._errors import ToolError


def begin(thread: threading.Thread) -> None:
    """Start a thread, or raise ``ToolError``."""
    with thread_errors():
        thread.start()


@contextlib.contextmanager
def thread_errors() -> t.Iterator[None]:
    """Turns Python's ``RuntimeError`` of a thread that could not be started into words. Nothing else may run in it."""
    try:
        yield
    except RuntimeError as problem:
        raise ToolError(
            f"No further thread could be started: {problem}",
            "See the limits on processes and memory for this user (TasksMax of the unit, ulimit -u)",
            code="tool.start",
        ) from problem
