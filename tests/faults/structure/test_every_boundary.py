# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fault at every boundary of the core: no false success, nothing lost, words and not silence, and the next run heals.

The tests are made from the source: a new call to the system, a new step or a
new event is a new test. Where no scenario reaches it, that test fails until
one does, or until ``exempt.py`` says why none can.
"""

from __future__ import annotations

import typing as t

import pytest

from .boundaries import boundaries_of
from .campaign import CORE, Campaign
from .exempt import EXEMPT
from .share import daily_kind

# The first test waits for the scenarios to be made and watched.
pytestmark = pytest.mark.timeout(1200)
BOUNDARIES = [found for found in boundaries_of(CORE) if found.name not in EXEMPT]


@pytest.mark.parametrize(
    ("share", "boundary"),
    [pytest.param("daily", found.name, id=f"{found.name}, {daily_kind(found)}") for found in BOUNDARIES],
)
def test_one_fault(played: t.Any, share: str, boundary: str) -> None:
    assert played.count(share, boundary), (
        f"no scenario reaches {boundary}: add one to scenarios.py, or say in exempt.py why none can"
    )
    assert not played.problems(share, boundary), "\n\n".join(played.problems(share, boundary))


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("share", "boundary"), [pytest.param("all", found.name, id=found.name) for found in BOUNDARIES]
)
def test_every_way_and_kind(played: t.Any, share: str, boundary: str) -> None:
    assert played.count(share, boundary), f"no scenario reaches {boundary}"
    assert not played.problems(share, boundary), "\n\n".join(played.problems(share, boundary))


def test_no_exemption_is_stale(campaign: Campaign) -> None:
    reached = {point.boundary for point in campaign.points}
    assert set(EXEMPT) <= set(campaign.boundaries), "exempted, and there no more"
    assert not set(EXEMPT) & reached, "exempted, and reached after all"
    assert all(reason.strip() for reason in EXEMPT.values())


def test_enough_cases() -> None:
    assert len(BOUNDARIES) >= 200
