# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small process beside a run that cleans up when the run is killed.

A process that gets SIGKILL cannot end its children nor remove the clear copy
that an online backup needs, nor end an application's maintenance mode. The
warden can: it reads notes from a pipe, and when the pipe closes it kills the
process groups, removes the directories and runs the after-hooks that are
still noted.
"""

from __future__ import annotations

import inspect
import json
import shutil
import subprocess
import sys
import typing as t

from . import _warden_program
from ._errors import ToolError
from ._present import present

# Read while it is there: what a module of Ansible is made of is removed as soon as the module has started its run.
_PROGRAM = inspect.getsource(_warden_program)


class Warden:
    """Notes what must not outlive a run. Use as a context manager around the run.

    ``keep``: a file that stays open as long as the warden works, such as a
    lock: nobody takes a run for gone while its after-hooks are being run.
    """

    def __init__(self, keep: int | None = None) -> None:
        self._directories: set[str] = set()
        try:
            self._process = subprocess.Popen(
                [_python(), "-I", "-S", "-c", _PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
                start_new_session=True,
                pass_fds=() if keep is None else (keep,),
                bufsize=0,
            )
        except OSError as problem:
            raise ToolError(
                f"The clean-up process could not be started: {problem.strerror}",
                "See the limits on processes for this user",
                code="tool.start",
            ) from problem

    def __enter__(self) -> Warden:
        return self

    def __exit__(self, *_unused: object) -> None:
        for directory in list(self._directories):
            self.remove_directory(directory)
        try:
            present(self._process.stdin).close()
        except OSError:
            pass
        self._process.wait()

    @property
    def pid(self) -> int:
        return self._process.pid

    def watch_process(self, group: int) -> None:
        self._note("process", group, True)

    def forget_process(self, group: int) -> None:
        self._note("process", group, False)

    def watch_directory(self, path: str) -> None:
        self._directories.add(path)
        self._note("directory", path, True)

    def remove_directory(self, path: str) -> None:
        """Remove a watched directory now, and stop watching it."""
        shutil.rmtree(path, ignore_errors=True)
        self._directories.discard(path)
        self._note("directory", path, False)

    def watch_hook(self, key: str, hook: t.Mapping[str, t.Any]) -> None:
        """An after-hook that is run unless it is forgotten in time: argv, env, seconds, shift, path of the result.

        ``shift``: seconds by which the run's clock is ahead of the host's.
        """
        self._note("hook", key, True, hook=hook)

    def forget_hook(self, key: str) -> None:
        self._note("hook", key, False)

    def _note(self, what: str, value: int | str, hold: bool, **more: t.Any) -> None:
        line = json.dumps({"what": what, "value": value, "hold": hold, **more}) + "\n"
        try:
            present(self._process.stdin).write(line.encode())
        except OSError as problem:
            if hold:
                raise ToolError(
                    "The clean-up process of this run was killed",
                    "Run again; nothing was published",
                    code="tool.warden",
                ) from problem


def _python() -> str:
    return sys.executable or "/usr/bin/python3"
