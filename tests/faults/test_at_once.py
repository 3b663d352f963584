# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs at once: of one source, of different ones; and what each may think of the other."""

from __future__ import annotations

from .gate import Gate
from .lab import Lab


def test_two_runs_of_one_source(lab: Lab) -> None:
    """The second is refused in words and disturbs nothing of the first."""
    lab.sqlite()
    lab.good(night=1)
    gate = Gate(lab)
    pipe = lab.pipe()
    first = lab.start(night=2, fault={"when": {"named": "read back"}, "do": ["stay", str(pipe)]})
    with open(pipe, "wb"):
        work = sorted(path for root in (lab.store, lab.state / "work") for path in root.rglob("*"))
        second = lab.run(night=2)
        assert second.status == 1 and not second.left
        assert "The source Pegawai is in use by another run" in second.said and "Wait until it has ended" in second.said
        assert f"process {first.pid}" in second.said
        checked = lab.run(night=2, command="check")
        assert checked.status == 1 and "is being backed up right now" in checked.said
        assert sorted(path for root in (lab.store, lab.state / "work") for path in root.rglob("*")) == work
        newest, running, *_earlier = lab.attempts("Pegawai")
        assert newest["outcome"] == "failed" and newest["error"]["code"] == "lock.held"
        assert running["outcome"] == "running"
    done = first.wait()
    assert done.status == 0, done.said
    gate.clean(done)
    failed, made, *_earlier = lab.attempts("Pegawai")
    assert made["outcome"] == "success" and failed["outcome"] == "failed"
    again = lab.run(night=2)
    assert again.status == 0 and "nothing is due" in again.said
    gate.healed(night=3)


def test_two_runs_of_different_sources(lab: Lab) -> None:
    lab.sqlite()
    lab.tree()
    pipe = lab.pipe()
    first = lab.start("--only", "Pegawai", night=1, fault={"when": {"named": "copy"}, "do": ["stay", str(pipe)]})
    with open(pipe, "wb"):
        second = lab.run("--only", "Situs", night=1)
        assert second.status == 0, second.said
        assert lab.attempts("Pegawai")[0]["copies"] == []
    done = first.wait()
    assert done.status == 0, done.said
    assert [lab.attempts(name)[0]["outcome"] for name in ("Pegawai", "Situs")] == ["success", "success"]
    events = (lab.state / "journal.jsonl").read_text(encoding="utf-8")
    assert "run.interrupted" not in events
    Gate(lab).healed(night=2)


def test_many_runs_at_once_keep_one_chain(lab: Lab) -> None:
    for number in range(4):
        lab.sqlite(f"Sumber{number}", rows=50)
    runs = [lab.start("--only", f"Sumber{number}", night=1) for number in range(4)]
    for run in runs:
        done = run.wait()
        # The medium takes one set at a time: who finds it busy says so, and makes the copy up later.
        assert done.status == 0 or "medium 'internal' is in use" in done.said, done.said
        assert "Traceback" not in done.said
    facts = lab.facts()
    assert facts["journal"]["intact"]
    assert {entry["source"] for entry in facts["runs"] if entry["outcome"] == "success"} == {
        f"Sumber{number}" for number in range(4)
    }
    lab.good(night=1)
    assert len(list(lab.medium.glob("*/*"))) == 4
    gate = Gate(lab)
    gate.healed(night=2)
