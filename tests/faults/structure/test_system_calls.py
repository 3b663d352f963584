# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""System calls of a whole run that fail, whoever makes them: the core, the library of SQLite, or a program.

The runner here is the real one, unwatched: the fault is made at the border of the system.
"""

from __future__ import annotations

import concurrent.futures
import pathlib
import typing as t

import pytest

from .campaign import Campaign
from .scenarios import NIGHT
from .share import ahead
from .truth import Truth

# Not openat, read, pread64 and stat: without them no Python starts, and nothing of ours is tried.
CALLS = {
    "fsync": "EIO",
    "fdatasync": "EIO",
    "rename": "ENOSPC",
    "link": "EPERM",
    "unlink": "EIO",
    "mkdir": "EACCES",
    "rmdir": "EIO",
    "flock": "ENOLCK",
    "ftruncate": "EIO",
    "fchmod": "EPERM",
    "fadvise64": "EIO",
    "write": "ENOSPC",
    "writev": "EIO",
    "pwrite64": "ENOSPC",
    "readv": "EIO",
    "pipe2": "EMFILE",
    "mincore": "EAGAIN",
}
# Made by one of the engines only, or only where something is removed or wrong.
RARE = ("fdatasync", "link", "rmdir", "writev", "pwrite64", "ftruncate")
REMOVING = ("unlink", "rmdir")
DAILY = ("second night of sqlite", "second night of files")
ALL = (*DAILY, "second night of postgresql", "second night of mariadb", "leftovers", "maintenance window")
pytestmark = pytest.mark.timeout(1200)


class Storm:
    """Cases of this page, played two at a time like those of the campaign."""

    def __init__(self, campaign: Campaign, ahead: t.Iterable[tuple[str, str, int]]) -> None:
        self._campaign = campaign
        self._started: dict[tuple[str, str, int], concurrent.futures.Future[bool]] = {}
        for scenario, call, number in ahead:
            self._future(scenario, call, number)

    def result(self, scenario: str, call: str, number: int) -> bool:
        return self._future(scenario, call, number).result()

    def _future(self, *key: t.Any) -> concurrent.futures.Future[bool]:
        if key not in self._started:
            self._started[key] = self._campaign.submit(self._play, *key)
        return self._started[key]

    def _play(self, scenario: str, call: str, number: int) -> bool:
        """Whether the call came so often at all."""
        place = self._campaign.copy(scenario)
        log = place.root / "calls"
        gate = Truth(place, leaves=call in REMOVING)
        what = f"inject={call}:error={CALLS[call]}:when={number}"
        place.within = ["strace", "-f", "-qq", "-o", str(log), "-e", f"trace={call}", "-e", what]
        done = place.run(night=NIGHT)
        place.within = ()
        gate.judged("run", done)
        gate.healed()
        gate.nothing_left()
        return _injected(log)


def _injected(log: pathlib.Path) -> bool:
    return "(INJECTED)" in log.read_text(encoding="utf-8", errors="replace")


@pytest.fixture(scope="session")
def storm(campaign: Campaign, request: pytest.FixtureRequest) -> Storm:
    specs = ahead(request, "call")
    return Storm(campaign, [(spec["scenario"], spec["call"], spec["number"]) for spec in specs])


@pytest.mark.parametrize("number", [1])
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("scenario", DAILY)
def test_the_first_of_each_thread(storm: Storm, scenario: str, call: str, number: int) -> None:
    made = storm.result(scenario, call, number)
    assert made or call in RARE, f"{call} is not called at all: is it the right name on this machine?"


@pytest.mark.long
@pytest.mark.parametrize("number", [1, 2, 3, 4])
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("scenario", ALL)
def test_one_after_the_other(storm: Storm, scenario: str, call: str, number: int) -> None:
    storm.result(scenario, call, number)
