# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A journal of years costs a run and its facts little memory."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import typing as t

from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock
from ansible_collections.nusantara.backup.plugins.module_utils._record import _journal
from ansible_collections.nusantara.backup.plugins.module_utils._record._history import history_of
from ansible_collections.nusantara.backup.plugins.module_utils._record._journal import FIRST, Journal

RUNS = 15_000
PACKAGE = "ansible_collections.nusantara.backup.plugins.module_utils"
PROGRAM = f"""
import sys
from {PACKAGE}._base._clock import Clock
from {PACKAGE}._record._history import history_of
from {PACKAGE}._record._journal import Journal
history = history_of(Journal(sys.argv[1], Clock()))
print(len(history.attempts), len(history.open_runs))
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def events(number: int) -> t.Iterator[tuple[str, dict[str, t.Any]]]:
    """A night of one source with a copy and some findings, as it is journalled."""
    place = {"run": f"r{number}", "source": "SIMPEG", "frequency": "daily"}
    job = {"source": "SIMPEG", "type": "F", "frequency": "daily", "night": "2026-11-20", "slot": "s", "late": False}
    finding = {"code": "encryption.single", "level": "warning", "message": "m" * 800, "params": {}}
    yield "run.started", {"run": f"r{number}", "mode": "scheduled", "jobs": [job]}
    done = {"outcome": "success", "name": f"n{number}", "plain_bytes": number, "findings": [finding] * 4}
    yield "source.finished", {**place, **done}
    yield "copy.finished", {**place, "medium": "nas", "building": "B", "outcome": "verified", "error": None}
    yield "run.finished", {"run": f"r{number}", "outcome": "success"}


def long_journal(path: pathlib.Path, runs: int) -> None:
    """The same lines as the journal itself writes, without a flush for each."""
    head, number = FIRST, 0
    with path.open("wb") as stream:
        for run in range(runs):
            for event, data in events(run):
                number += 1
                body: dict[str, t.Any] = {"seq": number, "at": "", "event": event, "data": data, "prev": head}
                head = body["hash"] = _journal._hash(body)
                stream.write(json.dumps(body, sort_keys=True, separators=(",", ":")).encode() + b"\n")


def test_memory_stays_below_its_bound_with_a_journal_of_years(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "journal.jsonl"
    long_journal(path, RUNS)
    assert path.stat().st_size > 64 << 20
    # What counts coverage needs memory of its own.
    env = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE_")}
    program = [sys.executable, "-c", PROGRAM, str(path)]
    done = subprocess.run(program, check=True, capture_output=True, text=True, env=env)
    counts, memory = done.stdout.splitlines()[:2]
    assert counts == f"{RUNS} 0"
    assert int(memory.split()[1]) <= 64 * 1024, memory


def test_old_attempts_keep_what_is_judged_by_and_recent_ones_all(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "journal.jsonl"
    long_journal(path, 5010)
    attempts = history_of(Journal(str(path), Clock())).attempts
    assert [(a.name, a.plain_bytes, a.outcome) for a in attempts[:2]] == [("n0", 0, "success"), ("n1", 1, "success")]
    assert (attempts[0].findings, attempts[0].copies, len(attempts[-1].findings), len(attempts[-1].copies)) == (
        (),
        [],
        4,
        1,
    )
