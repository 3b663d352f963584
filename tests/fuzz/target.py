# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One thing that takes foreign input, and how it is run with many of them, each watched and counted."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import shutil
import tempfile
import typing as t

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import BackupError

from .watch import WATCH
from .words import check_error, check_result

# A program that waits for nothing needs a thousandth of it; a busy machine may need much of it.
SECONDS = 10.0
# Hundreds of thousands of small files: where there is a file system in memory, it takes a tenth of the time.
_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


class Place:
    """Where a target may write: a directory of its own, made anew for every case that asks for one."""

    def __init__(self, root: pathlib.Path) -> None:
        self.root = root
        self._number = 0

    @contextlib.contextmanager
    def fresh(self) -> t.Iterator[pathlib.Path]:
        """An empty directory, gone afterwards."""
        self._number += 1
        path = self.root / str(self._number)
        path.mkdir()
        try:
            yield path
        finally:
            shutil.rmtree(path)


@dataclasses.dataclass(frozen=True)
class Target:
    """``call`` gets a place and a value; what it returns must be fit to be shown, what it raises a `BackupError`.

    ``weight`` is its share of the cases; ``programs`` are the ones it may start.
    """

    name: str
    strategy: st.SearchStrategy[t.Any]
    call: t.Callable[[Place, t.Any], t.Any]
    weight: int = 10
    programs: tuple[str, ...] = ()


@dataclasses.dataclass
class Count:
    """How many cases ran, and how many of them were refused in words."""

    cases: int = 0
    refused: int = 0


def run_case(target: Target, place: Place, value: t.Any, count: Count, seconds: float = SECONDS) -> None:
    """One case, watched; an ``AssertionError``, or whatever else comes out, is a finding."""
    count.cases += 1
    problem: BackupError | None = None
    result: t.Any = None
    with WATCH.over(str(place.root), seconds, target.programs):
        try:
            result = target.call(place, value)
        except BackupError as refused:
            problem = refused
    assert WATCH.broken == [], WATCH.broken
    if problem is not None:
        count.refused += 1
        assert problem.code != "internal", problem.detail
        check_error(problem)
    elif result is not None:
        check_result(result)


def run_target(target: Target, cases: int, number: int | None = None) -> Count:
    """At least so many cases: the same ones each time, or with a ``number`` those that follow from it."""
    count = Count()
    round_ = 0
    with places() as place:
        while count.cases < cases:
            _round(target, place, cases - count.cases, count, None if number is None else number + round_ * 7919)
            round_ += 1
            if number is None:
                # The same seed brings the same cases: another round would show nothing new.
                break
    return count


@contextlib.contextmanager
def places() -> t.Iterator[Place]:
    """A place where temporary files of the code under test lie too."""
    before, cwd = tempfile.tempdir, os.getcwd()
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=_MEMORY) as directory:
        root = pathlib.Path(directory).resolve()
        (root / "tmp").mkdir()
        tempfile.tempdir = str(root / "tmp")
        os.chdir(root)
        try:
            yield Place(root)
        finally:
            os.chdir(cwd)
            tempfile.tempdir = before


def _round(target: Target, place: Place, cases: int, count: Count, number: int | None) -> None:
    @settings(
        max_examples=cases,
        derandomize=number is None,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
        print_blob=False,
    )
    @given(value=target.strategy)
    def case(value: t.Any) -> None:
        run_case(target, place, value, count)

    (case if number is None else seed(number)(case))()
