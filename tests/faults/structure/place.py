# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small site that can be copied to another directory with all its history, and acts on it that are watched."""

from __future__ import annotations

import json
import pathlib
import shutil
import signal
import threading
import time
import typing as t

from tests.faults.lab import PYTHON, Done, Keys, Lab, Started
from tests.support.mounts import MARKER

from checkout import ROOT

# How long an act whose part hangs may take to end by itself; its own limits are made a few seconds.
STUCK = 30.0
# What does not end at all is a fault of its own; a slow machine is none.
ENDLESS = 120.0
_DRIVER = ("-m", "tests.faults.structure.driver")


class Place(Lab):
    """A lab on which an act runs in the watched core."""

    def __init__(self, root: pathlib.Path, keys: Keys) -> None:
        root.mkdir(parents=True, exist_ok=True)
        super().__init__(root, keys)

    @classmethod
    def copied(cls, template: Place, root: pathlib.Path) -> Place:
        """The same site elsewhere: what lies below it, and its configuration with the paths moved."""
        made = cls(root, template.keys)
        shutil.copytree(template.root, root, symlinks=True, dirs_exist_ok=True)
        text = json.dumps(template.config).replace(str(template.root), str(root))
        made.config = json.loads(text)
        made._runs = template._runs
        return made

    def act(
        self, words: t.Sequence[str], plan: t.Mapping[str, t.Any], *, hangs: bool = False, impatient: bool = False
    ) -> Done:
        """Let the watched core do it. One that hangs past every limit is killed: status -9."""
        self._runs += 1
        directory = self.runs / str(self._runs)
        directory.mkdir()
        told = json.dumps({**plan, "fired": str(directory / "fired"), "impatient": hangs or impatient})
        started = Started([*self.within, PYTHON, *_DRIVER, told, *words], self.environment(), directory)
        limit = STUCK if hangs else ENDLESS
        threading.Thread(target=_end_when_stuck, args=(started, limit), daemon=True).start()
        return started.wait()

    def environment(self) -> dict[str, str]:
        found = super().environment()
        return {**found, "PYTHONPATH": f"{found['PYTHONPATH']}:{ROOT}"}

    def stores(self) -> list[pathlib.Path]:
        """The local store and every medium, also one that lost its marker."""
        media = {pathlib.Path(medium["path"]) for medium in self.config["media"]}
        return [self.store, *sorted(media | {path.parent for path in self.root.glob(f"*/{MARKER}")})]

    def sets(self) -> set[pathlib.Path]:
        places = [place for store in self.stores() for place in store.glob("*/*")]
        return {place for place in places if not place.name.endswith(".part")}


def _end_when_stuck(started: Started, limit: float) -> None:
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if started._process.poll() is not None:
            return
        time.sleep(0.1)
    started.send(signal.SIGKILL)
