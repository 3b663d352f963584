# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The campaign of a session: it plays what the session has selected, two cases at a time, ahead of the tests."""

from __future__ import annotations

import concurrent.futures
import typing as t

import pytest
from tests.faults.lab import Keys
from tests.support.postgres import Cluster

from .campaign import Campaign, Case
from .exempt import EXEMPT
from .scenarios import Servers
from .share import ahead, all_cases, daily

_COUNTED: dict[str, int] = {}


class Played:
    """The cases of each test, started ahead in the order of the tests, or when a test asks.

    Ahead where this session runs all that it has collected; one of several workers of pytest-xdist does not.
    """

    def __init__(self, campaign: Campaign, ahead: t.Iterable[tuple[str, str]]) -> None:
        self.campaign = campaign
        self._started: dict[tuple[str, str], list[concurrent.futures.Future[None]]] = {}
        for share, boundary in ahead:
            self._futures(share, boundary)

    def problems(self, share: str, boundary: str) -> list[str]:
        """What the gate found in the cases of one test."""
        found = [future.exception() for future in self._futures(share, boundary)]
        return [f"{type(problem).__name__}: {problem}" for problem in found if problem is not None]

    def count(self, share: str, boundary: str) -> int:
        return len(self._futures(share, boundary))

    def _futures(self, share: str, boundary: str) -> list[concurrent.futures.Future[None]]:
        if (share, boundary) not in self._started:
            cases = self._cases(share, boundary)
            self._started[share, boundary] = [self.campaign.start(case) for case in cases]
            _COUNTED[share] = _COUNTED.get(share, 0) + len(cases)
        return self._started[share, boundary]

    def _cases(self, share: str, name: str) -> list[Case]:
        boundary, points = self.campaign.boundaries[name], self.campaign.points_of(name)
        if not points:
            return []
        return [daily(boundary, points)] if share == "daily" else all_cases(boundary, points)


@pytest.fixture(scope="session")
def campaign(cluster: Cluster, keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Campaign]:
    servers = Servers(cluster)
    made = Campaign(tmp_path_factory.mktemp("structure"), keys, servers)
    _COUNTED["reached"] = len({point.boundary for point in made.points})
    _COUNTED["exist"] = len(made.boundaries)
    yield made
    made.close()
    servers.stop()


@pytest.fixture(scope="session")
def played(campaign: Campaign, request: pytest.FixtureRequest) -> Played:
    return Played(campaign, [(spec["share"], spec["boundary"]) for spec in ahead(request, "share")])


def pytest_terminal_summary(terminalreporter: t.Any) -> None:
    if _COUNTED:
        cases = sum(count for share, count in _COUNTED.items() if share in ("daily", "all"))
        terminalreporter.write_line(
            f"boundaries of the core: {_COUNTED['exist']} exist, {_COUNTED['reached']} reached, "
            f"{len(EXEMPT)} exempted; {cases} faults played"
        )
