# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clock set back, between runs and within one: no name is taken twice, no duration is negative."""

from __future__ import annotations

import json

import pytest

from .gate import Gate
from .lab import Lab


def test_clock_set_back_between_runs(lab: Lab) -> None:
    lab.sqlite()
    for night in (5, 6, 3, 6, 5):
        gate = Gate(lab)
        gate.healed(night=night)
    names = sorted(place.name for place in lab.store.glob("Pegawai/*"))
    assert names == [
        "2026110324F1D-Pegawai",
        "2026110524F1D-Pegawai",
        "2026110524F1D-Pegawai.r2",
        "2026110624F1D-Pegawai",
        "2026110624F1D-Pegawai.r2",
    ]
    assert lab.facts(night=3)["journal"]["intact"]


@pytest.mark.parametrize("step", ["preflight", "dump sqlite", "read back", "publish", "copy", "servers"])
def test_clock_set_back_within_a_run(lab: Lab, step: str) -> None:
    lab.sqlite()
    lab.good(night=5)
    gate = Gate(lab)
    done = lab.run(night=6, fault={"when": {"named": step}, "do": ["clock", "90000"]})
    assert done.fired and done.status == 0, done.said
    gate.clean(done)
    attempt = lab.attempts("Pegawai")[0]
    assert attempt["name"] == "2026110624F1D-Pegawai" and attempt["night"] == "2026-11-06"
    assert 0 <= attempt["seconds"] < 60
    assert all(0 <= copy["seconds"] < 60 for copy in attempt["copies"])
    place = lab.store / "Pegawai" / attempt["name"]
    assert 0 <= json.loads((place / f"{place.name}.manifest.json").read_text(encoding="utf-8"))["seconds"] < 60
    gate.healed(night=6)


def test_a_name_that_only_a_medium_has_is_not_used_again(lab: Lab) -> None:
    lab.sqlite()
    lab.good(night=1)
    (lab.store / "Pegawai" / "2026110124F1D-Pegawai").rename(lab.root / "moved")
    gate = Gate(lab)
    lab.good("--again", night=1)
    gate.untouched()
    assert [place.name for place in lab.store.glob("Pegawai/*")] == ["2026110124F1D-Pegawai.r2"]


def test_a_name_that_the_store_took_from_the_side_is_never_overwritten(lab: Lab) -> None:
    """Somebody puts a directory at the final name while the dump runs."""
    lab.sqlite()
    final = lab.store / "Pegawai" / "2026110124F1D-Pegawai"
    fault = {"when": {"named": "publish"}, "do": ["run", "mkdir", str(final)]}
    done = lab.run(night=1, fault=fault)
    assert done.fired and done.status == 1
    assert str(final) in done.said and "never overwritten" in done.said
    assert list(final.iterdir()) == []
    final.rmdir()
    Gate(lab).healed(night=1)
