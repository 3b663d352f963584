# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small process beside a run that cleans up when the run is killed.

A process that gets SIGKILL cannot end its children nor remove the clear copy
that an online backup needs. The warden can: it reads notes from a pipe, and
when the pipe closes without a farewell it kills the process groups and
removes the directories that were noted.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

from ._errors import ToolError
from ._present import present

_SCRIPT = """
import json, os, shutil, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
processes, directories = set(), set()
for line in sys.stdin.buffer:
    note = json.loads(line)
    held = processes if note["what"] == "process" else directories
    (held.add if note["hold"] else held.discard)(note["value"])
for process in processes:
    try:
        os.killpg(process, signal.SIGKILL)
    except OSError:
        pass
for directory in directories:
    shutil.rmtree(directory, ignore_errors=True)
"""


class Warden:
    """Notes what must not outlive a run. Use as a context manager around the run."""

    def __init__(self) -> None:
        self._directories: set[str] = set()
        try:
            self._process = subprocess.Popen(
                [_python(), "-I", "-S", "-c", _SCRIPT],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
                start_new_session=True,
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

    def _note(self, what: str, value: int | str, hold: bool) -> None:
        line = json.dumps({"what": what, "value": value, "hold": hold}) + "\n"
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
