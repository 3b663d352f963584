# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A throwaway Redis server on a socket of its own."""

from __future__ import annotations

import contextlib
import pathlib
import subprocess
import typing as t

from tests.support.site import wait_until

# A snapshot waits for other replicas otherwise.
_AT_ONCE = ("--repl-diskless-sync-delay", "0")
# Every key with a digest of its serialised value.
_CONTENT = """
local found = {}
for _, key in ipairs(redis.call('keys', '*')) do
  found[#found + 1] = key .. ' ' .. redis.sha1hex(redis.call('dump', key))
end
table.sort(found)
return found
"""


class Redis:
    """One server; its keys are compared by their serialised values."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory = directory
        self.socket = str(directory / "redis.sock")

    def cli(self, *words: str, data: bytes = b"") -> bytes:
        command = ["redis-cli", "-s", self.socket, *words]
        return subprocess.run(command, input=data, capture_output=True, check=True, timeout=60).stdout

    def answers(self) -> bool:
        done = subprocess.run(["redis-cli", "-s", self.socket, "ping"], capture_output=True, check=False)
        return done.stdout == b"PONG\n"

    def content(self) -> list[bytes]:
        return self.cli("--raw", "eval", _CONTENT, "0").splitlines()


@contextlib.contextmanager
def running_redis(directory: pathlib.Path) -> t.Iterator[Redis]:
    """A server that keeps its file in a directory, and is gone afterwards."""
    made = Redis(directory)
    words = ["--port", "0", "--unixsocket", made.socket, "--dir", str(directory), "--save", "", *_AT_ONCE]
    with subprocess.Popen(["redis-server", *words], stdout=subprocess.DEVNULL) as process:
        try:
            wait_until(made.answers)
            yield made
        finally:
            process.terminate()
            process.wait(20)
