# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The suite's rows as the tables of docs/engines/README.md."""

from __future__ import annotations

import pathlib
import typing as t

from . import test_engines
from .engine_cases import CASES
from .engine_cases._case import EngineCase
from .promises import PROMISES

Lines = t.Iterator[str]
PAGE = pathlib.Path(__file__).parents[2] / "docs" / "engines" / "README.md"
_END = "<!-- end -->"


def versions() -> Lines:
    """A row for each engine, a column for each Debian."""
    places = sorted({place for case in CASES for place in case.versions})
    yield _row("engine", *places)
    yield _row(*["---"] * (1 + len(places)))
    for case in CASES:
        yield _row(f"[{case.name}]({case.name}.md)", *(case.versions.get(place, "") for place in places))


def behaviours() -> Lines:
    """A row for each promise, a column for each engine: how many tests show it."""
    yield _row("behaviour", *(case.name for case in CASES))
    yield _row("---", *["---:"] * len(CASES))
    for test, words in PROMISES.items():
        yield _row(words, *(_count(case, test) for case in CASES))


def gaps() -> Lines:
    """What an engine does not promise, in words."""
    for case in CASES:
        for test, why in case.lacks.items():
            promise = PROMISES[test].rstrip(".")
            yield f"- `{case.name}`, '{promise}': {why}."


def page(kept: str) -> str:
    """The page with its tables made anew, each between a mark of its own and the end's."""
    for name, lines in (("versions", versions()), ("behaviours", behaviours()), ("gaps", gaps())):
        mark = f"<!-- {name}, held against the suite -->\n"
        before, found, after = kept.partition(mark)
        end, rest = after.partition(_END)[1:]
        assert found and end, f"the page has no place for {name}"
        kept = before + mark + "".join(f"{line}\n" for line in lines) + end + rest
    return kept


def _count(case: EngineCase, test: str) -> str:
    if test in case.lacks:
        return "no"
    (mark,) = [mark for mark in getattr(test_engines, test).pytestmark if mark.name == "parametrize"]
    return str(sum(1 for row in mark.args[1] if row.values[0] is case))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    # python -m tests.contract.table, where the collection can be imported, writes the page anew.
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
