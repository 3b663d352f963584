# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watches every scenario once, then plays cases: one fault, at one boundary, reached in one way, of one kind."""

from __future__ import annotations

import collections
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import shutil
import threading
import typing as t

from tests.faults.lab import Keys

from checkout import ROOT

from .border import KINDS
from .boundaries import MAYBE, Boundary, boundaries_of
from .place import Place
from .scenarios import SCENARIOS, Scenario, Servers
from .truth import KILLING, Truth

CORE = ROOT / "plugins" / "module_utils"
# Both cores work: each case is a few processes one after the other.
AT_ONCE = 2
_LEAVES = ("remove", "sweep")
# Sets whose papers cannot be read are told by a verification, not by the facts.
_PAPERS = ("_sets._manifest", "_sets._catalogue")
_WARDEN = "_base._warden_program"


@dataclasses.dataclass(frozen=True)
class Point:
    """A boundary as a scenario reaches it: ``way`` is who crosses it, ``times`` how often."""

    scenario: str
    boundary: str
    way: str
    times: int


@dataclasses.dataclass(frozen=True)
class Case:
    """One fault. ``hit`` counts from 1."""

    point: Point
    kind: str
    hit: int = 1

    def __str__(self) -> str:
        point = self.point
        return f"{self.kind} at {point.boundary} by {point.way}, time {self.hit}, in '{point.scenario}'"


class Campaign:
    """Scenarios made and watched on first use; cases played two at a time."""

    def __init__(self, root: pathlib.Path, keys: Keys, servers: Servers) -> None:
        self._root = root
        self._keys = keys
        self._servers = servers
        self._cache = root / "cache"
        self._cache.mkdir()
        self._number = 0
        self._lock = threading.Lock()
        self._scenarios = {scenario.name: scenario for scenario in SCENARIOS}
        self._pool = concurrent.futures.ThreadPoolExecutor(AT_ONCE, "case")
        # Here, for a server ends with the thread that started it.
        servers.start()
        made = {name: self._pool.submit(self._made, scenario) for name, scenario in self._scenarios.items()}
        self._templates = {name: future.result() for name, future in made.items()}
        watched = [self._pool.submit(self._watched, scenario) for scenario in SCENARIOS]
        failed = [problem for problem in (future.exception() for future in watched) if problem is not None]
        assert not failed, "\n".join(map(str, failed))
        self.points: list[Point] = [point for future in watched for point in future.result()]
        self.boundaries: dict[str, Boundary] = {found.name: found for found in boundaries_of(CORE)}

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def points_of(self, boundary: str) -> list[Point]:
        return [point for point in self.points if point.boundary == boundary]

    def start(self, case: Case) -> concurrent.futures.Future[None]:
        return self._pool.submit(self.play, case)

    def submit(self, work: t.Callable[..., t.Any], *what: t.Any) -> concurrent.futures.Future[t.Any]:
        """Something else to be done in its turn."""
        return self._pool.submit(work, *what)

    def copy(self, scenario: str) -> Place:
        """A site of a scenario, to be broken."""
        return self._copy(self._scenarios[scenario])

    def play(self, case: Case) -> None:
        """Raises what the gate found. What is left of a good case is removed."""
        scenario = self._scenarios[case.point.scenario]
        place = self._copy(scenario)
        boundary = self.boundaries[case.point.boundary]
        # Who cannot remove leaves something, and so does a run that was killed together with its warden.
        leaves = boundary.family in _LEAVES or boundary.module == _WARDEN
        leaves = leaves or (scenario.first or {}).get("warden") is not None
        gate = Truth(place, leaves=leaves, blind=case.point.way.startswith(_PAPERS))
        plan = {
            "cache": str(self._cache),
            "point": [case.point.boundary, case.point.way, case.hit],
            "kind": case.kind,
            "first": scenario.first,
        }
        hangs = case.kind in ("hang", "child stays")
        done = place.act(scenario.act(place), plan, hangs=hangs, impatient=scenario.impatient)
        assert done.fired, f"{case} did not come to pass: {done.said}"
        try:
            gate.judged(scenario.gate, done, dies=case.kind in KILLING or scenario.status < 0)
            scenario.mend(place)
            gate.healed()
            if scenario.gate not in ("run", "started"):
                again = place.act(scenario.act(place), {"cache": str(self._cache), "record": os.devnull})
                assert again.status == scenario.again, (case, again)
            gate.nothing_left()
        except AssertionError as problem:
            raise AssertionError(f"{case}\nin {place.root}, which said: {done.said}\n{problem}") from problem
        shutil.rmtree(place.root)

    def _made(self, scenario: Scenario) -> Place:
        place = Place(self._root / "made" / scenario.name.replace(" ", "-"), self._keys)
        scenario.make(place, self._servers)
        for source in place.config["sources"]:
            source.setdefault("time_limit", 1)
        return place

    def _watched(self, scenario: Scenario) -> list[Point]:
        place = self._copy(scenario)
        record = place.root / "crossings"
        plan = {"cache": str(self._cache), "record": str(record), "first": scenario.first}
        done = place.act(scenario.act(place), plan, impatient=scenario.impatient)
        assert "Traceback" not in done.said and "not foreseen" not in done.said, (scenario.name, done)
        assert done.status == scenario.status, (scenario.name, done)
        lines = record.read_text(encoding="utf-8").splitlines()
        uncounted = {line for line in lines if line.startswith(MAYBE)}
        assert not uncounted, f"crossings that are not counted, see AMBIGUOUS in border.py: {uncounted}"
        counted = collections.Counter(lines)
        shutil.rmtree(place.root)
        return [Point(scenario.name, *line.split("\t"), times) for line, times in counted.items()]

    def _copy(self, scenario: Scenario) -> Place:
        with self._lock:
            self._number += 1
            number = self._number
        return Place.copied(self._templates[scenario.name], self._root / "cases" / str(number))


def kinds_of(boundary: Boundary) -> t.Sequence[str]:
    return KINDS[boundary.family]


def as_json(case: Case) -> str:
    return json.dumps(dataclasses.asdict(case))
