# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is told to stop stops as a whole, at once, and cleans up after itself."""

from __future__ import annotations

import itertools
import signal

import pytest

from .gate import Gate, leftovers
from .lab import Lab


def test_sigterm_before_every_step(lab: Lab) -> None:
    lab.sqlite()
    lab.tree()
    lab.good(night=1)
    steps = []
    for number in itertools.count(1):
        gate = Gate(lab)
        done = lab.run("--again", night=2, fault={"when": {"step": number}, "do": ["term"]})
        if not done.fired:
            break
        steps.append(done.fired)
        gate.clean(done)
        assert done.status == 1
        assert "told to stop (SIGTERM)" in done.said and "Start it again" in done.said
        assert not leftovers(lab), leftovers(lab)
        source, step = done.fired.split(": ")
        last = lab.attempts("Situs")[0]
        if source == "Pegawai" or (source == "Situs" and step != "copy"):
            assert last["outcome"] == "interrupted", "the run went on to the next source"
            assert last["error"]["code"] == "run.terminated"
    assert done.status == 0, done.said
    assert {"Pegawai: dump sqlite", "Situs: dump tar", "Situs: copy", ": servers"} <= set(steps)
    gate.healed(night=2)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_each_signal_that_stops_is_told_in_words(lab: Lab, number: signal.Signals) -> None:
    lab.sqlite()
    lab.good(night=1)
    gate = Gate(lab)
    pipe = lab.pipe()
    started = lab.start(night=2, fault={"when": {"named": "dump sqlite"}, "do": ["stay", str(pipe)]})
    with open(pipe, "wb"):
        started.send(number)
    done = started.wait()
    attempt = gate.stopped(done, "Pegawai", f"told to stop ({number.name})")
    assert attempt["outcome"] == "interrupted"
    assert not leftovers(lab)
    gate.healed(night=2)


@pytest.mark.parametrize("step", ["dump sqlite", "copy"])
def test_sigterm_in_the_middle_of_the_bytes(lab: Lab, step: str) -> None:
    lab.sqlite(rows=20_000)
    lab.good(night=1)
    gate = Gate(lab)
    done = lab.run(night=2, fault={"when": {"moved": 2 << 20, "named": step}, "do": ["term"]})
    assert done.fired and done.status == 1
    gate.clean(done)
    assert not leftovers(lab), leftovers(lab)
    gate.healed(night=2)
