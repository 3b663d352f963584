# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client program that is fed scripts and answers lines, whatever the server.

Everything is bounded by time: a server that stops answering ends in an
``EngineError``, and the child never outlives the conversation.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
import typing as t

from .._base._errors import EngineError, ToolError
from .._base._process import Child, Children, Command, end_words

FAREWELL_SECONDS = 5
_LIMIT = 64 << 20
_GLANCE_SECONDS = 5


class Failure(t.Protocol):
    """How an engine tells what its client said: of what, the client's stderr, and how it ended."""

    def __call__(self, what: str, said: str, ended: str = "") -> EngineError:
        """The error for it."""


class Conversation:
    """One client child. Use as a context manager: leaving it ends the session on the server too.

    ``code`` and ``late`` are the engine's codes for an answer without end and for none in time.
    """

    def __init__(
        self,
        what: str,
        command: Command,
        children: Children,
        failure: Failure,
        *,
        program: str,
        code: str,
        late: str,
    ) -> None:
        self._what = what
        self._failure = failure
        self._program = program
        self._code = code
        self._late = late
        self._child: Child = children.spawn(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._lines = bytearray()
        self._open: list[int] = []
        self._closed = False

    def __exit__(self, *_unused: object) -> None:
        self.close()

    def said(self) -> str:
        """What the client wrote to stderr so far."""
        return self._child.stderr()

    def close(self) -> None:
        """Cancel what still runs, leave, and see that the child is gone; harmless when it is."""
        if self._closed:
            return
        self._closed = True
        if self._child.process.poll() is None and self._open:
            self._child.signal_group(signal.SIGINT)
        try:
            self._child.stdin.close()
        except (OSError, ValueError):
            pass
        try:
            self._drain(FAREWELL_SECONDS)
            self._child.wait(FAREWELL_SECONDS)
        except (ToolError, OSError, ValueError):
            # It did not leave in time, or its pipe is closed already: then it is ended.
            pass
        finally:
            self._child.kill()

    def _write(self, script: bytes) -> None:
        """Feed the client; where it reads no more, its end says why."""
        data = memoryview(script)
        try:
            while data:
                data = data[self._child.stdin.write(data) :]
        except (OSError, ValueError) as problem:
            raise self._ended() from problem

    def _line(self, seconds: float) -> bytes:
        """The next line of an answer, which may take ``seconds``."""
        end = time.monotonic() + seconds
        searched = 0
        while True:
            at = self._lines.find(b"\n", searched)
            if at >= 0:
                line = bytes(self._lines[:at])
                del self._lines[: at + 1]
                return line
            searched = len(self._lines)
            if searched > _LIMIT:
                raise EngineError(f"{self._what}: an answer has no end", "See the server", code=self._code)
            chunk = self._read(min(end - time.monotonic(), _GLANCE_SECONDS))
            if chunk is None:
                self._see_that_it_lives()
                if time.monotonic() >= end:
                    raise self._too_late(seconds)
            elif not chunk:
                raise self._ended()
            else:
                self._lines += chunk

    def _see_that_it_lives(self) -> None:
        """Nothing came for a while. A client that would not notice by itself that its server is gone is asked here."""

    def _read(self, seconds: float) -> bytes | None:
        """What came on stdout: empty at its end, None when nothing came in time."""
        ready = select.poll()
        ready.register(self._child.stdout, select.POLLIN)
        if not ready.poll(max(seconds, 0) * 1000):
            return None
        return os.read(self._child.stdout.fileno(), 65536)

    def _drain(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._read(end - time.monotonic()):
            pass

    def _too_late(self, seconds: float) -> EngineError:
        return EngineError(
            f"{self._what}: the server did not answer within {seconds:g} seconds",
            "See whether the server or its disk hangs, and locks that others hold",
            code=self._late,
            detail=self.said(),
        )

    def _ended(self) -> EngineError:
        try:
            result = self._child.wait(FAREWELL_SECONDS)
        except ToolError as late:
            return self._failure(self._what, late.detail, f"{self._program} stopped answering")
        return self._failure(self._what, result.stderr, f"{self._program} {end_words(result.status)}")
