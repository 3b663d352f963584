# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of engines and behaviours: each test of the suite is a promise, each engine a column."""

from __future__ import annotations

import typing as t

import pytest

from .engine_cases import CASES
from .engine_cases._case import EngineCase

Test = t.Callable[..., None]
Rows = t.Callable[[EngineCase], t.Iterable[tuple[t.Any, ...]]]
# The name of each test and what it shows.
PROMISES: dict[str, str] = {}


def promise(words: str, names: str = "", rows: Rows = lambda _case: [()]) -> t.Callable[[Test], Test]:
    """A test that runs for each engine, or once for each of an engine's ``rows``, as the arguments ``names``.

    What an engine lacks stands in its case; it is left out here and explained in the table.
    """

    def mark(test: Test) -> Test:
        PROMISES[test.__name__] = words
        found = [
            pytest.param(
                case,
                *row,
                id="-".join([case.name, *(ascii(part) for part in row)]),
                marks=[getattr(pytest.mark, mark) for mark in case.marks],
            )
            for case in CASES
            if test.__name__ not in case.lacks
            for row in rows(case)
        ]
        return pytest.mark.parametrize(", ".join(["case", *filter(None, [names])]), found)(test)

    return mark
