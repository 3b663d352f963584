# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page ``docs/mutants.md``: the score of each module, and every fault that no test notices."""

from __future__ import annotations

import os
import typing as t

import tomllib
from tests.mutants.plant import Mutant
from tests.mutants.results import Results
from tests.mutants.worker import SURVIVED, TIMEOUT

from checkout import ROOT

PAGE = ROOT / "docs" / "mutants.md"
EXPLAINED = ROOT / "tests" / "mutants" / "explained.toml"
UTILS = "plugins/module_utils/"
OPEN = "open"
HEAD = """\
<!--
SPDX-FileCopyrightText: Nusantara Backup contributors
SPDX-License-Identifier: GPL-3.0-or-later
-->
# Mutants

Do the tests notice when the core is wrong? `make mutants` plants one small fault at a time in a copy of the checkout
(another comparison, a swapped argument, a statement, a `raise` or a `not` taken away, another constant, a caught error
let through…) and runs the tests that reach it. A fault that a test notices, or that ends in the time limit, is
*killed*. One that survives shows a test that is missing, or changes nothing that anybody could see: then it is
explained below. This page is written by that target. [Why a harness of our own](decisions/mutants.md).

"""


class Row(t.NamedTuple):
    """The figures of one module or group."""

    name: str
    mutants: int
    timeouts: int
    explained: int
    open: int

    @property
    def killed(self) -> int:
        return self.mutants - self.explained - self.open

    @property
    def score(self) -> float:
        """Killed of all, explained ones not taken away."""
        return 100 * self.killed / self.mutants if self.mutants else 100.0


def explanations() -> dict[tuple[str, ...], str]:
    """Why a mutant survives, by what it changes."""
    entries = tomllib.loads(EXPLAINED.read_text(encoding="utf-8"))["mutant"]
    return {
        (UTILS + entry["file"], entry["function"], entry["before"], after): entry["why"]
        for entry in entries
        for after in ([entry["after"]] if isinstance(entry["after"], str) else entry["after"])
    }


def explanation(mutant: Mutant, known: t.Mapping[tuple[str, ...], str]) -> str:
    return known.get((mutant.file, mutant.function, mutant.before, mutant.after), OPEN)


def row(name: str, mutants: t.Sequence[Mutant], results: Results, known: t.Mapping[tuple[str, ...], str]) -> Row:
    outcomes = [results.outcome(mutant) for mutant in mutants]
    survivors = [explanation(mutant, known) for mutant in mutants if results.outcome(mutant) == SURVIVED]
    unexplained = survivors.count(OPEN)
    return Row(name, len(mutants), outcomes.count(TIMEOUT), len(survivors) - unexplained, unexplained)


def summary(group: str, mutants: t.Sequence[Mutant], results: Results) -> str:
    """The score in a line, and the open survivors."""
    known = explanations()
    one = row(group, mutants, results, known)
    lines = [f"{group}: {one.killed} of {one.mutants} killed ({one.score:.1f} %), {one.explained} explained"]
    for mutant in mutants:
        if results.outcome(mutant) == SURVIVED and explanation(mutant, known) == OPEN:
            lines += [f"  {mutant.file}:{mutant.line} {mutant.function} {mutant.operator}"]
            lines += [f"    - {mutant.before}", f"    + {mutant.after}"]
    return "\n".join(lines)


def write(judged: t.Mapping[str, t.Sequence[Mutant]], total: int, results: Results) -> None:
    """The page, of ``total`` mutants that there are."""
    known = explanations()
    count = sum(map(len, judged.values()))
    took = f"The last whole run took {results.seconds / 60:.0f} minutes on {os.cpu_count()} cores."
    parts = [HEAD, took if count == total else f"These are {count} of {total} mutants: the run was not a whole one."]
    parts.append("\n\n")
    parts.append("| part | mutants | killed | of these by time limit | explained | open | score |\n")
    parts.append("| --- | --: | --: | --: | --: | --: | --: |\n")
    for group, mutants in judged.items():
        # What was not judged has no score, and least of all a good one.
        if not mutants:
            continue
        files = list(dict.fromkeys(mutant.file for mutant in mutants))
        rows = [row(f"**{group}**", mutants, results, known)]
        for file in files:
            of_file = [mutant for mutant in mutants if mutant.file == file]
            rows.append(row(f"`{file.removeprefix(UTILS)}`", of_file, results, known))
        parts += [_line(one) for one in rows]
    parts.append("\nThe score counts explained ones as survivors.\n\n## Survivors\n")
    for mutants in judged.values():
        parts += _survivors(mutants, results, known)
    PAGE.write_text("".join(parts), encoding="utf-8")


def _line(one: Row) -> str:
    figures = (one.mutants, one.killed, one.timeouts, one.explained, one.open)
    return f"| {one.name} | {' | '.join(map(str, figures))} | {one.score:.1f} % |\n"


def _survivors(
    mutants: t.Sequence[Mutant], results: Results, known: t.Mapping[tuple[str, ...], str]
) -> t.Iterator[str]:
    file = ""
    for mutant in mutants:
        if results.outcome(mutant) != SURVIVED:
            continue
        if mutant.file != file:
            file = mutant.file
            yield f"\n### {file.removeprefix(UTILS)}\n"
        place = mutant.function or "at import"
        yield f"\n`{place}`, {mutant.operator}: {explanation(mutant, known)}\n"
        yield f"\n```diff\n-{mutant.before}\n+{mutant.after}\n```\n"
