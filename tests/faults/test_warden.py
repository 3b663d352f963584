# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What would outlive a run that is killed: the clear copy of a database."""

from __future__ import annotations

from .gate import Gate
from .lab import CLEAR, Lab


def test_the_clear_copy_is_gone_though_nobody_runs_again(lab: Lab) -> None:
    lab.sqlite(rows=12_000)
    fault = {"when": {"moved": 1 << 20, "named": "dump sqlite"}, "do": ["kill"]}
    done = lab.run(night=1, fault=fault)
    assert done.fired and done.status == -9 and not done.left
    for path in lab.state.rglob("*"):
        assert not path.is_file() or CLEAR.encode() not in path.read_bytes(), path
    assert list((lab.state / "work").iterdir()) == []
    Gate(lab).healed(night=1)
