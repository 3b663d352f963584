# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demonstration, as ``make demo`` runs it once everything is installed."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from checkout import copy_listed

pytestmark = pytest.mark.debian13


def test_the_demonstration_says_what_happened(core_bin: Path, tmp_path: Path) -> None:
    """Two nights, a failure that must fail, verification, report, and a restore by stock commands (P14.1, K5)."""
    place = tmp_path / "ansible_collections" / "nusantara" / "backup"
    copy_listed(place)
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(tmp_path), "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [str(core_bin / "python"), str(place / "demo" / "play.py")],
        check=False,
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0 and "Traceback" not in done.stdout, done.stdout
    readme = (place / "README.md").read_text(encoding="utf-8")
    shown = readme.partition("=== What happened\n")[2].partition("```")[0].splitlines()
    assert len(shown) >= 5
    seen = {re.sub("[0-9]+", "#", line) for line in done.stdout.splitlines()}
    assert [line for line in shown if re.sub("[0-9]+", "#", line) not in seen] == [], "README shows what is not so"
    told = done.stdout.rpartition("=== What happened\n")[2].splitlines()
    assert 8 <= len(told) <= 10 and told[-1].strip().startswith("next: "), told
    for restored in ("restored SIMPEG from building B: SHA-256 equal", "restored SITUS from building B"):
        assert any(line.strip().startswith(restored) for line in told), told
    demo = place / "build" / "demo"
    (model,) = (json.loads(path.read_text(encoding="utf-8")) for path in (demo / "laporan").glob("laporan-*.json"))
    assert {row["source"]: row["status"] for row in model["rows"]} == {
        "SIMPEG": "success",
        "ABSENSI": "failed",
        "SITUS": "not_due",
    }
    names = {path.parent.name for path in demo.glob("gedung-*/nas/*/*/*.manifest.json")}
    assert len(names) == 4, names
