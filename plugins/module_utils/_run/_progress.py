# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells others how far a run is: one small file that is replaced, and read by who follows."""

from __future__ import annotations

import contextlib
import json
import os
import time
import typing as t

from .._base._io import make_directory, read_small
from .._base._json import parse_json
from .._base._printable import harmless

_EVERY_SECONDS = 1.0
_LIMIT = 64 * 1024
_NOTHING: t.Mapping[str, t.Any] = {"source": "", "step": "", "bytes": 0, "steps": 0}


class Observer(t.Protocol):
    """Is told of every step of a run, before the step is taken."""

    def step(self, source: str, name: str) -> None:
        """Which step of which source begins now."""

    def moved(self, count: int) -> None:
        """How many plain bytes of the present stream have passed."""


class Progress:
    """Writes the present step to a file; progress is only a courtesy, so its failure stops nothing."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._state: dict[str, t.Any] = dict(_NOTHING)
        self._written = 0.0

    def step(self, source: str, name: str) -> None:
        self._state.update(source=source, step=name, bytes=0, steps=self._state["steps"] + 1)
        self._write()

    def moved(self, count: int) -> None:
        self._state["bytes"] = count
        if time.monotonic() - self._written >= _EVERY_SECONDS:
            self._write()

    def _write(self) -> None:
        self._written = time.monotonic()
        temporary = self.path + ".new"
        try:
            make_directory(os.path.dirname(self.path))
            with open(temporary, "w", encoding="utf-8") as stream:
                json.dump(self._state, stream)
            os.replace(temporary, self.path)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def read_progress(path: str) -> t.Mapping[str, t.Any]:
    """What was last written; empty where nothing is known."""
    try:
        found = parse_json(read_small(path, _LIMIT))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    good = {key: value for key, value in found.items() if type(value) is type(_NOTHING.get(key))}
    return {**_NOTHING, **harmless(good)} if good else {}
