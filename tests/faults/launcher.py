# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command and stays until everything that it started is gone.

Orphans come to this process (it is a child subreaper), so that no session, no
double fork and no cleaned environment hides them. What is left a while after
the command's own end is named in the report, and killed.

Call: ``launcher.py REPORT OUTPUT PATIENCE COMMAND…``. The first line on
standard output is the command's process id.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import typing as t

SUBREAPER = 36


def descendants(of: int) -> dict[int, str]:
    """Every living process below one: id to command line."""
    parents: dict[int, int] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as stream:
                words = stream.read().rpartition(")")[2].split()
        except OSError:
            continue
        if words[0] not in "ZX":
            parents[int(name)] = int(words[1])
    below = {pid for pid in parents if of in _line(pid, parents)}
    return {pid: command_line(pid) for pid in sorted(below)}


def command_line(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as stream:
            return stream.read().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return ""


def _line(pid: int, parents: t.Mapping[int, int]) -> set[int]:
    """The ancestors of a process."""
    line: set[int] = set()
    while pid in parents and parents[pid] not in line:
        pid = parents[pid]
        line.add(pid)
    return line


def main(report: str, output: str, patience: str, *command: str) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(SUBREAPER, 1)
    left: dict[int, str] = {}

    def late(_number: int, _frame: object) -> None:
        found = descendants(os.getpid())
        left.update(found)
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        signal.alarm(1)

    signal.signal(signal.SIGALRM, late)
    with open(output, "wb") as said:
        started = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True)
    print(started.pid, flush=True)
    status = -1
    while True:
        try:
            pid, ended = os.wait()
        except ChildProcessError:
            break
        if pid == started.pid:
            status = os.waitstatus_to_exitcode(ended)
            started.returncode = status
            signal.alarm(int(patience))
    signal.alarm(0)
    with open(report, "w", encoding="utf-8") as stream:
        json.dump({"status": status, "left": sorted(left.values())}, stream)


if __name__ == "__main__":
    main(*sys.argv[1:])
