# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which cases are played: a fixed share every time, all of them in ``make test-all``."""

from __future__ import annotations

import typing as t
import zlib

import pytest

from .border import KINDS
from .boundaries import Boundary
from .campaign import Case, Point

# The telling kinds of each family stand first in its list; each boundary gets one of so many by its name. What
# hangs takes as long as the limit that ends it, and so is left to the long share.
TELLING = 3
# What changes the world is hit again at a later time.
CHANGING = ("write", "flush", "name", "remove", "event", "step")


def daily_kind(boundary: Boundary) -> str:
    """The kind of fault that a boundary gets in ``make test``: as long as its name stays, so does the kind."""
    kinds = [kind for kind in KINDS[boundary.family] if kind != "hang"][:TELLING]
    return kinds[zlib.crc32(boundary.name.encode()) % len(kinds)]


def daily(boundary: Boundary, points: t.Sequence[Point]) -> Case:
    """One case: where the first scenario reaches the boundary first."""
    return Case(points[0], daily_kind(boundary))


def all_cases(boundary: Boundary, points: t.Sequence[Point]) -> list[Case]:
    """Every kind at the first way to a boundary, the telling ones at every other, and later times of what changes."""
    kinds = KINDS[boundary.family]
    ways: dict[str, Point] = {}
    for point in points:
        ways.setdefault(point.way, point)
    cases = []
    for number, point in enumerate(ways.values()):
        cases += [Case(point, kind) for kind in (kinds if number == 0 else kinds[:TELLING])]
        if boundary.family in CHANGING and point.times > 1:
            cases += [Case(point, kind, hit=2) for kind in kinds[:2]]
    return cases


def ahead(request: pytest.FixtureRequest, parameter: str) -> list[t.Mapping[str, t.Any]]:
    """The parameters of all tests of this session that have such a one, when it will run all of them."""
    if hasattr(request.config, "workerinput"):
        return []
    specs = [getattr(item, "callspec", None) for item in request.session.items]
    return [spec.params for spec in specs if spec is not None and parameter in spec.params]
