# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real command line of the runner, with one fault built in.

Call: ``driver.py FAULT ARGUMENTS…`` where FAULT is JSON: ``when`` says at
which event something is done once, ``do`` says what. What happened goes to
the file ``fired``, one line, and nothing goes there when the event never came.

``when``: ``{"step": 3}`` before the third step · ``{"named": "copy"}`` before
the first step of that name · ``{"moved": 1048576, "named": "dump sqlite"}``
when so many bytes have moved in that step · ``{"append": 2, "part": "half"}``
``before``, at ``half`` or ``after`` the second line of the journal · ``{"child": 4}``
when the fourth program was started, ``{"child": 2, "called": "age"}`` of that name.

``do``: ``["kill"]`` ourselves · ``["term"]`` · ``["full"]`` say that the disk is full · ``["child", "zstd"]`` kill a
child by its name · ``["child"]`` kill the child just started · ``["run", …]`` run
a command · ``["clock", SECONDS]`` set the clock back · ``["stay", PIPE]`` wait
until somebody opens the named pipe PIPE for writing and closes it.
"""

from __future__ import annotations

import datetime
import errno
import json
import os
import select
import signal
import subprocess
import sys
import typing as t

from ansible_collections.nusantara.backup.plugins.module_utils._base import _clock, _process
from ansible_collections.nusantara.backup.plugins.module_utils._edges import _cli
from ansible_collections.nusantara.backup.plugins.module_utils._record import _journal
from ansible_collections.nusantara.backup.plugins.module_utils._run import _progress, _runner


class Fault:
    """One fault, done once."""

    def __init__(self, plan: t.Mapping[str, t.Any]) -> None:
        self.when: t.Mapping[str, t.Any] = plan["when"]
        self._do: t.Sequence[str] = plan["do"]
        self._file: str = plan["fired"]
        self._done = False

    def fire(self, what: str, pid: int = 0) -> None:
        if self._done:
            return
        self._done = True
        with open(self._file, "w", encoding="utf-8") as stream:
            stream.write(what)
        action, arguments = self._do[0], list(self._do[1:])
        if action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif action == "term":
            os.kill(os.getpid(), signal.SIGTERM)
        elif action == "full":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        elif action == "clock":
            _set_clock_back(float(arguments[0]))
        elif action == "stay":
            _stay(arguments[0])
        elif action == "run":
            subprocess.run(arguments, check=True, stdin=subprocess.DEVNULL)
        else:
            os.kill(pid or _child(arguments[0]), signal.SIGKILL)


def _stay(path: str) -> None:
    """Wait at a named pipe until somebody opens it for writing and closes it again."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    ready = select.poll()
    ready.register(descriptor, select.POLLIN | select.POLLHUP)
    ready.poll(60000)
    os.close(descriptor)


def _set_clock_back(seconds: float) -> None:
    now = _clock.Clock.now
    _clock.Clock.now = lambda self: now(self) - datetime.timedelta(seconds=seconds)


def _child(name: str) -> int:
    """Our newest living child of that name, by the process table."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as stream:
                head, tail = stream.read().rpartition(")")[::2]
        except OSError:
            continue
        state, parent, *_rest = tail.split()
        if int(parent) == os.getpid() and state not in "ZX" and head.partition("(")[2] == name:
            found.append(int(entry))
    if not found:
        raise SystemExit(f"no child of the name {name} is alive")
    return max(found)


class Saboteur(_progress.Progress):
    """Is told of every step, before it is taken."""

    fault: Fault

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._count = 0
        self._name = ""

    def step(self, source: str, name: str) -> None:
        super().step(source, name)
        self._count += 1
        self._name = name
        when = self.fault.when
        if when.get("step") == self._count or ("moved" not in when and when.get("named") == name):
            self.fault.fire(f"{source}: {name}")

    def moved(self, count: int) -> None:
        super().moved(count)
        when = self.fault.when
        if "moved" in when and count >= when["moved"] and self._name == when["named"]:
            self.fault.fire(f"{self._name} at {count} bytes")


def _build_in(fault: Fault) -> None:
    Saboteur.fault = fault
    _runner.Progress = Saboteur
    if "append" in fault.when:
        _at_the_journal(fault)
    if "child" in fault.when:
        _at_a_child(fault)


def _at_the_journal(fault: Fault) -> None:
    whole, number, part = _journal.write_all, [0], fault.when["part"]

    def write_all(descriptor: int, data: bytes) -> None:
        number[0] += 1
        if number[0] != fault.when["append"]:
            whole(descriptor, data)
            return
        event = str(json.loads(data)["event"])
        if part == "half":
            whole(descriptor, data[: len(data) // 2])
        elif part == "after":
            whole(descriptor, data)
        fault.fire(f"journal: {event}")
        if part == "before":
            whole(descriptor, data)

    _journal.write_all = write_all


def _at_a_child(fault: Fault) -> None:
    spawn, number = _process.Children.spawn, [0]

    def spawn_and_hit(self: _process.Children, command: _process.Command, **streams: t.Any) -> _process.Child:
        child = spawn(self, command, **streams)
        number[0] += fault.when.get("called") in (None, command.name)
        if number[0] == fault.when["child"]:
            fault.fire(command.name, child.process.pid)
        return child

    _process.Children.spawn = spawn_and_hit


if __name__ == "__main__":
    _build_in(Fault(json.loads(sys.argv[1])))
    sys.exit(_cli.main(sys.argv[2:]))
