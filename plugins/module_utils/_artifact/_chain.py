# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs one behind the other, each fed by the one before."""

from __future__ import annotations

import contextlib
import fcntl
import signal
import subprocess
import typing as t

from .._base._errors import PipelineError
from .._base._io import CHUNK, write_all
from .._base._process import Child, Children, Command, Result, end_words

_SET_PIPE_SIZE = 1031
_HARMLESS = (0, -signal.SIGPIPE)


class Chain:
    """Starts the programs; use it as a context manager, so that none outlives it.

    ``put`` feeds the first program, ``exit`` is where the last one writes.
    """

    def __init__(self, commands: t.Sequence[Command], children: Children) -> None:
        self._stages: list[Child] = []
        try:
            for command in commands:
                feed = self._stages[-1].stdout if self._stages else subprocess.PIPE
                self._stages.append(children.spawn(command, stdin=feed, stdout=subprocess.PIPE))
                widen(self._stages[-1].stdout)
                if not isinstance(feed, int):
                    feed.close()
            widen(self._stages[0].stdin)
        except BaseException:
            self.kill()
            raise
        self.entry = self._stages[0].stdin.fileno()
        self.exit = self._stages[-1].stdout.fileno()

    def __enter__(self) -> Chain:
        return self

    def __exit__(self, *unused: object) -> None:
        self.kill()

    def put(self, chunk: memoryview) -> None:
        write_all(self.entry, chunk)

    def close_entry(self) -> None:
        """No more is coming."""
        with contextlib.suppress(OSError):
            self._stages[0].stdin.close()

    def check(self) -> None:
        """Wait for all; raise for the one that failed first: the rest only lost their partner."""
        ended = [(stage.command.name, stage.wait()) for stage in self._stages]
        guilty = [pair for pair in ended if pair[1].status not in _HARMLESS]
        for name, result in guilty or ended:
            if result.status != 0 or result.stderr:
                raise _failure(name, result)

    def stop(self) -> None:
        """End the programs from any thread; whoever reads or feeds them comes back."""
        for stage in self._stages:
            stage.signal_group(signal.SIGKILL)

    def kill(self) -> None:
        for stage in self._stages:
            stage.kill()


def widen(pipe: t.IO[bytes]) -> None:
    """A larger pipe means fewer switches between processes; a host may forbid it, which harms nothing."""
    with contextlib.suppress(OSError):
        fcntl.fcntl(pipe.fileno(), _SET_PIPE_SIZE, CHUNK)


def _failure(name: str, result: Result) -> PipelineError:
    return PipelineError(
        f"'{name}' {end_words(result.status)}" + (f": {result.stderr}" if result.stderr else ""),
        "See the memory and the disk of the host; nothing was published",
        code="pipeline.stage",
        detail=result.stderr,
    )
