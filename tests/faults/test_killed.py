# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own process killed: at every step, at every line of the journal, in the middle of the bytes."""

from __future__ import annotations

import itertools
import json

import pytest

from .gate import Gate
from .lab import Lab


def hit(lab: Lab, source: str, step: str) -> None:
    """The facts say which source did not come to its end, and never that a copy was made that was not."""
    for name in ("Pegawai", "Situs"):
        newest = lab.attempts(name)[0]
        if name < source or not source:
            assert newest["outcome"] == "success" and newest["copies"]
        elif name > source or step != "copy":
            assert newest["outcome"] == "interrupted"
        else:
            assert newest["outcome"] == "success" and not newest["copies"]


def test_sigkill_before_every_step(lab: Lab) -> None:
    lab.sqlite()
    lab.tree()
    lab.good(night=1)
    steps = []
    for number in itertools.count(1):
        night = 1 + number % 25
        gate = Gate(lab)
        done = lab.run("--again", night=night, fault={"when": {"step": number}, "do": ["kill"]})
        if not done.fired:
            break
        steps.append(done.fired)
        assert done.status == -9
        gate.clean(done)
        hit(lab, *done.fired.split(": "))
        gate.healed(night=night)
    assert done.status == 0, done.said
    for source, step in itertools.product(("Pegawai", "Situs"), ("lock", "preflight", "read back", "publish", "copy")):
        assert f"{source}: {step}" in steps


@pytest.mark.parametrize("part", ["before", "half", "after"])
def test_sigkill_at_every_line_of_the_journal(lab: Lab, part: str) -> None:
    lab.sqlite()
    lab.good(night=1)
    events = []
    for number in itertools.count(1):
        gate = Gate(lab)
        fault = {"when": {"append": number, "part": part}, "do": ["kill"]}
        done = lab.run("--again", night=number + 1, fault=fault)
        if not done.fired:
            break
        events.append(done.fired)
        assert done.status == -9
        gate.clean(done)
        gate.healed(night=number + 1)
    assert done.status == 0, done.said
    assert [event.removeprefix("journal: ") for event in events] == [
        "run.started",
        "source.started",
        "source.finished",
        "copy.finished",
        "servers.seen",
        "run.finished",
    ]


@pytest.mark.parametrize("step", ["dump sqlite", "dump tar", "copy"])
def test_sigkill_in_the_middle_of_the_bytes(lab: Lab, step: str) -> None:
    lab.sqlite(rows=20_000)
    lab.tree(size=4_000_000)
    lab.good(night=1)
    gate = Gate(lab)
    done = lab.run(night=2, fault={"when": {"moved": 2 << 20, "named": step}, "do": ["kill"]})
    assert done.fired and done.status == -9
    gate.clean(done)
    killed = lab.attempts("Pegawai")[0]["run"]
    assert ends(lab, killed) == [], "who was killed writes nothing"
    gate.healed(night=2)
    assert ends(lab, killed) == ["run.interrupted"], "the next run closes it, once"
    gate.healed(night=2)
    assert ends(lab, killed) == ["run.interrupted"]


def ends(lab: Lab, run: str) -> list[str]:
    """What the journal says of the end of a run."""
    lines = map(json.loads, (lab.state / "journal.jsonl").read_text(encoding="utf-8").splitlines())
    mine = [line["event"] for line in lines if line["data"].get("run") == run]
    return [event for event in mine if event in ("run.finished", "run.interrupted")]
