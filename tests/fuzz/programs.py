# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that are not there: what they say was made up, and no process is started."""

from __future__ import annotations

import collections
import contextlib
import os
import re
import typing as t

from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Child, Children, Command, Result

# How clients are asked to say where an answer ends: psql, mariadb.
_MARK = re.compile(rb"\\echo (\S+)\n|SELECT '([0-9a-f]{8,}-[0-9]+)';")
_VERSIONS: t.Mapping[str, bytes] = {
    "psql": b"psql (PostgreSQL) 17.5\n",
    "pg_dump": b"pg_dump (PostgreSQL) 17.5\n",
    "pg_dumpall": b"pg_dumpall (PostgreSQL) 17.5\n",
    "tar": b"tar (GNU tar) 1.34\n",
    "mariadb": b"mariadb from 11.8.2-MariaDB, client 15.2 for debian-linux-gnu (x86_64)\n",
    "mariadb-dump": b"mariadb-dump from 11.8.2-MariaDB, client 10.19 for debian-linux-gnu (x86_64)\n",
    "mysql": b"mysql  Ver 9.7.0 for Linux on x86_64 (Source distribution)\n",
    "mysqldump": b"mysqldump  Ver 9.7.0 for Linux on x86_64 (Source distribution)\n",
}


class Said(t.NamedTuple):
    """What one program says: its answers one after the other, its words on stderr, how it ends."""

    answers: t.Sequence[bytes]
    stderr: str
    status: int
    odd_version: bytes | None = None


class _Process:
    def __init__(self, status: int) -> None:
        self.pid = 0
        self.returncode = status

    def poll(self) -> int:
        return self.returncode

    def wait(self, _timeout: float | None = None) -> int:
        return self.returncode


class _Ears:
    """Standard input: when a client is asked to say where an answer ends, the next answer comes, and that mark."""

    def __init__(self, said: Said, mouth: int) -> None:
        self._answers = collections.deque(said.answers)
        self._mouth = mouth
        self._heard = b""

    def write(self, data: bytes | memoryview) -> int:
        self._heard += bytes(data)
        while found := _MARK.search(self._heard):
            self._heard = self._heard[found.end() :]
            answer = self._answers.popleft() if self._answers else b""
            # A client ends each row with a line feed, whatever stands in it.
            answer += b"" if answer.endswith(b"\n") or not answer else b"\n"
            self.say(answer + (found[1] or found[2]) + b"\n")
        return len(data)

    def say(self, data: bytes) -> None:
        # A pipe holds 64 KiB: what does not fit is not said.
        with contextlib.suppress(OSError):
            os.write(self._mouth, data[:60_000])

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        if self._mouth >= 0:
            os.close(self._mouth)
        self._mouth = -1

    def fileno(self) -> int:
        return self._mouth


class _FakeChild:
    def __init__(self, command: Command, said: Said) -> None:
        ear, mouth = os.pipe()
        os.set_blocking(mouth, False)
        self.command = command
        self.process = _Process(said.status)
        self.stdin = _Ears(said, mouth)
        self.stdout = os.fdopen(ear, "rb", buffering=0)
        self._said = said
        if command.name in ("tar", "cat", "printf"):
            self.stdin.say(b"".join(said.answers))
            self.stdin.close()

    def stderr(self) -> str:
        return self._said.stderr

    def wait(self, _timeout: float | None = None) -> Result:
        return Result(self._said.status, b"", self._said.stderr)

    def signal_group(self, _number: int) -> None:
        self.stdin.close()

    def kill(self) -> None:
        self.stdin.close()
        with contextlib.suppress(OSError):
            self.stdout.close()


class Programs(Children):
    """Stands for the starter of programs: every program that is asked for says what comes next."""

    def __init__(self, said: t.Sequence[Said]) -> None:
        super().__init__()
        self._next = collections.deque(said)
        self._made: list[_FakeChild] = []

    def __exit__(self, *_unused: object) -> None:
        for child in self._made:
            child.kill()

    def spawn(self, command: Command, **_streams: t.Any) -> Child:
        child = _FakeChild(command, self._taken())
        self._made.append(child)
        return t.cast("Child", child)

    def run(self, command: Command, **_more: t.Any) -> Result:
        version = _VERSIONS.get(command.name)
        if "--version" in command.argv and version is not None and (not self._next or not self._next[0].odd_version):
            return Result(0, version, "")
        said = self._taken()
        return Result(said.status, said.odd_version or b"".join(said.answers), said.stderr)

    def _taken(self) -> Said:
        return self._next.popleft() if self._next else Said((), "", 0)
