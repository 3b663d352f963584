# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host's signing key comes to be whole or not at all, and one run makes it."""

from __future__ import annotations

import concurrent.futures
import itertools
import pathlib
import subprocess

from tests.support.mounts import mounted

from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Children
from ansible_collections.nusantara.backup.plugins.module_utils._sets._signing import ensure_key

from .gate import Gate
from .lab import Lab


def test_a_full_disk_leaves_no_half_key(lab: Lab) -> None:
    lab.sqlite()
    with mounted(lab.root / "keys", "size=16k") as small:
        lab.config["signing_key"] = str(small / "manifest")
        (small / "filler").write_bytes(bytes(16384))
        gate = Gate(lab)
        done = lab.run(night=1)
        gate.stopped(done, "Pegawai", "signing key", str(small / "manifest"))
        assert sorted(path.name for path in small.iterdir()) == ["filler"]
        (small / "filler").unlink()
        gate.healed(night=1)


def test_a_key_that_was_being_made_when_its_run_was_killed_is_made_anew(lab: Lab) -> None:
    lab.sqlite()
    hits = 0
    for number in itertools.count(1):
        subprocess.run(["rm", "-rf", str(lab.state / "keys")], check=True)
        done = lab.run("--again", night=number, fault={"when": {"child": number}, "do": ["child"]})
        if not done.fired:
            break
        hits += done.fired == "ssh-keygen"
        Gate(lab).healed(night=number)
    assert hits == 2, "one makes the key, one signs"


def test_two_runs_that_both_find_no_key_agree_on_one(tmp_path: pathlib.Path) -> None:
    path = str(tmp_path / "keys" / "manifest")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _number: ensure_key(path, "db1", Children()), range(4)))
    assert len(set(made)) == 1
    assert sorted(entry.name for entry in (tmp_path / "keys").iterdir()) == ["manifest", "manifest.pub"]
