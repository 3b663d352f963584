# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges by facts, not by what a fault should have done: what was told must be so, and the next run must succeed."""

from __future__ import annotations

import json
import typing as t

from tests.faults.gate import ENDED_BADLY, Gate, clear_text, held_locks, leftovers, opens
from tests.faults.lab import Done

from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock
from ansible_collections.nusantara.backup.plugins.module_utils._sets._verify import verify_store

from .place import Place
from .scenarios import NIGHT

# Kinds that end the process, and those that keep it from removing what it should.
KILLING = ("kill", "killed after", "hang")


class Truth(Gate):
    """Made before the fault, as its base.

    ``leaves``: the fault itself keeps things from being removed; ``blind``: it keeps a set from being recognized.
    """

    def __init__(self, place: Place, *, leaves: bool, blind: bool = False) -> None:
        super().__init__(place)
        self._place = place
        self._leaves = leaves
        self._blind = blind

    def clean(self, done: Done) -> None:
        """Nothing runs, nothing is locked, nothing is clear, all earlier is as it was; what was published is whole."""
        for words in ("Traceback", "Internal error", "not foreseen", "fault of the program"):
            assert words not in done.said, done.said
        assert not done.left, done.left
        assert not held_locks(self._place)
        self.untouched()
        assert self._leaves or not clear_text(self._place), clear_text(self._place)
        assert self._leaves or not in_maintenance(self._place), "the after-hook did not run"
        self._published()

    def _published(self) -> None:
        """What stands at a final name is whole, signed, and opens to what was dumped, whatever was told of it."""
        new = self._place.sets() - self._sets
        for store in self._place.stores():
            here = [place for place in new if store in place.parents]
            if here:
                problems = verify_store(str(store), Clock()).problems
                assert not [problem for problem in problems if any(place.name in str(problem) for place in here)]
        for place in new:
            opens(self._place, place)

    def judged(self, gate: str, done: Done, *, dies: bool = False) -> None:
        """``done`` is how the faulted act ended; ``dies``: it may have been killed."""
        self.clean(done)
        assert done.status in (0, 1) or (dies and done.status == -9), (done.status, done.said)
        if done.status == 1:
            assert done.said.strip(), "it failed without a word"
        getattr(self, f"_{gate}")(done)

    def _run(self, done: Done) -> None:
        """Each attempt of this night is told as it is; status 0 means that all of it succeeded."""
        facts = self._place.facts(night=NIGHT)
        assert facts["journal"]["intact"] or "torn" in facts["journal"]["problem"], facts["journal"]
        tonight = [entry for entry in facts["runs"] if entry["night"] == f"2026-11-{NIGHT:02d}"]
        newest = {entry["source"]: entry for entry in reversed(tonight)}
        for attempt in tonight:
            self._told_truly(attempt)
        if done.status == 0:
            assert newest, done.said
            for attempt in newest.values():
                assert attempt["outcome"] == "success", attempt
                assert {copy["outcome"] for copy in attempt["copies"]} <= {"verified", "unchanged"}, attempt
        if done.status == 1 and newest and "error" not in done.said.lower():
            assert any(_bad(attempt) for attempt in newest.values()) or "nusantara-backup:" in done.said, done.said

    _started = _run

    def _told_truly(self, attempt: t.Mapping[str, t.Any]) -> None:
        if attempt["outcome"] == "success":
            there = self._place.store / attempt["source"] / attempt["name"]
            assert there.is_dir(), f"{attempt['name']} is told to be a success and is not there"
            opens(self._place, there)
        elif attempt["outcome"] == "failed":
            assert attempt["error"]["code"] and attempt["error"]["message"], attempt
        else:
            assert attempt["outcome"] in (*ENDED_BADLY, "running"), attempt
        media = {medium["name"]: medium["path"] for medium in self._place.config["media"]}
        for copy in attempt["copies"]:
            if copy["outcome"] == "failed":
                assert copy["error"]["message"], copy
                continue
            places = [place for place in self._place.sets() if str(place).startswith(media[copy["medium"]])]
            assert attempt["name"] in {place.name for place in places}, f"no copy of {attempt['name']} lies there"

    def _look(self, done: Done) -> None:
        """Looking changes nothing."""
        assert self._place.sets() == self._sets

    def _refused(self, done: Done) -> None:
        """What cannot be done is never told to be done."""
        self._look(done)
        assert done.status != 0, done.said

    def _facts(self, done: Done) -> None:
        self._look(done)
        if done.status == 0:
            told = _result(done)["ansible_facts"]["nusantara_backup"]
            stored = {place.name for place in self._place.sets() if self._place.store in place.parents}
            known = {entry["name"] for entry in told["sets"]}
            missing = [place for place in self._place.store.glob("*/*") if place.name in stored - known]
            silent = [place for place in missing if not any(str(place).startswith(one) for one in told["unknown"])]
            assert self._blind or not silent, f"facts that succeed leave sets out: {silent}"
            assert told["journal"]["intact"] and len(told["runs"]) == len(stored), told["journal"]

    def _verify(self, done: Done) -> None:
        """That all is whole may be said only of all."""
        self._look(done)
        if done.status == 0:
            told = _result(done)
            root = next(store for store in self._place.stores() if str(store) == told["path"])
            names = {place.name for place in root.glob("*/*") if place.is_dir()}
            assert {entry["name"] for entry in told["sets"]} == names, told

    def _damaged(self, done: Done) -> None:
        self._look(done)
        assert done.status != 0, "a damaged set was called whole"

    def _transfer(self, done: Done) -> None:
        """What is told to be copied lies there."""
        if done.status == 0:
            copies = _result(done)["copies"]
            assert copies
            for copy in copies:
                assert any(str(place) == copy["path"] for place in self._place.sets()), copy

    def healed(self, *arguments: str, night: int = NIGHT) -> None:
        place = self._place
        before = place.sets()
        done = place.good("--again", *arguments, night=night)
        Truth.clean(self._after(), done)
        assert place.sets() - before, "the next run made nothing"
        facts = place.facts(night=night)
        assert facts["journal"]["intact"], facts["journal"]
        assert not [entry for entry in facts["runs"] if entry["outcome"] == "running"]

    def nothing_left(self) -> None:
        """After the next run, and the next of what failed, nothing is left of the fault."""
        # A verification that was killed has public keys in the place of temporary files, which the system empties.
        left = [path for path in leftovers(self._place) if not path.name.startswith("nusantara-signers-")]
        assert not left, left
        assert not in_maintenance(self._place), "an application is still in maintenance mode"

    def _after(self) -> Truth:
        """The same gate once the fault is gone."""
        gate = Truth.__new__(Truth)
        gate.__dict__.update(self.__dict__, _leaves=False)
        return gate


def in_maintenance(place: Place) -> list[str]:
    """What before-hooks have made and no after-hook has removed."""
    return [path.name for path in place.origin.glob("maintenance-*")]


def _bad(attempt: t.Mapping[str, t.Any]) -> bool:
    return attempt["outcome"] != "success" or any(copy["outcome"] == "failed" for copy in attempt["copies"])


def _result(done: Done) -> dict[str, t.Any]:
    found: dict[str, t.Any] = json.loads(done.said.strip().splitlines()[-1])
    return found
