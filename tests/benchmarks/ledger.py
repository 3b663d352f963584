# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watches a run of the core from outside its code: when it waits, and whether for somebody else.

A moment of a run is not our own only when the main thread waits for an
engine's program, for the compressor or the cipher at work on a dump, or for
the disk (flush, write, read). Where the main thread waits for another thread
of ours, that thread must be waiting so. All else is our own: Python's start,
every line of ours, SQLite inside our process, the starting of programs, and
the whole life of programs that the raw chain does not have (signatures,
questions for versions, trials of the tools).
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import sys
import threading
import time
import typing as t

CORE = "ansible_collections.nusantara.backup.plugins.module_utils"
ENGINES, DISK, THREADS = "engines", "disk", "threads"
Span = tuple[float, float]
# Programs of the engines. The compressor and the cipher are waited for in a chain only, never here.
PROGRAMS = frozenset({"psql", "pg_dump", "pg_dumpall", "mariadb", "mariadb-dump", "mysql", "mysqldump", "tar"})
# What asks a session on a server and waits for the answer.
SESSIONS = (
    ("_engines._postgresql._coordinator", "Coordinator", ("receive", "close")),
    ("_engines._mariadb._talk", "Talk", ("receive", "close")),
)


class Ledger:
    """Notes for each thread from when to when it waited, and for what."""

    def __init__(self) -> None:
        self._spans: dict[str, list[tuple[str, float, float]]] = {}
        self._inside = threading.local()

    def watch(self, owner: t.Any, name: str, what: t.Callable[..., str]) -> None:
        """From now on note every call; ``what`` says from its arguments what it waits for ('' for nothing)."""
        original = getattr(owner, name)

        @functools.wraps(original)
        def noted(*given: t.Any, **more: t.Any) -> t.Any:
            thread = threading.current_thread().name
            if getattr(self._inside, "call", False) or thread.startswith("stderr-"):
                return original(*given, **more)
            kind, begun, self._inside.call = what(*given), time.monotonic(), True
            try:
                return original(*given, **more)
            finally:
                self._inside.call = False
                if kind:
                    self._spans.setdefault(thread, []).append((kind, begun, time.monotonic()))

        setattr(owner, name, noted)

    def watch_all(self) -> None:
        process = importlib.import_module(f"{CORE}._base._process")
        for name in ("fsync", "posix_fadvise"):
            self.watch(os, name, lambda *_given: DISK)
        for name in ("read", "readv", "write", "pread"):
            self.watch(os, name, lambda descriptor, *_more: ENGINES if _is_pipe(descriptor) else DISK)
        self.watch(process.Child, "wait", lambda *_given: ENGINES)
        self.watch(process.Children, "run", lambda _self, command: ENGINES if _of_engine(command) else "")
        self.watch(threading.Thread, "join", lambda *_given: THREADS)
        self.watch(threading.Event, "wait", lambda *_given: THREADS)
        for module, owner, names in SESSIONS:
            for name in names:
                self.watch(getattr(importlib.import_module(f"{CORE}.{module}"), owner), name, lambda *_given: ENGINES)

    def waited(self) -> dict[str, float]:
        """Seconds that were not our own: of the engines and their chain, and, where these did not work, of the disk."""
        main = self._spans.get("MainThread", [])
        others = [span for thread, spans in self._spans.items() if thread != "MainThread" for span in spans]
        excused = {kind: _union(_of(main, kind)) for kind in (ENGINES, DISK)}
        idle = _union(_of(main, THREADS))
        for kind in (ENGINES, DISK):
            excused[kind] = _union([*excused[kind], *_common(idle, _union(_of(others, kind)))])
        engines, both = _length(excused[ENGINES]), _length(_union([*excused[ENGINES], *excused[DISK]]))
        return {ENGINES: engines, DISK: both - engines}


def _is_pipe(descriptor: int) -> bool:
    return os.fstat(descriptor).st_mode & 0o170000 == 0o010000


def _of_engine(command: t.Any) -> bool:
    return command.name in PROGRAMS and "--version" not in command.argv


def _of(spans: t.Iterable[tuple[str, float, float]], kind: str) -> list[Span]:
    return [(begin, end) for found, begin, end in spans if found == kind]


def _union(spans: t.Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged


def _common(left: t.Sequence[Span], right: t.Sequence[Span]) -> list[Span]:
    """What both hold; each is in order and has no overlaps."""
    found: list[Span] = []
    ours, theirs = list(left), list(right)
    while ours and theirs:
        begin, end = max(ours[0][0], theirs[0][0]), min(ours[0][1], theirs[0][1])
        if begin < end:
            found.append((begin, end))
        (ours if ours[0][1] <= theirs[0][1] else theirs).pop(0)
    return found


def _length(spans: t.Iterable[Span]) -> float:
    return sum(end - begin for begin, end in spans)


def main(job: str) -> int:
    """A whole run, watched. The last line that it prints says what it waited for, the peak of its memory in KiB, and
    the seconds that this bookkeeping took behind the run."""
    ledger = Ledger()
    cli = importlib.import_module(f"{CORE}._edges._cli")
    ledger.watch_all()
    status = int(cli.main(["run", "--config", job, "--mode", "incidental"]))
    ended = time.monotonic()
    with open("/proc/self/status", encoding="ascii") as stream:
        peak = next(line.split()[1] for line in stream if line.startswith("VmHWM"))
    told = {**ledger.waited(), "peak": int(peak)}
    print(json.dumps({**told, "bookkeeping": time.monotonic() - ended}, separators=(",", ":")))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
