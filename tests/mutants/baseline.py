# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of the checkout to mutate, and what its tests do when nothing is wrong: which lines they run, how long."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import coverage
from tests.mutants import chosen_tests
from tests.mutants.plant import Mutant
from tests.mutants.worker import options

from checkout import CACHE, NAMESPACE, copy_listed

PLACE = CACHE / "mutants"


def make_copy(state: str) -> Path:
    """A copy of the checkout in a state, with its modules compiled, checked by content: a mutant may be as old.

    One of the same state is taken again, with what was measured in it.
    """
    copy, stamp = (PLACE / "0").joinpath(*NAMESPACE), PLACE / "0" / "state"
    if stamp.is_file() and stamp.read_text(encoding="ascii") == state:
        return copy
    for old in (*PLACE.glob("*.coverage"), *PLACE.glob("*.notes")):
        old.unlink()
    shutil.rmtree(PLACE / "0", ignore_errors=True)
    copy_listed(copy)
    subprocess.run(["git", "init", "--quiet", str(copy)], check=True)
    # Its link below ansible_collections: Python remembers a search path that was not there.
    subprocess.run([sys.executable, "tests/tools/checkout.py"], check=True, cwd=copy, stdout=subprocess.DEVNULL)
    compiler = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "checked-hash", "plugins"]
    subprocess.run(compiler, check=True, cwd=copy)
    stamp.write_text(state, encoding="ascii")
    return copy


def clone(number: int) -> Path:
    """A further copy, of the first."""
    place = PLACE / str(number)
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(PLACE / "0", place, symlinks=True)
    return place.joinpath(*NAMESPACE)


def environment(copy: Path, **more: str) -> dict[str, str]:
    """The environment of tests in a copy."""
    return {**os.environ, "PYTHONPATH": str(copy / ".cache" / "collections"), **more}


class Baseline(t.NamedTuple):
    """Seconds of each test of a group, and the tests that run each line of each module."""

    seconds: dict[str, float]
    lines: dict[str, dict[int, list[str]]]

    def tests_for(self, mutant: Mutant) -> list[str]:
        """The tests that can notice, quick ones first: of its lines, else all that run anything of its module."""
        lines = self.lines.get(mutant.file, {})
        found = {test for line in mutant.lines for test in lines.get(line, ())}
        if not found:
            found = {test for tests in lines.values() for test in tests}
        return sorted(found or self.seconds, key=lambda test: (self.seconds[test], test))

    def cost(self, tests: t.Iterable[str]) -> float:
        return sum(self.seconds[test] for test in tests)


def measure(copy: Path, group: str, tests: t.Sequence[str]) -> Baseline:
    """Run the tests of a group in a copy, one after the other, with their coverage told apart."""
    data, notes = PLACE / f"{group}.coverage", PLACE / f"{group}.notes"
    if data.is_file() and notes.is_file():
        return Baseline(json.loads(notes.read_bytes())["seconds"], _lines(data))
    covered = ["--cov", "--cov-context=test", "--cov-report="]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options(PLACE / "tmp"), *covered, *tests],
        cwd=copy,
        env=environment(copy, COVERAGE_FILE=str(data), PYTHONDONTWRITEBYTECODE="", **{chosen_tests.NOTES: str(notes)}),
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        notes.unlink(missing_ok=True)
        raise SystemExit(f"The tests of {group} fail without any mutant:\n{done.stdout[-5000:]}{done.stderr[-2000:]}")
    return Baseline(json.loads(notes.read_bytes())["seconds"], _lines(data))


def _lines(path: Path) -> dict[str, dict[int, list[str]]]:
    data = coverage.CoverageData(str(path))
    data.read()
    found: dict[str, dict[int, list[str]]] = {}
    for file in data.measured_files():
        contexts = data.contexts_by_lineno(file)
        tests = {line: sorted({name.rpartition("|")[0] for name in names if name}) for line, names in contexts.items()}
        found[file] = {line: names for line, names in tests.items() if names}
    return found
