# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program of the site that reads the plain stream beside us, and says by its exit status whether it is whole."""

from __future__ import annotations

import contextlib
import signal
import typing as t

from ..._base._process import Child, end_words
from .._base import Buffer
from ._end import incomplete

# A program may stop reading behind the last thing that it looks for; more than this was left out unseen.
SLACK = 1 << 16
_SHOWN = 300


class CheckProgram:
    """An `EndCheck` by a child that is fed as the stream passes.

    A slow program slows the dump down; nothing is kept in memory for it. One
    that hangs is ended by `stop`, at the time limit or with the run.
    """

    def __init__(self, start: t.Callable[[], Child]) -> None:
        self._start = start
        self._child: Child | None = None
        self._count = 0
        self._missed = 0

    def feed(self, chunk: Buffer) -> None:
        if self._child is None:
            self._child = self._start()
        self._count += len(chunk)
        view = memoryview(chunk)
        if not self._missed:
            try:
                while view:
                    view = view[self._child.stdin.write(view) :]
            except (OSError, ValueError):
                # It reads no more; why, its end will tell.
                pass
        self._missed += len(view)
        # Not at once: a dump that fails and says so in its stream is told by its own words, a moment later.
        if self._missed > SLACK:
            self._judge(self._child)

    def finish(self) -> None:
        """Raise ``EngineError`` (``engine.incomplete``) unless the program read all and ended with 0."""
        if self._child is None:
            self._child = self._start()
        self._judge(self._child)

    def stop(self) -> None:
        """End the program, from any thread."""
        if self._child is not None:
            self._child.signal_group(signal.SIGKILL)

    def close(self) -> None:
        """See that the program is gone; harmless when it is."""
        if self._child is not None:
            self._child.kill()

    def _judge(self, child: Child) -> None:
        with contextlib.suppress(OSError, ValueError):
            child.stdin.close()
        result = child.wait_alone(float("inf"))
        name = child.command.name
        if result.status != 0:
            last = result.stderr.strip().rpartition("\n")[2][-_SHOWN:]
            raise incomplete(
                f"the check program '{name}' {end_words(result.status)}"
                + (f": {last}" if last else " and said nothing"),
                "See what it says of the dump; run dump and check by hand",
                detail=result.stderr,
            )
        if self._missed > SLACK:
            raise incomplete(
                f"the check program '{name}' left {self._missed} of {self._count} bytes unread, so it saw no end",
                "Let it read all that it gets, or see what follows behind the dump's own end",
                detail=result.stderr,
            )
