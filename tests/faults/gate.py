# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold after every fault, and that the next run heals it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import pathlib
import subprocess
import typing as t

from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock
from ansible_collections.nusantara.backup.plugins.module_utils._sets._verify import verify_store

from .lab import CLEAR, Done, Lab

ENDED_BADLY = ("failed", "interrupted")


class Gate:
    """Made before the fault; knows what lay in store and medium then."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._files = fingerprints(lab)
        self._sets = lab.sets()

    def stopped(self, done: Done, source: str, *words: str, killed: bool = False) -> dict[str, t.Any]:
        """The run failed, said so in words, and left nothing but that. Returns the attempt in the facts."""
        if killed:
            assert done.status == -9
        else:
            assert done.status == 1, done.said
        self.clean(done)
        assert self._lab.sets() == self._sets, "a set stands at a final name"
        attempt = self._lab.attempts(source)[0]
        assert attempt["outcome"] in ENDED_BADLY, attempt
        if not killed:
            assert attempt["error"]["code"] and attempt["error"]["message"] and attempt["error"]["remedy"], attempt
            for word in words:
                assert word in done.said, (word, done.said)
        return attempt

    def clean(self, done: Done) -> None:
        """Whatever the outcome: nothing runs, nothing is locked, nothing is clear, nothing earlier was touched."""
        assert "Traceback" not in done.said, done.said
        assert not done.left, done.left
        assert not held_locks(self._lab)
        self.untouched()
        assert not clear_text(self._lab)
        for place in self._lab.sets() - self._sets:
            root = self._lab.store if self._lab.store in place.parents else self._lab.medium
            report = verify_store(str(root), Clock())
            assert not [problem for problem in report.problems if place.name in str(problem)], report.problems

    def untouched(self) -> None:
        now = fingerprints(self._lab)
        assert {path: now.get(path) for path in self._files} == self._files

    def healed(self, *arguments: str, night: int = 20) -> None:
        """The next run succeeds, removes all leftovers, and what it made opens to what was dumped."""
        before = self._lab.sets()
        done = self._lab.good("--again", *arguments, night=night)
        self.clean(done)
        assert not leftovers(self._lab), leftovers(self._lab)
        made = self._lab.sets() - before
        sources = len(self._lab.config["sources"])
        assert len(made) == sources * (1 + len(self._lab.config["media"])), made
        for place in made:
            opens(self._lab, place)
        assert self._lab.facts()["journal"]["intact"]


def fingerprints(lab: Lab) -> dict[pathlib.Path, str]:
    """A hash of every file of every set."""
    files = [path for place in lab.sets() for path in place.rglob("*") if path.is_file()]
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def held_locks(lab: Lab) -> list[str]:
    held = []
    for path in (lab.state / "locks").glob("*"):
        with open(path, "rb") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                held.append(path.name)
    return held


def clear_text(lab: Lab) -> list[pathlib.Path]:
    """Files outside the sources that hold what stands in the sources, or a secret key of age."""
    found = []
    for place in (lab.disk, lab.state.parent, lab.medium, lab.temporary, *pathlib.Path("/dev/shm").glob("nusantara-*")):
        for path in _files_below(place):
            try:
                data = path.read_bytes()
            except FileNotFoundError:
                # Not of this lab: /dev/shm belongs to all, and what another test has there comes and goes.
                continue
            if CLEAR.encode() in data or b"AGE-SECRET-KEY" in data:
                found.append(path)
    return found


def _files_below(place: pathlib.Path) -> list[pathlib.Path]:
    """Plain files. A directory that vanishes meanwhile has none."""
    paths = [pathlib.Path(directory, name) for directory, _below, names in os.walk(place) for name in names]
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def leftovers(lab: Lab) -> list[pathlib.Path]:
    """What an interrupted run may leave until the next one, and no longer."""
    places = [path for root in (lab.disk, lab.state, lab.medium) for path in root.rglob("*")]
    names = (".part", ".new", ".torn")
    found = [path for path in places if path.name.endswith(names[:2])]
    return found + list((lab.state / "work").glob("*")) + list(lab.temporary.iterdir())


def opens(lab: Lab, place: pathlib.Path) -> None:
    """The commands that the manifest prints open the set to what was dumped."""
    manifest = json.loads((place / f"{place.name}.manifest.json").read_text(encoding="utf-8"))
    assert manifest["files"]
    for entry in manifest["files"]:
        plain = lab.root / "plain"
        environment = {
            **os.environ,
            "KEY": str(lab.keys.identity),
            "FILE": str(place / entry["file"]),
            "PLAIN": str(plain),
        }
        line = "set -o pipefail; " + manifest["recipe"]["files"][entry["file"]]["open"]
        subprocess.run(["bash", "-c", line], env=environment, check=True, capture_output=True)
        data = plain.read_bytes()
        plain.unlink()
        assert len(data) == entry["plain"]["bytes"]
        assert hashlib.sha256(data).hexdigest() == entry["plain"]["sha256"]
        assert entry["kind"] not in ("sqlite", "tar") or CLEAR.encode() in data
