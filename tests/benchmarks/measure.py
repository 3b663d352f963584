# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pairs of timed commands, one after the other in turn, so that a machine that grows busy slows both alike."""

from __future__ import annotations

import dataclasses
import os
import resource
import statistics
import subprocess
import time
import typing as t

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclasses.dataclass(frozen=True)
class Row:
    """One figure: what was measured against what, what it must reach, what came out."""

    figure: str
    target: str
    measured: str
    spread: str
    reached: bool | None
    detail: str = ""

    @property
    def verdict(self) -> str:
        return {True: "reached", False: "missed", None: "for information"}[self.reached]


@dataclasses.dataclass(frozen=True)
class Side:
    """One side of a comparison. ``ready`` puts the world in order before each round and is not timed.

    ``work`` may return the seconds that count where not all of it does.
    """

    name: str
    work: t.Callable[[], object]
    ready: t.Callable[[], object] = lambda: None


@dataclasses.dataclass(frozen=True)
class Pairs:
    """The seconds of both sides, round by round, and what their programs used of processors (ours, theirs)."""

    ours: tuple[float, ...]
    theirs: tuple[float, ...]
    processor: tuple[float, float] = (0.0, 0.0)

    @property
    def ratio(self) -> float:
        """Our median over theirs."""
        return statistics.median(self.ours) / statistics.median(self.theirs)

    @property
    def rounds(self) -> list[float]:
        return [ours / theirs for ours, theirs in zip(self.ours, self.theirs)]

    def at_most(self, figure: str, limit: float | None) -> Row:
        """A row for work that must not take longer than ``limit`` times the other side's."""
        target = f"at most {limit:g} times" if limit is not None else "none"
        reached = None if limit is None else self.ratio <= limit
        return Row(figure, target, f"{self.ratio:.2f} times", _spread(self.rounds), reached, self.seconds())

    def speed_at_least(self, figure: str, limit: float | None) -> Row:
        """A row for work that must run at ``limit`` times the other side's speed or faster."""
        speed = 1 / self.ratio
        target = f"at least {limit:g} times the speed" if limit is not None else "none"
        reached = None if limit is None else speed >= limit
        speeds = [1 / one for one in self.rounds]
        return Row(figure, target, f"{speed:.2f} times", _spread(speeds), reached, self.seconds())

    def seconds(self) -> str:
        wall = f"{statistics.median(self.ours):.2f} s against {statistics.median(self.theirs):.2f} s"
        return f"{wall}; processor {self.processor[0]:.1f} s against {self.processor[1]:.1f} s"


def for_information(rounds: int) -> int:
    """How many rounds a line without a target is worth."""
    return min(rounds, 3)


def in_turn(ours: Side, theirs: Side, rounds: int) -> Pairs:
    """Measure both sides ``rounds`` times, and change who begins with every round."""
    times: dict[Side, list[float]] = {ours: [], theirs: []}
    processor: dict[Side, list[float]] = {ours: [], theirs: []}
    for number in range(rounds):
        order = (ours, theirs) if number % 2 else (theirs, ours)
        for side in order:
            seconds, used = _timed(side)
            times[side].append(seconds)
            processor[side].append(used)
        said = (f"{side.name} {times[side][-1]:.2f} s" for side in (ours, theirs))
        print(f"  round {number + 1}: {', '.join(said)}", flush=True)
    used_by = statistics.median(processor[ours]), statistics.median(processor[theirs])
    return Pairs(tuple(times[ours]), tuple(times[theirs]), used_by)


def run(*command: str, **more: str) -> str:
    """A program to its end; its output. Its words go into the error when it fails."""
    done = subprocess.run(
        list(command),
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        env={"PATH": PATH, "LC_ALL": "C.UTF-8", "HOME": "/nonexistent", **more},
    )
    if done.returncode:
        raise SystemExit(f"{command[0]} ended with status {done.returncode}: {done.stdout[-3000:]}")
    return done.stdout


def forget(*paths: str | os.PathLike[str]) -> None:
    """Drop files from the page cache, so that the next read comes from the disk."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def _timed(side: Side) -> tuple[float, float]:
    side.ready()
    begun, used = time.monotonic(), _processor()
    own = side.work()
    seconds = own if isinstance(own, float) else time.monotonic() - begun
    return seconds, _processor() - used


def _processor() -> float:
    """Seconds that all programs used which were started from here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _spread(values: t.Sequence[float]) -> str:
    return f"{min(values):.2f} to {max(values):.2f}"
